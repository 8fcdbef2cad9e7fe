"""The service under load: fifty clients at once, answers while every worker computes, long lists.

Usage::

    python benchmarks/service.py [--clients 50] [--workers 0] [--flight FILE]

The real server runs in processes of its own, on a machine that does nothing else. Results go to stdout as Markdown and
to ``benchmarks/results/service.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import requests
from live_server import LiveServer, live_server

from gasflux.client import GasFluxClient

RESULTS = Path(__file__).parent / "results" / "service.json"
SAMPLE = Path(__file__).parents[1] / "src" / "gasflux" / "data" / "sample_flight.xlsx"

ALONE = 5
"""Tasks run one after the other, whose median is the time of a single task."""

FEW, MANY = 10, 1000
"""Tasks in the table for the comparison of lists."""

LIST_REQUESTS = 300
TASK_LIMIT_S = 1800.0
HEALTH_PAUSE_S = 0.02


@dataclass(frozen=True)
class Load:
    """What many clients at once saw."""

    clients: int
    workers: int
    completed: int
    upload_p95_s: float
    single_task_s: float
    """Median time of work on one task alone, on warm workers."""
    tasks_per_s: float
    """From the first acceptance to the last completion."""
    rate_ratio: float
    """That rate over workers / single-task time."""
    health_p50_ms: float
    health_p95_ms: float
    health_requests: int


@dataclass(frozen=True)
class Lists:
    """How a list answers with few and with many tasks in the table."""

    few_p95_ms: float
    many_p95_ms: float

    @property
    def ratio(self) -> float:
        """How many times slower the long table is."""
        return self.many_p95_ms / self.few_p95_ms


@dataclass(frozen=True)
class Ends:
    """How long the end of something takes, the longest of several."""

    cancel_s: float
    """From the request to the death of the process that computed."""
    idle_stop_s: float
    """From the signal to the end of a server that has nothing in work."""


def main() -> None:
    """Measure and write down."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        load = measure_load(Path(scratch) / "load", arguments.flight, arguments.clients, arguments.workers)
        lists = measure_lists(Path(scratch) / "lists", arguments.flight)
        ends = measure_ends(Path(scratch) / "ends", arguments.flight)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system()}
    document = {"machine": machine, "load": asdict(load), "lists": asdict(lists) | {"ratio": lists.ratio}}
    document["ends"] = asdict(ends)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(load, lists, ends))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50, help="clients that post at the same moment")
    parser.add_argument("--workers", type=int, default=0, help="worker processes; 0 is the server's default")
    parser.add_argument("--flight", type=Path, default=SAMPLE, help="flight that they post")
    return parser.parse_args()


def measure_load(folder: Path, flight: Path, clients: int, workers: int) -> Load:
    """Let clients post together and ask for the health until all is done."""
    with live_server(folder, {"GASFLUX_TASKS_WORKERS": str(workers)}) as server:
        workers = requests.get(f"{server.url}/tasks/stats", timeout=30).json()["data"]["workers"]
        _together(server, flight, workers)  # every worker has loaded what it needs
        alone_s = statistics.median(_one_task_s(server, flight) for _ in range(ALONE))
        finished, health_s = threading.Event(), list[float]()
        watch = threading.Thread(target=_watch_health, args=(server, finished, health_s))
        watch.start()
        began = time.monotonic()
        task_ids, upload_s = _together(server, flight, clients, wait=False)
        completed = _completed(server, task_ids)
        took_s = time.monotonic() - began
        finished.set()
        watch.join()
    return Load(
        clients=clients,
        workers=workers,
        completed=completed,
        upload_p95_s=p95(upload_s),
        single_task_s=alone_s,
        tasks_per_s=clients / took_s,
        rate_ratio=clients / took_s * alone_s / workers,
        health_p50_ms=1000 * statistics.median(health_s),
        health_p95_ms=1000 * p95(health_s),
        health_requests=len(health_s),
    )


def _together(
    server: LiveServer, flight: Path, clients: int, *, wait: bool = True
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Post from many clients at the same moment; return ids of the tasks and times of the uploads."""
    start = threading.Barrier(clients)

    def post(number: int) -> tuple[str, float]:
        with GasFluxClient(server.url, timeout=TASK_LIMIT_S) as client:
            start.wait()
            began = time.monotonic()
            task_id = client.upload(flight, name=f"client {number}").task_id
            return task_id, time.monotonic() - began

    with ThreadPoolExecutor(clients) as pool:
        task_ids, upload_s = zip(*pool.map(post, range(clients)), strict=True)
    if wait:
        _completed(server, task_ids)
    return task_ids, upload_s


def _completed(server: LiveServer, task_ids: Sequence[str]) -> int:
    """Wait for the end of all tasks; return how many completed. Asks seldom, to leave the server to its work."""
    deadline = time.monotonic() + TASK_LIMIT_S
    while time.monotonic() < deadline:
        counts = requests.get(f"{server.url}/tasks/stats", timeout=30).json()["data"]
        if counts["pending"] + counts["processing"] == 0:
            break
        time.sleep(0.1)
    with GasFluxClient(server.url) as client:
        return sum(client.task(task_id).status == "completed" for task_id in task_ids)


def _one_task_s(server: LiveServer, flight: Path) -> float:
    """Return the time of work on a task that has the machine to itself."""
    with GasFluxClient(server.url) as client:
        duration_s = client.wait(client.upload(flight).task_id, timeout=TASK_LIMIT_S).duration_s
    if duration_s is None:
        raise ValueError("a completed task has no duration")
    return duration_s


def _watch_health(server: LiveServer, finished: threading.Event, durations_s: list[float]) -> None:
    """Time the answers of /health, each on a new connection as a monitor has it."""
    while not finished.wait(HEALTH_PAUSE_S):
        began = time.monotonic()
        requests.get(f"{server.url}/health", timeout=30)
        durations_s.append(time.monotonic() - began)


def measure_lists(folder: Path, flight: Path) -> Lists:
    """Time /tasks with few tasks in the table and with many; both on a server that has nothing else to do."""
    with live_server(folder, {"GASFLUX_TASKS_WORKERS": "1"}) as server:
        _together(server, flight, FEW)
        few_s = _list_s(server)
        server.terminate(within_s=60)
        _multiply_rows(server.database, MANY)
        server.start()
        many_s = _list_s(server)
    return Lists(1000 * p95(few_s), 1000 * p95(many_s))


def _list_s(server: LiveServer) -> tuple[float, ...]:
    """Return the times of a page of ten tasks, the first requests left out."""
    durations_s = []
    with requests.Session() as session:
        for _ in range(LIST_REQUESTS + FEW):
            began = time.monotonic()
            answer = session.get(f"{server.url}/tasks?per_page={FEW}", timeout=30)
            durations_s.append(time.monotonic() - began)
            answer.raise_for_status()
    return tuple(durations_s[FEW:])


def _multiply_rows(database: Path, count: int) -> None:
    """Fill the table up with copies of a completed task."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.row_factory = sqlite3.Row
        row = dict(connection.execute("SELECT * FROM tasks WHERE status = 'completed' LIMIT 1").fetchone())
        (present,) = connection.execute("SELECT count(*) FROM tasks").fetchone()
        (highest,) = connection.execute("SELECT max(queue_order) FROM tasks").fetchone()
        marks = ", ".join(f":{name}" for name in row)
        for number in range(1, count - present + 1):
            copy = row | {"task_id": str(uuid.uuid4()), "queue_order": highest + number, "idempotency_key": None}
            connection.execute(f"INSERT INTO tasks ({', '.join(row)}) VALUES ({marks})", copy)


def measure_ends(folder: Path, flight: Path) -> Ends:
    """Cancel tasks in work, then stop the server that has nothing left to do."""
    with live_server(folder, {"GASFLUX_TASKS_WORKERS": "1"}) as server:
        _one_task_s(server, flight)  # the worker has loaded what it needs
        cancel_s = max(_cancel_s(server, flight) for _ in range(ALONE))
        began = time.monotonic()
        server.terminate(within_s=TASK_LIMIT_S)
        return Ends(cancel_s, time.monotonic() - began)


def _cancel_s(server: LiveServer, flight: Path) -> float:
    """Cancel a task in work; return how long its worker lived on."""
    with GasFluxClient(server.url) as client:
        task_id = client.upload(flight).task_id
        while client.task(task_id).status != "processing":
            time.sleep(HEALTH_PAUSE_S)
        before = {process.pid for process in server.processes()}
        began = time.monotonic()
        client.cancel(task_id)
        while all(psutil.pid_exists(pid) for pid in before):
            time.sleep(0.01)
        return time.monotonic() - began


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def table(load: Load, lists: Lists, ends: Ends) -> str:
    """Return the results as Markdown, each beside its goal."""
    rows = (
        (f"{load.clients} clients posting together: tasks completed", f"{load.completed}", f"{load.clients}"),
        ("upload, p95", f"{load.upload_p95_s:.2f} s", ""),
        ("one task alone", f"{load.single_task_s:.2f} s", ""),
        (f"tasks per second with {load.workers} workers", f"{load.tasks_per_s:.2f}", ""),
        ("that rate over workers / single-task time", f"{load.rate_ratio:.2f}", ">= 0.85"),
        ("/health while every worker computes, p50", f"{load.health_p50_ms:.0f} ms", ""),
        ("/health while every worker computes, p95", f"{load.health_p95_ms:.0f} ms", "< 100 ms"),
        (f"/tasks with {FEW} tasks, p95", f"{lists.few_p95_ms:.1f} ms", ""),
        (f"/tasks with {MANY} tasks, p95", f"{lists.many_p95_ms:.1f} ms", f"ratio {lists.ratio:.2f}, about 1"),
        ("cancel, until nothing computes any more", f"{ends.cancel_s:.2f} s", "< 2 s"),
        ("stop of an idle server", f"{ends.idle_stop_s:.2f} s", "< 10 s"),
    )
    lines = ["| measured | value | goal |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
