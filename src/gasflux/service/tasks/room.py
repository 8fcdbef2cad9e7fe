"""A task's wait for room on a full disk: somebody makes some within minutes, and nobody need ask for the work again."""

from __future__ import annotations

import threading
import time
from typing import Final

from gasflux.jobs.executor import ExecutorStoppedError, JobCancelledError

ROOM_WAIT_S: Final = 600.0
"""How long a task waits before it fails for want of room."""

_FIRST_PAUSE_S: Final = 1.0
_LAST_PAUSE_S: Final = 30.0
_LOOK_S: Final = 0.2


class RoomWait:
    """Pauses between attempts, doubling, until the patience is over.

    Parameters
    ----------
    patience_s
        Longest wait from the first pause on.
    cancelled
        Ends a pause with `JobCancelledError`.
    stopping
        Ends a pause with `ExecutorStoppedError`.
    """

    def __init__(self, patience_s: float, cancelled: threading.Event, stopping: threading.Event) -> None:
        self._patience_s = patience_s
        self._cancelled = cancelled
        self._stopping = stopping
        self._until: float | None = None
        self.pause_s = _FIRST_PAUSE_S
        """Length of the next pause."""

    @property
    def is_over(self) -> bool:
        """Whether the patience is over."""
        if self._until is None:
            self._until = time.monotonic() + self._patience_s
        return time.monotonic() >= self._until

    def wait(self) -> None:
        """Let a pause pass."""
        end = time.monotonic() + self.pause_s
        while (left_s := end - time.monotonic()) > 0.0:
            if self._stopping.is_set():
                raise ExecutorStoppedError
            if self._cancelled.wait(min(left_s, _LOOK_S)):
                raise JobCancelledError
        self.pause_s = min(2.0 * self.pause_s, _LAST_PAUSE_S)
