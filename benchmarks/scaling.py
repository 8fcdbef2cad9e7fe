"""Flights per minute of ``gasflux process``: workers of this machine and of a dask cluster on it, side by side.

Usage::

    python benchmarks/scaling.py [--flights 200] [--local 1 2] [--dask 1 2 8] [--figures]

The cluster is real, scheduler and workers are processes of this machine; what it adds on one machine is what
scheduling and travelling cost, and workers beyond the number of cores show that nothing breaks. A cluster is warmed up
with one flight per worker, as one that has been running is. Results go to stdout as Markdown and to
``benchmarks/results/scaling.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "scaling.json"
START_S = 60.0


def main() -> None:
    """Measure what was asked for and write it down."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        flights = simulated_flights(folder / "flights", arguments.flights)
        rows = [measured("local", workers, flights, folder, arguments.figures) for workers in arguments.local]
        rows += [measured("dask", workers, flights, folder, arguments.figures) for workers in arguments.dask]
    document = {
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.system()},
        "flights": arguments.flights,
        "figures": arguments.figures,
        "runs": rows,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(document))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--flights", type=int, default=200, help="simulated flights")
    parser.add_argument("--local", type=int, nargs="*", default=[1, 2], help="numbers of workers without a cluster")
    parser.add_argument(
        "--dask", type=int, nargs="*", default=[1, 2, 2 * (os.cpu_count() or 1)], help="numbers of workers of a cluster"
    )
    parser.add_argument("--figures", action="store_true", help="draw figures too: four times the work, larger results")
    return parser.parse_args()


def simulated_flights(folder: Path, count: int) -> Path:
    """Write flights of some 1,000 rows."""
    from gasflux.simulation import Scenario, simulate
    from gasflux.simulation.files import write_simulated

    folder.mkdir()
    for seed in range(count):
        write_simulated(simulate(Scenario(seed=seed)), folder / f"flight{seed:04d}.csv", "meandering")
    return folder


def measured(kind: str, workers: int, flights: Path, folder: Path, figures: bool) -> dict[str, Any]:
    """Time one run over all flights."""
    output = folder / f"{kind}{workers}"
    options = [] if figures else ["--no-figures"]
    if kind == "local":
        seconds = _process_s(flights, output, ["--jobs", str(workers), *options])
    else:
        with cluster(folder / f"cluster{workers}", workers) as address:
            first = sorted(flights.glob("*.csv"))[: 2 * workers]
            for path in (first, flights):
                seconds = _process_s(path, output, ["--dask", address, *options])
    count = len(list(output.rglob("output_vars.json")))
    print(f"{kind} {workers}: {count} flights in {seconds:.1f} s", file=sys.stderr)
    return {"where": kind, "workers": workers, "seconds": seconds, "flights_per_minute": 60.0 * count / seconds}


def _process_s(flights: Path | list[Path], output: Path, options: list[str]) -> float:
    """Seconds of a whole run of the command line; fails loudly when it does."""
    paths = flights if isinstance(flights, list) else [flights]
    command = [sys.executable, "-m", "gasflux", "process", *map(str, paths), "--output", str(output), *options]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """Yield the address of a cluster with workers of one thread each."""
    from distributed import Client

    folder.mkdir()
    contact = folder / "scheduler.json"
    options = ["--scheduler-file", str(contact), "--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    scheduler = _start(folder, "scheduler", *options, "--port", "0")
    family = [scheduler]
    try:
        until = time.monotonic() + START_S
        while not contact.exists() and time.monotonic() < until:
            time.sleep(0.1)
        address = str(json.loads(contact.read_text(encoding="utf-8"))["address"])
        own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
        family += [_start(folder, "worker", *options, *own) for _ in range(workers)]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=START_S)
        yield address
    finally:
        for process in reversed(family):
            process.kill()
            process.wait()


def _start(folder: Path, program: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a process of the cluster; what it says goes into a file beside its data."""
    with (folder / f"{program}.txt").open("ab") as said:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *options]
        return subprocess.Popen(command, stdout=said, stderr=said)


def table(document: dict[str, Any]) -> str:
    """Return the measurement as Markdown."""
    cores, runs = document["machine"]["cores"], document["runs"]
    what = "with figures" if document["figures"] else "without figures"
    lines = [
        f"{document['flights']} simulated flights, {what}, {cores} cores",
        "",
        "| where | workers | seconds | flights per minute | times the first row |",
        "|---|---|---|---|---|",
    ]
    for run in runs:
        gain = run["flights_per_minute"] / runs[0]["flights_per_minute"]
        rate = f"{run['flights_per_minute']:.0f}"
        lines.append(f"| {run['where']} | {run['workers']} | {run['seconds']:.1f} | {rate} | {gain:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
