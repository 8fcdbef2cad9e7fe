"""The stages in order: a clean flight log in, a `FlightResult` out. No files, no figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime

import numpy as np

from gasflux.background import estimate_background
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import ProcessingError
from gasflux.flight.geometry import local_track
from gasflux.flight.phases import FlownPasses, find_passes
from gasflux.flight.summary import flight_summary, segment_summary
from gasflux.flight.wind import fit_log_profile, segment_wind, wind_components
from gasflux.grading.measures import combined_measures, gas_measures
from gasflux.grading.quality import assess, assess_together
from gasflux.instruments.gas_response import at_the_inlet
from gasflux.instruments.late_sensor import on_time
from gasflux.instruments.wind_profile import wind_at_the_aircraft
from gasflux.processing import lay_segments
from gasflux.rate.error_budget import coverage_interval, total_std
from gasflux.rate.repeats import combine, curtain_repeat
from gasflux.rate.surface_flux import (
    Ground,
    SurfaceSamples,
    flux_below_lowest_pass_kg_h,
    ground_under,
    height_profile,
    signed_parts,
    surface_flux,
    surface_samples,
)
from gasflux.records import (
    Background,
    CombinedGas,
    FlightLog,
    FlightResult,
    FloatArray,
    GasResult,
    LogProfile,
    ProgressCallback,
    Segment,
    SegmentResult,
    Track,
    Wind,
)


class StageClock:
    """Times the stages and tells the caller how far the work is."""

    def __init__(self, progress: ProgressCallback | None) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, percent: float) -> Iterator[None]:
        """Announce a stage that ends at `percent` of the work, and add up its time."""
        if self._progress is not None:
            self._progress(name, percent)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def process_log(log: FlightLog, config: PipelineConfig, progress: ProgressCallback | None = None) -> FlightResult:
    """Turn a clean flight log into emission rates.

    Parameters
    ----------
    log
        The flight.
    config
        Processing settings.
    progress
        Called as ``progress(stage, percent)`` before each stage; whatever it raises stops the work.

    Raises
    ------
    GeometryError
        When no curtain or spiral is found.
    ProcessingError
        When no gas was measured on any of them.
    """
    started_at, clock = utc_text(), StageClock(progress)
    log = as_flown(log, config)
    with clock.stage("geometry", 0.0):
        track, flown, segments = find_surfaces(log, config)
    with clock.stage("background", 15.0):
        log, background = _on_time(log, segments, config)
    results = tuple(
        _segment_result(log, segment, background, config, clock, 30.0 + 60.0 * number / len(segments))
        for number, segment in enumerate(segments)
    )
    with clock.stage("combination", 95.0):
        gases = _combined_gases(results, config)
        summary = flight_summary(log, results)
    return FlightResult(
        log=log,
        track=track,
        phase=flown.phase,
        background=background,
        segments=results,
        summary=summary,
        gases=gases,
        started_at=started_at,
        finished_at=utc_text(),
        stages_s=clock.seconds,
        language=config.language,
    )


def as_flown(log: FlightLog, config: PipelineConfig) -> FlightLog:
    """Return the log with the wind at the aircraft and the gases at the inlet, as far as the settings tell.

    Parameters
    ----------
    log
        The flight as it was read.
    config
        ``wind`` and ``sensor`` decide.
    """
    return at_the_inlet(wind_at_the_aircraft(log, config), config)


def check_flight(log: FlightLog, config: PipelineConfig) -> None:
    """Raise what keeps a flight from a rate and can be told without computing one.

    Parameters
    ----------
    log
        The flight as it was read.
    config
        Processing settings.

    Raises
    ------
    GeometryError
        When no curtain or spiral is found.
    ProcessingError
        When no gas was measured on any of them, or all of them lie below the ground.
    """
    log = as_flown(log, config)
    _, _, segments = find_surfaces(log, config)
    ground, highest = config.ground.height, max(float(segment.height_m.max()) for segment in segments)
    if ground is not None and ground >= highest:
        raise ProcessingError.of("ground_above_passes", ground=ground, highest=highest)
    background = _backgrounds(log, segments, config)
    winds = [segment_wind(log, segment, None) for segment in segments]
    if not any(
        surface_samples(log, segment, wind, gas, values).is_measured
        for segment, wind in zip(segments, winds, strict=True)
        for gas, values in background.items()
    ):
        raise ProcessingError.of("no_gas_on_surface")


def find_surfaces(log: FlightLog, config: PipelineConfig) -> tuple[Track, FlownPasses, tuple[Segment, ...]]:
    """Return the path of a flight, its passes, and the curtains and spirals they make.

    Parameters
    ----------
    log
        The flight.
    config
        ``filters`` and ``strategies.spatial`` decide.

    Raises
    ------
    GeometryError
        When no curtain or spiral is found.
    """
    track = local_track(log)
    flown = find_passes(track, log.time_s, config.filters, config.strategies.spatial, log.start_utc)
    east, north = _components(log)
    return track, flown, lay_segments(log, track, flown, east, north, config)


def utc_text() -> str:
    """Return the time now, ISO 8601 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _components(log: FlightLog) -> tuple[FloatArray | None, FloatArray | None]:
    """Wind components of the log, or None where the direction was not measured."""
    if log.wind_from_deg is None:
        return None, None
    return wind_components(log.wind_speed_m_s, log.wind_from_deg)


def _on_time(
    log: FlightLog, segments: tuple[Segment, ...], config: PipelineConfig
) -> tuple[FlightLog, dict[str, Background]]:
    """Baseline of every gas, and the log with gases that are surely late put where they were."""
    background = _backgrounds(log, segments, config)
    moved = on_time(log, segments, background, config)
    return (log, background) if moved is log else (moved, _backgrounds(moved, segments, config))


def _backgrounds(log: FlightLog, segments: tuple[Segment, ...], config: PipelineConfig) -> dict[str, Background]:
    """Baseline of every gas, told where on which surface each sample lies."""
    number = np.full(log.size, -1, dtype=np.int64)
    along = np.zeros(log.size)
    for index, segment in enumerate(segments):
        number[segment.rows] = index
        along[segment.rows] = segment.along_m
    return {
        gas: estimate_background(
            log.time_s, values, config.algorithmic_baseline_settings, segment=number, along_m=along
        )
        for gas, values in log.gas_ppm.items()
    }


def _segment_result(
    log: FlightLog,
    segment: Segment,
    background: Mapping[str, Background],
    config: PipelineConfig,
    clock: StageClock,
    percent: float,
) -> SegmentResult:
    """Wind and all gases of one surface."""
    ground = ground_under(log, segment, config)
    with clock.stage("wind", percent):
        profile = _wind_profile(log, segment, ground, config)
        wind = segment_wind(log, segment, profile)
    with clock.stage("interpolation", percent):
        samples = [surface_samples(log, segment, wind, gas, values) for gas, values in background.items()]
        gases = {
            of_gas.gas: _gas_result(log, wind, of_gas, background[of_gas.gas], ground, config)
            for of_gas in samples
            if of_gas.is_measured
        }
    return SegmentResult(segment, wind, segment_summary(log, segment, wind, ground.height_m), gases)


def _wind_profile(log: FlightLog, segment: Segment, ground: Ground, config: PipelineConfig) -> LogProfile | None:
    """Logarithmic profile fitted to the segment, when asked for."""
    if not config.wind.log_profile:
        return None
    height = segment.height_m - ground.height_m
    return fit_log_profile(height, log.wind_speed_m_s[segment.rows], config.ground.roughness_length)


def _gas_result(
    log: FlightLog,
    wind: Wind,
    samples: SurfaceSamples,
    background: Background,
    ground: Ground,
    config: PipelineConfig,
) -> GasResult:
    """Flux, budget, interval and grade of one gas through one surface."""
    roughness = wind.log_profile.roughness_length_m if wind.log_profile else config.ground.roughness_length
    flux = surface_flux(log, samples, background, ground, roughness, config)
    integration, budget, freedom = flux.integration, flux.budget_kg_h, flux.degrees_of_freedom
    positive, negative = signed_parts(integration)
    return GasResult(
        gas=samples.gas,
        flux_kg_h=flux.flux_kg_h,
        flux_std_kg_h=total_std(budget),
        interval=coverage_interval(flux.flux_kg_h, budget, freedom, config.uncertainty.level),
        budget_kg_h=budget,
        degrees_of_freedom=freedom,
        repeatability_degrees_of_freedom=flux.repeatability_degrees_of_freedom,
        flux_below_lowest_sample_kg_h=flux_below_lowest_pass_kg_h(integration),
        flux_above_highest_sample_kg_h=integration.above.flux_kg_h,
        flux_positive_kg_h=positive,
        flux_negative_kg_h=negative,
        detection_limit_kg_h=flux.detection_limit_kg_h,
        background=background,
        density_kg_m3=_spread(samples.density_kg_m3, samples, np.nan),
        flux_density_kg_m2_h=_spread(samples.flux_density, samples, np.nan),
        flux_contribution_kg_h=_spread(integration.contribution_kg_h, samples, 0.0),
        variogram=integration.variogram,
        grid=integration.kriging.grid,
        profile=height_profile(integration),
        quality=assess(gas_measures(log, wind, ground, flux)),
        ground_method=integration.below.method,
    )


def _spread(values: FloatArray, samples: SurfaceSamples, missing: float) -> FloatArray:
    """Put values of the measured samples back among all samples of the segment."""
    spread = np.full(samples.keep.size, missing)
    spread[samples.keep] = values
    return spread


def _combined_gases(results: Sequence[SegmentResult], config: PipelineConfig) -> dict[str, CombinedGas]:
    """Every gas over all surfaces it was measured on."""
    names = {gas: None for result in results for gas in result.gases}
    if not names:
        raise ProcessingError.of("no_gas_on_surface")
    return {gas: _combined_gas(gas, results, config) for gas in names}


def _combined_gas(gas: str, results: Sequence[SegmentResult], config: PipelineConfig) -> CombinedGas:
    """One gas over the surfaces it was measured on; with one surface, its own values."""
    numbers = [number for number, result in enumerate(results, start=1) if gas in result.gases]
    surfaces = [results[number - 1].segment.surface for number in numbers]
    parts = [results[number - 1].gases[gas] for number in numbers]
    if len(parts) == 1:
        return CombinedGas(**{field.name: getattr(parts[0], field.name) for field in fields(CombinedGas)})
    combined = combine([curtain_repeat(part) for part in parts], parts[0].interval.level)
    weights = np.array(combined.weights)
    limit = float(np.linalg.norm(weights * [part.detection_limit_kg_h for part in parts]))
    measures = combined_measures(parts, surfaces, combined, limit)
    quality = assess_together([part.quality for part in parts], combined.weights, measures, numbers)
    return CombinedGas(
        gas=gas,
        flux_kg_h=combined.flux_kg_h,
        flux_std_kg_h=combined.flux_std_kg_h,
        interval=combined.interval,
        budget_kg_h=combined.budget_kg_h,
        degrees_of_freedom=combined.degrees_of_freedom,
        flux_below_lowest_sample_kg_h=float(weights @ [part.flux_below_lowest_sample_kg_h for part in parts]),
        flux_above_highest_sample_kg_h=float(weights @ [part.flux_above_highest_sample_kg_h for part in parts]),
        flux_positive_kg_h=float(weights @ [part.flux_positive_kg_h for part in parts]),
        flux_negative_kg_h=float(weights @ [part.flux_negative_kg_h for part in parts]),
        detection_limit_kg_h=limit,
        quality=quality,
    )
