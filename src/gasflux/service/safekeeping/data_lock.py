"""One server per data folder: a lock of the operating system, which a killed server cannot leave behind."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

from gasflux.configuration.service_settings import Settings
from gasflux.errors import DataFolderBusyError, StorageError

LOCK_NAME: Final = ".gasflux.lock"
OWNER_NAME: Final = ".gasflux.pid"
"""Beside the lock, as Windows lets nobody else read a locked file."""


class DataLock:
    """The data folders of one server, locked from entering to leaving.

    Parameters
    ----------
    folders
        Folders that no two servers may share; they are made when missing.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(dict.fromkeys(folder.absolute() for folder in folders))
        self._held: list[BaseFileLock] = []

    @classmethod
    def of(cls, settings: Settings) -> DataLock:
        """Return the lock of uploads, outputs and the folder of the database."""
        return cls((settings.paths.outputs, settings.paths.uploads, settings.database.path.parent))

    def acquire(self) -> None:
        """Take every lock at once or none.

        Raises
        ------
        DataFolderBusyError
            Another server has one of the folders.
        StorageError
            A folder cannot be made or written.
        """
        with ExitStack() as unless_complete:
            unless_complete.callback(self.release)
            for folder in self._folders:
                self._held.append(_locked(folder))
            unless_complete.pop_all()

    def release(self) -> None:
        """Give the folders back; may be called twice."""
        for lock in reversed(self._held):
            lock.release()
        self._held.clear()

    def note_address(self, url: str) -> None:
        """Write down where the owner answers, for the one who finds the folders taken."""
        for folder in self._folders:
            _note_owner(folder, f"{os.getpid()}\n{url}")

    def __enter__(self) -> DataLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _locked(folder: Path) -> BaseFileLock:
    """Return the lock of one folder, taken."""
    # Not per thread: the thread that stops the server need not be the one that started it.
    lock = FileLock(folder / LOCK_NAME, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise DataFolderBusyError(_busy_message(folder)) from None
    except OSError as error:
        message = f"The data folder {folder} cannot be written: {error.strerror or error}; make it writable"
        raise StorageError(f"{message}, or choose another in gasflux.ini.", 60) from None
    try:
        _note_owner(folder, str(os.getpid()))
    except StorageError:
        lock.release()
        raise
    return lock


def _note_owner(folder: Path, owner: str) -> None:
    """Write down who has the folder, for the one who finds it taken."""
    try:
        (folder / OWNER_NAME).write_text(owner, encoding="utf-8")
    except OSError as error:
        message = f"The data folder {folder} cannot be written: {error.strerror or error}; make room or change rights."
        raise StorageError(message, 60) from None


def _busy_message(folder: Path) -> str:
    """Return who has the folder and what to do, in a sentence."""
    try:
        process, _, url = (folder / OWNER_NAME).read_text(encoding="utf-8").partition("\n")
        owner = f" (process {int(process)}{', ' if url else ''}{url})"
    except (OSError, ValueError):
        owner = ""
    return (
        f"Another GasFlux server{owner} uses the data folder {folder}; use that one, "
        "stop it, or give this one its own folders under [paths] and [database] in gasflux.ini."
    )
