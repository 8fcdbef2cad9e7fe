"""The error budget, the interval, and the combination of repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import UncertaintySettings
from gasflux.rate.error_budget import (
    ADDED_COMPONENTS,
    ErrorSources,
    coverage_factor,
    coverage_interval,
    effective_degrees_of_freedom,
    error_budget,
    total_std,
)
from gasflux.rate.repeats import between_variance


def sources(**changes: float) -> ErrorSources:
    passes = np.array([1.0, 2.0, 2.0])
    passes.setflags(write=False)
    values: dict[str, float] = {
        "flux_kg_h": 5.0,
        "rotated_flux_kg_h": 1.0,
        "pass_degrees_of_freedom": 4.0,
        "noise_kg_h": 0.1,
        "background_kg_h": 0.05,
        "interpolation_kg_h": 0.4,
        "below_kg_h": 0.3,
        "above_kg_h": 0.25,
        "temperature_c": 15.0,
        "pressure_hpa": 1000.0,
    }
    return ErrorSources(pass_std_kg_h=passes, **{**values, **changes})


def test_components_are_what_they_are_defined_as() -> None:
    budget = error_budget(sources(), UncertaintySettings(wind_speed_gain=0.03, wind_direction_deg=2.0, gas_gain=0.01))
    # each is one or two multiplications: rounding
    assert budget["wind_speed"] == pytest.approx(0.15, rel=1e-12)
    assert budget["gas_calibration"] == pytest.approx(0.05, rel=1e-12)
    assert budget["wind_direction"] == pytest.approx(np.radians(2.0), rel=1e-12)
    # neighbouring passes are correlated by 0.15: their sum errs by 1.17 times the root of the sum of squares
    assert budget["repeatability"] ** 2 == pytest.approx(0.8 * (1.17 * 3.0) ** 2, rel=1e-12)
    assert budget["above_highest_pass"] == 0.25
    assert budget["interpolation"] ** 2 == pytest.approx(0.2 * 0.4**2, rel=1e-12)


def test_doubling_the_flux_doubles_what_multiplies() -> None:
    settings = UncertaintySettings()
    one, two = error_budget(sources(), settings), error_budget(sources(flux_kg_h=10.0), settings)
    assert two["wind_speed"] == 2.0 * one["wind_speed"]
    assert two["background"] == one["background"]


def test_student_factors_are_the_published_ones() -> None:
    # GUM table G.2, printed to three figures
    for freedom, factor in {1: 6.31, 2: 2.92, 4: 2.13, 10: 1.81, 50: 1.68}.items():
        assert coverage_factor(0.90, freedom) == pytest.approx(factor, abs=0.005)
    assert coverage_factor(0.90, float("inf")) == pytest.approx(1.645, abs=0.0005)


def test_degrees_of_freedom_grow_as_the_estimated_part_shrinks() -> None:
    few = effective_degrees_of_freedom({"repeatability": 1.0, "wind_speed": 0.0}, 4.0)
    many = effective_degrees_of_freedom({"repeatability": 1.0, "wind_speed": 1.0}, 4.0)
    # (sqrt 2) ^ 4 = 4: rounding of a square root
    assert few == pytest.approx(4.0, rel=1e-12)
    assert many == pytest.approx(16.0, rel=1e-12)
    assert effective_degrees_of_freedom({"wind_speed": 1.0}, 4.0) == float("inf")


@given(st.floats(-50.0, 50.0), st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(1.0, 100.0))
def test_interval_holds_the_flux_and_widens_with_level(
    flux: float, added: float, factored: float, freedom: float
) -> None:
    budget = {"background": added, "wind_speed": factored}
    narrow = coverage_interval(flux, budget, freedom, 0.68)
    wide = coverage_interval(flux, budget, freedom, 0.95)
    assert wide.low_kg_h <= narrow.low_kg_h <= flux <= narrow.high_kg_h <= wide.high_kg_h


@given(st.floats(0.1, 50.0), st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_interval_of_the_opposite_flux_is_its_mirror(flux: float, added: float, factored: float) -> None:
    budget = {"background": added, "wind_speed": factored}
    there, back = (coverage_interval(sign * flux, budget, 5.0, 0.9) for sign in (1.0, -1.0))
    assert there.low_kg_h == pytest.approx(-back.high_kg_h, rel=1e-12)
    assert there.high_kg_h == pytest.approx(-back.low_kg_h, rel=1e-12)


def test_error_that_only_adds_gives_a_symmetric_interval() -> None:
    interval = coverage_interval(1.0, dict.fromkeys(ADDED_COMPONENTS, 0.3), float("inf"), 0.9)
    # rounding of two subtractions
    assert interval.high_kg_h - 1.0 == pytest.approx(1.0 - interval.low_kg_h, rel=1e-12)
    assert interval.high_kg_h - 1.0 == pytest.approx(1.6449 * total_std(dict.fromkeys(ADDED_COMPONENTS, 0.3)), rel=1e-4)


def test_interval_of_a_lognormal_factor_covers_both_sides_alike() -> None:
    rng = np.random.default_rng(5)
    reported = np.exp(0.25 * rng.normal(size=4000))
    intervals = [coverage_interval(value, {"repeatability": 0.25 * value}, 1e6, 0.9) for value in reported]
    below = np.mean([interval.high_kg_h < 1.0 for interval in intervals])
    above = np.mean([interval.low_kg_h > 1.0 for interval in intervals])
    # 5 % on each side, 0.35 % from 4000 draws, 1 % from stopping the exponential after its second term
    assert below == pytest.approx(0.05, abs=0.02)
    assert above == pytest.approx(0.05, abs=0.02)


def test_repeats_that_agree_have_no_variance_between_them() -> None:
    assert between_variance(np.array([1.0, 1.1, 0.9]), np.array([0.04, 0.04, 0.04])) == 0.0
    assert between_variance(np.array([1.0]), np.array([0.04])) == 0.0


def test_variance_between_repeats_is_found_again() -> None:
    rng = np.random.default_rng(6)
    found = [between_variance(rng.normal(0.0, np.sqrt(0.09 + 0.04), 10), np.full(10, 0.04)) for _ in range(500)]
    # the mean of 500 estimates with nine degrees of freedom: 3 %, and the cut at zero lifts it by a few percent
    assert np.mean(found) == pytest.approx(0.09, rel=0.12)
