"""The air of one flight in the third physics: a turbulent wind and the plume it carries, in the flight's own frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import FloatArray
from gasflux.simulation.dispersion import Domain, domain_around, plume_of_particles
from gasflux.simulation.legs import curtain_ends
from gasflux.simulation.scenario import Scenario
from gasflux.simulation.surface_layer import SurfaceLayer, surface_layer
from gasflux.simulation.turbulence import TurbulentWind, turbulent_wind

_FELT_HEIGHT: Final = 0.6
"""Height, over the plume's mean height, whose wind and mixing the plume has (van Ulden 1978)."""
_STEP_M: Final = 0.5


@dataclass(frozen=True, eq=False)
class TurbulentAir:
    """Wind and plume as functions of time and place; deterministic, whatever they are asked at."""

    scenario: Scenario
    turbulence: TurbulentWind
    domain: Domain
    births: np.random.SeedSequence
    """Of the particles' births; asked again, the same particles are born."""

    def wind(
        self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the wind towards east and north, m/s; see `gasflux.simulation.air.Air.wind`."""
        along, left, _ = self.turbulence.at(time_s, *_turned(self.scenario, x_m, y_m), z_m)
        sine, cosine = np.sin(self.scenario.wind_to_rad), np.cos(self.scenario.wind_to_rad)
        return along * sine - left * cosine, along * cosine + left * sine

    def concentration(self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray) -> FloatArray:
        """Return the concentration per unit emission, s/m3; see `gasflux.simulation.air.Air.concentration`."""
        receptors = (time_s, *_turned(self.scenario, x_m, y_m), z_m)
        rng = np.random.default_rng(self.births)
        return plume_of_particles(self.turbulence, self.domain, self.scenario.source_height_m, receptors, rng)


def turbulent_air(scenario: Scenario, wind: np.random.Generator, births: np.random.SeedSequence) -> TurbulentAir:
    """Draw the air of a flight.

    Parameters
    ----------
    scenario
        Mean wind, roughness, stability, source and surfaces.
    wind
        Source of the turbulence.
    births
        Source of the particles.
    """
    layer = surface_layer(scenario)
    x, y = _turned(scenario, *_corners(scenario))
    speed = plume_speed_m_s(layer, float(x.max()), scenario.source_height_m)
    return TurbulentAir(scenario, turbulent_wind(layer, wind), domain_around(x, y, speed), births)


def mean_plume_height_m(layer: SurfaceLayer, distance_m: float, source_height_m: float) -> float:
    """Return the mean height of a plume's gas.

    van Ulden 1978, Atmospheric Environment 12:2125, equation 8: ``dz/dx = K(0.6 z) / (0.6 z u(0.6 z))`` up to a
    constant, for a source at the ground; one above it keeps its height in quadrature.

    Parameters
    ----------
    layer
        The surface layer.
    distance_m
        Downwind of the source.
    source_height_m
        Height of the source.
    """
    height = max(10.0 * layer.roughness_length_m, 0.3)
    for _ in range(int(max(distance_m, 0.0) / _STEP_M)):
        height += _STEP_M * _growth(layer, height)
    return float(np.hypot(height, source_height_m))


def _growth(layer: SurfaceLayer, height_m: float) -> float:
    """Return the slope of the mean height of a plume from the ground."""
    felt = np.array([_FELT_HEIGHT * height_m])
    wind = float(layer.mean_wind_m_s(felt)[0])
    # 0.95 is Hogstrom's phi_h of neutral air, 0.4 von Karman's constant.
    mixing = 0.4 / (0.95 * float(layer.scalar_gradient_function(felt)[0]))
    return mixing * layer.friction_velocity_m_s / wind


def plume_speed_m_s(layer: SurfaceLayer, distance_m: float, source_height_m: float) -> float:
    """Return the mean wind where the plume is, half way to a distance.

    Parameters
    ----------
    layer
        The surface layer.
    distance_m
        Downwind of the source.
    source_height_m
        Height of the source.
    """
    height = _FELT_HEIGHT * mean_plume_height_m(layer, 0.5 * distance_m, source_height_m)
    return float(layer.mean_wind_m_s(np.array([height]))[0])


def _turned(scenario: Scenario, x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return downwind and left of points east and north."""
    sine, cosine = np.sin(scenario.wind_to_rad), np.cos(scenario.wind_to_rad)
    return x_m * sine + y_m * cosine, y_m * sine - x_m * cosine


def _corners(scenario: Scenario) -> tuple[FloatArray, FloatArray]:
    """Return the corners, east and north, of what is flown."""
    if scenario.path == "spiral":
        toward, left = scenario.wind_to_rad, scenario.wind_to_rad - np.pi / 2
        down, cross = scenario.center_downwind_m, scenario.center_crosswind_m
        around = np.linspace(0.0, 2.0 * np.pi, 37)
        x = down * np.sin(toward) + cross * np.sin(left) + scenario.radius_m * np.sin(around)
        return x, down * np.cos(toward) + cross * np.cos(left) + scenario.radius_m * np.cos(around)
    points = np.array([end for curtain in range(scenario.curtains) for end in curtain_ends(scenario, curtain)])
    return points[:, 0], points[:, 1]
