"""The commands of the page on clusters, typed on one machine: by hand, over SSH, with TLS. ``make test-dask``."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster_page import Desk, block, interrupt
from dask_cluster import free_port
from patience import HANG_S
from server_process import ServerProcess, running
from slurm_cluster import SYSTEM_PATH

pytestmark = [
    pytest.mark.dask,
    pytest.mark.skipif(os.name == "nt", reason="the page shows commands of a shell"),
]

FLIGHTS = 3
SSHD = shutil.which("sshd", path=SYSTEM_PATH)
"""It must be called by its whole path."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@contextmanager
def typed(desk: Desk, name: str) -> Iterator[None]:
    """Start scheduler and worker with the lines of a block."""
    scheduler, worker, *_ = block(name).commands
    with desk.started(scheduler, "scheduler"):
        desk.until("scheduler", "Scheduler at:")
        with desk.started(worker, "worker"):
            desk.until("scheduler", "Register worker")
            yield


def test_by_hand(desk: Desk) -> None:
    expected = desk.simulate(FLIGHTS)
    with typed(desk, "by hand"):
        table = desk.run(block("process").text)
        with started_server(desk) as server:
            assert server.wait_for(server.upload(), "completed", "failed")["status"] == "completed"
            workers = server.get("/health").json()["data"]["checks"]["workers"]
            assert (workers["status"], workers["message"]) == ("ok", "8 ready")
    assert desk.results() == expected
    assert "0.csv" in table
    assert "End scheduler" in desk.said("scheduler"), "Ctrl-C ends it in order"
    assert "End worker" in desk.said("worker")


@contextmanager
def started_server(desk: Desk, protocol: str = "tcp") -> Iterator[ServerProcess]:
    """Start the server with the page's settings."""
    folder = desk.folder / "server"
    folder.mkdir()
    settings = desk.adapted(block("settings").text).replace("tcp://", f"{protocol}://")
    (folder / "gasflux.ini").write_text(settings, encoding="utf-8")
    tls = {name: value for name, value in desk.environment.items() if name.startswith("DASK_")}
    with running(folder, GASFLUX_TASKS_WORKERS="0", **tls) as server:
        yield server
        assert server.stop() == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates with")
def test_tls(desk: Desk) -> None:
    """Whoever has no certificate is sent away; with the page's variables everything works as without TLS."""
    expected = desk.simulate(FLIGHTS)
    desk.run(block("certificates").text)
    desk.run("for one in server node; do openssl verify -x509_strict -CAfile ca.pem $one.pem; done")
    process = block("tls").commands[2]
    # He tries for three seconds; the scheduler lets him go at once, but dask tries again and again.
    stranger = desk.environment | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"}
    desk.environment |= exported(desk)
    with typed(desk, "tls"):
        desk.run(process)
        with started_server(desk, "tls") as server:
            assert server.wait_for(server.upload(), "completed", "failed")["status"] == "completed"
        for address in ("tls", "tcp"):
            command = desk.adapted(process.replace("tls:", f"{address}:")).split()
            refused = subprocess.run(
                command, cwd=desk.folder, env=stranger, capture_output=True, encoding="utf-8", check=False
            )
            assert (refused.returncode, refused.stdout) == (1, "")
            assert "cannot be reached" in refused.stderr
    assert desk.results() == expected


def exported(desk: Desk) -> dict[str, str]:
    """Return the variables that a shell has after the page's lines."""
    script = block("tls variables").text.replace("/etc/gasflux", str(desk.folder))
    lines = desk.run(f"{script}\nenv | grep ^DASK_").splitlines()
    return dict(line.split("=", 1) for line in lines)


@contextmanager
def ssh_server(folder: Path) -> Iterator[int]:
    """Run an SSH server for this user alone, who may log in with one key; yield its port."""
    assert SSHD
    folder.mkdir()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd locks its half that listens; the service makes it
    for name in ("host", "id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    options = {
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "id_ed25519.pub",
        "ListenAddress": f"127.0.0.1:{port}",
        "PidFile": folder / "pid",
        "StrictModes": "no",  # it minds that others may write to a folder above the test's
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "AllowUsers": getpass.getuser(),
    }
    lines = "".join(f"{name} {value}\n" for name, value in options.items())
    (folder / "sshd_config").write_text(lines, encoding="utf-8")
    command = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "said.txt").open("wb") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


@pytest.mark.skipif(SSHD is None, reason="no sshd; make cluster-tools installs it on Debian")
def test_ssh(desk: Desk) -> None:
    """Ports and the key's folder are this machine's; the scheduler listens at every address, as the page says."""
    expected = desk.simulate(FLIGHTS)
    (desk.folder / "machines.txt").write_text("127.0.0.1\n")
    with ssh_server(desk.folder / "ssh") as port:
        command = block("ssh").commands[1].replace("~/.ssh", str(desk.folder / "ssh"))
        with desk.started(f"exec {command} --ssh-port {port} --scheduler-port {desk.port}", "ssh") as process:
            desk.until("ssh", "Register worker")
            desk.run(block("process").text)
            interrupt(process)
    assert desk.results() == expected
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", desk.port), timeout=HANG_S)
