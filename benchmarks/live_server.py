"""The real server in a process of its own, on a free port of this machine, with its own folders."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from server_guard import MARK, marked, watch

START_S = 300.0
"""A cold interpreter loads in some 3 s; so long only takes what hangs."""

_LISTENS = re.compile(r"Starting Waitress server on \S+:(\d+)")


@dataclass
class LiveServer:
    """A server with its folders; it can be killed and started again.

    Parameters
    ----------
    folder
        Where its data and its log lie.
    settings
        Environment variables besides those of the folders.
    command
        What starts it.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = (sys.executable, "-m", "gasflux", "serve")
    url: str = ""
    process: subprocess.Popen[bytes] | None = None
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    console_folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="gasflux-console-")))
    """Away from the server's own folder, whose content is looked at."""

    @property
    def uploads(self) -> Path:
        """Folder of uploads."""
        return self.folder / "uploads"

    @property
    def outputs(self) -> Path:
        """Folder of results."""
        return self.folder / "outputs"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.outputs / "gasflux.db"

    @property
    def log_file(self) -> Path:
        """The log."""
        return self.folder / "gasflux.log"

    @property
    def log(self) -> str:
        """The log so far."""
        return self.log_file.read_text(encoding="utf-8") if self.log_file.exists() else ""

    @property
    def environment(self) -> dict[str, str]:
        """Variables the server is started with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GASFLUX_")}
        given = {
            "GASFLUX_HOST": "127.0.0.1",
            "GASFLUX_PORT": "0",
            "GASFLUX_PATHS_UPLOADS": str(self.uploads),
            "GASFLUX_PATHS_OUTPUTS": str(self.outputs),
            "GASFLUX_DATABASE_PATH": str(self.database),
            "GASFLUX_LOGGING_FILE": str(self.log_file),
            "GASFLUX_LIMITS_MIN_FREE_BYTES": "1000000",
            "GASFLUX_SECURITY_UPLOAD_RATE_LIMIT": "100000",
            "GASFLUX_SECURITY_RATE_LIMIT": "1000000",
            "GASFLUX_TASKS_BACKGROUND": "no",  # beside other work a task would wait for minutes
        }
        return kept | given | dict(self.settings) | {MARK: self.mark, "PYTHONUNBUFFERED": "1"}

    def start(self, **options: Any) -> LiveServer:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        watch(self.mark)
        said, errors = (self.console_folder / name for name in ("said.txt", "errors.txt"))
        with said.open("wb") as stdout, errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=stdout, stderr=stderr, **options
            )
        self.url = f"http://127.0.0.1:{self._port()}"
        self._until_it_answers()
        return self

    def said(self) -> str:
        """Return what it wrote to stdout."""
        return (self.console_folder / "said.txt").read_text(encoding="utf-8", errors="replace")

    def errors(self) -> str:
        """Return what it wrote to stderr."""
        return (self.console_folder / "errors.txt").read_text(encoding="utf-8", errors="replace")

    def console(self) -> str:
        """Return both."""
        return self.said() + self.errors()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self, within_s: float) -> int:
        """Ask it to end and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=within_s)

    def processes(self) -> list[psutil.Process]:
        """Return every process that it started, also those that have lost their parent, and itself."""
        return marked({self.mark})

    def leftovers(self, within_s: float) -> list[psutil.Process]:
        """Return the processes that still run some time after its end."""
        return psutil.wait_procs(self.processes(), timeout=within_s)[1]

    def rss_bytes(self) -> int:
        """Memory of the server process, workers not counted."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def _port(self) -> int:
        assert self.process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if found := _LISTENS.search(self.console()):
                return int(found.group(1))
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.console()}\n{self.log[-2000:]}")

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.url}/health", timeout=START_S)
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server does not answer: {self.console()}\n{self.log[-2000:]}")


@contextmanager
def live_server(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[LiveServer]:
    """Yield a running server; at the end nothing of it is left."""
    server = LiveServer(folder, settings or {})
    with ended(server):
        yield server.start()


@contextmanager
def ended(server: LiveServer) -> Iterator[None]:
    """See to it that at the end of the block nothing of a server is left."""
    try:
        yield
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
        for process in server.leftovers(within_s=10.0):
            process.kill()
        shutil.rmtree(server.console_folder, ignore_errors=True)
