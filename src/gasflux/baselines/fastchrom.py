"""FastChrom's search for background, as pybaselines' `fastchrom` does it with its default keywords.

Written out because importing pybaselines costs more time than all the rest of a small flight
(``python -m tools.import_cost pybaselines`` measures it); a test holds the mask equal to pybaselines' on hundreds of
series. Source: Johnsen et al. 2013, Analyst 138:3502.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray, IntArray

_ANCHOR_HALF_WINDOW: Final = 5
"""Background samples on each side of a peak's end that are averaged for the line under the peak."""
_MAX_ROUNDS: Final = 100


def fastchrom_mask(values: FloatArray, half_window: int, threshold: Callable[[FloatArray], float]) -> BoolArray:
    """Return which values are background.

    A value is background where the rolling standard deviation is below the threshold; single values count as their
    neighbours. Where the line drawn under a peak lies above the data for longer than the window, the peak's lowest
    point is background too.

    Parameters
    ----------
    values
        Evenly spaced series, shape (b,).
    half_window
        Of the rolling standard deviation.
    threshold
        Takes the rolling standard deviation, returns its limit.
    """
    spread = rolling_std(values, half_window)
    mask = _without_singles(spread < threshold(spread))
    if mask.all() or not mask.any():
        return mask
    # A shorter peak cannot lie below its line for longer than the window.
    long = [(first, last) for first, last in zip(*_peaks(mask), strict=True) if last - first > 2 * half_window]
    for _ in range(_MAX_ROUNDS):
        long = [span for span in long if _add_lowest(values, mask, *span, 2 * half_window)]
        if not long:
            break
    return mask


def _add_lowest(values: FloatArray, mask: BoolArray, first: int, last: int, longer_than: int) -> bool:
    """Make a peak's lowest point background where it is to be; tell whether that changed the peak.

    A peak depends on no other: one that stays as it is needs no further look.
    """
    place = _lowest_if_above(values, mask, first, last, longer_than)
    if place is None or mask[place]:
        return False
    mask[place] = True
    return True


def rolling_std(values: FloatArray, half_window: int) -> FloatArray:
    """Return the standard deviation over a centred window, the series mirrored at its ends, shape (b,)."""
    reach = min(half_window, values.size - 1)
    padded = np.pad(values, reach, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(windows.std(axis=1, ddof=1))


def _without_singles(mask: BoolArray) -> BoolArray:
    """Clear lone background values, then fill lone peak values between background."""
    around = np.concatenate([[True], mask, [True]])
    kept = mask & (around[:-2] | around[2:])
    lone = np.concatenate([[False], kept[:-2] & kept[2:], [False]])
    return np.asarray(kept | lone)


def _peaks(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """Return first and last index of each peak, its background neighbours included where there are any."""
    edges = np.diff(np.concatenate([[True], mask, [True]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1) - 1
    return np.maximum(starts - 1, 0), np.minimum(ends + 1, mask.size - 1)


def _lowest_if_above(values: FloatArray, mask: BoolArray, first: int, last: int, longer_than: int) -> int | None:
    """Return the place of a peak furthest below the line under it, if that lies above the data for long enough."""
    height = values[first : last + 1] - _under_peaks(values, mask, first, last)
    starts, ends = _peaks(height > 0.0)
    if not (ends - starts > longer_than).any():
        return None
    return first + int(np.argmin(height))


def _under_peaks(values: FloatArray, mask: BoolArray, first: int, last: int) -> FloatArray:
    """Return the data from `first` to `last` with a straight line under every peak between them."""
    line = values[first : last + 1].copy()
    for start, end in zip(*_peaks(mask[first : last + 1]), strict=True):
        slope = np.linspace(_anchor(values, first + start), _anchor(values, first + end), end - start + 1)
        line[start + 1 : end] = slope[1:-1]
    return line


def _anchor(values: FloatArray, place: int) -> float:
    """Return the level at the end of a peak: the mean round it."""
    return float(values[max(place - _ANCHOR_HALF_WINDOW, 0) : place + _ANCHOR_HALF_WINDOW + 1].mean())
