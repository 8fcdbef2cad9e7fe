"""What crosses the surface: kriged field and its error, flux by height."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gasflux.records import Cylinder, FlightResult, FloatArray, GasResult, IntArray, Loop, Plane, Segment
from gasflux.results.figures.colours import BLUE, ERROR_COLOURS, FIELD_COLOURS, GREY, INK, VERMILION
from gasflux.results.figures.flight import MAX_MARKERS
from gasflux.results.figures.style import (
    colour_limits,
    dot_area,
    label_below,
    largest,
    mass_unit,
    new_figure,
    place,
    segment_title,
    style,
    thin,
)
from gasflux.results.figures.texts import compass_point, figure_text, gas_label

_TOLD_SIDE: Final = 0.08
"""Share of the perimeter a side of a loop must have for its direction to be told."""
_CORNER_DEG: Final = 30.0
"""A line marks the corner between sides whose directions differ by more."""

HATCH: Final = "////"

LEAST_ABOVE: Final = 0.005
"""A smaller share of the rate above the highest pass is no layer that one would look for in a map."""

MOST_ABOVE: Final = 0.3
"""A layer above the highest pass takes at most this share of the height that was flown: a thin tail is long."""


def curtain(result: FlightResult, gas: str, index: int) -> Figure:
    """Draw the kriged flux density with the samples on the same colour scale, and its standard error.

    Parameters
    ----------
    result
        The flight.
    gas
        Formula.
    index
        Of the segment, from 0.
    """
    item, language = result.segments[index], result.language
    answer = item.gases[gas]
    factor, mass = mass_unit(largest(answer.grid.flux_density_kg_m2_h))
    unit = f"{mass} m⁻² h⁻¹"
    with style(language):
        title = segment_title(result, figure_text("title.curtain", language, gas=gas_label(gas)), index)
        spiral = not isinstance(item.segment.surface, Plane)
        figure = new_figure(language, title, 5.3 if spiral else 5.0)
        grid = figure.add_gridspec(
            2, 2, width_ratios=(1.0, 0.018), hspace=0.16, wspace=0.04,
            **place(figure, top=1.0 if spiral else 0.62, right=0.75, left=0.6),
        )  # fmt: skip
        upper = figure.add_subplot(grid[0, 0])
        lower = figure.add_subplot(grid[1, 0], sharex=upper, sharey=upper)
        image = _field(upper, answer, answer.grid.flux_density_kg_m2_h * factor, FIELD_COLOURS)
        _samples(upper, item.segment, answer, factor)
        error = _field(lower, answer, answer.grid.std_kg_m2_h * factor, ERROR_COLOURS)
        _sample_places(lower, item.segment, answer)
        beyond = _beyond(image, answer.flux_density_kg_m2_h * factor)
        figure.colorbar(image, cax=figure.add_subplot(grid[0, 1]), extend=beyond, extendfrac=0.03).set_label(
            figure_text("flux_density", language, unit=unit)
        )
        figure.colorbar(error, cax=figure.add_subplot(grid[1, 1])).set_label(
            figure_text("flux_density_std", language, unit=unit)
        )
        _surface_axes(upper, lower, result, index, answer)
    return figure


def _field(axes: Axes, answer: GasResult, field: FloatArray, colours: str) -> Any:
    """One cell per grid node; nodes without a value show the hatched ground of the axes."""
    grid = answer.grid
    low, high = colour_limits(field)
    extent = (
        float(grid.x_m[0] - 0.5 * grid.dx_m),
        float(grid.x_m[-1] + 0.5 * grid.dx_m),
        float(grid.z_m[0] - 0.5 * grid.dz_m),
        float(grid.z_m[-1] + 0.5 * grid.dz_m),
    )
    axes.grid(visible=False)
    return axes.imshow(
        field, cmap=colours, vmin=low, vmax=high, origin="lower", extent=extent, aspect="auto", interpolation="nearest",
        zorder=1,
    )  # fmt: skip


def _samples(axes: Axes, segment: Segment, answer: GasResult, factor: float) -> None:
    """Draw samples as dots in the colours of the field, edged so that they stand out from it."""
    rows = _drawn(answer)
    low, high = axes.images[0].get_clim()
    area = dot_area(rows.size)
    axes.scatter(
        segment.along_m[rows], segment.height_m[rows], c=answer.flux_density_kg_m2_h[rows] * factor, s=area,
        cmap=FIELD_COLOURS, vmin=low, vmax=high, edgecolors="white", linewidths=0.03 * area, zorder=3,
    )  # fmt: skip


def _beyond(image: Any, samples: FloatArray) -> str:
    """Which ends of the colour scale samples reach beyond: a kriged field is smoother than its data."""
    low, high = image.get_clim()
    below, above = bool((samples < low).any()), bool((samples > high).any())
    return "both" if below and above else "min" if below else "max" if above else "neither"


def _sample_places(axes: Axes, segment: Segment, answer: GasResult) -> None:
    """Where samples were taken, as points."""
    rows = _drawn(answer)
    axes.plot(segment.along_m[rows], segment.height_m[rows], ".", color="white", markersize=1.4, zorder=3)


def _drawn(answer: GasResult) -> IntArray:
    """Choose samples to draw; those without a value are left out."""
    values = answer.flux_density_kg_m2_h
    rows = thin(values.size, MAX_MARKERS)
    return rows[np.isfinite(values[rows])]


def _surface_axes(upper: Axes, lower: Axes, result: FlightResult, index: int, answer: GasResult) -> None:
    """Limits down to the ground, the layers that are extrapolated hatched, labels, and the compass."""
    item, language, grid = result.segments[index], result.language, answer.grid
    ground, bottom = item.summary.ground_height_m, float(grid.z_m[0] - 0.5 * grid.dz_m)
    sampled_top = float(grid.z_m[-1] + 0.5 * grid.dz_m)
    low, top = min(ground, bottom), max(sampled_top, float(np.nanmax(item.segment.height_m)))
    reach = min(_reach_above(answer, sampled_top), sampled_top + MOST_ABOVE * (sampled_top - low))
    high = max(top + 0.03 * (top - low), reach)
    for axes in (upper, lower):
        axes.axhspan(low, bottom, facecolor="none", edgecolor=GREY, hatch=HATCH, linewidth=0, zorder=0)
        if reach > top:
            axes.axhspan(sampled_top, reach, facecolor="none", edgecolor=GREY, hatch=HATCH, linewidth=0, zorder=0)
        axes.set_ylim(low, high)
        axes.set_xlim(float(grid.x_m[0] - 0.5 * grid.dx_m), float(grid.x_m[-1] + 0.5 * grid.dx_m))
        axes.set_ylabel(figure_text("height", language))
    if bottom > low or reach > top:
        text = figure_text("below", language)
        patch = Patch(facecolor="white", edgecolor=GREY, hatch=HATCH, linewidth=0.6, label=text)
        figure: Any = upper.figure
        width, height = figure.get_size_inches()
        figure.legend(
            handles=[patch], loc="upper left", bbox_to_anchor=(0.6 / width, 1.0 - 0.32 / height), handletextpad=0.5
        )
    upper.tick_params(labelbottom=False)
    _along_axis(upper, lower, item.segment, result)


def _reach_above(answer: GasResult, top_m: float) -> float:
    """How high the layer reaches that is estimated above the highest pass, minus infinity where next to nothing is."""
    layers = answer.profile
    if abs(answer.flux_above_highest_sample_kg_h) < LEAST_ABOVE * abs(answer.flux_kg_h):
        return -np.inf
    above = layers.is_extrapolated & (layers.height_m > top_m) & (layers.flux_kg_h_m != 0.0)
    return float(np.max((layers.height_m + 0.5 * layers.thickness_m)[above], initial=-np.inf))


def _along_axis(upper: Axes, lower: Axes, segment: Segment, result: FlightResult) -> None:
    """Distance below; for a closed surface the azimuth above, for a plane the compass points of its ends."""
    language, surface = result.language, segment.surface
    if not isinstance(surface, Plane):
        is_loop = isinstance(surface, Loop)
        label_below(lower, figure_text("along_loop" if is_loop else "along_circle", language))
        if isinstance(surface, Loop):
            _corner_axis(upper, surface, result)
        else:
            _azimuth_axis(upper, surface, result)
        return
    label_below(lower, figure_text("along", language))
    for place_x, azimuth, align in ((0.0, surface.azimuth_deg + 180.0, "left"), (1.0, surface.azimuth_deg, "right")):
        arrow = compass_point(azimuth, language)
        text = f"← {arrow}" if align == "left" else f"{arrow} →"
        lower.text(place_x, -0.2, text, transform=lower.transAxes, ha=align, va="top", fontsize=8)


def _azimuth_axis(axes: Axes, surface: Cylinder, result: FlightResult) -> None:
    """Azimuth of every place on the circle, as seen from its centre, at round angles."""
    degree_m = np.radians(surface.radius_m)
    low, high = (limit / degree_m + surface.seam_azimuth_deg for limit in axes.get_xlim())
    marks = np.arange(np.ceil(low / 45.0) * 45.0, high + 1e-6, 45.0)
    top = axes.secondary_xaxis("top")
    places = (marks - surface.seam_azimuth_deg) * degree_m
    top.set_xticks(places, [f"{mark % 360.0:.0f}° {compass_point(mark % 360.0, result.language)}" for mark in marks])
    top.set_xlabel(figure_text("azimuth", result.language))


def _corner_axis(axes: Axes, surface: Loop, result: FlightResult) -> None:
    """Which way the sides of a loop look, in the middle of each long one; a line where one ends."""
    starts = np.array(surface.starts_m)
    side = np.diff(starts)
    x, y = (
        np.append(surface.corners_x_m, surface.corners_x_m[0]),
        np.append(surface.corners_y_m, surface.corners_y_m[0]),
    )
    outward = (np.degrees(np.arctan2(np.diff(x), np.diff(y))) - 90.0) % 360.0
    long = np.flatnonzero(side >= _TOLD_SIDE * surface.perimeter_m)
    top = axes.secondary_xaxis("top")
    marks = [f"{outward[one]:.0f}° {compass_point(float(outward[one]), result.language)}" for one in long]
    top.set_xticks(0.5 * (starts[long] + starts[long + 1]), marks)
    top.set_xlabel(figure_text("outward", result.language))
    turn = np.abs((np.diff(outward) + 180.0) % 360.0 - 180.0)
    for corner in starts[1:-1][turn > _CORNER_DEG]:
        axes.axvline(float(corner), color=INK, linewidth=0.6, linestyle=(0, (2, 3)))


def profile(result: FlightResult, gas: str, index: int) -> Figure:
    """Draw what each metre of height contributes; the extrapolated layer hatched, the heights of the passes marked.

    Parameters
    ----------
    result
        The flight.
    gas
        Formula.
    index
        Of the segment, from 0.
    """
    item, language = result.segments[index], result.language
    answer = item.gases[gas]
    factor, mass = mass_unit(largest(answer.profile.flux_kg_h_m))
    with style(language):
        title = segment_title(result, figure_text("title.profile", language, gas=gas_label(gas)), index)
        figure = new_figure(language, title, 3.9, width_in=5.8)
        axes = figure.add_subplot(figure.add_gridspec(1, 1, **place(figure, top=0.85, left=0.6, right=0.3))[0])
        _profile_bars(axes, answer, factor)
        heights = _pass_heights(item.segment)
        axes.plot(
            np.full(heights.size, 1.015), heights, "<", color=INK, markersize=4, clip_on=False,
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
        axes.axvline(0.0, color=INK, linewidth=0.6)
        axes.axhline(item.summary.ground_height_m, color=INK, linewidth=1.0)
        label_below(axes, figure_text("profile", language, unit=f"{mass} h⁻¹ m⁻¹"))
        axes.set_ylabel(figure_text("height", language))
        _profile_legend(figure, axes, result, answer)
    return figure


def _profile_bars(axes: Axes, answer: GasResult, factor: float) -> None:
    """Bars as thick as their layers."""
    layers = answer.profile
    for chosen, look in (
        (~layers.is_extrapolated, {"color": BLUE, "linewidth": 0}),
        (layers.is_extrapolated, {"facecolor": "#FBE3D1", "edgecolor": VERMILION, "hatch": HATCH, "linewidth": 0}),
    ):
        if chosen.any():
            axes.barh(
                layers.height_m[chosen],
                layers.flux_kg_h_m[chosen] * factor,
                layers.thickness_m[chosen] * 0.94,
                **look,  # type: ignore[arg-type]
            )


def _profile_legend(figure: Figure, axes: Axes, result: FlightResult, answer: GasResult) -> None:
    """Say what the looks mean, and how much lies below the lowest and above the highest pass."""
    language, is_open_below = result.language, _has_gap_below(answer)
    text = figure_text("extrapolated", language)
    if answer.flux_kg_h:
        below, above = answer.flux_below_lowest_sample_kg_h, answer.flux_above_highest_sample_kg_h
        shares = {
            "below": f"{100.0 * below / answer.flux_kg_h:.0f}",
            "above": f"{100.0 * above / answer.flux_kg_h:.0f}",
        }
        text = figure_text("unflown_shares", language, **shares)
    extrapolated = Patch(facecolor="#FBE3D1", edgecolor=VERMILION, hatch=HATCH, linewidth=0, label=text)
    handles: list[Any] = [
        Patch(color=BLUE, linewidth=0, label=figure_text("measured_layer", language)),
        *([extrapolated] if is_open_below else []),
        axes.plot([], [], "<", color=INK, markersize=4, label=figure_text("pass_heights", language))[0],
    ]
    left = 0.6 / figure.get_size_inches()[0]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(left, 0.925), ncols=2)


def _has_gap_below(answer: GasResult) -> bool:
    """Tell whether there is a layer below the lowest pass."""
    return bool((answer.profile.thickness_m[answer.profile.is_extrapolated] > 0.0).any())


def _pass_heights(segment: Segment) -> FloatArray:
    """Mean height of each pass."""
    counts = np.bincount(segment.transect)
    return np.bincount(segment.transect, weights=segment.height_m)[counts > 0] / counts[counts > 0]
