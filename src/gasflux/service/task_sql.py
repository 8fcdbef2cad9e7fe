"""What the steps of a task are made of: pieces of SQL, their values, and the statements about one row."""

from __future__ import annotations

from typing import Final

from gasflux.db import Connection, Row
from gasflux.jobs.records import JobFailure
from gasflux.service.clock import as_exact_text, as_text, utc_now
from gasflux.service.errors import ConflictError, NotFoundError
from gasflux.service.records import NewTask, Task
from gasflux.service.task_page import POSITION
from gasflux.service.task_rows import details_as_json, task_of

CANCELLED: Final = JobFailure("cancelled", "The task was cancelled on request.")
WORKER_DIED: Final = JobFailure.of("worker_died", "attempts_used_up")
EXPIRED: Final = JobFailure.of("expired", "expired")

IS_FINAL: Final = "status IN ('completed', 'failed')"
WAITING: Final = "Waiting to be processed."
TOUCH: Final = "updated_at = :now"
HIDE: Final = "deleting = 1, idempotency_key = NULL"
NEXT_PLACE: Final = "(SELECT coalesce(max(queue_order), 0) + 1 FROM tasks)"
CALL: Final = "callback_tries = 0, callback_state = CASE WHEN callback_url IS NULL THEN NULL ELSE 'pending' END"
"""The end of a task and the promise to tell of it are one step: a server that dies in between breaks no promise."""

FAIL: Final = (
    "status = 'failed', message = :error, error = :error, error_type = :error_type, error_details = :error_details,"
    f" finished_at = :exact, stage = NULL, cancel_requested = 0, {CALL}"
)
AGAIN: Final = "status = 'pending', progress = 0, stage = NULL, started_at = NULL"
FORGET: Final = (
    "error = NULL, error_type = NULL, error_details = NULL, results = NULL, gases = NULL, finished_at = NULL,"
    " callback_state = NULL"
)
_INSERTED: Final = (
    "task_id, name, input_name, input_file, size_bytes, has_config, owner_key_id, idempotency_key, fingerprint,"
    " callback_url"
)


def now_values() -> dict[str, object]:
    """Return the present time in both forms."""
    now = utc_now()
    return {"now": as_text(now), "exact": as_exact_text(now)}


def failure_values(failure: JobFailure) -> dict[str, object]:
    """Return the values of the columns that say why a task failed."""
    return {"error": failure.message, "error_type": failure.type, "error_details": details_as_json(failure)}


def insert(connection: Connection, new: NewTask) -> None:
    """Add the row of a waiting task."""
    names = _INSERTED.split(", ")
    places = ", ".join(f":{name}" for name in names)
    connection.execute(
        f"INSERT INTO tasks ({_INSERTED}, status, message, output_dir, created_at, updated_at, queued_at, queue_order)"
        f" VALUES ({places}, 'pending', '{WAITING}', :task_id, :now, :now, :exact, {NEXT_PLACE})",
        now_values() | {name: getattr(new, name) for name in names},
    )


def fetch(connection: Connection, task_id: str) -> Task:
    """Return a task with its place in the queue."""
    row = connection.execute(
        f"SELECT *, {POSITION} FROM tasks WHERE task_id = ? AND deleting = 0", (task_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no task {task_id}; it may have been deleted.")
    return task_of(row, row["position"])


def idempotent(connection: Connection, owner: str | None, key: str | None) -> Row | None:
    """Return id and fingerprint of the task made with an idempotency key."""
    if key is None:
        return None
    row: Row | None = connection.execute(
        "SELECT task_id, fingerprint FROM tasks WHERE coalesce(owner_key_id, '') = ? AND idempotency_key = ?",
        (owner or "", key),
    ).fetchone()
    return row


def same(connection: Connection, earlier: Row, new: NewTask) -> Task:
    """Return the earlier task, or refuse when it was about something else."""
    if earlier["fingerprint"] != new.fingerprint:
        raise ConflictError.of("idempotency_conflict", used=new.idempotency_key, task=earlier["task_id"])
    return fetch(connection, earlier["task_id"])
