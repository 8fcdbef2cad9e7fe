"""The package as users install it, far from any checkout."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from fresh_environment import FreshEnvironment
from patience import HANG_S

from gasflux.client import GasFluxClient
from gasflux.version import __version__
from tools import install, lock

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gasflux"
SAMPLE = SOURCE / "data" / "sample_flight.xlsx"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from a copy, so that nothing of an earlier build gets in and nothing is left behind."""
    copy = tmp_path_factory.mktemp("source") / "gasflux"
    copy.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, copy / name)
    shutil.copytree(SOURCE, copy / "src" / "gasflux", ignore=shutil.ignore_patterns("__pycache__"))
    dist = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, str(dist), str(copy)], check=True, capture_output=True, timeout=HANG_S)
    (built,) = dist.glob("*.whl")
    return built


def test_name_and_version(wheel: Path) -> None:
    assert wheel.name == f"gasflux-{__version__}-py3-none-any.whl"


def test_everything_of_the_package_is_inside_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.removeprefix("gasflux/") for name in archive.namelist() if name.startswith("gasflux/")}
        others = {name.split("/")[0] for name in archive.namelist()} - {"gasflux"}
    here = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file()}
    assert inside == {name for name in here if "__pycache__" not in name}
    assert others == {f"gasflux-{__version__}.dist-info"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    """Install the wheel and what it needs."""
    environment = FreshEnvironment(tmp_path_factory.mktemp("environment"))
    locked = install.not_covered(lock.RUNTIME.read_text(encoding="utf-8")) is None
    first = ("--require-hashes", "-r", lock.RUNTIME) if locked else ("-r", lock.CONSTRAINTS)
    environment.pip("install", *first, folder=wheel.parent)
    environment.pip("install", "--no-deps", wheel, folder=wheel.parent)
    return environment


@pytest.mark.slow
def test_processes_a_flight(installed: FreshEnvironment, tmp_path: Path) -> None:
    assert __version__ in installed.run("gasflux", "--version", folder=tmp_path)
    where = installed.run("python", "-c", "import gasflux; print(gasflux.__file__)", folder=tmp_path)
    assert str(ROOT) not in where
    printed = installed.run("gasflux", "process", SAMPLE, "--json", folder=tmp_path)
    assert json.loads(printed)["gases"]["ch4"]["flux_kg_h"] > 0
    assert (tmp_path / "output" / "sample_flight" / "report.html").stat().st_size > 100_000  # with its figures


@pytest.mark.slow
def test_serves_an_upload(installed: FreshEnvironment, tmp_path: Path) -> None:
    with subprocess.Popen(
        [str(installed.programs / "gasflux"), "serve", "--host", "127.0.0.1", "--port", "0"],
        cwd=tmp_path,
        env=installed.variables | {"GASFLUX_TASKS_WORKERS": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        try:
            assert server.stdout
            found = next(match for line in server.stdout if (match := re.search(r"server on 127\.0\.0\.1:(\d+)", line)))
            threading.Thread(target=server.stdout.read, daemon=True).start()
            with GasFluxClient(f"http://127.0.0.1:{found[1]}") as client:
                result = client.process(SAMPLE, folder=tmp_path / "results", timeout=HANG_S)
            server.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
            assert server.wait(HANG_S) == 0
        finally:
            server.kill()
    assert set(result.gases) == {"ch4", "co2"}
    assert (tmp_path / "web_api_data" / "outputs" / "gasflux.db").is_file()
