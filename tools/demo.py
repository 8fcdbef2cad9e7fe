"""Show the service at work: start the real server, post the bundled flight as a client would, print its rates, stop.

``python -m tools.demo`` from the project's folder, or ``make demo``. Everything is under ``output/demo/``; exit 0 when
all went well.
"""

from __future__ import annotations

import io
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gasflux.cli.tables import FLUX_HEADER, flux_rows, format_table
from gasflux.client import GasFluxClient, TaskInfo
from gasflux.errors import GasFluxError

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
FOLDER: Final = ROOT / "output" / "demo"
SETTINGS: Final = """\
# Settings of the demonstration server; everything is beside this file.
[server]
host = 127.0.0.1
port = 0
[paths]
uploads = data/uploads
outputs = data/outputs
[database]
path = data/gasflux.db
[logging]
file = server.log
"""
START_LIMIT_S: Final = 30.0
TASK_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 30.0
_LAST_OF_START: Final = re.compile(r"Open (http://127\.0\.0\.1:\d+)/")
"""The address stands in the last line of the start: what follows does not get between the demonstration's own lines."""


class DemoError(GasFluxError):
    """The demonstration did not go as it should."""


def main(folder: Path = FOLDER) -> int:
    """Run the demonstration in a folder; return the exit code."""
    began = time.monotonic()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Redirected on Windows it writes the code page, in which half of what the server says cannot be written.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        with _server(_fresh(folder)) as url:
            report = _process(url, folder / "results")
    except (GasFluxError, OSError) as error:
        print(f"The demonstration failed: {error}\nThe server's log: {folder / 'server.log'}", file=sys.stderr)
        return 1
    print(f"\nreport: {report}\ndone in {time.monotonic() - began:.1f} s; the server has stopped.")
    return 0


def _fresh(folder: Path) -> Path:
    """Return the settings file in an empty folder; what an earlier demonstration left goes."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    settings = folder / "gasflux.ini"
    settings.write_text(SETTINGS, encoding="utf-8")
    return settings


@contextmanager
def _server(settings: Path) -> Iterator[str]:
    """Run the server; yield its address, stop it at the end and see that it stopped well."""
    command = [sys.executable, str(ROOT / "server_waitress.py"), "--config", str(settings)]
    # The settings of the demonstration and no others.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GASFLUX_")}
    print("Starting the server:", flush=True)
    group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows: Ctrl-Break then reaches the server alone
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        creationflags=group,
    ) as server:
        try:
            said: queue.Queue[str | None] = queue.Queue()
            reader = threading.Thread(target=_show_server, args=(server, said), daemon=True)
            reader.start()
            yield _address(server, said)
        except BaseException:
            server.kill()
            raise
        print("\nStopping the server:")
        _stop(server)
        reader.join(STOP_LIMIT_S)


def _show_server(server: subprocess.Popen[str], said: queue.Queue[str | None]) -> None:
    """Show what the server says, marked as the server's, and pass it on; None is the end."""
    for line in server.stdout or ():
        print(f"  server | {line}", end="", flush=True)
        said.put(line)
    said.put(None)


def _address(server: subprocess.Popen[str], said: queue.Queue[str | None]) -> str:
    """Return the server's address once it has named it."""
    until = time.monotonic() + START_LIMIT_S
    try:
        while (line := said.get(timeout=max(until - time.monotonic(), 0.0))) is not None:
            if found := _LAST_OF_START.search(line):
                return found[1]
    except queue.Empty:
        raise DemoError(f"the server did not start within {START_LIMIT_S:.0f} s.") from None
    raise DemoError(f"the server ended with exit code {server.wait()}.")


def _stop(server: subprocess.Popen[str]) -> None:
    """Stop the server as an administrator does."""
    server.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    try:
        code = server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        raise DemoError(f"the server did not stop within {STOP_LIMIT_S:.0f} s.") from None
    if code:
        raise DemoError(f"the server stopped with exit code {code}.")


def _process(url: str, results: Path) -> Path:
    """Post the sample, wait, fetch the results, print the rates; return the report."""
    with GasFluxClient(url, api_key="") as client:
        print(f"\nPosting {SAMPLE.name} to {url}:", flush=True)
        result = client.process(SAMPLE, folder=results, progress=_show, timeout=TASK_LIMIT_S)
    document = json.loads((results / "output_vars.json").read_text(encoding="utf-8"))
    print()
    print(format_table(FLUX_HEADER, list(flux_rows(SAMPLE.name, document))))
    report = next((path for path in result.files if path.name == "report.html"), None)
    if report is None:
        raise DemoError("the results hold no report.html.")
    return report


def _show(task: TaskInfo) -> None:
    """Show where the task stands."""
    print(f"  {task.status:<10} {task.progress:3.0f} %  {task.stage or task.message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
