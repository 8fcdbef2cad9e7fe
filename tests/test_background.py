"""The baseline: invariances, drift, weak plumes, and an error that is true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gasflux.background import correlation_length, estimate_background
from gasflux.configuration.pipeline_config import BaselineSettings
from gasflux.errors import ConfigError, ProcessingError
from gasflux.records import Background

Floats = NDArray[np.float64]
SETTINGS = BaselineSettings()
NOISE_PPM = 0.01
PASS_S, PASSES = 40, 12


def position() -> Floats:
    """Twelve passes there and back over 100 m, 40 s each."""
    there = np.linspace(0.0, 100.0, PASS_S)
    return np.concatenate([there if number % 2 == 0 else there[::-1] for number in range(PASSES)])


def plume(peak_ppm: float, meander_m: float = 0.0, seed: int = 0) -> Floats:
    """A Gaussian 8 m wide at 50 m in the lower half of the passes."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(50.0 + meander_m * rng.uniform(-1.0, 1.0, PASSES), PASS_S)
    strength = np.repeat(np.where(np.arange(PASSES) < PASSES // 2, peak_ppm, 0.0), PASS_S)
    return np.asarray(strength * np.exp(-0.5 * ((position() - centre) / 8.0) ** 2))


def drift(seconds: Floats) -> Floats:
    """0.3 ppm in 20 minutes and a slow swing."""
    return np.asarray(2.0 + 0.3 * seconds / 1200.0 + 0.02 * np.sin(2.0 * np.pi * seconds / 900.0))


def noise(seed: int, decay: float = 0.0) -> Floats:
    """White noise, or a first order autoregression of the same variance."""
    shocks = np.random.default_rng(seed).normal(0.0, NOISE_PPM, PASS_S * PASSES)
    series = shocks.copy()
    for index in range(1, series.size if decay else 0):
        series[index] = decay * series[index - 1] + np.sqrt(1.0 - decay**2) * shocks[index]
    return series


def run(values: Floats, settings: BaselineSettings = SETTINGS, *, place: bool = True) -> Background:
    seconds = np.arange(values.size, dtype=np.float64)
    along, segment = position(), np.zeros(values.size, dtype=np.int64)
    arrays: tuple[NDArray[Any], ...] = (seconds, values, along, segment)
    for array in arrays:
        array.setflags(write=False)
    if not place:
        return estimate_background(seconds, values, settings)
    return estimate_background(seconds, values, settings, segment=segment, along_m=along)


def test_baseline_follows_a_drift_larger_than_the_plume() -> None:
    seconds = np.arange(PASS_S * PASSES, dtype=np.float64)
    found = run(drift(seconds) + plume(0.2) + noise(1))
    error = found.baseline_ppm - drift(seconds)
    # a spline of some ten coefficients through 250 samples: noise * sqrt(10 / 250), twice that at the ends
    assert np.sqrt(np.mean(error**2)) < 0.5 * NOISE_PPM


def test_offset_and_scale_do_not_matter() -> None:
    values = 2.0 + plume(0.2) + noise(2)
    plain, moved = run(values), run(3.0 * values - 7.0)
    # least squares of shifted and scaled data: rounding of numbers of order ten
    np.testing.assert_allclose(moved.enhancement_ppm, 3.0 * plain.enhancement_ppm, atol=1e-9)
    np.testing.assert_array_equal(moved.is_background, plain.is_background)


@pytest.mark.parametrize("peak", [2.0, 3.0, 4.0])
def test_weak_plume_is_not_swallowed(peak: float) -> None:
    truth = plume(peak * NOISE_PPM)
    ratios = []
    for seed in range(150):
        found = run(drift(np.arange(truth.size, dtype=np.float64)) + plume(peak * NOISE_PPM, 10.0, seed) + noise(seed))
        ratios.append(found.enhancement_ppm.sum() / truth.sum())
    # scatter of one flight about 0.3 / peak: 150 flights know their mean to 0.02, three times that is allowed
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.06)


def test_noise_without_a_plume_has_no_enhancement() -> None:
    sums = [
        run(drift(np.arange(PASS_S * PASSES, dtype=np.float64)) + noise(seed)).enhancement_ppm.mean()
        for seed in range(100)
    ]
    # zero within three standard errors of the mean of the hundred
    assert abs(np.mean(sums)) < 3.0 * np.std(sums) / np.sqrt(100)


def baseline_std(found: Background, rows: NDArray[np.int64], weights: Floats) -> float:
    """Return the error that the baseline alone gives a weighted sum, by the two arrays an algorithm must give true."""
    gradient = np.asarray(weights @ found.design[rows])
    return float(np.sqrt(gradient @ found.covariance @ gradient))


@pytest.mark.parametrize(("decay", "tolerance"), [(0.0, 0.15), (float(np.exp(-1.0 / 3.0)), 0.35)])
@pytest.mark.parametrize("part", ["all", "half", "pass"])
def test_error_of_a_weighted_sum_is_true(decay: float, tolerance: float, part: str) -> None:
    count = PASS_S * PASSES
    rows = {"all": np.arange(count), "half": np.arange(count // 2), "pass": np.arange(5 * PASS_S, 6 * PASS_S)}[part]
    weights = np.full(rows.size, 1.0 / rows.size)
    clean = drift(np.arange(count, dtype=np.float64))
    scores = []
    for seed in range(200):
        found = run(clean + plume(0.15) + noise(seed, decay))
        error = float(weights @ (clean - found.baseline_ppm)[rows])
        scores.append(error / baseline_std(found, rows, weights))
    # three times the 5 % to which 200 scores tell their spread; a correlation of 3 s read off stretches of background
    # of 16 s comes out too short by a third, which shows as 1.24
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1.0, rel=tolerance)


def test_error_of_a_single_pass_is_true_when_the_background_swings() -> None:
    along, signal = np.tile(position(), 2), np.tile(plume(0.15), 2)
    seconds, segment = np.arange(along.size, dtype=np.float64), np.zeros(along.size, dtype=np.int64)
    rows, weights, scores = np.arange(6 * PASS_S, 7 * PASS_S), np.full(PASS_S, 1.0 / PASS_S), []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        phase = 2.0 * np.pi * (seconds / rng.uniform(300.0, 600.0) + rng.uniform())
        clean = 2.0 + 0.3 * seconds / 1200.0 + 0.01 * np.sin(phase)
        values = clean + signal + rng.normal(0.0, NOISE_PPM, along.size)
        found = estimate_background(seconds, values, SETTINGS, segment=segment, along_m=along)
        scores.append(float(weights @ (clean - found.baseline_ppm)[rows]) / baseline_std(found, rows, weights))
    # three times the 5 % to which 200 scores tell their spread; one stiffness chosen as if it were known gives 1.31
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1.0, rel=0.15)


def test_long_log_has_a_bounded_number_of_coefficients() -> None:
    seconds = np.arange(200_000, dtype=np.float64)
    values = 2.0 + np.random.default_rng(7).normal(0.0, NOISE_PPM, seconds.size)
    found = estimate_background(seconds, values, SETTINGS)
    # 250 intervals of a cubic spline: the fit costs the cube of this number, whatever the length of the log
    assert found.covariance.shape == (253, 253)


def test_noise_of_the_background_is_not_counted_twice() -> None:
    rows = np.arange(PASS_S * PASSES)
    weights = np.full(rows.size, 1.0 / rows.size)
    truth, scores = plume(0.15), []
    for seed in range(200):
        found = run(2.0 + truth + noise(seed))
        error = float(weights @ (found.enhancement_ppm - truth))
        scores.append(error / np.hypot(*found.noise_std(rows, weights)))
    # 200 scores tell their spread to 5 %; knots chosen by the data cost 10 %
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1.0, rel=0.2)


def test_rate_of_the_log_does_not_matter() -> None:
    rng = np.random.default_rng(9)
    fast = np.arange(PASS_S * PASSES * 5) / 5.0
    values = drift(fast) + 0.2 * np.exp(-0.5 * ((fast % 80.0 - 40.0) / 4.0) ** 2) + rng.normal(0.0, 0.01, fast.size)
    slow = values.reshape(-1, 5).mean(axis=1)
    dense = estimate_background(fast, values, SETTINGS)
    sparse = estimate_background(fast[2::5], slow, SETTINGS)
    # the same seconds, binned: times differ by a tenth of a second of a curve that moves 0.3 ppm in 20 minutes
    np.testing.assert_allclose(dense.baseline_ppm[2::5], sparse.baseline_ppm, atol=2e-3)


@pytest.mark.parametrize("name", ["fastchrom", "dietrich", "golotvin", "std_distribution", "fabc", "cwt_br"])
def test_every_masked_algorithm_can_be_chosen(name: str) -> None:
    # golotvin counts its threshold in peak-to-peak noise of a section and finds nothing at its own default of 2
    own = {"golotvin": {"num_std": 6.0}}.get(name, {})
    found = run(2.0 + plume(0.3) + noise(3), BaselineSettings.model_validate({"algorithm": name, name: own}))
    assert found.algorithm == name
    # six algorithms made for spectra: each finds the level within the plume's mean of 0.03 ppm
    assert found.mean_ppm == pytest.approx(2.0, abs=0.03)


def test_unknown_algorithm_lists_the_known() -> None:
    with pytest.raises(ConfigError, match=r"fastchorm.*choose one of.*fastchrom"):
        run(2.0 + noise(4), BaselineSettings(algorithm="fastchorm"))


def test_unknown_keyword_lists_the_known() -> None:
    settings = BaselineSettings.model_validate({"algorithm": "dietrich", "dietrich": {"poly_ordr": 3}})
    with pytest.raises(ConfigError, match=r"poly_ordr.*poly_order"):
        run(2.0 + noise(4), settings)


def test_keyword_reaches_the_algorithm() -> None:
    series = 2.0 + plume(0.3) + noise(5)
    strict = BaselineSettings.model_validate({"fastchrom": {"threshold": 0.01}})
    assert run(series, strict, place=False).is_background.sum() < run(series, place=False).is_background.sum()


def test_missing_values_stay_missing() -> None:
    values = 2.0 + plume(0.2) + noise(6)
    values[100:120] = np.nan
    found = run(values)
    assert np.isnan(found.enhancement_ppm[100:120]).all()
    assert not found.is_background[100:120].any()
    assert np.isfinite(found.baseline_ppm).all()


def test_too_few_samples_is_said() -> None:
    with pytest.raises(ProcessingError, match="only 3 samples"):
        estimate_background(np.arange(3.0), np.full(3, 2.0), SETTINGS)


def test_correlation_length_of_white_noise_is_one() -> None:
    assert correlation_length(np.random.default_rng(1).normal(size=5000), np.arange(5000)) == pytest.approx(
        1.0, abs=0.1
    )


def test_correlation_length_of_an_autoregression() -> None:
    series = np.zeros(20_000)
    shocks = np.random.default_rng(2).normal(size=series.size)
    for index in range(1, series.size):
        series[index] = 0.8 * series[index - 1] + shocks[index]
    # (1 + 0.8) / (1 - 0.8) = 9; the sum stops where chance takes over, which loses a little
    assert correlation_length(series, np.arange(series.size)) == pytest.approx(9.0, rel=0.15)


def test_column_without_noise_has_a_background() -> None:
    found = run(np.full(PASS_S * PASSES, 2.0))
    # a fit to a constant
    np.testing.assert_allclose(found.baseline_ppm, 2.0, atol=1e-9)
