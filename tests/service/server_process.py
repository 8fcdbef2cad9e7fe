"""The production server as administrators start it, with what its tests ask it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests
from live_server import LiveServer, ended
from patience import HANG_S, wait_until
from quick_flight import quick_flight

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"


class ServerProcess(LiveServer):
    """A server of `server_waitress.py` with one worker, its data where a `gasflux.ini` in its folder has it."""

    def __init__(self, folder: Path, **variables: object) -> None:
        given = {"GASFLUX_TASKS_WORKERS": 1, "GASFLUX_TASKS_BACKGROUND": "no"} | variables
        command = (sys.executable, str(ROOT / "server_waitress.py"), "--config", str(folder / "gasflux.ini"))
        super().__init__(folder, {name: str(value) for name, value in given.items()}, command)

    @property
    def uploads(self) -> Path:
        return self.folder / "web_api_data" / "uploads"

    @property
    def outputs(self) -> Path:
        return self.folder / "web_api_data" / "outputs"

    @property
    def log_file(self) -> Path:
        return self.folder / "logs" / "gasflux_api.log"

    def prepare(self) -> None:
        """Make the folder and the settings file in it, if there is none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gasflux.ini").touch()

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The process."""
        assert self.process is not None
        return self.process

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, **{"timeout": HANG_S, **options})

    def data(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def upload(self) -> str:
        """Upload the quickest flight; return the id of its task."""
        files = {"file": ("flight.csv", quick_flight())}
        answer = requests.post(self.url + "/upload", files=files, timeout=HANG_S)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["task_id"])

    def wait_for(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until a task has one of some statuses."""

        def seen() -> dict[str, Any] | None:
            task = self.data(f"/task/{task_id}")
            return task if task["status"] in statuses else None

        return wait_until(seen, lambda: self.data(f"/task/{task_id}"))

    def has_read(self, client: socket.socket) -> bool:
        """Whether it has taken a connection and read all that was sent over it.

        Linux tells in /proc/net/tcp: the bytes that wait, and 0 for the inode of what nobody has accepted yet.
        """
        ends = f"0100007F:{self.port:04X}", f"0100007F:{client.getsockname()[1]:04X}"
        lines = (line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines())
        found = [line for line in lines if (line[1], line[2]) == ends]
        return bool(found) and all(line[4].endswith(":00000000") and line[9] != "0" for line in found)

    def is_stopping(self) -> bool:
        """Whether it runs but refuses work."""
        return self.get("/health").status_code == 503 and self.running.poll() is None

    def family(self) -> list[psutil.Process]:
        """Return every process it started."""
        return psutil.Process(self.running.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.running.send_signal(number)
        return self.running.wait(HANG_S)


@contextmanager
def running(folder: Path, **variables: object) -> Iterator[ServerProcess]:
    """Run a server for the length of a block."""
    server = ServerProcess(folder, **variables)
    with ended(server):
        server.prepare()
        server.start()
        yield server


def refusal(folder: Path, **variables: object) -> str:
    """Return what a server that cannot start says on stderr."""
    server = ServerProcess(folder, **variables)
    server.prepare()
    run = subprocess.run(
        server.command,
        cwd=folder,
        env=server.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether processes end; a watchdog notices the end of its server within a second."""
    _, alive = psutil.wait_procs(processes, timeout=HANG_S)
    return not alive


def free_port() -> tuple[socket.socket, int]:
    """Return a socket that listens on a port of this machine, and the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, listener.getsockname()[1]
