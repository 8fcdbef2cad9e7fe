"""Columns of equal width filled up with blanks, as Picarro writes them: cells may be empty or hold blanks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from gasflux.reading.layouts.delimiter import lines_of, text_of
from gasflux.reading.layouts.recognised_text import LaidOut
from gasflux.wording.lookup import phrase

_SAMPLE_LINES: Final = 200


def fixed_width(laid: LaidOut) -> LaidOut | None:
    """Return a text of columns between blanks as one between tabs, None where no columns stand below each other.

    Needed where a record has fewer fields than the header: splitting at blanks would move its values to the left.
    """
    header, *records = _lines(laid)
    spans = _spans([header, *records[:_SAMPLE_LINES]])
    names = [header[start:stop].strip() for start, stop in spans]
    if len(names) != len(laid.layout.place.headers) or not all(names):
        return None
    cut = ["\t".join(line[start:stop].strip() for start, stop in spans) for line in records]
    layout = replace(laid.layout, delimiter="\t", offset=0, place=replace(laid.layout.place, headers=tuple(names)))
    notes = (*laid.notes, phrase("note.fixed_width"))
    return replace(laid, text=("\n".join(cut) + "\n").encode(), layout=layout, notes=notes)


def _lines(laid: LaidOut) -> list[str]:
    """Line of the header and those of the records."""
    above = [text_of(line) for line in islice(lines_of(laid.text), laid.layout.place.index + 1)]
    return [above[-1], *(text_of(line) for line in lines_of(laid.text, laid.layout.offset))]


def _spans(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Begin and end of each column: between places where every line has a blank, the last column to the line's end."""
    width = max(map(len, lines))
    is_used = np.zeros(width, dtype=np.bool_)
    for line in lines:
        is_used[: len(line)] |= np.array([not sign.isspace() for sign in line], dtype=np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_used.astype(np.int8), [0]])))
    starts, stops = edges[::2].tolist(), edges[1::2].tolist()
    # What a later line holds beyond belongs to the column on its left.
    return list(zip(starts, [*starts[1:], 10 * width], strict=True)) if stops else []


def has_short_records(laid: LaidOut) -> bool:
    """Tell whether a record between blanks has fewer fields than the header."""
    width = len(laid.layout.place.headers)
    return any(0 < len(line.split()) < width for line in lines_of(laid.text, laid.layout.offset))
