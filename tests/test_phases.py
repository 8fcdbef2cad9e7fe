from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flight_paths import curtain, fly, moved
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import Filters
from gasflux.flight.geometry import local_track
from gasflux.flight.motion import motion_of
from gasflux.flight.phases import find_passes, window_numbers
from gasflux.records import FloatArray, IntArray, Phase, Track
from gasflux.simulation import KINDS, Scenario, random_scenario, simulate, to_log

START = np.datetime64("2025-06-01T10:00:00", "ms")
LEVELS = (2.0, 6.0, 10.0, 14.0, 18.0)
HOME = (-60.0, -40.0)
FLIGHT = [(*HOME, 0.0), (*HOME, 12.0), *curtain(LEVELS), (*HOME, 12.0), (*HOME, 0.0)]


def classified(track: Track, time_s: FloatArray, **filters: object) -> IntArray:
    for values in (track.x_m, track.y_m, track.z_m, time_s):
        values.setflags(write=False)
    return find_passes(track, time_s, Filters.model_validate(filters), "auto", START).phase


def stretches(phase: IntArray, time_s: FloatArray) -> list[tuple[float, float]]:
    """Start and end of every unbroken stretch of transect."""
    inside = np.concatenate([[False], phase == Phase.TRANSECT, [False]]).astype(int)
    edges = np.flatnonzero(np.diff(inside))
    return [(float(time_s[a]), float(time_s[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_phases_come_in_the_order_of_a_flight() -> None:
    phase = classified(*fly(FLIGHT))
    order = phase[np.concatenate([[0], np.flatnonzero(np.diff(phase)) + 1])].tolist()
    passes = [Phase.TRANSECT, Phase.TURN] * (len(LEVELS) - 1) + [Phase.TRANSECT]
    assert order == [Phase.TAKE_OFF, Phase.FERRY, *passes, Phase.FERRY, Phase.LANDING]


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_rate_does_not_matter(noise: float) -> None:
    reference = stretches(*_phase_and_time(fly(FLIGHT, hz=1.0)))
    assert len(reference) == len(LEVELS)
    for hz in (1.0, 2.0, 5.0, 10.0, 20.0):
        found = stretches(*_phase_and_time(fly(FLIGHT, hz=hz, noise=noise, seed=1)))
        # 1 s as the issue asks; noise of the 1 Hz log, which nothing averages out, may cost a step more: 4 m.
        np.testing.assert_allclose(found, reference, atol=1.0 if noise == 0.0 or hz > 1.0 else 2.0)


def _phase_and_time(flight: tuple[Track, FloatArray]) -> tuple[IntArray, FloatArray]:
    return classified(*flight), flight[1]


def test_simulated_flight_at_any_rate_has_the_same_transects() -> None:
    scenario = Scenario(transects=8, level_order="shuffled", seed=4, gps_noise_m=0.5)
    found = []
    for hz in (1.0, 5.0, 10.0):
        log = to_log(simulate(replace(scenario, sample_hz=hz)))
        found.append(stretches(classified(local_track(log), log.time_s), log.time_s))
    assert len(found[0]) == 8
    # 1 s: the step of the grid, as the issue asks.
    np.testing.assert_allclose(found[1], found[0], atol=1.0)
    np.testing.assert_allclose(found[2], found[0], atol=1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_phases_of_simulated_flights_are_true(kind: str) -> None:
    flight = simulate(random_scenario(kind, np.random.default_rng(11)))
    log = to_log(flight)
    phase = classified(local_track(log), log.time_s)
    true, found = flight.phase == Phase.TRANSECT, phase == Phase.TRANSECT
    # 97 % of what is a pass is found, and 88 % of what is found is one: a second at each end, where the truth has the
    # aircraft braking, is a tenth of the shortest passes (10 s).
    assert np.mean(found[true]) > 0.97
    assert np.mean(true[found]) > 0.88
    assert np.mean(phase == flight.phase) > 0.9
    assert phase[0] == Phase.TAKE_OFF
    assert phase[-1] == Phase.LANDING


@given(turn=st.floats(0.0, 360.0), east=st.floats(-5e3, 5e3), north=st.floats(-5e3, 5e3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_phases_ignore_where_and_how_the_flight_lies(turn: float, east: float, north: float) -> None:
    track, time_s = fly(FLIGHT, noise=0.3, seed=2)
    phase = classified(track, time_s)
    # Rounding of the last digit may decide a tie at the end of a pass: at most one sample of each end.
    assert np.sum(classified(moved(track, turn, east, north), time_s) != phase) <= 2 * len(LEVELS)


def test_no_phase_filter_takes_every_sample() -> None:
    track, time_s = fly(FLIGHT)
    assert np.all(classified(track, time_s, phase="none") == Phase.TRANSECT)


def test_windows_and_exclusions() -> None:
    track, time_s = fly(FLIGHT)
    window = ["2025-06-01T10:00:30", "2025-06-01T10:02:00"]
    pause = ["2025-06-01T10:01:00", "2025-06-01T10:01:10"]
    phase = classified(track, time_s, time_windows=[window], exclude=[pause])
    outside = (time_s < 30.0) | (time_s > 120.0) | ((time_s >= 60.0) & (time_s <= 70.0))
    np.testing.assert_array_equal(phase == Phase.EXCLUDED, outside)
    assert np.any(phase == Phase.TRANSECT)


def test_windows_with_a_zone_are_turned_to_utc_and_numbered_in_their_order() -> None:
    time_s = np.arange(0.0, 100.0)
    later = ["2025-06-01T12:01:00+02:00", "2025-06-01T12:01:10+02:00"]
    sooner = ["2025-06-01T10:00:00Z", "2025-06-01T10:00:05Z"]
    number = window_numbers(time_s, START, Filters.model_validate({"time_windows": [later, sooner]}))
    np.testing.assert_array_equal(np.flatnonzero(number == 0), np.arange(60, 71))
    np.testing.assert_array_equal(np.flatnonzero(number == 1), np.arange(0, 6))
    assert np.all(number[(time_s > 70) | ((time_s > 5) & (time_s < 60))] == -1)


def test_a_log_cut_to_its_curtain_has_neither_take_off_nor_landing() -> None:
    phase = classified(*fly(curtain(LEVELS)))
    assert not np.any(np.isin(phase, (Phase.TAKE_OFF, Phase.LANDING)))
    assert np.any(phase == Phase.TRANSECT)


def test_grid_survives_days_without_samples() -> None:
    track, time_s = fly(FLIGHT)
    late = np.where(time_s > 100.0, time_s + 5 * 86_400.0, time_s)
    motion = motion_of(track, late)
    # Two stretches with both ends: the gap itself takes no grid time.
    assert motion.time_s.size <= time_s.size + 2
    assert motion.piece.max() == 1
    # A velocity across the gap would be next to nothing, one along the pass is 4 m/s.
    assert np.median(np.hypot(motion.east_m_s, motion.north_m_s)[95:100]) == pytest.approx(4.0, abs=0.5)


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_few_samples_are_no_flight(samples: int) -> None:
    track, time_s = fly(FLIGHT)
    few = Track(track.x_m[:samples], track.y_m[:samples], track.z_m[:samples], 32631, 0.0, 0.0)
    assert not np.any(classified(few, time_s[:samples]) == Phase.TRANSECT)


def test_velocity_of_a_steady_path_is_exact() -> None:
    time_s = np.arange(0.0, 60.0, 0.1)
    track = Track(3.0 * time_s, -4.0 * time_s, 0.5 * time_s, 32631, 0.0, 0.0)
    motion = motion_of(track, time_s)
    # Inside, where the second around each grid time is whole; 1e-9 is rounding.
    np.testing.assert_allclose(motion.speed_m_s[5:-5], 5.0, atol=1e-9)
    np.testing.assert_allclose(motion.up_m_s[5:-5], 0.5, atol=1e-9)
