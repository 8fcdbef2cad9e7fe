"""The wind at the aircraft from one measured or known at another height: the surface layer's profile and its error."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.records import FlightLog, FloatArray

_LOWEST_M: Final = 0.3
"""Nobody flies lower; a height below is an error of the barometer."""
_ROUGHNESS_ERROR: Final = 0.7
"""One standard deviation of ln z0: a factor of two either way between landscapes that look alike (Wieringa 1992)."""
_NEUTRAL_ERROR_M: Final = 0.01
"""One standard deviation of 1 / L, 1/m, where nobody tells the stability: L beyond 100 m in two flights of three."""
_STABILITY_ERROR: Final = 0.3
"""Relative one of a 1 / L that was given."""


def stability_correction(zeta: FloatArray) -> FloatArray:
    """Return psi_m, the integral of (1 - phi_m) / zeta from 0 to z / L, shape as `zeta`.

    phi_m = (1 - 16 zeta)^(-1/4) in unstable and 1 + 5 zeta in stable air (Businger et al. 1971; Dyer 1974,
    Boundary-Layer Meteorology 7:363), integrated by Paulson 1970, J. Appl. Meteorol. 9:857. Stable air beyond
    zeta = 1 keeps the shear it has there, as profiles do (Holtslag & de Bruin 1988).

    Parameters
    ----------
    zeta
        Height over the Obukhov length, negative in unstable air.
    """
    x = (1.0 - 16.0 * np.minimum(zeta, 0.0)) ** 0.25
    unstable = 2.0 * np.log((1.0 + x) / 2.0) + np.log((1.0 + x**2) / 2.0) - 2.0 * np.arctan(x) + np.pi / 2.0
    above = np.maximum(zeta, 1.0)
    stable = -5.0 * np.clip(zeta, 0.0, 1.0) - 5.0 * np.log(above)
    return np.where(zeta < 0.0, unstable, stable)


def profile_ratio(height_m: FloatArray, reference_m: float, roughness_m: float, inverse_obukhov_m: float) -> FloatArray:
    """Return the mean wind at heights over that at a reference height.

    ``u(z) = u* / k (ln(z / z0) - psi_m(z / L) + psi_m(z0 / L))`` (Stull 1988, section 9.7).

    Parameters
    ----------
    height_m
        Above ground, shape (n,); below 0.3 m or twice the roughness as there.
    reference_m
        Height of the measured wind above ground.
    roughness_m
        Aerodynamic roughness length.
    inverse_obukhov_m
        1 / L, 0 in neutral air.
    """
    lowest = max(_LOWEST_M, 2.0 * roughness_m)
    heights = np.append(np.maximum(height_m, lowest), max(reference_m, lowest))
    ground = stability_correction(np.array(roughness_m * inverse_obukhov_m))
    shape = np.log(heights / roughness_m) - stability_correction(heights * inverse_obukhov_m) + ground
    return np.asarray(shape[:-1] / shape[-1])


def wind_at_the_aircraft(log: FlightLog, config: PipelineConfig) -> FlightLog:
    """Return the log with its wind carried from the height it was measured at to each sample's.

    A wind of the aircraft is returned as it is, so is a constant one without a height. `FlightLog.wind_error` holds
    what the flux must be asked for: the relative change of each sample's wind for one standard deviation of the
    roughness length and of the stability.

    Parameters
    ----------
    log
        The flight.
    config
        ``wind``, ``stability`` and ``ground`` decide.
    """
    reference = config.wind.height
    if config.wind.source not in ("mast", "constant"):
        return log
    if reference is None:
        return replace(log, wind_elsewhere=True)
    height = log.height_m - _ground_m(log, config)
    roughness, length = config.ground.roughness_length, config.stability.obukhov_length
    inverse = 0.0 if length is None else 1.0 / length
    spread = _NEUTRAL_ERROR_M if length is None else _STABILITY_ERROR * abs(inverse)

    def ratio(z0: float, stability: float) -> FloatArray:
        return profile_ratio(height, reference, z0, stability)

    factor = ratio(roughness, inverse)
    rougher, smoother = (ratio(roughness * np.exp(sign * _ROUGHNESS_ERROR), inverse) for sign in (1.0, -1.0))
    stabler, looser = (ratio(roughness, inverse + sign * spread) for sign in (1.0, -1.0))
    error = 0.5 * np.stack([rougher - smoother, stabler - looser]) / factor
    return replace(log, wind_speed_m_s=log.wind_speed_m_s * factor, wind_error=error, wind_elsewhere=True)


def _ground_m(log: FlightLog, config: PipelineConfig) -> float:
    """Return the height of the ground in the reference of the log: configured, told by the file, or the lowest seen."""
    if config.ground.height is not None:
        return config.ground.height
    if log.ground_height_m is not None and np.isfinite(log.ground_height_m).any():
        return float(np.nanmedian(log.ground_height_m))
    lowest = float(np.min(log.height_m))
    return lowest if log.height_reference == "altitude" else min(lowest, 0.0)
