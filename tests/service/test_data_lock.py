"""The lock on the data folder: one server, also after the owner was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gasflux.errors import DataFolderBusyError, StorageError
from gasflux.service.safekeeping.data_lock import OWNER_NAME, DataLock

HOLD = """
import sys, pathlib
from gasflux.service.safekeeping.data_lock import DataLock
with DataLock([pathlib.Path(sys.argv[1])]):
    print("locked", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """Start another process that has the folder until its input ends."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "locked\n"
    return other


def test_the_second_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with hold(tmp_path) as other:
        with pytest.raises(
            DataFolderBusyError, match=rf"process {other.pid}\) uses the data folder .*; use that one, stop it"
        ):
            DataLock([tmp_path]).acquire()
        other.communicate("")
    with DataLock([tmp_path]):
        assert (tmp_path / OWNER_NAME).read_text() == str(os.getpid())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_owner_leaves_no_lock(tmp_path: Path) -> None:
    with hold(tmp_path) as other:
        other.kill()
        other.communicate()
    with DataLock([tmp_path]):
        pass


def test_an_owner_nobody_wrote_down_is_no_obstacle_to_the_sentence(tmp_path: Path) -> None:
    with DataLock([tmp_path]):
        (tmp_path / OWNER_NAME).write_text("not a number")
        with pytest.raises(DataFolderBusyError, match="Another GasFlux server uses the data folder"):
            DataLock([tmp_path]).acquire()


def test_all_or_nothing(tmp_path: Path) -> None:
    free, taken = tmp_path / "free", tmp_path / "taken"
    with DataLock([taken]):
        with pytest.raises(DataFolderBusyError):
            DataLock([free, taken]).acquire()
        with DataLock([free]):
            pass


def test_the_same_folder_twice_is_one(tmp_path: Path) -> None:
    with DataLock([tmp_path / "new" / "deep", tmp_path / "new" / "deep"]):
        assert (tmp_path / "new" / "deep").is_dir()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"The data folder .* cannot be written: .*; make it writable, or choose"):
        DataLock([tmp_path / "file" / "sub"]).acquire()


def test_release_twice(tmp_path: Path) -> None:
    lock = DataLock([tmp_path])
    lock.acquire()
    lock.release()
    lock.release()
