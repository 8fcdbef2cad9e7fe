from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from patience import HANG_S
from stores import completed, fill, new_task, opened, ordinary_user, small_disk, store_in

import gasflux.db
from gasflux.db import Database, StorageFullError
from gasflux.errors import StorageError, UnknownIdError
from gasflux.service.tasks.records import TaskQuery, TaskStatus
from gasflux.service.tasks.store import TaskStore
from gasflux.storage.schema import MIGRATIONS

DOCUMENT = """
CREATE TABLE tasks (
task_id TEXT PRIMARY KEY,
status TEXT NOT NULL, -- pending, processing, completed, failed
message TEXT,
error TEXT,
results TEXT, -- JSON
output_dir TEXT,
created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE api_keys (
key_id TEXT PRIMARY KEY,
key_hash TEXT NOT NULL,
name TEXT,
created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
last_used_at TIMESTAMP,
revoked INTEGER DEFAULT 0
);
INSERT INTO tasks (task_id, status, results, error, created_at) VALUES
 ('a', 'completed', '[{"name": "report.html", "url": "/download/a/report.html"}]', NULL, '2026-01-02T03:04:05.678'),
 ('b', 'processing', 'not JSON', NULL, NULL),
 ('c', 'failed', '{"x": 1}', 'no wind', '2026-01-02 03:04:05'),
 ('d', 'pending', NULL, NULL, '2026-01-02 03:04:05');
INSERT INTO api_keys (key_id, key_hash) VALUES ('k', 'abc');
"""
"""The statements as printed in the document, and rows as its program may have left them."""

INCREMENT = "UPDATE facts SET value = ? WHERE name = 'checks'"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(opened(tmp_path / "gasflux.db")) as made:
        yield made


def increment(database: Database, times: int) -> None:
    """Read a number, then write one more: lost when anybody writes in between."""
    for _ in range(times):
        with database.write() as connection:
            value = connection.execute("SELECT value FROM facts WHERE name = 'checks'").fetchone()[0]
            connection.execute(INCREMENT, (value + 1,))


def number(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("SELECT value FROM facts WHERE name = 'checks'").fetchone()[0])


def add_until_full(store: TaskStore) -> int:
    """Add tasks until the disk is full; return how many were accepted."""
    accepted = 0

    def add_on() -> None:
        nonlocal accepted
        for _ in range(1000):
            store.add(new_task("x" * 3000))
            accepted += 1

    with pytest.raises(StorageFullError, match="disk is full; free some space"):
        add_on()
    assert store.counts().pending == accepted
    return accepted


def plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None)


# -- transactions


def test_eight_threads_lose_no_write(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: increment(database, 100), range(8)))
    assert number(database) == 800


def test_eight_processes_lose_no_write(database: Database) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[2:];"
        "from test_db import increment; from gasflux.db import Database; increment(Database(Path(sys.argv[1])), 100)"
    )
    command = [sys.executable, "-c", code, str(database.path), *map(str, Path(__file__).parents[:2])]
    processes = [subprocess.Popen(command) for _ in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    assert number(database) == 800


def test_an_exception_undoes_the_transaction(database: Database) -> None:
    def half_done() -> None:
        with database.write() as connection:
            connection.execute(INCREMENT, (7,))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert number(database) == 0
    increment(database, 1)


def test_reading_sees_one_state_and_writes_nothing(database: Database) -> None:
    with database.read() as connection:
        before = number(database)
        thread = threading.Thread(target=increment, args=(database, 1))
        thread.start()
        thread.join()
        assert number(database) == before
    with database.read() as connection:
        connection.execute(INCREMENT, (99,))
    assert number(database) == before + 1


def test_mistakes_in_sql_stay_mistakes(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column"), database.read() as connection:
        connection.execute("SELECT nonsense FROM tasks")


def test_connections_of_ended_threads_are_closed(database: Database) -> None:
    for _ in range(20):
        thread = threading.Thread(target=increment, args=(database, 1))
        thread.start()
        thread.join()
    # The thread of the test and the last one that ended: whoever opens next closes those left behind.
    assert len(database._sessions) <= 2


def test_closing_between_asking_and_using_refuses_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    session = database._session()
    monkeypatch.setattr(database, "_session", lambda: session)  # what a thread holds that is overtaken by `close`
    database.close()
    with pytest.raises(StorageError, match="closed"), database.read():
        raise AssertionError("a closed connection was handed out")


def test_closing_waits_and_then_refuses(database: Database) -> None:
    inside, done = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with database.write() as connection:
            inside.set()
            time.sleep(0.1)
            connection.execute(INCREMENT, (5,))
        done.set()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert inside.wait(HANG_S)
    database.close()
    thread.join()
    assert done.is_set()
    with pytest.raises(StorageError, match="closed"):
        number(database)


# -- migrations


def test_the_file_is_in_wal_mode_and_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = opened(tmp_path / "new" / "gasflux.db")
        increment(database, 1)
        database.copy_to(tmp_path / "copy.db")
    finally:
        os.umask(before)
    with database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    if os.name == "posix":
        files = [*(tmp_path / "new").iterdir(), tmp_path / "copy.db"]
        assert len(files) == 4
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    database.close()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "gasflux.db"
    path.touch(0o644)
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_migrating_twice_and_from_many_sides_changes_nothing(tmp_path: Path) -> None:
    databases = [Database(tmp_path / "gasflux.db") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Database.migrate, databases))
    completed(store_in(databases[0]))
    databases[1].migrate()
    assert store_in(databases[2]).counts().completed == 1
    for database in databases:
        database.close()


def test_a_migration_happens_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path / "gasflux.db").close()
    broken = (*MIGRATIONS, ("CREATE TABLE half (x)", "CREATE NONSENSE"))
    monkeypatch.setattr(gasflux.db, "MIGRATIONS", broken)
    with closing(Database(tmp_path / "gasflux.db")) as database, pytest.raises(sqlite3.OperationalError):
        database.migrate()
    with closing(plain(tmp_path / "gasflux.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()


def test_a_newer_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with closing(plain(tmp_path / "gasflux.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = (tmp_path / "gasflux.db").read_bytes()
    with closing(Database(tmp_path / "gasflux.db")) as database, pytest.raises(StorageError, match=r"newer .* 99"):
        database.migrate()
    assert (tmp_path / "gasflux.db").read_bytes() == content


def test_a_database_of_the_document_is_taken_over(tmp_path: Path) -> None:
    with closing(plain(tmp_path / "gasflux.db")) as connection:
        connection.executescript(DOCUMENT)
    with closing(opened(tmp_path / "gasflux.db")) as database:
        store = store_in(database)
        tasks = {task.task_id: task for task in store.page(TaskQuery()).tasks}
        assert {key: str(task.status) for key, task in tasks.items()} == {
            "a": "completed",
            "b": "failed",
            "c": "failed",
            "d": "failed",
        }
        assert [file.name for file in tasks["a"].results] == ["report.html"]
        assert f"{tasks['a'].created_at:%Y-%m-%d %H:%M:%S}" == "2026-01-02 03:04:05"
        assert tasks["c"].failure is not None
        assert tasks["c"].failure.message == "no wind"
        assert tasks["d"].failure is not None
        assert "upload the file again" in tasks["d"].failure.message
        store.add(new_task())
        assert store.claim() is not None


def test_the_sql_of_the_document_works(database: Database) -> None:
    store = store_in(database)
    old, recent = completed(store), completed(store)
    store.add(new_task())
    with database.write() as connection:
        connection.execute("UPDATE tasks SET updated_at = datetime('now', '-8 days') WHERE task_id = ?", (old.task_id,))
    before = store.version()
    with closing(plain(database.path)) as connection:
        assert connection.execute("SELECT * FROM tasks WHERE status = 'failed'").fetchall() == []
        groups = connection.execute("SELECT COUNT(*), status FROM tasks GROUP BY status").fetchall()
        assert sorted(groups) == [(1, "pending"), (2, "completed")]
        connection.execute("DELETE FROM tasks WHERE status = 'completed' AND updated_at < datetime('now', '-7 days')")
        connection.execute("VACUUM")
    with pytest.raises(UnknownIdError):
        store.get(old.task_id)
    assert store.get(recent.task_id).status is TaskStatus.COMPLETED
    assert store.version() > before
    assert [task.queue_position for task in store.queue()] == [1]


# -- copies


def test_a_copy_is_one_consistent_file_although_writing_goes_on(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            increment(database, 1)

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        for _ in range(5):
            database.copy_to(tmp_path / "copy.db")
    finally:
        stop.set()
        thread.join()
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    with closing(plain(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("SELECT value FROM facts WHERE name = 'known_since'").fetchone()[0] is None
    with closing(opened(tmp_path / "copy.db")) as restored:
        assert store_in(restored).known_since() >= store_in(database).known_since()


# -- what goes wrong


def test_check_reads_and_writes(database: Database) -> None:
    database.check()
    assert number(database) == 1


def test_locked_by_another_process(tmp_path: Path) -> None:
    # 0.2 s: long enough that the wait shows, short enough for a test.
    with closing(opened(tmp_path / "gasflux.db", 0.2)) as database, closing(plain(database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StorageError, match="locked by another program") as raised:
            database.check()
        assert time.monotonic() - began > 0.15  # it has waited
        assert raised.value.retry_after_s > 0
        assert number(database) == 0
        other.execute("ROLLBACK")
        database.check()


def test_a_full_disk_as_sqlite_sees_it(database: Database) -> None:
    with database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    store = store_in(database)
    accepted = add_until_full(store)
    with database.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    store.add(new_task("x" * 3000))
    assert store.counts().pending == accepted + 1


def test_a_really_full_disk() -> None:
    with small_disk(1024 * 1024) as folder, closing(opened(folder / "gasflux.db")) as database:
        store = store_in(database)
        fill(folder / "other")
        accepted = add_until_full(store)
        (folder / "other").unlink()
        store.add(new_task())
        database.check()
        assert store.counts().pending == accepted + 1


def test_a_disk_that_is_full_at_start() -> None:
    with small_disk(256 * 1024) as folder:
        fill(folder / "other")
        with closing(Database(folder / "gasflux.db")) as database:
            with pytest.raises(StorageFullError):
                database.migrate()
            (folder / "other").unlink()
            database.migrate()
            database.check()


def test_a_read_only_folder() -> None:
    with ordinary_user() as folder:
        opened(folder / "gasflux.db").close()
        (folder / "gasflux.db").chmod(0o400)
        folder.chmod(0o500)
        with closing(Database(folder / "gasflux.db")) as database:
            with pytest.raises(StorageError, match="write"):
                database.migrate()
            folder.chmod(0o700)
            (folder / "gasflux.db").chmod(0o600)
            database.migrate()
            database.check()


def test_a_folder_that_cannot_be_made() -> None:
    with ordinary_user() as folder:
        folder.chmod(0o500)
        with closing(Database(folder / "inner" / "gasflux.db")) as database:
            with pytest.raises(StorageError, match="Permission denied"):
                database.migrate()
            folder.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="Windows moves no file that is in use")
def test_a_vanished_file_is_an_error_and_not_an_empty_database(tmp_path: Path) -> None:
    database = opened(tmp_path / "gasflux.db")
    database.path.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        database.check()
    with ThreadPoolExecutor(1) as pool, pytest.raises(StorageError):
        pool.submit(number, database).result()
    assert not database.path.exists()
    database.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "gasflux.db"
    path.write_bytes(b"this is not a database" * 1000)
    with closing(Database(path)) as database, pytest.raises(StorageError) as raised:
        database.migrate()
    assert str(path) in str(raised.value)
    assert "put a backup in its place" in str(raised.value)
    assert path.read_bytes() == b"this is not a database" * 1000


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "gasflux.db"
    with closing(opened(path)) as database:
        store = store_in(database)
        for _ in range(200):
            store.add(new_task("x" * 200))
    content = bytearray(path.read_bytes())
    content[8192:40960] = b"\xff" * 32768
    path.write_bytes(content)
    with closing(Database(path)) as database, pytest.raises(StorageError, match="damaged") as raised:
        database.migrate()
    assert str(path) in str(raised.value)
    assert path.stat().st_size == len(content)
