"""The systemd unit, the script that installs it, and the nightly backup, run for real as far as a test may."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import LiveServer, live_server
from patience import HANG_S

from gasflux.client import GasFluxClient
from gasflux.configuration.service_settings import TaskSettings

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy" / "gasflux.service"
INSTALLER = ROOT / "deploy" / "install.sh"
BACKUP = ROOT / "deploy" / "backup.sh"
SAMPLE = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
MOST_EXPOSED = 1.5
"""systemd's own measure, 0 to 10: the unit has 1.4, and what is left is the network, which a server needs."""

INSTALL_LIMIT_S = 900
"""A minute from a cache; a slow line needs ten for the 300 MB."""

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="install.sh is run as root")


def settings_of(unit: str) -> dict[str, list[str]]:
    """Return every setting of a unit with its values."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"(?m)^(\w+)=(.*)$", unit):
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def unit() -> dict[str, list[str]]:
    return settings_of(UNIT.read_text(encoding="utf-8"))


def test_the_unit_leaves_time_to_drain(unit: dict[str, list[str]]) -> None:
    """Only the server gets the signal, and longer than it drains before whatever is left is killed."""
    assert unit["KillMode"] == ["mixed"]
    assert float(unit["TimeoutStopSec"][0]) >= TaskSettings().drain_timeout + 10
    assert unit["Restart"] == ["always"]


def test_the_unit_lies_where_the_installer_puts_it(unit: dict[str, list[str]]) -> None:
    script = INSTALLER.read_text(encoding="utf-8")
    prefix = re.findall(r"(?m)^prefix=(\S+) user=(\S+)", script)[0]
    assert unit["WorkingDirectory"] == [prefix[0]]
    assert unit["User"] == unit["Group"] == [prefix[1]]
    program, script_name = unit["ExecStart"][0].split()
    assert program == f"{prefix[0]}/venv/bin/python"
    copied = re.findall(r"for item in (.*?); do", script, re.DOTALL)[0].replace("\\\n", " ").split()
    assert script_name in copied
    assert [item for item in copied if not (ROOT / item).exists()] == []
    assert Path(unit["Documentation"][0].removeprefix(f"file://{prefix[0]}/")).parts[0] in copied


def test_the_unit_may_write_where_the_server_does(unit: dict[str, list[str]]) -> None:
    """Of the shipped settings; who moves a folder adds it to the unit, as the page says."""
    allowed = [Path(path).relative_to("/opt/gasflux") for path in unit["ReadWritePaths"][0].split()]
    ini = (ROOT / "gasflux.ini").read_text(encoding="utf-8")
    written = [Path(path) for path in re.findall(r"(?m)^(?:uploads|outputs|path|file) = (\S+)", ini)]
    assert len(written) == 4
    assert all(any(path.is_relative_to(folder) for folder in allowed) for path in written)


@needs_systemd
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(sys.executable)
    page = tmp_path / "docs" / "WAITRESS_DEPLOYMENT.md"
    page.parent.mkdir()
    page.touch()
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/gasflux", str(tmp_path)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
    )
    about = [line for line in done.stderr.splitlines() if "gasflux" in line]
    assert (done.returncode, about) == (0, [])


@needs_systemd
def test_the_unit_is_confined() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED * 10:.0f}", str(UNIT)],
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot rate a unit that is not loaded")
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("script", [INSTALLER, BACKUP], ids=lambda path: path.name)
@pytest.mark.skipif(not shutil.which("sh"), reason="there is no shell")
def test_scripts_are_good_shell_and_refuse_wrong_use(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True, timeout=HANG_S)
    wrong = ["--no-such-option"] if script == INSTALLER else []
    done = subprocess.run(
        ["sh", str(script), *wrong], capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
    )
    assert done.returncode == 2
    assert script.name in done.stderr


def test_windows_and_unix_build_the_executables_in_one_way() -> None:
    """With packages checked against their hashes; cmd.exe misreads labels in files that lack its own line ends."""
    unix, windows = (ROOT / "build_exe.sh").read_bytes(), (ROOT / "build_exe.bat").read_bytes()
    assert windows.count(b"\n") == windows.count(b"\r\n") > 0
    assert b"\r" not in unix
    steps = [re.findall(rb"-m ((?:tools|pip)[\w.]*(?: --\w+)?)", script) for script in (unix, windows)]
    assert steps[0] == steps[1] == [b"tools.install --exe", b"tools.build_exe"]


@pytest.fixture
def prefix() -> Iterator[Path]:
    """A folder that, unlike pytest's own, every account may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "opt" / "gasflux"


def python_for_all() -> str | None:
    """Return a Python 3.11 that the account of the service may run; one in the home of root it may not."""
    check = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
    for program in ("/usr/bin/python3", "/usr/local/bin/python3", sys.executable):
        try:
            done = subprocess.run(
                [program, "-c", check], user="nobody", capture_output=True, timeout=HANG_S, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return program
    return None


def install(prefix: Path, python: str) -> None:
    command = ["sh", str(INSTALLER), "--prefix", str(prefix), "--user", "nobody", "--python", python, "--no-service"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=INSTALL_LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@needs_root
def test_installer_makes_a_service_that_its_account_can_run(prefix: Path) -> None:
    python = python_for_all()
    if python is None:
        pytest.skip("no Python 3.11 here that other accounts may run")
    install(prefix, python)
    (prefix / "gasflux.ini").write_text("[server]\nhost = 127.0.0.1\nport = 0\n", encoding="utf-8")
    install(prefix, python)  # an upgrade keeps the settings
    assert "port = 0" in (prefix / "gasflux.ini").read_text(encoding="utf-8")
    assert settings_of((prefix / "deploy" / UNIT.name).read_text(encoding="utf-8"))["WorkingDirectory"] == [str(prefix)]
    strangers = [path for path in (prefix / "src").rglob("*") if path.stat().st_uid != 0]
    assert strangers == []  # the service cannot change its own program
    key = as_nobody(prefix, "create_api_key.py", "--name", "admin", "--admin")
    assert key.startswith("gf_")
    assert as_nobody(prefix, "server_waitress.py", "--version").startswith("GasFlux")
    assert (prefix / "web_api_data" / "outputs" / "gasflux.db").stat().st_uid == 65534


def as_nobody(prefix: Path, script: str, *arguments: str) -> str:
    """Run a script as the unit would: under its account, in its folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GASFLUX_", "PYTHON"))}
    done = subprocess.run(
        [str(prefix / "venv" / "bin" / "python"), script, *arguments],
        cwd=prefix,
        env=kept | {"PYTHONDONTWRITEBYTECODE": "1", "HOME": str(prefix)},
        user="nobody",
        group="nogroup",
        extra_groups=[],
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("sh"), reason="there is no shell")
def test_backup_of_a_running_server_comes_back(tmp_path: Path) -> None:
    home = installed_copy(tmp_path / "home")
    archives = tmp_path / "backups"
    with live_server(tmp_path / "first", {"GASFLUX_TASKS_WORKERS": "1"}) as first:
        with GasFluxClient(first.url) as client:
            before = client.process(SAMPLE, folder=tmp_path / "before", timeout=HANG_S)
        for _ in range(3):
            back_up(first, home, archives, keep=2)
    kept = sorted(archives.glob("gasflux_*.tar.gz"))
    assert 1 <= len(kept) <= 2  # copies made within one second have one name
    second = LiveServer(tmp_path / "second")
    second.folder.mkdir()
    gasflux = [sys.executable, "-m", "gasflux", "restore", str(kept[-1])]
    subprocess.run(gasflux, cwd=second.folder, env=second.environment, check=True, capture_output=True, timeout=HANG_S)
    with live_server(second.folder) as running, GasFluxClient(running.url) as client:
        assert [task.task_id for task in client.tasks()] == [before.task.task_id]
        client.download(before.task.task_id, tmp_path / "after")
    assert report_of(tmp_path / "after") == report_of(tmp_path / "before")


def installed_copy(home: Path) -> Path:
    """Return a folder with what backup.sh looks for around itself."""
    (home / "deploy").mkdir(parents=True)
    shutil.copy2(BACKUP, home / "deploy")
    (home / "venv").symlink_to(sys.prefix)
    return home


def back_up(server: LiveServer, home: Path, archives: Path, keep: int) -> None:
    """Run the script as cron would."""
    done = subprocess.run(
        ["sh", str(home / "deploy" / BACKUP.name), str(archives)],
        env=server.environment | {"KEEP": str(keep)},
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    assert done.returncode == 0 or "exists" in done.stderr, done.stderr


def report_of(folder: Path) -> tuple[bytes, object]:
    """Return the report and the numbers of a folder of results."""
    return (folder / "report.html").read_bytes(), json.loads((folder / "output_vars.json").read_text(encoding="utf-8"))
