"""Nonlinear least squares within bounds for a handful of parameters.

Written out because importing scipy.optimize takes ten times as long as the fit of a variogram
(``python -m tools.import_cost scipy.optimize`` measures it); a test holds the minimum to scipy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray

_DIFFERENCE: Final = 1e-5
"""Step of the central differences: their error and that of rounding are both about 1e-10 of a slope."""
_MAX_STEPS: Final = 100
_FIRST_DAMPING, _MAX_DAMPING = 1e-3, 1e9
_CONVERGED: Final = 1e-8
"""A step this small moves a parameter of order one by little more than rounding does."""


def least_squares_within(
    residuals: Callable[[FloatArray], FloatArray], start: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Minimise the sum of squares by Levenberg-Marquardt steps cut at the bounds.

    Parameters
    ----------
    residuals
        Residuals (..., r) at parameters (..., k), each parameter of order one.
    start
        Where the search begins, within the bounds, shape (k,).
    low, high
        Bounds, shape (k,). A parameter that would leave them stays on them as long as the slope pushes it out.

    Returns
    -------
    FloatArray
        The parameters of a local minimum, shape (k,).

    References
    ----------
    Marquardt (1963), SIAM J. Appl. Math. 11:431. Bertsekas (1982), SIAM J. Control Optim. 20:221, for the bounds.
    """
    place, damping = start, _FIRST_DAMPING
    for _ in range(_MAX_STEPS):
        here, jacobian = _linearised(residuals, place)
        gradient = here @ jacobian
        free = ~(((place <= low) & (gradient > 0.0)) | ((place >= high) & (gradient < 0.0)))
        if not free.any():
            return place
        trial, damping = _improved(residuals, place, here, jacobian, free, damping, (low, high))
        if trial is place:
            break
        place = trial
    return place


def _linearised(residuals: Callable[[FloatArray], FloatArray], place: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Residuals (r,) and their slopes (r, k)."""
    steps = _DIFFERENCE * np.eye(place.size)
    around = residuals(place + np.concatenate([np.zeros((1, place.size)), steps, -steps]))
    ahead, behind = around[1 : place.size + 1], around[place.size + 1 :]
    return around[0], (ahead - behind).T / (2.0 * _DIFFERENCE)


def _improved(
    residuals: Callable[[FloatArray], FloatArray],
    place: FloatArray,
    here: FloatArray,
    jacobian: FloatArray,
    free: BoolArray,
    damping: float,
    bounds: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, float]:
    """Return a place with a smaller sum of squares and the damping next; the same place when none is worth a step."""
    slopes = jacobian[:, free]
    normal, gradient = slopes.T @ slopes, here @ slopes
    size = np.diag(np.maximum(np.diag(normal), 1e-12 * max(float(np.trace(normal)), 1e-300)))
    while damping < _MAX_DAMPING:
        trial = place.copy()
        trial[free] -= np.linalg.solve(normal + damping * size, gradient)
        trial = np.clip(trial, *bounds)
        if np.max(np.abs(trial - place)) < _CONVERGED:
            break
        there = residuals(trial)
        if there @ there < here @ here:
            return trial, 0.1 * damping
        damping *= 10.0
    return place, damping
