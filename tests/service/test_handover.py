"""The client of the hand-over document, unchanged, against a freshly started server, in every combination."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
import requests
from flight_files import write_xls, write_xlsx
from hostile_files import SAMPLE
from live_server import LiveServer, live_server
from patience import HANG_S

CLIENT = Path(__file__).parents[2].parent / "shared" / "contract" / "handover_client.py"
BOOTSTRAP = "a-long-enough-bootstrap-key"

pytestmark = pytest.mark.skipif(not CLIENT.exists(), reason="the hand-over client is not on this machine")


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample flight in each format, and a configuration; of one gas, since figures are what takes time."""
    folder = tmp_path_factory.mktemp("flights")
    with closing(openpyxl.load_workbook(SAMPLE, read_only=True)) as book:
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    gas = rows[0].index("co2")
    rows = [row[:gas] + row[gas + 1 :] for row in rows]
    write_xlsx(folder / "flight.xlsx", rows)
    (folder / "flight.csv").write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    write_xls(folder / "flight.xls", rows)
    (folder / "config.yaml").write_text("strategies:\n  background: algorithm\n  spatial: curtain\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("open")) as server:
        yield server


@pytest.fixture(scope="module")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, str]]:
    settings = {"GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY": BOOTSTRAP}
    with live_server(tmp_path_factory.mktemp("locked"), settings) as server:
        headers = {"X-Admin-Bootstrap-Key": BOOTSTRAP}
        answer = requests.post(f"{server.url}/api_keys", json={"name": "client"}, headers=headers, timeout=HANG_S)
        yield server, answer.json()["data"]["api_key"]


def run_client(server: LiveServer, folder: Path, suffix: str, config: bool, key: str | None, out: Path) -> str:
    """Run it and return what it printed; it must say that all went well."""
    command = [sys.executable, str(CLIENT), server.url, str(folder / f"flight{suffix}")]
    command += [str(folder / "config.yaml")] if config else []
    command += ["--key", key] if key else []
    command += ["--out", str(out), "--timeout", str(round(HANG_S))]
    # ResourceWarnings of the files it leaves open are its own affair.
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * HANG_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("config", [True, False], ids=["config", "defaults"])
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv"])
def test_without_a_key(open_server: LiveServer, flights: Path, suffix: str, config: bool, tmp_path: Path) -> None:
    printed = run_client(open_server, flights, suffix, config, None, tmp_path)
    assert "completed" in printed
    assert {"report.html", "output_vars.json"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("config", [True, False], ids=["config", "defaults"])
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv"])
def test_with_a_key(
    locked_server: tuple[LiveServer, str], flights: Path, suffix: str, config: bool, tmp_path: Path
) -> None:
    server, key = locked_server
    run_client(server, flights, suffix, config, key, tmp_path)
    assert {"report.html", "output_vars.json"} <= {path.name for path in tmp_path.iterdir()}


def test_a_server_with_keys_refuses_the_client_without(
    locked_server: tuple[LiveServer, str], flights: Path, tmp_path: Path
) -> None:
    command = [sys.executable, str(CLIENT), locked_server[0].url, str(flights / "flight.csv"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 1
    assert "upload answered 401" in done.stdout
