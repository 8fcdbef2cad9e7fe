"""What a child process of the service does first: die with its parent, give way to it, stay small."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait
from typing import Final

import psutil

NICENESS: Final = 10
"""Children compute when nobody waits for an answer of the server."""

_SINGLE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def prepare() -> None:
    """Make this process a worker; runs first of all in a spawned child.

    One linear-algebra thread: the workers together fill the cores. Ctrl-C, and Ctrl-Break on Windows, go to all
    processes of a terminal, and the parent decides what becomes of it. SIGTERM gets its default action back, which
    needs no Python to run: a worker in the midst of a long C call ends at once.
    """
    os.environ.update(dict.fromkeys(_SINGLE_THREAD, "1"), MPLBACKEND="Agg")
    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)
    die_with_parent()


def die_with_parent() -> None:
    """End this process as soon as its parent is gone, however that happened.

    A thread waits on the pipe that only the parent holds open. C code that never yields the interpreter keeps that
    thread waiting, therefore the kernel is asked as well: it sends SIGIO, whose default action is death, when the
    pipe's other end closes.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel
    if sys.platform != "win32":
        _signal_when_closed(sentinel)
    threading.Thread(target=_exit_after, args=(sentinel,), name="parent-watch", daemon=True).start()


def _signal_when_closed(descriptor: int) -> None:
    """Have the kernel send SIGIO to this process when the other end of a pipe closes."""
    if sys.platform == "win32":
        return
    import fcntl

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def _exit_after(sentinel: int) -> None:
    """Wait for the parent's end, then end at once: no handlers, no clean-up that could hang."""
    wait([sentinel])
    os._exit(1)


def limit_memory(limit_bytes: int) -> None:
    """Refuse this process more memory than it has now plus `limit_bytes`, where the system can.

    The limit is on address space, of which a process takes far more than memory: libraries, stacks of threads, arenas
    of the allocator. What is mapped already is therefore added: only what the job itself asks for counts. It makes a
    MemoryError out of one absurd request, as a damaged file causes it; slow growth the supervising thread sees in the
    resident size. macOS and Windows have no such limit, there the latter stands alone.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = psutil.Process().memory_info().vms + limit_bytes
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
