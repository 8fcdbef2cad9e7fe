"""Whether the service can do its work, found out by trying."""

from __future__ import annotations

import tempfile
import time
from typing import Any, Final

from gasflux.configuration.service_settings import MIB
from gasflux.errors import StorageError
from gasflux.service.parts import Service
from gasflux.version import __version__

_NEARLY: Final = 0.8
"""Share of the queue from which it counts as nearly full."""
_WORST: Final = {"ok": "healthy", "degraded": "degraded", "failed": "unhealthy"}


def health_of(service: Service) -> dict[str, Any]:
    """Return what /health answers: a state per check, the worst of them as the whole."""
    checks = {
        "database": _database(service),
        "disk": _disk(service),
        "workers": _workers(service),
        "queue": _queue(service),
    }
    worst = max((check["status"] for check in checks.values()), key=list(_WORST).index)
    return {
        "status": _WORST[worst],
        "checks": checks,
        "version": __version__,
        "uptime_s": round(time.monotonic() - service.started_monotonic, 1),
    }


def _check(status: str, message: str) -> dict[str, str]:
    return {"status": status, "message": message}


def _database(service: Service) -> dict[str, str]:
    try:
        service.database.check()
    except StorageError as error:
        return _check("failed", str(error))
    return _check("ok", "reads and writes")


def _disk(service: Service) -> dict[str, str]:
    try:
        free = service.folders.free_bytes()
        service.folders.make_incoming()
    except StorageError as error:
        return _check("failed", str(error))
    folders = service.folders
    probed = (("uploads", folders.uploads), ("bodies on their way", folders.incoming), ("outputs", folders.outputs))
    for name, folder in probed:
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            return _check("failed", f"the folder of {name} cannot be written: {error.strerror or 'unknown reason'}")
    least = service.settings.limits.min_free_bytes
    message = f"{free // MIB} MiB free, uploads are refused below {least // MIB} MiB"
    if free < least:
        return _check("failed", message)
    return _check("degraded" if free < 2 * least else "ok", message)


def _workers(service: Service) -> dict[str, str]:
    if service.stopping.is_set:
        return _check("failed", "the server is about to stop")
    if problem := service.runner.problem():
        return _check("failed", problem)
    if trouble := service.executor.trouble():
        return _check("degraded", trouble)
    return _check("ok", f"{service.executor.slots} ready")


def _queue(service: Service) -> dict[str, str]:
    most = service.settings.tasks.max_queue
    try:
        waiting = service.tasks.counts().pending
    except StorageError as error:
        return _check("failed", str(error))
    return _check("degraded" if waiting >= _NEARLY * most else "ok", f"{waiting} of at most {most} tasks wait")
