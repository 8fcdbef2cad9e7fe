"""The real application with real workers, asked through Flask's test client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from patience import wait_until
from quick_flight import quick_flight
from quick_jobs import run_quickly
from werkzeug.test import TestResponse

from gasflux.app import create_app
from gasflux.configuration.service_settings import (
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    PathSettings,
    SecuritySettings,
    ServerSettings,
    Settings,
    TaskSettings,
)
from gasflux.jobs.executor import Executor
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.service.parts import Service, build_service

SAMPLE = Path(__file__).parents[2] / "src" / "gasflux" / "data" / "sample_flight.xlsx"
BOOTSTRAP = "a-long-enough-bootstrap-key"

_SECTIONS = {"server": ServerSettings, "limits": LimitSettings, "security": SecuritySettings, "tasks": TaskSettings}


def settings_in(folder: Path, **changes: dict[str, Any]) -> Settings:
    """Return settings whose data lie in a folder, e.g. ``settings_in(folder, security={"rate_limit": 5})``."""
    generous = {"rate_limit": 1_000_000, "upload_rate_limit": 1_000_000}
    defaults: dict[str, dict[str, Any]] = {
        "tasks": {"workers": 1},
        "limits": {"min_free_bytes": 1},
        "security": generous,
        "server": {"host": "127.0.0.1"},
    }
    merged = {name: {**defaults.get(name, {}), **changes.get(name, {})} for name in _SECTIONS}
    return replace(
        Settings(),
        paths=PathSettings(folder / "uploads", folder / "outputs"),
        database=DatabaseSettings(folder / "gasflux.db"),
        logging=LoggingSettings(file=folder / "gasflux.log"),
        **{name: make(**merged[name]) for name, make in _SECTIONS.items()},
    )


class _Client(FlaskClient):
    """Reads each answer to its end, so that no file stays open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, buffered=True, **kwargs)


@dataclass
class Api:
    """A running service and its keys."""

    app: Flask
    service: Service
    user: dict[str, str] = field(default_factory=dict)
    """Headers of a client."""
    admin: dict[str, str] = field(default_factory=dict)
    """Headers of an administrator."""

    @property
    def client(self) -> FlaskClient:
        """Return a client that has no cookies and no past."""
        return _Client(self.app, self.app.response_class)

    def upload(self, content: bytes | None = None, name: str = "flight.csv", **fields: Any) -> TestResponse:
        """Post a flight, by default the quickest."""
        headers = fields.pop("headers", self.user)
        return self.client.post("/upload", data={"file": flight(content, name), **fields}, headers=headers)

    def finished(self, task_id: str) -> dict[str, Any]:
        """Wait for the end of a task and return it."""
        return wait_until(lambda: self._final(task_id), lambda: self._task(task_id), lambda: self._how_far(task_id))

    def _final(self, task_id: str) -> dict[str, Any] | None:
        task = self._task(task_id)
        return task if task["status"] in ("completed", "failed") else None

    def _how_far(self, task_id: str) -> object:
        """Return how far a task is, and those before it."""
        task, tasks = self._task(task_id), self.service.tasks
        return task["status"], task["stage"], task["progress"], tasks.version()

    def _task(self, task_id: str) -> dict[str, Any]:
        task: dict[str, Any] = self.client.get(f"/task/{task_id}").json["data"]  # type: ignore[index]
        return task


def flight(content: bytes | None = None, name: str = "flight.csv") -> tuple[Any, str]:
    """Return a file part of a form."""
    import io

    return io.BytesIO(quick_flight() if content is None else content), name


def executor_of(settings: TaskSettings) -> Executor | None:
    """Return workers that draw for the sample alone and stand back behind nobody; None where a cluster computes."""
    if settings.executor != "local":
        return None
    return LocalExecutor(settings.workers, function=run_quickly, is_background=False)


@contextmanager
def running_api(
    folder: Path, *, with_keys: bool = True, start: bool = True, **changes: dict[str, Any]
) -> Iterator[Api]:
    """Yield a running service; with keys one of a client and one of an administrator."""
    settings = settings_in(folder, **changes)
    service = build_service(settings, executor_of(settings.tasks))
    api = Api(create_app(settings, service), service)
    try:
        if with_keys:
            api.user = {"X-API-Key": service.keys.issue("client").secret}
            api.admin = {"X-API-Key": service.keys.issue("admin", is_admin=True).secret}
        if start:
            service.start()
        yield api
    finally:
        service.stop()
