"""Accuracy on simulated flights whose emission rate is known exactly.

For each kind of flight: median and standard deviation of reported/true, share of 68 % and 90 % intervals that hold the
truth, mean relative width and interval score of the 90 % interval. Usage::

    python benchmarks/accuracy.py [--flights 400] [--kinds steady gusty ...] [--seed 2026] [--jobs 2] [--check]
                                  [--peer-python PATH] [--peer-flights 5]

With the peer's interpreter (see peer.py) the first flights of each kind go through it too, side by side.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from peer import PeerRun, find_peer, run_peer

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import GasFluxError
from gasflux.processing_pipelines import process_log
from gasflux.rate.error_budget import coverage_interval
from gasflux.reading.flight_file import flight_from_frame
from gasflux.simulation import KINDS, SimulatedFlight, random_scenario, simulate, to_frame

Floats = NDArray[np.float64]

RESULTS = Path(__file__).parent / "results" / "accuracy.json"


@dataclass(frozen=True)
class Trial:
    """One simulated flight and what was reported of it."""

    kind: str
    seed: int
    true_kg_h: float
    flux_kg_h: float
    low_90: float
    high_90: float
    low_68: float
    high_68: float
    grade: str
    seconds: float
    budget_kg_h: dict[str, float]
    degrees_of_freedom: float = float("nan")
    error: str | None = None


@dataclass(frozen=True)
class Row:
    """The line of one kind in the table."""

    kind: str
    flights: int
    failed: int
    median_ratio: float
    std_ratio: float
    cover_68: float
    cover_90: float
    width_90: float
    interval_score: float


def make_flight(kind: str, seed: int) -> SimulatedFlight:
    """Return the flight of that kind and seed, always the same."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    return simulate(random_scenario(kind, rng))


def run_trial(kind: str, seed: int) -> Trial:
    """Simulate one flight, process it with the shipped defaults, and keep the comparison."""
    flight = make_flight(kind, seed)
    true = flight.truth_kg_h["ch4"]
    started = time.perf_counter()
    try:
        result = process_log(flight_from_frame(to_frame(flight), PipelineConfig()), PipelineConfig())
    except GasFluxError as error:
        nan = float("nan")
        return Trial(kind, seed, true, nan, nan, nan, nan, nan, "-", time.perf_counter() - started, {}, nan, str(error))
    gas = result.gases["ch4"]
    one_sigma = coverage_interval(gas.flux_kg_h, gas.budget_kg_h, gas.degrees_of_freedom, 0.6827)
    return Trial(
        kind,
        seed,
        true,
        gas.flux_kg_h,
        gas.interval.low_kg_h,
        gas.interval.high_kg_h,
        one_sigma.low_kg_h,
        one_sigma.high_kg_h,
        gas.quality.grade,
        time.perf_counter() - started,
        dict(gas.budget_kg_h),
        gas.degrees_of_freedom,
    )


@dataclass(frozen=True)
class PeerTrial:
    """The peer on one flight: on the log as it was flown, and on its transects alone, cut by the true phases."""

    whole: PeerRun
    transects: PeerRun


def run_peer_trial(python: Path, kind: str, seed: int) -> PeerTrial:
    """Put the same flight through the peer, as cold processes as its users start them.

    A user of the peer cuts take-off, ferry and turns off by hand; its best case is a log cut by the truth.
    """
    flight = make_flight(kind, seed)
    frame = to_frame(flight)
    return PeerTrial(_peer_run(python, kind, frame), _peer_run(python, kind, frame[flight.transect >= 0]))


def _peer_run(python: Path, kind: str, frame: pd.DataFrame) -> PeerRun:
    """Put one log through the peer."""
    strategy = "spiral" if kind.startswith("spiral") else "curtain"
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "flight.csv"
        frame.to_csv(path, index=False)
        return run_peer(python, path, Path(scratch) / "peer", ["ch4"], strategy)


def interval_score(low: Floats, high: Floats, truth: Floats, level: float) -> Floats:
    """Return the interval score (Gneiting & Raftery 2007, JASA 102:359, eq. 43): width plus penalty for a miss."""
    miss = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    score: Floats = (high - low) + 2.0 / (1.0 - level) * miss
    return score


def summarise(kind: str, trials: Sequence[Trial]) -> Row:
    """Condense the trials of one kind into a line of the table, everything relative to the true rate."""
    good = [trial for trial in trials if trial.error is None]
    true = np.array([trial.true_kg_h for trial in good])
    ratio = np.array([trial.flux_kg_h for trial in good]) / true
    low, high = np.array([[t.low_90, t.high_90] for t in good]).T / true
    low68, high68 = np.array([[t.low_68, t.high_68] for t in good]).T / true
    return Row(
        kind,
        len(trials),
        len(trials) - len(good),
        float(np.median(ratio)),
        float(np.std(ratio, ddof=1)),
        float(np.mean((low68 <= 1.0) & (high68 >= 1.0))),
        float(np.mean((low <= 1.0) & (high >= 1.0))),
        float(np.mean(high - low)),
        float(np.mean(interval_score(low, high, np.ones_like(true), 0.9))),
    )


def wanted(row: Row) -> list[str]:
    """Name what a row misses of the goals: median 0.95-1.05 (weak 0.85-1.15), 90 % cover 0.85-0.96, no failure."""
    band = 0.15 if row.kind == "weak" else 0.05
    faults = []
    if abs(row.median_ratio - 1.0) > band:
        faults.append(f"median {row.median_ratio:.3f}")
    if not 0.85 <= row.cover_90 <= 0.96:
        faults.append(f"90 % cover {row.cover_90:.3f}")
    if row.failed:
        faults.append(f"{row.failed} failed")
    return faults


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| kind | flights | failed | median | std | 68 % holds | 90 % holds | width 90 % | interval score | misses |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = (row.median_ratio, row.std_ratio, row.cover_68, row.cover_90, row.width_90, row.interval_score)
        cells = " | ".join(f"{figure:.3f}" for figure in figures)
        lines.append(f"| {row.kind} | {row.flights} | {row.failed} | {cells} | {', '.join(wanted(row)) or '-'} |")
    return "\n".join(lines)


def peer_table(kinds: Sequence[str], peers: Sequence[PeerTrial], trials: Sequence[Trial]) -> str:
    """Return the peer and ours on the same flights as a Markdown table; the peer gives no interval."""
    lines = [
        "| kind | flights | peer, whole log | peer, transects only | ours, whole log | peer s | ours s |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in kinds:
        pairs = [(peer, trial) for peer, trial in zip(peers, trials, strict=True) if trial.kind == kind]
        ours = np.array([trial.flux_kg_h / trial.true_kg_h for _, trial in pairs])
        cells = [
            _spread([(peer.whole, trial) for peer, trial in pairs]),
            _spread([(peer.transects, trial) for peer, trial in pairs]),
            f"{np.median(ours):.3f} ({ours.min():.2f} to {ours.max():.2f})",
            f"{np.median([peer.whole.seconds for peer, _ in pairs]):.1f}",
            f"{np.median([trial.seconds for _, trial in pairs]):.2f}",
        ]
        lines.append(f"| {kind} | {len(pairs)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(pairs: Sequence[tuple[PeerRun, Trial]]) -> str:
    """Return median and range of reported over true, and how many runs gave nothing."""
    found = [run.flux_kg_h["ch4"] / trial.true_kg_h for run, trial in pairs if "ch4" in run.flux_kg_h]
    failed = f", {len(pairs) - len(found)} failed" if len(found) < len(pairs) else ""
    if not found:
        return f"-{failed}"
    return f"{np.median(found):.3f} ({min(found):.2f} to {max(found):.2f}){failed}"


def compare_with_peer(python: Path, trials: Sequence[Trial], kinds: Sequence[str], flights: int) -> str:
    """Run the peer on the first flights of each kind and return the comparison."""
    chosen = [trial for kind in kinds for trial in [trial for trial in trials if trial.kind == kind][:flights]]
    # One after the other: it takes all cores for itself, and side by side its times would be each other's.
    runs = [run_peer_trial(python, trial.kind, trial.seed) for trial in chosen]
    return peer_table(kinds, runs, chosen)


def main() -> int:
    """Run the trials and print the table; with --check exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--flights", type=int, default=400)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--check", action="store_true")
    parser.add_argument(
        "--peer-python", help="interpreter with gasflux==0.2.2; else $GASFLUX_PEER_PYTHON; else no peer"
    )
    parser.add_argument("--peer-flights", type=int, default=5, help="flights of each kind that the peer processes too")
    args = parser.parse_args()
    work = [(kind, args.seed * 100_000 + index) for kind in args.kinds for index in range(args.flights)]
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        trials = list(pool.map(run_trial, *zip(*work, strict=True), chunksize=5))
    rows = [summarise(kind, [trial for trial in trials if trial.kind == kind]) for kind in args.kinds]
    print(table(rows))
    print(f"\nmedian processing time {1000 * np.median([trial.seconds for trial in trials]):.0f} ms per flight")
    for trial in trials:
        if trial.error:
            print(f"failed: {trial.kind} seed {trial.seed}: {trial.error}")
    peer = find_peer(args.peer_python)
    if peer is not None:
        print("\n" + compare_with_peer(peer, trials, args.kinds, args.peer_flights))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"rows": [asdict(r) for r in rows], "trials": [asdict(t) for t in trials]}, indent=1))
    return int(args.check and any(wanted(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
