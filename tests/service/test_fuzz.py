"""Schemathesis: requests made from the service's own description, valid and not, against the real service."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from api_service import Api, flight, running_api
from patience import HANG_S, wait_until
from werkzeug.serving import make_server

from gasflux.app import create_app
from gasflux.service.keys.rate_limit import RateLimiter

EXAMPLES = int(os.environ.get("GASFLUX_FUZZ_EXAMPLES", "8"))
"""Per endpoint and phase; `make test-fuzz` takes more."""


@contextmanager
def listening(api: Api) -> Iterator[str]:
    """Serve an application without the limits that hold up who sends thousands of wrong keys on purpose."""
    service = replace(api.service, limiter=RateLimiter(10**9, 10**9, 10**9))
    server = make_server("127.0.0.1", 0, create_app(service=service), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_answer_contradicts_the_description(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    security = {"callback_secret": "a secret of the test", "allow_private_callbacks": True}
    with running_api(tmp_path, security=security) as api, listening(api) as url:
        # A first look waits for the start of its process, and is answered 503 where that takes long.
        wait_until(lambda: api.client.post("/preview", data={"file": flight()}, headers=api.user).status_code == 200)
        key = f"X-API-Key: {api.admin['X-API-Key']}"
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "-H", key),
                *("--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"),
                *("--generation-database", "none"),
                # A machine with other work is no contradiction.
                *("--request-timeout", str(HANG_S), "--max-response-time", str(HANG_S)),
            ],
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "fuzz_hooks",
                "PYTHONPATH": str(Path(__file__).parent),
                "PYTHONUTF8": "1",
            },
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in caplog.text
