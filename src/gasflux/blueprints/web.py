"""The page, its files, and the reader of the API's description."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request, send_file

from gasflux.api.endpoint import Access, FileAnswer, endpoint
from gasflux.api.headers import DOCS_POLICY, PAGE_POLICY
from gasflux.api.openapi import openapi_document
from gasflux.api.page_script import SCRIPT, STYLE, joined_script, joined_style
from gasflux.errors import UnknownIdError
from gasflux.shared import with_etag

web_bp = Blueprint("web", __name__)

STATIC: Final = Path(__file__).parents[1] / "static"
SAMPLE: Final = "examples/sample_flight.xlsx"
"""The bundled flight, for who has none at hand; the template for own ones lies beside it."""
_PAGE: Final = FileAnswer(("text/html",), "the page", is_binary=False)
_DESCRIPTION: Final = "gasflux_openapi"
_YEAR_S: Final = 31_536_000
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""By ending and not from the system's table, which on Windows may call scripts plain text."""


@web_bp.get("/")
@endpoint(summary="The page", access=Access.OPEN, answer=_PAGE, has_etag=True, tag="page")
def index() -> Response:
    """Send the page."""
    return _file("index.html", PAGE_POLICY)


@web_bp.get("/docs")
@endpoint(
    summary="This description as a page, offline too", access=Access.OPEN, answer=_PAGE, has_etag=True, tag="page"
)
def docs() -> Response:
    """Send the page that shows `/openapi.json`."""
    return _file("vendor/swagger-ui/docs.html", DOCS_POLICY)


@web_bp.get("/openapi.json")
@endpoint(
    summary="This description",
    access=Access.OPEN,
    answer=FileAnswer(("application/json",), "OpenAPI 3.1", is_binary=False),
    has_etag=True,
    tag="page",
)
def openapi() -> Response:
    """Send the description of every endpoint, made for the first who asks: none is added after that."""
    document = current_app.extensions.get(_DESCRIPTION)
    if document is None:
        document = current_app.extensions[_DESCRIPTION] = jsonify(openapi_document(current_app)).data
    return with_etag(Response(document, content_type="application/json"))


@web_bp.get("/static/<path:name>")
@endpoint(
    summary="Files of the page",
    access=Access.OPEN,
    answer=FileAnswer(tuple(sorted({*_TYPES.values(), "application/octet-stream"})), "the file"),
    errors=(404,),
    has_etag=True,
    tag="page",
)
def static_file(name: str) -> Response:
    """Send a file of the page; with `?v=...` in its address it may be kept for a year."""
    response = _joined(name) if name in _JOINED else _file(name, PAGE_POLICY)
    if "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    return response


_JOINED: Final = {SCRIPT: (joined_script, "text/javascript"), STYLE: (joined_style, "text/css")}
"""Files of the page that are put together of others when they are asked for."""


def _joined(name: str) -> Response:
    """Send modules, or styles, as one file."""
    join, kind = _JOINED[name]
    response = with_etag(Response(join(STATIC), content_type=f"{kind}; charset=utf-8"))
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


def _file(name: str, policy: str) -> Response:
    """Send a file out of the static folder, and nothing from outside it."""
    path = _static_files().get(name)
    if path is None:
        raise UnknownIdError("There is no such file of the page.")
    kind = _TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    response = send_file(path, kind, conditional=True, etag=True)
    response.headers.pop("Content-Disposition", None)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _static_files() -> dict[str, Path]:
    """Return the files of the page by name: what is not in this list cannot be asked for."""
    files = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
    return files | {SAMPLE: STATIC.parent / "data" / "sample_flight.xlsx"}
