"""Every refusal and failure as JSON in the service's one shape; tracebacks go to the log and nowhere else."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from gasflux.errors import (
    MOST_SENTENCES,
    Fault,
    GasFluxError,
    RetryLaterError,
    StorageError,
    UnauthorizedError,
    shortened,
)
from gasflux.service.refusals import TOLD_OF_HOLDERS
from gasflux.shared import _format_response, current_service, request_id, without_folders

_LOG: Final = logging.getLogger(__name__)

_STATUS: Final[dict[str, int]] = {
    "not_found": 404,
    "conflict": 409,
    "unauthorized": 401,
    "forbidden": 403,
    "too_large": 413,
    "unsupported_file": 415,
    "invalid_input": 422,
    "invalid_config": 422,
    "invalid_request": 422,
    "no_surface": 422,
    "processing_failed": 422,
    "rate_limited": 429,
}
"""Kind of an error -> HTTP status."""

_PATH: Final = 200
"""Characters of an address in the log."""

_RETRY_LATER: Final = 503
_SHORTAGE_RETRY_S: Final = 10
_SERVER_FAULT: Final = 500

_SENTENCES: Final[dict[int, str]] = {
    404: "There is nothing at this address; /docs lists what there is.",
    405: "This address does not take the method {method}; allowed: {allowed}.",
    408: "The request took too long to arrive.",
    413: "The request is larger than this server accepts.",
    415: "The content type of the request is not one this address takes.",
    416: "The range asked for lies outside the file.",
}
_TYPES: Final[dict[int, str]] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}


def status_of(error: GasFluxError) -> int:
    """Return the HTTP status of an error."""
    default = _RETRY_LATER if isinstance(error, RetryLaterError) else _SERVER_FAULT
    return _STATUS.get(error.kind, default)


def refusal(error: GasFluxError, data: object = None) -> Response:
    """Return the answer to a request that was refused.

    Parameters
    ----------
    error
        Why.
    data
        What the client gets nevertheless, such as the id of the task that keeps its upload.
    """
    status = status_of(error)
    headers = {}
    if isinstance(error, RetryLaterError):
        headers["Retry-After"] = str(max(1, error.retry_after_s))
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = 'ApiKey realm="GasFlux", header="X-API-Key"'
    if status == _SERVER_FAULT or isinstance(error, StorageError):
        line = f"{type(error).__name__}: {error}"
        current_service().refusals.note(type(error).__name__, line, level=logging.ERROR, told=TOLD_OF_HOLDERS)
    return _format_response(
        status, sentence_of(error), data, error_type=error.kind, details=list(_details(error)), headers=headers
    )


def sentence_of(error: GasFluxError) -> str:
    """Return the error as one line."""
    return without_folders(" ".join(shortened(str(error), MOST_SENTENCES).split()))


def _details(error: GasFluxError) -> Iterator[dict[str, object]]:
    for fault in error.faults:
        yield fault.as_dict() if isinstance(fault, Fault) else dict(fault)


def http_refusal(error: HTTPException) -> Response:
    """Return the JSON answer to what Flask and Werkzeug refuse."""
    status = error.code or _SERVER_FAULT
    response = _format_response(status, _http_sentence(error), error_type=_TYPES.get(status, "refused"))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _http_sentence(error: HTTPException) -> str:
    """Return the sentence that the raiser wrote, else the service's own for that status."""
    if error.description and error.description != type(error).description:
        return error.description
    allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ())) or "none"
    return _SENTENCES.get(error.code or 0, error.name).format(method=request.method, allowed=allowed)


def unexpected(error: Exception) -> Response:
    """Return the answer to a fault of the program, and log its traceback under the id the client is given."""
    path = shortened(request.path, _PATH)
    _LOG.exception("%s %s failed, request %s", request.method, path, request_id(), exc_info=error)
    message = f"The server made a mistake; its log tells more under the request id {request_id()}."
    return _format_response(_SERVER_FAULT, message, error_type="internal_error")


def shortage(error: OSError) -> Response:
    """Return the answer where the machine gives no more files, memory or processes; anything else is unexpected."""
    if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN):
        return unexpected(error)
    line = f"{request.method} {shortened(request.path, _PATH)} cannot be done now: {error.strerror}"
    current_service().refusals.note("shortage", line, level=logging.WARNING, told=TOLD_OF_HOLDERS)
    return refusal(RetryLaterError.later("machine_short", _SHORTAGE_RETRY_S))


def register_refusals(app: Flask) -> None:
    """Answer every error of the application in JSON."""
    app.register_error_handler(GasFluxError, refusal)
    app.register_error_handler(HTTPException, http_refusal)
    app.register_error_handler(OSError, shortage)
    app.register_error_handler(Exception, unexpected)
