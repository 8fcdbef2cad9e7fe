"""What docs/METHODS.md names is what runs: every function in it is called when a flight is processed.

A page that explains a function nobody calls explains another program than the one that is used.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, reduce
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from click.testing import CliRunner
from markdown_pages import ROOT, Page
from pydantic import BaseModel

import gasflux
from gasflux.cli.commands import cli
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.data_processor import process_file, process_flight
from gasflux.ml import train
from gasflux.processing_pipelines import process_log
from gasflux.simulation import Scenario, simulate, to_frame, to_log
from gasflux.simulation.files import write_simulated
from gasflux.simulation.several_files import InstrumentClocks, instrument_records, write_instruments
from tools.house import public_names

METHODS = Page(ROOT / "docs" / "METHODS.md")
PACKAGE = Path(gasflux.__file__).parent
CODE = re.findall(r"`([^`\n]+)`", METHODS.prose)
MODULES = sorted({name for name in CODE if re.fullmatch(r"[\w/]+\.py", name)})
DATA_FILES = (".csv", ".json", ".yaml")

OTHER_DOORS = {
    "fusion.clocks.zones_s": "fusing",
    "fusion.plume_passes.plume_offset": "fusing",
    "fusion.resampling.resampled": "fusing",
    "fusion.shared_series.offset_between": "fusing",
    "ml.py": "training",
    "rate.error_budget.degrees_of_freedom_behind": "combining",
    "rate.flights.compare_flights": "combining",
    "rate.same_flight.repeated": "combining",
    "rate.trace.flight_trace": "combining",
    "rate.trace.shares_moments": "combining",
    "reading.values.air.fill_air": "reading",
    "reading.values.aircraft_wind.wind_over_ground": "reading",
    "reading/read_columns.py": "reading",
    "results.report.numbers.upper_bound": "combining",
}
"""What belongs to another work than to process a log, with the work; all else is called by `process_log`."""


def is_setting(name: str) -> bool:
    """Tell whether a dotted name is a setting of the processing."""
    section: Any = PipelineConfig
    for part in name.split("."):
        if not (isinstance(section, type) and issubclass(section, BaseModel) and part in section.model_fields):
            return False
        section = section.model_fields[part].annotation
    return True


def functions() -> list[str]:
    """Return the dotted names of the page that are neither settings nor files of data."""
    dotted = {name for name in CODE if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", name)} - set(MODULES)
    return sorted(name for name in dotted if not name.endswith(DATA_FILES) and not is_setting(name))


def code_of(name: str) -> CodeType:
    """Return the code that a name of the page stands for: `module.function`, or `Class.method` of a public class."""
    owner, _, rest = name.partition(".")
    if owner in public_names():
        (module,) = public_names()[owner]
        found = reduce(getattr, rest.split("."), getattr(import_module(f"gasflux.{module}"), owner))
    else:
        module, _, rest = name.rpartition(".")
        found = getattr(import_module(f"gasflux.{module}"), rest)
    function: Any = found.fget if isinstance(found, property) else found
    code: CodeType = unwrap(function).__code__
    return code


@contextmanager
def watched(called: set[CodeType]) -> Iterator[None]:
    """Gather every piece of Python code that is entered."""

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


SMALL = Scenario(transects=6, top_m=20.0, seed=1)
"""Some three hundred samples."""

FLIGHTS = {
    "a curtain": SMALL,
    "a spiral": replace(SMALL, path="spiral"),
    "several curtains": replace(SMALL, curtains=2, curtain_spacing_m=30.0),
    "a box flown by an aeroplane": Scenario(
        path="box",
        curtain_length_m=3000.0,
        box_depth_m=2000.0,
        ground_speed_m_s=60.0,
        turn_radius_m=300.0,
        top_m=300.0,
        lowest_pass_m=50.0,
        transects=3,
        ferry_m=20_000.0,
    ),
}

SETTINGS: dict[str, dict[str, Any]] = {
    "phases by the classifier": {"filters": {"phase": "ml"}},
    "the flight's own wind profile": {"wind": {"log_profile": True}},
    **{f"ground: {name}": {"ground": {"method": name}} for name in ("wind-profile", "constant", "linear", "none")},
}
"""The settings of which the page says what they do."""


def processing(_: Path) -> None:
    """Process flights of every shape, and one under every setting the page speaks of."""
    for scenario in FLIGHTS.values():
        process_log(to_log(simulate(scenario)), load_pipeline_config(None))
    for settings in SETTINGS.values():
        process_log(to_log(simulate(SMALL)), load_pipeline_config(settings))
    process_log(replace(to_log(simulate(SMALL)), wind_from_deg=None), load_pipeline_config(None))
    process_log(replace(to_log(simulate(SMALL)), height_reference="altitude"), load_pipeline_config(None))


def reading(_: Path) -> None:
    """Read a log whose wind was measured on the aircraft, and that has no temperature."""
    frame = to_frame(simulate(SMALL)).drop(columns=["windspeed", "winddir", "temperature"])
    # The air comes from ahead at 5 m/s and moves to the right at 5 m/s: over ground, a west wind of 5 m/s.
    own = frame.assign(u=-5.0, v=5.0, heading=0.0, speed=5.0)
    process_flight(own, load_pipeline_config({"wind": {"source": "aircraft"}}))


def fusing(folder: Path) -> None:
    """Read what three instruments logged of a flight."""
    paths = write_instruments(instrument_records(SMALL, InstrumentClocks(25.0)), folder, "plain", "steady")
    process_flight(paths)


def reporting(folder: Path) -> None:
    """Write the report of a flight."""
    process_into(folder / "one", seed=1)


def combining(folder: Path) -> None:
    """Take the results of two flights together on the command line."""
    results = [str(process_into(folder / str(seed), seed=seed)) for seed in (1, 2)]
    done = CliRunner().invoke(cli, ["combine", *results], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def process_into(folder: Path, seed: int) -> Path:
    folder.mkdir()
    log = folder / "flight.csv"
    write_simulated(simulate(replace(SMALL, seed=seed)), log, "steady")
    return process_file(log, load_pipeline_config(None), folder / "out", figures=False).output_dir


def training(_: Path) -> None:
    """Train a classifier of phases."""
    train(flights=2)


DOORS: dict[str, Callable[[Path], None]] = {
    door.__name__: door for door in (processing, reading, fusing, reporting, combining, training)
}


@pytest.fixture(scope="module")
def called_by(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], frozenset[CodeType]]:
    """What a door's work enters; each is opened once."""

    @cache
    def through(door: str) -> frozenset[CodeType]:
        called: set[CodeType] = set()
        folder = tmp_path_factory.mktemp(door)
        with watched(called):
            DOORS[door](folder)
        return frozenset(called)

    return through


CalledBy = Callable[[str], frozenset[CodeType]]


def test_the_page_names_functions() -> None:
    """A mistake in `functions` would make the tests below hold of nothing."""
    assert {"processing_pipelines.process_log", "gas.density_kg_m3", "Background.noise_std"} <= set(functions())
    assert {"records.py", "ml.py"} <= set(MODULES)
    assert OTHER_DOORS.keys() <= {*functions(), *MODULES}


@pytest.mark.parametrize("name", functions())
def test_every_function_of_the_page_is_called(name: str, called_by: CalledBy) -> None:
    door = OTHER_DOORS.get(name, "processing")
    assert code_of(name) in called_by(door), f"METHODS names {name}, which {door} does not call"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_of_the_page_works(name: str, called_by: CalledBy) -> None:
    """Some function of it is called, unless it is a table and has none."""
    path = PACKAGE / name
    assert path.is_file()
    door = OTHER_DOORS.get(name, "processing")
    inside = {code.co_name for code in called_by(door) if Path(code.co_filename) == path} - {"<module>"}
    assert inside or not re.search(r"(?m)^\s*def ", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(OTHER_DOORS))
def test_no_other_door_is_named_without_need(name: str, called_by: CalledBy) -> None:
    processing_calls = called_by("processing")
    if name in MODULES:
        assert not [code for code in processing_calls if Path(code.co_filename) == PACKAGE / name]
    else:
        assert code_of(name) not in processing_calls
