"""The wind of one surface: where it came from, and how it changed while the aircraft flew."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from gasflux.records import FlightResult, FloatArray, Plane, SegmentResult
from gasflux.results.figures.colours import BLUE, GREEN, INK, MEAN_WIND, SKY
from gasflux.results.figures.style import (
    MAX_DRAWN_POINTS,
    decimate,
    label_below,
    minutes,
    new_figure,
    place,
    segment_title,
    style,
    thin,
)
from gasflux.results.figures.texts import compass_point, figure_text

SECTORS: Final = 16
SPEED_CLASSES: Final = 5
_MEAN_LOOK: Final[dict[str, Any]] = {"color": MEAN_WIND, "linewidth": 1.2, "linestyle": (0, (5, 2)), "zorder": 3}


def wind_rose(result: FlightResult, index: int) -> Figure:
    """Draw how often the wind came from each of 16 directions at each speed, with the curtain and the mean wind."""
    item, language = result.segments[index], result.language
    with style(language):
        title = segment_title(result, figure_text("title.wind_rose", language), index)
        figure = new_figure(language, title, 4.0, width_in=5.9)
        axes: Any = figure.add_axes((0.02, 0.09, 0.62, 0.74), projection="polar")
        axes.set_theta_zero_location("N")
        axes.set_theta_direction(-1)
        _bars(axes, item)
        _directions(axes, item, result)
        axes.set_xticks(np.radians(np.arange(0, 360, 45)), [compass_point(45.0 * i, language) for i in range(8)])
        axes.set_rlabel_position(_quiet_angle(item))
        axes.yaxis.set_major_formatter("{x:g} %")
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.spines["polar"].set_visible(False)
        _rose_legends(figure, axes, result)
        figure.text(0.69, 0.06, figure_text("frequency", language), fontsize=8)
    return figure


def _rose_legends(figure: Figure, axes: Any, result: FlightResult) -> None:
    """Classes of speed under their title, the lines below them."""
    handles, labels = axes.get_legend_handles_labels()
    is_line = [isinstance(handle, Line2D) for handle in handles]
    for lines, top, title in ((False, 0.84, figure_text("wind_speed", result.language)), (True, 0.38, None)):
        chosen = [number for number, line in enumerate(is_line) if line is lines]
        figure.legend(
            [handles[number] for number in chosen], [labels[number] for number in chosen], loc="upper left",
            bbox_to_anchor=(0.69, top), title=title, alignment="left",
        )  # fmt: skip


def _speed_and_direction(item: SegmentResult) -> tuple[FloatArray, FloatArray]:
    """Speed in m/s and direction the wind comes from in degrees, samples without wind left out."""
    east, north = item.wind.east_m_s, item.wind.north_m_s
    known = np.isfinite(east) & np.isfinite(north)
    speed = np.hypot(east[known], north[known])
    return speed, np.degrees(np.arctan2(-east[known], -north[known])) % 360.0


def _speed_edges(speed: FloatArray) -> FloatArray:
    """Round edges of the speed classes, from 0 over the fastest sample."""
    fastest = float(speed.max()) if speed.size else 1.0
    step = next(step for step in (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0) if step * SPEED_CLASSES > fastest)
    return np.arange(SPEED_CLASSES + 1, dtype=np.float64) * step


def _sector_share(item: SegmentResult) -> tuple[FloatArray, FloatArray]:
    """Share of the samples in percent by speed class and sector, and the edges of the classes."""
    speed, direction = _speed_and_direction(item)
    edges = _speed_edges(speed)
    width = 360.0 / SECTORS
    sector = np.round(direction / width).astype(np.int64) % SECTORS
    counts, *_ = np.histogram2d(speed, sector, bins=(edges, np.arange(SECTORS + 1) - 0.5))
    return 100.0 * counts / max(speed.size, 1), edges


def _bars(axes: Any, item: SegmentResult) -> None:
    """Stacked bars, one colour per speed class."""
    share, edges = _sector_share(item)
    angle, width = 2.0 * np.pi * np.arange(SECTORS) / SECTORS, 0.9 * 2.0 * np.pi / SECTORS
    bottom = np.zeros(SECTORS)
    for low, high, row in zip(edges[:-1], edges[1:], share, strict=True):
        if not row.any():
            continue
        colour = colormaps["viridis_r"](0.1 + 0.85 * low / edges[-1])
        some = row > 0.0
        axes.bar(angle[some], row[some], width, bottom[some], color=colour, label=f"{low:g}–{high:g}")
        bottom += row


def _directions(axes: Any, item: SegmentResult, result: FlightResult) -> None:
    """Line of the curtain and of the mean wind."""
    language = result.language
    outer = float(_sector_share(item)[0].sum(axis=0).max()) * 1.08 or 1.0
    surface = item.segment.surface
    if isinstance(surface, Plane):
        ends = np.radians([surface.azimuth_deg, surface.azimuth_deg + 180.0])
        text = figure_text("plane_line", language)
        axes.plot(ends, [outer, outer], color=INK, linestyle=(0, (4, 3)), linewidth=1.2, label=text)
    mean = np.radians(item.wind.mean_from_deg)
    # Told from the bars by its white edge where colours are grey.
    edge = [Stroke(linewidth=3.8, foreground="white"), Normal()]
    axes.plot(
        [mean, mean], [0.0, outer], color=MEAN_WIND, linewidth=1.8, path_effects=edge, zorder=3,
        label=figure_text("mean_wind", language),
    )  # fmt: skip
    axes.set_ylim(0.0, outer)


def _quiet_angle(item: SegmentResult) -> float:
    """Direction of the radial labels: where the wind hardly came from."""
    return (item.wind.mean_from_deg + 157.5) % 360.0


def wind_series(result: FlightResult, index: int) -> Figure:
    """Draw speed, direction and the component through the surface over time."""
    item, language = result.segments[index], result.language
    panels = [_speed_panel, *([_direction_panel] if item.wind.measured_direction else []), _normal_panel]
    with style(language):
        title = segment_title(result, figure_text("title.wind_series", language), index)
        figure = new_figure(language, title, 1.12 + 1.25 * len(panels))
        grid = figure.add_gridspec(len(panels), 1, hspace=0.14, **place(figure, top=0.64, left=0.75))
        rows: list[Axes] = []
        for number, draw in enumerate(panels):
            rows.append(figure.add_subplot(grid[number], sharex=rows[0] if rows else None))
            draw(rows[-1], result, item)
            rows[-1].tick_params(labelbottom=number == len(panels) - 1)
        label_below(rows[-1], figure_text("time", language))
        figure.align_ylabels(rows)
        _series_legend(rows)
    return figure


def _series_legend(rows: list[Axes]) -> None:
    """Set what all panels explain above the first, where no wind can lie under it; means look alike in all of them."""
    found = [axes.get_legend_handles_labels() for axes in rows]
    handles, labels = [item for pair in found for item in pair[0]], [item for pair in found for item in pair[1]]
    rows[0].legend(handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(labels))


def _speed_panel(axes: Axes, result: FlightResult, item: SegmentResult) -> None:
    """Scalar wind speed."""
    speed = np.hypot(item.wind.east_m_s, item.wind.north_m_s)
    rows = decimate(speed)
    axes.plot(minutes(result, item.segment.rows[rows]), speed[rows], color=BLUE, linewidth=0.8)
    axes.axhline(item.wind.mean_speed_m_s, **_MEAN_LOOK, label=figure_text("mean", result.language))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(figure_text("wind_speed", result.language))


def _direction_panel(axes: Axes, result: FlightResult, item: SegmentResult) -> None:
    """Direction within half a turn of the mean, so that a north wind is no jump; labelled 0-360."""
    mean = item.wind.mean_from_deg
    direction = np.degrees(np.arctan2(-item.wind.east_m_s, -item.wind.north_m_s))
    unrolled = mean + (direction - mean + 180.0) % 360.0 - 180.0
    rows = thin(unrolled.size, MAX_DRAWN_POINTS // 2)
    axes.plot(minutes(result, item.segment.rows[rows]), unrolled[rows], ".", color=GREEN, markersize=2.2)
    axes.axhline(mean, **_MEAN_LOOK)
    low, high = float(np.nanmin(unrolled)), float(np.nanmax(unrolled))
    middle, half = 0.5 * (low + high), max(0.55 * (high - low), 20.0)
    axes.set_ylim(middle - half, middle + half)
    axes.locator_params(axis="y", nbins=6, steps=[1, 1.5, 3, 4.5, 10])
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value % 360.0:g}")
    axes.set_ylabel(figure_text("wind_from", result.language))


def _normal_panel(axes: Axes, result: FlightResult, item: SegmentResult) -> None:
    """Signed component along the surface normal with its mean and standard error."""
    wind, normal = item.wind, item.wind.normal_m_s
    rows = decimate(normal)
    mean, std = wind.mean_normal_m_s, wind.normal_mean_std_m_s
    axes.plot(minutes(result, item.segment.rows[rows]), normal[rows], color=SKY, linewidth=0.8)
    axes.axhline(0.0, color=INK, linewidth=0.6)
    if isinstance(item.segment.surface, Plane):
        text = figure_text("mean_normal", result.language, mean=f"{mean:.2f}", std=f"{std:.2f}")
        axes.axhspan(mean - std, mean + std, color=MEAN_WIND, alpha=0.25, linewidth=0)
        axes.axhline(mean, **_MEAN_LOOK, label=text)
    axes.set_ylabel(figure_text("wind_normal", result.language))
