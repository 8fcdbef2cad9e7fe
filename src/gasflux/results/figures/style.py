"""What all figures share: size, colours, fonts, decimation, and the way to PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from PIL import Image  # a dependency of matplotlib, which writes its own PNG with it

from gasflux.records import FlightResult, FloatArray, IntArray
from gasflux.results.figures.colours import GREY, INK
from gasflux.results.figures.texts import figure_text
from gasflux.wording.phrases import Language

PRINT_WIDTH_IN: Final = 7.1
"""Text width of an A4 page: the report prints a figure at this size, so a font of 8 pt is 8 pt on paper."""

DPI: Final = 130
PALETTE_COLOURS: Final = 256
LABEL_DROP_IN: Final = 19.0 / 72.0
"""From a horizontal axis down to its label: tick, tick label of one line, and the gaps, as matplotlib measures them."""

MAX_DRAWN_POINTS: Final = 4000
"""Points drawn of one series; more than the figure has pixels across, so nothing is lost to the eye."""

FONT_FILE: Final = Path(__file__).parents[2] / "data" / "gasflux-sans-sc.otf"
FONT_NAME: Final = "GasFlux Sans SC"

_STYLE: Final[dict[str, Any]] = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.titley": 1.0,  # given, or the tick labels of every axes are measured to see whether a title must give way
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#5B626B",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "axes.formatter.useoffset": False,
    "grid.color": "#E4E7EB",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.color": "#5B626B",
    "ytick.color": "#5B626B",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": 8,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fancybox": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.4,
    "legend.borderaxespad": 0.0,
    "lines.linewidth": 1.1,
    "hatch.linewidth": 0.7,
    "text.color": INK,
    "figure.facecolor": "white",
    "path.simplify_threshold": 1.0,
    "agg.path.chunksize": 20_000,
}


@contextmanager
def style(language: Language) -> Iterator[None]:
    """Set the look of GasFlux figures, with the Chinese font where it is needed, and restore what was before."""
    settings: Any = {**_STYLE, "font.family": _families(language)}
    with rc_context(settings):
        yield


def _families(language: Language) -> list[str]:
    """Font families in the order a glyph is looked for; the subset has no sub- and superscripts, so it comes second."""
    return ["DejaVu Sans", _chinese_font()] if language == "zh" else ["DejaVu Sans"]


@cache
def _chinese_font() -> str:
    """Make the bundled font known to matplotlib, once, and return its family."""
    font_manager.fontManager.addfont(FONT_FILE)
    return FONT_NAME


class ReportFigure(Figure):
    """A figure that is drawn in the style it was made in, whoever draws it (ticks take their font only then)."""

    language: Language = "en"

    def draw(self, renderer: RendererBase) -> None:
        """Draw in the report's style."""
        with style(self.language):
            super().draw(renderer)


def new_figure(language: Language, title: str, height_in: float, width_in: float = PRINT_WIDTH_IN) -> ReportFigure:
    """Return an empty figure with its title; call it inside `style`.

    Parameters
    ----------
    language
        Chooses the font.
    title
        Shown above, in one line.
    height_in, width_in
        Size in inches.
    """
    figure = ReportFigure(figsize=(width_in, height_in), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.language = language
    figure.text(0.1 / width_in, 1.0 - 0.09 / height_in, title, ha="left", va="top", fontsize=10.5)
    return figure


def place(figure: Figure, **inches: float) -> dict[str, float]:
    """Turn margins given in inches into `add_gridspec` fractions: no layout engine, which would measure every text."""
    width, height = figure.get_size_inches()
    return {
        "left": inches.get("left", 0.65) / width,
        "right": 1.0 - inches.get("right", 0.25) / width,
        "bottom": inches.get("bottom", 0.48) / height,
        "top": 1.0 - inches.get("top", 0.55) / height,
    }


def label_below(axes: Axes, text: str) -> None:
    """Label the horizontal axis where matplotlib would, without its measuring every tick label twice for it."""
    figure: Any = axes.figure
    axes.set_xlabel(text)
    down = ScaledTranslation(0.0, -LABEL_DROP_IN, figure.dpi_scale_trans)
    axes.xaxis.set_label_coords(0.5, 0.0, axes.transAxes + down)


def png_bytes(figure: Figure, dpi: float = DPI, colours: int = PALETTE_COLOURS) -> bytes:
    """Render a figure as a palette PNG: a third of the bytes of a true-colour one, and no difference to be seen.

    Parameters
    ----------
    figure
        Any figure.
    dpi
        Pixels per inch.
    colours
        Size of the palette, 2-256.
    """
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    indexed = pixels.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    _keep_white(indexed)
    stream = io.BytesIO()
    indexed.save(stream, format="PNG", compress_level=6)
    return stream.getvalue()


def _keep_white(indexed: Image.Image) -> None:
    """Make the background, whose colour the corner shows, as white as the page: the palette has it one step off."""
    palette, corner = indexed.getpalette() or [], indexed.getpixel((0, 0))
    if isinstance(corner, int):
        palette[3 * corner : 3 * corner + 3] = [255, 255, 255]
        indexed.putpalette(palette)


def decimate(values: FloatArray, limit: int = MAX_DRAWN_POINTS) -> IntArray:
    """Return the indices that draw `values` as all of them would: lowest and highest of each of ``limit / 2`` bins.

    Parameters
    ----------
    values
        Series in drawing order, shape (n,); NaN is never an extreme.
    limit
        Most indices returned (two more for the ends).

    Returns
    -------
    IntArray
        Increasing indices with the first and the last sample; all of them when n <= limit.
    """
    count, bins = values.size, limit // 2
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, bins + 1).astype(np.int64)
    width = int(np.diff(edges).max())
    rows = np.minimum(edges[:-1, None] + np.arange(width), edges[1:, None] - 1)
    binned = values[rows]
    low = np.where(np.isnan(binned), np.inf, binned).argmin(axis=1)
    high = np.where(np.isnan(binned), -np.inf, binned).argmax(axis=1)
    every = np.arange(bins)
    return np.unique(np.concatenate([[0, count - 1], rows[every, low], rows[every, high]]))


def thin(count: int, limit: int) -> IntArray:
    """Return at most `limit` evenly spaced indices: for dots, whose density the eye reads, extremes alone would lie."""
    return np.arange(count) if count <= limit else np.linspace(0, count - 1, limit).astype(np.int64)


def dot_area(count: int) -> float:
    """Return the area in square points of one of `count` dots: many are drawn small, so as not to hide each other."""
    return 9.0 if count <= 1000 else 3.0


def colour_limits(values: FloatArray) -> tuple[float, float]:
    """Return lowest and highest value for a colour scale, never equal."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0))


def mass_unit(largest_kg: float) -> tuple[float, str]:
    """Return factor and unit in which a mass of `largest_kg` reads well: kg, g, mg or µg."""
    for factor, unit in ((1.0, "kg"), (1e3, "g"), (1e6, "mg")):
        if largest_kg * factor >= 1.0:
            return factor, unit
    return 1e9, "µg"


def fraction_unit(largest_ppm: float) -> tuple[float, str]:
    """Return factor and unit in which a mole fraction of `largest_ppm` reads well: ppm or ppb."""
    return (1.0, "ppm") if largest_ppm >= 1.0 else (1e3, "ppb")


def largest(values: FloatArray) -> float:
    """Return the largest finite absolute value, 0 when there is none."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def minutes(result: FlightResult, rows: IntArray | slice = slice(None)) -> FloatArray:
    """Return the time of samples in minutes since the first."""
    return np.asarray(result.log.time_s[rows]) / 60.0


def segment_title(result: FlightResult, title: str, index: int) -> str:
    """Return a title that names the segment when there are several.

    Parameters
    ----------
    result
        The flight; its `language` is the title's.
    title
        What the figure shows.
    index
        Of the segment, from 0.
    """
    if len(result.segments) < 2:
        return title
    note = figure_text("segment_note", result.language, number=index + 1, count=len(result.segments))
    return f"{title} · {note}"


def empty_note(axes: Axes, text: str) -> None:
    """Say in the middle of empty axes why they are empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)
