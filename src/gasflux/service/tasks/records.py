"""The values that flow through the service: tasks and what became of them. Times are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gasflux.jobs.records import GasSummary, JobFailure, ResultFile


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
    failure: JobFailure | None = None
    results: tuple[ResultFile, ...] = ()
    gases: tuple[GasSummary, ...] = ()
    queue_position: int | None = None
    """1 for the next to be processed; None unless pending."""
    owner_key_id: str | None = None
    callback_url: str | None = None
    callback_state: CallbackState | None = None
    """None while unfinished, and without a ``callback_url``."""


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
