"""The log of one task: lines that its owner may read. The job and its supervisor append to it in turn."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

_log = logging.getLogger(__name__)

Level = Literal["INFO", "WARNING", "ERROR"]


@dataclass(frozen=True)
class JobLog:
    """Lines such as ``2026-01-02 03:04:05 INFO task:<task_id> reading: 0.12 s``, times in UTC."""

    path: Path | None
    """None keeps nothing."""
    task_id: str
    in_service_log: bool = False
    """Whether the lines stand in the service's own log too, as those of the supervisor do."""

    def write(self, level: Level, message: str) -> None:
        """Append a line; a disk that is full costs the line, not the task."""
        if self.in_service_log:
            _log.log(logging.getLevelNamesMapping()[level], "%s", message, extra={"task": self.task_id})
        if self.path is None:
            return
        clean = "".join(character if character.isprintable() else " " for character in message)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(f"{now} {level} task:{self.task_id} {clean}\n")
        except OSError as error:
            _log.warning("a line of the task's log is lost: %s", error, extra={"task": self.task_id})


class LogTail:
    """New lines of a log that grows.

    Parameters
    ----------
    path
        The file, which need not be there yet; None for a job that keeps no log.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read_bytes = 0

    def read(self) -> str:
        """Return the whole lines written since the last time."""
        if self._path is None or not self._path.exists():
            return ""
        with self._path.open("rb") as stream:
            stream.seek(self._read_bytes)
            lines = stream.read()
        lines = lines[: lines.rfind(b"\n") + 1]
        self._read_bytes += len(lines)
        return lines.decode("utf-8")
