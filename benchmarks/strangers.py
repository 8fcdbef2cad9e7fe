"""What one request of a stranger costs: processor time of the server and bytes of the answer, over every endpoint.

Usage::

    python benchmarks/strangers.py [--rounds 3]

Every kind of hostile request (`hostile_requests.py`) is answered by the real application, without a key and with an
administrator's, and the time of the answering thread is taken, the best of the rounds. Markdown goes to stdout.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from hostile_requests import Hostile, Operation, environ_of, hostile_requests, operations
from werkzeug.test import run_wsgi_app

from gasflux.app import create_app
from gasflux.configuration.service_settings import (
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    PathSettings,
    SecuritySettings,
    Settings,
)
from gasflux.service.keys.rate_limit import RateLimiter
from gasflux.service.parts import build_service

PROMISED_MS, PROMISED_BYTES = 50.0, 64 * 1024
SLOWEST_SHOWN = 15


@dataclass(frozen=True)
class Cost:
    """Of one request."""

    operation: Operation
    hostile: Hostile
    has_key: bool
    cpu_ms: float
    answered_bytes: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what requests of strangers cost.")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs = sorted(_costs(Path(folder), options.rounds), key=lambda cost: cost.cpu_ms, reverse=True)
    times, sizes = [cost.cpu_ms for cost in costs], sorted(cost.answered_bytes for cost in costs)
    print(f"{len(costs)} hostile requests; promised: {PROMISED_MS:g} ms and {PROMISED_BYTES} bytes each\n")
    print("| | median | 95th percentile | most |\n|---|---|---|---|")
    ranks = (len(times) // 2, len(times) // 20, 0)
    print("| processor time, ms |", " | ".join(f"{times[rank]:.1f}" for rank in ranks), "|")
    print("| answer, bytes |", " | ".join(f"{sizes[-1 - rank]}" for rank in ranks), "|")
    print("\n| slowest | key | ms | bytes |\n|---|---|---|---|")
    for cost in costs[:SLOWEST_SHOWN]:
        has_key = "yes" if cost.has_key else "no"
        print(f"| {cost.operation}: {cost.hostile.name} | {has_key} | {cost.cpu_ms:.1f} | {cost.answered_bytes} |")


def _costs(folder: Path, rounds: int) -> Iterator[Cost]:
    """Yield the cost of every hostile request."""
    app, key = _application(folder)
    document = app.test_client().get("/openapi.json").get_json()
    names = {"task_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "name": "report.html", "key_id": "0123456789abcdef"}
    for operation in operations(document):
        for hostile in hostile_requests(operation):
            for headers in ({}, {"X_API_Key": key}):
                spent = [_cost(app, environ_of(operation, hostile, names, **headers)) for _ in range(rounds)]
                best = min(spent)
                yield Cost(operation, hostile, bool(headers), 1000.0 * best[0], best[1])


def _cost(app: Flask, environ: dict[str, Any]) -> tuple[float, int]:
    """Return the time of the answering thread in seconds and the size of the answer."""
    began = time.thread_time()
    answer, _, _ = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    return time.thread_time() - began, sum(map(len, answer))


def _application(folder: Path) -> tuple[Flask, str]:
    """Return an application that limits no rates and starts no work, and an administrator's key."""
    settings = replace(
        Settings(),
        paths=PathSettings(folder / "uploads", folder / "outputs"),
        database=DatabaseSettings(folder / "gasflux.db"),
        logging=LoggingSettings(file=folder / "gasflux.log"),
        limits=LimitSettings(min_free_bytes=1),
        security=SecuritySettings(require_api_key="true"),
    )
    service = replace(build_service(settings), limiter=RateLimiter(10**9, 10**9, 10**9))
    service.inspector.start()
    return create_app(settings, service), service.keys.issue("benchmark", is_admin=True).secret


if __name__ == "__main__":
    main()
