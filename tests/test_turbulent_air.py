"""The third physics: a wind without divergence, particles that keep their mass, and a plume as high as plumes are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gasflux.records import FloatArray
from gasflux.simulation import TURBULENT_KINDS, Scenario, dispersion, random_scenario, simulate
from gasflux.simulation.dispersion import Domain, plume_of_particles
from gasflux.simulation.surface_layer import SurfaceLayer, surface_layer
from gasflux.simulation.turbulence import TurbulentWind, turbulent_wind
from gasflux.simulation.turbulent_air import mean_plume_height_m

LENGTHS_M = (None, -20.0, 30.0)
"""Neutral, unstable, stable."""


@pytest.fixture(autouse=True)
def few_particles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow a fifth of the usual particles: what holds for any number is tested here, in less time."""
    monkeypatch.setattr(dispersion, "LIVE_PARTICLES", 400)


def layer_of(obukhov_length_m: float | None) -> SurfaceLayer:
    """Return the surface layer of 4 m/s over short grass."""
    return surface_layer(Scenario(wind_speed_m_s=4.0, obukhov_length_m=obukhov_length_m))


def wind_of(obukhov_length_m: float | None, seed: int = 1) -> TurbulentWind:
    """Return one draw of its wind."""
    return turbulent_wind(layer_of(obukhov_length_m), np.random.default_rng(seed))


@pytest.mark.parametrize("length_m", LENGTHS_M)
def test_mean_wind_is_the_integral_of_its_shear(length_m: float | None) -> None:
    layer = layer_of(length_m)
    z = np.geomspace(layer.roughness_length_m, 10.0, 20_001)
    zeta = z * layer.inverse_obukhov_m
    # Hogstrom 1988, equations 23 and 24: phi_m of unstable and of stable air.
    phi = (1.0 - 19.3 * np.minimum(zeta, 0.0)) ** -0.25 + 6.0 * np.maximum(zeta, 0.0)
    shear = layer.friction_velocity_m_s / 0.4 * phi / z
    # The trapezoid errs by the square of a step of 3e-4 in the logarithm.
    assert np.trapezoid(shear, z) == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize("length_m", LENGTHS_M)
def test_wind_has_no_divergence_and_blows_through_no_ground(length_m: float | None) -> None:
    wind, rng = wind_of(length_m), np.random.default_rng(2)
    place = rng.uniform([0.0, -50.0, 2.0], [200.0, 50.0, 30.0], (50, 3))
    step = 0.05
    divergence, size = np.zeros(50), np.zeros(50)
    for axis in range(3):
        ahead, behind = place.copy(), place.copy()
        ahead[:, axis] += step
        behind[:, axis] -= step
        slope = (wind.at(30.0, *ahead.T)[axis] - wind.at(30.0, *behind.T)[axis]) / (2.0 * step)
        divergence += slope
        size = np.maximum(size, np.abs(slope))
    # Single precision leaves 1e-5 m/s, over a step of 0.1 m; the waves' own slopes are up to 1 / s.
    assert np.abs(divergence).max() < 0.02 * size.max()
    assert np.abs(wind.at(30.0, place[:, 0], place[:, 1], np.zeros(50))[2]).max() == 0.0


@pytest.mark.parametrize("length_m", LENGTHS_M)
def test_wind_is_as_strong_as_the_surface_layer_says(length_m: float | None) -> None:
    layer = layer_of(length_m)
    height = np.array([2.0, 5.0, 10.0, 20.0])
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(0.0, 9_000.0, 40), np.linspace(0.0, 3_000.0, 15)))
    first, second = np.zeros((3, 4)), np.zeros((3, 4))
    draws = 12
    for seed in range(draws):
        wind = turbulent_wind(layer, np.random.default_rng(seed))
        for level, z in enumerate(height):
            gust = np.stack(wind.at(0.0, x, y, np.full(x.size, z)))
            first[:, level] += gust.mean(axis=1) / draws
            second[:, level] += (gust**2).mean(axis=1) / draws
    sigma = np.sqrt(second - first**2)
    sigma_u, sigma_v = layer.sigma_horizontal_m_s()
    # 48 waves a draw, 12 draws: the mean of their squares errs by some percent of the variance.
    assert first[0] == pytest.approx(layer.mean_wind_m_s(height), rel=0.03)
    assert sigma[2] == pytest.approx(layer.sigma_w_m_s(height), rel=0.10)
    assert sigma[0] == pytest.approx(np.full(4, sigma_u), rel=0.12)
    assert sigma[1] == pytest.approx(np.full(4, sigma_v), rel=0.12)


def _flux_through(planes_m: tuple[float, ...], wind: TurbulentWind, seed: int) -> FloatArray:
    """Mean flux of c u through planes across the wind, per unit emission, over 400 s."""
    moments = np.arange(20.0, 420.0, 8.0)
    edges = np.array([0.0, 0.8, 1.8, 3.2, 5.0, 7.5, 11.0, 16.0, 23.0, 32.0, 45.0])
    x, y, z = np.meshgrid(planes_m, np.linspace(-80.0, 80.0, 21), 0.5 * (edges[1:] + edges[:-1]), indexing="ij")
    area = np.broadcast_to(8.0 * np.diff(edges), x.shape)
    time = np.repeat(moments, x.size)
    x_m, y_m, z_m = (np.tile(axis.ravel(), moments.size) for axis in (x, y, z))
    domain = Domain(max(planes_m) + 30.0, 60.0, 250.0, (max(planes_m) + 30.0) / 3.0)
    concentration = plume_of_particles(wind, domain, 2.0, (time, x_m, y_m, z_m), np.random.default_rng(seed))
    carried = (concentration * wind.at(time, x_m, y_m, z_m)[0]).reshape(moments.size, *x.shape)
    return np.asarray((carried * area).sum(axis=(2, 3)).mean(axis=0))


def test_what_is_emitted_passes_every_plane() -> None:
    flux = _flux_through((30.0, 45.0, 70.0), wind_of(None), 1)
    # The flux of a moment scatters by 0.4 of itself with the gusts, whose memory is 10 s, so 400 s err by 6 %;
    # particles and cells add 3 %; two standard errors.
    assert flux == pytest.approx(np.ones(3), abs=0.14)


@pytest.mark.parametrize("length_m", LENGTHS_M)
def test_air_that_is_mixed_stays_mixed(length_m: float | None) -> None:
    wind, rng = wind_of(length_m), np.random.default_rng(3)
    position = rng.uniform([0.0, 0.0, 0.0], [400.0, 400.0, 80.0], (16_000, 3))
    cloud = dispersion.Cloud(position, np.stack(wind.at(0.0, *position.T), axis=1))
    for step in range(40):
        dispersion.move(cloud, wind, np.stack(wind.at(0.5 * step, *cloud.position.T), axis=1), rng)
    counts, edges = np.histogram(cloud.position[:, 2], [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    expected = 200.0 * np.diff(edges)
    # In 20 s nothing of the open top at 80 m reaches 32 m. Three standard deviations of a count, and 4 % for steps of
    # half a second.
    assert np.all(np.abs(counts - expected) < 3.0 * np.sqrt(expected) + 0.04 * expected)


def test_nothing_goes_below_the_ground_and_nothing_is_lost() -> None:
    wind, rng = wind_of(-20.0), np.random.default_rng(3)
    position = rng.uniform([0.0, 0.0, 0.0], [40.0, 40.0, 2.0], (500, 3))
    cloud = dispersion.Cloud(position, np.zeros((500, 3)))
    for step in range(40):
        dispersion.move(cloud, wind, np.stack(wind.at(0.5 * step, *cloud.position.T), axis=1), rng)
    assert cloud.position.shape == (500, 3)
    assert cloud.position[:, 2].min() >= 0.0


def test_plume_is_as_high_as_van_ulden_says() -> None:
    # Prairie Grass: at 100 m over z0 = 6 mm in neutral air the mean height of the tracer was 3.5-4 m (van Ulden 1978).
    neutral = surface_layer(Scenario(wind_speed_m_s=5.0, roughness_length_m=0.006))
    assert 3.2 < mean_plume_height_m(neutral, 100.0, 0.46) < 4.2


TURBULENT: dict[str, Any] = {"plume": "turbulent", "distance_m": 40.0, "curtain_length_m": 60.0, "transects": 3}


def test_the_same_flight_at_any_rate() -> None:
    scenario = Scenario(**TURBULENT, seed=5, obukhov_length_m=-50.0, gas_response_s=4.0, wind_noise_m_s=0.0)
    slow, fast = simulate(scenario), simulate(replace(scenario, sample_hz=5.0))
    kept = slice(0, 5 * slow.time_s.size, 5)
    np.testing.assert_array_equal(slow.time_s, fast.time_s[kept])
    np.testing.assert_array_equal(slow.enhancement_ppm["ch4"], fast.enhancement_ppm["ch4"][kept])
    # Directions of nearly calm air on the ground apart, the logged wind is the same but for the noise of none.
    np.testing.assert_allclose(slow.wind_speed_m_s, fast.wind_speed_m_s[kept], rtol=1e-12)


def test_a_seed_is_one_flight_and_another_seed_another() -> None:
    first, again, other = (simulate(Scenario(**TURBULENT, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.gas_ppm["ch4"], again.gas_ppm["ch4"])
    assert not np.array_equal(first.enhancement_ppm["ch4"], other.enhancement_ppm["ch4"])
    assert first.enhancement_ppm["ch4"].max() > 0.0


@pytest.mark.parametrize("kind", TURBULENT_KINDS)
def test_kinds_are_what_they_say(kind: str) -> None:
    drawn = [random_scenario(kind, np.random.default_rng(seed)) for seed in range(20)]
    assert all(scenario.plume == "turbulent" for scenario in drawn)
    limits = {
        "turbulent_high_lowest_pass": ("lowest_pass_m", 6.0, 9.0),
        "turbulent_light_wind": ("wind_speed_m_s", 1.0, 2.0),
        "turbulent_near": ("distance_m", 30.0, 50.0),
        "turbulent_far": ("distance_m", 200.0, 300.0),
        "turbulent_slow_sensor": ("gas_response_s", 5.0, 10.0),
    }
    name, low, high = limits.get(kind, ("lowest_pass_m", 1.5, 3.5))
    assert all(low <= getattr(scenario, name) <= high for scenario in drawn)


class TestInstruments:
    def test_response_keeps_the_area_and_shifts_the_centre_by_its_time(self) -> None:
        quick = simulate(Scenario(plume="steady", seed=3, sample_hz=4.0, gas_noise_ppm={"ch4": 0.0}, gas_gain_std=0.0))
        slow = simulate(replace(quick.scenario, gas_response_s=6.0, gas_lag_s=3.0))
        signal, late = (flight.gas_ppm["ch4"] - 2.0 for flight in (quick, slow))
        # Followed in steps of 0.25 s; the tail of the last plume ends before the log does.
        assert late.sum() == pytest.approx(signal.sum(), rel=1e-3)
        centre = [float(quick.time_s @ values / values.sum()) for values in (signal, late)]
        assert centre[1] - centre[0] == pytest.approx(9.0, abs=0.05)

    def test_clock_ahead_is_a_lag(self) -> None:
        lag = simulate(Scenario(plume="steady", seed=3, gas_lag_s=4.0))
        clock = simulate(Scenario(plume="steady", seed=3, clock_offset_s=4.0))
        np.testing.assert_array_equal(lag.gas_ppm["ch4"], clock.gas_ppm["ch4"])

    def test_mast_measures_at_its_height(self) -> None:
        still: dict[str, Any] = {"wind_noise_m_s": 0.0, "wind_speed_gain_std": 0.0}
        flight = simulate(Scenario(plume="steady", mast_height_m=2.0, wind_speed_gain=0.9, **still))
        expected = 0.9 * 5.0 * np.log(2.0 / 0.03) / np.log(10.0 / 0.03)
        np.testing.assert_allclose(flight.wind_speed_m_s, expected, rtol=1e-12)
