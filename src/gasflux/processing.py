"""From a clean log to the samples of its curtains and spirals, each on its own surface; and their flux density."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.constants import PPM, SECONDS_PER_HOUR
from gasflux.errors import GeometryError
from gasflux.flight import phases
from gasflux.flight.geometry import cylinder_coordinates, fit_cylinder, fit_plane, plane_coordinates, plane_normal
from gasflux.flight.grouping import LEAST_PASSES, LEAST_SPREAD_M, Group
from gasflux.flight.motion import Motion, Runs, motion_of, nearest, straight_runs
from gasflux.flight.phase_model import predict_phases
from gasflux.pipeline_config import PipelineConfig
from gasflux.records import BoolArray, Cylinder, FlightLog, FloatArray, IntArray, Phase, Segment, Track
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase

_PART_OF_REVOLUTION: Final = 0.15
"""Less than this share of a circle, cut off by the seam, belongs to the revolution beside it."""
_SAME_MOMENT_S: Final = 1e-3


def classify_phases(log: FlightLog, track: Track, config: PipelineConfig) -> IntArray:
    """Return the `Phase` of each sample by the method that ``filters.phase`` names, shape (n,).

    Parameters
    ----------
    log, track
        The flight and its path.
    config
        ``filters`` and ``strategies.spatial`` decide.
    """
    if config.filters.phase != "ml":
        return phases.classify_phases(track, log.time_s, config.filters, config.strategies.spatial, log.start_utc)
    counts = phases.window_numbers(log.time_s, log.start_utc, config.filters) >= 0
    return np.where(counts, predict_phases(track, log.time_s), Phase.EXCLUDED).astype(np.int64)


def flux_density_kg_m2_h(
    enhancement_ppm: FloatArray, density_kg_m3: FloatArray, wind_normal_m_s: FloatArray
) -> FloatArray:
    """Return the mass of gas that crosses a square metre in an hour, signed like the wind, shape (m,).

    The enhancement is a mole fraction of the air, hence its volume share, so with the density of the pure gas at the
    temperature and pressure of the air ``q = 1e-6 * enhancement * density * u_n * 3600``.

    Parameters
    ----------
    enhancement_ppm
        Mole fraction above the background.
    density_kg_m3
        Density of the pure gas, see `gasflux.gas`.
    wind_normal_m_s
        Wind through the surface; negative against its normal, and then the flux is negative too.
    """
    density: FloatArray = PPM * enhancement_ppm * density_kg_m3 * wind_normal_m_s * SECONDS_PER_HOUR
    return density


def find_segments(
    log: FlightLog,
    track: Track,
    phase: IntArray,
    wind_east_m_s: FloatArray | None,
    wind_north_m_s: FloatArray | None,
    config: PipelineConfig,
) -> tuple[Segment, ...]:
    """Group the transects into curtains or spirals and lay each onto its surface.

    A curtain is fitted by a vertical plane, a spiral by a vertical cylinder. Curtains on different planes, or on the
    same plane with another one flown in between, are segments of their own; scans of one plane in direct succession are
    one. Every wall of an L or a box is a curtain of its own. With ``filters.time_windows`` each window is one segment,
    with ``filters.phase: none`` the whole log.

    Parameters
    ----------
    log, track
        The flight and its path, shape (n,).
    phase
        `Phase` of each sample, shape (n,).
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
    used = phase == Phase.TRANSECT
    window = phases.window_numbers(log.time_s, log.start_utc, config.filters)
    motion = motion_of(track, log.time_s)
    looked_for = np.where(used, window, -1)[nearest(log.time_s, motion.time_s)]
    # What is a transit and no pass the phases have decided already.
    groups = phases.surface_groups(motion, looked_for, config.filters, config.strategies.spatial, trim=False)
    if not groups:
        raise _nothing_found(track, window, motion, config)
    whole = config.filters.phase == "none"
    wind = None if wind_east_m_s is None or wind_north_m_s is None else (wind_east_m_s, wind_north_m_s)
    return tuple(_segment(track, wind, group, *_rows(log, used, window, motion, group, whole)) for group in groups)


def _rows(
    log: FlightLog, used: BoolArray, window: IntArray, motion: Motion, group: Group, whole: bool
) -> tuple[IntArray, IntArray]:
    """Return the samples of a group and the number of the span each lies in (with `whole`, the nearest span)."""
    spans = group.spans_s(motion)
    if whole:
        own = window[int(np.argmin(np.abs(log.time_s - spans[0].mean())))]
        rows = np.flatnonzero(used & (window == own))
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


def _nothing_found(track: Track, window: IntArray, motion: Motion, config: PipelineConfig) -> GeometryError:
    """Error for a flight without a surface: what was seen, what is needed, what helps."""
    kind = phrase(f"kind.{config.strategies.spatial}")
    if not (window >= 0).any():
        return GeometryError.of("no_samples_left", kind=kind)
    runs = straight_runs(motion, np.ones(motion.time_s.size, dtype=bool))
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
