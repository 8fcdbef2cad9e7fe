"""Every figure of a flight by its stable file name, made one at a time so that only one is held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from matplotlib.figure import Figure

from gasflux.records import FlightResult
from gasflux.results.figures.background import background_fit
from gasflux.results.figures.budget import budget, segments
from gasflux.results.figures.flight import flight_3d, flight_map
from gasflux.results.figures.names import FigureKey, figure_keys
from gasflux.results.figures.style import png_bytes
from gasflux.results.figures.surface import curtain, profile
from gasflux.results.figures.variogram import variogram
from gasflux.results.figures.wind import wind_rose, wind_series

__all__ = ["all_figures", "draw", "png_bytes", "render_figures"]

_OF_GAS: Final[dict[str, Callable[[FlightResult, str], Figure]]] = {
    "flight_3d": flight_3d,
    "flight_map": flight_map,
    "background": background_fit,
    "budget": budget,
    "segments": segments,
}
_OF_SEGMENT: Final[dict[str, Callable[[FlightResult, int], Figure]]] = {
    "wind_rose": wind_rose,
    "wind_series": wind_series,
}
_OF_SURFACE: Final[dict[str, Callable[[FlightResult, str, int], Figure]]] = {
    "curtain": curtain,
    "profile": profile,
    "variogram": variogram,
}


def draw(result: FlightResult, key: FigureKey) -> Figure:
    """Make the figure of a key."""
    if key.segment is None:
        return _OF_GAS[key.kind](result, key.gas or "")
    if key.gas is None:
        return _OF_SEGMENT[key.kind](result, key.segment)
    return _OF_SURFACE[key.kind](result, key.gas, key.segment)


def all_figures(result: FlightResult) -> Iterator[tuple[str, Figure]]:
    """Make every figure of a flight.

    Parameters
    ----------
    result
        The flight.

    Yields
    ------
    tuple[str, Figure]
        File name such as ``curtain_ch4.png``, with ``_s1``, ``_s2``, ... when the flight has several segments.
    """
    for key in figure_keys(result):
        yield key.file_name, draw(result, key)


def render_figures(result: FlightResult, progress: Callable[[str], None] | None = None) -> dict[str, bytes]:
    """Render every figure of a flight.

    Parameters
    ----------
    result
        The flight.
    progress
        Called with the name of each figure when it is done; whatever it raises stops the work.

    Returns
    -------
    dict[str, bytes]
        File name -> PNG.
    """
    images: dict[str, bytes] = {}
    for name, figure in all_figures(result):
        images[name] = png_bytes(figure)
        if progress is not None:
            progress(name)
    return images
