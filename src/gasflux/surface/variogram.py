"""The directional variogram of a curtain and its anisotropic model.

A curtain is sampled densely along a pass and coarsely in height, and a plume is wider than it is high: one range along
and one in height are fitted together, with one sill and one nugget (geometric anisotropy).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gasflux.configuration.pipeline_config import SemivariogramSettings
from gasflux.numerics.least_squares import least_squares_within
from gasflux.records import BoolArray, FloatArray, IntArray, VariogramFit
from gasflux.surface.variogram_models import MODELS, semivariances

_MAX_POINTS = 5_000
"""Beyond this the pairs fill the memory: 12 million pairs of five numbers are half a gigabyte."""

_BLOCK = 32_000
"""Pairs looked at together: their numbers, 250 kB each, stay in the processor's cache."""

_LEAST_RANGE = 3.0
"""Least effective range in spacings of samples or levels."""

_GRID_STEPS = 24
"""Ranges tried per direction in the search for the start of the fit: a step of 20 % when the bounds are 1 : 80."""


@dataclass(frozen=True, eq=False)
class DirectionalVariogram:
    """Experimental variogram of one direction. Arrays have one entry per lag class that has pairs."""

    lags_m: FloatArray
    """Mean separation of the pairs."""
    along_m: FloatArray
    """Mean horizontal part of the separation."""
    height_m: FloatArray
    """Mean vertical part of the separation."""
    semivariance: FloatArray
    pairs: IntArray


@dataclass(frozen=True)
class _Spacing:
    """How a surface was sampled, m: what can be told about ranges is bounded by it."""

    sample_m: float
    level_m: float
    length_m: float
    height_m: float


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Some pairs of points. Arrays have one entry per pair."""

    first: IntArray
    second: IntArray
    along_m: FloatArray
    height_m: FloatArray

    @property
    def distance_m(self) -> FloatArray:
        """Separation."""
        return np.hypot(self.along_m, self.height_m)


def fit_variogram(
    along_m: FloatArray,
    height_m: FloatArray,
    values: FloatArray,
    settings: SemivariogramSettings,
    transect: IntArray | None = None,
) -> VariogramFit:
    """Fit an anisotropic variogram to the values on a surface.

    The model is ``gamma = nugget + sill * M(sqrt((dx / range)^2 + (dz / vertical_range)^2))`` with dx and dz the mean
    parts of the separation in each lag class, fitted to the classes along the curtain and in height together.

    Parameters
    ----------
    along_m, height_m
        Position of the points, m, shape (m,). Any origin.
    values
        Value of each point, shape (m,), any unit; only differences count.
    settings
        Model, estimator, lag classes and direction, named as in scikit-gstat: `azimuth` is clockwise from the direction
        along the curtain, a pair may be off it by half of `tolerance` and lie within half of `bandwidth` of its line
        (None: the spacing of the levels, so that a class holds pairs of one level). `fit_method` is ``trf`` (least
        squares within bounds, weighted by N / lag^2), ``lm`` (the same without bounds), ``ml`` (maximum likelihood of
        equally uncertain classes) or ``manual`` (no optimisation: the best of a coarse table of ranges).
    transect
        Number of the pass of each point; from it the spacings of samples and levels are known. Without it both are
        taken as the mean spacing of the points.

    Returns
    -------
    VariogramFit
        A constant field has sill and nugget 0 and harmless ranges.

    Raises
    ------
    ValueError
        More points than pairs can be held of: average them first with `interpolation.aggregate`.

    Notes
    -----
    The weights N / lag^2, lags in units of the surface, are those of Cressie (1985), N / gamma^2, for a variogram that
    rises from the origin about linearly. They stress the short lags, which alone decide kriging weights, but do not
    depend on the model being fitted, so that the sum of squares has one meaning (the default of gstat, Pebesma 2004).
    Sill and nugget enter linearly and are solved for exactly, and never negative, at every pair of ranges (variable
    projection, Golub & Pereyra 1973): the search has two dimensions, starts from the best of a table and cannot miss
    the basin.

    References
    ----------
    Cressie (1985), Math. Geol. 17:563. Pebesma (2004), Computers & Geosciences 30:683. Golub & Pereyra (1973), SIAM J.
    Numer. Anal. 10:413.
    """
    scale = float(np.std(values))
    unit = (values - np.mean(values)) / scale if scale > 0.0 else np.zeros(values.size)
    spacing = _spacing(along_m, height_m, transect)
    horizontal, vertical = _both_directions(along_m, height_m, unit, settings, spacing)
    ranges, (nugget, sill) = _fit_model(horizontal, vertical, settings, spacing)
    total = nugget + sill
    return VariogramFit(
        model=settings.model,
        estimator=settings.estimator,
        range_m=ranges[0],
        vertical_range_m=ranges[1],
        sill=sill * scale**2,
        nugget=nugget * scale**2,
        lags_m=horizontal.lags_m,
        experimental=horizontal.semivariance * scale**2,
        pairs=horizontal.pairs,
        vertical_lags_m=vertical.lags_m,
        vertical_experimental=vertical.semivariance * scale**2,
        vertical_pairs=vertical.pairs,
        structure=sill / total if total > 0.0 else 0.0,
    )


def semivariance(fit: VariogramFit, along_lag_m: FloatArray, height_lag_m: FloatArray) -> FloatArray:
    """Return the fitted semivariance at separations (nugget included, also at lag 0), in the unit of the sill.

    Parameters
    ----------
    fit
        The model with its parameters.
    along_lag_m, height_lag_m
        Separations along the surface and in height, any shapes that broadcast.
    """
    lag = np.hypot(np.asarray(along_lag_m) / fit.range_m, np.asarray(height_lag_m) / fit.vertical_range_m)
    return fit.nugget + fit.sill * MODELS[fit.model](lag)


def directional_variogram(
    along_m: FloatArray,
    height_m: FloatArray,
    values: FloatArray,
    settings: SemivariogramSettings,
    max_lag_m: float,
    reach_m: float = 0.0,
) -> DirectionalVariogram:
    """Estimate the variogram in the direction `settings.azimuth`, as scikit-gstat's ``DirectionalVariogram`` does.

    Parameters
    ----------
    along_m, height_m, values
        Points and their values, shape (m,).
    settings
        See `fit_variogram`; here a bandwidth of None sets no limit.
    max_lag_m
        Longest lag, see `longest_lag_m`.
    reach_m
        Pairs this close to the line of direction count whatever their angle. In height, where the next level is hardly
        farther away than the next sample, a tolerance angle alone would leave few pairs or none.
    """
    return _directional(_pairs_in_direction(along_m, height_m, settings, reach_m), values, settings, max_lag_m)


def _both_directions(
    along_m: FloatArray, height_m: FloatArray, values: FloatArray, settings: SemivariogramSettings, spacing: _Spacing
) -> tuple[DirectionalVariogram, DirectionalVariogram]:
    """Experimental variograms in the configured direction and perpendicular to it."""
    limit = longest_lag_m(along_m, height_m, settings.maxlag)
    narrow = settings.model_copy(update={"bandwidth": settings.bandwidth or spacing.level_m or None})
    upright = settings.model_copy(update={"azimuth": settings.azimuth + 90.0})
    level = directional_variogram(along_m, height_m, values, narrow, limit)
    return level, directional_variogram(along_m, height_m, values, upright, limit, 0.5 * spacing.sample_m)


def _row_blocks(size: int) -> Iterator[slice]:
    """Slices of points whose pairs with all others stay in the processor's cache."""
    step = max(_BLOCK // size, 1)
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def _pairs_in_direction(
    along_m: FloatArray, height_m: FloatArray, settings: SemivariogramSettings, reach_m: float
) -> _Pairs:
    """Pair every point with every later one along the azimuth, within tolerance and bandwidth."""
    if along_m.size > _MAX_POINTS:
        raise ValueError(
            f"{along_m.size} points are too many for their pairs; at most {_MAX_POINTS}: average them with aggregate()"
        )
    angle = np.radians(settings.azimuth)
    ahead = along_m * np.cos(angle) - height_m * np.sin(angle)
    aside = along_m * np.sin(angle) + height_m * np.cos(angle)
    found = []
    for rows in _row_blocks(along_m.size):
        forward = np.abs(ahead[rows, None] - ahead[None, rows.start :])
        sideways = np.abs(aside[rows, None] - aside[None, rows.start :])
        inside = np.triu(_in_direction(forward, sideways, settings, reach_m), 1)
        found.append(np.stack(np.nonzero(inside)) + rows.start)
    first, second = np.concatenate(found, axis=1)
    return _Pairs(first, second, along_m[second] - along_m[first], height_m[second] - height_m[first])


def _in_direction(
    forward: FloatArray, sideways: FloatArray, settings: SemivariogramSettings, reach_m: float
) -> BoolArray:
    """Tell which separations along and across the azimuth count as along it."""
    inside = sideways <= np.tan(np.radians(settings.tolerance / 2.0)) * forward
    if settings.bandwidth is not None:
        inside &= sideways <= settings.bandwidth / 2.0
    if reach_m > 0.0:
        inside |= (sideways <= reach_m) & (forward > sideways)
    # Two points in one place have no direction.
    return np.asarray(inside & ((forward > 0.0) | (sideways > 0.0)))


def _directional(
    pairs: _Pairs, values: FloatArray, settings: SemivariogramSettings, max_lag_m: float
) -> DirectionalVariogram:
    """Sort the pairs of a direction into lag classes and estimate each."""
    distance = pairs.distance_m
    edges = _lag_edges(distance, max_lag_m, settings)
    # The upper edge belongs to the next class, and the last is open, as in scikit-gstat.
    label = np.searchsorted(edges, distance, side="right").astype(np.int16)  # 16 bits are sorted in linear time
    order = np.argsort(label, kind="stable")[: int(np.sum(label < edges.size))]
    label = label[order]
    starts = np.flatnonzero(np.diff(label, prepend=-1))
    if starts.size == 0:
        nothing = np.zeros(0)
        return DirectionalVariogram(nothing, nothing, nothing, nothing, np.zeros(0, dtype=np.int64))
    counts = np.diff(starts, append=label.size)
    difference = np.abs(values[pairs.second[order]] - values[pairs.first[order]])
    gamma = semivariances(settings.estimator, np.split(difference, starts[1:]))
    lags, along, height = (
        np.add.reduceat(np.abs(part[order]), starts) / counts for part in (distance, pairs.along_m, pairs.height_m)
    )
    known = np.isfinite(gamma)
    return DirectionalVariogram(lags[known], along[known], height[known], gamma[known], counts[known])


def _lag_edges(distance: FloatArray, limit: float, settings: SemivariogramSettings) -> FloatArray:
    """Upper edges of the lag classes, shape (n_lags,); empty without pairs."""
    if distance.size == 0:
        return np.zeros(0)
    limit = min(limit, float(distance.max()))
    if settings.bin_func == "even":
        return np.linspace(0.0, limit, settings.n_lags + 1)[1:]
    near = distance[distance <= limit]
    return np.percentile(near, np.linspace(0.0, 100.0, settings.n_lags + 1)[1:]) if near.size else np.zeros(0)


def longest_lag_m(along_m: FloatArray, height_m: FloatArray, maxlag: float | str | None) -> float:
    """Return the longest lag that a variogram looks at, m.

    Parameters
    ----------
    along_m, height_m
        Points, shape (m,).
    maxlag
        As in the configuration: a length in m, a share (below 1) of the greatest distance between points, the median or
        mean distance, or None for no limit.
    """
    if maxlag is None:
        return float("inf")
    if not isinstance(maxlag, str) and maxlag >= 1.0:
        return maxlag
    first, second = np.triu_indices(along_m.size, 1)
    distance = np.hypot(along_m[second] - along_m[first], height_m[second] - height_m[first])
    if isinstance(maxlag, str):
        return float(np.median(distance) if maxlag == "median" else np.mean(distance))
    return maxlag * float(distance.max())


def _spacing(along_m: FloatArray, height_m: FloatArray, transect: IntArray | None) -> _Spacing:
    """Typical spacing of samples and levels."""
    length, height = float(np.ptp(along_m)), float(np.ptp(height_m))
    if transect is None or np.unique(transect).size < 2:
        mean = float(np.sqrt(length * height / along_m.size))
        return _Spacing(mean or length / along_m.size, mean or height / along_m.size, length, height)
    order = np.lexsort((along_m, transect))
    steps = np.diff(along_m[order])[np.diff(transect[order]) == 0]
    _, label = np.unique(transect, return_inverse=True)
    levels = np.sort(np.bincount(label, weights=height_m) / np.bincount(label))
    gaps = np.diff(levels)
    # A level flown twice leaves a gap of nearly nothing: that is no spacing of levels.
    gaps = gaps[gaps >= 0.5 * gaps.mean()]
    return _Spacing(float(np.median(steps)) if steps.size else length, float(np.median(gaps)), length, height)


def _fit_model(
    horizontal: DirectionalVariogram, vertical: DirectionalVariogram, settings: SemivariogramSettings, spacing: _Spacing
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges (m) along and in height, then nugget and sill."""
    bounds = _range_bounds(spacing)
    problem = _Problem(
        model=settings.model,
        along_m=np.concatenate([horizontal.along_m, vertical.along_m]),
        height_m=np.concatenate([horizontal.height_m, vertical.height_m]),
        gamma=np.concatenate([horizontal.semivariance, vertical.semivariance]),
        weight=np.ones(horizontal.pairs.size + vertical.pairs.size),
    )
    if not np.any(problem.gamma > 0.0):
        middle = np.sqrt(bounds[0] * bounds[1])
        return (float(middle[0]), float(middle[1])), (0.0, 0.0)
    if settings.fit_method != "ml":
        pairs = np.concatenate([horizontal.pairs, vertical.pairs])
        problem = replace(problem, weight=pairs / _relative_lag_squared(problem, spacing))
    log_ranges = _refine(problem, _best_of_table(problem, bounds), bounds, settings.fit_method)
    nugget, sill, _ = problem.solve(log_ranges)
    ranges = np.exp(log_ranges)
    if settings.fit_method != "lm":
        ranges = np.clip(ranges, *bounds)  # the logarithm of a bound and back may miss it by rounding
    return (float(ranges[0]), float(ranges[1])), (float(nugget), float(sill))


def _relative_lag_squared(problem: _Problem, spacing: _Spacing) -> FloatArray:
    """Square of each class's lag in units of the surface, (classes,).

    A metre of height is not a metre along the curtain: taken as such, two passes flown at one height at different
    moments would outweigh everything, and the plume's motion between them would pass for a field without structure.
    """
    length, height = spacing.length_m or 1.0, spacing.height_m or 1.0
    return np.asarray((problem.along_m / length) ** 2 + (problem.height_m / height) ** 2)


def _range_bounds(spacing: _Spacing) -> FloatArray:
    """Least and greatest ranges, m, shape (2, 2): what the sampling can tell.

    An effective range of three spacings correlates neighbours by 1/e (exponential). A shorter one is not told from a
    nugget, and its kriging weights are those of a plain mean: samples on the rim, which stand for half the area of the
    others, would count in full at the cost of the plume.
    """
    length, height = spacing.length_m or 1.0, spacing.height_m or spacing.length_m or 1.0
    high = np.array([length, 3.0 * height])
    low = _LEAST_RANGE * np.array([spacing.sample_m, spacing.level_m])
    return np.array([np.where(low > 0.0, np.minimum(low, 0.5 * high), 0.5 * high), high])


@dataclass(frozen=True, eq=False)
class _Problem:
    """Weighted least squares in which nugget and sill are linear; one row per lag class."""

    model: str
    along_m: FloatArray
    height_m: FloatArray
    gamma: FloatArray
    weight: FloatArray

    def rise(self, log_ranges: FloatArray) -> FloatArray:
        """Model without nugget and sill at ranges (..., 2), shape (..., classes)."""
        along, height = np.exp(-log_ranges[..., 0, None]), np.exp(-log_ranges[..., 1, None])
        lag: FloatArray = np.sqrt((self.along_m * along) ** 2 + (self.height_m * height) ** 2)
        return MODELS[self.model](lag)

    def solve(self, log_ranges: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Best non-negative nugget and sill (...) at the given ranges, and the weighted residuals (..., classes)."""
        rise, weight = self.rise(log_ranges), self.weight / self.weight.sum()
        mean_rise, mean_gamma = rise @ weight, float(self.gamma @ weight)
        spread = (rise * rise) @ weight - mean_rise**2
        slope = np.maximum(((rise * self.gamma) @ weight - mean_rise * mean_gamma), 0.0) / np.maximum(spread, 1e-12)
        through_origin = (rise * self.gamma) @ weight / np.maximum((rise * rise) @ weight, 1e-12)
        nugget = mean_gamma - slope * mean_rise
        sill = np.where(nugget < 0.0, through_origin, slope)
        nugget = np.maximum(nugget, 0.0)
        return nugget, sill, np.sqrt(weight) * (self.gamma - nugget[..., None] - sill[..., None] * rise)


def _best_of_table(problem: _Problem, bounds: FloatArray) -> FloatArray:
    """Return the logarithms of the best pair of ranges of a table that spans the bounds, shape (2,)."""
    along, height = np.linspace(np.log(bounds[0]), np.log(bounds[1]), _GRID_STEPS).T
    table = np.stack(np.meshgrid(along, height, indexing="ij"), axis=-1).reshape(-1, 2)
    _, _, residuals = problem.solve(table)
    return np.asarray(table[int(np.argmin(np.sum(residuals**2, axis=-1)))])


def _refine(problem: _Problem, start: FloatArray, bounds: FloatArray, method: str) -> FloatArray:
    """Optimise the logarithms of the ranges from the start, shape (2,)."""
    if method == "manual":
        return start
    low, high = np.log(bounds)
    if method == "lm":
        # Without structure the ranges drift: beyond a thousandfold a variogram is a line or a step whatever they are.
        low, high = low - np.log(1e3), high + np.log(1e3)
    return least_squares_within(lambda ranges: problem.solve(ranges)[2], start, low, high)
