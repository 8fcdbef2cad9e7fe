"""The kinds of flight in turbulent air that the accuracy is measured on, drawn within what is flown in practice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from gasflux.simulation.scenario import Scenario
from gasflux.simulation.surface_layer import SurfaceLayer, surface_layer
from gasflux.simulation.turbulent_air import mean_plume_height_m, plume_speed_m_s

TURBULENT_KINDS: Final = (
    "turbulent_usual",
    "turbulent_high_lowest_pass",
    "turbulent_shuffled",
    "turbulent_light_wind",
    "turbulent_near",
    "turbulent_far",
    "turbulent_slow_sensor",
    "turbulent_spiral",
    "turbulent_drifting",
)

_INVERSE_OBUKHOV_M: Final = (-0.06, 0.025)
"""1 / L at up to 4 m/s: a sunny day to a clear evening; it falls with the square of the wind, as u*^-2 does."""
_MIXED_BY_WIND_M_S: Final = 4.0

_RANGES: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = MappingProxyType(
    {
        "turbulent_high_lowest_pass": {"lowest_pass_m": (6.0, 9.0)},
        "turbulent_light_wind": {"wind_speed_m_s": (1.0, 2.0)},
        "turbulent_near": {"distance_m": (30.0, 50.0)},
        "turbulent_far": {"distance_m": (200.0, 300.0)},
        "turbulent_slow_sensor": {"gas_response_s": (5.0, 10.0), "gas_lag_s": (0.0, 3.0)},
    }
)
"""Kind -> settings drawn evenly that set it apart; the rest of what does stands in `_peculiar`."""


def turbulent_scenario(kind: str, rng: np.random.Generator) -> Scenario:
    """Draw a flight of one of `TURBULENT_KINDS`.

    Parameters
    ----------
    kind
        ``turbulent_usual``: lowest pass at 1.5-3.5 m, 50-150 m from the source, 2.5-8 m/s. The others differ in one
        thing: ``..._high_lowest_pass`` at 6-9 m, ``..._shuffled`` levels in any order, ``..._light_wind`` 1-2 m/s,
        ``..._near`` 30-50 m, ``..._far`` 200-300 m, ``..._slow_sensor`` a response of 5-10 s and a lag of up to 3 s,
        ``..._spiral`` a climb round the source, ``..._drifting`` a background that drifts 0.3 ppm in 20 minutes.
    rng
        Source of the draw.
    """
    drawn = {name: float(rng.uniform(*limits)) for name, limits in _RANGES.get(kind, {}).items()}
    settings = _site(rng) | drawn | _peculiar(kind, rng)
    speed = settings["wind_speed_m_s"]
    inverse = float(rng.uniform(*_INVERSE_OBUKHOV_M)) * min(1.0, (_MIXED_BY_WIND_M_S / speed) ** 2)
    draft = Scenario(**settings, obukhov_length_m=1.0 / inverse)
    return _with_spiral(draft, rng) if draft.path == "spiral" else _with_curtain(draft, rng)


def _site(rng: np.random.Generator) -> dict[str, Any]:
    """Draw source, wind, instruments and manner of flying, the same way for every kind."""
    return {
        "plume": "turbulent",
        "rate_kg_h": {"ch4": float(np.exp(rng.uniform(math.log(0.5), math.log(50.0))))},
        "source_height_m": float(rng.uniform(0.0, 6.0)),
        "latitude_deg": float(rng.uniform(-55.0, 65.0)),
        "longitude_deg": float(rng.uniform(-180.0, 180.0)),
        "distance_m": float(rng.uniform(50.0, 150.0)),
        "radius_m": float(rng.uniform(40.0, 100.0)),
        "wind_speed_m_s": float(rng.uniform(2.5, 8.0)),
        "wind_from_deg": float(rng.uniform(0.0, 360.0)),
        "roughness_length_m": float(np.exp(rng.uniform(math.log(0.01), math.log(0.1)))),
        "angle_to_normal_deg": float(rng.uniform(-25.0, 25.0)),
        "lowest_pass_m": float(rng.uniform(1.5, 3.5)),
        "transects": int(rng.integers(8, 15)),
        "ground_speed_m_s": float(rng.uniform(3.0, 8.0)),
        "level_order": ("ascending", "descending")[int(rng.integers(2))],
        "gas_noise_ppm": {"ch4": float(rng.uniform(0.005, 0.02))},
        "wind_noise_m_s": float(rng.uniform(0.1, 0.3)),
        "temperature_c": float(rng.uniform(0.0, 30.0)),
        "pressure_hpa": float(rng.uniform(900.0, 1030.0)),
        "seed": int(rng.integers(2**31)),
    }


def _peculiar(kind: str, rng: np.random.Generator) -> dict[str, Any]:
    """Draw what sets a kind apart by more than a range."""
    if kind == "turbulent_shuffled":
        return {"level_order": "shuffled"}
    if kind == "turbulent_spiral":
        return {"path": "spiral"}
    if kind == "turbulent_drifting":
        drift = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.90, 1.08))
        swing = {"ch4": float(rng.uniform(0.01, 0.04))}
        period = float(rng.uniform(600.0, 1200.0))
        return {"drift_ppm_h": {"ch4": drift}, "oscillation_ppm": swing, "oscillation_period_s": period}
    return {}


def _top_m(scenario: Scenario, layer: SurfaceLayer, rng: np.random.Generator) -> float:
    """Draw a height the pilot climbs to: 4-5 mean heights of the plume, one to three percent of it still above."""
    mean = mean_plume_height_m(layer, scenario.axis_distance_m, scenario.source_height_m)
    return max(float(rng.uniform(4.0, 5.0)) * mean, scenario.lowest_pass_m + 8.0)


def _with_curtain(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Make the curtain long and high enough for the plume with clean air at both ends."""
    layer = surface_layer(scenario)
    speed = plume_speed_m_s(layer, scenario.distance_m, scenario.source_height_m)
    spread_m = layer.sigma_horizontal_m_s()[1] / speed * scenario.distance_m
    half_m = float(rng.uniform(2.8, 3.6)) * spread_m + 10.0
    half_m /= math.cos(math.radians(scenario.angle_to_normal_deg))
    offset_m = float(rng.uniform(-0.1, 0.1)) * half_m
    length_m = max(2.2 * half_m, 40.0)
    top_m = _top_m(scenario, layer, rng)
    return replace(scenario, curtain_length_m=length_m, curtain_offset_m=offset_m, top_m=top_m)


def _with_spiral(scenario: Scenario, rng: np.random.Generator) -> Scenario:
    """Put the spiral's axis near the source and its top above the plume."""
    angle, offset_m = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.05, 0.3)) * scenario.radius_m
    placed = replace(
        scenario,
        center_downwind_m=offset_m * math.cos(angle),
        center_crosswind_m=offset_m * math.sin(angle),
        transects=int(rng.integers(8, 13)),
    )
    return replace(placed, top_m=_top_m(placed, surface_layer(placed), rng))
