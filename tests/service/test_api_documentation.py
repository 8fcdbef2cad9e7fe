"""The page on the HTTP interface: every request in it is run as it stands, and every endpoint is in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from hostile_files import sample
from live_server import LiveServer, live_server
from patience import HANG_S

from gasflux.client import GasFluxClient

PAGE = Path(__file__).parents[2] / "docs" / "API_DOCUMENTATION.md"
BOOTSTRAP = "the-bootstrap-key-of-this-test"

_EXAMPLE = re.compile(
    r"^### `(?P<endpoint>[A-Z]+ [^`]+)`\n(?P<text>.*?)^```sh\n(?P<command>.*?)^```\n\n"
    r"Answer `(?P<status>\d+)`, `(?P<type>[^`]+)`(?:\.|:\n\n```json\n(?P<answer>.*?)^```)",
    re.MULTILINE | re.DOTALL,
)
_MAPS = {"gases", "by_method", "by_endpoint", "by_status"}
"""Mappings whose keys are data and no part of the shape."""

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("sh")), reason="the page shows curl in a shell"
)


@dataclass(frozen=True)
class Example:
    """One endpoint of the page."""

    endpoint: str
    command: str
    status: int
    media_type: str
    answer: Any


def examples() -> list[Example]:
    found = [match.groupdict() for match in _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))]
    return [
        Example(
            entry["endpoint"],
            entry["command"],
            int(entry["status"]),
            entry["type"],
            json.loads(entry["answer"]) if entry["answer"] else None,
        )
        for entry in found
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    settings = {"GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY": BOOTSTRAP, "GASFLUX_TASKS_WORKERS": "1"}
    with live_server(tmp_path_factory.mktemp("documented"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def shell(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables and files that the page supposes."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "flight.xlsx").write_bytes(sample())
    (folder / "config.yaml").write_text("strategies: {spatial: curtain}\n", encoding="utf-8")
    (folder / ".curlrc").write_text('silent\nmax-time = 60\nwrite-out = "\\n%{http_code} %{content_type}"\n')
    variables = {"URL": server.url, "CURL_HOME": str(folder), "HOME": str(folder)}
    for variable, admin in (("ADMIN", True), ("KEY", False)):
        answer = requests.post(
            f"{server.url}/api_keys",
            json={"name": variable, "admin": admin},
            headers={"X-Admin-Bootstrap-Key": BOOTSTRAP},
            timeout=HANG_S,
        )
        variables[variable] = answer.json()["data"]["api_key"]
    return variables


def run(command: str, variables: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command of the page; return status, media type and body."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=variables["HOME"],
        env=os.environ | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=True,
    )
    body, _, outcome = done.stdout.rpartition("\n")
    status, _, media_type = outcome.partition(" ")
    return int(status), media_type, body


def test_every_request_answers_as_the_page_says(server: LiveServer, shell: dict[str, str]) -> None:
    variables = dict(shell)
    for example in examples():
        status, media_type, body = run(example.command, variables)
        where = f"{example.endpoint}: {body[:500]}"
        assert (status, media_type) == (example.status, example.media_type), where
        if example.answer is not None:
            assert differences(example.answer, json.loads(body)) == [], where
        if example.endpoint == "POST /upload":
            variables["TASK"] = json.loads(body)["data"]["task_id"]
            with GasFluxClient(server.url) as client:
                client.wait(variables["TASK"], timeout=HANG_S)
        if example.endpoint == "POST /api_keys":
            variables["KEY_ID"] = json.loads(body)["data"]["key_id"]


def differences(documented: Any, actual: Any, path: str = "$") -> list[str]:
    """Return where the shape of an answer is not the documented one; null stands for any value."""
    if documented is None or actual is None:
        return []
    if isinstance(documented, bool) or not isinstance(documented, int | float):
        if type(documented) is not type(actual):
            return [f"{path}: {type(actual).__name__} instead of {type(documented).__name__}"]
    elif not isinstance(actual, int | float) or isinstance(actual, bool):
        return [f"{path}: {type(actual).__name__} instead of a number"]
    if isinstance(documented, list):
        return [fault for entry in documented[:1] for one in actual for fault in differences(entry, one, f"{path}[]")]
    return _mapping_differences(documented, actual, path) if isinstance(documented, dict) else []


def _mapping_differences(documented: dict[str, Any], actual: dict[str, Any], path: str) -> list[str]:
    if path.rpartition(".")[2] in _MAPS:
        pattern = next(iter(documented.values()), None)
        return [fault for value in actual.values() for fault in differences(pattern, value, f"{path}.*")]
    faults = [f"{path}.{name} is on one side only" for name in sorted(documented.keys() ^ actual.keys())]
    both = documented.keys() & actual.keys()
    return faults + [fault for name in both for fault in differences(documented[name], actual[name], f"{path}.{name}")]


def test_the_comparison_sees_differences() -> None:
    documented = {"a": 1, "b": [{"c": "x"}], "gases": {"ch4": {"d": 1.0}}}
    assert differences(documented, {"a": 2.5, "b": [], "gases": {"n2o": {"d": 3}}}) == []
    assert len(differences(documented, {"a": "1", "b": [{"c": "y"}, {"c": 1}], "gases": {"n2o": {"e": 3}}})) == 4
    assert len(differences(documented, {"a": True, "gases": {}})) == 2


def test_every_endpoint_is_on_the_page(server: LiveServer) -> None:
    paths = requests.get(f"{server.url}/openapi.json", timeout=HANG_S).json()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, entry in paths.items()
        for method in entry
        if method in ("get", "post", "put", "delete", "patch")
    }
    documented = [example.endpoint.replace("<", "{").replace(">", "}") for example in examples()]
    assert len(set(documented)) == len(documented)
    anonymous = {_without_names(endpoint) for endpoint in served}
    assert {_without_names(endpoint) for endpoint in documented} == anonymous


def _without_names(endpoint: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", endpoint)


def test_no_example_is_overlooked() -> None:
    """Every heading of an endpoint reads as an example; a slip of the format would otherwise leave one untested."""
    assert PAGE.read_text(encoding="utf-8").count("\n### `") == len(examples())
