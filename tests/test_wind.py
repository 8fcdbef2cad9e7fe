"""Wind components, direction statistics, standard error of a mean, logarithmic profile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.flight.wind import (
    cross_wind_gusts,
    direction_from,
    direction_std_deg,
    fit_log_profile,
    mean_standard_error,
    wind_components,
)


@pytest.mark.parametrize(
    ("from_deg", "east", "north"),
    [(0.0, 0.0, -1.0), (90.0, -1.0, 0.0), (180.0, 0.0, 1.0), (270.0, 1.0, 0.0)],
)
def test_wind_blows_away_from_where_it_comes(from_deg: float, east: float, north: float) -> None:
    components = wind_components(np.array([1.0]), np.array([from_deg]))
    # rounding of sin and cos at multiples of 90 degrees
    np.testing.assert_allclose(np.ravel(components), [east, north], atol=1e-12)


@given(st.floats(0.1, 40.0), st.floats(0.0, 359.999))
def test_components_and_direction_are_inverse(speed: float, from_deg: float) -> None:
    east, north = wind_components(np.array([speed]), np.array([from_deg]))
    back = direction_from(float(east[0]), float(north[0]))
    # rounding of one sine and one arctangent; the circle closes at 360
    assert abs((back - from_deg + 180.0) % 360.0 - 180.0) < 1e-9


def test_direction_spread_does_not_see_north() -> None:
    rng = np.random.default_rng(1)
    spread = rng.normal(0.0, 15.0, 4000)
    across = direction_std_deg(np.mod(spread, 360.0))
    # turning all by 90 degrees changes rounding only
    assert across == pytest.approx(direction_std_deg(spread + 90.0), rel=1e-9)
    # Yamartino 1984 claims 2 %; the sample adds 1.1 %
    assert across == pytest.approx(15.0, rel=0.04)


def test_standard_error_of_white_noise_is_the_textbook_one() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0.0, 1.0, (200, 512))
    errors = [mean_standard_error(np.arange(512.0), row) for row in values]
    # the maximum over block levels is a little above 1 / sqrt(n): measured 1.25, never below it by more than chance
    assert 1.0 < np.median(errors) * np.sqrt(512) < 1.45


def test_standard_error_holds_for_an_autocorrelated_series() -> None:
    rng = np.random.default_rng(3)
    decay = np.exp(-1.0 / 10.0)
    means, errors = [], []
    for _ in range(300):
        shocks = rng.normal(0.0, 1.0, 640)
        series = np.empty(640)
        series[0] = shocks[0]
        for index in range(1, 640):
            series[index] = decay * series[index - 1] + np.sqrt(1 - decay**2) * shocks[index]
        means.append(series.mean())
        errors.append(mean_standard_error(np.arange(640.0), series))
    # block errors from a few blocks scatter by a third, their root mean square over 300 series by a few percent
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.25)


def test_log_profile_is_found_again() -> None:
    height = np.linspace(1.0, 30.0, 200)
    speed = 0.35 / 0.4 * np.log(height / 0.05)
    profile = fit_log_profile(height, speed, assumed_roughness_m=0.03)
    assert profile.fitted
    # exact data: rounding of a least squares fit
    assert profile.friction_velocity_m_s == pytest.approx(0.35, rel=1e-9)
    assert profile.roughness_length_m == pytest.approx(0.05, rel=1e-9)


def test_wind_falling_with_height_is_no_log_profile() -> None:
    height = np.linspace(1.0, 30.0, 50)
    profile = fit_log_profile(height, 5.0 - 0.05 * height, assumed_roughness_m=0.03)
    assert not profile.fitted
    assert profile.roughness_length_m == 0.03


def test_gusts_across_the_wind_are_told_from_the_noise_of_the_anemometer() -> None:
    rng = np.random.default_rng(3)
    time = np.arange(4000.0)
    gusts = 0.6 * np.sin(2.0 * np.pi * time / 60.0) * np.sqrt(2.0)
    east, north = 4.0 + 0.3 * rng.standard_normal(4000), gusts + 0.3 * rng.standard_normal(4000)
    # Two seconds of a swing of a minute keep 98 % of its variance; chance leaves 0.3^2 / sqrt(4000) of the noise's.
    assert cross_wind_gusts(time, east, north) == pytest.approx(0.6 / 4.0, rel=0.03)
    # Whichever way it blows, and in whatever order the samples come.
    turned = cross_wind_gusts(time[::-1], north[::-1], -east[::-1])
    assert turned == pytest.approx(cross_wind_gusts(time, east, north), rel=1e-9)


def test_wind_whose_direction_never_changes_tells_no_gusts() -> None:
    speed = np.linspace(3.0, 5.0, 50)
    assert cross_wind_gusts(np.arange(50.0), 0.6 * speed, 0.8 * speed) is None
    assert cross_wind_gusts(np.arange(50.0), np.zeros(50), np.zeros(50)) is None
