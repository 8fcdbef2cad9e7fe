"""Wind columns that name their height (``WS_2m``, ``WS_10m``): the one nearest to the flight is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.reading.headers import FORCED_RANK, Choice
from gasflux.reading.quantities import Quantity
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

WIND_NAMES: Final = ("windspeed", "winddir", "wind_north", "wind_east")
_HEIGHTS_ABOVE_GROUND: Final = ("height_agl", "height_ato")
_HEIGHT: Final = r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?(?:m(?![a-z/\u00b2^\u00b7.-])|米)"
_SET_HEIGHT: Final = "setting wind.height"


@dataclass(frozen=True)
class FlightHeight:
    """Height that a wind column should be near to."""

    metres: float
    is_mast: bool
    """Whether the setting ``wind.height`` gives it."""


def flight_height(read: Mapping[str, Quantity], mast_m: float | None) -> FlightHeight | None:
    """Return the height at which wind is wanted: that of the mast the settings name, else the flight's median.

    Parameters
    ----------
    read
        Columns that were read, heights among them.
    mast_m
        Setting ``wind.height``.
    """
    if mast_m is not None:
        return FlightHeight(mast_m, True)
    for name in _HEIGHTS_ABOVE_GROUND:
        if name in read and np.isfinite(read[name].values).any():
            return FlightHeight(float(np.nanmedian(read[name].values)), False)
    return None


def nearest_first(
    candidates: Sequence[Choice], wanted: Callable[[], FlightHeight | None]
) -> tuple[tuple[Choice, ...], Phrase]:
    """Return wind columns with that at the nearest height first, and the reason for it; as they are without heights.

    Parameters
    ----------
    candidates
        Columns of one name, the preferred by their headers first.
    wanted
        Tells where wind is wanted; asked only where several columns name their heights.
    """
    named = [choice for choice in candidates if stated_height_m(choice.header.text) is not None]
    if len(named) < 2 or candidates[0] not in named or candidates[0].header.rank == FORCED_RANK:
        return tuple(candidates), NOTHING
    height = wanted()
    if height is None:
        return tuple(candidates), NOTHING
    nearest = min(named, key=lambda choice: abs((stated_height_m(choice.header.text) or 0.0) - height.metres))
    reason = phrase("reason.mast_height" if height.is_mast else "reason.flight_height", height=f"{height.metres:.3g}")
    return (nearest, *(choice for choice in candidates if choice is not nearest)), reason


def stated_height_m(text: str) -> float | None:
    """Return the height that a header names, None where it names none."""
    found = re.search(_HEIGHT, text, re.IGNORECASE)
    return float(found.group(1)) if found else None
