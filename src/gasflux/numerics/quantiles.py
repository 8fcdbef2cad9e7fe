"""Quantiles of Student's t and of the gamma law, each to about 1e-9.

Written out because importing scipy.special takes as long as a fifth of a small flight
(``python -m tools.import_cost scipy.special`` measures it); a test holds them to scipy's.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

_SIMPSON_INTERVALS: Final = 512
_MAX_STEPS: Final = 100
"""Newton's method needs about 10 here; the bound is for arithmetic that never settles."""
_CONVERGED: Final = 1e-13


def student_factor(level: float, degrees_of_freedom: float) -> float:
    """Return the k for which Student's t lies between -k and k with probability `level`.

    With t = sqrt(v) sinh(s) the probability is proportional to the integral of cosh(s)^-v, which rises ever slower:
    Newton's method from 0 approaches the root from below and cannot miss it.

    Parameters
    ----------
    level
        Probability, between 0 and 1.
    degrees_of_freedom
        v, from 1 to 1e6.
    """
    scale = 2.0 / math.sqrt(math.pi) * _half_step_of_gamma(0.5 * degrees_of_freedom)
    weight = np.ones(_SIMPSON_INTERVALS + 1)
    weight[1:-1:2], weight[2:-1:2] = 4.0, 2.0
    weight *= scale / (3.0 * _SIMPSON_INTERVALS)
    share = np.linspace(0.0, 1.0, _SIMPSON_INTERVALS + 1)
    place = 0.0
    for _ in range(_MAX_STEPS):
        density = np.cosh(place * share) ** -degrees_of_freedom
        step = (level - place * float(weight @ density)) / (scale * float(density[-1]))
        place += step
        if abs(step) <= _CONVERGED * place:
            break
    return math.sqrt(degrees_of_freedom) * math.sinh(place)


def _half_step_of_gamma(value: float) -> float:
    """Gamma(value + 1/2) / Gamma(value): by its series where the logarithms are so large that rounding shows."""
    if value > 1e3:
        return math.sqrt(value) * math.exp(-1.0 / (8.0 * value) + 1.0 / (192.0 * value**3))
    return math.exp(math.lgamma(value + 0.5) - math.lgamma(value))


def gamma_quantile(shape: int, probability: float) -> float:
    """Return the quantile of the gamma law of whole `shape` and scale 1 (half that of chi-squared with 2 `shape`).

    Its distribution is a sum of Poisson probabilities; Newton's method from the approximation of Wilson & Hilferty
    (1931, PNAS 17:684).

    Parameters
    ----------
    shape
        At least 1.
    probability
        Between 0 and 1.
    """
    count = np.arange(shape)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(count[1:]))])
    value = shape * max(1.0 - 1.0 / (9.0 * shape) + _normal_quantile(probability) / (3.0 * math.sqrt(shape)), 0.1) ** 3
    for _ in range(_MAX_STEPS):
        poisson = np.exp(count * math.log(value) - value - log_factorial)
        step = (probability - 1.0 + float(poisson.sum())) / float(poisson[-1])
        value = max(value + step, 0.1 * value)
        if abs(step) <= _CONVERGED * value:
            break
    return value


def _normal_quantile(probability: float) -> float:
    """Quantile of the normal law: Student's with so many degrees of freedom that only a start is lost."""
    return math.copysign(student_factor(abs(2.0 * probability - 1.0), 1e6), probability - 0.5)
