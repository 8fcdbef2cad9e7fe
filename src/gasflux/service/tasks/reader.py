"""What can be known of the tasks: reading only, so that it never waits for who writes."""

from __future__ import annotations

import json
import statistics
from datetime import datetime, timedelta
from typing import Final

from gasflux.configuration.service_settings import CleanupSettings
from gasflux.db import Connection, Database
from gasflux.service.tasks.records import Task, TaskCounts, TaskPage, TaskQuery, TaskStatus
from gasflux.service.tasks.sql import IS_FINAL, POSITION, fetch, idempotent, task_of
from gasflux.storage.clock import as_text, from_optional_text, from_text

_RECENT: Final = 50
"""How many of the last completed tasks tell how long one takes."""


class TaskReader:
    """The table of tasks, to look at.

    Parameters
    ----------
    database
        A migrated database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, task_id: str) -> Task:
        """Return a task; UnknownIdError when there is none."""
        with self._database.read() as connection:
            return fetch(connection, task_id)

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

    def last_change(self) -> datetime | None:
        """Return when a task changed last, by the clock of then; None when there is none."""
        with self._database.read() as connection:
            text = connection.execute("SELECT max(updated_at) FROM tasks").fetchone()[0]
        return from_optional_text(text)

    def version(self) -> int:
        """Return a number that grows with every change of a task, whoever makes it."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT value FROM facts WHERE name = 'task_version'").fetchone()[0])

    def find_idempotent(self, owner: str | None, key: str) -> Task | None:
        """Return the task that `owner` made with an idempotency key."""
        with self._database.read() as connection:
            row = idempotent(connection, owner, key)
            return None if row is None else fetch(connection, row["task_id"])

    def somebody_waits(self) -> bool:
        """Return whether a task waits."""
        with self._database.read() as connection:
            return connection.execute("SELECT 1 FROM tasks WHERE status = 'pending' LIMIT 1").fetchone() is not None

    def half_deleted(self) -> tuple[str, ...]:
        """Return the ids of hidden tasks that are not in work: their files may still be there."""
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT task_id FROM tasks WHERE deleting = 1 AND {IS_FINAL}")
            return tuple(row[0] for row in rows)

    def is_in_work(self, task_id: str) -> bool:
        """Return whether an attempt at a task runs, at one that is hidden too."""
        with self._database.read() as connection:
            found = connection.execute("SELECT 1 FROM tasks WHERE task_id = ? AND status = 'processing'", (task_id,))
            return found.fetchone() is not None

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
                f"SELECT * FROM tasks WHERE {IS_FINAL} AND pinned = 0 AND deleting = 0 AND ({condition})"
                " ORDER BY updated_at, queue_order",
                values,
            ).fetchall()
            return tuple(task_of(row) for row in rows)


def _seconds(start: str, end: str) -> float:
    """Return the time between two texts."""
    return (from_text(end) - from_text(start)).total_seconds()


def _median(values: list[float]) -> float | None:
    """Return the median, None of nothing."""
    return statistics.median(values) if values else None


_SORTS: Final = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "name": "name COLLATE NOCASE",
    "status": "status",
    "size": "size_bytes",
}


def page_of(connection: Connection, query: TaskQuery) -> TaskPage:
    """Return one page of the tasks that a query asks for; a page past the end is empty."""
    where, values = _where(query)
    total = int(connection.execute(f"SELECT count(*) FROM tasks WHERE {where}", values).fetchone()[0])
    # Sorting keys only: whole rows with their JSON are read for the one page, not for all that match.
    rows = connection.execute(
        f"SELECT *, {POSITION} FROM tasks WHERE rowid IN (SELECT rowid FROM tasks WHERE {where}"
        f" ORDER BY {_order(query)} LIMIT :limit OFFSET :offset) ORDER BY {_order(query)}",
        {**values, "limit": query.per_page, "offset": (query.page - 1) * query.per_page},
    ).fetchall()
    tasks: tuple[Task, ...] = tuple(task_of(row, row["position"]) for row in rows)
    return TaskPage(tasks, query.page, query.per_page, total)


def _order(query: TaskQuery) -> str:
    """Return the terms of ORDER BY; ties go by acceptance, so that pages neither repeat nor skip a task."""
    if query.sort not in _SORTS:
        raise ValueError(f"tasks cannot be sorted by {query.sort!r}; possible: {', '.join(_SORTS)}")
    direction = "DESC" if query.descending else "ASC"
    return f"{_SORTS[query.sort]} {direction}, queue_order {direction}"


def _where(query: TaskQuery) -> tuple[str, dict[str, object]]:
    """Return the condition of a query and the values in it."""
    candidates: tuple[tuple[bool, str, dict[str, object]], ...] = (
        (query.status is not None, "status = :status", {"status": query.status}),
        (query.since is not None, "created_at >= :since", {"since": query.since and as_text(query.since)}),
        (query.until is not None, "created_at <= :until", {"until": query.until and as_text(query.until)}),
        (bool(query.text), _TEXT, {"text": _pattern(query.text)}),
        (query.gas is not None, _GAS, {"gas": query.gas and _gas_pattern(query.gas)}),
    )
    wanted = [(condition, values) for is_wanted, condition, values in candidates if is_wanted]
    conditions = ["deleting = 0", *(condition for condition, _ in wanted)]
    return " AND ".join(conditions), {name: value for _, values in wanted for name, value in values.items()}


_TEXT: Final = r"(name LIKE :text ESCAPE '\' OR input_name LIKE :text ESCAPE '\' OR task_id LIKE :text ESCAPE '\')"


_GAS: Final = r"gases LIKE :gas ESCAPE '\'"


def _gas_pattern(gas: str) -> str:
    """Return the LIKE pattern of a gas in the column ``gases``; parsing the JSON of every row takes twice as long."""
    return _pattern(f'"gas": {json.dumps(gas)}')


def _pattern(text: str) -> str:
    """Return the LIKE pattern of texts that hold `text`, its own % and _ taken literally."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
