"""From latitude and longitude to metres on a surface: local map, vertical plane, vertical cylinder.

Directions are azimuths, clockwise from true north. The unit vector of azimuth a is (sin a, cos a) in (east, north).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.errors import GeometryError
from gasflux.records import BoolArray, Cylinder, FlightLog, FloatArray, Plane, Track

_UTM_LIMIT_DEG: Final = 84.0
_MAD_TO_STD: Final = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""
_REJECT_STD: Final = 4.0
"""A normal law puts 1 sample in 16,000 further out, so a clean flight loses nothing."""
_LEAST_SCALE_M: Final = 0.5
"""What a satellite position is good for at best: nothing nearer is an outlier."""
_MAX_ROUNDS: Final = 20


def local_track(log: FlightLog) -> Track:
    """Return the path in metres east and north of its median position.

    Universal Transverse Mercator of the zone the median position lies in, turned by the meridian convergence and
    divided by the scale of the map there, so that north is true north, as for the wind, and a metre is a metre on the
    ground: at the edge of a zone the grid is off by up to 3 degrees and 0.1 %.

    Parameters
    ----------
    log
        The flight; the 180 degree meridian may run through it.

    Returns
    -------
    Track
        Arrays of shape (n,). The origin is the median position on the map, before turning.

    Raises
    ------
    GeometryError
        Beyond 84 degrees of latitude, where that map ends.
    """
    from pyproj import Proj, Transformer

    reference = float(log.longitude_deg[0])
    longitude = reference + (log.longitude_deg - reference + 180.0) % 360.0 - 180.0
    middle = float(np.median(longitude)), float(np.median(log.latitude_deg))
    epsg = _utm_epsg(*middle)
    transformer = Transformer.from_crs("EPSG:4326", f"EPSG:{epsg}", always_xy=True)
    easting, northing = transformer.transform(longitude, log.latitude_deg)
    origin = float(np.median(easting)), float(np.median(northing))
    factors = Proj(f"EPSG:{epsg}").get_factors(*middle)
    turn = np.radians(factors.meridian_convergence)
    east = (easting - origin[0]) / factors.meridional_scale
    north = (northing - origin[1]) / factors.meridional_scale
    # Grid north lies clockwise of true north by the convergence: a grid vector is turned clockwise to be a true one.
    return Track(
        x_m=np.cos(turn) * east + np.sin(turn) * north,
        y_m=np.cos(turn) * north - np.sin(turn) * east,
        z_m=log.height_m,
        epsg=epsg,
        origin_easting_m=origin[0],
        origin_northing_m=origin[1],
    )


def _utm_epsg(longitude_deg: float, latitude_deg: float) -> int:
    """EPSG code of the UTM zone on WGS84: 326zz in the north, 327zz in the south."""
    if abs(latitude_deg) > _UTM_LIMIT_DEG:
        raise GeometryError.of("beyond_map", value=f"{latitude_deg:.4f}", limit=_UTM_LIMIT_DEG)
    zone = int(((longitude_deg + 180.0) % 360.0) // 6.0) + 1
    return (32600 if latitude_deg >= 0 else 32700) + zone


def _is_inlier(residual_m: FloatArray) -> BoolArray:
    """Where a residual is no outlier of its own robust scale."""
    scale = max(_MAD_TO_STD * float(np.median(np.abs(residual_m))), _LEAST_SCALE_M)
    inlier: BoolArray = np.abs(residual_m) <= _REJECT_STD * scale
    return inlier


def fit_plane(x_m: FloatArray, y_m: FloatArray) -> Plane:
    """Fit a vertical plane by orthogonal regression with rejection of outliers.

    The axis of least scatter of the positions in plan view is the normal (total least squares: no direction is
    preferred, so a rotated flight gives the rotated plane). Samples further off than four robust standard deviations
    (1.4826 times the median absolute residual; Huber 1981, Robust Statistics) are left out and the fit repeated.

    Parameters
    ----------
    x_m, y_m
        Positions east and north, shape (m,).

    Returns
    -------
    Plane
        With the origin at the lowest end of all samples, rejected ones included.

    Raises
    ------
    GeometryError
        When all positions are the same.
    """
    keep = np.ones(x_m.size, dtype=bool)
    for _ in range(_MAX_ROUNDS):
        center, azimuth = _principal_axis(x_m[keep], y_m[keep])
        offset = _across(x_m - center[0], y_m - center[1], azimuth)
        again = _is_inlier(offset)
        if np.array_equal(again, keep):
            break
        keep = again
    along = _along(x_m - center[0], y_m - center[1], azimuth)
    start = float(along.min())
    return Plane(
        origin_x_m=center[0] + start * float(np.sin(azimuth)),
        origin_y_m=center[1] + start * float(np.cos(azimuth)),
        azimuth_deg=float(np.degrees(azimuth)),
        rms_offset_m=float(np.sqrt(np.mean(offset**2))),
    )


def _principal_axis(x_m: FloatArray, y_m: FloatArray) -> tuple[tuple[float, float], float]:
    """Centre of the positions and the azimuth of their longest axis, radians in [0, pi)."""
    center = float(np.mean(x_m)), float(np.mean(y_m))
    east, north = x_m - center[0], y_m - center[1]
    if float(np.hypot(east, north).max()) == 0.0:
        raise GeometryError.of("one_position")
    doubled = np.arctan2(2.0 * float(np.mean(east * north)), float(np.mean(north**2) - np.mean(east**2)))
    azimuth = 0.5 * doubled % np.pi
    # A remainder of a tiny negative angle rounds up to pi itself.
    return center, float(azimuth) if azimuth < np.pi else 0.0


def _along(east_m: FloatArray, north_m: FloatArray, azimuth: float) -> FloatArray:
    """Component of vectors along an azimuth."""
    component: FloatArray = east_m * np.sin(azimuth) + north_m * np.cos(azimuth)
    return component


def _across(east_m: FloatArray, north_m: FloatArray, azimuth: float) -> FloatArray:
    """Component of vectors to the right of an azimuth."""
    component: FloatArray = east_m * np.cos(azimuth) - north_m * np.sin(azimuth)
    return component


def plane_coordinates(plane: Plane, x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distance along a plane and the distance to the right of it, metres, shape (m,).

    Parameters
    ----------
    plane
        The curtain's plane.
    x_m, y_m
        Positions east and north of the flight's origin, shape (m,).
    """
    azimuth = np.radians(plane.azimuth_deg)
    east, north = x_m - plane.origin_x_m, y_m - plane.origin_y_m
    return _along(east, north, azimuth), _across(east, north, azimuth)


def plane_normal(plane: Plane, toward: tuple[float, float] | None) -> tuple[float, float]:
    """Return the unit normal (east, north) of a plane on the side a vector points to.

    Parameters
    ----------
    plane
        The plane.
    toward
        Components east and north, such as the mean wind; None takes the side to the right of the plane's azimuth.
    """
    azimuth = np.radians(plane.azimuth_deg)
    right = float(np.cos(azimuth)), float(-np.sin(azimuth))
    if toward is None or right[0] * toward[0] + right[1] * toward[1] >= 0.0:
        return right
    return -right[0], -right[1]


def fit_circle(x_m: FloatArray, y_m: FloatArray) -> tuple[float, float, float]:
    """Fit a circle: least squares of the distances to it, with rejection of outliers.

    Starts from the algebraic fit of Kasa (1976, IEEE Trans. Instrum. Meas. 25:8), which is linear but too small on
    arcs, and refines by Gauss-Newton steps on the geometric distance (Chernov & Lesort 2005, J. Math. Imaging Vis.
    23:239), leaving out at each step what is an outlier of the robust scale.

    Parameters
    ----------
    x_m, y_m
        Positions, shape (m,), m >= 3 and not on a line.

    Returns
    -------
    center_x_m, center_y_m, radius_m
    """
    circle = np.array(algebraic_circle(x_m, y_m))
    for _ in range(_MAX_ROUNDS):
        east, north = x_m - circle[0], y_m - circle[1]
        distance = np.maximum(np.hypot(east, north), 1e-9)
        keep = _is_inlier(distance - circle[2])
        gradient = np.column_stack([east / distance, north / distance, np.ones_like(distance)])[keep]
        step = np.linalg.lstsq(gradient, (distance - circle[2])[keep], rcond=None)[0]
        circle = circle + step
        if float(np.abs(step).max()) <= 1e-9 * (1.0 + abs(circle[2])):
            break
    return float(circle[0]), float(circle[1]), float(abs(circle[2]))


def algebraic_circle(x_m: FloatArray, y_m: FloatArray) -> tuple[float, float, float]:
    """Return centre and radius of the circle by Kasa's linear fit of x^2 + y^2 = 2 a x + 2 b y + c: quick and rough."""
    # About the mean, else the squares of large coordinates spoil the condition.
    middle_x, middle_y = float(np.mean(x_m)), float(np.mean(y_m))
    east, north = x_m - middle_x, y_m - middle_y
    design = np.column_stack([2.0 * east, 2.0 * north, np.ones_like(east)])
    a, b, c = np.linalg.lstsq(design, east**2 + north**2, rcond=None)[0].tolist()
    return a + middle_x, b + middle_y, float(np.sqrt(max(c + a * a + b * b, 0.0)))


def fit_cylinder(x_m: FloatArray, y_m: FloatArray, seam_azimuth_deg: float | None = None) -> Cylinder:
    """Fit a vertical cylinder to the positions of a spiral; see `fit_circle`.

    Parameters
    ----------
    x_m, y_m
        Positions in the order flown, shape (m,).
    seam_azimuth_deg
        Where the cylinder is cut open, as seen from its axis; None cuts at the first sample.
    """
    center_x, center_y, radius = fit_circle(x_m, y_m)
    east, north = x_m - center_x, y_m - center_y
    seam = np.degrees(np.arctan2(east[0], north[0])) if seam_azimuth_deg is None else seam_azimuth_deg
    return Cylinder(
        center_x_m=center_x,
        center_y_m=center_y,
        radius_m=radius,
        seam_azimuth_deg=float(seam % 360.0),
        rms_offset_m=float(np.sqrt(np.mean((np.hypot(east, north) - radius) ** 2))),
    )


def cylinder_coordinates(
    cylinder: Cylinder, x_m: FloatArray, y_m: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return where positions lie on a cylinder.

    Parameters
    ----------
    cylinder
        The spiral's cylinder.
    x_m, y_m
        Positions east and north of the flight's origin, shape (m,).

    Returns
    -------
    along_m
        Radius times the clockwise angle from the seam, in [0, circumference), shape (m,).
    offset_m
        Distance outside the cylinder.
    normal_x, normal_y
        Unit vector outward.
    """
    east, north = x_m - cylinder.center_x_m, y_m - cylinder.center_y_m
    distance = np.hypot(east, north)
    angle = (np.arctan2(east, north) - np.radians(cylinder.seam_azimuth_deg)) % (2.0 * np.pi)
    # A remainder of a tiny negative angle rounds up to the full circle.
    along = cylinder.radius_m * np.where(angle < 2.0 * np.pi, angle, 0.0)
    outward = np.maximum(distance, 1e-9)
    return along, distance - cylinder.radius_m, east / outward, north / outward
