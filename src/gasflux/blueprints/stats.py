"""Statistics for people and for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response

from gasflux.api.endpoint import Access, FileAnswer, endpoint
from gasflux.api.models import Statistics
from gasflux.auth import audited
from gasflux.service.watch.metrics import CONTENT_TYPE, metrics_text
from gasflux.service.watch.system import system_info
from gasflux.shared import _format_response, current_service
from gasflux.storage.clock import as_text

stats_bp = Blueprint("stats", __name__)


@stats_bp.get("/stats")
@endpoint(
    summary="What the service did since the start or the last reset",
    description="Open unless `[security] protect_stats` is set. Endpoints are counted by rule, never by path.",
    access=Access.STATS,
    answer=Statistics,
    tag="service",
)
def stats() -> Response:
    """Answer counts, times and the state of the machine."""
    service = current_service()
    seen, counts = service.statistics.snapshot(), service.tasks.counts()
    data = {
        "requests": {"total": seen.total, **{f"by_{name}": seen.by(name) for name in ("method", "endpoint", "status")}},
        "tasks": {**seen.tasks, "processing": counts.processing, "pending": counts.pending},
        "performance": {
            "avg_ms": round(1000 * seen.mean_s, 3),
            "p50_ms": round(1000 * seen.percentile_s(0.50), 3),
            "p95_ms": round(1000 * seen.percentile_s(0.95), 3),
            "error_rate": round(seen.error_rate, 6),
        },
        "system": system_info(service.folders.outputs),
        "since": as_text(seen.since),
    }
    return _format_response(200, f"{seen.total} requests answered.", Statistics.model_validate(data))


@stats_bp.post("/stats/reset")
@endpoint(summary="Set the statistics to zero", access=Access.ADMIN, tag="service")
@audited("reset statistics")
def reset() -> Response:
    """Begin counting anew."""
    current_service().statistics.reset()
    return _format_response(200, "The statistics begin anew.", {})


@stats_bp.get("/metrics")
@endpoint(
    summary="The same for Prometheus",
    access=Access.STATS,
    answer=FileAnswer(("text/plain",), "Prometheus text format", is_binary=False),
    tag="service",
)
def metrics() -> Response:
    """Answer the metrics as text."""
    return Response(metrics_text(current_service()), content_type=CONTENT_TYPE)
