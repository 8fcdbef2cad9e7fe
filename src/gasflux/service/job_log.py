"""The log of one task: lines that its owner may read. Worker and supervisor append to it in turn."""

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

    path: Path
    task_id: str
    in_service_log: bool = False
    """Whether the lines stand in the service's own log too, as those of the supervisor do."""

    def write(self, level: Level, message: str) -> None:
        """Append a line; a disk that is full costs the line, not the task."""
        clean = "".join(character if character.isprintable() else " " for character in message)
        if self.in_service_log:
            _log.log(logging.getLevelNamesMapping()[level], "%s", message, extra={"task": self.task_id})
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(f"{now} {level} task:{self.task_id} {clean}\n")
        except OSError as error:
            _log.warning("a line of the task's log is lost: %s", error, extra={"task": self.task_id})
