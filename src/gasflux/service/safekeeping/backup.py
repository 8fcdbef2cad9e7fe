"""A copy of everything the service keeps, in one file, made while the server runs.

The archive is a gzipped tar: ``gasflux.db``, ``uploads/<task_id>/...``, ``outputs/<task_id>/...``, ``gasflux.ini``
and, last, ``manifest.json`` with size and SHA-256 of every other member. The database comes from SQLite's backup
interface, one consistent state; the files follow. A task that changed in between is put right in the copy: whoever
restores it finds every completed task with its results, and every other one ready to be done again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from gasflux.configuration.service_settings import Settings
from gasflux.db import Database
from gasflux.errors import ServiceError, UnknownIdError
from gasflux.service.tasks.folders import TaskFolders, raise_unless_gone
from gasflux.service.tasks.records import Task, TaskQuery, TaskStatus
from gasflux.service.tasks.store import TaskStore
from gasflux.storage.clock import as_text, utc_now
from gasflux.version import __version__

BACKUP_SCHEMA: Final = "gasflux.backup/1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "gasflux.db"
INI: Final = "gasflux.ini"
_BLOCK: Final = 1 << 20
_PER_PAGE: Final = 500
_NO_LIMIT: Final = 1 << 31


class BackupError(ServiceError):
    """A backup cannot be written, or is not one, or is damaged."""

    kind = "backup_failed"


@dataclass(frozen=True)
class Member:
    """One file of a backup."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    version: str
    """Of the GasFlux that wrote it."""
    created_at: str
    tasks: int
    members: Mapping[str, Member]
    redone: tuple[str, ...] = ()
    """Tasks that changed while the copy was made; they wait to be processed again."""
    gone: tuple[str, ...] = ()
    """Tasks that were deleted while the copy was made; they are not in it."""

    @property
    def size_bytes(self) -> int:
        """Bytes that the members need on disk."""
        return sum(member.size_bytes for member in self.members.values())


def write_backup(settings: Settings, target: Path, *, ini: Path | None = None, overwrite: bool = False) -> Manifest:
    """Write a backup and read it back.

    Parameters
    ----------
    settings
        Where the data is.
    target
        The archive; it appears when it is complete and checked, readable by its owner only.
    ini
        Settings file to put in.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    BackupError
        There is nothing to copy, the target exists or cannot be written, or the copy reads back differently.
    StorageError
        The database cannot be read.
    """
    if target.exists() and not overwrite:
        raise BackupError(f"{target} exists; choose another name, or allow it to be replaced by --overwrite.")
    if not settings.database.path.is_file():
        raise BackupError(f"There is no database {settings.database.path}; nothing to back up. Start the service once.")
    try:
        with tempfile.TemporaryDirectory(prefix=".gasflux-backup-", dir=target.absolute().parent) as scratch:
            part = Path(scratch) / target.name
            manifest = _write(settings, part, Path(scratch) / DATABASE, ini)
            check_backup(part)
            part.replace(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}.") from error
    return manifest


def check_backup(path: Path) -> Manifest:
    """Read a whole backup and compare every member with the manifest.

    Raises
    ------
    BackupError
        It is no backup, was cut off, or a member differs.
    """
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            found = {name: member for name, member in _digests(archive) if name != MANIFEST}
            manifest = read_manifest(archive)
            while unpacked.read(_BLOCK):  # the last bytes check all the others, and tar does not ask for them
                pass
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is not a complete GasFlux backup: {error or type(error).__name__}.") from error
    differing = sorted(name for name in {*found, *manifest.members} if found.get(name) != manifest.members.get(name))
    if differing or DATABASE not in found:
        raise BackupError(f"{path} is damaged: {', '.join(differing[:5]) or DATABASE} missing or changed; use another.")
    return manifest


def read_manifest(archive: tarfile.TarFile) -> Manifest:
    """Return the manifest of an open backup; ValueError when there is none of a known kind."""
    stream = archive.extractfile(MANIFEST)
    document: dict[str, Any] = json.load(stream) if stream else {}
    if document.get("schema") != BACKUP_SCHEMA:
        raise ValueError(f"its {MANIFEST} has the schema {document.get('schema')!r}, not {BACKUP_SCHEMA!r}")
    members = {name: Member(int(entry["size"]), str(entry["sha256"])) for name, entry in document["members"].items()}
    return Manifest(str(document["version"]), str(document["created_at"]), int(document["tasks"]), members)


def _write(settings: Settings, part: Path, snapshot: Path, ini: Path | None) -> Manifest:
    """Write the archive: files first, then the database as it fits them, then the manifest."""
    live = Database(settings.database.path, settings.database.busy_timeout)
    copy = Database(snapshot)
    try:
        live.copy_to(snapshot)
        with tarfile.open(part, "x:gz") as archive:
            part.chmod(0o600)
            store = _store(copy)
            writer = _Writer(archive)
            tasks = tuple(all_tasks(store))
            for task in tasks:
                writer.add_task(TaskFolders(settings.paths.uploads, settings.paths.outputs), task.task_id)
            redone, gone = _put_right(store, _store(live), tasks, writer.members)
            copy.close()
            writer.add_file(snapshot, DATABASE)
            if ini is not None:
                writer.add_file(ini, INI)
            kept = len(tasks) - len(gone)
            manifest = Manifest(__version__, as_text(utc_now()), kept, writer.members, redone, gone)
            writer.add_bytes(MANIFEST, _as_json(manifest))
    finally:
        copy.close()
        live.close()
    return manifest


def _store(database: Database) -> TaskStore:
    """Return the tasks of a database; the limits do not matter here."""
    return TaskStore(database, max_queue=_NO_LIMIT, max_attempts=_NO_LIMIT)


def all_tasks(store: TaskStore) -> Iterator[Task]:
    """Yield every task of a store, the oldest first."""
    query = TaskQuery(descending=False, per_page=_PER_PAGE)
    pages = store.page(query).pages
    for number in range(1, pages + 1):
        yield from store.page(replace(query, page=number)).tasks


def _put_right(
    copy: TaskStore, live: TaskStore, tasks: tuple[Task, ...], members: Mapping[str, Member]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the copied database fit the copied files; return the tasks to be done again and those that went."""
    redone, gone = [], []
    for task in tasks:
        results_lack = task.status is TaskStatus.COMPLETED and not _has_results(task, members)
        if (results_lack or not _has_input(task, members)) and not _is_known(live, task.task_id):
            copy.delete(task.task_id)
            gone.append(task.task_id)
        elif results_lack:
            copy.rerun(task.task_id)
            redone.append(task.task_id)
    return tuple(redone), tuple(gone)


def _has_input(task: Task, members: Mapping[str, Member]) -> bool:
    """Whether the uploaded flight is in the archive."""
    return f"uploads/{task.task_id}/{task.input_file}" in members


def _has_results(task: Task, members: Mapping[str, Member]) -> bool:
    """Whether every result is in the archive with the size the database knows."""
    found = (members.get(f"outputs/{task.task_id}/{file.name}") for file in task.results)
    return all(
        member is not None and member.size_bytes == file.size_bytes
        for member, file in zip(found, task.results, strict=True)
    )


def _is_known(live: TaskStore, task_id: str) -> bool:
    """Whether the running service still has a task."""
    try:
        live.get(task_id)
    except UnknownIdError:
        return False
    return True


def _as_json(manifest: Manifest) -> bytes:
    """Return the manifest as the archive holds it."""
    document = {
        "schema": BACKUP_SCHEMA,
        "version": manifest.version,
        "created_at": manifest.created_at,
        "tasks": manifest.tasks,
        "members": {name: {"size": m.size_bytes, "sha256": m.sha256} for name, m in manifest.members.items()},
    }
    return json.dumps(document, indent=1).encode()


def _digests(archive: tarfile.TarFile) -> Iterator[tuple[str, Member]]:
    """Yield name, size and digest of every member; anything but a plain file is refused."""
    for info in archive:
        stream = archive.extractfile(info) if info.isreg() else None
        if stream is None:
            raise ValueError(f"{info.name!r} is not a plain file")
        reader = _Hashing(stream)
        while reader.read(_BLOCK):
            pass
        yield info.name, reader.member()


class _Hashing:
    """Passes a file on and keeps its size and digest."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._size = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        block = self._stream.read(size)
        self._digest.update(block)
        self._size += len(block)
        return block

    def member(self) -> Member:
        """Return what went through."""
        return Member(self._size, self._digest.hexdigest())


class _Writer:
    """Adds members to an archive and notes them."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.members: dict[str, Member] = {}

    def add_task(self, folders: TaskFolders, task_id: str) -> None:
        """Add the files of a task; what vanishes at this moment is left out."""
        for kind, folder in (("uploads", folders.upload_dir(task_id)), ("outputs", folders.output_dir(task_id))):
            for path in plain_files(folder):
                try:
                    self.add_file(path, f"{kind}/{task_id}/{path.relative_to(folder).as_posix()}")
                except FileNotFoundError:
                    continue

    def add_file(self, path: Path, name: str) -> None:
        """Add a file as long as it is at this moment, be it growing."""
        with path.open("rb") as stream:
            info = self._archive.gettarinfo(arcname=name, fileobj=stream)
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            reader = _Hashing(stream)
            self._archive.addfile(info, reader)
        self.members[name] = reader.member()

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a member from memory."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._archive.addfile(info, io.BytesIO(content))


def plain_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in order, links and unfinished ones left out."""
    for parent, folders, names in os.walk(folder, onerror=raise_unless_gone):
        folders.sort()
        for path in (Path(parent, name) for name in sorted(names)):
            if path.suffix != ".part" and not path.is_symlink() and path.is_file():
                yield path
