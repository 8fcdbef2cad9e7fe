"""Whether the service can do its work."""

from __future__ import annotations

from flask import Blueprint, Response

from gasflux.api.endpoint import Access, endpoint
from gasflux.api.models import Health
from gasflux.service.watch.health import health_of
from gasflux.shared import _format_response, current_service, without_folders

health_bp = Blueprint("health", __name__)


@health_bp.get("/health")
@endpoint(
    summary="Whether the service can do its work",
    description="Reads and writes the database, looks at disk, workers and queue. 503 when unhealthy or stopping.",
    access=Access.OPEN,
    answer=Health,
    statuses=(200, 503),
    tag="service",
)
def health() -> Response:
    """Answer what was tried."""
    found = health_of(current_service())
    for check in found["checks"].values():
        check["message"] = without_folders(check["message"])
    state = Health.model_validate(found)
    if state.status == "unhealthy":
        return _format_response(503, "The service cannot work.", state, headers={"Retry-After": "10"})
    return _format_response(200, f"The service is {state.status}.", state)
