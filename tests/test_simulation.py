"""The truth itself: plumes that conserve mass, flights that do not depend on how they are logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gasflux.errors import ConfigError
from gasflux.gas import density_kg_m3
from gasflux.records import FloatArray, Phase
from gasflux.simulation import KINDS, Scenario, SimulatedFlight, random_scenario, simulate, to_frame, to_log
from gasflux.simulation.kinds import nominal_peak_ppm
from gasflux.simulation.legs import curtain_ends
from gasflux.simulation.plume import (
    GUST_STEP_S,
    PUFF_SHARE,
    Gusts,
    briggs_sigma,
    make_gusts,
    meandering_plume,
    mole_fraction_ppm,
    oldest_puff_s,
    profile_wind_m_s,
    steady_plume,
    transport_speed_m_s,
)

PERFECT: dict[str, Any] = {
    "wind_noise_m_s": 0.0,
    "wind_speed_gain_std": 0.0,
    "wind_direction_offset_std_deg": 0.0,
    "gas_gain_std": 0.0,
    "gps_noise_m": 0.0,
    "height_noise_m": 0.0,
    "wobble_m": 0.0,
    "gas_noise_ppm": {"ch4": 0.0},
}
"""Instruments and pilot without error."""

CALM: dict[str, Any] = {"turbulence_intensity": 0.0, "cross_wind_intensity": 0.0, "meander_deg": 0.0}


def _heights(scenario: Scenario) -> tuple[FloatArray, FloatArray]:
    """Heights even in ln z from the roughness length (below it there is no wind) to 400 m, with their weights."""
    t = np.linspace(np.log(scenario.roughness_length_m), np.log(400.0), 600)
    height = np.exp(t)
    weight = height * (t[1] - t[0])
    weight[[0, -1]] /= 2
    return height, weight


def _plane(scenario: Scenario, curtain: int, half_m: float, columns: int) -> tuple[FloatArray, FloatArray, float]:
    """Evenly spaced points (east, north) along the plane of a curtain and their spacing."""
    ends = np.array(curtain_ends(scenario, curtain))
    unit = (ends[1] - ends[0]) / scenario.curtain_length_m
    along = np.linspace(-half_m, half_m, columns)
    points = ends.mean(axis=0) + along[:, None] * unit
    return points[:, 0], points[:, 1], float(along[1] - along[0])


def _circle(scenario: Scenario, columns: int) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Evenly spaced points (east, north) on the spiral's circle, their outward azimuth, and their spacing."""
    azimuth = np.linspace(0.0, 2 * np.pi, columns, endpoint=False)
    toward, left = scenario.wind_to_rad, scenario.wind_to_rad - np.pi / 2
    down, cross, radius = scenario.center_downwind_m, scenario.center_crosswind_m, scenario.radius_m
    x = down * np.sin(toward) + cross * np.sin(left) + radius * np.sin(azimuth)
    y = down * np.cos(toward) + cross * np.cos(left) + radius * np.cos(azimuth)
    return x, y, azimuth, 2 * np.pi * radius / columns


def _steady_flux(scenario: Scenario, x: FloatArray, y: FloatArray, inward: FloatArray, spacing: float) -> float:
    """Integral of c u cos(angle between wind and outward normal) over columns of air at (x, y), per unit emission."""
    z, dz = _heights(scenario)
    columns, rows = np.meshgrid(np.arange(x.size), np.arange(z.size))
    concentration = steady_plume(scenario, x[columns.ravel()], y[columns.ravel()], z[rows.ravel()])
    wind = profile_wind_m_s(scenario, z[rows.ravel()]) * np.cos(inward[columns.ravel()])
    return float(np.sum(concentration * wind * dz[rows.ravel()]) * spacing)


# The sums below are trapezoids over smooth functions that vanish at both ends; what is left is the interpolation of the
# profile integral between tabulated spreads (below 1e-6) and the tail above 400 m (below 1e-9).
EXACT = 1e-5


class TestSteadyPlume:
    @pytest.mark.parametrize("angle", [-60.0, -25.0, 0.0, 40.0])
    @pytest.mark.parametrize("stability", ["A", "B", "D", "F"])
    def test_what_is_emitted_passes_every_curtain(self, angle: float, stability: Any) -> None:
        scenario = Scenario(angle_to_normal_deg=angle, stability=stability, curtains=2, curtain_spacing_m=35.0)
        for curtain in range(2):
            x, y, spacing = _plane(scenario, curtain, 300.0, 401)
            flux = _steady_flux(scenario, x, y, np.full(x.size, np.radians(angle)), spacing)
            assert flux == pytest.approx(1.0, abs=EXACT)

    @pytest.mark.parametrize(("downwind", "crosswind"), [(0.0, 0.0), (-15.0, 10.0), (12.0, -20.0)])
    def test_what_is_emitted_leaves_the_spiral(self, downwind: float, crosswind: float) -> None:
        scenario = Scenario(path="spiral", radius_m=60.0, center_downwind_m=downwind, center_crosswind_m=crosswind)
        x, y, azimuth, spacing = _circle(scenario, 3000)
        flux = _steady_flux(scenario, x, y, azimuth - scenario.wind_to_rad, spacing)
        assert flux == pytest.approx(1.0, abs=EXACT)

    @pytest.mark.parametrize(
        "change", [{"roughness_length_m": 0.5}, {"source_height_m": 0.0}, {"source_height_m": 60.0}]
    )
    def test_conserves_mass_for_any_ground_and_source_height(self, change: dict[str, float]) -> None:
        scenario = Scenario(**change)  # type: ignore[arg-type]
        x, y, spacing = _plane(scenario, 0, 200.0, 401)
        assert _steady_flux(scenario, x, y, np.zeros(x.size), spacing) == pytest.approx(1.0, abs=EXACT)

    def test_is_symmetric_about_its_axis_and_absent_upwind(self) -> None:
        scenario = Scenario(wind_from_deg=180.0)
        x, y, z = np.array([-7.0, 7.0, 0.0]), np.array([80.0, 80.0, -80.0]), np.full(3, 2.0)
        left, right, upwind = steady_plume(scenario, x, y, z)
        assert left == pytest.approx(right, rel=1e-12)  # rounding
        assert left > 0.0
        assert upwind == 0.0

    def test_leaves_its_arguments_alone(self) -> None:
        arrays = [np.linspace(40.0, 80.0, 5), np.linspace(-5.0, 5.0, 5), np.linspace(1.0, 9.0, 5)]
        for array in arrays:
            array.setflags(write=False)
        scenario = Scenario(plume="meandering")
        gusts = make_gusts(scenario, 10.0, np.random.default_rng(0))
        time = np.arange(5.0)
        time.setflags(write=False)
        assert np.all(steady_plume(scenario, *arrays) >= 0.0)
        assert np.all(meandering_plume(scenario, gusts, time, *arrays) >= 0.0)

    def test_spread_is_briggs(self) -> None:
        # Hanna, Briggs & Hosker 1982, table 4.5, class D at 1 km: 0.08 x / sqrt(1.1) and 0.06 x / sqrt(2.5).
        sigma_y, sigma_z = briggs_sigma("D", np.array([1000.0]))
        assert sigma_y[0] == pytest.approx(76.28, abs=0.01)
        assert sigma_z[0] == pytest.approx(37.95, abs=0.01)


def _column_flux(scenario: Scenario, gusts: Gusts, time: FloatArray, columns: int) -> FloatArray:
    """Flux of the meandering plume per unit emission through the whole (first) surface at each time.

    The wind of all heights is one gust scaled by the profile, so one height per column suffices: its concentration over
    that of the steady plume's vertical shape is the column's.
    """
    if scenario.path == "spiral":
        x, y, normal, spacing = _circle(scenario, columns)
    else:
        x, y, spacing = _plane(scenario, 0, 250.0, columns)
        normal = np.full(columns, scenario.normal_rad)
    axis = np.array([scenario.axis_distance_m])
    toward = scenario.wind_to_rad
    probe = np.array([2.0])
    sigma_y, _ = briggs_sigma(scenario.stability, axis)
    center = steady_plume(scenario, axis * np.sin(toward), axis * np.cos(toward), probe)
    per_flux = center * np.sqrt(2 * np.pi) * sigma_y
    times, points = (index.ravel() for index in np.meshgrid(np.arange(time.size), np.arange(columns), indexing="ij"))
    height = np.full(times.size, probe[0])
    concentration = meandering_plume(scenario, gusts, time[times], x[points], y[points], height)
    east, north = gusts.at(time[times])
    outward = (east * np.sin(normal[points]) + north * np.cos(normal[points])) / transport_speed_m_s(scenario)
    flux: FloatArray = (concentration / per_flux * outward).reshape(time.size, columns).sum(axis=1) * spacing
    return flux


class TestMeanderingPlume:
    @pytest.mark.parametrize("angle", [0.0, 25.0, -50.0])
    def test_in_a_steady_wind_passes_what_is_emitted_at_every_moment(self, angle: float) -> None:
        scenario = Scenario(plume="meandering", angle_to_normal_deg=angle, **CALM)
        gusts = make_gusts(scenario, 20.0, np.random.default_rng(0))
        flux = _column_flux(scenario, gusts, np.array([0.0, 7.3, 20.0]), 501)
        np.testing.assert_allclose(flux, 1.0, atol=EXACT)

    def test_in_a_steady_wind_is_the_steady_plume_of_puff_width(self) -> None:
        scenario = Scenario(plume="meandering", **CALM)
        gusts = make_gusts(scenario, 5.0, np.random.default_rng(0))
        x, y, z = np.full(3, 80.0), np.array([-4.0, 0.0, 6.0]), np.array([1.0, 4.0, 12.0])
        puffs = meandering_plume(scenario, gusts, np.full(3, 5.0), x, y, z)
        steady = steady_plume(scenario, x, y, z)
        sigma_y = briggs_sigma("C", np.array([80.0]))[0]
        narrowed = np.exp(-0.5 * (y / sigma_y) ** 2 * (PUFF_SHARE**-2 - 1)) / PUFF_SHARE
        # Puffs released before 12 travel times are forgotten, none of which is near: only rounding and tables differ.
        np.testing.assert_allclose(puffs, steady * narrowed, rtol=1e-5)

    @pytest.mark.parametrize("turbulence", [0.15, 0.40])
    @pytest.mark.parametrize("path", ["curtain", "spiral"])
    def test_on_average_passes_what_is_emitted(self, path: Any, turbulence: float) -> None:
        scenario = Scenario(
            plume="meandering",
            path=path,
            distance_m=60.0,
            angle_to_normal_deg=15.0,
            turbulence_intensity=turbulence,
            cross_wind_intensity=0.75 * turbulence,
        )
        duration = 1500.0
        time = np.arange(0.0, duration, 3.0)
        gusts = make_gusts(scenario, duration, np.random.default_rng(3))
        flux = _column_flux(scenario, gusts, time, 161)
        # Emission minus flux is the change of the mass between source and surface: a few travel times' worth.
        travel_s = scenario.axis_distance_m / transport_speed_m_s(scenario)
        assert flux.mean() == pytest.approx(1.0, abs=2.0 * travel_s / duration)
        assert flux.std() > 0.05

    def test_gusts_have_the_wanted_strength_and_time_scale(self) -> None:
        scenario = Scenario(plume="meandering", turbulence_intensity=0.2, gust_time_s=20.0, meander_deg=0.0)
        duration = 40_000.0
        gusts = make_gusts(scenario, duration, np.random.default_rng(1))
        along = gusts.east_m_s / transport_speed_m_s(scenario) - 1.0
        # 40,000 s hold 1,000 independent values: 3 sigma is 10 % of a mean square, 3 x 0.2/sqrt(1000) of a mean.
        assert along.std() == pytest.approx(0.2, rel=0.1)
        assert along.mean() == pytest.approx(0.0, abs=0.02)
        lag = int(20.0 / GUST_STEP_S)
        correlation = np.corrcoef(along[:-lag], along[lag:])[0, 1]
        assert correlation == pytest.approx(np.exp(-1.0), abs=0.1)

    def test_way_of_the_air_is_the_integral_of_its_wind(self) -> None:
        scenario = Scenario(plume="meandering")
        gusts = make_gusts(scenario, 60.0, np.random.default_rng(2))
        fine = np.linspace(-oldest_puff_s(scenario), 60.0, 400_001)
        middle = (fine[1:] + fine[:-1]) / 2
        east, north = gusts.at(middle)
        way_east, way_north = gusts.way(fine[[0, -1]])
        # Steps of the wind that fall inside a fine step cost at most that step times the jump, averaging out.
        assert way_east[1] - way_east[0] == pytest.approx(np.sum(east) * (fine[1] - fine[0]), abs=0.01)
        assert way_north[1] - way_north[0] == pytest.approx(np.sum(north) * (fine[1] - fine[0]), abs=0.01)


def test_mole_fraction_and_density_are_inverse() -> None:
    temperature, pressure = np.array([-10.0, 15.0, 40.0]), np.array([700.0, 1013.25, 1030.0])
    concentration = np.array([1e-7, 3e-6, 2e-4])
    for gas in ("ch4", "co2", "n2o", "c2h6"):
        fraction = mole_fraction_ppm(concentration, gas, temperature, pressure)
        back = fraction * 1e-6 * density_kg_m3(gas, temperature, pressure)
        np.testing.assert_allclose(back, concentration, rtol=1e-12)  # rounding


def _common(flight: SimulatedFlight, name: str, hz: float) -> Any:
    """Values of the samples at whole seconds."""
    return getattr(flight, name)[:: round(hz)]


@pytest.mark.parametrize("path", ["curtain", "spiral"])
def test_the_flight_does_not_depend_on_the_sampling_rate(path: Any) -> None:
    scenario = Scenario(path=path, plume="meandering", transects=5, level_order="shuffled", seed=4)
    quiet = replace(scenario, wind_noise_m_s=0.0, wind_direction_noise_deg=0.0)
    slow = simulate(quiet)
    for hz in (5.0, 10.0):
        fast = simulate(replace(quiet, sample_hz=hz))
        np.testing.assert_array_equal(_common(fast, "time_s", hz), slow.time_s)
        for name in ("x_m", "y_m", "z_m", "phase", "curtain", "transect", "wind_speed_m_s"):
            np.testing.assert_allclose(_common(fast, name, hz), getattr(slow, name), rtol=1e-12, atol=1e-12)
        # The profile integral is interpolated between spreads met on the flight, wrong by up to 1e-6.
        enhancement = fast.enhancement_ppm["ch4"][:: round(hz)]
        np.testing.assert_allclose(enhancement, slow.enhancement_ppm["ch4"], rtol=1e-5)
        # On the ground there is no wind and so no direction.
        blowing = slow.wind_speed_m_s > 0.0
        direction = _common(fast, "wind_from_deg", hz)
        np.testing.assert_allclose(direction[blowing], slow.wind_from_deg[blowing], rtol=1e-12)


class TestDeterminism:
    def test_same_scenario_same_flight(self) -> None:
        scenario = random_scenario("gusty", np.random.default_rng(7))
        first, second = to_frame(simulate(scenario)), to_frame(simulate(scenario))
        assert first.equals(second)

    def test_another_seed_another_flight(self) -> None:
        scenario = Scenario(plume="meandering")
        first, second = simulate(scenario), simulate(replace(scenario, seed=1))
        assert not np.array_equal(first.enhancement_ppm["ch4"], second.enhancement_ppm["ch4"])

    def test_twice_the_rate_is_twice_the_enhancement_and_nothing_else(self) -> None:
        scenario = Scenario(plume="meandering", rate_kg_h={"ch4": 4.0})
        once, twice = simulate(scenario), simulate(replace(scenario, rate_kg_h={"ch4": 8.0}))
        np.testing.assert_allclose(twice.enhancement_ppm["ch4"], 2 * once.enhancement_ppm["ch4"], rtol=1e-12)
        np.testing.assert_array_equal(twice.wind_speed_m_s, once.wind_speed_m_s)
        assert twice.truth_kg_h == {"ch4": 8.0}


class TestPath:
    def test_begins_with_take_off_and_ends_with_landing_on_the_ground(self) -> None:
        flight = simulate(Scenario(**PERFECT))
        assert flight.phase[0] == Phase.TAKE_OFF
        assert flight.phase[-1] == Phase.LANDING
        assert flight.height_m[0] == 0.0
        assert flight.height_m[-1] == pytest.approx(0.0, abs=1e-9)  # rounding of the last leg
        assert np.all(flight.phase != Phase.EXCLUDED)

    @pytest.mark.parametrize("order", ["ascending", "descending", "shuffled"])
    def test_passes_are_level_in_the_wanted_order_and_as_long_as_the_curtain(self, order: Any) -> None:
        scenario = Scenario(level_order=order, transects=9, seed=3, **PERFECT)
        flight = simulate(scenario)
        passes = [flight.transect == number for number in range(9)]
        heights = np.array([flight.z_m[rows].mean() for rows in passes])
        assert all(np.ptp(flight.z_m[rows]) < 1e-9 for rows in passes)
        np.testing.assert_allclose(np.sort(heights), scenario.level_heights_m, atol=1e-9)
        rising = bool(np.all(np.diff(heights) > 0)), bool(np.all(np.diff(heights) < 0))
        assert rising == {"ascending": (True, False), "descending": (False, True), "shuffled": (False, False)}[order]
        for rows in passes:
            # Braking and turning at both ends, v^2 / 2a each, counts as the turn.
            length = np.hypot(np.ptp(flight.x_m[rows]), np.ptp(flight.y_m[rows]))
            assert 0.9 * scenario.curtain_length_m < length <= scenario.curtain_length_m

    def test_a_transect_number_stands_exactly_on_the_samples_of_a_pass(self) -> None:
        for path in ("curtain", "spiral"):
            flight = simulate(Scenario(path=path, transects=6))
            np.testing.assert_array_equal(flight.transect >= 0, flight.phase == Phase.TRANSECT)
            assert set(flight.transect) == {-1, 0, 1, 2, 3, 4, 5}
            assert np.all(np.diff(flight.transect[flight.transect >= 0]) >= 0)

    def test_between_two_passes_lies_only_a_turn(self) -> None:
        flight = simulate(Scenario())
        working = np.flatnonzero(flight.transect >= 0)
        inside = flight.phase[working[0] : working[-1] + 1]
        assert set(inside) == {Phase.TRANSECT, Phase.TURN}

    def test_accelerates_no_harder_than_allowed(self) -> None:
        scenario = Scenario(sample_hz=10.0, **PERFECT)
        flight = simulate(scenario)
        velocity = np.diff(np.column_stack([flight.x_m, flight.y_m, flight.z_m]), axis=0) * 10.0
        speed = np.linalg.norm(velocity, axis=1)
        acceleration = np.linalg.norm(np.diff(velocity, axis=0), axis=1) * 10.0
        assert acceleration.max() <= scenario.acceleration_m_s2 * (1 + 1e-6)  # rounding of a second difference
        passing = flight.phase[1:] == Phase.TRANSECT
        assert np.median(speed[passing]) == pytest.approx(scenario.ground_speed_m_s, rel=1e-6)

    def test_curtains_stand_one_behind_the_other(self) -> None:
        scenario = Scenario(curtains=3, curtain_spacing_m=15.0, transects=4, angle_to_normal_deg=20.0, **PERFECT)
        flight = simulate(scenario)
        assert set(flight.curtain) == {-1, 0, 1, 2}
        normal = flight.x_m * np.sin(scenario.normal_rad) + flight.y_m * np.cos(scenario.normal_rad)
        for curtain in range(3):
            rows = (flight.curtain == curtain) & (flight.transect >= 0)
            expected = (scenario.distance_m + 15.0 * curtain) * np.cos(np.radians(20.0))
            np.testing.assert_allclose(normal[rows], expected, atol=1e-9)
            assert set(flight.transect[rows]) == {0, 1, 2, 3}

    def test_the_spiral_keeps_its_radius_and_climbs(self) -> None:
        scenario = Scenario(path="spiral", **PERFECT)
        flight = simulate(scenario)
        rows = flight.transect >= 0
        x, y, _, _ = _circle(scenario, 4)
        radius = np.hypot(flight.x_m[rows] - x.mean(), flight.y_m[rows] - y.mean())
        np.testing.assert_allclose(radius, scenario.radius_m, atol=1e-9)
        assert np.all(np.diff(flight.z_m[rows]) > 0)

    def test_wobble_moves_the_aircraft_by_its_standard_deviation(self) -> None:
        steady = simulate(Scenario(transects=30, **PERFECT))
        shaken = simulate(Scenario(transects=30, **(PERFECT | {"wobble_m": 0.5})))
        # About 100 independent values of the 5 s process: 3 sigma is 3 / sqrt(200) of a standard deviation.
        assert np.std(shaken.x_m - steady.x_m) == pytest.approx(0.5, rel=0.25)
        assert shaken.z_m.min() >= 0.0

    def test_logged_positions_are_the_true_ones_on_the_ellipsoid(self) -> None:
        from pyproj import Geod

        scenario = Scenario(latitude_deg=-37.0, longitude_deg=144.0, distance_m=150.0, **PERFECT)
        flight = simulate(scenario)
        rows = flight.time_s.size
        geod = Geod(ellps="WGS84")
        azimuth, _, distance = geod.inv(
            np.full(rows, 144.0), np.full(rows, -37.0), flight.longitude_deg, flight.latitude_deg
        )
        # 200 m are 3e-5 of the earth's radius: curvature shifts a point by that share of the distance, 6 mm.
        east, north = distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))
        np.testing.assert_allclose(east, flight.x_m, atol=0.006)
        np.testing.assert_allclose(north, flight.y_m, atol=0.006)


class TestInstruments:
    def test_without_errors_log_the_mean_wind_and_the_plume(self) -> None:
        scenario = Scenario(wind_from_deg=350.0, **PERFECT)
        flight = simulate(scenario)
        np.testing.assert_allclose(flight.wind_speed_m_s, profile_wind_m_s(scenario, flight.z_m), rtol=1e-9)
        blowing = flight.wind_speed_m_s > 0.0
        np.testing.assert_allclose(flight.wind_from_deg[blowing], 350.0, atol=1e-9)
        np.testing.assert_allclose(flight.gas_ppm["ch4"], 2.0 + flight.enhancement_ppm["ch4"], rtol=1e-12)

    def test_noise_grows_with_the_root_of_the_rate(self) -> None:
        flights = [
            simulate(Scenario(rate_kg_h={"ch4": 0.0}, sample_hz=hz, gas_noise_ppm={"ch4": 0.01}, seed=5))
            for hz in (1.0, 16.0)
        ]
        slow, fast = (float(np.std(flight.gas_ppm["ch4"])) for flight in flights)
        # 350 samples at 1 Hz know their standard deviation to 4 %: 3 sigma is 12 %.
        assert slow == pytest.approx(0.01, rel=0.12)
        assert fast == pytest.approx(0.04, rel=0.04)

    def test_calibration_errors_are_one_draw_per_flight(self) -> None:
        errors = PERFECT | {"wind_speed_gain_std": 0.1, "wind_direction_offset_std_deg": 5.0, "gas_gain_std": 0.1}
        flight, true = simulate(Scenario(**errors)), simulate(Scenario(**PERFECT))
        blowing = true.wind_speed_m_s > 0.0
        gain = flight.wind_speed_m_s[blowing] / true.wind_speed_m_s[blowing]
        offset = (flight.wind_from_deg - true.wind_from_deg)[blowing]
        for one in (gain, offset):
            assert np.ptp(one) < 1e-9
        assert 0.6 < gain[0] < 1.4
        assert gain[0] != 1.0
        assert offset[0] != 0.0

    def test_background_drifts_as_told(self) -> None:
        scenario = Scenario(rate_kg_h={"ch4": 0.0}, drift_ppm_h={"ch4": 1.0}, background_ppm={"ch4": -0.4}, **PERFECT)
        straight = simulate(scenario)
        np.testing.assert_allclose(straight.gas_ppm["ch4"], -0.4 + straight.time_s / 3600.0, atol=1e-12)
        swung = simulate(replace(scenario, oscillation_ppm={"ch4": 0.02}, oscillation_period_s=100.0))
        swing = swung.gas_ppm["ch4"] - straight.gas_ppm["ch4"]
        assert np.abs(swing).max() == pytest.approx(0.02, rel=0.01)  # samples miss the crest by up to 1.8 degrees

    def test_every_gas_has_its_own_rate_and_one_plume(self) -> None:
        flight = simulate(Scenario(rate_kg_h={"ch4": 4.0, "co2": 400.0, "c2h6": 0.4}))
        methane, carbon_dioxide = flight.enhancement_ppm["ch4"], flight.enhancement_ppm["co2"]
        # Mole fractions at equal mass go with the inverse molar mass, 16.043 and 44.009 g/mol.
        np.testing.assert_allclose(carbon_dioxide, methane * 100.0 * 16.043 / 44.009, rtol=1e-4)

    def test_gaps_are_where_they_are_wanted(self) -> None:
        whole = simulate(Scenario())
        holed = simulate(Scenario(gaps_s=((50.0, 60.5), (-5.0, 3.5))))
        missing = np.setdiff1d(whole.time_s, holed.time_s)
        np.testing.assert_array_equal(missing, [1.0, 2.0, 3.0, *np.arange(51.0, 61.0)])
        share = 1.0 - simulate(Scenario(gap_fraction=0.2)).time_s.size / whole.time_s.size
        # Random gaps may overlap (less missing) and the last may overshoot by 15 s (more).
        assert 0.1 < share < 0.25


class TestHandingOver:
    def test_frame_has_the_columns_of_an_input_file(self) -> None:
        frame = to_frame(simulate(Scenario(rate_kg_h={"ch4": 1.0, "n2o": 0.1}, sample_hz=4.0)))
        air = ["windspeed", "winddir", "temperature", "pressure"]
        assert list(frame.columns) == ["timestamp", "latitude", "longitude", "height_ato", *air, "ch4", "n2o"]
        assert frame["timestamp"].is_monotonic_increasing
        assert frame["timestamp"].is_unique
        assert str(frame["timestamp"].iloc[1]) == "2025-06-01 10:00:00.250000"
        assert not frame.isna().to_numpy().any()

    def test_log_is_the_frame(self) -> None:
        flight = simulate(Scenario())
        frame, log = to_frame(flight), to_log(flight)
        np.testing.assert_array_equal(frame["height_ato"], log.height_m)
        np.testing.assert_array_equal(frame["ch4"], log.gas_ppm["ch4"])
        assert log.sample_hz == 1.0
        assert frame["timestamp"].iloc[0] == log.start_utc


class TestKinds:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_flies(self, kind: str) -> None:
        scenario = random_scenario(kind, np.random.default_rng(11))
        flight = simulate(scenario)
        assert set(flight.transect) >= set(range(scenario.transects))
        assert all(np.isfinite(values).all() for values in to_frame(flight).drop(columns="timestamp").to_numpy().T)
        assert flight.enhancement_ppm["ch4"].max() > 0.2 * nominal_peak_ppm(scenario)

    def test_kinds_are_what_they_say(self) -> None:
        rng = np.random.default_rng(12)
        drawn = {kind: [random_scenario(kind, rng) for _ in range(20)] for kind in KINDS}
        for weak in drawn["weak"]:
            assert 2.0 <= nominal_peak_ppm(weak) / weak.noise_of("ch4") <= 4.0
        assert all(0.9 <= abs(each.drift_ppm_h["ch4"]) <= 1.08 for each in drawn["drifting"])
        assert all(8.0 <= each.lowest_pass_m <= 10.0 for each in drawn["high_lowest_pass"])
        assert all(0.25 <= each.turbulence_intensity <= 0.35 for each in drawn["gusty"])
        assert all(each.level_order == "shuffled" for each in drawn["shuffled"])
        assert all(each.sample_hz == 5.0 for each in drawn["5hz"])
        steady = {kind for kind in KINDS if all(each.plume == "steady" for each in drawn[kind])}
        spiral = {kind for kind in KINDS if all(each.path == "spiral" for each in drawn[kind])}
        assert steady == {"steady", "spiral_steady"}
        assert spiral == {"spiral_steady", "spiral_meandering"}

    def test_nominal_peak_is_the_highest_enhancement_a_steady_flight_can_meet(self) -> None:
        scenario = Scenario(transects=40, sample_hz=5.0, lowest_pass_m=1.0, top_m=12.0, **PERFECT)
        met = simulate(scenario).enhancement_ppm["ch4"]
        during = met[met > 0.1]
        # The aircraft passes the axis within 0.5 m and 0.14 m of the best level: less than 1 % of a peak lost.
        assert during.max() == pytest.approx(nominal_peak_ppm(scenario), rel=0.01)

    def test_unknown_kind_lists_those_there_are(self) -> None:
        with pytest.raises(ConfigError, match=r"no kind 'windy'.*steady, meandering, weak"):
            random_scenario("windy", np.random.default_rng(0))


class TestScenario:
    def test_names_every_fault_at_once(self) -> None:
        path: Any = "zigzag"
        rates = {"ch4": -1.0, "air": 2.0}
        with pytest.raises(ConfigError) as caught:
            Scenario(rate_kg_h=rates, path=path, wind_speed_m_s=0.0, top_m=1.0, lowest_pass_m=2.0)
        columns = {fault.column for fault in caught.value.faults}
        assert columns == {"rate_kg_h of ch4", "gas", "path", "wind_speed_m_s", "top_m"}
        assert "one of curtain, spiral" in str(caught.value)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    @pytest.mark.parametrize("name", ["wind_speed_m_s", "wind_noise_m_s", "center_downwind_m", "curtain_offset_m"])
    def test_refuses_numbers_that_are_none(self, name: str, value: float) -> None:
        setting: dict[str, Any] = {name: value}
        with pytest.raises(ConfigError, match=name):
            Scenario(**setting)

    @pytest.mark.parametrize("name", ["background_ppm", "drift_ppm_h", "oscillation_ppm", "gas_noise_ppm"])
    def test_refuses_a_gas_setting_that_is_no_number(self, name: str) -> None:
        setting: dict[str, Any] = {name: {"ch4": float("nan")}}
        with pytest.raises(ConfigError, match=f"{name} of ch4 is nan; give a finite number"):
            Scenario(**setting)

    @pytest.mark.parametrize("start", ["yesterday", "2025-06-01T10:00:00+02:00"])
    def test_refuses_a_start_that_is_no_plain_time(self, start: str) -> None:
        with pytest.raises(ConfigError, match="an ISO time without a zone"):
            Scenario(start_utc=start)

    def test_refuses_a_source_outside_the_spiral(self) -> None:
        with pytest.raises(ConfigError, match=r"within 0\.8 of radius_m"):
            Scenario(path="spiral", radius_m=40.0, center_downwind_m=39.0)
