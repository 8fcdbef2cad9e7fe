"""The imports run one way, heavy libraries stay with their owners, and importing does nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_pages import ROOT, Page

from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated
from tools import house

MODULES = {name: path for name, path in house.modules().items() if path.name != "__init__.py"}

FLOORS = (
    {"__main__"},
    {"cli"},
    {"server"},
    {"app"},
    {"blueprints"},
    {"auth"},
    {"api"},
    {"shared", "service.watch"},
    {"service", "service.safekeeping"},
    {"janitor", "service.callbacks", "service.uploads"},
    {"service.tasks"},
    {"service.keys"},
    {"db", "config_reader", "client"},
    {"jobs"},
    {"data_processor", "inspection"},
    {"plotting", "reporting", "results"},
    {"results.report"},
    {"results.figures"},
    {"processing_pipelines", "ml"},
    {"grading"},
    {"rate"},
    {"background", "interpolation", "processing", "simulation"},
    {"baselines", "flight", "instruments", "reading", "surface"},
    {"fusion"},
    {"configuration", "gas", "numerics"},
    {"constants", "errors", "records", "storage", "version"},
    {"wording"},
)
"""Rooms from the top floor down. A module imports from its own room, without a circle, or from a lower floor."""

MOST_ROOT_MODULES = 26
MOST_FILES_IN_A_FOLDER = 18
LONGEST_CHAIN = 12
"""What somebody who opens the tree can still take in at a glance: figures of the trees in which one finds one's way."""

OWNERS = {
    "flask": ("app", "api.", "auth", "server.", "shared", "blueprints."),
    "limits": ("service.keys.rate_limit",),
    "prometheus_client": ("service.watch.metrics",),
    "waitress": ("server.",),
    "filelock": ("service.safekeeping.data_lock",),
    "dask": ("jobs.dask_session",),
    "distributed": ("jobs.dask_session", "jobs.dask_worker"),
    "multiprocessing": ("cli.commands", "jobs.child", "jobs.child_main"),
    "netCDF4": ("results.netcdf",),
    "matplotlib": ("plotting", "results.figures."),
    "sqlite3": ("db",),
    "skgstat": ("surface.variogram",),
    "sklearn": ("ml",),
    "pybaselines": ("baselines.algorithms",),
    "pyproj": ("flight.geometry",),
    "python_calamine": ("reading.",),
    "requests": ("client.",),
    "click": ("cli.",),
}
"""Library -> beginnings of the names of the modules that may import it."""


def room_of(module: str) -> str:
    """Return the room of a module: the longest name of a floor that it begins with."""
    rooms = [room for floor in FLOORS for room in floor if module == room or module.startswith(f"{room}.")]
    assert rooms, f"{module} stands on no floor of {Path(__file__).name}; put it where it belongs"
    return max(rooms, key=len)


def floor_of(room: str) -> int:
    """Return the number of a room's floor from the top."""
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


IMPORTS = house.imports()


def test_imports_run_downward() -> None:
    upward = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        for other in sorted(others)
        if (here := room_of(module)) != (there := room_of(other)) and floor_of(here) >= floor_of(there)
    ]
    assert not upward


def test_the_tree_can_be_taken_in_at_a_glance() -> None:
    assert len(house.root_modules()) <= MOST_ROOT_MODULES
    assert not {folder: count for folder, count in house.folders().items() if count > MOST_FILES_IN_A_FOLDER}
    chain = house.longest_chain(house.imports(at_module_level=True))
    assert len(chain) <= LONGEST_CHAIN, " -> ".join(chain)


def test_each_public_name_exists_once() -> None:
    assert not house.twice()


def test_no_circle() -> None:
    remaining = dict(IMPORTS)
    while leaves := [module for module, needs in remaining.items() if not needs & remaining.keys()]:
        for module in leaves:
            del remaining[module]
    assert not remaining, f"these import each other in a circle: {sorted(remaining)}"


@cache
def imports_in(module: str) -> tuple[tuple[str, int], ...]:
    """Return what a module imports; walking the package anew for every library took a second each."""
    return tuple(house.imported_names(MODULES[module]))


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_library_stays_with_its_owner(library: str) -> None:
    strangers = [
        f"{module}:{line}"
        for module in MODULES
        for name, line in imports_in(module)
        if name.split(".")[0] == library and not module.startswith(OWNERS[library])
    ]
    assert not strangers


def test_nobody_uses_pyplot() -> None:
    assert not [module for module in MODULES if "pyplot" in {name.split(".")[-1] for name, _ in imports_in(module)}]


@pytest.mark.parametrize("module", sorted(module for module in MODULES if module not in ("cli.commands", "__main__")))
def test_library_neither_prints_nor_exits(module: str) -> None:
    calls = [
        node for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    names = {ast.unparse(call.func) for call in calls}
    assert not names & {"print", "sys.exit", "exit", "quit", "breakpoint", "logging.basicConfig"}


def test_broad_excepts_stand_at_boundaries_only() -> None:
    """A job, here or on a cluster, a figure, a sweep, the end of the command line, a panic of the Excel library, whose
    class has no name.
    """
    broad = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    }
    jobs = {"jobs.batch", "jobs.dask_executor", "jobs.dask_worker", "jobs.child_main", "jobs.drawing"}
    assert (
        broad
        <= {"cli.run_flights", "cli.commands", "janitor", "reading.files.workbooks", "service.tasks.runner"} | jobs
    )


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter has loaded after a statement."""
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


HEAVY = {"flask", "matplotlib", "skgstat", "sklearn", "scipy", "pandas", "numpy", "pyproj", "pybaselines", "numba"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import gasflux") & (HEAVY | {"yaml", "pydantic", "click"})


def test_importing_the_command_line_loads_no_science() -> None:
    assert not loaded_after("import gasflux.cli.commands") & HEAVY


def test_importing_the_pipeline_loads_no_pictures_and_no_service() -> None:
    unwanted = {"flask", "matplotlib", "skgstat", "sklearn", "numba", "sqlite3"}
    assert not loaded_after("import gasflux.data_processor") & unwanted


def test_processing_a_short_log_loads_neither_pandas_nor_pictures(tmp_path: Path) -> None:
    """Loading them would take as long as the flight: ``python -m tools.import_cost pandas pybaselines``."""
    log, output = tmp_path / "flight.csv", tmp_path / "out"
    write_simulated(simulate(Scenario(seed=3)), log, "flight")
    unwanted = {"scipy", "pandas", "pybaselines", "matplotlib", "sklearn", "skgstat", "numba", "flask", "sqlite3"}
    arguments = ["process", str(log), "--no-figures", "--output", str(output)]
    assert not loaded_after(f"from gasflux.cli.commands import cli; cli({arguments}, standalone_mode=False)") & unwanted
    assert list(output.rglob("output_vars.json"))


@pytest.mark.parametrize("module", sorted(module for module in MODULES if module != "__main__"))
def test_top_level_only_defines(module: str) -> None:
    """At import there are imports, definitions and constants: no loops over files, no calls as statements but one.

    Registering a representer or a type with a library is the exception, a call on a private class of the module.
    """
    body = ast.parse(MODULES[module].read_text(encoding="utf-8")).body
    statements = [node for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    assert all(ast.unparse(node.value.func).startswith("_") for node in statements)  # type: ignore[attr-defined]
    assert not [node for node in body if isinstance(node, ast.For | ast.While | ast.With | ast.Try)]


def test_the_map_shows_every_room() -> None:
    """CONTRIBUTING's map has each folder and module of the root once, in the order of the floors, and what it names."""
    page = Page(ROOT / "CONTRIBUTING.md")
    rows = [(names(row[0]), names(row[1])) for row in next(t for t in page.tables() if t[0][0] == "room")[2:]]
    shown = [room for rooms, _ in rows for room in rooms]
    folders = {f"{name}/" for name in house.folders() if "/" not in name}
    assert sorted(shown) == sorted(folders | set(house.root_modules()) - {"__init__"})
    heights = [[floor_of(room.rstrip("/")) for room in rooms] for rooms, _ in rows]
    assert all(max(upper) <= min(lower) for upper, lower in pairwise(heights))
    for rooms, inside in rows:
        places = [house.PACKAGE, *(house.PACKAGE / room for room in rooms)]
        there = {name for name in inside for place in places if exists(place, name)}
        assert set(inside) <= there, f"{rooms} of the map has no {set(inside) - there}"


def names(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def exists(place: Path, name: str) -> bool:
    """Tell whether a folder holds a module, or with a slash at the end a folder, of a name."""
    return (place / name).is_dir() if name.endswith("/") else (place / f"{name}.py").is_file()
