"""A few wrong values of a gas are told with their rows; no plume is, and no number changes for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.data_processor import process_flight
from gasflux.grading.isolated import isolated_values, name_values
from gasflux.grading.quality import OF_ANY_CURTAIN, QualityInputs, assess, assess_together
from gasflux.reading.flight_file import flight_from_frame, read_flight
from gasflux.records import Flag, FlightResult, FloatArray
from gasflux.simulation import KINDS, random_scenario, simulate, to_frame

DATA = Path(__file__).parents[2] / "shared" / "data"

WRONG = {
    "below zero": ("ch4", [-5.0]),
    # Three zeros are a code for no value, see test_silent_kinds.
    "three far too low": ("ch4", [0.3, 0.2, 0.4]),
    "beyond any plume": ("ch4", [5000.0]),
    "zero of a high background": ("co2", [0.0]),
}


def background(size: int = 400, seed: int = 0) -> FloatArray:
    """Return methane in clean air with a drift."""
    rng = np.random.default_rng(seed)
    return np.asarray(2.0 + 0.1 * np.linspace(0.0, 1.0, size) + rng.normal(0.0, 0.01, size))


def with_values(series: FloatArray, row: int, values: Sequence[float] | FloatArray) -> FloatArray:
    changed = series.copy()
    changed[row : row + len(values)] = values
    return changed


@pytest.mark.parametrize("values", [[-5.0], [0.0, 0.0, 0.0], [0.0, -5.0], [5000.0], [5000.0, 5000.0, 4000.0]])
def test_up_to_three_rows_are_found(values: list[float]) -> None:
    series = with_values(background(), 100, values)
    assert isolated_values(series).tolist() == list(range(100, 100 + len(values)))
    assert isolated_values(background()).size == 0


@pytest.mark.parametrize("values", [[0.0] * 4, [5000.0] * 4])
def test_four_rows_are_something_that_happened(values: list[float]) -> None:
    assert isolated_values(with_values(background(), 100, values)).size == 0


def test_every_run_below_is_found_beside_one_above() -> None:
    series = with_values(with_values(background(), 100, [0.0, 0.0]), 200, [-5.0])
    assert isolated_values(series).tolist() == [100, 101, 200]
    assert isolated_values(with_values(series, 300, [5000.0])).tolist() == [100, 101, 200, 300]


def test_missing_values_neither_count_nor_hide() -> None:
    series = with_values(background(), 100, [np.nan, -5.0, np.nan])
    assert isolated_values(series).tolist() == [101]
    assert isolated_values(np.full(50, np.nan)).size == 0


def test_ends_have_no_second_neighbour() -> None:
    for row, value in ((0, 0.0), (399, 0.0), (0, 5000.0), (399, 5000.0)):
        assert isolated_values(with_values(background(), row, [value])).size == 0


@pytest.mark.parametrize("rows", [1, 2])
def test_plume_of_a_row_or_two_in_each_pass_is_none(rows: int) -> None:
    """A source close to the curtain; pass by pass the plume is weaker by a factor of up to 20."""
    series = background()
    for number, height in enumerate((800.0, 40.0, 300.0, 60.0)):
        series = with_values(series, 50 + 90 * number, 2.0 + height * np.array([1.0, 0.3])[:rows])
    assert isolated_values(series).size == 0


def test_repeated_and_rounded_values_are_no_noise_free_sensor() -> None:
    """A sensor of 1 Hz in a log of 3 Hz, and one that writes whole ppm: both stand still most of the time."""
    rng = np.random.default_rng(3)
    repeated = np.repeat(2.0 + rng.normal(0.0, 0.01, 300), 3)
    rounded = np.round(420.0 + rng.normal(0.0, 0.4, 900))
    assert isolated_values(repeated).size == 0
    assert isolated_values(rounded).size == 0
    assert isolated_values(with_values(rounded, 500, [0.0])).tolist() == [500]


SERIES = arrays(np.float64, st.integers(8, 60), elements=st.integers(-2000, 2000).map(lambda number: number / 64.0))
"""Whole 64ths: adding and doubling them is exact, so that a property may be asked for to the bit."""


@given(SERIES, st.integers(-1000, 1000), st.sampled_from([0.25, 2.0, 1024.0]))
def test_neither_offset_nor_unit_nor_direction_matters(series: FloatArray, offset: int, scale: float) -> None:
    for changed in (series, with_values(series, 4, [-5000.0]), with_values(series, 4, [50_000.0])):
        found = isolated_values(changed)
        assert isolated_values(changed + float(offset)).tolist() == found.tolist()
        assert isolated_values(changed * scale).tolist() == found.tolist()
        assert (changed.size - 1 - isolated_values(changed[::-1])[::-1]).tolist() == found.tolist()


@given(SERIES)
def test_monotone_series_hold_none(series: FloatArray) -> None:
    ordered = np.sort(series)
    for monotone in (ordered, ordered[::-1], np.full(series.size, series[0]), np.exp(ordered)):
        assert isolated_values(monotone).size == 0


@pytest.mark.parametrize("kind", KINDS)
def test_simulated_plumes_hold_none(kind: str) -> None:
    for seed in range(3):
        flight = simulate(random_scenario(kind, np.random.default_rng([21, seed])))
        assert all(isolated_values(values).size == 0 for values in flight.gas_ppm.values())


@pytest.mark.parametrize("name", ["nmt_20230419_flight.xlsx", "synthetic_1000pt_3gas.csv"])
def test_published_flights_hold_none(name: str) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not beside the project")
    log = read_flight(DATA / name, PipelineConfig())
    assert all(isolated_values(values).size == 0 for values in log.gas_ppm.values())


def test_first_values_are_named_in_both_languages() -> None:
    few = name_values(np.array([57, 58]), np.array([-5.0, 0.0]))
    assert few == ("row 57 (-5 ppm), row 58 (0 ppm)", "第 57 行（-5 ppm）、第 58 行（0 ppm）")
    many = name_values(np.arange(10, 17), np.full(7, 0.25))
    assert many.en.endswith("row 14 (0.25 ppm) and 2 more")
    assert many.zh.endswith("第 14 行（0.25 ppm）等")


@cache
def flown() -> tuple[pd.DataFrame, FlightResult, int]:
    """Return a flight with two gases, its result, and a record in the middle of a pass."""
    frame = to_frame(simulate(random_scenario("meandering", np.random.default_rng(11))))
    frame = frame.assign(co2=420.0 + np.random.default_rng(1).normal(0.0, 0.2, len(frame)))
    result = process_flight(frame)
    (segment,) = result.segments
    rows = segment.segment.rows[segment.segment.transect == 2]
    return frame, result, int(rows[rows.size // 2])


def flags_of(result: FlightResult, gas: str) -> dict[str, Flag]:
    return {flag.code: flag for flag in result.gases[gas].quality.flags}


def write(frame: pd.DataFrame, folder: Path, suffix: str) -> Path:
    path = folder / f"flight{suffix}"
    if suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("fault", WRONG)
def test_wrong_values_in_a_file_are_told_with_their_rows(fault: str, suffix: str, tmp_path: Path) -> None:
    frame, clean, record = flown()
    gas, values = WRONG[fault]
    spoiled = frame.assign(**{gas: with_values(frame[gas].to_numpy(), record, values)})
    result = process_flight(write(spoiled, tmp_path, suffix))
    flag = flags_of(result, gas)["isolated_values"]
    assert flag.value == len(values)
    for number, value in enumerate(values):
        # a spreadsheet counts from 1, and its first row is the header
        assert f"row {record + number + 2} ({value:g} ppm)" in flag.message.en
        assert f"第 {record + number + 2} 行（{value:g} ppm）" in flag.message.zh
    assert result.gases[gas].quality.grade > "A"
    assert "isolated_values" not in flags_of(clean, gas)
    assert "isolated_values" not in flags_of(result, "co2" if gas == "ch4" else "ch4")


def test_rows_are_those_of_the_file_after_sorting_and_dropping() -> None:
    frame, _, record = flown()
    spoiled = frame.assign(ch4=with_values(frame["ch4"].to_numpy(), record, [-5.0]))
    spoiled.loc[[3, 9], "latitude"] = np.nan
    turned = spoiled.iloc[::-1].reset_index(drop=True)
    log = flight_from_frame(turned, PipelineConfig())
    (row,) = log.file_row[isolated_values(log.gas_ppm["ch4"])]
    assert turned["ch4"][row - 2] == -5.0
    assert (
        f"row {len(frame) + 1 - record} (-5 ppm)"
        in flags_of(process_flight(turned), "ch4")["isolated_values"].message.en
    )


def test_value_off_the_surface_is_told_and_costs_no_grade() -> None:
    frame, clean, _ = flown()
    (segment,) = clean.segments
    is_off = ~np.isin(np.arange(len(frame)), segment.segment.rows)
    record = int(np.flatnonzero(is_off[:-1] & is_off[1:])[10])
    result = process_flight(frame.assign(ch4=with_values(frame["ch4"].to_numpy(), record, [-5.0])))
    flag = flags_of(result, "ch4")["isolated_off_surface"]
    assert flag.severity == "info"
    assert f"row {record + 2} (-5 ppm)" in flag.message.en
    assert result.gases["ch4"].quality.grade == clean.gases["ch4"].quality.grade


def test_one_curtain_with_a_wrong_value_speaks_for_the_mean() -> None:
    named = name_values(np.array([57]), np.array([-5.0]))
    spoiled, fine = assess(QualityInputs(isolated_values=1.0, isolated_rows=named)), assess(QualityInputs())
    quality = assess_together([fine, spoiled], [0.9, 0.1], QualityInputs())
    (flag,) = quality.flags
    assert {flag.code} == OF_ANY_CURTAIN
    assert flag.message.en.startswith("Segment 2: ")
    assert "row 57 (-5 ppm)" in flag.message.en
    assert quality.grade == "B"
