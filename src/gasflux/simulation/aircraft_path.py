"""The path of a simulated aeroplane: it never stops, turns on circles, and ferries from an airfield far away.

Legs are joined by the shortest way from one course to another on circles of one radius (Dubins 1957, Amer. J. Math.
79:497). Between two legs of one line that is the loop pilots call a procedure turn; levels are changed on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import FloatArray, Phase
from gasflux.simulation.legs import Leg, box_corners, curtain_ends, flown_levels
from gasflux.simulation.scenario import Scenario

_INSTANT_M_S2: Final = 1e9
"""Acceleration of an aeroplane that is at speed from the first moment."""
_FERRY_HEIGHT_M: Final = 1500.0
_APPROACH_M: Final = 6000.0
"""The ferry ends, and the way home begins, this far from the first and the last leg."""
_CLIMB_ANGLE: Final = 0.07
_NO_TURN: Final = 1e-3
"""A turn that lacks as little of a whole circle is none, but for rounding."""

Vector = tuple[float, float]


@dataclass(frozen=True)
class LevelRun:
    """A straight leg on one level."""

    start: Vector
    end: Vector
    height_m: float
    curtain: int
    transect: int

    @property
    def course_rad(self) -> float:
        """Course, clockwise from north."""
        return float(np.arctan2(self.end[0] - self.start[0], self.end[1] - self.start[1]))


def aeroplane_legs(scenario: Scenario, tracks: Sequence[LevelRun]) -> list[Leg]:
    """Return the flight along some tracks: from the airfield, with turns between them, and back.

    Parameters
    ----------
    scenario
        Speed and distance of the airfield.
    tracks
        In the order flown.
    """
    first, last = tracks[0], tracks[-1]
    field = _airfield(scenario, first)
    legs = _ferry(scenario, field, first)
    for track in tracks:
        if track is not first:
            legs.append(_turn(scenario, legs[-1], track))
        ends = (*track.start, track.height_m), (*track.end, track.height_m)
        legs.append(_way(scenario, Phase.TRANSECT, np.array(ends), track.curtain, track.transect))
    return [*legs, *_home(scenario, last, field)]


def level_runs(scenario: Scenario, rng: np.random.Generator) -> list[LevelRun]:
    """Return the straight runs of walls, of a box or of a race-track, in the order flown.

    Parameters
    ----------
    scenario
        What is flown.
    rng
        Shuffles the levels and draws where a box is begun and which way round it is flown.
    """
    if scenario.path == "walls":
        return [run for curtain in range(scenario.curtains) for run in _wall_runs(scenario, curtain, rng)]
    corners, is_track = box_corners(scenario), scenario.path == "racetrack"
    if is_track:
        # The ends are half circles, flown as turns: only the long sides are runs.
        sides = [(corners[0], corners[1]), (corners[2], corners[3])]
    else:
        sides = [(corners[side], corners[(side + 1) % 4]) for side in range(4)]
    if int(rng.integers(2)):
        sides = [(end, start) for start, end in reversed(sides)]
    first = int(rng.integers(len(sides)))
    sides = [*sides[first:], *sides[:first]]
    cut = 0.0 if is_track or scenario.corners == "procedure" else scenario.turn_radius_m
    levels = enumerate(flown_levels(scenario, rng))
    return [_side_run(start, end, cut, height, lap) for lap, height in levels for start, end in sides]


def _wall_runs(scenario: Scenario, curtain: int, rng: np.random.Generator) -> list[LevelRun]:
    """Return the runs of one wall, to and fro."""
    left, right = curtain_ends(scenario, curtain)
    return [
        LevelRun(*((left, right) if number % 2 == 0 else (right, left)), height, curtain, number)
        for number, height in enumerate(flown_levels(scenario, rng))
    ]


def _side_run(start: FloatArray, end: FloatArray, cut_m: float, height_m: float, lap: int) -> LevelRun:
    """Return the run along one side of a box, less what its corners are rounded by."""
    cut = cut_m * (end - start) / float(np.linalg.norm(end - start))
    one, two = (start + cut).tolist(), (end - cut).tolist()
    return LevelRun((one[0], one[1]), (two[0], two[1]), height_m, 0, lap)


def _airfield(scenario: Scenario, first: LevelRun) -> Vector:
    """Where the airfield is: `ferry_m` from the first leg, aslant to it."""
    bearing = first.course_rad + np.radians(scenario.ferry_bearing_deg)
    return first.start[0] + scenario.ferry_m * np.sin(bearing), first.start[1] + scenario.ferry_m * np.cos(bearing)


def _ferry(scenario: Scenario, field: Vector, first: LevelRun) -> list[Leg]:
    """Take-off, climb, the way at height, and the descent onto the first leg's course."""
    before = _beyond(first.start, first.course_rad, -_APPROACH_M)
    climbed = _toward(field, before, _FERRY_HEIGHT_M / _CLIMB_ANGLE)
    descent = _toward(before, field, _FERRY_HEIGHT_M / _CLIMB_ANGLE)
    ground = np.array([(*field, 0.0), (*field, 0.0)])
    return [
        _way(scenario, Phase.TAKE_OFF, ground, pause_s=20.0),
        _way(scenario, Phase.TAKE_OFF, np.array([(*field, 0.0), (*climbed, _FERRY_HEIGHT_M)])),
        _way(scenario, Phase.FERRY, np.array([(*climbed, _FERRY_HEIGHT_M), (*descent, _FERRY_HEIGHT_M)])),
        _way(scenario, Phase.FERRY, np.array([(*descent, _FERRY_HEIGHT_M), (*before, first.height_m)])),
        _way(scenario, Phase.FERRY, np.array([(*before, first.height_m), (*first.start, first.height_m)])),
    ]


def _home(scenario: Scenario, last: LevelRun, field: Vector) -> list[Leg]:
    """Climb away from the last leg, the way home and the landing."""
    after = _beyond(last.end, last.course_rad, _APPROACH_M)
    descent = _toward(field, after, _FERRY_HEIGHT_M / _CLIMB_ANGLE)
    ground = np.array([(*field, 0.0), (*field, 0.0)])
    return [
        _way(scenario, Phase.FERRY, np.array([(*last.end, last.height_m), (*after, last.height_m)])),
        _way(scenario, Phase.FERRY, np.array([(*after, last.height_m), (*descent, _FERRY_HEIGHT_M)])),
        _way(scenario, Phase.LANDING, np.array([(*descent, _FERRY_HEIGHT_M), (*field, 0.0)])),
        _way(scenario, Phase.LANDING, ground, pause_s=20.0),
    ]


def _beyond(place: Vector, course_rad: float, way_m: float) -> Vector:
    """Return the place some way further along a course."""
    return float(place[0] + way_m * np.sin(course_rad)), float(place[1] + way_m * np.cos(course_rad))


def _toward(start: Vector, end: Vector, way_m: float) -> Vector:
    """Return the place some way from one place to another, at most half of it."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    share = min(way_m / length, 0.5)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _turn(scenario: Scenario, before: Leg, track: LevelRun) -> Leg:
    """Return the turn from the end of a leg onto a track; the level is changed along it."""
    x, y, z = before.last
    back_x, back_y = before.curve(np.array([1.0 - 1e-6]))[0, :2].tolist()
    course = float(np.arctan2(x - back_x, y - back_y))
    plan = turn_points((x, y), course, track.start, track.course_rad, scenario.turn_radius_m)
    height = np.linspace(z, track.height_m, plan.shape[0])
    return _way(scenario, Phase.TURN, np.column_stack([plan, height]), track.curtain)


def _way(
    scenario: Scenario, phase: Phase, points: FloatArray, curtain: int = -1, transect: int = -1, pause_s: float = 0.0
) -> Leg:
    """Return a leg along points (k, 3), at speed all the time."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    run = np.append(0.0, np.cumsum(steps))
    length = float(run[-1])
    share = run / length if length > 0.0 else np.linspace(0.0, 1.0, run.size)

    def curve(flown: FloatArray) -> FloatArray:
        return np.column_stack([np.interp(flown, share, points[:, axis]) for axis in range(3)])

    return Leg(phase, curve, length, scenario.ground_speed_m_s, _INSTANT_M_S2, curtain, transect, pause_s=pause_s)


def turn_points(start: Vector, start_rad: float, end: Vector, end_rad: float, radius_m: float) -> FloatArray:
    """Return the shortest way from a place and course to another by two arcs and a line between, points (k, 2).

    Parameters
    ----------
    start, end
        Places, east and north.
    start_rad, end_rad
        Courses there, clockwise from north.
    radius_m
        Of the arcs.
    """
    ways = [
        way
        for first in (1.0, -1.0)
        for second in (1.0, -1.0)
        if (way := _arc_line_arc(start, start_rad, end, end_rad, radius_m, first, second)) is not None
    ]
    return min(ways, key=lambda way: float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()))


def _arc_line_arc(
    start: Vector, start_rad: float, end: Vector, end_rad: float, radius: float, first: float, second: float
) -> FloatArray | None:
    """Return one of the four ways (1 turns right, -1 left); None when the circles are too near to cross over."""
    one, two = _centre(start, start_rad, radius, first), _centre(end, end_rad, radius, second)
    gap = two - one
    distance, bearing = float(np.hypot(*gap)), float(np.arctan2(gap[0], gap[1]))
    if first != second and distance < 2.0 * radius:
        return None
    slant = 0.0 if first == second else first * float(np.arcsin(min(2.0 * radius / distance, 1.0)))
    course = bearing + slant if distance > 0.0 else start_rad
    return np.vstack([_arc(one, start_rad, course, radius, first), _arc(two, course, end_rad, radius, second)])


def _centre(place: Vector, course_rad: float, radius: float, side: float) -> FloatArray:
    """Return the centre of the circle a turn to a side is flown on."""
    return np.array(place) + side * radius * np.array([np.cos(course_rad), -np.sin(course_rad)])


def _arc(centre: FloatArray, from_rad: float, to_rad: float, radius: float, side: float) -> FloatArray:
    """Return points of a turn from one course to another, (k, 2)."""
    turn = (side * (to_rad - from_rad)) % (2.0 * np.pi)
    turn = 0.0 if turn > 2.0 * np.pi - _NO_TURN else turn
    course = from_rad + side * np.linspace(0.0, turn, max(int(turn / 0.05), 1) + 1)
    return np.asarray(centre - side * radius * np.column_stack([np.cos(course), -np.sin(course)]))
