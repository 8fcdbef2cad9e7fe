"""Accuracy on simulated flights whose emission rate is known exactly.

For each kind of flight: median and standard deviation of reported/true, share of intervals at 50, 68, 90 and 95 % that
hold the truth, of 90 % intervals wholly below and wholly above it, mean relative width and interval score of the 90 %
interval; the same by grade; what several flights of one source say together. Usage::

    python benchmarks/accuracy.py [--flights 400] [--kinds steady gusty ...] [--physics turbulent ...] [--seed 2026]
                                  [--jobs 2] [--check] [--baseline CHECKOUT] [--repeats SOURCES] [--picture FILE]
                                  [--peer-python PATH] [--peer-flights 5]

Flights are made once and kept in a temporary folder. With another checkout as the baseline the same files go through
it too, and the ratio of interval scores is printed. With the peer's interpreter (see peer.py) the first flights of each
kind go through it, side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from estimates import LEVELS, estimate
from flights import PHYSICS, REPEATED, FlightName, cache_folder, keep, keep_all, make_flight, physics_of
from numpy.typing import NDArray
from peer import PeerRun, find_peer, run_peer

from gasflux import process
from gasflux.simulation import ALL_KINDS, to_frame

Floats = NDArray[np.float64]

RESULTS = Path(__file__).parent / "results" / "accuracy.json"
OWN_SOURCE = Path(__file__).parents[1] / "src"


@dataclass(frozen=True)
class Trial:
    """One simulated flight and what was reported of it."""

    kind: str
    name: str
    true_kg_h: float
    flux_kg_h: float = float("nan")
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Level -> low and high, kg/h."""
    grade: str = "-"
    detected: bool = True
    seconds: float = float("nan")
    budget_kg_h: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class RepeatTrial:
    """Several flights of one source taken together."""

    kind: str
    repeats: int
    true_kg_h: float
    flux_kg_h: float
    low_90: float
    high_90: float


@dataclass(frozen=True)
class Row:
    """The line of one kind in the table."""

    kind: str
    flights: int
    failed: int
    median_ratio: float
    std_ratio: float
    cover: Mapping[str, float]
    """Level -> share of intervals that hold the truth."""
    below: float
    """Share of 90 % intervals wholly below the truth."""
    above: float
    width_90: float
    interval_score: float

    @property
    def cover_90(self) -> float:
        """Share of 90 % intervals that hold the truth."""
        return self.cover["0.9"]


def run_trials(
    folder: Path, names: Sequence[FlightName], rates: Mapping[str, float], source: Path, jobs: int
) -> tuple[list[Trial], list[RepeatTrial]]:
    """Process kept flights with the build whose packages lie in `source`; repeats of one source stay together."""
    groups: dict[str, list[FlightName]] = {}
    for name in names:
        groups.setdefault(f"{name.kind}.{name.seed}", []).append(name)
    shares: list[list[str]] = [[] for _ in range(jobs)]
    for number, members in enumerate(groups.values()):
        shares[number % jobs].extend(str(name) for name in members)
    with ThreadPoolExecutor(jobs) as pool:
        lines = [line for part in pool.map(lambda share: _estimates(folder, share, source), shares) for line in part]
    order = {str(name): number for number, name in enumerate(names)}
    lines.sort(key=lambda line: (order[line["name"]], line.get("repeats", 0)))
    trials = [_trial(line, rates) for line in lines if "repeats" not in line]
    together = [_repeat_trial(line, rates) for line in lines if "repeats" in line]
    return trials, together


def _estimates(folder: Path, names: Sequence[str], source: Path) -> list[dict[str, Any]]:
    """Return what one process of a build says of some flights."""
    command = [sys.executable, str(Path(__file__).with_name("estimates.py")), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, input="\n".join(names), env=environment, text=True, stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_trial(folder: Path, name: FlightName) -> Trial:
    """Keep one flight and process it here, with this build."""
    rate = keep(folder, name)
    return _trial(estimate(folder / f"{name}.csv", process)[0], {str(name): rate})


def _trial(line: Mapping[str, Any], rates: Mapping[str, float]) -> Trial:
    """One line of estimates.py beside the truth."""
    name = line["name"]
    kind, true = name.split(".")[0], rates[name]
    if "error" in line:
        return Trial(kind, name, true, error=line["error"])
    spans = {level: (low, high) for level, (low, high) in line["intervals"].items()}
    return Trial(
        kind,
        name,
        true,
        line["flux"],
        spans,
        line["grade"],
        line["detected"],
        line["seconds"],
        line["budget"],
        tuple(line["flags"]),
    )


def _repeat_trial(line: Mapping[str, Any], rates: Mapping[str, float]) -> RepeatTrial:
    """One combination of estimates.py beside the truth."""
    return RepeatTrial(
        line["name"].split(".")[0], line["repeats"], rates[line["name"]], line["flux"], *line["interval"]
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
    ratio = np.array([trial.flux_kg_h / trial.true_kg_h for trial in good])
    spans = {str(level): relative_spans(good, level) for level in LEVELS}
    low, high = spans["0.9"]
    return Row(
        kind,
        len(trials),
        len(trials) - len(good),
        float(np.median(ratio)),
        float(np.std(ratio, ddof=1)) if ratio.size > 1 else float("nan"),
        {level: float(np.mean((ends[0] <= 1.0) & (ends[1] >= 1.0))) for level, ends in spans.items()},
        float(np.mean(high < 1.0)),
        float(np.mean(low > 1.0)),
        float(np.mean(high - low)),
        float(np.mean(interval_score(low, high, np.ones_like(ratio), 0.9))),
    )


def relative_spans(trials: Sequence[Trial], level: float) -> tuple[Floats, Floats]:
    """Return the ends of the intervals over the true rate."""
    ends = np.array([trial.intervals[str(level)] for trial in trials]).reshape(-1, 2)
    true = np.array([trial.true_kg_h for trial in trials])
    return ends[:, 0] / true, ends[:, 1] / true


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
        figures = (row.median_ratio, row.std_ratio, row.cover["0.6827"], row.cover_90, row.width_90, row.interval_score)
        cells = " | ".join(f"{figure:.3f}" for figure in figures)
        lines.append(f"| {row.kind} | {row.flights} | {row.failed} | {cells} | {', '.join(wanted(row)) or '-'} |")
    return "\n".join(lines)


def calibration_table(rows: Sequence[Row]) -> str:
    """Return how often the intervals of every level hold, and on which side the 90 % interval misses."""
    lines = [
        "| calibration | 50 % holds | 68 % holds | 90 % holds | 95 % holds | wholly below | wholly above |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = (*(row.cover[str(level)] for level in LEVELS), row.below, row.above)
        lines.append(f"| {row.kind} | {' | '.join(f'{figure:.3f}' for figure in figures)} |")
    return "\n".join(lines)


def grade_table(trials: Sequence[Trial]) -> str:
    """Return, physics by physics, how often the 90 % interval of each grade holds and how wide it is."""
    lines = ["| physics | grade | flights | 90 % holds | median width 90 % |", "|---|---|---|---|---|"]
    groups = {kind: physics_of(kind) for kind in dict.fromkeys(trial.kind for trial in trials)}
    for physics in PHYSICS:
        for grade in "ABCD":
            some = [t for t in trials if t.error is None and t.grade == grade and groups[t.kind] == physics]
            if some:
                low, high = relative_spans(some, 0.9)
                holds, width = np.mean((low <= 1.0) & (high >= 1.0)), np.median(high - low)
                lines.append(f"| {physics} | {grade} | {len(some)} | {holds:.3f} | {width:.3f} |")
    return "\n".join(lines)


def reach(trial: Trial) -> float:
    """Return how far the truth lies towards the end of the 90 % interval on its side: 1 at the end, on a log scale."""
    low, high = trial.intervals["0.9"]
    end = high if trial.true_kg_h > trial.flux_kg_h else low
    if min(end, trial.flux_kg_h) <= 0.0:
        return abs(trial.true_kg_h - trial.flux_kg_h) / max(abs(end - trial.flux_kg_h), 1e-300)
    return float(np.log(trial.true_kg_h / trial.flux_kg_h) / np.log(end / trial.flux_kg_h))


def left_out_table(trials: Sequence[Trial]) -> str:
    """Return, for each physics left out, the factor that makes the others' intervals hold 90 %, and what it gives.

    The others weigh alike, however many flights each has (split conformal calibration, Vovk et al. 2005). A factor of
    one says that nothing is left to calibrate.
    """
    lines = ["| left out | factor from the others | 90 % holds with it |", "|---|---|---|"]
    groups = {kind: physics_of(kind) for kind in dict.fromkeys(trial.kind for trial in trials)}
    reaches = {
        physics: np.array([reach(t) for t in trials if t.error is None and groups[t.kind] == physics])
        for physics in dict.fromkeys(groups.values())
    }
    for left, held in reaches.items():
        others = [values for physics, values in reaches.items() if physics != left]
        if others:
            weight = np.concatenate([np.full(values.size, 1.0 / values.size) for values in others])
            values = np.concatenate(others)
            order = np.argsort(values)
            run = np.cumsum(weight[order]) / weight.sum()
            factor = float(values[order][np.searchsorted(run, 0.9 - 1e-9)])
            lines.append(f"| {left} | {factor:.3f} | {np.mean(held <= factor):.3f} |")
    return "\n".join(lines)


def repeats_table(trials: Sequence[RepeatTrial]) -> str:
    """Return how often the interval of several flights of one source holds, and how wide it is."""
    lines = ["| kind, repeats | combinations | median | 90 % holds | median width 90 % |", "|---|---|---|---|---|"]
    for kind in dict.fromkeys(trial.kind for trial in trials):
        for count in sorted({trial.repeats for trial in trials}):
            some = [trial for trial in trials if (trial.kind, trial.repeats) == (kind, count)]
            true = np.array([trial.true_kg_h for trial in some])
            low, high = np.array([[trial.low_90, trial.high_90] for trial in some]).T / true
            median = np.median([trial.flux_kg_h for trial in some] / true)
            holds, width = np.mean((low <= 1.0) & (high >= 1.0)), np.median(high - low)
            lines.append(f"| {kind}, {count} | {len(some)} | {median:.3f} | {holds:.3f} | {width:.3f} |")
    return "\n".join(lines)


def ratio_table(rows: Sequence[Row], baseline: Sequence[Row]) -> str:
    """Return this build and another on the same flights."""
    lines = [
        "| kind | median | baseline | 90 % holds | baseline | width | baseline | score | baseline | ratio of scores |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for ours, theirs in zip(rows, baseline, strict=True):
        pairs = [(row.median_ratio, row.cover_90, row.width_90, row.interval_score) for row in (ours, theirs)]
        cells = " | ".join(f"{one:.3f} | {other:.3f}" for one, other in zip(*pairs, strict=True))
        lines.append(f"| {ours.kind} | {cells} | {ours.interval_score / theirs.interval_score:.3f} |")
    return "\n".join(lines)


def draw_reliability(rows: Sequence[Row], path: Path) -> None:
    """Draw the share of intervals that hold the truth over their level, one line per physics, mean over kinds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 4.0), dpi=100, layout="constrained")
    axes = figure.add_subplot(xlabel="level of the interval", ylabel="share that holds the truth", aspect="equal")
    axes.plot([0.4, 1.0], [0.4, 1.0], color="0.6", linewidth=1.0)
    for physics, marker in zip(PHYSICS, "os^", strict=True):
        some = [row for row in rows if physics_of(row.kind) == physics]
        if some:
            cover = [np.mean([row.cover[str(level)] for row in some]) for level in LEVELS]
            axes.plot(LEVELS, cover, marker=marker, label=f"{physics} ({sum(row.flights for row in some)} flights)")
    axes.set(xlim=(0.4, 1.0), ylim=(0.4, 1.0))
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, metadata={"Software": None})


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
    runs = [run_peer_trial(python, trial.kind, int(trial.name.split(".")[1])) for trial in chosen]
    return peer_table(kinds, runs, chosen)


def by_kind(trials: Sequence[Trial]) -> list[Row]:
    """Return one row per kind."""
    kinds = dict.fromkeys(trial.kind for trial in trials)
    return [summarise(kind, [trial for trial in trials if trial.kind == kind]) for kind in kinds]


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--flights", type=int, default=400)
    parser.add_argument("--kinds", nargs="+", choices=ALL_KINDS)
    parser.add_argument("--physics", nargs="+", default=list(PHYSICS), choices=PHYSICS, help="kinds of these only")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--baseline", type=Path, help="another checkout; the same flights go through it too")
    parser.add_argument("--repeats", type=int, default=0, help=f"sources of each kind flown {REPEATED} times each")
    parser.add_argument("--picture", type=Path, help="draw the reliability diagram, .png or .svg")
    parser.add_argument(
        "--peer-python", help="interpreter with gasflux==0.2.2; else $GASFLUX_PEER_PYTHON; else no peer"
    )
    parser.add_argument("--peer-flights", type=int, default=5, help="flights of each kind that the peer processes too")
    args = parser.parse_args()
    args.kinds = [kind for kind in args.kinds or ALL_KINDS if physics_of(kind) in args.physics]
    return args


def main() -> int:
    """Run the trials and print the tables; with --check exit 1 when a goal is missed."""
    args = parsed()
    folder = cache_folder()
    names = [FlightName(kind, args.seed * 100_000 + index) for kind in args.kinds for index in range(args.flights)]
    many = [
        FlightName(kind, args.seed * 100_000 + 50_000 + source, repeat)
        for kind in args.kinds
        for source in range(args.repeats)
        for repeat in range(REPEATED)
    ]
    rates = keep_all(folder, [*names, *many], args.jobs)
    trials, _ = run_trials(folder, names, rates, OWN_SOURCE, args.jobs)
    rows = by_kind(trials)
    print(table(rows), calibration_table(rows), grade_table(trials), left_out_table(trials), sep="\n\n")
    print(f"\nmedian processing time {1000 * np.nanmedian([trial.seconds for trial in trials]):.0f} ms per flight")
    for trial in trials:
        if trial.error:
            print(f"failed: {trial.name}: {trial.error}")
    if many:
        print("\n" + repeats_table(run_trials(folder, many, rates, OWN_SOURCE, args.jobs)[1]))
    if args.baseline:
        other, _ = run_trials(folder, names, rates, args.baseline / "src", args.jobs)
        print("\n" + ratio_table(rows, by_kind(other)))
    if args.picture:
        draw_reliability(rows, args.picture)
    peer = find_peer(args.peer_python)
    if peer is not None:
        print("\n" + compare_with_peer(peer, trials, args.kinds, args.peer_flights))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"rows": [asdict(r) for r in rows], "trials": [asdict(t) for t in trials]}, indent=1))
    return int(args.check and any(wanted(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
