"""The one declaration of an endpoint, from which come enforcement, the checking of its input and its OpenAPI entry."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from gasflux.api.faults import faults_of
from gasflux.errors import Fault, GasFluxError

View = TypeVar("View", bound=Callable[..., Any])

_MARK: Final = "gasflux_endpoint"
_LARGEST_JSON: Final = 16 * 1024 * 1024
"""Room for a configuration of a million characters, each written as two escapes."""


class Access(StrEnum):
    """Who may use an endpoint."""

    OPEN = "open"
    """Everybody."""
    CAPABILITY = "capability"
    """Everybody who knows the id in the path, which cannot be guessed."""
    STATS = "stats"
    """Everybody, unless `[security] protect_stats` asks for a key."""
    KEY = "key"
    """Holders of a key; an administrator is one."""
    ADMIN = "admin"
    """Administrators."""


class RequestError(GasFluxError):
    """The parameters or the body of a request are not what the endpoint takes."""

    kind = "invalid_request"


@dataclass(frozen=True)
class FileAnswer:
    """An answer that is not the JSON envelope."""

    media_types: tuple[str, ...]
    description: str
    is_binary: bool = True


@dataclass(frozen=True)
class Endpoint:
    """All there is to know of an endpoint but its path and method, which Flask's route knows."""

    summary: str
    access: Access = Access.KEY
    description: str = ""
    answer: type[BaseModel] | FileAnswer | None = None
    """Model of `data`, a file, or None for an answer without data."""
    statuses: Sequence[int] = (200,)
    """Statuses of answers with `data`."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    form: Mapping[str, Any] | None = None
    """JSON schema of a multipart form."""
    headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Request headers besides the key: name -> parameter schema with description."""
    errors: Sequence[int] = ()
    """Statuses of refusals besides those that follow from the rest."""
    has_etag: bool = False
    tag: str = ""


def endpoint(**declaration: Any) -> Callable[[View], View]:
    """Declare an endpoint: keywords are the fields of `Endpoint`.

    A view with `query` or `body` is called with the checked model as the keyword of that name.
    """
    declared = Endpoint(**declaration)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(**arguments: Any) -> Any:
            return view(**arguments, **_inputs(declared))

        setattr(checked, _MARK, declared)
        return checked  # type: ignore[return-value]

    return decorate


def declaration_of(view: Callable[..., Any]) -> Endpoint:
    """Return the declaration of a view; one without any needs a key and is described by its docstring."""
    declared = getattr(view, _MARK, None)
    if isinstance(declared, Endpoint):
        return declared
    summary = (view.__doc__ or view.__name__.replace("_", " ")).strip().splitlines()[0]
    return Endpoint(summary=summary, access=Access.KEY)


def _inputs(declared: Endpoint) -> dict[str, BaseModel]:
    """Check what the request brought against the models."""
    inputs = {}
    if declared.query is not None:
        inputs["query"] = _checked(declared.query, _query_values(), "the query")
    if declared.body is not None:
        inputs["body"] = _checked(declared.body, _json_body(), "the body")
    return inputs


def _query_values() -> dict[str, str]:
    """Return the query's values; a name given twice is a fault, since one of them would be ignored silently."""
    lists = request.args.to_dict(flat=False)
    twice = [name for name, values in lists.items() if len(values) > 1]
    if twice:
        faults = [
            Fault(f"{name[:60]!r} is given {len(lists[name])} times; give it once.", column=name) for name in twice
        ]
        raise RequestError.from_faults("the query", faults)
    return {name: values[0] for name, values in lists.items()}


def _json_body() -> Any:
    """Return the body as JSON."""
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON: send it with the header Content-Type: application/json.")
    request.max_content_length = min(request.max_content_length or _LARGEST_JSON, _LARGEST_JSON)
    try:
        return request.get_json()
    except (BadRequest, RecursionError) as error:
        raise BadRequest("The body is not valid JSON, or nested too deep.") from error


def _checked(model: type[BaseModel], values: Any, subject: str) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestError.from_faults(subject, faults_of(error, model)) from error
