"""Runs that lie on one surface: which passes make a curtain, which arcs a spiral, and which runs are neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from gasflux.flight.aeroplane import FAR_PAST, cut_to_others, is_aeroplane, leg_runs
from gasflux.flight.loops import LoopPlan, find_loop
from gasflux.flight.motion import STEP_S, Motion, Runs, course_runs, describe_runs, straight_runs
from gasflux.flight.spirals import find_spirals
from gasflux.records import BoolArray, FloatArray, IntArray, Strategy

LEAST_PASSES: Final = 3
"""Two lines do not tell how a plume varies with height."""
LEAST_SPREAD_M: Final = 1.0
"""Height between the lowest and the highest pass; less is the same level flown again."""

_WOBBLE_M: Final = 15.0
_WOBBLE_LENGTH_M: Final = 80.0
"""A pass of 80 m flown by hand strays up to 15 m from the plane of its curtain (the fourth pass of the published New
Mexico flight: 10 m); longer passes in proportion to the root of the length, as a random walk does."""
_ALIGNED: Final = float(np.sin(np.radians(25.0)))
"""Sine of the angle to the plane that costs as much as leaving a run out."""
_ALIGNED_AT_SPEED: Final = float(np.sin(np.radians(6.0)))
"""The same for an aeroplane: its legs are long beside what they stray, its way home is often 10 degrees off."""
_WALL_GAP: Final = 2.0
"""Lines of one direction this many wobbles apart are never one plane."""
_SAME_DIRECTION_DEG: Final = 30.0
_SAME_COURSE_DEG: Final = 8.0
"""The same for an aeroplane: a ferry 20 degrees off would turn the line that distances are measured from."""
_GROUP_COST: Final = 2.0
"""Cost of one more curtain in units of a run left out: a group of three good passes is worth it, one of two is not."""
_FRAGMENT: Final = 0.3
"""Share of the median pass below which a run is a correction of position and no pass."""
_HOP: Final = 0.35
"""Share of a curtain's pass length below which runs flown between its passes are its turns."""
_HOP_AT_SPEED: Final = 0.6
"""The same for an aeroplane, whose turns are as long as its speed makes them."""
_AT_SPEED_SHARE: Final = 0.5
"""Pieces of arcs, which are no legs, may add so much to what the search of short runs finds on such a flight."""
_ROUND: Final = 0.6
"""A spiral of so much of what a closed polygon explains is the truth: the rest of that polygon led there and away."""
_JOIN_S: Final = 15.0
_JOIN_STEP_M: Final = 1.5
"""A stop of up to 15 s without a change of level does not end a pass."""
_TRANSIT_SPEED: Final = 1.5
_TRANSIT_OVERSHOOT_M: Final = 5.0
"""A first or last run this much faster, or this far past where the other passes end, leads to or from the curtain."""
_TRANSIT_CLIMB_M: Final = 3.0
_TRANSIT_SIDEWAYS_M: Final = 12.0
"""It also climbs, or crosses to another plane, by more than this beyond three times what the passes do."""
_TRANSIT_SLOPE: Final = 0.004
_TRANSIT_SLANT: Final = 0.01
"""The same over the length of the passes: an aeroplane holds its level and its line to some tens of metres in 10 km."""
_PAIR_OVERLAP: Final = 0.8
"""Share of the longer of two legs that the other must lie over."""
_SAMPLED_SHARE: Final = 0.5
_ARC_GAP_S: Final = 3.0
"""Arcs of a circle follow each other within the window of the velocity."""


@dataclass(frozen=True, eq=False)
class Group:
    """The runs of one curtain or spiral."""

    strategy: Strategy
    runs: Runs
    at_speed: bool = False
    """Whether the runs are legs of an aeroplane."""
    loop: LoopPlan | None = None
    """The polygon they go round and which of its sides each lies on, when they are legs of a closed surface."""

    def spans_s(self, motion: Motion) -> FloatArray:
        """Return begin and end of every pass in seconds, shape (p, 2); of a spiral, of every part without a stop."""
        starts, ends = motion.time_s[self.runs.first], motion.time_s[self.runs.last]
        if self.strategy == "curtain" or self.loop is not None:
            return np.column_stack([starts, ends])
        sense = self._sense(motion)
        stops = np.flatnonzero((starts[1:] - ends[:-1] > _ARC_GAP_S) | (sense[1:] != sense[:-1]))
        return np.column_stack([starts[np.append(0, stops + 1)], ends[np.append(stops, starts.size - 1)]])

    def measured_on(self, motion: Motion, on_pass: BoolArray) -> Group:
        """Return the group with its passes measured where they have samples of their own.

        The grid is finer than a slow log: a pass must not reach to where the nearest sample is one of the turn.

        Parameters
        ----------
        motion
            Path on its grid, shape (k,).
        on_pass
            Which moments of the grid are nearest to a sample of a pass, shape (k,).
        """
        if self.loop is not None:
            return self
        own = np.zeros(on_pass.size, dtype=bool)
        for first, last in self.runs.spans():
            own[first : last + 1] = on_pass[first : last + 1]
        if self.strategy == "spiral":
            return Group("spiral", course_runs(motion, own))
        if self.at_speed:
            spans = [span for part in self.runs.spans() if (span := _part(own, *part)) is not None]
            return Group("curtain", describe_runs(motion, spans), at_speed=True)
        return Group("curtain", joined_passes(motion, straight_runs(motion, own)))

    def _sense(self, motion: Motion) -> FloatArray:
        """Which way round each run goes about the middle of all: 1 clockwise, -1 against it."""
        first, last = self.runs.first, self.runs.last
        x, y = motion.x_m - float(np.mean(self.runs.x_m)), motion.y_m - float(np.mean(self.runs.y_m))
        sense: FloatArray = np.sign(x[last] * y[first] - y[last] * x[first])
        return sense


def _part(own: BoolArray, first: int, last: int) -> tuple[int, int] | None:
    """Return the span from the first to the last own moment within a span; None with fewer than two."""
    here = np.flatnonzero(own[first : last + 1])
    return (first + int(here[0]), first + int(here[-1])) if here.size > 1 else None


def find_groups(motion: Motion, allowed: BoolArray, strategy: Strategy | Literal["auto"], trim: bool) -> list[Group]:
    """Return the curtains or the spirals of a flight, in time order.

    ``auto`` takes the kind that explains more metres of it; see `find_spirals` and `find_curtains`.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    allowed
        Where passes are looked for, shape (k,).
    strategy
        What kind of surface to look for.
    trim
        Whether runs that lead to or from a curtain are left out.
    """
    spirals = [] if strategy == "curtain" else _spirals(motion, course_runs(motion, allowed))
    straight = _straight_groups(motion, straight_runs(motion, allowed), strategy, trim, at_speed=False)
    if is_aeroplane(motion, allowed):
        legs = _straight_groups(motion, leg_runs(motion, allowed), strategy, trim, at_speed=True)
        # A multicopter that never slows down may look like one: what explains more of the flight is right.
        straight = legs if _flown_m(legs) > _AT_SPEED_SHARE * _flown_m(straight) else straight
    # Arcs of a circle pass for the sides of a polygon, never the other way round: `find_spirals` takes no square.
    needed = _ROUND if any(group.loop is not None for group in straight) else 1.0
    return spirals if _flown_m(spirals) > needed * _flown_m(straight) else straight


def _spirals(motion: Motion, arcs: Runs) -> list[Group]:
    """Return the spirals that arcs make."""
    return [Group("spiral", chain) for chain in find_spirals(motion, arcs)]


def _straight_groups(
    motion: Motion, runs: Runs, strategy: Strategy | Literal["auto"], trim: bool, *, at_speed: bool
) -> list[Group]:
    """Return the closed surface that straight runs make, else their curtains."""
    loop = _loop(motion, runs, at_speed) if strategy != "curtain" else None
    if loop is not None:
        return [loop]
    if strategy == "spiral":
        return []
    curtains = find_curtains(motion, runs, trim, at_speed=at_speed)
    return curtains or ([Group("curtain", pair, at_speed) for pair in _pairs(motion, runs)] if at_speed else [])


def _pairs(motion: Motion, runs: Runs) -> list[Runs]:
    """Return the walls of two legs of an aeroplane, for a flight that has none of more.

    They lie over each other on two levels, each flown level, and no more time than a leg takes lies between them: the
    way out and the way home on one line are no wall.
    """
    lines = [members[part] for members in _directions(runs, _SAME_COURSE_DEG) for part in _offsets(runs.pick(members))]
    runs = cut_to_others(motion, runs, [line for line in lines if line.size == 2])
    pairs = [runs.pick(line) for line in lines if line.size == 2]
    return [pair for pair in pairs if _is_pair(motion, pair)]


def _is_pair(motion: Motion, pair: Runs) -> bool:
    """Whether two legs are a wall."""
    low, high = _ends(pair)
    overlap = float(high.min() - low.max())
    pause_s = float(motion.time_s[pair.first[1]] - motion.time_s[pair.last[0]])
    leg_s = float(np.min(motion.time_s[pair.last] - motion.time_s[pair.first]))
    strayed = np.array([float(np.ptp(motion.z_m[first : last + 1])) for first, last in pair.spans()])
    is_level = bool(np.all(strayed <= _TRANSIT_SLOPE * pair.length_m + _TRANSIT_SIDEWAYS_M))
    is_over = overlap >= _PAIR_OVERLAP * float(pair.length_m.max())
    return is_over and is_level and pause_s <= leg_s and float(np.ptp(pair.z_m)) >= LEAST_SPREAD_M


def _loop(motion: Motion, runs: Runs, at_speed: bool) -> Group | None:
    """Return the closed surface that straight runs make, if they make one."""
    apart = _SAME_COURSE_DEG if at_speed else _SAME_DIRECTION_DEG
    lines = [members[part] for members in _directions(runs, apart) for part in _offsets(runs.pick(members))]
    runs = cut_to_others(motion, runs, [line for line in lines if line.size >= LEAST_PASSES]) if at_speed else runs
    plan = find_loop(motion, runs, lines)
    return None if plan is None else Group("spiral", plan.runs, at_speed, plan)


def window_group(motion: Motion, allowed: BoolArray, strategy: Strategy | Literal["auto"], trim: bool) -> Group | None:
    """Return the one group that a time window makes; None when nothing was flown there.

    Here the user has chosen the samples: whatever was flown in the main direction is the curtain, however few passes.

    Parameters
    ----------
    motion, allowed, strategy, trim
        As of `find_groups`.
    """
    arcs, lines = course_runs(motion, allowed), straight_runs(motion, allowed)
    turning_m = _flown_m(_spirals(motion, arcs)) if strategy == "auto" else 0.0
    if arcs.size and (strategy == "spiral" or turning_m > 0.5 * float(arcs.length_m.sum())):
        return Group("spiral", arcs)
    if not lines.size or strategy == "spiral":
        return None
    members = _directions(lines)[0]
    members = _without_transits(lines, members, at_speed=False) if trim else members
    return Group("curtain", joined_passes(motion, lines.pick(members)))


def _flown_m(groups: list[Group]) -> float:
    """Length of all runs of some groups."""
    return float(sum(group.runs.length_m.sum() for group in groups))


def find_curtains(motion: Motion, runs: Runs, trim: bool, *, at_speed: bool = False) -> list[Group]:
    """Return the groups of runs that share a vertical plane, in time order.

    Runs of about the same direction are cut into groups of neighbours in time, so that the sum of

    - ``offset^2 / wobble^2 + sin^2(angle) / sin^2(25 deg)`` over the runs of a group about its own plane,
    - 1 for each run that belongs to no plane, and
    - 2 for each group

    is least over all ways to cut (exactly, by dynamic programming). Parallel planes, planes flown again and walls flown
    in turns come out as groups of their own.

    Parameters
    ----------
    motion
        The path on its grid.
    runs
        Runs in time order, see `gasflux.flight.motion.straight_runs`, shape (r,).
    trim
        Whether runs that lead to or from a curtain are left out.
    at_speed
        Whether the aircraft does not stop between them: then a run that leads in or out along its line is cut.
    """
    apart = _SAME_COURSE_DEG if at_speed else _SAME_DIRECTION_DEG
    walls = [members[part] for members in _directions(runs, apart) for part in _offsets(runs.pick(members))]
    aligned = _ALIGNED_AT_SPEED if at_speed else _ALIGNED
    groups = [members[part] for members in walls for part in _stacked(runs.pick(members), aligned)]
    groups = _uninterrupted(groups)
    runs = cut_to_others(motion, runs, groups) if at_speed and trim else runs
    groups = [_without_transits(runs, members, at_speed) if trim else members for members in groups]
    curtains = [passes for members in groups if _is_curtain(passes := joined_passes(motion, runs.pick(members)))]
    hop = _HOP_AT_SPEED if at_speed else _HOP
    curtains = [passes for passes in curtains if not any(_are_turns(passes, other, hop) for other in curtains)]
    curtains.sort(key=lambda passes: int(passes.first[0]))
    return [Group("curtain", passes, at_speed) for passes in curtains]


def _directions(runs: Runs, apart_deg: float = _SAME_DIRECTION_DEG) -> list[IntArray]:
    """Sort the runs by direction, a line having no sense; the direction most metres were flown in first."""
    azimuth = np.arctan2(runs.east, runs.north)
    left = np.arange(runs.size)
    clusters = []
    while left.size:
        apart = np.abs((azimuth[left, None] - azimuth[left] + np.pi / 2) % np.pi - np.pi / 2)
        near = apart <= np.radians(apart_deg)
        chosen = near[int(np.argmax(near @ runs.length_m[left]))]
        clusters.append(left[chosen])
        left = left[~chosen]
    return clusters


def _offsets(runs: Runs) -> list[IntArray]:
    """Sort runs of one direction by the gaps between their lines: opposite walls of a box may be flown in turns."""
    way = _mean_direction(runs)
    offset = runs.x_m * way[1] - runs.y_m * way[0]
    order = np.argsort(offset, kind="stable")
    gaps = np.flatnonzero(np.diff(offset[order]) > _WALL_GAP * _wobble_m(runs.length_m))
    return [np.sort(part) for part in np.split(order, gaps + 1)]


def _wobble_m(length_m: FloatArray) -> float:
    """Distance from its plane that makes a pass doubtful."""
    return _WOBBLE_M * float(np.sqrt(np.median(length_m) / _WOBBLE_LENGTH_M))


def _stacked(runs: Runs, aligned: float) -> list[IntArray]:
    """Cut runs of one direction into planes, but keep together those flown one above the other.

    A curtain whose upper half was flown a few metres further off is one curtain and not two half ones: each would miss
    the part of the plume the other saw.
    """
    groups: list[IntArray] = []
    for members in _cut(runs, aligned):
        if groups and _is_apart(runs.z_m[groups[-1]], runs.z_m[members]):
            groups[-1] = np.concatenate([groups[-1], members])
        else:
            groups.append(members)
    return groups


def _is_apart(one_m: FloatArray, two_m: FloatArray) -> bool:
    """Whether all heights of one group are above all of the other."""
    return bool(one_m.min() > two_m.max() or two_m.min() > one_m.max())


def _cut(runs: Runs, aligned: float) -> list[IntArray]:
    """Cut runs of one direction into groups on a plane, each in time order (see `find_curtains`)."""
    count = runs.size
    best, origin = np.zeros(count + 1), np.zeros(count + 1, dtype=np.int64)
    sums = _plane_sums(runs, aligned)
    for end in range(1, count + 1):
        best[end], origin[end] = best[end - 1] + 1.0, -1
        if end >= LEAST_PASSES:
            costs = best[: end - LEAST_PASSES + 1] + _GROUP_COST + _plane_costs(sums, end)
            start = int(np.argmin(costs))
            if costs[start] < best[end]:
                best[end], origin[end] = costs[start], start
    groups, end = [], count
    while end > 0:
        start = int(origin[end])
        if start >= 0:
            groups.append(np.arange(start, end))
        end = start if start >= 0 else end - 1
    return groups[::-1]


def _plane_sums(runs: Runs, aligned: float) -> FloatArray:
    """Return what the cost of a plane needs, summed over the first 0, 1, ... runs, shape (r + 1, 8)."""
    wobble2 = _wobble_m(runs.length_m) ** 2
    x, y = runs.x_m - float(np.mean(runs.x_m)), runs.y_m - float(np.mean(runs.y_m))
    place = np.column_stack([x * x, x * y, y * y]) + runs.scatter_m2
    way = np.column_stack([runs.east**2, runs.east * runs.north, runs.north**2])
    terms = np.column_stack([x, y, place / wobble2, way / aligned**2])
    terms[:, :2] /= np.sqrt(wobble2)
    return np.vstack([np.zeros(terms.shape[1]), np.cumsum(terms, axis=0)])


def _plane_costs(sums: FloatArray, end: int) -> FloatArray:
    """Cost of the best plane through runs [start, end) for every start that leaves enough of them.

    Offsets and angles are both squares of components along the normal, so their weighted sum is a quadratic form of the
    normal, and its least value over all normals the smaller eigenvalue of a 2 x 2 matrix.
    """
    starts = np.arange(end - LEAST_PASSES + 1)
    x, y, xx, xy, yy, ee, en, nn = (sums[end] - sums[starts]).T
    count = end - starts
    a, b, c = xx - x * x / count + ee, xy - x * y / count + en, yy - y * y / count + nn
    costs: FloatArray = 0.5 * (a + c - np.hypot(a - c, 2.0 * b))
    return costs


def _uninterrupted(groups: list[IntArray]) -> list[IntArray]:
    """Cut a group where in between a whole other curtain was flown: the same plane flown again is another."""
    parts = []
    for members in groups:
        between = [np.diff(np.searchsorted(other, members)) for other in groups if other is not members]
        cuts = np.max([np.zeros(members.size - 1), *between], axis=0) >= LEAST_PASSES
        parts.extend(np.split(members, np.flatnonzero(cuts) + 1))
    return parts


def _without_transits(runs: Runs, members: IntArray, at_speed: bool) -> IntArray:
    """Leave out the runs at both ends that only lead to or from the curtain."""
    while members.size > LEAST_PASSES and _is_transit(runs.pick(members), 0, at_speed):
        members = members[1:]
    while members.size > LEAST_PASSES and _is_transit(runs.pick(members), -1, at_speed):
        members = members[:-1]
    return members


def _is_transit(runs: Runs, which: int, at_speed: bool) -> bool:
    """Whether the first (0) or last (-1) run only leads to or from the curtain the others make."""
    low, high = _ends(runs)
    low_others, high_others = np.delete(low, which), np.delete(high, which)
    over = max(_typical_end(low_others, -1.0) - low[which], high[which] - _typical_end(high_others, 1.0))
    usual_m_s, usual_m = (float(np.median(np.delete(of, which))) for of in (runs.speed_m_s, runs.length_m))
    # Ends are known to half a second either way, which for a fast aircraft is far; those of an aeroplane were cut.
    allowed = _TRANSIT_OVERSHOOT_M + 0.5 * STEP_S * float(np.median(runs.speed_m_s))
    allowed = max(allowed, FAR_PAST * usual_m) if at_speed else allowed
    climb = max(_TRANSIT_CLIMB_M, _TRANSIT_SLOPE * usual_m if at_speed else 0.0)
    sideways = max(_TRANSIT_SIDEWAYS_M, _TRANSIT_SLANT * usual_m if at_speed else 0.0)
    overlap = min(high[which], high_others.max()) - max(low[which], low_others.min())
    return bool(
        over > allowed
        or overlap < _SAMPLED_SHARE * (high[which] - low[which])
        or runs.speed_m_s[which] > _TRANSIT_SPEED * usual_m_s
        or _stands_out(runs.climb_m, which, climb)
        or _stands_out(_sideways(runs), which, sideways)
    )


def _stands_out(change_m: FloatArray, which: int, least_m: float) -> bool:
    """Whether one run changes its height or side by much more than the others do."""
    usual = float(np.median(np.abs(np.delete(change_m, which))))
    return bool(abs(change_m[which]) > least_m + 3.0 * usual)


def _sideways(runs: Runs) -> FloatArray:
    """Way of each run across the mean direction of all."""
    way = _mean_direction(runs)
    sideways: FloatArray = runs.length_m * (runs.east * way[1] - runs.north * way[0])
    return sideways


def _ends(runs: Runs) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest position of each run along the mean direction of all."""
    way = _mean_direction(runs)
    middle, half = runs.x_m * way[0] + runs.y_m * way[1], 0.5 * runs.length_m
    return middle - half, middle + half


def _mean_direction(runs: Runs) -> tuple[float, float]:
    """Return the unit vector of the line the runs follow, whatever their sense."""
    sense = np.sign(runs.east * runs.east[0] + runs.north * runs.north[0])
    east, north = float(np.mean(sense * runs.east)), float(np.mean(sense * runs.north))
    size = max(float(np.hypot(east, north)), 1e-9)
    return east / size, north / size


def _typical_end(ends_m: FloatArray, outward: float) -> float:
    """Furthest position a pass may end at: three robust deviations beyond the outer quarter of the others."""
    middle, outer = np.quantile(outward * ends_m, (0.5, 0.75)).tolist()
    spread = 3.0 * 1.4826 * float(np.median(np.abs(outward * ends_m - middle)))
    return outward * float(outer + spread)


def joined_passes(motion: Motion, runs: Runs) -> Runs:
    """Return the passes of one curtain: runs joined over a stop on the way, without fragments."""
    spans: list[tuple[int, int]] = []
    for first, last in runs.spans():
        if spans and _goes_on(motion, spans[-1], (first, last)):
            spans[-1] = spans[-1][0], last
        else:
            spans.append((first, last))
    passes = describe_runs(motion, spans)
    return passes.pick(passes.length_m >= _FRAGMENT * float(np.median(passes.length_m))) if passes.size else passes


def _goes_on(motion: Motion, before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether a run goes on where another stopped: soon, the same way, on the same level."""
    stop, start = before[1], after[0]
    one_x, two_x = (float(motion.x_m[last] - motion.x_m[first]) for first, last in (before, after))
    one_y, two_y = (float(motion.y_m[last] - motion.y_m[first]) for first, last in (before, after))
    return bool(
        motion.time_s[start] - motion.time_s[stop] <= _JOIN_S
        and abs(motion.z_m[start] - motion.z_m[stop]) <= _JOIN_STEP_M
        and one_x * two_x + one_y * two_y > 0.0
    )


def _is_curtain(passes: Runs) -> bool:
    """Whether there are passes enough, on more than one level."""
    return passes.size >= LEAST_PASSES and float(np.ptp(passes.z_m)) >= LEAST_SPREAD_M


def _are_turns(passes: Runs, other: Runs, hop: float) -> bool:
    """Whether short runs are the hops between the passes of another curtain."""
    short = float(np.median(passes.length_m)) < hop * float(np.median(other.length_m))
    return short and bool(passes.first[0] < other.last[-1] and passes.last[-1] > other.first[0])
