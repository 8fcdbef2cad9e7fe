"""Simulated flights as files, made once and kept in a temporary folder, so that two builds see the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import gasflux.simulation
from gasflux.simulation import SimulatedFlight, random_scenario, simulate, to_frame

PHYSICS = ("steady", "meandering", "turbulent")
REPEATED = 10
"""Flights of one source in a trial of repeats."""


@dataclass(frozen=True)
class FlightName:
    """What a kept flight is called by, and what it is made from."""

    kind: str
    seed: int
    repeat: int | None = None
    """Number among the flights of one source; None for a flight of its own."""

    def __str__(self) -> str:
        return f"{self.kind}.{self.seed}" + ("" if self.repeat is None else f"-{self.repeat}")


def physics_of(kind: str) -> str:
    """Return how the plume of a kind is made."""
    return str(random_scenario(kind, np.random.default_rng(0)).plume)


def make_flight(kind: str, seed: int, repeat: int | None = None) -> SimulatedFlight:
    """Return the flight of that kind and seed, always the same; repeats share all but the weather and the noise."""
    scenario = random_scenario(kind, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
    return simulate(scenario if repeat is None else replace(scenario, seed=scenario.seed + repeat))


def cache_folder() -> Path:
    """Return the folder of the flights that this simulation makes; another simulation has another."""
    digest = hashlib.sha256()
    for source in sorted(Path(gasflux.simulation.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"gasflux-flights-{digest.hexdigest()[:12]}"
    folder.mkdir(exist_ok=True)
    return folder


def keep(folder: Path, name: FlightName) -> float:
    """Make a flight unless it is there; return its true rate."""
    log, truth = folder / f"{name}.csv", folder / f"{name}.json"
    if not truth.exists():
        flight = make_flight(name.kind, name.seed, name.repeat)
        to_frame(flight).to_csv(log, index=False)
        # The truth last and in one piece: where it is, the log is whole.
        part = truth.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(flight.truth_kg_h["ch4"]))
        part.replace(truth)
    return float(json.loads(truth.read_text()))


def keep_all(folder: Path, names: list[FlightName], jobs: int) -> dict[str, float]:
    """Make all flights that are not there; return their true rates by name."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        rates = pool.map(keep, [folder] * len(names), names, chunksize=4)
        return {str(name): rate for name, rate in zip(names, rates, strict=True)}
