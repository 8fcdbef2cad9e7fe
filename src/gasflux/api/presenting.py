"""Tasks and keys as the models of the API."""

from __future__ import annotations

from dataclasses import replace

from gasflux.api.models import KeyInfo, Pagination, ReportInfo, TaskEntry, TaskLine
from gasflux.jobs.early import early_gases
from gasflux.service.keys.records import ApiKey
from gasflux.service.parts import Service
from gasflux.service.tasks.as_json import report_answer, task_answer, task_line, text_or_none
from gasflux.service.tasks.records import Task, TaskPage, TaskStatus
from gasflux.storage.clock import as_text


def task_info(task: Task, service: Service) -> TaskEntry:
    """Return a task with the time it still takes, and with its rates as soon as they are known."""
    return TaskEntry.model_validate(
        task_answer(_with_early_gases(task, service), service.settings.cleanup, _left_s(task, service))
    )


def listed_task(task: Task, service: Service) -> TaskLine:
    """Return a task as one line of a list."""
    return TaskLine.model_validate(
        task_line(_with_early_gases(task, service), service.settings.cleanup, _left_s(task, service))
    )


def _with_early_gases(task: Task, service: Service) -> Task:
    """Return a task in work with the rates that its worker knows before it draws."""
    if task.status is not TaskStatus.PROCESSING:
        return task
    return replace(task, gases=early_gases(service.folders.early_dir(task.task_id, task.attempts)))


def _left_s(task: Task, service: Service) -> float | None:
    return None if task.status.is_final else service.runner.time_left_s(task)


def report_info(task: Task) -> ReportInfo:
    """Return a completed task as one line of the list of reports."""
    return ReportInfo.model_validate(report_answer(task))


def pagination(page: TaskPage) -> Pagination:
    """Return which part of a list a page is."""
    return Pagination(page=page.page, per_page=page.per_page, total=page.total, pages=page.pages)


def key_info(key: ApiKey) -> KeyInfo:
    """Return a key as an administrator sees it."""
    return KeyInfo(
        key_id=key.key_id,
        name=key.name,
        admin=key.is_admin,
        created_at=as_text(key.created_at),
        last_used_at=text_or_none(key.last_used_at),
        expires_at=text_or_none(key.expires_at),
        revoked=key.revoked,
    )
