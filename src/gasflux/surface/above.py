"""The air above the highest pass, which nobody flew: what the profiles that fit the passes have there."""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import FloatArray
from gasflux.surface.ground import ExtrapolatedLayer
from gasflux.surface.passes import PassIntegrals
from gasflux.surface.vertical_profile import ProfileFit

_LAYERS: Final = 24
_DRAWN_SHARE: Final = 0.98
"""Share of the flux up there that the drawn layers reach to: a thin tail is long."""


def extrapolate_above(passes: PassIntegrals, fit: ProfileFit, ground_m: float, bottom_m: float) -> ExtrapolatedLayer:
    """Return the flux above the highest pass.

    A plume that was flown over leaves nearly nothing; one that was cut off leaves what the shape of the passes below
    and the prior of the profiles say, with a spread to match.

    Parameters
    ----------
    passes, fit
        Line integrals and the profiles fitted to them.
    ground_m
        Height of the ground in the reference of the heights.
    bottom_m
        Where the sampled part ends, in the same reference.
    """
    family, start = fit.family, bottom_m - ground_m
    above = family.between(start, float(family.grid_m[-1]))
    weights = fit.mean_weights(above)
    flux = float(weights @ passes.flux_kg_m_h)
    profile = fit.mean_profile(passes.flux_kg_m_h)
    thickness = (_reach_m(family.grid_m, profile, start) - start) / _LAYERS
    centres = start + (np.arange(_LAYERS, dtype=np.float64) + 0.5) * thickness
    density = np.interp(centres, family.grid_m, profile)
    drawn = float(density.sum() * thickness)
    return ExtrapolatedLayer(
        flux_kg_h=flux,
        std_kg_h=fit.spread_kg_h(above, passes.flux_kg_m_h),
        pass_weights_m=weights,
        height_m=ground_m + centres,
        thickness_m=np.full(_LAYERS, thickness),
        # The bars add up to the layer's flux, the thin tail above them included.
        flux_kg_h_m=density * (flux / drawn) if drawn != 0.0 else np.zeros(_LAYERS),
        method="plume",
    )


def _reach_m(grid_m: FloatArray, profile: FloatArray, start_m: float) -> float:
    """Height above ground under which nearly all of the flux above `start_m` lies."""
    heights = np.append(start_m, grid_m[grid_m > start_m])
    density = np.interp(heights, grid_m, profile)
    run = np.cumsum(np.append(0.0, 0.5 * (density[1:] + density[:-1]) * np.diff(heights)))
    if not run[-1] > 0.0:
        return start_m
    return float(np.interp(_DRAWN_SHARE * run[-1], run, heights))
