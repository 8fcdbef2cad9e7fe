"""Several curtains of one source are repeats of one measurement: their weighted mean, its error, its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gasflux.records import FloatArray, FluxInterval, GasResult
from gasflux.uncertainty import coverage_interval, effective_degrees_of_freedom, total_std

COMMON_COMPONENTS = frozenset({"wind_speed", "wind_direction", "gas_calibration", "temperature_pressure"})
"""Errors of the instruments: the same in every curtain of a flight, so repeats do not average them out."""

BETWEEN = "between_curtains"


@dataclass(frozen=True)
class CombinedFlux:
    """Weighted mean of repeats."""

    flux_kg_h: float
    flux_std_kg_h: float
    interval: FluxInterval
    budget_kg_h: Mapping[str, float]
    degrees_of_freedom: float
    weights: tuple[float, ...]


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


def combine(results: Sequence[GasResult]) -> CombinedFlux:
    """Combine the curtains of one flight for one gas.

    Weights are the inverse of the independent variance plus the variance between the curtains (random effects model,
    DerSimonian & Laird 1986, Control. Clin. Trials 7:177); instrument errors are common to all and add linearly.

    Parameters
    ----------
    results
        One result per curtain, at least one.
    """
    flux = np.array([result.flux_kg_h for result in results])
    variance = np.maximum([_independent_std(result) ** 2 for result in results], 1e-300)
    tau2 = between_variance(flux, variance)
    weight = 1.0 / (variance + tau2)
    weight /= weight.sum()
    budget = {name: _combined_component(name, results, weight) for name in results[0].budget_kg_h}
    budget[BETWEEN] = float(np.sqrt(tau2 * (weight @ weight)))
    std = total_std(budget)
    repeats = _repeat_degrees(results, weight)
    freedom = effective_degrees_of_freedom(budget, min(repeats, len(results) - 1.0) if tau2 > 0.0 else repeats)
    mean = float(weight @ flux)
    level = results[0].interval.level
    interval = coverage_interval(mean, budget, freedom, level)
    return CombinedFlux(mean, std, interval, budget, freedom, tuple(weight.tolist()))


def _independent_std(result: GasResult) -> float:
    """One sigma of what differs from curtain to curtain."""
    return total_std({name: std for name, std in result.budget_kg_h.items() if name not in COMMON_COMPONENTS})


def _combined_component(name: str, results: Sequence[GasResult], weight: FloatArray) -> float:
    """One component of the mean: linear when common to all curtains, in quadrature otherwise."""
    parts = weight * np.array([result.budget_kg_h[name] for result in results])
    return float(parts.sum()) if name in COMMON_COMPONENTS else float(np.linalg.norm(parts))


def _repeat_degrees(results: Sequence[GasResult], weight: FloatArray) -> float:
    """Welch-Satterthwaite degrees of freedom of the combined repeatability."""
    parts = weight * np.array([result.budget_kg_h["repeatability"] for result in results])
    freedom = np.array([result.repeatability_degrees_of_freedom for result in results])
    fourth = float((parts**4 / freedom).sum())
    return float((parts**2).sum() ** 2 / fourth) if fourth > 0.0 else float("inf")
