"""A child process as its parent sees it: warm, one call at a time, ended at any moment."""

from __future__ import annotations

import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from gasflux.jobs.child_main import Call, answer_calls

_EXIT_S: Final = 5.0
"""A child that hung up ends within milliseconds, unless something hangs at its end."""

_UNKNOWN_EXIT: Final = 255
_processes = threading.Lock()
"""Starting a process asks how others ended, and only the first to ask is told: one at a time."""


class ChildDiedError(Exception):
    """A child ended in the midst of a call, or before it was ready for one.

    Parameters
    ----------
    exit_code
        As of `multiprocessing.Process`: negative for the number of a signal.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the process ended with code {exit_code}")
        self.exit_code = exit_code


class Child:
    """A child process; one thread at a time talks to it, any may `kill` it.

    Parameters
    ----------
    setup
        What it loads before its first call: a function of a module.
    name
        Of the process, as `multiprocessing` shows it.
    is_background
        Whether it gives way to its parent.
    """

    def __init__(self, setup: Callable[[], object], name: str, is_background: bool) -> None:
        from multiprocessing import get_context

        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, setup, is_background)
        self._process = context.Process(target=answer_calls, args=arguments, name=name, daemon=True)
        with _processes, _interrupts_held():
            self._process.start()
        theirs.close()  # so that a child that dies ends the conversation
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.calls = 0
        """How many it was given."""
        self.is_ready = False
        """Whether it has loaded what it needs, as far as it was listened to."""
        self.is_busy = False
        """Whether a call waits for its answer."""
        self.ears: tuple[Any, ...] = (self._connection, self._process.sentinel)
        """What `multiprocessing.connection.wait` waits for: a message, or the end."""
        self.answer: Any = None
        """What the last call returned."""
        self.error: Exception | None = None
        """What the last call raised."""
        self.is_condemned = False
        """Whether it shall do no other call."""
        self._exit_code: int | None = None

    def call(self, function: Callable[..., Any], *arguments: Any, tells: bool = False) -> None:
        """Give it something to do.

        Parameters
        ----------
        function
            A function of a module.
        arguments
            For it.
        tells
            Whether it takes one argument more, with which it tells news.

        Raises
        ------
        ChildDiedError
            When it has ended.
        """
        self.send(pickle.dumps(Call(function, arguments, tells)))

    def send(self, call: bytes) -> None:
        """Give it a pickled `Call`; raises as `call`."""
        self.is_busy = True
        self.calls += 1
        try:
            self._connection.send_bytes(call)
        except OSError:
            raise ChildDiedError(self.kill()) from None

    def listen(self, timeout_s: float) -> tuple[Any, ...] | None:
        """Return the next news of the call; None when something else happened, or nothing for so long.

        Raises
        ------
        ChildDiedError
            When it has ended.
        """
        from multiprocessing.connection import wait

        if not wait(self.ears, timeout_s):
            return None
        kind, content = self._heard()
        if kind == "news":
            return tuple(content)
        if kind == "ready":
            self.is_ready = True
        else:
            self.is_busy = False
            self.answer, self.error = (content, None) if kind == "answer" else (None, content)
        return None

    def finishes(self, timeout_s: float) -> bool:
        """Wait for the end of the call, at most so long; raises as `listen`."""
        return self._comes_true(lambda: not self.is_busy, timeout_s)

    def readies(self, timeout_s: float) -> bool:
        """Wait until it has loaded what it needs, at most so long; raises as `listen`."""
        return self._comes_true(lambda: self.is_ready, timeout_s)

    def result(self) -> Any:
        """Return what the last call returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.answer

    def condemn(self) -> None:
        """Let it do no other call: something went wrong in it that nobody expected."""
        self.is_condemned = True

    def is_alive(self) -> bool:
        """Whether the process runs."""
        from multiprocessing.connection import wait

        return self._exit_code is None and not wait([self._process.sentinel], 0.0)

    def resident_bytes(self) -> int:
        """Return the memory it holds, 0 when it has ended or when the machine cannot tell now."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except (psutil.Error, OSError):  # no file can be opened: the next look tells
            return 0

    def kill(self) -> int:
        """End it, gone when this returns; return its exit code, the one of its own end if it had ended before."""
        with _processes:
            if self._exit_code is None:
                self._process.kill()
                self._process.join()
                code = self._process.exitcode
                self._exit_code = _UNKNOWN_EXIT if code is None else code
            return self._exit_code

    def end(self) -> None:
        """Kill it and give back what the conversation took; nobody talks to it any more."""
        self.kill()
        self._connection.close()
        self._process.close()

    def _heard(self) -> tuple[str, Any]:
        """Take one message that is there, or say how the process ended."""
        from multiprocessing.connection import wait

        with suppress(EOFError, OSError):
            if self._connection.poll():
                kind, *content = self._connection.recv()
                return kind, content[0] if content else None
        wait([self._process.sentinel], _EXIT_S)
        raise ChildDiedError(self.kill())

    def _comes_true(self, is_so: Callable[[], bool], timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while not is_so():
            left_s = end - time.monotonic()
            if left_s <= 0.0:
                return False
            self.listen(left_s)
        return True


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back from this thread; a child inherits that: deaf from its first moment, its owner ends it."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    ensure_running()  # when it starts with the first child, it lets Ctrl-C through again
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def speaking(children: Iterable[Child]) -> list[Child]:
    """Wait until some of the children said something, or ended; return them."""
    from multiprocessing.connection import wait

    ears = {ear: child for child in children for ear in child.ears}
    return list(dict.fromkeys(ears[ear] for ear in wait(list(ears))))
