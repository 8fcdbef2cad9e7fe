"""Between which times a flight can have been."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

FIRST_TIME: Final = np.datetime64("1980-01-01", "us")
"""Receivers count from 1980-01-06: what is earlier is a clock that was not set."""

_KNOWN_PAST: Final = np.datetime64("2027-01-01", "us")
"""No clock of a computer that runs this is earlier; one that is was not set, and must not refuse good logs."""

_ZONES: Final = np.timedelta64(1, "D")
"""Local times run up to 14 hours ahead of UTC."""


def latest_time() -> np.datetime64:
    """Return the time after which no flight can have been: tomorrow."""
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
    return np.datetime64(max(now, _KNOWN_PAST) + _ZONES)
