"""Processes that are killed: the server, its workers, the one that looks at uploads. No flight pays for it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from api_service import SAMPLE, running_api
from live_server import LiveServer, live_server
from patience import HANG_S, wait_until

from gasflux.client import GasFluxClient

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")

MOST_ATTEMPTS = 2
UPLOADS = 12


def children(server: LiveServer) -> list[psutil.Process]:
    """Return the processes that work for a server: workers, and the one that looks."""
    assert server.process is not None
    family = psutil.Process(server.process.pid).children()
    return [child for child in family if any("spawn_main" in word for word in child.cmdline())]


def test_ends_of_the_server_and_one_of_the_worker_fail_no_task(tmp_path: Path) -> None:
    settings = {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_TASKS_MAX_ATTEMPTS": str(MOST_ATTEMPTS)}
    with live_server(tmp_path, settings) as server:
        task_id = GasFluxClient(server.url).upload(SAMPLE).task_id
        for _ in range(MOST_ATTEMPTS):
            wait_until(lambda: GasFluxClient(server.url).task(task_id).status == "processing")
            server.kill()
            server.start()
        with GasFluxClient(server.url) as client:
            wait_until(lambda: client.task(task_id).status == "processing")
            for child in children(server):
                child.kill()
            task = client.wait(task_id, timeout=HANG_S)
            assert task.status == "completed", task


def kill_again_and_again(over: threading.Event) -> None:
    """Kill every process that looks at uploads, as soon as there is one; unlike workers here it gives way to others."""
    own = psutil.Process()
    pause_s = 0.02
    while not over.wait(pause_s):
        for child in own.children():
            with suppress(psutil.NoSuchProcess):
                if child.nice() > own.nice():
                    child.kill()


def test_a_killed_look_is_none_and_never_an_error(tmp_path: Path) -> None:
    over = threading.Event()
    killer = threading.Thread(target=kill_again_and_again, args=(over,))
    with running_api(tmp_path) as api:
        killer.start()
        try:
            answers = [api.upload(name=f"flight {number}.csv") for number in range(UPLOADS)]
        finally:
            over.set()
            killer.join()
        assert [answer.status_code for answer in answers] == [202] * UPLOADS
        ends = {api.finished(answer.get_json()["data"]["task_id"])["status"] for answer in answers}
        assert ends == {"completed"}
