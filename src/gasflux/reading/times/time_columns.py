"""The columns of a log that have to do with time, and what comes of them: one time per record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gasflux.errors import Fault
from gasflux.reading.raw_table import Column
from gasflux.reading.times.numbers import TimeArray
from gasflux.records import BoolArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.reading.headers import Header

_SAYS_UTC: Final = re.compile(r"(?:utc|gmt)(?!\s*[+-]\s*\d)", re.IGNORECASE)
"""A header that names the zone, not one beside it such as UTC+8."""
"""A header that names the zone, not one beside it such as UTC+8."""


@dataclass(frozen=True, eq=False)
class TimeColumn:
    """One column that has to do with time."""

    header: Header
    cells: Column
    day_first: bool = False
    """Headers of the file are in a language that writes the day before the month."""


@dataclass(frozen=True, eq=False)
class Times:
    """One time per record, as far as the file tells."""

    utc: TimeArray
    """datetime64[us], NaT where missing, shape (n,)."""
    is_bad: BoolArray
    """True where there is something that is no time, shape (n,)."""
    headers: tuple[str, ...]
    """Headers of the columns used."""
    conversion: str = ""
    notes: tuple[Phrase, ...] = ()
    fault: Fault | None = None
    """Why the whole column cannot be used; None when it can."""

    @property
    def zone(self) -> Literal["UTC"] | None:
        """Zone of the times; None where neither cells nor headers tell one."""
        return "UTC" if "UTC" in self.conversion or any(map(_SAYS_UTC.search, self.headers)) else None


Columns = Mapping[str, Sequence[TimeColumn]]
"""Canonical name of a time column -> its columns, the preferred first."""


def mixed_orders(header: str) -> Fault:
    """Fault of a column with dates in both orders."""
    return Fault.of("mixed_date_orders", column=header, allowed=phrase("allowed.time"), header=header)
