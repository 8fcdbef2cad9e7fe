"""The search for the least sum of squares: scipy's minimum, within the bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from gasflux.numerics.least_squares import least_squares_within
from gasflux.records import FloatArray

TIME = np.linspace(0.0, 4.0, 30)


def decays(parameters: FloatArray) -> FloatArray:
    """Residuals of an exponential with an offset, for parameters (..., 2); the noise is drawn once."""
    noise = 0.05 * np.random.default_rng(3).standard_normal(TIME.size)
    rate, offset = parameters[..., 0, None], parameters[..., 1, None]
    return np.asarray(np.exp(-rate * TIME) + offset - (np.exp(-1.3 * TIME) + 0.4 + noise))


@pytest.mark.parametrize("low", [(-5.0, -5.0), (1.6, -5.0), (-5.0, 0.6), (1.6, 0.6)])
@pytest.mark.parametrize("start", [(0.0, 0.0), (3.0, 2.0)])
def test_the_minimum_is_that_of_scipy_also_on_a_bound(low: tuple[float, float], start: tuple[float, float]) -> None:
    bounds = np.array(low), np.array([5.0, 5.0])
    begin = np.clip(start, *bounds)
    ours = least_squares_within(decays, begin, *bounds)
    inside = np.clip(begin, bounds[0] + 1e-3, None)  # scipy wants its start off the bounds
    theirs = least_squares(decays, inside, bounds=bounds, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    assert np.all((bounds[0] <= ours) & (ours <= bounds[1]))
    # scipy stays off a bound by about the root of its tolerance.
    np.testing.assert_allclose(ours, theirs.x, atol=1e-6)
    assert np.sum(decays(ours) ** 2) <= 2.0 * theirs.cost * (1.0 + 1e-12)


def test_a_flat_function_leaves_the_start() -> None:
    start = np.array([0.3, -0.2])
    found = least_squares_within(lambda at: np.ones((*at.shape[:-1], 4)), start, start - 1.0, start + 1.0)
    np.testing.assert_array_equal(found, start)
