"""The atmospheric surface layer of a simulated flight: mean wind and strength of its turbulence by Monin-Obukhov.

Written out here and not taken from the processing, with other constants (Hogstrom's, the processing has Dyer's), so
that an error there cannot cancel in a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gasflux.constants import VON_KARMAN
from gasflux.records import FloatArray

if TYPE_CHECKING:
    from gasflux.simulation.scenario import Scenario

MIXING_DEPTH_M: Final = 1_000.0
"""Depth of the convective boundary layer, whose largest eddies stir the horizontal wind."""
_SIGMA_U, _SIGMA_V, _SIGMA_W = 2.4, 1.9, 1.25
"""Standard deviations of the wind over the friction velocity in neutral air; Panofsky & Dutton 1984, table 7.1."""


@dataclass(frozen=True)
class SurfaceLayer:
    """Profiles above flat ground of one roughness, in equilibrium."""

    friction_velocity_m_s: float
    roughness_length_m: float
    inverse_obukhov_m: float
    """1 / L: negative in unstable, 0 in neutral, positive in stable air."""

    def mean_wind_m_s(self, height_m: FloatArray) -> FloatArray:
        """Return the mean speed, zero below the roughness length."""
        return self.friction_velocity_m_s * _unit_wind(height_m, self.roughness_length_m, self.inverse_obukhov_m)

    def scalar_gradient_function(self, height_m: FloatArray) -> FloatArray:
        """Return phi_h over its neutral value, how much slower a scalar is mixed in it (Hogstrom 1988)."""
        zeta = height_m * self.inverse_obukhov_m
        stable = 1.0 + 8.2 * np.maximum(zeta, 0.0)
        return np.where(zeta < 0.0, (1.0 + 11.6 * np.maximum(-zeta, 0.0)) ** -0.5, stable)

    def sigma_w_m_s(self, height_m: FloatArray) -> FloatArray:
        """Return the standard deviation of the vertical wind.

        Panofsky et al. 1977, Boundary-Layer Meteorology 11:355, unstable; constant in stable air (Kaimal & Finnigan
        1994, section 1.5.4, whose rise with z/L is within the scatter).
        """
        zeta = np.minimum(height_m * self.inverse_obukhov_m, 0.0)
        return _SIGMA_W * self.friction_velocity_m_s * (1.0 - 3.0 * zeta) ** (1.0 / 3.0)

    def sigma_horizontal_m_s(self) -> tuple[float, float]:
        """Return the standard deviations along and across the mean wind, the same at all heights.

        Panofsky et al. 1977: ``u* (12 - 0.5 z_i / L)^(1/3)`` in unstable air, which at L = -infinity is 2.3, near the
        neutral values; the greater of both.
        """
        convective = (12.0 + 0.5 * MIXING_DEPTH_M * max(-self.inverse_obukhov_m, 0.0)) ** (1.0 / 3.0)
        unstable = convective if self.inverse_obukhov_m < 0.0 else 0.0
        return (
            self.friction_velocity_m_s * max(_SIGMA_U, unstable),
            self.friction_velocity_m_s * max(_SIGMA_V, unstable),
        )


def surface_layer(scenario: Scenario) -> SurfaceLayer:
    """Return the layer whose mean wind at 10 m is the scenario's."""
    inverse = 0.0 if scenario.obukhov_length_m is None else 1.0 / scenario.obukhov_length_m
    unit = float(_unit_wind(np.array([10.0]), scenario.roughness_length_m, inverse)[0])
    return SurfaceLayer(scenario.wind_speed_m_s / unit, scenario.roughness_length_m, inverse)


def _unit_wind(height_m: FloatArray, roughness_m: float, inverse_obukhov_m: float) -> FloatArray:
    """Return the wind over the friction velocity: the integral of phi_m / (k z) (Paulson 1970 with Hogstrom 1988)."""
    z = np.maximum(height_m, roughness_m)
    correction = _psi(z * inverse_obukhov_m) - _psi(np.array(roughness_m * inverse_obukhov_m))
    unit: FloatArray = (np.log(z / roughness_m) - correction) / VON_KARMAN
    return unit


def _psi(zeta: FloatArray) -> FloatArray:
    """Return the integral of (1 - phi_m) / zeta from 0."""
    x = (1.0 + 19.3 * np.maximum(-zeta, 0.0)) ** 0.25
    unstable = 2.0 * np.log((1.0 + x) / 2.0) + np.log((1.0 + x**2) / 2.0) - 2.0 * np.arctan(x) + np.pi / 2.0
    return np.where(zeta < 0.0, unstable, -6.0 * np.maximum(zeta, 0.0))
