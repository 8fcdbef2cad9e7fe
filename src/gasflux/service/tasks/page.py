"""Pages of the list of tasks: the SQL of a `TaskQuery`."""

from __future__ import annotations

import json
from typing import Final

from gasflux.db import Connection
from gasflux.service.tasks.records import Task, TaskPage, TaskQuery
from gasflux.service.tasks.rows import task_of
from gasflux.storage.clock import as_text

_SORTS: Final = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "name": "name COLLATE NOCASE",
    "status": "status",
    "size": "size_bytes",
}

POSITION: Final = """CASE tasks.status WHEN 'pending' THEN (SELECT count(*) FROM tasks AS ahead
    WHERE ahead.status = 'pending' AND ahead.queue_order <= tasks.queue_order) END AS position"""
"""Column with the place of a pending task in the queue."""


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
