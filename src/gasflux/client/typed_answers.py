"""What a server answers, typed. Times are UTC texts as sent, ``YYYY-MM-DD HH:MM:SS``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gasflux.errors import Fault


@dataclass(frozen=True)
class GasRate:
    """The emission rate of one gas."""

    gas: str
    flux_kg_h: float | None
    low_kg_h: float | None
    high_kg_h: float | None
    level: float
    """Probability that the rate lies between low and high."""
    grade: str
    """A (best) to D."""


@dataclass(frozen=True)
class RemoteFile:
    """A result on the server."""

    name: str
    download_url: str
    size_bytes: int
    type: str


@dataclass(frozen=True)
class TaskInfo:
    """A task as the server describes it."""

    task_id: str
    status: str
    """``pending``, ``processing``, ``completed`` or ``failed``."""
    name: str = ""
    message: str = ""
    progress: float = 0.0
    """Percent."""
    stage: str | None = None
    queue_position: int | None = None
    time_left_s: float | None = None
    error: str | None = None
    error_type: str | None = None
    faults: tuple[Fault, ...] = ()
    results: tuple[RemoteFile, ...] = ()
    gases: tuple[GasRate, ...] = ()
    created_at: str | None = None
    duration_s: float | None = None
    delete_at: str | None = None
    """When the server removes it with its results."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The answer as it came."""

    @property
    def is_finished(self) -> bool:
        """Whether it is completed or failed."""
        return self.status in ("completed", "failed")


@dataclass(frozen=True)
class Report:
    """One line of the list of reports."""

    task_id: str
    name: str
    created_at: str
    gases: tuple[GasRate, ...]
    grade: str | None
    report_url: str


@dataclass(frozen=True)
class Result:
    """A flight that was processed and fetched."""

    task: TaskInfo
    files: tuple[Path, ...]

    @property
    def gases(self) -> Mapping[str, GasRate]:
        """Rates by gas."""
        return {rate.gas: rate for rate in self.task.gases}

    @property
    def grade(self) -> str | None:
        """The worst grade of its gases."""
        return max((rate.grade for rate in self.task.gases), default=None)


def task_from(data: Mapping[str, Any]) -> TaskInfo:
    """Return a task from the `data` of an answer."""
    plain = {name: data[name] for name in _PLAIN if name in data}
    return TaskInfo(
        **plain,
        faults=faults_in(data.get("error_details")),
        results=tuple(_file(entry) for entry in data.get("results") or ()),
        gases=_gases(data.get("gases")),
        raw=data,
    )


_PLAIN = (
    *("task_id", "status", "name", "message", "progress", "stage", "queue_position", "time_left_s"),
    *("error", "error_type", "created_at", "duration_s", "delete_at"),
)


def report(data: Mapping[str, Any]) -> Report:
    """Return a line of the list of reports."""
    plain = {name: data[name] for name in ("task_id", "name", "created_at", "grade", "report_url")}
    return Report(**plain, gases=_gases(data.get("gases")))


def _file(entry: Mapping[str, Any]) -> RemoteFile:
    return RemoteFile(entry["name"], entry["download_url"], entry["size"], entry["type"])


def _gases(data: Mapping[str, Any] | None) -> tuple[GasRate, ...]:
    return tuple(_gas(gas, entry) for gas, entry in (data or {}).items())


def _gas(gas: str, entry: Mapping[str, Any]) -> GasRate:
    interval = entry["flux_interval_kg_h"]
    return GasRate(gas, entry["flux_kg_h"], interval["low"], interval["high"], interval["level"], entry["grade"])


def faults_in(details: Any) -> tuple[Fault, ...]:
    """Return the faults that a server lists.

    Parameters
    ----------
    details
        A list of mappings as of `Fault.as_dict`; a newer server may send further entries, they are left out.
    """
    known = ("message", "column", "row", "value", "allowed", "count", "code", "zh")
    entries = [entry for entry in details or () if isinstance(entry, Mapping) and "message" in entry]
    return tuple(Fault(**{name: entry[name] for name in known if name in entry}) for entry in entries)
