"""The log of what was refused: one client's many refusals are a few lines, so that they wash nothing else away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_LOG: Final = logging.getLogger(__name__)

MINUTE_S: Final = 60.0
MOST_CLIENTS: Final = 1_000
"""Clients told apart in a minute; the refusals of all beyond are counted together."""

TOLD_OF_HOLDERS: Final = 20
"""Refusals a minute of somebody who was let in that are told one by one; of strangers one is."""

_OTHERS: Final = "others"


@dataclass
class _Minute:
    """What was refused of one client."""

    ends: float
    told: int = 0
    level: int = logging.NOTSET
    more: int = 0
    last: str = ""


@dataclass
class RefusalLog:
    """Writes the first refusals of a client's minute and counts the others; may be asked by several threads.

    Parameters
    ----------
    clock
        Seconds that never go back.
    """

    clock: Callable[[], float] = time.monotonic
    _minutes: dict[str, _Minute] = field(default_factory=dict)
    _next_end: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(
        self,
        client: str,
        line: str,
        *,
        level: int = logging.INFO,
        marks: Mapping[str, str | None] | None = None,
        told: int = 1,
    ) -> None:
        """Write a line, or count it when as many of this client were written in this minute as may be.

        Parameters
        ----------
        client
            Key or address, with what is told about it where that is more than one kind of thing.
        line
            What was refused.
        level
            How grave.
        marks
            Request and task, as `gasflux.service.watch.logs` shows them.
        told
            How many lines a minute this client has.
        """
        self.end_minutes()
        with self._lock:
            minute = self._minute_of(client)
            is_told = minute.told < told
            minute.told += is_told
            if not is_told:
                minute.more += 1
                minute.last, minute.level = line, max(level, minute.level)
        if is_told:
            _LOG.log(level, "%s", line, extra=dict(marks or {}))

    def end_minutes(self, *, at_once: bool = False) -> None:
        """Tell what was counted in the minutes that are over, or in all of them."""
        now = self.clock()
        if now < self._next_end and not at_once:
            return
        with self._lock:
            over = {client: minute for client, minute in self._minutes.items() if at_once or minute.ends <= now}
            for client in over:
                del self._minutes[client]
            self._next_end = min((minute.ends for minute in self._minutes.values()), default=now + MINUTE_S)
        for client, minute in over.items():
            if minute.more:
                _LOG.log(minute.level, "%d more like it of %s, the last: %s", minute.more, client, minute.last)

    def _minute_of(self, client: str) -> _Minute:
        """Return the present minute of a client."""
        if client not in self._minutes and len(self._minutes) >= MOST_CLIENTS:
            client = _OTHERS
        if client not in self._minutes:
            ends = self.clock() + MINUTE_S
            self._minutes[client] = _Minute(ends)
            self._next_end = min(self._next_end, ends)
        return self._minutes[client]
