"""Every error GasFlux raises on purpose.

An error says what arrived, where, what is allowed and what to do about it. Faults of one input are gathered
and raised together, so that a user mends a file once and not once per fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
    """

    message: str
    column: str | None = None
    row: int | None = None
    value: str | None = None
    allowed: str | None = None
    count: int = 1

    def as_dict(self) -> dict[str, object]:
        """Return the fault as a JSON-ready mapping without empty entries."""
        entries = {
            "message": self.message,
            "column": self.column,
            "row": self.row,
            "value": self.value,
            "allowed": self.allowed,
            "count": self.count,
        }
        return {name: entry for name, entry in entries.items() if entry is not None}


class GasFluxError(Exception):
    """Base of every error a user can cause and mend."""

    kind = "gasflux_error"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = tuple(faults)

    @classmethod
    def from_faults(cls, subject: str, faults: Sequence[Fault]) -> GasFluxError:
        """Gather `faults` of `subject` (a file or setting name) into one error of one line."""
        sentences = " ".join(fault.message for fault in faults)
        return cls(f"{subject}: {sentences}", faults)


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
