"""The production server as a process: banner, refusals, and every way of stopping it."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from patience import HANG_S, wait_until
from server_process import ROOT, SAMPLE, ServerProcess, all_gone, free_port, refusal, running

from gasflux.configuration.service_settings import ServerSettings, Settings
from gasflux.server import waitress_server as production
from gasflux.server.address import is_loopback, page_url
from gasflux.server.waitress_server import say, warnings_of
from gasflux.version import __version__

LIMIT = 1_000_000
"""Largest body in these tests, bytes."""

PATIENT_S = round(2 * HANG_S)
"""A drain time that no test lives to see the end of."""

counts_unread = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a server has read")

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="POSIX signals; Windows is described in the documentation"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that no test of this module stops."""
    with running(tmp_path_factory.mktemp("server"), GASFLUX_MAX_CONTENT_LENGTH=LIMIT) as shared:
        yield shared


def test_banner(server: ServerProcess) -> None:
    """Line by line as section 3.1 of the hand-over document shows it, with the true address; then what to open."""
    lines = server.said().splitlines()
    assert lines[:3] == [
        "Starting GasFlux Web API with Waitress...",
        "✓ GasFlux app imported successfully",
        "✓ Task pool management enabled",
    ]
    blueprints = "upload, tasks, task_pool, download, reports, health, stats, config, web"
    assert lines[3].startswith(f"✓ All blueprints loaded: {blueprints}")
    assert lines[4:] == [
        "✓ Waitress WSGI server imported",
        f"Starting Waitress server on 127.0.0.1:{server.port}",
        "- Threads: 8",
        "- Connection limit: 100",
        "- Channel timeout: 300s",
        f"- Base URL: http://127.0.0.1:{server.port}",
        f"Open http://127.0.0.1:{server.port}/ in a browser on this machine.",
    ]


@pytest.mark.parametrize(
    ("base_url", "shown"),
    [("http://localhost:5000", "http://localhost:8080"), ("https://flux.example", "https://flux.example")],
    ids=["as shipped", "set"],
)
def test_banner_of_a_server_that_everybody_reaches(
    base_url: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    production._announce(Settings(server=ServerSettings(host="0.0.0.0", base_url=base_url)), 8080)
    assert capsys.readouterr().out.splitlines()[-3:] == [
        f"- Base URL: {shown}",
        "Open http://localhost:8080/ in a browser on this machine.",
        "Other machines of the network reach port 8080 too; --host 127.0.0.1 keeps it to this one.",
    ]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://localhost:8080"),
        ("::", "http://localhost:8080"),
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("flux.example", "http://flux.example:8080"),
    ],
)
def test_address_to_open(host: str, url: str) -> None:
    assert page_url(host, 8080) == url


def test_no_header_names_the_server(server: ServerProcess) -> None:
    assert "Server" not in server.get("/health").headers


def raw(server: ServerProcess, request: bytes) -> http.client.HTTPResponse:
    """Send bytes; return the answer, read."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=HANG_S)
    connection.sendall(request)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    ],
)
def test_what_is_no_http_is_refused_in_json(server: ServerProcess, request_bytes: bytes, status: int) -> None:
    answer = raw(server, request_bytes)
    document = json.loads(answer.body)  # type: ignore[attr-defined]
    assert answer.status == document["code"] == status
    assert answer.getheader("Content-Type") == "application/json"
    assert document["data"] is None
    assert set(document["error"]) == {"type", "details", "request_id"}


@pytest.mark.parametrize("excess", [1, LIMIT])
def test_a_body_over_the_limit_gets_its_answer_after_all_was_sent(server: ServerProcess, excess: int) -> None:
    answer = requests.post(server.url + "/upload", data=b"x" * (LIMIT + excess), timeout=HANG_S)
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "too_large"
    assert f"allowed are {LIMIT}" in answer.json()["message"]


def test_a_body_of_exactly_the_limit_reaches_the_application(server: ServerProcess) -> None:
    answer = requests.post(server.url + "/upload", data=b"x" * LIMIT, timeout=HANG_S)
    assert answer.status_code in (400, 415, 422)  # it is no form


def test_who_asks_before_sending_is_answered_at_once(server: ServerProcess) -> None:
    head = f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n"
    assert raw(server, head.encode()).status == 413


def test_a_body_of_unknown_length_over_the_limit(server: ServerProcess) -> None:
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % (LIMIT + 1) + b"x" * (LIMIT + 1)
    assert raw(server, head + chunk).status == 413


def test_a_body_is_refused_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    with running(tmp_path, GASFLUX_LIMITS_MIN_FREE_BYTES=10**17) as server:
        answer = requests.post(server.url + "/upload", data=b"x" * 1_000_000, timeout=HANG_S)
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "no_space")
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="lists open files by /proc")
def test_bodies_lie_on_the_disk_of_the_data(server: ServerProcess) -> None:
    """A body on its way is an unnamed file; Linux shows the folder it was made in."""
    folder = str(server.uploads / ".incoming")
    with socket.create_connection(("127.0.0.1", server.port), timeout=HANG_S) as connection:
        head = f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * (LIMIT - 1))
        wait_until(lambda: any(name.startswith(folder) for name in open_files(server)))


def open_files(server: ServerProcess) -> list[str]:
    names = []
    for entry in Path(f"/proc/{server.running.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            names.append(str(entry.readlink()))
    return names


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once_and_leaves_nobody(tmp_path: Path, number: int) -> None:
    # A drain time beyond any patience: who waits for it although nothing is in work does not come to an end.
    with running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=PATIENT_S) as server:
        family = server.family()
        assert server.stop(number) == 0
        assert all_gone(family)
        assert server.said().endswith("Stopped.\n")
        assert "Traceback" not in server.errors() + server.log


def test_a_slow_download_is_finished(tmp_path: Path) -> None:
    with running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=PATIENT_S) as server:
        task_id = server.upload()
        server.wait_for(task_id, "completed")
        log = server.log.splitlines()
        assert [line for line in log if f"task:{task_id}" in line], "the document's grep finds the lines of a task"
        big = server.outputs / task_id / "big.bin"
        big.write_bytes(bytes(range(256)) * 131_072)  # 32 MiB: more than the buffers of both sockets hold
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.connect(("127.0.0.1", server.port))
        connection.settimeout(HANG_S)
        connection.sendall(f"GET /download/{task_id}/big.bin HTTP/1.0\r\n\r\n".encode())
        received = [connection.recv(65_536)]
        server.running.send_signal(signal.SIGTERM)
        wait_until(server.is_stopping, "a server that stops but is still there")
        while piece := connection.recv(1_000_000):
            received.append(piece)
        connection.close()
        answer = b"".join(received)
        assert answer.partition(b"\r\n\r\n")[2] == big.read_bytes()
        assert server.running.wait(HANG_S) == 0


@counts_unread
def test_stopping_takes_no_uploads(tmp_path: Path) -> None:
    """A connection that is in the middle of a request keeps the server; on another an upload is refused."""
    with (
        running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=PATIENT_S) as server,
        socket.create_connection(("127.0.0.1", server.port)) as held,
    ):
        held.sendall(b"GET /health HTTP/1.1\r\n")
        wait_until(lambda: server.has_read(held))
        server.running.send_signal(signal.SIGTERM)
        wait_until(server.is_stopping)
        with SAMPLE.open("rb") as stream:
            answer = requests.post(server.url + "/upload", files={"file": stream}, timeout=HANG_S)
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "stopping")
        assert int(answer.headers["Retry-After"]) > 0
        held.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
        assert held.recv(100).startswith(b"HTTP/1.1 503")
        assert server.running.wait(HANG_S) == 0


def rows(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(ServerProcess(folder).database)) as database:
        return database.execute("SELECT task_id, status FROM tasks").fetchall()


def test_a_running_task_goes_back_and_the_next_start_completes_it(tmp_path: Path) -> None:
    with running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=1) as server:
        tasks = [server.upload() for _ in range(2)]
        server.wait_for(tasks[0], "processing")
        family = server.family()
        assert server.stop() == 0
        assert all_gone(family)
    states = dict(rows(tmp_path))
    assert states[tasks[1]] == "pending"
    assert states[tasks[0]] in ("pending", "completed")
    with running(tmp_path) as server:
        for task_id in tasks:
            server.wait_for(task_id, "completed")
        assert server.stop() == 0
    assert sorted(rows(tmp_path)) == sorted((task_id, "completed") for task_id in tasks)


def test_a_killed_server_leaves_no_worker_and_loses_no_task(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        tasks = [server.upload() for _ in range(2)]
        server.wait_for(tasks[0], "processing")
        family = server.family()
        assert family
        server.running.kill()
        server.running.wait()
        assert all_gone(family)
    with running(tmp_path) as server:
        for task_id in tasks:
            assert server.wait_for(task_id, "completed")["results"]
        assert server.stop() == 0


@counts_unread
def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    with (
        running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=PATIENT_S) as server,
        socket.create_connection(("127.0.0.1", server.port)) as held,
    ):
        held.sendall(b"GET /health HTTP/1.1\r\n")
        wait_until(lambda: server.has_read(held))
        family = server.family()
        server.running.send_signal(signal.SIGTERM)
        wait_until(server.is_stopping)  # the held request keeps it
        assert server.stop() == 1
        assert all_gone(family)


def test_port_in_use(tmp_path: Path) -> None:
    listener, port = free_port()
    with listener:
        said = refusal(tmp_path, GASFLUX_PORT=port)
    # Not every system tells everybody who listens; Linux tells the owner of the process, which is this one.
    who = rf"process {os.getpid()} \(.+\)" if sys.platform == "linux" else ".+"
    assert re.match(rf"error: Port {port} on 127\.0\.0\.1 is in use by {who}; stop that, or take another: --port", said)
    assert said.count("\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours(tmp_path: Path, host: str) -> None:
    """192.0.2.1 belongs to documentation (RFC 5737), .invalid to nobody (RFC 2606)."""
    said = refusal(tmp_path, GASFLUX_HOST=host)
    assert said.count("\n") == 1
    assert "is not an address of this machine" in said


def test_second_server_on_the_same_folder(server: ServerProcess) -> None:
    said = refusal(server.folder)
    who = f"process {server.running.pid}, {server.url}"
    assert said.startswith(f"error: Another GasFlux server ({who}) uses the data folder ")
    assert "; use that one, stop it, or give this one its own folders under [paths]" in said
    assert said.count("\n") == 1
    assert server.get("/health").status_code == 200


def test_bad_settings(tmp_path: Path) -> None:
    said = refusal(tmp_path, GASFLUX_THREADS="many", GASFLUX_LOG_LEVEL="LOUD")
    assert said.splitlines() == [
        "error: GASFLUX_LOG_LEVEL = 'LOUD' is not allowed; allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL.",
        "error: GASFLUX_THREADS = 'many' is not allowed; allowed: integer from 1 to 512.",
    ]


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "web_api_data").write_text("a file where the folder should be")
    said = refusal(tmp_path)
    assert re.match(r"error: The data folder .* cannot be written: .*; make it writable, or choose another", said)
    assert said.count("\n") == 1


def test_an_unknown_variable_is_a_warning(tmp_path: Path) -> None:
    with running(tmp_path, GASFLUX_THREAD=3) as server:
        assert "GASFLUX_THREAD is no setting and is ignored; did you mean GASFLUX_THREADS?" in server.errors()


def test_help_version_and_usage() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = [sys.executable, str(ROOT / "server_waitress.py"), *arguments]
        return subprocess.run(script, capture_output=True, text=True, check=False, timeout=HANG_S)

    assert run("--help").stdout.startswith("Usage: server_waitress.py [OPTIONS]")
    assert run("--version").stdout == f"GasFlux, version {__version__}\n"
    wrong = run("--port", "many")
    assert wrong.returncode == 2
    assert "'many' is not a valid integer" in wrong.stderr


def test_a_key_is_made_while_the_server_runs(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        script = [sys.executable, str(ROOT / "create_api_key.py"), "--config", str(tmp_path / "gasflux.ini")]
        made = subprocess.run([*script, "--name", "Production Client"], capture_output=True, text=True, check=True)
        key = made.stdout.strip()
        assert key.startswith("gf_")
        assert "shown this once" in made.stderr
        assert requests.get(server.url + "/tasks", timeout=HANG_S).status_code == 401
        assert requests.get(server.url + "/tasks", headers={"X-API-Key": key}, timeout=HANG_S).status_code == 200
        assert server.stop() == 0
        assert key not in server.log
    nameless = subprocess.run([*script, "--name", " "], capture_output=True, text=True, check=False)
    assert nameless.returncode == 2
    assert "needs a visible character" in nameless.stderr


@pytest.mark.parametrize(
    ("host", "require", "warned"),
    [("0.0.0.0", "false", True), ("127.0.0.1", "false", False), ("0.0.0.0", "auto", False), ("::", "false", True)],
)
def test_an_open_service_on_a_public_address_is_warned_of(host: str, require: str, warned: bool) -> None:
    settings = Settings()
    settings = replace(settings, server=replace(settings.server, host=host))
    settings = replace(settings, security=replace(settings.security, require_api_key=require))
    assert any("ANYBODY" in warning for warning in warnings_of(settings)) is warned


@pytest.mark.parametrize(
    ("host", "expected"), [("::1", True), ("localhost", True), ("127.8.8.8", True), ("x.org", False)]
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_console_without_check_marks_and_one_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = io.TextIOWrapper(io.BytesIO(), encoding="gbk")
    monkeypatch.setattr(sys, "stdout", poor)
    say("✓ imported 已导入")
    assert poor.buffer.getvalue().decode("gbk") == "OK imported 已导入\n"
    poor.close()
    say("nobody hears this")
    monkeypatch.setattr(sys, "stdout", None)
    say("nor this")


def test_the_hundred_and_first_connection_waits(server: ServerProcess) -> None:
    """It is answered when one goes."""
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(server.get("/health").status_code))
    waiting.start()
    waiting.join(0.5)  # an answer takes milliseconds
    assert not answers
    for connection in held:
        connection.close()
    waiting.join(HANG_S)
    assert answers == [200]


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
def test_what_comes_through_a_proxy_is_not_from_this_machine(tmp_path: Path, trusted: str) -> None:
    """Also when nobody told the server of the proxy: its header must reach the check of who asks."""
    with running(tmp_path, GASFLUX_SECURITY_TRUSTED_PROXY=trusted) as server:
        assert server.get("/tasks").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Host"):
            value = "for=203.0.113.5" if header == "Forwarded" else "203.0.113.5"
            assert server.get("/tasks", headers={header: value}).status_code == 401, header
        assert server.get("/tasks", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_development_server(tmp_path: Path) -> None:
    """`run_api.py` listens on this machine only, whatever the settings say, and stops on a signal."""
    (tmp_path / "gasflux.ini").write_text("[server]\nhost = 0.0.0.0\nport = 0\n[tasks]\nworkers = 1\n")
    script = [sys.executable, str(ROOT / "run_api.py"), "--config", str(tmp_path / "gasflux.ini")]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        wait_until(lambda: answers(found[0]))
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=HANG_S)
    assert (process.returncode, said) == (0, "Stopped.\n"), errors


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=HANG_S).status_code == 200
    except requests.ConnectionError:
        return False


@counts_unread
def test_an_upload_on_its_way_gets_an_answer_though_the_server_stops(tmp_path: Path) -> None:
    with (
        running(tmp_path, GASFLUX_TASKS_DRAIN_TIMEOUT=PATIENT_S) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=HANG_S) as connection,
    ):
        head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b"x" * 50)
        wait_until(lambda: server.has_read(connection))
        server.running.send_signal(signal.SIGTERM)
        wait_until(server.is_stopping)
        connection.sendall(b"x" * 50)
        assert connection.recv(1000).startswith(b"HTTP/1.1 503")
        assert server.running.wait(HANG_S) == 0


def test_folders_with_spaces_and_chinese_names_and_what_a_killed_server_left(tmp_path: Path) -> None:
    folder = tmp_path / "数据 文件夹"
    left = ServerProcess(folder).uploads / ".incoming" / "tmp1"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a body")
    with running(folder) as server:
        assert server.get("/health").status_code == 200
        assert not left.exists()
        assert server.stop() == 0


@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.6])
def test_a_signal_while_it_starts(tmp_path: Path, after_s: float) -> None:
    """Whatever it was doing, nothing was begun that had to be finished."""
    server = ServerProcess(tmp_path)
    server.prepare()
    process = subprocess.Popen(
        server.command,
        cwd=tmp_path,
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=HANG_S)
    # Before Python has come as far as setting a handler, the signal ends the process as the system does it.
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors
