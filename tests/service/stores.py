"""Databases, tasks and small disks for the tests of the service."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gasflux.db import Database
from gasflux.jobs.records import GasSummary, JobResult, ResultFile
from gasflux.service.tasks.records import NewTask, Task
from gasflux.service.tasks.store import TaskStore

NOBODY = 65534

RESULT = JobResult(
    results=(ResultFile("report.html", 1234, "text/html"), ResultFile("figures/a.png", 99, "image/png")),
    gases=(GasSummary("ch4", 4.2, 3.0, 5.4, 0.9, "B"),),
)


def new_task(name: str = "flight", **changes: object) -> NewTask:
    """Return an upload with an id of its own."""
    values: dict[str, object] = {
        "task_id": str(uuid.uuid4()),
        "name": name,
        "input_name": "flight.csv",
        "input_file": "input.csv",
        "size_bytes": 1000,
    }
    return NewTask(**(values | changes))  # type: ignore[arg-type]


def opened(path: Path, busy_timeout_s: float = 10.0) -> Database:
    """Return a migrated database."""
    database = Database(path, busy_timeout_s)
    database.migrate()
    return database


def store_in(database: Database, max_queue: int = 10_000, max_attempts: int = 4, queue_share: int = 100) -> TaskStore:
    """Return the store of tasks in a database."""
    return TaskStore(database, max_queue=max_queue, max_attempts=max_attempts, queue_share=queue_share)


def completed(store: TaskStore, result: JobResult = RESULT) -> Task:
    """Return a task that went all the way; the queue is empty before."""
    task_id = store.add(new_task())[0].task_id
    task = store.claim()
    assert task is not None
    assert task.task_id == task_id
    assert store.complete(task_id, task.attempts, result)
    return store.get(task_id)


def backdate(database: Database, task_ids: Sequence[str], seconds: float) -> None:
    """Move all times of tasks into the past."""
    with database.write() as connection:
        for column, form in (("created_at", "%Y-%m-%d %H:%M:%S"), ("updated_at", "%Y-%m-%d %H:%M:%S")):
            connection.executemany(
                f"UPDATE tasks SET {column} = strftime('{form}', {column}, ?) WHERE task_id = ?",
                [(f"-{seconds} seconds", task_id) for task_id in task_ids],
            )
        connection.executemany(
            "UPDATE tasks SET queued_at = strftime('%Y-%m-%d %H:%M:%f', queued_at, ?) WHERE task_id = ?",
            [(f"-{seconds} seconds", task_id) for task_id in task_ids],
        )


@contextmanager
def small_disk(size_bytes: int) -> Iterator[Path]:
    """Yield a file system of that size, or skip where none can be mounted."""
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("mounting is not allowed here")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """Yield a folder of a user whom permissions bind, and be that user meanwhile."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions work otherwise here")
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() != 0:
            yield Path(folder)
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def fill(path: Path) -> None:
    """Take the rest of a disk."""
    with closing(os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY), "wb", buffering=0)) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
