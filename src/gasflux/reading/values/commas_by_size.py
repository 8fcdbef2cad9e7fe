"""Columns in which each comma, or point, may be a decimal sign or group thousands: the size of the values tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gasflux.reading.headers import Header
from gasflux.reading.units import Unit
from gasflux.reading.values.number_texts import Sign, to_number
from gasflux.reading.vocabulary.gas_table import GASES
from gasflux.records import FloatArray

_OPEN_AIR_HPA: Final = (500.0, 1100.0)
_NEAR_CLEAN: Final = (0.5, 10.0)
"""Median of a flight over clean air."""
_LEAST_CLEAN_PPM: Final = 0.3
"""What an instrument's offset is small beside."""


def read_by_size(header: Header, unit: Unit | None, texts: Sequence[str]) -> FloatArray | None:
    """Return the numbers of a column of which only one reading is the air's, None where none or both are.

    Parameters
    ----------
    header
        What the column holds: a gas of which clean air holds some, or the pressure.
    unit
        Its unit; None for the contract's.
    texts
        Cells as `number_texts.plain_text` returns them, empty where there is no value.
    """
    found = [_numbers(texts, *signs) for signs in ((Sign.DECIMAL, Sign.DECIMAL), (Sign.THOUSANDS, Sign.THOUSANDS))]
    fitting = [values for values in found if values is not None and _is_of_air(header, unit, values)]
    return fitting[0] if len(fitting) == 1 else None


def _numbers(texts: Sequence[str], comma: Sign, point: Sign) -> FloatArray | None:
    """Numbers of the texts under one meaning of the signs, None where one is no number."""
    read = [to_number(text, comma, point) if text else np.nan for text in texts]
    return None if any(value is None for value in read) else np.array(read, dtype=np.float64)


def _is_of_air(header: Header, unit: Unit | None, values: FloatArray) -> bool:
    """Tell whether values are those of open air."""
    given = values[np.isfinite(values)]
    if not given.size or (unit is not None and unit.factor is None):
        return False
    middle = float(np.median(given)) * (float(unit.factor or 1.0) if unit is not None else 1.0)
    if header.name == "pressure":
        return _OPEN_AIR_HPA[0] <= middle <= _OPEN_AIR_HPA[1]
    gas = GASES.get(header.name) if header.is_gas else None
    if gas is None or gas.clean_air_ppm < _LEAST_CLEAN_PPM:
        return False
    return _NEAR_CLEAN[0] <= middle / gas.clean_air_ppm <= _NEAR_CLEAN[1]
