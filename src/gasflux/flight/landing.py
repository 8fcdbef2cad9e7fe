"""Whether a log reaches down to the ground: an aeroplane's often begins and ends in the air."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.records import FlightLog

_NEAR_LOWEST_M: Final = 10.0
_FLYING_M_S: Final = 25.0
"""Median speed near the lowest height: nothing is that fast for long on the ground."""


def is_flying_at_its_lowest(log: FlightLog) -> bool:
    """Tell whether the aircraft was in flight while at the lowest height of its log.

    Parameters
    ----------
    log
        The flight.
    """
    if log.size < 2:
        return False
    east = np.diff(log.longitude_deg) * np.cos(np.radians(log.latitude_deg[1:]))
    way = np.hypot((east + 180.0) % 360.0 - 180.0, np.diff(log.latitude_deg)) * METRES_PER_DEGREE
    low = log.height_m[1:] <= float(log.height_m.min()) + _NEAR_LOWEST_M
    if not low.any():
        return False
    return float(np.median((way / np.diff(log.time_s))[low])) >= _FLYING_M_S
