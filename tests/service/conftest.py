"""One running service for all tests that do no harm to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from api_service import SAMPLE, Api, running_api


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture(scope="session")
def done(api: Api) -> dict[str, Any]:
    """The sample flight, completed and pinned."""
    answer = api.upload(SAMPLE.read_bytes(), "sample flight.xlsx")
    assert answer.status_code == 202, answer.text
    task = api.finished(answer.json["data"]["task_id"])  # type: ignore[index]
    assert task["status"] == "completed", task
    return task
