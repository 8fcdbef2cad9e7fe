"""Names of gases in headers: formula, word or both, with what instruments write around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from gasflux.gas import formula_elements, is_formula
from gasflux.reading.vocabulary.gas_table import BY_NAME, GASES, MIXTURES, NOT_AUTOMATIC
from gasflux.reading.vocabulary.header_words import AVERAGED, PREFERRED, WordKind, Words, is_condition, split_words
from gasflux.reading.vocabulary.languages import foreign_gas, without_accents

_DRY_BRACKET: Final = r"\[(\w+)\]d(?![a-z])"
_NOT_A_LETTER: Final = re.compile(r"[\W_]+")
_NEEDS_UNIT: Final = frozenset({"no", "hf", "he", "ar", "cos", "dms", "eto", "pce", "tce"})
"""Formulas and short names that are also words: gases only where a unit stands beside them."""
_WRITTEN_TOGETHER: Final = re.compile(r"^(?:dry|x)(?=\w{2})|(?:dry|wet|conc|avg|raw|浓度|含量)$")
_MOST_WORDS: Final = 3
"""More unknown words beside a formula make a sentence, not a header."""

_MAIN_ISOTOPES: Final = r"12(?=c)|16(?=o)|14(?=n)|32(?=s)"
_RARE_ISOTOPES: Final = (
    r"1[34](?=c)|(?<=c)1[34](?=h|o|$)|15(?=n)|(?<=n)15|1[78](?=o)|(?<=o)1[78]|3[34](?=s)|(?<=s)3[34]"
)
_WRITTEN_OUT: Final = {"nno": "n2o", "oco": "co2", "ono": "no2", "ch3d": "ch4", "hdo": "h2o", "hod": "h2o"}
_LETTER_BEFORE: Final = re.compile(r"[a-zδΔ](?=[A-Z][A-Za-z]*\d|[A-Z]{2,}\b)")
_PLACES: Final = ("site", "stat", "unit", "node", "inlet", "tower", "line")
_LONGEST_NAME: Final = 8
_LONGEST_WORD: Final = 4
"""Letters of a place or an instrument that begins with a capital, and of one in small letters."""
CARBON_12_SHARE: Final = 0.9893
"""Share of 12C in natural carbon, mol/mol (IUPAC 2013, Meija et al. 2016, Pure Appl. Chem. 88:293)."""


@dataclass(frozen=True)
class GasName:
    """The gas that a header names."""

    formula: str
    """In lower case."""
    rank: int = 0
    """Preference among the columns of one gas, lower first."""
    is_dry: bool = False
    scale: float = 1.0
    """What the values are multiplied by to be all of the gas."""
    unused: str = ""
    """Why it is not used: ``statistic``, ``other``, ``isotope``, ``mixture``, ``formula``, ``words`` (beside
    it), ``prefix`` (a letter before it); empty when it is."""
    tags: tuple[str, ...] = ()
    """Words beside the name that say nothing known."""


def compact(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return _NOT_A_LETTER.sub("", unicodedata.normalize("NFKC", text)).casefold()


def formula_of(key: str, listed: frozenset[str] = frozenset()) -> str | None:
    """Return the gas of the table, or listed, that `key` spells by formula or by name."""
    if key in GASES or key in listed:
        return key
    known = BY_NAME.get(key) or foreign_gas(key)
    return known if known is not None or key.isascii() else BY_NAME.get(without_accents(key))


@lru_cache(maxsize=8192)
def read_gas(name: str, has_unit: bool, listed: frozenset[str] = frozenset()) -> GasName | None:
    """Return the gas that a header without its unit names, None when it names none.

    Parameters
    ----------
    name
        Header without its unit.
    has_unit
        Whether it states a mole fraction.
    listed
        Gases that the configuration asks for, formulas in lower case.
    """
    text = re.sub(_DRY_BRACKET, r"\1 dry", unicodedata.normalize("NFKC", name))
    words = split_words(text, True)
    found = _exact(text, words) if not words.dropped else None
    found = found or _among(words, listed) or _other(words, has_unit)
    if found is None or (found.unused in ("", "isotope") and not _is_trusted(found.formula, text, has_unit, listed)):
        return None
    if not found.unused and _has_letter_before(found, text):
        return replace(found, unused="prefix")
    if not found.unused and not has_unit and not all(map(_is_place, found.tags)):
        return replace(found, unused="words")
    if found.unused or words.kinds & {WordKind.STATISTIC, WordKind.OTHER} or any(map(is_condition, found.tags)):
        return found if found.unused else GasName(found.formula, unused=_why_unused(words))
    return _ranked(found, words)


def _has_letter_before(gas: GasName, text: str) -> bool:
    """Tell whether a small letter stands before a formula: ``dCH4`` is a difference, ``pCO2`` a pressure."""
    key = compact(text)
    return bool(_LETTER_BEFORE.match(text)) and key not in BY_NAME and key[0] != "x" and gas.formula != key


def _is_place(tag: str) -> bool:
    """Tell whether a word beside a gas reads as a place or an instrument (``NPL``) and not as a property."""
    if tag.casefold().startswith(_PLACES) or any(letter.isdigit() for letter in tag):
        return True
    return tag.isascii() and len(tag) <= (_LONGEST_NAME if tag[0].isupper() else _LONGEST_WORD)


def _exact(text: str, words: Words) -> GasName | None:
    """Gas written without anything around it but what is joined to it (``dryCH4``, ``CH4dry``)."""
    key = compact(text)
    bare = _WRITTEN_TOGETHER.sub("", _WRITTEN_TOGETHER.sub("", key))
    formula = formula_of(key) or formula_of(bare)
    return GasName(formula, is_dry=formula_of(key) is None and "dry" in key) if formula else None


def _among(words: Words, listed: frozenset[str]) -> GasName | None:
    """Gas among the words of a header, if it is one and not two."""
    left = words.core.split("_") if words.core else []
    found: list[GasName] = []
    tags: list[str] = []
    while left:
        taken, gas = next(_spans(left, listed), (1, None))
        if gas is None:
            tags.append(left[0])
        else:
            found.append(gas)
        left = left[taken:]
    if not found or len({gas.formula for gas in found}) > 1 or len(tags) > _MOST_WORDS:
        return None
    rarest = max(found, key=lambda gas: (gas.unused, gas.scale, gas.is_dry))
    return GasName(found[0].formula, 0, rarest.is_dry, rarest.scale, rarest.unused, tuple(tags))


def _spans(words: Sequence[str], listed: frozenset[str]) -> Iterator[tuple[int, GasName]]:
    """Yield the readings of the first words as a gas, the most words first."""
    for count in range(min(4, len(words)), 0, -1):
        key = compact("".join(words[:count]))
        bare = _WRITTEN_TOGETHER.sub("", _WRITTEN_TOGETHER.sub("", key))
        formula = formula_of(key, listed)
        if formula:
            yield count, GasName(formula)
        elif formula := formula_of(bare, listed):
            yield count, GasName(formula, is_dry="dry" in key)
        elif count == 1 and (isotopologue := _isotopologue(bare)):
            yield count, isotopologue


def _isotopologue(key: str) -> GasName | None:
    """Gas made of named isotopes: with 12C nearly all of it, with a rare isotope hardly any."""
    rare = re.sub(_RARE_ISOTOPES, "", key)
    main = re.sub(_MAIN_ISOTOPES, "", rare)
    formula = formula_of(_WRITTEN_OUT.get(main, main))
    if formula is None and key.startswith("i"):
        rare, formula = "", formula_of(key[1:])
    if formula is None:
        return None
    if rare != key or main in _WRITTEN_OUT:
        return GasName(formula, unused="isotope")
    return GasName(formula, scale=1.0 / CARBON_12_SHARE if "12c" in key else 1.0) if main != key else None


def _other(words: Words, has_unit: bool) -> GasName | None:
    """Return what looks like a gas and is none of the table: a mixture, or a formula with a unit."""
    key = compact(words.core)
    if key in MIXTURES and (has_unit or len(key) > 3 or not key.isascii()):
        return GasName(key, unused="mixture")
    has_number = any(letter.isdigit() for letter in key)
    if has_unit and len(key) > 1 and key.isascii() and is_formula(key) and (has_number or len(key) > 2):
        return GasName(key, unused="formula" if len(formula_elements(key)) > 1 else "other")
    return None


def _is_trusted(formula: str, text: str, has_unit: bool, listed: frozenset[str]) -> bool:
    """Tell whether a name is taken for the gas: humidity and bulk air only when listed, short words with a unit."""
    if formula in listed:
        return True
    if formula in NOT_AUTOMATIC:
        return False
    return has_unit or compact(text) not in _NEEDS_UNIT


def _why_unused(words: Words) -> str:
    """Word for why a column about a gas is not its amount."""
    return "statistic" if WordKind.STATISTIC in words.kinds else "other"


def _ranked(gas: GasName, words: Words) -> GasName:
    """Gas with its preference among columns of the same gas."""
    said = frozenset(words.dropped)
    is_dry = gas.is_dry or "dry" in said
    rank = 0 if is_dry else 10
    rank += 50 * (gas.scale != 1.0) + 100 * bool(said & AVERAGED) + 200 * (WordKind.RAW in words.kinds)
    rank += 400 * bool(gas.tags) - 5 * bool(said & PREFERRED)
    return GasName(gas.formula, rank, is_dry, gas.scale, "", gas.tags)
