"""The straight legs of an aircraft that does not stop, whatever its size.

A multicopter stops at the end of a pass. An aeroplane goes round a circle whose size is that of its speed and not of
its legs, and it comes from afar on the line of its first leg. Lengths here are therefore measured by its own turns.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.flight.motion import STEP_S, Motion, Runs, course_changes, describe_runs
from gasflux.records import BoolArray, FloatArray, IntArray

_SLOW: Final = 0.4
"""Slower than this share of its usual speed an aeroplane does not fly."""
_SLOW_SHARE: Final = 0.005
"""Share of the flight that may look as slow, by a fault of a position."""
_TURNING: Final = 0.97
"""Quantile of the rate of turn that is flown in turns: they take three hundredths of a flight and more."""
_LEAST_TURN_RATE: Final = float(np.radians(0.25))
"""Per second; less is no turn of any aircraft at work, but the noise of a course."""
_RATE_STEPS: Final = 5
_LEAST_FLIGHT_STEPS: Final = 30
"""A shorter flight has no three legs with turns between them."""
_STRAY: Final = 0.05
"""A leg strays from its line by less than this share of the radius of the turns: where more, the path is bent."""
_BENT: Final = float(np.radians(8.0))
"""Turn from the first to the last third of a piece beyond which it is none of a leg."""
_SAME_COURSE: Final = float(np.radians(6.0))
"""Pieces whose courses differ by less are one leg, corrected on the way."""
_LEAST_S: Final = 5.0
_LEAST_RADII: Final = 0.5
"""A leg is longer than this share of the radius of the turns."""
_MOST: Final = 0.75
"""Where the ends of the inner quarter lie the passes end: the first and the last may both reach past the same side."""
FAR_PAST: Final = 0.05
"""Share of a pass by which another reaches past it before it is cut."""


def is_aeroplane(motion: Motion, allowed: BoolArray) -> bool:
    """Tell whether the aircraft flew at speed all the way, from the first moment it was at speed to the last.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    allowed
        Where passes are looked for, shape (k,).
    """
    speed = motion.speed_m_s[allowed]
    if speed.size < _LEAST_FLIGHT_STEPS:
        return False
    usual = float(np.median(speed[speed >= float(np.median(speed))]))
    at_speed = np.flatnonzero(speed >= 0.5 * usual)
    flown = speed[at_speed[0] : at_speed[-1] + 1]
    return float(np.mean(flown < _SLOW * usual)) <= _SLOW_SHARE


def leg_runs(motion: Motion, allowed: BoolArray) -> Runs:
    """Find the straight legs of an aeroplane.

    The path is cut where it leaves the line between the ends of a piece by more than a twentieth of the radius of the
    turns (Douglas & Peucker 1973, Cartographica 10:112), pieces of one course are joined, ends that turn are taken off,
    and what bends all along or is shorter than half that radius is left out.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    allowed
        Where legs are looked for, shape (k,).
    """
    radius = turn_radius_m(motion, allowed)
    moving = allowed & (motion.speed_m_s >= _SLOW * float(np.median(motion.speed_m_s[allowed])))
    legs: list[tuple[int, int]] = []
    for first, last in _stretches(motion, moving):
        pieces = _joined(motion, _pieces(motion, first, last, _STRAY * radius), 2.0 * _STRAY * radius)
        legs.extend(_without_bent_ends(motion, *piece) for piece in pieces)
    legs = [leg for leg in legs if motion.time_s[leg[1]] - motion.time_s[leg[0]] >= _LEAST_S]
    runs = describe_runs(motion, legs)
    return runs.pick((runs.length_m >= _LEAST_RADII * radius) & (np.abs(_bends(motion, runs)) < _BENT))


def turn_radius_m(motion: Motion, allowed: BoolArray) -> float:
    """Return the radius of the turns an aeroplane flew: speed over the rate of turn.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    allowed
        Which of it counts, shape (k,).
    """
    window = np.ones(_RATE_STEPS) / _RATE_STEPS
    rate = np.abs(np.convolve(course_changes(motion), window, mode="same"))[allowed] / STEP_S
    speed = float(np.median(motion.speed_m_s[allowed]))
    return speed / max(float(np.quantile(rate, _TURNING)), _LEAST_TURN_RATE)


def _stretches(motion: Motion, moving: BoolArray) -> list[tuple[int, int]]:
    """Spans of the grid that are flown without a break."""
    index = np.flatnonzero(moving)
    breaks = np.flatnonzero((np.diff(index) > 1) | (np.diff(motion.piece[index]) != 0))
    starts, ends = index[np.append(0, breaks + 1)], index[np.append(breaks, index.size - 1)]
    return [(first, last) for first, last in zip(starts.tolist(), ends.tolist(), strict=True) if last > first]


def _pieces(motion: Motion, first: int, last: int, stray_m: float) -> list[tuple[int, int]]:
    """Cut a span where it is furthest from the line between its ends, and the parts again, until none strays."""
    done: list[tuple[int, int]] = []
    left = [(first, last)]
    while left:
        start, stop = left.pop()
        corner, far = _furthest(motion, start, stop)
        if far <= stray_m or stop - start < 2:
            done.append((start, stop))
        else:
            left.extend([(corner, stop), (start, corner)])
    return done


def _furthest(motion: Motion, first: int, last: int) -> tuple[int, float]:
    """Return the inner point of a span furthest from the segment between its ends, and how far it is."""
    x, y = motion.x_m[first : last + 1] - motion.x_m[first], motion.y_m[first : last + 1] - motion.y_m[first]
    square = max(float(x[-1] ** 2 + y[-1] ** 2), 1e-9)
    share = np.clip((x * x[-1] + y * y[-1]) / square, 0.0, 1.0)
    far = np.hypot(x - share * x[-1], y - share * y[-1])
    return first + int(np.argmax(far)), float(far.max())


def _joined(motion: Motion, pieces: list[tuple[int, int]], stray_m: float) -> list[tuple[int, int]]:
    """Join neighbours of about one course that together do not stray."""
    joined: list[tuple[int, int]] = []
    for piece in pieces:
        if joined and abs(_turn(_course(motion, *joined[-1]), _course(motion, *piece))) < _SAME_COURSE:
            both = joined[-1][0], piece[1]
            if _furthest(motion, *both)[1] <= stray_m:
                joined[-1] = both
                continue
        joined.append(piece)
    return joined


def _course(motion: Motion, first: int, last: int) -> float:
    """Course from one moment of the grid to another."""
    return float(np.arctan2(motion.x_m[last] - motion.x_m[first], motion.y_m[last] - motion.y_m[first]))


def _turn(one: float, two: float) -> float:
    """Turn from one course to another, radians clockwise in [-pi, pi)."""
    return (two - one + np.pi) % (2.0 * np.pi) - np.pi


def _without_bent_ends(motion: Motion, first: int, last: int) -> tuple[int, int]:
    """Return a span without the ends that turn away from the course of its middle."""
    east, north = motion.east_m_s[first : last + 1], motion.north_m_s[first : last + 1]
    quarter = (last - first) // 4
    middle = slice(quarter, last - first + 1 - quarter)
    course = float(np.arctan2(east[middle].sum(), north[middle].sum()))
    away = np.abs((np.arctan2(east, north) - course + np.pi) % (2.0 * np.pi) - np.pi)
    straight = np.flatnonzero(away < _BENT)
    return (first + int(straight[0]), first + int(straight[-1])) if straight.size else (first, last)


def _bends(motion: Motion, runs: Runs) -> FloatArray:
    """Turn of the course from the first to the last third of each run, radians, (r,)."""
    third = np.maximum((runs.last - runs.first) // 3, 1)
    ends = zip(runs.first.tolist(), runs.last.tolist(), third.tolist(), strict=True)
    return np.array(
        [_turn(_course(motion, a, a + part), _course(motion, b - part, b)) for a, b, part in ends], dtype=np.float64
    )


def cut_to_others(motion: Motion, runs: Runs, groups: list[IntArray]) -> Runs:
    """Return the runs with those that reach far past the others of their group cut to where those end.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    runs
        Straight runs in time order, shape (r,).
    groups
        Which of them lie on one line.
    """
    spans = runs.spans()
    for members in groups:
        for index, span in zip(members.tolist(), _cut(motion, runs.pick(members)), strict=True):
            spans[index] = span
    return describe_runs(motion, spans)


def _cut(motion: Motion, runs: Runs) -> list[tuple[int, int]]:
    """Return the spans of some runs of one line, each within the ends of most."""
    along = motion.x_m * float(runs.east[0]) + motion.y_m * float(runs.north[0])
    ends = np.sort(np.column_stack([along[runs.first], along[runs.last]]), axis=1)
    low = float(np.quantile(ends[:, 0], _MOST, method="higher"))
    high = float(np.quantile(ends[:, 1], 1.0 - _MOST, method="lower"))
    reach = FAR_PAST * (high - low)
    is_far = (ends[:, 0] < low - reach) | (ends[:, 1] > high + reach)
    return [_within(along, span, low, high) if far else span for span, far in zip(runs.spans(), is_far, strict=True)]


def _within(along_m: FloatArray, span: tuple[int, int], low_m: float, high_m: float) -> tuple[int, int]:
    """Return the part of a span that lies between two positions; all of it when hardly any does."""
    inside = np.flatnonzero((along_m[span[0] : span[1] + 1] >= low_m) & (along_m[span[0] : span[1] + 1] <= high_m))
    return (span[0] + int(inside[0]), span[0] + int(inside[-1])) if inside.size > 1 else span
