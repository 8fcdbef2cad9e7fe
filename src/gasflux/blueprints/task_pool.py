"""All tasks: lists, counts, what runs and what waits."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response

from gasflux.api.endpoint import Access, endpoint
from gasflux.api.models import TaskList, TaskListQuery, Tasks, TaskStatistics
from gasflux.api.presenting import listed_task, pagination
from gasflux.service.tasks.records import Task, TaskQuery, TaskStatus
from gasflux.shared import _format_response, current_service, with_etag

task_pool_bp = Blueprint("task_pool", __name__, url_prefix="/tasks")


@task_pool_bp.get("")
@endpoint(
    summary="The tasks, page by page",
    access=Access.KEY,
    query=TaskListQuery,
    answer=TaskList,
    has_etag=True,
    tag="task pool",
)
def list_tasks(query: TaskListQuery) -> Response:
    """Answer one page of the tasks."""
    service = current_service()
    page = service.tasks.page(
        TaskQuery(
            status=TaskStatus(query.status) if query.status else None,
            text=query.q,
            sort=query.sort,
            descending=query.order == "desc",
            page=query.page,
            per_page=query.per_page,
        )
    )
    data = TaskList(tasks=[listed_task(task, service) for task in page.tasks], pagination=pagination(page))
    return with_etag(_format_response(200, f"{len(page.tasks)} of {page.total} tasks.", data))


@task_pool_bp.get("/stats")
@endpoint(
    summary="Tasks by status, and how long they take",
    access=Access.KEY,
    answer=TaskStatistics,
    has_etag=True,
    tag="task pool",
)
def statistics() -> Response:
    """Answer counts and times."""
    service = current_service()
    counts = service.tasks.counts()
    data = TaskStatistics(
        pending=counts.pending,
        processing=counts.processing,
        completed=counts.completed,
        failed=counts.failed,
        total=counts.unfinished + counts.completed + counts.failed,
        median_duration_s=counts.median_duration_s,
        median_wait_s=counts.median_wait_s,
        max_queue=service.settings.tasks.max_queue,
        workers=service.executor.slots,
    )
    return with_etag(_format_response(200, f"{data.total} tasks.", data))


@task_pool_bp.get("/active")
@endpoint(summary="The tasks in work", access=Access.KEY, answer=Tasks, has_etag=True, tag="task pool")
def active() -> Response:
    """Answer the running tasks, the oldest first."""
    return _list(current_service().tasks.active(), "in work")


@task_pool_bp.get("/queue")
@endpoint(
    summary="The waiting tasks, the next one first", access=Access.KEY, answer=Tasks, has_etag=True, tag="task pool"
)
def queue() -> Response:
    """Answer the waiting tasks with their positions."""
    return _list(current_service().tasks.queue(), "waiting")


def _list(tasks: Iterable[Task], standing: str) -> Response:
    service = current_service()
    data = Tasks(tasks=[listed_task(task, service) for task in tasks])
    return with_etag(_format_response(200, f"{len(data.tasks)} tasks {standing}.", data))
