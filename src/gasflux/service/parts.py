"""The service put together: every part made once and handed to those that need it."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from gasflux.configuration.service_settings import Settings, TaskSettings
from gasflux.db import Database
from gasflux.errors import ConfigError
from gasflux.janitor import Janitor
from gasflux.jobs.executor import Executor
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.service.callbacks.sender import CallbackSender
from gasflux.service.callbacks.store import CallbackStore
from gasflux.service.keys.audit import AuditTrail
from gasflux.service.keys.rate_limit import RateLimiter
from gasflux.service.keys.store import KeyStore
from gasflux.service.refusals import RefusalLog
from gasflux.service.statistics import APIStatsCollector
from gasflux.service.tasks.as_json import task_answer
from gasflux.service.tasks.changes import TaskChanges
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.opening import mark_used, opened_database
from gasflux.service.tasks.records import Task, TaskStatus
from gasflux.service.tasks.runner import TaskRunner, worker_count
from gasflux.service.tasks.stopping import StopSignal
from gasflux.service.tasks.store import TaskStore
from gasflux.service.uploads.inspector import Inspector
from gasflux.service.uploads.intake import Intake

_LOG: Final = logging.getLogger(__name__)

STOP_LIMIT_S: Final = 15.0
"""Longest end of all parts, tasks in work included; ending them takes well under a second unless something hangs."""


@dataclass(frozen=True)
class Service:
    """All parts of a running service; whoever starts it holds the lock on the data folders."""

    settings: Settings
    database: Database
    tasks: TaskStore
    keys: KeyStore
    audit: AuditTrail
    folders: TaskFolders
    executor: Executor
    runner: TaskRunner
    janitor: Janitor
    inspector: Inspector
    callback_states: CallbackStore
    callbacks: CallbackSender
    intake: Intake
    changes: TaskChanges
    statistics: APIStatsCollector
    limiter: RateLimiter
    stopping: StopSignal
    refusals: RefusalLog = field(default_factory=RefusalLog)
    started_monotonic: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Take up what the last server left, and begin to work."""
        recovered = self.tasks.recover()
        if recovered.pending:
            _LOG.info("%d task(s) of the last server wait again", recovered.pending)
        for task in recovered.given_up:
            _LOG.warning("given up: %s", task.failure, extra={"task": task.task_id})
        for task, tries in self.callback_states.due():
            self.callbacks.send(task, tries)
        self.callbacks.start()
        self.inspector.start()
        self.runner.start()
        self.janitor.start()

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """End everything; unfinished tasks wait for the next start. May be called twice, and without a start."""
        self.stopping.set()
        closing = threading.Thread(target=self._close, name="closing", daemon=True)
        closing.start()
        closing.join(limit_s)
        if closing.is_alive():
            _LOG.error("not everything could be ended within %g s; the end of the process does it", limit_s)

    def _close(self) -> None:
        """End the parts, the last named first, each even when another fails."""
        with ExitStack() as stack:
            stack.callback(self.refusals.end_minutes, at_once=True)
            stack.callback(self.database.close)
            stack.callback(self.callbacks.stop)
            stack.callback(self.inspector.stop)
            stack.callback(self.janitor.stop)
            stack.callback(self.runner.stop, 0.0)


def make_executor(settings: TaskSettings) -> Executor:
    """Return who computes.

    Raises
    ------
    ConfigError
        A cluster is wanted, but where it is or what it needs is missing.
    """
    if settings.executor == "local":
        slots = worker_count(settings.workers)
        return LocalExecutor(slots, name="service-job", is_background=settings.background)
    from gasflux.jobs.dask_executor import DaskExecutor

    if not settings.dask_scheduler:
        raise ConfigError("[tasks] executor = dask needs [tasks] dask_scheduler, an address such as tcp://host:8786.")
    return DaskExecutor(settings.dask_scheduler, settings.workers, shared_folder=settings.shared_folder)


def build_service(settings: Settings, executor: Executor | None = None) -> Service:
    """Make every part; nothing runs before `Service.start`.

    Parameters
    ----------
    settings
        Settings of the service.
    executor
        Who computes; by default worker processes of this machine.

    Raises
    ------
    StorageError
        The data folders or the database cannot be used.
    ConfigError
        The cluster of the settings cannot be used.
    """
    folders = TaskFolders(settings.paths.uploads, settings.paths.outputs)
    folders.prepare()
    database = opened_database(settings)
    mark_used(settings)
    limits, security = settings.tasks, settings.security
    tasks = TaskStore(
        database, max_queue=limits.max_queue, max_attempts=limits.max_attempts, queue_share=limits.queue_share
    )
    statistics, stopping = APIStatsCollector(), StopSignal()
    callback_states = CallbackStore(database)
    callbacks = CallbackSender(security, lambda task: task_answer(task, settings.cleanup), note=callback_states.note)

    def finished(task: Task) -> None:
        statistics.count_task("completed" if task.status is TaskStatus.COMPLETED else "failed")
        callbacks.send(task)

    executor = executor or make_executor(limits)
    runner = TaskRunner(tasks, executor, settings, folders, finished)
    inspector = Inspector(limits.memory_limit, settings.limits)

    def accepted(task: Task) -> None:
        statistics.count_task("created")
        if task.status is TaskStatus.FAILED:
            finished(task)
        else:
            runner.wake()

    def given_up(task: Task) -> None:
        if task.started_at is None:  # it was waiting: nobody else will tell of its end
            finished(task)
        else:
            runner.cancel(task.task_id, task.attempts)

    return Service(
        settings=settings,
        database=database,
        tasks=tasks,
        keys=KeyStore(database),
        audit=AuditTrail(database),
        folders=folders,
        executor=executor,
        runner=runner,
        janitor=Janitor(tasks, folders, settings, given_up),
        inspector=inspector,
        callback_states=callback_states,
        callbacks=callbacks,
        intake=Intake(settings, tasks, folders, inspector, stopping, accepted),
        changes=TaskChanges(tasks, folders, runner, finished),
        statistics=statistics,
        limiter=RateLimiter(security.rate_limit, security.upload_rate_limit),
        stopping=stopping,
    )
