"""Boxes and race-tracks round a source are one closed surface: what leaves it, less what enters, was emitted inside."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from flight_paths import fly, log_of, moved

from gasflux.configuration.pipeline_config import Filters, PipelineConfig
from gasflux.flight.geometry import local_track
from gasflux.flight.loop_geometry import loop_about, loop_coordinates
from gasflux.flight.phases import FlownPasses, find_passes
from gasflux.processing_pipelines import process_log
from gasflux.records import FlightResult, FloatArray, Loop, Track
from gasflux.results.output_vars import output_vars
from gasflux.simulation import Scenario, simulate, to_log

START = np.datetime64("2025-06-01T10:00:00", "ms")
CORNERS = ((-30.0, -30.0), (30.0, -30.0), (30.0, 30.0), (-30.0, 30.0))
HEIGHTS = (3.0, 8.0, 14.0)
BOX = Scenario(
    path="box",
    box_depth_m=14_000.0,
    curtain_length_m=12_000.0,
    center_downwind_m=800.0,
    center_crosswind_m=-600.0,
    angle_to_normal_deg=12.0,
    lowest_pass_m=60.0,
    top_m=700.0,
    transects=5,
    level_order="shuffled",
    rate_kg_h={"ch4": 800.0},
    stability="C",
    mixing_height_m=900.0,
    ground_speed_m_s=80.0,
    turn_radius_m=1200.0,
    gas_noise_ppm={"ch4": 0.001},
    wind_speed_gain_std=0.0,
    wind_direction_offset_std_deg=0.0,
    gas_gain_std=0.0,
    wobble_m=2.0,
)


def found(track: Track, time_s: FloatArray) -> FlownPasses:
    for values in (track.x_m, track.y_m, track.z_m, time_s):
        values.setflags(write=False)
    return find_passes(track, time_s, Filters(), "auto", START)


def laps() -> list[tuple[float, float, float]]:
    """Return a drone's laps of a square, one for each height."""
    return [(x, y, z) for z in HEIGHTS for x, y in (*CORNERS, CORNERS[0])]


def side_by_side() -> list[tuple[float, float, float]]:
    """Return the same sides, each flown to and fro at all heights before the next."""
    way = []
    for side in range(4):
        ends = CORNERS[side], CORNERS[(side + 1) % 4]
        for number, z in enumerate(HEIGHTS):
            way += [(*end, z) for end in (ends if number % 2 == 0 else ends[::-1])]
    return way


@cache
def result(**changes: object) -> FlightResult:
    return process_log(to_log(simulate(replace(BOX, **changes))), PipelineConfig())  # type: ignore[arg-type]


@pytest.mark.parametrize("turn_deg", [0.0, 33.0, 190.0])
@pytest.mark.parametrize("way", [laps(), side_by_side()], ids=["laps", "side by side"])
def test_a_small_box_is_one_closed_surface(way: list[tuple[float, float, float]], turn_deg: float) -> None:
    track, time_s = fly([(-50.0, -40.0, 0.0), (-50.0, -40.0, 5.0), *way, (-50.0, -40.0, 5.0), (-50.0, -40.0, 0.0)])
    (group,) = found(moved(track, turn_deg, 400.0, -300.0), time_s).groups
    assert group.loop is not None
    assert sorted(set(group.loop.lap.tolist())) == [0, 1, 2]
    assert group.loop.edge.size == 12
    loop, _ = loop_about(group.loop.corners_m, group.loop.edge, None)
    # A leg begins and ends half a second of flight, 2 m, from its corner; the lines still meet there.
    assert loop.perimeter_m == pytest.approx(240.0, abs=4.0)
    assert loop.area_m2 == pytest.approx(3600.0, rel=0.03)


def test_two_parallel_walls_flown_one_after_the_other_are_no_loop() -> None:
    way = [(x, y, z) for y in (40.0, 90.0) for z in HEIGHTS for x in ((-50.0, 50.0) if z != 8.0 else (50.0, -50.0))]
    groups = found(*fly(way)).groups
    assert [group.strategy for group in groups] == ["curtain", "curtain"]


def test_three_sides_of_a_square_are_no_loop() -> None:
    way = []
    for z in HEIGHTS:
        way += [(x, y, z) for x, y in (CORNERS if z != 8.0 else CORNERS[::-1])]
    assert all(group.loop is None for group in found(*fly(way)).groups)


def test_the_unit_integral_is_the_perimeter_and_normals_point_outward() -> None:
    corners = np.array([(-3.0, -2.0), (-3.0, 2.0), (3.0, 2.0), (3.0, -2.0)])
    loop, _ = loop_about(corners, np.empty(0, dtype=np.int64), 200.0)
    assert (loop.perimeter_m, loop.area_m2) == pytest.approx((20.0, 24.0))
    angle = np.radians(200.0) + np.linspace(1e-6, 2.0 * np.pi - 1e-6, 2001)
    x, y = 5.0 * np.sin(angle), 5.0 * np.cos(angle)
    along, offset, normal_x, normal_y = loop_coordinates(loop, x, y, np.full(x.size, -1))
    assert np.all(normal_x * x + normal_y * y > 0.0)
    # Seen from outside of a corner the nearest side changes at once: along goes on, but for places beyond the corner.
    assert float(np.max(along)) == pytest.approx(20.0, abs=0.1)
    assert np.all(offset > -1e-9)


def test_a_box_round_a_source_gives_its_rate_as_one_surface() -> None:
    of = result()
    (part,) = of.segments
    assert isinstance(part.segment.surface, Loop)
    assert part.segment.transects == BOX.transects
    gas = of.gases["ch4"]
    assert gas.interval.low_kg_h <= 800.0 <= gas.interval.high_kg_h
    # A steady plume on five levels with the top at the lid: what is left is the layer above and below, some percent.
    assert gas.flux_kg_h == pytest.approx(800.0, rel=0.2)
    flight = output_vars(of)["flight"]
    assert flight["strategy"] == "spiral"
    assert flight["perimeter_m"] == pytest.approx(52_000.0, rel=0.02)
    assert flight["area_inside_m2"] == pytest.approx(168e6, rel=0.02)
    assert 2.0 * np.pi * flight["radius_m"] == pytest.approx(flight["perimeter_m"])


@pytest.mark.parametrize("turn_deg", [77.0, 180.0])
def test_a_turned_and_moved_box_in_a_turned_wind_gives_the_same(turn_deg: float) -> None:
    log = to_log(simulate(BOX))
    assert log.wind_from_deg is not None
    places = log_of(moved(local_track(log), turn_deg, 5000.0, -8000.0), log.time_s)
    turned = replace(
        log,
        latitude_deg=places.latitude_deg,
        longitude_deg=places.longitude_deg,
        wind_from_deg=(log.wind_from_deg + turn_deg) % 360.0,
    )
    # Another latitude's map: corners move by metres, and with them a sample from one side of a cell to the other.
    assert process_log(turned, PipelineConfig()).gases["ch4"].flux_kg_h == pytest.approx(
        result().gases["ch4"].flux_kg_h, rel=0.01
    )


def test_twice_the_gas_is_twice_the_flux() -> None:
    log = to_log(simulate(BOX))
    base = log.gas_ppm["ch4"]
    twice = replace(log, gas_ppm={"ch4": 2.0 * base})
    one, two = (process_log(each, PipelineConfig()).gases["ch4"] for each in (log, twice))
    # The variogram's fit stops at a tolerance: to a part in a thousand.
    assert two.flux_kg_h == pytest.approx(2.0 * one.flux_kg_h, rel=1e-3)


def test_a_source_outside_gives_nothing() -> None:
    gas = result(center_downwind_m=20_000.0).gases["ch4"]
    assert gas.interval.low_kg_h <= 0.0 <= gas.interval.high_kg_h
    assert abs(gas.flux_kg_h) < 0.1 * 800.0
