"""The service's database at its start: made where nothing was before, and never where one has gone.

An empty database in the place of a lost one would know no task, whose folders would be nobody's, and no key, so that
this machine would be let in as on the first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from gasflux.configuration.service_settings import Settings
from gasflux.db import RESCUED, Database
from gasflux.errors import StorageError
from gasflux.service.tasks.folders import is_task_id
from gasflux.storage.whole_file import write_whole

MARK: Final = ".gasflux.database"
"""File in both data folders that says which database they were used with."""

_RETRY_S: Final = 60


def opened_database(settings: Settings) -> Database:
    """Return the database of the service, brought up to this version.

    Raises
    ------
    StorageError
        It is gone though the data folders were used with one, is damaged, or cannot be used now. Nothing was changed.
    """
    path = settings.database.path
    database = Database(path, settings.database.busy_timeout)
    if database.is_empty() and (left := next(_remains(settings), None)) is not None:
        database.close()
        raise _loss(path, left)
    database.migrate()
    return database


def mark_used(settings: Settings) -> None:
    """Note in the data folders that they have a database now; on a full disk the next start does it."""
    for folder in _folders(settings):
        mark = folder / MARK
        with suppress(OSError):
            if not mark.exists():
                write_whole(mark, f"{settings.database.path}\n".encode())


def _folders(settings: Settings) -> tuple[Path, Path]:
    return settings.paths.uploads, settings.paths.outputs


def _remains(settings: Settings) -> Iterator[Path]:
    """Yield what says that there was a database."""
    for folder in _folders(settings):
        if (folder / MARK).exists():
            yield folder / MARK
    for folder in _folders(settings):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if is_task_id(path.name))


def _loss(path: Path, left: Path) -> StorageError:
    """Return the refusal, with the copy that the last server saved if there is one."""
    rescued = path.with_name(f"{path.name}{RESCUED}")
    code = "database_missing_rescued" if rescued.is_file() else "database_missing"
    return StorageError.later(code, _RETRY_S, path=path, left=left, rescued=rescued)
