"""A server, its clients, and what must hold whatever happens to them."""

from __future__ import annotations

import random
import resource
import shutil
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import requests
from chaos_clients import ChaosClient, Promises
from live_server import LiveServer, ended
from patience import HANG_S, wait_until
from quick_flight import quick_flight
from shifted_clock import ShiftedClock, can_shift

CLIENTS: Final = 2
DISK_BYTES: Final = 256 << 20
MIB: Final = 1 << 20

SETTINGS: Final = {
    "GASFLUX_TASKS_WORKERS": "1",
    "GASFLUX_TASKS_MAX_ATTEMPTS": "20",  # one task may meet many faults
    "GASFLUX_TASKS_DRAIN_TIMEOUT": "5",
    "GASFLUX_CLEANUP_TASK_CLEANUP_INTERVAL": "1",
    "GASFLUX_LIMITS_MIN_FREE_BYTES": "0",  # on a nearly full disk the oldest results would go before their time
    "GASFLUX_DATABASE_BUSY_TIMEOUT": "0.5",
}

_NOTE_ENDS: Final = (
    "CREATE TABLE ends (task_id TEXT)",
    "CREATE TRIGGER note_end AFTER UPDATE OF status ON tasks WHEN new.status IN ('completed', 'failed')"
    " AND old.status NOT IN ('completed', 'failed') BEGIN INSERT INTO ends VALUES (new.task_id); END",
)


@dataclass
class World:
    """One run: all that happens in it comes from its seed."""

    folder: Path
    server: LiveServer
    clock: ShiftedClock | None
    seed: int
    promises: Promises = field(default_factory=Promises)
    kills: int = 0
    """How often the server was killed."""
    rss_mib: list[float] = field(default_factory=list)
    """Memory of the server after each fault."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.clients = [
            ChaosClient(lambda: self.server.url, self.promises, self.seed * 1000 + number) for number in range(CLIENTS)
        ]
        self._over = threading.Event()

    # -- the server

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self.server.process is not None
        return self.server.process.pid

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.server.kill()
        self.kills += 1

    def start(self) -> None:
        """Start the server again, when nothing of the last one is left."""
        wait_until(lambda: not self.server.processes(), self.server.processes)
        self.server.start()

    @property
    def niceness(self) -> int:
        """Of the server."""
        return int(psutil.Process(self.pid).nice())

    def children(self) -> list[psutil.Process]:
        """Return the processes that work for the server."""
        found = []
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.Error):  # it has just ended
                if any("spawn_main" in word for word in child.cmdline()):
                    found.append(child)
        return found

    def is_well(self) -> bool:
        """Whether the service says so."""
        try:
            return requests.get(f"{self.server.url}/health", timeout=HANG_S).status_code == 200
        except requests.RequestException:
            return False

    def said(self) -> str:
        """Return what helps to see what went wrong."""
        try:
            health = requests.get(f"{self.server.url}/health", timeout=HANG_S).text
        except requests.RequestException as error:
            health = str(error)
        return f"{health}\n{self.server.log[-3000:]}"

    # -- for faults

    def felt_for(self, requests_made: int) -> None:
        """Let the clients ask so often, whatever they are answered."""
        until = self.promises.answers.total() + requests_made
        wait_until(lambda: self.promises.answers.total() >= until)

    def refuses(self, path: str, kind: str) -> None:
        """Demand that an upload is refused for now, and that the health says so."""
        file = {"file": ("flight.csv", quick_flight())}
        answer = requests.post(f"{self.server.url}{path}", files=file, timeout=HANG_S)
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, kind), answer.text[:500]
        assert not self.is_well()

    def quiet(self) -> None:
        """Let no task be unfinished until the next `check`."""
        for client in self.clients:
            client.may_upload.clear()
        wait_until(self._all_have_ended, lambda: self.promises.unfinished)

    # -- what must hold

    def check(self) -> None:
        """Demand all that must hold after a fault."""
        self.quiet()
        promises = self.promises
        for client in self.clients[:1]:
            for task_id, status in promises.final.items():
                if status == "completed" and task_id not in promises.deleted:
                    client.read(task_id)
        assert promises.broken == [], self.server.log[-5000:]
        wait_until(self._is_tidy, lambda: (self._ends(), self._folders(), promises))
        assert self._strangers() == []
        self.rss_mib.append(self.server.rss_bytes() / MIB)
        for client in self.clients:
            client.may_upload.set()

    def _all_have_ended(self) -> bool:
        """Look at every task that has not ended; whoever got no answer asks again."""
        for client in self.clients:
            client.settle_soon()
        for task_id in self.promises.unfinished:
            self.clients[0].see(task_id)
        assert self.promises.broken == [], self.server.log[-5000:]
        return not self.promises.unfinished and not any(client.is_unsettled for client in self.clients)

    def _is_tidy(self) -> bool:
        """Whether each accepted task has ended once and has its folder, and nobody else has any.

        A removal that somebody asked for without an answer may have been done or not. Of an upload that was on its way
        when the server was killed a folder stays, which the janitor removes after a day.
        """
        ends, kept, found = self._ends(), self.promises.accepted, self._folders()
        cut_off = found - kept - self.promises.deleted
        is_once = {ends[task_id] for task_id in kept} <= {1}
        return is_once and kept <= found and len(cut_off) <= self.kills * CLIENTS and not self._unfinished()

    def _ends(self) -> Counter[str]:
        """Return how often each task ended, as the database itself noted."""
        with closing(sqlite3.connect(self.server.database, timeout=HANG_S)) as connection:
            return Counter(task_id for (task_id,) in connection.execute("SELECT task_id FROM ends"))

    def _folders(self) -> set[str]:
        """Return the tasks that have a folder."""
        return {path.name for path in self.server.uploads.iterdir() if not path.name.startswith(".")}

    def _unfinished(self) -> set[str]:
        """Return the results in the making that nobody is making."""
        return {path.name for path in self.server.outputs.iterdir() if path.name.endswith(".part")}

    def _strangers(self) -> list[psutil.Process]:
        """Return processes of servers that have ended."""
        own = {process.pid for process in psutil.Process(self.pid).children(recursive=True)} | {self.pid}
        return [process for process in self.server.processes() if process.pid not in own and process.is_running()]

    # -- traffic

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Let the clients work for the length of a block."""
        threads = [threading.Thread(target=client.work, args=(self._over,), daemon=True) for client in self.clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def figures(self) -> dict[str, Any]:
        """Return what the run came to."""
        promises = self.promises
        return {
            "accepted": len(promises.good | promises.bad),
            "completed": sum(status == "completed" for status in promises.final.values()),
            "results compared": len(promises.digests),
            "answers": dict(promises.answers),
            "processor, s": round(sum(_processor_s())),
            "memory of the server, MiB": [round(value) for value in self.rss_mib],
        }


@contextmanager
def chaos_world(folder: Path, seed: int) -> Iterator[World]:
    """Yield a server on a small disk, with a clock of its own where that can be had, and its clients at work."""
    clock = ShiftedClock(folder / "clock") if can_shift() else None
    data = folder / "data"
    data.mkdir()
    with ExitStack() as stack:
        if _mounted(data):
            stack.callback(subprocess.run, ["umount", "--lazy", str(data)], check=True)
        server = LiveServer(data, SETTINGS | (clock.settings if clock else {}))
        stack.enter_context(ended(server))
        server.start()
        with closing(sqlite3.connect(server.database, timeout=HANG_S)) as connection, connection:
            for statement in _NOTE_ENDS:
                connection.execute(statement)
        world = World(data, server, clock, seed)
        with world.traffic():
            yield world


def _processor_s() -> Iterator[float]:
    """Yield the times of this process and of those whose end it has seen: workers of a killed server are missing."""
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        yield usage.ru_utime + usage.ru_stime


def _mounted(folder: Path) -> bool:
    """Put a small disk there, where that is allowed."""
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
