"""A lid over the plume keeps its mass, fills with a plume that spreads far, and is felt by no low flight."""

from __future__ import annotations

import numpy as np
import pytest

from gasflux.records import FloatArray
from gasflux.surface.lid import lid_edges_m, under_lids
from gasflux.surface.profile_family import profile_family

HIGH_M = 500.0
GRID = np.unique(np.concatenate([np.linspace(0.0, 8000.0, 4001), lid_edges_m(HIGH_M)]))


def gaussian(spread_m: float, height_m: float) -> FloatArray:
    return np.exp(-(((GRID - height_m) / spread_m) ** 2)) + np.exp(-(((GRID + height_m) / spread_m) ** 2))


@pytest.mark.parametrize(("spread_m", "height_m"), [(150.0, 30.0), (600.0, 0.0), (1500.0, 200.0)])
def test_a_lid_keeps_the_mass(spread_m: float, height_m: float) -> None:
    plume = gaussian(spread_m, height_m)
    plume.setflags(write=False)
    folded, prior = under_lids(GRID, plume[None], HIGH_M)
    assert folded.shape == (prior.size, GRID.size)
    np.testing.assert_array_equal(folded[0], plume)
    mass = np.trapezoid(folded, GRID, axis=1)
    # Three folds of a lid at 600 m hold a plume up to 4,200 m, of one of 1,500 m all but a thousandth; steps are 2 m.
    np.testing.assert_allclose(mass, mass[0], rtol=5e-3)


def test_a_plume_that_spreads_far_fills_the_layer_and_nothing_above() -> None:
    folded, _ = under_lids(GRID, gaussian(1800.0, 0.0)[None], HIGH_M)
    lid = folded[1]
    inside = lid[GRID <= 600.0]
    # At three times the lid's height the first harmonic of the fold is exp(-(pi * 1800 / 1200)^2), nothing at all.
    np.testing.assert_allclose(inside, inside.mean(), rtol=1e-2)
    assert np.all(lid[GRID > 600.0] == 0.0)


def test_a_low_flight_feels_no_lid() -> None:
    plume = gaussian(50.0, 5.0)[None]
    same, prior = under_lids(GRID, plume, 120.0)
    assert same is plume
    np.testing.assert_array_equal(prior, [0.0])
    assert lid_edges_m(120.0).size == 0


def test_profiles_of_a_high_flight_end_at_some_lid() -> None:
    heights = np.array([60.0, 300.0, 800.0])
    family = profile_family(heights, 0.03, None)
    np.testing.assert_allclose(np.trapezoid(family.shapes, family.grid_m, axis=1), 1.0, rtol=1e-9)
    ends = {float(family.grid_m[np.flatnonzero(shape > 0.0)[-1]]) for shape in family.shapes[::97]}
    assert {600.0, 1000.0, 2200.0} <= ends
