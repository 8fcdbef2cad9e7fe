"""Taking a flight in, and what may be done to a task afterwards."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from api_service import Api, flight, running_api
from patience import HANG_S, wait_until
from quick_flight import quick_flight
from quick_jobs import HELD

from gasflux.service.uploads import intake

BAD_YAML = "strategies:\n  spatial: loop\nunkown: 1\n"
SHORT = b"latitude,longitude\n1,2\n"


def folders(api: Api) -> set[str]:
    """Return the folders of uploads, those of tasks in work too."""
    return {path.name for path in api.service.folders.uploads.iterdir() if not path.name.startswith(".")}


def accepted(api: Api, **fields: Any) -> str:
    answer = api.upload(**fields)
    assert answer.status_code == 202, answer.text
    task_id: str = answer.get_json()["data"]["task_id"]
    return task_id


def test_the_task_can_be_read_before_the_answer_arrives(api: Api) -> None:
    answer = api.upload(name="A flight.csv")
    data = answer.get_json()["data"]
    assert data["status"] == "pending"
    assert data["status_url"] == answer.headers["Location"] == f"/task/{data['task_id']}"
    task = api.client.get(data["status_url"]).get_json()["data"]
    assert task["name"] == task["input_name"] == "A flight.csv"
    assert api.service.folders.input_path(data["task_id"], "input.csv").read_bytes() == quick_flight()


@pytest.mark.parametrize(
    ("fields", "kind", "fault"),
    [
        ({"content": SHORT, "name": "short.csv"}, "invalid_input", "row"),
        ({"config": BAD_YAML}, "invalid_config", "unkown"),
        ({"config": (io.BytesIO(BAD_YAML.encode()), "c.yaml")}, "invalid_config", "loop"),
    ],
    ids=["data", "config as text", "config as file"],
)
def test_faults_of_content_are_told_at_once_and_the_upload_is_kept(
    api: Api, fields: dict[str, Any], kind: str, fault: str
) -> None:
    answer = api.upload(**fields)
    body = answer.get_json()
    assert answer.status_code == 422
    assert body["error"]["type"] == kind
    assert fault in str(body["error"]["details"])
    task = api.client.get(f"/task/{body['data']['task_id']}").get_json()["data"]
    assert task["status"] == "failed"
    assert task["error_type"] == kind
    assert task["error_details"] == body["error"]["details"]
    kept = api.client.get(f"/task/{body['data']['task_id']}/input", headers=api.user)
    assert kept.data == (fields.get("content") or quick_flight())


@contextmanager
def somebody_else_looks(api: Api) -> Iterator[None]:
    """Hold the one child that looks at files."""
    pool = api.service.inspector._pool
    child = pool.take(HANG_S)
    assert child is not None
    try:
        yield
    finally:
        pool.give_back(child)


def test_faults_of_a_small_upload_are_told_however_slow_the_look_is(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing depends on the machine: there is no time for a quick look, and somebody else's look comes first."""
    monkeypatch.setattr(intake, "QUICK_LOOK_S", 0.0)
    asked = threading.Event()
    check = api.service.inspector.check

    def ask(*args: Any, **kwargs: Any) -> None:
        asked.set()
        check(*args, **kwargs)

    monkeypatch.setattr(api.service.inspector, "check", ask)
    with ThreadPoolExecutor(1) as threads:
        with somebody_else_looks(api):
            answer = threads.submit(api.upload, SHORT, "short.csv")
            assert asked.wait(HANG_S)
        assert answer.result(HANG_S).status_code == 422


def test_large_upload_is_taken_where_a_look_takes_long(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "SMALL_BYTES", len(SHORT) - 1)
    monkeypatch.setattr(intake, "QUICK_LOOK_S", 0.0)
    task = api.finished(accepted(api, content=SHORT, name="short.csv"))
    assert (task["status"], task["error_type"]) == ("failed", "invalid_input")
    monkeypatch.setattr(intake, "QUICK_LOOK_S", HANG_S)
    with somebody_else_looks(api):
        accepted(api, content=SHORT, name="short.csv")
    assert api.upload(content=SHORT, name="short.csv").status_code == 422


def test_looks_leave_half_of_the_threads_free(api: Api) -> None:
    places = api.service.intake._places
    taken = [places.acquire(blocking=False) for _ in range(api.service.settings.performance.threads)]
    try:
        assert taken.count(True) == api.service.settings.performance.threads // 2
        task = api.finished(accepted(api, content=SHORT, name="short.csv"))
    finally:
        for _ in range(taken.count(True)):
            places.release()
    assert (task["status"], task["error_type"]) == ("failed", "invalid_input")
    assert api.upload(content=SHORT, name="short.csv").status_code == 422


def test_a_kept_upload_runs_with_a_better_configuration(api: Api) -> None:
    task_id = api.upload(config=BAD_YAML).get_json()["data"]["task_id"]
    still_bad = api.client.put(f"/task/{task_id}", json={"status": "pending", "config": "a: b"}, headers=api.user)
    assert still_bad.status_code == 422
    assert api.client.get(f"/task/{task_id}").get_json()["data"]["status"] == "failed"
    change = {"status": "pending", "config": "gases: {ch4: [0, 1000]}"}
    assert api.client.put(f"/task/{task_id}", json=change, headers=api.user).status_code == 200
    task = api.finished(task_id)
    assert task["status"] == "completed"
    assert set(task["gases"]) == {"ch4"}
    assert task["has_config"]


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"content": b"", "name": "empty.csv"}, 422, "invalid_input"),
        ({"content": b"%PDF-1.7 ...", "name": "flight.xlsx"}, 415, "unsupported_file"),
        ({"name": "x.xlsx", "data": "no field of this name"}, 422, "invalid_request"),
        ({"callback_url": "http://127.0.0.1/"}, 422, "invalid_input"),
        ({"callback_url": ["http://a.example", "http://b.example"]}, 422, "invalid_request"),
        ({"config": ["a: 1", "b: 2"]}, 422, "invalid_request"),
        ({"headers_key": ""}, 422, "invalid_request"),
        ({"headers_key": "a b"}, 422, "invalid_request"),
        ({"headers_key": "k" * 256}, 422, "invalid_request"),
    ],
)
def test_what_is_refused_outright_leaves_nothing_behind(
    api: Api, fields: dict[str, Any], status: int, kind: str
) -> None:
    headers = dict(api.user)
    if "headers_key" in fields:
        headers["Idempotency-Key"] = fields["headers_key"]
    before = folders(api)
    sent = {key: value for key, value in fields.items() if key != "headers_key"}
    if "data" in sent:
        sent["unknown"] = sent.pop("data")
    answer = api.upload(**sent, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"]["type"] == kind
    assert folders(api) == before


@pytest.mark.parametrize("name", ["n" * 201, "two\nlines", "nul\0", "\u202eright to left", "bell\a"])
def test_names_that_cannot_be_shown_are_refused(api: Api, name: str, done: dict[str, Any]) -> None:
    before = folders(api)
    body = (
        f'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\nx\r\n--b--\r\n'
    ).encode()
    answer = api.client.post("/upload", data=body, content_type="multipart/form-data; boundary=b", headers=api.user)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["details"][0]["column"] == "name"
    assert folders(api) == before
    assert api.client.put(f"/task/{done['task_id']}", json={"name": name}, headers=api.user).status_code == 422


def test_two_flights_in_one_form_are_refused(api: Api) -> None:
    answer = api.client.post("/upload", data={"file": [flight(), flight()]}, headers=api.user)
    assert answer.status_code == 422
    assert "2 parts" in answer.get_json()["message"]


def test_the_limit_is_exact(tmp_path: Path) -> None:
    with running_api(tmp_path, limits={"max_content_length": 4096}, start=False) as api:
        frame = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n%s\r\n--b--\r\n'
        for size, status in ((4096, 422), (4097, 413)):
            body = frame % (b"x" * (size - len(frame % b"")))
            assert len(body) == size
            answer = api.client.post(
                "/upload", data=body, content_type="multipart/form-data; boundary=b", headers=api.user
            )
            assert answer.status_code == status
            assert answer.get_json()["code"] == answer.status_code


def test_a_full_queue_is_told(tmp_path: Path) -> None:
    with running_api(tmp_path, tasks={"max_queue": 1}, start=False) as api:
        assert api.upload().status_code == 202
        before = folders(api)
        answer = api.upload()
        assert answer.status_code == 503
        assert answer.get_json()["error"]["type"] == "queue_full"
        assert int(answer.headers["Retry-After"]) >= 1
        assert folders(api) == before


def test_a_retry_finds_the_first_task(api: Api) -> None:
    headers = {**api.user, "Idempotency-Key": "one-upload"}
    first, again = api.upload(headers=headers), api.upload(headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json()["data"]["task_id"] == again.get_json()["data"]["task_id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = api.upload(content=SHORT, name="other.csv", headers=headers)
    assert other.status_code == 409
    configured = api.upload(config="language: zh", headers=headers)
    assert configured.status_code == 409
    elsewhere = api.upload(headers={**api.admin, "Idempotency-Key": "one-upload"})
    assert elsewhere.get_json()["data"]["task_id"] != first.get_json()["data"]["task_id"]


def test_a_retry_of_a_refused_upload_is_refused_for_the_same_reason(api: Api) -> None:
    headers = {**api.user, "Idempotency-Key": "one-bad-upload"}
    first, again = (api.upload(content=SHORT, name="s.csv", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (422, 422)
    assert first.get_json()["data"] == again.get_json()["data"]
    assert first.get_json()["error"]["details"] == again.get_json()["error"]["details"]


def test_preview_keeps_nothing(api: Api) -> None:
    before = folders(api)
    answer = api.client.post("/preview", data={"file": flight()}, headers=api.user)
    assert answer.status_code == 200
    data = answer.get_json()["data"]
    assert {"columns", "faults", "gases", "preview"} <= set(data)
    assert data["faults"] == []
    short = api.client.post("/preview", data={"file": flight(SHORT, "s.csv")}, headers=api.user)
    assert short.status_code in (200, 422)
    assert folders(api) == before


def test_steps_that_a_task_cannot_take(api: Api, done: dict[str, Any]) -> None:
    path = f"/task/{done['task_id']}"
    for change, status in (
        ({"status": "failed"}, 409),
        ({"status": "completed"}, 422),
        ({"status": "processing"}, 422),
        ({}, 422),
        ({"name": None}, 422),
        ({"config": "a: 1"}, 422),
        ({"pinned": "perhaps"}, 422),
        ([], 422),
    ):
        assert api.client.put(path, json=change, headers=api.user).status_code == status, change
    for body in ("[" * 200_000, '{"name": ' + "9" * 10_000 + "}", '{"a":' * 5000):
        deep = api.client.put(path, data=body, content_type="application/json", headers=api.user)
        assert deep.status_code == 400
    large = api.client.put(path, data="x" * 17_000_000, content_type="application/json", headers=api.user)
    assert large.status_code == 413
    broken = api.client.put(path, data="{", content_type="application/json", headers=api.user)
    assert broken.status_code == 400
    assert api.client.put(path, data="name=x", headers=api.user).status_code == 415
    assert api.finished(done["task_id"])["status"] == "completed"


def test_pinning_takes_the_date_of_deletion_away(api: Api, done: dict[str, Any]) -> None:
    path = f"/task/{done['task_id']}"
    free = api.client.put(path, json={"pinned": False}, headers=api.user).get_json()["data"]
    assert free["delete_at"] > free["updated_at"]
    pinned = api.client.put(path, json={"pinned": True}, headers=api.user).get_json()["data"]
    assert pinned["delete_at"] is None


def test_cancel_and_delete_end_the_work(api: Api) -> None:
    cancelled, deleted = accepted(api, name=HELD), accepted(api, name=HELD)
    _until_it_runs(api, cancelled)
    assert api.client.put(f"/task/{cancelled}", json={"status": "failed"}, headers=api.user).status_code == 200
    task = api.finished(cancelled)
    assert (task["status"], task["error_type"]) == ("failed", "cancelled")
    again = api.client.put(f"/task/{cancelled}", json={"status": "failed"}, headers=api.user)
    assert again.status_code == 409
    _until_it_runs(api, deleted)
    assert api.client.delete(f"/task/{deleted}", headers=api.user).status_code == 200
    assert api.client.get(f"/task/{deleted}").status_code == 404
    assert deleted not in folders(api)


def _until_it_runs(api: Api, task_id: str) -> None:
    """Wait behind the tasks of other tests."""
    wait_until(lambda: api.client.get(f"/task/{task_id}").get_json()["data"]["status"] == "processing")


def test_lists_filter_and_page(api: Api, done: dict[str, Any]) -> None:
    name = f"a flight of its own {time.time_ns()}"
    api.client.put(f"/task/{done['task_id']}", json={"name": name}, headers=api.user)
    found = api.client.get("/tasks", query_string={"q": name, "status": "completed"}, headers=api.user).get_json()[
        "data"
    ]
    assert [task["task_id"] for task in found["tasks"]] == [done["task_id"]]
    assert found["pagination"] == {"page": 1, "per_page": 20, "total": 1, "pages": 1}
    for query, total in (
        ({"q": name, "gas": "CH4"}, 1),
        ({"q": name, "gas": "n2o"}, 0),
        ({"q": name, "since": "2000-01-01"}, 1),
        ({"q": name, "until": "2000-01-01T00:00:00Z"}, 0),
    ):
        reports = api.client.get("/reports", query_string=query, headers=api.user).get_json()["data"]
        assert reports["pagination"]["total"] == total, query
    report = api.client.get("/reports", query_string={"q": name}, headers=api.user).get_json()["data"]["reports"][0]
    assert report["gases"] == done["gases"]
    assert report["grade"] in "ABCD"
    assert api.client.get(report["report_url"]).status_code == 200
    unknown = api.client.get("/tasks", query_string={"statsu": "failed"}, headers=api.user)
    assert "did you mean 'status'" in unknown.get_json()["message"]


def test_the_tasks_log_names_the_task(api: Api, done: dict[str, Any]) -> None:
    lines = api.client.get(f"/task/{done['task_id']}/log", query_string={"tail": 3}).get_json()["data"]["lines"]
    assert len(lines) == 3
    assert all(f"task:{done['task_id']}" in line for line in lines)
