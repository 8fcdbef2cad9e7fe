"""Fields between commas, semicolons, tabs, bars or blanks below a header: the layout of nearly every log.

Campbell's TOA5 (names, units and process codes in rows of their own), LI-COR's DATAH and DATAU rows and Picarro's
columns between blanks are of this family.
"""

from __future__ import annotations

from gasflux.reading.layouts.delimiter import find_layout
from gasflux.reading.layouts.recognised_text import LaidOut, TextSource
from gasflux.reading.times.known_start import start_in_head
from gasflux.wording.lookup import phrase


def delimited(source: TextSource) -> LaidOut:
    """Return the layout of a delimited text.

    Raises
    ------
    InputError
        When no line reads as a header.
    """
    layout = find_layout(source.text, source.known, source.listed)
    labels = ", ".join(str(index + 1) for index in layout.place.labels)
    notes = (phrase("note.label_rows", rows=labels),) if labels else ()
    return LaidOut(source.text, layout, start_in_head(layout.preamble), notes)
