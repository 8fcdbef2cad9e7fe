"""Gases whose header states a unit in which no air can hold as much, or as little, as the numbers say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.quantities import Quantity
from gasflux.reading.vocabulary.gas_table import GASES
from gasflux.wording.lookup import phrase

_THOUSAND: Final = 1000.0
_NEAR: Final = (0.5, 10.0)
"""Median of a flight over clean air, where the numbers are those of air in another unit."""
_FARTHEST_LOW: Final = 0.5
"""Least value of a flight over clean air: below it air never is, but a series about zero soon is."""
_MOST_TIMES: Final = 300.0
"""Times clean air that no flight has in every row; ppb taken as ppm are 500 times or more, percent 10,000."""
_LEAST_CLEAN_PPM: Final = 0.3
"""Of rarer gases an instrument's offset is as large as what clean air holds."""


def check_stated_units(read: Mapping[str, Quantity], trusted: frozenset[str]) -> tuple[Fault, ...]:
    """Return a fault for each gas that is a thousandth, or hundreds of times, of what air holds, in all its values.

    Hundreds of times is what a header in ppm above numbers in ppb makes; a thousandth is that in reverse, or a point
    between thousands that reads as a decimal sign (2.031 ppb).

    Parameters
    ----------
    read
        Canonical name -> column in ppm.
    trusted
        Gases whose unit the configuration states.
    """
    return tuple(
        fault for name, column in read.items() if name not in trusted and (fault := _fault(name, column)) is not None
    )


def _fault(name: str, column: Quantity) -> Fault | None:
    """Fault of one gas, None where its unit may be right."""
    gas, unit = GASES.get(name), column.unit
    if gas is None or unit is None or unit.factor is None or column.choice.header.unit is None:
        return None
    given = column.values[np.isfinite(column.values)]
    if not given.size or gas.clean_air_ppm < _LEAST_CLEAN_PPM or given.min() <= 0.0:
        return None
    least, middle = float(given.min()) / gas.clean_air_ppm, float(np.median(given)) / gas.clean_air_ppm
    is_small = _NEAR[0] <= _THOUSAND * middle <= _NEAR[1] and _THOUSAND * least >= _FARTHEST_LOW
    for code, is_off in (("stated_unit_small", is_small), ("stated_unit_large", least >= _MOST_TIMES)):
        if is_off:
            return Fault.of(
                code,
                column=column.choice.header.text,
                value=f"{float(np.median(given)) / unit.factor:.6g} {unit.symbol}",
                allowed=phrase("allowed.clean_air", clean=f"{gas.clean_air_ppm:g}"),
                clean=f"{gas.clean_air_ppm:g}",
                gas=name,
                unit=unit.symbol,
                times=f"{middle:.3g}",
            )
    return None
