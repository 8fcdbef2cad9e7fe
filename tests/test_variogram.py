"""Variogram models and estimators against scikit-gstat, the fit against fields whose variogram is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skgstat
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import SemivariogramSettings
from gasflux.records import FloatArray, IntArray, VariogramFit
from gasflux.surface.variogram import directional_variogram, fit_variogram, longest_lag_m, semivariance
from gasflux.surface.variogram_models import ESTIMATORS, MODELS, entropy, matern, semivariances, stable

EXACT = 1e-9
"""Agreement asked of two programs that evaluate the same formula in double precision, some of them by long sums."""

DEFAULT = SemivariogramSettings()


def frozen(*arrays: Any) -> tuple[Any, ...]:
    """Make arrays read-only: nobody may write into what he was given."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def passes(levels: int = 10, samples: int = 40, length_m: float = 200.0, seed: int = 1) -> tuple[Any, ...]:
    """Positions of level passes 6 m apart with the wobble of a drone, and the number of the pass."""
    rng = np.random.default_rng(seed)
    along = np.tile(np.linspace(0.0, length_m, samples), levels) + rng.normal(0.0, 0.3, levels * samples)
    transect = np.repeat(np.arange(levels), samples)
    height = 5.0 + 6.0 * transect + rng.normal(0.0, 0.3, transect.size)
    return frozen(along, height, transect)


def plume(along: FloatArray, height: FloatArray, noise: float = 0.0, seed: int = 3) -> FloatArray:
    """A narrow plume on a field of zeros, and white noise."""
    rng = np.random.default_rng(seed)
    field = np.exp(-0.5 * ((along - 90.0) / 10.0) ** 2 - 0.5 * ((height - 25.0) / 8.0) ** 2)
    return np.asarray(frozen(field + rng.normal(0.0, noise, along.size))[0])


def random_fields(
    along: FloatArray, height: FloatArray, ranges: tuple[float, float], nugget: float, count: int
) -> FloatArray:
    """Gaussian fields of unit sill with an exponential variogram, shape (count, m)."""
    rng = np.random.default_rng(11)
    dx, dz = np.subtract.outer(along, along) / ranges[0], np.subtract.outer(height, height) / ranges[1]
    factor = np.linalg.cholesky(np.exp(-3.0 * np.hypot(dx, dz)) + 1e-10 * np.eye(along.size))
    smooth = rng.standard_normal((count, along.size)) @ factor.T
    return np.asarray(smooth + np.sqrt(nugget) * rng.standard_normal((count, along.size)))


# Models and estimators ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["spherical", "exponential", "gaussian", "cubic"])
def test_model_is_that_of_scikit_gstat(name: str) -> None:
    lags = np.linspace(0.0, 130.0, 40)
    theirs = getattr(skgstat.models, name)(lags, 80.0, 2.5, 0.3)
    np.testing.assert_allclose(0.3 + 2.5 * MODELS[name](lags / 80.0), theirs, rtol=EXACT)


@pytest.mark.parametrize("shape", [0.7, 1.5, 2.0])
def test_stable_and_matern_are_those_of_scikit_gstat(shape: float) -> None:
    lags = np.linspace(0.0, 130.0, 40)
    np.testing.assert_allclose(
        0.3 + 2.5 * stable(lags / 80.0, shape), skgstat.models.stable(lags, 80.0, 2.5, shape, 0.3), rtol=EXACT
    )
    np.testing.assert_allclose(
        0.3 + 2.5 * matern(lags / 80.0, shape), skgstat.models.matern(lags, 80.0, 2.5, shape, 0.3), rtol=EXACT
    )


@pytest.mark.parametrize("name", sorted(MODELS))
def test_model_rises_from_zero_to_one(name: str) -> None:
    rise = MODELS[name](np.linspace(0.0, 4.0, 400))
    # Half of the unit in the last place of 1 is what a difference of equal terms may leave.
    assert rise[0] == 0.0
    assert np.all(np.diff(rise) >= -1e-15)
    assert 0.9 <= MODELS[name](np.ones(1))[0] <= 1.0
    assert rise[-1] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("pairs", [2, 3, 7, 120, 499, 500, 700])
@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - {"entropy"}))
def test_estimator_is_that_of_scikit_gstat(name: str, pairs: int) -> None:
    (differences,) = frozen(np.random.default_rng(pairs).exponential(2.0, pairs))
    assert ESTIMATORS[name](differences) == pytest.approx(getattr(skgstat.estimators, name)(differences), rel=EXACT)


@pytest.mark.parametrize("edges", [15, np.linspace(0.0, 9.0, 20)])
def test_entropy_is_that_of_scikit_gstat(edges: Any) -> None:
    differences = np.random.default_rng(5).exponential(2.0, 300)
    assert entropy(differences, edges) == pytest.approx(skgstat.estimators.entropy(differences, edges), rel=EXACT)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_genton_counts_ties_as_the_table_of_all_distances_does(values: list[int]) -> None:
    differences = np.array(values, dtype=np.float64)
    # An absolute tolerance, because the bisection ends at 2^-60 of the span where the distance is zero.
    assert ESTIMATORS["genton"](differences) == pytest.approx(
        skgstat.estimators.genton(differences), rel=EXACT, abs=1e-12
    )


@pytest.mark.parametrize("name", ["minmax", "entropy"])
def test_dimensionless_estimator_is_scaled_to_a_variance(name: str) -> None:
    rng = np.random.default_rng(2)
    classes = [rng.exponential(scale, 200) for scale in (1.0, 2.0, 3.0)]
    pooled = 0.5 * np.mean(np.concatenate(classes) ** 2)
    assert np.mean(semivariances(name, classes)) == pytest.approx(pooled, rel=EXACT)
    np.testing.assert_allclose(
        semivariances(name, [2.0 * part for part in classes]), 4.0 * semivariances(name, classes), rtol=EXACT
    )


# Experimental variogram -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"azimuth": 90.0, "tolerance": 45.0},
        {"azimuth": -30.0, "tolerance": 60.0, "bandwidth": 15.0},
        {"azimuth": 140.0, "tolerance": 90.0, "maxlag": 0.4},
        {"maxlag": "median", "estimator": "cressie", "n_lags": 7},
        {"maxlag": "mean", "estimator": "dowd"},
        {"maxlag": 55.0, "bin_func": "uniform", "n_lags": 9, "tolerance": 70.0},
        {"estimator": "genton", "n_lags": 6, "maxlag": 40.0, "tolerance": 30.0},
    ],
    ids=str,
)
def test_directional_variogram_is_that_of_scikit_gstat(changes: dict[str, Any]) -> None:
    rng = np.random.default_rng(9)
    along, height, values = frozen(rng.uniform(0.0, 100.0, 120), rng.uniform(0.0, 60.0, 120), rng.normal(size=120))
    chosen = SemivariogramSettings(**changes)
    theirs = skgstat.DirectionalVariogram(
        np.column_stack([along, height]),
        values,
        estimator=chosen.estimator,
        n_lags=chosen.n_lags,
        maxlag=chosen.maxlag,
        bin_func=chosen.bin_func,
        azimuth=chosen.azimuth,
        tolerance=chosen.tolerance,
        # It has no word for "no limit"; the greatest distance is none.
        bandwidth=chosen.bandwidth or "q100",
        directional_model="triangle" if chosen.bandwidth else "compass",
        fit_method="manual",
        fit_range=1.0,
        fit_sill=1.0,
    )
    counts = np.array([len(part) for part in theirs.lag_classes()])
    ours = directional_variogram(along, height, values, chosen, longest_lag_m(along, height, chosen.maxlag))
    np.testing.assert_array_equal(ours.pairs, counts[counts > 0])
    np.testing.assert_allclose(ours.semivariance, theirs.experimental[counts > 0], rtol=EXACT)


def test_direction_needs_pairs() -> None:
    along, height, _ = passes(levels=1)
    upright = SemivariogramSettings(azimuth=90.0, tolerance=1.0)
    assert directional_variogram(along, 0.0 * height, along, upright, np.inf).pairs.size == 0


def test_reach_takes_in_the_next_level() -> None:
    """Levels 6 m and samples 5 m apart, not above one another: 11 degrees of the vertical leave out the next level."""
    along, height, transect = passes(levels=4)
    along = along + 2.0 * (transect % 2)
    upright = SemivariogramSettings(azimuth=90.0)
    narrow = directional_variogram(along, height, along, upright, np.inf)
    wide = directional_variogram(along, height, along, upright, np.inf, reach_m=2.5)
    next_level = (4.0, 8.0)
    assert narrow.pairs[(narrow.height_m > next_level[0]) & (narrow.height_m < next_level[1])].sum() < 20
    assert wide.pairs[(wide.height_m > next_level[0]) & (wide.height_m < next_level[1])].sum() > 100
    assert np.all(wide.along_m < wide.height_m)


# Fit ------------------------------------------------------------------------------------------------------------------


def test_fit_finds_the_variogram_of_a_random_field() -> None:
    along, height, transect = passes(levels=12, samples=40)
    fits = [
        fit_variogram(along, height, values, DEFAULT, transect)
        for values in random_fields(along, height, (60.0, 30.0), 0.3, 12)
    ]

    def median(name: str) -> float:
        return float(np.median([getattr(fit, name) for fit in fits]))

    # One field of 200 x 66 m holds a dozen independent patches, so single fits scatter by half; the median of twelve by
    # a fifth, and range and sill are traded for one another.
    assert median("range_m") == pytest.approx(60.0, rel=0.4)
    assert median("vertical_range_m") == pytest.approx(30.0, rel=0.4)
    assert median("sill") == pytest.approx(1.0, rel=0.3)
    assert median("nugget") == pytest.approx(0.3, abs=0.15)
    assert median("range_m") > 1.3 * median("vertical_range_m")


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize("method", ["trf", "lm", "ml", "manual"])
def test_every_model_and_method_fits_a_plume(model: str, method: str) -> None:
    along, height, transect = passes()
    chosen = SemivariogramSettings.model_validate({"model": model, "fit_method": method})
    fit = fit_variogram(along, height, plume(along, height, 0.03), chosen, transect)
    assert (fit.model, fit.estimator) == (model, "matheron")
    assert fit.structure > 0.5
    assert fit.sill > 0.0
    assert fit.nugget >= 0.0
    modelled = semivariance(fit, fit.lags_m, np.zeros(fit.lags_m.size))
    # Two directions share one sill, a plume is no random field, and "ml" lets classes of a few pairs count in full:
    # half of the rise over the lags that kriging uses is what all methods and models keep to.
    near = fit.lags_m < 60.0
    assert np.mean(np.abs(modelled - fit.experimental)[near]) < 0.5 * np.mean(fit.experimental[near])


def test_bounded_and_unbounded_fit_agree_inside_the_bounds() -> None:
    along, height, transect = passes()
    values = plume(along, height, 0.05)
    trf, lm = (
        fit_variogram(along, height, values, SemivariogramSettings.model_validate({"fit_method": method}), transect)
        for method in ("trf", "lm")
    )
    # Both stop where the sum of squares changes by less than 1e-6; the ranges then stand still to a hundredth.
    for name in ("range_m", "vertical_range_m", "sill"):
        assert getattr(trf, name) == pytest.approx(getattr(lm, name), rel=0.01)


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_every_estimator_gives_a_usable_fit(name: str) -> None:
    along, height, transect = passes(levels=6, samples=25)
    chosen = SemivariogramSettings.model_validate({"estimator": name})
    fit = fit_variogram(along, height, plume(along, height, 0.1), chosen, transect)
    assert fit.sill + fit.nugget > 0.0
    assert np.isfinite([fit.range_m, fit.vertical_range_m, fit.structure]).all()


@pytest.mark.parametrize("levels", [2, 3, 5, 12])
def test_ranges_stay_within_what_the_sampling_can_tell(levels: int) -> None:
    along, height, transect = passes(levels=levels, samples=20)
    for noise in (0.0, 0.1, 5.0):
        fit = fit_variogram(along, height, plume(along, height, noise), DEFAULT, transect)
        assert 3.0 * 8.0 <= fit.range_m <= np.ptp(along)
        assert 6.0 <= fit.vertical_range_m <= 3.0 * np.ptp(height)


def test_white_noise_is_all_nugget() -> None:
    along, height, transect = passes()
    found = [
        fit_variogram(along, height, np.random.default_rng(seed).normal(0.0, 2.0, along.size), DEFAULT, transect)
        for seed in range(9)
    ]
    # 400 values leave a chance structure of some hundredths of the variance.
    assert np.median([fit.structure for fit in found]) < 0.15
    assert np.median([fit.sill + fit.nugget for fit in found]) == pytest.approx(4.0, rel=0.1)


@pytest.mark.parametrize("value", [0.0, -3.7e-9, 1e6])
def test_constant_field_gives_a_harmless_fit(value: float) -> None:
    along, height, transect = passes(levels=4)
    fit = fit_variogram(along, height, np.full(along.size, value), DEFAULT, transect)
    # The mean of equal numbers may miss them by rounding, and so may the variance by its square.
    assert fit.sill + fit.nugget <= (1e-15 * abs(value)) ** 2
    assert fit.range_m > 0.0
    assert fit.vertical_range_m > 0.0


def test_one_level_without_vertical_pairs_fits() -> None:
    along, height, _ = passes(levels=1)
    fit = fit_variogram(along, 0.0 * height, plume(along, height + 15.0), DEFAULT)
    assert fit.vertical_pairs.size == 0
    assert fit.structure > 0.5


def assert_same_fit(one: VariogramFit, other: VariogramFit, scale: float = 1.0) -> None:
    # Positions of 5e6 m carry 1e-9 m; the optimiser stops at 1e-6 of its parameters and turns that into 1e-5 at most.
    assert one.range_m == pytest.approx(other.range_m, rel=1e-4)
    assert one.vertical_range_m == pytest.approx(other.vertical_range_m, rel=1e-4)
    assert scale**2 * one.sill == pytest.approx(other.sill, rel=1e-4)
    assert scale**2 * one.nugget == pytest.approx(other.nugget, rel=1e-4, abs=1e-12 * other.sill)


def fitted(along: FloatArray, height: FloatArray, values: FloatArray, transect: IntArray) -> VariogramFit:
    return fit_variogram(along, height, values, DEFAULT, transect)


def test_fit_does_not_depend_on_origin_order_or_unit() -> None:
    along, height, transect = passes()
    values = plume(along, height, 0.1)
    fit = fitted(along, height, values, transect)
    assert_same_fit(fit, fitted(along + 5.2e6, height - 4e5, values, transect))
    order = np.random.default_rng(4).permutation(along.size)
    assert_same_fit(fit, fitted(along[order], height[order], values[order], transect[order]))
    assert_same_fit(fit, fitted(along, height, 3.7e-9 * values + 1e-8, transect), 3.7e-9)


def test_twice_the_values_have_exactly_four_times_the_variogram() -> None:
    """A factor of two is exact in binary, so the same flight at twice the enhancement has the very same weights."""
    along, height, transect = passes()
    values = plume(along, height, 0.1)
    one, two = fitted(along, height, values, transect), fitted(along, height, 2.0 * values, transect)
    assert (two.sill, two.nugget, two.range_m) == (4.0 * one.sill, 4.0 * one.nugget, one.range_m)


def test_too_many_points_are_refused() -> None:
    many = np.linspace(0.0, 1.0, 5_001)
    with pytest.raises(ValueError, match=r"5001 points are too many.*aggregate"):
        fit_variogram(many, many, many, DEFAULT)


def test_semivariance_runs_from_nugget_to_sill() -> None:
    along, height, transect = passes()
    fit = fit_variogram(along, height, plume(along, height, 0.2), DEFAULT, transect)
    found = semivariance(fit, np.array([0.0, fit.range_m, 0.0, 1e9]), np.array([0.0, 0.0, fit.vertical_range_m, 0.0]))
    assert found[0] == fit.nugget
    # Both effective ranges stand for the same share, 1 - exp(-3), of the sill.
    assert found[1] == pytest.approx(fit.nugget + (1.0 - np.exp(-3.0)) * fit.sill)
    assert found[2] == pytest.approx(found[1])
    assert found[3] == pytest.approx(fit.nugget + fit.sill)
