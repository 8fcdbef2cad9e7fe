"""Ordinary kriging of points to nodes: the system of equations, solved for all points at once or node by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gasflux.records import BoolArray, FloatArray, IntArray, VariogramFit
from gasflux.surface.variogram_models import MODELS

_NOISE_FLOOR: Final = 1e-8
"""Least noise variance in units of sill + nugget: keeps a system with two passes over the same place regular."""

_GAUSSIAN_NOISE_FLOOR: Final = 1e-3
"""The same for the Gaussian model: without a nugget its weights swing between samples (Chiles & Delfiner 1999) and
its variance is far too small."""

_CHUNK: Final = 250_000
"""Numbers in a block of covariances: 2 MB, so that memory does not grow with the grid."""

_CACHED: Final = 16_000
"""Numbers in a block that is worked on element by element: 128 kB stay in the processor's cache, and are handed out
again by the allocator instead of being fetched from the system anew."""

_SMALL_BLOCK: Final = 64
"""A matrix this small is factorised at once: below, the calls cost more than the arithmetic."""

_ROW_BLOCKS: Final = 6
"""Blocks a triangular product is done in: seven twelfths of the arithmetic of the full one."""


@dataclass(frozen=True, eq=False)
class KrigingSystem:
    """Points in units of the ranges, and the covariance in units of sill + nugget."""

    model: str
    origin_m: FloatArray
    ranges_m: FloatArray
    points: FloatArray
    """Shape (m, 2)."""
    sill: float
    noise: FloatArray
    """Noise variance of each point, shape (m,)."""

    def scaled(self, along_m: FloatArray, height_m: FloatArray) -> FloatArray:
        """Positions in units of the ranges, shape (g, 2). The shift keeps the digits that UTM coordinates would eat."""
        return (np.column_stack([along_m, height_m]) - self.origin_m) / self.ranges_m

    def covariance(self, one: FloatArray, other: FloatArray) -> FloatArray:
        """Covariance of the smooth field between positions (..., 2) that broadcast, shape (...)."""
        lag, dz = one[..., 0] - other[..., 0], one[..., 1] - other[..., 1]
        # In place: these arrays are the bulk of the work.
        lag *= lag
        dz *= dz
        lag += dz
        rise = MODELS[self.model](np.sqrt(lag, out=lag))
        np.subtract(1.0, rise, out=rise)
        rise *= self.sill
        return rise

    def between(self, some: FloatArray, others: FloatArray) -> FloatArray:
        """Covariance of each of some positions (g, 2) with each of the others (m, 2), shape (g, m)."""
        table = np.empty((len(some), len(others)))
        others = np.asfortranarray(others)  # each coordinate in one piece: it is read once per row
        for part in _chunks(len(some), len(others), _CACHED):
            table[part] = self.covariance(some[part, None], others[None, :])
        return table

    def among(self, points: FloatArray) -> FloatArray:
        """Lower triangle of the covariance of positions (m, 2) with one another, shape (m, m); above it part of it."""
        table = np.zeros((len(points), len(points)))
        columns = np.asfortranarray(points)
        for part in _chunks(len(points), len(points), _CACHED):
            table[part, : part.stop] = self.covariance(points[part, None], columns[None, : part.stop])
        return table


@dataclass(frozen=True, eq=False)
class KrigedField:
    """What kriging gives at the nodes, in units of sill + nugget where a variance."""

    estimate: FloatArray
    """NaN where a node failed, shape (g,)."""
    variance: FloatArray
    weights: FloatArray
    """Sum over the nodes of the weight of each point, shape (m,)."""
    cross: float
    """Sum over nodes and points of weight times covariance."""
    spread: float
    """Variance of the weighted sum of the values, noise included."""


def kriging_system(
    along_m: FloatArray, height_m: FloatArray, variogram: VariogramFit, noise_variance: FloatArray | None
) -> tuple[KrigingSystem, float]:
    """Return the system and the variance that is its unit.

    Parameters
    ----------
    along_m, height_m
        Positions of the points, shape (m,).
    variogram
        Fitted to their values.
    noise_variance
        Of each point, shape (m,), unit of the values squared; None for the nugget.
    """
    scale = variogram.sill + variogram.nugget
    ranges = np.array([variogram.range_m, variogram.vertical_range_m])
    origin = np.array([along_m.mean(), height_m.mean()])
    points = (np.column_stack([along_m, height_m]) - origin) / ranges
    floor = _GAUSSIAN_NOISE_FLOOR if variogram.model == "gaussian" else _NOISE_FLOOR
    if scale == 0.0:
        # A constant field: any weights that sum to one give it, those of the model without noise among them.
        return KrigingSystem(variogram.model, origin, ranges, points, 1.0, np.full(along_m.size, floor)), 0.0
    noise = np.full(along_m.size, variogram.nugget) if noise_variance is None else noise_variance
    noise = np.maximum(noise / scale, floor)
    return KrigingSystem(variogram.model, origin, ranges, points, variogram.sill / scale, noise), scale


def _chunks(count: int, width: int, numbers: int = _CHUNK) -> Iterator[slice]:
    """Slices of `count` rows of `width` numbers that fit the memory set aside."""
    step = max(numbers // width, 1)
    return (slice(start, start + step) for start in range(0, count, step))


def krige_globally(system: KrigingSystem, nodes: FloatArray, values: FloatArray) -> KrigedField:
    """Krige every node from all points: one factorisation, the mean eliminated as in generalised least squares.

    Parameters
    ----------
    system
        Points and their covariance.
    nodes
        Positions in units of the ranges, shape (g, 2), see `KrigingSystem.scaled`.
    values
        At the points, shape (m,).
    """
    points = system.points
    whitening = whitening_of(_noisy_covariance(system))
    white_ones = whitening.sum(axis=1)
    ones, data = white_ones @ whitening, (whitening @ values) @ whitening
    information = float(ones.sum())
    mean = float(ones @ values) / information
    estimate, variance, cross = np.empty(len(nodes)), np.empty(len(nodes)), np.zeros(values.size)
    coarse = whitening.astype(np.float32)
    for part in _chunks(len(nodes), values.size):
        near = system.between(nodes[part], points)
        short = 1.0 - near @ ones
        estimate[part] = near @ data + mean * short
        cross += near.sum(axis=0)
        variance[part] = system.sill - _explained(coarse, near.astype(np.float32)) + short**2 / information
    # The weights and, whitened, the weighted sum whose variance is their square.
    white = whitening @ cross + white_ones * (len(nodes) - ones @ cross) / information
    weights = white @ whitening
    return KrigedField(estimate, variance, weights, float(weights @ cross), float(white @ white))


def _noisy_covariance(system: KrigingSystem) -> FloatArray:
    """Covariance of the values, noise included, (m, m); only the lower triangle holds, and no more is asked for."""
    covariance = system.among(system.points)
    covariance[np.diag_indices_from(covariance)] += system.noise
    return covariance


def whitening_of(covariance: FloatArray) -> FloatArray:
    """Return the inverse W of the lower Cholesky factor: ``W C W' = 1`` and ``W' W`` is the inverse of C.

    Of `covariance` only the lower triangle is read. By halves, so that nearly all of it is matrix products. numpy has
    no triangular solver that would do with the factor alone, and the one of scipy takes longer to import than all
    kriging of a flight (``python -m tools.import_cost scipy.linalg`` measures it).
    """
    inverse = np.zeros_like(covariance)
    _whiten(covariance, inverse)
    return inverse


def _whiten(covariance: FloatArray, inverse: FloatArray) -> None:
    """Fill in the lower triangle of the inverse of the Cholesky factor."""
    if len(covariance) <= _SMALL_BLOCK:
        inverse[:] = np.tril(np.linalg.inv(np.linalg.cholesky(covariance)))
        return
    first, last = slice(None, len(covariance) // 2), slice(len(covariance) // 2, None)
    _whiten(covariance[first, first], inverse[first, first])
    factor = covariance[last, first] @ inverse[first, first].T
    _whiten(covariance[last, last] - factor @ factor.T, inverse[last, last])
    inverse[last, first] = -(inverse[last, last] @ (factor @ inverse[first, first]))


def _explained(whitening: NDArray[np.float32], near: NDArray[np.float32]) -> FloatArray:
    """Variance of each node that the points explain, (g,), from its covariances with them (g, m).

    The map of errors is read to two digits and takes most of the time: single precision halves it. So does leaving out
    what lies above the diagonal.
    """
    total = np.zeros(len(near))
    edges = np.linspace(0, len(whitening), _ROW_BLOCKS + 1).astype(int)
    for start, end in pairwise(edges):
        part = near[:, :end] @ whitening[start:end, :end].T
        total += np.einsum("ij,ij->i", part, part)
    return total


def krige_locally(
    system: KrigingSystem, nodes: FloatArray, values: FloatArray, neighbours: int, min_points: int
) -> KrigedField:
    """Krige every node from its nearest points within the range.

    Parameters
    ----------
    system
        Points and their covariance.
    nodes
        Positions in units of the ranges, shape (g, 2), see `KrigingSystem.scaled`.
    values
        At the points, shape (m,).
    neighbours
        Points that a node is kriged from at most.
    min_points
        With fewer within the range a node fails.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(system.points)
    estimate, variance = np.full(len(nodes), np.nan), np.full(len(nodes), np.nan)
    weights, cross = np.zeros(values.size), np.zeros(values.size)
    for part in _chunks(len(nodes), (neighbours + 1) ** 2 + values.size):
        distance, index = tree.query(nodes[part], k=np.arange(1, neighbours + 1), distance_upper_bound=1.0)
        known = np.isfinite(distance)
        enough = np.flatnonzero(known.sum(axis=1) >= min_points)
        if enough.size == 0:
            continue
        index, known = np.where(known, index, 0)[enough], known[enough]
        here = nodes[part][enough]
        share, variance[part.start + enough] = _solve_local(system, here, index, known)
        estimate[part.start + enough] = np.sum(share * values[index], axis=1)
        weights += np.bincount(index.ravel(), weights=share.ravel(), minlength=values.size)
        cross += system.between(here, system.points).sum(axis=0)
    return KrigedField(estimate, variance, weights, float(weights @ cross), _spread(system, weights))


def _solve_local(
    system: KrigingSystem, nodes: FloatArray, index: IntArray, known: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Weights (c, k) and variances (c,) of nodes (c, 2) from the points `index` (c, k) as far as `known`."""
    count, neighbours = index.shape
    near = system.points[index]
    both = known[:, :, None] & known[:, None, :]
    matrix = np.zeros((count, neighbours + 1, neighbours + 1))
    matrix[:, :-1, :-1] = np.where(both, system.covariance(near[:, :, None], near[:, None, :]), 0.0)
    diagonal = np.arange(neighbours)
    # A neighbour that is missing gets an equation of its own, weight = 0, so that all systems have one size.
    matrix[:, diagonal, diagonal] += np.where(known, system.noise[index], 1.0)
    matrix[:, -1, :-1] = matrix[:, :-1, -1] = known
    right = np.ones((count, neighbours + 1))
    right[:, :-1] = np.where(known, system.covariance(nodes[:, None], near), 0.0)
    solution = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    return solution[:, :-1], system.sill - np.sum(solution * right, axis=1)


def _spread(system: KrigingSystem, weights: FloatArray) -> float:
    """Variance of the weighted sum of the values, noise included."""
    points, total = system.points, float(system.noise @ weights**2)
    for part in _chunks(weights.size, weights.size):
        total += float(weights[part] @ (system.between(points[part], points) @ weights))
    return total


def covariance_with_itself(system: KrigingSystem, kriged: BoolArray, dx_m: float, dz_m: float) -> float:
    """Return the sum of the covariance over all pairs of the kriged nodes (nz, nx) of a regular grid.

    It depends on the offset of two nodes only, so each offset is evaluated once and counted by the autocorrelation of
    the map of kriged nodes.

    Parameters
    ----------
    system
        Gives the covariance.
    kriged
        Which nodes have an estimate, shape (nz, nx).
    dx_m, dz_m
        Distances of the nodes.
    """
    padded = (2 * kriged.shape[0], 2 * kriged.shape[1])
    spectrum = np.fft.rfft2(kriged, s=padded)
    counts = np.rint(np.fft.irfft2(np.abs(spectrum) ** 2, s=padded))
    rows, columns = (np.fft.fftfreq(size, 1.0 / size) for size in padded)
    offsets = np.stack(np.meshgrid(columns * dx_m, rows * dz_m), axis=-1) / system.ranges_m
    return float(np.sum(counts * system.covariance(offsets, np.zeros(2))))
