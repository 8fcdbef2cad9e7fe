"""The path of a simulated flight as a function of continuous time: take-off, ferry, passes with turns, landing.

The path is a chain of legs; on each the aircraft accelerates, flies at constant speed and brakes to a stop.
Nothing here knows the sampling rate, so a flight logged at 1, 5 or 10 Hz is the same flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gasflux.records import FloatArray, IntArray, Phase
from gasflux.simulation.aircraft_path import aeroplane_legs, level_runs
from gasflux.simulation.legs import Curve, Leg, Point, curtain_ends, flown_levels
from gasflux.simulation.scenario import Scenario

CLIMB_SPEED_M_S = 2.0
FERRY_SPEED_M_S = 8.0
FERRY_HEIGHT_M = 10.0
ON_GROUND_S = 6.0
"""On the ground with the log running, before take-off and after landing."""


@dataclass(frozen=True, eq=False)
class Path:
    """A chain of legs with the time each starts."""

    legs: tuple[Leg, ...]
    starts_s: FloatArray

    @property
    def duration_s(self) -> float:
        """From the first to the last moment of the log."""
        return float(self.starts_s[-1] + self.legs[-1].duration_s)


@dataclass(frozen=True, eq=False)
class PathSamples:
    """The intended path at times, shape (n,): metres east and north of the source and above ground."""

    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray
    phase: IntArray
    curtain: IntArray
    """Number of the curtain, -1 off them."""
    transect: IntArray
    """Number of the pass within its curtain (or of the revolution), -1 between passes."""


def build_path(scenario: Scenario, rng: np.random.Generator) -> Path:
    """Return the flight of `scenario`; `rng` only shuffles the levels."""
    if scenario.is_by_aeroplane:
        legs = aeroplane_legs(scenario, level_runs(scenario, rng))
    else:
        legs = _spiral_legs(scenario) if scenario.path == "spiral" else _curtain_legs(scenario, rng)
    starts = np.cumsum([0.0, *(leg.duration_s for leg in legs[:-1])])
    return Path(tuple(legs), starts)


def fly(path: Path, time_s: FloatArray) -> PathSamples:
    """Return where the aircraft intends to be at ascending times since the start, and what it is doing there."""
    edges = [*np.searchsorted(time_s, path.starts_s).tolist(), time_s.size]
    points = np.empty((time_s.size, 3))
    labels = np.empty((time_s.size, 3), dtype=np.int64)
    for index, leg in enumerate(path.legs):
        here = slice(edges[index], edges[index + 1])
        since = time_s[here] - path.starts_s[index]
        share = leg.share(since)
        points[here] = leg.curve(share)
        labels[here] = _labels(leg, share, since)
    return PathSamples(*points.T, *labels.T)


def _labels(leg: Leg, share: FloatArray, since_s: FloatArray) -> IntArray:
    """Return phase, curtain and transect of samples of one leg, shape (k, 3)."""
    labels = np.tile(np.array([leg.phase, leg.curtain, leg.transect], dtype=np.int64), (share.size, 1))
    if leg.phase is Phase.TRANSECT:
        labels[:, 2] += np.minimum((share * leg.revolutions).astype(np.int64), leg.revolutions - 1)
        labels[leg.is_slow(since_s), 0::2] = Phase.TURN, -1
    return labels


def _line(start: Point, end: Point) -> Curve:
    """Return the straight curve between two points."""
    first, last = np.array(start), np.array(end)
    return lambda share: first + share[:, None] * (last - first)


def _straight(scenario: Scenario, phase: Phase, start: Point, end: Point, speed: float, *labels: int) -> Leg:
    """Return a straight leg."""
    length = float(np.linalg.norm(np.subtract(end, start)))
    return Leg(phase, _line(start, end), length, speed, scenario.acceleration_m_s2, *labels)


def _idle(phase: Phase, at: Point) -> Leg:
    """Return a stay on the ground of `ON_GROUND_S`."""
    return Leg(phase, _line(at, at), 0.0, 1.0, 1.0, pause_s=ON_GROUND_S)


def _there_and_back(scenario: Scenario, home: Point, work: Sequence[Leg]) -> list[Leg]:
    """Return `work` with take-off and ferry before it, ferry and landing after it."""
    start, end = work[0].first, work[-1].last
    above = (home[0], home[1], FERRY_HEIGHT_M)
    over_start = (start[0], start[1], FERRY_HEIGHT_M)
    back = (home[0], home[1], max(end[2], FERRY_HEIGHT_M))

    def leg(phase: Phase, first: Point, last: Point, speed: float) -> Leg:
        return _straight(scenario, phase, first, last, speed)

    return [
        _idle(Phase.TAKE_OFF, home),
        leg(Phase.TAKE_OFF, home, above, CLIMB_SPEED_M_S),
        leg(Phase.FERRY, above, over_start, FERRY_SPEED_M_S),
        leg(Phase.FERRY, over_start, start, CLIMB_SPEED_M_S),
        *work,
        leg(Phase.FERRY, end, back, FERRY_SPEED_M_S),
        leg(Phase.LANDING, back, home, CLIMB_SPEED_M_S),
        _idle(Phase.LANDING, home),
    ]


def _curtain_legs(scenario: Scenario, rng: np.random.Generator) -> list[Leg]:
    """Return the legs of a flight of one or more curtains, from home beside the first one."""
    work: list[Leg] = []
    for curtain in range(scenario.curtains):
        passes = _passes(scenario, curtain, rng)
        if work:
            work.append(_straight(scenario, Phase.FERRY, work[-1].last, passes[0].first, FERRY_SPEED_M_S))
        work.extend(passes)
    left, right = np.array(curtain_ends(scenario, 0))
    outward = (left - right) / scenario.curtain_length_m
    beyond = np.array([np.sin(scenario.normal_rad), np.cos(scenario.normal_rad)])
    # Home lies past the curtain's end and behind it, out of the plume, as a pilot would stand.
    home_x, home_y = left + 25.0 * outward + 10.0 * beyond
    return _there_and_back(scenario, (float(home_x), float(home_y), 0.0), work)


def _passes(scenario: Scenario, curtain: int, rng: np.random.Generator) -> list[Leg]:
    """Return the passes of one curtain, to and fro, with the climbs between them."""
    ends = curtain_ends(scenario, curtain)
    legs: list[Leg] = []
    for transect, height in enumerate(flown_levels(scenario, rng)):
        start, end = (ends[0], ends[1]) if transect % 2 == 0 else (ends[1], ends[0])
        here, there = (*start, height), (*end, height)
        if legs:
            legs.append(_straight(scenario, Phase.TURN, legs[-1].last, here, CLIMB_SPEED_M_S, curtain))
        legs.append(_straight(scenario, Phase.TRANSECT, here, there, scenario.ground_speed_m_s, curtain, transect))
    return legs


def _spiral_legs(scenario: Scenario) -> list[Leg]:
    """Return the legs of a climb round the source, from home upwind of it."""
    toward, left = scenario.wind_to_rad, scenario.wind_to_rad - np.pi / 2
    center = np.array(
        [
            scenario.center_downwind_m * np.sin(toward) + scenario.center_crosswind_m * np.sin(left),
            scenario.center_downwind_m * np.cos(toward) + scenario.center_crosswind_m * np.cos(left),
        ]
    )
    circle_m = 2 * np.pi * scenario.radius_m * scenario.transects
    length = float(np.hypot(circle_m, scenario.top_m - scenario.lowest_pass_m))
    speed, acceleration = scenario.ground_speed_m_s, scenario.acceleration_m_s2
    helix = _helix(scenario, center)
    climb = Leg(Phase.TRANSECT, helix, length, speed, acceleration, 0, 0, revolutions=scenario.transects)
    upwind = -np.array([np.sin(toward), np.cos(toward)])
    home_x, home_y = center + (scenario.radius_m + 15.0) * upwind
    return _there_and_back(scenario, (float(home_x), float(home_y), 0.0), [climb])


def _helix(scenario: Scenario, center: FloatArray) -> Curve:
    """Return a clockwise climb that starts and ends upwind of the centre."""
    turns = 2 * np.pi * scenario.transects

    def curve(share: FloatArray) -> FloatArray:
        azimuth = scenario.wind_to_rad + np.pi + turns * share
        height = scenario.lowest_pass_m + share * (scenario.top_m - scenario.lowest_pass_m)
        radius = scenario.radius_m
        return np.column_stack([center[0] + radius * np.sin(azimuth), center[1] + radius * np.cos(azimuth), height])

    return curve
