"""Wind from an anemometer that flies along."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gasflux.reading.values.aircraft_wind import components, speed_and_direction, wind_over_ground

angles = st.floats(0.0, 360.0)
speeds = st.floats(0.0, 20.0)


def frozen(*values: float) -> NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


@given(angles, speeds)
def test_still_air_feels_like_a_headwind(heading: float, ground_speed: float) -> None:
    east, north = wind_over_ground(frozen(-ground_speed), frozen(0.0), frozen(heading), frozen(ground_speed))
    # cancellation of terms up to 20 m/s
    np.testing.assert_allclose([east, north], 0.0, atol=1e-13)


@given(angles, angles, speeds, st.floats(-15.0, 15.0), st.floats(-15.0, 15.0))
def test_a_true_wind_comes_back(heading: float, course: float, ground_speed: float, east: float, north: float) -> None:
    """The air past the aircraft is wind minus its own motion, turned into its frame."""
    h, c = np.radians(heading), np.radians(course)
    relative_east, relative_north = east - ground_speed * np.sin(c), north - ground_speed * np.cos(c)
    forward = frozen(relative_east * np.sin(h) + relative_north * np.cos(h))
    right = frozen(relative_east * np.cos(h) - relative_north * np.sin(h))
    found = wind_over_ground(forward, right, frozen(heading), frozen(ground_speed), frozen(course))
    # two rotations of numbers up to 50
    np.testing.assert_allclose(np.ravel(found), [east, north], atol=1e-12)


def test_hovering_nose_north_feels_the_wind_itself() -> None:
    # air moving from nose to tail (u < 0) of an aircraft that points north is a north wind
    east, north = wind_over_ground(frozen(-5.0), frozen(0.0), frozen(0.0), frozen(0.0))
    speed, from_deg = speed_and_direction(east, north)
    assert (speed.item(), from_deg.item()) == (5.0, 0.0)


def test_hovering_with_air_moving_to_the_right() -> None:
    # pointing east, the right-hand side is south: air moving there is a north wind
    east, north = wind_over_ground(frozen(0.0), frozen(3.0), frozen(90.0), frozen(0.0))
    speed, from_deg = speed_and_direction(east, north)
    # rounding of sin and cos at 90 degrees
    np.testing.assert_allclose([speed.item(), (from_deg.item() + 180.0) % 360.0], [3.0, 180.0], atol=1e-12)


@given(st.floats(0.1, 40.0), st.floats(0.0, 359.999))
def test_speed_and_direction_undo_components(speed: float, from_deg: float) -> None:
    found_speed, found_deg = speed_and_direction(*components(frozen(speed), frozen(from_deg)))
    # double precision of arctan2
    np.testing.assert_allclose(found_speed, speed, rtol=1e-14)
    difference = (found_deg.item() - from_deg + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(difference, 0.0, atol=1e-10)
    assert 0.0 <= found_deg.item() < 360.0


def test_calm_air_needs_no_direction() -> None:
    np.testing.assert_array_equal(np.abs(components(frozen(0.0), frozen(np.nan))), [[0.0], [0.0]])
