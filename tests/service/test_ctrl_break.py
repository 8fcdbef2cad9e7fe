"""Ctrl-Break, the one signal of Windows that reaches a server in the background. Elsewhere SIGUSR2 stands in for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from live_server import ended
from patience import HANG_S
from server_process import ServerProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no other signal to stand in for it")

STAND_IN = "import signal; signal.SIGBREAK = signal.SIGUSR2; "


def test_a_worker_leaves_it_to_its_server() -> None:
    """It goes to every process of a console: one that ended of it would cost its task an attempt."""
    code = STAND_IN + (
        "from gasflux.jobs.child_main import prepare; prepare(); "
        "signal.raise_signal(signal.SIGINT); signal.raise_signal(signal.SIGBREAK); print('works on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "works on")


def test_a_server_stops_in_order(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    server.prepare()
    script, *options = server.command[1:]
    code = f"import runpy, sys; sys.argv = {[script, *options]!r}; runpy.run_path({script!r}, run_name='__main__')"
    server.command = (sys.executable, "-c", STAND_IN + code)
    with ended(server):
        server.start()
        assert server.stop(signal.SIGUSR2) == 0
        assert server.said().splitlines()[-1] == "Stopped."
