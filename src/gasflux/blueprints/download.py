"""Result files."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Blueprint, Response, send_file

from gasflux.api.endpoint import Access, FileAnswer, endpoint
from gasflux.api.headers import RESULT_POLICY
from gasflux.api.models import DownloadQuery
from gasflux.errors import UnknownIdError
from gasflux.results.folder import media_type
from gasflux.service.tasks.records import TaskStatus
from gasflux.shared import current_service

download_bp = Blueprint("download", __name__)


@download_bp.get("/download/<task_id>/<path:name>")
@endpoint(
    summary="A result file",
    description="Whoever knows the id may fetch it. ETag, Range and conditional requests work; `download=1` saves it.",
    access=Access.CAPABILITY,
    query=DownloadQuery,
    answer=FileAnswer(
        (
            "text/html",
            "application/json",
            "text/csv",
            "application/geo+json",
            "application/vnd.google-earth.kml+xml",
            "application/yaml",
            "application/zip",
            "image/png",
            "application/octet-stream",
        ),
        "the file",
    ),
    errors=(404, 416),
    has_etag=True,
    tag="reports",
)
def download(task_id: str, name: str, query: DownloadQuery) -> Response:
    """Send one file out of the task's folder; no path is made of the name that was asked for."""
    service = current_service()
    task = service.tasks.get(task_id)
    if task.status is not TaskStatus.COMPLETED:
        raise UnknownIdError(f"The task {task_id} is {task.status}: it has no results now.")
    kind = next((file.type for file in task.results if file.name == name), media_type(name))
    saves = query.download or kind == "application/zip"
    with service.folders.result(task_id, name) as path:
        response = send_file(
            path, kind, as_attachment=saves, download_name=PurePosixPath(name).name, conditional=True, etag=True
        )
    if not saves:
        response.headers.pop("Content-Disposition", None)
    response.headers["Content-Security-Policy"] = RESULT_POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response
