"""Values of a gas that stand alone: no other row shows anything like them, so that no plume can have made them.

Up to three rows in a row count as one such spike, four or more as something that happened (Vickers & Mahrt 1997,
J. Atmos. Oceanic Technol. 14:512).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import FloatArray, IntArray
from gasflux.wording.phrases import Phrase

_LONGEST: Final = 3
_NOISE_FACTOR: Final = 8.0
"""Standard deviations that EddyPro's test for spikes allows methane and other trace gases."""
_UNRESOLVED: Final = float(np.exp(0.5 * 3.0**2))
"""What a Gaussian plume loses over three of its standard deviations: rows and passes that resolve it show more."""
_MAD_TO_STD: Final = 1.4826
_NAMED: Final = 5


def isolated_values(concentration: FloatArray) -> IntArray:
    """Return where the values of a gas stand alone.

    Below: a gas has no cause to fall far under all that lasts longer than three rows. Above: a plume that rows and
    passes resolve shows in more than three adjacent rows; values in other passes that come near it speak for a plume.

    Parameters
    ----------
    concentration
        In time order, any unit and offset, NaN where missing, shape (n,).

    Returns
    -------
    IntArray
        Indices, increasing. The first and the last values are never among them: they have neighbours on one side only.
    """
    given = np.flatnonzero(np.isfinite(concentration))
    values = concentration[given]
    if values.size <= 2 * _LONGEST:
        return given[:0]
    noise = _NOISE_FACTOR * _noise(values)
    above = _above(values, noise)
    top = float(np.delete(values, above).max())
    found = np.concatenate([above, _below(values, top, noise)])
    return np.asarray(given[np.sort(found)])


def name_values(rows: IntArray, values_ppm: FloatArray) -> Phrase:
    """Name the first of some values with their rows in the file, and how many more there are."""
    named = list(zip(rows[:_NAMED].tolist(), values_ppm[:_NAMED].tolist(), strict=True))
    left = rows.size - len(named)
    english = ", ".join(f"row {row} ({value:.6g} ppm)" for row, value in named)
    chinese = "、".join(f"第 {row} 行（{value:.6g} ppm）" for row, value in named)
    return Phrase(f"{english} and {left} more", f"{chinese}等") if left else Phrase(english, chinese)


def _noise(values: FloatArray) -> float:
    """Return the standard deviation of one value, from the steps between neighbours that differ."""
    steps = np.abs(np.diff(values))
    steps = steps[steps > 0.0]
    return float(_MAD_TO_STD / np.sqrt(2.0) * np.median(steps)) if steps.size else 0.0


def _above(values: FloatArray, noise: float) -> IntArray:
    """Return the rows of the highest values, when nothing else comes near them."""
    middle = float(np.median(values))
    height = float(values.max()) - middle
    high = np.flatnonzero(values > middle + height / _UNRESOLVED)
    is_one_run = 0 < high.size <= _LONGEST and high[-1] - high[0] == high.size - 1
    is_inside = is_one_run and high[0] > 0 and high[-1] < values.size - 1
    return high if is_inside and height > noise else high[:0]


def _below(values: FloatArray, top: float, noise: float) -> IntArray:
    """Return the rows under the lowest level that lasts, by more than noise and a share of what the gas does above."""
    middle = float(np.median(values))
    reach = values.size - _LONGEST
    lasting = np.maximum.reduce([values[start : start + reach] for start in range(_LONGEST + 1)])
    lowest = min(float(lasting.min()), middle)
    margin = max(noise, middle - lowest, (top - lowest) / _UNRESOLVED)
    inside = np.flatnonzero(values >= lowest - margin)
    low = np.flatnonzero(values < lowest - margin)
    return np.asarray(low[(low > inside[0]) & (low < inside[-1])])
