"""Columns that nobody reads and whose headers look like wind, pressure or a position: told, never passed over."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from gasflux.reading.headers import clean_header, header_key, read_header
from gasflux.reading.vocabulary.header_words import WordKind, split_words

_WIND: Final = r"(?:wind|wnd|風|风|anemo|viento|vento|\bvent\b|wiatr|vind|ветр|바람|풍)"
_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (
        "winddir",
        rf"{_WIND}.*(?:dir|angle|bearing|azimuth|deg|heading|from|向|角|ri[ck]ht|rumbo|kierun|retn|напр|향)"
        rf"|(?:dir|rumbo|kierun|напр)\w*\W.*{_WIND}|^w(?:d|dir)(?![a-z])|wdir|winddir|^dir(?:ection)?\b",
    ),
    (
        "windspeed",
        rf"{_WIND}.*(?:sp|vel|m/?s|kn|kt|mph|km/?h|速|geschw|snelh|hastig|скор|속)"
        rf"|(?:vel|vites|forza|fuerza|inten|predk|скор)\w*\W.*{_WIND}|^w(?:s|spd)(?![a-z])|wspd",
    ),
    ("pressure", r"pres|baro(?!m.*alt)|mbar|hpa|atmos|luftdruck|давлен|気圧|기압|气压|氣壓|壓力|压力|压强|壓強"),
    ("temperature", r"temp(?!o|l)|气温|氣溫|温度|溫度"),
    ("latitude", r"^lat|latitude|纬度|緯度|northing|utm_?[ny]$|^pos_?y$|^y(?:_?utm)?$"),
    ("longitude", r"^lon|^lng|longitude|经度|經度|easting|utm_?[ex]$|^pos_?x$|^x(?:_?utm)?$"),
    ("winddir", rf"{_WIND}(?!.*(?:power|class|categ|load|screen|mill|farm|turbine))"),
    ("height_ato", r"^alt(?!er|ern)|altitude|height|^hgt|^elev|高度|海拔|^agl|^asl|^msl"),
)
_PROJECTED: Final = re.compile(r"northing|easting|utm|^[xy]$", re.IGNORECASE)
_NOT_IT: Final = frozenset({WordKind.STATISTIC, WordKind.OTHER, WordKind.INSIDE})


def looks_like(text: str) -> str | None:
    """Return the canonical name that a header without meaning resembles, None where it resembles none.

    Parameters
    ----------
    text
        Header as it stands in the file. Statistics, set points and the inside of instruments resemble nothing.
    """
    header = read_header(text)
    if header.name or header.about or header.unused:
        return None
    plain = unicodedata.normalize("NFKC", clean_header(text)).casefold()
    if split_words(text).kinds & _NOT_IT or split_words(text, True).kinds & _NOT_IT:
        return None
    return next((name for name, pattern in _PATTERNS if re.search(pattern, plain)), None)


def alike(headers: Iterable[str], name: str) -> tuple[str, ...]:
    """Return the headers that look like `name`."""
    return tuple(text for text in headers if looks_like(text) == name)


def is_projected(text: str) -> bool:
    """Tell whether a header looks like a coordinate in metres."""
    return bool(_PROJECTED.search(header_key(text)))
