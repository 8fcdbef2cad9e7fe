"""Runs that go round one centre again and again: which arcs make a spiral."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.flight.geometry import algebraic_circle, fit_circle
from gasflux.flight.motion import Motion, Runs, course_changes
from gasflux.records import FloatArray, IntArray

LEAST_REVOLUTIONS: Final = 1.9
"""Two, less what the fitted ends may lack."""
_RING_BEND: Final = 0.08
"""Scatter about the circle over its radius: a hexagon has 0.04; a square, with 0.11, is four walls and no circle."""
_WHOLE_TURN: Final = 1.7 * np.pi
"""Course turned over one revolution, less what smoothing takes off where a single circle begins and ends, radians."""
_RING_REACH: Final = 0.25
_RING_PAUSE_S: Final = 120.0
_RING_RUNS: Final = 24
"""Most runs in one revolution: legs of a polygon."""


def find_spirals(motion: Motion, runs: Runs) -> list[Runs]:
    """Return the chains of runs that go at least twice round one centre, in time order.

    A chain starts with one revolution that fits a circle and grows as long as the next run stays on it; it may rise all
    the time or in steps, and turn either way round.

    Parameters
    ----------
    motion
        The path on its grid.
    runs
        Runs in time order, see `gasflux.flight.motion.course_runs`.
    """
    found: list[Runs] = []
    course = np.cumsum(course_changes(motion))
    start = 0
    while start < runs.size - 1:
        end = _one_revolution(runs, course, start)
        end = _grown_ring(motion, runs, start, end) if end else 0
        chain = runs.pick(np.arange(start, end))
        if end and _revolutions(motion, chain) >= LEAST_REVOLUTIONS:
            found.append(chain)
            start = end
        else:
            start += 1
    return found


def _one_revolution(runs: Runs, course: FloatArray, start: int) -> int:
    """Index after the run that completes a revolution begun with run `start`; 0 when none does."""
    stop = min(start + _RING_RUNS, runs.size)
    turned = np.abs(course[runs.last[start:stop]] - course[runs.first[start]])
    complete = np.flatnonzero(turned >= _WHOLE_TURN)
    return start + int(complete[0]) + 1 if complete.size else 0


def _grid_points(runs: Runs) -> IntArray:
    """Grid indices of all runs."""
    return np.concatenate([np.arange(a, b + 1) for a, b in zip(runs.first.tolist(), runs.last.tolist(), strict=True)])


def _circle(motion: Motion, runs: Runs) -> tuple[float, float, float] | None:
    """Circle through the runs, or None when they do not lie on one."""
    points = _grid_points(runs)
    x, y = motion.x_m[points], motion.y_m[points]
    # The rough fit tells a line from a circle at a fraction of the cost.
    if not _is_round(x, y, algebraic_circle(x, y), 2.0 * _RING_BEND):
        return None
    circle = fit_circle(x, y)
    return circle if _is_round(x, y, circle, _RING_BEND) else None


def _is_round(x_m: FloatArray, y_m: FloatArray, circle: tuple[float, float, float], bend: float) -> bool:
    """Whether positions keep to a circle no wider than their extent."""
    offset = np.hypot(x_m - circle[0], y_m - circle[1]) - circle[2]
    inside = circle[2] <= float(max(np.ptp(x_m), np.ptp(y_m)))
    return inside and float(np.sqrt(np.mean(offset**2))) <= bend * circle[2]


def _grown_ring(motion: Motion, runs: Runs, start: int, end: int) -> int:
    """Index after the last run that stays on the circle of the first revolution; 0 when that is no circle."""
    circle = _circle(motion, runs.pick(np.arange(start, end)))
    if circle is None:
        return 0
    while end < runs.size and _stays(motion, runs, end, circle):
        end += 1
    return end


def _stays(motion: Motion, runs: Runs, index: int, circle: tuple[float, float, float]) -> bool:
    """Whether a run follows soon after the one before it and keeps to the circle."""
    pause = motion.time_s[runs.first[index]] - motion.time_s[runs.last[index - 1]]
    here = slice(int(runs.first[index]), int(runs.last[index]) + 1)
    offset = np.hypot(motion.x_m[here] - circle[0], motion.y_m[here] - circle[1]) - circle[2]
    return bool(pause <= _RING_PAUSE_S and np.sqrt(np.mean(offset**2)) <= _RING_REACH * circle[2])


def _revolutions(motion: Motion, runs: Runs) -> float:
    """How often the runs go round the centre of their circle, either way; 0 when they lie on none."""
    circle = _circle(motion, runs)
    if circle is None:
        return 0.0
    angle = np.unwrap(np.arctan2(motion.x_m - circle[0], motion.y_m - circle[1]))
    # Arcs are counted one by one: stacked circles may change their sense.
    return float(np.abs(angle[runs.last] - angle[runs.first]).sum() / (2.0 * np.pi))
