"""Wind directions without a stated unit that are no degrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.quantities import Quantity
from gasflux.wording.lookup import phrase

_CIRCLE_RAD: Final = 2.0 * np.pi
_ROUNDED: Final = 0.005
"""A circle written with two decimals ends at 6.28 or 6.29."""


def check_direction(read: Mapping[str, Quantity]) -> tuple[Fault, ...]:
    """Return the fault of a direction without stated unit that covers more than half a circle of radians, and no more.

    A wind between 0 and 6.28 degrees that fills that span would cross north, and then has directions near 360.

    Parameters
    ----------
    read
        Columns that were read, directions in degrees where they came.
    """
    direction = read.get("winddir")
    if direction is None or direction.choice.unit is not None or direction.conversion:
        return ()
    values = direction.values[np.isfinite(direction.values)]
    if not values.size or not (values % 1.0).any() or values.min() < 0.0:
        return ()
    if values.max() > _CIRCLE_RAD + _ROUNDED or np.ptp(values) < 0.5 * _CIRCLE_RAD:
        return ()
    value, allowed = f"{values.min():.3g} ... {values.max():.3g}", phrase("allowed.direction")
    return (Fault.of("implausible_direction", column=direction.choice.header.text, value=value, allowed=allowed),)
