"""Memory, disk and processor of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import psutil


def system_info(folder: Path) -> dict[str, Any]:
    """Return the state of the machine; `folder` tells which disk."""
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(folder)
    return {
        "memory": {
            "total": memory.total,
            "available": memory.available,
            "percent": memory.percent,
            "process": psutil.Process().memory_info().rss,
        },
        "disk": {
            "total": disk.total,
            "free": disk.free,
            "percent": round(100.0 * (disk.total - disk.free) / disk.total, 1),
        },
        "cpu": {"cores": os.cpu_count() or 1, "percent": psutil.cpu_percent(interval=None)},
    }
