"""Who gets in: the first run, keys, the bootstrap key, guessing, forged requests, and what may not be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from api_service import BOOTSTRAP, Api, running_api
from live_server import LiveServer, live_server
from patience import HANG_S

from gasflux.storage.clock import utc_now

FORWARDING = (
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-Host": "gasflux.example"},
    {"X-Forwarded-Proto": "https"},
    {"Forwarded": "for=203.0.113.9"},
    {"Via": "1.1 proxy"},
    {"X-Real-IP": "203.0.113.9"},
    {"x-forwarded-anything": "at all"},
)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service without any key."""
    with running_api(tmp_path_factory.mktemp("first"), with_keys=False, start=False) as api:
        yield api


def status(api: Api, path: str = "/tasks", method: str = "GET", address: str = "127.0.0.1", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api.client.open(path, method=method, headers=named, environ_overrides={"REMOTE_ADDR": address})
    return answer.status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_first_run_lets_this_machine_in(first_run: Api, address: str) -> None:
    assert status(first_run, address=address) == 200
    assert status(first_run, "/api_keys", address=address) == 200


@pytest.mark.parametrize(
    "address", ["192.168.1.7", "203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", "", "localhost"]
)
def test_first_run_keeps_other_machines_out(first_run: Api, address: str) -> None:
    answer = first_run.client.get("/tasks", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 401
    assert "create_api_key.py" in answer.get_json()["message"]


@pytest.mark.parametrize("headers", FORWARDING, ids=str)
def test_first_run_takes_no_proxy_for_this_machine(first_run: Api, headers: dict[str, str]) -> None:
    assert first_run.client.get("/tasks", headers=headers).status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "gasflux.localhost"])
def test_names_of_this_machine(first_run: Api, host: str) -> None:
    assert status(first_run, Host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.nip.example"]
)
def test_a_name_rebound_to_this_machine_is_refused(first_run: Api, host: str) -> None:
    assert status(first_run, Host=host) == 403


def test_the_first_key_is_an_administrators_and_closes_the_service(tmp_path: Path) -> None:
    with running_api(tmp_path, with_keys=False, start=False) as api:
        made = api.client.post("/api_keys", json={"name": "first"}).get_json()["data"]
        assert made["admin"]
        assert status(api) == 401
        assert status(api, "/api_keys", X_API_Key=made["api_key"]) == 200
        # The last key ends: the service does not open again.
        headers = {"X-API-Key": made["api_key"]}
        assert api.client.delete(f"/api_keys/{made['key_id']}", headers=headers).status_code == 200
        assert status(api) == 401
        assert status(api, X_API_Key=made["api_key"]) == 401


def test_with_the_bootstrap_key_no_key_has_more_rights_than_were_asked_for(tmp_path: Path) -> None:
    security = {"admin_bootstrap_key": BOOTSTRAP}
    with running_api(tmp_path, with_keys=False, start=False, security=security) as api:
        headers = {"X-Admin-Bootstrap-Key": BOOTSTRAP}
        first = api.client.post("/api_keys", json={"name": "first"}, headers=headers).get_json()["data"]
        asked = api.client.post("/api_keys", json={"name": "asked", "admin": True}, headers=headers).get_json()["data"]
        assert (first["admin"], asked["admin"]) == (False, True)


@pytest.mark.parametrize("admin", ["true", "on", 1, 1.0, "1", [True], {}], ids=repr)
def test_only_true_makes_an_administrator(api: Api, admin: object) -> None:
    answer = api.client.post("/api_keys", json={"name": "more rights", "admin": admin}, headers=api.admin)
    assert answer.status_code == 422
    assert "more rights" not in [key.name for key in api.service.keys.list()]


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/api_keys", {"json": {"name": 7}}),
        ("POST", "/api_keys", {"json": {"name": "a", "expires_in_days": "30"}}),
        ("POST", "/api_keys", {"json": {"name": "a", "expires_in_days": 1.5}}),
        ("POST", "/api_keys", {"json": {"name": "a", "expires_in_days": True}}),
        ("POST", "/api_keys", {"json": {"name": "a", "expires_in_days": 3651}}),
        ("POST", "/api_keys", {"json": {"name": "a", "expires_in_days": 0}}),
        ("PUT", "/task/x", {"json": {"pinned": "true"}}),
        ("PUT", "/task/x", {"json": {"pinned": 1}}),
        ("POST", "/config/check", {"json": {"config": None}}),
        ("GET", "/tasks", {"query_string": "page=+1"}),
        ("GET", "/tasks", {"query_string": "page=1.0"}),
        ("GET", "/tasks", {"query_string": "page=1_0"}),
        ("GET", "/tasks", {"query_string": "page=%C2%B2"}),
        ("GET", "/tasks", {"query_string": "per_page=%2010"}),
        ("GET", "/reports", {"query_string": "since=1700000000"}),
        ("GET", "/audit", {"query_string": "limit=1e1"}),
        ("GET", "/download/x/y", {"query_string": "download=yes"}),
        ("GET", "/download/x/y", {"query_string": "download=True"}),
    ],
    ids=str,
)
def test_what_the_description_does_not_allow_is_refused(
    api: Api, method: str, path: str, request_: dict[str, Any]
) -> None:
    answer = api.client.open(path, method=method, headers=api.admin, **request_)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["details"]


def test_a_whole_number_is_one_however_json_writes_it(api: Api) -> None:
    answer = api.client.post("/api_keys", json={"name": "a", "expires_in_days": 5.0}, headers=api.admin)
    assert answer.status_code == 201
    assert answer.get_json()["data"]["expires_at"]


@pytest.mark.parametrize(
    "placeholder",
    ["", " ", "your_bootstrap_key_here", "your_secure_key_here", "your_secure_bootstrap_key", "YOUR_SECURE_KEY_HERE"],
)
def test_placeholders_open_nothing(tmp_path: Path, placeholder: str) -> None:
    security = {"admin_bootstrap_key": placeholder, "require_api_key": "true"}
    with running_api(tmp_path, with_keys=False, start=False, security=security) as api:
        assert status(api, "/api_keys", X_Admin_Bootstrap_Key=placeholder) == 401


def test_bootstrap_key(tmp_path: Path) -> None:
    security = {"admin_bootstrap_key": BOOTSTRAP}
    with running_api(tmp_path, with_keys=False, start=False, security=security) as api:
        assert status(api) == 401  # a bootstrap key exists: this machine needs one as well
        assert status(api, "/api_keys", X_Admin_Bootstrap_Key=BOOTSTRAP) == 200
        assert status(api, "/tasks", X_Admin_Bootstrap_Key=BOOTSTRAP) == 200
        assert status(api, "/api_keys", X_Admin_Bootstrap_Key=BOOTSTRAP + "x") == 401
        assert status(api, "/api_keys", X_Admin_Bootstrap_Key="ключ") == 401


def test_without_keys_tasks_are_open_but_administration_is_not(tmp_path: Path) -> None:
    security = {"require_api_key": "false"}
    with running_api(tmp_path, start=False, security=security) as api:
        assert status(api, address="203.0.113.9") == 200
        assert status(api, address="203.0.113.9", X_API_Key="stale") == 200
        assert status(api, "/api_keys", address="203.0.113.9") == 401
        assert status(api, "/api_keys", address="203.0.113.9", **{"X-API-Key": api.admin["X-API-Key"]}) == 200


def test_a_key_is_required_when_it_is_set_so(tmp_path: Path) -> None:
    with running_api(tmp_path, with_keys=False, start=False, security={"require_api_key": "true"}) as api:
        assert status(api) == 401


def test_expired_revoked_and_rotated_keys(api: Api) -> None:
    keys = api.service.keys
    expired = keys.issue("expired", expires_at=utc_now() - timedelta(seconds=1)).secret
    assert status(api, X_API_Key=expired) == 401
    old = keys.issue("old")
    answer = api.client.post(f"/api_keys/{old.key.key_id}/rotate", headers=api.admin).get_json()["data"]
    assert status(api, X_API_Key=old.secret) == 200
    assert status(api, X_API_Key=answer["api_key"]) == 200
    assert api.client.delete(f"/api_keys/{old.secret}", headers=api.admin).status_code == 200  # by the key itself
    assert status(api, X_API_Key=old.secret) == 401


def test_keys_are_shown_once(api: Api) -> None:
    made = api.client.post("/api_keys", json={"name": "once"}, headers=api.admin).get_json()["data"]
    shown = api.client.get("/api_keys", headers=api.admin).text
    assert made["key_id"] in shown
    assert made["api_key"] not in shown
    assert made["api_key"].split("_", 2)[2] not in shown
    assert "hash" not in shown


def test_acts_of_administrators_are_noted(api: Api) -> None:
    made = api.client.post("/api_keys", json={"name": "noted"}, headers=api.admin).get_json()["data"]
    api.client.delete(f"/api_keys/{made['key_id']}", headers=api.admin)
    entries = api.client.get("/audit", headers=api.admin).get_json()["data"]["entries"]
    acts = [entry["act"] for entry in entries if entry["target"] == made["key_id"]]
    assert acts == ["revoke key", "create key"]
    assert {entry["actor"] for entry in entries} == {api.admin["X-API-Key"].split("_")[1]}


def test_guessing_is_slowed_down_for_the_guesser_only(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False) as api:
        key_id = api.user["X-API-Key"].split("_")[1]
        guess = {"X-API-Key": f"gf_{key_id}_" + "A" * 43}
        answers = [api.client.get("/tasks", headers=guess) for _ in range(25)]
        assert [answer.status_code for answer in answers[:20]] == [401] * 20
        assert answers[-1].status_code == 429
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert api.client.get("/tasks", headers=api.admin).status_code == 200
        assert status(api, address="203.0.113.9", **{"X-API-Key": api.user["X-API-Key"]}) == 200


def test_rate_limits(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False, security={"rate_limit": 5, "upload_rate_limit": 2}) as api:
        answers = [api.client.get("/tasks", headers=api.user) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].get_json()["error"]["type"] == "rate_limited"
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert api.client.get("/tasks", headers=api.admin).status_code == 200  # another key has its own
        assert 429 not in [api.client.get("/health").status_code for _ in range(10)]  # monitors are not counted
    with running_api(tmp_path, start=False, security={"upload_rate_limit": 2}) as api:
        assert [api.upload().status_code for _ in range(3)] == [202, 202, 429]


FORGED = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
)


@pytest.mark.parametrize("headers", FORGED, ids=str)
@pytest.mark.parametrize(("method", "path"), [("POST", "/stats/reset"), ("POST", "/upload"), ("DELETE", "/task/x")])
def test_pages_of_other_sites_change_nothing(first_run: Api, headers: dict[str, str], method: str, path: str) -> None:
    answer = first_run.client.open(path, method=method, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["type"] == "forbidden"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}],
    ids=str,
)
def test_the_own_page_and_programs_may(first_run: Api, headers: dict[str, str]) -> None:
    assert first_run.client.post("/stats/reset", headers=headers).status_code == 200


def test_configuration_shows_no_secret_and_paths_to_administrators_only(tmp_path: Path) -> None:
    security = {"admin_bootstrap_key": BOOTSTRAP, "callback_secret": "hush-hush-hush"}
    with running_api(tmp_path, start=False, security=security) as api:
        public, full = api.client.get("/config"), api.client.get("/config", headers=api.admin)
        for answer in (public, full):
            assert BOOTSTRAP not in answer.text
            assert "hush-hush-hush" not in answer.text
            assert answer.get_json()["data"]["settings"]["security"]["callback_secret"] is True
        folder = json.dumps(str(tmp_path)).strip('"')
        assert folder not in public.text
        assert folder in full.text
        assert public.get_json()["data"]["access"] == {"key_required": True, "role": "none", "actor": None}
        assert full.get_json()["data"]["access"]["role"] == "admin"


def test_statistics_may_be_protected(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False, security={"protect_stats": True}) as api:
        for path in ("/stats", "/metrics"):
            assert status(api, path) == 401
            assert status(api, path, **{"X-API-Key": api.user["X-API-Key"]}) == 200


def test_request_ids(api: Api) -> None:
    assert api.client.get("/health", headers={"X-Request-ID": "mine-1.2"}).headers["X-Request-ID"] == "mine-1.2"
    strange = api.client.get("/health", headers={"X-Request-ID": "a b\x7f<script>"}).headers["X-Request-ID"]
    assert strange.isalnum()


def test_an_unexpected_error_tells_the_client_its_id_and_the_log_the_rest(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running_api(tmp_path, start=False) as api:
        from flask import Blueprint

        broken = Blueprint("broken", __name__)

        @broken.get("/broken")
        def fails() -> str:
            raise RuntimeError("a secret of the inside")

        api.app.register_blueprint(broken)
        answer = api.client.get("/broken", headers=api.user)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert answer.get_json()["error"]["request_id"] in caplog.text
        assert "a secret of the inside" in caplog.text


@pytest.fixture(scope="module")
def first_run_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("live")) as server:
        yield server


@pytest.mark.parametrize("headers", FORWARDING, ids=str)
def test_the_real_server_takes_no_proxy_for_this_machine(first_run_server: LiveServer, headers: dict[str, str]) -> None:
    assert requests.get(f"{first_run_server.url}/tasks", timeout=HANG_S).status_code == 200
    assert requests.get(f"{first_run_server.url}/tasks", headers=headers, timeout=HANG_S).status_code == 401
