"""What the machine gives and takes: open files, its clock, and the proxy in front of it."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
from api_service import running_api
from live_server import LiveServer, ended, live_server
from patience import HANG_S, wait_until
from quick_flight import quick_log
from shifted_clock import ShiftedClock, can_shift
from stores import completed, opened, store_in

from gasflux.client import GasFluxClient
from gasflux.configuration.service_settings import LimitSettings, Settings
from gasflux.janitor import Janitor
from gasflux.jobs.child import Child
from gasflux.jobs.pool import nothing
from gasflux.service.tasks.folders import TaskFolders
from gasflux.storage.clock_watch import SECOND_LOOK_S, ClockWatch

ONE_WORKER = {"GASFLUX_TASKS_WORKERS": "1"}
FEW_FILES = 200
CONNECTIONS = 30
DAYS_AHEAD = 3 * 86_400

needs_shift = pytest.mark.skipif(not can_shift(), reason="needs Linux and a C compiler")
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of another process")


# -- open files


def limited_server(folder: Path, kind: str) -> LiveServer:
    """Return a server that may open few files: with `-S` until it asks for more, else for ever."""
    script = f'ulimit {kind} -n {FEW_FILES} && exec "$0" -m gasflux serve'
    return LiveServer(folder, ONE_WORKER, ("sh", "-c", script, sys.executable))


@needs_limits
def test_too_few_files_are_told_and_fewer_connections_taken(tmp_path: Path) -> None:
    server = limited_server(tmp_path, "")
    with ended(server):
        server.start()
        assert f"may open {FEW_FILES} files, too few for [performance] connection_limit = 100" in server.errors()
        shown = requests.get(f"{server.url}/config", timeout=HANG_S).json()["data"]["settings"]
        limit = shown["performance"]["connection_limit"]
        assert 0 < limit < 100
        assert f"- Connection limit: {limit}\n" in server.said()


@needs_limits
def test_more_files_are_asked_for_where_that_is_allowed(tmp_path: Path) -> None:
    server = limited_server(tmp_path, "-S")
    with ended(server):
        server.start()
        assert "too few" not in server.errors()
        assert "- Connection limit: 100\n" in server.said()
        assert server.process is not None
        assert psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE)[0] > FEW_FILES


@needs_limits
def test_without_files_left_the_server_waits_quietly_and_goes_on(tmp_path: Path) -> None:
    with live_server(tmp_path, ONE_WORKER) as server, requests.Session() as kept:
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        assert kept.get(f"{server.url}/health", timeout=HANG_S).status_code == 200
        soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() - 1, hard))
        waiting = [socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) for _ in range(3)]
        wait_until(lambda: "no connection can be taken" in server.log)
        # Whom it has already, it answers, if only that it can do nothing now.
        paths = ("tasks", "docs", "health", *["stats"] * 20)
        assert {kept.get(f"{server.url}/{path}", timeout=HANG_S).status_code for path in paths} <= {200, 503}
        assert server.log.count("connection") < CONNECTIONS, server.log[-2000:]
        assert "Traceback" not in server.log
        process.rlimit(psutil.RLIMIT_NOFILE, (soft, hard))
        for client in waiting:
            with closing(client):
                client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                client.settimeout(HANG_S)
                assert client.recv(100).startswith(b"HTTP/1.1 200")


@contextmanager
def no_file_left() -> Iterator[None]:
    """Let this process open no file for the length of a block."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    held = []
    try:
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@needs_limits
def test_a_folder_that_cannot_be_read_now_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    folders = TaskFolders(tmp_path / "uploads", tmp_path / "outputs")
    folders.prepare()
    task_id = str(uuid.uuid4())
    folder = folders.output_dir(task_id)
    folder.mkdir()
    (folder / "report.html").write_text("whole")
    os.utime(folder, (0.0, 0.0))
    with no_file_left():
        with pytest.raises(OSError, match="Too many open files"):
            folders.result_path(task_id, "report.html")
        left = folders.remove(task_id)
    assert any("Too many open files" in problem for problem in left)
    assert folders.result_path(task_id, "report.html").read_text() == "whole"


@needs_limits
def test_what_is_left_of_a_refused_upload_goes_with_the_next(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False) as api:
        intake, uploads = api.service.intake, api.service.folders.uploads
        first, second = intake.begin(0), intake.begin(0)
        with no_file_left():
            intake.end(first)
        assert first.folder.exists()
        intake.end(second)
        assert [path for path in uploads.iterdir() if not path.name.startswith(".")] == []


@needs_limits
def test_a_worker_whose_memory_cannot_be_told_now_is_not_ended() -> None:
    child = Child(nothing, "child", is_background=False)
    try:
        assert child.resident_bytes() > 0
        with no_file_left():
            assert child.resident_bytes() == 0
    finally:
        child.end()


# -- the clock


class Clocks:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 17, tzinfo=UTC)
        self.steady = 0.0
        self.watch = ClockWatch(lambda: self.now, lambda: self.steady)

    def pass_by(self, seconds: float, ahead: float = 0.0) -> bool:
        """Let time pass, the clock being set ahead besides; return whether it is believed then."""
        self.now += timedelta(seconds=seconds + ahead)
        self.steady += seconds
        return self.watch.look()[1]


def test_time_that_passes_is_believed() -> None:
    clocks = Clocks()
    assert all(clocks.pass_by(3600.0 * number) for number in range(100))


@pytest.mark.parametrize("ahead_s", [120.0, 3600.0, 1e9])
def test_a_clock_set_ahead_is_believed_after_a_second_look(ahead_s: float) -> None:
    clocks = Clocks()
    assert clocks.pass_by(0.0)
    assert not clocks.pass_by(10.0, ahead_s)
    assert not clocks.pass_by(SECOND_LOOK_S - 1.0)
    assert clocks.pass_by(1.0)
    assert clocks.pass_by(1.0)


def test_a_clock_that_is_set_right_again_is_believed_at_once() -> None:
    clocks = Clocks()
    assert clocks.pass_by(0.0)
    assert not clocks.pass_by(10.0, 3600.0)
    assert clocks.pass_by(10.0, -3600.0)


@pytest.mark.parametrize(("silence_s", "is_believed"), [(60.0, True), (1e6, False)])
def test_a_start_after_a_long_silence_looks_twice(silence_s: float, is_believed: bool) -> None:
    clocks = Clocks()
    clocks.watch.begin(clocks.now - timedelta(seconds=silence_s))
    assert clocks.pass_by(1.0) is is_believed
    assert clocks.pass_by(SECOND_LOOK_S)


def test_the_janitor_removes_and_gives_up_nothing_before_the_second_look(tmp_path: Path) -> None:
    clocks = Clocks()
    folders = TaskFolders(tmp_path / "uploads", tmp_path / "outputs")
    folders.prepare()
    with closing(opened(tmp_path / "gasflux.db")) as database:
        store = store_in(database)
        settings = Settings(limits=LimitSettings(min_free_bytes=0))
        clocks.now = datetime.now(UTC)
        janitor = Janitor(store, folders, settings, watch=clocks.watch)
        task = completed(store)
        assert janitor.sweep().postponed is None
        clocks.pass_by(1.0, DAYS_AHEAD)
        report = janitor.sweep()
        assert report.postponed is not None
        assert "the clock was set ahead" in report.postponed
        assert (report.removed, report.given_up) == ((), ())
        assert store.get(task.task_id) == task
        clocks.pass_by(SECOND_LOOK_S)
        assert janitor.sweep().removed == (task.task_id,)


@needs_shift
def test_a_clock_that_jumps_ahead_deletes_nothing(tmp_path: Path) -> None:
    clock = ShiftedClock(tmp_path / "clock")
    settings = ONE_WORKER | clock.settings | {"GASFLUX_CLEANUP_TASK_CLEANUP_INTERVAL": "1"}
    with live_server(tmp_path / "server", settings) as server, GasFluxClient(server.url) as client:
        task_id = client.wait(client.upload(quick_log(server.console_folder)).task_id, timeout=HANG_S).task_id
        clock.shift(DAYS_AHEAD)
        wait_until(lambda: "nothing was removed for its age" in server.log)
        later = client.task(client.upload(quick_log(server.console_folder)).task_id)
        assert str(later.created_at) > f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"  # the clock is indeed ahead
        assert client.task(task_id).status == "completed"
        assert requests.get(f"{server.url}/download/{task_id}/report.html", timeout=HANG_S).status_code == 200
        clock.shift(0)


# -- the proxy


@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "192.0.2.7"])
def test_a_proxy_that_the_settings_do_not_name_is_told_once(tmp_path: Path, trusted: str) -> None:
    settings = ONE_WORKER | {"GASFLUX_SECURITY_TRUSTED_PROXY": trusted}
    with live_server(tmp_path, settings) as server:
        for number in range(5):
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            assert requests.get(f"{server.url}/health", headers=headers, timeout=HANG_S).status_code == 200
        told = server.log.count("requests come through a proxy at 127.0.0.1")
        assert told == (0 if trusted == "127.0.0.1" else 1)
        assert told == 0 or "set trusted_proxy = 127.0.0.1" in server.log
