"""Several measurements of one source are repeats: their weighted mean, its error, its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.rate.error_budget import (
    BETWEEN_CURTAINS,
    coverage_interval,
    degrees_of_freedom_behind,
    effective_degrees_of_freedom,
    repeat_degrees_of_freedom,
    total_std,
)
from gasflux.records import FloatArray, FluxInterval, GasResult

COMMON_COMPONENTS: Final = frozenset(
    {"wind_speed", "wind_direction", "gas_calibration", "temperature_pressure", "wind_profile", "sensor_response"}
)
"""Errors of the instruments: the same in every repeat flown with them, so that repeats do not average them out."""


@dataclass(frozen=True)
class Repeat:
    """What one curtain, or one flight, says about the rate."""

    flux_kg_h: float
    budget_kg_h: Mapping[str, float]
    """Component -> one standard deviation."""
    repeatability_degrees_of_freedom: float


@dataclass(frozen=True)
class CombinedFlux:
    """Weighted mean of repeats."""

    flux_kg_h: float
    flux_std_kg_h: float
    interval: FluxInterval
    budget_kg_h: Mapping[str, float]
    degrees_of_freedom: float
    weights: tuple[float, ...]
    between_std_kg_h: float
    """One sigma by which the repeats differ beyond their own errors."""


def curtain_repeat(result: GasResult) -> Repeat:
    """Return a curtain as one repeat among those of its flight."""
    return Repeat(result.flux_kg_h, result.budget_kg_h, result.repeatability_degrees_of_freedom)


def flight_repeat(flux_kg_h: float, budget_kg_h: Mapping[str, float], interval: FluxInterval) -> Repeat:
    """Return a whole flight as one repeat among several; its interval tells how well its budget is known.

    Parameters
    ----------
    flux_kg_h
        Its rate.
    budget_kg_h
        One standard deviation of each component of its error.
    interval
        Written with it.
    """
    freedom = degrees_of_freedom_behind(interval, flux_kg_h, budget_kg_h)
    return Repeat(flux_kg_h, budget_kg_h, repeat_degrees_of_freedom(budget_kg_h, freedom))


def between_variance(values: FloatArray, variances: FloatArray) -> float:
    """Return the variance between repeats beyond their own (Paule & Mandel 1982, J. Res. NBS 87:377).

    The tau^2 >= 0 at which the weighted sum of squares equals its expectation, n - 1; found by bisection.

    Parameters
    ----------
    values, variances
        Repeats and the variances of their independent errors, shape (n,).
    """

    def excess(tau2: float) -> float:
        weight = 1.0 / (variances + tau2)
        mean = float(weight @ values / weight.sum())
        return float(weight @ (values - mean) ** 2) - (values.size - 1)

    if values.size < 2 or excess(0.0) <= 0.0:
        return 0.0
    low, high = 0.0, float(np.ptp(values) ** 2 * values.size)
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


def combine(repeats: Sequence[Repeat], level: float, between: str = BETWEEN_CURTAINS) -> CombinedFlux:
    """Combine repeats of one gas.

    Weights are the inverse of the independent variance plus the variance between the repeats (random effects model,
    DerSimonian & Laird 1986, Control. Clin. Trials 7:177); instrument errors are common to all and add linearly.

    Parameters
    ----------
    repeats
        At least one.
    level
        Probability of the interval, 0-1.
    between
        Name of the budget's component for the differences between the repeats.
    """
    flux = np.array([repeat.flux_kg_h for repeat in repeats])
    variance = np.maximum([_independent_std(repeat) ** 2 for repeat in repeats], 1e-300)
    tau2 = between_variance(flux, variance)
    weight = 1.0 / (variance + tau2)
    weight /= weight.sum()
    names = dict.fromkeys(name for repeat in repeats for name in repeat.budget_kg_h)
    budget = {name: _combined_component(name, repeats, weight) for name in names}
    budget[between] = float(np.sqrt(tau2 * (weight @ weight)))
    own = _repeat_degrees(repeats, weight)
    freedom = effective_degrees_of_freedom(budget, min(own, len(repeats) - 1.0) if tau2 > 0.0 else own)
    mean = float(weight @ flux)
    interval = coverage_interval(mean, budget, freedom, level)
    weights = tuple(weight.tolist())
    return CombinedFlux(mean, total_std(budget), interval, budget, freedom, weights, float(np.sqrt(tau2)))


def _independent_std(repeat: Repeat) -> float:
    """One sigma of what differs from repeat to repeat."""
    return total_std({name: std for name, std in repeat.budget_kg_h.items() if name not in COMMON_COMPONENTS})


def _combined_component(name: str, repeats: Sequence[Repeat], weight: FloatArray) -> float:
    """One component of the mean: linear when common to all repeats, in quadrature otherwise."""
    parts = weight * np.array([repeat.budget_kg_h.get(name, 0.0) for repeat in repeats])
    return float(parts.sum()) if name in COMMON_COMPONENTS else float(np.linalg.norm(parts))


def _repeat_degrees(repeats: Sequence[Repeat], weight: FloatArray) -> float:
    """Welch-Satterthwaite degrees of freedom of the combined repeatability."""
    parts = weight * np.array([repeat.budget_kg_h.get("repeatability", 0.0) for repeat in repeats])
    freedom = np.array([repeat.repeatability_degrees_of_freedom for repeat in repeats])
    fourth = float((parts**4 / freedom).sum())
    return float((parts**2).sum() ** 2 / fourth) if fourth > 0.0 else float("inf")
