"""The one declaration of an endpoint, from which come enforcement, the checking of its input and its OpenAPI entry."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from gasflux.api.faults import MOST_QUOTED, faults_of
from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES
from gasflux.errors import MOST_FAULTS, Fault, GasFluxError, shortened

View = TypeVar("View", bound=Callable[..., Any])

_MARK: Final = "gasflux_endpoint"
LARGEST_JSON: Final = 3 * MAX_YAML_BYTES + 64 * 1024
"""Room for the longest configuration, its line ends and Chinese characters written as escapes, and for all else."""

MOST_NAMES: Final = MOST_FAULTS
"""Names in a query or a body; the longest that means anything has eight."""

_MOST_VALUES: Final = 1_000
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.?)*+"?', re.DOTALL)
"""A text of JSON, up to the end of the document where nothing ends it."""


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
    _refuse_many_names(request.query_string.count(b"&") + 1, "the query")
    lists = request.args.to_dict(flat=False)
    twice = [name for name, values in lists.items() if len(values) > 1]
    if twice:
        faults = [Fault.of("name_twice", column=shortened(name, MOST_QUOTED)) for name in twice]
        raise RequestError.from_faults("the query", faults)
    return {name: values[0] for name, values in lists.items()}


def _refuse_many_names(count: int, subject: str) -> None:
    """Refuse more names than any request has before each is looked at."""
    if count > MOST_NAMES:
        raise RequestError.from_faults(subject, [Fault.of("too_many_names", value=count, allowed=MOST_NAMES)])


def _json_body() -> Any:
    """Return the body as JSON."""
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON: send it with the header Content-Type: application/json.")
    request.max_content_length = min(request.max_content_length or LARGEST_JSON, LARGEST_JSON)
    try:
        return _parsed(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not valid JSON, or nested too deep.") from error


def _parsed(document: bytes) -> Any:
    """Return the values of a document of JSON; its names and values are counted before any is made."""
    signs = _TEXT.sub(b"", document)
    if signs.count(b"{") != signs.count(b"}") or signs.count(b"[") != signs.count(b"]"):
        raise ValueError("a list or an object that does not end")
    _refuse_many_names(signs.count(b":"), "the body")
    if signs.count(b",") + signs.count(b"[") + signs.count(b"{") > _MOST_VALUES:
        raise BadRequest("The body has more values than any request needs.")
    return json.loads(document, object_pairs_hook=_mapping, parse_constant=_no_constant)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return names and values; a name given twice is a fault, since one of them would be ignored silently."""
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        faults = [Fault.of("name_twice", column=shortened(name, MOST_QUOTED)) for name in twice]
        raise RequestError.from_faults("the body", faults)
    return values


def _no_constant(name: str) -> Any:
    """Refuse NaN and the infinities, which Python reads and JSON does not know."""
    raise ValueError(f"{name} is no JSON")


def _checked(model: type[BaseModel], values: Any, subject: str) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestError.from_faults(subject, faults_of(error, model)) from error
