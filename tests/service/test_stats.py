"""Counts and times: true, thread-safe and bounded whatever is asked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from api_service import Api, running_api
from patience import wait_until
from prometheus_client.parser import text_string_to_metric_families

from gasflux.app import APIStatsCollector


def test_shape_and_counts(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False) as api:
        for path in ("/health", "/health", "/nowhere", "/task/1", "/task/2"):
            api.client.get(path)
        data = api.client.get("/stats").get_json()["data"]
    assert set(data) == {"requests", "tasks", "performance", "system", "since"}
    assert set(data["requests"]) == {"total", "by_method", "by_endpoint", "by_status"}
    assert set(data["tasks"]) == {"created", "completed", "failed", "processing", "pending"}
    assert set(data["performance"]) == {"avg_ms", "p50_ms", "p95_ms", "error_rate"}
    assert set(data["system"]) == {"memory", "disk", "cpu"}
    assert data["requests"]["total"] == 5
    assert data["requests"]["by_endpoint"] == {"/health": 2, "/task/<task_id>": 2, "(none)": 1}
    # The workers were not started: /health is honest about it.
    assert data["requests"]["by_status"] == {"404": 3, "503": 2}
    assert data["performance"]["error_rate"] == 0.4


def test_reset(api: Api) -> None:
    api.client.get("/health")
    assert api.client.post("/stats/reset", headers=api.admin).status_code == 200
    data = api.client.get("/stats").get_json()["data"]
    assert data["requests"]["total"] == 1  # the reset itself, counted when it was answered
    assert data["requests"]["by_endpoint"] == {"/stats/reset": 1}


def test_tasks_are_counted(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        accepted = api.upload().get_json()["data"]["task_id"]
        assert api.upload(b"latitude,longitude\n1,2\n", "short.csv").status_code == 422
        api.finished(accepted)
        wait_until(lambda: counted(api)["completed"])  # a moment after the end of the task
        tasks = counted(api)
    assert tasks == {"created": 2, "completed": 1, "failed": 1, "processing": 0, "pending": 0}


def counted(api: Api) -> dict[str, int]:
    tasks: dict[str, int] = api.client.get("/stats").get_json()["data"]["tasks"]
    return tasks


def test_memory_is_bounded() -> None:
    collector = APIStatsCollector()
    for number in range(5000):
        collector.count_request(f"METHOD{number}", "(none)", 405, 0.001 * number)
    seen = collector.snapshot()
    assert seen.by("method") == {"other": 5000}
    assert len(seen.durations_s) == 1000
    assert len(seen.requests) == 1


def test_percentiles_are_of_the_last_thousand() -> None:
    collector = APIStatsCollector()
    for milliseconds in [9999] * 50 + list(range(1000)):
        collector.count_request("GET", "/", 200, milliseconds / 1000)
    seen = collector.snapshot()
    assert seen.percentile_s(0.50) == 0.5
    assert seen.percentile_s(0.95) == 0.95
    assert seen.total == 1050


def test_threads_lose_no_count() -> None:
    collector = APIStatsCollector()

    def work() -> None:
        for _ in range(2000):
            collector.count_request("GET", "/", 200, 0.001)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = collector.snapshot()
    assert seen.total == sum(seen.buckets) == 16_000


def test_metrics_are_prometheus_text(api: Api, done: dict[str, Any]) -> None:
    answer = api.client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {"gasflux_http_requests", "gasflux_http_request_seconds", "gasflux_tasks", "gasflux_workers"} <= set(
        families
    )
    buckets = [
        sample.value for sample in families["gasflux_http_request_seconds"].samples if sample.name.endswith("_bucket")
    ]
    assert buckets == sorted(buckets)


def test_health_tells_what_is_wrong(tmp_path: Path) -> None:
    with running_api(tmp_path, limits={"min_free_bytes": 1 << 60}) as api:
        answer = api.client.get("/health")
        assert answer.status_code == 503
        data = answer.get_json()["data"]
        assert data["status"] == "unhealthy"
        assert data["checks"]["disk"]["status"] == "failed"
        assert data["checks"]["database"]["status"] == "ok"
        refused = api.upload()
        assert refused.status_code == 503
        assert refused.get_json()["error"]["type"] == "no_space"
        assert int(refused.headers["Retry-After"]) >= 1
        api.service.stopping.set()
        assert api.client.get("/health").get_json()["data"]["checks"]["workers"]["status"] == "failed"
        assert api.upload().get_json()["error"]["type"] == "stopping"
