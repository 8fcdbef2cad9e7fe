"""Rows of the table of tasks as `Task` values, and the JSON columns in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gasflux.db import Row
from gasflux.jobs.records import GasSummary, JobFailure, ResultFile
from gasflux.service.clock import from_optional_text, from_text
from gasflux.service.records import CallbackState, Task, TaskStatus


def task_of(row: Row, queue_position: int | None = None) -> Task:
    """Return the task a complete row stands for."""
    return Task(
        task_id=row["task_id"],
        name=row["name"],
        status=TaskStatus(row["status"]),
        message=row["message"] or "",
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
    details = tuple(json.loads(row["error_details"] or "[]"))
    return JobFailure(row["error_type"] or "unknown", row["error"] or "", details)


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
