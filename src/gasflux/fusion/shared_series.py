"""How far one clock is ahead of another, from what both files know: the lag at which one series explains the other.

``y(t + offset) = a + c t + b . x(t) + e``: the pressure of an analyser and the height of an aircraft, the wind an
anemometer feels and the aircraft's velocity, two records of one quantity. The offset is searched where files overlap
and sharpened by least squares with the slope of ``x`` as a further regressor; its error comes from the residuals and
their correlation in time (Newey and West 1987, Econometrica 55:703): a wind's memory does not pass for certainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.fusion.resampling import is_covered
from gasflux.records import FloatArray

_STEP_S: Final = 1.0
"""Of the series that are compared, or their own where that is longer."""
_CELLS: Final = 600
"""Of the search: 2 s for a flight of 20 minutes; sharpened afterwards."""
_LEAST_SAMPLES: Final = 60
_OVERLAP: Final = 0.6
"""Of the longest overlap that any offset gives: a short one explains everything by chance."""
_LEAST_EXPLAINED: Final = 0.1
"""Share of the variance that must be explained."""
_MEMORY_S: Final = 60.0
"""Residuals further apart than this count as independent."""
_ROUNDS: Final = 8
_SURE: Final = 4.0
"""Half log likelihood ratio to the next best offset: odds of 50 to 1."""
_APART_S: Final = 10.0
"""Offsets nearer than this to the best are the same peak."""
_FLOOR_S: Final = 0.05
"""What filters inside instruments move a record by without a word."""
_DRIFT_FROM_S: Final = 600.0
"""Shorter records tell no drift."""


@dataclass(frozen=True, eq=False)
class Series:
    """Values of k quantities, shape (k, n), at times of one clock, shape (n,), all finite."""

    time_s: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class SeriesOffset:
    """Offset of a clock with its error, as two series tell it."""

    offset_s: float
    std_s: float
    drift_s_h: float = 0.0
    middle_s: float = 0.0


def offset_between(known: Series, seen: Series, around_s: FloatArray, reach_s: float) -> SeriesOffset | None:
    """Return how far the clock of one series is ahead of another's, None where they do not tell.

    Parameters
    ----------
    known
        What explains, by the reference's clock.
    seen
        What is explained, by the clock in question.
    around_s
        Offsets about which to look: 0 and what zones would make of it, shape (z,).
    reach_s
        How far to either side of each.
    """
    step = max(_STEP_S, float(np.median(np.diff(seen.time_s))), float(np.median(np.diff(known.time_s))))
    x, y = _smooth(known, step), _smooth(seen, step)
    if min(x.time_s.size, y.time_s.size) < _LEAST_SAMPLES:
        return None
    coarse = max(step, float(np.ptp(x.time_s)) / _CELLS)
    offsets, left, count = _searched(_on_grid(x, coarse), _on_grid(y, coarse), coarse, around_s, reach_s)
    usable = count >= max(_OVERLAP * count.max(initial=0.0), _LEAST_SAMPLES // 2)
    if not usable.any():
        return None
    left = np.where(usable, left, np.inf)
    best = int(np.argmin(left))
    if left[best] > 1.0 - _LEAST_EXPLAINED:
        return None
    found = _sharpened(x, y, float(offsets[best]))
    if found is None:
        return None
    offset, independent = found
    far = np.abs(offsets - offsets[best]) > max(_APART_S, 3.0 * coarse)
    rival = float(np.min(left[far], initial=np.inf))
    if np.isfinite(rival) and 0.5 * independent * np.log(rival / left[best]) < _SURE:
        return None
    return offset


def _smooth(series: Series, step_s: float) -> Series:
    """Return a series on an even grid of steps, averaged over each; steps without a value are left out."""
    start = series.time_s[0]
    cell = ((series.time_s - start) / step_s).astype(np.int64)
    size = int(cell[-1]) + 1
    count = np.bincount(cell, minlength=size)
    sums = [np.bincount(cell, weights=row, minlength=size) for row in (series.time_s, *series.values)]
    means = np.array(sums)[:, count > 0] / count[count > 0]
    return Series(means[0], means[1:])


def _on_grid(series: Series, step_s: float) -> Series:
    """Return a series at multiples of a step, NaN in its gaps."""
    first, last = np.ceil(series.time_s[0] / step_s), np.floor(series.time_s[-1] / step_s)
    grid = step_s * np.arange(first, last + 1.0)
    averaged = _smooth(series, step_s)
    covered = is_covered(averaged.time_s, grid)
    values = np.array([np.where(covered, np.interp(grid, averaged.time_s, row), np.nan) for row in averaged.values])
    return Series(grid, values)


def _searched(
    x: Series, y: Series, step_s: float, around_s: FloatArray, reach_s: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the offsets tried, the share of the variance each leaves unexplained, and how many samples take part."""
    apart = round((x.time_s[0] - y.time_s[0]) / step_s)
    reach = int(np.ceil(reach_s / step_s))
    shifts = np.unique(np.concatenate([round(at / step_s) + np.arange(-reach, reach + 1) for at in around_s]))
    left, count = np.full(shifts.size, np.inf), np.zeros(shifts.size)
    size_x, size_y = x.time_s.size, y.time_s.size
    for index, shift in enumerate(shifts):
        # Cell i of x lies at cell i + apart + shift of y.
        first, last = max(0, -(apart + shift)), min(size_x, size_y - apart - shift)
        if last - first < _LEAST_SAMPLES // 2:
            continue
        of_y = y.values[:, first + apart + shift : last + apart + shift]
        of_x = x.values[:, first:last]
        rows = np.isfinite(of_x).all(axis=0) & np.isfinite(of_y).all(axis=0)
        count[index] = rows.sum()
        if count[index] >= _LEAST_SAMPLES // 2:
            left[index] = _unexplained(x.time_s[first:last][rows], of_x[:, rows], of_y[:, rows])
    return step_s * shifts, left, count


def _unexplained(time_s: FloatArray, known: FloatArray, wanted: FloatArray) -> float:
    """Return the share of the variance beside a straight line that the known series leave, by normal equations."""
    ramp = time_s - time_s.mean()
    table = np.vstack([known, wanted])
    table = table - table.mean(axis=1, keepdims=True)
    table = table - np.outer(table @ ramp / max(float(ramp @ ramp), 1e-300), ramp)
    gram = table @ table.T
    k = known.shape[0]
    ridge = 1e-9 * np.diag(np.diag(gram)[:k]) + 1e-300 * np.eye(k)
    explained = np.linalg.solve(gram[:k, :k] + ridge, gram[:k, k:])
    total = np.diag(gram)[k:]
    rest = total - np.sum(gram[:k, k:] * explained, axis=0)
    return float(np.mean(np.maximum(rest, 1e-12 * total) / np.maximum(total, 1e-300)))


def _regressors(time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Return a constant, the time and the known quantities as columns, shape (n, 2 + k)."""
    middle = time_s.mean()
    reach = max(float(np.ptp(time_s)), 1.0)
    centred = values - values.mean(axis=1, keepdims=True)
    scale = np.maximum(np.std(centred, axis=1, keepdims=True), 1e-12)
    return np.vstack([np.ones(time_s.size), (time_s - middle) / reach, centred / scale]).T


def _at(series: Series, time_s: FloatArray) -> FloatArray:
    """Return the values at other times as columns, shape (n, m)."""
    return np.array([np.interp(time_s, series.time_s, row) for row in series.values]).T


def _sharpened(x: Series, y: Series, start_s: float) -> tuple[SeriesOffset, float] | None:
    """Return the offset by least squares from a start, and the independent samples; None where it runs away."""
    offset, std, independent = start_s, np.inf, 0.0
    for _ in range(_ROUNDS):
        newton = _newton(x, y, offset, with_drift=False)
        if newton is None:
            return None
        offset += float(np.clip(newton.step_s, -2.0, 2.0))
        std, independent = newton.std_s, newton.independent
        if abs(newton.step_s) < 1e-3:
            break
    if not np.isfinite(std) or abs(offset - start_s) > _APART_S:
        return None
    std = float(np.hypot(std, _FLOOR_S))
    if float(np.ptp(y.time_s)) > _DRIFT_FROM_S:
        drifting = _newton(x, y, offset, with_drift=True)
        if drifting is not None and abs(drifting.drift) > 3.0 * drifting.drift_std:
            drifted = offset + drifting.step_s
            return SeriesOffset(drifted, std, 3600.0 * drifting.drift, drifting.middle_s), independent
    return SeriesOffset(offset, std), independent


@dataclass(frozen=True)
class _Newton:
    """One step towards the best offset."""

    step_s: float
    std_s: float
    independent: float
    drift: float
    """Seconds per second."""
    drift_std: float
    middle_s: float


def _newton(x: Series, y: Series, offset_s: float, *, with_drift: bool) -> _Newton | None:
    """Return one step of the offset: y(t + offset) is f(x(t)) - step f', linear in the step.

    The slope of what the regressors explain stands for f', so that the noise of y does not enter its own regressor.
    """
    rows = is_covered(y.time_s, x.time_s + offset_s)
    time = x.time_s[rows]
    if time.size < _LEAST_SAMPLES:
        return None
    regressors, wanted = _regressors(time, x.values[:, rows]), _at(y, time + offset_s)
    coefficients = np.linalg.lstsq(regressors, wanted, rcond=None)[0]
    slope = _slope(time, regressors[:, 2:] @ coefficients[2:])
    middle = float(time.mean())
    changes = [-slope, -slope * (time - middle)[:, None]] if with_drift else [-slope]
    steps, covariance, independent = _least_squares(regressors, wanted, changes, time)
    stds = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    drift, drift_std = (float(steps[1]), float(stds[1])) if with_drift else (0.0, np.inf)
    return _Newton(float(steps[0]), float(stds[0]), independent, drift, drift_std, middle)


def _slope(time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Return the slope across two steps to either side, which carries half the noise of one, shape (n, m)."""
    index = np.arange(time_s.size)
    before, after = np.maximum(index - 2, 0), np.minimum(index + 2, time_s.size - 1)
    return np.asarray((values[after] - values[before]) / (time_s[after] - time_s[before])[:, None])


def _least_squares(
    regressors: FloatArray, wanted: FloatArray, changes: list[FloatArray], time_s: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Return the parameters of `changes`, common to all m columns, their covariance, and the independent samples."""
    projector = np.linalg.lstsq(regressors, np.column_stack([wanted, *changes]), rcond=None)[0]
    cleared = np.column_stack([wanted, *changes]) - regressors @ projector
    m = wanted.shape[1]
    rest, parts = cleared[:, :m], [cleared[:, m * (1 + k) : m * (2 + k)] for k in range(len(changes))]
    scale = np.maximum(np.std(rest, axis=0), 1e-300)
    rest, parts = rest / scale, [part / scale for part in parts]
    normal = np.array([[np.sum(one * other) for other in parts] for one in parts])
    inverse = np.linalg.pinv(normal)
    steps = inverse @ np.array([np.sum(part * rest) for part in parts])
    left = rest - sum(step * part for step, part in zip(steps, parts, strict=True))
    scores = np.array([np.sum(part * left, axis=1) for part in parts])
    lags = int(np.clip(_MEMORY_S / np.median(np.diff(time_s)), 1, time_s.size // 4))
    meat = scores @ scores.T
    for lag in range(1, lags):
        product = scores[:, lag:] @ scores[:, :-lag].T
        meat = meat + (1.0 - lag / lags) * (product + product.T)
    covariance = inverse @ meat @ inverse
    floor = inverse * max(float(np.mean(left**2)), 0.0)
    covariance = np.where(np.eye(len(parts), dtype=bool), np.maximum(covariance, floor), covariance)
    memory = float(np.clip(np.mean([np.corrcoef(row[1:], row[:-1])[0, 1] for row in left.T]), 0.0, 0.98))
    return steps, covariance, time_s.size * (1.0 - memory) / (1.0 + memory)
