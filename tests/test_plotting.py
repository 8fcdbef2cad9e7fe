"""Figures: all there, drawn without a warning in both languages, quick for any length, robust for any result."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import flight_result
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import rcParams
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import gasflux
from gasflux.plotting import all_figures, draw, png_bytes, render_figures
from gasflux.records import FlightResult, FloatArray, SegmentResult
from gasflux.results.figures import surface
from gasflux.results.figures.names import FigureKey, figure_keys
from gasflux.results.figures.style import FONT_FILE, MAX_DRAWN_POINTS, decimate, fraction_unit, mass_unit, thin
from gasflux.results.figures.texts import FIGURE_TEXTS, compass_point, gas_label, named
from gasflux.simulation import Scenario, simulate, to_frame

PER_SURFACE = {"curtain_ch4", "profile_ch4", "variogram_ch4", "wind_rose", "wind_series"}
OF_FLIGHT = {"flight_3d_ch4", "flight_map_ch4", "background_ch4", "budget_ch4"}


@pytest.fixture(scope="module")
def curtain_flight() -> FlightResult:
    return flight_result()


@pytest.fixture(scope="module")
def curtain_images(curtain_flight: FlightResult) -> dict[str, bytes]:
    return render_figures(curtain_flight)


@pytest.fixture(scope="module", params=[("curtain", "en"), ("spiral", "zh")], ids=" ".join)
def drawn(request: pytest.FixtureRequest) -> dict[str, Figure]:
    """Every figure of a flight with two segments, drawn, so that its ticks exist."""
    strategy, language = request.param
    figures = dict(all_figures(flight_result(strategy=strategy, segments=2, language=language)))
    for figure in figures.values():
        figure.canvas.draw()
    return figures


def texts_of(figure: Figure) -> Iterator[Text]:
    """Yield every text with content in a drawn figure."""
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_text().strip() and text.get_visible():
            yield text


def test_figures_of_one_curtain(curtain_flight: FlightResult) -> None:
    names = [name for name, _ in all_figures(curtain_flight)]
    assert {name.removesuffix(".png") for name in names} == PER_SURFACE | OF_FLIGHT
    assert len(set(names)) == len(names)


def test_figures_of_two_segments_are_numbered() -> None:
    names = {name.removesuffix(".png") for name, _ in all_figures(flight_result(segments=2))}
    assert names == OF_FLIGHT | {"segments_ch4"} | {f"{name}_s{n}" for name in PER_SURFACE for n in (1, 2)}


def test_no_rose_without_direction() -> None:
    names = {name for name, _ in all_figures(flight_result(measured_direction=False))}
    assert "wind_rose.png" not in names
    assert "wind_series.png" in names


@given(st.text(max_size=20), st.sampled_from(["curtain", "budget"]))
def test_file_names_are_safe(gas: str, kind: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]+\.png", FigureKey(kind, gas).file_name)


@pytest.mark.parametrize(("strategy", "language"), [("curtain", "zh"), ("spiral", "en")])
def test_every_figure_is_a_png_without_a_warning(strategy: Any, language: str) -> None:
    # Warnings are errors here: a missing glyph would be one.
    images = render_figures(flight_result(strategy=strategy, language=language))
    assert all(png.startswith(b"\x89PNG\r\n\x1a\n") for png in images.values())
    # Nine figures of a report that must hold 48 within 3 MB as base64: 46 KB each.
    assert max(map(len, images.values())) < 46_000


def test_drawing_repeats_tells_and_leaves_everything_as_it_was(curtain_images: dict[str, bytes]) -> None:
    frozen, before, told = read_only(flight_result()), dict(rcParams), list[str]()
    assert render_figures(frozen, told.append) == curtain_images
    assert told == list(curtain_images)
    assert dict(rcParams) == before


def read_only(value: Any) -> Any:
    """Lock every array of a result, and return it."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, Mapping):
        for part in value.values():
            read_only(part)
    elif isinstance(value, tuple):
        for part in value:
            read_only(part)
    elif is_dataclass(value):
        for entry in fields(value):
            read_only(getattr(value, entry.name))
    return value


def test_texts_are_large_enough_to_print(drawn: dict[str, Figure]) -> None:
    for name, figure in drawn.items():
        assert figure.get_size_inches()[0] <= 7.1, f"{name} is shrunk when printed"
        small = [text.get_text() for text in texts_of(figure) if float(text.get_fontsize()) < 8.0]
        assert not small, f"{name}: below 8 pt: {small}"


def test_nothing_is_cut_off(drawn: dict[str, Figure]) -> None:
    for name, figure in drawn.items():
        content, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        # one pixel of antialiasing
        slack = 1.0 / figure.get_dpi()
        beyond = (-content.x0, content.x1 - width, -content.y0, content.y1 - height)
        assert max(beyond) <= slack, f"{name}: {beyond} in beyond its left, right, lower, upper end"


TEXT_IN_PLOT = {"budget_ch4"}
"""Percentages stand beside the bars they belong to."""


def boxes_of(figure: Figure) -> tuple[list[Bbox], list[Bbox]]:
    """Return the boxes of legends and of texts outside them; ticks are matplotlib's, and some are out of sight."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    legends = [legend for legend in figure.findobj(Legend) if isinstance(legend, Legend)]
    inside = {id(text) for legend in legends for text in legend.findobj(Text)}
    ticks = {id(text) for axis in figure.findobj(Axis) for text in axis.get_ticklabels(which="both")}
    texts = [text for text in texts_of(figure) if id(text) not in inside | ticks]
    boxed: list[list[Any]] = [legends, texts]
    legend_boxes, text_boxes = ([item.get_window_extent(renderer) for item in items] for items in boxed)
    return legend_boxes, text_boxes


def overlaps(one: Bbox, other: Bbox) -> bool:
    """Tell whether two boxes share more than a pixel, which antialiasing and borders may."""
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) > 1.0


@pytest.mark.parametrize("drawn", list(product(("curtain", "spiral"), ("en", "zh"))), ids=" ".join, indirect=True)
def test_legends_and_texts_cover_neither_data_nor_each_other(drawn: dict[str, Figure]) -> None:
    for name, figure in drawn.items():
        legends, texts = boxes_of(figure)
        plots = [axes.get_window_extent() for axes in figure.axes if axes.name != "3d"]
        written = [text.get_window_extent() for axes in figure.axes for text in axes.texts if text.get_text()]
        in_plot = [] if re.sub(r"(_s\d)?\.png$", "", name) in TEXT_IN_PLOT else written
        covering = [box for box in (*legends, *in_plot) for plot in plots if overlaps(box, plot)]
        assert not covering, f"{name}: on the data"
        pairs = combinations((*legends, *texts), 2)
        assert not [pair for pair in pairs if overlaps(*pair)], f"{name}: on each other"


UNITLESS_AXES = {"budget_ch4": {"y"}, "segments_ch4": {"x"}, "wind_rose": {"x", "y"}}
"""Axes of names: components, segments, directions (whose rings are explained in a note)."""


def test_every_axis_has_its_unit(drawn: dict[str, Figure]) -> None:
    for name, figure in drawn.items():
        kind = re.sub(r"(_s\d)?\.png$", "", name)
        for side in {"x", "y"} - UNITLESS_AXES.get(kind, set()):
            labels = [getattr(axes, f"get_{side}label")() for axes in figure.axes]
            described = [label for label in labels if label]
            assert described, f"{name}: no label on {side}"
            assert all(re.search(r"\(.+\)", label) for label in described), f"{name}: {described}"


@pytest.mark.parametrize("drawn", [("spiral", "zh"), ("curtain", "zh")], ids=" ".join, indirect=True)
def test_chinese_figures_hold_no_english_sentence(drawn: dict[str, Figure]) -> None:
    english = {phrase.en for phrase in FIGURE_TEXTS.values() if phrase.en != phrase.zh and len(phrase.en) > 2}
    for name, figure in drawn.items():
        shown = {text.get_text() for text in texts_of(figure)}
        assert not shown & english, name


def test_every_chinese_character_is_in_the_font() -> None:
    known = set(TTFont(FONT_FILE).getBestCmap())
    needed = {ord(character) for phrase in FIGURE_TEXTS.values() for character in phrase.zh}
    # The subset comes after DejaVu Sans, which has Latin letters, signs and superscripts.
    missing = {chr(code) for code in needed - known if code > 0x2FFF}
    assert not missing, f"run tools/subset_font.py again: {missing}"


def test_font_is_small_and_comes_with_its_licence() -> None:
    assert FONT_FILE.stat().st_size < 200_000
    licence = FONT_FILE.with_name("gasflux-sans-sc.OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_placeholders_are_the_same_in_both_languages() -> None:
    for key, phrase in FIGURE_TEXTS.items():
        assert set(re.findall(r"{\w+}", phrase.en)) == set(re.findall(r"{\w+}", phrase.zh)), key


def test_every_component_of_the_budget_has_a_name() -> None:
    source = Path(__file__).parents[1] / "src" / "gasflux" / "rate" / "error_budget.py"
    written = set(re.findall(r'^        "(\w+)": ', source.read_text(encoding="utf-8"), re.MULTILINE))
    assert written, "the budget is written elsewhere now; look for its names there"
    assert {f"budget.{name}" for name in written} <= FIGURE_TEXTS.keys()
    assert named("budget", "a_new_component", "zh") == "a new component"


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=600), st.integers(4, 80))
def test_decimation_keeps_the_extremes_and_the_ends(values: list[float], limit: int) -> None:
    series = np.array(values)
    series.setflags(write=False)
    rows = decimate(series, limit)
    assert np.all(np.diff(rows) > 0)
    assert rows[0] == 0
    assert rows[-1] == series.size - 1
    assert rows.size <= max(limit, 2) + 2
    if np.isfinite(series).any():
        assert np.nanmax(series[rows]) == np.nanmax(series)
        assert np.nanmin(series[rows]) == np.nanmin(series)


def test_short_series_are_drawn_whole() -> None:
    np.testing.assert_array_equal(decimate(np.zeros(MAX_DRAWN_POINTS)), np.arange(MAX_DRAWN_POINTS))


def test_dots_are_spread_evenly() -> None:
    np.testing.assert_array_equal(thin(5, 9), np.arange(5))
    np.testing.assert_array_equal(thin(9, 5), [0, 2, 4, 6, 8])


def test_a_million_rows_draw_like_a_thousand() -> None:
    short, long = flight_result(), flight_result(per_pass=125_000)
    assert long.log.size > 1_000_000
    render_figures(short)
    # Measured 1.5: lines have more points, and finding the extremes of a million values takes some 10 ms per series.
    # Not decimated it is above 20, so that a busy machine does not decide.
    assert seconds(long) < 4.0 * seconds(short)


def seconds(result: FlightResult) -> float:
    """Return the processor time of drawing everything."""
    started = time.process_time()
    render_figures(result)
    return time.process_time() - started


Change = Callable[[FlightResult], FlightResult]


def of_gas(**changes: Any) -> Change:
    """Return a change of the only gas on every segment."""

    def change(result: FlightResult) -> FlightResult:
        parts = tuple(
            replace(item, gases={name: replace(gas, **changes) for name, gas in item.gases.items()})
            for item in result.segments
        )
        return replace(result, segments=parts)

    return change


def of_part(part: str, **changes: Any) -> Change:
    """Return a change of one part (grid, variogram, ...) of the only gas."""

    def change(result: FlightResult) -> FlightResult:
        old = getattr(result.segments[0].gases["ch4"], part)
        return of_gas(**{part: replace(old, **changes)})(result)

    return change


def flat_gas(value: float) -> Change:
    """Return a change to a gas that is the same everywhere."""

    def change(result: FlightResult) -> FlightResult:
        background = result.background["ch4"]
        size = background.enhancement_ppm.size
        flat = replace(
            background,
            enhancement_ppm=np.full(size, value),
            baseline_ppm=np.zeros(size),
            is_background=np.zeros(size, dtype=np.bool_),
            noise_ppm=0.0,
        )
        log = replace(result.log, gas_ppm={"ch4": np.full(size, value)})
        samples = np.full(result.segments[0].segment.along_m.size, value)
        changed = of_gas(flux_density_kg_m2_h=samples)(result)
        return replace(changed, log=log, background={"ch4": flat})

    return change


def calm(result: FlightResult) -> FlightResult:
    """No wind at all."""
    item = result.segments[0]
    none: FloatArray = np.zeros(item.wind.east_m_s.size)
    wind = replace(item.wind, east_m_s=none, north_m_s=none, normal_m_s=none, mean_speed_m_s=0.0, mean_normal_m_s=0.0)
    return replace(result, segments=(SegmentResult(item.segment, wind, item.summary, item.gases),))


def rate_of(rate: float, std: float) -> Change:
    """Return a change of rate and budget."""

    def change(result: FlightResult) -> FlightResult:
        answer = replace(
            result.gases["ch4"],
            flux_kg_h=rate,
            flux_std_kg_h=std,
            budget_kg_h={"repeatability": std, "odd <name>": 0.0},
        )
        return replace(of_gas(flux_kg_h=rate)(result), gases={"ch4": answer})

    return change


NOTHING, ZERO = np.full((24, 60), np.nan), np.zeros((24, 60))
EMPTY, NO_PAIRS = np.empty(0), np.empty(0, dtype=np.int64)
EVERY = ("flight_3d", "flight_map", "background", "budget", "wind_series", "curtain", "profile", "variogram")
WINDY = ("flight_map", "wind_rose", "wind_series")
RATES = ("budget", "profile")
DEGENERATE: dict[str, tuple[Change, tuple[str, ...]]] = {
    "no node kriged": (of_part("grid", flux_density_kg_m2_h=NOTHING, std_kg_m2_h=NOTHING), ("curtain",)),
    "flat field": (of_part("grid", flux_density_kg_m2_h=ZERO, std_kg_m2_h=ZERO), ("curtain",)),
    "no lag classes": (of_part("variogram", lags_m=EMPTY, experimental=EMPTY, pairs=NO_PAIRS), ("variogram",)),
    "empty lag classes": (
        of_part("variogram", experimental=np.full(20, np.nan), pairs=np.zeros(20, dtype=np.int64)),
        ("variogram",),
    ),
    "no variance": (of_part("variogram", sill=0.0, nugget=0.0, experimental=np.zeros(20)), ("variogram",)),
    "nothing measured": (flat_gas(float("nan")), EVERY),
    "the same everywhere": (flat_gas(0.0), EVERY),
    "no wind": (calm, WINDY),
    "no rate": (rate_of(0.0, 0.0), RATES),
    "a negative rate": (rate_of(-1.0, 3.0), RATES),
    "a rate lost in its error": (rate_of(1e-9, 3.0), RATES),
}


@pytest.mark.parametrize(("change", "kinds"), DEGENERATE.values(), ids=DEGENERATE.keys())
def test_poor_results_are_drawn_all_the_same(
    change: Change, kinds: tuple[str, ...], curtain_flight: FlightResult
) -> None:
    changed = change(curtain_flight)
    keys = [key for key in figure_keys(changed) if key.kind in kinds]
    assert len(keys) == len(kinds)
    assert all(png_bytes(draw(changed, key)) for key in keys)


def test_a_gas_missing_on_one_segment() -> None:
    result = flight_result(segments=2)
    second = replace(result.segments[1], gases={})
    names = {name for name, _ in all_figures(replace(result, segments=(result.segments[0], second)))}
    assert "curtain_ch4_s1.png" in names
    assert "curtain_ch4_s2.png" not in names


@pytest.mark.parametrize(
    ("name", "label"),
    [("ch4", "CH₄"), ("c2h6", "C₂H₆"), ("co", "CO"), ("sf6", "SF₆"), ("hcl", "HCl"), ("nh3", "NH₃"), ("soot", "soot")],
)
def test_gas_labels(name: str, label: str) -> None:
    assert gas_label(name) == label


@pytest.mark.parametrize(("azimuth", "point"), [(0, "N"), (22, "N"), (23, "NE"), (180, "S"), (350, "N"), (405, "NE")])
def test_compass_points(azimuth: float, point: str) -> None:
    assert compass_point(azimuth, "en") == point


@pytest.mark.parametrize(("kg", "unit"), [(5.0, "kg"), (0.05, "g"), (5e-5, "mg"), (5e-9, "µg"), (0.0, "µg")])
def test_units_fit_the_values(kg: float, unit: str) -> None:
    assert mass_unit(kg)[1] == unit
    assert fraction_unit(0.4) == (1e3, "ppb")
    assert fraction_unit(4.0) == (1.0, "ppm")


def test_background_of_the_page_is_white(curtain_images: dict[str, bytes]) -> None:
    for name, png in curtain_images.items():
        with Image.open(io.BytesIO(png)) as image:
            assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255), name


def test_warnings_would_be_seen() -> None:
    """The checks above rest on a missing glyph being an error."""
    figure = Figure()
    figure.text(0.5, 0.5, "䶮")
    with pytest.raises(UserWarning, match="missing from"):
        png_bytes(figure)


@pytest.mark.parametrize(("top_m", "is_cut"), [(14.0, True), (40.0, False)])
def test_the_map_is_hatched_above_the_highest_pass_where_some_of_the_rate_is(top_m: float, is_cut: bool) -> None:
    result = gasflux.process(to_frame(simulate(Scenario(seed=3, top_m=top_m, transects=8))))
    figure = surface.curtain(result, "ch4", 0)
    answer = result.segments[0].gases["ch4"]
    sampled_top = float(answer.grid.z_m[-1] + 0.5 * answer.grid.dz_m)
    hatched = [patch.get_extents() for patch in figure.axes[0].patches if patch.get_hatch()]
    to_data = figure.axes[0].transData.inverted()
    tops = [float(to_data.transform((box.x0, box.y1))[1]) for box in hatched]
    assert (max(tops) > sampled_top) == is_cut
