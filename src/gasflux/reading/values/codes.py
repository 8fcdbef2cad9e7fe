"""Numbers that are no values: what instruments and data centres write where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray

_TOLERANCE: Final = 2e-7
"""Relative: single precision keeps 6e-8 (-999.99 comes back as -999.98999), and 10000 is not 9999.99."""

_NEVER: Final = np.array(
    [
        *(-float(str(digit) * count) for digit in (7, 8, 9) for count in range(3, 10)),
        *(-(float(str(digit) * count) + 0.1 * digit) for digit in (7, 8, 9) for count in (3, 4, 5)),
        *(-(float(str(digit) * count) + 0.11 * digit) for digit in (7, 8, 9) for count in (3, 4, 5)),
        *(-(float(str(digit) * count) + 0.111 * digit) for digit in (7, 8, 9) for count in (3, 4)),
        *(-6999.0, -7999.0, -32768.0, -2147483648.0, -1e6, -999.25, -1000000.0),
    ]
)
"""Codes in any column: missing (9), above (7) and below (8) the limits of detection in ICARTT and its kin; Campbell's
-6999 and -7999; the least 16- and 32-bit integers."""

_WHERE_IMPOSSIBLE: Final = np.array(
    [
        *(-99.0, -99.9, -99.99, -99.999, -99.7, -88.8, -88.88, -88.0, -77.7, -77.77, -77.0),
        *(999.0, 999.9, 999.99, 9999.0, 9999.9, 9999.99, 99999.0, 99999.9, 99999.99, 999999.0, 9999999.0, 99999999.0),
        *(999999999.0, 6999.0, 7999.0, 7777.0, 8888.0, 32767.0, 65535.0, 2147483647.0, 4294967295.0),
    ]
)
"""Codes only where no value can be: outside what the column can hold, see `_POSSIBLE`."""

_NEVER_ABOVE: Final = -70.0
_LEAST_NINES: Final = 900.0
_HUGE: Final = 1e15
"""Fill values of data formats: 1e20, 9.96921e36, 3.4e38, -1e34."""

_POSSIBLE: Final[Mapping[str, tuple[float, float]]] = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 360.0),
    "windspeed": (-0.5, 500.0),
    "winddir": (-90.0, 720.0),
    "wind_north": (-75.0, 75.0),
    "wind_east": (-75.0, 75.0),
    "aircraft_u": (-75.0, 75.0),
    "aircraft_v": (-75.0, 75.0),
    "apparent_speed": (-0.5, 500.0),
    "apparent_direction": (-200.0, 720.0),
    "ground_speed": (-0.5, 900.0),
    "heading": (-200.0, 720.0),
    "course": (-200.0, 720.0),
    "temperature": (-76.0, 400.0),
    "pressure": (0.0, 200_000.0),
}
"""What a column may hold, in whatever unit."""

_FAR_M: Final[Mapping[str, float]] = {"height_ato": 30.0, "height_agl": 30.0, "altitude": 30.0}
"""Heights that many units beyond all others are codes, if they are one: between two rows no aircraft flies as far."""

_LARGEST_STEP: Final = 3.0
"""A gas that reads 9999 only is a code; one whose next lower value is within this factor has reached it."""


def is_always_code(values: FloatArray) -> BoolArray:
    """Return where a value is a code for none whatever the column holds (-9999, -8888, 1e20), shape (n,)."""
    codes = np.zeros(values.size, dtype=np.bool_)
    lowest, highest = _extremes(values)
    if lowest < _NEVER_ABOVE:
        codes |= _any_of(values, values < _NEVER_ABOVE, _NEVER)
    # Infinity is a fault of its own: somebody divided by zero.
    if highest >= _HUGE or lowest <= -_HUGE:
        codes |= np.isfinite(values) & (np.abs(values) >= _HUGE)
    return codes


def _extremes(values: FloatArray) -> tuple[float, float]:
    """Least and largest value, NaN where there is none."""
    if values.size == 0:
        return np.nan, np.nan
    with np.errstate(invalid="ignore"):
        return float(np.fmin.reduce(values)), float(np.fmax.reduce(values))


def is_code(values: FloatArray, name: str, is_gas: bool) -> BoolArray:
    """Return where a value is a code for none in a column of what `name` is.

    Parameters
    ----------
    values
        As they stand in the file, NaN where empty or where they are codes always, shape (n,).
    name
        Canonical name of the column.
    is_gas
        Whether it is a gas, which may read below zero.

    Returns
    -------
    ndarray
        True at codes, shape (n,).
    """
    codes = np.zeros(values.size, dtype=np.bool_)
    lowest, highest = _extremes(values)
    if name in _FAR_M:
        return _far_codes(values, _FAR_M[name])
    low, high = (_NEVER_ABOVE, _gas_ceiling(values, highest)) if is_gas else _POSSIBLE.get(name, (-np.inf, np.inf))
    if lowest < low or highest > high:
        codes |= _any_of(values, (values < low) | (values > high), _WHERE_IMPOSSIBLE)
    return codes


def _far_codes(values: FloatArray, far: float) -> BoolArray:
    """Return which values are a code for none and lie that far beyond all values that are none."""
    nothing = np.zeros(values.size, dtype=np.bool_)
    ends = np.array(_extremes(values))
    if not _any_of(ends, np.isfinite(ends), _WHERE_IMPOSSIBLE).any():
        return nothing
    coded = _any_of(values, np.isfinite(values), _WHERE_IMPOSSIBLE)
    rest = values[~coded & np.isfinite(values)]
    if not rest.size:
        return nothing
    with np.errstate(invalid="ignore"):
        is_far: BoolArray = (values < rest.min() - far) | (values > rest.max() + far)
    return coded & is_far


def _gas_ceiling(values: FloatArray, highest: float) -> float:
    """Value above which a code of nines is no reading of a gas: far above all that is no such number."""
    if not highest >= _LEAST_NINES:
        return np.inf
    coded = _any_of(values, values >= _LEAST_NINES, _WHERE_IMPOSSIBLE)
    rest = values[~coded & np.isfinite(values)]
    return _LARGEST_STEP * float(rest.max()) if rest.size else np.inf


def _any_of(values: FloatArray, where: BoolArray, codes: FloatArray) -> BoolArray:
    """Return which of the values at `where` are one of the codes."""
    index = np.flatnonzero(where)
    found = np.zeros(values.size, dtype=np.bool_)
    distinct, inverse = np.unique(values[index], return_inverse=True)
    near = np.asarray(np.abs(distinct[:, None] - codes) <= _TOLERANCE * np.abs(codes))
    found[index] = np.any(near, axis=1)[inverse]
    return found


_APART: Final = np.array([0.0, -1.0])
"""What sensors write where they measured nothing, and what some gases do read in clean air."""
_LEAST_REPEATED: Final = 3
"""A value that occurs less often may be a slip, which quality flags look for."""
_LOWEST_SHARE: Final = 0.3
"""All readings of a gas that clean air holds lie above this share of their median."""


def is_apart(values: FloatArray) -> BoolArray:
    """Return where a gas reads exactly 0 or -1 again and again, far below all its other values, shape (n,).

    A gas whose readings scatter about zero, or whose least reading is near it, has no such code.

    Parameters
    ----------
    values
        As they stand in the file, NaN where empty, shape (n,).
    """
    nothing = np.zeros(values.size, dtype=np.bool_)
    lowest, _ = _extremes(values)
    if not lowest <= 0.0:
        return nothing
    is_coded = np.isin(values, _APART)
    rest = values[np.isfinite(values) & ~is_coded]
    if rest.size < _LEAST_REPEATED or np.count_nonzero(is_coded) < _LEAST_REPEATED:
        return nothing
    is_far = rest.min() > _LOWEST_SHARE * float(np.median(rest)) > 0.0
    return is_coded if is_far else nothing
