"""From samples on a surface to the integral over it: averaging of dense samples, ordinary kriging, block variance.

Everything here is linear in the values: the integral is ``sum(weights * values)`` with weights in m2 that depend on
the positions and on the shape of the variogram alone, so an error of the values is carried through exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import OrdinaryKrigingSettings
from gasflux.errors import ConfigError, ProcessingError
from gasflux.records import FloatArray, IntArray, KrigedGrid, VariogramFit
from gasflux.surface.kriging import KrigedField, covariance_with_itself, krige_globally, krige_locally, kriging_system

_MERGE_M: Final = 0.1
"""Samples of a pass this close are one place: no satellite position is better, no plume changes over it."""

_MAX_GLOBAL_POINTS: Final = 1_500
"""Above, one system of all points costs seconds and each node takes its nearest points instead."""

_LOCAL_POINTS: Final = 64
"""Neighbours of a node where the number is not configured: a few passes of a few dozen samples."""

_CELLS: Final = (60, 24)
"""Cells along and in height where no resolution is configured: a plume a tenth of the curtain spans several."""

_MAX_CELLS: Final = 4_000
_MAX_CONFIGURED_CELLS: Final = 100_000


@dataclass(frozen=True, eq=False)
class Aggregation:
    """Samples averaged over short stretches of their pass. Arrays have shape (k,), in order of pass and position."""

    group: IntArray
    """Which average each sample went into, shape (m,)."""
    along_m: FloatArray
    height_m: FloatArray
    transect: IntArray
    count: IntArray
    """Samples in each average."""

    def mean(self, values: FloatArray) -> FloatArray:
        """Average `values` of the samples (m,) in the same way, shape (k,)."""
        return np.bincount(self.group, weights=values, minlength=self.count.size) / self.count

    def noise_variance(self, nugget: float) -> FloatArray:
        """Share out a nugget fitted to the averages: white noise falls with the number averaged, shape (k,)."""
        return nugget / (self.count * np.mean(1.0 / self.count))


@dataclass(frozen=True)
class GridSpec:
    """Cells of equal size that cover the surface exactly; corner at the lowest position and height."""

    x0_m: float
    z0_m: float
    nx: int
    nz: int
    dx_m: float
    dz_m: float

    @property
    def x_m(self) -> FloatArray:
        """Cell centres along the curtain, shape (nx,)."""
        return np.asarray(self.x0_m + self.dx_m * (np.arange(self.nx) + 0.5))

    @property
    def z_m(self) -> FloatArray:
        """Cell centres in height, shape (nz,)."""
        return np.asarray(self.z0_m + self.dz_m * (np.arange(self.nz) + 0.5))


@dataclass(frozen=True, eq=False)
class Kriging:
    """A kriged field and its integral."""

    grid: KrigedGrid
    weights: FloatArray
    """Area each point stands for, m2, shape (m,): ``sum(weights * values)`` is the integral over the kriged cells."""
    integral: float
    """Unit of the values times m2."""
    integral_variance: float
    """Block-kriging variance of the integral, its unit squared."""


def aggregate(along_m: FloatArray, height_m: FloatArray, transect: IntArray, max_points: int = 600) -> Aggregation:
    """Average samples of a pass over stretches of equal length so that about `max_points` remain.

    A log that is short enough keeps its samples but for those within 0.1 m of one another (a hovering drone), which
    would make the kriging system singular. Passes are never mixed, so at least one average per pass remains.

    Parameters
    ----------
    along_m, height_m
        Position of the samples, m, shape (m,).
    transect
        Number of the pass of each sample, shape (m,).
    max_points
        Averages wanted at most.

    Returns
    -------
    Aggregation
        Costs O(m log m); the averages do not depend on the order of the samples.
    """
    _, label = np.unique(transect, return_inverse=True)
    passes = int(label.max()) + 1
    start, end = np.full(passes, np.inf), np.full(passes, -np.inf)
    np.minimum.at(start, label, along_m)
    np.maximum.at(end, label, along_m)
    width = _MERGE_M
    if _occupied(along_m, start, label, width)[1].size > max_points:
        # A pass of length l falls into at most l / width + 1 stretches, all passes into at most max_points.
        width = max(width, float(np.sum(end - start)) / max(max_points - passes, 1))
    group, first = _occupied(along_m, start, label, width)
    count = np.bincount(group, minlength=first.size)
    means = [np.bincount(group, weights=part, minlength=first.size) / count for part in (along_m, height_m)]
    return Aggregation(group, means[0], means[1], transect[first], count)


def _occupied(along_m: FloatArray, start: FloatArray, label: IntArray, width: float) -> tuple[IntArray, IntArray]:
    """Return the number of the stretch each sample falls into, and one sample of each stretch that holds any."""
    # A sample on the very edge of a stretch must not fall to either side by rounding, whatever the origin.
    stretch = ((along_m - start[label]) / width + 1e-6).astype(np.int64)
    key = label * (int(stretch.max()) + 1) + stretch
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return group, first


def make_grid(
    along_m: FloatArray, height_m: FloatArray, settings: OrdinaryKrigingSettings, bottom_m: float, top_m: float
) -> GridSpec:
    """Cover the sampled length between two heights with cells.

    Parameters
    ----------
    along_m, height_m
        Position of the samples, m, shape (m,).
    settings
        `grid_resolution` (None: about 60 by 24 cells, more along a long curtain, at most 4,000) and `min_nodes`, the
        cells in the shorter direction at least. `y_min` and `cut_ground` enter through `bottom_m`.
    bottom_m, top_m
        Heights the grid spans.

    Returns
    -------
    GridSpec
        ``nx dx`` is the length and ``nz dz`` the height: the cells are neither cut nor do they overlap.

    Raises
    ------
    ProcessingError
        The surface has no length or no height.
    ConfigError
        `grid_resolution` is so fine that the cells would be beyond use.
    """
    start, length, height = float(along_m.min()), float(np.ptp(along_m)), top_m - bottom_m
    if not (length > 0.0 and height > 0.0):
        raise ProcessingError.of("no_extent", length=length, height=height, bottom=bottom_m, top=top_m)
    nx, nz = _cell_counts(length, height, settings)
    return GridSpec(start, bottom_m, nx, nz, length / nx, height / nz)


def _cell_counts(length: float, height: float, settings: OrdinaryKrigingSettings) -> tuple[int, int]:
    """Cells along the surface and in height."""
    least = settings.min_nodes
    if settings.grid_resolution is None:
        nz = max(_CELLS[1], least)
        # Cells no longer than five times their height, as far as the total allows.
        return int(np.clip(length / (5.0 * height / nz), max(_CELLS[0], least), max(_MAX_CELLS // nz, least))), nz
    nx, nz = (max(int(np.ceil(extent / settings.grid_resolution - 1e-9)), 1) for extent in (length, height))
    nx, nz = (nx, max(nz, least)) if height <= length else (max(nx, least), nz)
    if nx * nz > _MAX_CONFIGURED_CELLS:
        raise ConfigError.of(
            "grid_too_fine",
            column="ordinary_kriging_settings.grid_resolution",
            value=f"{settings.grid_resolution:g}",
            nx=nx,
            nz=nz,
            length=length,
            height=height,
            limit=_MAX_CONFIGURED_CELLS,
            least=np.sqrt(length * height / _MAX_CONFIGURED_CELLS),
        )
    return nx, nz


def krige_surface(
    along_m: FloatArray,
    height_m: FloatArray,
    values: FloatArray,
    variogram: VariogramFit,
    grid: GridSpec,
    settings: OrdinaryKrigingSettings,
    noise_variance: FloatArray | None = None,
) -> Kriging:
    """Krige the values to the cell centres and integrate over the cells.

    Ordinary kriging with the nugget filtered: the nugget is taken as noise of the measurement, so the smooth field
    beneath it is estimated. The field does not run through the values, and the nugget has no part in the covariance
    of the surface with itself.

    Parameters
    ----------
    along_m, height_m
        Position of the points, m, shape (m,). Any origin, the grid's.
    values
        Value of each point, shape (m,).
    variogram
        Model; only its shape decides the weights.
    grid
        Cells to fill.
    settings
        `max_points` None takes all points for every node, one system for all (up to 1,500 points, then the nearest
        64). With a number each node takes its nearest points within the range, near in units of the two ranges, and
        fails with fewer than `min_points` of them, as in scikit-gstat.
    noise_variance
        Noise variance of each point, square of the unit of the values, shape (m,); None is the nugget for all.

    Returns
    -------
    Kriging
        Field, standard deviation, weights of the integral and its variance. Nodes that failed are NaN, counted, and
        left out of integral, weights and variance alike.

    Raises
    ------
    ProcessingError
        Values that are not finite, fewer points than `min_points`, or no node that could be kriged.

    Notes
    -----
    The integral over the area A is linear in the data, ``sum(w_i v_i)`` with w the sum of the nodes' kriging weights
    times the cell area, and its estimation variance is

    ``C(A, A) - 2 sum_i w_i C(x_i, A) + sum_ij w_i w_j C(x_i, x_j)``

    with C(A, A) and C(x, A) sums over the cell centres and the noise in C(x_i, x_i) (Journel & Huijbregts 1978,
    estimation variance, for any weights that sum to the area; Isaaks & Srivastava 1989, chapter 13, block kriging). The
    nodes' own variances cannot be summed instead, for their errors are correlated. Filtering: Cressie 1993, section
    3.2.1, measurement error.

    References
    ----------
    Journel & Huijbregts (1978), Mining Geostatistics. Isaaks & Srivastava (1989), An Introduction to Applied
    Geostatistics. Cressie (1993), Statistics for Spatial Data.
    """
    _check_points(values, settings)
    system, scale = kriging_system(along_m, height_m, variogram, noise_variance)
    nodes = system.scaled(*(axis.ravel() for axis in np.meshgrid(grid.x_m, grid.z_m)))
    neighbours = settings.max_points or (None if values.size <= _MAX_GLOBAL_POINTS else _LOCAL_POINTS)
    if neighbours is None:
        field = krige_globally(system, nodes, values)
    else:
        field = krige_locally(system, nodes, values, min(neighbours, values.size), settings.min_points)
    kriged = np.isfinite(field.estimate).reshape(grid.nz, grid.nx)
    if not kriged.any():
        raise ProcessingError.of(
            "no_cell_kriged",
            points=settings.min_points,
            along=variogram.range_m,
            vertical=variogram.vertical_range_m,
        )
    cell = grid.dx_m * grid.dz_m
    variance = covariance_with_itself(system, kriged, grid.dx_m, grid.dz_m) - 2.0 * field.cross + field.spread
    weights = cell * field.weights
    return Kriging(
        grid=_kriged_grid(grid, field, scale),
        weights=weights,
        integral=float(weights @ values),
        # Where the samples tell all there is to know, rounding leaves a zero of either sign.
        integral_variance=scale * cell**2 * max(variance, 0.0),
    )


def _check_points(values: FloatArray, settings: OrdinaryKrigingSettings) -> None:
    """Raise what makes kriging impossible."""
    if not np.isfinite(values).all():
        raise ProcessingError.of("values_not_finite", bad=int(np.sum(~np.isfinite(values))), size=values.size)
    if values.size < settings.min_points:
        raise ProcessingError.of("too_few_to_krige", size=values.size, least=settings.min_points)


def _kriged_grid(grid: GridSpec, field: KrigedField, scale: float) -> KrigedGrid:
    """Arrange the nodes as a grid of the record's kind."""
    shape = (grid.nz, grid.nx)
    estimate = field.estimate.reshape(shape)
    size = float(np.nanmax(np.abs(estimate)))
    return KrigedGrid(
        x_m=grid.x_m,
        z_m=grid.z_m,
        dx_m=grid.dx_m,
        dz_m=grid.dz_m,
        flux_density_kg_m2_h=estimate,
        std_kg_m2_h=np.sqrt(scale * np.maximum(field.variance, 0.0)).reshape(shape),
        failed_nodes=int(np.sum(np.isnan(estimate))),
        # What rounding leaves of a zero is not a negative flux.
        negative_nodes=int(np.sum(estimate < -1e-9 * size)),
    )
