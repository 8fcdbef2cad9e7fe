"""What columns mean beyond their names: units, frames, codes, assumed air, and which of several is read."""

from __future__ import annotations

import numpy as np
import pytest
from flight_files import ROWS, Cells, changed, flight, floats, notes, read, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.reading.values.air import standard_altitude_m, standard_pressure_hpa, standard_temperature_c
from gasflux.reading.values.codes import is_code
from gasflux.records import FlightLog, FloatArray


def direction(log: FlightLog) -> FloatArray:
    assert log.wind_from_deg is not None
    return log.wind_from_deg


GAS = floats(flight()["ch4"])

# --- which of several ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dead", [[0.0] * ROWS, [None] * ROWS], ids=["zero", "empty"])
def test_a_dead_dry_column_gives_way_to_a_living_one(dead: Cells) -> None:
    log = read(changed(("ch4",), CH4_dry=dead, CH4=flight()["ch4"]))
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    assert "'CH4_dry' never changes or is empty" in notes(log)
    assert "CH4_dry" in log.report.ignored_columns


def test_dry_goes_before_wet_with_its_reason() -> None:
    log = read(changed(("ch4",), CH4=[9.0 + i for i in range(ROWS)], CH4_dry=flight()["ch4"]))
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    assert "dry air" in notes(log)


def test_held_values_of_a_cycling_analyser_give_way() -> None:
    held = [float(GAS[i - i % 4]) for i in range(ROWS)]
    log = read(changed(("ch4",), CH4_dry=held, CH4=flight()["ch4"]))
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    assert "repeats its last value in 77 %" in notes(log)
    alone = read(changed(ch4=held))
    np.testing.assert_array_equal(alone.gas_ppm["ch4"], held)
    assert "measures gases in turn" in notes(alone)


def test_columns_of_the_settings_go_before_all() -> None:
    columns = changed(CH4_dry=[9.0 + i for i in range(ROWS)])
    np.testing.assert_array_equal(read(columns, columns={"ch4": "ch4"}).gas_ppm["ch4"], GAS)


def test_a_gas_can_be_left_out_by_name() -> None:
    columns = changed(**{"CO2 (ppm)": [420.0 + i for i in range(ROWS)]})
    assert set(read(columns, columns={"co2": "ignore"}).gas_ppm) == {"ch4"}


def test_an_empty_direction_gives_way_to_one_that_is_filled() -> None:
    columns = {**changed(winddir=[None] * ROWS), "Wind Direction Avg": flight()["winddir"]}
    np.testing.assert_array_equal(direction(read(columns)), floats(flight()["winddir"]))


def test_one_isotope_stands_for_the_gas_by_its_natural_share() -> None:
    log = read(changed(("ch4",), **{"12CH4_dry": list(GAS * 0.9893), "13CH4": list(GAS * 0.0107)}))
    # there and back
    np.testing.assert_allclose(log.gas_ppm["ch4"], GAS, rtol=1e-14)
    assert "12C only" in notes(log)
    assert "'13CH4': rare isotopologues" in notes(log)


# --- wind ------------------------------------------------------------------------------------------------------------

TOWARDS = ["Wind Direction (towards)", "wind_to_direction", "winddir_to", "Wind dir towards [deg]", "风向（去向）"]


@pytest.mark.parametrize("header", TOWARDS)
def test_a_direction_towards_is_turned_and_told(header: str) -> None:
    columns = changed(("winddir",), **{header: list((floats(flight()["winddir"]) + 180.0) % 360.0)})
    # half a turn and back
    np.testing.assert_allclose(direction(read(columns)), floats(flight()["winddir"]), rtol=1e-13)
    assert "turned by 180" in notes(read(columns))
    np.testing.assert_array_equal(
        direction(read(columns)), direction(read(columns, wind={"direction_convention": "to"}))
    )


DIRECTIONS = [
    *(
        "WindDir_D1_WVT",
        "Wind Dir (deg true north)",
        "风向角",
        "瞬时风向(°)",
        "平均風向",
        "True Wind Direction",
        "WD_corr",
    ),
    *("GPS:Wind Direction", "Wind Direction Avg (deg)", "2分钟平均风向(度)", "winddir_vector_avg", "OSD.windDirection"),
]


@pytest.mark.parametrize("header", DIRECTIONS)
def test_the_vocabulary_of_directions(header: str) -> None:
    log = read({header if name == "winddir" else name: cells for name, cells in flight().items()})
    np.testing.assert_array_equal(direction(log), floats(flight()["winddir"]))


UNKNOWN = ["my winddirection", "WindDirXYZ", "风向foo", "Wind angle of site 7b", "Direction"]


@pytest.mark.parametrize("header", UNKNOWN)
def test_what_looks_like_a_direction_is_no_silence(header: str) -> None:
    columns = changed(("winddir",), **{header: flight()["winddir"]})
    fault = refused(columns)["unused_column"]
    assert fault.column == header
    np.testing.assert_array_equal(direction(read(columns, columns={"winddir": header})), floats(flight()["winddir"]))
    assert read(columns, columns={"winddir": "ignore"}).wind_from_deg is None


@pytest.mark.parametrize("header", ["Wind Gust Direction", "winddir_std", "WindDir_SD1_WVT", "风向标准差", "WD_QC"])
def test_statistics_of_a_direction_are_not_asked_about(header: str) -> None:
    assert read(changed(("winddir",), **{header: [7.0 + i for i in range(ROWS)]})).wind_from_deg is None


RELATIVE = ["Relative Wind Direction", "Apparent Wind Angle", "AIR:Direction", "RelWindDir", "wind direction rel (deg)"]


@pytest.mark.parametrize("header", RELATIVE)
def test_relative_wind_is_refused_unless_true_wind_is_there(header: str) -> None:
    relative: Cells = [7.0 + i for i in range(ROWS)]
    fault = refused(changed(("winddir",), **{header: relative}))["relative_wind"]
    assert "true wind" in fault.message
    assert "aircraft" in fault.message
    np.testing.assert_array_equal(direction(read(changed(**{header: relative}))), floats(flight()["winddir"]))


@given(st.floats(0.5, 12.0), st.floats(0.0, 359.0), st.floats(0.0, 15.0), st.floats(0.0, 359.0))
@settings(max_examples=25, deadline=None)
def test_apparent_wind_is_turned_by_heading_and_ground_speed(
    speed_m_s: float, from_deg: float, ground_m_s: float, heading_deg: float
) -> None:
    """True wind -> what an aircraft that flies nose first feels -> true wind."""
    east, north = -speed_m_s * np.sin(np.radians(from_deg)), -speed_m_s * np.cos(np.radians(from_deg))
    heading = np.radians(heading_deg)
    felt_east, felt_north = east - ground_m_s * np.sin(heading), north - ground_m_s * np.cos(heading)
    felt = float(np.hypot(felt_east, felt_north))
    angle = (np.degrees(np.arctan2(-felt_east, -felt_north)) - heading_deg) % 360.0
    columns = changed(
        ("windspeed", "winddir"),
        **{
            "Apparent Wind Speed (m/s)": [felt] * ROWS,
            "Apparent Wind Angle": [float(angle)] * ROWS,
            "heading": [heading_deg] * ROWS,
            "ground speed (m/s)": [ground_m_s] * ROWS,
        },
    )
    log = read(columns, wind={"source": "aircraft"})
    # sums of components of up to 27 m/s
    np.testing.assert_allclose(log.wind_speed_m_s, speed_m_s, rtol=1e-10)
    turn = (direction(log) - from_deg + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(turn, 0.0, atol=1e-9)


@pytest.mark.parametrize(("east", "north"), [("u", "v"), ("Um (m/s)", "Vm (m/s)"), ("Ux", "Uy")])
def test_components_of_an_unknown_frame_are_asked_about(east: str, north: str) -> None:
    angle = np.radians(floats(flight()["winddir"]))
    speed = floats(flight()["windspeed"])
    parts = {east: list(-speed * np.sin(angle)), north: list(-speed * np.cos(angle))}
    columns = changed(("windspeed", "winddir"), **parts)
    assert "open_frame" in refused(columns)
    log = read(columns, columns={"wind_east": east, "wind_north": north})
    # there and back through sines
    np.testing.assert_allclose(direction(log), floats(flight()["winddir"]), rtol=1e-12)
    np.testing.assert_allclose(log.wind_speed_m_s, speed, rtol=1e-12)


@pytest.mark.parametrize(
    ("east", "north"), [("wind_u", "wind_v"), ("eastward_wind", "northward_wind"), ("VWE", "VWN"), ("u_wind", "v_wind")]
)
def test_components_over_ground_point_where_the_wind_blows(east: str, north: str) -> None:
    log = read(changed(("windspeed", "winddir"), **{east: [3.0] * ROWS, north: [0.0] * ROWS}))
    np.testing.assert_allclose(direction(log), 270.0)


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["ppm-m", "ppm*m", "%LEL", "mg/m2", "V", "kg/h", "‰", "#/cm3"])
def test_a_unit_that_is_no_mole_fraction_is_refused_wherever_it_is_named(unit: str) -> None:
    columns = changed(("ch4",), **{f"CH4 ({unit})": flight()["ch4"]})
    for settings_ in ({}, {"columns": {"ch4": f"CH4 ({unit})"}}, {"units": {"ch4": unit}}):
        assert "no_fraction" in refused(columns, **settings_)
    beside = changed(**{f"CO2 ({unit})": [420.0 + i for i in range(ROWS)]})
    assert set(read(beside).gas_ppm) == {"ch4"}
    assert "no mole fraction" in notes(read(beside))


UNITS = [
    *(("pressure", "psi", 68.9475729), ("pressure", "mmHg", 1.33322387), ("pressure", "inHg", 33.8638866)),
    *(("windspeed", "kn", 0.514444444), ("windspeed", "km/h", 0.277777778), ("windspeed", "m s-1", 1.0)),
    *(("height_ato", "ft", 0.3048), ("height_ato", "cm", 0.01), ("ch4", "nmol mol-1", 1e-3), ("ch4", "µmol/mol", 1.0)),
    *(("ch4", "ppbv", 1e-3), ("ch4", "%VOL", 1e4), ("ch4", "mol/mol", 1e6), ("windspeed", "mph", 0.44704)),
]


@pytest.mark.parametrize(("name", "unit", "factor"), UNITS)
def test_units(name: str, unit: str, factor: float) -> None:
    cells = list(floats(flight()[name]) / factor)
    log = read({f"{name} [{unit}]" if key == name else key: cells if key == name else c for key, c in flight().items()})
    values = {"pressure": log.pressure_hpa, "windspeed": log.wind_speed_m_s, "height_ato": log.height_m}
    # the factors above have nine digits; a millimetre of mercury counts as 1/760 atm, 1.4e-7 off by definition
    np.testing.assert_allclose(values.get(name, log.gas_ppm["ch4"]), floats(flight()[name]), rtol=2e-7)


@pytest.mark.parametrize(("gas", "ppb"), [("c2h6", 2.0), ("co", 110.0), ("n2o", 335.0), ("nh3", 4.0), ("h2s", 3.0)])
def test_every_gas_without_unit_is_held_to_open_air(gas: str, ppb: float) -> None:
    columns = changed(**{gas: [ppb + 0.01 * i for i in range(ROWS)]})
    fault = refused(columns)["implausible_gas"]
    assert f"units: {{{gas}: ppb}}" in fault.message
    assert set(read(columns, units={gas: "ppb"}).gas_ppm) == {"ch4", gas}


def test_methane_in_percent_without_unit_is_no_ppm() -> None:
    assert "implausible_gas" in refused(changed(ch4=list(GAS * 1e-4)))


# --- codes -----------------------------------------------------------------------------------------------------------

CODES = [-7777.0, -8888.0, -9999.0, -888.0, -999.0, -99.99, 1e20, 9.96921e36, -1e34, -9999.99, -88888.0, -6999.0]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["ch4", "windspeed", "temperature", "pressure", "latitude", "height_ato"])
def test_a_code_is_no_value_in_any_column(name: str, code: float) -> None:
    if name == "height_ato" and code == -99.99:
        pytest.skip("a height may be that far below take-off")
    given = floats(flight()[name])
    given[4] = code
    log = read(changed(**{name: list(given)}))
    expected = read(changed(**{name: [None if i == 4 else c for i, c in enumerate(flight()[name])]}))
    assert log.size == expected.size
    np.testing.assert_array_equal(log.gas_ppm["ch4"], expected.gas_ppm["ch4"])
    np.testing.assert_array_equal(log.wind_speed_m_s, expected.wind_speed_m_s)


def test_codes_are_counted_and_told() -> None:
    cells = [-8888.0 if i % 10 == 3 else value for i, value in enumerate(GAS)]
    log = read(changed(ch4=cells))
    assert "'ch4' holds -8888 in 4 rows: codes for no value" in notes(log)
    assert np.isnan(log.gas_ppm["ch4"]).sum() == 4


@given(st.lists(st.floats(0.0, 12_000.0), min_size=1, max_size=30))
def test_what_a_gas_may_read_is_kept(values: list[float]) -> None:
    column = np.array(values)
    column.setflags(write=False)
    kept = ~is_code(column, "ch4", True)
    rounded = np.isin(
        np.round(column, 2), [999.0, 999.9, 999.99, 6999.0, 7777.0, 7999.0, 8888.0, 9999.0, 9999.9, 9999.99]
    )
    assert np.all(kept | rounded)


def test_a_gas_that_reaches_9999_keeps_it() -> None:
    rising = np.array([9000.0, 9500.0, 9999.0, 9998.0])
    assert not is_code(rising, "ch4", True).any()
    assert is_code(np.array([2000.0, 2100.0, 9999.0, 2050.0]), "ch4", True).tolist() == [False, False, True, False]


# --- air -------------------------------------------------------------------------------------------------------------


def test_a_log_without_air_takes_the_standard_atmosphere_at_its_altitude() -> None:
    altitude = [1200.0 + i for i in range(ROWS)]
    log = read(changed(("temperature", "pressure"), **{"altitude (m)": altitude}))
    assert log.assumed_air is not None
    assert log.assumed_air.names == ("temperature", "pressure")
    # ICAO Doc 7488: 7.2 degC and 877.2 hPa at 1,200 m
    assert log.temperature_c[0] == pytest.approx(7.2, abs=0.05)
    assert log.pressure_hpa[0] == pytest.approx(877.2, abs=0.1)
    assert "standard atmosphere at an altitude of" in notes(log)


def test_without_altitude_the_error_of_the_pressure_is_large() -> None:
    low = read(changed(("temperature", "pressure")))
    high = read(changed(("temperature", "pressure"), **{"altitude (m)": [1200.0 + i for i in range(ROWS)]}))
    assert low.assumed_air is not None
    assert high.assumed_air is not None
    assert low.assumed_air.pressure_error_hpa > 3.0 * high.assumed_air.pressure_error_hpa


def test_constants_of_the_settings_stand_for_columns_that_lack() -> None:
    log = read(changed(("temperature", "pressure")), air={"temperature": 21.5, "pressure": 986.0})
    np.testing.assert_array_equal(log.temperature_c, 21.5)
    np.testing.assert_array_equal(log.pressure_hpa, 986.0)
    both = read(changed(), air={"temperature": 21.5, "pressure": 986.0})
    np.testing.assert_array_equal(both.temperature_c, floats(flight()["temperature"]))
    assert both.assumed_air is None


@pytest.mark.parametrize("inside", ["GasP_torr", "CavityPressure", "Cell Pressure (mbar)", "气室压力(mbar)"])
def test_a_cell_is_no_air(inside: str) -> None:
    log = read(changed(("pressure",), **{inside: [140.0 + i for i in range(ROWS)]}))
    assert log.assumed_air is not None
    assert log.assumed_air.names == ("pressure",)


@pytest.mark.parametrize("board", ["BARO.Temp", "Board Temperature (C)", "电池温度(℃)", "CavityTemp", "Dew Point (C)"])
def test_a_board_or_a_cell_is_no_air(board: str) -> None:
    log = read(changed(("temperature",), **{board: [38.0 + 0.01 * i for i in range(ROWS)]}))
    assert float(log.temperature_c.max()) < 30.0
    assert log.assumed_air is not None


def test_a_doubtful_temperature_is_used_only_where_there_is_no_other_and_told() -> None:
    warm: Cells = [36.8 + 0.01 * i for i in range(ROWS)]
    alone = read(changed(("temperature",), AmbT_C=warm))
    np.testing.assert_array_equal(alone.temperature_c, floats(warm))
    assert "may be inside an instrument" in notes(alone)
    beside = read(changed(AmbT_C=warm))
    np.testing.assert_array_equal(beside.temperature_c, floats(flight()["temperature"]))
    assert beside.assumed_air is None


def test_a_pressure_that_is_not_read_is_no_silence() -> None:
    columns = changed(("pressure",), **{"Pressure (banana)": flight()["pressure"]})
    assert "'banana'" in refused(columns)["unused_column"].message
    assert read(columns, columns={"pressure": "ignore"}).assumed_air is not None
    np.testing.assert_array_equal(
        read(columns, columns={"pressure": "Pressure (banana)"}).pressure_hpa, floats(flight()["pressure"])
    )


@given(st.floats(-400.0, 10_000.0))
def test_the_standard_atmosphere_and_back(altitude_m: float) -> None:
    pressure = standard_pressure_hpa(np.array([altitude_m]))
    # a power and its inverse at 1e-16 of 1, times 44 km
    np.testing.assert_allclose(standard_altitude_m(pressure), altitude_m, atol=1e-8)


def test_the_standard_atmosphere_of_the_tables() -> None:
    altitude = np.array([0.0, 1000.0, 5000.0, 11_000.0])
    # ICAO Doc 7488, to its printed digits
    np.testing.assert_allclose(standard_pressure_hpa(altitude), [1013.25, 898.75, 540.20, 226.32], atol=0.006)
    np.testing.assert_allclose(standard_temperature_c(altitude), [15.0, 8.5, -17.5, -56.5], atol=1e-9)


# --- scaled whole numbers --------------------------------------------------------------------------------------------


def scaled(name: str, factor: float) -> list[int]:
    return [round(float(value) * factor) for value in floats(flight()[name])]


def test_whole_numbers_of_an_autopilot() -> None:
    columns = changed(
        ("height_ato", "winddir"),
        latitude=scaled("latitude", 1e7),
        longitude=scaled("longitude", 1e7),
        relative_alt=scaled("height_ato", 1000.0),
        temperature=scaled("temperature", 100.0),
        winddir=scaled("winddir", 100.0),
    )
    log = read(columns)
    # halves of the last whole number
    np.testing.assert_allclose(log.latitude_deg, floats(flight()["latitude"]), atol=0.5e-7)
    np.testing.assert_allclose(log.height_m, floats(flight()["height_ato"]), atol=0.5e-3)
    np.testing.assert_allclose(log.temperature_c, floats(flight()["temperature"]), atol=0.5e-2)
    np.testing.assert_allclose(direction(log), floats(flight()["winddir"]), atol=0.5e-2)
    assert "whole numbers" in notes(log)


def test_whole_metres_beside_plain_degrees_stay_metres() -> None:
    log = read(changed(("height_ato",), altitude=[1200 + i for i in range(ROWS)]))
    assert log.height_m[0] == 1200.0


# --- letters, words and brackets beside a name ------------------------------------------------------------------------


def test_a_bare_pressure_is_the_airs_where_its_values_are() -> None:
    bare = {"P (hPa)": flight()["pressure"], "T (degC)": flight()["temperature"]}
    log = read(changed(("pressure", "temperature"), **bare))
    np.testing.assert_array_equal(log.pressure_hpa, floats(flight()["pressure"]))
    np.testing.assert_array_equal(log.temperature_c, floats(flight()["temperature"]))
    cell = {"P (mbars)": [240.0 + i for i in range(ROWS)], "T (degC)": [45.0 + 0.01 * i for i in range(ROWS)]}
    inside = read(changed(("pressure", "temperature"), **cell))
    assert inside.assumed_air is not None
    assert inside.assumed_air.names == ("temperature", "pressure")
    assert float(inside.temperature_c.max()) < 30.0


def test_a_temperature_under_an_unknown_name_is_doubtful() -> None:
    log = read(changed(("temperature",), **{"Temperature foobar": flight()["temperature"]}))
    np.testing.assert_array_equal(log.temperature_c, floats(flight()["temperature"]))
    assert log.assumed_air is not None
    assert "'Temperature foobar'" in notes(log)


@pytest.mark.parametrize("header", ["dCH4", "pCO2", "CO2_density", "CH4 (foo/bar)", "CH4_hangarwise", "CO2 (#/m2)"])
def test_what_may_be_another_quantity_is_told_and_not_computed(header: str) -> None:
    log = read(changed(**{header: [420.0 + i for i in range(ROWS)]}))
    assert set(log.gas_ppm) == {"ch4"}
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    assert header in log.report.ignored_columns


@pytest.mark.parametrize(("east", "north"), [("Wind X", "Wind Y"), ("windX", "windY"), ("wind_x", "wind_y")])
def test_components_along_unknown_axes_are_no_speed(east: str, north: str) -> None:
    assert "open_frame" in refused(changed(("windspeed", "winddir"), **{east: [3.0] * ROWS, north: [1.0] * ROWS}))


def test_a_relative_altitude_counts_from_take_off() -> None:
    log = read(changed(("height_ato",), alt_rel=flight()["height_ato"]))
    assert log.height_reference == "ato"


@pytest.mark.parametrize("unit", ["#/cm3", "cm-3", "mg/kg", "ppmw", "ug/kg", "furlong/s"])
def test_a_written_unit_that_is_no_mole_fraction_is_never_ppm(unit: str) -> None:
    assert "no_fraction" in refused(changed(("ch4",), **{f"CH4 ({unit})": flight()["ch4"]}))


def test_a_gas_temperature_is_the_cells() -> None:
    log = read(changed(("temperature",), **{"Gas Temp (C)": [45.0 + 0.01 * i for i in range(ROWS)]}))
    assert float(log.temperature_c.max()) < 30.0


def test_torr_without_unit_are_seen_where_the_altitude_tells() -> None:
    torr = list(floats(flight()["pressure"]) * 760.0 / 1013.25)
    beside = changed(pressure=torr, **{"altitude (m)": [1120.0 + i for i in range(ROWS)]})
    assert "units: {pressure: torr}" in refused(beside)["implausible_pressure"].message
    assert read(changed(**{"altitude (m)": [1120.0 + i for i in range(ROWS)]})).assumed_air is None
    sea = read(changed(pressure=[760.0 + 0.01 * i for i in range(ROWS)]))
    assert "If it is torr" in notes(sea)


@pytest.mark.parametrize(("latitude", "longitude"), [("Lat (S)", "Lon (W)"), ("latitude_S", "longitude_W")])
def test_degrees_to_the_south_and_west_count_below_zero(latitude: str, longitude: str) -> None:
    positive = list(-floats(flight()["longitude"]))
    log = read(changed(("latitude", "longitude"), **{latitude: flight()["latitude"], longitude: positive}))
    np.testing.assert_array_equal(log.longitude_deg, floats(flight()["longitude"]))
    np.testing.assert_array_equal(log.latitude_deg, -floats(flight()["latitude"]))


def test_radians_without_a_unit_are_asked_about_and_the_cure_works() -> None:
    degrees = (9.0 * np.arange(ROWS) + 3.0) % 360.0
    cells = changed(("winddir",), winddir=list(np.radians(degrees)))
    assert "rad" in refused(cells)["implausible_direction"].message
    np.testing.assert_allclose(direction(read(cells, units={"winddir": "rad"})), degrees, rtol=1e-9)
    np.testing.assert_allclose(direction(read(changed(("winddir",), winddir=list(degrees)))), degrees, rtol=1e-9)


def test_a_northerly_wind_in_degrees_is_no_radians() -> None:
    degrees = 3.0 + 1.4 * np.sin(np.arange(ROWS))
    np.testing.assert_allclose(direction(read(changed(("winddir",), winddir=list(degrees)))), degrees, rtol=1e-12)


def test_a_code_beyond_two_circles_is_no_direction() -> None:
    """990 means variable in weather reports; modulo 360 it would be a wind from the west."""
    cells = list(floats(flight()["winddir"]))
    cells[5] = 990.0
    assert refused(changed(("winddir",), winddir=cells))["out_of_range"].row == 7


@pytest.mark.parametrize("header", ["LEL as CH4 (%)", "C3H8 equivalent (ppm)", "CH4 LEL", "CH4 equiv. (ppm)"])
def test_what_is_told_as_a_gas_is_not_that_gas(header: str) -> None:
    log = read({**flight(), header: flight()["ch4"]})
    np.testing.assert_array_equal(log.gas_ppm["ch4"], GAS)
    assert list(log.gas_ppm) == ["ch4"]
    assert header in log.report.ignored_columns


# --- positions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("latitude", -1.0), ("longitude", -1.0), ("height_ato", -900.0), ("height_ato", 5_000.0)],
    ids=["code for no latitude", "code for no longitude", "height below all", "height above all"],
)
@pytest.mark.parametrize("row", [0, ROWS // 2, ROWS - 1])
def test_a_place_the_flight_cannot_have_been_at_is_a_fault(name: str, wrong: float, row: int) -> None:
    """One such row is a curtain as long as the way there: the rate grows with it."""
    cells = list(floats(flight()[name]))
    cells[row] = wrong
    fault = refused(changed((name,), **{name: cells}))["out_of_place"]
    assert (fault.row, fault.count) == (row + 2, 1)
    kept = read(changed((name,), **{name: cells}), out_of_range="drop")
    assert kept.report.rows_dropped["position out of range"] == 1
    assert kept.size == read(flight()).size - 1


def test_a_flight_across_the_antimeridian_stays_in_its_place() -> None:
    east = floats(flight()["longitude"])
    moved = (east - east.mean() + 180.0 + 180.0) % 360.0 - 180.0
    assert read(changed(("longitude",), longitude=list(moved))).size == read(flight()).size
