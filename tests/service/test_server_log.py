"""The log of a real server: the lines of a task carry its id, and no key is ever in it."""

from __future__ import annotations

from pathlib import Path

import requests
from patience import HANG_S
from server_process import SAMPLE, running

BOOTSTRAP = "a-bootstrap-key-of-fair-length"
CALLBACK = "a-callback-secret-of-fair-length"
WRONG = "gf_0123456789abcdef_" + "Wr0ng" * 9
NONSENSE = "no-key-of-this-server-at-all"


def test_tasks_are_marked_and_keys_are_not_there(tmp_path: Path) -> None:
    variables = {
        "GASFLUX_SECURITY_REQUIRE_API_KEY": "true",
        "GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY": BOOTSTRAP,
        "GASFLUX_SECURITY_CALLBACK_SECRET": CALLBACK,
        "GASFLUX_LOGGING_LEVEL": "DEBUG",
    }
    with running(tmp_path, **variables) as server:
        admin = {"X-Admin-Bootstrap-Key": BOOTSTRAP}
        issued = requests.post(f"{server.url}/api_keys", json={"name": "a client"}, headers=admin, timeout=HANG_S)
        assert issued.status_code == 201, issued.text
        key = issued.json()["data"]["api_key"]
        for wrong in (WRONG, NONSENSE, key + "x"):
            assert server.get("/tasks", headers={"X-API-Key": wrong}).status_code == 401
        for path in (f"/tasks?api_key={key}", f"/task/{key}", f"/download/{key}/{key}"):
            assert server.get(path, headers={"X-API-Key": key}).status_code in (404, 422), path
        with SAMPLE.open("rb") as stream:
            answer = requests.post(
                f"{server.url}/upload", files={"file": stream}, headers={"X-API-Key": key}, timeout=HANG_S
            )
        task_id = answer.json()["data"]["task_id"]
        server.wait_for(task_id, "completed")
        assert server.stop() == 0
        log, errors, said = server.log, server.errors(), server.said()
    lines = [line for line in log.splitlines() if f"task:{task_id}" in line]
    assert any("attempt 1 begins" in line for line in lines)
    assert any("completed in" in line for line in lines)
    secret = key.rpartition("_")[2]
    for text in (log, errors, said):
        for value in (BOOTSTRAP, CALLBACK, NONSENSE, WRONG, key, secret):
            assert value not in text
    assert "Traceback" not in log
