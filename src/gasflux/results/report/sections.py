"""What the report says, as plain values: the template only arranges them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import (
    ColumnReport,
    CombinedGas,
    Flag,
    FlightResult,
    FluxInterval,
    GasResult,
    Loop,
    Plane,
    SegmentResult,
)
from gasflux.results.figures.texts import compass_point, gas_label, named
from gasflux.results.report.columns import column_name, conversion_said, unit_said
from gasflux.results.report.numbers import (
    DASH,
    decimals_for,
    fixed,
    percent,
    plain,
    significant,
    tick_beyond,
)
from gasflux.results.report.texts import dropped_reason, report_text
from gasflux.wording.phrases import Language, Phrase

MAIN_FLAGS: Final = 3
_SEVERITIES: Final = ("serious", "warning", "info")


@dataclass(frozen=True)
class Bar:
    """The interval drawn to scale; positions in percent of the width."""

    zero: float
    low: float
    width: float
    rate: float
    limit: float | None
    first: str
    last: str


@dataclass(frozen=True)
class FlagLine:
    """One finding."""

    gases: str
    code: str
    severity: str
    message: str
    value: str
    threshold: str
    advice: str


@dataclass(frozen=True)
class Card:
    """The answer for one gas."""

    label: str
    headline: str
    """Rate and standard deviation, or what the rate is less than when it is not told from zero."""
    bound: tuple[str, ...]
    """What that means and the estimate itself; empty when the rate is told from zero."""
    level: str
    low: str
    high: str
    grade: str
    remark: str
    limit: str
    bar: Bar
    flags: tuple[FlagLine, ...]
    more_flags: int
    segment_flags: int


@dataclass(frozen=True)
class RateLine:
    """One row of a table of rates."""

    label: str
    at_most: str
    """What the rate is less than when it is not told from zero; empty when it is told."""
    rate: str
    std: str
    share: str
    """Standard deviation in percent of a rate told from zero."""
    low: str
    high: str
    below: str
    backward: str
    limit: str
    grade: str


@dataclass(frozen=True)
class Fact:
    """One row of facts: a value for each segment."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class BudgetLine:
    """One component of the error budget."""

    label: str
    std: str
    of_rate: str
    of_variance: str


def level_text(interval: FluxInterval) -> str:
    """Return the level of an interval in percent."""
    return f"{100.0 * interval.level:g}"


def card(result: FlightResult, gas: str) -> Card:
    """Return the answer for one gas."""
    answer = result.gases[gas]
    places = decimals_for(answer.flux_std_kg_h)
    flags = tuple(_flag_lines(((gas, flag) for flag in answer.quality.flags), result.language))
    headline, bound = _headline(result, answer)
    return Card(
        label=gas_label(gas),
        headline=headline,
        bound=bound,
        level=level_text(answer.interval),
        low=fixed(answer.interval.low_kg_h, places),
        high=fixed(answer.interval.high_kg_h, places),
        grade=answer.quality.grade,
        remark=_remark(result, answer),
        limit=significant(answer.detection_limit_kg_h, 2),
        bar=_bar(answer),
        flags=flags[:MAIN_FLAGS],
        more_flags=max(len(flags) - MAIN_FLAGS, 0),
        segment_flags=segment_flag_count(result, gas),
    )


def _headline(result: FlightResult, answer: CombinedGas) -> tuple[str, tuple[str, ...]]:
    """Return the rate to print large and, when it is not told from zero, the lines that say so."""
    places, interval = decimals_for(answer.flux_std_kg_h), answer.interval
    measured = f"{fixed(answer.flux_kg_h, places)} ± {fixed(answer.flux_std_kg_h, places)}"
    bound = _bound(answer)
    if bound is None:
        return measured, ()
    at_most = fixed(bound, places)
    level = f"{50.0 * (1.0 + interval.level):g}"
    meaning = report_text("not_told", result.language, bound=at_most, level=level)
    return f"< {at_most}", (meaning, report_text("estimate", result.language, measured=measured))


def _bound(answer: CombinedGas | GasResult) -> float | None:
    """Return what a rate is at most in kg/h, None when it is told from zero."""
    return None if answer.detected else answer.flux_upper_bound_kg_h


def _remark(result: FlightResult, answer: CombinedGas) -> str:
    """Say so when no emission is proven."""
    if abs(answer.flux_kg_h) < answer.detection_limit_kg_h:
        return report_text("not_detected", result.language, limit=significant(answer.detection_limit_kg_h, 2))
    if answer.interval.low_kg_h <= 0.0 <= answer.interval.high_kg_h:
        return report_text("zero_inside", result.language)
    return ""


def _bar(answer: CombinedGas) -> Bar:
    """Place zero, interval, rate and detection limit on a scale that holds them all."""
    limit = answer.detection_limit_kg_h if np.isfinite(answer.detection_limit_kg_h) else 0.0
    marks = (0.0, answer.interval.low_kg_h, answer.interval.high_kg_h, answer.flux_kg_h, limit)
    first, last = tick_beyond(min(marks)), tick_beyond(max(marks))
    span = (last - first) or 1.0

    def position(value: float) -> float:
        return round(2.0 + 96.0 * (value - first) / span, 2)

    low, high = position(answer.interval.low_kg_h), position(answer.interval.high_kg_h)
    return Bar(
        zero=position(0.0),
        low=low,
        width=round(high - low, 2),
        rate=position(answer.flux_kg_h),
        limit=position(limit) if limit > 0.0 else None,
        first=significant(first, 2),
        last=significant(last, 2),
    )


def flag_table(result: FlightResult) -> tuple[FlagLine, ...]:
    """Return every finding once, with the gases (and segments) it concerns, serious ones first."""
    language = result.language
    lines = (
        *_flag_lines(_flags_of_flight(result), language),
        *_flag_lines(_flags_of_segments(result), language),
    )
    return tuple(sorted(lines, key=lambda line: _SEVERITIES.index(line.severity)))


def segment_flag_count(result: FlightResult, gas: str) -> int:
    """Return how many different findings single segments have about a gas, 0 when there is only one segment."""
    return len({flag.code for name, _, flag in _segment_findings(result) if name == gas})


def _segment_findings(result: FlightResult) -> Iterator[tuple[str, int, Flag]]:
    """Yield gas, number of the segment and finding; nothing for a single one, whose findings are the flight's."""
    if len(result.segments) > 1:
        for number, item in enumerate(result.segments, start=1):
            for gas, answer in item.gases.items():
                yield from ((gas, number, flag) for flag in answer.quality.flags)


def _flags_of_flight(result: FlightResult) -> Iterator[tuple[str, Flag]]:
    """Yield what each finding concerns and the finding."""
    for gas, answer in result.gases.items():
        yield from ((gas_label(gas), flag) for flag in answer.quality.flags)


def _flags_of_segments(result: FlightResult) -> Iterator[tuple[str, Flag]]:
    """Yield findings about single segments that do not stand, with the same figure, for the flight."""
    of_flight = {(label, flag.code, flag.value) for label, flag in _flags_of_flight(result)}
    for gas, number, flag in _segment_findings(result):
        if (gas_label(gas), flag.code, flag.value) not in of_flight:
            yield report_text("in_segments", result.language, gas=gas_label(gas), numbers=number), flag


def _flag_lines(findings: Iterable[tuple[str, Flag]], language: Language) -> Iterator[FlagLine]:
    """Yield findings in their order; the same sentence about several gases comes once."""
    found: dict[tuple[str, Phrase], tuple[Flag, list[str]]] = {}
    for label, flag in findings:
        found.setdefault((flag.code, flag.message), (flag, []))[1].append(label)
    for flag, labels in found.values():
        yield FlagLine(
            gases=", ".join(labels),
            code=flag.code,
            severity=flag.severity,
            message=flag.message.said(language),
            value=plain(flag.value),
            threshold=plain(flag.threshold),
            advice=flag.advice.said(language),
        )


def rate_line(label: str, answer: CombinedGas | GasResult) -> RateLine:
    """Return one row of a table of rates."""
    places, bound = decimals_for(answer.flux_std_kg_h), _bound(answer)
    return RateLine(
        label=label,
        at_most="" if bound is None else f"< {fixed(bound, places)}",
        rate=fixed(answer.flux_kg_h, places),
        std=fixed(answer.flux_std_kg_h, places),
        share=percent(answer.flux_std_kg_h, answer.flux_kg_h) if bound is None else DASH,
        low=fixed(answer.interval.low_kg_h, places),
        high=fixed(answer.interval.high_kg_h, places),
        below=fixed(answer.flux_below_lowest_sample_kg_h, places),
        backward=fixed(answer.flux_negative_kg_h, places),
        limit=significant(answer.detection_limit_kg_h, 2),
        grade=answer.quality.grade,
    )


def segment_lines(result: FlightResult, gas: str) -> tuple[RateLine, ...]:
    """Return the rate of each segment that has the gas, and the combination; empty with a single segment."""
    if len(result.segments) < 2:
        return ()
    lines = [
        rate_line(str(number), item.gases[gas])
        for number, item in enumerate(result.segments, start=1)
        if gas in item.gases
    ]
    return (*lines, rate_line(report_text("combined", result.language), result.gases[gas]))


def budget_lines(result: FlightResult, gas: str) -> tuple[BudgetLine, ...]:
    """Return the error budget, largest component first, the total last."""
    answer, language = result.gases[gas], result.language
    places = decimals_for(answer.flux_std_kg_h, 3)
    variance = answer.flux_std_kg_h**2
    parts = sorted(answer.budget_kg_h.items(), key=lambda part: -part[1])
    lines = [
        BudgetLine(
            named("budget", name, language),
            fixed(std, places),
            percent(std, answer.flux_kg_h),
            fixed(100.0 * std**2 / variance if variance else None, 1),
        )
        for name, std in parts
    ]
    total = report_text("total", language)
    share = percent(answer.flux_std_kg_h, answer.flux_kg_h)
    return (*lines, BudgetLine(total, fixed(answer.flux_std_kg_h, places), share, "100"))


def flight_facts(result: FlightResult) -> tuple[Fact, ...]:
    """Return how each segment was flown; a fact that no segment has is left out."""
    columns = [dict(_segment_facts(result, item)) for item in result.segments]
    names = dict.fromkeys(name for column in columns for name in column)
    return tuple(
        Fact(report_text(f"fact.{name}", result.language), tuple(column.get(name, DASH) for column in columns))
        for name in names
    )


def _segment_facts(result: FlightResult, item: SegmentResult) -> Iterator[tuple[str, str]]:
    """Yield name and value of each fact of one segment."""
    language, facts, surface = result.language, item.summary, item.segment.surface
    reference = report_text(f"height_reference.{result.log.height_reference}", language)
    kind = "loop" if isinstance(surface, Loop) else facts.strategy
    yield "strategy", report_text(f"strategy.{kind}", language)
    yield "start", clock_text(facts.start)
    yield "end", clock_text(facts.end)
    yield "duration", f"{facts.duration_s / 60.0:.1f} min"
    yield "rate", f"{plain(facts.sample_hz)} Hz"
    yield "samples", f"{item.segment.rows.size:,}"
    yield "transects", str(facts.transects)
    yield "position", _middle(result, item)
    if facts.plane_azimuth_deg is not None:
        ends = [compass_point(facts.plane_azimuth_deg + turn, language) for turn in (180.0, 0.0)]
        yield "azimuth", f"{facts.plane_azimuth_deg:.0f}° ({ends[0]} – {ends[1]})"
    if isinstance(surface, Loop):
        yield "perimeter", f"{surface.perimeter_m:.0f} m"
        yield "enclosed", f"{surface.area_m2 / 1e6:.3g} km²" if surface.area_m2 >= 1e5 else f"{surface.area_m2:.0f} m²"
    elif not isinstance(surface, Plane):
        yield "radius", f"{surface.radius_m:.1f} m"
    yield "length", f"{facts.length_m:.0f} m"
    yield "heights", f"{fixed(facts.height_min_m, 1)} – {fixed(facts.height_max_m, 1)} m ({reference})"
    yield "ground", f"{fixed(facts.ground_height_m, 1)} m"
    yield "offset", f"{surface.rms_offset_m:.1f} m"
    yield "temperature", f"{fixed(facts.temperature_mean_c, 1)} °C"
    yield "pressure", f"{facts.pressure_mean_hpa:.1f} hPa"
    yield "epsg", f"EPSG:{result.track.epsg}"


def _middle(result: FlightResult, item: SegmentResult) -> str:
    """Return the middle of a surface's extent: half way along a curtain, the centre of a circle."""
    rows = item.segment.rows
    latitude = result.log.latitude_deg[rows]
    longitude = np.unwrap(result.log.longitude_deg[rows], period=360.0)
    north = 0.5 * float(latitude.min() + latitude.max())
    east = (0.5 * float(longitude.min() + longitude.max()) + 180.0) % 360.0 - 180.0
    return f"{abs(north):.5f}° {'N' if north >= 0.0 else 'S'}, {abs(east):.5f}° {'E' if east >= 0.0 else 'W'}"


def wind_facts(result: FlightResult) -> tuple[Fact, ...]:
    """Return the wind of each segment."""
    columns = [dict(_segment_wind(result, item)) for item in result.segments]
    return tuple(
        Fact(report_text(f"fact.{name}", result.language), tuple(column[name] for column in columns))
        for name in columns[0]
        if any(column[name] != DASH for column in columns)
    )


def _segment_wind(result: FlightResult, item: SegmentResult) -> Iterator[tuple[str, str]]:
    """Yield name and value of each fact of the wind; the same names for every segment."""
    language, wind = result.language, item.wind
    measured = wind.measured_direction
    from_deg = f"{wind.mean_from_deg:.0f}° ({compass_point(wind.mean_from_deg, language)})"
    angle = item.summary.wind_angle_to_plane_deg
    spread = f"± {fixed(wind.normal_mean_std_m_s, 2)}" if isinstance(item.segment.surface, Plane) else ""
    yield "wind", f"{fixed(wind.mean_speed_m_s, 2)} m/s"
    yield "wind_from", from_deg if measured else report_text("no_direction", language)
    yield "wind_normal", f"{fixed(wind.mean_normal_m_s, 2)} {spread} m/s".replace("  ", " ")
    yield "wind_angle", f"{angle:.0f}°" if angle is not None else DASH
    yield "wind_spread", f"{wind.direction_std_deg:.0f}°" if measured and np.isfinite(wind.direction_std_deg) else DASH
    yield "turbulence", fixed(wind.turbulence_intensity, 2)


def clock_text(iso: str) -> str:
    """Return an ISO time as people read it, to the second."""
    day, _, time = iso.partition("T")
    clock, dot, rest = time.partition(".")
    zone = "Z" if dot and rest.endswith("Z") else ""
    return f"{day} {clock}{zone}".replace("Z", " UTC").strip()


def surface_numbers(result: FlightResult, item: SegmentResult, gas: str) -> tuple[Fact, ...]:
    """Return what the background, the variogram and the grid of one gas on one surface came to.

    Parameters
    ----------
    result
        The flight; its `language` is that of the numbers' names.
    item
        One of its surfaces.
    gas
        Formula.
    """
    return tuple(
        Fact(report_text(f"number.{name}", result.language), (value,)) for name, value in _numbers(result, item, gas)
    )


def _numbers(result: FlightResult, item: SegmentResult, gas: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each number."""
    answer, language = item.gases[gas], result.language
    background, fit, grid = answer.background, answer.variogram, answer.grid
    places = decimals_for(answer.flux_std_kg_h)
    enhancement = background.enhancement_ppm[item.segment.rows]
    peak = float(np.nanmax(enhancement)) if np.isfinite(enhancement).any() else None
    count = int(background.is_background.sum())
    yield "algorithm", background.algorithm
    yield "background", f"{fixed(background.mean_ppm, decimals_for(background.noise_ppm))} ppm"
    yield "noise", f"{significant(background.noise_ppm, 2)} ppm"
    yield "points", report_text("of", language, part=f"{count:,}", whole=f"{background.is_background.size:,}")
    yield "largest", f"{significant(peak)} ppm"
    yield "model", named("model", fit.model, language).strip()
    yield "range", f"{significant(fit.range_m)} m"
    yield "vertical_range", f"{significant(fit.vertical_range_m)} m"
    yield "structure", f"{100.0 * fit.structure:.0f} %"
    yield "grid", f"{grid.x_m.size} × {grid.z_m.size} ({grid.dx_m:.1f} × {grid.dz_m:.1f} m)"
    yield "failed", str(grid.failed_nodes)
    yield "negative", str(grid.negative_nodes)
    yield "positive", f"{fixed(answer.flux_positive_kg_h, places)} kg/h"
    yield "backward", f"{fixed(answer.flux_negative_kg_h, places)} kg/h"
    yield "below", f"{fixed(answer.flux_below_lowest_sample_kg_h, places)} kg/h"
    yield "above", f"{fixed(answer.flux_above_highest_sample_kg_h, places)} kg/h"
    yield "freedom", significant(answer.degrees_of_freedom, 2)


def method_lines(result: FlightResult) -> tuple[str, ...]:
    """Return how the rate was computed, one sentence per step."""
    language = result.language
    answers = [answer for item in result.segments for answer in item.gases.values()]
    algorithms = ", ".join(dict.fromkeys(answer.background.algorithm for answer in answers))
    models = ", ".join(dict.fromkeys(named("model", answer.variogram.model, language).lower() for answer in answers))
    grounds = dict.fromkeys(answer.ground_method for answer in answers)
    level = level_text(answers[0].interval) if answers else ""
    return (
        report_text("method.background", language, algorithm=algorithms),
        report_text("method.flux", language),
        report_text("method.kriging", language, model=models),
        *(_ground_sentence(name, result) for name in grounds),
        report_text("method.uncertainty", language, level=level),
        report_text("method.more", language),
    )


def _ground_sentence(name: str, result: FlightResult) -> str:
    """Say how the layer below the lowest pass was filled; an unknown method by its name."""
    known = name in ("plume", "wind-profile", "constant", "linear", "none")
    method = report_text(f"ground.{name}", result.language) if known else name
    return report_text("method.ground", result.language, method=method)


def input_facts(result: FlightResult) -> tuple[Fact, ...]:
    """Return the input file, its rows and why some were dropped."""
    report, language = result.log.report, result.language
    rows = [
        Fact(report_text("input.name", language), (report.name,)),
        Fact("SHA-256", (report.sha256 or DASH,)),
        Fact(report_text("input.read", language), (f"{report.rows_read:,}",)),
        Fact(report_text("input.used", language), (f"{report.rows_used:,}",)),
    ]
    dropped = [
        Fact(report_text("input.dropped", language, reason=dropped_reason(reason, language)), (f"{count:,}",))
        for reason, count in report.rows_dropped.items()
    ]
    return (*rows, *dropped)


def column_cells(column: ColumnReport, language: Language) -> tuple[str, ...]:
    """Return a recognised column as the cells of a table row."""
    return (
        column_name(column.name, language),
        column.header,
        unit_said(column.unit),
        conversion_said(column.conversion, language) or DASH,
        significant(column.minimum, 6),
        significant(column.maximum, 6),
        f"{column.missing:,}",
    )
