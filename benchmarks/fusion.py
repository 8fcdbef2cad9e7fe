"""What putting the files of several instruments together costs, on simulated flights whose clocks and rates are known.

Every flight is written as three instruments would write it, and once more as one file with right clocks, no lag and no
response, averaged by the plainest means. Usage: python benchmarks/fusion.py [--flights 200] [--seed 2026] [--clocks]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import gasflux
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import GasFluxError
from gasflux.reading.one_flight import inspect_one_flight
from gasflux.records import FlightResult, FloatArray
from gasflux.simulation import Scenario, random_scenario, simulate
from gasflux.simulation.several_files import (
    WIND_HZ,
    InstrumentClocks,
    InstrumentRecords,
    logged_by_instruments,
    write_instruments,
)

KINDS = ("meandering", "spiral_meandering", "turbulent_usual", "turbulent_spiral")
GAS_S, LAG_S, RESPONSE_S = 25.0, 5.0, 2.0
MAST_M = 3.0
KNOWN: Mapping[str, Any] = {"sensor": {"response_s": RESPONSE_S}, "fusion": {"lag_s": LAG_S}}
SPARSE_HZ = 2.0
"""Of wind and positions where only the gas clock is looked at, which needs neither more."""
NORMAL_90 = 1.645


def one_file(records: InstrumentRecords) -> Any:
    """Return the flight as one log: wind averaged over each second, positions interpolated, the gas as it is."""
    import pandas as pd

    flight, time_s = records.flight, records.gas_time_s
    angle = np.radians(flight.wind_from_deg)
    east, north = (
        _mean(flight.time_s, -flight.wind_speed_m_s * part, time_s) for part in (np.sin(angle), np.cos(angle))
    )
    inside = (time_s >= 0.0) & (time_s <= flight.time_s[-1]) & np.isfinite(east)
    start = np.datetime64(records.scenario.start_utc, "ms")
    every = slice(None, None, 2)
    names = ("latitude_deg", "longitude_deg", "height_m", "temperature_c", "pressure_hpa")
    at = [np.interp(time_s, flight.time_s[every], getattr(flight, name)[every]) for name in names]
    columns = dict(zip(("latitude", "longitude", "height_ato", "temperature", "pressure"), at, strict=True))
    columns |= {"windspeed": np.hypot(east, north), "winddir": np.degrees(np.arctan2(-east, -north)) % 360.0}
    frame = pd.DataFrame({**columns, **records.gas_ppm})
    frame.insert(0, "timestamp", start + np.round(1000.0 * time_s).astype("timedelta64[ms]"))
    return frame[inside]


def _mean(time_s: FloatArray, values: FloatArray, at_s: FloatArray) -> FloatArray:
    """Return the mean of a series in the second about each time, NaN where it has nothing."""
    low, high = np.searchsorted(time_s, at_s - 0.5), np.searchsorted(time_s, at_s + 0.5)
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.where(high > low, (total[high] - total[low]) / np.maximum(high - low, 1), np.nan)


def fused(records: InstrumentRecords, layout: str, config: Mapping[str, Any] | None) -> FlightResult:
    """Write the files of three instruments and process them as one flight."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_instruments(records, Path(folder), layout, "")
        return gasflux.process(paths, config)


def by_the_drone(records: InstrumentRecords) -> InstrumentRecords:
    """Return what was logged with the analyser's clock put right."""
    return replace(records, gas_time_s=records.gas_time_s - records.clocks.gas_s, clocks=InstrumentClocks())


def told_of(result: FlightResult, reference_kg_h: float) -> dict[str, Any]:
    """Return rate over that of the single file, and the analyser's offset."""
    assert result.log.fusion is not None
    gas = result.log.fusion.files[0]
    return {
        "relative": result.gases["ch4"].flux_kg_h / reference_kg_h - 1.0,
        "offset_s": gas.clock_offset_s,
        "std_s": gas.clock_offset_std_s,
        "how": gas.how,
    }


def measure(kind: str, seed: int) -> dict[str, Any]:
    """Fly once and process every set of files; a refusal is noted."""
    scenario = random_scenario(kind, np.random.default_rng([seed, KINDS.index(kind)]))
    scenario = replace(scenario, sample_hz=1.0, gas_lag_s=0.0, gas_response_s=0.0)
    flight = simulate(replace(scenario, sample_hz=WIND_HZ))
    right = logged_by_instruments(flight, scenario, InstrumentClocks())
    slow = replace(scenario, gas_lag_s=LAG_S, gas_response_s=RESPONSE_S)
    wrong = logged_by_instruments(flight, slow, InstrumentClocks(GAS_S))
    told: dict[str, Any] = {"kind": kind, "seed": seed, "truth": scenario.rate_kg_h["ch4"]}
    reference = gasflux.process(one_file(right)).gases["ch4"].flux_kg_h
    told["single"] = reference
    undone = {"sensor": {"response_s": RESPONSE_S, "lag_s": LAG_S}}
    told["same_analyser"] = (
        gasflux.process(one_file(by_the_drone(wrong)), undone).gases["ch4"].flux_kg_h / reference - 1
    )
    offsets = {"fusion": {"clock_offsets": {"gas.csv": 0.0, "wind.csv": 0.0}}}
    told["given"] = told_of(fused(right, "plain", offsets), reference)
    told["right"] = told_of(fused(right, "plain", None), reference)
    air = {"air": {"temperature": scenario.temperature_c, "pressure": scenario.pressure_hpa}}
    for layout in ("plain", "licor"):
        told[layout] = told_of(fused(wrong, layout, {**KNOWN, **air}), reference)
    told["mast"] = on_a_mast(scenario)
    return told


def clocks_only(kind: str, seed: int) -> dict[str, Any]:
    """Fly once and fit the files together, without a rate."""
    scenario = random_scenario(kind, np.random.default_rng([seed, KINDS.index(kind)]))
    slow = replace(scenario, sample_hz=1.0, gas_lag_s=LAG_S, gas_response_s=RESPONSE_S)
    flight = simulate(replace(slow, sample_hz=SPARSE_HZ, gas_lag_s=0.0, gas_response_s=0.0))
    records = logged_by_instruments(flight, slow, InstrumentClocks(GAS_S))
    told: dict[str, Any] = {"kind": kind, "seed": seed}
    for layout in ("plain", "licor"):
        with tempfile.TemporaryDirectory() as folder:
            paths = write_instruments(records, Path(folder), layout, "")
            found = inspect_one_flight(paths, load_pipeline_config(KNOWN))
        assert found.fusion is not None
        gas = found.fusion.files[0]
        told[layout] = {"relative": 0.0, "offset_s": gas.clock_offset_s, "std_s": gas.clock_offset_std_s}
    return told


def on_a_mast(scenario: Scenario) -> dict[str, Any]:
    """Return rate and interval of a flight whose wind a mast logs, in a file of its own."""
    standing = replace(scenario, mast_height_m=MAST_M)
    records = logged_by_instruments(simulate(replace(standing, sample_hz=WIND_HZ)), standing, InstrumentClocks())
    gas = fused(records, "plain", {"wind": {"source": "mast", "height": MAST_M}}).gases["ch4"]
    return {"low": gas.interval.low_kg_h, "high": gas.interval.high_kg_h, "flux": gas.flux_kg_h}


def percentiles(values: Iterable[float]) -> str:
    """Return median and 95th percentile of absolute values, in percent."""
    absolute = np.abs(np.array(list(values)))
    return f"median {100 * np.median(absolute):.2f} %, 95th percentile {100 * np.quantile(absolute, 0.95):.2f} %"


def print_table(flights: list[dict[str, Any]]) -> None:
    """Print the figures of all flights."""
    rates = [flight for flight in flights if "single" in flight]
    if rates:
        print_rates(rates)
    for layout in ("plain", "licor"):
        print_offsets(layout, [flight[layout] for flight in flights])
        for kind in KINDS:
            of_kind = [flight[layout] for flight in flights if flight["kind"] == kind]
            if of_kind:
                print_offsets(f"{layout}, {kind}", of_kind)


def print_rates(flights: list[dict[str, Any]]) -> None:
    """Print what is left of the rates."""
    for name, text in (("given", "clocks right and given"), ("right", "clocks right, offsets found")):
        print(f"{text}: rate against the single file's: {percentiles(f[name]['relative'] for f in flights)}")
    print(f"one file of the slow analyser by the right clock: {percentiles(f['same_analyser'] for f in flights)}")
    for layout in ("plain", "licor"):
        apart = [(1.0 + f[layout]["relative"]) / (1.0 + f["same_analyser"]) - 1.0 for f in flights]
        print(f"{layout}, clock 25 s off, against that file: {percentiles(apart)}")
    inside = [flight["mast"]["low"] <= flight["truth"] <= flight["mast"]["high"] for flight in flights]
    print(f"mast of {MAST_M:.0f} m: the interval of 90 % holds the truth in {100 * np.mean(inside):.0f} %")


def print_offsets(name: str, told: list[dict[str, Any]]) -> None:
    """Print how well the analyser's clock was found, and what is left of the rate."""
    known = [one for one in told if one["std_s"] is not None]
    errors = np.array([one["offset_s"] - GAS_S for one in known])
    stds = np.array([one["std_s"] for one in known])
    print(f"{name}: told in {len(known)} of {len(told)}; rate {percentiles(one['relative'] for one in told)}")
    if known:
        within, holds = np.mean(np.abs(errors) < 1.5), np.mean(np.abs(errors) < NORMAL_90 * stds)
        print(f"  of those told, within 1.5 s {100 * within:.0f} %; interval of 90 % holds {100 * holds:.0f} %")
        print(f"  rate of those told: {percentiles(one['relative'] for one in known)}")


def main() -> None:
    """Fly, print the table, keep every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--clocks", action="store_true", help="fit the files together only, without rates")
    arguments = parser.parse_args()
    flights: list[dict[str, Any]] = []
    refused, started = [], time.perf_counter()
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    kept = folder / ("fusion_clocks.json" if arguments.clocks else "fusion.json")
    for number in range(arguments.flights):
        kind = KINDS[number % len(KINDS)]
        try:
            flights.append((clocks_only if arguments.clocks else measure)(kind, arguments.seed + number))
        except GasFluxError as error:
            refused.append(f"{kind} {arguments.seed + number}: {error}")
        kept.write_text(json.dumps(flights, indent=1) + "\n", encoding="utf-8")
    print(f"{len(flights)} flights, {len(refused)} refused, {time.perf_counter() - started:.0f} s")
    print("\n".join(refused))
    print_table(flights)


if __name__ == "__main__":
    main()
