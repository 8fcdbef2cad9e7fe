"""The janitor: results go when their time is over, pinned ones stay, and what it cannot explain it does not touch."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gasflux.configuration.service_settings import Settings
from gasflux.db import StorageFullError
from gasflux.errors import StorageError
from gasflux.service.tasks.ages import delete_at
from gasflux.service.tasks.folders import TaskFolders, is_task_id
from gasflux.service.tasks.records import Task
from gasflux.service.tasks.store import TaskStore
from gasflux.storage.clock_watch import SECOND_LOOK_S, ClockWatch

_ORPHAN_AGE: Final = timedelta(days=1)
"""A younger folder may belong to an upload on its way."""

_FETCH_TIME: Final = timedelta(minutes=10)
"""Results younger than this do not go for want of space: the client that waited for them is fetching them."""

_OWN_FILES: Final = re.compile(r"\..*|.*\.db(-wal|-shm|-journal)?")
"""Lock, placeholder, database: nothing to wonder about."""

_DOUBT: Final = (
    "nothing was removed for its age: the clock was set ahead, or nothing happened for long; the cleaning goes on when"
    f" the clock has gone on so for {SECOND_LOOK_S / 60.0:g} minutes"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepReport:
    """What one sweep did; ids of tasks, texts for what stays."""

    at: datetime
    given_up: tuple[str, ...] = ()
    """Unfinished tasks that were too old and failed as ``expired``."""
    removed: tuple[str, ...] = ()
    """Tasks whose time was over, or that somebody had deleted."""
    removed_for_space: tuple[str, ...] = ()
    """Tasks that went before their time because the disk was nearly full."""
    orphans: tuple[str, ...] = ()
    """Folders of tasks that have no row any more."""
    left: tuple[str, ...] = ()
    """What could not be removed, and why; tried again by the next sweep."""
    unexplained: tuple[str, ...] = ()
    """What lies in the data folders and is no task's; it stays."""
    stopped: str | None = None
    """Why the sweep ended early; nothing was removed after that."""
    postponed: str | None = None
    """Why nothing went for its age this time."""


@dataclass
class _Tally:
    """A report in the making."""

    given_up: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    removed_for_space: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


class Janitor:
    """Cleans the data folders and the table of tasks, in a thread of its own or when asked.

    Parameters
    ----------
    store, folders, settings
        What to clean, and when things go.
    on_given_up
        Called with every task that was given up, so that its worker ends and its client is told.
    watch
        Tells a clock that was set ahead from time that passed.
    """

    def __init__(
        self,
        store: TaskStore,
        folders: TaskFolders,
        settings: Settings,
        on_given_up: Callable[[Task], None] = lambda task: None,
        watch: ClockWatch | None = None,
    ) -> None:
        self._store = store
        self._folders = folders
        self._ages = settings.cleanup
        self._min_free_bytes = settings.limits.min_free_bytes
        self._on_given_up = on_given_up
        self._watch = watch or ClockWatch()
        self._sweeping = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.last_report: SweepReport | None = None

    def start(self) -> None:
        """Sweep now and then every ``task_cleanup_interval`` seconds, in a thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, name="janitor", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = 5.0) -> None:
        """End the thread after the task it is removing."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(wait_s)

    def is_alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def delete_at(self, task: Task) -> datetime | None:
        """Return from when on a task and its files go; None for one that is pinned or not finished."""
        return delete_at(task, self._ages)

    def sweep(self, now: datetime | None = None) -> SweepReport:
        """Clean once.

        The state of the tasks is read first; when that fails nothing is removed, and the report says why. Nothing goes
        for its age when the clock was set ahead, before it has gone on so for a while.

        Parameters
        ----------
        now
            The time to go by; None is that of the clock, as far as it is believed.
        """
        with self._sweeping:
            moment, is_believed = (now, True) if now else self._watch.look()
            tally = _Tally()
            stopped: str | None = None
            try:
                self._finish_deletions(tally)
                if is_believed:
                    self._clean(tally, moment)
            except StorageError as error:
                stopped = str(error)
            entries = {name: tuple(found) for name, found in vars(tally).items()}
            postponed = None if is_believed else _DOUBT
            self.last_report = SweepReport(moment, **entries, stopped=stopped, postponed=postponed)
            _note(self.last_report)
            return self.last_report

    def _work(self) -> None:
        """Sweep until stopped."""
        self._begin()
        while not self._stopping.is_set():
            try:
                self.sweep()
            except Exception:  # a boundary: without its janitor the service would fill the disk and nobody would know
                _log.exception("the sweep ended with an unexpected error; the next one comes as planned")
            self._stopping.wait(self._ages.task_cleanup_interval)

    def _begin(self) -> None:
        """Remember when the last server wrote something down: the clock may have been set since."""
        try:
            self._watch.begin(self._store.last_change())
        except StorageError as error:
            _log.warning("the time of the last change is not known: %s", error)

    def _clean(self, tally: _Tally, now: datetime) -> None:
        """Do the parts of a sweep that go by the time, in order: what frees space comes before what needs some."""
        self._remove_all(self._store.expired(self._ages, now), tally.removed, tally)
        self._relieve(tally, now)
        self._remove_orphans(tally, now)
        self._give_up(tally, now)

    def _give_up(self, tally: _Tally, now: datetime) -> None:
        """Fail what should have finished long ago."""
        for task in self._store.give_up_before(now - timedelta(seconds=self._ages.max_task_age)):
            tally.given_up.append(task.task_id)
            self._on_given_up(task)

    def _finish_deletions(self, tally: _Tally) -> None:
        """End what a deletion left undone: by a crash, or by a program that held a file open."""
        for task_id in self._store.half_deleted():
            self._remove_files_then_row(task_id, tally.removed, tally)

    def _remove_all(self, tasks: Iterable[Task], removed: list[str], tally: _Tally) -> None:
        """Remove tasks one by one, until the service stops."""
        for task in tasks:
            if self._stopping.is_set():
                return
            self._remove(task, removed, tally)

    def _relieve(self, tally: _Tally, now: datetime) -> None:
        """Remove the oldest finished tasks while too little space is free."""
        if self._folders.free_bytes() >= self._min_free_bytes:
            return
        for task in self._store.finished_before(now - _FETCH_TIME):
            if self._stopping.is_set() or self._folders.free_bytes() >= self._min_free_bytes:
                return
            self._remove(task, tally.removed_for_space, tally)

    def _remove(self, task: Task, removed: list[str], tally: _Tally) -> None:
        """Remove one task if it is still as it was seen.

        The row is hidden first, so that nobody meets half a task. On a full disk even that cannot be written: then the
        files go first and make room, and nobody else can change the row meanwhile.
        """
        if not is_task_id(task.task_id):
            tally.unexplained.append(task.task_id)  # a row of another program: where its files are is not known
            return
        try:
            is_ours = self._store.begin_cleaning(task)
        except StorageFullError:
            is_ours = task in self._store.finished_before(task.updated_at)  # not if pinned or rerun meanwhile
        if is_ours:
            self._remove_files_then_row(task.task_id, removed, tally)

    def _remove_files_then_row(self, task_id: str, removed: list[str], tally: _Tally) -> None:
        """Remove the files and, when all are gone, the row: what stays behind is not lost track of."""
        if self._remove_files(task_id, tally):
            self._store.delete(task_id)
            removed.append(task_id)

    def _remove_files(self, task_id: str, tally: _Tally) -> bool:
        """Remove the files of a task, note what stays, and return whether nothing does."""
        left = self._folders.remove(task_id) if is_task_id(task_id) else ()  # another program's id has no folder here
        tally.left.extend(left)
        return not left

    def _remove_orphans(self, tally: _Tally, now: datetime) -> None:
        """Remove folders of tasks without a row, if this database would know of them.

        The folders are listed before the rows are read, so a task that is added in between is not missed.
        """
        found = self._folders.task_ids()
        known, known_since = self._store.known_ids(), self._store.known_since()
        tally.unexplained.extend(path for path in self._folders.strangers() if not _is_own(path))
        for task_id, changed in found.items():
            if task_id in known or now - changed < _ORPHAN_AGE:
                continue
            if changed < known_since:
                tally.unexplained.append(task_id)
            elif self._remove_files(task_id, tally):
                tally.orphans.append(task_id)


def _is_own(path: str) -> bool:
    """Return whether a path in a data folder is one of the service's own files."""
    return _OWN_FILES.fullmatch(re.split(r"[/\\]", path)[-1]) is not None


def _note(report: SweepReport) -> None:
    """Write what a sweep did to the log, a line per task that went."""
    if report.postponed:
        _log.warning("%s", report.postponed)
    if report.stopped:
        _log.error("the sweep stopped, nothing more was removed: %s", report.stopped)
    for task_id in report.given_up:
        _log.warning("given up: it did not finish in time", extra={"task": task_id})
    for task_id in report.removed:
        _log.info("removed with its files", extra={"task": task_id})
    for task_id in report.removed_for_space:
        _log.warning("removed with its files before its time: the disk is nearly full", extra={"task": task_id})
    for task_id in report.orphans:
        _log.info("files without a task removed", extra={"task": task_id})
    for sentence in report.left:
        _log.warning("could not be removed, tried again later: %s", sentence)
    if report.unexplained:
        _log.warning("%d entries of the data folders belong to no task and stay", len(report.unexplained))
