"""One gas through one surface: from enhancement and wind to a rate with its budget and interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.constants import PPM, SECONDS_PER_HOUR
from gasflux.errors import ProcessingError
from gasflux.flight.landing import is_flying_at_its_lowest
from gasflux.gas import density_kg_m3
from gasflux.interpolation import Kriging, aggregate, krige_surface, make_grid
from gasflux.rate.error_budget import (
    ErrorSources,
    effective_degrees_of_freedom,
    error_budget,
    repeatability_std,
    total_std,
)
from gasflux.records import (
    AssumedAir,
    Background,
    BoolArray,
    FlightLog,
    FloatArray,
    HeightProfile,
    IntArray,
    Loop,
    Segment,
    VariogramFit,
    Wind,
)
from gasflux.surface.above import extrapolate_above
from gasflux.surface.ground import BelowInputs, ExtrapolatedLayer, extrapolate_below
from gasflux.surface.passes import PassIntegrals, pass_integrals, sum_by_pass
from gasflux.surface.profile_family import trapezoid_weights
from gasflux.surface.variogram import fit_variogram
from gasflux.surface.vertical_profile import ProfileFit, fit_profile

_CURRIE_FACTOR = 3.29
"""Detection limit over the standard deviation at zero flux, 5 % risk either way: Currie 1968, Anal. Chem. 40:586."""
_KRIGED_SHARE = 0.5
"""Of what a pass differs from the fitted profile, how much belongs to the section and not to the moment: half, as good
as any share on simulated flights of all kinds, and between the kriged integral and the fitted one."""
_MOST_MISSED = 0.5
"""Relative error of the moments up to which their skewness is believed."""
_DRAWN_ABOVE = 0.01
"""Least share of the flux above the highest pass that a drawing shows."""
_HEIGHT_NOISE_M = 1.0
"""A barometer or GPS standing on the ground reads this much below it."""
_OVER_SEA_M = 200.0
"""An aeroplane whose log never touches the ground and comes this near to the sea's level is taken to be over it."""
_MIN_SAMPLES = 10
_MIN_PASSES = 2


@dataclass(frozen=True)
class Ground:
    """The ground under a surface."""

    height_m: float
    """In the reference of the log's heights."""
    is_guessed: bool
    """Whether it is read off the lowest sample, for want of anything better."""
    cuts_surface: bool
    """Whether nothing below it counts."""


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """The samples of a segment at which a gas was measured, and what is known there. Arrays (m,)."""

    gas: str
    segment: Segment
    keep: BoolArray
    """Which samples of the whole segment these are."""
    enhancement_ppm: FloatArray
    density_kg_m3: FloatArray
    normal_m_s: FloatArray
    """Signed wind through the surface."""
    tangential_m_s: FloatArray
    """Wind along the surface: the normal component after a turn of the wind by 90 degrees."""
    noise_ppm: float
    noise_correlation: float
    cross_gusts: float | None = None
    """See `Wind.cross_gusts`."""

    @property
    def is_measured(self) -> bool:
        """Whether there are samples and passes enough for a flux."""
        return self.segment.rows.size >= _MIN_SAMPLES and self.segment.transects >= _MIN_PASSES

    def carried(self, wind_m_s: FloatArray) -> FloatArray:
        """Return the flux density in kg/(m2 h) that one ppm carries in a wind."""
        return flux_density_kg_m2_h(1.0, self.density_kg_m3, wind_m_s)

    @property
    def flux_density(self) -> FloatArray:
        """Signed flux density, kg/(m2 h)."""
        return flux_density_kg_m2_h(self.enhancement_ppm, self.density_kg_m3, self.normal_m_s)

    @property
    def unsigned_flux_density(self) -> FloatArray:
        """Flux density were the wind blowing outward everywhere.

        The variogram is taken from this field: its structure is the plume's, and since the kriging weights then do not
        depend on the sign of the wind, a sample whose wind is reversed subtracts exactly what it had added.
        """
        return flux_density_kg_m2_h(self.enhancement_ppm, self.density_kg_m3, np.abs(self.normal_m_s))


@dataclass(frozen=True, eq=False)
class Integration:
    """The flux of one gas through one surface and all that it was made from. Arrays (m,) follow the samples."""

    flux_kg_h: float
    contribution_kg_h: FloatArray
    """What each sample adds to the flux, the layers beyond the passes included."""
    weights_m2: FloatArray
    """Area each sample stands for: ``contribution = weights * flux density``."""
    pass_weights_m: FloatArray
    """Height each pass stands for, shape (t,): to rounding and what kriging makes of places along a pass, the flux is
    ``pass_weights_m @ passes.flux_kg_m_h``."""
    variogram: VariogramFit
    kriging: Kriging
    passes: PassIntegrals
    fit: ProfileFit
    below: ExtrapolatedLayer
    above: ExtrapolatedLayer


@dataclass(frozen=True, eq=False)
class SurfaceFlux:
    """The flux of one gas through one surface with its error."""

    samples: SurfaceSamples
    background: Background
    integration: Integration
    budget_kg_h: Mapping[str, float]
    """One standard deviation of each component."""
    degrees_of_freedom: float
    repeatability_degrees_of_freedom: float

    @property
    def flux_kg_h(self) -> float:
        """The rate."""
        return self.integration.flux_kg_h

    @property
    def detection_limit_kg_h(self) -> float:
        """Flux that would be told from none: Currie's factor times the error at zero flux."""
        return _CURRIE_FACTOR * total_std({name: self.budget_kg_h[name] for name in ("background", "sensor_noise")})


def flux_density_kg_m2_h(
    enhancement_ppm: FloatArray | float, density_kg_m3: FloatArray, wind_normal_m_s: FloatArray
) -> FloatArray:
    """Return the mass of gas that crosses a square metre in an hour, signed like the wind, shape (m,).

    The enhancement is a mole fraction of the air, hence its volume share, so with the density of the pure gas at the
    temperature and pressure of the air ``q = 1e-6 * enhancement * density * u_n * 3600``.

    Parameters
    ----------
    enhancement_ppm
        Mole fraction above the background, shape (m,); 1 gives what one ppm carries.
    density_kg_m3
        Density of the pure gas, see `gasflux.gas`, shape (m,).
    wind_normal_m_s
        Wind through the surface, shape (m,); negative against its normal, and then the flux is negative too.
    """
    per_ppm = PPM * density_kg_m3 * wind_normal_m_s * SECONDS_PER_HOUR
    return enhancement_ppm * per_ppm


def surface_samples(log: FlightLog, segment: Segment, wind: Wind, gas: str, background: Background) -> SurfaceSamples:
    """Gather what is known at the samples of a segment where a gas was measured; passes are numbered anew.

    Parameters
    ----------
    log, segment, wind
        The flight, one of its surfaces and the wind at the samples of that.
    gas
        Formula.
    background
        Of that gas over the whole log.
    """
    keep = np.isfinite(background.enhancement_ppm[segment.rows])
    _, transect = np.unique(segment.transect[keep], return_inverse=True)
    rows = segment.rows[keep]
    part = replace(
        segment,
        rows=rows,
        transect=transect.astype(np.int64),
        along_m=segment.along_m[keep],
        height_m=segment.height_m[keep],
        offset_m=segment.offset_m[keep],
        normal_x=segment.normal_x[keep],
        normal_y=segment.normal_y[keep],
    )
    return SurfaceSamples(
        gas=gas,
        segment=part,
        keep=keep,
        enhancement_ppm=background.enhancement_ppm[rows],
        density_kg_m3=density_kg_m3(gas, log.temperature_c[rows], log.pressure_hpa[rows]),
        normal_m_s=wind.normal_m_s[keep],
        tangential_m_s=wind.north_m_s[keep] * part.normal_x - wind.east_m_s[keep] * part.normal_y,
        noise_ppm=background.noise_ppm,
        noise_correlation=background.noise_correlation_samples,
        cross_gusts=wind.cross_gusts,
    )


def ground_under(log: FlightLog, segment: Segment, config: PipelineConfig) -> Ground:
    """Return the ground under a surface.

    Its height is the configured one, else the one the file tells, else the take-off level; a flight that goes below
    take-off shows that the ground is lower there, and then its lowest sample is the best that is known. Altitudes count
    from the sea, and then the lowest of the whole log, take-off and landing included, stands for the ground; but the
    sea itself does where the aircraft is in flight there, 200 m up or less.

    Parameters
    ----------
    log, segment
        The flight and one of its surfaces.
    config
        ``ground.height`` and ``ordinary_kriging_settings.cut_ground`` decide.
    """
    cuts = config.ordinary_kriging_settings.cut_ground
    if config.ground.height is not None:
        return Ground(config.ground.height, is_guessed=False, cuts_surface=cuts)
    if _tells_ground(log, segment):
        told = float(np.nanmedian(log.ground_height_m[segment.rows]))  # type: ignore[index]
        return Ground(told, is_guessed=False, cuts_surface=cuts)
    if log.height_reference == "altitude":
        lowest = float(log.height_m.min())
        is_sea = is_flying_at_its_lowest(log) and 0.0 <= lowest <= _OVER_SEA_M
        return Ground(0.0 if is_sea else lowest, is_guessed=True, cuts_surface=cuts)
    lowest = float(segment.height_m.min())
    return Ground(min(0.0, lowest), is_guessed=lowest < -_HEIGHT_NOISE_M, cuts_surface=cuts)


def _tells_ground(log: FlightLog, segment: Segment) -> bool:
    """Tell whether the file has the height of the ground under the surface."""
    return log.ground_height_m is not None and bool(np.isfinite(log.ground_height_m[segment.rows]).any())


def integrate(samples: SurfaceSamples, ground_m: float, roughness_m: float, config: PipelineConfig) -> Integration:
    """Integrate the flux density of one gas over the surface, from the ground to where the plume ends.

    The sampled part is kriged and fitted; the layers below the lowest and above the highest pass are extrapolated from
    the passes. All are linear in the flux densities of the samples, so every sample has an area it stands for and a
    contribution of its own.

    Parameters
    ----------
    samples
        The samples with their wind and enhancement.
    ground_m
        Height of the ground in the reference of the heights.
    roughness_m
        Aerodynamic roughness length, for the layers beyond the passes.
    config
        Variogram, kriging and ground settings.
    """
    segment = samples.segment
    passes = _pass_integrals(samples)
    _require_air(passes, ground_m)
    fit = fit_profile(passes, ground_m, roughness_m)
    bottom, top = _sampled_heights(passes, ground_m, config)
    kriged_m2, variogram, kriging = _krige(samples, bottom, top, config)
    below = extrapolate_below(BelowInputs(passes, fit, ground_m, bottom, roughness_m), config.ground.method)
    above = extrapolate_above(passes, fit, ground_m, top)
    length = np.maximum(sum_by_pass(passes.line_weights_m, segment.transect, segment.transects), 1e-12)
    kriged_m = sum_by_pass(kriged_m2, segment.transect, segment.transects) / length
    beyond = below.pass_weights_m + above.pass_weights_m + _fitted_weights(passes, fit, kriged_m, ground_m, roughness_m)
    weights = _KRIGED_SHARE * kriged_m2 + beyond[segment.transect] * passes.line_weights_m
    pass_weights = _KRIGED_SHARE * kriged_m + beyond
    # What leaves and what enters a loop cancel: their scatter says nothing about what was missed.
    missed = 1.0 if isinstance(segment.surface, Loop) else _missed_factor(fit, pass_weights)
    contribution = missed * weights * samples.flux_density
    return Integration(
        flux_kg_h=float(contribution.sum()),
        contribution_kg_h=contribution,
        weights_m2=missed * weights,
        pass_weights_m=missed * pass_weights,
        variogram=variogram,
        kriging=kriging,
        passes=passes,
        fit=fit,
        below=below.scaled(missed),
        above=above.scaled(missed),
    )


def _missed_factor(fit: ProfileFit, pass_weights_m: FloatArray) -> float:
    """Return what a mean over few moments of a moving plume lacks: 1 + r^2 for its relative standard deviation r.

    A pass carries a log-normal multiple of its mean: most meet less than that, few much more. The median of a mean of
    such values lies below what they are the mean of, by (1 + r^2)^(1/2); that their scatter is seen the smaller the
    more of the gas was missed gives the rest, which was told from calibration flights. Taken from the strength of the
    plume, so that it does not depend on the sign of the wind.
    """
    expected = abs(float(pass_weights_m @ fit.fitted_strength_kg_m_h))
    error = repeatability_std(pass_weights_m * fit.strength_std_kg_m_h)
    return 1.0 + min(error / max(expected, 1e-300), _MOST_MISSED) ** 2


def _pass_integrals(samples: SurfaceSamples) -> PassIntegrals:
    """Line integrals of the passes with their noise and their mean wind."""
    segment = samples.segment
    noise = samples.noise_ppm * np.abs(samples.carried(samples.normal_m_s)) * np.sqrt(samples.noise_correlation)
    passes = pass_integrals(segment, samples.flux_density, samples.unsigned_flux_density, noise)
    speed = np.hypot(samples.normal_m_s, samples.tangential_m_s)
    mean = sum_by_pass(speed, segment.transect, segment.transects) / np.bincount(segment.transect)
    return replace(passes, wind_m_s=mean, cross_gusts=samples.cross_gusts)


def _krige(
    samples: SurfaceSamples, bottom_m: float, top_m: float, config: PipelineConfig
) -> tuple[FloatArray, VariogramFit, Kriging]:
    """Area each sample stands for in the kriged integral (m,), and how it was kriged."""
    segment, settings = samples.segment, config.ordinary_kriging_settings
    cells = aggregate(segment.along_m, segment.height_m, segment.transect)
    variogram = fit_variogram(
        cells.along_m,
        cells.height_m,
        cells.mean(samples.unsigned_flux_density),
        config.semivariogram_settings,
        cells.transect,
    )
    kriging = krige_surface(
        cells.along_m,
        cells.height_m,
        cells.mean(samples.flux_density),
        variogram,
        make_grid(segment.along_m, segment.height_m, settings, bottom_m, top_m),
        settings,
        cells.noise_variance(variogram.nugget),
    )
    return (kriging.weights / cells.count)[cells.group], variogram, kriging


def _fitted_weights(
    passes: PassIntegrals, fit: ProfileFit, kriged_m: FloatArray, ground_m: float, roughness_m: float
) -> FloatArray:
    """Weights of the passes (t,) that the fitted profile adds to the kriged share of the sampled part.

    The fitted profile's own integral over the sampled part, less what the kriged share of it would be: kriging pulls a
    pass towards its neighbours and the mean, which the profile shows, and of what a pass differs from the profile only
    the kriged share is believed; the rest is the moment it was flown at. `kriged_m` is the height each pass stands
    for in the kriged integral, (t,).
    """
    height = np.maximum(passes.height_m - ground_m, roughness_m)
    fitted = fit.at_passes @ trapezoid_weights(height)
    return fit.mean_weights(fitted - _KRIGED_SHARE * (fit.at_passes @ kriged_m))


def _require_air(passes: PassIntegrals, ground_m: float) -> None:
    """Refuse a ground that no pass is above."""
    highest = float(passes.height_m.max())
    if ground_m >= highest:
        raise ProcessingError.of("ground_above_passes", ground=ground_m, highest=highest)


def _sampled_heights(passes: PassIntegrals, ground_m: float, config: PipelineConfig) -> tuple[float, float]:
    """Lowest and highest height of the kriged part."""
    settings = config.ordinary_kriging_settings
    bottom, top = float(passes.height_m.min()), float(passes.height_m.max())
    if settings.y_min is not None:
        bottom = min(settings.y_min, top)
    return (max(bottom, ground_m) if settings.cut_ground else bottom), top


def surface_flux(
    log: FlightLog,
    samples: SurfaceSamples,
    background: Background,
    ground: Ground,
    roughness_m: float,
    config: PipelineConfig,
) -> SurfaceFlux:
    """Return the flux of one gas through one surface with its error.

    Parameters
    ----------
    log
        The flight; air temperature and pressure are taken from it.
    samples
        The samples with their wind and enhancement.
    background
        Of the gas, over the whole log.
    ground, roughness_m
        The ground and its aerodynamic roughness length.
    config
        Variogram, kriging, ground and uncertainty settings.
    """
    integration = integrate(samples, ground.height_m, roughness_m, config)
    sources = _error_sources(log, samples, background, integration)
    budget = error_budget(sources, config.uncertainty)
    return SurfaceFlux(
        samples=samples,
        background=background,
        integration=integration,
        budget_kg_h=budget,
        degrees_of_freedom=effective_degrees_of_freedom(budget, sources.pass_degrees_of_freedom),
        repeatability_degrees_of_freedom=sources.pass_degrees_of_freedom,
    )


def _error_sources(
    log: FlightLog, samples: SurfaceSamples, background: Background, integration: Integration
) -> ErrorSources:
    """Gather what the error budget is made from."""
    segment, weights = samples.segment, integration.weights_m2
    assumed = log.assumed_air or AssumedAir(())
    per_ppm = weights * samples.carried(samples.normal_m_s)
    signal_noise, background_noise = background.noise_std(segment.rows, per_ppm)
    return ErrorSources(
        flux_kg_h=integration.flux_kg_h,
        rotated_flux_kg_h=float(weights @ (samples.enhancement_ppm * samples.carried(samples.tangential_m_s))),
        pass_std_kg_h=integration.pass_weights_m * integration.fit.pass_std_kg_m_h,
        pass_degrees_of_freedom=integration.fit.degrees_of_freedom,
        noise_kg_h=signal_noise,
        background_kg_h=background_noise,
        interpolation_kg_h=_interpolation_std(samples, integration, per_ppm),
        below_kg_h=integration.below.std_kg_h,
        above_kg_h=integration.above.std_kg_h,
        temperature_c=float(np.mean(log.temperature_c[segment.rows])),
        pressure_hpa=float(np.mean(log.pressure_hpa[segment.rows])),
        temperature_error_k=assumed.temperature_error_k,
        pressure_error_hpa=assumed.pressure_error_hpa,
        wind_profile_kg_h=_changed(log.wind_error, segment.rows, integration.contribution_kg_h),
        sensor_response_kg_h=_changed(log.gas_error_ppm.get(samples.gas), segment.rows, per_ppm),
        clock_offset_kg_h=_moved_in_time(log, samples, weights),
    )


def _changed(change: FloatArray | None, rows: IntArray, weights: FloatArray) -> float:
    """Return the standard deviation of a weighted sum whose terms change together with each of k unknowns, (k, n)."""
    return 0.0 if change is None else float(np.linalg.norm(change[:, rows] @ weights))


def _moved_in_time(log: FlightLog, samples: SurfaceSamples, weights: FloatArray) -> float:
    """Return the error of a flux whose gas and wind stand at times that are known to a standard deviation."""
    if log.fusion is None:
        return 0.0
    time_s = log.time_s[samples.segment.rows]

    def change(values: FloatArray, std_s: float) -> FloatArray:
        later, earlier = (np.interp(time_s + sign * std_s, time_s, values) for sign in (1.0, -1.0))
        return np.asarray(0.5 * (later - earlier))

    gas = change(samples.enhancement_ppm, log.fusion.gas_clock_std_s) * samples.carried(samples.normal_m_s)
    wind = samples.enhancement_ppm * samples.carried(change(samples.normal_m_s, log.fusion.wind_clock_std_s))
    return float(np.hypot(weights @ gas, weights @ wind))


def _interpolation_std(samples: SurfaceSamples, integration: Integration, per_ppm: FloatArray) -> float:
    """Block-kriging error less the sensor noise, which the variogram's sill and nugget hold too."""
    noise_variance = samples.noise_ppm**2 * samples.noise_correlation * float(per_ppm @ per_ppm)
    return float(np.sqrt(max(integration.kriging.integral_variance - noise_variance, 0.0)))


def signed_parts(integration: Integration) -> tuple[float, float]:
    """Return the positive and the negative part of the flux, kg/h: cells of the map, layers, what the profile adds."""
    grid = integration.kriging.grid
    cells = np.nan_to_num(grid.flux_density_kg_m2_h.ravel()) * grid.dx_m * grid.dz_m
    layers = [integration.below.flux_kg_h, integration.above.flux_kg_h]
    parts = np.concatenate([cells, layers, [integration.flux_kg_h - float(cells.sum()) - sum(layers)]])
    return float(parts[parts > 0.0].sum()), float(parts[parts < 0.0].sum())


def flux_below_lowest_pass_kg_h(integration: Integration) -> float:
    """Return the flux below the lowest pass: the layer that was extrapolated, and rows that `y_min` had kriged."""
    grid, lowest = integration.kriging.grid, float(integration.passes.height_m.min())
    rows = grid.flux_density_kg_m2_h[grid.z_m < lowest]
    return integration.below.flux_kg_h + float(np.nansum(rows)) * grid.dx_m * grid.dz_m


def height_profile(integration: Integration) -> HeightProfile:
    """Return flux per metre of height from the ground up, the extrapolated parts marked.

    What the fitted profile adds to the kriged map is spread over its rows in proportion.
    """
    grid, below, above = integration.kriging.grid, integration.below, integration.above
    kriged = np.nansum(grid.flux_density_kg_m2_h, axis=1) * grid.dx_m
    added = integration.flux_kg_h - below.flux_kg_h - above.flux_kg_h - float(kriged.sum()) * grid.dz_m
    size = np.abs(kriged)
    share = size / size.sum() if size.sum() > 0.0 else np.full(kriged.size, 1.0 / kriged.size)
    sampled = kriged + added / grid.dz_m * share
    is_drawn = abs(above.flux_kg_h) > _DRAWN_ABOVE * abs(integration.flux_kg_h)
    beyond = slice(None) if is_drawn else slice(0)
    rows = np.arange(below.height_m.size + grid.z_m.size + above.height_m[beyond].size)
    return HeightProfile(
        height_m=np.concatenate([below.height_m, grid.z_m, above.height_m[beyond]]),
        thickness_m=np.concatenate([below.thickness_m, np.full(grid.z_m.size, grid.dz_m), above.thickness_m[beyond]]),
        flux_kg_h_m=np.concatenate([below.flux_kg_h_m, sampled, above.flux_kg_h_m[beyond]]),
        is_extrapolated=(rows < below.height_m.size) | (rows >= below.height_m.size + grid.z_m.size),
    )
