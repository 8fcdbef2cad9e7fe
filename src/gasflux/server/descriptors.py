"""Open files: enough for the connections that are allowed, or fewer connections; a pause when there are none left."""

from __future__ import annotations

import errno
import logging
import sys
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from gasflux.configuration.service_settings import Settings
from gasflux.service.tasks.runner import worker_count

_BASE: Final = 64
"""Interpreter, log, locks, listeners, and whatever libraries keep open."""

_PER_THREAD: Final = 8
"""Database with -wal, a body, an upload, a result on its way to a client."""

_PER_WORKER: Final = 8
"""Pipes to a worker and to the one that takes its place."""

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_S: Final = 1.0
_TELL_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowance:
    """What the open files suffice for."""

    settings: Settings
    """With fewer connections where there are too few."""
    warning: str | None = None


def allowed(settings: Settings) -> Allowance:
    """Let the process open as many files as its connections, threads and workers need, or allow fewer connections."""
    wanted = settings.performance.connection_limit
    reserve = _reserve(settings)
    limit = _raised(wanted + reserve)
    if limit >= wanted + reserve:
        return Allowance(settings)
    connections = max(limit - reserve, 1)
    warning = (
        f"This process may open {limit} files, too few for [performance] connection_limit = {wanted}: at most"
        f" {connections} connections are taken. Allow {wanted + reserve} (ulimit -n, or LimitNOFILE of the service)."
    )
    fewer = replace(settings.performance, connection_limit=connections)
    return Allowance(replace(settings, performance=fewer), warning)


def _reserve(settings: Settings) -> int:
    """Return how many files are open besides the connections."""
    return _BASE + _PER_THREAD * settings.performance.threads + _PER_WORKER * worker_count(settings.tasks.workers)


def _raised(needed: int) -> int:
    """Raise the limit as far as the system allows and return it."""
    if sys.platform == "win32":  # knows no limit that matters here
        return needed
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return needed
    target = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if target <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError):  # some systems allow less than they say
        return soft
    _log.info("the limit of open files was raised from %d to %d", soft, target)
    return target


class AcceptPause:
    """Takes connections of a listener of Waitress, and takes none for a moment when no more files can be opened.

    Waitress tries again at once, for ever, and writes a traceback each time: a client that waits is not lost, but the
    log is, and the processor.

    Parameters
    ----------
    listener
        Whose ``accept`` and ``readable`` this takes the place of.
    """

    def __init__(self, listener: Any) -> None:
        self._accept, self._readable = listener.accept, listener.readable
        self._until = 0.0
        self._tell_from = 0.0
        listener.accept, listener.readable = self.accept, self.readable

    def accept(self) -> Any:
        """Return a connection and its address; None when there is none to be had now."""
        try:
            return self._accept()
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            now = time.monotonic()
            self._until = now + _PAUSE_S
            if now >= self._tell_from:
                self._tell_from = now + _TELL_EVERY_S
                _log.warning("no connection can be taken now, tried again every second: %s", error.strerror)
            return None

    def readable(self) -> bool:
        """Whether a connection shall be taken; Waitress looks after its connections meanwhile."""
        is_wanted = bool(self._readable())
        return is_wanted and time.monotonic() >= self._until
