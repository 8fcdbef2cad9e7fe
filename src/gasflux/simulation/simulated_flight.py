"""Simulated flights of known emission: the truth that every number GasFlux reports is measured against.

Path, wind and plume are functions of continuous time; the log samples them. White noise of a sensor is given for 1 Hz
samples and grows with the square root of the rate, as it does for an instrument that averages over each sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

from gasflux.constants import SECONDS_PER_HOUR
from gasflux.records import FlightLog, FloatArray, IntArray, ReadReport
from gasflux.simulation.air import Air, PlumeAir
from gasflux.simulation.instruments import analyser_reading, fine_times_s
from gasflux.simulation.path import Path, PathSamples, build_path, fly
from gasflux.simulation.plume import briggs_sigma, make_gusts, mole_fraction_ppm, transport_speed_m_s
from gasflux.simulation.scenario import Scenario
from gasflux.simulation.turbulent_air import turbulent_air

if TYPE_CHECKING:
    import pandas as pd

WOBBLE_STEP_S = 0.5
WOBBLE_TIME_S = 5.0
LAPSE_K_M = 0.0065
"""Fall of temperature with height; ISO 2533:1975 standard atmosphere."""
SCALE_HEIGHT_M = 8_400.0
"""Fall of pressure with height near 15 degC: R T / (M g)."""
GAP_S = (3.0, 15.0)
"""Shortest and longest random gap."""

# One stream of random numbers per cause: changing the rate or a sensor leaves gusts, path and levels as they are.
_GUSTS, _LEVELS, _WOBBLE, _SENSORS, _CALIBRATION, _GAPS, _BIRTHS = range(7)


@dataclass(frozen=True)
class PlumeTruth:
    """The plume at the (first) flown surface."""

    distance_m: float
    """From the source along the mean wind."""
    sigma_y_m: float
    """Briggs' spread; a puff has `PUFF_SHARE` of it."""
    sigma_z_m: float
    transport_speed_m_s: float


@dataclass(frozen=True, eq=False)
class SimulatedFlight:
    """A flight log and the truth behind it. Arrays have shape (n,)."""

    scenario: Scenario
    time_s: FloatArray
    """Seconds since the start of the flight (the first sample is at 0)."""
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    height_m: FloatArray
    """Above take-off, as logged."""
    wind_speed_m_s: FloatArray
    wind_from_deg: FloatArray
    temperature_c: FloatArray
    pressure_hpa: FloatArray
    gas_ppm: Mapping[str, FloatArray]
    phase: IntArray
    """True `Phase` of each sample."""
    curtain: IntArray
    """Number of the curtain a sample belongs to, -1 off them."""
    transect: IntArray
    """Number of the pass within its curtain, or of the revolution; -1 between passes."""
    x_m: FloatArray
    """True position east of the source."""
    y_m: FloatArray
    """True position north of the source."""
    z_m: FloatArray
    """True height above ground."""
    enhancement_ppm: Mapping[str, FloatArray]
    """True enhancement, without calibration error and noise."""
    plume: PlumeTruth

    @property
    def truth_kg_h(self) -> Mapping[str, float]:
        """Gas -> true emission rate."""
        return self.scenario.rate_kg_h


def simulate(scenario: Scenario) -> SimulatedFlight:
    """Fly `scenario` and log it.

    Parameters
    ----------
    scenario
        What to fly; the same scenario gives the same flight, bit for bit.

    Returns
    -------
    SimulatedFlight
        The log with its truth. The advected flux of the plume through the flown surface is ``scenario.rate_kg_h``:
        exactly at every moment for a steady plume, as the mean over time for a meandering or turbulent one.
    """
    path = build_path(scenario, _rng(scenario, _LEVELS))
    time_s = _sample_times(scenario, path.duration_s)
    true = _wobbled(scenario, path, time_s)
    air = _moving_air(scenario, path.duration_s)
    temperature_c, pressure_hpa = _state(scenario, true.z_m)
    enhancement = _enhancement(scenario, air, time_s, true)
    sensors, calibration = _rng(scenario, _SENSORS), _rng(scenario, _CALIBRATION)
    wind_speed, wind_from = _measured_wind(scenario, _wind_at(scenario, air, path, time_s, true), sensors, calibration)
    latitude, longitude, height = _measured_position(scenario, true, sensors)
    sensed = _sensed(scenario, air, path, time_s, enhancement)
    return SimulatedFlight(
        scenario=scenario,
        time_s=time_s,
        latitude_deg=latitude,
        longitude_deg=longitude,
        height_m=height,
        wind_speed_m_s=wind_speed,
        wind_from_deg=wind_from,
        temperature_c=temperature_c,
        pressure_hpa=pressure_hpa,
        gas_ppm=_measured_gases(scenario, time_s, sensed, sensors, calibration),
        phase=true.phase,
        curtain=true.curtain,
        transect=true.transect,
        x_m=true.x_m,
        y_m=true.y_m,
        z_m=true.z_m,
        enhancement_ppm=enhancement,
        plume=_plume_truth(scenario),
    )


def to_frame(flight: SimulatedFlight) -> pd.DataFrame:
    """Return the log with the columns an input file has: time, position, wind, air, one column per gas in ppm."""
    import pandas as pd

    milliseconds = np.round(flight.time_s * 1000).astype("timedelta64[ms]")
    return pd.DataFrame(
        {
            "timestamp": np.datetime64(flight.scenario.start_utc, "ms") + milliseconds,
            "latitude": flight.latitude_deg,
            "longitude": flight.longitude_deg,
            "height_ato": flight.height_m,
            "windspeed": flight.wind_speed_m_s,
            "winddir": flight.wind_from_deg,
            "temperature": flight.temperature_c,
            "pressure": flight.pressure_hpa,
            **flight.gas_ppm,
        }
    )


def to_log(flight: SimulatedFlight) -> FlightLog:
    """Return the log as the stages take it, without the way through a file."""
    rows = flight.time_s.size
    start_ms = np.datetime64(flight.scenario.start_utc, "ms") + np.timedelta64(round(flight.time_s[0] * 1000), "ms")
    return FlightLog(
        start_utc=start_ms,
        time_s=flight.time_s - flight.time_s[0],
        latitude_deg=flight.latitude_deg,
        longitude_deg=flight.longitude_deg,
        height_m=flight.height_m,
        height_reference="ato",
        wind_speed_m_s=flight.wind_speed_m_s,
        wind_from_deg=flight.wind_from_deg,
        temperature_c=flight.temperature_c,
        pressure_hpa=flight.pressure_hpa,
        gas_ppm=flight.gas_ppm,
        file_row=np.arange(rows, dtype=np.int64) + 2,
        report=ReadReport("simulated flight", "", rows, rows, {}, (), (), ()),
    )


def _rng(scenario: Scenario, stream: int) -> np.random.Generator:
    """Return the random numbers of one cause."""
    return np.random.default_rng([scenario.seed, stream])


def _sample_times(scenario: Scenario, duration_s: float) -> FloatArray:
    """Return the times of the samples, without those in gaps; the first sample always stays."""
    time_s = np.arange(int(duration_s * scenario.sample_hz) + 1) / scenario.sample_hz
    gaps = [*scenario.gaps_s, *_random_gaps(scenario, duration_s)]
    missing = np.zeros(time_s.size, dtype=bool)
    for start, end in gaps:
        missing |= (time_s > max(start, 0.0)) & (time_s < end)
    return time_s[~missing]


def _random_gaps(scenario: Scenario, duration_s: float) -> list[tuple[float, float]]:
    """Return gaps that add up to the wanted share of the flight; where they overlap, a little less is missing."""
    rng = _rng(scenario, _GAPS)
    gaps, missing_s = [], 0.0
    while missing_s < scenario.gap_fraction * duration_s:
        length = float(rng.uniform(*GAP_S))
        start = float(rng.uniform(0.0, duration_s))
        gaps.append((start, start + length))
        missing_s += length
    return gaps


def _wobbled(scenario: Scenario, path: Path, time_s: FloatArray) -> PathSamples:
    """Return the true path: the intended one with the pilot's and the wind's small deviations, never below ground."""
    intended = fly(path, time_s)
    knots = np.arange(0.0, path.duration_s + 2 * WOBBLE_STEP_S, WOBBLE_STEP_S)
    memory = np.exp(-WOBBLE_STEP_S / WOBBLE_TIME_S)
    white = _rng(scenario, _WOBBLE).standard_normal((3, knots.size))
    deviation = scenario.wobble_m * np.sqrt(1 - memory**2) * lfilter([1.0], [1.0, -memory], white, axis=1)
    # Standing on the ground nothing wobbles.
    airborne = np.clip(intended.z_m, 0.0, 1.0)
    east, north, up = (airborne * np.interp(time_s, knots, axis) for axis in deviation)
    height = np.maximum(intended.z_m + 0.5 * up, 0.0)
    return replace(intended, x_m=intended.x_m + east, y_m=intended.y_m + north, z_m=height)


def _moving_air(scenario: Scenario, duration_s: float) -> Air:
    """Return wind and plume of the flight."""
    if scenario.plume == "turbulent":
        births = np.random.SeedSequence([scenario.seed, _BIRTHS])
        return turbulent_air(scenario, _rng(scenario, _GUSTS), births)
    return PlumeAir(scenario, make_gusts(scenario, duration_s, _rng(scenario, _GUSTS)))


def _state(scenario: Scenario, height_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return temperature (degC) and pressure (hPa) at heights."""
    temperature_c = scenario.temperature_c - LAPSE_K_M * height_m
    return temperature_c, scenario.pressure_hpa * np.exp(-height_m / SCALE_HEIGHT_M)


def _enhancement(scenario: Scenario, air: Air, time_s: FloatArray, true: PathSamples) -> dict[str, FloatArray]:
    """Return the true enhancement of every gas along the path, ppm: one plume, scaled by the rates."""
    per_kg_s = air.concentration(time_s, true.x_m, true.y_m, true.z_m)
    state = _state(scenario, true.z_m)
    rates_kg_s = {gas: rate / SECONDS_PER_HOUR for gas, rate in scenario.rate_kg_h.items()}
    return {gas: mole_fraction_ppm(rate * per_kg_s, gas, *state) for gas, rate in rates_kg_s.items()}


def _sensed(
    scenario: Scenario, air: Air, path: Path, time_s: FloatArray, enhancement: dict[str, FloatArray]
) -> dict[str, FloatArray]:
    """Return what the gas analyser shows: the enhancement itself, or late and slow."""
    response_s, lag_s = scenario.gas_response_s, scenario.gas_lag_s + scenario.clock_offset_s
    if response_s == 0.0 and lag_s == 0.0:
        return enhancement
    fine_s = fine_times_s(float(time_s[-1]), lag_s)
    inlet = _enhancement(scenario, air, fine_s, _wobbled(scenario, path, fine_s))
    return {gas: analyser_reading(fine_s, values, time_s, response_s, lag_s) for gas, values in inlet.items()}


def _wind_at(
    scenario: Scenario, air: Air, path: Path, time_s: FloatArray, true: PathSamples
) -> tuple[FloatArray, FloatArray]:
    """Return the wind (east, north) where it is measured: at the aircraft or on the mast at the take-off point."""
    if scenario.mast_height_m is None:
        return air.wind(time_s, true.x_m, true.y_m, true.z_m)
    x, y, _ = path.legs[0].first
    place = (np.full(time_s.shape, value) for value in (x, y, scenario.mast_height_m))
    return air.wind(time_s, *place)


def _measured_wind(
    scenario: Scenario,
    true_m_s: tuple[FloatArray, FloatArray],
    sensors: np.random.Generator,
    calibration: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Return the logged wind speed and direction it comes from."""
    size = true_m_s[0].size
    noise = scenario.wind_noise_m_s * np.sqrt(scenario.sample_hz) * sensors.standard_normal((2, size))
    east, north = (true + error for true, error in zip(true_m_s, noise, strict=True))
    gain = scenario.wind_speed_gain * (1.0 + scenario.wind_speed_gain_std * calibration.standard_normal())
    offset_deg = scenario.wind_direction_offset_std_deg * calibration.standard_normal()
    noise_deg = scenario.wind_direction_noise_deg * np.sqrt(scenario.sample_hz) * sensors.standard_normal(size)
    direction = np.degrees(np.arctan2(-east, -north)) + offset_deg + noise_deg
    return gain * np.hypot(east, north), direction % 360.0


def _measured_position(
    scenario: Scenario, true: PathSamples, sensors: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return logged latitude, longitude and height: metres over the WGS84 radii of curvature at the site."""
    east, north, up = sensors.standard_normal((3, true.x_m.size))
    meridian_m, parallel_m = _metres_per_radian(scenario.latitude_deg)
    latitude = scenario.latitude_deg + np.degrees((true.y_m + scenario.gps_noise_m * north) / meridian_m)
    longitude = scenario.longitude_deg + np.degrees((true.x_m + scenario.gps_noise_m * east) / parallel_m)
    # A long flight may cross the 180 degree meridian.
    longitude = np.where(np.abs(longitude) > 180.0, (longitude + 180.0) % 360.0 - 180.0, longitude)
    return latitude, longitude, true.z_m + scenario.height_noise_m * up


def _metres_per_radian(latitude_deg: float) -> tuple[float, float]:
    """Return the length of a radian of latitude and of longitude on the WGS84 ellipsoid."""
    axis_m, flattening = 6_378_137.0, 1 / 298.257223563
    eccentricity2 = flattening * (2 - flattening)
    root = np.sqrt(1 - eccentricity2 * np.sin(np.radians(latitude_deg)) ** 2)
    return axis_m * (1 - eccentricity2) / root**3, axis_m / root * np.cos(np.radians(latitude_deg))


def _measured_gases(
    scenario: Scenario,
    time_s: FloatArray,
    enhancement_ppm: Mapping[str, FloatArray],
    sensors: np.random.Generator,
    calibration: np.random.Generator,
) -> dict[str, FloatArray]:
    """Return the logged mole fractions: background with drift, enhancement with gain, noise."""
    measured = {}
    for gas, enhancement in enhancement_ppm.items():
        gain = 1.0 + scenario.gas_gain_std * calibration.standard_normal()
        noise = scenario.noise_of(gas) * np.sqrt(scenario.sample_hz) * sensors.standard_normal(time_s.size)
        phase = 2 * np.pi * (time_s / scenario.oscillation_period_s + calibration.uniform())
        slow = scenario.drift_ppm_h.get(gas, 0.0) * time_s / SECONDS_PER_HOUR
        slow = slow + scenario.oscillation_ppm.get(gas, 0.0) * np.sin(phase)
        measured[gas] = scenario.background_of(gas) + slow + gain * enhancement + noise
    return measured


def _plume_truth(scenario: Scenario) -> PlumeTruth:
    """Return the plume's parameters at the (first) surface."""
    distance = scenario.axis_distance_m
    sigma_y, sigma_z = briggs_sigma(scenario.stability, np.array([distance]))
    return PlumeTruth(distance, float(sigma_y[0]), float(sigma_z[0]), transport_speed_m_s(scenario))
