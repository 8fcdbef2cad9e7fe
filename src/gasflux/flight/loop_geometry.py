"""From positions to places on a closed wall: distance along its perimeter, distance from it, outward normal."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.records import FloatArray, IntArray, Loop

_SAME_PLACE_M: Final = 1e-6


def loop_about(corners_m: FloatArray, edge: IntArray, seam_azimuth_deg: float | None) -> tuple[Loop, IntArray]:
    """Return a closed wall that begins where a direction from its middle meets it, and the numbers of the edges on it.

    Parameters
    ----------
    corners_m
        Corners east and north, clockwise, shape (k, 2).
    edge
        Edges to be numbered anew, each by the corner it begins at, -1 for none, shape (r,).
    seam_azimuth_deg
        That direction; None lets it begin at the first corner.
    """
    number, where = 0, corners_m[0]
    if seam_azimuth_deg is not None:
        number, where = _met(corners_m, np.radians(seam_azimuth_deg))
    is_new = float(np.linalg.norm(where - corners_m[number])) > _SAME_PLACE_M
    turned = np.roll(corners_m, -number, axis=0)
    # The edge the seam cuts begins before it: its first half is the last edge now, and samples there count from behind.
    corners = np.vstack([where, turned[1:], turned[0]]) if is_new else turned
    again = np.where(edge >= 0, (edge - number) % corners_m.shape[0], -1)
    loop = Loop(tuple(corners[:, 0].tolist()), tuple(corners[:, 1].tolist()), 0.0)
    return loop, again.astype(np.int64)


def _met(corners: FloatArray, azimuth: float) -> tuple[int, FloatArray]:
    """Return the edge that a ray from the middle meets, and where."""
    centre = corners.mean(axis=0)
    way = np.array([np.sin(azimuth), np.cos(azimuth)])
    for number, (start, stop) in enumerate(zip(corners, np.roll(corners, -1, axis=0), strict=True)):
        side = stop - start
        turn = float(way[0] * side[1] - way[1] * side[0])
        if abs(turn) < _SAME_PLACE_M:
            continue
        gap = start - centre
        far = float(gap[0] * side[1] - gap[1] * side[0]) / turn
        share = float(gap[0] * way[1] - gap[1] * way[0]) / turn
        if far > 0.0 and 0.0 <= share < 1.0:
            return number, start + share * side
    return 0, corners[0]


def loop_coordinates(
    loop: Loop, x_m: FloatArray, y_m: FloatArray, edge: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return where positions lie on a closed wall.

    Parameters
    ----------
    loop
        The wall.
    x_m, y_m
        Positions east and north of the flight's origin, shape (m,).
    edge
        Number of the edge each is to be laid on, -1 for the nearest one, shape (m,).

    Returns
    -------
    along_m
        Distance along the perimeter, clockwise from the first corner, in [0, perimeter), shape (m,).
    offset_m
        Distance outside the edge.
    normal_x, normal_y
        Unit vector outward.
    """
    corners = np.column_stack([loop.corners_x_m, loop.corners_y_m])
    ways = np.roll(corners, -1, axis=0) - corners
    length = np.maximum(np.hypot(ways[:, 0], ways[:, 1]), _SAME_PLACE_M)
    unit = ways / length[:, None]
    own = np.where(edge >= 0, edge, _nearest(corners, unit, length, x_m, y_m))
    east, north = x_m - corners[own, 0], y_m - corners[own, 1]
    way_x, way_y = unit[own, 0], unit[own, 1]
    along = np.array(loop.starts_m)[own] + east * way_x + north * way_y
    # Clockwise, the outside is on the left.
    return along % loop.perimeter_m, north * way_x - east * way_y, -way_y, way_x


def _nearest(corners: FloatArray, unit: FloatArray, length: FloatArray, x_m: FloatArray, y_m: FloatArray) -> IntArray:
    """Return the number of the edge nearest to each position."""
    east, north = x_m[:, None] - corners[:, 0], y_m[:, None] - corners[:, 1]
    share = np.clip(east * unit[:, 0] + north * unit[:, 1], 0.0, length)
    far = np.hypot(east - share * unit[:, 0], north - share * unit[:, 1])
    return np.asarray(np.argmin(far, axis=1).astype(np.int64))


def with_scatter(loop: Loop, offset_m: FloatArray) -> Loop:
    """Return a closed wall with the root mean square distance of its samples."""
    return replace(loop, rms_offset_m=float(np.sqrt(np.mean(offset_m**2))))
