"""Closed surfaces flown round a source along straight legs: boxes, race-tracks and other polygons.

The legs of one line are a side. Sides make a loop when each has all others on one hand, when they are flown in rotation
or one after the other, and when what lies between two neighbours is short or flown directly from one to the other.
Loops are never cut into walls: a wall upwind and one downwind of a source are no repeats of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.flight.motion import Motion, Runs, describe_runs
from gasflux.records import FloatArray, IntArray

_LEAST_LAPS: Final = 2
_MOST_SIDES: Final = 8
_SHORT_SIDE: Final = 0.15
"""Share of the longest side below which runs of one line are no side but pieces of turns."""
_SHORT_LEG: Final = 0.5
"""Share of the median leg of a side below which a run is none."""
_FEW_LEGS: Final = 0.5
"""Share of the legs of the side with most of them below which runs of one line are no side."""
_NEAR_LINE: Final = 0.03
"""Nearer to the line of a side than this share of the perimeter another side is not inside of it."""
_GAP: Final = 0.16
"""Share of the perimeter that may lie between two sides without being flown: the corners of a square that is rounded to
two thirds; a side that is missing altogether is more."""
_FLOWN_GAP: Final = 0.04
"""More than this is filled by the way from side to side where that was flown directly."""
_DIRECT: Final = 1.9
"""Length of the way from one side to the next over the distance: a half circle has 1.57, a loop outside much more."""
_TURNS_BACK: Final = 0.35
"""Share of the steps from side to side that may go back where the one before came from: to and fro is no rotation."""
_ARC_PARTS: Final = 12
"""Pieces an arc between two sides is drawn with."""


@dataclass(frozen=True, eq=False)
class LoopPlan:
    """A closed polygon and what was flown of it."""

    corners_m: FloatArray
    """Corners east and north, clockwise, shape (k, 2)."""
    runs: Runs
    """Legs, and the ways between them that lie on the polygon, in time order, shape (r,)."""
    edge: IntArray
    """Number of the edge each run lies on, which begins at the corner of that number; -1 where on several, (r,)."""
    lap: IntArray
    """Number of the lap each run belongs to, shape (r,)."""


@dataclass(frozen=True, eq=False)
class _Side:
    """The legs of one line."""

    members: IntArray
    start: FloatArray
    """Its end that comes first going clockwise, (2,)."""
    stop: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Middle of the side."""
        return np.asarray(0.5 * (self.start + self.stop))

    @property
    def length_m(self) -> float:
        """From end to end."""
        return float(np.linalg.norm(self.stop - self.start))


def find_loop(motion: Motion, runs: Runs, lines: Sequence[IntArray]) -> LoopPlan | None:
    """Return the closed polygon that some of the runs make; None when they make none.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    runs
        Straight runs in time order, shape (r,).
    lines
        Which of them lie on one line, in time order each.
    """
    sides = _ordered(_on_the_hull(_sides(motion, runs, lines)))
    if len(sides) < 2 or len(sides) > _MOST_SIDES or not _in_rotation(runs, sides):
        return None
    ways = [_ways(motion, runs, one, two) for one, two in _neighbours(sides)]
    perimeter = _perimeter(sides)
    gaps = [float(np.linalg.norm(two.start - one.stop)) for one, two in _neighbours(sides)]
    needed = min(side.members.size for side in sides) - 1
    is_flown = [
        gap > _FLOWN_GAP * perimeter and len(way) >= max(needed, 1) for gap, way in zip(gaps, ways, strict=True)
    ]
    if any(gap > _GAP * perimeter and not flown for gap, flown in zip(gaps, is_flown, strict=True)):
        return None
    if len(sides) == 2 and not all(is_flown):
        return None
    return _plan(motion, runs, sides, [way if flown else [] for way, flown in zip(ways, is_flown, strict=True)])


def _sides(motion: Motion, runs: Runs, lines: Sequence[IntArray]) -> list[_Side]:
    """Return the lines that have legs enough and are long beside the longest."""
    found = []
    for members in lines:
        length = runs.length_m[members]
        legs = members[length >= _SHORT_LEG * float(np.median(length))]
        if legs.size >= _LEAST_LAPS:
            found.append(_side(motion, runs, legs))
    if not found:
        return []
    most = max(side.members.size for side in found)
    # Two ferries on one line are no side, however long.
    longest = max(side.length_m for side in found if side.members.size > _FEW_LEGS * most)
    return [side for side in found if side.length_m >= _SHORT_SIDE * longest and side.members.size > _FEW_LEGS * most]


def _side(motion: Motion, runs: Runs, members: IntArray) -> _Side:
    """Return the line through some legs, from where they begin to where they end in the middle of all."""
    part = runs.pick(members)
    sense = np.sign(part.east * part.east[0] + part.north * part.north[0])
    way = np.array([float(np.mean(sense * part.east)), float(np.mean(sense * part.north))])
    way /= max(float(np.linalg.norm(way)), 1e-9)
    middle = np.array([float(np.mean(part.x_m)), float(np.mean(part.y_m))])
    ends = [
        (motion.x_m[of] - middle[0]) * way[0] + (motion.y_m[of] - middle[1]) * way[1] for of in (part.first, part.last)
    ]
    low, high = float(np.median(np.minimum(*ends))), float(np.median(np.maximum(*ends)))
    return _Side(members, middle + low * way, middle + high * way)


def _on_the_hull(sides: list[_Side]) -> list[_Side]:
    """Leave out, those of fewest legs and shortest first, the sides that have others on either hand."""
    while len(sides) >= 2:
        least = _NEAR_LINE * 2.0 * sum(side.length_m for side in sides) / len(sides)
        wrong = [side for side in sides if not _has_all_on_one_hand(side, sides, least)]
        if not wrong:
            return sides
        worst = min(wrong, key=lambda side: (side.members.size, side.length_m))
        sides = [side for side in sides if side is not worst]
    return sides


def _has_all_on_one_hand(side: _Side, sides: list[_Side], least_m: float) -> bool:
    """Whether the middles of all other sides lie on one hand of a side, and not near its line."""
    way = (side.stop - side.start) / max(side.length_m, 1e-9)
    away = np.array([_cross(way, other.middle - side.start) for other in sides if other is not side])
    return bool(np.all(away > least_m) or np.all(away < -least_m))


def _cross(one: FloatArray, two: FloatArray) -> float:
    """Component of the second vector to the right of the first times its length."""
    return float(one[1] * two[0] - one[0] * two[1])


def _ordered(sides: list[_Side]) -> list[_Side]:
    """Return the sides clockwise about their middle, each from its first end to its last."""
    if len(sides) < 2:
        return sides
    centre = np.mean([side.middle for side in sides], axis=0)
    turned = [
        side
        if _cross(side.stop - side.start, centre - side.start) > 0.0
        else replace(side, start=side.stop, stop=side.start)
        for side in sides
    ]
    return sorted(turned, key=lambda side: float(np.arctan2(*(side.middle - centre))))


def _neighbours(sides: list[_Side]) -> list[tuple[_Side, _Side]]:
    """Return each side with the next one clockwise."""
    return list(zip(sides, [*sides[1:], sides[0]], strict=True))


def _perimeter(sides: list[_Side]) -> float:
    """Length of the polygon through all ends of the sides."""
    gaps = [float(np.linalg.norm(two.start - one.stop)) for one, two in _neighbours(sides)]
    return sum(side.length_m for side in sides) + sum(gaps)


def _in_rotation(runs: Runs, sides: list[_Side]) -> bool:
    """Whether the sides are flown round and round, or one after the other, and not to and fro."""
    number = np.concatenate([np.full(side.members.size, index) for index, side in enumerate(sides)])
    order = np.argsort(np.concatenate([side.members for side in sides]))
    steps = np.diff(number[order])
    steps = steps[steps != 0]
    if len(sides) == 2:
        return bool(steps.size >= 2 * _LEAST_LAPS - 1)
    way = (steps + len(sides) / 2) % len(sides) - len(sides) / 2
    back = np.mean(way[1:] * way[:-1] < 0.0) if way.size > 1 else 0.0
    return bool(steps.size >= len(sides) - 1 and back <= _TURNS_BACK)


def _ways(motion: Motion, runs: Runs, one: _Side, two: _Side) -> list[tuple[int, int]]:
    """Return the direct ways between two neighbouring sides as spans of the grid, either way round."""
    is_one, is_two = np.isin(np.arange(runs.size), one.members), np.isin(np.arange(runs.size), two.members)
    on_a_side = np.flatnonzero(is_one | is_two)
    found = []
    for before, after in zip(on_a_side[:-1].tolist(), on_a_side[1:].tolist(), strict=True):
        span = int(runs.last[before]), int(runs.first[after])
        if is_one[before] == is_one[after] or motion.piece[span[0]] != motion.piece[span[1]]:
            continue
        leaves, enters = (one.stop, two.start) if is_one[before] else (two.start, one.stop)
        gap = float(np.linalg.norm(two.start - one.stop))
        x, y = motion.x_m[span[0] : span[1] + 1], motion.y_m[span[0] : span[1] + 1]
        way = float(np.hypot(np.diff(x), np.diff(y)).sum())
        off = max(
            float(np.hypot(x[0] - leaves[0], y[0] - leaves[1])), float(np.hypot(x[-1] - enters[0], y[-1] - enters[1]))
        )
        if way <= _DIRECT * gap and off <= 0.5 * gap:
            found.append(span)
    return found


def _plan(motion: Motion, runs: Runs, sides: list[_Side], ways: list[list[tuple[int, int]]]) -> LoopPlan:
    """Put corners, legs and ways together."""
    laps = _laps(motion, runs, sides)
    corners: list[FloatArray] = []
    spans: list[tuple[int, int, int, int]] = []
    for (side, after), between in zip(_neighbours(sides), ways, strict=True):
        edge = len(corners)
        corners.append(side.start)
        spans.extend((int(runs.first[of]), int(runs.last[of]), edge, laps[of]) for of in side.members.tolist())
        if between:
            corners.append(side.stop)
            corners.extend(_arc(motion, side, between))
            spans.extend((first, last, -1, _lap_before(runs, laps, first)) for first, last in between)
        else:
            corners.extend(_corner(side, after))
    spans.sort()
    return LoopPlan(
        corners_m=np.array(corners),
        runs=describe_runs(motion, [span[:2] for span in spans]),
        edge=np.array([span[2] for span in spans], dtype=np.int64),
        lap=np.array([span[3] for span in spans], dtype=np.int64),
    )


def _corner(side: _Side, after: _Side) -> list[FloatArray]:
    """Return where the lines of two neighbours meet, or the end of the first where they do not near by."""
    way, next_way = side.stop - side.start, after.stop - after.start
    turn = _cross(way, next_way)
    gap = after.start - side.stop
    if abs(turn) < 0.1 * side.length_m * after.length_m:
        return [side.stop]
    share = _cross(gap, next_way) / turn
    meets = side.stop + share * way
    reach = 1.5 * float(np.linalg.norm(gap)) + 0.05 * side.length_m
    return [meets] if float(np.linalg.norm(meets - side.stop)) <= reach else [side.stop]


def _arc(motion: Motion, side: _Side, ways: list[tuple[int, int]]) -> list[FloatArray]:
    """Return points along the middle of the ways that lead on from a side, its ends left out."""
    shares = np.linspace(0.0, 1.0, _ARC_PARTS + 1)[1:-1]
    paths = []
    for first, last in ways:
        x, y = motion.x_m[first : last + 1], motion.y_m[first : last + 1]
        if np.hypot(x[0] - side.stop[0], y[0] - side.stop[1]) > np.hypot(x[-1] - side.stop[0], y[-1] - side.stop[1]):
            x, y = x[::-1], y[::-1]
        run = np.append(0.0, np.cumsum(np.hypot(np.diff(x), np.diff(y))))
        run /= max(float(run[-1]), 1e-9)
        paths.append(np.column_stack([np.interp(shares, run, x), np.interp(shares, run, y)]))
    return list(np.median(paths, axis=0))


def _laps(motion: Motion, runs: Runs, sides: list[_Side]) -> dict[int, int]:
    """Give every leg the number of its lap, in order of time.

    A lap has a leg of every side on about one level: legs are matched to those of the side with fewest of them by
    height and, on one level, by time; legs left over join the lap nearest in height.
    """
    fewest = min(sides, key=lambda side: side.members.size).members
    middle_s = 0.5 * (motion.time_s[runs.first] + motion.time_s[runs.last])
    levels = max(float(np.ptp(runs.z_m[np.concatenate([side.members for side in sides])])), 1.0)
    duration = max(float(np.ptp(middle_s)), 1.0)

    def cost(members: IntArray) -> FloatArray:
        height = np.abs(runs.z_m[members][:, None] - runs.z_m[fewest][None, :]) / levels
        moment = np.abs(middle_s[members][:, None] - middle_s[fewest][None, :]) / duration
        return np.asarray(height + 0.1 * moment)

    lap = {int(of): number for number, of in enumerate(fewest.tolist())}
    for side in sides:
        apart = cost(side.members)
        chosen = _matched(apart)
        for row, of in enumerate(side.members.tolist()):
            lap[of] = int(chosen.get(row, int(np.argmin(apart[row]))))
    return lap


def _matched(apart: FloatArray) -> dict[int, int]:
    """Return which column each row goes with, nearest pairs first, each once; rows left over go with none."""
    rows, columns, chosen = set(range(apart.shape[0])), set(range(apart.shape[1])), {}
    for flat in np.argsort(apart, axis=None, kind="stable").tolist():
        row, column = divmod(flat, apart.shape[1])
        if row in rows and column in columns:
            chosen[row] = column
            rows.remove(row)
            columns.remove(column)
    return chosen


def _lap_before(runs: Runs, laps: dict[int, int], first: int) -> int:
    """Return the lap of the leg that ends where a way begins."""
    return laps[min(laps, key=lambda of: abs(int(runs.last[of]) - first))]
