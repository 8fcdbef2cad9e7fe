from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import odd_jobs
import pytest
from patience import HANG_S, wait_until
from stores import new_task, opened, small_disk

from gasflux.configuration.service_settings import Settings, TaskSettings
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.pool import nothing
from gasflux.jobs.records import JobResult
from gasflux.service.tasks.changes import TaskChanges
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task, TaskStatus
from gasflux.service.tasks.runner import TaskRunner, worker_count
from gasflux.service.tasks.store import TaskStore
from gasflux.service.tasks.time_left import DurationEstimator
from gasflux.storage.clock import utc_now


@dataclass
class Bench:
    """A store, a runner with workers that do odd jobs, and what the runner announced."""

    root: Path
    store: TaskStore
    folders: TaskFolders
    runner: TaskRunner
    finished: list[Task] = field(default_factory=list)

    def add(self, act: str) -> str:
        """Queue a task."""
        new = new_task(input_name=act)
        self.folders.create(new.task_id)
        self.store.add(new)
        self.runner.wake()
        return new.task_id

    def let_go(self, task_id: str) -> None:
        """End the wait of a task."""
        odd_jobs.let_go(self.folders.log_path(task_id))

    def tell_once(self, task_id: str, act: str) -> None:
        """Have the next attempt do something else."""
        self.folders.log_path(task_id).with_name("once.txt").write_text(act)

    def until(self, task_id: str, is_so: Callable[[Task], bool]) -> Task:
        """Wait for a state of a task."""

        def seen() -> Task | None:
            task = self.store.get(task_id)
            return task if is_so(task) else None

        return wait_until(seen, lambda: self.store.get(task_id))

    def end_of(self, task_id: str) -> Task:
        """Wait for the end of a task."""
        return self.until(task_id, lambda task: task.status.is_final)

    def log_of(self, task_id: str) -> str:
        """Return the log of a task."""
        path = self.folders.log_path(task_id)
        return path.read_text() if path.exists() else ""


@contextmanager
def bench_in(
    root: Path,
    slots: int = 1,
    timeout_s: int = 10_000,
    hook: Callable[[Task], None] | None = None,
    store_type: type[TaskStore] = TaskStore,
    *,
    data: Path | None = None,
    room_wait_s: float = HANG_S,
) -> Iterator[Bench]:
    database = opened(root / "tasks.db", busy_timeout_s=0.1)
    store = store_type(database, max_queue=100, max_attempts=4)
    folders = TaskFolders((data or root) / "uploads", (data or root) / "outputs")
    folders.prepare()
    finished: list[Task] = []
    executor = LocalExecutor(slots, function=odd_jobs.act, setup=nothing)
    limits = replace(TaskSettings(), timeout=timeout_s, memory_limit=odd_jobs.MEMORY_LIMIT)
    settings = Settings(tasks=limits)
    runner = TaskRunner(store, executor, settings, folders, hook or finished.append, room_wait_s=room_wait_s)
    runner.start()
    try:
        yield Bench(root, store, folders, runner, finished)
    finally:
        runner.stop(0.0)
        database.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with bench_in(tmp_path) as bench:
        yield bench


def test_tasks_complete_in_their_order(bench: Bench) -> None:
    task_ids = [bench.add(f"good {number}") for number in range(3)]
    tasks = [bench.end_of(task_id) for task_id in task_ids]
    assert {task.status for task in tasks} == {TaskStatus.COMPLETED}
    assert [task.results[0].name for task in tasks] == ["report.html"] * 3
    assert (bench.folders.output_dir(task_ids[0]) / "report.html").read_text() == "good 0\n"
    assert "completed in" in bench.log_of(task_ids[0])
    bench.runner.stop(HANG_S)
    assert [task.task_id for task in bench.finished] == task_ids


def test_slots_work_side_by_side(tmp_path: Path) -> None:
    with bench_in(tmp_path, slots=2) as bench:
        task_ids = [bench.add("sleep"), bench.add("sleep")]
        for task_id in task_ids:
            bench.until(task_id, lambda task: task.stage == "acting")
        assert len(bench.store.active()) == 2


def test_failure_comes_with_its_faults_and_without_results(bench: Bench) -> None:
    task = bench.end_of(bench.add("fault"))
    assert task.failure is not None
    assert (task.failure.type, task.failure.message) == ("invalid_input", "no wind")
    assert task.failure.details[0]["column"] == "windspeed"
    assert not bench.folders.output_dir(task.task_id).exists()
    assert f"ERROR task:{task.task_id} invalid_input: no wind" in bench.log_of(task.task_id)


def test_worker_killed_by_chance_is_given_another(bench: Bench) -> None:
    task = bench.end_of(bench.add("killed once"))
    assert (task.status, task.attempts) == (TaskStatus.COMPLETED, 2)


def test_job_that_crashes_its_worker_is_tried_twice(bench: Bench) -> None:
    crashed, good = bench.add("abort"), bench.add("good")
    task = bench.end_of(crashed)
    assert task.failure is not None
    assert (task.failure.type, task.attempts) == ("worker_died", 2)
    assert bench.end_of(good).status is TaskStatus.COMPLETED


def test_task_that_hangs_is_ended(tmp_path: Path) -> None:
    with bench_in(tmp_path, timeout_s=1) as bench:
        task = bench.end_of(bench.add("busy"))
        assert task.failure is not None
        assert task.failure.type == "timeout"


def test_cancel_ends_a_running_task(bench: Bench) -> None:
    task_id = bench.add("busy")
    bench.until(task_id, lambda task: task.stage == "acting")
    bench.store.cancel(task_id)
    bench.runner.cancel(task_id)
    task = bench.end_of(task_id)
    assert task.failure is not None
    assert task.failure.type == "cancelled"
    assert not bench.folders.output_dir(task_id).exists()
    assert not list(bench.folders.outputs.glob(".*.part"))


def test_waiting_task_that_is_cancelled_never_runs(bench: Bench) -> None:
    blocker, task_id = bench.add("wait"), bench.add("sleep")
    bench.until(blocker, lambda task: task.stage == "acting")
    bench.store.cancel(task_id)
    bench.let_go(blocker)
    bench.end_of(bench.add("good"))
    assert bench.store.get(task_id).attempts == 0


class _QuickCancel(TaskStore):
    """The interleaving of threads in which a task is cancelled before the runner can be told."""

    def claim(self) -> Task | None:
        task = super().claim()
        return task and self.cancel(task.task_id)


def test_cancel_between_claim_and_work_is_heard(tmp_path: Path) -> None:
    with bench_in(tmp_path, store_type=_QuickCancel) as bench:
        task = bench.end_of(bench.add("sleep"))
        assert task.failure is not None
        assert task.failure.type == "cancelled"


def test_stop_puts_unfinished_tasks_back(bench: Bench) -> None:
    running, waiting = bench.add("busy"), bench.add("good")
    bench.until(running, lambda task: task.stage == "acting")
    bench.runner.stop(0.2)  # the work itself would last for hours
    for task_id in (running, waiting):
        assert bench.store.get(task_id).status is TaskStatus.PENDING
    assert not bench.folders.output_dir(running).exists()
    assert bench.finished == []
    assert not bench.runner.is_alive()


def test_stop_lets_short_work_finish(bench: Bench) -> None:
    task_id = bench.add("wait")
    bench.until(task_id, lambda task: task.stage == "acting")
    stop = threading.Thread(target=bench.runner.stop, args=(HANG_S,))
    stop.start()
    assert bench.runner._stopping.wait(HANG_S)
    bench.let_go(task_id)
    stop.join()
    assert bench.store.get(task_id).status is TaskStatus.COMPLETED


def test_result_waits_for_a_locked_database(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    task_id = bench.add("wait")
    bench.until(task_id, lambda task: task.stage == "acting")
    with closing(sqlite3.connect(bench.root / "tasks.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bench.let_go(task_id)
        wait_until(lambda: "again until it can" in caplog.text, "a write that fails")
        other.execute("ROLLBACK")
    assert bench.end_of(task_id).status is TaskStatus.COMPLETED
    assert bench.runner.is_alive()


def test_rerun_begins_with_a_clean_folder(bench: Bench) -> None:
    task_id = bench.add("good")
    bench.end_of(task_id)
    stale = bench.folders.output_dir(task_id) / "stale.txt"
    stale.touch()
    bench.store.rerun(task_id)
    bench.runner.wake()
    assert bench.end_of(task_id).status is TaskStatus.COMPLETED
    assert not stale.exists()


def test_attempts_count_anew_after_a_rerun(bench: Bench) -> None:
    """The third run of a task is worth a second try like the first run."""
    task_id = bench.add("good")
    for word in ("good", "abort"):
        bench.end_of(task_id)
        bench.tell_once(task_id, word)
        bench.store.rerun(task_id)
        bench.runner.wake()
    task = bench.end_of(task_id)
    assert (task.status, task.attempts) == (TaskStatus.COMPLETED, 4)


def test_task_run_again_waits_for_its_former_worker(tmp_path: Path) -> None:
    """Given up while in work, and run again at once: two workers must not write into one folder."""
    with bench_in(tmp_path, slots=2) as bench:
        task_id = bench.add("good")
        bench.end_of(task_id)
        bench.tell_once(task_id, "busy")
        bench.store.rerun(task_id)
        bench.runner.wake()
        former = bench.until(task_id, lambda task: task.stage == "acting")
        bench.store.give_up_before(utc_now() + timedelta(days=1))
        bench.store.rerun(task_id)
        bench.runner.wake()
        bench.until(task_id, lambda task: task.attempts == 3)
        time.sleep(0.5)  # time enough for the second slot to begin, if nothing held it back
        assert bench.store.get(task_id).stage is None
        bench.runner.cancel(task_id, former.attempts)
        assert bench.end_of(task_id).status is TaskStatus.COMPLETED
        assert (bench.folders.output_dir(task_id) / "report.html").is_file()
        assert bench.runner.is_alive()


class _BeginsMeanwhile(TaskStore):
    """The interleaving in which a task that waited when it was looked at is in work when it is hidden."""

    def begin_delete(self, task_id: str) -> None:
        wait_until(lambda: self.get(task_id).stage == "acting")
        super().begin_delete(task_id)


def test_deletion_waits_for_work_that_began_meanwhile(tmp_path: Path) -> None:
    with bench_in(tmp_path, store_type=_BeginsMeanwhile) as bench:
        first, doomed = bench.add("wait"), bench.add("busy")
        bench.until(first, lambda task: task.stage == "acting")
        bench.let_go(first)
        seen: list[bool] = []
        bench.folders.remove = lambda task_id: seen.append(bench.store.is_in_work(task_id)) or ()  # type: ignore[method-assign,func-returns-value]
        TaskChanges(bench.store, bench.folders, bench.runner).delete(doomed)
        assert seen == [False]
        assert doomed not in bench.store.known_ids()


class _Surprising(TaskStore):
    """Raises what nobody expects: twice at a claim, and whenever a result shall be noted."""

    claims = 0

    def claim(self) -> Task | None:
        self.claims += 1
        if self.claims <= 2:
            raise RuntimeError("claims are out")
        return super().claim()

    def complete(self, task_id: str, attempt: int, result: JobResult) -> bool:
        raise TypeError("results are out")


def test_surprises_end_neither_thread_nor_queue(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with bench_in(tmp_path, store_type=_Surprising) as bench:
        task = bench.end_of(bench.add("good"))
        assert task.failure is not None
        assert task.failure.type == "internal_error"
        assert bench.end_of(bench.add("fault")).failure is not None
        assert bench.runner.problem() is None
    assert caplog.text.count("RuntimeError: claims are out") == 1
    assert "results are out" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the end of the thread
def test_thread_that_is_gone_is_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.runner, "_turn", lambda: sys.exit())  # the quietest end of a thread
    bench.runner.wake()
    problem = wait_until(bench.runner.problem)
    assert problem is not None
    assert problem.startswith("0 of 1 supervising threads")
    assert not bench.runner.is_alive()


def test_hook_that_fails_does_not_end_the_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(task: Task) -> None:
        raise RuntimeError(f"no news of {task.task_id}")

    with bench_in(tmp_path, hook=fail) as bench:
        first = bench.end_of(bench.add("good"))
        assert bench.end_of(bench.add("good")).status is TaskStatus.COMPLETED
        assert bench.runner.is_alive()
    assert f"no news of {first.task_id}" in caplog.text


def test_time_left_of_running_and_waiting(bench: Bench) -> None:
    first = bench.add("short sleep")
    bench.end_of(first)
    running, waiting = bench.add("sleep"), bench.add("sleep")
    bench.until(running, lambda task: task.stage == "acting")
    left = bench.runner.time_left_s(bench.store.get(waiting))
    assert left is not None
    done = bench.store.get(first)
    assert done.started_at is not None
    assert done.finished_at is not None
    took = (done.finished_at - done.started_at).total_seconds()
    assert 1.0 <= left <= 2.0 * took  # it sleeps for 1 s at least; two such tasks are to be done at most


def test_worker_count() -> None:
    assert worker_count(3) == 3
    assert worker_count(0) >= 1


def test_estimate_trusts_its_own_speed_the_more_the_farther_it_is() -> None:
    durations = DurationEstimator()
    assert durations.left_s(1000, 1.0, 0.0) is None
    assert durations.left_s(1000, 10.0, 50.0) == pytest.approx(10.0)
    for size, seconds in ((1000, 20.0), (1100, 20.0), (900, 20.0), (100_000, 500.0)):
        durations.learn(size, seconds)
    assert durations.whole_s(1000) == 20.0
    assert durations.left_s(1000, 5.0, 0.0) == pytest.approx(15.0)
    assert durations.left_s(1000, 30.0, 90.0) == pytest.approx(0.9 * 30.0 / 9.0)


# -- a full disk


def test_a_task_waits_for_room_and_uses_up_no_attempt(tmp_path: Path) -> None:
    with small_disk(2 * odd_jobs.MIB) as disk, bench_in(tmp_path, data=disk) as bench:
        (disk / "other").write_bytes(bytes(3 * odd_jobs.MIB // 2))
        task_id = bench.add("write")
        wait_until(lambda: "begins again" in bench.log_of(task_id))
        (disk / "other").unlink()
        task = bench.end_of(task_id)
        assert (task.status, task.attempts) == (TaskStatus.COMPLETED, 1)


@pytest.mark.parametrize("end", ["patience", "cancelled", "stopped"])
def test_the_wait_for_room_has_an_end(tmp_path: Path, end: str) -> None:
    patience_s = 0.1 if end == "patience" else HANG_S
    with small_disk(2 * odd_jobs.MIB) as disk, bench_in(tmp_path, data=disk, room_wait_s=patience_s) as bench:
        (disk / "other").write_bytes(bytes(3 * odd_jobs.MIB // 2))
        task_id = bench.add("write")
        wait_until(lambda: "begins again" in bench.log_of(task_id) or bench.store.get(task_id).status.is_final)
        if end == "patience":
            failure = bench.end_of(task_id).failure
            assert failure is not None
            assert failure.type == "no_space"
        elif end == "cancelled":
            bench.store.cancel(task_id)
            bench.runner.cancel(task_id)
            failure = bench.end_of(task_id).failure
            assert failure is not None
            assert failure.type == "cancelled"
        else:
            bench.runner.stop(0.0)
            task = bench.store.get(task_id)
            assert (task.status, task.attempts) == (TaskStatus.PENDING, 1)
