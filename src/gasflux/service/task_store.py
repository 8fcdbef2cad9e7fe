"""The tasks: every step from accepted to removed is one conditional UPDATE, so two threads never take the same step.

``pending`` --claim--> ``processing`` --complete, fail--> ``completed`` or ``failed`` --rerun--> ``pending``; and back
from ``processing`` to ``pending`` by release (the server stops), retry (the worker died) or recover (it was killed).
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gasflux.db import Connection, Database, Row
from gasflux.service.clock import as_exact_text, as_text, from_text, utc_now
from gasflux.service.errors import ConflictError, NotFoundError, QueueFullError
from gasflux.service.records import JobResult, NewTask, Task, TaskCounts, TaskFailure, TaskPage, TaskQuery, TaskStatus
from gasflux.service.settings import CleanupSettings
from gasflux.service.task_page import POSITION, page_of
from gasflux.service.task_rows import details_as_json, gases_as_json, results_as_json, task_of

_QUEUE_FULL_RETRY_S: Final = 30
_RECENT: Final = 50
"""How many of the last completed tasks tell how long one takes."""

_FINAL: Final = "status IN ('completed', 'failed')"
_WAITING: Final = "Waiting to be processed."

CANCELLED: Final = TaskFailure("cancelled", "The task was cancelled on request.")
WORKER_DIED: Final = TaskFailure(
    "worker_died", "Every attempt at this file ended with the worker process or the server; it is not tried again."
)
EXPIRED: Final = TaskFailure(
    "expired", "The task did not finish within the longest time a task may exist; upload again."
)


@dataclass(frozen=True)
class Recovered:
    """What was left of the tasks of a server that did not stop in order."""

    pending: int
    """Tasks that wait again."""
    given_up: tuple[Task, ...]
    """Tasks whose attempts are used up, or that were to be cancelled."""


class TaskStore:
    """The table of tasks.

    Parameters
    ----------
    database
        A migrated database.
    max_queue
        How many tasks may wait.
    max_attempts
        How often a task is begun before it is given up as killing its worker.
    """

    def __init__(self, database: Database, *, max_queue: int, max_attempts: int) -> None:
        self._database = database
        self._max_queue = max_queue
        self._max_attempts = max_attempts

    # -- accepting

    def add(self, new: NewTask) -> tuple[Task, bool]:
        """Put an upload at the end of the queue, or find the task that the same request made before.

        Returns
        -------
        tuple of Task and bool
            The task, and whether it is new.

        Raises
        ------
        ConflictError
            The idempotency key was used for other content.
        QueueFullError
            As many tasks wait as may.
        """
        with self._database.write() as connection:
            earlier = _idempotent(connection, new.owner_key_id, new.idempotency_key)
            if earlier is not None:
                return _same(connection, earlier, new), False
            self._refuse_when_full(connection)
            _insert(connection, new)
            return _fetch(connection, new.task_id), True

    def find_idempotent(self, owner: str | None, key: str) -> Task | None:
        """Return the task that `owner` made with an idempotency key."""
        with self._database.read() as connection:
            row = _idempotent(connection, owner, key)
            return None if row is None else _fetch(connection, row["task_id"])

    # -- looking

    def get(self, task_id: str) -> Task:
        """Return a task; NotFoundError when there is none."""
        with self._database.read() as connection:
            return _fetch(connection, task_id)

    def page(self, query: TaskQuery) -> TaskPage:
        """Return one page of the tasks a query asks for."""
        with self._database.read() as connection:
            return page_of(connection, query)

    def active(self) -> tuple[Task, ...]:
        """Return the tasks in work, the oldest first."""
        return self._in_order(TaskStatus.PROCESSING)

    def queue(self) -> tuple[Task, ...]:
        """Return the waiting tasks, the next one first."""
        return self._in_order(TaskStatus.PENDING)

    def counts(self) -> TaskCounts:
        """Return how many tasks stand where, and the median times of the last completed ones."""
        with self._database.read() as connection:
            groups = connection.execute("SELECT status, count(*) FROM tasks WHERE deleting = 0 GROUP BY status")
            numbers = {row[0]: row[1] for row in groups}
            recent = connection.execute(
                "SELECT queued_at, started_at, finished_at FROM tasks"
                " WHERE status = 'completed' AND started_at IS NOT NULL ORDER BY updated_at DESC LIMIT ?",
                (_RECENT,),
            ).fetchall()
        durations = [_seconds(row["started_at"], row["finished_at"]) for row in recent]
        waits = [_seconds(row["queued_at"], row["started_at"]) for row in recent]
        return TaskCounts(**numbers, median_duration_s=_median(durations), median_wait_s=_median(waits))

    def known_ids(self) -> frozenset[str]:
        """Return the ids of all rows, those under removal too; StorageError, never an empty set, on failure."""
        with self._database.read() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT task_id FROM tasks"))

    def known_since(self) -> datetime:
        """Return since when the database sees every task; an older folder without a row is none of its tasks."""
        with self._database.read() as connection:
            text = connection.execute("SELECT value FROM facts WHERE name = 'known_since'").fetchone()[0]
        return from_text(text)

    def version(self) -> int:
        """Return a number that grows with every change of a task, whoever makes it."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT value FROM facts WHERE name = 'task_version'").fetchone()[0])

    # -- working

    def claim(self) -> Task | None:
        """Take the task that waits longest into work, for the caller alone; None when none waits."""
        if not self._somebody_waits():  # without the write lock, which idle workers must not hold up
            return None
        now = utc_now()
        with self._database.write() as connection:
            row = connection.execute(
                "UPDATE tasks SET status = 'processing', attempts = attempts + 1, message = 'Processing.',"
                " started_at = ?, updated_at = ? WHERE status = 'pending' AND task_id ="
                " (SELECT task_id FROM tasks WHERE status = 'pending' ORDER BY queue_order LIMIT 1) RETURNING *",
                (as_exact_text(now), as_text(now)),
            ).fetchone()
            return None if row is None else task_of(row)

    def set_progress(self, task_id: str, attempt: int, stage: str, percent: float) -> None:
        """Note how far an attempt is; nothing happens when it is no longer the current one."""
        self._step(
            "stage = :stage, progress = :percent, message = 'Processing: ' || :stage || '.'",
            task_id,
            attempt,
            {"stage": stage, "percent": min(max(percent, 0.0), 100.0)},
        )

    def complete(self, task_id: str, attempt: int, result: JobResult) -> bool:
        """Note the results of an attempt; False, and nothing is written, when it is no longer the current one."""
        return self._step(
            "status = 'completed', message = 'Processing completed.', progress = 100, stage = NULL,"
            " finished_at = :exact, results = :results, gases = :gases, cancel_requested = 0",
            task_id,
            attempt,
            {"results": results_as_json(result.results), "gases": gases_as_json(result.gases)},
        )

    def fail(self, task_id: str, attempt: int, failure: TaskFailure) -> bool:
        """Note why an attempt failed; False, and nothing is written, when it is no longer the current one."""
        return self._step(_FAIL, task_id, attempt, _failure_values(failure))

    def release(self, task_id: str, attempt: int) -> bool:
        """Put an attempt back to its place in the queue, uncounted: the server stops, the task did no harm."""
        return self._step(
            f"{_AGAIN}, message = '{_WAITING}', uncounted = uncounted + 1",
            task_id,
            attempt,
            {},
            also="cancel_requested = 0",
        ) or self._step(_FAIL, task_id, attempt, _failure_values(CANCELLED), also="cancel_requested = 1")

    def retry(self, task_id: str, attempt: int) -> bool:
        """Put an attempt whose worker died back to its place, counted; the last one fails as ``worker_died``.

        Returns
        -------
        bool
            Whether it waits again.
        """
        again = self._step(
            f"{_AGAIN}, message = '{_WAITING}'",
            task_id,
            attempt,
            {"most": self._max_attempts},
            also="cancel_requested = 0 AND attempts - uncounted < :most",
        )
        if not again:
            self._step(_FAIL, task_id, attempt, _failure_values(CANCELLED), also="cancel_requested = 1")
            self.fail(task_id, attempt, WORKER_DIED)
        return again

    def recover(self) -> Recovered:
        """Put back what a killed server was working on; to be called before the first `claim`."""
        now = _now_values()
        most = {"most": self._max_attempts}
        with self._database.write() as connection:
            stopped = connection.execute(
                f"UPDATE tasks SET {_FAIL}, {_TOUCH} WHERE status = 'processing'"
                " AND (cancel_requested = 1 OR deleting = 1) RETURNING *",
                now | _failure_values(CANCELLED),
            ).fetchall()
            used_up = connection.execute(
                f"UPDATE tasks SET {_FAIL}, {_TOUCH} WHERE status = 'processing' AND attempts - uncounted >= :most"
                " RETURNING *",
                now | most | _failure_values(WORKER_DIED),
            ).fetchall()
            again = connection.execute(
                f"UPDATE tasks SET {_AGAIN}, message = '{_WAITING}', {_TOUCH} WHERE status = 'processing'", now
            )
            return Recovered(again.rowcount, tuple(task_of(row) for row in (*stopped, *used_up)))

    # -- what users ask for

    def cancel(self, task_id: str) -> Task:
        """End a waiting task at once, or ask for the end of one in work; ConflictError when it is finished."""
        values = _now_values() | _failure_values(CANCELLED) | {"id": task_id}
        with self._database.write() as connection:
            ended = connection.execute(
                f"UPDATE tasks SET {_FAIL}, {_TOUCH} WHERE task_id = :id AND status = 'pending'", values
            )
            asked = connection.execute(
                "UPDATE tasks SET cancel_requested = 1, message = 'Being cancelled.', updated_at = :now"
                " WHERE task_id = :id AND status = 'processing'",
                values,
            )
            task = _fetch(connection, task_id)
            if not ended.rowcount + asked.rowcount:
                raise ConflictError(f"The task {task_id} is {task.status}: there is nothing left to cancel.")
            return task

    def rerun(self, task_id: str, has_config: bool | None = None) -> Task:
        """Put a finished task at the end of the queue under its id; ConflictError when it is not finished."""
        values = _now_values() | {"id": task_id, "has_config": has_config}
        with self._database.write() as connection:
            task = _fetch(connection, task_id)
            if task.status.is_final and not task.input_file:
                raise ConflictError(f"The task {task_id} has no input file on record: upload the file again.")
            self._refuse_when_full(connection)
            changed = connection.execute(
                f"UPDATE tasks SET {_AGAIN}, {_TOUCH}, {_FORGET}, message = '{_WAITING}', uncounted = attempts,"
                f" queued_at = :exact, queue_order = {_NEXT}, has_config = coalesce(:has_config, has_config)"
                f" WHERE task_id = :id AND {_FINAL}",
                values,
            )
            if not changed.rowcount:
                raise ConflictError(f"The task {task_id} is {task.status}: only a finished task can run again.")
            return _fetch(connection, task_id)

    def rename(self, task_id: str, name: str) -> Task:
        """Give a task another name."""
        return self._change(task_id, "name = :value", name)

    def pin(self, task_id: str, pinned: bool) -> Task:
        """Keep a task and its results from cleaning, or give them free."""
        return self._change(task_id, "pinned = :value", int(pinned))

    # -- removing

    def begin_delete(self, task_id: str) -> None:
        """Hide a task for good; its files go next, then `delete` takes the row. The janitor ends what stays undone.

        A waiting task is cancelled by it; one in work is asked to end and goes when it has.
        """
        with self._database.write() as connection:
            _fetch(connection, task_id)
            values = _now_values() | _failure_values(CANCELLED) | {"id": task_id}
            connection.execute(f"UPDATE tasks SET {_FAIL}, {_TOUCH} WHERE task_id = :id AND status = 'pending'", values)
            connection.execute(f"UPDATE tasks SET cancel_requested = 1, {_HIDE} WHERE task_id = :id", values)

    def begin_cleaning(self, task: Task) -> bool:
        """Hide a task as `begin_delete` does, if it is still as it was seen: finished, not pinned, not changed."""
        with self._database.write() as connection:
            changed = connection.execute(
                f"UPDATE tasks SET {_HIDE} WHERE task_id = ? AND {_FINAL} AND pinned = 0 AND deleting = 0"
                " AND updated_at = ?",
                (task.task_id, as_text(task.updated_at)),
            )
            return changed.rowcount == 1

    def delete(self, task_id: str) -> None:
        """Remove the row, after the files."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM tasks WHERE task_id = ?", (task_id,))

    def half_deleted(self) -> tuple[str, ...]:
        """Return the ids of hidden tasks that are not in work: their files may still be there."""
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT task_id FROM tasks WHERE deleting = 1 AND {_FINAL}")
            return tuple(row[0] for row in rows)

    def expired(self, ages: CleanupSettings, now: datetime) -> tuple[Task, ...]:
        """Return the finished tasks whose time is over, the oldest first; pinned ones have no end."""
        return self._finished(
            "(status = 'completed' AND updated_at <= :completed) OR (status = 'failed' AND updated_at <= :failed)",
            completed=as_text(now - timedelta(seconds=ages.successful_task_cleanup_age)),
            failed=as_text(now - timedelta(seconds=ages.failed_task_cleanup_age)),
        )

    def finished_before(self, moment: datetime) -> tuple[Task, ...]:
        """Return the finished, unpinned tasks that were last changed until then, the oldest first."""
        return self._finished("updated_at <= :moment", moment=as_text(moment))

    def give_up_before(self, moment: datetime) -> tuple[Task, ...]:
        """Fail, as ``expired``, the tasks that were queued until then and never finished; return them."""
        with self._database.write() as connection:
            rows = connection.execute(
                f"UPDATE tasks SET {_FAIL}, {_TOUCH} WHERE status IN ('pending', 'processing')"
                " AND queued_at <= :moment RETURNING *",
                _now_values() | _failure_values(EXPIRED) | {"moment": as_exact_text(moment)},
            ).fetchall()
            return tuple(task_of(row) for row in rows)

    # -- inside

    def _somebody_waits(self) -> bool:
        """Return whether a task waits."""
        with self._database.read() as connection:
            return connection.execute("SELECT 1 FROM tasks WHERE status = 'pending' LIMIT 1").fetchone() is not None

    def _in_order(self, status: TaskStatus) -> tuple[Task, ...]:
        """Return the tasks of a status in queue order."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM tasks WHERE status = ? AND deleting = 0 ORDER BY queue_order", (status,)
            ).fetchall()
        waiting = status is TaskStatus.PENDING
        return tuple(task_of(row, place if waiting else None) for place, row in enumerate(rows, start=1))

    def _finished(self, condition: str, **values: str) -> tuple[Task, ...]:
        """Return finished, unpinned tasks under a condition, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM tasks WHERE {_FINAL} AND pinned = 0 AND deleting = 0 AND ({condition})"
                " ORDER BY updated_at, queue_order",
                values,
            ).fetchall()
            return tuple(task_of(row) for row in rows)

    def _step(
        self, assignments: str, task_id: str, attempt: int, values: dict[str, object], *, also: str = "1"
    ) -> bool:
        """Change the row of an attempt that is still the current one; return whether it was."""
        with self._database.write() as connection:
            changed = connection.execute(
                f"UPDATE tasks SET {assignments}, {_TOUCH} WHERE task_id = :id AND status = 'processing'"
                f" AND attempts = :attempt AND {also}",
                _now_values() | values | {"id": task_id, "attempt": attempt},
            )
            return changed.rowcount == 1

    def _change(self, task_id: str, assignment: str, value: object) -> Task:
        """Set one column of a task in any state."""
        with self._database.write() as connection:
            values = _now_values() | {"value": value, "id": task_id}
            connection.execute(f"UPDATE tasks SET {assignment}, {_TOUCH} WHERE task_id = :id AND deleting = 0", values)
            return _fetch(connection, task_id)

    def _refuse_when_full(self, connection: Connection) -> None:
        """Raise QueueFullError when as many tasks wait as may."""
        waiting = connection.execute("SELECT count(*) FROM tasks WHERE status = 'pending'").fetchone()[0]
        if waiting >= self._max_queue:
            raise QueueFullError(
                f"{waiting} tasks wait already and no more may; try again when some are done.", _QUEUE_FULL_RETRY_S
            )


_TOUCH: Final = "updated_at = :now"
_HIDE: Final = "deleting = 1, idempotency_key = NULL"
_NEXT: Final = "(SELECT coalesce(max(queue_order), 0) + 1 FROM tasks)"
_FAIL: Final = (
    "status = 'failed', message = :error, error = :error, error_type = :error_type, error_details = :error_details,"
    " finished_at = :exact, stage = NULL, cancel_requested = 0"
)
_AGAIN: Final = "status = 'pending', progress = 0, stage = NULL, started_at = NULL"
_FORGET: Final = (
    "error = NULL, error_type = NULL, error_details = NULL, results = NULL, gases = NULL, finished_at = NULL,"
    " callback_state = NULL"
)
_INSERTED: Final = (
    "task_id, name, input_name, input_file, size_bytes, has_config, owner_key_id, idempotency_key, fingerprint,"
    " callback_url"
)


def _now_values() -> dict[str, object]:
    """Return the present time in both forms."""
    now = utc_now()
    return {"now": as_text(now), "exact": as_exact_text(now)}


def _failure_values(failure: TaskFailure) -> dict[str, object]:
    """Return the values of the columns that say why a task failed."""
    return {"error": failure.message, "error_type": failure.type, "error_details": details_as_json(failure)}


def _insert(connection: Connection, new: NewTask) -> None:
    """Add the row of a waiting task."""
    names = _INSERTED.split(", ")
    places = ", ".join(f":{name}" for name in names)
    connection.execute(
        f"INSERT INTO tasks ({_INSERTED}, status, message, output_dir, created_at, updated_at, queued_at, queue_order)"
        f" VALUES ({places}, 'pending', '{_WAITING}', :task_id, :now, :now, :exact, {_NEXT})",
        _now_values() | {name: getattr(new, name) for name in names},
    )


def _fetch(connection: Connection, task_id: str) -> Task:
    """Return a task with its place in the queue."""
    row = connection.execute(
        f"SELECT *, {POSITION} FROM tasks WHERE task_id = ? AND deleting = 0", (task_id,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no task {task_id}; it may have been deleted.")
    return task_of(row, row["position"])


def _idempotent(connection: Connection, owner: str | None, key: str | None) -> Row | None:
    """Return id and fingerprint of the task made with an idempotency key."""
    if key is None:
        return None
    row: Row | None = connection.execute(
        "SELECT task_id, fingerprint FROM tasks WHERE coalesce(owner_key_id, '') = ? AND idempotency_key = ?",
        (owner or "", key),
    ).fetchone()
    return row


def _same(connection: Connection, earlier: Row, new: NewTask) -> Task:
    """Return the earlier task, or refuse when it was about something else."""
    if earlier["fingerprint"] != new.fingerprint:
        raise ConflictError(
            f"The idempotency key {new.idempotency_key!r} was used for another upload, task {earlier['task_id']}; "
            "take a new key for new content."
        )
    return _fetch(connection, earlier["task_id"])


def _seconds(start: str, end: str) -> float:
    """Return the time between two texts."""
    return (from_text(end) - from_text(start)).total_seconds()


def _median(values: list[float]) -> float | None:
    """Return the median, None of nothing."""
    return statistics.median(values) if values else None
