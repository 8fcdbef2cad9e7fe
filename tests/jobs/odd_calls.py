"""What the tests of the pool have children do; a spawned process finds it here by name."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from gasflux.jobs.child_main import limit_memory
from gasflux.jobs.pool import Pool

MIB = 1 << 20
_remembered: list[Any] = []


def echo(value: Any) -> Any:
    """Return what came."""
    return value


def remember(value: Any) -> None:
    """Keep what came."""
    _remembered[:] = [value]


def with_remembered(value: Any) -> tuple[Any, Any]:
    """Return what was kept, and what came."""
    return _remembered[0], value


def sleep(seconds: float, tell: Callable[..., None]) -> None:
    """Tell so, and sleep."""
    tell("sleeping")
    time.sleep(seconds)


def compute(tell: Callable[..., None]) -> None:
    """Tell so, and run C code that never looks whether another thread, or a signal handler, wants to run."""
    tell("computing")
    sum(range(10**13))


def count(steps: int, tell: Callable[..., None]) -> str:
    """Tell numbers."""
    for step in range(steps):
        tell(step, f"step {step}")
    return "counted"


def fail(error: BaseException) -> None:
    """Raise what came."""
    raise error


class StubbornError(Exception):
    """One that cannot be made from what it says of itself, as in libraries."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def fail_stubbornly() -> None:
    """Raise what no pickle brings back."""
    raise StubbornError("this", "that")


def unpicklable() -> Callable[[], None]:
    """Return what does not travel."""
    return lambda: None


def end(code: int) -> None:
    """End the process."""
    os._exit(code)


def grab(limit_bytes: int, wanted_bytes: int) -> int:
    """Ask for memory under a limit; return what came of it."""
    limit_memory(limit_bytes)
    return len(bytearray(wanted_bytes))


def hold(held_bytes: int) -> None:
    """Keep memory after the call."""
    _remembered[:] = [bytearray(b"x") * held_bytes]


def cannot_load() -> None:
    """Fail before the first call."""
    raise ImportError("a library is missing")


def load_for_ever() -> None:
    """Never get ready."""
    time.sleep(10_000.0)


def main() -> None:
    """Own children until the end: what they do is the argument. Says their ids as soon as they do it."""
    act = sys.argv[1]
    pool = Pool(2, load_for_ever if act == "load" else echo_nothing)
    pool.start()
    children = [pool.take(0.0), pool.take(0.0)]
    for child in children:
        assert child is not None
        if act == "sleep":
            child.call(sleep, 10_000.0, tells=True)
        elif act == "compute":
            child.call(compute, tells=True)
        while act not in ("load", "idle") and child.listen(600.0) is None:
            continue
        if act == "idle":
            assert child.readies(600.0)
    try:  # the interrupt may come before the ids are out of the hand
        sys.stdout.write(" ".join(str(child.pid) for child in children if child is not None) + "\n")
        sys.stdout.flush()
        time.sleep(10_000.0)
    except KeyboardInterrupt:
        for child in children:
            assert child is not None
            pool.give_back(child)
        pool.stop()
        sys.stdout.write("interrupted\n")


def echo_nothing() -> None:
    """Load nothing."""


if __name__ == "__main__":
    main()
