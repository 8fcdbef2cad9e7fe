"""The other open package for the same job, run as a black box from an environment of its own.

``python -m venv peer; peer/bin/pip install gasflux==0.2.2``, then give that interpreter by ``--peer-python`` or the
environment variable GASFLUX_PEER_PYTHON. Only its command line is used and only its output files are read.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ENVIRONMENT_VARIABLE = "GASFLUX_PEER_PYTHON"
TIMEOUT_S = 900.0
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that limit the threads of the numerical libraries."""

# Runs the command line with a stopwatch round its kriging function (which fits the variogram too), found by name.
_STOPWATCH = """
import sys, time, runpy
import gasflux.cli.commands
spent = 0.0
def timed(function):
    def call(*args, **kwargs):
        global spent
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent += time.perf_counter() - started
    return call
for module in [m for n, m in sys.modules.items() if n.split(".")[0] == "gasflux"]:
    if callable(getattr(module, "ordinary_kriging", None)):
        module.ordinary_kriging = timed(module.ordinary_kriging)
script, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_path(script, run_name="__main__")
finally:
    print("KRIGING_S", spent)
"""


@dataclass(frozen=True)
class PeerRun:
    """One cold run of the peer's command line."""

    seconds: float
    flux_kg_h: dict[str, float] = field(default_factory=dict)
    """Gas -> reported rate; empty when it failed."""
    kriging_s: float | None = None
    """Time within its variogram and kriging, all gases, where it was asked for."""
    error: str | None = None


def find_peer(argument: str | None = None) -> Path | None:
    """Return the interpreter of the peer's environment, None when none is given."""
    given = argument or os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(given) if given else None


def users_environment() -> dict[str, str]:
    """Return this environment less what a benchmark or a container sets and a user does not.

    Search path, number of threads, and bytecode that is never kept: what pip installs is compiled once.
    """
    ours = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", *THREADS)
    return {name: value for name, value in os.environ.items() if name not in ours}


def run_peer(
    python: Path,
    flight_csv: Path,
    folder: Path,
    gases: Sequence[str],
    strategy: str = "curtain",
    *,
    time_kriging: bool = False,
) -> PeerRun:
    """Process a flight with the peer's own defaults; only ranges are widened so that nothing is refused.

    Parameters
    ----------
    python
        Interpreter of the peer's environment.
    flight_csv
        Log with the documented columns.
    folder
        Scratch folder for its configuration and results.
    gases
        Gases to process.
    strategy
        ``curtain`` or ``spiral``.
    time_kriging
        Put a stopwatch round its kriging; otherwise the plain command runs.
    """
    script = _script(python)
    config = _write_config(script, folder, gases, strategy)
    command = [str(script), "process", str(flight_csv), "-c", str(config)]
    if time_kriging:
        command = [str(python), "-c", _STOPWATCH, *command]
    started = time.perf_counter()
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=users_environment()
        )
    except subprocess.TimeoutExpired:
        return PeerRun(time.perf_counter() - started, error=f"no answer within {TIMEOUT_S:.0f} s")
    seconds = time.perf_counter() - started
    kriging = re.search(r"KRIGING_S ([\d.eE+-]+)", run.stdout)
    results = sorted((folder / "out").rglob("*_output_vars.json"))
    if not results:
        lines = (run.stderr or run.stdout).strip().splitlines() or ["no output"]
        return PeerRun(seconds, error=lines[-1][:200])
    return PeerRun(seconds, _fluxes(results[-1]), float(kriging[1]) if kriging else None)


def _script(python: Path) -> Path:
    """Return the peer's command beside its interpreter."""
    names = ("gasflux", "gasflux.exe")
    found = [python.with_name(name) for name in names if python.with_name(name).exists()]
    if not found:
        raise FileNotFoundError(f"no gasflux command beside {python}; install gasflux==0.2.2 in that environment")
    return found[0]


def _write_config(script: Path, folder: Path, gases: Sequence[str], strategy: str) -> Path:
    """Let the peer write its default configuration and change what this flight needs."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(script), "generate-config", str(folder)]
    subprocess.run(command, capture_output=True, check=True, env=users_environment())
    path = folder / "gasflux_config.yaml"
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["output_dir"] = str(folder / "out")
    config["required_cols"] |= {"pressure": [300, 1100], "height_ato": [-1000, 10000], "windspeed": [0, 100]}
    config["gases"] = {gas: [-1e6, 1e6] for gas in gases}
    config["strategies"]["spatial"] = strategy
    config["ordinary_kriging_settings"]["cut_ground"] = False  # it stops without a column height_agl otherwise
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def _fluxes(path: Path) -> dict[str, float]:
    """Read the rates; the file is JSON below lines that begin with #."""
    lines = path.read_text(encoding="utf-8").splitlines()
    document = json.loads("\n".join(line for line in lines if not line.startswith("#")))
    return {gas: float(values["volume"]) for gas, values in document["krig_parameters"].items()}
