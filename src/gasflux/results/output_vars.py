"""A result as data: the `output_vars` object, and the same of flights taken together."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from gasflux.rate.flights import Comparison
from gasflux.rate.trace import flight_trace, trace_vars
from gasflux.records import (
    Background,
    CombinedGas,
    FlightResult,
    FlightSummary,
    FluxInterval,
    Fusion,
    GasResult,
    KrigedGrid,
    Quality,
    SegmentResult,
    VariogramFit,
)
from gasflux.version import __version__
from gasflux.wording.phrases import Language

OUTPUT_SCHEMA: Final = "gasflux.output_vars/1"

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
        "schema": OUTPUT_SCHEMA,
        "run": _run(result),
        "input": {
            "name": report.name,
            "sha256": report.sha256,
            "rows_read": report.rows_read,
            "rows_used": report.rows_used,
            "rows_dropped": dict(report.rows_dropped),
        },
        "flight": _flight(result.summary),
        "trace": trace_vars(flight_trace(result.log, np.concatenate([part.segment.rows for part in result.segments]))),
    }
    if result.log.fusion is not None:
        document["fusion"] = fusion_vars(result.log.fusion)
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
    """Return the `flight` block; a curtain has an azimuth, a spiral a radius, a loop of straight sides its size too."""
    is_curtain = summary.strategy == "curtain"
    shape = {"plane_azimuth_deg": summary.plane_azimuth_deg} if is_curtain else {"radius_m": summary.radius_m}
    if summary.perimeter_m is not None:
        shape |= {"perimeter_m": summary.perimeter_m, "area_inside_m2": summary.area_inside_m2}
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


def fusion_vars(fusion: Fusion) -> dict[str, Any]:
    """Return how several files were put together, as the block ``fusion``."""
    return {
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "role": file.role,
                "rows": file.rows,
                "clock_offset_s": number(file.clock_offset_s),
                "clock_offset_std_s": number(file.clock_offset_std_s),
                "how": file.how,
                "drift_s_h": number(file.drift_s_h),
                "start": file.start,
                "end": file.end,
                "step_s": number(file.step_s),
            }
            for file in fusion.files
        ],
        "lag_s": number(fusion.lag_s),
        "response_s": number(fusion.response_s),
        "origin": dict(fusion.origin),
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
