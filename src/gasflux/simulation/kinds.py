"""The kinds of flight the accuracy is measured on, drawn at random within what is flown in practice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from gasflux.constants import SECONDS_PER_HOUR
from gasflux.errors import ConfigError, Fault
from gasflux.simulation.aircraft_kinds import AIRCRAFT_KINDS, aircraft_scenario
from gasflux.simulation.plume import PUFF_SHARE, briggs_sigma, mole_fraction_ppm, shape_integrals
from gasflux.simulation.scenario import Scenario, Stability
from gasflux.simulation.turbulent_kinds import TURBULENT_KINDS, turbulent_scenario

KINDS: Final = (
    "steady",
    "meandering",
    "weak",
    "drifting",
    "shuffled",
    "high_lowest_pass",
    "gusty",
    "5hz",
    "spiral_steady",
    "spiral_meandering",
)

ALL_KINDS: Final = (*KINDS, *TURBULENT_KINDS, *AIRCRAFT_KINDS)

_STABILITIES: Final[tuple[Stability, ...]] = ("B", "C", "D")

_PECULIAR: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "steady": {"plume": "steady"},
        "shuffled": {"level_order": "shuffled"},
        "5hz": {"sample_hz": 5.0},
        "spiral_steady": {"plume": "steady", "path": "spiral"},
        "spiral_meandering": {"path": "spiral"},
    }
)
"""What sets a kind apart by a fixed setting; the rest is drawn in `_peculiar`."""


def random_scenario(kind: str, rng: np.random.Generator) -> Scenario:
    """Draw a flight of one of `ALL_KINDS`.

    Parameters
    ----------
    kind
        ``steady``: a steady plume; all others but ``spiral_steady`` meander. ``weak``: the plume's peak is 2-4 times
        the sensor noise. ``drifting``: the background drifts 0.30-0.36 ppm in 20 minutes and swings slowly.
        ``shuffled``: levels in any order. ``high_lowest_pass``: lowest pass at 8-10 m.
        ``gusty``: turbulence intensity 0.25-0.35. ``5hz``: logged at 5 Hz. ``spiral_...``: a climb round the source.
        ``turbulent_...``: see `gasflux.simulation.turbulent_kinds`. ``aircraft_...``: see
        `gasflux.simulation.aircraft_kinds`.
    rng
        Source of the draw.

    Raises
    ------
    ConfigError
        When there is no such kind; lists those that there are.
    """
    if kind not in ALL_KINDS:
        allowed = ", ".join(ALL_KINDS)
        fault = Fault(f"there is no kind {kind!r}; choose one of {allowed}.", "kind", value=kind, allowed=allowed)
        raise ConfigError.from_faults("random_scenario", [fault])
    if kind in TURBULENT_KINDS:
        return turbulent_scenario(kind, rng)
    if kind in AIRCRAFT_KINDS:
        drawn = aircraft_scenario(kind, rng)
        # Emissions that aeroplanes are sent to stand out of the noise.
        return _with_peak(drawn, math.exp(rng.uniform(math.log(10.0), math.log(100.0))))
    settings = _site(rng) | dict(_PECULIAR.get(kind, {})) | _peculiar(kind, rng)
    draft = Scenario(**settings)
    sized = _with_spiral(draft, rng) if draft.path == "spiral" else _with_curtain(draft, rng)
    return _with_peak(sized, float(rng.uniform(2.0, 4.0))) if kind == "weak" else sized


def nominal_peak_ppm(scenario: Scenario, gas: str = "ch4") -> float:
    """Return the enhancement at the plume's centre in the mean wind, ppm: the highest over the flown heights."""
    sigma_y, sigma_z = briggs_sigma(scenario.stability, np.array([scenario.axis_distance_m]))
    puff = PUFF_SHARE if scenario.plume == "meandering" else 1.0
    heights = np.linspace(scenario.lowest_pass_m, scenario.top_m, 200)
    source = scenario.source_height_m
    shape = np.exp(-0.5 * ((heights - source) / sigma_z) ** 2) + np.exp(-0.5 * ((heights + source) / sigma_z) ** 2)
    _, flux_m2_s = shape_integrals(scenario, sigma_z)
    per_rate = shape.max() / flux_m2_s / (math.sqrt(2 * math.pi) * puff * sigma_y)
    concentration = scenario.rate_kg_h[gas] / SECONDS_PER_HOUR * per_rate
    air = np.array([scenario.temperature_c]), np.array([scenario.pressure_hpa])
    return float(mole_fraction_ppm(concentration, gas, *air)[0])


def _site(rng: np.random.Generator) -> dict[str, Any]:
    """Draw source, wind, instruments and manner of flying, the same way for every kind."""
    turbulence = float(rng.uniform(0.10, 0.25))
    return {
        "plume": "meandering",
        "rate_kg_h": {"ch4": float(np.exp(rng.uniform(math.log(0.5), math.log(50.0))))},
        "source_height_m": float(rng.uniform(1.0, 6.0)),
        "latitude_deg": float(rng.uniform(-55.0, 65.0)),
        "longitude_deg": float(rng.uniform(-180.0, 180.0)),
        "distance_m": float(rng.uniform(40.0, 150.0)),
        "radius_m": float(rng.uniform(40.0, 100.0)),
        "stability": _STABILITIES[int(rng.integers(3))],
        "wind_speed_m_s": float(rng.uniform(2.5, 8.0)),
        "wind_from_deg": float(rng.uniform(0.0, 360.0)),
        "roughness_length_m": float(np.exp(rng.uniform(math.log(0.01), math.log(0.1)))),
        "angle_to_normal_deg": float(rng.uniform(-25.0, 25.0)),
        "turbulence_intensity": turbulence,
        # Counihan 1975: in the neutral surface layer sigma_v is about 0.75 sigma_u.
        "cross_wind_intensity": 0.75 * turbulence,
        "gust_time_s": float(rng.uniform(10.0, 30.0)),
        "meander_deg": float(rng.uniform(5.0, 12.0)),
        "meander_time_s": float(rng.uniform(60.0, 180.0)),
        "lowest_pass_m": float(rng.uniform(1.5, 3.0)),
        "transects": int(rng.integers(8, 15)),
        "ground_speed_m_s": float(rng.uniform(3.0, 8.0)),
        "level_order": ("ascending", "descending")[int(rng.integers(2))],
        "gas_noise_ppm": {"ch4": float(rng.uniform(0.005, 0.02))},
        "wind_noise_m_s": float(rng.uniform(0.2, 0.4)),
        "temperature_c": float(rng.uniform(0.0, 30.0)),
        "pressure_hpa": float(rng.uniform(900.0, 1030.0)),
        "seed": int(rng.integers(2**31)),
    }


def _peculiar(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Draw what sets a kind apart."""
    if kind == "drifting":
        sign = float(rng.choice([-1.0, 1.0]))
        # 0.30-0.36 ppm in 20 minutes, a third of an hour.
        drift, swing = {"ch4": sign * float(rng.uniform(0.90, 1.08))}, {"ch4": float(rng.uniform(0.01, 0.04))}
        return {"drift_ppm_h": drift, "oscillation_ppm": swing, "oscillation_period_s": float(rng.uniform(600, 1200))}
    if kind == "high_lowest_pass":
        return {"lowest_pass_m": float(rng.uniform(8.0, 10.0)), "distance_m": float(rng.uniform(120.0, 250.0))}
    if kind == "gusty":
        turbulence = float(rng.uniform(0.25, 0.35))
        return {"turbulence_intensity": turbulence, "cross_wind_intensity": 0.75 * turbulence}
    return {}


def _top_m(scenario: Scenario) -> float:
    """Return a height the plume stays below: three spreads over the source, and some metres over the lowest pass."""
    _, sigma_z = briggs_sigma(scenario.stability, np.array([scenario.axis_distance_m]))
    return max(scenario.source_height_m + 3.2 * float(sigma_z[0]), scenario.lowest_pass_m + 8.0)


def _with_curtain(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Make the curtain long and high enough for the plume with clean air at both ends."""
    sigma_y, _ = briggs_sigma(scenario.stability, np.array([scenario.distance_m]))
    if scenario.plume == "steady":
        half_m = float(rng.uniform(4.0, 6.0) * sigma_y[0]) + 5.0
    else:
        swing = math.hypot(math.radians(scenario.meander_deg), scenario.cross_wind_intensity)
        spread_m = math.hypot(PUFF_SHARE * float(sigma_y[0]), scenario.distance_m * swing)
        half_m = float(rng.uniform(3.2, 4.0)) * spread_m + 5.0
    half_m /= math.cos(math.radians(scenario.angle_to_normal_deg))
    offset_m = float(rng.uniform(-0.1, 0.1)) * half_m
    length_m = max(2.2 * half_m, 40.0)
    return replace(scenario, curtain_length_m=length_m, curtain_offset_m=offset_m, top_m=_top_m(scenario))


def _with_spiral(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Put the spiral's axis near the source and its top above the plume."""
    angle, offset_m = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.05, 0.3)) * scenario.radius_m
    placed = replace(
        scenario,
        center_downwind_m=offset_m * math.cos(angle),
        center_crosswind_m=offset_m * math.sin(angle),
        transects=int(rng.integers(8, 13)),
    )
    return replace(placed, top_m=_top_m(placed))


def _with_peak(scenario: Scenario, noises: float) -> Scenario:
    """Choose the rate that gives a peak of so many times the noise."""
    rate = scenario.rate_kg_h["ch4"] * noises * scenario.noise_of("ch4") / nominal_peak_ppm(scenario)
    return replace(scenario, rate_kg_h={"ch4": rate})
