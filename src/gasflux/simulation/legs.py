"""The legs of a simulated flight, from stop to stop or at speed all the time, and where they are meant to lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gasflux.records import BoolArray, FloatArray, Phase
from gasflux.simulation.scenario import Scenario

HOVER_S = 1.0
"""Pause at each end of a leg."""
SLOW_SHARE = 0.5
"""Slower than this share of the leg's speed, a pass counts as its turn."""

Point = tuple[float, float, float]
Curve = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Leg:
    """One leg from stop to stop. `curve` maps the flown share (k,) to east, north, height (k, 3)."""

    phase: Phase
    curve: Curve
    length_m: float
    speed_m_s: float
    acceleration_m_s2: float
    curtain: int = -1
    transect: int = -1
    revolutions: int = 1
    """Passes the leg counts for: 1, but for a spiral flown in one go."""
    pause_s: float = HOVER_S

    @property
    def first(self) -> Point:
        """Where the leg begins."""
        return _only(self.curve(np.zeros(1)))

    @property
    def last(self) -> Point:
        """Where the leg ends."""
        return _only(self.curve(np.ones(1)))

    @property
    def peak_speed_m_s(self) -> float:
        """Speed reached: less than intended when the leg is too short to reach it."""
        return float(min(self.speed_m_s, np.sqrt(self.acceleration_m_s2 * self.length_m)))

    @property
    def ramp_s(self) -> float:
        """Time to reach the peak speed."""
        return self.peak_speed_m_s / self.acceleration_m_s2

    @property
    def flown_s(self) -> float:
        """Time in motion."""
        return self.length_m / self.peak_speed_m_s + self.ramp_s if self.length_m > 0 else 0.0

    @property
    def duration_s(self) -> float:
        """Time in motion and the pause after it."""
        return self.flown_s + self.pause_s

    def share(self, time_s: FloatArray) -> FloatArray:
        """Return the flown share of the length at times since the leg's start; constant acceleration at both ends."""
        if self.length_m <= 0:
            return np.zeros_like(time_s)
        time = np.clip(time_s, 0.0, self.flown_s)
        rising = np.minimum(time, self.ramp_s)
        falling = np.maximum(time - (self.flown_s - self.ramp_s), 0.0)
        way = self.peak_speed_m_s * (time - rising) + 0.5 * self.acceleration_m_s2 * (rising**2 - falling**2)
        share: FloatArray = np.clip(way / self.length_m, 0.0, 1.0)
        return share

    def is_slow(self, time_s: FloatArray) -> BoolArray:
        """Return where the aircraft is below `SLOW_SHARE` of the leg's speed."""
        into_ramp_s = np.minimum(time_s, self.flown_s - time_s)
        slow: BoolArray = self.acceleration_m_s2 * into_ramp_s < SLOW_SHARE * self.peak_speed_m_s
        return slow


def _only(points: FloatArray) -> Point:
    """Return the only row of `points`."""
    x, y, z = points[0].tolist()
    return x, y, z


def curtain_ends(scenario: Scenario, curtain: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return both ends (east, north) of a curtain from the source, the left one as seen from there first."""
    distance = scenario.distance_m + curtain * scenario.curtain_spacing_m
    middle_x, middle_y = distance * np.sin(scenario.wind_to_rad), distance * np.cos(scenario.wind_to_rad)
    right_x, right_y = np.cos(scenario.normal_rad), -np.sin(scenario.normal_rad)
    left, right = (scenario.curtain_offset_m + side * scenario.curtain_length_m / 2 for side in (-1, 1))
    return (
        (float(middle_x + left * right_x), float(middle_y + left * right_y)),
        (float(middle_x + right * right_x), float(middle_y + right * right_y)),
    )


def flown_levels(scenario: Scenario, rng: np.random.Generator) -> Sequence[float]:
    """Return the heights of the passes in the order flown."""
    levels = scenario.level_heights_m * (scenario.level_repeats if scenario.is_by_aeroplane else 1)
    if scenario.level_order == "shuffled":
        return [levels[index] for index in rng.permutation(len(levels))]
    return levels if scenario.level_order == "ascending" else levels[::-1]


def box_corners(scenario: Scenario) -> FloatArray:
    """Return the corners of a box or of the rectangle about a race-track, counter-clockwise, shape (4, 2).

    The first side is the one the mean wind leaves through.
    """
    normal = np.array([np.sin(scenario.normal_rad), np.cos(scenario.normal_rad)])
    right = np.array([np.cos(scenario.normal_rad), -np.sin(scenario.normal_rad)])
    sine, cosine = np.sin(scenario.wind_to_rad), np.cos(scenario.wind_to_rad)
    centre = scenario.center_downwind_m * np.array([sine, cosine])
    centre = centre + scenario.center_crosswind_m * np.array([-cosine, sine])
    half, depth = 0.5 * scenario.curtain_length_m * right, 0.5 * scenario.box_depth_m * normal
    return np.array([centre + depth + half, centre + depth - half, centre - depth - half, centre - depth + half])
