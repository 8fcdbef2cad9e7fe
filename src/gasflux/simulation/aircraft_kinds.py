"""The kinds of aeroplane flight that the accuracy is measured on, drawn within what is flown in practice."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from gasflux.simulation.plume import PUFF_SHARE, briggs_sigma
from gasflux.simulation.scenario import Scenario, Stability

AIRCRAFT_KINDS: Final = ("aircraft_walls", "aircraft_platform", "aircraft_box", "aircraft_racetrack")

_STABILITIES: Final[tuple[Stability, ...]] = ("B", "C", "D")
_LEVELS: Final = (2, 3, 4)
_TOP_M: Final = 900.0


def aircraft_scenario(kind: str, rng: np.random.Generator) -> Scenario:
    """Draw a flight of one of `AIRCRAFT_KINDS`, its rate not yet that of the wanted peak.

    Parameters
    ----------
    kind
        ``aircraft_walls``: 2-4 levels at 40-900 m, each flown once or twice in any order, on one or two walls of
        8-25 km, 4-12 km from the source. ``aircraft_platform``: 3-6 levels from 30 m up on two or three walls of
        10-40 km. ``aircraft_box``: laps of four sides of 8-25 km round the source, corners rounded or with a loop
        outside. ``aircraft_racetrack``: laps of two long legs and half circles. All have a lid at 800-1500 m, turns and
        a ferry of 30-70 km in the log, a plume that meanders and a slowly changing background.
    rng
        Source of the draw.
    """
    draft = Scenario(**(_site(rng) | {"top_m": _TOP_M} | _levels(kind, rng)))
    if kind in ("aircraft_walls", "aircraft_platform"):
        sized = _with_walls(draft, kind, rng)
    else:
        sized = _with_loop(draft, kind, rng)
    return replace(sized, top_m=_top_m(sized, rng))


def _site(rng: np.random.Generator) -> dict[str, Any]:
    """Draw source, air, instruments and manner of flying, the same way for every kind."""
    turbulence = float(rng.uniform(0.08, 0.20))
    return {
        "plume": "meandering",
        "rate_kg_h": {"ch4": 1000.0},
        "source_height_m": float(rng.uniform(1.0, 60.0)),
        "latitude_deg": float(rng.uniform(-55.0, 65.0)),
        "longitude_deg": float(rng.uniform(-180.0, 180.0)),
        "stability": _STABILITIES[int(rng.integers(3))],
        "mixing_height_m": float(rng.uniform(800.0, 1500.0)),
        "wind_speed_m_s": float(rng.uniform(3.0, 10.0)),
        "wind_from_deg": float(rng.uniform(0.0, 360.0)),
        "roughness_length_m": float(np.exp(rng.uniform(math.log(1e-3), math.log(0.1)))),
        "angle_to_normal_deg": float(rng.uniform(-25.0, 25.0)),
        "turbulence_intensity": turbulence,
        "cross_wind_intensity": 0.75 * turbulence,
        "gust_time_s": float(rng.uniform(20.0, 60.0)),
        "meander_deg": float(rng.uniform(3.0, 8.0)),
        "meander_time_s": float(rng.uniform(300.0, 1200.0)),
        "ground_speed_m_s": float(rng.uniform(60.0, 105.0)),
        "turn_radius_m": float(rng.uniform(900.0, 1800.0)),
        "ferry_m": float(rng.uniform(30_000.0, 70_000.0)),
        "ferry_bearing_deg": float(rng.uniform(100.0, 260.0)),
        "level_order": "shuffled",
        "wobble_m": float(rng.uniform(1.0, 5.0)),
        "gps_noise_m": 1.0,
        "height_noise_m": 1.0,
        "gas_noise_ppm": {"ch4": float(rng.uniform(0.001, 0.003))},
        "wind_noise_m_s": float(rng.uniform(0.3, 0.6)),
        "drift_ppm_h": {"ch4": float(rng.uniform(-0.01, 0.01))},
        "oscillation_ppm": {"ch4": float(rng.uniform(0.0, 0.005))},
        "oscillation_period_s": float(rng.uniform(1800.0, 5400.0)),
        "temperature_c": float(rng.uniform(0.0, 30.0)),
        "pressure_hpa": float(rng.uniform(980.0, 1030.0)),
        "seed": int(rng.integers(2**31)),
    }


def _levels(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Draw how many levels are flown, how often and from where."""
    if kind == "aircraft_platform":
        return {"lowest_pass_m": float(rng.uniform(30.0, 60.0)), "transects": int(rng.integers(3, 7))}
    levels = int(rng.choice(_LEVELS))
    repeats = int(rng.integers(1, 3)) if levels > 2 else 2
    return {"lowest_pass_m": float(rng.uniform(40.0, 150.0)), "transects": levels, "level_repeats": repeats}


def _top_m(scenario: Scenario, rng: np.random.Generator) -> float:
    """Draw a height a pilot climbs to: over the plume, or to below the lid that holds it."""
    _, sigma_z = briggs_sigma(scenario.stability, np.array([scenario.axis_distance_m]))
    lid = scenario.mixing_height_m or math.inf
    over = scenario.source_height_m + float(rng.uniform(2.0, 3.0)) * float(sigma_z[0])
    return min(max(over, scenario.lowest_pass_m + 200.0), float(rng.uniform(0.7, 0.9)) * lid, _TOP_M)


def _swing_m(scenario: Scenario, distance_m: float) -> float:
    """Return the standard deviation of where the plume is met across the wind."""
    sigma_y, _ = briggs_sigma(scenario.stability, np.array([distance_m]))
    swing = math.hypot(math.radians(scenario.meander_deg), scenario.cross_wind_intensity)
    return math.hypot(PUFF_SHARE * float(sigma_y[0]), distance_m * swing)


def _with_walls(scenario: Scenario, kind: str, rng: np.random.Generator) -> Scenario:
    """Make walls long enough for the plume at the furthest of them."""
    is_platform = kind == "aircraft_platform"
    curtains = int(rng.integers(2, 4)) if is_platform else int(rng.integers(1, 3))
    distance, spacing = float(rng.uniform(4000.0, 8000.0)), float(rng.uniform(2000.0, 4000.0))
    last = distance + (curtains - 1) * spacing
    length = 2.0 * float(rng.uniform(3.0, 4.0)) * _swing_m(scenario, last)
    shortest, longest = (10_000.0, 40_000.0) if is_platform else (8_000.0, 25_000.0)
    length = min(max(length / math.cos(math.radians(scenario.angle_to_normal_deg)), shortest), longest)
    return replace(
        scenario,
        path="walls",
        distance_m=distance,
        curtains=curtains,
        curtain_spacing_m=spacing,
        curtain_length_m=length,
        curtain_offset_m=float(rng.uniform(-0.08, 0.08)) * length,
    )


def _with_loop(scenario: Scenario, kind: str, rng: np.random.Generator) -> Scenario:
    """Put a box or a race-track round the source."""
    is_track = kind == "aircraft_racetrack"
    depth = float(rng.uniform(8_000.0, 14_000.0)) if is_track else float(rng.uniform(8_000.0, 24_000.0))
    length = float(rng.uniform(10_000.0, 25_000.0)) if is_track else float(rng.uniform(8_000.0, 25_000.0))
    placed = replace(
        scenario,
        path="racetrack" if is_track else "box",
        box_depth_m=depth,
        curtain_length_m=length,
        center_downwind_m=float(rng.uniform(-0.1, 0.1)) * depth,
        center_crosswind_m=float(rng.uniform(-0.1, 0.1)) * length,
        corners=("rounded", "procedure")[int(rng.integers(2))],
    )
    return replace(placed, turn_radius_m=0.5 * depth) if is_track else placed
