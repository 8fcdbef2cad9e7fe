"""What one instrument wrote: some of a flight's quantities at times of its own clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray, IntArray, OffsetSource

PLACE_NAMES = ("latitude", "longitude")
HEIGHTS = ("height_ato", "height_agl", "altitude")
WIND = ("windspeed", "winddir")
_DAY_US: Final = 86_400_000_000
_MONTHS: Final = 12
DIRECTIONS = frozenset({"winddir", "heading", "course", "apparent_direction"})
"""Quantities that are angles: averaged and interpolated as vectors."""


@dataclass(frozen=True, eq=False)
class InstrumentLog:
    """The quantities of one file in canonical units. Arrays have shape (n,)."""

    name: str
    sha256: str
    time_us: IntArray
    """Microseconds since 1970 by the instrument's clock, strictly increasing."""
    rows: IntArray
    """Row of the file."""
    values: Mapping[str, FloatArray]
    """Canonical name or gas -> values, NaN where missing."""
    gases: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Tell whether every quantity named is there."""
        return all(name in self.values for name in names)

    @property
    def height(self) -> str | None:
        """Name of the height that is used."""
        return next((name for name in HEIGHTS if name in self.values), None)

    @property
    def step_s(self) -> float:
        """Median time between records."""
        return float(np.median(np.diff(self.time_us))) * 1e-6

    def time_s(self, origin_us: int) -> FloatArray:
        """Return the times in seconds since an origin, shape (n,)."""
        return np.asarray((self.time_us - origin_us) * 1e-6)

    def with_days_and_months_swapped(self) -> InstrumentLog | None:
        """Return the log with its dates read in the other order, None where they are no dates so."""
        days, index = np.unique(self.time_us // _DAY_US, return_inverse=True)
        dates = [np.datetime64(int(day), "D").astype(date) for day in days]
        if any(one.day > _MONTHS for one in dates):
            return None
        swapped = [date(one.year, one.day, one.month) for one in dates]
        moved = np.array([np.datetime64(one, "D").astype(np.int64) for one in swapped])
        time_us = self.time_us + (moved - days)[index] * _DAY_US
        return replace(self, time_us=time_us) if np.all(np.diff(time_us) > 0) else None

    def given(self, name: str) -> BoolArray:
        """Return where a quantity has a value, shape (n,)."""
        return np.isfinite(self.values[name])


@dataclass(frozen=True)
class ClockOffset:
    """How far a clock is ahead of another."""

    offset_s: float
    std_s: float | None
    """None where nothing tells it."""
    how: OffsetSource
    drift_s_h: float = 0.0
    middle_s: float = 0.0
    """Where on the corrected clock a drifting offset is `offset_s`."""

    def corrected(self, time_s: FloatArray) -> FloatArray:
        """Return times of the clock as the reference's clock has them."""
        shifted = time_s - self.offset_s
        return shifted if self.drift_s_h == 0.0 else shifted - self.drift_s_h / 3600.0 * (shifted - self.middle_s)
