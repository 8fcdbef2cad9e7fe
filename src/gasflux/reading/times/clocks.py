"""Clocks that were set while they ran: times that run backwards, or jump by whole hours in mid-flight."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.errors import Fault
from gasflux.reading.ranges import Checked
from gasflux.reading.times.numbers import TimeArray
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.lookup import phrase

_JITTER_US: Final = 1_000_000
"""A clock kept by a receiver or by network time steps back by less than a second."""

_UNORDERED_SHARE: Final = 0.2
"""A log in which more steps go backwards was sorted by something else than time, and is sorted back."""

_MOST_STEPS: Final = 50
"""Steps backwards that are looked into; the first tells enough."""

_HOUR_US: Final = 3_600_000_000
_HOUR_TOLERANCE_US: Final = 10_000_000
_MOVING_M: Final = 0.3
"""An aircraft in flight moves by more from row to row; one that stands may have stood there for an hour."""

_NEAR_STEPS: Final = 5
"""Rows before and after a jump whose steps tell how far the aircraft goes between two of them."""


def check_clock(
    times: TimeArray, header: str, rows: IntArray, latitude_deg: FloatArray, longitude_deg: FloatArray
) -> list[Checked]:
    """Return what is wrong with the order of the times, with the fault that names the row.

    Parameters
    ----------
    times
        datetime64[us] in the order of the file, NaT where missing, shape (n,).
    header
        Header of the column.
    rows
        Rows of the file, shape (n,).
    latitude_deg, longitude_deg
        Positions, NaN where missing, shape (n,).

    Returns
    -------
    list of Checked
        `Checked.is_outside` are the rows that a user who drops what is out of range does without: those that repeat a
        time already passed, or the shorter side of a jump.
    """
    is_given = ~np.isnat(times) & np.isfinite(latitude_deg) & np.isfinite(longitude_deg)
    index = np.flatnonzero(is_given)
    if index.size < 3:
        return []
    track = _Track(times[index].astype(np.int64), latitude_deg[index], longitude_deg[index])
    for check in (_hour_jump, _backwards):
        found = check(track)
        if found is not None:
            is_outside, place, code, figures = found
            marked = np.zeros(times.size, dtype=np.bool_)
            marked[index[is_outside]] = True
            row = int(rows[index[place]])
            count = int(marked.sum())
            value = str(times[index[place]]).replace("T", " ")[:19]
            allowed = phrase("allowed.increasing")
            fault = Fault.of(code, column=header, row=row, value=value, allowed=allowed, count=count, **figures)
            return [Checked("timestamp", marked, fault)]
    return []


class _Track:
    """Times and places of the rows that have both, in the order of the file."""

    def __init__(self, time_us: IntArray, latitude_deg: FloatArray, longitude_deg: FloatArray) -> None:
        self.time_us = time_us
        self.latitude_deg = latitude_deg
        self.longitude_deg = longitude_deg
        self.steps_us = np.diff(time_us)
        east = np.diff(longitude_deg) * np.cos(np.radians(latitude_deg[1:]))
        self.steps_m = np.hypot(np.diff(latitude_deg), east) * METRES_PER_DEGREE


_Found = tuple[BoolArray, int, str, dict[str, object]]


def _hour_jump(track: _Track) -> _Found | None:
    """Find a step of whole hours while the aircraft flies on as before."""
    usual_us = float(np.median(np.abs(track.steps_us)))
    size = track.steps_us - np.where(track.steps_us > 0, usual_us, 0.0)
    hours = np.rint(size / _HOUR_US)
    candidates = np.flatnonzero((hours != 0) & (np.abs(size - hours * _HOUR_US) <= _HOUR_TOLERANCE_US))
    for step in candidates:
        near = np.r_[track.steps_m[max(step - _NEAR_STEPS, 0) : step], track.steps_m[step + 1 : step + 1 + _NEAR_STEPS]]
        usual_m = float(np.median(near)) if near.size else 0.0
        if usual_m > _MOVING_M and track.steps_m[step] <= 3.0 * usual_m:
            is_after = np.arange(track.time_us.size) > step
            is_shorter = is_after if 2 * is_after.sum() <= is_after.size else ~is_after
            return is_shorter, int(step) + 1, "clock_jumps", {"hours": f"{hours[step]:+.0f}"}
    return None


def _backwards(track: _Track) -> _Found | None:
    """Find times that were already passed and now belong to other places."""
    back = np.flatnonzero(track.steps_us < -_JITTER_US)
    if back.size == 0 or back.size > _UNORDERED_SHARE * track.steps_us.size:
        return None
    is_repeat = np.zeros(track.time_us.size, dtype=np.bool_)
    for step in back[:_MOST_STEPS]:
        is_repeat |= _passed_before(track, int(step) + 1)
    if not is_repeat.any():
        return None
    place = int(np.flatnonzero(is_repeat)[0])
    step_s = float(track.steps_us[back[np.searchsorted(back, place) - 1]]) * 1e-6
    return is_repeat, place, "clock_backwards", {"seconds": f"{abs(step_s):g}"}


def _passed_before(track: _Track, start: int) -> BoolArray:
    """Rows from `start` on whose time lies between those before it, copies of such a row aside."""
    before, time_us = track.time_us[:start], track.time_us
    is_within = (time_us >= before.min()) & (time_us <= before.max())
    is_within[:start] = False
    later = np.flatnonzero(is_within)
    order = np.argsort(before, kind="stable")
    same = order[np.minimum(np.searchsorted(before[order], time_us[later]), start - 1)]
    is_copy = (
        (track.time_us[same] == time_us[later])
        & (track.latitude_deg[same] == track.latitude_deg[later])
        & (track.longitude_deg[same] == track.longitude_deg[later])
    )
    is_within[later[is_copy]] = False
    # Runs of a log that were put together in another order leave gaps for each other: such rows are in none's way.
    gap_us = 1.5 * float(np.median(np.abs(track.steps_us)))
    nearest = np.searchsorted(before[order], time_us)
    left = before[order][np.clip(nearest - 1, 0, start - 1)]
    right = before[order][np.clip(nearest, 0, start - 1)]
    is_in_gap = (right - left > gap_us) & (time_us > left) & (time_us < right)
    return np.asarray(is_within & ~is_in_gap)
