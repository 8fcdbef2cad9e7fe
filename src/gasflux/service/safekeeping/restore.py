"""A backup back into place: into empty data folders only, the database last, so that a half-way stop is no service."""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gasflux.configuration.service_settings import Settings
from gasflux.db import Database
from gasflux.service.safekeeping.backup import DATABASE, INI, MANIFEST, BackupError, Manifest, check_backup
from gasflux.service.safekeeping.data_lock import DataLock
from gasflux.service.tasks.folders import TaskFolders, is_task_id
from gasflux.service.tasks.store import TaskStore

_TASK_FILE: Final = re.compile(r"(uploads|outputs)/([0-9a-f-]{36})/(?!(?:.*/)?\.\.(?:/|$))[^\\:]+", re.DOTALL)
_NO_LIMIT: Final = 1 << 31
_RESERVE: Final = 1.1
"""Free space wanted over the size of the members: file systems round up."""


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    tasks: int


def restore_settings(archive: Path, ini: Path) -> bool:
    """Write the settings file of a backup to `ini` unless a file is there; return whether it was written.

    Raises
    ------
    BackupError
        The archive is damaged.
    """
    manifest = check_backup(archive)
    if ini.exists() or INI not in manifest.members:
        return False
    with tarfile.open(archive, "r:gz") as source:
        _unpack(source, source.getmember(INI), ini)
    ini.chmod(0o600)
    return True


def restore_backup(archive: Path, settings: Settings) -> Restored:
    """Put the content of a backup into the data folders of the settings.

    Parameters
    ----------
    archive
        A file that `write_backup` made.
    settings
        Where the data goes; no server may be running there, and nothing may be there.

    Raises
    ------
    BackupError
        The archive is damaged, the folders are not empty, or there is no room. Nothing was changed.
    DataFolderBusyError
        A server uses the folders.
    """
    manifest = check_backup(archive)
    with DataLock.of(settings):
        _refuse_taken(settings)
        _refuse_small(settings, manifest)
        with tarfile.open(archive, "r:gz") as source, _staging(settings) as staging:
            known = _unpack_database(source, staging)
            _unpack_tasks(source, settings, known)
            staging.chmod(0o600)
            staging.replace(settings.database.path)
    return Restored(manifest, len(known))


def _refuse_taken(settings: Settings) -> None:
    """Raise unless there is neither a database nor a task."""
    if settings.database.path.exists():
        raise BackupError(
            f"There is a database at {settings.database.path}; a backup goes into empty folders only. Move the database"
            f" and what is in {settings.paths.uploads} and {settings.paths.outputs} away (the folders themselves may"
            " stay), or name other folders under [paths] and [database]."
        )
    folders = TaskFolders(settings.paths.uploads, settings.paths.outputs)
    folders.prepare()
    if taken := folders.task_ids():
        raise BackupError(
            f"There are {len(taken)} task folders in {settings.paths.uploads} or {settings.paths.outputs};"
            " a backup goes into empty folders only. Move those away first; the two folders themselves may stay."
        )


def _refuse_small(settings: Settings, manifest: Manifest) -> None:
    """Raise when the disk has too little room."""
    free = shutil.disk_usage(settings.paths.outputs).free
    wanted = int(manifest.size_bytes * _RESERVE)
    if free < wanted:
        raise BackupError(f"The backup needs {wanted:,} bytes, {settings.paths.outputs} has {free:,} free; make room.")


@contextmanager
def _staging(settings: Settings) -> Iterator[Path]:
    """Yield a path beside the database; when anything fails, all that was put into place is removed again."""
    staging = settings.database.path.with_name(f"{settings.database.path.name}.part")
    staging.parent.mkdir(parents=True, exist_ok=True)
    folders = TaskFolders(settings.paths.uploads, settings.paths.outputs)
    complete = False
    try:
        yield staging
        complete = True
    finally:
        staging.unlink(missing_ok=True)
        if not complete:
            for task_id in folders.task_ids():
                folders.remove(task_id)


def _unpack_database(source: tarfile.TarFile, target: Path) -> frozenset[str]:
    """Write the database and return the tasks it knows."""
    _unpack(source, source.getmember(DATABASE), target)
    database = Database(target)
    try:
        return TaskStore(database, max_queue=_NO_LIMIT, max_attempts=_NO_LIMIT).known_ids()
    finally:
        database.close()


def _unpack_tasks(source: tarfile.TarFile, settings: Settings, known: frozenset[str]) -> None:
    """Write the files of the known tasks; a name that no backup has ends it."""
    roots = {"uploads": settings.paths.uploads, "outputs": settings.paths.outputs}
    for member in source.getmembers():
        if member.name in (DATABASE, INI, MANIFEST):
            continue
        match = _TASK_FILE.fullmatch(member.name)
        if match is None or not is_task_id(match[2]):
            raise BackupError(f"The backup holds {member.name!r}, which GasFlux does not write; nothing was restored.")
        if match[2] in known:
            _unpack(source, member, roots[match[1]].joinpath(*member.name.split("/")[1:]))


def _unpack(source: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write one member, which `check_backup` has seen to be a plain file."""
    stream = source.extractfile(member)
    if stream is None:
        raise BackupError(f"The backup's {member.name!r} is no plain file; nothing was restored.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file)
