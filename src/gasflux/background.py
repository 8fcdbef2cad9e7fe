"""The baseline of a gas over a flight: which samples are background, a smooth curve through them, and its error.

A time-series algorithm (pybaselines, FastChrom by default) marks the background. The flight knows more: the plume lies
at the same place in every pass, so the plume's footprint is taken out of the background too; that is what keeps a weak
plume's flanks out of the baseline. The baseline is a cubic spline through what remains, linear in its coefficients, so
that the error it passes on to any sum of enhancements is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gasflux.baseline_algorithms import background_mask
from gasflux.errors import ProcessingError
from gasflux.footprint import outside_footprint
from gasflux.pipeline_config import BaselineSettings
from gasflux.records import Background, BoolArray, FloatArray, IntArray

_BIN_S: Final = 1.0
"""Windows of the algorithms count seconds: a log of any rate gives the same baseline."""
_MAX_BINS: Final = 20_000
_KNOT_SPACINGS_S: Final = (60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, np.inf)
"""Candidates for the spacing of the knots; one pass takes less than the shortest, and must not bend the baseline."""
_PENALTY: Final = 1e-4
"""Weight of the curvature penalty relative to the data: it decides only where a knot interval holds no background."""
_ROUNDS: Final = 3
"""Footprint and baseline depend on each other; after two rounds nothing moved in any simulated flight."""
_MIN_SAMPLES: Final = 10
_MAX_CORRELATION_LAG: Final = 60


@dataclass(frozen=True, eq=False)
class _Series:
    """The samples that have a value, and their averages over short bins of time."""

    sample_time_s: FloatArray
    sample_ppm: FloatArray
    bin_of_sample: IntArray
    number: IntArray
    """Number of each bin on the even grid of time, (b,)."""
    time_s: FloatArray
    """Mean time of each bin, shape (b,)."""
    value_ppm: FloatArray

    def in_all(self, samples: BoolArray) -> BoolArray:
        """Return which bins have the property in all of their samples, (b,)."""
        return np.asarray(np.bincount(self.bin_of_sample, weights=~samples, minlength=self.time_s.size) == 0)


@dataclass(frozen=True, eq=False)
class _Spline:
    """Penalised least squares spline through the background bins."""

    knots: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    """Of the coefficients, for residuals of unit variance without correlation."""
    residual: FloatArray
    """Of the background bins."""

    def design(self, time_s: FloatArray) -> Any:
        """Sparse matrix of the cubic B-splines at the times; outside the knots the curve stays level."""
        return _design(time_s, self.knots)

    def at(self, time_s: FloatArray) -> FloatArray:
        """Value of the curve."""
        return np.asarray(self.design(time_s) @ self.coefficients)


def estimate_background(
    time_s: FloatArray,
    concentration_ppm: FloatArray,
    settings: BaselineSettings,
    *,
    segment: IntArray | None = None,
    along_m: FloatArray | None = None,
) -> Background:
    """Estimate the baseline of one gas.

    Parameters
    ----------
    time_s
        Seconds, strictly increasing, shape (n,).
    concentration_ppm
        Mole fraction, shape (n,); NaN where missing.
    settings
        Algorithm and its thresholds.
    segment
        Number of the surface each sample lies on, -1 for none, shape (n,).
    along_m
        Position on that surface, shape (n,).

    Returns
    -------
    Background
        Baseline, enhancement and the covariance of the baseline's coefficients.

    Raises
    ------
    ProcessingError
        With fewer than ten samples of the gas or of its background.
    ConfigError
        When the algorithm or one of its keywords does not exist.
    """
    valid = np.isfinite(concentration_ppm)
    _require(int(valid.sum()), "samples of the gas have a value", "look at the gas column")
    series = _averaged(time_s[valid], concentration_ppm[valid])
    mask = background_mask(series.value_ppm, settings)
    _require(int(mask.sum()), "samples look like background", "raise algorithmic_baseline_settings.num_std")
    spline, chosen = _fitted(series, mask), mask
    if segment is not None and along_m is not None:
        for _ in range(_ROUNDS):
            residual = series.sample_ppm - spline.at(series.sample_time_s)
            outside = outside_footprint(residual, segment[valid], along_m[valid], mask[series.bin_of_sample])
            clean = mask & series.in_all(outside)
            if int(clean.sum()) < _MIN_SAMPLES:
                break
            spline, chosen = _fitted(series, clean), clean
    return _background(time_s, concentration_ppm, valid, series, spline, chosen, settings.algorithm)


def _require(count: int, what: str, remedy: str) -> None:
    """Refuse a series that is too short for a baseline."""
    if count < _MIN_SAMPLES:
        raise ProcessingError(f"only {count} {what}; a baseline needs {_MIN_SAMPLES}: {remedy}.")


def _averaged(time_s: FloatArray, values: FloatArray) -> _Series:
    """Average to bins of one second, wider when the log is very long; empty bins are left out."""
    width = max(_BIN_S, float(np.ptp(time_s)) / _MAX_BINS)
    number, bins = np.unique(np.floor((time_s - time_s[0]) / width).astype(np.int64), return_inverse=True)
    count = np.bincount(bins)
    mean_time, mean_value = np.bincount(bins, weights=time_s) / count, np.bincount(bins, weights=values) / count
    return _Series(time_s, values, bins.astype(np.int64), number, mean_time, mean_value)


def _design(time_s: FloatArray, knots: FloatArray) -> Any:
    """Sparse matrix of the cubic B-splines at the times, shape (n, k)."""
    from scipy.interpolate import BSpline

    return BSpline.design_matrix(np.clip(time_s, knots[0], knots[-1]), knots, 3)


def _fitted(series: _Series, background: BoolArray) -> _Spline:
    """Spline whose knot spacing the Bayesian information criterion prefers (Schwarz 1978, Ann. Statist. 6:461)."""
    splines = [_spline(series, background, knots) for knots in _candidate_knots(series.time_s)]
    # The stiffer curves leave drift in their residuals: only those of the most flexible one are noise for sure.
    independent = background.sum() / correlation_length(splines[0].residual, series.number[background])
    return min(splines, key=lambda spline: _information(spline, float(independent)))


def _candidate_knots(time_s: FloatArray) -> list[FloatArray]:
    """Knots of clamped cubic splines, coarsest last; each number of intervals once."""
    start, end = float(time_s[0]), float(time_s[-1])
    intervals = sorted({max(1, round((end - start) / spacing)) for spacing in _KNOT_SPACINGS_S}, reverse=True)
    return [np.concatenate([[start] * 3, np.linspace(start, end, n + 1), [end] * 3]) for n in intervals]


def _spline(series: _Series, background: BoolArray, knots: FloatArray) -> _Spline:
    """Penalised least squares on the background bins (P-spline: Eilers & Marx 1996, Statistical Science 11:89)."""
    design, values = _design(series.time_s[background], knots), series.value_ppm[background]
    normal = (design.T @ design).toarray()
    curvature = np.diff(np.eye(normal.shape[0]), n=2, axis=0)
    # Relative to the mean weight the data give a coefficient: the same for every length and rate of a log.
    penalty = _PENALTY * float(np.trace(normal)) / normal.shape[0] * (curvature.T @ curvature)
    inverse = np.linalg.pinv(normal + penalty, hermitian=True)
    # The level is taken out first: an instrument offset must not meet the penalty's rounding.
    level = float(values.mean())
    coefficients = np.asarray(inverse @ (design.T @ (values - level))) + level
    residual = values - np.asarray(design @ coefficients)
    return _Spline(knots, coefficients, inverse @ normal @ inverse, residual)


def _information(spline: _Spline, independent: float) -> float:
    """Bayesian information criterion of a spline fitted to so many independent values."""
    scatter = max(float(spline.residual @ spline.residual) / spline.residual.size, 1e-300)
    return float(independent * np.log(scatter) + spline.coefficients.size * np.log(max(independent, 2.0)))


def correlation_length(residual: FloatArray, number: IntArray) -> float:
    """Return the integral correlation length of a residual series in steps, at least one.

    The factor by which the variance of a mean exceeds that of independent values: one plus twice the sum of the
    autocorrelation up to the first lag that chance explains (two standard errors of a white series), or what the first
    lag alone implies for a first order autoregression, (1 + r) / (1 - r), when that is more: between plumes the
    background comes in stretches too short for the long lags.

    Parameters
    ----------
    residual
        The values, shape (b,).
    number
        Place of each on an even grid, increasing, shape (b,): pairs across a gap do not count as neighbours.
    """
    grid = np.zeros(int(number[-1] - number[0]) + 1)
    present = np.zeros(grid.size)
    grid[number - number[0]], present[number - number[0]] = residual - residual.mean(), 1.0
    variance = max(float(grid @ grid) / residual.size, 1e-300)
    total, implied = 1.0, 1.0
    for lag in range(1, min(_MAX_CORRELATION_LAG, grid.size // 4)):
        pairs = float(present[lag:] @ present[:-lag])
        value = float(grid[lag:] @ grid[:-lag]) / max(pairs, 1.0) / variance
        if value < 2.0 / np.sqrt(max(pairs, 1.0)):
            break
        total += 2.0 * value
        if lag == 1:
            implied = (1.0 + value) / max(1.0 - value, 1.0 / _MAX_CORRELATION_LAG)
    return max(total, implied)


def _background(
    time_s: FloatArray,
    concentration_ppm: FloatArray,
    valid: BoolArray,
    series: _Series,
    spline: _Spline,
    chosen: BoolArray,
    algorithm: str,
) -> Background:
    """Evaluate the spline at every sample and carry its error along."""
    design = spline.design(time_s)
    baseline = np.asarray(design @ spline.coefficients)
    marked = np.zeros(time_s.size, dtype=np.bool_)
    marked[valid] = chosen[series.bin_of_sample]
    residual = (concentration_ppm - baseline)[marked]
    freedom = max(spline.residual.size - spline.coefficients.size, 1)
    correlation = correlation_length(spline.residual, series.number[chosen])
    variance = float(spline.residual @ spline.residual) / freedom * correlation
    return Background(
        algorithm=algorithm,
        baseline_ppm=baseline,
        enhancement_ppm=concentration_ppm - baseline,
        is_background=marked,
        noise_ppm=float(np.sqrt(residual @ residual / max(residual.size - spline.coefficients.size, 1))),
        noise_correlation_samples=correlation_length(residual, np.flatnonzero(marked)),
        design=design,
        covariance=variance * spline.covariance,
    )
