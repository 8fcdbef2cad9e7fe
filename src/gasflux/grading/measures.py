"""The figures that quality is judged by, read off a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from gasflux.grading.isolated import isolated_values, name_values
from gasflux.grading.quality import QualityInputs
from gasflux.instruments.delay import delay_between_passes
from gasflux.instruments.held_values import held_for_s
from gasflux.rate.error_budget import coverage_interval
from gasflux.rate.repeats import CombinedFlux
from gasflux.rate.surface_flux import (
    Ground,
    Integration,
    SurfaceFlux,
    SurfaceSamples,
    flux_below_lowest_pass_kg_h,
    signed_parts,
)
from gasflux.records import FlightLog, GasResult, Plane, ReadReport, Surface, Wind

_OUTER: Final = 0.1
"""Share of a curtain's length at each end that should hold no plume."""
_JUDGED_LEVEL: Final = 0.9
"""A grade does not depend on the level somebody wants to see."""
_SAME_HEIGHT_M: Final = 0.01
"""Heights are logged to centimetres: the mean of a pass flown at the ground's height is not below it."""
_PEAK_QUANTILE: Final = 0.995
"""The highest enhancement but for the topmost samples: one spike is no plume."""


def gas_measures(log: FlightLog, wind: Wind, ground: Ground, flux: SurfaceFlux) -> QualityInputs:
    """Return the figures of one gas on one surface.

    Parameters
    ----------
    log
        The flight.
    wind, ground
        At and under the surface.
    flux
        Of the gas through the surface.
    """
    samples, integration, background = flux.samples, flux.integration, flux.background
    size = max(abs(flux.flux_kg_h), 1e-300)
    grid, passes = integration.kriging.grid, integration.passes
    _, negative = signed_parts(integration)
    told = _is_told(flux.flux_kg_h, flux.budget_kg_h, flux.degrees_of_freedom, flux.detection_limit_kg_h)
    strongest = max(float(passes.flux_kg_m_h.max()), 1e-300)
    is_cut = passes.height_m < (ground.height_m - _SAME_HEIGHT_M if ground.cuts_surface else -np.inf)
    values_ppm = log.gas_ppm[samples.gas]
    isolated = isolated_values(values_ppm)
    is_on_surface = np.isin(isolated, samples.segment.rows)
    on, off = isolated[is_on_surface], isolated[~is_on_surface]
    return QualityInputs(
        wind_mean_m_s=wind.mean_speed_m_s,
        wind_speed_std_m_s=float(np.nanstd(np.hypot(wind.east_m_s, wind.north_m_s))),
        direction_std_deg=wind.direction_std_deg if wind.measured_direction else None,
        direction_missing=float(not wind.measured_direction),
        wind_elsewhere=float(log.wind_elsewhere),
        sensor_delay_s=log.delay_undone_s.get(samples.gas, _sure_delay_s(log, samples)),
        held_s=held_for_s(values_ppm, log.time_s),
        clock_untold=float(_has_untold_clock(log)),
        air_assumed=float(log.assumed_air is not None),
        turbulence_intensity=wind.turbulence_intensity,
        angle_to_normal_deg=wind.angle_to_normal_deg,
        passes=float(samples.segment.transects),
        below_share=abs(flux_below_lowest_pass_kg_h(integration)) / size if told else None,
        above_share=abs(integration.above.flux_kg_h) / size if told else None,
        side_share=_side_share(samples, integration) if told and isinstance(samples.segment.surface, Plane) else None,
        top_share=float(passes.flux_kg_m_h[np.argmax(passes.height_m)]) / strongest if told else None,
        peak_to_noise=_peak_to_noise(samples) if told else None,
        detection_ratio=abs(flux.flux_kg_h) / max(flux.detection_limit_kg_h, 1e-300),
        not_told=float(not told),
        structure=integration.variogram.structure if told else None,
        failed_share=grid.failed_nodes / grid.flux_density_kg_m2_h.size,
        background_share=float(np.mean(background.is_background)),
        missing_share=1.0 - float(np.mean(samples.keep)),
        negative_share=-negative / size if told else None,
        dropped_share=dropped_share(log.report),
        above_gas_range_share=log.report.rows_above_gas_range / max(log.report.rows_read, 1),
        passes_below_ground=float(is_cut.sum()),
        samples_below_ground=float(is_cut[samples.segment.transect].sum()),
        relative_half_width=(
            relative_half_width(flux.flux_kg_h, flux.budget_kg_h, flux.degrees_of_freedom) if told else None
        ),
        ground_guessed=float(ground.is_guessed),
        isolated_values=float(on.size),
        isolated_rows=name_values(log.file_row[on], values_ppm[on]),
        isolated_off_surface=float(off.size),
        isolated_off_surface_rows=name_values(log.file_row[off], values_ppm[off]),
    )


def _has_untold_clock(log: FlightLog) -> bool:
    """Tell whether a file that gave a gas has a clock that nothing tells."""
    files = () if log.fusion is None else log.fusion.files
    return any(file.clock_offset_std_s is None and "gas" in file.role.split("+") for file in files)


def combined_measures(
    results: Sequence[GasResult], surfaces: Sequence[Surface], combined: CombinedFlux, detection_limit_kg_h: float
) -> QualityInputs:
    """Return the figures of one gas over several surfaces.

    Parameters
    ----------
    results, surfaces
        The gas on each surface it was measured on, and those surfaces, in the same order.
    combined
        Their mean.
    detection_limit_kg_h
        Of the mean.
    """
    size = max(abs(combined.flux_kg_h), 1e-300)
    below = float(np.dot(combined.weights, [result.flux_below_lowest_sample_kg_h for result in results]))
    above = float(np.dot(combined.weights, [result.flux_above_highest_sample_kg_h for result in results]))
    told = _is_told(combined.flux_kg_h, combined.budget_kg_h, combined.degrees_of_freedom, detection_limit_kg_h)
    width = relative_half_width(combined.flux_kg_h, combined.budget_kg_h, combined.degrees_of_freedom)
    return QualityInputs(
        below_share=abs(below) / size if told else None,
        above_share=abs(above) / size if told else None,
        detection_ratio=abs(combined.flux_kg_h) / max(detection_limit_kg_h, 1e-300),
        not_told=float(not told),
        relative_half_width=width if told else None,
        between_relative_std=combined.between_std_kg_h / size if told else None,
        azimuth_spread_deg=azimuth_spread_deg(surfaces),
    )


def _is_told(flux_kg_h: float, budget_kg_h: Mapping[str, float], freedom: float, limit_kg_h: float) -> bool:
    """Tell whether a rate is beyond the detection limit and its interval at 90 % beyond zero.

    Of a flight that found no emission nothing is judged by what it is relative to its rate.
    """
    interval = coverage_interval(flux_kg_h, budget_kg_h, freedom, _JUDGED_LEVEL)
    return abs(flux_kg_h) >= limit_kg_h and not interval.low_kg_h <= 0.0 <= interval.high_kg_h


def _peak_to_noise(samples: SurfaceSamples) -> float:
    """Highest enhancement over the noise of one sample."""
    return float(np.quantile(samples.enhancement_ppm, _PEAK_QUANTILE)) / max(samples.noise_ppm, 1e-300)


def relative_half_width(flux_kg_h: float, budget_kg_h: Mapping[str, float], degrees_of_freedom: float) -> float:
    """Return half of the interval at 90 % over the flux, whatever the level asked for.

    Not the standard deviation: a budget known from two or three passes has an interval several times as wide.

    Parameters
    ----------
    flux_kg_h
        The rate.
    budget_kg_h
        One standard deviation of each component of its error.
    degrees_of_freedom
        Effective ones of the whole budget.
    """
    interval = coverage_interval(flux_kg_h, budget_kg_h, degrees_of_freedom, _JUDGED_LEVEL)
    return 0.5 * (interval.high_kg_h - interval.low_kg_h) / max(abs(flux_kg_h), 1e-300)


def azimuth_spread_deg(surfaces: Sequence[Surface]) -> float | None:
    """Return the largest angle between two vertical planes, 0-90 degrees; None with fewer than two planes."""
    azimuth = np.array([surface.azimuth_deg for surface in surfaces if isinstance(surface, Plane)])
    if azimuth.size < 2:
        return None
    apart = np.abs(azimuth[:, None] - azimuth[None, :]) % 180.0
    return float(np.minimum(apart, 180.0 - apart).max())


def dropped_share(report: ReadReport) -> float:
    """Return the share of the file's rows that were dropped."""
    return sum(report.rows_dropped.values()) / max(report.rows_read, 1)


def _sure_delay_s(log: FlightLog, samples: SurfaceSamples) -> float | None:
    """Time by which a gas is logged off its place, None where the passes of a curtain do not tell it for sure."""
    segment = samples.segment
    if not isinstance(segment.surface, Plane):
        return None
    time = log.time_s[segment.rows]
    delay = delay_between_passes(time, segment.along_m, segment.transect, samples.enhancement_ppm, samples.noise_ppm)
    return abs(delay.mean_s) if delay is not None and delay.is_sure else None


def _side_share(samples: SurfaceSamples, integration: Integration) -> float:
    """Share of the flux in the outer tenths of a curtain."""
    along = samples.segment.along_m
    low, high = np.quantile(along, [0.0, 1.0])
    margin = _OUTER * (high - low)
    outer = (along < low + margin) | (along > high - margin)
    return abs(float(integration.contribution_kg_h[outer].sum())) / max(abs(integration.flux_kg_h), 1e-300)
