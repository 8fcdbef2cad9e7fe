"""A text with the place of its records known: what every layout gives, and what the reader takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gasflux.reading.raw_table import KnownStart, RawTable
from gasflux.wording.phrases import Phrase

if TYPE_CHECKING:
    from gasflux.reading.layouts.delimiter import TextLayout


@dataclass(frozen=True)
class TextSource:
    """A text log, and what is known of it besides its content."""

    text: bytes
    """In UTF-8 with line feeds."""
    known: tuple[str, ...] = ()
    """Headers that the configuration names."""
    listed: frozenset[str] = frozenset()
    """Gases that the configuration names."""


def unchanged(table: RawTable) -> RawTable:
    """Return the table as it is."""
    return table


@dataclass(frozen=True)
class LaidOut:
    """A text whose records can be split into fields."""

    text: bytes
    """In UTF-8; rewritten where the layout has no delimiter of its own, its lines at the same numbers."""
    layout: TextLayout
    start: KnownStart | None = None
    notes: tuple[Phrase, ...] = ()
    finish: Callable[[RawTable], RawTable] = unchanged
    """What the head says about the cells: scales, codes, the date."""


Recogniser = Callable[[TextSource], LaidOut | None]
"""Returns how a text is laid out, None where it is of another family."""
