from __future__ import annotations

import logging
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from patience import HANG_S, wait_until
from stores import RESULT, backdate, completed, fill, new_task, opened, ordinary_user, small_disk, store_in

from gasflux.configuration.service_settings import CleanupSettings, LimitSettings, Settings
from gasflux.db import Database, StorageFullError
from gasflux.errors import UnknownIdError
from gasflux.janitor import Janitor, SweepReport
from gasflux.jobs.records import JobFailure
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task, TaskStatus
from gasflux.service.tasks.store import TaskStore
from gasflux.storage.clock import utc_now

HOUR, DAY = 3600, 86400

AGES = CleanupSettings()
"""The ages of the document: completed 1 h, failed 7 d, unfinished 1 d."""

NO_PRESSURE = LimitSettings(min_free_bytes=0)


@dataclass
class Place:
    """A service's data: database, tasks, folders, and who cleans them."""

    database: Database
    store: TaskStore
    folders: TaskFolders
    janitor: Janitor

    def files_of(self, task_id: str, size: int = 10) -> None:
        """Give a task the files it would have."""
        for folder in (self.folders.upload_dir(task_id), self.folders.output_dir(task_id)):
            folder.mkdir(parents=True)
            (folder / "file").write_bytes(b"x" * size)

    def task(self, status: TaskStatus, age_s: float = 0, size: int = 10) -> str:
        """Return a task of that status and age, with its files; no other may wait."""
        task_id = self.store.add(new_task())[0].task_id
        attempt = 0 if status is TaskStatus.PENDING else self.claimed(task_id)
        if status is TaskStatus.COMPLETED:
            self.store.complete(task_id, attempt, RESULT)
        elif status is TaskStatus.FAILED:
            self.store.fail(task_id, attempt, JobFailure("invalid_input", "no wind"))
        self.files_of(task_id, size)
        backdate(self.database, [task_id], age_s)
        return task_id

    def claimed(self, task_id: str) -> int:
        task = self.store.claim()
        assert task is not None
        assert task.task_id == task_id
        return task.attempts

    def has_files(self, task_id: str) -> bool:
        return self.folders.upload_dir(task_id).exists() or self.folders.output_dir(task_id).exists()

    def is_there(self, task_id: str) -> bool:
        """Whether row and files are there; half of a task fails the test."""
        has_row = task_id in self.store.known_ids()
        assert has_row == self.has_files(task_id)
        return has_row

    def all_files(self) -> set[Path]:
        return {path for root in (self.folders.uploads, self.folders.outputs) for path in root.rglob("*")}


def place_at(root: Path, limits: LimitSettings = NO_PRESSURE, busy_timeout_s: float = 10.0) -> Place:
    folders = TaskFolders(root / "uploads", root / "outputs")
    folders.prepare()
    database = opened(root / "outputs" / "gasflux.db", busy_timeout_s)
    store = store_in(database)
    return Place(database, store, folders, Janitor(store, folders, Settings(cleanup=AGES, limits=limits)))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = place_at(tmp_path)
    with closing(made.database):
        yield made


# -- ages


@pytest.mark.parametrize(
    ("status", "age_s", "goes"),
    [
        (TaskStatus.COMPLETED, HOUR - 60, False),
        (TaskStatus.COMPLETED, HOUR + 60, True),
        (TaskStatus.FAILED, 7 * DAY - 60, False),
        (TaskStatus.FAILED, 7 * DAY + 60, True),
        (TaskStatus.PENDING, HOUR + 60, False),
        (TaskStatus.PROCESSING, HOUR + 60, False),
    ],
)
def test_the_ages_of_the_document(place: Place, status: TaskStatus, age_s: float, goes: bool) -> None:
    task_id = place.task(status, age_s)
    report = place.janitor.sweep()
    assert report.removed == ((task_id,) if goes else ())
    assert place.is_there(task_id) is not goes
    assert report.stopped is None


def test_pinned_tasks_stay_for_ever(place: Place) -> None:
    task_id = place.task(TaskStatus.COMPLETED)
    place.store.pin(task_id, True)
    backdate(place.database, [task_id], 999 * DAY)
    place.janitor.sweep()
    assert place.is_there(task_id)


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.PROCESSING])
def test_what_never_finished_fails_and_is_kept(place: Place, status: TaskStatus) -> None:
    given_up: list[Task] = []
    janitor = Janitor(place.store, place.folders, Settings(limits=NO_PRESSURE), given_up.append)
    task_id = place.task(status, DAY + 60)
    assert janitor.sweep().given_up == (task_id,)
    task = place.store.get(task_id)
    assert task.failure is not None
    assert (task.status, task.failure.type) == (TaskStatus.FAILED, "expired")
    assert [task.task_id for task in given_up] == [task_id]
    assert place.is_there(task_id)
    assert not place.store.complete(task_id, 1, RESULT)


def test_a_rerun_of_an_old_task_has_its_time_anew(place: Place) -> None:
    task_id = place.task(TaskStatus.FAILED, 3 * DAY)
    place.store.rerun(task_id)
    assert place.janitor.sweep().given_up == ()


def test_it_says_when_a_task_goes(place: Place) -> None:
    done = place.store.get(place.task(TaskStatus.COMPLETED))
    bad = place.store.get(place.task(TaskStatus.FAILED))
    assert place.janitor.delete_at(done) == done.updated_at + timedelta(hours=1)
    assert place.janitor.delete_at(bad) == bad.updated_at + timedelta(days=7)
    assert place.janitor.delete_at(replace(done, pinned=True)) is None
    assert place.janitor.delete_at(place.store.get(place.task(TaskStatus.PENDING))) is None
    when = place.janitor.delete_at(done)
    assert when is not None
    assert place.janitor.sweep(when - timedelta(seconds=1)).removed == ()
    assert place.janitor.sweep(when).removed == (done.task_id,)


# -- space


def test_on_a_nearly_full_disk_the_oldest_finished_go_first(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Half of what three tasks take is asked for: two of them have to go."""
    size = 200_000_000
    ages = (3000, 2400, 1800)
    unfinished = place.task(TaskStatus.PROCESSING, 3500)
    tasks = [place.task(TaskStatus.COMPLETED, age_s) for age_s in ages]
    pinned = place.task(TaskStatus.COMPLETED, 3500)
    place.store.pin(pinned, True)
    backdate(place.database, [pinned], 3500)
    recent = place.task(TaskStatus.COMPLETED, 60)
    free = FreeSpace(place, tasks, size)
    with caplog.at_level(logging.WARNING):
        report = Janitor(
            place.store, free, Settings(cleanup=AGES, limits=LimitSettings(min_free_bytes=2 * size))
        ).sweep()
    assert report.removed_for_space == tuple(tasks[:2])
    assert caplog.text.count("the disk is nearly full") == 2
    assert [place.is_there(task_id) for task_id in (*tasks, unfinished, pinned, recent)] == [False] * 2 + [True] * 4


class FreeSpace(TaskFolders):
    """Folders on a disk of which some tasks take `size` bytes each and the rest is full; no real disk is that size."""

    def __init__(self, place: Place, tasks: list[str], size: int) -> None:
        super().__init__(place.folders.uploads, place.folders.outputs)
        self._place, self._tasks, self._size = place, tasks, size

    def free_bytes(self) -> int:
        return sum(self._size for task_id in self._tasks if not self._place.has_files(task_id))


def test_results_that_somebody_is_fetching_do_not_go_for_space(tmp_path: Path) -> None:
    place = place_at(tmp_path, LimitSettings(min_free_bytes=1 << 60))
    with closing(place.database):
        recent, older = place.task(TaskStatus.COMPLETED, 60), place.task(TaskStatus.COMPLETED, 1200)
        assert place.janitor.sweep().removed_for_space == (older,)
        assert place.is_there(recent)


def test_where_not_even_a_mark_can_be_written_the_files_go_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first write of the sweep meets a full disk, as long as the oldest files are there."""
    kept, changed, old = (place.task(TaskStatus.COMPLETED, age_s) for age_s in (60, HOUR + 120, HOUR + 60))
    seen = place.store.expired(AGES, utc_now())
    place.store.pin(changed, True)
    monkeypatch.setattr(place.store, "expired", lambda *_: seen)
    with place.database.write() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON tasks"
            " BEGIN INSERT INTO audit VALUES (0, randomblob(9999), 0, 0, 0, 0); END"
        )
    with place.database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    report = place.janitor.sweep()
    assert report.stopped is None
    assert report.removed == (old,)
    assert [place.is_there(task_id) for task_id in (kept, changed, old)] == [True, True, False]


class FullStore(TaskStore):
    """A store on a disk so full that no transaction begins."""

    def begin_cleaning(self, task: Task) -> bool:
        raise StorageFullError("full", 5)


def test_what_was_changed_meanwhile_stays_on_a_full_disk_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned, deleted, old = (place.task(TaskStatus.COMPLETED, HOUR + 60) for _ in range(3))
    seen = place.store.expired(AGES, utc_now())
    place.store.pin(pinned, True)
    place.store.begin_delete(deleted)
    store = FullStore(place.database, max_queue=1, max_attempts=1)
    monkeypatch.setattr(store, "expired", lambda *_: seen)
    report = Janitor(store, place.folders, Settings(limits=NO_PRESSURE)).sweep()
    assert set(report.removed) == {deleted, old}
    assert place.is_there(pinned)


def test_a_really_full_disk_is_made_room_on() -> None:
    with small_disk(2 * 1024 * 1024) as root:
        place = place_at(root, LimitSettings(min_free_bytes=700_000))
        with closing(place.database):
            tasks = [place.task(TaskStatus.COMPLETED, age_s, 200_000) for age_s in (2400, 1800, 1200)]
            waiting = place.task(TaskStatus.PENDING)
            fill(place.folders.upload_dir(waiting) / "upload")
            with pytest.raises(OSError, match="No space"):
                (root / "probe").write_bytes(b"x" * 5000)
            report = place.janitor.sweep()
            assert report.stopped is None
            assert report.removed_for_space == tuple(tasks[:2])
            assert place.folders.free_bytes() >= 700_000
            assert [place.is_there(task_id) for task_id in (*tasks, waiting)] == [False, False, True, True]
            place.database.check()


# -- deletions that were not finished


def test_a_deletion_cut_off_at_any_point_is_finished(place: Place) -> None:
    before, between = place.task(TaskStatus.COMPLETED), place.task(TaskStatus.COMPLETED)
    for task_id in (before, between):
        place.store.begin_delete(task_id)
    place.folders.remove(between)
    assert set(place.janitor.sweep().removed) == {before, between}
    assert not place.is_there(before)
    assert not place.is_there(between)


def test_a_task_deleted_in_work_keeps_its_files_until_the_work_has_ended(place: Place) -> None:
    task_id = place.task(TaskStatus.PROCESSING)
    place.store.begin_delete(task_id)
    assert place.janitor.sweep().removed == ()
    assert place.is_there(task_id)
    place.store.fail(task_id, 1, JobFailure("cancelled", "x"))
    assert place.janitor.sweep().removed == (task_id,)


def test_files_that_are_held_keep_their_row_until_they_go() -> None:
    with ordinary_user() as root:
        place = place_at(root)
        with closing(place.database):
            task_id = place.task(TaskStatus.COMPLETED, HOUR + 60)
            place.folders.output_dir(task_id).chmod(0o500)
            report = place.janitor.sweep()
            assert report.removed == ()
            assert len(report.left) == 1
            assert task_id in place.store.known_ids()
            with pytest.raises(UnknownIdError):
                place.store.get(task_id)
            place.folders.output_dir(task_id).chmod(0o700)
            assert place.janitor.sweep().removed == (task_id,)
            assert not place.is_there(task_id)


# -- orphans and strangers


def orphan(place: Place, age_s: float) -> str:
    """Return the name of a folder without a row, last changed then."""
    task_id = str(uuid.uuid4())
    place.files_of(task_id)
    moment = (utc_now() - timedelta(seconds=age_s)).timestamp()
    for folder in (place.folders.upload_dir(task_id), place.folders.output_dir(task_id)):
        for path in (folder / "file", folder):
            os.utime(path, (moment, moment))
    return task_id


def grown_old(place: Place, age_s: float = 100 * DAY) -> None:
    """Let the database have been there for long."""
    with place.database.write() as connection:
        connection.execute(
            "UPDATE facts SET value = datetime('now', ?) WHERE name = 'known_since'", (f"-{age_s} seconds",)
        )


def test_folders_without_a_task_go_after_a_day(place: Place) -> None:
    grown_old(place)
    old, young = orphan(place, DAY + 60), orphan(place, DAY - 60)
    assert place.janitor.sweep().orphans == (old,)
    assert not place.has_files(old)
    assert place.has_files(young)


def test_rows_removed_by_hand_leave_folders_that_go(place: Place) -> None:
    task_id = place.task(TaskStatus.COMPLETED)
    with closing(sqlite3.connect(place.database.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM tasks")
    assert place.janitor.sweep().orphans == ()
    assert place.janitor.sweep(utc_now() + timedelta(days=1, minutes=1)).orphans == (task_id,)


def test_a_new_empty_database_does_not_condemn_the_results_of_the_old_one(place: Place) -> None:
    task_id = orphan(place, 30 * DAY)
    report = place.janitor.sweep()
    assert report.orphans == ()
    assert report.unexplained == (task_id,)
    assert place.has_files(task_id)


def test_a_restored_copy_does_not_condemn_what_came_after_it(place: Place, tmp_path: Path) -> None:
    grown_old(place)
    place.database.copy_to(tmp_path / "copy.db")
    later = orphan(place, 2 * DAY)
    with closing(opened(tmp_path / "copy.db")) as restored:
        janitor = Janitor(store_in(restored), place.folders, Settings(limits=NO_PRESSURE))
        report = janitor.sweep()
    assert (report.orphans, report.unexplained) == ((), (later,))


def test_what_is_no_task_stays_and_is_counted(place: Place, tmp_path: Path) -> None:
    grown_old(place)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    strangers = [place.folders.uploads / "notes.txt", place.folders.outputs / "my results"]
    strangers[0].touch()
    strangers[1].mkdir()
    link = place.folders.outputs / str(uuid.uuid4())
    link.symlink_to(tmp_path / "other")
    (place.folders.outputs / ".gasflux.lock").touch()
    report = place.janitor.sweep(utc_now() + timedelta(days=400))
    assert set(report.unexplained) == {str(path) for path in (*strangers, link)}
    assert report.orphans == ()
    assert (tmp_path / "other" / "file").exists()


def test_a_row_of_another_program_is_not_cleaned(place: Place) -> None:
    with place.database.write() as connection:
        connection.execute(
            "INSERT INTO tasks (task_id, status, created_at, updated_at) VALUES ('../x', 'completed', ?, ?)",
            ("2020-01-01 00:00:00", "2020-01-01 00:00:00"),
        )
    report = place.janitor.sweep()
    assert (report.removed, report.unexplained) == ((), ("../x",))
    assert "../x" in place.store.known_ids()


# -- a state that cannot be read


def lock(place: Place) -> Callable[[], None]:
    """Lock the database; return how to unlock it."""
    other = sqlite3.connect(place.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def shut(place: Place) -> Callable[[], None]:
    """Close the database for good, as a service that stops does."""
    place.database.close()
    return lambda: None


@pytest.mark.parametrize("harm", [lock, shut])
def test_without_the_state_nothing_is_deleted(tmp_path: Path, harm: Callable[[Place], Callable[[], None]]) -> None:
    place = place_at(tmp_path, LimitSettings(min_free_bytes=1 << 60), busy_timeout_s=0.1)
    grown_old(place)
    place.task(TaskStatus.PROCESSING, 2 * DAY)
    place.task(TaskStatus.COMPLETED, 9 * DAY)
    place.task(TaskStatus.FAILED, 9 * DAY)
    orphan(place, 9 * DAY)
    before = place.all_files()
    mend = harm(place)
    report = place.janitor.sweep()
    mend()
    assert report.stopped is not None
    assert report == SweepReport(report.at, stopped=report.stopped)
    assert {path for path in before if "gasflux.db" not in path.name} <= place.all_files()
    place.database.close()


def test_a_damaged_database_deletes_nothing(place: Place) -> None:
    grown_old(place)
    place.task(TaskStatus.COMPLETED, 9 * DAY)
    orphan(place, 9 * DAY)
    before = place.all_files()
    place.database.close()
    place.database.path.write_bytes(b"\xff" * place.database.path.stat().st_size)
    with closing(Database(place.database.path)) as damaged:
        janitor = Janitor(store_in(damaged), place.folders, Settings(limits=NO_PRESSURE))
        report = janitor.sweep()
    assert report.stopped is not None
    assert "put a backup in its place" in report.stopped
    assert {path for path in before if "gasflux.db" not in path.name} <= place.all_files()


def test_it_goes_on_when_the_database_is_free_again(tmp_path: Path) -> None:
    place = place_at(tmp_path, busy_timeout_s=0.1)
    task_id = place.task(TaskStatus.COMPLETED, HOUR + 60)
    mend = lock(place)
    stopped = place.janitor.sweep().stopped
    assert stopped is not None
    assert "locked" in stopped
    mend()
    assert place.janitor.sweep().removed == (task_id,)
    place.database.close()


# -- the thread


def test_the_thread_sweeps_again_and_again_and_stops(place: Place) -> None:
    settings = Settings(cleanup=replace(AGES, task_cleanup_interval=1), limits=NO_PRESSURE)
    janitor = Janitor(place.store, place.folders, settings)
    first = completed(place.store).task_id
    backdate(place.database, [first], HOUR + 60)
    completed(place.store)  # after a long silence the first sweep would only look
    janitor.start()
    assert janitor.is_alive()
    # The first sweep comes at once, the second after a second.
    wait_until(lambda: first not in place.store.known_ids(), "the first sweep")
    second = completed(place.store).task_id
    backdate(place.database, [second], HOUR + 60)
    wait_until(lambda: second not in place.store.known_ids(), "the second sweep")
    janitor.stop(HANG_S)
    assert not janitor.is_alive()


def test_the_thread_is_stopped_in_its_pause(place: Place) -> None:
    """A pause of an hour, so that a stop that waited for it would not come."""
    janitor = Janitor(place.store, place.folders, Settings(cleanup=AGES, limits=NO_PRESSURE))
    first = completed(place.store).task_id
    backdate(place.database, [first], HOUR + 60)
    completed(place.store)
    janitor.start()
    wait_until(lambda: first not in place.store.known_ids(), "the first sweep")
    janitor.stop(HANG_S)
    assert not janitor.is_alive()
