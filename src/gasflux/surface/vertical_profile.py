"""How the flux of the passes varies with height: an average over reflected Gaussian plumes in a logarithmic wind.

A pass at height z carries I(z) = F g(z) u(z) / integral(g u dz) with the reflected Gaussian
g(z) = exp(-(z - H)^2 / 2 s^2) + exp(-(z + H)^2 / 2 s^2) (Pasquill & Smith 1983, Atmospheric Diffusion, ch. 6).
Plume height H and spread s are not known: every pair on a grid is fitted and weighted by its likelihood (Bayesian
model averaging, Hoeting et al. 1999, Statistical Science 14:382), so that what the passes cannot tell shows as spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gasflux.records import FloatArray
from gasflux.surface.passes import PassIntegrals

_HEIGHTS = 16
_SPREADS = 28
_INTEGRATION_POINTS = 240
_FLOWN_POINTS = 80
"""Points of the integration between the passes, where a plume flown high above the ground is thin."""
_MISFIT_FLOOR = 0.045
"""Relative misfit no fit is trusted beyond: real profiles are not exactly Gaussian."""
_LEARNING_RATE = 0.7
"""Power of the likelihood: passes that miss the plume fit any profile well and make a wrong model too sure of itself
(generalised posterior for a misspecified model, Grunwald & van Ommen 2017, Bayesian Analysis 12:1069)."""
_TYPICAL_SCATTER = 0.2
"""Relative scatter of a pass that sensor noise is weighed against."""
_PROFILE_FLOOR = 0.15
"""Error of a pass that should carry nothing, relative to the pass at the plume's height: plumes are not that sharp."""
_EXACT = 3
_FITTED = 1.5
"""Parameters a fit costs the passes that carry the plume: amplitude, height and spread are three, but the passes at the
plume's rim and the prior pay for a part."""
_SOURCE_HEIGHT_SCALE = 0.15
"""Scale of the half-normal prior of plume height over the highest pass: emissions start low, and pilots climb until the
plume is below them. It matters only where the passes are too few or too high to tell."""
_MIN_SEEN = 0.1
"""Least share of its flux a plume must have between the lowest and the highest pass to count as a model: what was seen
of less than that would say nothing about the whole."""


@dataclass(frozen=True, eq=False)
class ProfileFit:
    """Posterior over plume profiles. Arrays over passes have shape (t,), over models (g,)."""

    fitted_kg_m_h: FloatArray
    """Posterior mean of the flux per metre at each pass."""
    scatter: float
    """Relative standard deviation of a pass about the fitted profile, without sensor noise."""
    degrees_of_freedom: float
    """Passes that carry the plume, less the fitted parameters; at least 1."""
    probability: FloatArray
    amplitude_weights: FloatArray
    """Total flux of model g = amplitude_weights[g] @ I, shape (g, t)."""
    amplitude_variance: FloatArray
    """Variance of that total, (g,)."""
    shapes: FloatArray
    """Profiles normalised to a total of one at `grid_m`, shape (g, k)."""
    grid_m: FloatArray
    """Heights above ground, (k,)."""

    def mean_profile(self, flux_kg_m_h: FloatArray) -> FloatArray:
        """Return the posterior mean flux per metre at `grid_m`, shape (k,)."""
        return (self.probability * (self.amplitude_weights @ flux_kg_m_h)) @ self.shapes


def profile_shape(height_agl_m: FloatArray, roughness_m: float) -> FloatArray:
    """Return ln(z / z0), and 0 below z0: the wind at height z up to a factor, shape as the heights."""
    return np.log(np.maximum(height_agl_m, roughness_m) / roughness_m)


def fit_profile(passes: PassIntegrals, ground_m: float, roughness_m: float) -> ProfileFit:
    """Fit the family of reflected Gaussian profiles to the passes.

    Parameters
    ----------
    passes
        Line integrals and their noise.
    ground_m
        Height of the ground in the reference of the heights.
    roughness_m
        Aerodynamic roughness length of the wind profile.
    """
    z = np.maximum(passes.height_m - ground_m, roughness_m)
    grid, shapes = _normalised_shapes(z, roughness_m)
    at_passes = np.stack([np.interp(z, grid, shape) for shape in shapes])
    precision = 1.0 / _relative_variance(passes, at_passes)
    norm = np.maximum((at_passes**2 * precision).sum(axis=1), 1e-300)
    weights = at_passes * precision / norm[:, None]
    amplitude = weights @ passes.flux_kg_m_h
    residual = passes.flux_kg_m_h - amplitude[:, None] * at_passes
    misfit = (residual**2 * precision).sum(axis=1) + (_MISFIT_FLOOR * amplitude) ** 2 * norm + 1e-300
    likelihood = _LEARNING_RATE * 0.5 * (np.log(precision).sum(axis=1) - max(z.size - 1, 1) * np.log(misfit))
    probability = _posterior(likelihood + _height_prior(z), _seen_share(grid, shapes, z))
    fitted = (probability * amplitude) @ at_passes
    scatter, effective = _scatter(passes, fitted)
    return ProfileFit(
        fitted_kg_m_h=fitted,
        scatter=scatter,
        degrees_of_freedom=effective,
        probability=probability,
        amplitude_weights=weights,
        amplitude_variance=misfit / max(z.size - 3, 1) / norm,
        shapes=shapes,
        grid_m=grid,
    )


def _normalised_shapes(z: FloatArray, roughness_m: float) -> tuple[FloatArray, FloatArray]:
    """Heights (k,) and profiles g u of every model with integral one, (g, k)."""
    top = float(z.max())
    spread = np.geomspace(max(0.04 * float(np.ptp(z)), 0.3), 2.5 * top + 1.0, _SPREADS)
    height = _plume_heights(z)
    far = np.geomspace(roughness_m, top + 3.0 * spread[-1], _INTEGRATION_POINTS)
    grid = np.union1d(far, np.linspace(z.min(), top, _FLOWN_POINTS))
    h, s = (axis.ravel()[:, None] for axis in np.meshgrid(height, spread, indexing="ij"))
    shape = np.exp(-0.5 * ((grid - h) / s) ** 2) + np.exp(-0.5 * ((grid + h) / s) ** 2)
    shape *= profile_shape(grid, roughness_m)
    # A plume so thin that it falls between two points has been seen by no pass either: it stays zero and is left out.
    return grid, shape / np.maximum(np.trapezoid(shape, grid, axis=1), 1e-300)[:, None]


def _plume_heights(z: FloatArray) -> FloatArray:
    """Heights a plume may have: from the ground to the lowest pass, and closer together between the passes, (h,)."""
    between = np.linspace(z.min(), z.max(), _HEIGHTS)
    step = between[1] - between[0]
    beneath = np.linspace(0.0, z.min(), int(np.clip(np.ceil(z.min() / max(step, 1e-3)), 1, _HEIGHTS)), endpoint=False)
    return np.concatenate([beneath, between])


def _seen_share(grid_m: FloatArray, shapes: FloatArray, z: FloatArray) -> FloatArray:
    """Share of each model's flux between the lowest and the highest pass, (g,)."""
    between = (grid_m >= z.min()) & (grid_m <= z.max())
    return np.asarray(np.trapezoid(shapes[:, between], grid_m[between], axis=1))


def _height_prior(z: FloatArray) -> FloatArray:
    """Logarithm of the prior of the plume height, the same for every spread, (g,).

    Somebody who flies high above the ground with room to fly lower knows of a high source: then the prior is as wide.
    """
    scale = max(_SOURCE_HEIGHT_SCALE * float(z.max()), 0.5 * float(z.min()))
    return np.repeat(-0.5 * (_plume_heights(z) / scale) ** 2, _SPREADS)


def _posterior(likelihood: FloatArray, seen: FloatArray) -> FloatArray:
    """Probability of each model from its logarithmic likelihood, models that were hardly seen left out, (g,)."""
    likely = np.where(seen >= _MIN_SEEN, likelihood, -np.inf)
    weight = np.exp(likely - likely.max())
    return np.asarray(weight / weight.sum())


def _relative_variance(passes: PassIntegrals, at_passes: FloatArray) -> FloatArray:
    """Variance of each pass under each model up to a factor, (g, t).

    A pass errs in proportion to what the model expects of it, not to what it happened to carry: weights taken from the
    values themselves would trust the passes that missed the plume and pull the fit down (Peelle's pertinent puzzle).
    """
    expected = at_passes / np.maximum(at_passes.max(axis=1, keepdims=True), 1e-300)
    scale = passes.flux_kg_m_h @ expected.T / np.maximum((expected**2).sum(axis=1), 1e-300)
    noise = passes.noise_kg_m_h / np.maximum(_TYPICAL_SCATTER * np.abs(scale)[:, None], 1e-300)
    return np.asarray(expected**2 + _PROFILE_FLOOR**2 + np.minimum(noise, 1e6) ** 2)


def _scatter(passes: PassIntegrals, fitted: FloatArray) -> tuple[float, float]:
    """Relative scatter of the passes about the fit, and the degrees of freedom it rests on."""
    energy = fitted**2
    total = float(energy.sum())
    if total <= 0.0:
        return 0.0, 1.0
    effective = total**2 / float((energy**2).sum())
    freedom = max(effective - _FITTED, 1.0)
    excess = float(((passes.flux_kg_m_h - fitted) ** 2 - passes.noise_kg_m_h**2).sum())
    scatter = float(np.sqrt(max(excess, 0.0) / total * effective / freedom))
    # A profile has three parameters: up to three passes fit one exactly and say nothing of their scatter.
    return (scatter if fitted.size > _EXACT else max(scatter, _TYPICAL_SCATTER)), freedom
