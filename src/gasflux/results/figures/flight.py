"""The flight: its path in space and from above, coloured by the enhancement of one gas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from gasflux.records import (
    BoolArray,
    Cylinder,
    FlightResult,
    FloatArray,
    IntArray,
    Loop,
    Phase,
    Plane,
    Segment,
    SegmentResult,
)
from gasflux.results.figures.colours import BLUE, FIELD_COLOURS, GREY, INK, LIGHT_GREY, ORANGE, PURPLE, SKY, VERMILION
from gasflux.results.figures.style import (
    colour_limits,
    decimate,
    dot_area,
    fraction_unit,
    label_below,
    largest,
    new_figure,
    style,
    thin,
)
from gasflux.results.figures.texts import figure_text, gas_label

MAX_MARKERS: Final = 2500
"""Markers of one map; each is drawn on its own, so they cost more than the points of a line."""

WIND_ARROWS: Final = 12
_ARROW_SHARE: Final = 0.13
"""Length of the longest arrow over the extent of the flight."""

_ON_SURFACE: Final = -1
"""Stands for a phase where a sample lies on a surface."""

_PHASE_COLOURS: Final[dict[Phase, str]] = {
    Phase.TAKE_OFF: ORANGE,
    Phase.FERRY: SKY,
    Phase.TURN: PURPLE,
    Phase.TRANSECT: GREY,
    Phase.LANDING: VERMILION,
    Phase.EXCLUDED: LIGHT_GREY,
}
_PHASE_LINES: Final[dict[Phase, Any]] = {Phase.TAKE_OFF: (0, (1.0, 1.0)), Phase.LANDING: (0, (4.0, 1.2, 1.0, 1.2))}
"""Those whose colours are much alike in grey; all others are solid."""


def flight_3d(result: FlightResult, gas: str) -> Figure:
    """Draw the surfaces in space: samples coloured by enhancement, the path between them grey, its shadow below."""
    label, language = gas_label(gas), result.language
    points = _markers(result, gas, used_rows(result))
    factor, unit = fraction_unit(largest(result.background[gas].enhancement_ppm))
    shown = result.background[gas].enhancement_ppm[points] * factor
    low, high = colour_limits(shown)
    track = result.track
    with style(language):
        figure = new_figure(language, figure_text("title.flight_3d", language, gas=label), 4.3)
        axes: Any = figure.add_axes((0.0, 0.0, 0.86, 0.97), projection="3d", proj_type="ortho", computed_zorder=False)
        _path_3d(axes, result)
        dots = axes.scatter(
            track.x_m[points], track.y_m[points], track.z_m[points], c=shown, cmap=FIELD_COLOURS, vmin=low, vmax=high,
            s=dot_area(points.size), depthshade=False, linewidths=0, zorder=3,
        )  # fmt: skip
        _shape_3d(axes, result)
        scale = figure.add_axes((0.88, 0.2, 0.02, 0.6))
        figure.colorbar(dots, cax=scale, label=figure_text("enhancement", language, gas=label, unit=unit))
    return figure


def _path_3d(axes: Any, result: FlightResult) -> None:
    """Path near the surfaces and its shadow on the ground; the way to and from them stands in the map."""
    track, used = result.track, used_rows(result)
    rows = decimate(track.z_m)
    places = np.column_stack([track.x_m[rows], track.y_m[rows], track.z_m[rows]])
    bounds = np.array([[values[used].min(), values[used].max()] for values in (track.x_m, track.y_m, track.z_m)])
    bounds[2, 0] = min(item.summary.ground_height_m for item in result.segments)
    # A line of samples along one axis must not make a box without depth.
    margin = np.maximum(0.06 * np.ptp(bounds, axis=1), [*(2 * [0.12 * float(np.ptp(bounds[:2], axis=1).max())]), 0.0])
    bounds += margin[:, None] * np.array([[-1.0, 1.0], [-1.0, 1.0], [0.0, 1.0]])
    inside = np.all((places >= bounds[:, 0]) & (places <= bounds[:, 1]), axis=1)
    x_m, y_m, z_m = np.where(inside, places.T, np.nan)
    axes.plot(x_m, y_m, bounds[2, 0], color=LIGHT_GREY, linewidth=0.8, zorder=1)
    axes.plot(x_m, y_m, z_m, color=GREY, linewidth=0.6, zorder=2)
    axes.set(xlim=bounds[0], ylim=bounds[1], zlim=bounds[2])
    spans = np.ptp(bounds[:2], axis=1) / float(np.ptp(bounds[:2], axis=1).max())
    axes.set_box_aspect([*np.maximum(spans, 0.35), 0.45], zoom=1.05)


def _shape_3d(axes: Any, result: FlightResult) -> None:
    """Height stretched to be legible, labels that stay clear of the ticks, a camera that sees the surface's face."""
    language = result.language
    axes.set_xlabel(figure_text("east", language), labelpad=3)
    axes.set_ylabel(figure_text("north", language), labelpad=3)
    axes.set_zlabel(figure_text("height", language), labelpad=0)
    axes.tick_params(pad=0)
    axes.locator_params(nbins=5)
    axes.view_init(elev=24, azim=_camera_azimuth(result))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1.0, 1.0, 1.0, 1.0))


def _camera_azimuth(result: FlightResult) -> float:
    """Of four places south of the surface, the one that looks most squarely at it (matplotlib's angle from east)."""
    surface = result.segments[0].segment.surface
    if not isinstance(surface, Plane):
        return -60.0
    along = 90.0 - surface.azimuth_deg
    return max((-60.0, -30.0, -120.0, -150.0), key=lambda camera: abs(np.sin(np.radians(camera - along))))


def flight_map(result: FlightResult, gas: str) -> Figure:
    """Draw the path from above: phases as lines, samples on the surface coloured by enhancement, wind as arrows."""
    label, language = gas_label(gas), result.language
    points = _markers(result, gas, used_rows(result))
    factor, unit = fraction_unit(largest(result.background[gas].enhancement_ppm))
    shown = result.background[gas].enhancement_ppm[points] * factor
    low, high = colour_limits(shown)
    with style(language):
        figure = new_figure(language, figure_text("title.flight_map", language, gas=label), 4.6)
        axes = figure.add_axes((0.09, 0.105, 0.73, 0.73))
        _draw_phases(axes, result)
        for item in result.segments:
            _draw_surface(axes, item.segment, figure_text("surface", language))
        track = result.track
        dots = axes.scatter(
            track.x_m[points], track.y_m[points], c=shown, cmap=FIELD_COLOURS, vmin=low, vmax=high,
            s=dot_area(points.size), linewidths=0, zorder=4,
        )  # fmt: skip
        axes.plot(track.x_m[0], track.y_m[0], "^", color=INK, markersize=6, label=figure_text("start", language))
        _draw_wind(axes, result)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.06)
        label_below(axes, figure_text("east", language))
        axes.set_ylabel(figure_text("north", language))
        _legend_once(figure, axes)
        scale = figure.add_axes((0.86, 0.17, 0.02, 0.6))
        figure.colorbar(dots, cax=scale, label=figure_text("enhancement", language, gas=label, unit=unit))
    return figure


def used_rows(result: FlightResult) -> IntArray:
    """Rows of the log that lie on any surface, in time order."""
    used: BoolArray = np.zeros(result.log.size, dtype=np.bool_)
    for item in result.segments:
        used[item.segment.rows] = True
    return np.flatnonzero(used)


def _markers(result: FlightResult, gas: str, used: IntArray) -> IntArray:
    """Rows to draw as markers: few enough to be quick, weakest first."""
    enhancement = result.background[gas].enhancement_ppm
    rows = used[thin(used.size, MAX_MARKERS)]
    rows = rows[np.isfinite(enhancement[rows])]
    # The strongest are drawn last: on top of a hundred passes over the same place the plume stays visible.
    return rows[np.argsort(enhancement[rows], kind="stable")]


def _draw_phases(axes: Axes, result: FlightResult) -> None:
    """One line collection per phase over its stretches; samples on a surface have their markers instead."""
    track, rows = result.track, decimate(result.track.x_m + result.track.y_m)
    places = np.column_stack([track.x_m[rows], track.y_m[rows]])
    kind = result.phase.copy()
    kind[used_rows(result)] = _ON_SURFACE
    for phase, pieces in _stretches(kind[rows], places):
        name = "unused" if phase is Phase.TRANSECT else phase.name.lower()
        text = figure_text(f"phase.{name}", result.language)
        lines = LineCollection(
            pieces, colors=_PHASE_COLOURS[phase], linewidths=1.3, linestyles=_PHASE_LINES.get(phase, "solid"),
            label=text, zorder=2,
        )  # fmt: skip
        axes.add_collection(lines, autolim=False)
    axes.update_datalim(places)


def _stretches(phase: IntArray, places: FloatArray) -> Iterator[tuple[Phase, list[FloatArray]]]:
    """Phase after phase with its stretches, each reaching to the first point of the next one."""
    breaks = np.flatnonzero(np.diff(phase)) + 1
    starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [phase.size]])
    for kind in Phase:
        pieces = [places[a : b + 1] for a, b in zip(starts, ends, strict=True) if phase[a] == kind]
        if pieces:
            yield kind, pieces


def _draw_surface(axes: Axes, segment: Segment, label: str) -> None:
    """Trace of the plane, the circle, or the loop."""
    surface = segment.surface
    if isinstance(surface, Loop):
        x_m = np.append(surface.corners_x_m, surface.corners_x_m[0])
        y_m = np.append(surface.corners_y_m, surface.corners_y_m[0])
    elif isinstance(surface, Cylinder):
        angle = np.linspace(0.0, 2.0 * np.pi, 181)
        x_m = surface.center_x_m + surface.radius_m * np.sin(angle)
        y_m = surface.center_y_m + surface.radius_m * np.cos(angle)
    else:
        azimuth, ends = np.radians(surface.azimuth_deg), np.array([segment.along_m.min(), segment.along_m.max()])
        x_m = surface.origin_x_m + ends * np.sin(azimuth)
        y_m = surface.origin_y_m + ends * np.cos(azimuth)
    axes.plot(x_m, y_m, color=INK, linewidth=0.8, linestyle=(0, (5, 3)), label=label, zorder=3)


def _draw_wind(axes: Axes, result: FlightResult) -> None:
    """Arrows of the wind averaged over equal stretches of each surface, blowing where it blows."""
    if not all(item.wind.measured_direction for item in result.segments):
        return
    stretches = np.concatenate([_wind_by_stretch(result, item) for item in result.segments])
    x_m, y_m, u, v = stretches.T
    speed = float(np.nanmax(np.hypot(u, v))) or 1.0
    extent = max(float(np.ptp(result.track.x_m)), float(np.ptp(result.track.y_m)), 1.0)
    per_metre = speed / (_ARROW_SHARE * extent)
    arrows = axes.quiver(
        x_m, y_m, u, v, angles="xy", scale_units="xy", scale=per_metre, color=BLUE, width=0.0032, zorder=5
    )
    axes.update_datalim(np.column_stack([x_m + u / per_metre, y_m + v / per_metre]))
    key = _round_speed(speed)
    text = figure_text("wind_key", result.language, speed=f"{key:g}")
    axes.quiverkey(arrows, 0.91, -0.105, key, text, labelpos="W", coordinates="axes", labelsep=0.06)


def _wind_by_stretch(result: FlightResult, item: SegmentResult) -> FloatArray:
    """East, north, u and v of the mean sample of each stretch, shape (stretches, 4)."""
    rows, along, wind = item.segment.rows, item.segment.along_m, item.wind
    place = (along - along.min()) / (float(np.ptp(along)) or 1.0)
    stretch = np.minimum((place * WIND_ARROWS).astype(np.int64), WIND_ARROWS - 1)
    count = np.bincount(stretch, minlength=WIND_ARROWS)
    values = (result.track.x_m[rows], result.track.y_m[rows], wind.east_m_s, wind.north_m_s)
    sums = np.array([np.bincount(stretch, weights=value, minlength=WIND_ARROWS) for value in values])
    return np.asarray((sums[:, count > 0] / count[count > 0]).T)


def _round_speed(speed_m_s: float) -> float:
    """Largest of 1, 2, 5 x 10^k below a speed: the key's arrow."""
    power = 10.0 ** np.floor(np.log10(speed_m_s))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= speed_m_s * 1.0001))


def _legend_once(figure: Figure, axes: Axes) -> None:
    """One legend entry per label, above the axes."""
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(list(unique.values()), list(unique), loc="upper left", bbox_to_anchor=(0.085, 0.925), ncols=4)
