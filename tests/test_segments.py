from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flight_paths import Point, circle, curtain, fly, log_of, moved
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import GeometryError
from gasflux.flight.geometry import local_track
from gasflux.flight.phases import find_passes
from gasflux.flight.wind import wind_components
from gasflux.processing import lay_segments
from gasflux.rate.surface_flux import flux_density_kg_m2_h
from gasflux.records import Cylinder, FlightLog, FloatArray, Plane, Segment, Track
from gasflux.simulation import KINDS, Scenario, random_scenario, simulate, to_log

LEVELS = (2.0, 6.0, 10.0, 14.0, 18.0)
HOME = [(-60.0, -40.0, 0.0), (-60.0, -40.0, 12.0)]
DATA = Path(__file__).parents[2] / "shared" / "data"
LEFT, RIGHT = (0.0, 0.0), (100.0, 0.0)


def from_home(points: list[Point]) -> list[Point]:
    return [*HOME, *points, *HOME[::-1]]


def segments_of(
    track: Track, time_s: FloatArray, wind: tuple[float, float] | None = None, **config: object
) -> tuple[Segment, ...]:
    log, settings_ = log_of(track, time_s), PipelineConfig.model_validate(config)
    filters, strategy = settings_.filters, settings_.strategies.spatial
    passes = find_passes(track, log.time_s, filters, strategy, log.start_utc)
    east, north = (None, None) if wind is None else (np.full(time_s.size, part) for part in wind)
    return lay_segments(log, track, passes, east, north, settings_)


def flown(points: list[Point], hz: float = 1.0, noise: float = 0.0, pause_s: float = 2.0) -> tuple[Segment, ...]:
    return segments_of(*fly(points, hz=hz, noise=noise, pause_s=pause_s))


def of_log(log: FlightLog, **config: object) -> tuple[Segment, ...]:
    track, settings_ = local_track(log), PipelineConfig.model_validate(config)
    assert log.wind_from_deg is not None
    wind = wind_components(log.wind_speed_m_s, log.wind_from_deg)
    passes = find_passes(track, log.time_s, settings_.filters, settings_.strategies.spatial, log.start_utc)
    return lay_segments(log, track, passes, *wind, settings_)


def kinds(segments: tuple[Segment, ...]) -> list[tuple[str, int]]:
    return [(segment.strategy, segment.transects) for segment in segments]


ORDERS = [LEVELS, LEVELS[::-1], (10.0, 2.0, 18.0, 6.0, 14.0), (2.0, 2.0, 6.0, 10.0, 10.0)]


@pytest.mark.parametrize("levels", ORDERS)
@pytest.mark.parametrize(("hz", "noise"), [(0.2, 0.0), (1.0, 1.5), (10.0, 1.5)])
def test_levels_in_any_order_at_any_rate_are_one_curtain(levels: tuple[float, ...], hz: float, noise: float) -> None:
    (segment,) = flown(from_home(curtain(levels)), hz, noise)
    assert (segment.strategy, segment.transects) == ("curtain", 5)
    mean_height = [float(np.mean(segment.height_m[segment.transect == number])) for number in range(5)]
    # Four standard errors of the mean of 15 samples with 1.5 m of noise.
    np.testing.assert_allclose(mean_height, levels, atol=0.05 + 4 * noise / np.sqrt(15))
    # Each end may stand out by the noise of a sample, and lack the way of one step at 0.2 Hz.
    assert np.ptp(segment.along_m) == pytest.approx(100.0, abs=0.5 + 6 * noise + (20.0 if hz < 1 else 0.0))
    assert isinstance(segment.surface, Plane)


def far(y: float) -> list[Point]:
    return curtain(LEVELS, (0.0, y), (100.0, y))


def l_shape() -> list[Point]:
    """Both walls of an L at each level before the next."""
    corner = [(0.0, 0.0), (100.0, 0.0), (100.0, 80.0)]
    return [(*place, level) for k, level in enumerate(LEVELS) for place in (corner if k % 2 == 0 else corner[::-1])]


def stopping() -> list[Point]:
    """Passes with a stop in the middle."""
    places = [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0)]
    return [(*place, level) for k, level in enumerate(LEVELS) for place in (places if k % 2 == 0 else places[::-1])]


BOX = [(0.0, 0.0), (100.0, 0.0), (100.0, 60.0), (0.0, 60.0), (0.0, 0.0)]
CASES: dict[str, tuple[list[Point], list[int]]] = {
    "parallel planes 20 m apart": (far(0.0) + far(20.0), [5, 5]),
    "same plane after another": (far(0.0) + far(60.0) + far(0.0), [5, 5, 5]),
    "wall by wall": (far(0.0) + curtain(LEVELS, RIGHT, (100.0, 80.0)), [5, 5]),
    "both walls level by level": (l_shape(), [5, 5]),
    "sawtooth": ([(100.0 * (k % 2), 0.0, 2.0 + 3.0 * k) for k in range(8)], [7]),
    "upper half 20 m further off": (far(0.0) + curtain([z + 20.0 for z in LEVELS], (100.0, 20.0), (0.0, 20.0)), [10]),
    "stop within each pass": (stopping(), [5]),
    # The flight back down to the first level crosses the whole plane: a pass, too.
    "two scans in succession": (far(0.0) + far(0.0), [11]),
    "racetrack 8 m wide": (
        [(x, y, z) for z in LEVELS for x, y in [LEFT, RIGHT, (100.0, 8.0), (0.0, 8.0)]],
        [10],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_curtains_are_told_apart(case: str) -> None:
    points, passes = CASES[case]
    assert kinds(flown(from_home(points), pause_s=5.0)) == [("curtain", count) for count in passes]


def test_segments_come_in_time_order_and_share_no_sample() -> None:
    segments = flown(from_home(far(0.0) + far(40.0) + far(0.0)))
    assert np.all(np.diff(np.concatenate([segment.rows for segment in segments])) > 0)
    for segment in segments:
        assert np.all(np.diff(segment.transect) >= 0)
        assert set(segment.transect.tolist()) == set(range(segment.transects))


def test_long_ferry_is_no_transect_and_does_not_hide_the_curtain() -> None:
    away = [(-2000.0, -500.0, 0.0), (-2000.0, -500.0, 20.0)]
    assert kinds(flown([*away, *curtain(LEVELS), *away[::-1]])) == [("curtain", 5)]


def test_four_walls_in_loops_are_one_closed_surface() -> None:
    assert kinds(flown(from_home([(*place, level) for level in LEVELS for place in BOX]))) == [("spiral", 5)]


def test_transit_along_the_plane_is_no_transect() -> None:
    behind = [(-80.0, 0.0, 0.0), (-80.0, 0.0, 10.0)]
    assert kinds(flown([*behind, *curtain(LEVELS), *behind[::-1]])) == [("curtain", 5)]


CIRCLES: dict[str, list[Point]] = {
    "rising": circle(50.0, 2.0, 30.0, 6),
    "against the clock": circle(50.0, 2.0, 30.0, 6, clockwise=False),
    "descending": circle(50.0, 30.0, 2.0, 6),
    "small": circle(10.0, 2.0, 30.0, 6),
    "octagon": circle(50.0, 2.0, 30.0, 6, legs=8),
    "stacked": [point for level in (*LEVELS, 22.0) for point in circle(50.0, level, level, 1)],
    "stacked, either way round": [
        point for k, level in enumerate((*LEVELS, 22.0)) for point in circle(50.0, level, level, 1, k % 2 == 0)
    ],
}


@pytest.mark.parametrize("case", CIRCLES)
def test_spirals(case: str) -> None:
    (segment,) = segments_of(*fly(from_home(CIRCLES[case]), speed=3.0, pause_s=0.0))
    assert (segment.strategy, segment.transects) == ("spiral", 6)
    assert isinstance(segment.surface, Cylinder)
    radius = 10.0 if case == "small" else 50.0
    # 6 %: an octagon lies up to 8 % inside its circle, 5 % in the mean.
    assert segment.surface.radius_m == pytest.approx(radius, rel=0.06)
    # 1 m: where the aircraft joins the circle.
    assert np.hypot(segment.surface.center_x_m, segment.surface.center_y_m) < 1.0
    np.testing.assert_allclose(np.hypot(segment.normal_x, segment.normal_y), 1.0)


def test_seam_is_upwind_and_revolutions_end_there() -> None:
    track, time_s = fly(from_home(circle(50.0, 2.0, 30.0, 6)), pause_s=0.0)
    (segment,) = segments_of(track, time_s, wind=(3.0, 0.0))
    assert isinstance(segment.surface, Cylinder)
    # Wind towards the east: the seam is in the west; exact but for rounding.
    assert segment.surface.seam_azimuth_deg == pytest.approx(270.0)
    same = np.diff(segment.transect) == 0
    # Clockwise, along grows within a revolution; 1e-6 m is rounding.
    assert np.all(np.diff(segment.along_m)[same] > -1e-6)
    # Six turns from the north, cut in the west: five whole ones and two parts.
    assert segment.transects == 7


def test_normal_follows_the_mean_wind_and_offset_counts_along_it() -> None:
    track, time_s = fly(from_home(curtain(LEVELS)), noise=0.5)
    (north,), (south,) = (segments_of(track, time_s, wind=(1.0, side)) for side in (4.0, -4.0))
    assert np.all(north.normal_y > 0.99)
    np.testing.assert_array_equal(north.normal_x, -south.normal_x)
    np.testing.assert_array_equal(north.offset_m, -south.offset_m)
    np.testing.assert_array_equal(north.along_m, south.along_m)
    # 0.2 m: three standard errors of the fitted azimuth, 0.5 m / sqrt(130) / 29 m, over half of the 100 m.
    np.testing.assert_allclose(
        north.offset_m - north.offset_m.mean(), (y := track.y_m[north.rows]) - y.mean(), atol=0.2
    )


@given(turn=st.floats(0.0, 360.0), east=st.floats(-5e3, 5e3), north=st.floats(-5e3, 5e3))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_surface_coordinates_ignore_where_and_how_the_flight_lies(turn: float, east: float, north: float) -> None:
    track, time_s = fly(from_home(curtain(LEVELS)), noise=0.3, seed=3)
    (one,) = segments_of(track, time_s)
    (two,) = segments_of(moved(track, turn, east, north), time_s)
    rows, first, second = np.intersect1d(one.rows, two.rows, return_indices=True)
    # Rounding may decide a tie at the ends of a pass.
    assert rows.size >= max(one.rows.size, two.rows.size) - 10
    along, along_2 = one.along_m[first], two.along_m[second]
    if np.corrcoef(along, along_2)[0, 1] < 0:
        along_2 = -along_2
    # 1 cm: the samples at the ends of passes that rounding adds or drops move the fitted plane by less.
    np.testing.assert_allclose(along_2 - along_2.mean(), along - along.mean(), atol=1e-2)
    np.testing.assert_allclose(np.abs(two.offset_m[second]), np.abs(one.offset_m[first]), atol=1e-2)
    np.testing.assert_array_equal(one.transect[first], two.transect[second])


@pytest.mark.parametrize("kind", KINDS)
def test_simulated_flights_give_their_transects(kind: str) -> None:
    for seed in range(3):
        flight = simulate(random_scenario(kind, np.random.default_rng(seed)))
        (segment,) = of_log(to_log(flight))
        strategy = "spiral" if flight.scenario.path == "spiral" else "curtain"
        # A spiral from an upwind start: the measured wind may put the seam a little to either side of it.
        extra = (0, 1) if strategy == "spiral" else (0,)
        assert segment.strategy == strategy
        assert segment.transects - flight.scenario.transects in extra


def test_simulated_curtains_in_one_log() -> None:
    flight = simulate(Scenario(curtains=3, curtain_spacing_m=25.0, transects=6, gap_fraction=0.03, seed=5))
    segments = of_log(to_log(flight))
    assert kinds(segments) == [("curtain", 6)] * 3
    for number, segment in enumerate(segments):
        used = flight.curtain[segment.rows]
        assert np.all(used == number)


def test_forced_strategy_finds_only_its_kind() -> None:
    track, time_s = fly(from_home(curtain(LEVELS)))
    with pytest.raises(GeometryError, match="no spiral was found"):
        segments_of(track, time_s, strategies={"spatial": "spiral"})
    assert kinds(segments_of(track, time_s, strategies={"spatial": "curtain"})) == [("curtain", 5)]


def test_each_time_window_is_one_segment() -> None:
    track, time_s = fly(from_home(curtain(LEVELS)))
    windows = [["2025-06-01T10:00:24", "2025-06-01T10:01:20"], ["2025-06-01T10:01:22", "2025-06-01T10:02:50"]]
    assert kinds(segments_of(track, time_s, filters={"time_windows": windows})) == [("curtain", 2), ("curtain", 3)]
    pause = {"exclude": [["2025-06-01T10:01:20", "2025-06-01T10:01:50"]]}
    assert kinds(segments_of(track, time_s, filters=pause)) == [("curtain", 4)]


def test_without_phases_every_sample_is_used() -> None:
    track, time_s = fly(curtain(LEVELS))
    (segment,) = segments_of(track, time_s, filters={"phase": "none"})
    np.testing.assert_array_equal(segment.rows, np.arange(time_s.size))
    assert segment.transects == 5


def test_nothing_found_says_what_was_seen_and_what_helps() -> None:
    for points in (curtain([5.0, 10.0]), curtain([5.0, 5.0, 5.0])):
        with pytest.raises(GeometryError) as error:
            flown(from_home(points))
        for words in (
            "straight runs of",
            "at least 3 passes",
            "filters.time_windows",
            "filters.phase: none",
            "spatial",
        ):
            assert words in str(error.value)
    with pytest.raises(GeometryError, match="0 straight runs"):
        flown([(0.0, 0.0, 0.0), (0.0, 0.0, 30.0), (0.0, 0.0, 0.0)])
    track, time_s = fly(from_home(curtain(LEVELS)))
    another_day = {"time_windows": [["2020-01-01T00:00:00", "2020-01-02T00:00:00"]]}
    with pytest.raises(GeometryError, match="leave no sample"):
        segments_of(track, time_s, filters=another_day)


def test_flux_density_of_a_worked_example() -> None:
    # 1 ppm of methane of 0.656 kg/m3 in 5 m/s: 1e-6 * 0.656 * 5 * 3600 = 0.011808 kg/(m2 h).
    density = flux_density_kg_m2_h(np.array([1.0, 2.0]), np.array([0.656, 0.656]), np.array([5.0, -5.0]))
    np.testing.assert_allclose(density, [0.011808, -0.023616], rtol=1e-12)


def test_long_log_takes_time_and_memory_in_proportion() -> None:
    """200,000 rows at 20 Hz. Peak memory within 30 doubles a row; the time is measured in benchmarks/speed.py."""
    scenario = Scenario(transects=60, top_m=200.0, curtain_length_m=600.0, ground_speed_m_s=4.0, sample_hz=20.0)
    log = to_log(simulate(scenario))
    assert log.size > 180_000
    tracemalloc.start()
    (segment,) = of_log(log)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert segment.transects == 60
    assert peak < 30 * 8 * log.size


def test_inputs_are_left_as_they_are() -> None:
    log = to_log(simulate(Scenario(transects=4)))
    for values in vars(log).values():
        if isinstance(values, np.ndarray):
            values.setflags(write=False)
    assert kinds(of_log(log)) == [("curtain", 4)]


def real_log(name: str) -> FlightLog:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_excel(path, engine="calamine")
    time = pd.to_datetime(frame["timestamp"])
    columns = {name: frame[name].to_numpy(dtype=float) for name in frame.columns if name != "timestamp"}
    empty = log_of(*fly([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)]))
    return replace(
        empty,
        start_utc=time.to_numpy()[0],
        time_s=np.asarray((time - time.iloc[0]).dt.total_seconds(), dtype=np.float64),
        latitude_deg=columns["latitude"],
        longitude_deg=columns["longitude"],
        height_m=columns["height_ato"],
        wind_speed_m_s=columns["windspeed"],
        wind_from_deg=columns["winddir"],
        gas_ppm={"ch4": columns["ch4"]},
    )


@pytest.mark.parametrize("phase", ["rules", "ml"])
def test_published_flight_has_its_three_curtains(phase: str) -> None:
    log = real_log("nmt_20230419_flight.xlsx")
    segments = of_log(log, filters={"phase": phase})
    assert kinds(segments) == [("curtain", 4), ("curtain", 5), ("curtain", 5)]
    published = ["07:16:30", "07:19:34"], ["07:20:05", "07:25:19"], ["07:25:35", "07:28:14"]
    for segment, (start, end) in zip(segments, published, strict=True):
        moments = log.start_utc + (1e3 * log.time_s[segment.rows]).astype("timedelta64[ms]")
        begin, finish = (np.datetime64(f"2023-04-19T{moment}") for moment in (start, end))
        all_moments = log.start_utc + (1e3 * log.time_s).astype("timedelta64[ms]")
        inside = np.sum((moments >= begin) & (moments <= finish)) / np.sum(
            (all_moments >= begin) & (all_moments <= finish)
        )
        # The published spans include the turns: a tenth of the time.
        assert inside > 0.8


@pytest.mark.parametrize("phase", ["rules", "ml"])
@pytest.mark.parametrize(("number", "passes"), [(1, 3), (2, 5), (3, 3)])
def test_published_curtains_alone(number: int, passes: int, phase: str) -> None:
    log = real_log(f"nmt_20230419_curtain{number}.xlsx")
    assert kinds(of_log(log, filters={"phase": phase})) == [("curtain", passes)]


def test_levels_without_turns_between() -> None:
    segments = of_log(real_log("synthetic_1000pt_3gas.csv"))
    assert kinds(segments) == [("curtain", 10)]
    assert segments[0].rows.size == 1000
