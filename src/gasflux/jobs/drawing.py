"""Drawing processes: they load matplotlib while their owner computes, then draw figure by figure what it sends."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final, Self

from gasflux.errors import ProcessingError
from gasflux.jobs.child import ChildDiedError
from gasflux.jobs.child_main import Call
from gasflux.jobs.pool import Pool
from gasflux.results.figures.names import FigureKey, figure_keys

if TYPE_CHECKING:
    from gasflux.records import FlightResult

MAX_PROCESSES: Final = 2
"""More of them load matplotlib longer than they draw: ``python -m tools.import_cost gasflux.plotting`` measures it."""

MAX_SENT_ROWS: Final = 200_000
"""A longer flight is drawn where it is: every process would hold a copy, and drawing is a small part of its time."""


def drawing_processes_here() -> int:
    """Return how many drawing processes this machine has cores for.

    The one that computes has no core of its own: it is done before they draw. On a single core it draws by itself.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MAX_PROCESSES) if cores > 1 else 0


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
        self._pool = Pool(count, load_drawing, name="drawing")

    def __enter__(self) -> Self:
        self._pool.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.end()

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
        images: dict[str, bytes] = {}
        figures = [Call(draw_figure, (key,)) for key in figure_keys(result)]
        try:
            with closing(self._pool.share_out(Call(take_flight, (result,)), figures)) as drawn:
                for name, png in drawn:
                    images[name] = png
                    if progress is not None:
                        progress(name)
        except ChildDiedError as error:
            raise ProcessingError.of("drawing_ended", exit_code=error.exit_code) from error
        return {key.file_name: images[key.file_name] for key in figure_keys(result)}


class _Drawn:
    """What a drawing process draws now."""

    flight: FlightResult | None = None


@functools.cache
def _drawn() -> _Drawn:
    """Return the one of this process."""
    return _Drawn()


def take_flight(result: FlightResult) -> None:
    """Keep the flight whose figures are asked for next, in the child."""
    _drawn().flight = result


def draw_figure(key: FigureKey) -> tuple[str, bytes]:
    """Draw a figure of the flight that was taken, in the child; return its file name and its PNG."""
    from gasflux.plotting import draw, png_bytes

    flight = _drawn().flight
    assert flight is not None
    try:
        return key.file_name, png_bytes(draw(flight, key))
    except Exception as error:  # any: whoever reads the traceback must know which figure it was
        error.add_note(f"In a drawing process, at {key.file_name}")
        raise


def load_drawing() -> None:
    """Load, while there is nothing to draw yet, what the first figure would load."""
    gc.set_threshold(100_000, 50, 50)  # as the command line does
    from gasflux.plotting import png_bytes
    from gasflux.results.figures.style import new_figure, style

    with style("en"):
        figure = new_figure("en", "0123456789", 1.0)
        figure.add_subplot().plot([0.0, 1.0], label="0")
        figure.legend()
    png_bytes(figure)
