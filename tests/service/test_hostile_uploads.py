"""Hostile uploads over HTTP: a clear answer, memory as before, honest work beside them done, no stray file."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hostile_files import CASES, EVIL_NAMES, Hostile, csv_rows, sample
from live_server import LiveServer, live_server
from patience import HANG_S
from quick_flight import quick_log

from gasflux.client import GasFluxClient, TaskFailedError, TaskInfo
from gasflux.client.typed_answers import faults_in

LIMIT_BYTES = 64 << 20
"""`max_content_length` of this server, above the largest case (50 MB)."""

GROWTH_BYTES = 160 << 20
"""What the server process may grow by over all cases: eight threads with a body and a block each, and arenas that the
allocator keeps. The largest case alone would take gigabytes if it were parsed in the server."""

CHINESE = re.compile("[\u4e00-\u9fff]")

_TOP_FILES = {
    ".gasflux.database",
    ".gasflux.lock",
    ".gasflux.pid",
    ".incoming",
    "gasflux.db",
    "gasflux.db-wal",
    "gasflux.db-shm",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    settings = {
        "GASFLUX_MAX_CONTENT_LENGTH": str(LIMIT_BYTES),
        "GASFLUX_TASKS_WORKERS": "2",
        "GASFLUX_TASKS_TIMEOUT": "60",
        "GASFLUX_TASKS_MEMORY_LIMIT": str(1 << 30),
    }
    with live_server(tmp_path_factory.mktemp("hostile"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def memory_before(server: LiveServer) -> int:
    """Memory of the server once everything that an upload needs is loaded."""
    post(server, "flight.csv", csv_rows())
    return server.rss_bytes()


def post(server: LiveServer, name: str, content: bytes, config: bytes | None = None) -> requests.Response:
    files: dict[str, Any] = {"file": (name, content)}
    if config is not None:
        files["config"] = ("config.yaml", config)
    return requests.post(f"{server.url}/upload", files=files, timeout=HANG_S)


def end_of(server: LiveServer, task_id: str) -> TaskInfo:
    """Return a task once it is finished, whichever way."""
    with GasFluxClient(server.url) as client:
        try:
            return client.wait(task_id, timeout=HANG_S)
        except TaskFailedError as error:
            return error.task


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_gets_a_clear_answer(server: LiveServer, memory_before: int, case: Hostile) -> None:
    answer = post(server, case.file_name, case.make(), case.config() if case.config else None)
    assert answer.status_code in case.statuses, answer.text[:500]
    body = answer.json()
    assert body["code"] == answer.status_code
    message = str(body["message"])
    faults = faults_in(body.get("error", {}).get("details"))
    if answer.status_code == 202:
        task = end_of(server, body["data"]["task_id"])
        assert (task.status == "completed") == case.completes, task.error
        message, faults = task.error or task.message, task.faults
    assert case.completes or faults
    assert all(fault.code and CHINESE.search(fault.zh["message"]) for fault in faults), faults
    assert any(part in message for part in case.says.split("|")), message
    assert "Traceback" not in message
    assert server.rss_bytes() - memory_before < GROWTH_BYTES


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_no_name_reaches_the_disk(server: LiveServer, name: str) -> None:
    # What of the body cannot be sent as a header is for the library that parses it; the answer must be one of these.
    body = (
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n')
        + sample()
        + b"\r\n--b--\r\n"
    )
    answer = requests.post(
        f"{server.url}/upload", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"}, timeout=HANG_S
    )
    assert answer.status_code in (202, 400, 422), answer.text[:300]
    assert "X-Evil" not in answer.headers
    if answer.status_code == 202:
        task_id = answer.json()["data"]["task_id"]
        assert (server.uploads / task_id / "input.xlsx").read_bytes() == sample()
        with GasFluxClient(server.url) as client:
            client.delete(task_id)


@pytest.mark.parametrize("excess", [0, 1])
def test_the_limit_holds_to_the_byte(server: LiveServer, excess: int) -> None:
    frame = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n', b"\r\n--b--\r\n"
    padding = LIMIT_BYTES + excess - sum(map(len, frame)) - len(csv_rows())
    body = frame[0] + csv_rows() + b"\n" * padding + frame[1]
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = requests.post(f"{server.url}/upload", data=body, headers=headers, timeout=HANG_S)
    # At the limit the body is looked at: 64 million empty rows are too many, said of rows and not of bytes.
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("application/json")
    message = answer.json()["message"]
    assert ("rows" in message) == (excess == 0), message


def raw(server: LiveServer, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Post a body as it is, with whatever headers, and return status and answer."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=HANG_S)
    try:
        connection.putrequest("POST", "/upload")
        for name, value in ({"Content-Type": "multipart/form-data; boundary=b"} | headers).items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        connection.send(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


_PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + csv_rows() + b"\r\n"


@pytest.mark.parametrize(
    ("body", "headers", "statuses"),
    [
        (b"--b--\r\n", {}, {400, 422}),
        (b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n', {}, {400, 422}),
        (_PART + _PART + b"--b--\r\n", {}, {400, 422}),
        (_PART.replace(b"--b", b"--c"), {}, {400, 422}),
        (_PART, {}, {400, 422}),
        (_PART + b"--b--\r\n", {"Content-Type": "multipart/form-data"}, {400, 415, 422}),
        (_PART + b"--b--\r\n", {"Content-Type": "application/json"}, {400, 415, 422}),
        (b'--b\r\nContent-Disposition: form-data; name="' + b"x" * 100_000, {}, {400, 413, 422}),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\n" * 2000, {}, {400, 413, 422}),
        (b"", {"Content-Length": "-5"}, {400}),
        (b"", {"Content-Length": "twelve"}, {400}),
        (b"", {"Content-Length": str(1 << 50)}, {413}),
        (b"zzz\r\n", {"Transfer-Encoding": "chunked"}, {400}),
    ],
    ids=[
        *("no part", "other part", "two files", "other boundary", "no end", "no boundary", "JSON", "long header"),
        *("many parts", "negative length", "length in letters", "length of a petabyte", "broken chunks"),
    ],
)
def test_broken_forms_get_a_refusal(
    server: LiveServer, body: bytes, headers: dict[str, str], statuses: set[int]
) -> None:
    given = {"Content-Length": str(len(body))} if not {"Content-Length", "Transfer-Encoding"} & set(headers) else {}
    status, answer = raw(server, body, **given, **headers)
    assert status in statuses, answer[:300]
    assert b"Traceback" not in answer


def test_a_body_shorter_than_it_says_makes_no_task(server: LiveServer) -> None:
    tasks = len(list(server.uploads.iterdir()))
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=HANG_S)
    connection.putrequest("POST", "/upload")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(len(_PART) + 10_000))
    connection.endheaders()
    connection.send(_PART)
    connection.close()
    with GasFluxClient(server.url) as client:
        assert client.health()["status"] == "healthy"
    assert len(list(server.uploads.iterdir())) == tasks


def test_honest_tasks_beside_them_complete(server: LiveServer) -> None:
    with GasFluxClient(server.url) as client:
        accepted = [client.upload(quick_log(server.console_folder)) for _ in range(4)]
        chosen = [case for case in CASES if case.name in ("far cell", "zip bomb", "a million empty rows", "NaN flood")]
        threads = [threading.Thread(target=post, args=(server, case.file_name, case.make())) for case in chosen]
        for thread in threads:
            thread.start()
        ends = [client.wait(task.task_id, timeout=HANG_S) for task in accepted]
        for thread in threads:
            thread.join()
    assert [task.status for task in ends] == ["completed"] * 4


def test_no_stray_file_and_no_worker_is_left(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", {"GASFLUX_TASKS_WORKERS": "2"}) as server:
        answers = [
            post(server, case.file_name, case.make(), case.config() if case.config else None)
            for case in CASES
            if case.name in ("far cell", "truncated xlsx", "gz bomb", "YAML bomb", "formulas", "laughs in the sheet")
        ]
        kept = {answer.json()["data"]["task_id"] for answer in answers if answer.json()["data"]}
        for task_id in kept:
            end_of(server, task_id)
        assert {path.name for path in server.uploads.iterdir()} - _TOP_FILES <= kept
        assert {path.name for path in server.outputs.iterdir()} - _TOP_FILES <= kept
        assert not list((server.uploads / ".incoming").iterdir())
        assert {path.name for path in server.folder.iterdir()} <= {"uploads", "outputs", "gasflux.log"}
        # The drain time is 20 s; nothing is running, so it is not needed.
        assert server.terminate(within_s=HANG_S) == 0
        assert server.leftovers(within_s=HANG_S) == []
