"""The page on clusters as its tests run it: block by block, with what differs on this machine put in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dask_cluster import free_port, kill_family
from markdown_pages import ROOT, Block, Page
from patience import HANG_S, wait_until

from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated

PAGE: Final = Page(ROOT / "docs" / "CLUSTER.md")

BLOCKS: Final[Mapping[str, str]] = {
    "install": '".[dask]"',
    "settings": "executor = dask",
    "process": "gasflux process FLIGHTS --output RESULTS --dask tcp:",
    "by hand": "dask scheduler --host",
    "ssh": "dask ssh --hostfile",
    "image": "FROM python",
    "resource": "kind: DaskCluster",
    "kubernetes": "helm install",
    "slurm": '".[dask,slurm]"',
    "jobqueue": "SLURMCluster(",
    "sbatch": "sbatch --",
    "certificates": "openssl req",
    "tls variables": "export DASK_",
    "tls": "--protocol tls",
}
"""Name -> a text that only this block has."""


def blocks() -> list[Block]:
    """Return every block that says what to do."""
    return PAGE.blocks("sh", "ini", "dockerfile", "yaml", "python")


def block(name: str) -> Block:
    """Return a block by its name."""
    (found,) = (block for block in blocks() if BLOCKS[name] in block.text)
    return found


class Desk:
    """Somebody who types what the page says.

    Parameters
    ----------
    folder
        Where the commands run; ``FLIGHTS`` lie there.
    programs
        Folder of the environment's programs.
    """

    def __init__(self, folder: Path, programs: Path = Path(sys.executable).parent) -> None:
        self.folder = folder
        self.port = free_port()
        own = {name: value for name, value in os.environ.items() if not name.startswith(("GASFLUX_", "DASK_"))}
        path = os.pathsep.join([str(programs), own.get("PATH", "")])
        self.environment = own | {"PATH": path, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"}
        (folder / "FLIGHTS").mkdir(parents=True, exist_ok=True)

    def adapted(self, text: str) -> str:
        """Put in this machine's address and network, and free ports."""
        text = re.sub(r"10\.0\.0\.[56]", "127.0.0.1", text).replace("eth0", "lo")
        return text.replace("8786", str(self.port)).replace("8787", "0")

    def simulate(self, count: int) -> list[Path]:
        """Write flights; return the folders that their results will have."""
        for seed in range(count):
            write_simulated(simulate(Scenario(seed=seed)), self.folder / "FLIGHTS" / f"{seed}.csv", "flight")
        return [self.folder / "RESULTS" / str(seed) for seed in range(count)]

    def run(self, command: str) -> str:
        """Run commands to their good end; return what they printed."""
        with self.started(command, "command") as process:
            assert process.wait(HANG_S) == 0, self.said("command")
        return self.said("command")

    @contextmanager
    def started(self, command: str, name: str, *, by: str = "sh") -> Iterator[subprocess.Popen[bytes]]:
        """Run a command that lasts for the length of a block; Ctrl-C ends it, and force whatever does not obey."""
        with (self.folder / f"{name}.txt").open("wb") as said:
            process = subprocess.Popen(
                [by, "-ec" if by == "sh" else "-c", self.adapted(command)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            interrupt(process)

    def said(self, name: str) -> str:
        """Return what a command has written so far."""
        return (self.folder / f"{name}.txt").read_text(encoding="utf-8", errors="replace")

    def until(self, name: str, text: str, count: int = 1) -> None:
        """Wait until a command has written something often enough."""
        wait_until(lambda: self.said(name).count(text) >= count, lambda: self.said(name))

    def results(self) -> list[Path]:
        """Return the folders with results."""
        return sorted(path.parent for path in (self.folder / "RESULTS").rglob("output_vars.json"))


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C, and force what does not end."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(HANG_S)
    except subprocess.TimeoutExpired:
        kill_family(process)
