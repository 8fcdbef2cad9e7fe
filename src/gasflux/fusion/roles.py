"""Which file gives which quantity, and why it and not another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from gasflux.fusion.clocks import Placed
from gasflux.fusion.instrument_log import HEIGHTS, PLACE_NAMES, InstrumentLog

Reason = Literal["only", "covers_more", "own_instrument", "faster", "beside_position"]
_AIR: Final = ("temperature", "pressure")
_ALIKE: Final = 0.05
"""Difference in the share of the flight covered that does not decide."""


@dataclass(frozen=True)
class Source:
    """The file that gives a quantity."""

    quantity: str
    """``wind``, ``temperature``, ``pressure`` or a gas."""
    index: int
    reason: Reason
    others: tuple[int, ...] = ()
    """Files that have it too and serve as a check."""


def choose_sources(placed: Sequence[Placed], reference: int) -> tuple[Source, ...]:
    """Return the source of the wind, of the air and of each gas.

    Parameters
    ----------
    placed
        All files, by one clock.
    reference
        Index of the file with the positions.
    """
    gases = list(dict.fromkeys(gas for one in placed for gas in one.log.gases))
    start, end = placed[reference].time_s[[0, -1]]
    choices = []
    for quantity in ("wind", *_AIR, *gases):
        column = "windspeed" if quantity == "wind" else quantity
        having = [index for index, one in enumerate(placed) if column in one.log.values]
        if quantity == "wind":
            having = [index for index, one in enumerate(placed) if _has_wind(one)]
        if having:
            shares = {index: _covered(placed[index], column, float(start), float(end)) for index in having}
            choices.append(_choose(quantity, having, shares, placed, reference))
    return tuple(choices)


def _has_wind(one: Placed) -> bool:
    """Tell whether a file has a wind, with respect to the ground or to the aircraft."""
    felt = one.log.has("aircraft_u", "aircraft_v") or one.log.has("apparent_speed", "apparent_direction")
    return felt or one.log.has("windspeed")


def _covered(one: Placed, column: str, start_s: float, end_s: float) -> float:
    """Return the share of the flight's seconds in which a file has a value of a column."""
    values = one.log.values.get(column)
    if values is None:
        return 1.0
    time = one.time_s[np.isfinite(values) & (one.time_s >= start_s) & (one.time_s <= end_s)]
    step = max(one.log.step_s, 1.0)
    return float(np.unique((time / step).astype(np.int64)).size * step / max(end_s - start_s, step))


def _choose(
    quantity: str, having: Sequence[int], shares: dict[int, float], placed: Sequence[Placed], reference: int
) -> Source:
    """Return the best of the files that have a quantity."""
    if len(having) == 1:
        return Source(quantity, having[0], "only")
    most = max(shares.values())
    left = [index for index in having if shares[index] >= most - _ALIKE]
    reason: Reason = "covers_more"
    if len(left) > 1:
        own = [index for index in left if index != reference] if quantity not in _AIR else []
        by = {index: (index in own, placed[index].log.step_s * -1.0) for index in left}
        if quantity in _AIR:
            # An analyser's own temperature and pressure may be those of its box.
            by = {index: (not placed[index].log.gases, index == reference) for index in left}
        best = max(left, key=lambda index: by[index])
        reason = "own_instrument" if best != reference else "beside_position"
        if quantity not in _AIR and len(own) != 1:
            reason = "faster"
        left = [best]
    return Source(quantity, left[0], reason, tuple(index for index in having if index != left[0]))


def role_of(index: int, choices: Sequence[Source], reference: int) -> str:
    """Return what a file gives: ``position``, ``wind``, ``air``, ``gas`` joined by ``+``, or ``cross-check``.

    Parameters
    ----------
    index
        The file.
    choices
        Which gives what.
    reference
        Index of the file with the positions.
    """
    given = ["position"] if index == reference else []
    for choice in choices:
        if choice.index == index:
            given.append("wind" if choice.quantity == "wind" else "air" if choice.quantity in _AIR else "gas")
    return "+".join(dict.fromkeys(given)) or "cross-check"


def position_file(logs: Sequence[InstrumentLog]) -> int | None:
    """Return which file's positions are used: the one with a height too, then the one with most of them."""
    having = [index for index, log in enumerate(logs) if log.has(*PLACE_NAMES)]
    if not having:
        return None

    def rank(index: int) -> tuple[bool, int]:
        log = logs[index]
        return any(name in log.values for name in HEIGHTS), int(log.given("latitude").sum())

    return max(having, key=rank)
