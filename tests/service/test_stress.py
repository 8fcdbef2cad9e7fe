"""Eight clients and a janitor on the same tasks at once: whatever the order, nothing is stuck, lost or left."""

from __future__ import annotations

import io
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import odd_jobs
import pytest
from api_service import Api, settings_in
from patience import wait_until

from gasflux.app import create_app
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.pool import nothing
from gasflux.service.parts import build_service
from gasflux.service.tasks.records import TaskQuery, TaskStatus
from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated
from gasflux.storage.clock import utc_now

CLIENTS = 8
LENGTH_S = 8.0
SEED = 20_260_517
ACTS = ("good",) * 6 + ("fault", "short sleep", "killed")
"""Names of uploads, which `odd_jobs.act` obeys."""

CONFIGS = ("", "strategies:\n  spatial: curtain\n")
REFUSALS = frozenset({404, 409})
"""The task is gone, or is not in a state for this: what somebody must expect who is not alone."""


@contextmanager
def odd_service(folder: Path) -> Iterator[Api]:
    """Yield a running service with three workers that do odd jobs."""
    settings = settings_in(folder, tasks={"max_queue": 20})
    ages = replace(settings.cleanup, successful_task_cleanup_age=3600, failed_task_cleanup_age=3600, max_task_age=3600)
    settings = replace(settings, cleanup=ages)
    service = build_service(settings, LocalExecutor(3, function=odd_jobs.act, setup=nothing))
    api = Api(create_app(settings, service), service)
    api.user = {"X-API-Key": service.keys.issue("client").secret}
    service.start()
    try:
        yield api
    finally:
        service.stop()


class Client:
    """Does one thing after the other, at random."""

    def __init__(self, api: Api, flight: bytes, number: int) -> None:
        self._api = api
        self._flight = flight
        self._random = random.Random(SEED + number)
        self.answers: Counter[tuple[str, int]] = Counter()

    def work(self) -> None:
        """Do so for a while."""
        acts = (self.upload, self.upload, self.cancel, self.run_again, self.delete, self.pin, self.look)
        end = time.monotonic() + LENGTH_S
        while time.monotonic() < end:
            act = self._random.choice(acts)
            self.answers[act.__name__, act()] += 1

    def upload(self) -> int:
        """Upload, at times under a key that others use at the same time."""
        headers = dict(self._api.user)
        if self._random.random() < 0.5:
            headers["Idempotency-Key"] = f"round-{int(time.monotonic() * 4)}"
        file = (io.BytesIO(self._flight), self._random.choice(ACTS))
        return self._api.client.post("/upload", data={"file": file}, headers=headers).status_code

    def cancel(self) -> int:
        """Cancel a task."""
        return self._change(status="failed")

    def run_again(self) -> int:
        """Run a task again, at times with another configuration."""
        config = {"config": self._random.choice(CONFIGS)} if self._random.random() < 0.5 else {}
        return self._change(status="pending", **config)

    def pin(self) -> int:
        """Pin a task, or let it go."""
        return self._change(pinned=self._random.random() < 0.5)

    def delete(self) -> int:
        """Delete a task."""
        return self._api.client.delete(f"/task/{self._any()}", headers=self._api.user).status_code

    def look(self) -> int:
        """Look at a task; its state is one of four."""
        answer = self._api.client.get(f"/task/{self._any()}")
        assert answer.status_code != 200 or answer.get_json()["data"]["status"] in tuple(TaskStatus)
        return answer.status_code

    def _change(self, **change: Any) -> int:
        return self._api.client.put(f"/task/{self._any()}", json=change, headers=self._api.user).status_code

    def _any(self) -> str:
        """Return a task, more often a young one, on which the others are at this moment."""
        page = self._api.service.tasks.page(TaskQuery(per_page=8))
        return self._random.choice(page.tasks).task_id if page.tasks else "00000000-0000-4000-8000-000000000000"


def clean_again_and_again(api: Api) -> None:
    """Be a janitor who thinks it is two hours later: tasks are given up while in work, and removed while looked at."""
    end = time.monotonic() + LENGTH_S
    while time.monotonic() < end:
        time.sleep(1.0)
        assert api.service.janitor.sweep(utc_now() + timedelta(hours=2)).stopped is None


def until_quiet(api: Api) -> None:
    """Wait until nothing waits and nothing is in work, not even on what was given up."""
    tasks, runner = api.service.tasks, api.service.runner
    wait_until(
        lambda: not tasks.counts().unfinished and not any(runner.works_on(task_id) for task_id in tasks.known_ids()),
        lambda: [*tasks.active(), *tasks.queue()],
    )


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_everything_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gasflux")
    flight = tmp_path / "flight.csv"
    write_simulated(simulate(Scenario(seed=3)), flight, "flight")
    with odd_service(tmp_path / "data") as api:
        clients = [Client(api, flight.read_bytes(), number) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS + 1) as threads:
            cleaning = threads.submit(clean_again_and_again, api)
            for future in [*(threads.submit(client.work) for client in clients), cleaning]:
                future.result()
        until_quiet(api)
        answers = sum((client.answers for client in clients), Counter())
        service, folders = api.service, api.service.folders
        service.janitor.sweep()  # what a deletion could not wait for
        tasks = {task_id: service.tasks.get(task_id) for task_id in service.tasks.known_ids()}
        assert service.runner.problem() is None
        assert names_in(folders.uploads) == set(tasks)
        completed = {task_id for task_id, task in tasks.items() if task.status is TaskStatus.COMPLETED}
        assert names_in(folders.outputs) == completed
        assert all((folders.output_dir(task_id) / "report.html").is_file() for task_id in completed)
        assert not [path for path in folders.outputs.iterdir() if path.suffix == ".part"]
    unexpected = {
        (act, status): count
        for (act, status), count in answers.items()
        if status not in REFUSALS and status not in ((202, 503) if act == "upload" else (200, 503))
    }
    assert not unexpected
    assert {act for act, status in answers if status in (200, 202)} == {
        *("upload", "cancel", "run_again", "pin", "delete", "look")
    }
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert "not removed" not in caplog.text
