"""One task: looking at it, changing it, removing it."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, send_file

from gasflux.api.endpoint import Access, FileAnswer, RequestError, endpoint
from gasflux.api.headers import RESULT_POLICY
from gasflux.api.log_tail import last_lines
from gasflux.api.models import LogLines, LogQuery, TaskChange, TaskEntry, TaskView
from gasflux.api.presenting import task_info
from gasflux.errors import Fault, UnknownIdError
from gasflux.results.folder import VIEW
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task, TaskStatus
from gasflux.shared import _format_response, current_service, with_etag

tasks_bp = Blueprint("tasks", __name__, url_prefix="/task")


@tasks_bp.get("/<task_id>")
@endpoint(
    summary="A task as it stands",
    description="Whoever knows the id may look: it cannot be guessed.",
    access=Access.CAPABILITY,
    answer=TaskEntry,
    has_etag=True,
    tag="tasks",
)
def get_task(task_id: str) -> Response:
    """Answer a task."""
    service = current_service()
    task = service.tasks.get(task_id)
    return with_etag(_format_response(200, task.message or f"The task is {task.status}.", task_info(task, service)))


@tasks_bp.put("/<task_id>")
@endpoint(
    summary="Rename, pin, cancel or run again",
    description=(
        "`status: failed` cancels a waiting or running task, `status: pending` runs a finished one again, with `config`"
        " under other settings. 409 when the task does not stand so that this can be done; then nothing is changed."
    ),
    access=Access.KEY,
    body=TaskChange,
    answer=TaskEntry,
    errors=(404, 409, 503),
    tag="tasks",
)
def change_task(task_id: str, body: TaskChange) -> Response:
    """Change a task; the step that may be refused comes first."""
    _refuse_nonsense(body)
    service = current_service()
    service.tasks.get(task_id)
    if body.status == "failed":
        service.changes.cancel(task_id)
    elif body.status == "pending":
        service.stopping.refuse_if_set()
        service.changes.run_again(task_id, body.config)
    if body.name is not None:
        service.tasks.rename(task_id, body.name)
    if body.pinned is not None:
        service.tasks.pin(task_id, body.pinned)
    return _format_response(200, "The task was changed.", task_info(service.tasks.get(task_id), service))


@tasks_bp.delete("/<task_id>")
@endpoint(
    summary="Stop a task and remove it with its files",
    access=Access.KEY,
    errors=(404,),
    tag="tasks",
)
def delete_task(task_id: str) -> Response:
    """Remove a task."""
    current_service().changes.delete(task_id)
    return _format_response(200, "The task and its files are removed.", {})


@tasks_bp.get("/<task_id>/log")
@endpoint(
    summary="The task's own log", access=Access.CAPABILITY, query=LogQuery, answer=LogLines, has_etag=True, tag="tasks"
)
def task_log(task_id: str, query: LogQuery) -> Response:
    """Answer the last lines of a task's log."""
    service = current_service()
    service.tasks.get(task_id)
    lines = last_lines(service.folders.log_path(task_id), query.tail)
    return with_etag(_format_response(200, f"The last {len(lines)} lines.", LogLines(lines=lines)))


@tasks_bp.get("/<task_id>/view")
@endpoint(
    summary="The result as the page draws it",
    description=(
        "Flight, curtain, background and error budget in one document, as soon as they are computed: 404 before, and"
        " where a cluster without a common disk still draws."
    ),
    access=Access.CAPABILITY,
    answer=TaskView,
    has_etag=True,
    tag="tasks",
)
def task_view(task_id: str) -> Response:
    """Answer the worker's document; the envelope goes round its bytes, which are not read."""
    service = current_service()
    document = _view(service.tasks.get(task_id), service.folders)
    body = b'{"code":200,"message":"The result.","data":' + document.strip() + b"}\n"
    return with_etag(Response(body, content_type="application/json"))


@tasks_bp.get("/<task_id>/input")
@endpoint(
    summary="The uploaded flight",
    access=Access.KEY,
    answer=FileAnswer(("application/octet-stream",), "the file as it was uploaded"),
    errors=(404,),
    tag="tasks",
)
def task_input(task_id: str) -> Response:
    """Send back what was uploaded."""
    service = current_service()
    task = service.tasks.get(task_id)
    path = service.folders.input_path(task_id, task.input_file)
    if not task.input_file or not path.is_file():
        raise UnknownIdError(f"The upload of the task {task_id} is gone.")
    response = send_file(
        path, "application/octet-stream", as_attachment=True, download_name=task.input_name, conditional=True
    )
    response.headers["Content-Security-Policy"] = RESULT_POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _view(task: Task, folders: TaskFolders) -> bytes:
    """Return the worker's document, of a task in work the one it wrote before it began to draw."""
    if task.status is TaskStatus.COMPLETED:
        with folders.result(task.task_id, VIEW) as path:
            return path.read_bytes()
    if task.status is TaskStatus.PROCESSING:
        with suppress(FileNotFoundError):  # not computed yet, or completed at this moment: then the next look finds it
            return (folders.early_dir(task.task_id, task.attempts) / VIEW).read_bytes()
    raise UnknownIdError(f"The task {task.task_id} has no result yet.")


def _refuse_nonsense(change: TaskChange) -> None:
    """Refuse a change of nothing, and a configuration without a run."""
    given = change.model_dump(exclude_unset=True)
    if not given or None in given.values():
        sentence = "Give at least one of name, pinned and status, none of them null."
        raise RequestError(sentence, [Fault(sentence)])
    if change.config is not None and change.status != "pending":
        sentence = "A config goes with status 'pending': the task runs again with it."
        raise RequestError(sentence, [Fault(sentence, column="config")])
