"""The SQLite file: who opens it, how transactions run, what its failures mean. Nobody else imports sqlite3."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gasflux.errors import StorageError
from gasflux.storage.open_files import OpenFiles
from gasflux.storage.schema import MIGRATIONS

Connection = sqlite3.Connection
Row = sqlite3.Row

RESCUED: Final = ".rescued"
"""Ending of the copy that is saved when the file was removed or replaced while it was open."""

_RETRY_AFTER_S: Final = 5
_FULL_BELOW_BYTES: Final = 64 * 1024
"""Free space at which an I/O error is put down to a full disk: less than SQLite needs for its next page."""

_LOCKED: Final = "is locked by another program; try again, and if it lasts end the program that holds the file"
_BACKUP: Final = (
    "nothing was deleted: stop the service and put a backup in its place,"
    " or move it away, with all that is in the data folders, to begin with an empty one"
)
_SENTENCES: Final = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space, then everything continues by itself",
    sqlite3.SQLITE_READONLY: "cannot be written; give the user of the service write access to the file and its folder",
    sqlite3.SQLITE_PERM: "may not be used; give the user of the service read and write access to the file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and that the service may write there",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk",
    sqlite3.SQLITE_CORRUPT: f"is damaged; {_BACKUP}",
    sqlite3.SQLITE_NOTADB: f"is not a database; {_BACKUP}",
}


class StorageFullError(StorageError):
    """The disk of the database is full: deleting files helps."""


@dataclass
class _Session:
    """The connection of one thread; the lock lets `Database.close` wait for the end of what the thread does."""

    connection: Connection
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_writing: bool = False
    settles: bool = False
    """Whether what is being written shall stand in the file itself at once."""


class Database:
    """One SQLite file in WAL mode, for all threads of a process.

    Parameters
    ----------
    path
        The file; made by `migrate` when it does not exist, readable by its owner only.
    busy_timeout_s
        How long to wait for a lock that another thread or process holds.
    """

    def __init__(self, path: Path, busy_timeout_s: float = 10.0) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._local = threading.local()
        self._sessions: dict[threading.Thread, _Session] = {}
        self._registry = threading.Lock()
        self._writer = threading.Lock()
        self._closed = False
        self._files = OpenFiles.of(())
        """The file and those beside it that SQLite has open; empty before `migrate`."""
        self._rescuing = threading.Lock()
        self._is_rescued = False

    def is_empty(self) -> bool:
        """Whether there is no such file, or one without a table; raises as `migrate`, and changes nothing."""
        if not self.path.exists():
            return True
        with self._refusing():
            count = self._session().connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        return int(count) == 0

    def migrate(self) -> None:
        """Make the file or bring it up to this version.

        Raises
        ------
        StorageError
            The file is damaged, was written by a newer version, or cannot be used now. Nothing was changed.
        """
        self._make_file()
        with self._refusing():
            connection = self._session().connection
            self._refuse_damage(connection)
            self._refuse_newer(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        for number, statements in enumerate(MIGRATIONS, start=1):
            self._apply(number, statements)
        with self.write() as connection:
            connection.execute("UPDATE facts SET value = datetime('now') WHERE name = 'known_since' AND value IS NULL")
            self.settle()
        self._files = OpenFiles.of([self.path.with_name(f"{self.path.name}{end}") for end in ("", "-wal", "-shm")])

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield the thread's connection on one consistent state; whatever is written in it is undone."""
        session = self._session()
        with self._using(session):
            if session.connection.in_transaction:
                yield session.connection
                return
            if self._files.lost() is not None:
                self._rescue(session.connection)
            session.connection.execute("BEGIN")
            try:
                yield session.connection
            finally:
                self._roll_back(session.connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield the thread's connection in a transaction that holds the write lock from its first statement.

        A transaction that begins with reading and takes the lock later fails whenever somebody wrote in between. Inside
        another `write` of the thread it is part of that one: all of it is kept, or nothing.
        """
        session = self._session()
        if session.is_writing:
            with self._using(session):
                yield session.connection
            return
        with self._writing(), self._using(session):
            self._refuse_lost(session.connection)
            session.connection.execute("BEGIN IMMEDIATE")
            session.is_writing, session.settles = True, False
            try:
                yield session.connection
                self._refuse_lost()  # a promise is kept by the file that will be there tomorrow
                session.connection.execute("COMMIT")
            finally:
                session.is_writing = False
                self._roll_back(session.connection)
            if session.settles:
                with suppress(sqlite3.Error):  # a disk that is full: what was written stands, in -wal as yet
                    session.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def settle(self) -> None:
        """Let what the present `write` changes stand in the file itself when it ends, and not in -wal alone.

        Who removes that file after a crash takes the latest changes with it. That a task went on is found out again;
        that there is one, or a key, is not.
        """
        self._session().settles = True

    def check(self) -> None:
        """Read and write one value; raise StorageError when either fails or the file is gone."""
        with self.write() as connection:
            connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'checks'")

    def copy_to(self, path: Path) -> None:
        """Write a copy of one consistent state to `path`, while the database is in use."""
        self._copy(self._session().connection, path)

    def _copy(self, source: Connection, path: Path) -> None:
        partial = path.with_name(f"{path.name}.part")
        partial.unlink(missing_ok=True)
        _create_private(partial)
        try:
            with self._refusing(), closing(sqlite3.connect(partial, isolation_level=None)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
                # Folders made between this copy and the day it is put back are unknown to it: it must not judge them.
                target.execute("UPDATE facts SET value = NULL WHERE name = 'known_since'")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections of all threads, each after what its thread is doing; later use is refused."""
        with self._registry:
            self._closed = True
            sessions = list(self._sessions.values())
            self._sessions.clear()
        for session in sessions:
            with session.lock:
                if self._files.lost() is not None:
                    self._rescue(session.connection)
                session.connection.close()

    def _refuse_lost(self, connection: Connection | None = None) -> None:
        """Raise when the path, or that of a file beside it, no longer names what is open; save first what is there."""
        if (lost := self._files.lost()) is None:
            return
        if connection is not None:
            self._rescue(connection)
        rescued = self._rescue_path().name  # names only: clients read it
        code = "database_replaced" if lost == self.path else "database_part_gone"
        raise StorageError.later(code, _RETRY_AFTER_S, name=self.path.name, lost=lost.name, rescued=rescued)

    def _rescue(self, connection: Connection) -> None:
        """Save, once, what the open files hold: into the file where only those beside it went, else beside its place.

        Where that cannot be done now, the next transaction tries again.
        """
        with self._rescuing, suppress(StorageError, OSError):
            if self._is_rescued:
                return
            if self._files.lost() == self.path:
                self._copy(connection, self._rescue_path())
                self._is_rescued = True
            else:
                with self._refusing():
                    busy, written, moved = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
                self._is_rescued = not busy and written == moved

    def _rescue_path(self) -> Path:
        """Return where a copy is saved when the file is gone."""
        return self.path.with_name(f"{self.path.name}{RESCUED}")

    def _apply(self, number: int, statements: tuple[str, ...]) -> None:
        """Run one migration unless the file is past it, as seen under the write lock."""
        with self.write() as connection:
            if _version(connection) >= number:
                return
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")

    def _refuse_damage(self, connection: Connection) -> None:
        """Raise when the file's structure is broken."""
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self._refusal(sqlite3.SQLITE_CORRUPT, str(found))

    def _refuse_newer(self, connection: Connection) -> None:
        """Raise when a newer version wrote the file."""
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise StorageError(
                f"The database {self.path} was written by a newer GasFlux (its version is {version}, this one knows"
                f" up to {len(MIGRATIONS)}); start that GasFlux, or put back the backup made before its first start.",
                _RETRY_AFTER_S,
            )

    def _make_file(self) -> None:
        """Create file and folder, for the owner's eyes only; a file that others could read is closed to them."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():  # closing a file that SQLite has open too would give up all its locks
                _create_private(self.path)
            if os.name == "posix" and self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)
        except OSError as error:
            raise self._refusal(sqlite3.SQLITE_CANTOPEN, str(error)) from error

    def _session(self) -> _Session:
        """Return the calling thread's session, opening it at first."""
        session: _Session | None = getattr(self._local, "session", None)
        if session is not None and not self._closed:
            return session
        with self._registry:
            self._refuse_when_closed()
            self._refuse_lost()
            with self._refusing():
                session = _Session(self._open())
                self._close_left_behind(session.connection)
            self._sessions[threading.current_thread()] = self._local.session = session
        return session

    @contextmanager
    def _using(self, session: _Session) -> Iterator[None]:
        """Have a session for the length of a transaction; `close` may have been faster than the caller."""
        with session.lock, self._refusing():
            self._refuse_when_closed()
            yield

    def _refuse_when_closed(self) -> None:
        """Raise after `close`."""
        if self._closed:
            raise StorageError(f"The database {self.path} is closed: the service is stopping.", _RETRY_AFTER_S)

    def _close_left_behind(self, successor: Connection) -> None:
        """Close the connections of threads that have ended, not before another one reads: the last takes -wal along."""
        ended = [thread for thread in self._sessions if not thread.is_alive()]
        if ended:
            successor.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        for thread in ended:
            self._sessions.pop(thread).connection.close()

    def _open(self) -> Connection:
        """Open the file, which must exist: a vanished file is an error, not an empty database."""
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,  # so that `close` can close it from another thread
        )
        connection.row_factory = Row
        # An accepted task outlives a power cut: every commit reaches the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -16384")
        return connection

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the process's write lock: its threads queue here, where waiting is fair, and not inside SQLite."""
        if not self._writer.acquire(timeout=max(self._busy_timeout_s, 0.0)):
            raise self._refusal(sqlite3.SQLITE_BUSY)
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn what SQLite says of file, disk and locks into StorageError; mistakes in SQL stay what they are."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code not in _SENTENCES:
                raise
            raise self._refusal(code, str(error)) from error

    def _refusal(self, code: int, detail: str = "") -> StorageError:
        """Return the error for a result code of SQLite."""
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and self._disk_is_full():
            code = sqlite3.SQLITE_FULL
        kind = StorageFullError if code == sqlite3.SQLITE_FULL else StorageError
        ending = f" ({detail})" if detail else ""
        return kind(f"The database {self.path} {_SENTENCES[code]}{ending}.", _RETRY_AFTER_S)

    def _disk_is_full(self) -> bool:
        """Return whether next to nothing is free where the file is."""
        with suppress(OSError):  # the folder is gone: then that is what the error is about
            return shutil.disk_usage(self.path.parent).free < _FULL_BELOW_BYTES
        return False

    def _roll_back(self, connection: Connection) -> None:
        """End a transaction that is still open; a full disk may have ended it already."""
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: Connection) -> int:
    """Return the number of the last migration the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create_private(path: Path) -> None:
    """Create a file that only its owner may read; leave one that exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
