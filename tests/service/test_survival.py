"""Killed at random moments or asked to stop: every accepted task completes exactly once, and no worker runs on."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from live_server import LiveServer, live_server
from patience import HANG_S, wait_until
from quick_flight import quick_log

from gasflux.client import GasFluxClient

KILLS = 10
SEED = 20_260_413
LONGEST_LIFE_S = 4.0
"""A task takes one to two seconds, so the moments fall before, into, between and after tasks."""

DRAIN_S = 5
"""In that time two workers do a few of the twelve flights that wait."""

pytestmark = pytest.mark.slow


def count_completions(server: LiveServer) -> None:
    """Have the database itself note every step of a task to `completed`."""
    with closing(sqlite3.connect(server.database, timeout=HANG_S)) as connection, connection:
        connection.execute("CREATE TABLE completions (task_id TEXT)")
        connection.execute(
            "CREATE TRIGGER note_completion AFTER UPDATE OF status ON tasks WHEN new.status = 'completed'"
            " AND old.status <> 'completed' BEGIN INSERT INTO completions VALUES (new.task_id); END"
        )


def completions(server: LiveServer) -> Counter[str]:
    """How often each task became completed."""
    with closing(sqlite3.connect(server.database, timeout=HANG_S)) as connection:
        return Counter(task_id for (task_id,) in connection.execute("SELECT task_id FROM completions"))


def finish_all(server: LiveServer, accepted: list[str]) -> None:
    """Wait for every task and look at what it left."""
    with GasFluxClient(server.url) as client:
        for task_id in accepted:
            task = client.wait(task_id, timeout=HANG_S)
            assert {"report.html", "output_vars.json"} <= {file.name for file in task.results}
            assert all(
                (server.outputs / task_id / file.name).stat().st_size == file.size_bytes for file in task.results
            )
    assert completions(server) == Counter(dict.fromkeys(accepted, 1))


def folders_left(server: LiveServer) -> set[str]:
    """Names in both data folders that are no housekeeping."""
    entries = {path.name for folder in (server.uploads, server.outputs) for path in folder.iterdir() if path.is_dir()}
    return entries - {".incoming"}


def test_killed_at_ten_random_moments(tmp_path: Path) -> None:
    moments = random.Random(SEED)
    accepted: list[str] = []
    with live_server(tmp_path, {"GASFLUX_TASKS_WORKERS": "2"}) as server:
        count_completions(server)
        for number in range(KILLS):
            with GasFluxClient(server.url) as client:
                accepted += [
                    client.upload(quick_log(server.console_folder), name=f"{number}-{upload}").task_id
                    for upload in range(2)
                ]
            time.sleep(moments.uniform(0.0, LONGEST_LIFE_S))
            server.kill()
            assert server.leftovers(within_s=HANG_S) == []
            server.start()
        finish_all(server, accepted)
        assert folders_left(server) == set(accepted)


def test_killed_while_an_upload_is_on_its_way(tmp_path: Path) -> None:
    """An upload that got no answer makes at most the one task that its retry gets."""
    with live_server(tmp_path, {"GASFLUX_TASKS_WORKERS": "1"}) as server:
        count_completions(server)
        with GasFluxClient(server.url) as client:
            first = client.upload(quick_log(server.console_folder), idempotency_key="one").task_id
        server.kill()
        server.start()
        with GasFluxClient(server.url) as client:
            assert client.upload(quick_log(server.console_folder), idempotency_key="one").task_id == first
        finish_all(server, [first])


def test_asked_to_stop_during_work(tmp_path: Path) -> None:
    settings = {"GASFLUX_TASKS_WORKERS": "2", "GASFLUX_TASKS_DRAIN_TIMEOUT": str(DRAIN_S)}
    with live_server(tmp_path, settings) as server:
        count_completions(server)
        with GasFluxClient(server.url) as client:
            accepted = [client.upload(quick_log(server.console_folder)).task_id for _ in range(12)]
            wait_until(lambda: any(client.task(task_id).status == "processing" for task_id in accepted))
        assert server.terminate(within_s=HANG_S) == 0
        assert server.leftovers(within_s=HANG_S) == []
        assert statuses(server) <= {"pending", "completed"}
        assert "pending" in statuses(server)
        server.start()
        finish_all(server, accepted)


def statuses(server: LiveServer) -> set[str]:
    """Statuses in the database of a server that does not run."""
    with closing(sqlite3.connect(server.database)) as connection:
        return {status for (status,) in connection.execute("SELECT DISTINCT status FROM tasks")}
