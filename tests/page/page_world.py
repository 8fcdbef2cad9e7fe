"""The world a test of the page acts in: a real server in a process of its own, and where the browser is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patience import HANG_S, wait_until

SAMPLE = Path(__file__).parents[2] / "src" / "gasflux" / "data" / "sample_flight.xlsx"

WAIT_MS = 120_000
"""The page shows what is waited for within a second or two, a flight within ten; so long only takes what hangs."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# In a container there is neither a user namespace nor a graphics card for Chromium.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def browser_path() -> str | None:
    """Return the browser: that of GASFLUX_BROWSER, or the first that is installed."""
    wanted = os.environ.get("GASFLUX_BROWSER")
    return wanted or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@dataclass
class Server:
    """A server of its own data folder, which can go away and come back."""

    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> Server:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gasflux.ini").write_text("[server]\nhost = 127.0.0.1\n", encoding="utf-8")
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GASFLUX_")}
        with (self.folder / "server.out").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gasflux", "serve", "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self.folder,
                env=plain
                | threads
                | {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_TASKS_BACKGROUND": "no"}
                | self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        return self

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait(self) -> None:
        wait_until(lambda: self._ended() or self._answers(), self._said)
        assert not self._ended(), self._said()

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _answers(self) -> bool:
        """Whether the page comes; a server that finds itself unhealthy has started all the same."""
        with (
            suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(self.url + "static/index.html", timeout=HANG_S),
        ):
            return True
        return False

    def _said(self) -> str:
        return (self.folder / "server.out").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def post(server: Server, path: Path, config: str = "") -> dict[str, Any]:
    """Post a flight as a program would and return what the server says of it, also where it refuses the file."""
    boundary = uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'.encode()
        + path.read_bytes()
        + f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="config"\r\n\r\n{config}'.encode()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    head = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(server.url + "upload", body, head)) as answer:
            said: dict[str, Any] = json.load(answer)["data"]
    except urllib.error.HTTPError as refusal:
        said = json.load(refusal)["data"]
    return said


def upload(server: Server, path: Path, config: str = "") -> str:
    """Post a flight and return its id once it is completed."""
    task_id = str(post(server, path, config)["task_id"])
    wait_until(lambda: _status(server, task_id) not in ("pending", "processing"), f"the end of {path.name}")
    assert _status(server, task_id) == "completed", path.name
    return task_id


def _status(server: Server, task_id: str) -> str:
    with urllib.request.urlopen(f"{server.url}task/{task_id}") as answer:
        return str(json.load(answer)["data"]["status"])
