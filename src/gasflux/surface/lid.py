"""The top of the boundary layer: a lid that plumes are thrown back from, at a height nobody measured.

Over some kilometres a plume fills the layer under the inversion, and what an aeroplane leaves above its highest leg is
what the layer still has above it, not the tail of a plume without end.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gasflux.records import FloatArray

_FELT_FROM_M: Final = 200.0
"""Plumes that are flown lower than this over ground do not reach a lid by day."""
_LIDS_M: Final = (600.0, 800.0, 1000.0, 1250.0, 1600.0, 2200.0)
_USUAL_M: Final = 1100.0
_USUAL_SPREAD: Final = 0.35
"""Log-normal prior of the lid's height: by day over land in Europe and North America the median is 0.8 to 1.5 km, by
season (Seidel et al. 2012, J. Geophys. Res. 117:D17106); over the sea some hundred metres lower."""
_NO_LID: Final = 0.02
"""Prior of air without a lid beside it: deep convection, or a lid above all that matters."""
_FOLDS: Final = 3


def lid_edges_m(highest_m: float) -> FloatArray:
    """Return heights just under and over each lid that a flight may have met, none for one that stays low.

    Between them nothing may be interpolated. `highest_m` is the height of the highest pass above ground.
    """
    return np.outer(_LIDS_M, (1.0, 1.0 + 1e-4)).ravel() if highest_m >= _FELT_FROM_M else np.empty(0)


def under_lids(grid_m: FloatArray, plumes: FloatArray, highest_m: float) -> tuple[FloatArray, FloatArray]:
    """Return plumes under lids of several heights beside those without one, and the logarithm of the lids' prior.

    A plume under a lid is the one without, folded at the lid and at the ground until all of it is between them.

    Parameters
    ----------
    grid_m
        Heights above ground, (k,).
    plumes
        Concentrations up to a factor, even in height, (g, k).
    highest_m
        Height of the highest pass: a flight that stays low feels no lid, and gets its plumes back.

    Returns
    -------
    plumes
        Shape (l g, k), those without a lid first.
    log_prior
        Up to a constant, (l,).
    """
    if highest_m < _FELT_FROM_M:
        return plumes, np.zeros(1)
    lids = np.array(_LIDS_M)
    prior = np.exp(-0.5 * (np.log(lids / _USUAL_M) / _USUAL_SPREAD) ** 2)
    prior = np.append(_NO_LID, (1.0 - _NO_LID) * prior / prior.sum())
    return np.concatenate([plumes, *(_folded(grid_m, plumes, float(lid)) for lid in lids)]), np.log(prior)


def _folded(grid_m: FloatArray, plumes: FloatArray, lid_m: float) -> FloatArray:
    """Plumes thrown back by a lid, (g, k)."""
    total = plumes.copy()
    for fold in range(1, _FOLDS + 1):
        for place in (2.0 * fold * lid_m - grid_m, 2.0 * fold * lid_m + grid_m):
            right = np.clip(np.searchsorted(grid_m, place), 1, grid_m.size - 1)
            share = np.clip((place - grid_m[right - 1]) / (grid_m[right] - grid_m[right - 1]), 0.0, 1.0)
            back = plumes[:, right - 1] * (1.0 - share) + plumes[:, right] * share
            total += np.where((place > 0.0) & (place <= grid_m[-1]), back, 0.0)
    return np.asarray(np.where(grid_m <= lid_m, total, 0.0))
