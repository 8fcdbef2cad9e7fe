"""Changes of a task that touch its row, its files and its worker together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.db import StorageFullError
from gasflux.errors import StateConflictError, StorageError
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task
from gasflux.service.tasks.store import TaskStore
from gasflux.storage.whole_file import write_whole

if TYPE_CHECKING:
    from gasflux.service.tasks.runner import TaskRunner

_LOG: Final = logging.getLogger(__name__)

_STOP_WITHIN_S: Final = 5.0
"""Longest wait for a running task to let its files go; the janitor removes what is left after it."""

_POLL_S: Final = 0.05
_RETRY_S: Final = 60


@dataclass(frozen=True)
class TaskChanges:
    """What users do to a task."""

    tasks: TaskStore
    folders: TaskFolders
    runner: TaskRunner
    on_finished: Callable[[Task], None] = lambda task: None
    """Called with a task that ends without having been in work."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while row and files of a finished task change together: nobody puts it back into the queue meanwhile."""

    def cancel(self, task_id: str) -> Task:
        """End a waiting or running task; StateConflictError when it is finished."""
        with self._lock:
            task = self.tasks.cancel(task_id)
            # A task that waited to run again still has the results of its earlier run, which its row lists no more.
            left = self.folders.remove_results(task_id) if task.status.is_final else ()
        if left:
            _LOG.warning("earlier results stay: %s", "; ".join(left), extra={"task": task_id})
        if task.status.is_final:
            self.on_finished(task)
        else:
            self.runner.cancel(task_id, task.attempts)
        return task

    def run_again(self, task_id: str, config: str | None = None) -> Task:
        """Put a finished task into the queue again.

        Parameters
        ----------
        task_id
            Of the task.
        config
            Processing YAML of the new run; empty for the defaults, None for that of the last run.

        Raises
        ------
        ConfigError
            The configuration cannot be used; the task stays as it is.
        StateConflictError
            The task is not finished.
        QueueFullError
            As many tasks wait as may.
        StorageError
            The configuration cannot be written.
        """
        if config is not None:
            load_pipeline_config(config.encode())
        with self._lock:
            if config is None:
                task = self.tasks.rerun(task_id)
            else:
                task = self._rerun_with(task_id, config if config.strip() else None)
        self.runner.wake()
        return task

    def _rerun_with(self, task_id: str, config: str | None) -> Task:
        """Put a finished task into the queue with another configuration, or with none."""
        if not self.tasks.get(task_id).status.is_final:
            raise StateConflictError.of("not_finished", task=task_id)
        try:
            with _replaced(self.folders.config_path(task_id), config):
                return self.tasks.rerun(task_id, config is not None)
        except OSError as error:
            self.tasks.get(task_id)  # UnknownIdError when the cleaning was faster
            message = f"The configuration cannot be written ({error.strerror or error}); try again later."
            raise StorageError(message, _RETRY_S) from error

    def delete(self, task_id: str) -> None:
        """Stop a task if it is running, and remove its files and its row."""
        task = self.tasks.get(task_id)
        try:
            with self._lock:  # nobody puts a configuration into a folder that is about to go
                self.tasks.begin_delete(task_id)
        except StorageFullError:
            # On a full disk not even this can be written: the files of a finished task go first and make room.
            if not task.status.is_final:
                raise
        else:
            self.runner.cancel(task_id)
            if not self._has_ended(task_id):
                _LOG.warning("the task goes on after its deletion; the cleaning removes it", extra={"task": task_id})
                return
        left = self.folders.remove(task_id)
        if left:
            _LOG.warning("not removed yet: %s", "; ".join(left), extra={"task": task_id})
            return
        self.tasks.delete(task_id)

    def _has_ended(self, task_id: str) -> bool:
        """Wait for the end of the work on a hidden task; nobody can begin any more."""
        until = time.monotonic() + _STOP_WITHIN_S
        # A task that was given up is finished for everybody, but its worker may still be dying.
        while self.tasks.is_in_work(task_id) or self.runner.works_on(task_id):
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)
        return True


@contextmanager
def _replaced(path: Path, text: str | None) -> Iterator[None]:
    """Put another configuration in place; the former comes back when the block fails."""
    former = path.read_bytes() if path.exists() else None
    _write(path, None if text is None else text.encode())
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            _write(path, former)


def _write(path: Path, content: bytes | None) -> None:
    """Replace a file at once, or remove it."""
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, content)
