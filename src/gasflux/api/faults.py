"""What pydantic finds wrong with a request, in sentences."""

from __future__ import annotations

import difflib
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gasflux.errors import Fault, faults_from, quoted, shortened
from gasflux.wording.lookup import phrase

MOST_QUOTED: Final = 60
"""Characters of a wrong name or value that are quoted back."""


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Return one fault per wrong entry, a union of types reporting once."""
    entries: dict[str, ErrorDetails] = {}
    for entry in error.errors(include_url=False, include_context=False):
        is_unknown = entry["type"] == "extra_forbidden"
        parts = entry["loc"][-1:] if is_unknown else [part for part in entry["loc"] if _is_named(part, model)]
        entries.setdefault(".".join(map(str, parts)), entry)
    return faults_from(list(entries.items()), lambda named: _fault(*named, model))


def _is_named(part: int | str, model: type[BaseModel]) -> bool:
    """Whether a part of a location is a name or a place, and not one of the types that pydantic tried."""
    return isinstance(part, int) or part in _names(model)


def _fault(name: str, entry: ErrorDetails, model: type[BaseModel]) -> Fault:
    """Return the fault of one entry."""
    if entry["type"] == "extra_forbidden":
        return _unknown(shortened(name, MOST_QUOTED), model)
    said = name or phrase("entry.it")
    value = quoted(entry["input"], MOST_QUOTED)
    return Fault.of("wrong_entry", column=name or None, value=value, name=said, problem=entry["msg"])


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _unknown(name: str, model: type[BaseModel]) -> Fault:
    known = sorted(_names(model))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    allowed = ", ".join(known)
    hint = phrase("hint.did_you_mean", near=near[0]) if near else phrase("hint.known", names=allowed)
    return Fault.of("unknown_entry", column=name, allowed=allowed, hint=hint)
