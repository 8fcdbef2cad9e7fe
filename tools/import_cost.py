"""Measure what it costs to import a library, beside the work that is done without it.

``python -m tools.import_cost [LIBRARY ...] [--runs 5]``. Some code of the package is written out, or put off, because
the import of a library would cost more than the work it is needed for. Each such place names this command; it prints
the two times and their ratio, and its exit code is 1 when a claim no longer holds.

Every time is the processor time of a process that has just been started, the least of several: what else the machine
does makes a time longer, never shorter. numpy is loaded before a library is, as it is in every flight.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parents[1]
_IMPORT: Final = "import numpy, time; start = time.process_time(); import {0}; print(time.process_time() - start)"
_COMMAND_LINE: Final = "import time; import gasflux.cli.commands; print(time.process_time())"
_FLIGHT: Final = "import sys; from tools.import_cost import print_times; print_times(sys.argv[1])"


@dataclass(frozen=True)
class Claim:
    """What a comment says of a library."""

    place: str
    """Module that says so."""
    library: str
    work: str
    """What its import is compared with, a key of `measured`."""
    least_ratio: float
    """Import over work."""


CLAIMS: Final = (
    Claim("gasflux.baselines.fastchrom", "pybaselines", "flight", 1.0),
    Claim("gasflux.numerics.spline", "scipy.interpolate", "baselines", 1.0),
    Claim("gasflux.numerics.least_squares", "scipy.optimize", "variograms", 10.0),
    Claim("gasflux.numerics.quantiles", "scipy.special", "flight", 0.2),
    Claim("gasflux.surface.kriging", "scipy.linalg", "kriging", 1.0),
    Claim("gasflux.reading.files.plain_text", "pandas", "short log", 1.0),
    Claim("gasflux.reading.times.cells", "pandas", "few times", 1.0),
    Claim("gasflux.reporting", "jinja2", "flight", 0.03),
    Claim("gasflux.jobs.drawing", "gasflux.plotting", "a third of the figures", 1.0),
    Claim("gasflux.cli.commands", "gasflux.simulation", "command line", 1.0),
)


def printed_by(code: str, *arguments: str) -> str:
    """Return what a fresh interpreter prints that runs some code from the project's folder."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=os.environ | one_thread | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def import_s(library: str, runs: int) -> float:
    """Return the seconds that the import of a library takes."""
    return min(float(printed_by(_IMPORT.format(library))) for _ in range(runs))


def measured(folder: Path, runs: int) -> dict[str, float]:
    """Return the seconds of each kind of work on a short flight, in a process that is started for it.

    ``flight``: the whole process, from its start to the result; ``baselines``, ``variograms`` and ``kriging``: these
    parts of it; ``a third of the figures``: what each of three processes would draw; ``short log``, ``few times``: as
    much as is read without pandas at most; ``command line``: from the start to where a command begins.

    Parameters
    ----------
    folder
        Where the flight's log may lie.
    runs
        How often each is measured.
    """
    from gasflux.simulation.files import simulate_kind, write_simulated

    log = folder / "flight.csv"
    write_simulated(simulate_kind("meandering", {"ch4": 5.0}, 1), log, "meandering")
    flights: list[dict[str, float]] = [json.loads(printed_by(_FLIGHT, str(log))) for _ in range(runs)]
    least = {name: min(flight[name] for flight in flights) for name in flights[0]}
    return least | {"command line": min(float(printed_by(_COMMAND_LINE)) for _ in range(runs))}


def print_times(log: str) -> None:
    """Process a flight in this process and print what its parts took, as JSON."""
    from gasflux import data_processor, processing_pipelines
    from gasflux.rate import surface_flux

    spent: dict[str, float] = {}
    parts = (
        (processing_pipelines, "estimate_background", "baselines"),
        (surface_flux, "fit_variogram", "variograms"),
        (surface_flux, "krige_surface", "kriging"),
    )
    for module, name, part in parts:
        setattr(module, name, _timed(getattr(module, name), part, spent))
    result = data_processor.process_flight(Path(log))
    spent["flight"] = time.process_time()
    _time_reading(spent)
    from gasflux.plotting import render_figures

    _timed(render_figures, "a third of the figures", spent)(result)
    spent["a third of the figures"] /= 3.0
    print(json.dumps(spent))


def _time_reading(spent: dict[str, float]) -> None:
    """Read the longest text and the most times that are read without pandas."""
    from gasflux.reading.files.plain_text import SHORT, plain_columns
    from gasflux.reading.times import cells

    line = b"2026-05-04T10:20:30.500Z,52.123456,5.123456,12.34,2.0123,5.67,234.5,15.2,1012.3\n"
    text = line * (SHORT // len(line))
    _timed(plain_columns, "short log", spent)(text, ",", line.count(b",") + 1, ".")
    times = np.full(cells.FEW_TIMES, "2026-05-04T10:20:30.500Z", dtype=object)
    _timed(cells.read_times, "few times", spent)(times, None)


def _timed(function: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    """Return a function that adds what it takes to a part of the work."""

    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[part] = spent.get(part, 0.0) + time.process_time() - start

    return timed


def main() -> int:
    """Print a line for each claim; return 1 when one does not hold."""
    parser = argparse.ArgumentParser(description="Measure what imports cost beside the work done without them.")
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help="only these")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    claims = [claim for claim in CLAIMS if not chosen.libraries or claim.library in chosen.libraries]
    with tempfile.TemporaryDirectory() as folder:
        work = measured(Path(folder), chosen.runs)
    broken = 0
    for claim in claims:
        cost, beside = import_s(claim.library, chosen.runs), work[claim.work]
        holds = cost >= claim.least_ratio * beside
        broken += not holds
        verdict = "holds" if holds else "DOES NOT HOLD"
        print(
            f"{claim.place:24} import {claim.library:20} {cost:6.3f} s, {claim.work:22} {beside:6.3f} s:"
            f" {cost / beside:6.2f} times, at least {claim.least_ratio:g}: {verdict}"
        )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
