"""Every error GasFlux raises on purpose.

An error says what arrived, where, what is allowed and what to do about it. Faults of one input are gathered
and raised together, so that a user mends a file once and not once per fault.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Self, TypeVar

from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

Entry = TypeVar("Entry")

MOST_FAULTS: Final = 50
"""Faults that one error carries; of what is beyond only the number is told."""

MOST_FAULT_BYTES: Final = 32 * 1024
"""Size of all faults of one error together, as JSON: what a stranger sends comes back no larger than this."""

MOST_SENTENCES: Final = 4_000
"""Characters of the message that is made of the faults' sentences."""

_MORE: Final = "more_faults"
_BRIEF: Final = reprlib.Repr()
_LOSSY: Final = ("utf-8", "replace")
_LONGEST: Final[Mapping[str, int]] = {"message": 6_000, "column": 120, "value": 200, "allowed": 600}
"""Characters of the texts of a fault, which quote what arrived."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input.

    Parameters
    ----------
    message
        One sentence: what arrived, what is allowed, what to do.
    column
        Column or setting the fault is in, as the user spelt it.
    row
        Row of the file, counted from 1 as a spreadsheet shows it (header included); None when it is the whole column.
    value
        What was found there, as text.
    allowed
        What would have been accepted, as text.
    count
        How many rows have the same fault.
    code
        Stable name of the kind of fault, e.g. ``missing_column``; empty when it has none.
    zh
        What reads differently in Chinese: ``message``, and ``value`` and ``allowed`` where they are words.
    """

    message: str
    column: str | None = None
    row: int | None = None
    value: str | None = None
    allowed: str | None = None
    count: int = 1
    code: str = ""
    zh: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Cut texts that quote too much of what arrived."""
        for name, most in _LONGEST.items():
            if (text := getattr(self, name)) is not None and len(text) > most:
                object.__setattr__(self, name, shortened(text, most))
        if any(len(text) > _LONGEST[name] for name, text in self.zh.items()):
            cut = {name: shortened(text, _LONGEST[name]) for name, text in self.zh.items()}
            object.__setattr__(self, "zh", cut)

    @classmethod
    def of(
        cls,
        code: str,
        /,
        *,
        column: str | None = None,
        row: int | None = None,
        value: object = None,
        allowed: object = None,
        count: int = 1,
        **figures: object,
    ) -> Self:
        """Return the fault that `gasflux.wording.catalogue` knows under `code`, its sentences filled.

        Parameters
        ----------
        code
            Name of the sentence.
        column, row, value, allowed, count
            As of the fault; what is a `Phrase` is said in the language of the sentence.
        figures
            What else the sentence names.
        """
        named = {"column": column, "row": row, "value": value, "allowed": allowed, "count": count}
        said = {"message": phrase(code, **named, **figures), "value": value, "allowed": allowed}
        english = {name: None if text is None else str(text) for name, text in said.items()}
        chinese = {name: text.zh for name, text in said.items() if isinstance(text, Phrase) and text.zh != text.en}
        return cls(
            str(english["message"]), column, row, english["value"], english["allowed"], count, code=code, zh=chinese
        )

    def as_dict(self) -> dict[str, object]:
        """Return the fault as a JSON-ready mapping without empty entries."""
        entries = {
            "message": self.message,
            "column": self.column,
            "row": self.row,
            "value": self.value,
            "allowed": self.allowed,
            "count": self.count,
            "code": self.code or None,
            "zh": dict(self.zh) or None,
        }
        return {name: entry for name, entry in entries.items() if entry is not None}


ONE_MORE: Final = Fault(message="", code=_MORE)
"""Stands for a fault that nobody made, because there are as many as are told already."""


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters, its end cut off where it has more."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def quoted(value: object, most: int) -> str:
    """Return what arrived as it is quoted back, without looking at more of it than is shown."""
    if isinstance(value, str | bytes):
        return shortened(repr(value[: most + 1]), most)
    return shortened(_BRIEF.repr(value), most)


def faults_from(entries: Sequence[Entry], make: Callable[[Entry], Fault]) -> list[Fault]:
    """Make the faults of what is wrong: of the first `MOST_FAULTS` entries, and one that says how many more there are.

    Parameters
    ----------
    entries
        What was found wrong, however much that is.
    make
        Makes the fault of one entry; it is called for those that are told alone.
    """
    told = [make(entry) for entry in islice(entries, MOST_FAULTS)]
    more = len(entries) - len(told)
    return [*told, Fault.of(_MORE, count=more)] if more > 0 else told


def told_faults(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return at most `MOST_FAULTS` faults of at most `MOST_FAULT_BYTES`, the last one the number of those left out."""
    told: list[Fault] = []
    left_out, size, is_full = 0, 0, False
    for fault in faults:
        if fault.code == _MORE:
            left_out += fault.count
            continue
        size += 0 if is_full else len(json.dumps(fault.as_dict(), ensure_ascii=False, default=str).encode(*_LOSSY))
        is_full = is_full or len(told) == MOST_FAULTS or size > MOST_FAULT_BYTES
        if is_full:
            left_out += 1
        else:
            told.append(fault)
    return (*told, Fault.of(_MORE, count=left_out)) if left_out else tuple(told)


class GasFluxError(Exception):
    """Base of every error a user can cause and mend."""

    kind = "gasflux_error"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = told_faults(faults)

    @classmethod
    def of(cls, code: str, /, **figures: Any) -> Self:
        """Return the error of one fault, `figures` as in `Fault.of`."""
        fault = Fault.of(code, **figures)
        return cls(fault.message, [fault])

    @classmethod
    def from_faults(cls, subject: str, faults: Sequence[Fault]) -> GasFluxError:
        """Gather `faults` of `subject` (a file or setting name) into one error of one line."""
        told = told_faults(faults)
        sentences = shortened(" ".join(fault.message for fault in told), MOST_SENTENCES)
        return cls(f"{subject}: {sentences}", told)


class InputError(GasFluxError):
    """The flight log cannot be used as it is."""

    kind = "invalid_input"


class UnsupportedFileError(InputError):
    """The file is not of a kind GasFlux reads."""

    kind = "unsupported_file"


class TooManyRowsError(InputError):
    """The flight log is longer than allowed here."""

    kind = "too_large"


class ConfigError(GasFluxError):
    """The processing YAML or the service settings cannot be used as they are."""

    kind = "invalid_config"


class GeometryError(GasFluxError):
    """No curtain or spiral can be found in the flight."""

    kind = "no_surface"


class ProcessingError(GasFluxError):
    """The science cannot give an answer from this flight."""

    kind = "processing_failed"


class CancelledError(GasFluxError):
    """The work was stopped because its owner asked for it."""

    kind = "cancelled"


class ServiceError(GasFluxError):
    """Base of the service's refusals."""

    kind = "service_error"


class UnknownIdError(ServiceError):
    """There is no such task, key or file."""

    kind = "not_found"


class StateConflictError(ServiceError):
    """The task is not in a state in which this can be done."""

    kind = "conflict"


class UnauthorizedError(ServiceError):
    """No key, or one that does not exist, is revoked or has expired."""

    kind = "unauthorized"


class ForbiddenError(ServiceError):
    """The key is good but may not do this."""

    kind = "forbidden"


class TooLargeError(ServiceError):
    """More bytes or rows than allowed."""

    kind = "too_large"


class RetryLaterError(ServiceError):
    """The service cannot do it now; the same request may succeed later."""

    kind = "unavailable"

    def __init__(self, message: str, retry_after_s: int, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, faults)
        self.retry_after_s = retry_after_s

    @classmethod
    def later(cls, code: str, retry_after_s: int, /, **figures: Any) -> Self:
        """Return the refusal of one sentence of the catalogue, `figures` as in `gasflux.errors.Fault.of`.

        Parameters
        ----------
        code
            Of the sentence in `gasflux.wording.catalogue`.
        retry_after_s
            Seconds after which another try may help.
        figures
            Values of the placeholders, as in `gasflux.errors.Fault.of`.
        """
        fault = Fault.of(code, **figures)
        return cls(fault.message, retry_after_s, [fault])


class QueueFullError(RetryLaterError):
    """As many tasks wait as may."""

    kind = "queue_full"


class RateLimitedError(RetryLaterError):
    """Too many requests in a minute."""

    kind = "rate_limited"


class NoSpaceError(RetryLaterError):
    """Too little free disk space."""

    kind = "no_space"


class StorageError(RetryLaterError):
    """The database or the data folder cannot be used now: locked, full, read-only or gone."""

    kind = "storage_unavailable"


class StoppingError(RetryLaterError):
    """The server is about to stop."""

    kind = "stopping"


class DataFolderBusyError(ServiceError):
    """Another server owns the data folder."""

    kind = "data_folder_busy"
