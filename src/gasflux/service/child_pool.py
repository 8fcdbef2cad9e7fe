"""One child process that is warm, can be ended at any moment, and is then replaced."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessPool

from gasflux.service.child_process import prepare

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class ChildStoppedError(Exception):
    """The child was ended for good."""


class ChildPool:
    """A pool of one, so that whatever happens to the process concerns one piece of work only.

    Parameters
    ----------
    warm_up
        Loads in the child what its work needs.
    """

    def __init__(self, warm_up: Callable[[], object]) -> None:
        self._warm_up = warm_up
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._warm: Future[object] | None = None
        self._stopped = False
        self.tasks = 0
        """How much work the present child was given."""

    def submit(
        self, function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        """Hand work to the child, to a new one when there is none; `ChildStoppedError` after `stop`."""
        with self._lock:
            if self._pool is None or not self._pool.active:
                self._replace()
            if self._pool is None:
                raise ChildStoppedError
            self.tasks += 1
            return self._pool.schedule(function, args=args, kwargs=kwargs)

    def renew(self) -> None:
        """End the child, dead when this returns, and start another."""
        with self._lock:
            self._replace()

    def stop(self) -> None:
        """End the child for good."""
        with self._lock:
            self._stopped = True
            self._replace()

    def is_alive(self) -> bool:
        """Whether work can be handed over; a child that is being renewed will be there in a moment."""
        if not self._lock.acquire(blocking=False):
            return not self._stopped
        try:
            return self._pool is not None and bool(self._pool.active)
        finally:
            self._lock.release()

    def is_warm(self, wait_s: float) -> bool:
        """Whether the child has loaded what it needs, after waiting for that a little."""
        warm = self._warm
        return warm is not None and bool(wait([warm], timeout=wait_s).done) and warm.exception() is None

    def _replace(self) -> None:
        """End the pool, its process included, and start another unless stopped."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
        self._pool, self._warm, self.tasks = None, None, 0
        if not self._stopped:
            context: Any = multiprocessing.get_context("spawn")  # Pebble's types know no Windows
            self._pool = ProcessPool(max_workers=1, initializer=prepare, context=context)
            self._warm = self._pool.schedule(self._warm_up)
