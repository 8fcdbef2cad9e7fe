"""Requests as a stranger sends them: every kind of input of every endpoint, at the size that is let in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.test import EnvironBuilder

from gasflux.api.endpoint import LARGEST_JSON
from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES
from gasflux.server.waitress_server import HEADER_BYTES

HEADERS: Final = HEADER_BYTES - 2048
"""Of one hostile thing: the request line and the headers that every client sends go beside it."""

FORM_BYTES: Final = 1024 * 1024
"""Of a form: what takes longest in it is its text, of which no more is taken."""

BOUNDARY: Final = "frontier"


@dataclass(frozen=True)
class Hostile:
    """What is sent to an endpoint beside, or instead of, what belongs there."""

    name: str
    query: str = ""
    path: str | None = None
    """In the place of the last name in the path."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str | None = None


@dataclass(frozen=True)
class Operation:
    """An endpoint as the description has it."""

    method: str
    path: str
    takes: str | None
    """Media type of its body."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield every endpoint of an OpenAPI description."""
    for path, described in document["paths"].items():
        for method, operation in described.items():
            body = operation.get("requestBody", {"content": {}})
            yield Operation(method.upper(), path, next(iter(body["content"]), None))


def hostile_requests(operation: Operation) -> Iterator[Hostile]:
    """Yield what a stranger may try on an endpoint."""
    yield from QUERIES
    yield from HEADER_FLOODS
    if "{" in operation.path:
        yield from PATHS
    if operation.takes == "multipart/form-data":
        yield from _forms()
    elif operation.method in ("POST", "PUT"):
        yield from _documents()


def environ_of(operation: Operation, hostile: Hostile, names: Mapping[str, str], **headers: str) -> dict[str, Any]:
    """Return the WSGI environment of a request, ready to be answered.

    Parameters
    ----------
    operation
        The endpoint.
    hostile
        What is sent.
    names
        What stands in the path: a task, a file, a key.
    headers
        Further headers, underscores for hyphens.
    """
    given = dict(names)
    if hostile.path is not None:
        given[operation.path.rpartition("{")[2].partition("}")[0]] = hostile.path
    sent = dict(hostile.headers) | {name.replace("_", "-"): value for name, value in headers.items()}
    builder = EnvironBuilder(
        path=operation.path.format(**given),
        method=operation.method,
        query_string=hostile.query,
        headers=list(sent.items()),
        data=hostile.body or None,
        content_type=hostile.content_type,
    )
    try:
        return builder.get_environ()
    finally:
        builder.close()


def _filled(piece: Callable[[int], str], size: int, between: str) -> str:
    """Return pieces one after the other up to a size."""
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(piece(len(pieces)))
        length += len(pieces[-1]) + len(between)
    return between.join(pieces[:-1])


QUERIES: Final = (
    Hostile("many names", query=_filled(lambda n: f"a{n}", HEADERS, "&")),
    Hostile("many values of one name", query="&".join(["tail=1"] * (HEADERS // 8))),
    Hostile("a few long names", query="&".join(f"{'n' * (HEADERS // 45)}{n}=1" for n in range(40))),
    Hostile("a long value", query=f"q={'%41' * (HEADERS // 4)}"),
    Hostile("a long number", query=f"tail={'9' * HEADERS}"),
    Hostile("nothing but separators", query="&" * HEADERS),
)
PATHS: Final = (
    Hostile("a long name", path="x" * HEADERS),
    Hostile("many folders", path="/".join("a" * (HEADERS // 2))),
    Hostile("up and up", path="../" * (HEADERS // 4)),
    Hostile("percent signs", path="%25" * (HEADERS // 4)),
    Hostile("characters of four bytes", path="\U0001f4a9" * (HEADERS // 12)),
)
HEADER_FLOODS: Final = (
    Hostile("many headers", headers={f"X-{n}": "x" for n in range(HEADERS // 12)}),
    Hostile("many ranges", headers={"Range": "bytes=" + ",".join(["0-0"] * (HEADERS // 5))}),
    Hostile("many etags", headers={"If-None-Match": ",".join(['"a"'] * (HEADERS // 5))}),
    Hostile("many cookies", headers={"Cookie": _filled(lambda n: f"a{n}=b", HEADERS, "; ")}),
    Hostile("a long id", headers={"X-Request-ID": "x" * HEADERS}),
    Hostile("a long retry key", headers={"Idempotency-Key": "k" * HEADERS}),
    Hostile("a long origin", headers={"Origin": "http://" + "a." * (HEADERS // 2)}),
    Hostile("a long bootstrap key", headers={"X-Admin-Bootstrap-Key": "k" * HEADERS}),
    Hostile("parameters of a type", headers={"Content-Type": "multipart/form-data" + "; a=b" * (HEADERS // 6)}),
)

YAML: Final = {
    "many unknown keys": _filled(lambda n: f"k{n}: 1", MAX_YAML_BYTES, "\n"),
    "as many unknown keys as are read": _filled(lambda n: f"k{n}: 1", 16_500, "\n"),
    "fifty long unknown keys": "\n".join(f"? {'k' * 4900}{n}\n: 1" for n in range(50)),
    "gases that are none": "gases:\n" + _filled(lambda n: f"  g{n}: 1", 19_000, "\n"),
    "gases given twice": "gases:\n" + "  ch4: [1, 2]\n" * 600,
    "windows that end early": "filters:\n  exclude:\n" + "  - [2026-01-02, 2026-01-01]\n" * 600,
    "unknown settings of a baseline": "algorithmic_baseline_settings:\n"
    + _filled(lambda n: f"  s{n}: 1", 19_000, "\n"),
    "aliases of aliases": "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
    "many aliases": "gases:\n  g: &g [1, 2]\n" + _filled(lambda n: f"  g{n}: *g", 11_000, "\n"),
    "deep lists": "[" * MAX_YAML_BYTES,
    "deep dashes": "- " * (MAX_YAML_BYTES // 2),
    "a flow that never ends": "gases: {" + _filled(lambda n: f"g{n}: [1,2]", MAX_YAML_BYTES, ","),
    "a comment": "#" * MAX_YAML_BYTES,
    "empty lines": "\n" * MAX_YAML_BYTES,
    "one long word": "sheet: " + "x" * (MAX_YAML_BYTES - 10),
    "many words": "sheet: " + "x " * (MAX_YAML_BYTES // 2 - 10),
    "a number to the base of sixty": "sheet: " + "1:" * (MAX_YAML_BYTES // 2 - 10) + "1",
    "a long number": "sheet: " + "9" * (MAX_YAML_BYTES - 10),
    "a mistake at the end of a long line": "a: '" + "b " * 5_900,
    "a mistake after many keys": _filled(lambda n: f"k{n}:\n- {n}", 5_000, "\n") + "\n  a: b: c",
}
"""Processing configurations."""


def _documents() -> Iterator[Hostile]:
    """Yield JSON bodies."""
    room = LARGEST_JSON - 1024
    texts = {
        "many names": "{" + _filled(lambda n: f'"a{n}":1', room, ",") + "}",
        "many objects": "[" + ",".join(['{"a":1}'] * (room // 8)) + "]",
        "many empty objects": "[" + ",".join(["{}"] * (room // 3)) + "]",
        "one name again and again": "{" + ",".join(['"name":1'] * (room // 9)) + "}",
        "a list for a name": '{"name":[' + ",".join(["1"] * (room // 2 - 8)) + "]}",
        "a long name": json.dumps({"n" * room: 1}),
        "a long text": json.dumps({"name": "n" * room}),
        "escapes": '{"name":"' + "\\u4e2d" * (room // 6) + '"}',
        "a long number": '{"name":' + "9" * room + "}",
        "deep lists": "[" * room,
        "blanks": " " * room,
        "too large": '{"name":"' + "n" * (2 * room) + '"}',
    }
    for name, text in texts.items():
        yield Hostile(f"JSON: {name}", body=text.encode(), content_type="application/json")
    for name, text in YAML.items():
        for status in ({}, {"status": "pending"}):
            document = json.dumps({"config": text, **status}).encode()
            yield Hostile(f"YAML: {name} {status}", body=document, content_type="application/json")


def _forms() -> Iterator[Hostile]:
    """Yield multipart bodies."""
    part = "--{boundary}\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"

    def form(*fields: tuple[str, str]) -> bytes:
        text = "".join(part.format(boundary=BOUNDARY, name=name, value=value) for name, value in fields)
        return f"{text}--{BOUNDARY}--\r\n".encode()

    file = ('"file"; filename="flight.csv"', "latitude,longitude\n1,2")
    bodies = {
        "many parts": form(*((f'"a{n}"', "x") for n in range(FORM_BYTES // 70))),
        "as many fields as are read": form(file, *((f'"{"n" * 15_000}{n}"', "x") for n in range(45))),
        "many files": form(*[file] * 40),
        "a long field": form(file, ('"name"', "n" * (FORM_BYTES - 1000))),
        "a long file name": form((f'"file"; filename="{"f" * 60_000}"', "x")),
        "many parameters of a part": form(('"file"' + "; a=b" * 12_000, "x")),
        "line ends": f"--{BOUNDARY}\r\n".encode() + b"\r\n" * (FORM_BYTES // 2),
        "carriage returns": form(file)[:-20] + b"\r" * FORM_BYTES,
        "almost the boundary": form(file)[:-20] + f"\r\n--{BOUNDARY[:-1]}".encode() * (FORM_BYTES // 12),
        "a headline without end": f"--{BOUNDARY}\r\nContent-Disposition: ".encode() + b"a" * FORM_BYTES,
        "no end": form(file)[:-20] + b"x" * FORM_BYTES,
        "many columns": form((file[0], ",".join(f"c{n}" for n in range(20_000)) + "\n1")),
        "a long header of the table": form((file[0], "c" * 200_000 + ",latitude\n1,2")),
    }
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for name, body in bodies.items():
        yield Hostile(f"form: {name}", body=body, content_type=kind)
    for name, text in YAML.items():
        yield Hostile(f"YAML: {name}", body=form(file, ('"config"', text)), content_type=kind)
    config = ('"config"; filename="c.yaml"', "#" * FORM_BYTES)
    yield Hostile("YAML: a file larger than is read", body=form(file, config), content_type=kind)
