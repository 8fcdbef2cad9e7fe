"""One leg of a simulated flight: from stop to stop, or at speed all the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gasflux.records import BoolArray, FloatArray, Phase

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
