"""The error budget of a flux and the interval that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from gasflux.constants import celsius_to_kelvin
from gasflux.pipeline_config import UncertaintySettings
from gasflux.records import FloatArray, FluxInterval


@dataclass(frozen=True, eq=False)
class ErrorSources:
    """What the budget of one gas is made from."""

    flux_kg_h: float
    rotated_flux_kg_h: float
    """Flux the same samples would carry with their wind turned by 90 degrees: its sensitivity to direction, per rad."""
    pass_flux_kg_h: FloatArray
    """Contribution of each pass to the flux, the extrapolated part included, shape (t,)."""
    pass_scatter: float
    """Relative standard deviation of a pass about the vertical profile."""
    pass_degrees_of_freedom: float
    noise_kg_h: float
    """Error from sensor noise alone."""
    background_kg_h: float
    interpolation_kg_h: float
    below_kg_h: float
    mean_wind_relative: float
    """Standard error of the mean wind over its value."""
    temperature_c: float
    pressure_hpa: float


def error_budget(sources: ErrorSources, settings: UncertaintySettings) -> dict[str, float]:
    """Return one standard deviation per component, kg/h; components are independent of each other.

    ``wind_speed``, ``gas_calibration``, ``temperature_pressure`` and ``wind_direction`` are instrument errors common to
    all samples: they scale the flux, or turn the wind of every sample by the same angle. ``repeatability`` is the
    scatter of the passes about the fitted vertical profile: each pass is one look at a plume that moves. ``sensor_noise``,
    ``background``, ``interpolation`` (block kriging) and ``below_lowest_pass`` come from their own stages.
    """
    flux = abs(sources.flux_kg_h)
    density = np.hypot(
        settings.temperature_k / celsius_to_kelvin(sources.temperature_c), settings.pressure_hpa / sources.pressure_hpa
    )
    return {
        "repeatability": sources.pass_scatter * float(np.linalg.norm(sources.pass_flux_kg_h)),
        "wind_speed": settings.wind_speed_gain * flux,
        "wind_direction": np.radians(settings.wind_direction_deg) * abs(sources.rotated_flux_kg_h),
        "gas_calibration": settings.gas_gain * flux,
        "temperature_pressure": float(density) * flux,
        "background": sources.background_kg_h,
        "sensor_noise": sources.noise_kg_h,
        "interpolation": sources.interpolation_kg_h,
        "below_lowest_pass": sources.below_kg_h,
    }


def total_std(budget: Mapping[str, float]) -> float:
    """Return the root of the sum of squares of the components."""
    return float(np.sqrt(sum(value**2 for value in budget.values())))


def effective_degrees_of_freedom(budget: Mapping[str, float], degrees: Mapping[str, float]) -> float:
    """Return the Welch-Satterthwaite degrees of freedom of a budget (JCGM 100:2008, GUM, annex G.4.1).

    Parameters
    ----------
    budget
        Component -> standard deviation.
    degrees
        Degrees of freedom of the components that were estimated from few values; the others count as known.
    """
    denominator = sum(budget[name] ** 4 / freedom for name, freedom in degrees.items())
    return total_std(budget) ** 4 / denominator if denominator > 0.0 else float("inf")


def coverage_factor(level: float, degrees_of_freedom: float) -> float:
    """Return the two-sided Student factor that covers `level` (GUM, annex G.3)."""
    freedom = min(max(degrees_of_freedom, 1.0), 1e6)
    return float(stdtrit(freedom, 0.5 + 0.5 * level))


def coverage_interval(flux_kg_h: float, std_kg_h: float, degrees_of_freedom: float, level: float) -> FluxInterval:
    """Return the symmetric interval flux +- k std."""
    half = coverage_factor(level, degrees_of_freedom) * std_kg_h
    return FluxInterval(level, flux_kg_h - half, flux_kg_h + half)
