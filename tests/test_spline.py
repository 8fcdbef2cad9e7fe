"""The matrix of the splines: scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from gasflux.numerics.spline import clamped_knots, spline_design

ROUNDING = 1e-13


@pytest.mark.parametrize("intervals", [1, 2, 7, 250])
def test_design_is_that_of_scipy(intervals: int) -> None:
    knots = clamped_knots(100.0, 400.0, intervals)
    time = np.concatenate([np.random.default_rng(1).uniform(100.0, 400.0, 500), knots])
    ours, theirs = spline_design(time, knots), BSpline.design_matrix(time, knots, 3).toarray()
    coefficients = np.random.default_rng(2).normal(size=theirs.shape[1])
    weights = np.random.default_rng(3).normal(size=time.size)
    np.testing.assert_allclose(ours @ coefficients, theirs @ coefficients, atol=100.0 * ROUNDING)
    np.testing.assert_allclose(weights @ ours, weights @ theirs, atol=100.0 * ROUNDING)
    np.testing.assert_allclose(ours.normal(), theirs.T @ theirs, atol=100.0 * ROUNDING)
    some = np.array([3, 9, 9])
    np.testing.assert_allclose(ours[some] @ coefficients, theirs[some] @ coefficients, atol=100.0 * ROUNDING)


def test_the_splines_share_out_one_and_stay_level_outside() -> None:
    knots = clamped_knots(0.0, 10.0, 4)
    time = np.array([-5.0, 0.0, 1.0, 2.5, 9.999, 10.0, 15.0])
    design = spline_design(time, knots)
    np.testing.assert_allclose(design @ np.ones(design.splines), 1.0, atol=ROUNDING)
    curve = design @ np.arange(float(design.splines))
    assert (curve[0], curve[-1]) == (curve[1], curve[-2]) == (0.0, design.splines - 1.0)
