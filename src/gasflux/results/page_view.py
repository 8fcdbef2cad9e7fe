"""A result as the interactive page shows it: one compact document of thinned series, grids and tracks.

Series are thinned so that no minimum or maximum is lost; numbers keep the digits that a screen can show. The full
values are in ``processed.csv`` and ``grid_<gas>.csv``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.records import (
    FlightResult,
    FloatArray,
    GasResult,
    HeightProfile,
    IntArray,
    KrigedGrid,
    Phase,
    Quality,
    SegmentResult,
    Wind,
)
from gasflux.results.output_vars import output_vars

VIEW_SCHEMA: Final = "gasflux.view/1"

MAX_VIEW_POINTS: Final = 4_000
"""Of a series, of the track, and of the samples on all surfaces together."""
MAX_VIEW_CELLS: Final = 30_000
"""Of all grids together; finer ones are shown by every second, third, ... cell."""
MAX_ARROWS: Final = 80
LEAST_SHARE: Final = 300
"""However many surfaces there are, each gets so many points."""

_DIGITS: Final = 4
Numbers = list[float | None]


def view_document(result: FlightResult) -> dict[str, Any]:
    """Return the document of the page.

    Parameters
    ----------
    result
        What the processing found.

    Returns
    -------
    dict
        JSON-ready, without NaN: null where a value is unknown. ``track`` is the path, ``phases`` the spans of time of
        what the aircraft did, ``gases`` the series of each gas with its background, ``result`` the object of
        ``output_vars.json`` as far as it is known by now, ``flags`` what speaks against the answer for each gas, in
        every language, ``segments`` each surface with its
        transects, wind, samples, kriged grid and height profile. Times are seconds since ``start``. Lists of one block
        have the same length; ``flux_density_kg_m2_h`` and ``std_kg_m2_h`` of a grid have nz * nx values, row by row
        from the lowest.
    """
    surfaces = max(len(result.segments), 1)
    grids = max(sum(len(part.gases) for part in result.segments), 1)
    points, cells = max(MAX_VIEW_POINTS // surfaces, LEAST_SHARE), max(MAX_VIEW_CELLS // grids, LEAST_SHARE)
    return {
        "schema": VIEW_SCHEMA,
        "start": f"{np.datetime_as_string(result.log.start_utc, unit='ms')}",
        "time_zone": result.log.report.time_zone,
        "language": result.language,
        "height_reference": result.log.height_reference,
        "track": _track(result),
        "phases": _phases(result),
        "gases": {gas: _series(result, gas) for gas in result.background},
        "result": output_vars(result),
        "flags": {gas: _flags(values.quality) for gas, values in result.gases.items()},
        "segments": [_segment(result, part, points, cells) for part in result.segments],
    }


def extremes(values: FloatArray, limit: int) -> IntArray:
    """Return which samples to show of a series so that every peak stays, at most `limit`, in order.

    The series is cut into stretches of equal length, of each the lowest and the highest value are taken, and the ends
    of the series.

    Parameters
    ----------
    values
        Series, shape (n,); NaN is passed over.
    limit
        At least 4.
    """
    size = values.size
    if size <= limit:
        return np.arange(size)
    stretches = (limit - 2) // 2
    length = -(-size // stretches)
    starts = np.arange(stretches) * length
    chosen = [np.array([0, size - 1])]
    for sign in (1.0, -1.0):
        keys = np.full(stretches * length, np.inf)
        keys[:size] = np.where(np.isfinite(values), sign * values, np.inf)
        chosen.append(starts + keys.reshape(stretches, length).argmin(axis=1))
    rows = np.unique(np.concatenate(chosen))
    return rows[rows < size]


def thinned(size: int, limit: int) -> IntArray:
    """Return which of `size` samples to show, evenly spread, at most `limit`, with both ends."""
    if size <= limit:
        return np.arange(size)
    return np.linspace(0, size - 1, limit).round().astype(np.int64)


def fixed_numbers(values: NDArray[Any], decimals: int) -> Numbers:
    """Return values with some decimals; None for what is no number."""
    rounded = np.round(np.asarray(values, dtype=np.float64), decimals) + 0.0
    return [value if math.isfinite(value) else None for value in rounded.tolist()]


def resolved_numbers(values: FloatArray, span: float) -> Numbers:
    """Return values with as many decimals as a ten-thousandth of `span` needs: an offset costs no resolution."""
    decimals = 4 if not (math.isfinite(span) and span > 0.0) else 4 - math.floor(math.log10(span))
    return fixed_numbers(values, decimals)


def significant_numbers(values: FloatArray) -> Numbers:
    """Return values with `_DIGITS` significant digits; None for what is no number."""
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values.tolist()]


def span_of(values: FloatArray) -> float:
    """Return the difference of the largest and the smallest number among values."""
    known = values[np.isfinite(values)]
    return float(np.ptp(known)) if known.size else 0.0


def _number(value: float | None) -> float | None:
    """One figure with `_DIGITS` significant digits and one to spare."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{_DIGITS + 1}g}")


def _track(result: FlightResult) -> dict[str, Any]:
    """Path in degrees and in local metres, with the phase of each point."""
    rows = thinned(result.log.size, MAX_VIEW_POINTS)
    log, track = result.log, result.track
    return {
        "time_s": fixed_numbers(log.time_s[rows], 2),
        "longitude_deg": fixed_numbers(log.longitude_deg[rows], 7),
        "latitude_deg": fixed_numbers(log.latitude_deg[rows], 7),
        "height_m": fixed_numbers(log.height_m[rows], 2),
        "x_m": fixed_numbers(track.x_m[rows], 2),
        "y_m": fixed_numbers(track.y_m[rows], 2),
        "phase": [int(phase) for phase in result.phase[rows]],
        "phase_names": [phase.name.lower() for phase in Phase],
    }


def _runs(labels: IntArray) -> list[slice]:
    """Stretches of equal labels."""
    edges = np.flatnonzero(np.diff(labels)) + 1
    return [slice(int(a), int(b)) for a, b in zip([0, *edges], [*edges, labels.size], strict=True) if b > a]


def _phases(result: FlightResult) -> list[dict[str, Any]]:
    """Spans of time of what the aircraft did, short ones left out where there are too many to show."""
    time, phase = result.log.time_s, result.phase
    runs = _runs(phase)
    if len(runs) > MAX_VIEW_POINTS // 4:
        runs = sorted(
            sorted(runs, key=lambda run: run.start - run.stop)[: MAX_VIEW_POINTS // 4], key=lambda run: run.start
        )
    return [{"phase": Phase(int(phase[run.start])).name.lower(), **_time_span(time[run])} for run in runs]


def _time_span(time_s: FloatArray) -> dict[str, float]:
    """First and last time."""
    return {"start_s": round(float(time_s[0]), 2), "end_s": round(float(time_s[-1]), 2)}


def _rounded(value: float | tuple[float, ...]) -> float | list[float]:
    """Return a number, or every one of several, to a millimetre."""
    return [round(float(each), 3) for each in value] if isinstance(value, tuple) else round(float(value), 3)


def _series(result: FlightResult, gas: str) -> dict[str, Any]:
    """Return the measured series of one gas, its baseline, and which samples are signal."""
    measured, background = result.log.gas_ppm[gas], result.background[gas]
    rows = extremes(measured, MAX_VIEW_POINTS)
    span = span_of(measured)
    is_signal = np.isfinite(background.enhancement_ppm) & ~background.is_background
    return {
        "algorithm": background.algorithm,
        "noise_ppm": _number(background.noise_ppm),
        "time_s": fixed_numbers(result.log.time_s[rows], 2),
        "measured_ppm": resolved_numbers(measured[rows], span),
        "baseline_ppm": resolved_numbers(background.baseline_ppm[rows], span),
        "is_signal": [int(signal) for signal in is_signal[rows]],
    }


def _segment(result: FlightResult, part: SegmentResult, points: int, cells: int) -> dict[str, Any]:
    """One surface."""
    segment, summary = part.segment, part.summary
    surface = {name: _rounded(value) for name, value in asdict(segment.surface).items()}
    return {
        "strategy": segment.strategy,
        "surface": surface,
        "length_m": _number(summary.length_m),
        "ground_height_m": _number(summary.ground_height_m),
        **_time_span(result.log.time_s[segment.rows]),
        "transects": _transects(result, part),
        "wind": _wind(result, part, points),
        "gases": {gas: _gas(part, values, points, cells) for gas, values in part.gases.items()},
    }


def _transects(result: FlightResult, part: SegmentResult) -> list[dict[str, Any]]:
    """Return the passes with their span of time and mean height."""
    segment = part.segment
    return [
        {
            "number": int(segment.transect[run.start]) + 1,
            **_time_span(result.log.time_s[segment.rows[run]]),
            "height_m": round(float(np.mean(segment.height_m[run])), 2),
        }
        for run in _runs(segment.transect)
    ]


def _wind(result: FlightResult, part: SegmentResult, points: int) -> dict[str, Any]:
    """Speed, direction and the component through the surface, their means, and arrows along the path."""
    wind, log = part.wind, result.log
    rows = extremes(wind.normal_m_s, points)
    return {
        "time_s": fixed_numbers(log.time_s[part.segment.rows[rows]], 2),
        "speed_m_s": fixed_numbers(np.hypot(wind.east_m_s, wind.north_m_s)[rows], 2),
        "from_deg": fixed_numbers(_direction(wind)[rows], 1) if wind.measured_direction else None,
        "normal_m_s": fixed_numbers(wind.normal_m_s[rows], 2),
        "mean_speed_m_s": _number(wind.mean_speed_m_s),
        "mean_from_deg": _number(wind.mean_from_deg),
        "mean_normal_m_s": _number(wind.mean_normal_m_s),
        "arrows": _arrows(result, part),
    }


def _direction(wind: Wind) -> FloatArray:
    """Direction the wind comes from."""
    direction: FloatArray = np.degrees(np.arctan2(-wind.east_m_s, -wind.north_m_s)) % 360.0
    return direction


def _arrows(result: FlightResult, part: SegmentResult) -> dict[str, Numbers]:
    """Wind where it was measured: means over stretches of the path, at the middle of each."""
    rows, wind = part.segment.rows, part.wind
    stretches = np.array_split(np.arange(rows.size), min(MAX_ARROWS, rows.size))
    middle = rows[[stretch[stretch.size // 2] for stretch in stretches]]
    log, track = result.log, result.track
    return {
        "longitude_deg": fixed_numbers(log.longitude_deg[middle], 7),
        "latitude_deg": fixed_numbers(log.latitude_deg[middle], 7),
        "height_m": fixed_numbers(log.height_m[middle], 2),
        "x_m": fixed_numbers(track.x_m[middle], 2),
        "y_m": fixed_numbers(track.y_m[middle], 2),
        "east_m_s": fixed_numbers(np.array([wind.east_m_s[stretch].mean() for stretch in stretches]), 2),
        "north_m_s": fixed_numbers(np.array([wind.north_m_s[stretch].mean() for stretch in stretches]), 2),
    }


def _gas(part: SegmentResult, gas: GasResult, points: int, cells: int) -> dict[str, Any]:
    """One gas on one surface."""
    return {
        "flux_kg_h": _number(gas.flux_kg_h),
        "samples": _samples(part, gas, points),
        "grid": _grid(gas.grid, cells),
        "profile": _profile(gas.profile),
        "flags": _flags(gas.quality),
    }


def _flags(quality: Quality) -> list[dict[str, Any]]:
    """Return the findings with their sentences in every language, so that a page can change its own."""
    return [
        {
            "code": flag.code,
            "severity": flag.severity,
            "message": flag.message._asdict(),
            "advice": flag.advice._asdict(),
        }
        for flag in quality.flags
    ]


def _samples(part: SegmentResult, gas: GasResult, points: int) -> Mapping[str, Numbers]:
    """Flux density where it was measured, unrolled onto the surface."""
    rows = extremes(gas.flux_density_kg_m2_h, points)
    return {
        "x_m": fixed_numbers(part.segment.along_m[rows], 1),
        "z_m": fixed_numbers(part.segment.height_m[rows], 1),
        "flux_density_kg_m2_h": significant_numbers(gas.flux_density_kg_m2_h[rows]),
    }


def _grid(grid: KrigedGrid, cells: int) -> dict[str, Any]:
    """Kriged flux density and its standard deviation, thinned evenly in both directions when there are too many."""
    step = max(1, math.ceil(math.sqrt(grid.x_m.size * grid.z_m.size / cells)))
    rows, columns = slice(step // 2, None, step), slice(step // 2, None, step)
    x, z = grid.x_m[columns], grid.z_m[rows]
    return {
        "nx": int(x.size),
        "nz": int(z.size),
        "dx_m": _number(grid.dx_m * step),
        "dz_m": _number(grid.dz_m * step),
        "step": step,
        "x_m": fixed_numbers(x, 2),
        "z_m": fixed_numbers(z, 2),
        "flux_density_kg_m2_h": significant_numbers(grid.flux_density_kg_m2_h[rows, columns].ravel()),
        "std_kg_m2_h": significant_numbers(grid.std_kg_m2_h[rows, columns].ravel()),
    }


def _profile(profile: HeightProfile) -> dict[str, Any]:
    """Return what each height contributes."""
    return {
        "height_m": fixed_numbers(profile.height_m, 2),
        "thickness_m": fixed_numbers(profile.thickness_m, 2),
        "flux_kg_h_m": significant_numbers(profile.flux_kg_h_m),
        "is_extrapolated": [int(value) for value in profile.is_extrapolated],
    }
