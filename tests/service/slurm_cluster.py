"""A Slurm cluster of one node on this machine: its daemons in a folder of their own, on free ports of 127.0.0.1."""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dask_cluster import free_port
from patience import HANG_S, wait_until

PROGRAMS: Final = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "squeue")
SYSTEM_PATH: Final = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
"""Daemons lie where a user's PATH does not lead."""

CONFIGURATION: Final = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
KillWait=2
NodeName=localhost NodeAddr=127.0.0.1 CPUs=64 RealMemory=128000 State=UNKNOWN
PartitionName=compute Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""
"""More processors and memory than there are, else the page's four jobs would wait for each other. No cgroups: a
container does not let anybody make them."""


def missing() -> list[str]:
    """Return the programs that this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name, path=SYSTEM_PATH) is None]


class SlurmNode:
    """Controller and node as processes of the one who runs the tests.

    Parameters
    ----------
    folder
        For all that the daemons write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: list[subprocess.Popen[bytes]] = []
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True)
        text = CONFIGURATION.format(folder=folder, user=getpass.getuser(), controller=free_port(), node=free_port())
        (folder / "slurm.conf").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What a user of the cluster has."""
        return os.environ | {"PATH": SYSTEM_PATH, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self) -> None:
        """Start munge, which signs every message, then the controller and the node."""
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        names = {"socket": "munge.socket", "key-file": key.name, "pid-file": "munge.pid", "seed-file": "munge.seed"}
        files = [f"--{option}={self.folder / name}" for option, name in names.items()]
        # --force: it complains of folders that others may write, as the parents of a test's folder are.
        self._start("munged", "--foreground", "--force", f"--log-file={self.folder / 'munge.log'}", *files)
        self._until((self.folder / "munge.socket").exists)
        self._start("slurmctld", "-D")
        self._start("slurmd", "-D", "-N", "localhost")
        self._until(lambda: self.run("sinfo", "--noheader", "--format=%t").strip() == "idle")

    def run(self, *command: str) -> str:
        """Run a command of Slurm; return what it says, nothing when it fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, encoding="utf-8", check=False)
        return done.stdout

    def jobs(self) -> list[str]:
        """Return the numbers of the jobs that run."""
        return self.run("squeue", "--noheader", "--states=RUNNING", "--format=%A").split()

    def stop(self) -> None:
        """End every job, then the daemons."""
        if jobs := self.run("squeue", "--noheader", "--format=%A").split():
            self.run("scancel", *jobs)
            self._until(lambda: not self.run("squeue", "--noheader").strip())
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(HANG_S)

    def said(self) -> str:
        """Return the ends of what the daemons wrote."""
        return "\n".join(path.read_text(encoding="utf-8")[-2000:] for path in sorted(self.folder.glob("*.log")))

    def _start(self, program: str, *options: str) -> None:
        found = shutil.which(program, path=SYSTEM_PATH)
        assert found
        with (self.folder / f"{program}.log").open("wb") as said:
            self._daemons.append(subprocess.Popen([found, *options], env=self.environment, stdout=said, stderr=said))

    def _until(self, is_so: Callable[[], bool]) -> None:
        wait_until(is_so, self.said)


@contextmanager
def slurm_node(folder: Path) -> Iterator[SlurmNode]:
    """Yield a cluster that takes jobs."""
    node = SlurmNode(folder)
    try:
        node.start()
        yield node
    finally:
        node.stop()
