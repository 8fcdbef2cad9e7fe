"""Each layout of docs/INSTRUMENTS.md is read: the columns of the flight come out as they went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flight_files import START, Cells, flight, times
from instrument_layouts import HEIGHTS, LAYOUTS, Layout, sources, table_row

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.reading.flight_file import inspect_flight, read_flight
from gasflux.records import FlightLog, FloatArray

READ = [layout for layout in LAYOUTS if not layout.fault]
REFUSED = [layout for layout in LAYOUTS if layout.fault]


def named(layouts: list[Layout]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("layout", layouts, ids=[layout.name for layout in layouts])


def added(layout: Layout) -> dict[str, Cells]:
    """What the log lacks, under the names of the contract, as a user would add it."""
    names = ["height_ato" if name == "height" else "ch4" if name == "gas" else name for name in layout.lacks]
    return {name: flight()[name] for name in names}


def values(log: FlightLog, name: str) -> FloatArray:
    """Column of the log by its name in `sources`."""
    if name in ("wind_east", "wind_north"):
        assert log.wind_from_deg is not None
        angle = np.radians(log.wind_from_deg)
        return -log.wind_speed_m_s * (np.sin(angle) if name == "wind_east" else np.cos(angle))
    fields = {"latitude": "latitude_deg", "longitude": "longitude_deg", "windspeed": "wind_speed_m_s"}
    fields |= {"winddir": "wind_from_deg", "temperature": "temperature_c", "pressure": "pressure_hpa"}
    fields |= dict.fromkeys(HEIGHTS, "height_m")
    column: FloatArray = getattr(log, fields[name]) if name in fields else log.gas_ppm[name]
    return column


@named(READ)
def test_layout_is_read(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(layout.data(added(layout)))
    log = read_flight(path, PipelineConfig.model_validate(layout.settings))
    height = f"height_{log.height_reference}".replace("height_altitude", "altitude")
    # 1e-6 of the value: what whole numbers of 1e-7 degrees keep of a latitude, and prints of 12 digits keep of all else
    felt = ("apparent_speed", "apparent_direction", "heading", "ground_speed")
    names = [name for name in layout.held if name not in felt]
    if layout.held.keys() & set(felt):
        names += ["windspeed", "winddir"]
    for name in names:
        if name not in HEIGHTS or name == height:
            np.testing.assert_allclose(values(log, name), sources()[name], rtol=1e-6, atol=2e-3, err_msg=name)
    gases = set(log.gas_ppm)
    assert gases == {name for name in layout.held if name in gases} | ({"ch4"} if "gas" in layout.lacks else set())
    # to whole seconds where the instrument writes no more
    assert abs((log.start_utc - np.datetime64(START)) / np.timedelta64(1, "s")) <= 1.0
    assert log.size == len(times())
    assert log.assumed_air is None


@named(READ)
def test_what_the_table_says_must_be_added_must_be(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(layout.data({}))
    inspection = inspect_flight(path, PipelineConfig.model_validate(layout.settings))
    missing = {"height" if fault.column == "height_ato" else fault.column for fault in inspection.faults}
    needed = {name for name in layout.lacks if name in ("latitude", "longitude", "height", "windspeed")}
    assert missing == needed | ({"ch4"} if "gas" in layout.lacks else set())
    if not missing:
        assert inspection.log is not None
        assert (inspection.log.assumed_air is None) == (not {"temperature", "pressure"} & set(layout.lacks))
        assert (inspection.log.wind_from_deg is None) == ("winddir" in layout.lacks)


@named(REFUSED)
def test_layout_is_refused(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    left_out = ("ch4",) if layout.fault == "no_fraction" else ("windspeed", "winddir")
    path.write_bytes(layout.data({name: cells for name, cells in added(layout).items() if name not in left_out}))
    inspection = inspect_flight(path, PipelineConfig.model_validate(layout.settings))
    assert layout.fault in {fault.code for fault in inspection.faults}


@pytest.mark.parametrize("name", ["INSTRUMENTS.md", "INSTRUMENTS.zh-CN.md"])
def test_the_table_of_the_docs_is_that_of_the_layouts(name: str) -> None:
    """Where it fails: ``PYTHONPATH=src python tests/instrument_layouts.py [zh]`` prints the rows."""
    text = (Path(__file__).parents[1] / "docs" / name).read_text(encoding="utf-8")
    rows = [table_row(layout, "zh" in name) for layout in LAYOUTS]
    assert len(rows) >= 60
    assert [line for line in text.splitlines() if line in set(rows)] == rows


def test_each_layout_stands_there_once() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
