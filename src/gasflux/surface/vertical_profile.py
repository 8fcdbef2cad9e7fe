"""How the flux of the passes varies with height: an average over the profiles of `profile_family`.

Plume height, spread and sharpness are not known: every profile of the family is fitted and weighted by its likelihood
(Bayesian model averaging, Hoeting et al. 1999, Statistical Science 14:382), so that what the passes cannot tell shows
as spread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.records import FloatArray
from gasflux.surface.passes import PassIntegrals
from gasflux.surface.profile_family import ProfileFamily, profile_family

_MISFIT_FLOOR: Final = 0.045
"""Relative misfit no fit is trusted beyond: real profiles are not exactly of the family."""
_LEARNING_RATE: Final = 0.9
"""Power of the likelihood: passes that miss the plume fit any profile well and make a wrong model too sure of itself
(generalised posterior for a misspecified model, Grunwald & van Ommen 2017, Bayesian Analysis 12:1069)."""
_TYPICAL_SCATTER: Final = 0.2
"""Relative scatter of a pass that sensor noise is weighed against."""
_PROFILE_FLOOR: Final = 0.25
"""Error of a pass that should carry nothing, relative to the pass at the plume's height: plumes are not that sharp."""
_FITTED: Final = 1.5
"""Parameters a fit costs the passes that carry the plume: amplitude, height and spread are three, but the passes at the
plume's rim and the prior pay for a part."""
_RIM_FLOOR: Final = 0.15
"""The same for the scatter: it is what the passes at the rim are held to, and not what they weigh in the fit."""
_LEAST_SCATTER: Final = 0.02
_PRIOR_SCATTER: Final = (0.25, 1.1)
"""The scatter is log-normal beforehand, from 0.03 (steady plume) over 0.25 to 1.5 (turbulent air) within two sigma:
that keeps a few passes that happen to agree, or to differ wildly, from being taken at their word."""
_GUST_SCATTER: Final = (2.0, 0.6)
"""Where the gusts are known: twice the cross-wind intensity, by a factor of 1.8 either way. A wind without gusts
carries a plume that stays where it is. From the calibration flights (METHODS, section 8)."""
_CALM_SCATTER: Final = 0.05
"""What the passes of a plume in a wind without gusts scatter by: its shape is not quite of the family."""
_NOT_NOISE: Final = 0.2
"""Least share of the passes' residuals that is not taken for sensor noise."""


@dataclass(frozen=True, eq=False)
class ProfileFit:
    """Posterior over plume profiles. Arrays over passes have shape (t,), over models (g,)."""

    fitted_kg_m_h: FloatArray
    """Posterior mean of the flux per metre at each pass."""
    scatter: float
    """Relative standard deviation of a pass about the fitted profile, without sensor noise."""
    pass_std_kg_m_h: FloatArray
    """Standard deviation of each pass about the fitted profile, without sensor noise, (t,)."""
    degrees_of_freedom: float
    """How well the scatter is known; at least 1."""
    fitted_strength_kg_m_h: FloatArray
    """As `fitted_kg_m_h`, were the wind blowing outward everywhere, (t,)."""
    strength_std_kg_m_h: FloatArray
    """As `pass_std_kg_m_h`, were the wind blowing outward everywhere, (t,)."""
    probability: FloatArray
    amplitude_weights: FloatArray
    """Total flux of model g = amplitude_weights[g] @ I, shape (g, t)."""
    family: ProfileFamily
    at_passes: FloatArray
    """Profiles at the passes, (g, t)."""

    def mean_weights(self, per_model: FloatArray) -> FloatArray:
        """Return the weights over passes (t,) of the posterior mean of a share (g,) of each model's total."""
        return np.asarray((self.probability * per_model) @ self.amplitude_weights)

    def spread_kg_h(self, per_model: FloatArray, flux_kg_m_h: FloatArray) -> float:
        """Return the posterior standard deviation of a share (g,) of each model's total."""
        each = per_model * (self.amplitude_weights @ flux_kg_m_h)
        mean = float(self.probability @ each)
        return float(np.sqrt(max(float(self.probability @ (each - mean) ** 2), 0.0)))

    def mean_profile(self, flux_kg_m_h: FloatArray) -> FloatArray:
        """Return the posterior mean flux per metre on the family's grid, shape (k,)."""
        return np.asarray((self.probability * (self.amplitude_weights @ flux_kg_m_h)) @ self.family.shapes)


def profile_shape(height_agl_m: FloatArray, roughness_m: float) -> FloatArray:
    """Return ln(z / z0), and 0 below z0: the wind at height z up to a factor, shape as the heights."""
    return np.log(np.maximum(height_agl_m, roughness_m) / roughness_m)


def fit_profile(passes: PassIntegrals, ground_m: float, roughness_m: float) -> ProfileFit:
    """Fit the family of profiles to the passes.

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
    family = profile_family(z, roughness_m, passes.wind_m_s)
    at_passes = family.at(z)
    precision = 1.0 / _relative_variance(passes, at_passes)
    norm = np.maximum((at_passes**2 * precision).sum(axis=1), 1e-300)
    weights = at_passes * precision / norm[:, None]
    probability = _posterior(passes, at_passes, precision, weights, family)
    amplitude = weights @ passes.flux_kg_m_h
    fitted = (probability * amplitude) @ at_passes
    scatter, freedom = _scatter(passes, passes.flux_kg_m_h, fitted)
    strength = (probability * (weights @ passes.strength_kg_m_h)) @ at_passes
    # Without the gusts, which depend on the direction of the wind.
    moved, _ = _scatter(replace(passes, cross_gusts=None), passes.strength_kg_m_h, strength)
    return ProfileFit(
        fitted_kg_m_h=fitted,
        scatter=scatter,
        pass_std_kg_m_h=scatter * np.sqrt(_expected_variance(fitted)),
        degrees_of_freedom=freedom,
        fitted_strength_kg_m_h=strength,
        strength_std_kg_m_h=moved * np.sqrt(_expected_variance(strength)),
        probability=probability,
        amplitude_weights=weights,
        family=family,
        at_passes=at_passes,
    )


def _posterior(
    passes: PassIntegrals, at_passes: FloatArray, precision: FloatArray, weights: FloatArray, family: ProfileFamily
) -> FloatArray:
    """Probability of each model, its error variance integrated out under Jeffreys' prior, (g,)."""
    amplitude = weights @ passes.strength_kg_m_h
    residual = passes.strength_kg_m_h - amplitude[:, None] * at_passes
    norm = (at_passes**2 * precision).sum(axis=1)
    misfit = (residual**2 * precision).sum(axis=1) + (_MISFIT_FLOOR * amplitude) ** 2 * norm + 1e-300
    freedom = max(passes.strength_kg_m_h.size - 1, 1)
    likelihood = _LEARNING_RATE * 0.5 * (np.log(precision).sum(axis=1) - freedom * np.log(misfit))
    posterior = likelihood + family.log_prior
    probability = np.exp(posterior - posterior.max())
    return np.asarray(probability / probability.sum())


def _relative_variance(passes: PassIntegrals, at_passes: FloatArray) -> FloatArray:
    """Variance of each pass under each model up to a factor, (g, t).

    A pass errs in proportion to what the model expects of it, not to what it happened to carry: weights taken from the
    values themselves would trust the passes that missed the plume and pull the fit down (Peelle's pertinent puzzle).
    """
    expected = at_passes / np.maximum(at_passes.max(axis=1, keepdims=True), 1e-300)
    scale = passes.strength_kg_m_h @ expected.T / np.maximum((expected**2).sum(axis=1), 1e-300)
    noise = passes.noise_kg_m_h / np.maximum(_TYPICAL_SCATTER * np.abs(scale)[:, None], 1e-300)
    return np.asarray(expected**2 + _PROFILE_FLOOR**2 + np.minimum(noise, 1e6) ** 2)


def _expected_variance(fitted: FloatArray) -> FloatArray:
    """Variance of each pass in units of the squared relative scatter, (t,)."""
    return np.asarray(fitted**2 + (_RIM_FLOOR * np.abs(fitted).max()) ** 2)


def _scatter(passes: PassIntegrals, flux_kg_m_h: FloatArray, fitted: FloatArray) -> tuple[float, float]:
    """Relative scatter of the passes about the fit, and the degrees of freedom it rests on.

    Each pass counts by the part of its expected variance that is the plume's: clean air above it says nothing. What is
    seen is averaged with the prior on the scale of logarithms, where v degrees of freedom are a variance of 1 / 2v.
    """
    expected = _expected_variance(fitted)
    if not expected.max() > 0.0:
        return 0.0, 1.0
    told = expected / (expected + (passes.noise_kg_m_h / _TYPICAL_SCATTER) ** 2)
    freedom = max(float((told * fitted**2 / expected).sum()) - _FITTED, 1.0)
    residual = told * (flux_kg_m_h - fitted) ** 2 / expected
    excess = residual - told * passes.noise_kg_m_h**2 / expected
    seen = float(np.sqrt(max(float(excess.sum()), _NOT_NOISE * float(residual.sum())) / freedom))
    prior, spread = _prior_scatter(passes.cross_gusts)
    share = 2.0 * freedom / (2.0 * freedom + spread**-2)
    logarithm = share * np.log(max(seen, _LEAST_SCATTER)) + (1.0 - share) * np.log(prior)
    return float(np.exp(logarithm)), freedom + 0.5 * spread**-2


def _prior_scatter(cross_gusts: float | None) -> tuple[float, float]:
    """Scatter that is expected beforehand, and the standard deviation of its logarithm."""
    if cross_gusts is None:
        return _PRIOR_SCATTER
    per_gust, spread = _GUST_SCATTER
    return max(per_gust * cross_gusts, _CALM_SCATTER), spread
