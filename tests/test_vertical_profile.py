"""The average over plume profiles and the extrapolation to the ground and above the highest pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gasflux.surface.above import extrapolate_above
from gasflux.surface.ground import METHODS, BelowInputs, ExtrapolatedLayer, extrapolate_below
from gasflux.surface.passes import PassIntegrals
from gasflux.surface.profile_family import profile_family
from gasflux.surface.vertical_profile import fit_profile, profile_shape

ROUGHNESS_M = 0.03
TOTAL_KG_H = 7.0


def reflected(z: NDArray[np.float64], height: float, spread: float) -> NDArray[np.float64]:
    shape = np.exp(-0.5 * ((z - height) / spread) ** 2) + np.exp(-0.5 * ((z + height) / spread) ** 2)
    return np.asarray(shape * np.log(np.maximum(z, ROUGHNESS_M) / ROUGHNESS_M))


def exact_passes(heights: NDArray[np.float64], height: float = 3.0, spread: float = 6.0) -> PassIntegrals:
    """Passes through a plume of 7 kg/h, without noise."""
    fine = np.linspace(0.0, 200.0, 400_001)
    norm = np.trapezoid(reflected(fine, height, spread), fine)
    flux = TOTAL_KG_H * reflected(heights, height, spread) / norm
    flux.setflags(write=False)
    heights.setflags(write=False)
    return PassIntegrals(heights, flux, np.full(heights.size, 1e-6), np.ones(1), flux)


def below(passes: PassIntegrals, method: str, top: float) -> ExtrapolatedLayer:
    fit = fit_profile(passes, 0.0, ROUGHNESS_M)
    return extrapolate_below(BelowInputs(passes, fit, 0.0, top, ROUGHNESS_M), method)


def true_below(top: float) -> float:
    fine = np.linspace(0.0, 200.0, 400_001)
    shape = reflected(fine, 3.0, 6.0)
    return float(TOTAL_KG_H * np.trapezoid(shape[fine <= top], fine[fine <= top]) / np.trapezoid(shape, fine))


@pytest.mark.parametrize("lowest", [2.0, 4.0])
def test_exact_profile_gives_the_exact_layer(lowest: float) -> None:
    passes = exact_passes(np.linspace(lowest, lowest + 18.0, 10))
    # the table of profiles is coarse (16 x 24 x 4), and sharper ones fit nearly as well and carry more near the ground
    assert below(passes, "plume", lowest).flux_kg_h == pytest.approx(true_below(lowest), rel=0.07)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_layer_is_linear_in_the_passes(method: str) -> None:
    passes = exact_passes(np.linspace(3.0, 21.0, 9))
    layer = below(passes, method, 3.0)
    # a sum of products in another order
    assert layer.flux_kg_h == pytest.approx(float(layer.pass_weights_m @ passes.flux_kg_m_h), rel=1e-9, abs=1e-12)
    drawn = float(layer.flux_kg_h_m @ layer.thickness_m)
    # the drawn profile is the midpoint rule over 24 layers of a logarithm
    assert drawn == pytest.approx(layer.flux_kg_h, rel=0.03, abs=1e-12)


def test_layer_larger_than_what_was_flown_is_found_within_its_own_error() -> None:
    passes = exact_passes(np.linspace(8.0, 26.0, 10))
    layer = below(passes, "plume", 8.0)
    # 71 % of the flux is below the lowest pass here; two sigma, since one exact case is one draw
    assert abs(layer.flux_kg_h - true_below(8.0)) < 2.0 * layer.std_kg_h


def test_methods_are_ordered_as_their_shapes() -> None:
    passes = exact_passes(np.linspace(3.0, 21.0, 9))
    flux = {method: below(passes, method, 3.0).flux_kg_h for method in METHODS}
    assert flux["none"] == 0.0
    assert 0.0 < flux["linear"] < flux["wind-profile"] < flux["constant"]
    # a line from zero holds half of the rectangle: exact
    assert flux["linear"] == pytest.approx(0.5 * flux["constant"], rel=1e-9)


def test_no_layer_when_the_lowest_pass_is_on_the_ground() -> None:
    passes = exact_passes(np.linspace(0.5, 21.0, 9))
    for method in METHODS:
        assert below(passes, method, 0.0).flux_kg_h == pytest.approx(0.0, abs=1e-12)


def test_what_the_passes_cannot_tell_is_in_the_error() -> None:
    low, high = exact_passes(np.linspace(1.5, 21.0, 9)), exact_passes(np.linspace(9.0, 29.0, 9))
    assert below(high, "plume", 9.0).std_kg_h > 3.0 * below(low, "plume", 1.5).std_kg_h


def test_scatter_of_the_passes_is_measured() -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        passes = exact_passes(np.linspace(1.5, 21.0, 12))
        noisy = passes.flux_kg_m_h * (1.0 + 0.2 * rng.normal(size=12))
        fit = fit_profile(PassIntegrals(passes.height_m, noisy, passes.noise_kg_m_h, np.ones(1), noisy), 0.0, 0.03)
        found.append(fit.scatter)
    # 200 estimates on about 5 degrees of freedom: 2 % from chance, the rest is the bias of a small sample
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(0.2, rel=0.15)


def test_scale_does_not_matter() -> None:
    passes = exact_passes(np.linspace(3.0, 21.0, 9))
    twice = PassIntegrals(
        passes.height_m, 2.0 * passes.flux_kg_m_h, 2.0 * passes.noise_kg_m_h, np.ones(1), 2.0 * passes.flux_kg_m_h
    )
    # doubling is exact in floating point but for the guard against division by zero
    assert below(twice, "plume", 3.0).flux_kg_h == pytest.approx(2.0 * below(passes, "plume", 3.0).flux_kg_h, rel=1e-9)


@pytest.mark.parametrize("lift", [20.0, 100.0, 550.0, 2500.0])
def test_plume_flown_high_above_the_ground_has_nothing_below(lift: float) -> None:
    heights = np.linspace(2.0, 30.0, 12)
    flux = np.exp(-0.5 * ((heights - 16.0) / 4.0) ** 2)
    passes = PassIntegrals(heights + lift, flux, np.full(12, 1e-6), np.ones(1), flux)
    layer = below(passes, "plume", 2.0 + lift)
    sampled = float(np.trapezoid(flux, heights))
    # the plume ends 3.5 spreads above the lowest pass: 2e-4 of it is below; broad models leave up to 2 % there
    assert abs(layer.flux_kg_h) < 0.03 * sampled


def test_scatter_of_few_passes_is_not_taken_at_its_word() -> None:
    # three passes always fit a profile of three parameters: the prior alone keeps their scatter from zero
    passes = exact_passes(np.array([3.0, 8.0, 13.0]))
    assert fit_profile(passes, 0.0, ROUGHNESS_M).scatter > 0.05


def test_gusts_tell_what_few_passes_cannot() -> None:
    passes = exact_passes(np.array([3.0, 8.0, 13.0]))
    calm, unknown, gusty = (fit_profile(replace(passes, cross_gusts=gusts), 0.0, 0.03) for gusts in (0.0, None, 0.3))
    assert calm.scatter < unknown.scatter < gusty.scatter
    # What is missed for want of moments does not depend on the direction of the wind, and so not on its gusts.
    np.testing.assert_array_equal(calm.strength_std_kg_m_h, gusty.strength_std_kg_m_h)


def test_family_is_normalised_and_split_without_loss() -> None:
    heights = np.array([2.0, 5.0, 11.0, 20.0])
    family = profile_family(heights, ROUGHNESS_M, None)
    whole = family.between(0.0, 1e9)
    # a plume thinner than the table of heights is left out as zero; all others integrate to one by construction
    np.testing.assert_allclose(whole[whole > 0.0], 1.0, rtol=1e-9)
    parts = family.between(0.0, 2.0) + family.between(2.0, 20.0) + family.between(20.0, 1e9)
    # sums of the same products in another order
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-12)


def test_plume_cut_off_above_leaves_its_rest_and_a_spread() -> None:
    whole, cut = exact_passes(np.linspace(1.5, 24.0, 10)), exact_passes(np.linspace(1.5, 6.0, 6))
    fine = np.linspace(0.0, 200.0, 400_001)
    shape = reflected(fine, 3.0, 6.0)
    above = TOTAL_KG_H * float(np.trapezoid(shape[fine > 6.0], fine[fine > 6.0]) / np.trapezoid(shape, fine))
    flown_over = extrapolate_above(whole, fit_profile(whole, 0.0, ROUGHNESS_M), 0.0, 24.0)
    cut_off = extrapolate_above(cut, fit_profile(cut, 0.0, ROUGHNESS_M), 0.0, 6.0)
    # nothing but the tail of broad profiles is left over a plume that was flown over
    assert 0.0 <= flown_over.flux_kg_h < 0.01 * TOTAL_KG_H
    assert flown_over.std_kg_h < 0.1 * cut_off.std_kg_h
    # exact passes of one shape are one draw: two sigma
    assert abs(cut_off.flux_kg_h - above) < 2.0 * cut_off.std_kg_h
    # the bars are scaled to the layer: rounding
    drawn = float(cut_off.flux_kg_h_m @ cut_off.thickness_m)
    assert drawn == pytest.approx(cut_off.flux_kg_h, rel=1e-9)
    assert cut_off.flux_kg_h == pytest.approx(float(cut_off.pass_weights_m @ cut.flux_kg_m_h), rel=1e-9)


def test_wind_of_the_passes_tells_the_profile_of_the_wind() -> None:
    heights = np.array([1.5, 3.0, 6.0, 12.0, 18.0])
    stable = np.log(heights / 0.03) + 5.0 * heights / 15.0
    told = profile_family(heights, ROUGHNESS_M, stable)
    assumed = profile_family(heights, ROUGHNESS_M, None)
    # a wind that rises faster carries less of every plume near the ground
    assert np.nanmean(told.between(0.0, 1.5)) < np.nanmean(assumed.between(0.0, 1.5))


def test_profile_is_zero_below_the_roughness_length() -> None:
    shape = profile_shape(np.array([0.0, 0.01, 0.03, 3.0]), 0.03)
    np.testing.assert_array_equal(shape[:3], 0.0)
    assert shape[3] > 0.0
