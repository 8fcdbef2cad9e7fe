"""Every figure of a flight by its stable file name, made one at a time so that only one is held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matplotlib.figure import Figure

from gasflux.plotting_background import background_fit
from gasflux.plotting_budget import budget, segments
from gasflux.plotting_flight import flight_3d, flight_map
from gasflux.plotting_style import file_name, png_bytes
from gasflux.plotting_surface import curtain, profile, variogram
from gasflux.plotting_wind import wind_rose, wind_series
from gasflux.records import FlightResult

__all__ = [
    "all_figures",
    "background_fit",
    "budget",
    "curtain",
    "flight_3d",
    "flight_map",
    "png_bytes",
    "profile",
    "render_figures",
    "segments",
    "variogram",
    "wind_rose",
    "wind_series",
]

FLIGHT_FIGURES: dict[str, Callable[[FlightResult, str], Figure]] = {
    "flight_3d": flight_3d,
    "flight_map": flight_map,
    "background": background_fit,
    "budget": budget,
}
SEGMENT_FIGURES: dict[str, Callable[[FlightResult, str, int], Figure]] = {
    "curtain": curtain,
    "profile": profile,
    "variogram": variogram,
}


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
    for gas in result.gases:
        for kind, make in FLIGHT_FIGURES.items():
            yield file_name(kind, gas), make(result, gas)
        if len(result.segments) > 1:
            yield file_name("segments", gas), segments(result, gas)
    for index in range(len(result.segments)):
        yield from _segment_figures(result, index)


def _segment_figures(result: FlightResult, index: int) -> Iterator[tuple[str, Figure]]:
    """Figures of one curtain or spiral."""
    item = result.segments[index]
    suffix = index if len(result.segments) > 1 else None
    if item.wind.measured_direction:
        yield file_name("wind_rose", segment=suffix), wind_rose(result, index)
    yield file_name("wind_series", segment=suffix), wind_series(result, index)
    for gas in item.gases:
        for kind, make in SEGMENT_FIGURES.items():
            yield file_name(kind, gas, suffix), make(result, gas, index)


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
