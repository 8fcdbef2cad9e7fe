"""Drawing processes: they load matplotlib while their owner computes, then draw figure by figure what it sends."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self, cast

from gasflux.errors import ProcessingError
from gasflux.results.figures.names import FigureKey, figure_keys

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from gasflux.records import FlightResult

    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection as Connection
    else:
        from multiprocessing.connection import Connection

RenderFigures = Callable[["FlightResult", Callable[[str], None] | None], dict[str, bytes]]
"""How all figures of a flight become file name -> PNG: `plotting.render_figures`, or that of `DrawingProcesses`."""

MAX_PROCESSES: Final = 2
"""More of them load matplotlib longer than they draw."""

MAX_SENT_ROWS: Final = 200_000
"""A longer flight is drawn where it is: every process would hold a copy, and drawing is a small part of its time."""


def drawing_processes_here() -> int:
    """Return how many drawing processes this machine has cores for beside the one that computes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, MAX_PROCESSES)


class DrawingProcesses:
    """A context manager that owns processes that draw.

    They start on entering, and end on leaving, when `render` fails or is cancelled, and when their owner dies.

    Parameters
    ----------
    count
        How many; with 0, figures are drawn in the calling process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._drawers: dict[Connection, SpawnProcess] = {}

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def render(self, result: FlightResult, progress: Callable[[str], None] | None = None) -> dict[str, bytes]:
        """Render every figure of a flight as `plotting.render_figures` does, several at a time.

        Parameters
        ----------
        result
            The flight.
        progress
            Called with the name of each figure when it is done; whatever it raises stops the work.

        Raises
        ------
        ProcessingError
            When a process died. An error within one comes back as it was raised there.
        """
        if self._count == 0 or result.log.size > MAX_SENT_ROWS:
            from gasflux.plotting import render_figures

            return render_figures(result, progress)
        self._start()
        with ExitStack() as unless_finished:
            unless_finished.callback(self._end)  # or a figure nobody waits for would answer the next question
            images = dict(self._share_out(result, progress))
            unless_finished.pop_all()
        return {key.file_name: images[key.file_name] for key in figure_keys(result)}

    def _start(self) -> None:
        """Start the processes that are missing."""
        from multiprocessing import get_context

        context = get_context("spawn")
        with _interrupts_ignored():
            while len(self._drawers) < self._count:
                ours, theirs = context.Pipe()
                process = context.Process(target=_draw_what_comes, args=(theirs,), daemon=True)
                process.start()
                theirs.close()  # so that a process that dies ends the conversation
                self._drawers[ours] = process

    def _end(self) -> None:
        """End all of them, whatever they are at."""
        for process in self._drawers.values():
            process.terminate()
        while self._drawers:
            connection, process = self._drawers.popitem()
            process.join()
            connection.close()

    def _share_out(self, result: FlightResult, progress: Callable[[str], None] | None) -> Iterator[tuple[str, bytes]]:
        """Give every process the flight and a figure, and another one whenever it is done."""
        from multiprocessing.connection import wait

        waiting = deque(figure_keys(result))
        busy: set[Connection] = set()
        for connection in self._drawers:
            self._tell(connection, result)
            busy |= self._hand_out(connection, waiting)
        while busy:
            for connection in cast("list[Connection]", wait(list(busy))):
                name, png = self._hear(connection)
                busy.remove(connection)
                busy |= self._hand_out(connection, waiting)
                yield name, png
                if progress is not None:
                    progress(name)

    def _hand_out(self, connection: Connection, waiting: deque[FigureKey]) -> set[Connection]:
        """Ask for the next figure, if any, and return who has something to do."""
        if not waiting:
            return set()
        self._tell(connection, waiting.popleft())
        return {connection}

    def _tell(self, connection: Connection, message: FlightResult | FigureKey) -> None:
        try:
            connection.send(message)
        except ConnectionError:
            raise self._loss(connection) from None

    def _hear(self, connection: Connection) -> tuple[str, bytes]:
        try:
            name, answer = connection.recv()
        except (EOFError, ConnectionError):
            raise self._loss(connection) from None
        if isinstance(answer, Exception):
            raise answer
        return name, answer

    def _loss(self, connection: Connection) -> ProcessingError:
        process = self._drawers[connection]
        process.join()
        return ProcessingError.of("drawing_ended", exit_code=process.exitcode)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Start processes deaf to Ctrl-C from their first moment, which reaches the whole group: their owner ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _draw_what_comes(connection: Connection) -> None:
    """Draw until the owner hangs up or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on systems where being deaf is not inherited
    gc.set_threshold(100_000, 50, 50)  # as the command line does
    _warm_up()
    result: FlightResult | None = None
    with suppress(EOFError, ConnectionError):
        while True:
            message = connection.recv()
            if isinstance(message, FigureKey) and result is not None:
                connection.send((message.file_name, _attempt(result, message)))
            else:
                result = message


def _warm_up() -> None:
    """Load, while there is nothing to draw yet, what the first figure would load."""
    from gasflux.plotting import png_bytes
    from gasflux.results.figures.style import new_figure, style

    with style("en"):
        figure = new_figure("en", "0123456789", 1.0)
        figure.add_subplot().plot([0.0, 1.0], label="0")
        figure.legend()
    png_bytes(figure)


def _attempt(result: FlightResult, key: FigureKey) -> bytes | Exception:
    """Draw one figure; what goes wrong is told to the owner, with the place where it did."""
    from gasflux.plotting import draw, png_bytes

    try:
        return png_bytes(draw(result, key))
    except Exception as error:  # the boundary of the process
        error.add_note(f"In a drawing process, at {key.file_name}:\n{''.join(traceback.format_exception(error))}")
        return error
