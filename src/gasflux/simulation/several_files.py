"""A simulated flight as its instruments would write it: an analyser, an anemometer, a drone, each with its own clock.

The analyser runs from before the flight until after it, as they do; the air at its inlet then is clean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gasflux.errors import ConfigError, Fault
from gasflux.records import FloatArray
from gasflux.simulation.files import truth_of
from gasflux.simulation.instruments import slowed
from gasflux.simulation.scenario import Scenario
from gasflux.simulation.simulated_flight import SCALE_HEIGHT_M, SimulatedFlight, simulate
from gasflux.storage.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd

WIND_HZ: Final = 10.0
BEFORE_S: Final = 50.0
AFTER_S: Final = 70.0
"""How long the analyser logs before and after the flight."""
PRESSURE_NOISE_HPA: Final = 0.05
"""Of an analyser's barometer in a sample of a second: 0.4 m."""
_BAROMETER: Final = 7
"""Stream of random numbers of the analyser's barometer, beside those of `simulated_flight`."""
_NOISE: Final = 8


@dataclass(frozen=True)
class InstrumentClocks:
    """How far the clocks are ahead of the drone's, in seconds."""

    gas_s: float = 0.0
    wind_s: float = 0.0


@dataclass(frozen=True, eq=False)
class InstrumentRecords:
    """What each instrument logged, times by its own clock in seconds since the start of the flight."""

    scenario: Scenario
    flight: SimulatedFlight
    """At the rate of the anemometer, without lag and response."""
    clocks: InstrumentClocks
    gas_time_s: FloatArray
    gas_ppm: Mapping[str, FloatArray]
    gas_pressure_hpa: FloatArray
    wind_time_s: FloatArray


def instrument_records(scenario: Scenario, clocks: InstrumentClocks) -> InstrumentRecords:
    """Fly a scenario and log it by three instruments.

    Parameters
    ----------
    scenario
        What to fly; ``sample_hz`` is the analyser's rate, ``gas_lag_s`` and ``gas_response_s`` its lag and response.
    clocks
        Of analyser and anemometer.
    """
    clean = replace(scenario, sample_hz=WIND_HZ, gas_lag_s=0.0, gas_response_s=0.0, clock_offset_s=0.0)
    return logged_by_instruments(simulate(clean), scenario, clocks)


def logged_by_instruments(flight: SimulatedFlight, scenario: Scenario, clocks: InstrumentClocks) -> InstrumentRecords:
    """Return what three instruments log of a flight that was flown.

    Parameters
    ----------
    flight
        At the rate of the anemometer, without lag and response.
    scenario
        The analyser's rate, lag and response.
    clocks
        Of analyser and anemometer.
    """
    rng = np.random.default_rng([scenario.seed, _NOISE])
    step = 1.0 / scenario.sample_hz
    true_s = np.arange(-BEFORE_S, flight.time_s[-1] + AFTER_S, step) + float(rng.uniform(0.0, step))
    gases = {gas: _sensed(scenario, flight, gas, true_s, rng) for gas in scenario.rate_kg_h}
    height = np.interp(true_s, flight.time_s, flight.z_m)
    noise = PRESSURE_NOISE_HPA * np.random.default_rng([scenario.seed, _BAROMETER]).standard_normal(true_s.size)
    pressure = scenario.pressure_hpa * np.exp(-height / SCALE_HEIGHT_M) + noise
    return InstrumentRecords(
        scenario, flight, clocks, true_s + clocks.gas_s, gases, pressure, flight.time_s + clocks.wind_s
    )


def _sensed(
    scenario: Scenario, flight: SimulatedFlight, gas: str, true_s: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return what the analyser shows of a gas, ppm: late, slow, with noise."""
    step = 1.0 / WIND_HZ
    fine = np.arange(true_s[0] - scenario.gas_lag_s, true_s[-1] + step, step)
    inlet = np.interp(fine, flight.time_s, flight.enhancement_ppm[gas], left=0.0, right=0.0)
    shown = np.interp(true_s - scenario.gas_lag_s, fine, slowed(inlet, step, scenario.gas_response_s))
    noise = scenario.noise_of(gas) * np.sqrt(scenario.sample_hz) * rng.standard_normal(true_s.size)
    gain = 1.0 + scenario.gas_gain_std * rng.standard_normal()
    drift = scenario.drift_ppm_h.get(gas, 0.0) * true_s / 3600.0
    return np.asarray(scenario.background_of(gas) + drift + gain * shown + noise)


def write_instruments(records: InstrumentRecords, folder: Path, layout: str, kind: str) -> tuple[Path, ...]:
    """Write the files of three instruments and ``truth.json`` into a folder; return the paths of the files.

    Parameters
    ----------
    records
        What they logged.
    folder
        Where to; made when missing.
    layout
        One of `LAYOUTS`: whose instruments.
    kind
        Name of the flight's kind, noted with the truth.

    Raises
    ------
    ConfigError
        When there is no such layout; lists those that there are.
    """
    if layout not in LAYOUTS:
        fault = Fault(f"there is no layout {layout!r}; choose one of {', '.join(LAYOUTS)}.", "layout", value=layout)
        raise ConfigError.from_faults("write_instruments", [fault])
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in LAYOUTS[layout](records).items():
        write_whole(folder / name, text.encode())
        paths.append(folder / name)
    offsets = (records.clocks.gas_s, records.clocks.wind_s, 0.0)
    clocks = {path.name: offset for path, offset in zip(paths, offsets, strict=True)}
    truth = truth_of(records.scenario, kind) | {"layout": layout, "clock_offset_s": clocks}
    write_whole(folder / "truth.json", (json.dumps(truth, indent=2) + "\n").encode())
    return tuple(paths)


def _times(records: InstrumentRecords, time_s: FloatArray) -> pd.DatetimeIndex:
    """Return times of the flight as the clocks showed them, to the millisecond."""
    import pandas as pd

    start = np.datetime64(records.flight.scenario.start_utc, "ms")
    return pd.DatetimeIndex(start + np.round(time_s * 1000.0).astype("timedelta64[ms]"))


def _csv(columns: Mapping[str, object], separator: str = ",", digits: str = "%.8g") -> str:
    """Return columns as text."""
    import pandas as pd

    return pd.DataFrame(dict(columns)).to_csv(index=False, sep=separator, float_format=digits, lineterminator="\n")


def _stamp(times: pd.DatetimeIndex, form: str) -> list[str]:
    """Return times with milliseconds in place of ``%f``."""
    return [time.strftime(form.replace("%f", f"{time.microsecond // 1000:03d}")) for time in times]


def _drone(records: InstrumentRecords) -> dict[str, FloatArray]:
    """Return every second record of the flight, as many as a drone writes."""
    flight, every = records.flight, slice(None, None, 2)
    names = ("time_s", "latitude_deg", "longitude_deg", "height_m", "temperature_c", "pressure_hpa")
    return {name: getattr(flight, name)[every] for name in names}


def _plain(records: InstrumentRecords) -> dict[str, str]:
    """Return comma-separated files with plain names; the analyser has a barometer."""
    flight, drone = records.flight, _drone(records)
    form = "%Y-%m-%dT%H:%M:%S.%f"
    gases = {f"{gas} (ppm)": values for gas, values in records.gas_ppm.items()}
    gas = {"timestamp": _stamp(_times(records, records.gas_time_s), form), **gases}
    wind = {
        "timestamp": _stamp(_times(records, records.wind_time_s), form),
        "windspeed (m/s)": flight.wind_speed_m_s,
        "winddir (deg)": flight.wind_from_deg,
    }
    path = {
        "timestamp": _stamp(_times(records, drone["time_s"]), form),
        "latitude": drone["latitude_deg"],
        "longitude": drone["longitude_deg"],
        "height_ato (m)": drone["height_m"],
        "temperature (degC)": drone["temperature_c"],
        "pressure (hPa)": drone["pressure_hpa"],
    }
    gas["ambient pressure (hPa)"] = records.gas_pressure_hpa
    return {"gas.csv": _csv(gas), "wind.csv": _csv(wind), "drone.csv": _csv(path, digits="%.10g")}


def _licor(records: InstrumentRecords) -> dict[str, str]:
    """Return an LI-78xx, an anemometer on a Campbell logger and AirData of a drone."""
    flight, drone = records.flight, _drone(records)
    times = _times(records, records.gas_time_s)
    gas: dict[str, object] = {
        "DATAH": ["DATA"] * times.size,
        "SECONDS": times.asi8 // 1_000_000_000 if times.unit == "ns" else times.asi8 // 1000,
        "NANOSECONDS": times.microsecond * 1000,
        "DIAG": [0] * times.size,
        **{gas.upper(): 1000.0 * values for gas, values in records.gas_ppm.items()},
    }
    units = "\t".join(["DATAU", "secs", "nsecs", "diag", *["ppb"] * len(records.gas_ppm)])
    head = "Model:\tLI-7810\nSN:\tTG10-01000\nSoftware Version:\t2.2.19\nTimestamp:\t2025-06-01\nTimezone:\tUTC\n"
    first, _, rest = _csv(gas, "\t").partition("\n")
    toa5 = '"TOA5","CR1000X","CR1000X","1234","CR1000X.Std","CPU:wind.CR1X","1","wind"\n'
    toa5 += '"TIMESTAMP","RECORD","WS_ms","WindDir"\n"TS","RN","meters/second","degrees"\n"","","Smp","Smp"\n'
    stamps = _stamp(_times(records, records.wind_time_s), "%Y-%m-%d %H:%M:%S.%f")
    rows = zip(stamps, flight.wind_speed_m_s, flight.wind_from_deg, strict=True)
    toa5 += "".join(f'"{at}",{index},{speed:.4f},{angle:.3f}\n' for index, (at, speed, angle) in enumerate(rows))
    clock = _times(records, drone["time_s"])
    airdata = {
        "time(millisecond)": np.round(1000.0 * drone["time_s"]).astype(np.int64),
        "datetime(utc)": clock.strftime("%Y-%m-%d %H:%M:%S"),
        "latitude": drone["latitude_deg"],
        "longitude": drone["longitude_deg"],
        "height_above_takeoff(meters)": drone["height_m"],
    }
    return {
        "li7810.data": f"{head}{first}\n{units}\n{rest}",
        "wind.dat": toa5,
        "airdata.csv": _csv(airdata, digits="%.10g"),
    }


def _lgr(records: InstrumentRecords) -> dict[str, str]:
    """Return an LGR with days first, a TriSonica that logs its air, and a drone's own table."""
    flight, drone = records.flight, _drone(records)
    gases = {f"[{gas.upper()}]d_ppm": values for gas, values in records.gas_ppm.items()}
    gas: dict[str, object] = {"Time": _stamp(_times(records, records.gas_time_s), "%d/%m/%Y %H:%M:%S.%f"), **gases}
    gas["GasP_torr"] = np.full(records.gas_time_s.size, 140.0) + 0.01 * (np.arange(records.gas_time_s.size) % 7)
    wind = {
        "timestamp": _stamp(_times(records, records.wind_time_s), "%Y-%m-%d %H:%M:%S.%f"),
        "Wind Speed (m/s)": flight.wind_speed_m_s,
        "Wind Direction (deg)": flight.wind_from_deg,
        "Temperature (C)": flight.temperature_c,
        "Pressure (hPa)": flight.pressure_hpa,
    }
    path = {
        "datetime(utc)": _stamp(_times(records, drone["time_s"]), "%Y-%m-%d %H:%M:%S.%f"),
        "OSD.latitude": drone["latitude_deg"],
        "OSD.longitude": drone["longitude_deg"],
        "OSD.height [m]": drone["height_m"],
    }
    head = "VC:2f90039 BD:Jan 16 2014 SN:15-0221\n"
    return {"lgr.txt": head + _csv(gas), "trisonica.csv": _csv(wind), "dji.csv": _csv(path, digits="%.10g")}


def _aeris(records: InstrumentRecords) -> dict[str, str]:
    """Return an Aeris with months first, wind as components, and a drone with its barometer."""
    flight, drone = records.flight, _drone(records)
    gases = {f"{gas.upper()} (ppm)": values for gas, values in records.gas_ppm.items()}
    gas: dict[str, object] = {
        "Time Stamp": _stamp(_times(records, records.gas_time_s), "%m/%d/%Y %H:%M:%S.%f"),
        "Inlet Number": np.ones(records.gas_time_s.size, dtype=np.int64),
        "P (mbars)": 240.0 + 0.01 * (np.arange(records.gas_time_s.size) % 5),
        **gases,
    }
    angle = np.radians(flight.wind_from_deg)
    wind = {
        "timestamp": _stamp(_times(records, records.wind_time_s), "%Y-%m-%dT%H:%M:%S.%fZ"),
        "wind_east (m/s)": -flight.wind_speed_m_s * np.sin(angle),
        "wind_north (m/s)": -flight.wind_speed_m_s * np.cos(angle),
    }
    path = {
        "timestamp": _stamp(_times(records, drone["time_s"]), "%Y-%m-%dT%H:%M:%S.%fZ"),
        "lat": drone["latitude_deg"],
        "lon": drone["longitude_deg"],
        "relative_altitude (m)": drone["height_m"],
        "baro_pressure (hPa)": drone["pressure_hpa"],
        "air_temperature (degC)": drone["temperature_c"],
    }
    return {"aeris.csv": _csv(gas), "sonic.csv": _csv(wind), "autopilot.csv": _csv(path, digits="%.10g")}


LAYOUTS: Final[Mapping[str, Callable[[InstrumentRecords], dict[str, str]]]] = {
    "plain": _plain,
    "licor": _licor,
    "lgr": _lgr,
    "aeris": _aeris,
}
"""Whose instruments -> what they write: the gas log, the wind log, the drone's log, in that order."""
