from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from builders import flight_result
from hypothesis import given
from hypothesis import strategies as st

from gasflux.data_processor import process_flight
from gasflux.records import FlightResult
from gasflux.results.output_vars import to_json
from gasflux.results.page_view import (
    MAX_VIEW_CELLS,
    extremes,
    resolved_numbers,
    significant_numbers,
    thinned,
    view_document,
)
from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.simulation.files import simulate_kind

MAX_BYTES = 1_500_000


@cache
def flight(kind: str) -> FlightResult:
    return process_flight(to_frame(simulate_kind(kind, {"ch4": 5.0, "co2": 300.0, "n2o": 0.5}, 3)))


@pytest.mark.parametrize("kind", ["steady", "spiral_steady"])
def test_document_is_strict_and_its_lists_fit(kind: str) -> None:
    document = json.loads(to_json(view_document(flight(kind))))
    assert set(document["gases"]) == {"ch4", "co2", "n2o"}
    for series in document["gases"].values():
        assert len({len(series[name]) for name in ("time_s", "measured_ppm", "baseline_ppm", "is_signal")}) == 1
    segment = document["segments"][0]
    for gas in segment["gases"].values():
        grid = gas["grid"]
        assert len(grid["flux_density_kg_m2_h"]) == len(grid["std_kg_m2_h"]) == grid["nx"] * grid["nz"]
        assert (len(grid["x_m"]), len(grid["z_m"])) == (grid["nx"], grid["nz"])
        assert len({len(values) for values in gas["samples"].values()}) == 1
    assert len({len(values) for values in segment["wind"]["arrows"].values()}) == 1
    assert len({len(document["track"][name]) for name in ("time_s", "x_m", "y_m", "latitude_deg", "phase")}) == 1


def test_grid_holds_what_was_kriged() -> None:
    result = flight("steady")
    shown = view_document(result)["segments"][0]["gases"]["ch4"]["grid"]
    grid = result.segments[0].gases["ch4"].grid
    values = np.array(shown["flux_density_kg_m2_h"]).reshape(shown["nz"], shown["nx"])
    # Four significant digits are kept.
    np.testing.assert_allclose(values, grid.flux_density_kg_m2_h, rtol=5e-4)


def test_phases_and_transects_cover_the_flight_in_order() -> None:
    result = flight("steady")
    document = view_document(result)
    phases = document["phases"]
    assert (phases[0]["start_s"], phases[-1]["end_s"]) == (0.0, round(float(result.log.time_s[-1]), 2))
    transects = document["segments"][0]["transects"]
    assert [entry["number"] for entry in transects] == list(range(1, result.segments[0].segment.transects + 1))
    assert all(a["end_s"] < b["start_s"] for a, b in pairwise(transects))


def _bytes(document: dict[str, Any]) -> int:
    return len(to_json(document, indent=None).encode())


def test_long_flight_stays_small() -> None:
    """100,000 rows with three gases."""
    rates = {"ch4": 50.0, "co2": 3000.0, "n2o": 5.0}
    result = process_flight(
        to_frame(simulate(Scenario(seed=3, sample_hz=20.0, curtain_length_m=2450.0, rate_kg_h=rates)))
    )
    assert result.log.size > 100_000
    assert _bytes(view_document(result)) < MAX_BYTES


def test_fine_grid_is_thinned() -> None:
    result = flight("steady")
    document = view_document(result)
    grids = [gas["grid"] for gas in document["segments"][0]["gases"].values()]
    assert sum(grid["nx"] * grid["nz"] for grid in grids) <= MAX_VIEW_CELLS


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=400), st.integers(4, 60))
def test_thinning_keeps_ends_and_extremes(values: list[float], limit: int) -> None:
    series = np.array(values)
    rows = extremes(series, limit)
    assert rows.size <= limit
    assert (np.diff(rows) > 0).all()
    assert (rows[0], rows[-1]) == (0, series.size - 1)
    if np.isfinite(series).any():
        assert np.nanmax(series[rows]) == np.nanmax(series)
        assert np.nanmin(series[rows]) == np.nanmin(series)


@given(st.integers(1, 5000), st.integers(2, 500))
def test_even_thinning_keeps_both_ends(size: int, limit: int) -> None:
    rows = thinned(size, limit)
    assert (rows[0], rows[-1]) == (0, size - 1)
    assert rows.size == min(size, limit)
    assert (np.diff(rows) > 0).all()


def test_numbers_keep_what_matters() -> None:
    assert significant_numbers(np.array([123456.0, 0.000123456, np.nan])) == [123500.0, 0.0001235, None]
    # An offset of 420 ppm leaves a rise of 0.5 ppm its four digits.
    assert resolved_numbers(np.array([420.12345678]), 0.5) == [420.12346]


def test_flags_come_in_every_language() -> None:
    result = flight_result(segments=2, language="zh")
    document = view_document(result)
    shown = [document["flags"]["ch4"], *(part["gases"]["ch4"]["flags"] for part in document["segments"])]
    raised = [result.gases["ch4"].quality, *(part.gases["ch4"].quality for part in result.segments)]
    for flags, quality in zip(shown, raised, strict=True):
        assert [flag["code"] for flag in flags] == [flag.code for flag in quality.flags]
        assert [flag["message"]["en"] for flag in flags] == [flag.message.en for flag in quality.flags]
        assert [flag["advice"]["zh"] for flag in flags] == [flag.advice.zh for flag in quality.flags]
        assert flags
