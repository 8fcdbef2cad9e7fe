"""The whole service on a cluster: a flight through HTTP, and what /health says of it. ``make test-dask``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_service import Api, running_api
from dask_cluster import DaskCluster, dask_cluster, kill_family
from patience import wait_until

from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.data_processor import process_file

pytestmark = pytest.mark.dask


def on(cluster: DaskCluster) -> dict[str, Any]:
    """Settings of a service that has its tasks done there."""
    return {"executor": "dask", "dask_scheduler": cluster.address, "workers": 2}


def health(api: Api) -> tuple[str, str, str]:
    """Return the state as a whole, that of the workers and its sentence."""
    data = api.client.get("/health").json["data"]  # type: ignore[index]
    return data["status"], data["checks"]["workers"]["status"], data["checks"]["workers"]["message"]


def without_run(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out when and how long."""
    return {name: value for name, value in document.items() if name != "run"}


def test_flight_through_http(tmp_path: Path) -> None:
    sample = Path(process_file.__globals__["__file__"]).parent / "data" / "sample_flight.xlsx"
    expected = process_file(sample, load_pipeline_config(None), tmp_path / "local", figures=False).output_vars
    with dask_cluster(tmp_path / "cluster", 1) as cluster, running_api(tmp_path / "api", tasks=on(cluster)) as api:
        task_id = api.upload(content=sample.read_bytes(), name=sample.name).json["data"]["task_id"]  # type: ignore[index]
        task = api.finished(task_id)
        assert task["status"] == "completed", task
        answer = api.client.get(f"/download/{task_id}/output_vars.json", headers=api.user)
        assert without_run(json.loads(answer.data)) == without_run(json.loads(json.dumps(expected)))
        assert health(api) == ("healthy", "ok", "2 ready")
        log = api.service.folders.log_path(task_id).read_text(encoding="utf-8")
        assert "attempt 1 begins with sample_flight.xlsx" in log
        assert "completed in" in log


def test_tasks_wait_for_a_cluster_that_is_away(tmp_path: Path) -> None:
    with dask_cluster(tmp_path / "cluster") as cluster, running_api(tmp_path / "api", tasks=on(cluster)) as api:
        wait_until(lambda: health(api)[2].startswith("the cluster at"), "a cluster without workers")
        cluster.kill_scheduler()
        task_id = api.upload().json["data"]["task_id"]  # type: ignore[index]
        wait_until(lambda: health(api)[:2] == ("degraded", "degraded"), "the trouble")
        assert "tasks wait" in health(api)[2]
        cluster.start_scheduler()
        kill_family(cluster.add_worker())
        cluster.add_worker()
        task = api.finished(task_id)
        assert (task["status"], task["attempts"]) == ("completed", 1)
