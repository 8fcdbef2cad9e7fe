"""The Flask application: blueprints round a service.

A new endpoint is a route on a blueprint with an `endpoint` declaration below it; one without needs a key.
"""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any, Final

from flask import Flask, Response, g, request

from gasflux.api.compression import register_compression
from gasflux.api.headers import register_headers
from gasflux.api.refusals import register_refusals
from gasflux.api.streaming_request import StreamingRequest
from gasflux.auth import client_address, register_auth
from gasflux.blueprints.api_keys import api_keys_bp
from gasflux.blueprints.config import config_bp
from gasflux.blueprints.download import download_bp
from gasflux.blueprints.health import health_bp
from gasflux.blueprints.reports import reports_bp
from gasflux.blueprints.stats import stats_bp
from gasflux.blueprints.task_pool import task_pool_bp
from gasflux.blueprints.tasks import tasks_bp
from gasflux.blueprints.upload import upload_bp
from gasflux.blueprints.web import web_bp
from gasflux.config_reader import load_settings
from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES
from gasflux.configuration.service_settings import Settings
from gasflux.errors import shortened
from gasflux.service.keys.rate_limit import network_of
from gasflux.service.parts import Service, build_service
from gasflux.service.refusals import TOLD_OF_HOLDERS
from gasflux.service.statistics import APIStatsCollector
from gasflux.shared import current_service, request_id

__all__ = ["APIStatsCollector", "Config", "create_app"]

_LOG: Final = logging.getLogger(__name__)
_REFUSED_FROM: Final = 400
_PATH: Final = 200
_METHOD: Final = 20
"""Characters of what a client sent in a line of the log."""

_FORM_TEXT_BYTES: Final = MAX_YAML_BYTES + 50_000
"""Of all text fields of a form: a configuration may come as one."""

_BLUEPRINTS: Final = (
    upload_bp,
    tasks_bp,
    task_pool_bp,
    download_bp,
    reports_bp,
    health_bp,
    stats_bp,
    config_bp,
    web_bp,
    api_keys_bp,
)


def create_app(settings: Settings | None = None, service: Service | None = None) -> Flask:
    """Return the application.

    Parameters
    ----------
    settings
        Settings of the service; by default those of `gasflux.ini` and the environment.
    service
        The service behind it; by default one is made, which the caller starts: ``app.extensions["gasflux"].start()``.
    """
    service = service or build_service(settings or load_settings())
    app = Flask("gasflux", static_folder=None, template_folder=None)
    app.request_class = StreamingRequest
    app.extensions["gasflux"] = service
    app.config.update(
        MAX_CONTENT_LENGTH=service.settings.limits.max_content_length,
        MAX_FORM_MEMORY_SIZE=_FORM_TEXT_BYTES,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    _register_statistics(app, service)
    register_compression(app)
    register_headers(app)
    register_auth(app)
    register_refusals(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _register_statistics(app: Flask, service: Service) -> None:
    """Count and log every answer with its time."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "(none)"
        duration_s = time.perf_counter() - g.get("began", time.perf_counter())
        service.statistics.count_request(request.method, rule, response.status_code, duration_s)
        _log_answer(response, duration_s)
        return response


def _log_answer(response: Response, duration_s: float) -> None:
    """Log changes and refusals; what pages and monitors read all day only when debugging."""
    refusals = current_service().refusals
    line = f"{request.method[:_METHOD]} {shortened(request.path, _PATH)}: {response.status_code}"
    line = f"{line} in {1000.0 * duration_s:.0f} ms for {request.remote_addr}"
    task = (request.view_args or {}).get("task_id")
    marks = {"request": request_id(), "task": task and shortened(task, _PATH)}
    if response.status_code >= _REFUSED_FROM:
        client, told = _refused_client()
        refusals.note(client, line, marks=marks, told=told)
        return
    refusals.end_minutes()
    is_dull = request.method in ("GET", "HEAD")
    _LOG.log(logging.DEBUG if is_dull else logging.INFO, "%s", line, extra=marks)


def _refused_client() -> tuple[str, int]:
    """Return whose refusals are counted together, and how many a minute are told one by one."""
    who = g.get("principal")
    if who is None or who.actor in (None, "anybody"):
        return network_of(client_address()), 1
    return who.actor, TOLD_OF_HOLDERS


@cache
def _settings() -> Settings:
    return load_settings()


_NAMES: Final = {
    "HOST": ("server", "host"),
    "PORT": ("server", "port"),
    "DEBUG": ("server", "debug"),
    "BASE_URL": ("server", "base_url"),
    "UPLOAD_FOLDER": ("paths", "uploads"),
    "OUTPUT_FOLDER": ("paths", "outputs"),
    "MAX_CONTENT_LENGTH": ("limits", "max_content_length"),
    "LOG_LEVEL": ("logging", "level"),
    "LOG_FILE": ("logging", "file"),
    "THREADS": ("performance", "threads"),
    "CONNECTION_LIMIT": ("performance", "connection_limit"),
    "CHANNEL_TIMEOUT": ("performance", "channel_timeout"),
    "TASK_CLEANUP_INTERVAL": ("cleanup", "task_cleanup_interval"),
    "MAX_TASK_AGE": ("cleanup", "max_task_age"),
    "SUCCESSFUL_TASK_CLEANUP_AGE": ("cleanup", "successful_task_cleanup_age"),
    "FAILED_TASK_CLEANUP_AGE": ("cleanup", "failed_task_cleanup_age"),
    "ADMIN_BOOTSTRAP_KEY": ("security", "admin_bootstrap_key"),
    "REQUIRE_API_KEY": ("security", "require_api_key"),
    "DATABASE_PATH": ("database", "path"),
}


class _FromSettings(type):
    """Reads an attribute of the class from the settings when it is asked for."""

    def __getattr__(cls, name: str) -> Any:
        try:
            section, key = _NAMES[name]
        except KeyError:
            raise AttributeError(f"{cls.__name__} has no setting {name}; known are {', '.join(_NAMES)}") from None
        return getattr(getattr(_settings(), section), key)


class Config(metaclass=_FromSettings):
    """The settings under the hand-over document's names, e.g. ``Config.PORT``; read once, when first asked for."""
