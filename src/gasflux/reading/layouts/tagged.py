"""Lines that name each value (``S 06.05 D 008``, ``lat=40.0;lon=100.0``, JSON): no header, the tags are the names.

TriSonica anemometers write blank-separated tags; loggers of messages write pairs or one JSON object a line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from gasflux.reading.layouts.delimiter import TextLayout, lines_of, text_of
from gasflux.reading.layouts.header_place import HeaderPlace
from gasflux.reading.layouts.recognised_text import LaidOut, TextSource
from gasflux.reading.raw_table import RawTable
from gasflux.reading.values.number_texts import is_number_text
from gasflux.wording.lookup import phrase

_SAMPLE_LINES: Final = 40
_LEAST_PAIRS: Final = 3
_LEAST_SHARE: Final = 0.8
"""Share of the first lines that must be tagged."""

_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./%]*")
_PAIR: Final = re.compile(r"\s*[\"']?([^\W\d][\w .()/%\[\]°-]*?)[\"']?\s*[=:]\s*(.*?)\s*")
_LEAD: Final = "timestamp"
"""Name of what stands before the first tag: a logger's own time."""

_TRISONICA: Final[Mapping[str, str]] = {
    "S": "windspeed [m/s]",
    "D": "winddir [deg]",
    "U": "windeast [m/s]",
    "V": "windnorth [m/s]",
    "T": "temperature [degC]",
    "P": "pressure [hPa]",
    "H": "relative humidity [%]",
    "PI": "pitch",
    "RO": "roll",
    "MD": "magnetic heading",
    "TD": "heading true",
}
"""Tags of Anemoment's TriSonica and what they are: D is where the wind comes from, U and V where it goes."""

_TRISONICA_LOWEST: Final = -99.0
"""TriSonica writes -99.7 and the like where a value is missing."""

Pairs = dict[str, str]


def tagged(source: TextSource) -> LaidOut | None:
    """Return the layout of a text of tagged lines, None where the text is of another family."""
    first = [text_of(line[:_LONGEST]) for line in islice(lines_of(source.text), _SAMPLE_LINES)]
    filled = [line for line in first if line.strip()]
    for split in (_json_pairs, _written_pairs, _blank_pairs):
        read = [pairs for line in filled if len(pairs := split(line)) >= _LEAST_PAIRS]
        if len(filled) > 1 and len(read) >= _LEAST_SHARE * len(filled) and _are_alike(read):
            return _laid_out(source.text, split, _names(read))
    return None


_LONGEST: Final = 10_000


def _are_alike(read: Sequence[Pairs]) -> bool:
    """Tell whether most lines have the same tags."""
    counts = Counter(tag for pairs in read for tag in pairs)
    return sum(count >= _LEAST_SHARE * len(read) for count in counts.values()) >= _LEAST_PAIRS


def _names(read: Sequence[Pairs]) -> tuple[str, ...]:
    """Tags in the order they occur."""
    return tuple(dict.fromkeys(tag for pairs in read for tag in pairs))


def _json_pairs(line: str) -> Pairs:
    """Pairs of a line that is one JSON object, those of objects in it under both names."""
    if not line.lstrip().startswith("{"):
        return {}
    try:
        entries = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return dict(_flat(entries)) if isinstance(entries, dict) else {}


def _flat(entries: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and text of every value of an object."""
    for name, value in entries.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + str(name), "" if value is None else str(value)


def _written_pairs(line: str) -> Pairs:
    """Pairs of ``name=value`` or ``name:value`` between commas, semicolons, tabs or blanks."""
    for separator in (r"[,;\t|]", r"[\s,;]+"):
        fields = [field for field in re.split(separator, line.strip()) if field.strip()]
        matches = [_PAIR.fullmatch(field) for field in fields]
        lead = next((index for index, match in enumerate(matches) if match), len(matches))
        if all(matches[lead:]) and len(matches) - lead >= _LEAST_PAIRS:
            pairs = {match.group(1): match.group(2).strip("\"'") for match in matches if match}
            return ({_LEAD: " ".join(field.strip() for field in fields[:lead])} if lead else {}) | pairs
    return {}


def _blank_pairs(line: str) -> Pairs:
    """Pairs of ``TAG value`` between blanks or commas, perhaps behind a time."""
    tokens = re.split(r"[\s,]+", line.strip())
    lead = next(
        (i for i, token in enumerate(tokens[:-1]) if _TAG.fullmatch(token) and _is_value(tokens[i + 1])), len(tokens)
    )
    tags, values = tokens[lead::2], tokens[lead + 1 :: 2]
    if lead > 3 or len(tags) != len(values) or not all(map(_TAG.fullmatch, tags)) or not all(map(_is_value, values)):
        return {}
    pairs: Pairs = {_LEAD: " ".join(tokens[:lead])} if lead else {}
    for tag, value in zip(tags, values, strict=True):
        pairs.setdefault(tag, value)
    return pairs


def _is_value(token: str) -> bool:
    """Tell whether a token is a value and no tag."""
    return is_number_text(token) or token.casefold() in ("nan", "--", "null") or token[:1].isdigit()


def _laid_out(text: bytes, split: Callable[[str], Pairs], names: tuple[str, ...]) -> LaidOut:
    """Rewrite tagged lines as fields between tabs, each at its own line."""
    is_trisonica = {"S", "D"} <= set(names)
    records = []
    for line in lines_of(text):
        pairs = split(text_of(line))
        records.append("\t".join(pairs.get(name, "").replace("\t", " ") for name in names) if pairs else "")
    headers = tuple(_TRISONICA.get(name, name) if is_trisonica else name for name in names)
    place = HeaderPlace(-1, 0, headers, (), len(headers))
    layout = TextLayout("\t", place, 1, 0, ())
    notes = (phrase("note.trisonica" if is_trisonica else "note.tagged_lines", tags=", ".join(names)),)
    return LaidOut(
        ("\n".join(records) + "\n").encode(), layout, None, notes, _without_codes if is_trisonica else _unchanged
    )


def _unchanged(table: RawTable) -> RawTable:
    """Return the table as it is."""
    return table


def _without_codes(table: RawTable) -> RawTable:
    """Take out what a TriSonica writes where it has no value."""
    is_own = [header in _TRISONICA.values() for header in table.headers]
    columns = tuple(
        np.where(column <= _TRISONICA_LOWEST, np.nan, column) if own and column.dtype.kind == "f" else column
        for column, own in zip(table.columns, is_own, strict=True)
    )
    return replace(table, columns=columns)
