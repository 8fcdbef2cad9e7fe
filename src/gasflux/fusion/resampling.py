"""Series of one instrument at the times of another: averaged where they are denser, interpolated where they are not."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray

_FEW: Final = 3.5
"""Median steps of a series between two of its values beyond which there is a gap, and nothing is known inside."""


def resampled(time_s: FloatArray, values: FloatArray, at_s: FloatArray, window_s: float) -> FloatArray:
    """Return a series at other times, shape (m,), NaN where the series has a gap or has not begun.

    Its mean over the window about each time where it has two values or more in there, else the straight line between
    its neighbours.

    Parameters
    ----------
    time_s, values
        The series, times strictly increasing, NaN where missing, shape (n,).
    at_s
        Where it is wanted, shape (m,).
    window_s
        Width of the average; 0 interpolates everywhere.
    """
    there = np.isfinite(values)
    if int(there.sum()) < 2:
        return np.full(at_s.size, np.nan)
    time, value = time_s[there], values[there]
    found = np.interp(at_s, time, value)
    found[~is_covered(time, at_s)] = np.nan
    if window_s <= 0.0:
        return found
    first = np.searchsorted(time, at_s - 0.5 * window_s)
    last = np.searchsorted(time, at_s + 0.5 * window_s)
    running = np.concatenate([[0.0], np.cumsum(value)])
    count = last - first
    mean = (running[last] - running[first]) / np.maximum(count, 1)
    return np.where((count > 1) & np.isfinite(found), mean, found)


def resampled_direction(time_s: FloatArray, degrees: FloatArray, at_s: FloatArray, window_s: float) -> FloatArray:
    """Return an angle at other times by its unit vector, degrees in [0, 360), shape (m,).

    Parameters
    ----------
    time_s, degrees, at_s, window_s
        As in `resampled`.
    """
    angle = np.radians(degrees)
    east, north = (resampled(time_s, part, at_s, window_s) for part in (np.sin(angle), np.cos(angle)))
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360.0)


def is_covered(time_s: FloatArray, at_s: FloatArray) -> BoolArray:
    """Tell at which times a series has neighbours near enough, shape (m,).

    Parameters
    ----------
    time_s
        Times of its values, strictly increasing, shape (n,).
    at_s
        Wanted times, shape (m,).
    """
    reach = _FEW * float(np.median(np.diff(time_s)))
    after = np.clip(np.searchsorted(time_s, at_s), 1, time_s.size - 1)
    left, right = time_s[after - 1], time_s[after]
    inside = (at_s >= left) & (at_s <= right) & (right - left <= reach)
    near = np.minimum(np.abs(at_s - left), np.abs(at_s - right)) <= 1e-6
    return np.asarray(inside | near)
