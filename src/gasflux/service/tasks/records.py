"""The values that flow through the service: tasks, what became of them, keys. Times are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from gasflux.errors import Fault


class TaskStatus(StrEnum):
    """Where a task stands; clients wait for the last two."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing happens to the task any more unless somebody asks."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED)


class CallbackState(StrEnum):
    """What became of the callback of a finished task."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class NewTask:
    """An accepted upload, already in its folder."""

    task_id: str
    name: str
    input_name: str
    """File name as the client gave it, for showing only."""
    input_file: str
    """Name of the file inside ``uploads/<task_id>/``, made by the service."""
    size_bytes: int
    has_config: bool = False
    """Whether ``uploads/<task_id>/config.yaml`` holds a configuration of the client's."""
    owner_key_id: str | None = None
    idempotency_key: str | None = None
    fingerprint: str = ""
    """SHA-256 over file and configuration: the same idempotency key with another content is a conflict."""
    callback_url: str | None = None


@dataclass(frozen=True)
class TaskFailure:
    """Why a task failed, for people and for programs."""

    type: str
    """Machine name such as ``invalid_input``, ``timeout``, ``out_of_memory``, ``worker_died``, ``cancelled``."""
    message: str
    details: tuple[Mapping[str, Any], ...] = ()
    """One mapping per fault (`gasflux.errors.Fault.as_dict`)."""

    @classmethod
    def of(cls, kind: str, code: str, /, **figures: Any) -> TaskFailure:
        """Return the failure of one fault, `figures` as in `gasflux.errors.Fault.of`."""
        fault = Fault.of(code, **figures)
        return cls(kind, fault.message, (fault.as_dict(),))


@dataclass(frozen=True)
class ResultFile:
    """A file of a completed task."""

    name: str
    """Path inside ``outputs/<task_id>/``, with forward slashes."""
    size_bytes: int
    type: str
    """Media type."""


@dataclass(frozen=True)
class GasSummary:
    """The answer for one gas, as lists of tasks and reports show it."""

    gas: str
    flux_kg_h: float | None
    low_kg_h: float | None
    high_kg_h: float | None
    level: float
    grade: str
    detection_limit_kg_h: float | None = None
    """None also for a result from before it was kept here."""


@dataclass(frozen=True)
class Task:
    """One row of the table of tasks."""

    task_id: str
    name: str
    status: TaskStatus
    message: str
    progress: float
    """Percent of the whole job."""
    stage: str | None
    input_name: str
    input_file: str
    size_bytes: int
    has_config: bool
    attempts: int
    """How often work on it was begun; the number of the present attempt while it is processing."""
    pinned: bool
    cancel_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: TaskFailure | None = None
    results: tuple[ResultFile, ...] = ()
    gases: tuple[GasSummary, ...] = ()
    queue_position: int | None = None
    """1 for the next to be processed; None unless pending."""
    owner_key_id: str | None = None
    callback_url: str | None = None
    callback_state: CallbackState | None = None
    """None while unfinished, and without a ``callback_url``."""


@dataclass(frozen=True)
class Job:
    """What a worker process needs to know, nothing more: picklable, no handles."""

    task_id: str
    attempt: int
    input_path: Path
    input_name: str
    config_path: Path | None
    output_dir: Path
    log_path: Path
    """Log lines of the task are appended here."""
    memory_limit_bytes: int
    max_rows: int
    max_unpacked_bytes: int


@dataclass(frozen=True)
class JobResult:
    """What a worker process hands back."""

    results: tuple[ResultFile, ...]
    gases: tuple[GasSummary, ...]


@dataclass(frozen=True)
class TaskQuery:
    """Which tasks a list shows."""

    status: TaskStatus | None = None
    text: str = ""
    """Part of the name, the file name or the id."""
    gas: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: str = "created_at"
    """``created_at``, ``updated_at``, ``name``, ``status`` or ``size``."""
    descending: bool = True
    page: int = 1
    per_page: int = 20


@dataclass(frozen=True)
class TaskPage:
    """One page of a list."""

    tasks: tuple[Task, ...]
    page: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-self.total // self.per_page))


@dataclass(frozen=True)
class TaskCounts:
    """Tasks by status, with the times that a forecast needs."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    median_duration_s: float | None = None
    """Of the last completed tasks."""
    median_wait_s: float | None = None

    @property
    def unfinished(self) -> int:
        """Pending and processing."""
        return self.pending + self.processing
