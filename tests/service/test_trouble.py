"""Disk full, database locked, folder read-only: a clear answer while it lasts, and work goes on when it is over."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from hostile_files import SAMPLE
from live_server import LiveServer, live_server
from patience import HANG_S, wait_until
from quick_flight import quick_flight, quick_log

from gasflux.client import GasFluxClient

DISK_BYTES = 24 << 20

needs_mount = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounting a file system needs Linux and root"
)


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    """Mount something; skip where even root may not."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine does not mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        # Lazily, as a server that is just ending may still have a file open.
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True)


def upload(server: LiveServer) -> requests.Response:
    return requests.post(f"{server.url}/upload", files={"file": ("flight.csv", quick_flight())}, timeout=HANG_S)


def assert_refused_for_now(answer: requests.Response, *words: str) -> None:
    """A 503 that says what is wrong and when to come back, and shows no inside."""
    assert answer.status_code == 503, answer.text[:500]
    assert int(answer.headers["Retry-After"]) > 0
    message = answer.json()["message"]
    assert any(word in message for word in words), message
    assert message.endswith(".")
    assert "Traceback" not in answer.text


def assert_works(server: LiveServer) -> None:
    """A flight goes through as if nothing had been, soon after the cause is gone."""
    with GasFluxClient(server.url) as client:
        assert (
            client.wait(client.upload(quick_log(server.console_folder)).task_id, timeout=HANG_S).status == "completed"
        )
        assert client.health()["status"] == "healthy"


def fill(folder: Path, leave_bytes: int = 0) -> Path:
    """Fill the disk of a folder but for some bytes."""
    stuffing = folder / "stuffing"
    with stuffing.open("wb", buffering=0) as stream:
        try:
            for size in (1 << 20, 1 << 12, 1):
                while stream.write(bytes(size)) == size:
                    pass
        except OSError:
            stream.truncate(max(stream.tell() - leave_bytes, 0))
    return stuffing


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)):
        yield folder


@needs_mount
def test_full_disk_refuses_uploads_until_there_is_room(small_disk: Path) -> None:
    with live_server(small_disk, {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_LIMITS_MIN_FREE_BYTES": "4000000"}) as server:
        stuffing = fill(small_disk)
        assert_refused_for_now(upload(server), "disk", "space")
        health = requests.get(f"{server.url}/health", timeout=HANG_S).json()["data"]
        assert health["status"] != "healthy"
        assert health["checks"]["disk"]["status"] != "ok"
        assert requests.get(f"{server.url}/tasks", timeout=HANG_S).status_code == 200
        stuffing.unlink()
        assert_works(server)


@needs_mount
def test_a_task_waits_while_the_disk_is_full_and_goes_on(small_disk: Path) -> None:
    with live_server(small_disk, {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_LIMITS_MIN_FREE_BYTES": "0"}) as server:
        task_id = upload(server).json()["data"]["task_id"]
        stuffing = fill(small_disk)
        with GasFluxClient(server.url) as client:
            # Whether results or the database met the full disk first, nobody need ask for the task again.
            wait_until(lambda: "the task begins again" in server.log or "again until it can" in server.log)
            stuffing.unlink()
            assert client.wait(task_id, timeout=HANG_S).status == "completed"
        assert_works(server)


@needs_mount
def test_tasks_can_be_deleted_on_a_full_disk(small_disk: Path) -> None:
    with live_server(small_disk, {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_LIMITS_MIN_FREE_BYTES": "0"}) as server:
        with GasFluxClient(server.url) as client:
            task_id = client.wait(client.upload(quick_log(server.console_folder)).task_id, timeout=HANG_S).task_id
            fill(small_disk)
            client.delete(task_id)
        assert not (server.outputs / task_id).exists()
        (small_disk / "stuffing").unlink()
        assert_works(server)


def test_locked_database_is_waited_for_and_then_told(tmp_path: Path) -> None:
    with live_server(tmp_path, {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_DATABASE_BUSY_TIMEOUT": "0.5"}) as server:
        with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert_refused_for_now(upload(server), "database")  # without a limit of the wait it would hang
            assert requests.get(f"{server.url}/tasks", timeout=HANG_S).status_code in (200, 503)
            other.execute("ROLLBACK")
        assert_works(server)


def test_task_finished_while_the_database_is_locked_is_not_lost(tmp_path: Path) -> None:
    with live_server(tmp_path, {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_DATABASE_BUSY_TIMEOUT": "0.2"}) as server:
        with GasFluxClient(server.url) as client:
            task_id = client.upload(SAMPLE).task_id  # it is in work for longer
            wait_until(lambda: client.task(task_id).status == "processing")
            with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                wait_until(lambda: "again until it can" in server.log)
                other.execute("ROLLBACK")
            assert client.wait(task_id, timeout=HANG_S).status == "completed"
        assert_works(server)


@needs_mount
def test_read_only_uploads_are_told(tmp_path: Path) -> None:
    with live_server(tmp_path, {"GASFLUX_TASKS_WORKERS": "1"}) as server:
        uploads = str(server.uploads)
        with mounted("--bind", uploads, uploads):
            subprocess.run(["mount", "-o", "remount,ro,bind", uploads], check=True)
            assert_refused_for_now(upload(server), "read-only", "written", "Read-only")
            health = requests.get(f"{server.url}/health", timeout=HANG_S).json()["data"]
            assert health["status"] != "healthy"
        assert_works(server)


@needs_mount
def test_read_only_results_fail_the_task_clearly(tmp_path: Path) -> None:
    settings = {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_DATABASE_PATH": str(tmp_path / "db" / "gasflux.db")}
    with live_server(tmp_path, settings) as server:
        outputs = str(server.outputs)
        with mounted("--bind", outputs, outputs):
            subprocess.run(["mount", "-o", "remount,ro,bind", outputs], check=True)
            answer = upload(server)
            if answer.status_code == 202:
                with GasFluxClient(server.url) as client:
                    task_id = answer.json()["data"]["task_id"]
                    wait_until(lambda: client.task(task_id).is_finished)
                    task = client.task(task_id)
                assert task.status == "failed"
                assert "Traceback" not in str(task.error)
                assert "read-only" in str(task.error).lower() or "data folder" in str(task.error), task.error
            else:
                assert_refused_for_now(answer, "written", "ead-only")
        assert_works(server)


def test_a_folder_that_cannot_be_made_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    server = LiveServer(tmp_path, {"GASFLUX_PATHS_OUTPUTS": str(tmp_path / "file" / "outputs")})
    with pytest.raises(AssertionError, match="the server did not start") as caught:
        server.start()
    assert "Traceback" not in str(caught.value)
    assert "outputs" in server.console()
    assert server.process is not None
    assert server.process.returncode == 1
