"""The executables, built as a user builds them and run where there is no Python. ``make test-exe``."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from patience import HANG_S, wait_until

from gasflux.client import GasFluxClient
from gasflux.version import __version__
from tools.build_exe import PROGRAMS, ROOT, SHARED, build, place

pytestmark = pytest.mark.exe

SAMPLE = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build once; the folder's name has a space and Chinese characters, as on the machines of many users."""
    dist = tmp_path_factory.mktemp("exe") / "排放 GasFlux"
    place(build(tmp_path_factory.mktemp("work")), dist)
    return dist


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    """A fresh copy that has never run."""
    return Path(shutil.copytree(built, tmp_path / "我的 flights", symlinks=True))


def environment(**variables: str) -> dict[str, str]:
    """No Python on the path, no settings but those given."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    return {"PATH": "", "GASFLUX_HOST": "127.0.0.1", "GASFLUX_PORT": "0", **kept, **variables}


def run(home: Path, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [str(home / program), *arguments],
        env=environment(**variables),
        cwd=home,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )


@contextmanager
def server(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server; yield it and its address."""
    group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # or Ctrl-Break would end the tests too
    with subprocess.Popen(
        [str(home / PROGRAMS[0])],
        env=environment(),
        cwd=home,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        creationflags=group,
    ) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "Starting Waitress server on" in line)
            port = re.search(r":(\d+)$", line.strip())
            assert port
            # The rest is read away, so that the server never waits for its console.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield process, f"http://127.0.0.1:{port[1]}"
        finally:
            process.kill()


def test_whole_flight_over_http(home: Path, tmp_path: Path) -> None:
    with server(home) as (process, url):
        with GasFluxClient(url) as client:
            result = client.process(SAMPLE, folder=tmp_path / "results", timeout=HANG_S)
        assert set(result.gases) == {"ch4", "co2"}
        assert (tmp_path / "results" / "report.html").stat().st_size > 100_000
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
        assert process.wait(HANG_S) == 0
        _, alive = psutil.wait_procs(family, timeout=HANG_S)  # they have been told to end before the server ended
        assert not alive
    assert (home / "web_api_data" / "outputs" / "gasflux.db").is_file()
    assert (home / "logs" / "gasflux_api.log").is_file()
    assert not [path for path in (home / SHARED).rglob("*") if path.name == "gasflux.db" or path.suffix == ".log"]


def test_page_and_documentation_are_inside(home: Path) -> None:
    with server(home) as (_, url):
        for path in ("/", "/docs", "/openapi.json"):
            assert requests.get(url + path, timeout=HANG_S).status_code == 200
    assert (home / "docs" / "API_DOCUMENTATION.md").is_file()


def test_help_and_version(home: Path) -> None:
    for program in PROGRAMS:
        assert "Usage:" in run(home, program, "--help").stdout
        assert __version__ in run(home, program, "--version").stdout


def test_command_line(home: Path, tmp_path: Path) -> None:
    done = run(home, PROGRAMS[1], "process", str(SAMPLE), "--output", str(tmp_path / "结果"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "结果" / "sample_flight" / "report.html").is_file()
    key = run(home, PROGRAMS[1], "create-key", "--name", "operator")
    assert key.stdout.startswith("gf_")


def test_port_in_use_is_a_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(home, PROGRAMS[0], GASFLUX_PORT=port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
def test_no_write_permission_is_a_sentence(home: Path) -> None:
    def become_nobody() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    with tempfile.TemporaryDirectory() as outside:  # which, unlike pytest's own folders, another user may enter
        Path(outside).chmod(0o755)
        folder = Path(shutil.copytree(home, Path(outside) / "read only", symlinks=True))
        folder.chmod(0o555)
        done = subprocess.run(
            [str(folder / PROGRAMS[0])],
            env=environment(),
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
            preexec_fn=become_nobody,
        )
        folder.chmod(0o755)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "writ" in done.stderr


def test_killed_server_leaves_no_worker(home: Path) -> None:
    with server(home) as (process, _):
        wait_until(lambda: len(psutil.Process(process.pid).children(recursive=True)) >= 3, "workers")
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        _, alive = psutil.wait_procs(family, timeout=HANG_S)  # they notice within milliseconds
        assert not alive


def test_building_again_keeps_what_is_beside(built: Path, home: Path) -> None:
    """A new build goes over an old one: data and settings stay."""
    (home / "web_api_data" / "uploads").mkdir(parents=True)
    (home / "web_api_data" / "uploads" / "kept").touch()
    (home / "gasflux.ini").write_text("[server]\nport = 5055\n", encoding="utf-8")
    place(built, home)
    assert (home / "web_api_data" / "uploads" / "kept").exists()
    assert "5055" in (home / "gasflux.ini").read_text(encoding="utf-8")
