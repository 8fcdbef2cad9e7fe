"""Values that an analyser slower than the log holds until its next one."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import FloatArray

_LEAST_RUNS: Final = 10
"""Fewer changes tell no rhythm."""
_IN_RHYTHM: Final = 0.8
"""Share of the runs that must be of the usual length, or a multiple of it where two values were the same by chance:
coarse digits repeat by chance as well, but in runs of any length."""


def held_for_s(values: FloatArray, time_s: FloatArray) -> float:
    """Return for how long each value is held in a rhythm, s; 0 where values change with the samples, or at random.

    Parameters
    ----------
    values
        One gas in time order, NaN where missing, shape (n,).
    time_s
        Times of the samples, shape (n,).
    """
    is_measured = np.isfinite(values)
    given, times = values[is_measured], time_s[is_measured]
    starts = np.flatnonzero(np.diff(given) != 0.0) + 1
    # The first run began before the log, the last one was cut off.
    runs = np.diff(starts)
    if runs.size < _LEAST_RUNS:
        return 0.0
    usual = float(np.median(runs))
    off = np.abs(runs - usual * np.maximum(np.rint(runs / usual), 1.0))
    if usual < 2.0 or float(np.mean(off <= 1.0)) < _IN_RHYTHM:
        return 0.0
    return float(np.median(np.diff(times[starts])))
