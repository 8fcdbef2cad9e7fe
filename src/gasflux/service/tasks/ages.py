"""How long a finished task and its files are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from gasflux.configuration.service_settings import CleanupSettings
from gasflux.service.tasks.records import Task, TaskStatus


def delete_at(task: Task, ages: CleanupSettings) -> datetime | None:
    """Return from when on a task and its files go, counted from its last change; None while nothing ends it."""
    if task.pinned or not task.status.is_final:
        return None
    is_good = task.status is TaskStatus.COMPLETED
    age = ages.successful_task_cleanup_age if is_good else ages.failed_task_cleanup_age
    return task.updated_at + timedelta(seconds=age)
