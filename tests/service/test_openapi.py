"""The description is valid, complete and true; the page that shows it needs nothing from elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from api_service import Api
from test_endpoints import ROWS, Row, address

from gasflux.api.endpoint import Access
from gasflux.blueprints.web import STATIC

VENDORED = STATIC / "vendor" / "swagger-ui"


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.get("/openapi.json").get_json()
    return answer


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_route_is_described_and_nothing_else(api: Api, document: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert described == routes


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert found
    assert found <= set(document["components"]["schemas"])


def test_every_number_that_is_sent_is_described_with_its_limits(document: dict[str, Any]) -> None:
    """A limit that the code has and the description has not makes a refusal of what seems to be allowed."""
    queries = [
        parameter["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", ())
    ]
    bodies = [
        choice
        for name in ("NewKey", "TaskChange", "ConfigText")
        for entry in document["components"]["schemas"][name]["properties"].values()
        for choice in entry.get("anyOf", [entry])
    ]
    numbers = [schema for schema in (*queries, *bodies) if schema.get("type") == "integer"]
    assert len(numbers) >= 8
    assert all({"minimum", "maximum"} <= set(schema) and "ge" not in schema for schema in numbers)


def test_who_may_is_described(document: dict[str, Any]) -> None:
    for row in ROWS:
        path = re.sub(r"\{doomed\}|\{task\}", "{task_id}", row.path).replace("{key}", "{key_id}")
        path = path.replace("report.html", "{name}").replace(
            "/static/vendor/swagger-ui/swagger-ui.css", "/static/{name}"
        )
        operation = document["paths"][path][row.method.lower()]
        assert bool(operation.get("security")) == (row.who not in (Access.OPEN, Access.CAPABILITY)), path


@pytest.mark.parametrize("row", [row for row in ROWS if row.path != "/openapi.json"], ids=str)
def test_answers_are_as_described(row: Row, api: Api, done: dict[str, Any], document: dict[str, Any]) -> None:
    headers = api.admin if row.who is Access.ADMIN else api.user
    path = address(row, api, done)
    answer = api.client.open(path, method=row.method, headers=headers, **row.good())
    route = path.partition("?")[0]
    rule = api.app.url_map.bind("localhost").match(route, method=row.method, return_rule=True)[0].rule
    described = document["paths"][re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule)][row.method.lower()]
    content = described["responses"][str(answer.status_code)]["content"]
    assert answer.mimetype in content
    if answer.mimetype == "application/json" and content["application/json"]["schema"]:
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(answer.get_json())


def test_docs_load_nothing_from_elsewhere() -> None:
    page = (VENDORED / "docs.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert not [found for found in addresses if "//" in found]
    for found in addresses:
        assert found == "openapi.json" or (STATIC.parent / found).is_file(), found
    assert "<style" not in page
    assert not re.search(r"<script[^>]*>[^<]", page)


def test_vendored_files_are_the_published_ones() -> None:
    table = re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (VENDORED / "VENDORED.md").read_text("utf-8"), re.MULTILINE)
    sums = {name: hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() for name, _ in table}
    assert sums == dict(table)
    own = {"VENDORED.md", "docs.html", "docs.js"}
    assert {path.name for path in Path(VENDORED).iterdir()} == {*sums, *own}
