"""The last lines of a log that may be long and is being written to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 2 * 1024 * 1024


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last `count` lines; none when there is no file yet."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _MOST_BYTES))
            data = stream.read(_MOST_BYTES)
    except FileNotFoundError:
        return []
    lines = data.decode("utf-8", "replace").splitlines()
    if size > _MOST_BYTES:
        del lines[0]  # begins in the middle
    return lines[-count:]
