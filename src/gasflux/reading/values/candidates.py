"""Which of several columns of one name is read: by their headers first, then by whether they hold living values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.reading.headers import FORCED_RANK, Choice, words_kinds
from gasflux.reading.quantities import Quantity
from gasflux.reading.vocabulary.header_words import WordKind
from gasflux.records import FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase, counted

MIN_ROWS: Final = 10
"""Samples (and values of a gas) below which nothing can be said about a flight."""

_HELD_SHARE: Final = 0.5
"""Half of all values the same as the one before: slower than the log, or held while another gas is measured."""
_LIVELIER: Final = 0.5
"""A column goes before one that holds its values when it repeats itself at most this much as often."""


@dataclass(frozen=True)
class Unusable:
    """A gas column that no rate can come from."""

    what: Phrase
    fault: Fault


@dataclass(frozen=True, eq=False)
class Settled:
    """The column of one name that is read."""

    quantity: Quantity
    problem: Unusable | None
    notes: tuple[Phrase, ...]


Read = Callable[[Choice], Quantity]


def settle(candidates: Sequence[Choice], read: Read, why: Phrase = NOTHING) -> Settled:
    """Return the column to use of several of one name, and what to say about it.

    Parameters
    ----------
    candidates
        Columns, the preferred first.
    read
        Reads one of them.
    why
        Why the first is preferred, where its header alone does not say.
    """
    quantity = read(candidates[0])
    if candidates[0].header.rank == FORCED_RANK:
        return Settled(quantity, _problem(quantity), _about(quantity, candidates, NOTHING))
    if candidates[0].header.is_gas:
        return _settle_gas(candidates, quantity, read)
    for choice in candidates[1:]:
        if not _is_empty(quantity):
            break
        quantity = read(choice)
    quantity = quantity if not _is_empty(quantity) else read(candidates[0])
    return Settled(quantity, None, _about(quantity, candidates, _skipped(quantity, candidates, why)))


def _is_empty(quantity: Quantity) -> bool:
    """Tell whether a column holds nothing at all, not even something wrong."""
    return not quantity.faults and not np.isfinite(quantity.values).any()


def _skipped(quantity: Quantity, candidates: Sequence[Choice], why: Phrase) -> Phrase:
    """Say that a preferred column is dead, else why it is preferred."""
    best = candidates[0]
    return why if quantity.choice.index == best.index else phrase("reason.dead", header=best.header.text)


def _settle_gas(candidates: Sequence[Choice], first: Quantity, read: Read) -> Settled:
    """Return the first living column of a gas; one that holds its values goes behind a livelier one."""
    quantity, problem, reason = first, _problem(first), NOTHING
    for choice in candidates[1:]:
        held = repeated_share(quantity.values) if problem is None else 1.0
        if problem is None and held <= _HELD_SHARE:
            break
        other = read(choice)
        other_problem = _problem(other)
        if other_problem is None and (problem is not None or repeated_share(other.values) < _LIVELIER * held):
            dead, share = quantity.choice.header.text, _percent(held)
            is_held = problem is None
            reason = phrase("reason.held", header=dead, share=share) if is_held else phrase("reason.dead", header=dead)
            quantity, problem = other, None
    return Settled(quantity, problem, _about(quantity, candidates, reason))


def _percent(share: float) -> str:
    """Return a share in percent, with a blank before the sign (SI brochure, 5.4.7)."""
    return f"{100.0 * share:.0f} %"


def repeated_share(values: FloatArray) -> float:
    """Return the share of the values that are the same as the value before."""
    given = values[np.isfinite(values)]
    return float(np.mean(given[1:] == given[:-1])) if given.size > 1 else 0.0


def _about(quantity: Quantity, candidates: Sequence[Choice], reason: Phrase) -> tuple[Phrase, ...]:
    """Say which column was taken before which, and what its header leaves open."""
    choice = quantity.choice
    others = [other for other in candidates if other.index != choice.index]
    notes = []
    if others:
        if not reason.en and choice.header.is_dry and not all(other.header.is_dry for other in others):
            reason = phrase("reason.dry")
        unused = listed_headers([other.header.text for other in others])
        text = choice.header.text
        notes.append(phrase("note.taken_from", name=choice.name, header=text, reason=reason, unused=unused))
    return (*notes, *_remarks(quantity))


def _remarks(quantity: Quantity) -> tuple[Phrase, ...]:
    """Say what a column's header or its values leave open."""
    choice, header = quantity.choice, quantity.choice.header
    notes = []
    if header.is_towards:
        notes.append(phrase("note.towards", header=header.text))
    if choice.name == "winddir" and WordKind.MAGNETIC in words_kinds(header.text):
        notes.append(phrase("note.magnetic", header=header.text))
    if not header.is_gas:
        return tuple(notes)
    if header.scale != 1.0:
        notes.append(phrase("note.isotope_main", header=header.text, scale=header.scale))
    if header.said:
        notes.append(phrase("note.tagged", header=header.text, gas=choice.name, words=listed_headers(header.said)))
    held = repeated_share(quantity.values)
    if held > _HELD_SHARE and _problem(quantity) is None:
        notes.append(phrase("note.held", header=header.text, share=_percent(held)))
    return tuple(notes)


def listed_headers(texts: Sequence[str]) -> Phrase:
    """Return headers in quotation marks, as a sentence part."""
    return Phrase(", ".join(map(repr, texts)), "、".join(f"“{text}”" for text in texts))


def _problem(quantity: Quantity) -> Unusable | None:
    """Say what keeps a gas column from being used: hardly a number in it, or the same number in every row."""
    if not quantity.choice.header.is_gas:
        return None
    header = quantity.choice.header.text
    given = quantity.values[np.isfinite(quantity.values)]
    if given.size < MIN_ROWS or sum(fault.count for fault in quantity.faults) > given.size:
        numbers = counted(given.size, "number")
        allowed = phrase("allowed.numbers", least=MIN_ROWS)
        fault = Fault.of("too_few_numbers", column=header, allowed=allowed, numbers=numbers, least=MIN_ROWS)
        return Unusable(phrase("note.too_few_numbers", header=header, numbers=numbers), fault)
    if np.ptp(given) > 0.0 or quantity.faults:
        return None
    is_mass = quantity.unit is not None and quantity.unit.factor is None
    value = f"{given[0]:.4g} {'ug/m3' if is_mass else 'ppm'}"
    rows = counted(given.size, "row")
    fault = Fault.of("constant_gas", column=header, value=value, allowed=phrase("allowed.changing"), rows=rows)
    return Unusable(phrase("note.constant", header=header, value=value, rows=rows), fault)
