"""Every row of the endpoint table: success, no key, wrong key, bad input, unknown id, wrong method."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from api_service import Api, flight
from werkzeug.test import TestResponse

from gasflux.api.endpoint import Access

WRONG = {"X-API-Key": "gf_0123456789abcdef_" + "A" * 43}
GOOD_YAML = "strategies:\n  spatial: curtain\n"


@dataclass(frozen=True)
class Row:
    """One endpoint; `bad` are arguments of a request that is refused with `bad_status`."""

    method: str
    path: str
    who: Access
    status: int = 200
    good: Callable[[], Mapping[str, Any]] = dict
    bad: Mapping[str, Any] = field(default_factory=dict)
    bad_status: int = 422
    query: str = ""
    """What a good request must have behind its path."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _form(**fields: Any) -> Callable[[], Mapping[str, Any]]:
    return lambda: {"data": {"file": flight(), **fields}}


def _json(body: Any) -> Callable[[], Mapping[str, Any]]:
    return lambda: {"json": body}


OPEN, CAPABILITY, KEY, ADMIN = Access.OPEN, Access.CAPABILITY, Access.KEY, Access.ADMIN

ROWS = (
    Row("GET", "/health", OPEN),
    Row("GET", "/stats", Access.STATS),
    Row("GET", "/metrics", Access.STATS),
    Row("POST", "/stats/reset", ADMIN),
    Row("GET", "/config", OPEN),
    Row("GET", "/defaults", OPEN),
    Row("POST", "/config/check", KEY, good=_json({"config": GOOD_YAML}), bad={"json": {"config": "spatial: loop"}}),
    Row(
        "POST",
        "/upload",
        KEY,
        202,
        good=_form(name="a", config=GOOD_YAML),
        bad={"data": {"name": "no file"}},
        bad_status=415,
    ),
    Row("POST", "/preview", KEY, good=_form(), bad={"data": {"nothing": "x"}}, bad_status=415),
    Row("GET", "/task/{task}", CAPABILITY),
    Row("PUT", "/task/{task}", KEY, good=_json({"name": "renamed", "pinned": True}), bad={"json": {"nmae": "x"}}),
    Row("DELETE", "/task/{doomed}", KEY),
    Row("GET", "/task/{task}/log", CAPABILITY, bad={"query_string": {"tail": "many"}}),
    Row("GET", "/task/{task}/view", CAPABILITY),
    Row("GET", "/task/{task}/input", KEY),
    Row("GET", "/tasks", KEY, bad={"query_string": {"sort": "size of the universe"}}),
    Row("GET", "/tasks/stats", KEY),
    Row("GET", "/tasks/active", KEY),
    Row("GET", "/tasks/queue", KEY),
    Row("GET", "/reports", KEY, bad={"query_string": {"since": "yesterday"}}),
    Row("GET", "/reports/combined", KEY, query="?ids={task}", bad={"query_string": {"ids": "../etc/passwd"}}),
    Row("GET", "/download/{task}/report.html", CAPABILITY, bad={"query_string": {"download": "perhaps"}}),
    Row("GET", "/", OPEN),
    Row("GET", "/docs", OPEN),
    Row("GET", "/openapi.json", OPEN),
    Row("GET", "/static/vendor/swagger-ui/swagger-ui.css", OPEN),
    Row("GET", "/api_keys", ADMIN),
    Row("POST", "/api_keys", ADMIN, 201, good=_json({"name": "new"}), bad={"json": {"name": ""}}),
    Row("POST", "/api_keys/{key}/rotate", ADMIN, 201),
    Row("DELETE", "/api_keys/{key}", ADMIN),
    Row("GET", "/audit", ADMIN, bad={"query_string": {"limit": "0"}}),
    Row("GET", "/logs", ADMIN, bad={"query_string": {"tail": "-1"}}),
)
NEEDS_KEY = tuple(row for row in ROWS if row.who in (KEY, ADMIN))
WITH_ID = tuple(row for row in ROWS if "{" in row.path)
PAGES = ("/", "/docs", "/static/vendor/swagger-ui/swagger-ui.css")


def address(row: Row, api: Api, done: Mapping[str, Any]) -> str:
    """Return the path of a row, with its query, for things that exist."""
    path = row.path + row.query
    if "{doomed}" in path:
        path = path.format(doomed=api.upload(b"latitude,longitude\n1,2\n", "short.csv").json["data"]["task_id"])  # type: ignore[index]
    if "{key}" in path:
        path = path.format(key=api.service.keys.issue("of a test").key.key_id)
    return path.format(task=done["task_id"])


def assert_refusal(answer: TestResponse, status: int) -> None:
    """The one shape of refusals."""
    body = answer.get_json()
    assert answer.status_code == status, answer.text
    assert set(body) == {"code", "message", "data", "error"}
    assert body["code"] == status
    assert body["message"].strip()
    assert set(body["error"]) == {"type", "details", "request_id"}
    assert body["error"]["request_id"] == answer.headers["X-Request-ID"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_success(row: Row, api: Api, done: dict[str, Any]) -> None:
    headers = api.admin if row.who is ADMIN else api.user if row.who is KEY else {}
    answer = api.client.open(address(row, api, done), method=row.method, headers=headers, **row.good())
    assert answer.status_code == row.status, answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    if answer.mimetype == "application/json" and row.path != "/openapi.json":
        assert set(answer.get_json()) == {"code", "message", "data"}
        assert answer.get_json()["code"] == row.status


@pytest.mark.parametrize("row", NEEDS_KEY, ids=str)
def test_no_key(row: Row, api: Api, done: dict[str, Any]) -> None:
    answer = api.client.open(address(row, api, done), method=row.method, **row.good())
    assert_refusal(answer, 401)
    assert "X-API-Key" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("row", NEEDS_KEY, ids=str)
def test_wrong_key(row: Row, api: Api, done: dict[str, Any]) -> None:
    # Each row with a key of its own name: more than twenty wrong secrets for one would be answered 429.
    wrong = {"X-API-Key": f"gf_{uuid.uuid4().hex[:16]}_" + "A" * 43}
    answer = api.client.open(address(row, api, done), method=row.method, headers=wrong, **row.good())
    assert_refusal(answer, 401)


@pytest.mark.parametrize("row", [row for row in ROWS if row.who is ADMIN], ids=str)
def test_key_of_a_client_is_no_administrators(row: Row, api: Api, done: dict[str, Any]) -> None:
    answer = api.client.open(address(row, api, done), method=row.method, headers=api.user, **row.good())
    assert_refusal(answer, 403)


@pytest.mark.parametrize("row", [row for row in ROWS if row.who not in (KEY, ADMIN)], ids=str)
def test_open_endpoints_ignore_a_stale_key(row: Row, api: Api, done: dict[str, Any]) -> None:
    answer = api.client.open(address(row, api, done), method=row.method, headers=WRONG, **row.good())
    assert answer.status_code == row.status


@pytest.mark.parametrize("row", [row for row in ROWS if row.bad], ids=str)
def test_bad_input(row: Row, api: Api, done: dict[str, Any]) -> None:
    headers = api.admin if row.who is ADMIN else api.user
    path = address(row, api, done).partition("?")[0]
    answer = api.client.open(path, method=row.method, headers=headers, **row.bad)
    assert_refusal(answer, row.bad_status)


@pytest.mark.parametrize("row", WITH_ID, ids=str)
@pytest.mark.parametrize(
    "unknown", ["00000000-0000-4000-8000-000000000000", "x", "..", "%00", "a" * 300, "con", "%F0%9F%92%A9"]
)
def test_unknown_id(row: Row, unknown: str, api: Api) -> None:
    path = row.path.format(task=unknown, doomed=unknown, key=unknown)
    answer = api.client.open(path, method=row.method, headers=api.admin, **row.good())
    assert_refusal(answer, 404)


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "BREW"])
def test_wrong_method(row: Row, method: str, api: Api, done: dict[str, Any]) -> None:
    answer = api.client.open(row.path.format(task=done["task_id"], doomed="x", key="x"), method=method)
    assert_refusal(answer, 405)
    assert row.method in answer.headers["Allow"]


def test_the_table_has_every_endpoint(api: Api) -> None:
    adapter = api.app.url_map.bind("localhost")
    tested = {(adapter.match(row.path, method=row.method, return_rule=True)[0].rule, row.method) for row in ROWS}
    there = {
        (rule.rule, method)
        for rule in api.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert tested == there


def test_a_blueprint_after_the_hand_over_documents_recipe_needs_a_key(tmp_path: Any) -> None:
    from api_service import running_api
    from flask import Blueprint

    from gasflux.shared import _format_response, log_performance

    new_feature_bp = Blueprint("new_feature", __name__, url_prefix="/new-feature")

    @new_feature_bp.route("", methods=["GET"])
    @log_performance
    def get_feature() -> Any:
        """Answer the new feature."""
        return _format_response(200, "Feature data", {"data": "value"})

    with running_api(tmp_path, start=False) as api:
        api.app.register_blueprint(new_feature_bp)
        assert_refusal(api.client.get("/new-feature"), 401)
        answer = api.client.get("/new-feature", headers=api.user)
        assert answer.get_json() == {"code": 200, "message": "Feature data", "data": {"data": "value"}}
        assert api.client.get("/openapi.json").get_json()["paths"]["/new-feature"]["get"]["summary"]
