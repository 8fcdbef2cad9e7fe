"""Column headers as people write them, English and Chinese: what a column holds and in which unit.

A header is read as ``name``, ``name [unit]``, ``name (unit)``, ``name unit``, ``name_unit`` or ``CamelCaseUnit``. Names
are compared without case, blanks and signs. A unit counts only where it fits what the name means, so ``TemperatureC``
is degrees Celsius and ``[CH4]_ppm_se``, an instrument's standard error, is nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from gasflux.gas import is_formula
from gasflux.reading.units import Dimension, Unit, find_unit, is_unit, no_fraction, no_fraction_kinds, unit_endings
from gasflux.reading.vocabulary.column_names import ALIASES, DIMENSIONS, DOUBTFUL_KEYS, INSTRUMENT_KEYS
from gasflux.reading.vocabulary.gas_names import formula_of, read_gas
from gasflux.reading.vocabulary.header_words import AVERAGED, PREFERRED, WordKind, Words, kinds_of, split_words
from gasflux.reading.vocabulary.languages import foreign_column, without_accents

_KEYS: Final[Mapping[str, tuple[str, int]]] = {
    key: (name, rank) for name, keys in ALIASES.items() for rank, key in enumerate(keys.split())
}

_BRACKET: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_SEPARATOR: Final = re.compile(r"[\s_,/-]+")
_HEMISPHERE: Final = r"[(\[]\s*(?:[NSEWnsew+](?:\s*/\s*[NSEWnsew-])?|[南北东西東]纬?)\s*[)\]]"
_SOUTH_OR_WEST: Final = r"[(\[\s_](?:s|south|w|west|南纬?|西经?)\s*[)\]]?$|^(?:南纬|南緯|西经|西經)"
_DRY_UNIT: Final = r"dry|pp[mbt]d"
_MOST_SPLITS: Final = 6
_DECORATED: Final = 100
"""Rank that words beside a name cost it: the plain column of the same name goes before."""
FORCED_RANK: Final = -1000
"""Of a column that the configuration assigns: before all others."""
_LAYOUTS: Final[Mapping[str, tuple[str, str]]] = {"gas:methane": ("ch4", "path")}
"""Headers whose instrument, not their words, tells what they are: UgCS SkyHub writes ppm-m under GAS:Methane."""


_PARTS: Final[Mapping[str, str]] = {
    "YYYY": "year",
    "YY": "year",
    "MM": "month",
    "hh": "hour",
    "HH": "hour",
    "mm": "minute",
    "mi": "minute",
    "ss": "second",
    "SS": "second",
}
"""Headers that only their case tells: MM is a month, mm a minute."""
_SINCE: Final = r"\b(d(?:ays?)?|h(?:ours?|rs?)?|min(?:ute)?s?|s(?:ec(?:ond)?s?)?|ms|milliseconds?)\s+since\s+\d{4}-\d"
_SHORTEST_SINCE: Final = len("s since 2000-1")


def _known(key: str) -> tuple[str, int] | None:
    """Return the canonical name and the rank of a column called `key` in any language, with or without a height."""
    known = _KEYS.get(key) or foreign_column(key)
    if known is not None:
        return known
    if key[-1:] == "m" and key[-2:-1].isdigit():
        bare = _KEYS.get(key[:-1].rstrip("0123456789"))
        return (bare[0], bare[1] + _DECORATED) if bare is not None else None
    return None if key.isascii() else _KEYS.get(without_accents(key))


@dataclass(frozen=True)
class Header:
    """What one header says."""

    text: str
    """As it stands in the file, trimmed."""
    name: str = ""
    """Canonical name or gas formula in lower case; empty when not recognised."""
    unit: Unit | None = None
    """Unit the header states; None when it states none."""
    rank: int = 0
    """Preference among columns of the same name, 0 first."""
    is_gas: bool = False
    is_dry: bool = False
    """A gas as its share of dry air."""
    scale: float = 1.0
    """Factor from the values to all of a gas, where they count one isotopologue."""
    is_towards: bool = False
    """A direction the wind blows to."""
    about: str = ""
    """Canonical name or gas that a column without `name` has to do with."""
    unused: str = ""
    """Why it is not that itself: ``statistic``, ``other``, ``isotope``, ``mixture``, ``formula``, ``inside``,
    ``doubtful``, or a kind of `units.no_fraction`."""
    said: tuple[str, ...] = ()
    """Words beside the name, lower case."""


@dataclass(frozen=True)
class Choice:
    """One column of the table and what it holds."""

    name: str
    """Canonical name or gas formula."""
    index: int
    header: Header
    unit: Unit | None
    """Unit the configuration, the header or the units row states; None when none does."""


def header_key(text: str) -> str:
    """Return the letters and digits of a header in lower case: what names are compared by."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def clean_header(text: str) -> str:
    """Return a header without byte order mark, quotes, blanks at the ends and line breaks."""
    return " ".join(text.replace("\ufeff", "").replace("\x00", "").strip(" \t\r\n'\"").split())


def dimension_of(name: str) -> Dimension | None:
    """Return what the canonical column or gas `name` measures, None for a column without unit."""
    return DIMENSIONS.get(name) or (None if name in ALIASES else Dimension.MOLE_FRACTION)


def gas_name(text: str) -> str | None:
    """Return the formula in lower case of a gas named by formula or by word, None when it is neither."""
    key = header_key(text)
    return formula_of(key) or (key if is_formula(key) else None)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Ways to split a header into a name and the text of its unit, the surest first."""
    for bracket in reversed(list(_BRACKET.finditer(text))):
        if is_unit(bracket.group(1)) or no_fraction(bracket.group(1)):
            yield text[: bracket.start()] + " " + text[bracket.end() :], bracket.group(1)
    separators = list(_SEPARATOR.finditer(text))[-_MOST_SPLITS:]
    for separator in separators:
        if separator.end() < len(text) and separator.start():
            yield text[: separator.start()], text[separator.end() :]


def _splits_at_ending(text: str) -> Iterator[tuple[str, Unit]]:
    """Ways to split ``CamelCaseUnit``: names that end in a unit, without it."""
    key = header_key(text)
    for endings in unit_endings().values():
        for ending, unit in endings:
            if key.endswith(ending) and key != ending:
                yield key.removesuffix(ending), unit


def _gas_header(text: str, name: str, unit: Unit | None, listed: frozenset[str], unit_text: str = "") -> Header | None:
    """Header of a gas, or of what has to do with one; a unit may say that the fraction is of dry air."""
    gas = read_gas(f"{name} dry" if re.search(_DRY_UNIT, unit_text.casefold()) else name, unit is not None, listed)
    if gas is None:
        return None
    if gas.unused:
        return Header(text, about=gas.formula, unused=gas.unused)
    return Header(text, gas.formula, unit, gas.rank, True, gas.is_dry, gas.scale, said=gas.tags)


def _with_unit(text: str, name: str, unit: Unit, listed: frozenset[str], unit_text: str = "") -> Header | None:
    """Header of `name` in `unit`, None when the name is not known or is not of the unit's dimension."""
    key = header_key(name)
    # "Wind (km/h)" is its speed; without a unit the word may be anything about the wind.
    known = _known("windspeed" if key == "wind" else key)
    if known is not None and DIMENSIONS.get(known[0]) is unit.dimension:
        return Header(text, known[0], unit, known[1])
    is_fraction = unit.dimension is Dimension.MOLE_FRACTION
    return _gas_header(text, name, unit, listed, unit_text) if is_fraction else None


def _readings(shown: str, plain: str, listed: frozenset[str]) -> Iterator[Header | None]:
    """Yield the readings of a header as a name with or without a unit, in order of trust."""
    for name, unit_text in _splits(plain):
        kind = no_fraction(unit_text)
        gas = read_gas(name, True, listed) if kind else None
        is_gas = gas is not None and gas.unused in ("", "other", "words")
        yield Header(shown, about=gas.formula, unused=kind or "") if gas is not None and is_gas else None
        for dimension in Dimension:
            unit = find_unit(unit_text, dimension)
            yield _with_unit(shown, name, unit, listed, unit_text) if unit else None
    known = _known(header_key(plain))
    yield Header(shown, known[0], None, known[1]) if known else None
    for name, unit in _splits_at_ending(plain):
        yield _with_unit(shown, name, unit, listed)
    # Last, because "ch4ppb" would read as a formula with phosphorus and boron.
    last = _gas_header(shown, plain, None, listed)
    is_strange = last is not None and last.unused in ("", "words") and _has_strange_unit(plain)
    yield Header(shown, about=last.name or last.about, unused="unit") if last is not None and is_strange else last


def _has_strange_unit(plain: str) -> bool:
    """Tell whether a bracket holds what can only be a unit, and is none that is known."""
    texts = [match.group(1) for match in _BRACKET.finditer(plain)]
    strange = [text for text in texts if re.search(r"[/%*^·‰]|[a-zµμ]-\d", text)]
    return any(not is_unit(text) and not no_fraction(text) for text in strange)


def _candidates(shown: str, listed: frozenset[str]) -> Iterator[Header | None]:
    """Yield the readings of a header in order of trust."""
    plain = unicodedata.normalize("NFKC", shown)
    layout = _LAYOUTS.get(plain.casefold())
    yield Header(shown, about=layout[0], unused=layout[1]) if layout else None
    inside = _inside(plain)
    yield Header(shown, about=inside[0], unused=inside[1]) if inside else None
    yield from _readings(shown, plain, listed)
    without = re.sub(_HEMISPHERE, " ", plain)
    if without != plain:
        yield from _readings(shown, without, listed)
    for letters in (False, True):
        yield from _decorated(shown, plain, letters, listed)


def _decorated(shown: str, plain: str, letters: bool, listed: frozenset[str]) -> Iterator[Header | None]:
    """Yield the readings of a header without the words beside its name."""
    units = [match for match in _BRACKET.finditer(plain) if is_unit(match.group(1)) or no_fraction(match.group(1))]
    name = plain
    for match in reversed(units):
        name = name[: match.start()] + " " + name[match.end() :]
    words = split_words(name, letters)
    if not words.dropped or not words.core:
        return
    bare = f"{words.core} {units[-1].group()}" if units else words.core
    for header in (*_readings(shown, bare, listed), *_with_unit_inside(shown, words.core, listed)):
        if header is not None and (header.name or not header.is_gas):
            yield _with_words(header, words)


def _with_unit_inside(shown: str, core: str, listed: frozenset[str]) -> Iterator[Header | None]:
    """Yield the gas of a header whose unit stands among its words (``CH4_ppb_NPL``)."""
    words = core.split("_")
    for place, word in enumerate(words):
        unit = find_unit(word, Dimension.MOLE_FRACTION)
        if unit is not None and len(words) > 1:
            yield _gas_header(shown, "_".join(words[:place] + words[place + 1 :]), unit, listed)


def _with_words(header: Header, words: Words) -> Header:
    """Header of a name with what the words beside it say."""
    name, kinds = header.name, words.kinds
    if not name or header.is_gas:
        return header if not name else _gas_with_words(header, words)
    if name == "altitude" and WordKind.RELATIVE in kinds:
        return replace(header, name="height_ato", rank=header.rank + _DECORATED)
    why = _why_not(name, words)
    if name in _APPARENT and WordKind.RELATIVE in kinds:
        return replace(header, name=_APPARENT[name], rank=header.rank + _DECORATED)
    if why:
        return Header(header.text, about=name, unused=why)
    rank = (
        header.rank + _DECORATED + 50 * bool(set(words.dropped) & AVERAGED) - 50 * bool(set(words.dropped) & PREFERRED)
    )
    rank -= (_DECORATED + 50) * bool(set(words.dropped) & PREFERRED and name in _CORRECTED)
    rank += 200 * (WordKind.RAW in kinds) + 300 * (WordKind.MAGNETIC in kinds)
    is_towards = name == "winddir" and (WordKind.TOWARDS in kinds or header.is_towards)
    return replace(header, rank=rank, is_towards=is_towards, said=words.dropped)


def _gas_with_words(header: Header, words: Words) -> Header:
    """Header of a gas whose unit stood between the words (``CH4_ppm_dry``)."""
    again = read_gas("_".join((header.name, *words.dropped)), header.unit is not None, frozenset({header.name}))
    if again is None:
        return header
    if again.unused:
        return Header(header.text, about=header.name, unused=again.unused)
    rank = again.rank + (header.rank if header.scale != 1.0 else 0)
    return replace(header, rank=rank, is_dry=header.is_dry or again.is_dry)


_CORRECTED: Final = ("windspeed", "winddir", "wind_north", "wind_east")
"""Names whose corrected column goes before the plain one: the plain one is what was corrected."""
_SURE: Final = no_fraction_kinds() | {"inside", "statistic", "prefix"}
"""Reasons that no further reading of a header outweighs."""
_APPARENT: Final = {"windspeed": "apparent_speed", "winddir": "apparent_direction", "windangle": "apparent_direction"}
_CONDITIONS: Final = ("temperature", "pressure")
_HARMLESS_FOR_PRESSURE: Final = frozenset({"baro", "imu", "fc", "board", "detector", "module", "reference"})


def _why_not(name: str, words: Words) -> str:
    """Say why a column of this name is not the thing itself; empty where it is."""
    kinds = words.kinds
    if WordKind.STATISTIC in kinds:
        return "statistic"
    if WordKind.INSIDE in kinds and name in _CONDITIONS:
        inside = {word for word in words.dropped if WordKind.INSIDE in kinds_of(word)}
        if name == "temperature" or not inside or inside - _HARMLESS_FOR_PRESSURE:
            return "inside"
        return ""
    if WordKind.OTHER in kinds or (WordKind.RELATIVE in kinds and name == "pressure"):
        return "other"
    return "doubtful" if WordKind.DOUBTFUL in kinds and name == "temperature" else ""


@lru_cache(maxsize=8192)
def read_header(text: str, listed_gases: frozenset[str] = frozenset()) -> Header:
    """Return what a header says.

    Parameters
    ----------
    text
        Header as it stands in the file.
    listed_gases
        Gases the configuration asks for, as lower-case formulas: these are recognised where others would need a unit.

    Returns
    -------
    Header
        Its `name` is empty when the column is none that GasFlux uses; `about` and `unused` then say what it has to do
        with, where that is known.

    Examples
    --------
    >>> read_header("MethanePPB").name, read_header("MethanePPB").unit.symbol
    ('ch4', 'ppb')
    >>> read_header("GasP_torr").name
    ''
    """
    shown = clean_header(text)
    if not any(letter.isalpha() for letter in shown):
        return Header(shown)
    part = _PARTS.get(shown)
    if part is not None:
        return Header(shown, part)
    since = re.search(_SINCE, shown, re.IGNORECASE) if len(shown) > _SHORTEST_SINCE else None
    if since is not None:
        return Header(shown, "timestamp", find_unit(since.group(1), Dimension.TIME), _DECORATED)
    plain = _known(header_key(shown)) if shown.replace("_", "").replace(" ", "").isalnum() else None
    if plain is not None:
        return Header(shown, plain[0], None, plain[1])
    best = Header(shown)
    for header in _candidates(shown, listed_gases):
        if header is None or (best.name and header.name != best.name):
            continue
        is_better = not best.about and not best.name if not header.name else not best.name or _goes_before(header, best)
        best = header if is_better else best
        if best.unused in _SURE or (best.name and not best.said):
            break
    return best


def _goes_before(header: Header, best: Header) -> bool:
    """Tell whether one reading of a header is surer than another of the same name."""
    return (header.rank, header.unit is None) < (best.rank, best.unit is None)


def stated_unit(text: str, dimension: Dimension) -> Unit | None:
    """Return the unit of `dimension` at the end of a header whose name is not recognised (``Inlet 2 [ppb]``)."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    found = (find_unit(unit_text, dimension) for _, unit_text in _splits(plain))
    return next((unit for unit in found if unit is not None), None)


def stated_no_fraction(text: str) -> str | None:
    """Return the kind of a unit in a header that is no mole fraction, None where it states none such."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    layout = _LAYOUTS.get(plain.casefold())
    # "LEL (%)": what stands before a unit may say what it is a share of.
    texts = (text for name, unit in _splits(plain) for text in (unit, name))
    return layout[1] if layout else next((kind for text in texts if (kind := no_fraction(text))), None)


def words_kinds(text: str) -> frozenset[WordKind]:
    """Return what the words beside the name of a header say."""
    return split_words(clean_header(text)).kinds


def is_south_or_west(text: str) -> bool:
    """Tell whether the header of a position says that its degrees count to the south or to the west."""
    return re.search(_SOUTH_OR_WEST, clean_header(text).casefold()) is not None


def states_towards(text: str) -> bool:
    """Tell whether a header says that a direction is the one the wind blows to."""
    return WordKind.TOWARDS in words_kinds(text)


def unknown_unit(text: str, name: str) -> str | None:
    """Return the unit in brackets behind a spelling of `name` where it is none of its dimension, else None."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    for bracket in _BRACKET.finditer(plain):
        known = _known(header_key(plain[: bracket.start()] + " " + plain[bracket.end() :]))
        dimension = DIMENSIONS.get(name) if known is not None and known[0] == name else None
        if dimension is not None and find_unit(bracket.group(1), dimension) is None:
            return bracket.group(1).strip()
    return None


def _inside(plain: str) -> tuple[str, str] | None:
    """Return ``temperature`` or ``pressure`` and the reason where a name is not, or hardly, that of the air."""
    names = [plain, *(name for name, unit_text in _splits(plain) if is_unit(unit_text))]
    for key in map(header_key, names):
        if key in INSTRUMENT_KEYS:
            return INSTRUMENT_KEYS[key], "inside"
        if key in DOUBTFUL_KEYS:
            return DOUBTFUL_KEYS[key], "doubtful"
    return None


def instrument_condition(text: str) -> str | None:
    """Return ``temperature`` or ``pressure`` where a header names that of the instrument's cell, else None."""
    header = read_header(text)
    return header.about if header.unused == "inside" else None
