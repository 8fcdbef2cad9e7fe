"""Taking flights in, and looking at one without keeping it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from gasflux.api.endpoint import Access, RequestError, endpoint
from gasflux.api.models import MAX_NAME, AcceptedUpload, Preview
from gasflux.api.streaming_request import stream_into
from gasflux.api.task_names import NAME_PATTERN, plain_name
from gasflux.auth import client_address, principal
from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import Fault, RetryLaterError
from gasflux.service.callbacks.sender import check_callback_url
from gasflux.service.keys.rate_limit import network_of
from gasflux.service.uploads.intake import Accepted, Incoming, PartFile, Upload
from gasflux.service.uploads.kind_and_size import check_upload, shown_name
from gasflux.shared import _format_response, current_service

upload_bp = Blueprint("upload", __name__)

_FILE: Final = {"type": "string", "format": "binary", "description": "flight log: .xlsx, .xls, .csv or .csv.gz"}
_CONFIG: Final = {"type": "string", "format": "yaml", "description": "processing YAML, as a file or as text"}
_UPLOAD_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": _FILE,
        "config": _CONFIG,
        "name": {
            "type": "string",
            "maxLength": MAX_NAME,
            "pattern": f"^$|{NAME_PATTERN}",
            "description": "what to call the task; empty for the name of the file",
        },
        "callback_url": {"type": "string", "format": "uri", "description": "where a signed POST reports the end"},
    },
    "additionalProperties": False,
}
_PREVIEW_FORM: Final = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": _FILE, "config": _CONFIG},
    "additionalProperties": False,
}
_FIELDS: Final = tuple(_UPLOAD_FORM["properties"])
_SHOWN_FIELD: Final = 60
_LOOK_S: Final = 30.0
_KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
_LONGEST_KEY: Final = 255


@upload_bp.post("/upload")
@endpoint(
    summary="Upload a flight for processing",
    description=(
        "The kind of file is told by its content. Faults that show at once (configuration, columns, ranges) are"
        " answered 422, and the upload is kept as a failed task, whose id is in `data`: fetch it, or run it again with"
        " another configuration. A file of another kind, too large or empty is not kept. Every key of this server sees"
        " every task: a server is for one team."
    ),
    access=Access.KEY,
    form=_UPLOAD_FORM,
    answer=AcceptedUpload,
    statuses=(202,),
    headers={
        "Idempotency-Key": {
            "schema": {"type": "string", "pattern": _KEY_PATTERN},
            "description": "a retry with the same key and content returns the first task",
        }
    },
    errors=(400, 409, 413, 415, 422, 503),
    tag="tasks",
)
def upload() -> Response:
    """Take a flight in."""
    key = _idempotency_key()
    service, who = current_service(), principal()
    service.limiter.count_upload(who.key_id or network_of(client_address()))
    with _incoming() as incoming:
        file = _flight()
        accepted = service.intake.accept(
            incoming,
            Upload(
                file=_part(file),
                original_name=shown_name(file.filename or "") or "upload",
                config=_config(),
                name=_name(),
                owner_key_id=who.key_id,
                idempotency_key=key,
                callback_url=_callback_url(),
            ),
        )
    return _answer(accepted)


@upload_bp.post("/preview")
@endpoint(
    summary="Look at a flight without keeping it",
    description="Columns, units, ranges, a sketch of the track and the gases, and every fault; 503 while others look.",
    access=Access.KEY,
    form=_PREVIEW_FORM,
    answer=Preview,
    errors=(400, 413, 415, 422, 503),
    tag="tasks",
)
def preview() -> Response:
    """Answer what a file holds."""
    service = current_service()
    service.limiter.count_upload(principal().key_id or network_of(client_address()))
    with _incoming() as incoming:
        file = _flight()
        part, name = _part(file), shown_name(file.filename or "") or "upload"
        config = load_pipeline_config(_config())
        incoming.close_parts()
        check_upload(part.path, name, service.settings.limits)
        found = service.inspector.inspect(part.path, config, name=name, budget_s=_LOOK_S)
    if found is None:
        raise RetryLaterError.later("look_takes_long", 10)
    return _format_response(200, f"{name} was looked at.", found)


@contextmanager
def _incoming() -> Iterator[Incoming]:
    """Stream the form of this request into the folder of a new task; it goes unless the task is made."""
    intake = current_service().intake
    incoming = intake.begin(request.content_length or 0)
    stream_into(incoming)
    try:
        yield incoming
    finally:
        intake.end(incoming)


def _answer(accepted: Accepted) -> Response:
    """Return 202, or 422 with the faults and the task that keeps the upload."""
    task = accepted.task
    data = AcceptedUpload(
        task_id=task.task_id,
        status=task.status.value,
        name=task.name,
        status_url=url_for("tasks.get_task", task_id=task.task_id),
        queue_position=task.queue_position,
    )
    headers = {"Idempotent-Replayed": "true"} if accepted.is_replay else {}
    if accepted.refused_for is not None:
        failure = accepted.refused_for
        message = f"{failure.message} The upload is kept as the failed task {task.task_id}."
        return _format_response(
            422, message, data, error_type=failure.type, details=list(failure.details), headers=headers
        )
    headers["Location"] = data.status_url
    return _format_response(202, "The upload waits to be processed.", data, headers=headers)


def _refusal(field: str, sentence: str, value: str | None = None) -> RequestError:
    return RequestError(sentence, [Fault(sentence, column=field, value=value)])


def _idempotency_key() -> str | None:
    """Return the header, refused when it is no plain word."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST_KEY or not all("!" <= character <= "~" for character in key):
        raise _refusal("Idempotency-Key", "Idempotency-Key takes 1 to 255 visible ASCII characters without spaces.")
    return key


def _flight() -> FileStorage:
    """Return the one flight of the form."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send a form of the type multipart/form-data with the flight as its part 'file'.")
    files = request.files.getlist("file")
    unknown = [(name or "")[:_SHOWN_FIELD] for name in {*request.files, *request.form} if name not in _FIELDS]
    if unknown:
        sentence = f"The form has no field {unknown[0]!r}; it takes {', '.join(_FIELDS)}."
        raise _refusal(unknown[0], sentence)
    if len(files) != 1:
        found = f"{len(files)} parts" if files else "no part"
        raise _refusal("file", f"The form has {found} 'file' with a file name; send one flight per upload.")
    return files[0]


def _part(file: FileStorage) -> PartFile:
    """Return where the flight was written."""
    return cast(PartFile, file.stream)


def _config() -> bytes | None:
    """Return the configuration, sent as a file or as a field; one that is empty counts as none."""
    # One byte more than is taken: whoever reads it sees that it is too long, and nobody holds all of it.
    sent = [part.read(MAX_YAML_BYTES + 1) for part in request.files.getlist("config")]
    sent += [text.encode() for text in request.form.getlist("config")]
    if len(sent) > 1:
        raise _refusal("config", f"The form has {len(sent)} parts 'config'; send one.")
    return sent[0] if sent and sent[0].strip() else None


def _name() -> str | None:
    """Return the name the task shall have."""
    text = _one_field("name")
    if not text:
        return None
    if len(text) > MAX_NAME:
        raise _refusal("name", f"The name has {len(text)} characters; at most {MAX_NAME} are allowed.")
    try:
        return plain_name(text)
    except ValueError as error:
        raise _refusal("name", f"The name cannot be used: {error}.") from error


def _callback_url() -> str | None:
    """Return where the end shall be reported, checked as far as it can be now."""
    url = _one_field("callback_url").strip()
    if url:
        check_callback_url(url, current_service().settings.security)
    return url or None


def _one_field(name: str) -> str:
    """Return a text field that may be given once."""
    values = request.form.getlist(name)
    if len(values) > 1 or request.files.getlist(name):
        raise _refusal(name, f"The form must give {name!r} once, as text.")
    return values[0] if values else ""
