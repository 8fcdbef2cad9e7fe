"""A result as data: the `output_vars` object, the flight with every derived column, and the kriged grids."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gasflux.flight.wind import wind_components
from gasflux.rate.flights import Comparison
from gasflux.records import (
    Background,
    CombinedGas,
    FlightResult,
    FlightSummary,
    FloatArray,
    FluxInterval,
    GasResult,
    KrigedGrid,
    Phase,
    Quality,
    SegmentResult,
    VariogramFit,
)
from gasflux.version import __version__
from gasflux.wording.phrases import Language

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "gasflux.output_vars/1"

_DIGITS: Final = 9
"""Significant digits written: far beyond any measurement, short of the last bits, which differ between processors."""


def number(value: float | None) -> float | None:
    """Return a figure as it is written: `_DIGITS` significant digits, None for what is not a finite number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def output_vars(result: FlightResult) -> dict[str, Any]:
    """Return the result as the object of ``output_vars.json``.

    Parameters
    ----------
    result
        What the processing found.

    Returns
    -------
    dict
        JSON-ready, without NaN or infinity. Only the block ``run`` differs between runs of the same version on the
        same input with the same configuration. A flight with one surface has its gases in full; with several, these
        stand under ``segments`` and the top holds the combination, which has no variogram or grid of its own.
    """
    report, language = result.log.report, result.language
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "run": _run(result),
        "input": {
            "name": report.name,
            "sha256": report.sha256,
            "rows_read": report.rows_read,
            "rows_used": report.rows_used,
            "rows_dropped": dict(report.rows_dropped),
        },
        "flight": _flight(result.summary),
    }
    if len(result.segments) == 1:
        document["gases"] = {gas: _gas(values, language) for gas, values in result.segments[0].gases.items()}
        return document
    document["gases"] = {
        gas: _combined(values, result.background[gas], language) for gas, values in result.gases.items()
    }
    document["segments"] = [_segment(part, language) for part in result.segments]
    return document


def to_json(document: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """Return strict JSON: NaN and infinity raise ValueError instead of being written."""
    return json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)


def _run(result: FlightResult) -> dict[str, Any]:
    """Return what differs from run to run."""
    stages = {name: round(seconds, 4) for name, seconds in result.stages_s.items()}
    return {
        "version": __version__,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "duration_s": round(sum(stages.values()), 3),
        "stages_s": stages,
    }


def _flight(summary: FlightSummary) -> dict[str, Any]:
    """Return the `flight` block; a curtain has an azimuth, a spiral a radius."""
    is_curtain = summary.strategy == "curtain"
    shape = {"plane_azimuth_deg": summary.plane_azimuth_deg} if is_curtain else {"radius_m": summary.radius_m}
    figures = {
        **shape,
        "length_m": summary.length_m,
        "height_min_m": summary.height_min_m,
        "height_max_m": summary.height_max_m,
        "ground_height_m": summary.ground_height_m,
        "wind_mean_m_s": summary.wind_mean_m_s,
        "wind_from_deg": summary.wind_from_deg,
        "wind_normal_mean_m_s": summary.wind_normal_mean_m_s,
        "wind_angle_to_plane_deg": summary.wind_angle_to_plane_deg,
        "temperature_mean_c": summary.temperature_mean_c,
        "pressure_mean_hpa": summary.pressure_mean_hpa,
    }
    return {
        "strategy": summary.strategy,
        "duration_s": number(summary.duration_s),
        "sample_hz": number(summary.sample_hz),
        "transects": summary.transects,
        **{name: number(value) for name, value in figures.items()},
    }


def _segment(part: SegmentResult, language: Language) -> dict[str, Any]:
    """Return one surface of several."""
    return {
        "start": part.summary.start,
        "end": part.summary.end,
        "flight": _flight(part.summary),
        "gases": {gas: _gas(values, language) for gas, values in part.gases.items()},
    }


def _gas(gas: GasResult, language: Language) -> dict[str, Any]:
    """Return one gas through one surface."""
    return {
        **_answer(gas),
        "background": _background(gas.background),
        "variogram": _variogram(gas.variogram),
        "grid": _grid(gas.grid),
        "quality": _quality(gas.quality, language),
    }


def _combined(gas: CombinedGas, background: Background, language: Language) -> dict[str, Any]:
    """Return one gas over several surfaces: they share the background, each has its own variogram and grid."""
    return {
        **_answer(gas),
        "background": _background(background),
        "variogram": None,
        "grid": None,
        "quality": _quality(gas.quality, language),
    }


def _answer(gas: GasResult | CombinedGas) -> dict[str, Any]:
    """Return the rate, its uncertainty and its parts."""
    return {
        "flux_kg_h": number(gas.flux_kg_h),
        "flux_std_kg_h": number(gas.flux_std_kg_h),
        "flux_interval_kg_h": _interval(gas.interval),
        "uncertainty_kg_h": {name: number(std) for name, std in gas.budget_kg_h.items()},
        "flux_below_lowest_sample_kg_h": number(gas.flux_below_lowest_sample_kg_h),
        "flux_above_highest_sample_kg_h": number(gas.flux_above_highest_sample_kg_h),
        "flux_positive_kg_h": number(gas.flux_positive_kg_h),
        "flux_negative_kg_h": number(gas.flux_negative_kg_h),
        "detection_limit_kg_h": number(gas.detection_limit_kg_h),
        "detected": gas.detected,
        "flux_upper_bound_kg_h": number(gas.flux_upper_bound_kg_h),
    }


def comparison_vars(comparison: Comparison) -> dict[str, Any]:
    """Return flights side by side and their combined estimate, under the names of ``output_vars.json``."""
    combined = comparison.combined
    return {
        "flights": [
            {
                "name": rate.name,
                "flux_kg_h": number(rate.flux_kg_h),
                "flux_std_kg_h": number(rate.flux_std_kg_h),
                "flux_interval_kg_h": _interval(rate.interval),
                "detection_limit_kg_h": number(rate.detection_limit_kg_h),
                "grade": rate.grade,
                "weight": number(weight),
            }
            for rate, weight in zip(comparison.flights, combined.weights, strict=True)
        ],
        "combined": {
            "flux_kg_h": number(combined.flux_kg_h),
            "flux_std_kg_h": number(combined.flux_std_kg_h),
            "flux_interval_kg_h": _interval(combined.interval),
            "detection_limit_kg_h": number(comparison.detection_limit_kg_h),
            "uncertainty_kg_h": {name: number(std) for name, std in combined.budget_kg_h.items()},
            "between_flights_std_kg_h": number(combined.between_std_kg_h),
        },
    }


def _interval(interval: FluxInterval) -> dict[str, float | None]:
    """Return level and ends."""
    return {"level": number(interval.level), "low": number(interval.low_kg_h), "high": number(interval.high_kg_h)}


def _background(background: Background) -> dict[str, Any]:
    """Return the baseline: `points` are the samples it was fitted to, `signal_points` the other measured ones."""
    signal = np.isfinite(background.enhancement_ppm) & ~background.is_background
    return {
        "algorithm": background.algorithm,
        "mean_ppm": number(background.mean_ppm),
        "noise_ppm": number(background.noise_ppm),
        "points": int(np.count_nonzero(background.is_background)),
        "signal_points": int(np.count_nonzero(signal)),
    }


def _variogram(fit: VariogramFit) -> dict[str, Any]:
    """Return the fitted model and the horizontal experimental variogram."""
    return {
        "model": fit.model,
        "range_m": number(fit.range_m),
        "sill": number(fit.sill),
        "nugget": number(fit.nugget),
        "vertical_range_m": number(fit.vertical_range_m),
        "lags_m": [number(value) for value in fit.lags_m.tolist()],
        "experimental": [number(value) for value in fit.experimental.tolist()],
        "pairs": [int(value) for value in fit.pairs],
    }


def _grid(grid: KrigedGrid) -> dict[str, Any]:
    """Return the shape of the grid; x0 and z0 are the centres of the first cell."""
    return {
        "nx": int(grid.x_m.size),
        "nz": int(grid.z_m.size),
        "dx_m": number(grid.dx_m),
        "dz_m": number(grid.dz_m),
        "x0_m": number(float(grid.x_m[0])),
        "z0_m": number(float(grid.z_m[0])),
    }


def _quality(quality: Quality, language: Language) -> dict[str, Any]:
    """Return grade and flags, their sentences in one language."""
    flags = [
        {
            "code": flag.code,
            "severity": flag.severity,
            "message": flag.message.said(language),
            "advice": flag.advice.said(language),
        }
        for flag in quality.flags
    ]
    return {"grade": quality.grade, "flags": flags}


def sample_times(result: FlightResult) -> NDArray[np.datetime64]:
    """Return the time of each sample to the millisecond, shape (n,)."""
    milliseconds = np.round(result.log.time_s * 1000.0).astype("timedelta64[ms]")
    times: NDArray[np.datetime64] = result.log.start_utc.astype("datetime64[ms]") + milliseconds
    return times


def segment_numbers(result: FlightResult) -> FloatArray:
    """Return the number of the surface each sample lies on, counted from 1; NaN off all of them, shape (n,)."""
    return _on_surfaces(result, (np.full(part.segment.rows.size, i) for i, part in enumerate(result.segments, start=1)))


def _on_surfaces(result: FlightResult, values: Iterable[ArrayLike | None]) -> FloatArray:
    """Put the values of each surface's samples among those of the whole log; NaN elsewhere."""
    column = np.full(result.log.size, np.nan)
    for part, value in zip(result.segments, values, strict=True):
        if value is not None:
            column[part.segment.rows] = value
    return column


def processed_columns(result: FlightResult) -> dict[str, NDArray[Any]]:
    """Return the flight with every derived column, one row per sample: name -> values, shape (n,).

    Columns: time, position and weather as used; x, y (local east and north, m); phase; number of the surface
    (`segment`, from 1) and of the pass on it; along and offset on the surface, m; wind components towards east, north
    and along the surface's normal, m/s; for each gas the mole fraction, baseline and enhancement in ppm, whether the
    baseline rests on the sample, the density of the pure gas in kg/m3, the flux density in kg/(m2 h) and the share of
    the flux the sample carries in kg/h. NaN where a figure does not exist, None where a number of a surface or pass
    does not.
    """
    log, track = result.log, result.track
    columns: dict[str, NDArray[Any]] = {
        "time": np.datetime_as_string(sample_times(result), unit="ms"),
        "time_s": np.round(log.time_s, 3),
        "latitude": np.round(log.latitude_deg, 8),
        "longitude": np.round(log.longitude_deg, 8),
        "height_m": _rounded(log.height_m),
        "x_m": _rounded(track.x_m),
        "y_m": _rounded(track.y_m),
        "phase": np.array([phase.name.lower() for phase in Phase])[result.phase],
        "segment": _counted(segment_numbers(result)),
        "transect": _counted(_on_surfaces(result, (part.segment.transect + 1 for part in result.segments))),
        "along_m": _rounded(_on_surfaces(result, (part.segment.along_m for part in result.segments))),
        "offset_m": _rounded(_on_surfaces(result, (part.segment.offset_m for part in result.segments))),
        "windspeed_m_s": _rounded(log.wind_speed_m_s),
        "temperature_c": _rounded(log.temperature_c),
        "pressure_hpa": _rounded(log.pressure_hpa),
        **_wind_columns(result),
    }
    for gas in log.gas_ppm:
        columns |= _gas_columns(result, gas)
    return columns


def processed_frame(result: FlightResult) -> pd.DataFrame:
    """Return `processed_columns` as a frame."""
    import pandas as pd

    return pd.DataFrame(processed_columns(result)).astype({"segment": "Int64", "transect": "Int64"})


def _counted(values: FloatArray) -> NDArray[np.object_]:
    """Whole numbers, None for NaN."""
    is_known = np.isfinite(values)
    counts = np.full(values.size, None, dtype=object)
    counts[is_known] = values[is_known].astype(np.int64)
    return counts


def _rounded(values: FloatArray) -> FloatArray:
    """Six decimals: micrometres, and what keeps a million rows readable."""
    return np.round(values, 6)


def _significant(values: FloatArray) -> FloatArray:
    """Seven significant digits, for figures of any size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decimals = 6 - np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** np.where(np.isfinite(decimals), np.clip(decimals, -290, 290), 0.0)
    return np.round(values * scale) / scale


def _wind_columns(result: FlightResult) -> dict[str, FloatArray]:
    """Wind of every sample where the direction was measured, else of those on a surface."""
    log, parts = result.log, result.segments
    if log.wind_from_deg is None:
        east = _on_surfaces(result, (part.wind.east_m_s for part in parts))
        north = _on_surfaces(result, (part.wind.north_m_s for part in parts))
    else:
        east, north = wind_components(log.wind_speed_m_s, log.wind_from_deg)
    normal = _on_surfaces(result, (part.wind.normal_m_s for part in parts))
    direction = {} if log.wind_from_deg is None else {"winddir_deg": _rounded(log.wind_from_deg)}
    return direction | {
        "wind_east_m_s": _rounded(east),
        "wind_north_m_s": _rounded(north),
        "wind_normal_m_s": _rounded(normal),
    }


def _gas_columns(result: FlightResult, gas: str) -> dict[str, NDArray[Any]]:
    """Everything known of one gas at each sample."""
    background = result.background[gas]

    def spread(pick: Callable[[GasResult], FloatArray]) -> FloatArray:
        found = (part.gases.get(gas) for part in result.segments)
        return _significant(_on_surfaces(result, (None if values is None else pick(values) for values in found)))

    return {
        f"{gas}_ppm": _significant(result.log.gas_ppm[gas]),
        f"{gas}_baseline_ppm": _significant(background.baseline_ppm),
        f"{gas}_enhancement_ppm": _significant(background.enhancement_ppm),
        f"{gas}_is_background": background.is_background,
        f"{gas}_density_kg_m3": spread(lambda values: values.density_kg_m3),
        f"{gas}_flux_density_kg_m2_h": spread(lambda values: values.flux_density_kg_m2_h),
        f"{gas}_flux_contribution_kg_h": spread(lambda values: values.flux_contribution_kg_h),
    }


def grid_columns(result: FlightResult, gas: str) -> dict[str, NDArray[Any]]:
    """Return the kriged curtain of one gas, one row per cell: name -> values, shape (cells of all surfaces,).

    Columns: `segment` (only where there are several surfaces), x_m and z_m of the cell's centre, flux density and its
    kriging standard deviation in kg/(m2 h). NaN in cells that could not be kriged.
    """
    grids = [
        _grid_columns(part.gases[gas].grid, index if len(result.segments) > 1 else None)
        for index, part in enumerate(result.segments, start=1)
        if gas in part.gases
    ]
    return {name: np.concatenate([grid[name] for grid in grids]) for name in grids[0]}


def grid_frame(result: FlightResult, gas: str) -> pd.DataFrame:
    """Return `grid_columns` as a frame."""
    import pandas as pd

    return pd.DataFrame(grid_columns(result, gas))


def _grid_columns(grid: KrigedGrid, segment: int | None) -> dict[str, NDArray[Any]]:
    """One surface's cells, with its number where there are several."""
    x, z = np.meshgrid(grid.x_m, grid.z_m)
    label = {} if segment is None else {"segment": np.full(x.size, segment)}
    return label | {
        "x_m": _rounded(x.ravel()),
        "z_m": _rounded(z.ravel()),
        "flux_density_kg_m2_h": _significant(grid.flux_density_kg_m2_h.ravel()),
        "std_kg_m2_h": _significant(grid.std_kg_m2_h.ravel()),
    }
