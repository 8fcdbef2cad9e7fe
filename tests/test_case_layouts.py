"""Logs in real forms: how their files are laid out, read to the outcome that stands beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.reading.flight_file import inspect_flight, read_flight
from gasflux.records import FlightLog

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"
CONFIG = PipelineConfig()

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the logs in real forms are not part of the project")

SAME_FLIGHT = (
    *("campbell_toa5.dat", "cover_sheet_first.xlsx", "dji_flight_reader.csv", "icartt_time_start.ict"),
    *("three_row_header.csv", "time_ctime.csv", "time_date_in_first_row_only.csv", "time_labview_1904.csv"),
    *("time_nmea_hhmmss_ddmmyy.csv", "two_row_merged_header.xlsx", "units_in_cells.csv", "german_thousands_point.csv"),
)
"""Layouts of the flight that `footer_mean_row.csv` holds in plain columns."""

COARSE = {"dji_flight_reader.csv": 0.03, "german_thousands_point.csv": 0.1}
"""Relative steps of what some makes round to (mph in tenths); the pressure of one log is another than the others'."""


def plain() -> FlightLog:
    return read_flight(CASES / "footer_mean_row.csv", CONFIG)


@pytest.mark.parametrize("name", SAME_FLIGHT)
def test_the_same_flight_in_another_layout(name: str) -> None:
    log, wanted = read_flight(CASES / name, CONFIG), plain()
    assert log.start_utc == wanted.start_utc
    np.testing.assert_allclose(log.time_s, wanted.time_s, atol=2e-3)
    # positions are written with five decimals or more
    np.testing.assert_allclose(log.latitude_deg, wanted.latitude_deg, atol=6e-6)
    np.testing.assert_allclose(log.longitude_deg, wanted.longitude_deg, atol=6e-6)
    # the others with three decimals or more, but for the coarse ones
    step = COARSE.get(name, 1e-3)
    np.testing.assert_allclose(log.wind_speed_m_s, wanted.wind_speed_m_s, rtol=step)
    np.testing.assert_allclose(log.pressure_hpa, wanted.pressure_hpa, rtol=step)
    np.testing.assert_allclose(log.gas_ppm["ch4"], wanted.gas_ppm["ch4"], rtol=1e-3)


def test_statistics_are_no_samples() -> None:
    assert dict(plain().report.rows_dropped) == {"statistics row": 1}
    assert plain().size == 12


def test_tabs_split_the_gases_of_names_with_blanks() -> None:
    log = read_flight(CASES / "gasmet_tab_names_with_blanks.txt", CONFIG)
    medians = {gas: float(np.nanmedian(values)) for gas, values in log.gas_ppm.items()}
    # open air: each gas has its own numbers
    assert 1.9 < medians["ch4"] < 2.6
    assert 400.0 < medians["co2"] < 420.0
    assert 0.3 < medians["n2o"] < 0.36
    assert medians["co"] < 0.3
    assert medians["nh3"] < 0.1


def test_rows_of_an_outer_join_are_aligned_and_told() -> None:
    inspection = inspect_flight(CASES / "outer_joined_rows.csv", CONFIG)
    assert inspection.log is not None
    assert any("interpolated to the times of the gas" in note.en for note in inspection.log.report.notes)
    assert inspection.log.size == 11
