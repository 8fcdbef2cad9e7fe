"""A simulated flight as files: the log an instrument would have written, and beside it the truth."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gasflux.errors import UnsupportedFileError
from gasflux.simulation import Scenario, SimulatedFlight, simulate, to_frame
from gasflux.simulation.kinds import random_scenario
from gasflux.storage.whole_file import write_whole
from gasflux.version import __version__


def scenario_of_kind(
    kind: str,
    rate_kg_h: Mapping[str, float],
    seed: int,
    sample_hz: float | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Scenario:
    """Return what is flown by a flight of a kind, drawn by the seed, with the given emission rates.

    A ``weak`` source of a given rate is one seen by a noisier analyser: the peak stays 2-4 times the noise.

    Parameters
    ----------
    kind
        One of `gasflux.simulation.kinds.ALL_KINDS`.
    rate_kg_h
        Gas -> true emission rate.
    seed
        The same seed gives the same flight.
    sample_hz
        Sampling rate; None leaves the kind's own.
    changes
        Further settings of the `Scenario` that replace the kind's own.
    """
    scenario = random_scenario(kind, np.random.default_rng(seed))
    hz = scenario.sample_hz if sample_hz is None else sample_hz
    noise = dict(scenario.gas_noise_ppm)
    if kind == "weak":
        louder = max(rate_kg_h.values()) / scenario.rate_kg_h["ch4"]
        noise |= {gas: scenario.noise_of(gas) * louder for gas in rate_kg_h}
    settings: dict[str, Any] = {"rate_kg_h": dict(rate_kg_h), "gas_noise_ppm": noise, "seed": seed, "sample_hz": hz}
    return replace(scenario, **settings | dict(changes))


def simulate_kind(
    kind: str,
    rate_kg_h: Mapping[str, float],
    seed: int,
    sample_hz: float | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> SimulatedFlight:
    """Return the flight of `scenario_of_kind`.

    Parameters
    ----------
    kind, rate_kg_h, seed, sample_hz, changes
        As of `scenario_of_kind`.
    """
    return simulate(scenario_of_kind(kind, rate_kg_h, seed, sample_hz, changes))


def write_simulated(flight: SimulatedFlight, path: Path, kind: str) -> Path:
    """Write the log (.csv, .csv.gz or .xlsx) and ``<path>.truth.json`` beside it; return the latter's path.

    Parameters
    ----------
    flight
        The flight with its truth.
    path
        Of the log; the suffix decides the type.
    kind
        Name of its kind, noted with the truth.

    Raises
    ------
    UnsupportedFileError
        When the suffix is none of these.
    """
    write_whole(path, _content(flight, path.name))
    truth = truth_of(flight.scenario, kind)
    beside = path.with_name(f"{path.name}.truth.json")
    write_whole(beside, (json.dumps(truth, indent=2) + "\n").encode())
    return beside


def truth_of(scenario: Scenario, kind: str) -> dict[str, Any]:
    """Return the truth of a flight as a JSON-ready object."""
    settings = {name: dict(value) if isinstance(value, Mapping) else value for name, value in vars(scenario).items()}
    return {"rate_kg_h": dict(scenario.rate_kg_h), "kind": kind, "version": __version__, "scenario": settings}


def _content(flight: SimulatedFlight, name: str) -> bytes:
    """Return the log as the bytes of a file of that name."""
    ending = name.lower()
    if ending.endswith(".xlsx"):
        workbook = io.BytesIO()
        to_frame(flight).to_excel(workbook, index=False, sheet_name="flight")
        return workbook.getvalue()
    if not ending.endswith((".csv", ".csv.gz")):
        raise UnsupportedFileError(f"{name!r}: a simulated flight is written as .xlsx, .csv or .csv.gz; rename it.")
    text = to_frame(flight).to_csv(index=False, lineterminator="\n").encode()
    return gzip.compress(text, mtime=0) if ending.endswith(".gz") else text
