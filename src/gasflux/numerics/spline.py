"""The matrix of cubic B-splines at the times of a log, of which each row holds four numbers that are not zero.

Written out because importing scipy.interpolate takes longer than all baselines of a small flight
(``python -m tools.import_cost scipy.interpolate`` measures it); a test holds it to scipy's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gasflux.records import BoolArray, FloatArray, IntArray

_ORDER = 4
"""Splines that are not zero at a time: one more than the degree."""


@dataclass(frozen=True, eq=False)
class SplineDesign:
    """Values of k splines at n times, used as a matrix (n, k): ``design @ c``, ``w @ design``, ``design[rows]``."""

    first: IntArray
    """Number of the first spline that is not zero, shape (n,)."""
    values: FloatArray
    """It and the next three, shape (n, 4)."""
    splines: int

    __array_ufunc__ = None
    """Tells numpy to leave ``w @ design`` to this class."""

    def __getitem__(self, rows: IntArray | BoolArray) -> SplineDesign:
        """Return the design at some of the times."""
        return SplineDesign(self.first[rows], self.values[rows], self.splines)

    def __matmul__(self, coefficients: FloatArray) -> FloatArray:
        """Return the curve of the coefficients (k,) at the times, (n,)."""
        curve = np.zeros(self.first.size)
        for place in range(_ORDER):
            curve += self.values[:, place] * coefficients[self.first + place]
        return curve

    def __rmatmul__(self, weights: FloatArray) -> FloatArray:
        """Return the weighted sum over the times (n,) of each spline, (k,)."""
        total = np.zeros(self.splines)
        for place in range(_ORDER):
            total += np.bincount(self.first + place, weights * self.values[:, place], minlength=self.splines)
        return total

    def normal(self) -> FloatArray:
        """Return the sums over the times of all products of two splines, (k, k)."""
        step = np.arange(_ORDER)
        corner = self.first[:, None, None] * (self.splines + 1)
        index = corner + self.splines * step[:, None] + step
        products = self.values[:, :, None] * self.values[:, None, :]
        total = np.bincount(index.ravel(), products.ravel(), minlength=self.splines**2)
        return np.asarray(total.reshape(self.splines, self.splines), dtype=np.float64)


def clamped_knots(start: float, end: float, intervals: int) -> FloatArray:
    """Return the knots of a cubic spline that ends at both ends of a range, evenly spaced within.

    Parameters
    ----------
    start, end
        The range, e.g. times in s.
    intervals
        Number of pieces of the spline; the knots have the shape (intervals + 7,).
    """
    return np.concatenate([[start] * 3, np.linspace(start, end, intervals + 1), [end] * 3])


def spline_design(time_s: FloatArray, knots: FloatArray) -> SplineDesign:
    """Evaluate the cubic B-splines at the times; outside the knots the curve stays level.

    Parameters
    ----------
    time_s
        Times, shape (n,).
    knots
        Clamped knots, shape (k + 4,).

    References
    ----------
    de Boor (2001), A Practical Guide to Splines, chapter X, algorithm BSPLVB.
    """
    splines = knots.size - _ORDER
    time = np.clip(time_s, knots[0], knots[-1])
    interval = np.clip(np.searchsorted(knots, time, side="right") - 1, _ORDER - 1, splines - 1)
    values = np.zeros((_ORDER, time.size))
    values[0] = 1.0
    for degree in range(1, _ORDER):
        carried = np.zeros(time.size)
        for place in range(degree):
            right, left = knots[interval + place + 1], knots[interval + place + 1 - degree]
            share = values[place] / (right - left)
            values[place] = carried + (right - time) * share
            carried = (time - left) * share
        values[degree] = carried
    return SplineDesign(interval - (_ORDER - 1), np.ascontiguousarray(values.T), splines)
