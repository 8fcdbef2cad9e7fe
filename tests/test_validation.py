"""What happens to columns and rows on the way from a table to a flight log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from flight_files import ROWS, START, Cells, Columns, flight, floats, renamed, times
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import InputError
from gasflux.reading.flight_file import flight_from_frame
from gasflux.records import ColumnReport, FlightLog, FloatArray


def read(cells: Columns, /, **config: object) -> FlightLog:
    return flight_from_frame(pd.DataFrame(dict(cells)), PipelineConfig.model_validate(config))


def changed(name: str, row: int, value: object) -> dict[str, Cells]:
    """The flight with one cell changed; row 0 is the first sample."""
    columns: dict[str, Cells] = {**flight()}
    columns[name] = [value if i == row else cell for i, cell in enumerate(columns[name])]
    return columns


def without(*rows: int) -> dict[str, Cells]:
    return {name: [cell for i, cell in enumerate(cells) if i not in rows] for name, cells in flight().items()}


def column(log: FlightLog, name: str) -> ColumnReport:
    return next(report for report in log.report.columns if report.name == name)


def assert_same(first: FlightLog, second: FlightLog) -> None:
    for name in ("time_s", "latitude_deg", "longitude_deg", "height_m", "wind_speed_m_s", "wind_from_deg"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    np.testing.assert_array_equal(first.gas_ppm["ch4"], second.gas_ppm["ch4"])


def direction(log: FlightLog) -> FloatArray:
    assert log.wind_from_deg is not None
    return log.wind_from_deg


# --- rows ------------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.permutations(range(ROWS)))
def test_the_order_of_rows_does_not_matter(order: Sequence[int]) -> None:
    shuffled = {name: [cells[i] for i in order] for name, cells in flight().items()}
    assert_same(read(shuffled), read({**flight()}))


@settings(max_examples=30)
@given(st.sets(st.integers(0, ROWS - 1), max_size=8), st.sets(st.integers(0, ROWS - 1), max_size=8), st.booleans())
def test_every_row_is_used_or_counted(lost: set[int], doubled: set[int], drop_ch4: bool) -> None:
    columns = {name: [cells[i] for i in [*range(ROWS), *sorted(doubled)]] for name, cells in flight().items()}
    columns["latitude"] = [float("nan") if i in lost else cell for i, cell in enumerate(columns["latitude"])]
    columns["ch4"] = [float("nan") if drop_ch4 and i in lost else cell for i, cell in enumerate(columns["ch4"])]
    report = read(columns).report
    assert report.rows_read == ROWS + len(doubled)
    assert report.rows_used == report.rows_read - sum(report.rows_dropped.values())


def test_rows_without_position_or_time_are_dropped() -> None:
    columns = changed("latitude", 3, None)
    columns["timestamp"] = [None if i == 5 else t for i, t in enumerate(flight()["timestamp"])]
    columns["height_ato"] = [-9999.0 if i == 7 else h for i, h in enumerate(flight()["height_ato"])]
    log = read(columns)
    assert log.report.rows_dropped == {"missing time": 1, "missing position": 1, "missing height": 1}
    assert_same(log, read(without(3, 5, 7)))


def test_a_receiver_without_fix_reports_zero() -> None:
    columns = changed("latitude", 0, 0.0)
    columns["longitude"] = [0.0, *flight()["longitude"][1:]]
    assert read(columns).report.rows_dropped == {"missing position": 1}


@pytest.mark.parametrize(
    "value", [-999.99, -9999, -999, "No Data", "nan", "NaN", "--", "", "#N/A", None, "无数据", " "]
)
def test_sentinels_are_missing(value: object) -> None:
    log = read(changed("ch4", 4, value))
    assert np.flatnonzero(np.isnan(log.gas_ppm["ch4"])).tolist() == [4]
    assert log.size == ROWS
    assert column(log, "ch4").missing == 1


def test_a_negative_gas_is_an_instrument_offset() -> None:
    columns: dict[str, Cells] = {**flight(), "ch4": [-0.9 + 0.001 * i for i in range(ROWS)]}
    np.testing.assert_array_equal(read(columns).gas_ppm["ch4"], floats(columns["ch4"]))


# --- repeated times --------------------------------------------------------------------------------------------------


def test_repeated_times_are_averaged_the_wind_by_vector() -> None:
    columns: dict[str, Cells] = {**flight()}
    columns["timestamp"] = [START if i == 1 else t for i, t in enumerate(times())]
    columns["windspeed"] = [4.0] * ROWS
    columns["winddir"] = [350.0, 10.0, *[180.0] * (ROWS - 2)]
    columns["ch4"] = [2.0, 3.0, *[2.0] * (ROWS - 2)]
    log = read(columns)
    assert log.report.rows_dropped == {"duplicate time": 1}
    assert log.size == ROWS - 1
    assert log.gas_ppm["ch4"][0] == 2.5
    # the mean of two unit vectors 20 degrees apart points between them and has length cos 10 degrees
    assert (direction(log)[0] + 180.0) % 360.0 == pytest.approx(180.0, abs=1e-9)
    assert log.wind_speed_m_s[0] == pytest.approx(4.0 * np.cos(np.radians(10.0)), rel=1e-12)
    assert log.wind_speed_m_s[1:].tolist() == [4.0] * (ROWS - 2)


def test_a_log_pasted_twice_is_one_flight() -> None:
    twice = {name: [*cells, *cells] for name, cells in flight().items()}
    log = read(twice)
    assert log.report.rows_dropped == {"duplicate time": ROWS}
    assert_same(log, read({**flight()}))


@pytest.mark.parametrize("hz", [2, 4, 5, 10])
def test_whole_seconds_of_a_fast_log_are_spread(hz: int) -> None:
    n = 20 * hz + 3
    columns: dict[str, Cells] = {**flight(n)}
    columns["timestamp"] = [t.replace(microsecond=0) for t in times(n, 1.0 / hz, START.replace(microsecond=0))]
    log = read(columns)
    assert log.size == n
    # microseconds of a 1/hz grid, cut to whole ones
    np.testing.assert_allclose(np.diff(log.time_s), 1.0 / hz, atol=2e-6)
    assert any("spread" in note.en for note in log.report.notes)


def test_whole_minutes_are_spread() -> None:
    n = 300
    start = datetime(2023, 4, 19, 7, 16, 40)
    columns: dict[str, Cells] = {**flight(n), "timestamp": [t.replace(second=0) for t in times(n, start=start)]}
    log = read(columns)
    # every minute but the first and the last holds 60 samples
    np.testing.assert_allclose(np.diff(log.time_s), 1.0, atol=2e-6)


def test_a_few_repeats_are_merged_and_not_spread() -> None:
    columns: dict[str, Cells] = {**flight()}
    columns["timestamp"] = [START + timedelta(seconds=i - (i % 8 == 7)) for i in range(ROWS)]
    log = read(columns)
    assert log.report.rows_dropped == {"duplicate time": ROWS // 8}
    assert set(np.round(np.diff(log.time_s), 6).tolist()) == {1.0, 2.0}


# --- gaps ------------------------------------------------------------------------------------------------------------


def test_short_gaps_are_interpolated_in_time() -> None:
    columns: dict[str, Cells] = {**flight()}
    columns["temperature"] = [None if 10 <= i < 15 else 10.0 + i for i in range(ROWS)]
    log = read(columns)
    assert log.size == ROWS
    # the column is a straight line in time
    np.testing.assert_allclose(log.temperature_c, 10.0 + np.arange(ROWS), rtol=1e-12)
    assert any("temperature" in note.en and "5 samples" in note.en for note in log.report.notes)


def test_wind_is_interpolated_by_vector() -> None:
    columns: dict[str, Cells] = {**flight(), "windspeed": [4.0] * ROWS}
    columns["winddir"] = [340.0 if i < 10 else None if i == 10 else 20.0 for i in range(ROWS)]
    log = read(columns)
    # half way between 340 and 20 degrees lies north, not south
    assert (direction(log)[10] + 180.0) % 360.0 == pytest.approx(180.0, abs=1e-9)


@pytest.mark.parametrize("name", ["windspeed", "winddir", "temperature", "pressure"])
def test_long_gaps_are_dropped_and_counted(name: str) -> None:
    columns: dict[str, Cells] = {**flight()}
    columns[name] = [None if 10 <= i < 25 else cell for i, cell in enumerate(flight()[name])]
    log = read(columns)
    assert log.report.rows_dropped == {f"missing {'wind' if name.startswith('wind') else name}": 15}
    assert_same(log, read(without(*range(10, 25))))


def test_calm_air_needs_no_direction() -> None:
    columns = changed("windspeed", 4, 0.0)
    columns["winddir"] = [None if i == 4 else cell for i, cell in enumerate(flight()["winddir"])]
    log = read(columns)
    assert (log.wind_speed_m_s[4], log.report.rows_dropped) == (0.0, {})


# --- wind ------------------------------------------------------------------------------------------------------------


def test_without_direction_there_is_none() -> None:
    columns: dict[str, Cells] = {name: cells for name, cells in flight().items() if name != "winddir"}
    assert read(columns).wind_from_deg is None
    assert read({**columns, "winddir": [None] * ROWS}).wind_from_deg is None


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("N", 0.0),
        ("nne", 22.5),
        ("E", 90.0),
        ("SSW", 202.5),
        ("north-west", 315.0),
        ("北", 0.0),
        ("东北风", 45.0),
    ],
)
def test_direction_in_words(text: str, degrees: float) -> None:
    columns: dict[str, Cells] = {**flight(), "winddir": [text] * ROWS}
    np.testing.assert_array_equal(direction(read(columns)), degrees)


@pytest.mark.parametrize(
    ("convention", "given_deg", "from_deg"),
    [("from", 30.0, 30.0), ("to", 30.0, 210.0), ("to", 200.0, 20.0), ("math", 0.0, 270.0), ("math", 90.0, 180.0)],
)
def test_direction_conventions(convention: str, given_deg: float, from_deg: float) -> None:
    columns: dict[str, Cells] = {**flight(), "winddir": [given_deg] * ROWS}
    log = read(columns, wind={"direction_convention": convention})
    np.testing.assert_array_equal(direction(log), from_deg)


def test_wind_from_an_anemometer_on_the_aircraft() -> None:
    columns: dict[str, Cells] = {name: c for name, c in flight().items() if name not in ("windspeed", "winddir")}
    # flying east at 5 m/s in a north wind of 3 m/s: air from ahead at 5, moving to the right (south) at 3
    extra: dict[str, Cells] = {"u": [-5.0] * ROWS, "v": [3.0] * ROWS, "heading": [90.0] * ROWS, "speed": [5.0] * ROWS}
    log = read({**columns, **extra}, wind={"source": "aircraft"})
    # rounding of cos 90 degrees against 5 m/s
    np.testing.assert_allclose(log.wind_speed_m_s, 3.0, rtol=1e-12)
    np.testing.assert_allclose((direction(log) + 180.0) % 360.0, 180.0, atol=1e-9)


# --- heights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reference"), [("height_ato", "ato"), ("height_agl", "agl"), ("altitude", "altitude")]
)
def test_height_reference(name: str, reference: str) -> None:
    log = read(renamed(flight(), {"height_ato": name}))
    assert log.height_reference == reference
    assert log.ground_height_m is None


def test_two_heights_give_the_ground() -> None:
    above_ground = [float(str(h)) - 0.5 for h in flight()["height_ato"]]
    log = read({**flight(), "height_agl": above_ground, "altitude": [1150.0] * ROWS})
    assert log.height_reference == "ato"
    np.testing.assert_array_equal(log.ground_height_m, 0.5)


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "header", "factor", "offset"),
    [
        ("pressure", "pressure [Pa]", 100.0, 0.0),
        ("pressure", "pressure_kpa", 0.1, 0.0),
        ("pressure", "Pressure (torr)", 760.0 / 1013.25, 0.0),
        ("temperature", "temperature [K]", 1.0, 273.15),
        ("temperature", "temperature (F)", 1.8, 32.0),
        ("height_ato", "height_ato (feet)", 1.0 / 0.3048, 0.0),
        ("windspeed", "windspeed [km/h]", 3.6, 0.0),
        ("windspeed", "windspeed_knots", 3600.0 / 1852.0, 0.0),
        ("winddir", "winddir [rad]", np.pi / 180.0, 0.0),
        ("ch4", "CH4 (ppb)", 1000.0, 0.0),
        ("ch4", "methane_ppb", 1000.0, 0.0),
    ],
)
def test_units_in_headers(name: str, header: str, factor: float, offset: float) -> None:
    columns: dict[str, Cells] = {**flight(), name: list(floats(flight()[name]) * factor + offset)}
    log = read(renamed(columns, {name: header}))
    values = {
        "pressure": log.pressure_hpa,
        "temperature": log.temperature_c,
        "height_ato": log.height_m,
        "windspeed": log.wind_speed_m_s,
        "winddir": direction(log),
        "ch4": log.gas_ppm["ch4"],
    }
    # there and back, an offset of 273 against 16
    np.testing.assert_allclose(values[name], floats(flight()[name]), rtol=1e-13)
    assert column(log, name).conversion != ""
    assert column(log, name).header == header


def test_units_of_the_configuration_go_before_the_header() -> None:
    columns: dict[str, Cells] = {**flight(), "ch4": list(floats(flight()["ch4"]) * 1000.0)}
    log = read(columns, units={"ch4": "ppb"})
    # there and back
    np.testing.assert_allclose(log.gas_ppm["ch4"], floats(flight()["ch4"]), rtol=1e-15)


PLAIN_UNITS = [("pressure", 100.0, 0.0, "Pa"), ("pressure", 0.1, 0.0, "kPa"), ("temperature", 1.0, 273.15, "K")]


@pytest.mark.parametrize(("name", "factor", "offset", "unit"), PLAIN_UNITS)
def test_a_plainly_other_unit_is_seen_and_told(name: str, factor: float, offset: float, unit: str) -> None:
    columns: dict[str, Cells] = {**flight(), name: list(floats(flight()[name]) * factor + offset)}
    log = read(columns)
    assert column(log, name).unit == unit
    assert any(unit in note.en and name in note.en for note in log.report.notes)


def test_longitudes_east_of_180() -> None:
    columns: dict[str, Cells] = {**flight(), "longitude": [float(str(x)) + 360.0 for x in flight()["longitude"]]}
    # 360 costs two digits
    np.testing.assert_allclose(read(columns).longitude_deg, floats(flight()["longitude"]), rtol=1e-14)


# --- which column ----------------------------------------------------------------------------------------------------


def test_columns_of_the_configuration() -> None:
    columns = renamed(flight(), {"ch4": "Inlet 2 [ppb]", "windspeed": "sonic"})
    columns["Inlet 2 [ppb]"] = list(floats(flight()["ch4"]) * 1000.0)
    log = read({**columns, "CH4": [9.0] * ROWS}, columns={"ch4": "Inlet 2 [ppb]", "windspeed": "sonic"})
    # there and back
    np.testing.assert_allclose(log.gas_ppm["ch4"], floats(flight()["ch4"]), rtol=1e-15)
    assert "CH4" in log.report.ignored_columns


def test_only_listed_gases_are_processed() -> None:
    columns: dict[str, Cells] = {
        **flight(),
        "CO2": [420.0 + i for i in range(ROWS)],
        "N2O (ppb)": [330.0 + i for i in range(ROWS)],
    }
    assert set(read(columns).gas_ppm) == {"ch4", "co2", "n2o"}
    assert set(read(columns, gases={"CO2": [300, 500]}).gas_ppm) == {"co2"}


def test_a_gas_column_without_values_is_no_gas() -> None:
    columns: dict[str, Cells] = {**flight(), "co2": [None] * ROWS}
    log = read(columns)
    assert set(log.gas_ppm) == {"ch4"}
    assert any("co2" in note.en for note in log.report.notes)


def test_of_two_columns_the_preferred_one_is_used_and_told() -> None:
    columns: dict[str, Cells] = {"Altitude": [1150.0 + i for i in range(ROWS)], "gps_alt": [0.0] * ROWS, **flight()}
    del columns["height_ato"]
    log = read(columns)
    assert log.height_m[1] == 1151.0
    assert any("gps_alt" in note.en for note in log.report.notes)


# --- dead sensors ----------------------------------------------------------------------------------------------------


def test_the_only_gas_that_never_changes_is_a_fault() -> None:
    with pytest.raises(InputError, match=r"'ch4' never changes \(2 ppm in all 40 rows\): the sensor was off") as caught:
        read({**flight(), "ch4": [2.0] * ROWS})
    assert [fault.column for fault in caught.value.faults] == ["ch4"]


def test_a_gas_beside_others_that_never_changes_is_left_out_with_a_note() -> None:
    columns: dict[str, Cells] = {**flight(), "SO2 (ppb)": [0.0] * ROWS}
    log = read(columns)
    assert set(log.gas_ppm) == {"ch4"}
    (note,) = (note for note in log.report.notes if "never changes" in note.en)
    assert note.en == "Column 'SO2 (ppb)' never changes (0 ppm in all 40 rows) and is not processed as a gas."
    with pytest.raises(InputError, match="'SO2 \\(ppb\\)' never changes"):
        read(columns, gases={"so2": [0.0, 1.0]})


def test_one_other_value_is_a_sensor_that_works() -> None:
    assert set(read({**flight(), "ch4": [2.0, 2.1, *[2.0] * (ROWS - 2)]}).gas_ppm) == {"ch4"}


# --- ranges ----------------------------------------------------------------------------------------------------------


def test_out_of_range_can_be_dropped() -> None:
    columns = changed("ch4", 3, 50.0)
    columns["windspeed"] = [70.0 if i == 6 else w for i, w in enumerate(flight()["windspeed"])]
    log = read(columns, gases={"ch4": [1.5, 10.0]}, out_of_range="drop")
    assert log.report.rows_dropped == {"windspeed out of range": 1, "ch4 out of range": 1}
    assert_same(log, read(without(3, 6)))


@pytest.mark.parametrize(
    ("limits", "above"),
    [([0.0, 2.21], ROWS - 11), ([2.21, 9.0], 0), ([2.205, 2.225], ROWS - 26), ([2.22, 2.235], 0)],
    ids=["plume", "below", "mostly above", "mostly below"],
)
def test_rows_above_the_range_of_a_gas_are_told_from_those_below(limits: list[float], above: int) -> None:
    ch4 = [round(2.2 + 0.001 * i, 3) for i in range(ROWS)]
    report = read({**flight(), "ch4": ch4}, gases={"ch4": limits}, out_of_range="drop").report
    assert report.rows_above_gas_range == above
    assert report.rows_dropped["ch4 out of range"] == sum(not limits[0] <= value <= limits[1] for value in ch4)


def test_a_gas_held_to_a_range_among_the_columns_is_told_as_well() -> None:
    report = read(flight(), required_cols={"ch4": [0.0, 2.2205]}, out_of_range="drop").report
    assert report.rows_above_gas_range == ROWS - 21


def test_a_clock_that_was_not_set_can_be_dropped() -> None:
    log = read(changed("timestamp", 0, datetime(1999, 11, 30)), out_of_range="drop")
    assert log.report.rows_dropped == {"timestamp out of range": 1}


def test_further_columns_can_be_held_to_a_range() -> None:
    columns: dict[str, Cells] = {**flight(), "Humidity": [40.0] * ROWS}
    ranges = {"humidity": [0.0, 100.0]}
    assert read(columns, required_cols=ranges).size == ROWS
    with pytest.raises(InputError, match="'Humidity', row 2: 40 is outside 50 to 100"):
        read(columns, required_cols={"humidity": [50.0, 100.0]})


def test_the_documents_own_configuration_accepts_a_flight_in_its_ranges() -> None:
    required = {
        "latitude": [-90, 90],
        "longitude": [-180, 180],
        "height_ato": [0, 200],
        "windspeed": [0, 20],
        "temperature": [-50, 60],
        "pressure": [900, 1100],
    }
    columns: dict[str, Cells] = {**flight(), "pressure": [1000.0] * ROWS, "co2": [420.0 + i for i in range(ROWS)]}
    config = {"required_cols": required, "gases": {"ch4": [1.5, 10.0], "co2": [300, 500]}}
    assert set(read(columns, **config).gas_ppm) == {"ch4", "co2"}


def test_all_faults_come_in_one_answer() -> None:
    columns: dict[str, Cells] = {**flight()}
    del columns["longitude"]
    columns["latitude"] = ["x" if i == 2 else cell for i, cell in enumerate(columns["latitude"])]
    columns["windspeed"] = [-1.0 if i >= 38 else cell for i, cell in enumerate(columns["windspeed"])]
    with pytest.raises(InputError) as caught:
        read(columns, gases={"ch4": [1.5, 2.21], "co2": [300, 500]})
    found = {(fault.column, fault.row, fault.count) for fault in caught.value.faults}
    assert found == {
        ("longitude", None, 1),
        ("latitude", 4, 1),
        ("windspeed", 40, 2),
        ("ch4", 13, ROWS - 11),
        ("co2", None, 1),
    }
    assert all(fault.message in str(caught.value) for fault in caught.value.faults)
