"""Tasks as JSON-ready answers, for the API and for callbacks alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from gasflux.configuration.service_settings import CleanupSettings
from gasflux.errors import shortened
from gasflux.jobs.records import GasSummary, ResultFile
from gasflux.results.folder import REPORT
from gasflux.service.tasks.ages import delete_at
from gasflux.service.tasks.records import Task
from gasflux.storage.clock import as_text

_LISTED: Final = 300
"""Characters of a sentence in a list of up to 500 tasks."""


def task_answer(task: Task, ages: CleanupSettings, time_left_s: float | None = None) -> dict[str, Any]:
    """Return a task as every answer shows it; `TaskEntry` describes the entries.

    Parameters
    ----------
    task
        As the database has it.
    ages
        After how long it is removed.
    time_left_s
        Seconds it will still take; None when that is not known.
    """
    return {
        "task_id": task.task_id,
        "name": task.name,
        "status": task.status.value,
        "message": task.message,
        "progress": round(min(max(task.progress, 0.0), 100.0), 1),
        "stage": task.stage,
        "queue_position": task.queue_position,
        **_failure(task),
        "results": [_file(task.task_id, file) for file in task.results],
        "gases": gases_answer(task.gases),
        "created_at": as_text(task.created_at),
        "updated_at": as_text(task.updated_at),
        "started_at": text_or_none(task.started_at),
        "finished_at": text_or_none(task.finished_at),
        "duration_s": _duration_s(task),
        "time_left_s": None if time_left_s is None else float(round(time_left_s)),
        "delete_at": text_or_none(delete_at(task, ages)),
        "pinned": task.pinned,
        "attempts": task.attempts,
        "input_name": task.input_name,
        "size_bytes": task.size_bytes,
        "has_config": task.has_config,
        "callback_state": task.callback_state and task.callback_state.value,
    }


def task_line(task: Task, ages: CleanupSettings, time_left_s: float | None = None) -> dict[str, Any]:
    """Return a task as lists show it: as `task_answer`, but of its faults the beginning of the sentence only.

    Parameters
    ----------
    task
        As the database has it.
    ages
        After how long it is removed.
    time_left_s
        Seconds it will still take; None when that is not known.
    """
    answer = task_answer(task, ages, time_left_s)
    details = answer.pop("error_details")
    chinese = [str(detail.get("zh", {}).get("message", "")) for detail in details]
    answer["error_zh"] = "".join(chinese) if chinese and all(chinese) else None
    texts = {name: answer[name] and shortened(answer[name], _LISTED) for name in ("message", "error", "error_zh")}
    return answer | texts


def report_answer(task: Task) -> dict[str, Any]:
    """Return a completed task as one line of the list of reports."""
    return {
        "task_id": task.task_id,
        "name": task.name,
        "created_at": as_text(task.created_at),
        "gases": gases_answer(task.gases),
        "grade": max((gas.grade for gas in task.gases), default=None),
        "report_url": download_url(task.task_id, REPORT),
    }


def gases_answer(gases: Iterable[GasSummary]) -> dict[str, Any]:
    """Return rates under the names of their gases."""
    return {
        gas.gas: {
            "flux_kg_h": gas.flux_kg_h,
            "flux_interval_kg_h": {"level": gas.level, "low": gas.low_kg_h, "high": gas.high_kg_h},
            "detection_limit_kg_h": gas.detection_limit_kg_h,
            "grade": gas.grade,
        }
        for gas in gases
    }


def download_url(task_id: str, name: str) -> str:
    """Return the path under which a result is fetched."""
    return f"/download/{task_id}/{quote(name)}"


def text_or_none(moment: datetime | None) -> str | None:
    """Return a time as answers show it, None where there is none."""
    return None if moment is None else as_text(moment)


def _failure(task: Task) -> dict[str, Any]:
    """Return why a task failed; the sentence alone is `error`, since clients print it."""
    failure = task.failure
    return {
        "error": failure.message if failure else None,
        "error_type": failure.type if failure else None,
        "error_details": [dict(detail) for detail in failure.details] if failure else [],
    }


def _duration_s(task: Task) -> float | None:
    """Return how long the work on a finished task took, waiting not counted."""
    if task.started_at is None or task.finished_at is None:
        return None
    return round(max((task.finished_at - task.started_at).total_seconds(), 0.0), 3)


def _file(task_id: str, file: ResultFile) -> dict[str, Any]:
    url = download_url(task_id, file.name)
    return {"name": file.name, "download_url": url, "size": file.size_bytes, "type": file.type}
