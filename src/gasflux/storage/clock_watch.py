"""A clock that is set ahead, told from time that passes: what has its day on the clock must not end by a mistake."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gasflux.storage.clock import utc_now

_TOLERANCE: Final = timedelta(minutes=1)
"""Clocks drift, and sweeps take their time; what is smaller is no jump."""

_SILENCE: Final = timedelta(hours=1)
"""After so long without a sign of life the first look cannot tell a long pause from a wrong clock."""

SECOND_LOOK_S: Final = 600.0
"""How long the clock must go on as it is before it is believed: time servers set a wrong one right within minutes."""


def steady_s() -> float:
    """Return seconds of a clock that nobody sets; where the system has one, it counts a sleeping machine's too."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class ClockWatch:
    """Compares the clock with one that nobody sets, from look to look.

    Parameters
    ----------
    wall, steady
        The two clocks.
    """

    def __init__(self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = steady_s) -> None:
        self._wall, self._steady = wall, steady
        self._seen: tuple[datetime, float] | None = None
        self._doubted_until: float | None = None

    def begin(self, last_sign: datetime | None) -> None:
        """Start from the last time that is known of an earlier process; None when there is none.

        Parameters
        ----------
        last_sign
            When something was written down, by the clock of then.
        """
        now, steady = self._wall(), self._steady()
        self._seen = now, steady
        if last_sign is not None and now - last_sign > _SILENCE:
            self._doubted_until = steady + SECOND_LOOK_S

    def look(self) -> tuple[datetime, bool]:
        """Return the time, and whether it is to be believed: a jump ahead is, after `SECOND_LOOK_S`."""
        now, steady = self._wall(), self._steady()
        if self._seen is not None:
            ahead = now - self._seen[0] - timedelta(seconds=steady - self._seen[1])
            if ahead > _TOLERANCE:
                self._doubted_until = steady + SECOND_LOOK_S
            elif ahead < -_TOLERANCE:  # set right again
                self._doubted_until = None
        self._seen = now, steady
        if self._doubted_until is not None and steady >= self._doubted_until:
            self._doubted_until = None
        return now, self._doubted_until is None
