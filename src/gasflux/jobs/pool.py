"""Some child processes: whatever happens to one of them concerns its own call only, and another takes its place."""

from __future__ import annotations

import itertools
import logging
import pickle
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Final

from gasflux.jobs.child import Child, speaking
from gasflux.jobs.child_main import Call

_log = logging.getLogger(__name__)

RECYCLE_CALLS: Final = 100
RECYCLE_BYTES: Final = 1 << 30
"""A child is replaced after so many calls, or when it holds so much when it has nothing to do."""


def nothing() -> None:
    """Load nothing: what is called needs nothing, or loads it itself."""


class PoolStoppedError(Exception):
    """The children were ended for good."""


class Pool:
    """Some children; what happens to one of them concerns its own call only.

    Parameters
    ----------
    size
        How many.
    setup
        What each loads before its first call: a function of a module.
    name
        Of the processes, which are numbered.
    is_background
        Whether they give way to their parent.
    """

    def __init__(
        self,
        size: int,
        setup: Callable[[], object] = nothing,
        *,
        name: str = "child",
        is_background: bool = False,
    ) -> None:
        self._size = size
        self._setup = setup
        self._name = name
        self._is_background = is_background
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._idle: deque[Child] = deque()
        self._taken: set[Child] = set()
        self._stopped = False

    def start(self) -> None:
        """Start the children that are missing, those too that ended by themselves; PoolStoppedError after `stop`."""
        with self._changed:
            if self._stopped:
                raise PoolStoppedError
            for child in [child for child in self._idle if not child.is_alive()]:
                self._idle.remove(child)
                child.end()
            while len(self._idle) + len(self._taken) < self._size:
                name = f"{self._name}-{next(self._numbers)}"
                self._idle.append(Child(self._setup, name, self._is_background))
            self._changed.notify_all()

    def stop(self) -> None:
        """End the children for good, gone when this returns; who talks to one of them gets ChildDiedError."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self.end()

    def end(self) -> None:
        """End the children, gone when this returns; they may be started again."""
        with self._changed:
            for child in self._taken:
                child.kill()  # whoever has it gives it back
            while self._idle:
                self._idle.popleft().end()

    @property
    def is_stopped(self) -> bool:
        """Whether the children were ended for good."""
        return self._stopped

    def is_whole(self) -> bool:
        """Whether no child is missing."""
        with self._changed:
            return not self._stopped and len(self._idle) + len(self._taken) == self._size

    def is_busy(self) -> bool:
        """Whether every child has something to do."""
        with self._changed:
            return len(self._taken) == self._size

    def take(self, timeout_s: float) -> Child | None:
        """Return a child that has nothing to do, for the caller alone until `give_back`; None when none has in time.

        Raises
        ------
        PoolStoppedError
            When the children were ended for good.
        OSError
            When one is missing and cannot be started.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or len(self._taken) < self._size, timeout_s)
            self.start()
            if not self._idle:
                return None
            child = self._idle.popleft()
            self._taken.add(child)
            return child

    def give_back(self, child: Child) -> None:
        """Hand a child back; it is replaced at once unless it is fit for another call."""
        if _is_spent(child):
            child.kill()
        with self._changed:
            self._taken.remove(child)
            if child.is_alive() and not self._stopped:
                self._idle.append(child)
            else:
                child.end()
            try:
                if not self._stopped:
                    self.start()
            except OSError as error:
                _log.warning("a process could not be replaced, tried again with the next call: %s", error)
            self._changed.notify_all()

    def share_out(self, first: Call, calls: Iterable[Call]) -> Generator[Any, None, None]:
        """Yield what calls return, as it comes; the children do them side by side. For a pool of one thread.

        Unless all calls are done, by an error in one of them or in the caller, all children are ended.

        Parameters
        ----------
        first
            What every child does before its first call.
        calls
            What is to be done.

        Raises
        ------
        ChildDiedError
            When a child ended; an error within a call comes as it was raised there.
        """
        self.start()
        with ExitStack() as unless_done:
            unless_done.callback(self.end)  # or an answer nobody waits for would be taken for one to the next question
            yield from self._shared_out(pickle.dumps(first), deque(calls))
            unless_done.pop_all()

    def _shared_out(self, first: bytes, waiting: deque[Call]) -> Iterator[Any]:
        """Give every child a call, and another one whenever it is done."""
        busy = dict.fromkeys(self._idle, False)
        """Children at work, and whether at one of the calls or at the first of all."""
        for child in busy:
            child.send(first)
        while busy:
            for child in speaking(busy):
                child.listen(0.0)
                if child.is_busy:
                    continue
                is_answer, answer = busy.pop(child), child.result()
                if waiting:
                    child.send(pickle.dumps(waiting.popleft()))
                    busy[child] = True
                if is_answer:
                    yield answer


def _is_spent(child: Child) -> bool:
    """Tell whether a child is at something still, is not trusted, was used often enough, or holds too much."""
    if child.is_busy or child.is_condemned:
        return True
    return child.calls >= RECYCLE_CALLS or child.resident_bytes() > RECYCLE_BYTES
