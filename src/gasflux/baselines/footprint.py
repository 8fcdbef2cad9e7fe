"""Where on a surface the plume was: residuals of all passes stacked by position."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray, IntArray

_BINS: Final = 60
_CORE_SIGMA: Final = 4.0
"""A bin this far out of the noise is plume: one in 500 stacks of 60 bins would show it by chance."""
_EDGE_SIGMA: Final = 1.0
_MARGIN: Final = 0.2
"""Of the footprint's width, added on each side: a Gaussian flank below the noise still holds some percent."""
_CLEAN_END: Final = 0.2
"""Share of the length at each end that holds no plume where none is seen."""
_MIN_OUTSIDE: Final = 0.2
"""Least share of a surface's samples that must remain as background."""


def outside_footprint(
    residual_ppm: FloatArray, segment: IntArray, along_m: FloatArray, is_background: BoolArray
) -> BoolArray:
    """Return which samples lie outside the plume's footprint on their surface, shape (n,).

    Parameters
    ----------
    residual_ppm
        Concentration minus a first baseline, shape (n,).
    segment
        Number of the surface of each sample, -1 for none, shape (n,).
    along_m
        Position on it, shape (n,).
    is_background
        What the time series algorithm took for background, shape (n,).
    """
    outside = np.ones(residual_ppm.size, dtype=bool)
    noise = 1.4826 * float(np.median(np.abs(residual_ppm[is_background]))) + 1e-300
    for number in np.unique(segment[segment >= 0]):
        rows = np.flatnonzero(segment == number)
        low, high = _footprint(residual_ppm[rows], along_m[rows], noise)
        outside[rows] = (along_m[rows] < low) | (along_m[rows] > high)
    return outside


def _footprint(residual: FloatArray, along: FloatArray, noise: float) -> tuple[float, float]:
    """Return the ends of the span that may hold plume: the middle of the surface and all that stands out of the noise.

    The middle is taken by position alone: curtains are flown with clean air at both ends and the seam of a spiral lies
    upwind. Were it left to what stands out, a weak plume's flanks would be background, and its noise too when low.
    """
    low, high = _middle(along)
    seen = _seen(residual, along, noise)
    if seen is None:
        return low, high
    width = seen[1] - seen[0]
    for margin in (_MARGIN, 0.5 * _MARGIN, 0.0):
        for inner in ((low, high), seen):
            span = min(inner[0], seen[0] - margin * width), max(inner[1], seen[1] + margin * width)
            if np.mean((along < span[0]) | (along > span[1])) >= _MIN_OUTSIDE:
                return span
    return low, high


def _middle(along: FloatArray) -> tuple[float, float]:
    """Return the ends of the surface's middle part."""
    length = float(np.ptp(along))
    return float(along.min()) + _CLEAN_END * length, float(along.max()) - _CLEAN_END * length


def _seen(residual: FloatArray, along: FloatArray, noise: float) -> tuple[float, float] | None:
    """Return the ends of the span where the stack of all passes stands out of the noise."""
    edges = np.linspace(along.min(), along.max(), _BINS + 1)
    cell = np.clip(np.searchsorted(edges, along, side="right") - 1, 0, _BINS - 1)
    count = np.maximum(_smoothed(np.bincount(cell, minlength=_BINS).astype(np.float64)), 1e-9)
    total = _smoothed(np.bincount(cell, weights=residual, minlength=_BINS).astype(np.float64))
    significance = total / np.sqrt(count) / noise
    core = np.flatnonzero(significance > _CORE_SIGMA)
    if core.size == 0:
        return None
    first, last = _grown(significance, int(core[0]), int(core[-1]))
    return float(edges[first]), float(edges[last + 1])


def _smoothed(values: FloatArray) -> FloatArray:
    """Sum over each bin and its two neighbours."""
    padded = np.concatenate([[0.0], values, [0.0]])
    return np.asarray(padded[:-2] + padded[1:-1] + padded[2:])


def _grown(significance: FloatArray, first: int, last: int) -> tuple[int, int]:
    """Extend the core until the stack is no longer told from zero."""
    while first > 0 and significance[first - 1] > _EDGE_SIGMA:
        first -= 1
    while last < significance.size - 1 and significance[last + 1] > _EDGE_SIGMA:
        last += 1
    return first, last
