"""Result files: the schema of output_vars, strict JSON, tables that add up, maps that programs accept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from builders import flight_result
from result_tables import grid_frame, processed_frame

from gasflux.records import FlightResult
from gasflux.results.maps import MAX_MAP_POINTS, every_nth_row, flight_geojson, flight_kml
from gasflux.results.output_vars import number, output_vars, to_json

KML = "{http://www.opengis.net/kml/2.2}"

FLIGHT_KEYS = [
    "strategy",
    "duration_s",
    "sample_hz",
    "transects",
    "plane_azimuth_deg",
    "length_m",
    "height_min_m",
    "height_max_m",
    "ground_height_m",
    "wind_mean_m_s",
    "wind_from_deg",
    "wind_normal_mean_m_s",
    "wind_angle_to_plane_deg",
    "temperature_mean_c",
    "pressure_mean_hpa",
]
GAS_KEYS = [
    "flux_kg_h",
    "flux_std_kg_h",
    "flux_interval_kg_h",
    "uncertainty_kg_h",
    "flux_below_lowest_sample_kg_h",
    "flux_above_highest_sample_kg_h",
    "flux_positive_kg_h",
    "flux_negative_kg_h",
    "detection_limit_kg_h",
    "detected",
    "flux_upper_bound_kg_h",
    "background",
    "variogram",
    "grid",
    "quality",
]
PARTS = {
    "flux_interval_kg_h": ["level", "low", "high"],
    "background": ["algorithm", "mean_ppm", "noise_ppm", "points", "signal_points"],
    "variogram": ["model", "range_m", "sill", "nugget", "vertical_range_m", "lags_m", "experimental", "pairs"],
    "grid": ["nx", "nz", "dx_m", "dz_m", "x0_m", "z0_m"],
    "quality": ["grade", "flags"],
}


@pytest.fixture(scope="module")
def curtain() -> FlightResult:
    return flight_result()


@pytest.fixture(scope="module")
def curtains() -> FlightResult:
    return flight_result(segments=3)


def test_schema_of_one_curtain(curtain: FlightResult) -> None:
    document = output_vars(curtain)
    assert list(document) == ["schema", "run", "input", "flight", "trace", "gases"]
    assert document["schema"] == "gasflux.output_vars/1"
    assert list(document["run"]) == ["version", "started_at", "finished_at", "duration_s", "stages_s"]
    assert list(document["input"]) == ["name", "sha256", "rows_read", "rows_used", "rows_dropped"]
    assert list(document["flight"]) == FLIGHT_KEYS
    for gas in document["gases"].values():
        assert list(gas) == GAS_KEYS
        for part, keys in PARTS.items():
            assert list(gas[part]) == keys
        for flag in gas["quality"]["flags"]:
            assert list(flag) == ["code", "severity", "message", "advice"]


def test_a_spiral_has_a_radius_in_place_of_an_azimuth() -> None:
    flight = output_vars(flight_result(strategy="spiral"))["flight"]
    assert list(flight) == ["radius_m" if key == "plane_azimuth_deg" else key for key in FLIGHT_KEYS]
    assert flight["radius_m"] > 0.0


def test_several_curtains_stand_under_segments(curtains: FlightResult) -> None:
    document = output_vars(curtains)
    assert list(document) == ["schema", "run", "input", "flight", "trace", "gases", "segments"]
    for segment in document["segments"]:
        assert list(segment) == ["start", "end", "flight", "gases"]
        assert list(segment["flight"]) == FLIGHT_KEYS
        assert all(list(gas) == GAS_KEYS and gas["grid"]["nx"] > 1 for gas in segment["gases"].values())
    for name, gas in document["gases"].items():
        assert list(gas) == GAS_KEYS
        assert gas["flux_kg_h"] == number(curtains.gases[name].flux_kg_h)
        assert gas["grid"] is None
        assert gas["variogram"] is None


def _broken(result: FlightResult) -> FlightResult:
    """The result with figures that are not known."""
    summary = replace(result.summary, wind_from_deg=None, ground_height_m=float("nan"))
    segment = result.segments[0]
    gases = {
        name: replace(
            gas,
            detection_limit_kg_h=float("inf"),
            variogram=replace(gas.variogram, experimental=np.full_like(gas.variogram.experimental, np.nan)),
        )
        for name, gas in segment.gases.items()
    }
    return replace(result, summary=summary, segments=(replace(segment, gases=gases),))


def test_what_is_not_known_is_null(curtain: FlightResult) -> None:
    document = json.loads(to_json(output_vars(_broken(curtain))), parse_constant=pytest.fail)
    assert document["flight"]["wind_from_deg"] is None
    assert document["flight"]["ground_height_m"] is None
    gas = next(iter(document["gases"].values()))
    assert gas["detection_limit_kg_h"] is None
    assert set(gas["variogram"]["experimental"]) == {None}


def test_json_refuses_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"a": math.nan})


def test_only_the_run_block_differs_between_runs(curtain: FlightResult) -> None:
    later = replace(curtain, started_at="2031-01-01T00:00:00Z", finished_at="2031-01-01T01:00:00Z", stages_s={"x": 9.0})
    first, second = output_vars(curtain), output_vars(later)
    assert first.pop("run") != second.pop("run")
    assert to_json(first) == to_json(second)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (math.nan, None),
        (-math.inf, None),
        (0.1 + 0.2, 0.3),
        (1.23456789012e-12, 1.23456789e-12),
        (3, 3.0),
    ],
)
def test_a_figure_is_written_with_nine_digits(value: float | None, written: float | None) -> None:
    assert number(value) == written


def test_processed_has_a_row_per_sample_and_adds_up(curtain: FlightResult) -> None:
    frame = processed_frame(curtain)
    assert len(frame) == curtain.log.size
    for column in ("time", "x_m", "y_m", "phase", "segment", "transect", "along_m", "offset_m", "wind_normal_m_s"):
        assert column in frame
    on_surface = frame["segment"].notna()
    assert on_surface.sum() == curtain.segments[0].segment.rows.size
    assert (frame.loc[on_surface, "transect"] >= 1).all()
    for name, gas in curtain.segments[0].gases.items():
        # Rounding to seven digits moves a sum of n figures by less than n times half a unit of the seventh digit.
        rounding = 0.5e-6 * float(np.nansum(np.abs(gas.flux_contribution_kg_h))) + 1e-12
        total = frame[f"{name}_flux_contribution_kg_h"].sum()
        assert total == pytest.approx(float(np.nansum(gas.flux_contribution_kg_h)), abs=rounding)
        rest = frame[f"{name}_ppm"] - frame[f"{name}_baseline_ppm"] - frame[f"{name}_enhancement_ppm"]
        # Three figures of some 500 ppm, each rounded to seven digits.
        assert rest.abs().max() < 2e-4


def test_processed_of_a_flight_without_direction_lets_the_column_out() -> None:
    frame = processed_frame(flight_result(measured_direction=False))
    assert "winddir_deg" not in frame
    assert frame["wind_east_m_s"].notna().sum() == frame["segment"].notna().sum()


def test_grid_has_every_cell(curtain: FlightResult, curtains: FlightResult) -> None:
    gas = next(iter(curtain.gases))
    grid = curtain.segments[0].gases[gas].grid
    frame = grid_frame(curtain, gas)
    assert list(frame) == ["x_m", "z_m", "flux_density_kg_m2_h", "std_kg_m2_h"]
    # The sum over cells times their area is the integral of the grid, to the seven digits that are written.
    integral = frame["flux_density_kg_m2_h"].sum() * grid.dx_m * grid.dz_m
    assert integral == pytest.approx(float(np.nansum(grid.flux_density_kg_m2_h)) * grid.dx_m * grid.dz_m, rel=1e-6)
    several = grid_frame(curtains, gas)
    assert sorted(several["segment"].unique()) == [1, 2, 3]


@pytest.mark.parametrize("samples", [1, 2, 4_999, 5_000, 5_001, 9_999, 10_000, 1_000_003])
def test_a_map_keeps_first_and_last_and_its_limit(samples: int) -> None:
    rows, step = every_nth_row(samples)
    assert rows[0] == 0
    assert rows[-1] == samples - 1
    assert rows.size <= MAX_MAP_POINTS
    assert np.all(np.diff(rows)[:-1] == step)
    assert step == 1 or samples > MAX_MAP_POINTS


def test_geojson_is_rfc_7946(curtain: FlightResult) -> None:
    document: dict[str, Any] = json.loads(json.dumps(flight_geojson(curtain), allow_nan=False))
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document  # removed by RFC 7946, section 4
    west, south, east, north = document["bbox"]
    path, *points = document["features"]
    assert path["geometry"]["type"] == "LineString"
    assert len(points) == curtain.log.size
    for point in points:
        longitude, latitude = point["geometry"]["coordinates"]
        assert west <= longitude <= east
        assert south <= latitude <= north
        assert {"time", "height_m", "phase"} < point["properties"].keys()


def test_geojson_is_cut_at_the_antimeridian(curtain: FlightResult) -> None:
    log = curtain.log
    offset = log.longitude_deg - log.longitude_deg.mean()
    crossing = replace(curtain, log=replace(log, longitude_deg=offset % 360.0 - 180.0))
    document = flight_geojson(crossing)
    geometry = document["features"][0]["geometry"]
    assert geometry["type"] == "MultiLineString"
    for line in geometry["coordinates"]:
        # A piece is as long as the flight at most.
        assert np.ptp([point[0] for point in line]) <= np.ptp(offset) + 1e-6
    west, _, east, _ = document["bbox"]
    assert west > 0.0 > east


def test_kml_is_well_formed_and_complete(curtain: FlightResult) -> None:
    root = ElementTree.fromstring(flight_kml(curtain))
    assert root.tag == f"{KML}kml"
    folders = root.findall(f"{KML}Document/{KML}Folder")
    assert len(folders) == len(curtain.gases)
    styles = {f"#{style.get('id')}" for style in root.iter(f"{KML}Style")}
    for folder in folders:
        marks = folder.findall(f"{KML}Placemark")
        assert {mark.findtext(f"{KML}styleUrl") for mark in marks} <= styles
        assert {mark.findtext(f"{KML}LineString/{KML}altitudeMode") for mark in marks} == {"relativeToGround"}
        pieces = [str(mark.findtext(f"{KML}LineString/{KML}coordinates")).split() for mark in marks]
        assert all(len(piece) >= 2 for piece in pieces)
        assert all(before[-1] == after[0] for before, after in pairwise(pieces))
        assert sum(len(piece) - 1 for piece in pieces) == curtain.log.size - 1
        spans = [
            (mark.findtext(f"{KML}TimeSpan/{KML}begin"), mark.findtext(f"{KML}TimeSpan/{KML}end")) for mark in marks
        ]
        assert all(str(begin) < str(end) for begin, end in spans)
