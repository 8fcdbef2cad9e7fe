"""Results that hold the same moments count once; flights at one time or at another place are told."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gasflux import process
from gasflux.rate.flights import FlightRate, flight_rates
from gasflux.rate.same_flight import elsewhere, repeated, simultaneous
from gasflux.rate.trace import MOST_MOMENTS, FlightTrace, distance_m, flight_trace, read_trace, shares_moments
from gasflux.results.output_vars import output_vars, to_json
from gasflux.simulation import Scenario, simulate, to_frame

M_PER_DEG = 111_195.0


@cache
def flown(seed: int = 1, **changes: Any) -> pd.DataFrame:
    """A flight with a plume; all of them have one clock and, but for the drift of the aircraft, one path."""
    return to_frame(simulate(Scenario(rate_kg_h={"ch4": 10.0}, seed=seed, **changes)))


def rates(frame: pd.DataFrame, sha256: str, **config: Any) -> dict[str, FlightRate]:
    """The answers of a flight, through the text of its result."""
    document = output_vars(process(frame, config or None))
    document["input"]["sha256"] = sha256
    return flight_rates(sha256, json.loads(to_json(document)))


@cache
def whole() -> dict[str, FlightRate]:
    return rates(flown(), "whole")


def times(frame: pd.DataFrame) -> pd.Series[Any]:
    return pd.to_datetime(frame["timestamp"])


def part(frame: pd.DataFrame, begin: float, end: float) -> pd.DataFrame:
    """Rows from one share of a log to another."""
    return frame.iloc[int(begin * len(frame)) : int(end * len(frame))].reset_index(drop=True)


def moved(frame: pd.DataFrame, metres: float) -> pd.DataFrame:
    return frame.assign(latitude=frame["latitude"] + metres / M_PER_DEG)


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Position to 1e-5 degrees, gas to 10 ppb, wind and air to one decimal, whole seconds."""
    return frame.round({"latitude": 5, "longitude": 5, "ch4": 2, "windspeed": 1, "winddir": 0, "pressure": 1}).assign(
        timestamp=times(frame).dt.floor("s")
    )


def in_other_units(frame: pd.DataFrame) -> pd.DataFrame:
    renamed = frame.rename(columns={"ch4": "ch4 (ppb)", "windspeed": "wind speed (km/h)", "pressure": "pressure (kPa)"})
    return renamed.assign(
        **{
            "ch4 (ppb)": (1000.0 * frame["ch4"]).round(1),
            "wind speed (km/h)": (3.6 * frame["windspeed"]).round(1),
            "pressure (kPa)": (frame["pressure"] / 10.0).round(2),
        }
    )


def in_zone(hours: float) -> Any:
    return lambda frame: frame.assign(timestamp=times(frame) + pd.Timedelta(hours=hours))


def resampled(frame: pd.DataFrame) -> pd.DataFrame:
    """Means of three seconds, as an export of averages has them."""
    stamp = times(frame).dt.floor("3s")
    return frame.drop(columns="timestamp").groupby(stamp).mean().reset_index()


SAME = {
    "cut in the first part": lambda frame: part(frame, 0.0, 0.7),
    "cut in the last part": lambda frame: part(frame, 0.3, 1.0),
    "rounded": rounded,
    "other units": in_other_units,
    "zone of China": in_zone(8.0),
    "zone of Nepal": in_zone(5.75),
    "zone of Newfoundland": in_zone(-2.5),
    "every third row": lambda frame: frame.iloc[::3].reset_index(drop=True),
    "averaged": resampled,
    "cut, rounded and in another zone": lambda frame: in_zone(-7.0)(rounded(part(frame, 0.0, 0.8))),
}


@pytest.mark.parametrize("kind", SAME)
def test_a_log_cut_or_written_again_counts_once(kind: str) -> None:
    again = rates(SAME[kind](flown()), "other file")
    assert repeated([whole(), again]) == {1: 0}
    if kind.startswith("cut"):  # of flights that share moments the longest counts
        assert repeated([again, whole()]) == {0: 1}


def test_parts_that_overlap_count_once_and_parts_that_do_not_count_each() -> None:
    first, last = (rates(part(flown(), *ends), f"{ends}") for ends in ((0.0, 0.65), (0.4, 1.0)))
    assert len(repeated([first, last])) == 1
    halves = [rates(part(flown(), *ends), f"{ends}") for ends in ((0.0, 0.5), (0.5, 1.0))]
    assert repeated(halves) == {}
    assert simultaneous(halves) == ()
    assert repeated([*halves, whole()]) == {0: 2, 1: 2}


def test_another_sensor_setting_or_wind_does_not_hide_a_log() -> None:
    constant = rates(flown(), "other", wind={"source": "constant", "speed": 4.0, "direction": 270.0})
    assert repeated([whole(), constant]) == {1: 0}


def test_a_flight_of_its_own_with_the_same_clock_and_path_counts_and_is_told() -> None:
    others = [rates(flown(seed), f"seed {seed}") for seed in (2, 3)]
    assert repeated([whole(), *others]) == {}
    assert simultaneous([whole(), *others]) == ((0, 1, 2),)
    assert elsewhere([whole(), *others]) == {}


def test_an_hour_later_is_another_flight() -> None:
    later = rates(in_zone(1.0)(flown(2)), "later")
    assert repeated([whole(), later]) == {}
    assert simultaneous([whole(), later]) == ()


@pytest.mark.parametrize("metres", [800.0, 1500.0, 5000.0])
def test_another_place_is_told(metres: float) -> None:
    there = rates(moved(flown(2), metres), "there")
    near = rates(in_zone(1.0)(flown(3)), "near")
    found = elsewhere([there, whole(), near])
    # Positions of the centres differ by the few metres the paths do.
    assert found == ({} if metres < 1000.0 else {0: pytest.approx(metres, abs=20.0)})
    assert repeated([there, whole()]) == {}


def test_a_log_moved_to_another_place_is_no_copy() -> None:
    assert repeated([whole(), rates(moved(flown(), 200.0), "moved")]) == {}


def test_results_of_older_versions_are_told_by_their_log() -> None:
    documents = [output_vars(process(flown())) for _ in range(4)]
    for document, log in zip(documents, ("a", "b", "a", "b"), strict=True):
        document["input"]["sha256"] = log
        del document["trace"]
    flights = [flight_rates("flight", document) for document in documents]
    assert repeated(flights) == {2: 0, 3: 1}
    assert simultaneous(flights) == ()
    assert elsewhere(flights) == {}


def test_a_trace_comes_back_from_its_text() -> None:
    result = process(flown())
    rows = np.concatenate([segment.segment.rows for segment in result.segments])
    trace, back = flight_trace(result.log, rows), read_trace(json.loads(to_json(output_vars(result))))
    assert back is not None
    assert (back.start, back.end) == (trace.start, trace.end)
    assert distance_m(trace, back) < 1.0  # five decimals are 1.1 m
    assert np.array_equal(back.moment, trace.moment)
    for name, values in trace.channels.items():
        # Five decimals of a degree, one of a second, six digits of anything else.
        np.testing.assert_allclose(back.channels[name], values, rtol=1e-5, atol=0.1 if name == "after_s" else 1e-5)


def test_a_long_flight_keeps_few_moments_and_its_parts_the_same_ones() -> None:
    second = np.arange(4 * 3600.0)
    whole, part = (_circling(second[rows]) for rows in (slice(None), slice(1000, 3000)))
    assert whole.moment.size <= MOST_MOMENTS
    kept = whole.moment[(whole.moment >= part.moment[0]) & (whole.moment <= part.moment[-1])]
    assert kept.size > 5
    assert set(kept) <= set(part.moment)
    assert shares_moments(whole, part)


def _circling(second: np.ndarray) -> FlightTrace:
    """The trace of an aircraft that flies circles in a wind of its own."""
    log = process(flown()).log
    wind = np.random.default_rng(5).normal(5.0, 1.0, 4 * 3600)[second.astype(int)]
    ones = np.ones(second.size)
    circling = replace(
        log,
        start_utc=log.start_utc + np.timedelta64(int(second[0]), "s"),
        time_s=second - second[0],
        latitude_deg=40.0 + 1e-3 * np.sin(second / 50.0),
        longitude_deg=5.0 + 1e-3 * np.cos(second / 50.0),
        wind_speed_m_s=wind,
        gas_ppm={"ch4": 2.0 * ones},
    )
    return flight_trace(circling, np.arange(second.size))


@pytest.mark.parametrize(
    "forged",
    [
        None,
        {},
        {"moments": 3},
        {"moments": {"number": "1 2 x"}},
        {"moments": {"number": "1e400", "latitude": "1", "longitude": "1"}},
        {"moments": {"number": "1 2", "latitude": "1"}},
        {"resolution": None},
        {"start": "yesterday"},
        {"latitude": None},
        {"moment_s": 5},
    ],
)
def test_a_forged_trace_is_none(forged: Any) -> None:
    document = output_vars(process(flown()))
    document["trace"] = forged if not forged else {**document["trace"], **forged}
    assert read_trace(document) is None
    assert flight_rates("flight", document)["ch4"].trace is None
