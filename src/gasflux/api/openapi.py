"""The OpenAPI description, made from the same declarations that the requests are checked by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from gasflux.api.endpoint import Access, Endpoint, FileAnswer, declaration_of
from gasflux.api.models import Refusal
from gasflux.version import __version__

VERSION: Final = "3.1.0"
_REF: Final = "#/components/schemas/{model}"
_VARIABLE: Final = re.compile(r"<(?:[^:<>]*:)?([^<>]+)>")
_UNLISTED: Final = frozenset({"HEAD", "OPTIONS"})

_TITLES: Final = {
    304: "unchanged since the ETag the client sent",
    400: "the request cannot be read",
    401: "no key, or one that is not good",
    403: "the key may not do this, or a foreign web page asked",
    404: "there is no such thing",
    405: "wrong method",
    409: "the task does not stand so that this can be done",
    413: "too large",
    415: "not a kind of file or content that is taken",
    416: "the range lies outside the file",
    422: "content that cannot be used; `error.details` has every fault",
    429: "too many requests; Retry-After says when to go on",
    500: "a fault of the server; its log has more under the request id",
    503: "not now; Retry-After says when to try again",
}
_DESCRIPTION: Final = (
    "From the log of a drone or aircraft to an emission rate in kg/h. Post a flight to `/upload`, ask `/task/{task_id}`"
    " until it is `completed` or `failed`, fetch the files under `results`. Every JSON answer has the shape"
    " `{code, message, data}`; refusals add `error`. All keys of a server see all its tasks."
)
_ENCODING: Final = {
    "file": {
        "contentType": "text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,"
        " application/vnd.ms-excel, application/gzip"
    }
}
"""What the flight of a form is; its content decides, whatever type is stated."""

_TAGS: Final = ("tasks", "task pool", "reports", "configuration", "service", "keys", "page")
"""In the order in which a reader needs them."""

_SECURITY: Final = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bootstrap": {"type": "apiKey", "in": "header", "name": "X-Admin-Bootstrap-Key"},
}


def openapi_document(app: Flask) -> dict[str, Any]:
    """Return the description of every endpoint of an application."""
    endpoints = [(rule, declaration_of(app.view_functions[rule.endpoint])) for rule in app.url_map.iter_rules()]
    paths: dict[str, dict[str, Any]] = {}
    for rule, declared in sorted(endpoints, key=lambda entry: entry[0].rule):
        for method in sorted((rule.methods or set()) - _UNLISTED):
            paths.setdefault(path_of(rule), {})[method.lower()] = _operation(rule, method, declared)
    return {
        "openapi": VERSION,
        "info": {"title": "GasFlux", "version": __version__, "description": _DESCRIPTION},
        "tags": [{"name": name} for name in _TAGS],
        "paths": paths,
        "components": {"schemas": _schemas(declared for _, declared in endpoints), "securitySchemes": _SECURITY},
    }


def path_of(rule: Rule) -> str:
    """Return the path of a route as OpenAPI writes it."""
    return _VARIABLE.sub(r"{\1}", rule.rule)


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the schema of every model that is used."""
    models: dict[tuple[type[BaseModel], str], None] = {(Refusal, "validation"): None}
    for declared in endpoints:
        used = (declared.body, declared.answer)
        models |= {(model, "validation"): None for model in used if isinstance(model, type)}
    _, document = models_json_schema(list(models), ref_template=_REF)  # type: ignore[arg-type]
    return dict(document.get("$defs", {}))


def _operation(rule: Rule, method: str, declared: Endpoint) -> dict[str, Any]:
    """Return one entry under a path."""
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": declared.summary,
        "tags": [declared.tag or rule.endpoint.split(".")[0]],
        "responses": _responses(rule, method, declared),
    }
    if declared.description:
        operation["description"] = declared.description
    if parameters := [*_path_parameters(rule), *_query_parameters(declared), *_header_parameters(declared)]:
        operation["parameters"] = parameters
    if body := _request_body(declared):
        operation["requestBody"] = body
    if security := _security(declared.access):
        operation["security"] = security
    return operation


def _security(access: Access) -> list[dict[str, list[str]]]:
    """Return which keys an operation takes; the empty entry says that it may do without."""
    if access in (Access.OPEN, Access.CAPABILITY):
        return []
    keys: list[dict[str, list[str]]] = [{"key": []}, {"bootstrap": []}]
    return [{}, *keys] if access is Access.STATS else keys


def _path_parameters(rule: Rule) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(rule.rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(declared: Endpoint) -> Iterator[dict[str, Any]]:
    if declared.query is None:
        return
    schema = declared.query.model_json_schema()
    for name, entry in schema["properties"].items():
        details = {key: value for key, value in entry.items() if key not in ("description", "title")}
        shown = {"name": name, "in": "query", "schema": _without_null(details)}
        if "description" in entry:
            shown["description"] = entry["description"]
        if name in schema.get("required", ()):
            shown["required"] = True
        yield shown


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value in an address, where there is no null: leaving it out is what says nothing."""
    if "anyOf" not in schema:
        return schema
    choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _header_parameters(declared: Endpoint) -> Iterator[dict[str, Any]]:
    for name, details in declared.headers.items():
        yield {"name": name, "in": "header", **details}


def _request_body(declared: Endpoint) -> dict[str, Any] | None:
    if declared.body is not None:
        return {"required": True, "content": {"application/json": {"schema": _reference(declared.body)}}}
    if declared.form is not None:
        form = {"schema": dict(declared.form), "encoding": _ENCODING}
        return {"required": True, "content": {"multipart/form-data": form}}
    return None


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _responses(rule: Rule, method: str, declared: Endpoint) -> dict[str, Any]:
    responses = {str(status): _success(declared) for status in declared.statuses}
    if declared.has_etag:
        responses["304"] = {"description": _TITLES[304]}
    if isinstance(declared.answer, FileAnswer) and declared.answer.is_binary:
        responses["206"] = _success(declared)
        responses["416"] = _refusal(416)
    for status in sorted(_error_statuses(rule, method, declared)):
        responses.setdefault(str(status), _refusal(status))
    return responses


def _error_statuses(rule: Rule, method: str, declared: Endpoint) -> set[int]:
    """Return the statuses of refusals: those declared, and those that follow from what the endpoint is."""
    statuses = {*declared.errors, 429, 500, 503}
    if declared.access not in (Access.OPEN, Access.CAPABILITY):
        statuses |= {401, 403}
    if method not in ("GET", "HEAD"):
        statuses.add(403)
    if rule.arguments:
        statuses.add(404)
    if declared.query is not None or declared.body is not None:
        statuses.add(422)
    if declared.body is not None:
        statuses |= {400, 413, 415}
    return statuses


def _refusal(status: int) -> dict[str, Any]:
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in (429, 503) else {}
    entry: dict[str, Any] = {
        "description": _TITLES[status],
        "content": {"application/json": {"schema": _reference(Refusal)}},
    }
    return {**entry, "headers": headers} if headers else entry


def _success(declared: Endpoint) -> dict[str, Any]:
    answer = declared.answer
    if isinstance(answer, FileAnswer):
        schema: dict[str, Any] = {} if answer.is_binary else {"type": "string"}
        return {"description": answer.description, "content": {kind: {"schema": schema} for kind in answer.media_types}}
    data = {"type": ["object", "null"]} if answer is None else _reference(answer)
    envelope = {
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": data},
    }
    return {"description": declared.summary, "content": {"application/json": {"schema": envelope}}}
