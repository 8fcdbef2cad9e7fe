"""What every endpoint shares: the one shape of answers, the timing of functions, the service behind the application."""

from __future__ import annotations

import functools
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

from flask import Response, current_app, g, jsonify, request

if TYPE_CHECKING:
    from gasflux.service.parts import Service

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_SLOW_S: Final = 1.0
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current_service() -> Service:
    """Return the service that this application is the face of."""
    return cast("Service", current_app.extensions["gasflux"])


def request_id() -> str:
    """Return the id of the present request: the client's `X-Request-ID` where it is a plain word, else a new one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    return cast(str, g.request_id)


def without_folders(text: str) -> str:
    """Return a message with the service's files by name only: where they lie is for administrators, and in the log."""
    settings = current_service().settings
    for path in (settings.database.path, settings.paths.uploads, settings.paths.outputs):
        if path.is_absolute() and path.parent != path.parent.parent:
            text = text.replace(f"{path.parent}{os.sep}", "")
    return text


def _format_response(
    status: int,
    message: str,
    data: Any = None,
    *,
    error_type: str | None = None,
    details: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer in the service's one shape.

    Parameters
    ----------
    status
        HTTP status, repeated in the body as ``code``.
    message
        One sentence.
    data
        JSON-ready object, a pydantic model, or None.
    error_type
        Machine name of a refusal; adds ``error`` with `details` and the request's id.
    details
        One mapping per fault.
    headers
        Further headers.
    """
    body: dict[str, Any] = {"code": status, "message": message, "data": _plain(data)}
    if error_type is not None:
        body["error"] = {"type": error_type, "details": list(details), "request_id": request_id()}
    response = jsonify(body)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _plain(data: Any) -> Any:
    """Return a model as JSON-ready values."""
    return data.model_dump(mode="json", by_alias=True) if hasattr(data, "model_dump") else data


def with_etag(response: Response) -> Response:
    """Give an answer the ETag of its bytes, and answer 304 to a client that has them already."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def log_performance(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Log how long each call of a function takes: a warning above one second, else for debugging."""
    log = logging.getLogger(function.__module__)

    @functools.wraps(function)
    def timed(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds = time.perf_counter() - started
            level = logging.WARNING if seconds > _SLOW_S else logging.DEBUG
            log.log(level, "%s took %.3f s", function.__qualname__, seconds)

    return timed
