"""Nobody but the account of the service reads what it keeps."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import HANG_S
from server_process import ROOT, running

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")

ALL_MAY_READ = 0o022


@pytest.fixture(autouse=True)
def _as_a_shell_does() -> Iterator[None]:
    before = os.umask(ALL_MAY_READ)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[Path]:
    """Return what somebody else could read in a folder."""
    return [path for path in sorted(folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_what_a_server_started_by_hand_writes_is_its_accounts_alone(tmp_path: Path) -> None:
    (tmp_path / "web_api_data").mkdir()  # by the administrator, who decides on it
    with running(tmp_path) as server:
        task_id = server.upload()
        assert server.wait_for(task_id, "completed", "failed")["status"] == "completed"
        written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
        assert written == {"gasflux.ini", "web_api_data", "logs"}
        assert open_to_others(tmp_path) == [tmp_path / "gasflux.ini", tmp_path / "web_api_data"]


def test_the_first_key_makes_private_folders(tmp_path: Path) -> None:
    (tmp_path / "gasflux.ini").touch()
    command = [
        sys.executable,
        str(ROOT / "create_api_key.py"),
        "--name",
        "x",
        "--config",
        str(tmp_path / "gasflux.ini"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=HANG_S)
    assert (tmp_path / "web_api_data" / "outputs" / "gasflux.db").is_file()
    assert open_to_others(tmp_path) == [tmp_path / "gasflux.ini"]
