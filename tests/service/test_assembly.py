"""The parts of the service together: what a restart takes up, and that the end comes in time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import odd_jobs
import pytest
from api_service import settings_in
from patience import wait_until
from stores import new_task
from test_callbacks import Receiver, receiver

from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.pool import nothing
from gasflux.service.parts import Service, build_service
from gasflux.service.tasks.records import CallbackState, Task, TaskStatus

SECURITY = {"callback_secret": "a secret of the receiver", "allow_private_callbacks": True}


def service_in(folder: Path) -> Service:
    """Return a service whose workers do odd jobs."""
    executor = LocalExecutor(1, function=odd_jobs.act, setup=nothing)
    return build_service(settings_in(folder, security=SECURITY), executor)


def add(service: Service, act: str, callback_url: str | None = None) -> str:
    """Queue a task."""
    new = new_task(input_name=act, callback_url=callback_url)
    service.folders.create(new.task_id)
    service.tasks.add(new)
    service.runner.wake()
    return new.task_id


def until(service: Service, task_id: str, is_so: Callable[[Task], bool]) -> Task:
    """Wait for a state of a task."""

    def seen() -> Task | None:
        task = service.tasks.get(task_id)
        return task if is_so(task) else None

    return wait_until(seen, lambda: service.tasks.get(task_id))


def told(there: Receiver) -> list[tuple[str, str]]:
    """Return which tasks the receiver was told of, and how they ended."""
    bodies = [json.loads(body) for _, body in there.got]
    return [(body["task_id"], body["status"]) for body in bodies]


def test_callback_that_was_refused_is_sent_by_the_next_server(tmp_path: Path) -> None:
    with receiver(503, 200) as there:
        first = service_in(tmp_path)
        first.start()
        task_id = add(first, "good", there.url)
        there.until(1)
        first.stop()  # the next try would be due in 2 s
        second = service_in(tmp_path)
        assert second.callback_states.due()[0][1] == 1
        second.start()
        until(second, task_id, lambda task: task.callback_state is CallbackState.DELIVERED)
        second.stop()
    assert told(there) == [(task_id, "completed")] * 2


def test_end_of_a_waiting_task_is_told_too(tmp_path: Path) -> None:
    service = service_in(tmp_path)
    service.start()
    with receiver(200) as there:
        add(service, "sleep")
        waiting = add(service, "good", there.url)
        service.changes.cancel(waiting)
        until(service, waiting, lambda task: task.callback_state is CallbackState.DELIVERED)
    service.stop()
    assert told(there) == [(waiting, "failed")]


def test_callback_of_a_deleted_task_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "gasflux")
    service = service_in(tmp_path)
    service.start()
    with receiver(503) as there:
        task_id = add(service, "good", there.url)
        there.until(1)
        service.changes.delete(task_id)
        wait_until(lambda: "not wanted any more" in caplog.text, lambda: caplog.text)
    service.stop()
    assert len(there.got) == 1


def test_end_is_bounded_when_a_part_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = service_in(tmp_path)
    service.start()
    hung = threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(service.inspector, "stop", hung.wait)
        service.stop(0.5)  # returns at all
        hung.set()
    assert "not everything could be ended within 0.5 s" in caplog.text
    service.stop()


def test_results_go_with_the_run_that_is_cancelled(tmp_path: Path) -> None:
    """A task that waits to run again lists no results any more; none may stay on the disk when it never runs."""
    service = service_in(tmp_path)
    service.start()
    task_id = add(service, "good")
    until(service, task_id, lambda task: task.status is TaskStatus.COMPLETED)
    assert service.folders.output_dir(task_id).is_dir()
    busy = add(service, "sleep")
    until(service, busy, lambda task: task.status is TaskStatus.PROCESSING)
    service.changes.run_again(task_id)
    assert service.changes.cancel(task_id).status is TaskStatus.FAILED
    assert not service.folders.output_dir(task_id).exists()
    service.stop()
