"""Quantiles: those of scipy."""

from __future__ import annotations

import pytest
from scipy.special import gammaincinv, stdtrit

from gasflux.numerics.quantiles import gamma_quantile, student_factor


@pytest.mark.parametrize("freedom", [1.0, 1.5, 2.0, 3.7, 10.0, 33.3, 250.0, 1e4, 1e6])
@pytest.mark.parametrize("level", [1e-3, 0.5, 0.68, 0.9, 0.95, 0.99, 0.9999])
def test_student_factor_is_that_of_scipy(level: float, freedom: float) -> None:
    # cosh to the power of -1e6 is rounded by 1e-10, which counts more far out, where the density is small
    assert student_factor(level, freedom) == pytest.approx(stdtrit(freedom, 0.5 + 0.5 * level), rel=5e-9)


@pytest.mark.parametrize("shape", [1, 2, 3, 5, 20, 300, 10_000])
@pytest.mark.parametrize("probability", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_gamma_quantile_is_that_of_scipy(shape: int, probability: float) -> None:
    # sums of 10,000 terms whose logarithms are rounded by 1e-12
    assert gamma_quantile(shape, probability) == pytest.approx(gammaincinv(shape, probability), rel=1e-10)
