"""The baseline of a gas over a flight: which samples are background, a smooth curve through them, and its error.

A time-series algorithm (pybaselines, FastChrom by default) marks the background. The flight knows more: the plume lies
at the same place in every pass, so the plume's footprint is taken out of the background too; that is what keeps a weak
plume's flanks out of the baseline. The baseline is a cubic spline through what remains, linear in its coefficients, so
that the error it passes on to any sum of enhancements is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.baselines.algorithms import background_mask
from gasflux.baselines.footprint import outside_footprint
from gasflux.configuration.pipeline_config import BaselineSettings
from gasflux.errors import ProcessingError
from gasflux.numerics.spline import SplineDesign, clamped_knots, spline_design
from gasflux.records import Background, BoolArray, FloatArray, IntArray

_BIN_S: Final = 1.0
"""Windows of the algorithms count seconds: a log of any rate gives the same baseline."""
_MAX_BINS: Final = 20_000
_KNOT_SPACING_S: Final = 60.0
"""One crossing of a plume takes less, and must not bend the baseline."""
_MAX_INTERVALS: Final = 250
"""Between knots: the fit costs their cube, so a log of a day gets wider ones."""
_STIFFNESS: Final = 10.0 ** np.arange(-4.0, 10.01, 0.25)
"""Weights of the curvature against the data that are tried: from a free curve to a straight line."""
_NOISE_ROUNDS: Final = 3
"""Noise and stiffness depend on each other when noise is correlated: in 40 flights with noise of 5 s a third round
moved a baseline by up to 0.6 of its error, a fourth by 0.03; with white noise nothing moves after the second."""
_ROUNDS: Final = 3
"""Footprint and baseline depend on each other; after two rounds nothing moved in any simulated flight."""
_MIN_SAMPLES: Final = 10
_MAX_CORRELATION_LAG: Final = 60


@dataclass(frozen=True, eq=False)
class _Series:
    """The samples that have a value, and their averages over short bins of time."""

    sample_ppm: FloatArray
    bin_of_sample: IntArray
    number: IntArray
    """Number of each bin on the even grid of time, (b,)."""
    value_ppm: FloatArray
    knots: FloatArray
    design: SplineDesign
    """Splines at the bins, (b, k)."""

    def in_all(self, samples: BoolArray) -> BoolArray:
        """Return which bins have the property in all of their samples, (b,)."""
        return np.asarray(np.bincount(self.bin_of_sample, weights=~samples, minlength=self.value_ppm.size) == 0)


@dataclass(frozen=True, eq=False)
class _Spline:
    """Penalised spline through the background bins."""

    coefficients: FloatArray
    covariance: FloatArray
    """Of the coefficients, with what the curve cannot follow, ppm^2."""
    freedom: float
    """Effective number of coefficients."""


@dataclass(frozen=True, eq=False)
class _Modes:
    """The fit of every stiffness (g of them) in k coordinates where data and curvature are both diagonal."""

    basis: FloatArray
    """Coefficients = basis @ coordinates, (k, k)."""
    precision: FloatArray
    """Of each coordinate for noise of unit variance, (g, k)."""
    estimate: FloatArray
    """Coordinates, (g, k)."""
    freedom: FloatArray
    """Effective number of coefficients, (g,)."""
    misfit: FloatArray
    """Penalised sum of squares, (g,)."""
    log_volume: FloatArray
    """Log determinant of the precision less that of the penalty, (g,)."""

    def shares(self, variance: float) -> FloatArray:
        """Posterior probability of each stiffness given the noise, (g,).

        Restricted likelihood times a flat prior on the standard deviation of the curvature, stiffness^(-1/2) on a
        logarithmic grid (Gelman 2006, Bayesian Analysis 1:515).
        """
        log = -0.5 * (self.misfit / max(variance, 1e-300) + self.log_volume + np.log(_STIFFNESS))
        weight = np.exp(log - log.max())
        return np.asarray(weight / weight.sum())


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
    _require(int(valid.sum()), "too_few_gas_values")
    series = _averaged(time_s[valid], concentration_ppm[valid])
    design = spline_design(time_s, series.knots)
    mask = background_mask(series.value_ppm, settings)
    _require(int(mask.sum()), "too_little_background")
    spline, chosen = _fitted(series, mask), mask
    if segment is not None and along_m is not None:
        samples = design[valid]
        for _ in range(_ROUNDS):
            residual = series.sample_ppm - samples @ spline.coefficients
            outside = outside_footprint(residual, segment[valid], along_m[valid], mask[series.bin_of_sample])
            clean = mask & series.in_all(outside)
            if int(clean.sum()) < _MIN_SAMPLES:
                break
            spline, chosen = _fitted(series, clean), clean
    marked = np.zeros(time_s.size, dtype=np.bool_)
    marked[valid] = chosen[series.bin_of_sample]
    return _background(concentration_ppm, marked, design, spline, settings.algorithm)


def _require(count: int, code: str) -> None:
    """Refuse a series that is too short for a baseline."""
    if count < _MIN_SAMPLES:
        raise ProcessingError.of(code, samples=count, least=_MIN_SAMPLES)


def _averaged(time_s: FloatArray, values: FloatArray) -> _Series:
    """Average to bins of one second, wider when the log is very long; empty bins are left out."""
    width = max(_BIN_S, float(np.ptp(time_s)) / _MAX_BINS)
    number, bins = np.unique(np.floor((time_s - time_s[0]) / width).astype(np.int64), return_inverse=True)
    count = np.bincount(bins)
    mean_time, mean_value = np.bincount(bins, weights=time_s) / count, np.bincount(bins, weights=values) / count
    knots = _knots(mean_time)
    return _Series(values, bins.astype(np.int64), number, mean_value, knots, spline_design(mean_time, knots))


def _fitted(series: _Series, background: BoolArray) -> _Spline:
    """P-spline (Eilers & Marx 1996, Statistical Science 11:89) averaged over its stiffness.

    No single stiffness is right: the data leave a range of them, and the curves within it differ by as much as each is
    uncertain. The average carries both, so that the error of one pass is true and not only that of the whole flight.
    """
    design, values, number = series.design[background], series.value_ppm[background], series.number[background]
    # The level is taken out first: an instrument offset must not meet rounding.
    level = float(values.mean())
    modes = _modes(design, values - level, series.knots)
    # Stiffer curves leave drift in their residuals: only those of the most flexible one are noise for sure.
    mean, freedom, variance, shares = modes.estimate[0], float(modes.freedom[0]), 0.0, np.zeros(_STIFFNESS.size)
    for _ in range(_NOISE_ROUNDS):
        residual = values - level - design @ (modes.basis @ mean)
        variance = _long_run_variance(residual, number, freedom)
        shares = modes.shares(variance)
        mean, freedom = shares @ modes.estimate, float(shares @ modes.freedom)
    apart = modes.estimate - mean
    within = variance * np.diag(shares @ (1.0 / modes.precision))
    covariance = modes.basis @ (within + apart.T @ (shares[:, None] * apart)) @ modes.basis.T
    return _Spline(modes.basis @ mean + level, covariance, freedom)


def _knots(time_s: FloatArray) -> FloatArray:
    """Knots of a clamped cubic spline over the whole series."""
    start, end = float(time_s[0]), float(time_s[-1])
    intervals = min(max(round((end - start) / _KNOT_SPACING_S), 1), _MAX_INTERVALS)
    return clamped_knots(start, end, intervals)


def _curvature(knots: FloatArray) -> FloatArray:
    """Penalty on the second differences over the Greville abscissae: zero for every straight line, (k, k)."""
    place = (knots[1:-3] + knots[2:-2] + knots[3:-1]) / (3.0 * (knots[-1] - knots[0]))
    slope = np.diff(np.eye(place.size), axis=0) / np.diff(place)[:, None]
    bend = np.diff(slope, axis=0)
    return np.asarray(bend.T @ bend)


def _modes(design: SplineDesign, values: FloatArray, knots: FloatArray) -> _Modes:
    """Solve for every stiffness at once by diagonalising data and penalty together."""
    normal, penalty = design.normal(), _curvature(knots)
    # Relative to the weight of the data: the same for every length and rate of a log.
    penalty *= np.trace(normal) / np.trace(penalty)
    whitening = np.linalg.inv(np.linalg.cholesky(normal + penalty))
    rough, basis = np.linalg.eigh(whitening @ penalty @ whitening.T)
    basis = whitening.T @ basis
    rough = np.clip(rough, 0.0, 1.0)
    rough[:2] = 0.0  # straight lines have no curvature, but for rounding
    precision = np.maximum((1.0 - rough) + _STIFFNESS[:, None] * rough, 1e-12)
    projected, square = basis.T @ (values @ design), float(values @ values)
    return _Modes(
        basis=basis,
        precision=precision,
        estimate=projected / precision,
        freedom=((1.0 - rough) / precision).sum(axis=1),
        misfit=np.maximum(square - (projected**2 / precision).sum(axis=1), 1e-14 * square),
        log_volume=np.log(precision).sum(axis=1) - (rough.size - 2) * np.log(_STIFFNESS),
    )


def _long_run_variance(residual: FloatArray, number: IntArray, freedom: float) -> float:
    """Variance of an independent value that would make means as uncertain as the correlated residuals do."""
    correlation = correlation_length(residual, number)
    # Each coefficient takes up one independent value, that is `correlation` residuals.
    left = max(residual.size - freedom * correlation, 0.5 * residual.size)
    return float(residual @ residual) / left * correlation


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
    concentration_ppm: FloatArray, marked: BoolArray, design: SplineDesign, spline: _Spline, algorithm: str
) -> Background:
    """Evaluate the spline at every sample and carry its error along; `marked` are the background samples."""
    baseline = design @ spline.coefficients
    residual = (concentration_ppm - baseline)[marked]
    return Background(
        algorithm=algorithm,
        baseline_ppm=baseline,
        enhancement_ppm=concentration_ppm - baseline,
        is_background=marked,
        noise_ppm=float(np.sqrt(residual @ residual / max(residual.size - spline.freedom, 1.0))),
        noise_correlation_samples=correlation_length(residual, np.flatnonzero(marked)),
        design=design,
        covariance=spline.covariance,
    )
