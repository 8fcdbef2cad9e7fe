"""A scheduler and workers of dask on this machine, each a process of its own that can be killed."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from patience import wait_until


class DaskCluster:
    """Processes started as an administrator would.

    Parameters
    ----------
    folder
        For scratch files and what the processes say.
    modules
        Folders in which the processes look for modules first.
    """

    def __init__(self, folder: Path, *modules: Path) -> None:
        self.folder = folder
        self._modules = (*modules, Path(__file__).parent)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_scheduler(self) -> None:
        """Start the scheduler, always at the same address."""
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0"
        )
        self._wait_for("scheduler", f"Scheduler at:.*{self.port}")

    def add_worker(self, threads: int = 1, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker, without a nanny unless the options say so: what is killed then stays dead."""
        nanny = () if "--nanny" in options else ("--no-nanny",)
        scratch = str(self.folder / "scratch")
        command = (self.address, "--nthreads", str(threads), "--host", "127.0.0.1", "--local-directory", scratch)
        worker = self._start(
            f"worker {len(self.workers)}", *command, "--dashboard-address", "127.0.0.1:0", *nanny, *options
        )
        self.workers.append(worker)
        return worker

    def said(self, name: str) -> str:
        """Return what a process wrote, by its name: ``scheduler``, ``worker 0``."""
        return (self.folder / f"{name}.txt").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Kill everything."""
        for process in (*self.workers, self.scheduler):
            if process is not None:
                kill_family(process)

    def kill_scheduler(self) -> None:
        """End the scheduler as a power cut would."""
        assert self.scheduler is not None
        kill_family(self.scheduler)

    def _start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{name.split()[0]}"
        paths = os.pathsep.join(map(str, filter(None, (*self._modules, os.environ.get("PYTHONPATH")))))
        environment = os.environ | {"PYTHONPATH": paths, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}
        with (self.folder / f"{name}.txt").open("ab") as said:
            command = [sys.executable, "-m", module, *options]
            return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=said, stderr=said)

    def _wait_for(self, name: str, text: str) -> None:
        wait_until(lambda: re.search(text, self.said(name)), lambda: self.said(name))


@contextmanager
def dask_cluster(folder: Path, *threads: int) -> Iterator[DaskCluster]:
    """Yield a cluster with a worker for each number of threads."""
    cluster = DaskCluster(folder)
    try:
        cluster.start_scheduler()
        for number in threads:
            cluster.add_worker(number)
        yield cluster
    finally:
        cluster.stop()


def kill_family(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and whatever it started, as the end of its machine would."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.kill()
    for member in family:
        member.kill()
    process.wait()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
