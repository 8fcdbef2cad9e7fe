"""How long tests wait for what must come: far longer than any machine takes, so that only what hangs is ended.

A test tells whether something comes, not when: what is promised in seconds is measured in `benchmarks/`, and what must
not grow is compared within one run. A machine three times slower, or one with ten times the work it has cores for,
passes the same tests. `test_suite.py` holds it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Final, TypeVar

Seen = TypeVar("Seen")

HANG_S: Final = 600.0
"""After this nothing comes any more; what is waited for takes seconds on a machine that has nothing else to do."""

_MEASURED_S: Final = 0.05


class WaitedInVainError(AssertionError):
    """Nothing came, and nothing moved, for longer than a machine as slow as this one needs."""


def slowness() -> float:
    """Return how many times longer work takes here now than on a machine that has nothing else to do."""
    began, spent = time.monotonic(), time.thread_time()
    while time.thread_time() - spent < _MEASURED_S:
        pass
    return max((time.monotonic() - began) / _MEASURED_S, 1.0)


def wait_until(
    is_so: Callable[[], Seen | None],
    what: Callable[[], object] | str = "something",
    progress: Callable[[], object] = lambda: None,
) -> Seen:
    """Wait until something is so and return what was seen.

    Parameters
    ----------
    is_so
        Asked again and again until its answer is true.
    what
        What is waited for, for the message of a wait in vain; a function is asked then.
    progress
        How far it is, whatever that is: as long as it changes, the wait goes on.
    """
    began, seen_so_far, slowest = time.monotonic(), progress(), 1.0
    while True:
        if seen := is_so():
            return seen
        if (now := progress()) != seen_so_far:
            began, seen_so_far = time.monotonic(), now
        waited_s = time.monotonic() - began
        if waited_s > HANG_S * slowest:
            slowest = max(slowest, slowness())
            if waited_s > HANG_S * slowest:
                told = what if isinstance(what, str) else what()
                here = f"on a machine {slowest:.1f} times slow"
                raise WaitedInVainError(f"waited {waited_s:.0f} s in vain {here}: {told}")
        time.sleep(min(max(0.1 * waited_s, 0.01), 0.5))  # a server is not asked more often than it allows


def times_longer(long: Callable[[], object], short: Callable[[], object], *, rounds: int = 7) -> float:
    """Return how many times longer one piece of work takes this thread than another.

    In time of the processor, because others use the machine too, in turns, because its speed changes, and the median
    of the rounds, because one may be disturbed. The work of other threads and processes does not count.
    """
    _thread_s(long), _thread_s(short)  # whatever is only loaded once
    return median(_thread_s(long) / max(_thread_s(short), 1e-6) for _ in range(rounds))


def _thread_s(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
