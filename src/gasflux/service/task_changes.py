"""Changes of a task that touch its row, its files and its worker together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gasflux.db import StorageFullError
from gasflux.pipeline_yaml import load_pipeline_config
from gasflux.service.errors import ConflictError
from gasflux.service.folders import TaskFolders
from gasflux.service.records import Task, TaskStatus
from gasflux.service.runner import TaskRunner
from gasflux.service.task_store import TaskStore

_LOG: Final = logging.getLogger(__name__)

_STOP_WITHIN_S: Final = 5.0
"""Longest wait for a running task to let its files go; the janitor removes what is left after it."""

_POLL_S: Final = 0.05


@dataclass(frozen=True)
class TaskChanges:
    """What users do to a task."""

    tasks: TaskStore
    folders: TaskFolders
    runner: TaskRunner
    _config_lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self, task_id: str) -> Task:
        """End a waiting or running task; ConflictError when it is finished."""
        task = self.tasks.cancel(task_id)
        self.runner.cancel(task_id)
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
        ConflictError
            The task is not finished.
        QueueFullError
            As many tasks wait as may.
        """
        if config is None:
            task = self.tasks.rerun(task_id)
        else:
            load_pipeline_config(config.encode())
            has_config = bool(config.strip())
            with self._config_lock:
                if not self.tasks.get(task_id).status.is_final:
                    raise ConflictError(f"The task {task_id} is not finished; cancel it or wait before it runs again.")
                with _replaced(self.folders.config_path(task_id), config if has_config else None):
                    task = self.tasks.rerun(task_id, has_config)
        self.runner.wake()
        return task

    def delete(self, task_id: str) -> None:
        """Stop a task if it is running, and remove its files and its row."""
        task = self.tasks.get(task_id)
        was_running = task.status is TaskStatus.PROCESSING
        try:
            self.tasks.begin_delete(task_id)
        except StorageFullError:
            # On a full disk not even this can be written: the files of a finished task go first and make room.
            if not task.status.is_final:
                raise
        self.runner.cancel(task_id)
        if was_running and not self._has_ended(task_id):
            _LOG.warning("the task goes on after its deletion; the cleaning removes it", extra={"task": task_id})
            return
        left = self.folders.remove(task_id)
        if left:
            _LOG.warning("not removed yet: %s", "; ".join(left), extra={"task": task_id})
            return
        self.tasks.delete(task_id)

    def _has_ended(self, task_id: str) -> bool:
        """Wait for the end of the work on a hidden task."""
        until = time.monotonic() + _STOP_WITHIN_S
        while task_id not in self.tasks.half_deleted():
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
        return
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
