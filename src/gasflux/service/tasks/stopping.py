"""One word that everybody hears: the server is about to stop."""

from __future__ import annotations

import threading

from gasflux.errors import StoppingError


class StopSignal:
    """Set once, never taken back; may be set from a signal handler.

    Uploads call `refuse_if_set`, `/health` asks `is_set`, loops of background threads `wait` on it.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Say that the server is about to stop."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether the server is about to stop."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most that long; return whether the server is about to stop."""
        return self._event.wait(timeout_s)

    def refuse_if_set(self) -> None:
        """Raise `StoppingError` when the server is about to stop: new work is not taken any more."""
        if self.is_set:
            raise StoppingError.later("stopping", 60)
