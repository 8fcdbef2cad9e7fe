"""The demonstration, as the README tells to run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from patience import HANG_S

from gasflux.cli.tables import FLUX_HEADER

ROOT = Path(__file__).parents[2]
RUN = "import pathlib, sys; from tools import demo; sys.exit(demo.main(pathlib.Path(sys.argv[1])))"


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(folder)]
    # The code page of a Chinese Windows, in which it runs when its output is redirected, lacks some of what it says.
    chinese = os.environ | {"PYTHONIOENCODING": "cp936"}
    return subprocess.run(
        command, cwd=ROOT, env=chinese, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
    )


def test_demo_prints_rates_and_report_and_stops_the_server(tmp_path: Path) -> None:
    shown = run(tmp_path / "demo")
    assert shown.returncode == 0, shown.stderr
    assert "Starting Waitress server on 127.0.0.1:" in shown.stdout
    header = next(line for line in shown.stdout.splitlines() if line.startswith(FLUX_HEADER[0]))
    assert header.split() == " ".join(FLUX_HEADER).split()
    report = Path(next(line for line in shown.stdout.splitlines() if line.startswith("report: "))[8:])
    assert report.stat().st_size > 100_000  # with its figures
    assert "  server | Stopped." in shown.stdout.splitlines()


def test_demo_keeps_its_own_lines_apart_from_the_servers(tmp_path: Path) -> None:
    parts = run(tmp_path / "demo").stdout.split("\n\n")
    started, posted, table, stopped, report = (part.splitlines() for part in parts)
    assert started[0] == "Starting the server:"
    assert all(line.startswith("  server | ") for line in started[1:])
    assert re.fullmatch(r"Posting sample_flight\.xlsx to http://127\.0\.0\.1:\d+:", posted[0])
    assert all(re.match(r"  (pending|processing|completed) ", line) for line in posted[1:])
    assert table[0].startswith("file")
    assert stopped == ["Stopping the server:", "  server | Stopped."]
    assert report[0].startswith("report: ")


def test_demo_that_cannot_write_fails_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = run(tmp_path / "file" / "demo")
    assert shown.returncode == 1
    assert shown.stderr.startswith("The demonstration failed: ")
    assert "Traceback" not in shown.stderr
    assert "server | " not in shown.stdout  # it fails before any server is started


@pytest.mark.parametrize("line", ["python -m tools.demo", "make demo"])
def test_the_readme_says_how(line: str) -> None:
    assert line in (ROOT / "README.md").read_text(encoding="utf-8").replace(".venv\\Scripts\\", "")
