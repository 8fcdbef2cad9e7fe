"""The tasks: every step from accepted to removed is one conditional UPDATE, so two threads never take the same step.

``pending`` --claim--> ``processing`` --complete, fail--> ``completed`` or ``failed`` --rerun--> ``pending``; and back
from ``processing`` to ``pending`` by release (the server stops), retry (the worker died) or recover (it was killed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gasflux.db import Connection, Database
from gasflux.errors import QueueFullError, StateConflictError
from gasflux.jobs.records import JobFailure, JobResult
from gasflux.service.tasks.reader import TaskReader
from gasflux.service.tasks.records import NewTask, Task
from gasflux.service.tasks.sql import (
    AGAIN,
    CALL,
    CANCELLED,
    EXPIRED,
    FAIL,
    FORGET,
    HIDE,
    IS_FINAL,
    NEXT_PLACE,
    TOUCH,
    WAITING,
    failure_values,
    fetch,
    gases_as_json,
    idempotent,
    insert,
    now_values,
    results_as_json,
    same_task,
    task_of,
)
from gasflux.storage.clock import as_exact_text, as_text, utc_now
from gasflux.wording.lookup import phrase

_QUEUE_FULL_RETRY_S: Final = 30


@dataclass(frozen=True)
class Recovered:
    """What was left of the tasks of a server that did not stop in order."""

    pending: int
    """Tasks that wait again."""
    given_up: tuple[Task, ...]
    """Tasks whose attempts are used up, or that were to be cancelled."""


SERVER_ENDS: Final = 5
"""Times ``max_attempts`` that the whole server may end during work on a task; they do not count as ends of its worker.

Power cuts and restarts are no fault of a task. There is a limit nevertheless, as a task might take the machine's memory
and the server with it.
"""


class TaskStore(TaskReader):
    """The table of tasks: what can be known of them, and every step.

    Parameters
    ----------
    database
        A migrated database.
    max_queue
        How many tasks may wait.
    max_attempts
        How often a task is begun before it is given up as killing its worker.
    queue_share
        Percent of the queue that one key may fill while no other waits.
    """

    def __init__(self, database: Database, *, max_queue: int, max_attempts: int, queue_share: int = 100) -> None:
        super().__init__(database)
        self._max_queue = max_queue
        self._queue_share = queue_share
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
        StateConflictError
            The idempotency key was used for other content.
        QueueFullError
            As many tasks wait as may.
        """
        return self._add(new, None)

    def add_failed(self, new: NewTask, failure: JobFailure) -> tuple[Task, bool]:
        """Note an upload whose faults were found at once, so that it is kept and explained; otherwise as `add`."""
        return self._add(new, failure)

    # -- working

    def claim(self) -> Task | None:
        """Take the task that waits longest into work, for the caller alone; None when none waits."""
        if not self.somebody_waits():  # without the write lock, which idle workers must not hold up
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
        """Note how far an attempt is; nothing happens when it is no longer the current one.

        Parameters
        ----------
        task_id, attempt
            Which attempt at which task.
        stage
            Name of the stage it is in.
        percent
            Of the whole job, 0 to 100.
        """
        self._step(
            "stage = :stage, progress = :percent, message = 'Processing: ' || :stage || '.'",
            task_id,
            attempt,
            {"stage": stage, "percent": min(max(percent, 0.0), 100.0)},
        )

    def complete(self, task_id: str, attempt: int, result: JobResult) -> bool:
        """Note the results of an attempt; False, and nothing is written, when it is no longer the current one.

        Parameters
        ----------
        task_id, attempt
            Which attempt at which task.
        result
            Its files and the summary of every gas.
        """
        return self._step(
            "status = 'completed', message = 'Processing completed.', progress = 100, stage = NULL,"
            f" finished_at = :exact, results = :results, gases = :gases, cancel_requested = 0, {CALL}",
            task_id,
            attempt,
            {"results": results_as_json(result.results), "gases": gases_as_json(result.gases)},
        )

    def fail(self, task_id: str, attempt: int, failure: JobFailure) -> bool:
        """Note why an attempt failed; False, and nothing is written, when it is no longer the current one.

        Parameters
        ----------
        task_id, attempt
            Which attempt at which task.
        failure
            Type, sentence and faults.
        """
        return self._step(FAIL, task_id, attempt, failure_values(failure))

    def release(self, task_id: str, attempt: int) -> bool:
        """Put an attempt back to its place in the queue, uncounted: the server stops, the task did no harm."""
        return self._step(
            f"{AGAIN}, message = '{WAITING}', uncounted = uncounted + 1",
            task_id,
            attempt,
            {},
            also="cancel_requested = 0",
        ) or self._step(FAIL, task_id, attempt, failure_values(CANCELLED), also="cancel_requested = 1")

    def retry(self, task_id: str, attempt: int, failure: JobFailure, most_attempts: int | None = None) -> bool:
        """Put an attempt whose worker died back to its place, counted; the last one fails with `failure`.

        Parameters
        ----------
        task_id, attempt
            The attempt.
        failure
            Why it ended, kept when it was the last.
        most_attempts
            How often to try in this case; never more than the store's own limit.

        Returns
        -------
        bool
            Whether it waits again.
        """
        most = self._max_attempts if most_attempts is None else min(most_attempts, self._max_attempts)
        again = self._step(
            f"{AGAIN}, message = '{WAITING}'",
            task_id,
            attempt,
            {"most": most},
            also="cancel_requested = 0 AND attempts - uncounted < :most",
        )
        if not again:
            self._step(FAIL, task_id, attempt, failure_values(CANCELLED), also="cancel_requested = 1")
            self.fail(task_id, attempt, failure)
        return again

    def recover(self) -> Recovered:
        """Put back what a killed server was working on; to be called before the first `claim`."""
        now = now_values()
        most = self._max_attempts * SERVER_ENDS
        lost = failure_values(JobFailure.of("worker_lost", "server_ends_used_up", ends=most))
        with self._database.write() as connection:
            stopped = connection.execute(
                f"UPDATE tasks SET {FAIL}, {TOUCH} WHERE status = 'processing'"
                " AND (cancel_requested = 1 OR deleting = 1) RETURNING *",
                now | failure_values(CANCELLED),
            ).fetchall()
            used_up = connection.execute(
                f"UPDATE tasks SET {FAIL}, {TOUCH} WHERE status = 'processing' AND server_ends + 1 >= :most"
                " RETURNING *",
                now | {"most": most} | lost,
            ).fetchall()
            again = connection.execute(
                f"UPDATE tasks SET {AGAIN}, message = '{WAITING}', {TOUCH}, uncounted = uncounted + 1,"
                " server_ends = server_ends + 1 WHERE status = 'processing'",
                now,
            )
            return Recovered(again.rowcount, tuple(task_of(row) for row in (*stopped, *used_up)))

    # -- what users ask for

    def cancel(self, task_id: str) -> Task:
        """End a waiting task at once, or ask for the end of one in work; StateConflictError when it is finished."""
        values = now_values() | failure_values(CANCELLED) | {"id": task_id}
        with self._database.write() as connection:
            ended = connection.execute(
                f"UPDATE tasks SET {FAIL}, {TOUCH} WHERE task_id = :id AND status = 'pending'", values
            )
            asked = connection.execute(
                "UPDATE tasks SET cancel_requested = 1, message = 'Being cancelled.', updated_at = :now"
                " WHERE task_id = :id AND status = 'processing'",
                values,
            )
            task = fetch(connection, task_id)
            if not ended.rowcount + asked.rowcount:
                raise StateConflictError.of("nothing_to_cancel", task=task_id, status=phrase(f"status.{task.status}"))
            return task

    def rerun(self, task_id: str, has_config: bool | None = None) -> Task:
        """Put a finished task at the end of the queue under its id; StateConflictError when it is not finished."""
        values = now_values() | {"id": task_id, "has_config": has_config}
        with self._database.write() as connection:
            task = fetch(connection, task_id)
            if task.status.is_final and not task.input_file:
                raise StateConflictError.of("no_input", task=task_id)
            self._refuse_when_full(connection, task.owner_key_id)
            changed = connection.execute(
                f"UPDATE tasks SET {AGAIN}, {TOUCH}, {FORGET}, message = '{WAITING}', uncounted = attempts,"
                f" server_ends = 0,"
                f" queued_at = :exact, queue_order = {NEXT_PLACE}, has_config = coalesce(:has_config, has_config)"
                f" WHERE task_id = :id AND {IS_FINAL}",
                values,
            )
            if not changed.rowcount:
                raise StateConflictError.of("not_final", task=task_id, status=phrase(f"status.{task.status}"))
            return fetch(connection, task_id)

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
            fetch(connection, task_id)
            values = now_values() | failure_values(CANCELLED) | {"id": task_id}
            connection.execute(f"UPDATE tasks SET {FAIL}, {TOUCH} WHERE task_id = :id AND status = 'pending'", values)
            connection.execute(f"UPDATE tasks SET cancel_requested = 1, {HIDE} WHERE task_id = :id", values)

    def begin_cleaning(self, task: Task) -> bool:
        """Hide a task as `begin_delete` does, if it is still as it was seen: finished, not pinned, not changed."""
        with self._database.write() as connection:
            changed = connection.execute(
                f"UPDATE tasks SET {HIDE} WHERE task_id = ? AND {IS_FINAL} AND pinned = 0 AND deleting = 0"
                " AND updated_at = ?",
                (task.task_id, as_text(task.updated_at)),
            )
            return changed.rowcount == 1

    def delete(self, task_id: str) -> None:
        """Remove the row, after the files."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM tasks WHERE task_id = ?", (task_id,))

    def give_up_before(self, moment: datetime) -> tuple[Task, ...]:
        """Fail, as ``expired``, the tasks that were queued until then and never finished; return them."""
        with self._database.write() as connection:
            rows = connection.execute(
                f"UPDATE tasks SET {FAIL}, {TOUCH} WHERE status IN ('pending', 'processing')"
                " AND queued_at <= :moment RETURNING *",
                now_values() | failure_values(EXPIRED) | {"moment": as_exact_text(moment)},
            ).fetchall()
            return tuple(task_of(row) for row in rows)

    # -- inside

    def _add(self, new: NewTask, failure: JobFailure | None) -> tuple[Task, bool]:
        """Add a task that waits, or one that has failed already; one transaction, so a key never makes two."""
        with self._database.write() as connection:
            earlier = idempotent(connection, new.owner_key_id, new.idempotency_key)
            if earlier is not None:
                return same_task(connection, earlier, new), False
            if failure is None:
                self._refuse_when_full(connection, new.owner_key_id)
            insert(connection, new)
            self._database.settle()
            if failure is not None:
                values = now_values() | failure_values(failure) | {"id": new.task_id}
                connection.execute(f"UPDATE tasks SET {FAIL} WHERE task_id = :id", values)
            return fetch(connection, new.task_id), True

    def _step(
        self, assignments: str, task_id: str, attempt: int, values: dict[str, object], *, also: str = "1"
    ) -> bool:
        """Change the row of an attempt that is still the current one; return whether it was."""
        with self._database.write() as connection:
            changed = connection.execute(
                f"UPDATE tasks SET {assignments}, {TOUCH} WHERE task_id = :id AND status = 'processing'"
                f" AND attempts = :attempt AND {also}",
                now_values() | values | {"id": task_id, "attempt": attempt},
            )
            return changed.rowcount == 1

    def _change(self, task_id: str, assignment: str, value: object) -> Task:
        """Set one column of a task in any state."""
        with self._database.write() as connection:
            values = now_values() | {"value": value, "id": task_id}
            connection.execute(f"UPDATE tasks SET {assignment}, {TOUCH} WHERE task_id = :id AND deleting = 0", values)
            return fetch(connection, task_id)

    def _refuse_when_full(self, connection: Connection, owner: str | None) -> None:
        """Raise QueueFullError when as many tasks wait as may, or as many of one key as leave room for the others.

        A key may have a multiple of the free places, so that the queue never fills up however many keys share it; the
        multiple gives a key that is alone its share of the whole. Without a key nobody can be told from the others.
        """
        waiting, own = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE owner_key_id = ?) FROM tasks WHERE status = 'pending'", (owner,)
        ).fetchone()
        free = self._max_queue - waiting
        if free <= 0:
            raise QueueFullError.later("queue_full", _QUEUE_FULL_RETRY_S, waiting=waiting)
        if owner is not None and own * (100 - self._queue_share) >= self._queue_share * free:
            raise QueueFullError.later("queue_share_full", _QUEUE_FULL_RETRY_S, own=own, free=free)
