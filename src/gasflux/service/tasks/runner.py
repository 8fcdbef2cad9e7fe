"""From the queue to the executor and back: one supervising thread per slot, and no finished result is ever lost."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from gasflux.configuration.service_settings import Settings
from gasflux.errors import NoSpaceError, StorageError, UnknownIdError
from gasflux.jobs.executor import Executor, ExecutorStoppedError, JobCancelledError, JobFailedError
from gasflux.jobs.log import JobLog
from gasflux.jobs.records import Job, JobFailure, JobResult
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task, TaskQuery, TaskStatus
from gasflux.service.tasks.room import ROOM_WAIT_S, RoomWait
from gasflux.service.tasks.sql import CANCELLED
from gasflux.service.tasks.store import TaskStore
from gasflux.service.tasks.time_left import REMEMBERED, DurationEstimator

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

SAFETY_POLL_S: Final = 5.0
"""A waiting task is announced by `TaskRunner.wake`; should one not be, it is found after this long."""

FIRST_BACKOFF_S: Final = 0.25
LAST_BACKOFF_S: Final = 10.0
"""Pauses while the database cannot be used, doubling from the one to the other."""

_SETTLE_S: Final = 5.0
"""Time for the supervising threads to put their tasks back once the workers are ended."""


def worker_count(workers: int) -> int:
    """Return how many workers a setting means: 0 is one per core this process may use."""
    if workers > 0:
        return workers
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _unexpected(error: Exception) -> JobFailure:
    """Return the failure that an unexpected error means; its text is for the log only."""
    return JobFailure.of("internal_error", "unexpected_in_server", error=type(error).__name__)


@dataclass(eq=False)
class _Running:
    """A task in work."""

    task: Task
    cancelled: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)
    percent: float = 0.0
    is_noted: bool = True
    """Whether the last progress could be written down."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.began


class TaskRunner:
    """Works off the queue; starts and stops the executor it is given.

    Parameters
    ----------
    store, executor, settings, folders
        The queue, who computes, limits, and where the files are.
    on_finished
        Called in a supervising thread with every task that completed or failed.
    room_wait_s
        How long a task waits for room on a full disk before it fails.
    """

    def __init__(
        self,
        store: TaskStore,
        executor: Executor,
        settings: Settings,
        folders: TaskFolders,
        on_finished: Callable[[Task], None] = lambda task: None,
        *,
        room_wait_s: float = ROOM_WAIT_S,
    ) -> None:
        self._store = store
        self._executor = executor
        self._settings = settings
        self._folders = folders
        self._on_finished = on_finished
        self._room_wait_s = room_wait_s
        self._durations = DurationEstimator()
        self._news = threading.Condition()
        self._calls = 0
        self._running: dict[str, _Running] = {}
        self._stopping = threading.Event()
        self._given_up = threading.Event()
        self._threads: tuple[threading.Thread, ...] = ()

    def start(self) -> None:
        """Start the executor and the supervising threads; `TaskStore.recover` comes before."""
        self._learn_from_the_past()
        self._executor.start()
        self._threads = tuple(
            threading.Thread(target=self._supervise, name=f"task-supervisor-{number}", daemon=True)
            for number in range(1, self._executor.slots + 1)
        )
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that a task waits."""
        with self._news:
            self._calls += 1
            self._news.notify_all()

    def cancel(self, task_id: str, attempt: int | None = None) -> None:
        """End the work on a task, if there is any; the store was told before.

        Parameters
        ----------
        task_id
            Of the task.
        attempt
            The attempt that is not wanted; a later one goes on. None is whichever there is.
        """
        with self._news:
            running = self._running.get(task_id)
        if running is not None and attempt in (None, running.task.attempts):
            running.cancelled.set()

    def works_on(self, task_id: str) -> bool:
        """Whether an attempt at a task runs, one too that is not wanted any more."""
        with self._news:
            return task_id in self._running

    def stop(self, drain_s: float) -> None:
        """Take no new task, give those in work `drain_s` to finish, put the others back into the queue."""
        self._stopping.set()
        self.wake()
        self._join(drain_s)
        self._executor.stop()
        self._join(_SETTLE_S)
        self._given_up.set()
        self._join(1.0)

    def is_alive(self) -> bool:
        """Whether every supervising thread is there and every slot can take a job."""
        return self.problem() is None

    def problem(self) -> str | None:
        """Say what keeps tasks from being worked on; None when nothing does."""
        living = sum(thread.is_alive() for thread in self._threads)
        if living < self._executor.slots:
            return f"{living} of {self._executor.slots} supervising threads run; restart the service"
        return None if self._executor.healthy() else "not every worker can take a task"

    def time_left_s(self, task: Task) -> float | None:
        """Return the seconds until a task is finished, the wait in the queue included; None when nothing is known."""
        with self._news:
            running = tuple(self._running.values())
        own = next((entry for entry in running if entry.task.task_id == task.task_id), None)
        if own is not None:
            return self._left_s(own)
        whole, typical = self._durations.whole_s(task.size_bytes), self._durations.whole_s()
        if task.status is not TaskStatus.PENDING or whole is None or typical is None:
            return None
        in_work = sum(self._left_s(entry) or 0.0 for entry in running)
        ahead = max((task.queue_position or 1) - 1, 0) * typical
        waits = ahead > 0.0 or len(running) >= self._executor.slots
        return whole + ((in_work + ahead) / self._executor.slots if waits else 0.0)

    def _left_s(self, running: _Running) -> float | None:
        return self._durations.left_s(running.task.size_bytes, running.elapsed_s, running.percent)

    def _learn_from_the_past(self) -> None:
        """Take over the times of the last completed tasks."""
        query = TaskQuery(status=TaskStatus.COMPLETED, sort="updated_at", per_page=REMEMBERED)
        try:
            tasks = self._store.page(query).tasks
        except StorageError as error:
            _log.warning("no forecast until tasks have finished: %s", error)
            return
        for task in reversed(tasks):
            if task.started_at and task.finished_at:
                self._durations.learn(task.size_bytes, (task.finished_at - task.started_at).total_seconds())

    def _join(self, limit_s: float) -> None:
        """Wait for the supervising threads."""
        end = time.monotonic() + limit_s
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0.0))

    def _supervise(self) -> None:
        """Take task after task."""
        pause = 0.0
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:  # a boundary: without its thread a slot would stand still for ever
                if not pause:
                    _log.exception("unexpected error, tried again until it is over")
                pause = min(max(2.0 * pause, FIRST_BACKOFF_S), LAST_BACKOFF_S)
                self._stopping.wait(pause)
            else:
                pause = 0.0

    def _turn(self) -> None:
        """See the next task through, or wait for news of one."""
        with self._news:
            calls = self._calls
        task = self._until_stored(self._store.claim, self._stopping)
        if task is not None:
            self._work_on(task)
            return
        with self._news:
            if calls == self._calls and not self._stopping.is_set():
                self._news.wait(SAFETY_POLL_S)

    def _work_on(self, task: Task) -> None:
        """See one task through."""
        running = _Running(task)
        with self._news:
            # A task that was given up while in work may run again before its former worker is dead.
            self._news.wait_for(lambda: task.task_id not in self._running)
            self._running[task.task_id] = running
        try:
            self._settle(task, self._outcome(running))
        finally:
            with self._news:
                del self._running[task.task_id]
                self._news.notify_all()
        self._announce(task)

    def _settle(self, task: Task, step: Callable[[], object]) -> None:
        """Note how the work ended."""
        try:
            self._until_stored(step, self._given_up)
        except Exception as error:  # a boundary: what cannot be noted must not leave its task in work for ever
            _log.exception("the end of the work cannot be noted", extra={"task": task.task_id})
            failure = _unexpected(error)
            self._clear(task)
            self._until_stored(lambda: self._store.fail(task.task_id, task.attempts, failure), self._given_up)

    def _outcome(self, running: _Running) -> Callable[[], object]:
        """Run a task; return the step of the store that notes how it ended."""
        task, store = running.task, self._store
        log = JobLog(self._folders.log_path(task.task_id), task.task_id, in_service_log=True)
        _log.info("attempt %d begins", task.attempts, extra={"task": task.task_id})
        try:
            result = self._run(running, log)
        except ExecutorStoppedError:
            self._clear(task)
            log.write("INFO", "put back into the queue: the server stops")
            return lambda: store.release(task.task_id, task.attempts)
        except JobCancelledError:
            return self._failing(task, CANCELLED, log)
        except JobFailedError as error:
            return self._failing(task, error.failure, log, error.most_attempts)
        except Exception as error:  # a boundary: whatever it is, it concerns this task and not the thread
            _log.exception("unexpected error", extra={"task": task.task_id})
            return self._failing(task, _unexpected(error), log)
        self._durations.learn(task.size_bytes, running.elapsed_s)
        log.write("INFO", f"completed in {running.elapsed_s:.1f} s")
        return lambda: self._complete(task, result)

    def _complete(self, task: Task, result: JobResult) -> None:
        """Note the results; those of an attempt that was given up in its last moment are nobody's."""
        if self._store.complete(task.task_id, task.attempts, result):
            self._folders.remove_early(task.task_id)
        else:
            self._clear(task)

    def _run(self, running: _Running, log: JobLog) -> JobResult:
        """Run a task from a clean folder of results; on a full disk it waits for room and begins again."""
        task = running.task
        self._clear(task)
        if self._until_stored(lambda: self._is_unwanted(task), self._stopping):
            running.cancelled.set()
        room = RoomWait(self._room_wait_s, running.cancelled, self._stopping)
        while True:
            try:
                return self._executor.run(
                    self._job(task),
                    timeout_s=self._settings.tasks.timeout,
                    on_progress=lambda stage, percent: self._note_progress(running, stage, percent),
                    cancelled=running.cancelled,
                )
            except JobFailedError as error:
                if error.failure.type != NoSpaceError.kind or room.is_over:
                    raise
            self._clear(task)  # which makes room, too
            log.write("WARNING", f"the disk is full: the task begins again in {room.pause_s:g} s")
            room.wait()

    def _is_unwanted(self, task: Task) -> bool:
        """Tell whether an attempt was cancelled, deleted or given up before `cancel` could find it."""
        try:
            now = self._store.get(task.task_id)
        except UnknownIdError:
            return True
        return now.cancel_requested or (now.status, now.attempts) != (TaskStatus.PROCESSING, task.attempts)

    def _job(self, task: Task) -> Job:
        """Return what a worker is to do."""
        folders, limits = self._folders, self._settings.limits
        return Job(
            input_path=folders.input_path(task.task_id, task.input_file),
            output_dir=folders.output_dir(task.task_id),
            input_name=task.input_name,
            config=folders.config_path(task.task_id) if task.has_config else None,
            page_view=True,
            early_dir=folders.early_dir(task.task_id, task.attempts),
            task_id=task.task_id,
            attempt=task.attempts,
            log_path=folders.log_path(task.task_id),
            memory_limit_bytes=self._settings.tasks.memory_limit,
            max_rows=limits.max_rows,
            max_unpacked_bytes=limits.max_unpacked_bytes,
        )

    def _note_progress(self, running: _Running, stage: str, percent: float) -> None:
        """Show how far a task is; the work does not wait for a database that cannot be used."""
        running.percent = percent
        try:
            self._store.set_progress(running.task.task_id, running.task.attempts, stage, percent)
        except StorageError as error:
            if running.is_noted:
                _log.warning("progress not noted: %s", error, extra={"task": running.task.task_id})
            running.is_noted = False
        else:
            running.is_noted = True

    def _failing(self, task: Task, failure: JobFailure, log: JobLog, most_attempts: int = 1) -> Callable[[], object]:
        """Remove what there is of results; return the step that notes the failure, or that there is another try."""
        self._clear(task)
        # Before the step: after it the task may be removed, and its log with it.
        log.write("ERROR", f"{failure.type}: {failure.message}")
        return lambda: self._store.retry(task.task_id, task.attempts, failure, most_attempts)

    def _clear(self, task: Task) -> None:
        """Remove results of an earlier attempt, and what a killed worker left beside them."""
        if left := self._folders.remove_results(task.task_id):
            _log.warning("earlier results stay: %s", "; ".join(left), extra={"task": task.task_id})

    def _announce(self, task: Task) -> None:
        """Tell the hook of a task that is finished now."""
        try:
            now = self._until_stored(lambda: self._store.get(task.task_id), self._given_up)
            if now is not None and now.status.is_final:
                self._on_finished(now)
        except UnknownIdError:
            return  # deleted meanwhile: nobody waits for it
        except Exception:  # a boundary: what follows a task must not end the thread
            _log.exception("after the end of a task", extra={"task": task.task_id})

    def _until_stored(self, step: Callable[[], _Result], given_up: threading.Event) -> _Result | None:
        """Do a step of the store, again and again as long as the database cannot be used; None when given up."""
        pause, failures = FIRST_BACKOFF_S, 0
        while True:
            try:
                done = step()
            except StorageError as error:
                failures += 1
                if failures == 1:
                    _log.error("the database cannot be used, trying again until it can: %s", error)
            else:
                if failures:
                    _log.info("the database can be used again after %d failures", failures)
                return done
            if given_up.wait(pause):
                return None
            pause = min(2.0 * pause, LAST_BACKOFF_S)
