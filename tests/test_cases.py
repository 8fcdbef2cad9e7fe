"""The logs in real forms beside the project, each as its README says; skipped where the folder is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gasflux
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.reading.flight_file import Inspection, inspect_flight
from gasflux.records import FlightResult

CASES = Path(__file__).parents[2] / "shared" / "data" / "cases"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the project")

PLAIN_KG_H = 9.67
"""Rate of the plain log that the cases were made from."""
TOLERANCE = 0.02
"""Of a rate: that of the README is what a method without the air beyond the passes found, 1 % more than this one."""


def inspected(name: str, **settings: object) -> Inspection:
    return inspect_flight(CASES / name, PipelineConfig.model_validate(settings))


def processed(name: str) -> FlightResult:
    return gasflux.process(CASES / name)


def codes(inspection: Inspection) -> set[str]:
    return {fault.code for fault in inspection.faults}


@pytest.mark.parametrize("name", ["picarro_g2201i_isotopes.dat", "gas_two_sensors.csv", "aeris_battery_soc.csv"])
def test_the_gas_is_methane_and_its_rate_that_of_the_plain_log(name: str) -> None:
    result = processed(name)
    assert result.gases["ch4"].flux_kg_h == pytest.approx(PLAIN_KG_H, rel=TOLERANCE)
    assert set(result.gases) <= {"ch4", "co2", "c2h6"}


def test_two_sensors_are_told() -> None:
    report = inspected("gas_two_sensors.csv").report
    assert report is not None
    assert any("'CH4_1 (ppm)'" in note.en and "'CH4_2 (ppm)'" in note.en for note in report.notes)


def test_an_oblique_wind_under_an_odd_header_is_used() -> None:
    result = processed("wind_direction_unknown_header.csv")
    # the README rounds to two digits
    assert result.gases["ch4"].flux_kg_h == pytest.approx(5.9, rel=0.01)


def test_gases_in_ppb_without_unit_are_refused() -> None:
    inspection = inspected("gas_unitless_ppb.csv")
    assert codes(inspection) == {"implausible_gas"}
    assert {fault.column for fault in inspection.faults} == {"c2h6", "co"}
    with_units = inspected("gas_unitless_ppb.csv", units={"c2h6": "ppb", "co": "ppb"}).log
    assert with_units is not None
    assert set(with_units.gas_ppm) == {"ch4", "c2h6", "co"}


@pytest.mark.parametrize("settings", [{}, {"columns": {"ch4": "CH4 (ppm-m)"}}, {"units": {"ch4": "ppm-m"}}])
def test_a_path_concentration_is_refused_however_it_is_named(settings: dict[str, object]) -> None:
    assert "no_fraction" in codes(inspected("gas_ppm_m.csv", **settings))


def test_the_explosive_limit_is_refused() -> None:
    assert codes(inspected("gas_percent_lel.csv")) == {"no_fraction"}


def test_skyhub_is_refused_for_its_wind_and_its_path() -> None:
    faults = inspected("skyhub_methane_ppmm.csv").faults
    assert {"no_fraction", "relative_wind"} <= {fault.code for fault in faults}
    assert any("AIR:" in str(fault.column) for fault in faults)


def test_a_direction_towards_is_turned() -> None:
    log = inspected("wind_direction_towards.csv").log
    assert log is not None
    assert log.wind_from_deg is not None
    assert log.wind_from_deg[0] == pytest.approx(63.9 + 180.0)


def test_components_become_speed_and_direction() -> None:
    log = inspected("wind_u_v_components.csv").log
    assert log is not None
    assert log.wind_from_deg is not None
    # -0.934 and -5.977 m/s: the row that reads 6.05 m/s from 8.9 degrees in the other cases, to three digits each
    assert log.wind_speed_m_s[0] == pytest.approx(6.05, abs=2e-3)
    assert log.wind_from_deg[0] == pytest.approx(8.9, abs=0.05)


def test_scaled_whole_numbers() -> None:
    log = inspected("px4_scaled_integers.csv").log
    assert log is not None
    np.testing.assert_allclose(
        [log.latitude_deg[0], log.longitude_deg[0], log.height_m[0]], [40.0002055, 99.9989289, 416.821], rtol=1e-12
    )


READ = (
    *(
        "campbell_toa5.dat",
        "three_row_header.csv",
        "icartt_time_start.ict",
        "dji_flight_reader.csv",
        "gas_nmol_mol.csv",
    ),
    *("german_thousands_point.csv", "units_in_cells.csv", "time_ctime.csv", "time_nmea_hhmmss_ddmmyy.csv"),
    *("time_date_in_first_row_only.csv", "zh_monitoring_headers.csv", "two_row_merged_header.xlsx"),
    *("cover_sheet_first.xlsx", "footer_mean_row.csv", "wind_direction_towards.csv", "wind_u_v_components.csv"),
)


@pytest.mark.parametrize("name", READ)
def test_valid_forms_are_read(name: str) -> None:
    inspection = inspected(name)
    assert not inspection.faults
    assert inspection.log is not None
    assert inspection.log.size == 12
    # the same flight in every form, printed to three digits of ppm
    assert inspection.log.gas_ppm["ch4"][0] == pytest.approx(2.52924, abs=1e-3)
    assert str(inspection.log.start_utc).startswith("2025-06-01T10:04:10")


def test_seconds_since_1904_are_the_right_date_or_a_fault() -> None:
    inspection = inspected("time_labview_1904.csv")
    if inspection.log is not None:
        assert str(inspection.log.start_utc).startswith("2025-06-01")


def test_names_with_blanks_are_split_at_tabs() -> None:
    log = inspected("gasmet_tab_names_with_blanks.txt").log
    assert log is not None
    assert {"ch4", "co2", "n2o", "nh3", "co"} == set(log.gas_ppm)
    assert log.gas_ppm["ch4"][0] == pytest.approx(1.98895)


def test_rows_of_an_outer_join_are_aligned_or_told() -> None:
    inspection = inspected("outer_joined_rows.csv")
    assert inspection.faults or (inspection.log is not None and np.isfinite(inspection.log.gas_ppm["ch4"]).sum() > 8)
