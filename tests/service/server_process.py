"""The real server in a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
START_LIMIT_S = 60.0
"""A start takes 2 s; a machine that runs other tests on every core may need many times that."""

TASK_LIMIT_S = 120.0
"""A task takes 2 to 4 s; likewise."""


def environment(**variables: object) -> dict[str, str]:
    """Variables of a server: those given, and none of whoever runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GASFLUX_")}
    defaults = {"GASFLUX_HOST": "127.0.0.1", "GASFLUX_PORT": 0, "GASFLUX_TASKS_WORKERS": 1}
    return own | {name: str(value) for name, value in (defaults | variables).items()}


def command(folder: Path) -> list[str]:
    """Command line of a server whose data lie in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ini = folder / "gasflux.ini"
    ini.touch()
    return [sys.executable, str(ROOT / "server_waitress.py"), "--config", str(ini)]


def run_to_end(folder: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected not to start."""
    return subprocess.run(
        command(folder),
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        timeout=START_LIMIT_S,
        check=False,
    )


class ServerProcess:
    """A running server."""

    def __init__(self, folder: Path, **variables: object) -> None:
        self.folder = folder
        self.said: list[str] = []
        self._errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115 closed by `close`
        self.process = subprocess.Popen(
            command(folder),
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, daemon=True).start()
        self.port = self._wait_for_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._wait_until_it_answers()

    def _listen(self) -> None:
        assert self.process.stdout
        self.said.extend(iter(self.process.stdout.readline, ""))

    def _wait_for_port(self) -> int:
        for _ in _attempts(START_LIMIT_S):
            if found := re.search(r"Starting Waitress server on 127\.0\.0\.1:(\d+)", "".join(self.said)):
                return int(found[1])
            assert self.process.poll() is None, self.errors()
        raise AssertionError(self.errors())

    def _wait_until_it_answers(self) -> None:
        for _ in _attempts(START_LIMIT_S):
            try:
                self.get("/health")
            except requests.ConnectionError:
                assert self.process.poll() is None, self.errors()
            else:
                return
        raise AssertionError("the server does not answer")

    def errors(self) -> str:
        """What it wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read()

    def log(self) -> str:
        """Its log file."""
        return (self.folder / "logs" / "gasflux_api.log").read_text(encoding="utf-8")

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, **{"timeout": 30, **options})

    def data(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def upload(self, path: Path = SAMPLE) -> str:
        """Upload a flight; return the id of its task."""
        with path.open("rb") as stream:
            answer = requests.post(self.url + "/upload", files={"file": stream}, timeout=60)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["task_id"])

    def wait_for(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until a task has one of some statuses."""
        for _ in _attempts(TASK_LIMIT_S):
            task = self.data(f"/task/{task_id}")
            if task["status"] in statuses:
                return task
        raise AssertionError(f"{task_id} is still {task['status']}")

    def family(self) -> list[psutil.Process]:
        """Return every process it started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_LIMIT_S)

    def close(self) -> None:
        """End it whatever it does, and its pipes."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self._errors.close()


@contextmanager
def running(folder: Path, **variables: object) -> Iterator[ServerProcess]:
    """Run a server for the length of a block."""
    server = ServerProcess(folder, **variables)
    try:
        yield server
    finally:
        server.close()


def _attempts(limit_s: float) -> Iterator[int]:
    """Yield attempts, a twentieth of a second apart, until the time is over."""
    until, number = time.monotonic() + limit_s, 0
    while time.monotonic() < until:
        yield number
        number += 1
        time.sleep(0.05)


def all_gone(processes: list[psutil.Process], limit_s: float = 10.0) -> bool:
    """Whether processes end within a time; a watchdog notices the end of its server within a second."""
    _, alive = psutil.wait_procs(processes, timeout=limit_s)
    return not alive


def free_port() -> tuple[socket.socket, int]:
    """Return a socket that listens on a port of this machine, and the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, listener.getsockname()[1]
