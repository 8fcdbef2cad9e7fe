"""The imports run one way, heavy libraries stay with their owners, and importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gasflux
from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated

PACKAGE = Path(gasflux.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
}

LAYERS = (
    {"__main__"},
    {"cli"},
    {"cli_backup", "cli_combine", "cli_service"},
    {"batch_cluster"},
    {"batch", "console", "server", "server_development", "client"},
    {"server_address", "server_channel"},
    {"app"},
    {"blueprints.*"},
    {"api.*", "auth", "openapi", "shared"},
    {"service.health", "service.metrics"},
    {"service.assembly"},
    {"janitor", "service.*"},
    {"db", "schema"},
    {"config_reader"},
    {"service.inspecting"},
    {"service.settings", "service.logs", "service.stopping"},
    {"service.worker"},
    {"service.executor", "service.job_log", "service.child_pool", "service.folders"},
    {"service.child_process"},
    {"service.records", "service.errors"},
    {"data_processor", "simulated.output"},
    {"reporting", "report.*", "exports", "exports_geo", "exports_view", "drawing"},
    {"plotting", "figures.*", "processing_pipelines"},
    {"comparison", "grading.measures"},
    {"flux", "summary", "combination", "grading.*"},
    {"ml", "simulation"},
    {"simulated.*"},
    {"uncertainty", "interpolation", "surface.*"},
    {"processing", "flight.*", "readers"},
    {"background", "baselines.*"},
    {"reading.validation", "reading.requirements"},
    {"reading.*"},
    {"reading.text_files", "reading.plain_text", "reading.workbooks", "reading.biff", "reading.raw_table"},
    {"reading.headers"},
    {"remote.*"},
    {"gas", "reading.units", "reading.signatures"},
    {"pipeline_yaml"},
    {"hardened_yaml"},
    {"result_folder"},
    {"pipeline_config", "records", "constants", "quantiles", "errors", "version", "whole_file"},
    {"wording.*"},
)
"""From the top down. A module imports from lower layers, or within its own as long as no circle comes of it."""

OWNERS = {
    "flask": ("app", "api.", "auth", "openapi", "server", "shared", "blueprints."),
    "limits": ("service.rate_limit",),
    "prometheus_client": ("service.metrics",),
    "waitress": ("server",),
    "filelock": ("service.data_lock",),
    "dask": ("service.dask_session",),
    "distributed": ("service.dask_session", "service.dask_worker"),
    "pebble": ("service.child_pool", "service.local_executor", "service.inspecting"),
    "matplotlib": ("plotting", "figures."),
    "sqlite3": ("db",),
    "skgstat": ("surface.variogram",),
    "sklearn": ("ml",),
    "pybaselines": ("baselines.algorithms",),
    "pyproj": ("flight.geometry",),
    "python_calamine": ("reading.workbooks",),
    "requests": ("remote.",),
    "click": ("cli",),
}
"""Library -> beginnings of the names of the modules that may import it."""


def layer_of(module: str) -> int:
    """Return the number of a module's layer from the top."""
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    for number, names in enumerate(LAYERS):
        if any(name.endswith("*") and module.startswith(name[:-1]) for name in names):
            return number
    raise LookupError(f"{module} stands in no layer of {Path(__file__).name}; put it where it belongs")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every absolute module name a file imports, inside functions too, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: imports are absolute here"
            yield str(node.module), node.lineno


def inner_imports(module: str) -> set[str]:
    """Return the modules of the package that one of them imports."""
    names = {name.removeprefix("gasflux.") for name, _ in imports_of(MODULES[module]) if name.startswith("gasflux.")}
    return names & MODULES.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_downward(module: str) -> None:
    own = layer_of(module)
    upward = {name for name in inner_imports(module) if layer_of(name) < own}
    assert not upward, f"{module} imports from above: {sorted(upward)}"


def test_no_circle() -> None:
    remaining = {module: inner_imports(module) for module in MODULES}
    while leaves := [module for module, needs in remaining.items() if not needs & remaining.keys()]:
        for module in leaves:
            del remaining[module]
    assert not remaining, f"these import each other in a circle: {sorted(remaining)}"


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_library_stays_with_its_owner(library: str) -> None:
    strangers = [
        f"{module}:{line}"
        for module, path in MODULES.items()
        for name, line in imports_of(path)
        if name.split(".")[0] == library and not module.startswith(OWNERS[library])
    ]
    assert not strangers


def test_nobody_uses_pyplot() -> None:
    assert not [
        module for module, path in MODULES.items() if "pyplot" in {name.split(".")[-1] for name, _ in imports_of(path)}
    ]


@pytest.mark.parametrize("module", sorted(module for module in MODULES if module not in ("cli", "__main__")))
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
    service = {"service.dask_executor", "service.dask_worker", "service.runner"}
    assert broad <= {"batch", "batch_cluster", "cli", "drawing", "janitor", "reading.workbooks"} | service


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
    """Loading them would take as long as the flight."""
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
