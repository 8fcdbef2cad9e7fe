"""What the steps of a task are made of: pieces of SQL, their values, and the statements about one row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from gasflux.db import Connection, Row
from gasflux.errors import MOST_SENTENCES, StateConflictError, UnknownIdError, shortened
from gasflux.jobs.records import GasSummary, JobFailure, ResultFile
from gasflux.service.tasks.records import CallbackState, NewTask, Task, TaskStatus
from gasflux.storage.clock import as_exact_text, as_text, from_optional_text, from_text, utc_now

CANCELLED: Final = JobFailure("cancelled", "The task was cancelled on request.")
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
_MOST_DETAILS: Final = 128 * 1024
"""Characters of a task's faults; only older versions wrote more: a fault per unknown key of any document."""

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
        raise UnknownIdError(f"There is no task {task_id}; it may have been deleted.")
    return task_of(row, row["position"])


def idempotent(connection: Connection, owner: str | None, key: str | None) -> Row | None:
    """Return id and fingerprint of the task made with an idempotency key.

    Parameters
    ----------
    connection
        Inside a transaction.
    owner
        Id of the key the task was sent with; None without one.
    key
        The idempotency key; None gives None.
    """
    if key is None:
        return None
    row: Row | None = connection.execute(
        "SELECT task_id, fingerprint FROM tasks WHERE coalesce(owner_key_id, '') = ? AND idempotency_key = ?",
        (owner or "", key),
    ).fetchone()
    return row


def same_task(connection: Connection, earlier: Row, new: NewTask) -> Task:
    """Return the earlier task, or refuse when it was about something else.

    Parameters
    ----------
    connection
        Inside a transaction.
    earlier
        What `idempotent` found.
    new
        The upload that came with the same key.
    """
    if earlier["fingerprint"] != new.fingerprint:
        raise StateConflictError.of("idempotency_conflict", used=new.idempotency_key, task=earlier["task_id"])
    return fetch(connection, earlier["task_id"])


def task_of(row: Row, queue_position: int | None = None) -> Task:
    """Return the task a complete row stands for."""
    return Task(
        task_id=row["task_id"],
        name=row["name"],
        status=TaskStatus(row["status"]),
        message=shortened(row["message"] or "", MOST_SENTENCES),
        progress=row["progress"],
        stage=row["stage"],
        input_name=row["input_name"],
        input_file=row["input_file"],
        size_bytes=row["size_bytes"],
        has_config=bool(row["has_config"]),
        attempts=row["attempts"],
        pinned=bool(row["pinned"]),
        cancel_requested=bool(row["cancel_requested"]),
        created_at=from_text(row["created_at"]),
        updated_at=from_text(row["updated_at"]),
        started_at=from_optional_text(row["started_at"]),
        finished_at=from_optional_text(row["finished_at"]),
        failure=_failure_of(row),
        results=results_from_json(row["results"]),
        gases=gases_from_json(row["gases"]),
        queue_position=queue_position,
        owner_key_id=row["owner_key_id"],
        callback_url=row["callback_url"],
        callback_state=CallbackState(row["callback_state"]) if row["callback_state"] else None,
    )


def _failure_of(row: Row) -> JobFailure | None:
    """Return why the task failed; None unless it did."""
    if row["status"] != TaskStatus.FAILED:
        return None
    text = row["error_details"] or "[]"
    details = tuple(json.loads(text)) if len(text) <= _MOST_DETAILS else ()
    return JobFailure(row["error_type"] or "unknown", shortened(row["error"] or "", MOST_SENTENCES), details)


def results_as_json(results: Sequence[ResultFile]) -> str:
    """Return the column ``results``: the contract's list without the address, which depends on the server."""
    return json.dumps([{"name": file.name, "size": file.size_bytes, "type": file.type} for file in results])


def results_from_json(text: str | None) -> tuple[ResultFile, ...]:
    """Return the files; entries of a table taken over from another program count where they name a file."""
    return tuple(
        ResultFile(str(entry["name"]), int(entry.get("size") or 0), str(entry.get("type") or ""))
        for entry in _json_list(text)
        if isinstance(entry, dict) and "name" in entry
    )


def gases_as_json(gases: Sequence[GasSummary]) -> str:
    """Return the column ``gases``."""
    return json.dumps([asdict(gas) for gas in gases])


def gases_from_json(text: str | None) -> tuple[GasSummary, ...]:
    """Return the answers per gas."""
    return tuple(GasSummary(**entry) for entry in _json_list(text))


def details_as_json(failure: JobFailure) -> str:
    """Return the column ``error_details``; a value JSON does not know is written as text."""
    return json.dumps([dict(detail) for detail in failure.details], default=str)


def _json_list(text: str | None) -> list[Any]:
    """Return the list in a column; another program may have left anything there, which is no list of ours."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    return entries if isinstance(entries, list) else []


POSITION: Final = """CASE tasks.status WHEN 'pending' THEN (SELECT count(*) FROM tasks AS ahead
    WHERE ahead.status = 'pending' AND ahead.queue_order <= tasks.queue_order) END AS position"""
"""Column with the place of a pending task in the queue."""
