"""The mean of repeats: of the curtains of a flight, and of the flights of a site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import flight_result
from hypothesis import given
from hypothesis import strategies as st

from gasflux.errors import ProcessingError
from gasflux.rate.error_budget import (
    BETWEEN_FLIGHTS,
    coverage_interval,
    degrees_of_freedom_behind,
    effective_degrees_of_freedom,
    repeat_degrees_of_freedom,
)
from gasflux.rate.flights import compare_flights, flight_rates
from gasflux.rate.repeats import COMMON_COMPONENTS, CombinedFlux, Repeat, combine, curtain_repeat, flight_repeat
from gasflux.results.output_vars import output_vars

BUDGET = {"repeatability": 0.5, "interpolation": 0.2, "wind_speed": 0.3, "background": 0.1}
LEVEL = 0.9


def repeats(*rates: float, freedom: float = 7.0, **changes: float) -> list[Repeat]:
    return [Repeat(rate, {**BUDGET, **changes}, freedom) for rate in rates]


def interval_width(combined: CombinedFlux) -> float:
    return combined.interval.high_kg_h - combined.interval.low_kg_h


@given(freedom=st.floats(1.0, 200.0), flux=st.floats(-20.0, 20.0), level=st.floats(0.5, 0.99))
def test_an_interval_tells_its_degrees_of_freedom(freedom: float, flux: float, level: float) -> None:
    interval = coverage_interval(flux, BUDGET, freedom, level)
    # The width hardly changes any more with 200 degrees of freedom: 1e-6 of them is what bisection and rounding leave.
    assert degrees_of_freedom_behind(interval, flux, BUDGET) == pytest.approx(freedom, rel=1e-6)


@given(freedom=st.floats(1.0, 50.0))
def test_degrees_of_freedom_of_budget_and_repeats_are_each_others_inverse(freedom: float) -> None:
    # Rounding of two fourth powers.
    assert repeat_degrees_of_freedom(BUDGET, effective_degrees_of_freedom(BUDGET, freedom)) == pytest.approx(
        freedom, rel=1e-12
    )


def test_one_flight_is_its_own_estimate() -> None:
    interval = coverage_interval(5.0, BUDGET, 9.0, LEVEL)
    combined = combine([flight_repeat(5.0, BUDGET, interval)], LEVEL, BETWEEN_FLIGHTS)
    assert combined.flux_kg_h == pytest.approx(5.0, rel=1e-12)  # rounding
    # What bisection leaves of the degrees of freedom.
    assert combined.interval.low_kg_h == pytest.approx(interval.low_kg_h, rel=1e-8)
    assert combined.interval.high_kg_h == pytest.approx(interval.high_kg_h, rel=1e-8)


@given(st.permutations([4.0, 5.0, 6.5, 5.2]))
def test_order_does_not_matter(rates: list[float]) -> None:
    combined, sorted_rates = combine(repeats(*rates), LEVEL), combine(repeats(*sorted(rates)), LEVEL)
    # Sums in another order, and a bisection between.
    assert combined.flux_kg_h == pytest.approx(sorted_rates.flux_kg_h, rel=1e-9)
    assert interval_width(combined) == pytest.approx(interval_width(sorted_rates), rel=1e-6)


def test_repeats_average_out_what_differs_and_keep_what_is_common() -> None:
    one, many = combine(repeats(5.0), LEVEL), combine(repeats(*[5.0] * 16), LEVEL)
    for name, std in one.budget_kg_h.items():
        share = 1.0 if name in COMMON_COMPONENTS else 0.25
        assert many.budget_kg_h[name] == pytest.approx(share * std, rel=1e-12)  # rounding of a sum of 16


def test_repeats_that_disagree_widen_the_interval_and_know_it_from_few() -> None:
    agreeing, apart = combine(repeats(5.0, 5.1, 4.9), LEVEL), combine(repeats(2.0, 5.0, 8.0), LEVEL)
    assert agreeing.between_std_kg_h == 0.0
    assert apart.between_std_kg_h > 2.0  # scatter of 3 with own errors of 0.55
    assert interval_width(apart) > 3.0 * interval_width(agreeing)
    known = apart.budget_kg_h["between_curtains"]
    # Known from three flights: two degrees of freedom, up to the share of the common errors.
    assert 2.0 <= apart.degrees_of_freedom < 2.0 * (apart.flux_std_kg_h / known) ** 4 + 1e-9


def test_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(20261122)
    truth, flights, draws, freedom = 5.0, 5, 400, 6.0
    held = 0
    for _ in range(draws):
        common = rng.normal(0.0, BUDGET["wind_speed"])
        own = rng.normal(
            0.0, [[BUDGET["repeatability"]], [BUDGET["interpolation"]], [BUDGET["background"]]], (3, flights)
        )
        # Each flight reads its repeatability off a few passes.
        seen = BUDGET["repeatability"] * np.sqrt(rng.chisquare(freedom, flights) / freedom)
        drawn = [
            Repeat(truth + common + float(errors), {**BUDGET, "repeatability": float(std)}, freedom)
            for errors, std in zip(own.sum(axis=0), seen, strict=True)
        ]
        interval = combine(drawn, LEVEL, BETWEEN_FLIGHTS).interval
        held += interval.low_kg_h <= truth <= interval.high_kg_h
    # 90 % +- 1.5 % by chance; the scatter between flights is counted beside their own, which makes it hold some more.
    assert 0.86 < held / draws < 0.97


def test_flights_of_several_curtains_are_combined_from_their_documents() -> None:
    one, three = flight_result(gases=("ch4", "co2")), flight_result(segments=3)
    flights = [flight_rates("one", output_vars(one)), flight_rates("three", output_vars(three))]
    compared = compare_flights(flights)
    assert list(compared) == ["ch4", "co2"]
    ch4 = compared["ch4"]
    assert [rate.name for rate in ch4.flights] == ["one", "three"]
    assert sum(ch4.combined.weights) == pytest.approx(1.0, abs=1e-12)  # rounding
    expected = np.dot(ch4.combined.weights, [one.gases["ch4"].flux_kg_h, three.gases["ch4"].flux_kg_h])
    assert ch4.combined.flux_kg_h == pytest.approx(expected, rel=1e-8)  # documents carry nine digits
    assert "between_flights" in ch4.combined.budget_kg_h
    assert ch4.detection_limit_kg_h < max(rate.detection_limit_kg_h for rate in ch4.flights)
    co2 = compared["co2"]
    assert [rate.name for rate in co2.flights] == ["one"]
    assert co2.combined.flux_kg_h == pytest.approx(one.gases["co2"].flux_kg_h, rel=1e-8)


def test_curtains_and_flights_are_weighed_alike() -> None:
    """A flight read back from its document is the repeat that its curtain was."""
    result = flight_result()
    curtain = curtain_repeat(result.segments[0].gases["ch4"])
    curtain = replace(curtain, repeatability_degrees_of_freedom=5.0)
    freedom = effective_degrees_of_freedom(curtain.budget_kg_h, 5.0)
    interval = coverage_interval(curtain.flux_kg_h, curtain.budget_kg_h, freedom, LEVEL)
    flight = flight_repeat(curtain.flux_kg_h, curtain.budget_kg_h, interval)
    assert flight.repeatability_degrees_of_freedom == pytest.approx(5.0, rel=1e-6)  # bisection


FORGED = [
    {"flux_kg_h": 1e308},
    {"flux_std_kg_h": -1.0},
    {"detection_limit_kg_h": -5.0},
    {"uncertainty_kg_h": {"repeatability": -0.1}},
    {"flux_interval_kg_h": {"level": 2, "low": 0.0, "high": 1e3}},
    {"flux_interval_kg_h": {"level": 0.9, "low": 1e3, "high": -1e3}},
]


@pytest.mark.parametrize("change", FORGED)
def test_figures_that_no_processing_gives_are_refused(change: dict[str, object]) -> None:
    document = output_vars(flight_result())
    document["gases"]["ch4"] |= change
    with pytest.raises(ProcessingError, match="flight 7: this is no result"):
        flight_rates("flight 7", document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"gases": {}},
        {"input": {"sha256": "a"}, "gases": []},
        {"input": {"sha256": "a"}, "gases": {"ch4": {"flux_kg_h": None}}},
        {"input": {"sha256": "a"}, "gases": {"ch4": 3}},
        {"input": {"sha256": "a"}, "gases": {"ch4": {"flux_kg_h": float("nan"), "flux_interval_kg_h": {}}}},
    ],
)
def test_what_is_no_result_is_named(document: dict[str, object]) -> None:
    with pytest.raises(ProcessingError, match="flight 7: this is no result"):
        flight_rates("flight 7", document)
