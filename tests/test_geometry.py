from __future__ import annotations

import numpy as np
import pytest
from flight_paths import fly, log_of, moved, track_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gasflux.errors import GeometryError
from gasflux.flight.geometry import (
    cylinder_coordinates,
    fit_circle,
    fit_cylinder,
    fit_plane,
    local_track,
    plane_coordinates,
    plane_normal,
)
from gasflux.records import Cylinder, Plane

SITES = [(0.5, 0.1), (-33.9, 151.2), (64.1, -21.9), (59.0, 5.99), (-54.8, -68.3), (10.0, 180.0), (-17.0, -179.9999)]


@pytest.mark.parametrize(("latitude", "longitude"), SITES)
def test_local_track_keeps_true_directions_and_distances(latitude: float, longitude: float) -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)
    true = track_of(300.0 * np.sin(angle), 300.0 * np.cos(angle), np.zeros(60))
    track = local_track(log_of(true, np.arange(60.0), latitude, longitude))
    # 2 cm in 300 m: what changes of scale and convergence across 600 m leave, tan(latitude) * 300 m / 6371 km.
    np.testing.assert_allclose(track.x_m - track.x_m.mean(), true.x_m - true.x_m.mean(), atol=0.02)
    np.testing.assert_allclose(track.y_m - track.y_m.mean(), true.y_m - true.y_m.mean(), atol=0.02)


def test_zone_follows_hemisphere_and_longitude() -> None:
    def epsg(latitude: float, longitude: float) -> int:
        track, time_s = fly([(0.0, 0.0, 0.0), (50.0, 0.0, 0.0)])
        return local_track(log_of(track, time_s, latitude, longitude)).epsg

    assert epsg(47.0, 8.0) == 32632
    assert epsg(-33.9, 151.2) == 32756
    assert epsg(10.0, 179.999) == 32660
    assert epsg(10.0, -179.999) == 32601


def test_path_over_the_date_line_stays_in_one_piece() -> None:
    track, time_s = fly([(-200.0, 0.0, 5.0), (200.0, 0.0, 5.0)])
    log = log_of(track, time_s, 10.0, 180.0)
    assert np.ptp(log.longitude_deg) > 359.0
    # 1 mm: double precision of the map.
    assert np.ptp(local_track(log).x_m) == pytest.approx(np.ptp(track.x_m), abs=1e-3)


def test_polar_site_is_refused_with_its_latitude() -> None:
    track, time_s = fly([(0.0, 0.0, 5.0), (200.0, 0.0, 5.0)])
    with pytest.raises(GeometryError, match=r"latitude 86\..*84"):
        local_track(log_of(track, time_s, 86.0, 10.0))


def noisy_line(seed: int, azimuth_deg: float, outliers: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    azimuth, along = np.radians(azimuth_deg), rng.uniform(0.0, 120.0, 400)
    offset = rng.normal(0.0, 1.0, 400)
    offset[:outliers] = rng.uniform(30.0, 60.0, outliers)
    x = along * np.sin(azimuth) + offset * np.cos(azimuth)
    y = along * np.cos(azimuth) - offset * np.sin(azimuth)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0, 135.0, 179.9])
@pytest.mark.parametrize("outliers", [0, 40])
def test_plane_has_the_azimuth_of_the_line_despite_outliers(azimuth: float, outliers: int) -> None:
    plane = fit_plane(*noisy_line(3, azimuth, outliers))
    assert 0.0 <= plane.azimuth_deg < 180.0
    # 0.3 degrees: four standard errors, 1 m / sqrt(400) / (120 m / sqrt(12)) = 0.08 degrees.
    assert (plane.azimuth_deg - azimuth + 90.0) % 180.0 - 90.0 == pytest.approx(0.0, abs=0.3)


@given(
    turn=st.floats(0.0, 360.0),
    east=st.floats(-1e4, 1e4),
    north=st.floats(-1e4, 1e4),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_plane_coordinates_ignore_where_and_how_the_flight_lies(
    turn: float, east: float, north: float, seed: int
) -> None:
    track = track_of(*noisy_line(seed, 20.0, outliers=10), np.zeros(400))
    other = moved(track, turn, east, north)
    along, right = plane_coordinates(fit_plane(track.x_m, track.y_m), track.x_m, track.y_m)
    along_2, right_2 = plane_coordinates(fit_plane(other.x_m, other.y_m), other.x_m, other.y_m)
    if np.corrcoef(along, along_2)[0, 1] < 0:
        along_2, right_2 = along_2.max() - along_2, -right_2
    # 1e-6 m: rounding of coordinates of 10 km, squared and summed.
    np.testing.assert_allclose(along_2, along, atol=1e-6)
    np.testing.assert_allclose(right_2, right, atol=1e-6)


def test_along_starts_at_zero_and_distances_are_preserved() -> None:
    x, y = noisy_line(1, 70.0)
    plane = fit_plane(x, y)
    along, right = plane_coordinates(plane, x, y)
    # 1e-9: rounding of coordinates of 100 m.
    assert along.min() == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(np.hypot(along - along[0], right - right[0]), np.hypot(x - x[0], y - y[0]), atol=1e-9)
    assert plane.rms_offset_m == pytest.approx(float(np.sqrt(np.mean(right**2))))


def test_normal_takes_the_side_of_the_wind() -> None:
    plane = Plane(0.0, 0.0, 90.0, 0.0)
    assert plane_normal(plane, (0.3, 2.0)) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert plane_normal(plane, (0.3, -2.0)) == pytest.approx((0.0, -1.0), abs=1e-12)
    assert plane_normal(plane, None) == plane_normal(plane, (0.0, -1.0))


def test_one_place_is_no_plane() -> None:
    with pytest.raises(GeometryError, match="all positions are the same"):
        fit_plane(np.full(5, 3.0), np.full(5, 4.0))


@given(east=st.floats(-1e4, 1e4), north=st.floats(-1e4, 1e4), radius=st.floats(15.0, 500.0), seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_circle_is_found_despite_outliers(east: float, north: float, radius: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0.0, 2.0 * np.pi, 500)
    distance = radius + rng.normal(0.0, 0.5, 500)
    distance[:25] *= rng.uniform(1.5, 2.5, 25)
    x, y = east + distance * np.sin(angle), north + distance * np.cos(angle)
    # 0.2 m: four standard errors of a centre, 0.5 m * sqrt(2 / 475) = 0.03 m, and what 4-sigma rejection lets through.
    assert fit_circle(x, y) == pytest.approx((east, north, radius), abs=0.2)


def test_quarter_circle_without_noise_is_exact() -> None:
    angle = np.linspace(0.0, np.pi / 2, 50)
    # 1e-6 m: Gauss-Newton steps end at a relative change of 1e-9.
    assert fit_circle(5.0 + 40.0 * np.sin(angle), -7.0 + 40.0 * np.cos(angle)) == pytest.approx((5, -7, 40), abs=1e-6)


def test_unrolled_cylinder_runs_clockwise_from_the_seam() -> None:
    cylinder = Cylinder(10.0, 20.0, 50.0, 270.0, 0.0)
    x, y = 10.0 + np.array([-50.0, 0.0, 60.0, 0.0]), 20.0 + np.array([0.0, 50.0, 0.0, -40.0])
    along, offset, normal_x, normal_y = cylinder_coordinates(cylinder, x, y)
    quarter = 0.5 * np.pi * 50.0
    # 1e-9: rounding.
    np.testing.assert_allclose(along, [0.0, quarter, 2 * quarter, 3 * quarter], atol=1e-9)
    np.testing.assert_allclose(offset, [0.0, 0.0, 10.0, -10.0], atol=1e-9)
    np.testing.assert_allclose(np.column_stack([normal_x, normal_y]), [[-1, 0], [0, 1], [1, 0], [0, -1]], atol=1e-9)


def test_position_on_the_seam_never_reaches_the_circumference() -> None:
    cylinder = Cylinder(0.0, 0.0, 50.0, 0.0, 0.0)
    along, *_ = cylinder_coordinates(cylinder, np.array([-1e-17, 0.0, 1e-17]), np.full(3, 50.0))
    assert np.all(along < 2.0 * np.pi * 50.0)


def test_cylinder_without_a_seam_is_cut_at_the_first_sample() -> None:
    angle = 1.0 + np.linspace(0.0, 6.0, 200)
    x, y = 30.0 * np.sin(angle), 30.0 * np.cos(angle)
    cylinder = fit_cylinder(x, y)
    assert cylinder.seam_azimuth_deg == pytest.approx(np.degrees(1.0))
    along = cylinder_coordinates(cylinder, x, y)[0]
    # 1e-6 m: as the fit; the first sample may fall on either side of the cut.
    np.testing.assert_allclose(along[1:], 30.0 * (angle[1:] - 1.0), atol=1e-6)


def test_geodesic_length_of_a_curtain() -> None:
    """An independent check of the scale: the length between two logged positions by pyproj's geodesic."""
    track, time_s = fly([(-150.0, -80.0, 5.0), (150.0, 80.0, 5.0)])
    log = log_of(track, time_s, 45.0, 11.9)
    local = local_track(log)
    ends = log.longitude_deg[[0, -1]], log.latitude_deg[[0, -1]]
    _, _, length = Geod(ellps="WGS84").inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])
    # 1 mm in 340 m: at the edge of a zone the map itself is 0.1 % (34 cm) too long.
    assert np.hypot(np.ptp(local.x_m), np.ptp(local.y_m)) == pytest.approx(length, abs=1e-3)
