"""Time and memory: a cold process against the peer, variogram and kriging against the peer's, and how both grow.

Usage::

    python benchmarks/speed.py [--peer-python PATH] [--runs 5] [--rows 10000 100000 1000000] [--flight FILE.csv]

Runs of the programs that are compared alternate, so that whatever else the machine does falls on all of them; the
medians are reported. Results go to stdout as Markdown and to ``benchmarks/results/speed.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from peer import THREADS, PeerRun, find_peer, run_peer, users_environment

RESULTS = Path(__file__).parent / "results" / "speed.json"
GASES = ("ch4", "co2", "c2h6")
RATES_KG_H = {"ch4": 5.0, "co2": 300.0, "c2h6": 1.0}


def main() -> None:
    """Measure what was asked for and write it down."""
    arguments = _arguments()
    # As the command line does for itself; whole processes, the peer's and ours, are started without.
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    peer = find_peer(arguments.peer_python)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        flight = arguments.flight or _three_gas_flight(folder)
        cold = cold_runs(flight, folder, peer, arguments.runs)
        kriging = kriging_runs(flight, folder, peer, arguments.runs)
        growth = [measure_growth(rows, folder) for rows in arguments.rows]
    document = {
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system()},
        "flight": {"name": flight.name, "rows": _row_count(flight) if flight.exists() else None},
        "cold_s": cold,
        "variogram_and_kriging_s": kriging,
        "growth": growth,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print("\n\n".join([cold_table(cold), kriging_table(kriging), growth_table(growth)]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--peer-python", help="interpreter with gasflux==0.2.2; else $GASFLUX_PEER_PYTHON; else no peer"
    )
    parser.add_argument("--runs", type=int, default=5, help="cold runs of each program")
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="sizes of long logs")
    parser.add_argument("--flight", type=Path, help="CSV with ch4, co2 and c2h6 instead of the simulated 1,000 rows")
    return parser.parse_args()


def _three_gas_flight(folder: Path) -> Path:
    """Write a simulated curtain of about 1,000 rows with three gases."""
    from gasflux.simulation import Scenario, simulate
    from gasflux.simulation.files import write_simulated

    scenario = Scenario(
        rate_kg_h=RATES_KG_H, plume="meandering", transects=20, curtain_length_m=190.0, top_m=60.0, seed=1
    )
    path = folder / "three_gases.csv"
    write_simulated(simulate(scenario), path, "meandering")
    return path


def _row_count(path: Path) -> int:
    with path.open(encoding="utf-8") as stream:
        return sum(1 for _ in stream) - 1


def _cold_s(*arguments: str) -> float:
    """Seconds of a whole process of the command line; fails loudly when it does."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "gasflux", *arguments]
    subprocess.run(command, capture_output=True, check=True, env=users_environment())
    return time.perf_counter() - started


def cold_runs(flight: Path, folder: Path, peer: Path | None, runs: int) -> dict[str, Any]:
    """Time whole processes: without figures, with everything, and the peer, in turns."""
    times: dict[str, list[float]] = {"no_figures": [], "everything": [], "peer": []}
    for run in range(runs):
        out = str(folder / f"cold{run}")
        times["no_figures"].append(_cold_s("process", str(flight), "--no-figures", "--output", out))
        times["everything"].append(_cold_s("process", str(flight), "--output", out))
        if peer:
            times["peer"].append(_checked(run_peer(peer, flight, folder / f"peer{run}", GASES)).seconds)
    return _with_ratios(times)


def _checked(run: PeerRun) -> PeerRun:
    if run.error:
        raise RuntimeError(f"the peer failed: {run.error}")
    return run


def _with_ratios(times: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, and how many times faster than the peer each is."""
    medians = {name: statistics.median(values) for name, values in times.items() if values}
    ratios = {name: medians["peer"] / value for name, value in medians.items() if "peer" in medians and name != "peer"}
    return {"runs": times, "median": medians, "times_faster": ratios}


def kriging_runs(flight: Path, folder: Path, peer: Path | None, runs: int) -> dict[str, Any]:
    """Time variogram and kriging of three gases: ours as the first call of a fresh process, and the peer's."""
    times: dict[str, list[float]] = {"first_call": [], "peer": []}
    for run in range(runs):
        times["first_call"].append(_in_child(_kriging_s, flight))
        if peer:
            timed = _checked(run_peer(peer, flight, folder / f"peerkrig{run}", GASES, time_kriging=True))
            times["peer"].append(timed.kriging_s or math.nan)
    return _with_ratios(times)


def _kriging_s(flight: Path) -> float:
    """Seconds within aggregation, variogram and kriging while a flight is processed."""
    import gasflux.rate.surface_flux
    from gasflux.data_processor import process_flight

    spent = 0.0

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal spent
            started = time.perf_counter()
            answer = function(*args, **kwargs)
            spent += time.perf_counter() - started
            return answer

        return call

    for name in ("aggregate", "fit_variogram", "make_grid", "krige_surface"):
        setattr(gasflux.rate.surface_flux, name, timed(getattr(gasflux.rate.surface_flux, name)))
    process_flight(flight)
    return spent


def _in_child(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh interpreter and return its answer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    answer = ours.recv()
    process.join()
    return answer


def _answer(connection: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    connection.send(function(*arguments))


@dataclass(frozen=True)
class _Mark:
    """What a stage had used when it ended."""

    stage: str
    seconds: float
    peak_mb: float


def measure_growth(rows: int, folder: Path) -> dict[str, Any]:
    """Process a flight of `rows` rows in a child and return time and peak memory by stage."""
    path = folder / f"rows_{rows}.csv"
    _in_child(_write_long_flight, rows, path)
    stages = _in_child(_stages, path, folder / f"out_{rows}")
    path.unlink()
    return {
        "rows": rows,
        "total_s": sum(mark.seconds for mark in stages),
        "peak_mb": max(mark.peak_mb for mark in stages),
        "stages": {mark.stage: {"s": mark.seconds, "peak_mb": mark.peak_mb} for mark in stages},
    }


def _write_long_flight(rows: int, path: Path) -> None:
    """Write a curtain sampled at 20 Hz whose passes get longer and more with the number of rows."""
    from gasflux.simulation import Scenario, simulate, to_frame

    transects = min(200, max(20, round(math.sqrt(rows / 25.0))))
    seconds = rows / 20.0
    length = min(max(seconds * 10.0 / transects - 20.0, 40.0), 5_000.0)
    scenario = Scenario(
        plume="steady",
        sample_hz=20.0,
        transects=transects,
        curtain_length_m=length,
        top_m=60.0,
        distance_m=max(80.0, length / 4.0),
        ground_speed_m_s=10.0,
        acceleration_m_s2=5.0,
        seed=rows,
    )
    frame = to_frame(simulate(scenario))
    frame.iloc[:rows].to_csv(path, index=False)


def _stages(path: Path, output: Path) -> list[_Mark]:
    """Process a file, noting the time of each stage and the peak of memory within it."""
    from gasflux.configuration.pipeline_yaml import load_pipeline_config
    from gasflux.data_processor import process_file

    entered: list[tuple[str, float]] = []
    peaks: dict[str, float] = {}

    def note(stage: str, percent: float) -> None:
        if entered:
            last = entered[-1][0]
            peaks[last] = max(peaks.get(last, 0.0), _peak_mb())
        entered.append((stage, percent))
        _reset_peak()

    outcome = process_file(path, load_pipeline_config(None), output, progress=note)
    seconds = dict(outcome.result.stages_s)
    return [_Mark(stage, seconds.get(stage, 0.0), peaks[stage]) for stage in peaks]


def _reset_peak() -> None:
    """Start the high-water mark of memory anew (Linux; elsewhere it keeps growing, which is still an upper bound)."""
    marker = Path("/proc/self/clear_refs")
    if marker.exists():
        marker.write_text("5", encoding="ascii")


def _peak_mb() -> float:
    """High-water mark of this process's memory, MB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cold_table(cold: dict[str, Any]) -> str:
    """Markdown of the cold runs."""
    return _comparison("1,000 rows, 3 gases, cold process", cold)


def kriging_table(kriging: dict[str, Any]) -> str:
    """Markdown of variogram and kriging."""
    return _comparison("variogram + kriging, 3 gases", kriging)


def _comparison(title: str, measured: dict[str, Any]) -> str:
    ratios = measured["times_faster"]
    rows = [
        (name, f"{seconds:.3f}", f"{ratios[name]:.1f}" if name in ratios else "")
        for name, seconds in measured["median"].items()
    ]
    return _table((title, "median s", "times faster than the peer"), rows)


def growth_table(growth: Sequence[dict[str, Any]]) -> str:
    """Markdown of time and memory by stage and size, with the exponent p of time ~ rows^p between the last two."""
    stages = list(dict.fromkeys(stage for size in growth for stage in size["stages"]))
    header = ["stage", *(f"{size['rows']:,} rows: s / peak MB" for size in growth), "exponents"]
    rows = [
        [stage, *(_cell(size["stages"].get(stage)) for size in growth), _exponents(growth, stage)] for stage in stages
    ]
    totals = ["all", *(f"{size['total_s']:.2f} / {size['peak_mb']:.0f}" for size in growth), _exponents(growth, None)]
    return _table(header, [*rows, totals])


def _cell(stage: dict[str, float] | None) -> str:
    return f"{stage['s']:.2f} / {stage['peak_mb']:.0f}" if stage else ""


def _exponents(growth: Sequence[dict[str, Any]], stage: str | None) -> str:
    """Growth exponents from size to size; stages under 20 ms say nothing."""
    seconds = [size["total_s"] if stage is None else size["stages"].get(stage, {}).get("s", 0.0) for size in growth]
    sizes = [size["rows"] for size in growth]
    found = [
        f"{math.log(after / before) / math.log(large / small):.2f}" if min(before, after) > 0.02 else "-"
        for before, after, small, large in zip(seconds, seconds[1:], sizes, sizes[1:], strict=False)
    ]
    return ", ".join(found)


if __name__ == "__main__":
    main()
