"""The error budget of a flux and the interval that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import UncertaintySettings
from gasflux.constants import celsius_to_kelvin
from gasflux.numerics.quantiles import student_factor
from gasflux.records import FloatArray, FluxInterval

_SCATTER_SHARE = 0.8
"""Weight of the passes' own scatter in the pooled variance; the rest is the block-kriging variance. Chosen on simulated
flights that are not among those of the accuracy tables."""

_NEIGHBOURS = 1.17
"""Passes flown one after the other meet the same eddies: with a correlation of 0.15 between neighbours their sum errs
by sqrt((1 + r) / (1 - r)) more than if they were independent."""
_LARGEST_RELATIVE = 2.0
"""Relative standard deviation beyond which a factor is no better known than its order. A lower one narrows the widest
intervals, and in turbulent air they then hold the truth less often: 0.8 took the high lowest pass from 75 to 62 %."""
_LARGEST_REACH = 4.0
"""Logarithm of the largest factor an interval reaches up to."""

BETWEEN_CURTAINS: Final = "between_curtains"
BETWEEN_FLIGHTS: Final = "between_flights"

_MOST_DEGREES: Final = 1e6
"""Beyond it Student's law is the normal one."""
_HALVINGS: Final = 40
"""Of a span of 14: to 1e-11."""

ESTIMATED_COMPONENTS = frozenset({"repeatability", "interpolation", BETWEEN_CURTAINS, BETWEEN_FLIGHTS})
"""Components known only from a few passes, curtains or flights."""

ADDED_COMPONENTS = frozenset({"background", "sensor_noise"})
"""Components that do not grow with the flux."""


@dataclass(frozen=True, eq=False)
class ErrorSources:
    """What the budget of one gas is made from."""

    flux_kg_h: float
    rotated_flux_kg_h: float
    """Flux the same samples would carry with their wind turned by 90 degrees: its sensitivity to direction, per rad."""
    pass_std_kg_h: FloatArray
    """Error each pass brings into the flux by the moment it was flown at, shape (t,)."""
    pass_degrees_of_freedom: float
    noise_kg_h: float
    """Error from the noise of the samples that are not background."""
    background_kg_h: float
    """Error from the baseline and the noise of the samples it was fitted to."""
    interpolation_kg_h: float
    """Block-kriging error, less the sensor noise in it."""
    below_kg_h: float
    above_kg_h: float
    """What the passes cannot tell of the layers beyond them."""
    temperature_c: float
    pressure_hpa: float
    temperature_error_k: float = 0.0
    """Error of a temperature that was assumed, beside that of the settings."""
    pressure_error_hpa: float = 0.0
    wind_profile_kg_h: float = 0.0
    """Error of a wind carried from another height; 0 for one measured at the aircraft."""
    sensor_response_kg_h: float = 0.0
    """Error of a response and lag that were undone."""
    clock_offset_kg_h: float = 0.0
    """Error of the clocks of several files; 0 for a single one."""


def error_budget(sources: ErrorSources, settings: UncertaintySettings) -> dict[str, float]:
    """Return one standard deviation per component, kg/h; their squares add up to the variance of the flux.

    ``wind_speed``, ``gas_calibration``, ``temperature_pressure`` and ``wind_direction`` are instrument errors common to
    all samples: they scale the flux, or turn the wind of every sample by the same angle. ``repeatability`` and
    ``interpolation`` are two views of one error, that of seeing a moving plume on few lines at few moments: the scatter
    of the passes about the vertical profile, and the block-kriging variance less the sensor noise in it. Neither is
    reliable alone (the first rests on few passes, the second on a stationary field), so their variances are pooled,
    4 to 1. ``background``, ``sensor_noise``, ``below_lowest_pass`` and ``above_highest_pass`` have their own stages;
    ``wind_profile``, ``sensor_response`` and ``clock_offset`` are there only where a wind was carried from another
    height, a response or lag undone, several files put together.
    """
    flux = abs(sources.flux_kg_h)
    temperature_k = np.hypot(settings.temperature_k, sources.temperature_error_k)
    pressure_hpa = np.hypot(settings.pressure_hpa, sources.pressure_error_hpa)
    density = np.hypot(temperature_k / celsius_to_kelvin(sources.temperature_c), pressure_hpa / sources.pressure_hpa)
    carried = {
        "wind_profile": sources.wind_profile_kg_h,
        "sensor_response": sources.sensor_response_kg_h,
        "clock_offset": sources.clock_offset_kg_h,
    }
    return {
        "repeatability": repeatability_std(sources.pass_std_kg_h),
        "interpolation": float(np.sqrt(1.0 - _SCATTER_SHARE) * sources.interpolation_kg_h),
        "below_lowest_pass": sources.below_kg_h,
        "above_highest_pass": sources.above_kg_h,
        "wind_speed": settings.wind_speed_gain * flux,
        "wind_direction": float(np.radians(settings.wind_direction_deg) * abs(sources.rotated_flux_kg_h)),
        "gas_calibration": settings.gas_gain * flux,
        "temperature_pressure": float(density) * flux,
        "background": sources.background_kg_h,
        "sensor_noise": sources.noise_kg_h,
        **{name: std for name, std in carried.items() if std > 0.0},
    }


def repeatability_std(pass_std: FloatArray) -> float:
    """Return the error of a sum over passes from the moments they were flown at, before it is pooled.

    Parameters
    ----------
    pass_std
        Standard deviation each pass brings in, shape (t,).
    """
    return float(np.sqrt(_SCATTER_SHARE) * _NEIGHBOURS * np.linalg.norm(pass_std))


def total_std(budget: Mapping[str, float]) -> float:
    """Return the root of the sum of squares of the components."""
    return float(np.sqrt(sum(value**2 for value in budget.values())))


def effective_degrees_of_freedom(budget: Mapping[str, float], pass_degrees_of_freedom: float) -> float:
    """Return the Welch-Satterthwaite degrees of freedom of a budget (JCGM 100:2008, GUM, annex G.4.1).

    Parameters
    ----------
    budget
        Component -> standard deviation.
    pass_degrees_of_freedom
        Those of the components estimated from the passes; the others count as known.
    """
    share = _estimated_share(budget)
    return share**-4 * pass_degrees_of_freedom if share > 0.0 else float("inf")


def repeat_degrees_of_freedom(budget: Mapping[str, float], degrees_of_freedom: float) -> float:
    """Return what `effective_degrees_of_freedom` was given: the degrees of freedom of the estimated components."""
    share = _estimated_share(budget)
    return share**4 * degrees_of_freedom if share > 0.0 else float("inf")


def _estimated_share(budget: Mapping[str, float]) -> float:
    """Return the standard deviation of the estimated components over that of all."""
    estimated = total_std({name: budget[name] for name in ESTIMATED_COMPONENTS if name in budget})
    return estimated / total_std(budget) if estimated > 0.0 else 0.0


def coverage_factor(level: float, degrees_of_freedom: float) -> float:
    """Return the two-sided Student factor that covers `level` (GUM, annex G.3)."""
    freedom = min(max(degrees_of_freedom, 1.0), _MOST_DEGREES)
    return student_factor(level, freedom)


def coverage_interval(
    flux_kg_h: float, budget: Mapping[str, float], degrees_of_freedom: float, level: float
) -> FluxInterval:
    """Return the interval that holds the true flux with probability `level`.

    Noise and baseline add the same error whatever the flux; all else multiplies it, and a plume that moves is met too
    weakly more often than too strongly: the logarithm of a factor of relative standard deviation r has the variance
    ln(1 + r^2), so that part reaches from F exp(-k s) to F exp(k s). Both parts add in quadrature.

    Parameters
    ----------
    flux_kg_h
        The flux.
    budget
        Component -> one standard deviation, kg/h.
    degrees_of_freedom
        Effective degrees of freedom of the budget.
    level
        Probability, 0-1.
    """
    factor = coverage_factor(level, degrees_of_freedom)
    added = factor * total_std({name: std for name, std in budget.items() if name in ADDED_COMPONENTS})
    factored = total_std({name: std for name, std in budget.items() if name not in ADDED_COMPONENTS})
    size = abs(flux_kg_h)
    reach = factor * _log_std(factored / size) if size else 0.0
    away = float(np.hypot(added, size * np.expm1(min(reach, _LARGEST_REACH))))
    towards = float(np.hypot(added, -size * np.expm1(-reach)))
    if flux_kg_h < 0.0:
        away, towards = towards, away
    return FluxInterval(level, flux_kg_h - towards, flux_kg_h + away)


def _log_std(relative_std: float) -> float:
    """Return the standard deviation of the logarithm of a log-normal factor."""
    return float(np.sqrt(np.log1p(min(relative_std, _LARGEST_RELATIVE) ** 2)))


def degrees_of_freedom_behind(interval: FluxInterval, flux_kg_h: float, budget: Mapping[str, float]) -> float:
    """Return the degrees of freedom with which `coverage_interval` gives an interval of this width, 1 to 1e6.

    The fewer they are, the wider it is: found by bisection over their logarithm. A result that was written down has its
    interval but not its degrees of freedom.

    Parameters
    ----------
    interval
        An interval of `coverage_interval`.
    flux_kg_h, budget
        What it was made from.
    """
    wanted = interval.high_kg_h - interval.low_kg_h
    low, high = 0.0, np.log(_MOST_DEGREES)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        tried = coverage_interval(flux_kg_h, budget, float(np.exp(middle)), interval.level)
        is_wider = tried.high_kg_h - tried.low_kg_h > wanted
        low, high = (middle, high) if is_wider else (low, middle)
    return float(np.exp(high))
