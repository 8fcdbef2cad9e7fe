"""From the passes of a flight to the samples of its curtains and spirals, each on its own surface."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import GeometryError
from gasflux.flight.geometry import cylinder_coordinates, fit_cylinder, fit_plane, plane_coordinates, plane_normal
from gasflux.flight.grouping import LEAST_PASSES, LEAST_SPREAD_M, Group
from gasflux.flight.loop_geometry import loop_about, loop_coordinates, with_scatter
from gasflux.flight.loops import LoopPlan
from gasflux.flight.motion import Runs, straight_runs
from gasflux.flight.phases import FlownPasses
from gasflux.records import Cylinder, FlightLog, FloatArray, IntArray, Phase, Segment, Track
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

_PART_OF_REVOLUTION: Final = 0.15
"""Less than this share of a circle, cut off by the seam, belongs to the revolution beside it."""
_SAME_MOMENT_S: Final = 1e-3


def lay_segments(
    log: FlightLog,
    track: Track,
    flown: FlownPasses,
    wind_east_m_s: FloatArray | None,
    wind_north_m_s: FloatArray | None,
    config: PipelineConfig,
) -> tuple[Segment, ...]:
    """Lay the passes of each curtain or spiral onto its surface.

    A curtain is fitted by a vertical plane, a spiral by a vertical cylinder. Curtains on different planes, or on the
    same plane with another one flown in between, are segments of their own; scans of one plane in direct succession are
    one. Every wall of an L or a box is a curtain of its own. With ``filters.time_windows`` each window is one segment,
    with ``filters.phase: none`` the whole log.

    Parameters
    ----------
    log, track
        The flight and its path, shape (n,).
    flown
        The passes, see `gasflux.flight.phases.find_passes`.
    wind_east_m_s, wind_north_m_s
        Wind blowing towards east and north, shape (n,), or None when the direction was not measured. The mean over a
        segment decides the side of a plane's normal and the seam of a cylinder, which is upwind; without wind that is
        the right of the plane's azimuth and the first sample of the spiral.
    config
        ``filters`` and ``strategies.spatial`` decide.

    Returns
    -------
    tuple of Segment
        In time order, at least one.

    Raises
    ------
    GeometryError
        When there is none: what was seen, what is needed, which setting helps.
    """
    if not flown.groups:
        raise _nothing_found(track, flown, config)
    whole = config.filters.phase == "none"
    wind = None if wind_east_m_s is None or wind_north_m_s is None else (wind_east_m_s, wind_north_m_s)
    return tuple(_segment(track, wind, group, *_rows(log, flown, group, whole)) for group in flown.groups)


def _rows(log: FlightLog, flown: FlownPasses, group: Group, whole: bool) -> tuple[IntArray, IntArray]:
    """Return the samples of a group and the number of the span each lies in (with `whole`, the nearest span)."""
    spans, used = group.spans_s(flown.motion), flown.phase == Phase.TRANSECT
    if whole:
        own = flown.window[int(np.argmin(np.abs(log.time_s - spans[0].mean())))]
        rows = np.flatnonzero(used & (flown.window == own))
        between = 0.5 * (spans[1:, 0] + spans[:-1, 1])
        return rows, np.searchsorted(between, log.time_s[rows]).astype(np.int64)
    number = np.searchsorted(spans[:, 0] - _SAME_MOMENT_S, log.time_s, side="right") - 1
    inside = (number >= 0) & (log.time_s <= spans[np.maximum(number, 0), 1] + _SAME_MOMENT_S)
    rows = np.flatnonzero(used & inside)
    return rows, number[rows].astype(np.int64)


def _segment(
    track: Track, wind: tuple[FloatArray, FloatArray] | None, group: Group, rows: IntArray, span: IntArray
) -> Segment:
    """Lay the samples of a group onto its surface."""
    toward = None if wind is None else (float(np.mean(wind[0][rows])), float(np.mean(wind[1][rows])))
    if group.loop is not None:
        return _loop_segment(track, toward, rows, span, group.loop)
    lay = _curtain_segment if group.strategy == "curtain" else _spiral_segment
    return lay(track, toward, rows, span)


def _curtain_segment(track: Track, toward: tuple[float, float] | None, rows: IntArray, span: IntArray) -> Segment:
    """Lay samples onto a plane; the spans are the passes."""
    plane = fit_plane(track.x_m[rows], track.y_m[rows])
    along, right = plane_coordinates(plane, track.x_m[rows], track.y_m[rows])
    normal = plane_normal(plane, toward)
    side = 1.0 if normal == plane_normal(plane, None) else -1.0
    return Segment(
        strategy="curtain",
        surface=plane,
        rows=rows,
        transect=_consecutive(span),
        along_m=along - min(float(along.min()), 0.0),
        height_m=track.z_m[rows],
        offset_m=side * right,
        normal_x=np.full(rows.size, normal[0]),
        normal_y=np.full(rows.size, normal[1]),
    )


def _spiral_segment(track: Track, toward: tuple[float, float] | None, rows: IntArray, span: IntArray) -> Segment:
    """Lay samples onto a cylinder; a pass is a revolution from seam to seam."""
    seam = None if toward is None else float(np.degrees(np.arctan2(-toward[0], -toward[1])))
    x, y = track.x_m[rows], track.y_m[rows]
    cylinder = fit_cylinder(x, y, seam)
    along, offset, normal_x, normal_y = cylinder_coordinates(cylinder, x, y)
    return Segment(
        strategy="spiral",
        surface=cylinder,
        rows=rows,
        transect=_revolutions(cylinder, along, span),
        along_m=along,
        height_m=track.z_m[rows],
        offset_m=offset,
        normal_x=normal_x,
        normal_y=normal_y,
    )


def _loop_segment(
    track: Track, toward: tuple[float, float] | None, rows: IntArray, span: IntArray, plan: LoopPlan
) -> Segment:
    """Lay samples onto a closed wall; a pass is a lap, whose sides may have been flown in any order."""
    seam = None if toward is None else float(np.degrees(np.arctan2(-toward[0], -toward[1])))
    loop, edge = loop_about(plan.corners_m, plan.edge, seam)
    along, offset, normal_x, normal_y = loop_coordinates(loop, track.x_m[rows], track.y_m[rows], edge[span])
    return Segment(
        strategy="spiral",
        surface=with_scatter(loop, offset),
        rows=rows,
        transect=_consecutive(plan.lap[span]),
        along_m=along,
        height_m=track.z_m[rows],
        offset_m=offset,
        normal_x=normal_x,
        normal_y=normal_y,
    )


def _revolutions(cylinder: Cylinder, along_m: FloatArray, span: IntArray) -> IntArray:
    """Count revolutions: another begins at the seam, and after a stop between two circles."""
    angle = along_m / cylinder.radius_m
    turns = np.floor((np.unwrap(angle) - angle[0]) / (2.0 * np.pi) + angle[0] / (2.0 * np.pi))
    changes = (np.diff(turns) != 0) | (np.diff(span) != 0)
    return _without_slivers(np.concatenate([[0], np.cumsum(changes)]), angle)


def _without_slivers(number: IntArray, angle: FloatArray) -> IntArray:
    """Give pieces too short for a revolution to the one before them, or after them at the beginning."""
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    pieces = np.split(angle, starts[1:])
    is_sliver = np.array([np.ptp(piece) < 2.0 * np.pi * _PART_OF_REVOLUTION for piece in pieces])
    merged: IntArray = np.maximum(np.cumsum(~is_sliver) - 1, 0)[number].astype(np.int64)
    return merged


def _consecutive(number: IntArray) -> IntArray:
    """Renumber 0, 1, ... in order."""
    return np.unique(number, return_inverse=True)[1].astype(np.int64)


def _nothing_found(track: Track, flown: FlownPasses, config: PipelineConfig) -> GeometryError:
    """Error for a flight without a surface: what was seen, what is needed, what helps."""
    kind = phrase(f"kind.{config.strategies.spatial}")
    if not (flown.window >= 0).any():
        return GeometryError.of("no_samples_left", kind=kind)
    runs = straight_runs(flown.motion, np.ones(flown.motion.time_s.size, dtype=bool))
    east, north, up = (float(np.ptp(values)) for values in (track.x_m, track.y_m, track.z_m))
    return GeometryError.of(
        "no_surface",
        kind=kind,
        east=east,
        north=north,
        up=up,
        runs=runs.size,
        sizes=_run_sizes(runs),
        passes=LEAST_PASSES,
        spread=LEAST_SPREAD_M,
    )


def _run_sizes(runs: Runs) -> Phrase:
    """How long and how high the runs are."""
    if not runs.size:
        return NOTHING
    low, high = float(runs.z_m.min()), float(runs.z_m.max())
    return phrase("hint.run_sizes", length=float(np.median(runs.length_m)), low=low, high=high)
