"""The inside of a child process: die with the parent, give way to it, stay small, and do one call after the other."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

NICENESS: Final = 10
"""Children of a server compute when nobody waits for its answer."""

_SINGLE_THREAD: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


Message = tuple[Literal["ready"]] | tuple[Literal["news"], tuple[Any, ...]] | tuple[Literal["answer", "raised"], Any]
"""What a child says, pickled: that it is ready for calls, news of a call, and what the call returned or raised."""


@dataclass(frozen=True)
class Call:
    """What a child is to do: a function of a module, so that it finds it, and what to give it."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    tells: bool = False
    """Whether the function takes one argument more, a function that sends its arguments to the parent as news."""


def answer_calls(connection: Connection, setup: Callable[[], object], is_background: bool) -> None:
    """Do calls until the parent hangs up; the whole life of a child.

    Parameters
    ----------
    connection
        To the parent: pickles of `Call` come in, of `Message` go out.
    setup
        Loads what the calls need. The first calls may lie in the connection while it runs.
    is_background
        Whether to give way to the parent.
    """
    prepare(is_background)
    setup()
    connection.send(("ready",))
    with suppress(EOFError, ConnectionError):
        while True:
            content = connection.recv_bytes()
            connection.send_bytes(_done(content, lambda *news: connection.send(("news", news))))


def _done(content: bytes, tell: Callable[..., None]) -> bytes:
    """Do a call and return the message that says what came of it."""
    try:
        call: Call = pickle.loads(content)
        more = (tell,) if call.tells else ()
        return pickle.dumps(("answer", call.function(*call.arguments, *more)))
    except (Exception, SystemExit) as error:  # the boundary of the process: the parent decides what it means
        return pickle.dumps(("raised", _portable(error)))


def _portable(error: Exception | SystemExit) -> Exception:
    """Return an error as one that the parent can unpickle and raise, with the place where it happened."""
    import multiprocessing

    if isinstance(error, MemoryError):
        return MemoryError()  # there may be no room for more, and its traceback holds what filled the memory
    where = "".join(traceback.format_exception(error))
    try:
        portable: object = pickle.loads(pickle.dumps(error))
    except Exception:  # whatever a class of a library does when it is copied
        portable = None
    if not isinstance(portable, Exception):
        portable = RuntimeError(f"{type(error).__name__}: {error}")
    portable.add_note(f"In the process {multiprocessing.current_process().name}:\n{where}")
    return portable


def prepare(is_background: bool = True) -> None:
    """Make this process a child; runs first of all.

    One linear-algebra thread: the children together fill the cores. Ctrl-C, and Ctrl-Break on Windows, go to all
    processes of a terminal, and the parent decides what becomes of it. SIGTERM gets its default action back, which
    needs no Python to run: a child in the midst of a long C call ends at once.
    """
    os.environ.update(dict.fromkeys(_SINGLE_THREAD, "1"), MPLBACKEND="Agg")
    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if is_background:
        _give_way()
    die_with_parent()


def _give_way() -> None:
    """Take a lower priority."""
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)


def die_with_parent() -> None:
    """End this process as soon as its parent is gone, however that happened.

    A thread waits on the pipe that only the parent holds open. C code that never yields the interpreter keeps that
    thread waiting, therefore the kernel is asked as well: it sends SIGIO, whose default action is death, when the
    pipe's other end closes.
    """
    import multiprocessing

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
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)


def limit_memory(limit_bytes: int) -> None:
    """Refuse this process more memory than it has now plus `limit_bytes`, where the system can.

    The limit is on address space, of which a process takes far more than memory: libraries, stacks of threads, arenas
    of the allocator. What is mapped already is therefore added: only what the job itself asks for counts. It makes a
    MemoryError out of one absurd request, as a damaged file causes it; slow growth the parent sees in the
    resident size. macOS and Windows have no such limit, there the latter stands alone.
    """
    if sys.platform != "linux":
        return
    import resource

    import psutil

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = psutil.Process().memory_info().vms + limit_bytes
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
