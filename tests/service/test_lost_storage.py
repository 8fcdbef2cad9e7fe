"""Files and folders of the service that vanish while it runs, or between two runs: nothing accepted is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from api_service import BOOTSTRAP, running_api, settings_in
from live_server import LiveServer, ended, live_server
from patience import HANG_S, wait_until
from quick_flight import quick_flight
from stores import completed, new_task, opened, small_disk, store_in

from gasflux.db import RESCUED
from gasflux.errors import StorageError
from gasflux.service.keys.store import KeyStore
from gasflux.service.tasks.opening import MARK, opened_database
from gasflux.service.uploads.intake import Upload

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody remove a file that is in use")

ONE_WORKER = {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY": BOOTSTRAP}
ADMIN = {"X-Admin-Bootstrap-Key": BOOTSTRAP}
BIG_BYTES = 600_000
"""Above what Waitress keeps of a body in memory."""


def upload(server: LiveServer, **options: Any) -> requests.Response:
    file = ("flight.csv", options.pop("content", quick_flight()))
    return requests.post(f"{server.url}/upload", files={"file": file}, headers=ADMIN, timeout=HANG_S, **options)


def health(server: LiveServer) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{server.url}/health", timeout=HANG_S)
    return answer.status_code, answer.json()["data"]["checks"]


def task_of(server: LiveServer, task_id: str) -> dict[str, Any]:
    answer = requests.get(f"{server.url}/task/{task_id}", timeout=HANG_S)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def done(server: LiveServer) -> str:
    """Return the id of a task that has gone all the way."""
    answer = upload(server)
    assert answer.status_code == 202, answer.text
    task_id = str(answer.json()["data"]["task_id"])
    wait_until(lambda: task_of(server, task_id)["status"] == "completed", lambda: task_of(server, task_id))
    return task_id


def refused_start(server: LiveServer) -> str:
    """Return what a server says that does not start."""
    with pytest.raises(AssertionError, match="the server did not start"):
        server.start()
    assert server.process is not None
    assert server.process.returncode == 1
    assert "Traceback" not in server.console()
    return server.console()


def task_folders(server: LiveServer) -> set[str]:
    return {path.name for path in server.uploads.iterdir() if not path.name.startswith(".")}


@contextmanager
def used_server(folder: Path) -> Iterator[tuple[LiveServer, str]]:
    """Yield a server that does not run any more, and the task it has completed."""
    server = LiveServer(folder, ONE_WORKER)
    with ended(server):
        server.start()
        task_id = done(server)
        server.terminate(within_s=HANG_S)
        yield server, task_id


# -- the database, while the server runs


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_uploads_are_refused_when_the_database_is_gone_and_nothing_is_lost(tmp_path: Path, how: str) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        before = done(server)
        if how == "removed":
            server.database.unlink()
        else:
            opened(tmp_path / "another.db").close()
            (tmp_path / "another.db").replace(server.database)
        for _ in range(3):
            answer = upload(server)
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"]["type"] == "storage_unavailable"
            assert int(answer.headers["Retry-After"]) > 0
            assert "removed or replaced" in answer.json()["message"]
            assert str(tmp_path) not in answer.text
        status, checks = health(server)
        assert (status, checks["database"]["status"]) == (503, "failed")
        assert "removed or replaced" in checks["database"]["message"]
        assert task_folders(server) == {before}
        server.kill()

        # What the server had is in the copy it saved, and the sentence says where.
        Path(f"{server.database}{RESCUED}").replace(server.database)
        server.start()
        assert task_of(server, before)["status"] == "completed"
        assert done(server) != before


def test_a_database_that_comes_back_is_used_again(tmp_path: Path) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        server.database.rename(tmp_path / "elsewhere")
        assert upload(server).status_code == 503
        (tmp_path / "elsewhere").rename(server.database)
        assert done(server)
        assert health(server)[0] == 200


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_removed_part_of_the_database_is_told_and_loses_nothing(tmp_path: Path, ending: str) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        before = done(server)
        Path(f"{server.database}{ending}").unlink()
        answer = upload(server)
        assert answer.status_code == 503, answer.text
        assert f"gasflux.db{ending}" in answer.json()["message"]
        assert health(server)[0] == 503
        server.kill()  # what stood only in the removed file would be gone now
        server.start()
        assert task_of(server, before)["status"] == "completed"
        assert done(server)


def test_a_task_in_work_when_the_database_goes_ends_once(tmp_path: Path) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        done(server)
        task_ids = [upload(server).json()["data"]["task_id"] for _ in range(3)]
        server.database.unlink()
        rescued = Path(f"{server.database}{RESCUED}")
        wait_until(rescued.exists)  # by itself: nobody asks anything
        server.kill()
        rescued.replace(server.database)
        server.start()
        wait_until(lambda: {task_of(server, task_id)["status"] for task_id in task_ids} == {"completed"})


def test_a_write_under_way_when_the_file_goes_is_undone(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "gasflux.db")) as database:
        store = store_in(database)
        store.add(new_task())

        def add_while_it_goes() -> None:
            with database.write():
                store.add(new_task())
                database.path.rename(tmp_path / "elsewhere")

        with pytest.raises(StorageError, match="removed or replaced"):
            add_while_it_goes()
        (tmp_path / "elsewhere").rename(database.path)
        assert store.counts().pending == 1
        assert store.add(new_task())[1]


def test_a_replaced_database_is_not_read_by_new_threads(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "gasflux.db")) as database:
        task = completed(store_in(database))
        opened(tmp_path / "other.db").close()
        (tmp_path / "other.db").replace(database.path)
        with ThreadPoolExecutor(1) as pool, pytest.raises(StorageError, match="replaced"):
            pool.submit(store_in(database).known_ids).result()
        assert store_in(database).get(task.task_id) == task  # what is open still answers
    with closing(opened(tmp_path / f"gasflux.db{RESCUED}")) as rescued:
        assert store_in(rescued).get(task.task_id) == task


def test_threads_that_end_do_not_take_the_wal_along(tmp_path: Path) -> None:
    """The last connection removes -wal: when all threads have ended, the next one must not find its file replaced."""
    with ThreadPoolExecutor(1) as first:
        database = first.submit(opened, tmp_path / "gasflux.db").result()
    for _ in range(3):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(store_in(database).add, new_task()).result()[1]
    database.close()


def test_another_program_that_reads_does_not_take_the_wal_along(tmp_path: Path) -> None:
    """Nor has the start given up the locks that keep it from doing so."""
    settings = settings_in(tmp_path)
    opened(settings.database.path).close()
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM tasks').fetchall()"
    with closing(opened_database(settings)) as database:
        store_in(database).add(new_task())
        subprocess.run([sys.executable, "-c", code, str(database.path)], check=True)
        database.check()


def test_a_copy_that_finds_no_room_is_made_when_there_is_some() -> None:
    with small_disk(1024 * 1024) as folder, closing(opened(folder / "gasflux.db")) as database:
        store = store_in(database)
        store.add(new_task("x" * 100_000))
        # All but a third of what the row alone takes.
        (folder / "other").write_bytes(bytes(shutil.disk_usage(folder).free - 32_768))
        database.path.unlink()
        with pytest.raises(StorageError, match="removed or replaced"):
            store.add(new_task())
        assert not (folder / f"gasflux.db{RESCUED}").exists()
        (folder / "other").unlink()
        assert store.counts().pending == 1
        assert (folder / f"gasflux.db{RESCUED}").exists()


# -- the database, at the start


@pytest.mark.parametrize("content", [None, b""], ids=["gone", "empty"])
def test_no_server_starts_without_the_database_of_its_folders(tmp_path: Path, content: bytes | None) -> None:
    with used_server(tmp_path) as (server, task_id):
        server.database.rename(tmp_path / "kept.db")
        if content is not None:
            server.database.write_bytes(content)
        said = refused_start(server)
        assert str(server.database) in said
        assert "restore a backup" in said
        assert (tmp_path / "kept.db").replace(server.database)
        server.start()
        assert task_of(server, task_id)["status"] == "completed"


def test_task_folders_alone_keep_a_server_from_starting_anew(tmp_path: Path) -> None:
    with used_server(tmp_path) as (server, task_id):
        server.database.unlink()
        for folder in (server.uploads, server.outputs):
            (folder / MARK).unlink()
        assert task_id in refused_start(server)


def test_an_administrator_may_begin_anew(tmp_path: Path) -> None:
    with used_server(tmp_path) as (server, _):
        for folder in (server.uploads, server.outputs):
            shutil.rmtree(folder)
        assert done(server.start())


def test_a_lost_database_does_not_reopen_the_first_run(tmp_path: Path) -> None:
    """No task is left, so nothing but the mark says that there were keys."""
    with running_api(tmp_path) as api:
        assert api.client.get("/tasks").status_code == 401
    (tmp_path / "gasflux.db").unlink()
    with pytest.raises(StorageError, match="there was one, with tasks and keys"), running_api(tmp_path):
        pass
    assert not (tmp_path / "gasflux.db").exists()


def test_no_key_is_made_in_the_place_of_a_lost_database(tmp_path: Path) -> None:
    with used_server(tmp_path) as (server, _):
        server.database.unlink()
        command = [sys.executable, "-m", "gasflux", "create-key", "--name", "me"]
        made = subprocess.run(command, env=server.environment, cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert made.returncode == 1
        assert "there was one, with tasks and keys" in made.stderr
        assert not server.database.exists()


def test_no_accepted_task_is_lost_with_the_wal_after_a_crash(tmp_path: Path) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        task_ids = [upload(server).json()["data"]["task_id"] for _ in range(3)]
        server.kill()
        for ending in ("-wal", "-shm"):
            Path(f"{server.database}{ending}").unlink(missing_ok=True)
        server.start()
        wait_until(lambda: {task_of(server, task_id)["status"] for task_id in task_ids} == {"completed"})


def test_keys_stand_in_the_file_itself(tmp_path: Path) -> None:
    """Who removes -wal after a crash must not remove the keys with it: the service would be open again."""
    with closing(opened(tmp_path / "gasflux.db")) as database:
        keys = KeyStore(database)
        revoked = keys.issue("another")
        keys.issue("first")
        keys.revoke(revoked.secret)
        shutil.copy(database.path, tmp_path / "without wal.db")
    with closing(sqlite3.connect(tmp_path / "without wal.db")) as copy:
        rows = copy.execute("SELECT name, revoked FROM api_keys ORDER BY name").fetchall()
    assert rows == [("another", 1), ("first", 0)]


# -- the folders, while the server runs


def big_flight() -> bytes:
    """Return a log whose body Waitress keeps on disk."""
    rows = quick_flight()
    return rows + b"\n" * (BIG_BYTES - len(rows))


@pytest.mark.parametrize("form", ["of known length", "in pieces"])
def test_the_folder_of_bodies_is_made_anew(tmp_path: Path, form: str) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        shutil.rmtree(server.uploads / ".incoming")
        if form == "of known length":
            assert upload(server, content=big_flight()).status_code == 202
        else:  # nobody knew that it would be large
            assert upload_in_pieces(server).status_code == 503
        assert health(server)[0] == 200
        assert upload(server, content=big_flight()).status_code == 202
        assert upload_in_pieces(server).status_code == 202


def upload_in_pieces(server: LiveServer) -> requests.Response:
    """Upload with an unknown length: nothing announces the body."""
    mark = "x" * 20
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="flight.csv"\r\n\r\n'.encode()
    body = iter([head, big_flight(), f"\r\n--{mark}--\r\n".encode()])
    headers = ADMIN | {"Content-Type": f"multipart/form-data; boundary={mark}"}
    return requests.post(f"{server.url}/upload", data=body, headers=headers, timeout=HANG_S)


@pytest.mark.parametrize("name", ["uploads", ".incoming"])
def test_a_folder_that_cannot_be_used_is_503_and_told(tmp_path: Path, name: str) -> None:
    """A file in its place cannot be made a folder, not even by root."""
    with live_server(tmp_path, ONE_WORKER) as server:
        before = done(server)
        folder = server.uploads if name == "uploads" else server.uploads / name
        folder.rename(tmp_path / "away")
        folder.touch()
        answers = [upload(server, content=big_flight()), upload_in_pieces(server)]
        answers += [upload(server)] if name == "uploads" else []
        for answer in answers:
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"]["type"] == "storage_unavailable"
            assert int(answer.headers["Retry-After"]) > 0
            assert str(tmp_path) not in answer.text
        status, checks = health(server)
        assert (status, checks["disk"]["status"]) == (503, "failed")
        assert task_of(server, before)["status"] == "completed"
        folder.unlink()
        (tmp_path / "away").rename(folder)
        assert health(server)[0] == 200
        assert upload(server, content=big_flight()).status_code == 202


def test_removed_uploads_are_told_until_somebody_puts_them_back(tmp_path: Path) -> None:
    with live_server(tmp_path, ONE_WORKER) as server:
        done(server)
        shutil.rmtree(server.uploads)
        assert {upload(server).status_code, upload(server, content=big_flight()).status_code} == {503}
        assert health(server)[0] == 503
        assert not server.uploads.exists()  # it may be a disk that is not mounted
        server.uploads.mkdir()
        assert health(server)[0] == 200
        assert done(server)


def test_an_upload_whose_folder_goes_meanwhile_is_503(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        incoming = api.service.intake.begin(0)
        part = incoming.open_part()
        part.write(b"x")
        shutil.rmtree(incoming.folder)
        with pytest.raises(StorageError, match="could not store the upload"):
            incoming.open_part()
        with pytest.raises(StorageError, match="could not store the upload"):
            incoming.keep(part, "input.csv", None)
        with pytest.raises(StorageError, match="could not store the upload"):
            api.service.intake.accept(incoming, Upload(part, "flight.csv"))
        api.service.intake.end(incoming)
