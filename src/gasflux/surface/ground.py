"""The layer between the ground and the lowest pass, which nobody flew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gasflux.records import FloatArray
from gasflux.surface.passes import PassIntegrals
from gasflux.surface.vertical_profile import ProfileFit, profile_shape

_LAYERS = 24


@dataclass(frozen=True, eq=False)
class ExtrapolatedLayer:
    """Flux below or above the sampled part of the surface."""

    flux_kg_h: float
    std_kg_h: float
    """One sigma: what the passes cannot tell about the shape beyond them (not their own noise)."""
    pass_weights_m: FloatArray
    """``flux = pass_weights_m @ passes.flux_kg_m_h``, shape (t,)."""
    height_m: FloatArray
    """Centres of the layers the profile is drawn at, in the reference of the log, shape (k,)."""
    thickness_m: FloatArray
    flux_kg_h_m: FloatArray
    method: str

    def scaled(self, factor: float) -> ExtrapolatedLayer:
        """Return the layer with all its flux times a factor."""
        return replace(
            self,
            flux_kg_h=factor * self.flux_kg_h,
            std_kg_h=factor * self.std_kg_h,
            pass_weights_m=factor * self.pass_weights_m,
            flux_kg_h_m=factor * self.flux_kg_h_m,
        )


@dataclass(frozen=True, eq=False)
class BelowInputs:
    """What every method of extrapolation may use."""

    passes: PassIntegrals
    fit: ProfileFit
    ground_m: float
    top_m: float
    """Where the sampled part begins."""
    roughness_m: float

    @property
    def depth_m(self) -> float:
        """Thickness of the layer."""
        return max(self.top_m - self.ground_m, 0.0)


Method = Callable[[BelowInputs], ExtrapolatedLayer]


def lowest_pass_weights(inputs: BelowInputs) -> FloatArray:
    """Return weights over the passes whose sum is one: the lowest pass and those within a quarter of its height.

    One pass alone is one moment of a moving plume; passes flown at about the same height are repeats of it.
    """
    z = inputs.passes.height_m
    near = (z <= z.min() + max(0.25 * (z.min() - inputs.ground_m), 0.5)).astype(np.float64)
    weights: FloatArray = near / near.sum()
    return weights


def _shaped(
    inputs: BelowInputs, shape: FloatArray, centres: FloatArray, thickness: float, method: str
) -> ExtrapolatedLayer:
    """Layer whose flux per metre is the lowest passes' times `shape`; half the distance to zero and to constant."""
    weights = lowest_pass_weights(inputs)
    lowest = float(weights @ inputs.passes.flux_kg_m_h)
    factor = float(shape.sum() * thickness)
    return ExtrapolatedLayer(
        flux_kg_h=lowest * factor,
        std_kg_h=abs(lowest) * max(factor, inputs.depth_m - factor) / np.sqrt(3.0),
        pass_weights_m=weights * factor,
        height_m=inputs.ground_m + centres,
        thickness_m=np.full(centres.size, thickness),
        flux_kg_h_m=lowest * shape,
        method=method,
    )


def _layers(inputs: BelowInputs) -> tuple[FloatArray, float]:
    """Centres above ground and thickness of the layers."""
    thickness = inputs.depth_m / _LAYERS
    return (np.arange(_LAYERS, dtype=np.float64) + 0.5) * thickness, thickness


def constant(inputs: BelowInputs) -> ExtrapolatedLayer:
    """Flux density of the lowest pass down to the ground."""
    centres, thickness = _layers(inputs)
    return _shaped(inputs, np.ones(_LAYERS), centres, thickness, "constant")


def linear(inputs: BelowInputs) -> ExtrapolatedLayer:
    """Flux density falling linearly to zero at the ground."""
    centres, thickness = _layers(inputs)
    return _shaped(inputs, centres / max(inputs.depth_m, 1e-12), centres, thickness, "linear")


def wind_profile(inputs: BelowInputs) -> ExtrapolatedLayer:
    """Concentration of the lowest pass down to the ground under a logarithmic wind."""
    centres, thickness = _layers(inputs)
    reference = float(profile_shape(np.array([max(inputs.depth_m, 2.0 * inputs.roughness_m)]), inputs.roughness_m)[0])
    shape = profile_shape(centres, inputs.roughness_m) / reference
    return _shaped(inputs, shape, centres, thickness, "wind-profile")


def none(inputs: BelowInputs) -> ExtrapolatedLayer:
    """Nothing below the lowest pass; its error is that of assuming the opposite."""
    centres, thickness = _layers(inputs)
    return _shaped(inputs, np.zeros(_LAYERS), centres, thickness, "none")


def plume(inputs: BelowInputs) -> ExtrapolatedLayer:
    """Average over the profiles that fit the passes."""
    fit, flux_kg_m_h = inputs.fit, inputs.passes.flux_kg_m_h
    centres, thickness = _layers(inputs)
    below = fit.family.between(0.0, inputs.depth_m)
    weights = fit.mean_weights(below)
    return ExtrapolatedLayer(
        flux_kg_h=float(weights @ flux_kg_m_h),
        std_kg_h=fit.spread_kg_h(below, flux_kg_m_h),
        pass_weights_m=weights,
        height_m=inputs.ground_m + centres,
        thickness_m=np.full(centres.size, thickness),
        flux_kg_h_m=np.interp(centres, fit.family.grid_m, fit.mean_profile(flux_kg_m_h)),
        method="plume",
    )


METHODS: dict[str, Method] = {
    "plume": plume,
    "wind-profile": wind_profile,
    "constant": constant,
    "linear": linear,
    "none": none,
}


def extrapolate_below(inputs: BelowInputs, method: str) -> ExtrapolatedLayer:
    """Return the layer below the sampled part by the method of that name (see `METHODS`)."""
    return METHODS[method](inputs)
