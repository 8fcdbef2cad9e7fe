"""What pydantic finds wrong with a request, in sentences."""

from __future__ import annotations

import difflib
from typing import Final

from pydantic import BaseModel, ValidationError

from gasflux.errors import Fault
from gasflux.wording.lookup import phrase

_SHOWN: Final = 60
"""Characters of a wrong value that are quoted back."""


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Return one fault per wrong entry, a union of types reporting once."""
    faults: dict[str, Fault] = {}
    for entry in error.errors(include_url=False, include_context=False):
        name = ".".join(str(part) for part in entry["loc"] if isinstance(part, int) or part in _names(model)) or None
        if entry["type"] == "extra_forbidden":
            name = str(entry["loc"][-1])[:_SHOWN]
            faults[name] = _unknown(name, model)
            continue
        value = _shown(entry["input"])
        said = name or phrase("entry.it")
        fault = Fault.of("wrong_entry", column=name, value=value, name=said, problem=entry["msg"])
        faults.setdefault(name or "", fault)
    return list(faults.values())


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _unknown(name: str, model: type[BaseModel]) -> Fault:
    known = sorted(_names(model))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    allowed = ", ".join(known)
    hint = phrase("hint.did_you_mean", near=near[0]) if near else phrase("hint.known", names=allowed)
    return Fault.of("unknown_entry", column=name, allowed=allowed, hint=hint)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
