"""The family of vertical profiles a plume may have: height, spread, sharpness, and the wind that carries it.

A pass at height z carries ``I(z) = F g(z) u(z) / integral(g u dz)`` with

``g(z) = exp(-(|z - H| / b)^s) + exp(-((z + H) / b)^s)``

Sharpness s is 2 for a Gaussian plume that has not felt the ground. Near the ground diffusivity grows with height, and s
is 2 + m - n for a wind of power m and a diffusivity of power n (Pasquill & Smith 1983, Atmospheric Diffusion, ch. 3;
Kormann & Meixner 2001, Boundary-Layer Meteorology 99:207), between 1.2 and 1.7 in neutral and stable air; van Ulden
(1978, Atmospheric Environment 12:2125) takes 1.5 for releases near the ground. A plume that is lifted off the ground
by more than its spread is Gaussian again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import FloatArray
from gasflux.surface.lid import lid_edges_m, under_lids

_HEIGHTS: Final = 16
_SPREADS: Final = 24
_SHARPNESS: Final = (1.25, 1.5, 1.75, 2.0)
"""From the surface layer's to a Gaussian, all as likely beforehand."""
_INTEGRATION_POINTS: Final = 80
_FLOWN_POINTS: Final = 100
"""Points of the integration at and about the passes, where a plume flown high above the ground is thin."""
_ON_GROUND: Final = 8.0
"""Prior weight of a plume that lies on the ground over one at any other height of the table: what is released within a
few metres of it does a few tens of metres downwind (Prairie Grass, and most leaks)."""
_HEIGHT_SCALE: Final = 0.15
"""Scale of the half-normal prior of plume height over the highest pass: emissions start low, and pilots climb until the
plume is below them. It matters only where the passes are too few or too high to tell."""
_TYPICAL_SPREAD: Final = 0.3
_SPREAD_SCALE: Final = 1.2
"""The prior of the spread is log-normal about 0.3 of the highest pass (of twice the flown height, where that is less),
by a factor of three either way: a flight is planned about its plume."""
_ABOVE_SCALE: Final = 0.3
"""Share of the flux above the highest pass at which the prior has fallen to 1/e: pilots climb until the gas is gone."""
_MIN_SEEN: Final = 0.02
"""Least share of its flux a plume must have between the lowest and the highest pass to count as a model: what was seen
of less than that would say nothing about the whole."""
_WIND_FLOOR: Final = 0.03
"""Relative misfit of the passes' mean wind that no wind profile is trusted beyond."""

_WINDS: Final = (
    (0.25, 0.0),
    (1.0, 0.0),
    (4.0, 0.0),
    (0.25, 1.0 / 60.0),
    (1.0, 1.0 / 60.0),
    (0.25, 1.0 / 15.0),
    (1.0, 1.0 / 15.0),
    (0.25, -1.0 / 20.0),
    (1.0, -1.0 / 20.0),
)
"""Roughness over the assumed one, and one over the Obukhov length, 1/m: short grass to bushes, a sunny day to a clear
evening."""


@dataclass(frozen=True, eq=False)
class ProfileFamily:
    """Profiles (g, k) whose integral over height is one."""

    grid_m: FloatArray
    """Heights above ground, (k,)."""
    shapes: FloatArray
    log_prior: FloatArray
    """Up to a constant, minus infinity where a profile is left out, (g,)."""

    def at(self, height_m: FloatArray) -> FloatArray:
        """Return the profiles at heights that are on the grid (t,), shape (g, t)."""
        return self.shapes[:, np.searchsorted(self.grid_m, height_m)]

    def between(self, low_m: float, high_m: float) -> FloatArray:
        """Return the part of each profile between two heights, (g,)."""
        return np.asarray(self.shapes @ interval_weights(self.grid_m, low_m, high_m))


def profile_family(height_m: FloatArray, roughness_m: float, wind_m_s: FloatArray | None) -> ProfileFamily:
    """Return the profiles that passes may have met.

    Parameters
    ----------
    height_m
        Heights of the passes above ground, (t,).
    roughness_m
        Roughness length that is assumed; others are tried beside it.
    wind_m_s
        Mean wind speed of each pass, (t,); None tells nothing about the profile of the wind.
    """
    z = height_m
    top, flown = float(z.max()), float(np.ptp(z))
    # Of a plume flown high above the ground the flown heights tell the size, not the height above ground.
    spread = np.geomspace(max(0.055 * flown, 0.4), 3.5 * min(top, 4.0 * flown) + 1.4, _SPREADS)
    height = _plume_heights(z)
    far = np.geomspace(min(_WINDS)[0] * roughness_m, top + 3.0 * spread[-1], _INTEGRATION_POINTS)
    about = np.linspace(max(float(z.min()) - flown, far[0]), top + flown, _FLOWN_POINTS)
    grid = np.unique(np.concatenate([far, about, z, lid_edges_m(top)]))
    plumes, lid_prior = under_lids(grid, _plumes(grid, height, spread), top)
    shapes = plumes * _mean_wind(grid, z, roughness_m, wind_m_s)
    shapes /= np.maximum(shapes @ trapezoid_weights(grid), 1e-300)[:, None]
    prior = (
        _height_prior(z, height)[:, None]
        - 0.5 * (np.log(spread / (_TYPICAL_SPREAD * min(top, 2.0 * flown))) / _SPREAD_SCALE) ** 2
    )
    log_prior = (lid_prior[:, None] + np.tile(prior.ravel(), len(_SHARPNESS))).ravel()
    family = ProfileFamily(grid, shapes, log_prior)
    seen, above = family.between(float(z.min()), top), family.between(top, float(grid[-1]))
    return ProfileFamily(grid, shapes, np.where(seen >= _MIN_SEEN, log_prior - above / _ABOVE_SCALE, -np.inf))


def interval_weights(grid_m: FloatArray, low_m: float, high_m: float) -> FloatArray:
    """Return the weights of a trapezoidal integral between two heights, shape (k,).

    Parameters
    ----------
    grid_m
        Heights at which the values will be given, rising, (k,).
    low_m, high_m
        Ends of the integral; beyond the grid there is nothing.
    """
    ends = np.clip(np.array([low_m, high_m]), grid_m[0], grid_m[-1])
    knots = np.union1d(grid_m[(grid_m > ends[0]) & (grid_m < ends[1])], ends)
    length = trapezoid_weights(knots)
    # Each knot lies between two points of the grid and is shared out among them.
    right = np.clip(np.searchsorted(grid_m, knots, side="right"), 1, grid_m.size - 1)
    share = (knots - grid_m[right - 1]) / (grid_m[right] - grid_m[right - 1])
    weights = np.bincount(right - 1, weights=length * (1.0 - share), minlength=grid_m.size)
    return np.asarray(weights + np.bincount(right, weights=length * share, minlength=grid_m.size))


def trapezoid_weights(places: FloatArray) -> FloatArray:
    """Return the length each of some places in any order stands for between the outermost two, same shape."""
    order = np.argsort(places, kind="stable")
    half = 0.5 * np.diff(places[order])
    weights = np.zeros(places.size)
    weights[order[:-1]] += half
    weights[order[1:]] += half
    return weights


def _plumes(grid: FloatArray, height: FloatArray, spread: FloatArray) -> FloatArray:
    """Concentration of every plume up to a factor, (g, k): sharpness slowest, spread fastest."""
    direct = np.log(np.maximum(np.abs(grid - height[:, None]), 1e-9))[:, None, :]
    image = np.log(grid + height[:, None])[:, None, :]
    log_spread = np.log(spread)[None, :, None]
    lifted = 1.0 - np.exp(-((height[:, None] / spread) ** 2))
    plumes = []
    for sharpness in _SHARPNESS:
        s = (sharpness + (2.0 - sharpness) * lifted)[:, :, None]
        plume = np.exp(-np.exp(s * (direct - log_spread))) + np.exp(-np.exp(s * (image - log_spread)))
        plumes.append(plume.reshape(-1, grid.size))
    return np.concatenate(plumes)


def _mean_wind(grid: FloatArray, z: FloatArray, roughness_m: float, wind_m_s: FloatArray | None) -> FloatArray:
    """Mean of the wind profiles weighted by how well they fit the passes' wind, (k,)."""
    winds = np.stack([_wind_shape(grid, factor * roughness_m, inverse) for factor, inverse in _WINDS])
    at = winds[:, np.searchsorted(grid, z)]
    level = np.maximum(at.mean(axis=1), 1e-12)[:, None]
    winds, at = winds / level, at / level
    if wind_m_s is None:
        return np.asarray(winds.mean(axis=0))
    square = (at**2).sum(axis=1)
    speed = (at @ wind_m_s) / square
    misfit = ((wind_m_s - speed[:, None] * at) ** 2).sum(axis=1) / np.maximum(speed**2 * square, 1e-300)
    likelihood = -0.5 * max(z.size - 1, 1) * np.log(misfit * z.size / max(z.size - 1, 1) + _WIND_FLOOR**2)
    weight = np.exp(likelihood - likelihood.max())
    return np.asarray(weight @ winds / weight.sum())


def _wind_shape(height_m: FloatArray, roughness_m: float, inverse_obukhov_m: float) -> FloatArray:
    """Wind of the surface layer up to a factor, 0 below the roughness (Dyer 1974, Boundary-Layer Meteorology 7:363)."""
    z = np.maximum(height_m, roughness_m)
    neutral = np.log(z / roughness_m)
    if inverse_obukhov_m >= 0.0:
        return np.asarray(neutral + 5.0 * (np.minimum(z, 100.0) - roughness_m) * inverse_obukhov_m)
    return np.maximum(neutral - _psi(z * inverse_obukhov_m) + _psi(roughness_m * inverse_obukhov_m), 0.0)


def _psi(stability: FloatArray | float) -> FloatArray:
    """Paulson's (1970) integral of the unstable gradient function at z / L < 0."""
    x = (1.0 - 16.0 * np.asarray(stability)) ** 0.25
    return np.asarray(2.0 * np.log(0.5 + 0.5 * x) + np.log(0.5 + 0.5 * x**2) - 2.0 * np.arctan(x))


def _plume_heights(z: FloatArray) -> FloatArray:
    """Heights a plume may have: from the ground to the lowest pass, and closer together between the passes, (h,)."""
    between = np.linspace(z.min(), z.max(), _HEIGHTS)
    step = between[1] - between[0]
    beneath = np.linspace(0.0, z.min(), int(np.clip(np.ceil(z.min() / max(step, 1e-3)), 1, _HEIGHTS)), endpoint=False)
    return np.concatenate([beneath, between])


def _height_prior(z: FloatArray, height: FloatArray) -> FloatArray:
    """Logarithm of the prior of the plume height, (h,).

    Somebody who flies high above the ground with room to fly lower knows of a high source: then the prior is as wide.
    """
    scale = max(_HEIGHT_SCALE * float(z.max()), 0.5 * float(z.min()))
    prior = -0.5 * (height / scale) ** 2
    prior[0] += np.log(_ON_GROUND)
    return np.asarray(prior)
