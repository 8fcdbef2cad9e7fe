"""Aeroplane flights: walls of long legs with turns and a ferry in the log, at any scale, turned, moved and shuffled."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from flight_paths import moved
from scipy.integrate import trapezoid

from gasflux.configuration.pipeline_config import Filters, PipelineConfig
from gasflux.flight.geometry import local_track
from gasflux.flight.phases import FlownPasses, find_passes
from gasflux.processing_pipelines import find_surfaces
from gasflux.rate.surface_flux import ground_under
from gasflux.records import FloatArray, Track
from gasflux.simulation import Scenario, SimulatedFlight, random_scenario, simulate, to_log
from gasflux.simulation.air import PlumeAir
from gasflux.simulation.plume import make_gusts

START = np.datetime64("2025-06-01T10:00:00", "ms")
WALL_KINDS = ("aircraft_walls", "aircraft_platform")
WALL = Scenario(
    path="walls",
    distance_m=6000.0,
    curtain_length_m=12_000.0,
    angle_to_normal_deg=10.0,
    lowest_pass_m=80.0,
    top_m=600.0,
    transects=4,
    level_order="shuffled",
    ground_speed_m_s=80.0,
    turn_radius_m=1200.0,
    mixing_height_m=1000.0,
    wobble_m=3.0,
)


def drawn(kind: str, seed: int) -> Scenario:
    return random_scenario(kind, np.random.default_rng([seed, zlib.crc32(kind.encode())]))


def track_and_time(flight: SimulatedFlight) -> tuple[Track, FloatArray]:
    log = to_log(flight)
    return local_track(log), log.time_s


def found(track: Track, time_s: FloatArray) -> FlownPasses:
    for values in (track.x_m, track.y_m, track.z_m, time_s):
        values.setflags(write=False)
    return find_passes(track, time_s, Filters(), "auto", START)


def levels(flown: FlownPasses) -> list[list[float]]:
    return [[round(height, -1) for height in group.runs.z_m.tolist()] for group in flown.groups]


@pytest.mark.parametrize("kind", WALL_KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_every_leg_of_every_wall_is_found_and_nothing_else(kind: str, seed: int) -> None:
    scenario = drawn(kind, 900 + seed)
    flown = found(*track_and_time(simulate(scenario)))
    assert [group.runs.size for group in flown.groups] == [
        scenario.transects * scenario.level_repeats
    ] * scenario.curtains
    for group in flown.groups:
        # A leg ends where the turn begins: its ends are known to the 8 degrees of course that tell a turn.
        np.testing.assert_allclose(group.runs.length_m, scenario.curtain_length_m, rtol=0.08)


@pytest.mark.parametrize("scale", [0.02, 0.1, 1.0, 3.0])
def test_a_wall_is_found_at_any_scale(scale: float) -> None:
    track, time_s = track_and_time(simulate(WALL))
    small = replace(track, x_m=scale * track.x_m, y_m=scale * track.y_m, z_m=scale * track.z_m)
    assert [group.runs.size for group in found(small, time_s).groups] == [4]


@pytest.mark.parametrize("turn_deg", [0.0, 77.0, 180.0, 301.0])
def test_a_turned_and_moved_flight_has_the_same_passes(turn_deg: float) -> None:
    track, time_s = track_and_time(simulate(WALL))
    reference = levels(found(track, time_s))
    assert levels(found(moved(track, turn_deg, 12_000.0, -7000.0), time_s)) == reference


def test_the_ferry_is_no_pass_however_near_its_course_is() -> None:
    for bearing in range(150, 211, 5):
        flight = simulate(replace(WALL, ferry_bearing_deg=float(bearing)))
        (group,) = found(*track_and_time(flight)).groups
        assert group.runs.size == WALL.transects
        assert float(group.runs.length_m.max()) < 1.08 * WALL.curtain_length_m


def test_two_legs_one_after_the_other_are_a_wall_and_a_ferry_there_and_back_is_none() -> None:
    (group,) = found(*track_and_time(simulate(replace(WALL, transects=2)))).groups
    assert group.runs.size == 2
    alone = found(*track_and_time(simulate(replace(WALL, transects=1, top_m=81.0, ferry_bearing_deg=180.0))))
    assert alone.groups == ()


@pytest.mark.parametrize(("lowest_m", "offset_m", "ground_m"), [(60.0, 0.0, 0.0), (60.0, 300.0, 360.0)])
def test_an_aeroplane_that_never_lands_in_its_log_flies_over_the_sea_if_low(
    lowest_m: float, offset_m: float, ground_m: float
) -> None:
    log = to_log(simulate(replace(WALL, lowest_pass_m=lowest_m, height_noise_m=0.0, wobble_m=0.0)))
    air = (log.time_s > 60.0) & (log.height_m >= lowest_m - 1e-6)
    log = replace(log, height_m=log.height_m + offset_m, height_reference="altitude")
    config = PipelineConfig.model_validate({"filters": {"time_windows": []}})
    _, _, segments = find_surfaces(log, config)
    # The same legs; only what lies below them in the log differs.
    cut = replace(log, height_m=np.where(air, log.height_m, lowest_m + offset_m))
    assert ground_under(cut, segments[0], config).height_m == pytest.approx(ground_m)


@pytest.mark.parametrize("plume_lid_m", [None, 400.0, 1000.0])
def test_a_lid_keeps_the_mass(plume_lid_m: float | None) -> None:
    scenario = replace(WALL, mixing_height_m=plume_lid_m, stability="B")
    air = PlumeAir(scenario, make_gusts(scenario, 10.0, np.random.default_rng(0)))
    along, height = np.linspace(-6000.0, 6000.0, 401), np.geomspace(1e-2, plume_lid_m or 6000.0, 1500)
    grid_s, grid_z = (part.ravel() for part in np.meshgrid(along, height))
    middle = 5000.0 * np.array([np.sin(scenario.normal_rad), np.cos(scenario.normal_rad)])
    x = middle[0] + grid_s * np.cos(scenario.normal_rad)
    y = middle[1] - grid_s * np.sin(scenario.normal_rad)
    time_s = np.zeros(x.size)
    east, north = air.wind(time_s, x, y, grid_z)
    normal = east * np.sin(scenario.normal_rad) + north * np.cos(scenario.normal_rad)
    carried = (air.concentration(time_s, x, y, grid_z) * normal).reshape(height.size, along.size)
    # Trapezoids on a fine grid: the plume's width is 20 steps, its height is resolved from a centimetre.
    assert float(trapezoid(trapezoid(carried, along, axis=1), height)) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("path", "downwind_m", "rate"), [("box", 500.0, 1.0), ("racetrack", 40_000.0, 0.0)])
def test_what_leaves_a_closed_surface_is_emitted_in_it(path: str, downwind_m: float, rate: float) -> None:
    scenario = replace(WALL, path=path, box_depth_m=10_000.0, center_downwind_m=downwind_m)  # type: ignore[arg-type]
    air = PlumeAir(scenario, make_gusts(scenario, 10.0, np.random.default_rng(0)))
    # A circle as good as any: inside the rectangle, round its middle.
    sine, cosine = np.sin(scenario.wind_to_rad), np.cos(scenario.wind_to_rad)
    middle = downwind_m * np.array([sine, cosine]) + 5.0 * np.array([-cosine, sine])
    angles, heights = np.linspace(0.0, 2.0 * np.pi, 501), np.geomspace(1e-2, 1000.0, 300)
    angle, z = (part.ravel() for part in np.meshgrid(angles, heights))
    x, y, time_s = middle[0] + 4000.0 * np.sin(angle), middle[1] + 4000.0 * np.cos(angle), np.zeros(z.size)
    east, north = air.wind(time_s, x, y, z)
    carried = air.concentration(time_s, x, y, z) * (east * np.sin(angle) + north * np.cos(angle))
    around = trapezoid(carried.reshape(heights.size, angles.size), 4000.0 * angles, axis=1)
    # Trapezoids in height, fine where the wind and the plume change; the plume is ten steps wide on the circle.
    assert float(trapezoid(around, heights)) == pytest.approx(rate, abs=3e-3)
