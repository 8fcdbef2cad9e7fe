"""Process simulated flights with whichever build PYTHONPATH names, and print what it says of them, one JSON a line.

Started by accuracy.py, once for this build and once for the baseline; it knows both builds' names.
Usage: python estimates.py FOLDER < NAMES; every NAME is a log FOLDER/NAME.csv.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

LEVELS = (0.5, 0.6827, 0.9, 0.95)
REPEATS = (3, 5, 10)
"""Flights of one source taken together."""


def module_of(*names: str) -> Any:
    """Import the first of these modules that the build has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"this build has none of {', '.join(names)}")


def intervals(gas: Any, path: Path, process: Any) -> dict[str, list[float]]:
    """Return the interval at every level: by the build's own law of coverage, else by processing again."""
    law = module_of("gasflux.rate.error_budget", "gasflux.uncertainty").coverage_interval
    found = {}
    for level in LEVELS:
        interval = _by_law(law, gas, level) or process(path, {"uncertainty": {"level": level}}).gases["ch4"].interval
        found[str(level)] = [interval.low_kg_h, interval.high_kg_h]
    return found


def _by_law(law: Any, gas: Any, level: float) -> Any:
    """Return an interval, None where the law does not give the interval the result came with."""
    try:
        told = law(gas.flux_kg_h, gas.budget_kg_h, gas.degrees_of_freedom, gas.interval.level)
    except (TypeError, AttributeError):
        return None
    scale = 1e-9 * abs(gas.interval.high_kg_h - gas.interval.low_kg_h) + 1e-300
    same = abs(told.low_kg_h - gas.interval.low_kg_h) + abs(told.high_kg_h - gas.interval.high_kg_h)
    return law(gas.flux_kg_h, gas.budget_kg_h, gas.degrees_of_freedom, level) if same <= scale else None


def estimate(path: Path, process: Any) -> tuple[dict[str, Any], Any]:
    """Return what the build says of one log, and the flight as its combination takes it."""
    started = time.perf_counter()
    try:
        gas = process(path).gases["ch4"]
    except Exception as error:  # whatever a build stumbles over is a failure to be counted
        return {"name": path.stem, "error": f"{type(error).__name__}: {error}"[:300]}, None
    seconds = time.perf_counter() - started
    told = {
        "name": path.stem,
        "flux": gas.flux_kg_h,
        "intervals": intervals(gas, path, process),
        "grade": gas.quality.grade,
        "detected": bool(getattr(gas, "detected", True)),
        "flags": [flag.code for flag in gas.quality.flags],
        "budget": dict(gas.budget_kg_h),
        "seconds": seconds,
    }
    return told, gas


def combined(gases: list[Any], names: list[str]) -> list[dict[str, Any]]:
    """Return the combinations of flights of one source: disjoint groups of each size."""
    repeats = module_of("gasflux.rate.repeats", "gasflux.combination")
    law = module_of("gasflux.rate.error_budget", "gasflux.uncertainty")
    told = []
    flights = [repeats.flight_repeat(gas.flux_kg_h, gas.budget_kg_h, gas.interval) for gas in gases]
    for count in REPEATS:
        for first in range(0, len(flights) - count + 1, count):
            one = repeats.combine(flights[first : first + count], 0.9, law.BETWEEN_FLIGHTS)
            interval = [one.interval.low_kg_h, one.interval.high_kg_h]
            told.append({"name": names[first], "repeats": count, "flux": one.flux_kg_h, "interval": interval})
    return told


def main() -> None:
    """Process the named logs; names of one source share what stands before the last dash."""
    from gasflux import process

    folder, names = sys.argv[1], sys.stdin.read().split()
    sources: dict[str, tuple[list[Any], list[str]]] = {}
    for name in names:
        told, gas = estimate(Path(folder) / f"{name}.csv", process)
        print(json.dumps(told), flush=True)
        source, dash, _ = name.rpartition("-")
        if dash and gas is not None:
            gases, members = sources.setdefault(source, ([], []))
            gases.append(gas)
            members.append(name)
    for gases, members in sources.values():
        for told in combined(gases, members):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
