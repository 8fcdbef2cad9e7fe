"""Variogram models and estimators with the names and definitions of scikit-gstat, vectorised.

A model here is the rise of the variogram from 0 to 1 against ``h / r``, the separation over the *effective* range:
the lag where 95 % of the sill is reached by a model that only approaches it. The variogram is
``gamma(h) = nugget + sill * model(h / r)``, the correlation ``1 - model(h / r)``.

References
----------
Cressie (1993), Statistics for Spatial Data, Wiley. Chiles & Delfiner (1999), Geostatistics, Wiley. Malicke (2022),
SciKit-GStat 1.0, Geoscientific Model Development 15:2505.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gasflux.records import FloatArray

STABLE_SHAPE: Final = 1.5
"""Exponent of the stable model: half-way between exponential (1) and Gaussian (2). Left free it is not identifiable
beside the range and the nugget from the few short lags of a flight."""

MATERN_SMOOTHNESS: Final = 1.5
"""Smoothness of the Matern model: a field with one derivative, and the correlation has a closed form."""

ENTROPY_BINS: Final = 50


def spherical(lag: FloatArray) -> FloatArray:
    """Return ``1.5 h - 0.5 h^3`` up to ``h = 1``, then 1 (`lag` is h over the range)."""
    h = np.minimum(lag, 1.0)
    return h * (1.5 - 0.5 * h * h)


def exponential(lag: FloatArray) -> FloatArray:
    """Return ``1 - exp(-3 h)``: the range parameter is a third of the effective range."""
    return 1.0 - np.exp(-3.0 * lag)


def gaussian(lag: FloatArray) -> FloatArray:
    """Return ``1 - exp(-4 h^2)``: the range parameter is half the effective range."""
    return 1.0 - np.exp(-4.0 * lag * lag)


def cubic(lag: FloatArray) -> FloatArray:
    """Return ``7 h^2 - 35/4 h^3 + 7/2 h^5 - 3/4 h^7`` up to ``h = 1``, then 1."""
    h = np.minimum(lag, 1.0)
    square = h * h
    return square * (7.0 + h * (-8.75 + square * (3.5 - 0.75 * square)))


def stable(lag: FloatArray, shape: float = STABLE_SHAPE) -> FloatArray:
    """Return ``1 - exp(-3 h^shape)``: the range parameter is the effective range over ``3^(1/shape)``."""
    return 1.0 - np.exp(-3.0 * np.power(lag, shape))


def matern(lag: FloatArray, smoothness: float = MATERN_SMOOTHNESS) -> FloatArray:
    """Return ``1 - 2^(1-s)/Gamma(s) x^s K_s(x)`` with ``x = 4 sqrt(s) h``: the range parameter is r/2."""
    x = 4.0 * np.sqrt(smoothness) * np.asarray(lag, dtype=np.float64)
    if smoothness == MATERN_SMOOTHNESS:
        return np.asarray(1.0 - (1.0 + x) * np.exp(-x))
    from scipy.special import gamma, kv

    safe = np.where(x > 0.0, x, 1.0)
    correlation = 2.0 ** (1.0 - smoothness) / gamma(smoothness) * safe**smoothness * kv(smoothness, safe)
    return np.where(x > 0.0, 1.0 - correlation, 0.0)


MODELS: Final[dict[str, Callable[[FloatArray], FloatArray]]] = {
    "spherical": spherical,
    "exponential": exponential,
    "gaussian": gaussian,
    "cubic": cubic,
    "stable": stable,
    "matern": matern,
}


def matheron(differences: FloatArray) -> float:
    """Return half the mean square of the absolute `differences` of one lag class (Matheron 1962)."""
    return float(0.5 * np.mean(np.square(differences)))


def cressie(differences: FloatArray) -> float:
    """Return the robust semivariance of Cressie & Hawkins (1980), Math. Geol. 12:115."""
    pairs = differences.size
    bias = 0.457 + 0.494 / pairs + 0.045 / pairs**2
    return float(np.mean(np.sqrt(differences)) ** 4 / (2.0 * bias))


def dowd(differences: FloatArray) -> float:
    """Return the semivariance from the median difference (Dowd 1984)."""
    return float(2.198 * np.median(differences) ** 2 / 2.0)


def genton(differences: FloatArray) -> float:
    """Return the highly robust semivariance of Genton (1998), Math. Geol. 30:213.

    It is a quantile of the distances between all pairs of `differences`. They are counted, never stored, so a class of
    n differences costs n log n and no n-by-n table.
    """
    pairs = differences.size
    if pairs < 2:
        return float("nan")
    share = 0.25
    if pairs < 500:
        # k of q, with k = C(n/2 + 1, 2) and q = C(n, 2) written out.
        share = ((pairs / 2.0 + 1.0) * (pairs / 2.0) / 2.0) / (pairs * (pairs - 1) / 2.0)
    return float(0.5 * (2.219 * _distance_quantile(np.sort(differences), share)) ** 2)


def _distance_quantile(ordered: FloatArray, share: float) -> float:
    """Quantile (linear) of the distances between all pairs of ascending values."""
    total = ordered.size * (ordered.size - 1) // 2
    position = share * (total - 1)
    rank = min(int(position), total - 1)
    low, high = (_ordered_distance(ordered, k) for k in (rank, min(rank + 1, total - 1)))
    return low + (position - rank) * (high - low)


def _ordered_distance(ordered: FloatArray, rank: int) -> float:
    """Return the distance of that rank (from 0) between pairs of ascending values: bisection on how many are less."""
    low, high = 0.0, float(ordered[-1] - ordered[0])
    first = np.arange(ordered.size)
    # 60 halvings of the span leave less than the rounding of the differences themselves.
    for _ in range(60):
        middle = 0.5 * (low + high)
        within = int(np.sum(np.searchsorted(ordered, ordered + middle, "right") - first - 1))
        low, high = (low, middle) if within > rank else (middle, high)
    return high


def minmax(differences: FloatArray) -> float:
    """Return the span of the `differences` over their mean: dimensionless, the shape of the variogram only."""
    mean = float(np.mean(differences))
    return float((np.max(differences) - np.min(differences)) / mean) if mean > 0.0 else 0.0


def entropy(differences: FloatArray, edges: FloatArray | int = 15) -> float:
    """Return the Shannon entropy of the `differences` in bits: dimensionless, the shape of the variogram only."""
    counts, _ = np.histogram(differences, bins=edges)
    share = counts / counts.sum() + 1e-15
    return float(-np.sum(share * np.log2(share)))


ESTIMATORS: Final[dict[str, Callable[[FloatArray], float]]] = {
    "matheron": matheron,
    "cressie": cressie,
    "dowd": dowd,
    "genton": genton,
    "minmax": minmax,
    "entropy": entropy,
}

DIMENSIONLESS: Final = frozenset({"minmax", "entropy"})
"""Estimators that are no variance."""


def semivariances(estimator: str, classes: list[FloatArray]) -> FloatArray:
    """Estimate the semivariance of every lag class.

    Parameters
    ----------
    estimator
        A name in `ESTIMATORS`. Entropy counts all classes in the same bins, else they cannot be compared.
    classes
        Absolute differences of the pairs of each class, none empty.

    Returns
    -------
    FloatArray
        One semivariance per class, in the square of the unit of the differences. Those of a dimensionless estimator are
        scaled to the mean of Matheron's, because kriging needs a variance; the shape stays theirs.
    """
    if not classes:
        return np.zeros(0)
    pooled = np.concatenate(classes)
    if estimator == "entropy":
        edges = np.histogram_bin_edges(pooled, bins=ENTROPY_BINS - 1)
        found = np.array([entropy(differences, edges) for differences in classes])
    else:
        found = np.array([ESTIMATORS[estimator](differences) for differences in classes])
    if estimator not in DIMENSIONLESS:
        return found
    pairs = np.array([differences.size for differences in classes])
    mean = float(np.average(found, weights=pairs))
    return found * (matheron(pooled) / mean) if mean > 0.0 else np.zeros(found.size)
