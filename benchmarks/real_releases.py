"""Rate and interval on real metered releases: Project Prairie Grass (Barad 1958, AFCRC-TR-58-235) as curtain logs.

Each log is a section measured 100 m downwind at nine heights, 0.5 to 17.5 m; leaving out the rows below a height makes
it a flight whose lowest pass is there. Printed per lowest pass: median of the rate over the section's own integral,
how many 90 % intervals hold that integral and the metered rate, misses on either side, and the two parts of the rate
over what the nine heights measured of them. Nothing is fitted here. Usage::

    python benchmarks/real_releases.py [--data ../shared/data/prairie_grass] [--lowest 0.5 1.5 2.5 4.5]
                                       [--highest 17.5] [--check]

The folder holds the logs and ``truth.csv`` (file, true_kg_h, section_kg_h); it is not part of this project.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import gasflux
from gasflux.records import FlightResult
from gasflux.surface.passes import line_weights, sum_by_pass

Floats = NDArray[np.float64]

DATA: Final = Path("../shared/data/prairie_grass")
LOWEST_M: Final = (0.5, 1.5, 2.5, 4.5)
WANTED_MEDIAN: Final = {0.5: 0.025, 1.5: 0.03, 2.5: 0.04, 4.5: 0.06}
"""Lowest pass -> how far the median of rate over section may be from one."""
_SECTION_HELD: Final = 0.9
_METERED_HELD: Final = 0.8
_SAME_LEVEL_M: Final = 0.05


@dataclass(frozen=True)
class Release:
    """One release and what it is compared with."""

    name: str
    rows: pd.DataFrame
    metered_kg_h: float
    section_kg_h: float


@dataclass(frozen=True)
class Section:
    """What the nine heights measured: flux per metre at each, lowest first."""

    height_m: Floats
    flux_kg_m_h: Floats

    def between(self, low_m: float, high_m: float) -> float:
        """Return the trapezoidal integral between two heights, constant below the lowest level."""
        heights = np.union1d(self.height_m, [low_m, high_m])
        heights = heights[(heights >= low_m) & (heights <= high_m)]
        return float(np.trapezoid(np.interp(heights, self.height_m, self.flux_kg_m_h), heights))


@dataclass(frozen=True)
class Trial:
    """One release with one lowest pass."""

    name: str
    rate_kg_h: float
    low_kg_h: float
    high_kg_h: float
    grade: str
    metered_kg_h: float
    section_kg_h: float
    below_ratio: float
    """Layer below the lowest pass over the measured one."""
    sampled_ratio: float
    """Kriged part over the trapezoids of the same passes."""
    above_share: float
    """Layer above the highest pass over the rate."""


@dataclass(frozen=True)
class Row:
    """The line of one lowest pass."""

    lowest_m: float
    releases: int
    over_section: float
    over_metered: float
    holds_section: float
    section_above: float
    """Share of intervals wholly below the section."""
    section_below: float
    holds_metered: float
    metered_above: float
    metered_below: float
    width: float
    """Median width of the interval over the section."""
    below: float
    sampled: float
    above: float


def releases(folder: Path) -> list[Release]:
    """Read every log that ``truth.csv`` names."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    return [
        Release(fact["file"], _rows(folder / fact["file"]), float(fact["true_kg_h"]), float(fact["section_kg_h"]))
        for fact in facts
    ]


def _rows(path: Path) -> pd.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["timestamp"])


def measured_section(result: FlightResult) -> Section:
    """Return what each pass of a flight carried, lowest first."""
    segment = result.segments[0].segment
    density = np.nan_to_num(result.segments[0].gases["ch4"].flux_density_kg_m2_h)
    flux = sum_by_pass(line_weights(segment) * density, segment.transect, segment.transects)
    height = sum_by_pass(segment.height_m, segment.transect, segment.transects) / np.bincount(segment.transect)
    order = np.argsort(height)
    return Section(height[order], flux[order])


def trial(release: Release, section: Section, lowest_m: float, highest_m: float) -> Trial:
    """Process the rows of a release between two heights with the shipped defaults.

    Parameters
    ----------
    release
        The release.
    section
        What all of its heights measured.
    lowest_m, highest_m
        Passes outside of these are left out.
    """
    height = release.rows["height_ato"]
    kept = (height >= lowest_m - _SAME_LEVEL_M) & (height <= highest_m + _SAME_LEVEL_M)
    gas = gasflux.process(release.rows[kept]).gases["ch4"]
    below, above = gas.flux_below_lowest_sample_kg_h, getattr(gas, "flux_above_highest_sample_kg_h", 0.0)
    top = float(section.height_m[section.height_m <= highest_m + _SAME_LEVEL_M].max())
    return Trial(
        release.name,
        gas.flux_kg_h,
        gas.interval.low_kg_h,
        gas.interval.high_kg_h,
        gas.quality.grade,
        release.metered_kg_h,
        release.section_kg_h,
        below / section.between(0.0, lowest_m),
        (gas.flux_kg_h - below - above) / section.between(lowest_m, top),
        above / gas.flux_kg_h,
    )


def summarise(lowest_m: float, trials: Sequence[Trial]) -> Row:
    """Condense the trials of one lowest pass into a line."""
    rate, low, high = np.array([[t.rate_kg_h, t.low_kg_h, t.high_kg_h] for t in trials]).T
    section = np.array([t.section_kg_h for t in trials])
    metered = np.array([t.metered_kg_h for t in trials])
    return Row(
        lowest_m,
        len(trials),
        float(np.median(rate / section)),
        float(np.median(rate / metered)),
        *_held(low, high, section),
        *_held(low, high, metered),
        float(np.median((high - low) / section)),
        float(np.median([t.below_ratio for t in trials])),
        float(np.median([t.sampled_ratio for t in trials])),
        float(np.median([t.above_share for t in trials])),
    )


def _held(low: Floats, high: Floats, truth: Floats) -> tuple[float, float, float]:
    """Return the shares of intervals that hold the truth, lie wholly below it, lie wholly above it."""
    under, over = float(np.mean(high < truth)), float(np.mean(low > truth))
    return 1.0 - under - over, under, over


def wanted(row: Row) -> list[str]:
    """Name what a row misses of the goals."""
    faults = []
    if abs(row.over_section - 1.0) > WANTED_MEDIAN.get(row.lowest_m, 0.06):
        faults.append(f"median {row.over_section:.3f}")
    if row.holds_section < _SECTION_HELD:
        faults.append(f"section held {row.holds_section:.2f}")
    if row.holds_metered < _METERED_HELD:
        faults.append(f"metered held {row.holds_metered:.2f}")
    return faults


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| lowest pass | releases | rate / section | rate / metered | section held | below it | above it "
        "| metered held | below it | above it | width 90 % | layer below / measured | sampled / trapezoids "
        "| layer above / rate | misses |",
        "|---" * 15 + "|",
    ]
    for row in rows:
        medians = f"{row.over_section:.3f} | {row.over_metered:.3f}"
        section = f"{row.holds_section:.2f} | {row.section_above:.2f} | {row.section_below:.2f}"
        metered = f"{row.holds_metered:.2f} | {row.metered_above:.2f} | {row.metered_below:.2f}"
        parts = f"{row.width:.2f} | {row.below:.3f} | {row.sampled:.3f} | {row.above:.3f}"
        misses = ", ".join(wanted(row)) or "-"
        lines.append(
            f"| {row.lowest_m:g} m | {row.releases} | {medians} | {section} | {metered} | {parts} | {misses} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Process every release at every lowest pass and print the table; with --check exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the logs and truth.csv")
    parser.add_argument("--lowest", type=float, nargs="+", default=list(LOWEST_M), help="heights of the lowest pass, m")
    parser.add_argument("--highest", type=float, default=17.5, help="height of the highest pass, m")
    parser.add_argument("--each", action="store_true", help="print every release too")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    args = parser.parse_args()
    if not (args.data / "truth.csv").is_file():
        print(f"No truth.csv in {args.data}: give the folder of the releases with --data.", file=sys.stderr)
        return 2
    found = releases(args.data)
    sections = [measured_section(gasflux.process(release.rows)) for release in found]
    rows, trials = [], []
    for lowest_m in args.lowest:
        pairs = zip(found, sections, strict=True)
        of_row = [trial(release, section, lowest_m, args.highest) for release, section in pairs]
        trials += of_row
        rows.append(summarise(lowest_m, of_row))
        if args.each:
            print("\n".join(str(one) for one in of_row))
    print(table(rows))
    print("grades: " + ", ".join(f"{grade} {sum(t.grade == grade for t in trials)}" for grade in "ABCD"))
    return int(args.check and any(wanted(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
