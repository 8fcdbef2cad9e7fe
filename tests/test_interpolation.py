"""Kriging against a published example, a plain implementation, scikit-gstat, and fields drawn from the model itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skgstat
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.configuration.pipeline_config import OrdinaryKrigingSettings
from gasflux.errors import ConfigError, ProcessingError
from gasflux.interpolation import Aggregation, GridSpec, Kriging, aggregate, krige_surface, make_grid
from gasflux.records import FloatArray, KrigedGrid, VariogramFit
from gasflux.surface.kriging import whitening_of
from gasflux.surface.variogram_models import MODELS

DEFAULT = OrdinaryKrigingSettings()

ROUNDING = 1e-9
"""Relative: some thousand terms and a system of condition 1e6 at most, in double precision."""


def frozen(*arrays: Any) -> tuple[Any, ...]:
    """Make arrays read-only: nobody may write into what he was given."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def area_m2(grid: GridSpec | KrigedGrid) -> float:
    """Return the area that the cells cover together."""
    return grid.x_m.size * grid.dx_m * grid.z_m.size * grid.dz_m


def variogram(
    sill: float = 1.0, nugget: float = 0.1, ranges: tuple[float, float] = (60.0, 25.0), model: str = "exponential"
) -> VariogramFit:
    nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
    return VariogramFit(
        model=model,
        estimator="matheron",
        range_m=ranges[0],
        vertical_range_m=ranges[1],
        sill=sill,
        nugget=nugget,
        lags_m=nothing,
        experimental=nothing,
        pairs=none,
        vertical_lags_m=nothing,
        vertical_experimental=nothing,
        vertical_pairs=none,
        structure=sill / (sill + nugget) if sill + nugget else 0.0,
    )


def curtain(levels: int = 6, samples: int = 15, seed: int = 1) -> tuple[Any, ...]:
    """Positions on passes 8 m apart along 100 m, values of a plume with noise, and the number of the pass."""
    rng = np.random.default_rng(seed)
    along = np.tile(np.linspace(0.0, 100.0, samples), levels) + rng.uniform(-1.0, 1.0, levels * samples)
    transect = np.repeat(np.arange(levels), samples)
    height = 4.0 + 8.0 * transect + rng.uniform(-0.5, 0.5, transect.size)
    values = np.exp(-(((along - 45.0) / 20.0) ** 2) - ((height - 20.0) / 12.0) ** 2) + rng.normal(0, 0.05, along.size)
    return frozen(along, height, values, transect)


def grid_over(along: FloatArray, height: FloatArray, chosen: OrdinaryKrigingSettings = DEFAULT) -> GridSpec:
    return make_grid(along, height, chosen, float(height.min()), float(height.max()))


def krige(values: FloatArray | None = None, fit: VariogramFit | None = None, **changes: Any) -> Kriging:
    """Krige the standard curtain, with other values or settings where given."""
    along, height, plume, _ = curtain()
    chosen = OrdinaryKrigingSettings(**changes)
    data = plume if values is None else values
    return krige_surface(along, height, data, fit or variogram(), grid_over(along, height), chosen)


SETTINGS: list[dict[str, Any]] = [{}, {"max_points": 90}, {"max_points": 12}]
"""Global, every point as a neighbour within the range, and few of them."""


# Averaging ------------------------------------------------------------------------------------------------------------


def test_short_log_keeps_its_samples() -> None:
    along, height, values, transect = curtain()
    cells = aggregate(along, height, transect)
    assert cells.count.tolist() == [1] * along.size
    np.testing.assert_array_equal(cells.mean(values)[cells.group], values)
    np.testing.assert_array_equal(cells.along_m[cells.group], along)
    np.testing.assert_array_equal(cells.transect[cells.group], transect)


def test_hovering_is_one_place() -> None:
    along, height, transect = np.array([0.0, 5.0, 5.01, 5.02, 5.0, 9.0]), np.arange(6.0), np.zeros(6, dtype=np.int64)
    cells = aggregate(*frozen(along, height, transect))
    assert cells.count.tolist() == [1, 4, 1]
    assert cells.height_m.tolist() == [0.0, 2.5, 5.0]


def test_passes_over_one_place_stay_apart() -> None:
    along, height = np.array([0.0, 5.0, 0.0, 5.0]), np.zeros(4)
    assert aggregate(along, height, np.array([0, 0, 7, 7])).transect.tolist() == [0, 0, 7, 7]


@given(st.integers(1, 12), st.integers(1, 400), st.integers(20, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_averages_are_few_and_complete(passes: int, samples: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    transect = rng.integers(0, passes, samples)
    along, height, values = frozen(rng.uniform(0, 300, samples), rng.uniform(0, 60, samples), rng.normal(size=samples))
    cells = aggregate(along, height, transect, max_points=most)
    assert cells.count.size <= most
    assert cells.count.sum() == samples
    assert all(np.unique(transect[cells.group == cell]).size == 1 for cell in range(cells.count.size))
    assert cells.count @ cells.mean(values) == pytest.approx(values.sum(), abs=1e-9 * samples)
    stretches = [np.ptp(along[cells.group == cell]) for cell in range(cells.count.size)]
    # Passes that end at random leave at most one stretch each unused of what `most` allows.
    assert max(stretches) <= max(0.1, 300.0 * passes / max(most - passes, 1)) * (1.0 + 1e-6)


def test_averages_do_not_depend_on_order_or_origin() -> None:
    along, height, values, transect = curtain(levels=10, samples=200)
    order = np.random.default_rng(2).permutation(along.size)
    one = aggregate(along, height, transect)
    other = aggregate(along[order] + 5.2e6, height[order], transect[order])
    np.testing.assert_array_equal(one.count, other.count)
    # 5.2e6 m carry 1e-9 m.
    np.testing.assert_allclose(one.along_m + 5.2e6, other.along_m, atol=1e-8)
    np.testing.assert_allclose(one.mean(values), other.mean(values[order]), atol=1e-12)


def test_a_million_samples_become_six_hundred() -> None:
    along = np.tile(np.linspace(0.0, 400.0, 100_000), 10)
    transect = np.repeat(np.arange(10), 100_000)
    cells = aggregate(along, np.zeros(along.size), transect)
    assert 550 <= cells.count.size <= 600


def test_noise_falls_with_the_number_averaged() -> None:
    cells = Aggregation(np.zeros(0, np.int64), np.zeros(2), np.zeros(2), np.zeros(2, np.int64), np.array([1, 4]))
    shared = cells.noise_variance(0.5)
    assert shared[0] == pytest.approx(4.0 * shared[1])
    assert shared.mean() == pytest.approx(0.5)


# Grid -----------------------------------------------------------------------------------------------------------------


@given(
    length=st.floats(1.0, 1e5),
    height=st.floats(0.5, 3e3),
    corner=st.floats(-1e4, 1e4),
    least=st.integers(2, 60),
    resolution=st.none() | st.floats(0.5, 500.0),
)
@settings(max_examples=150, deadline=None)
def test_cells_cover_the_surface_exactly(
    length: float, height: float, corner: float, least: int, resolution: float | None
) -> None:
    if resolution is not None and length * height / resolution**2 > 5e4:
        resolution = float(np.sqrt(length * height / 5e4))
    chosen = OrdinaryKrigingSettings(min_nodes=least, grid_resolution=resolution)
    along = np.array([corner, corner + length])
    try:
        grid = make_grid(along, along, chosen, corner, corner + height)
    except ConfigError:
        assert resolution is not None  # a strip so flat that min_nodes alone fills the limit
        return
    # Coordinates of 1e4 m carry 1e-12 m, and the shortest side is half a metre.
    assert area_m2(grid) == pytest.approx(float(np.ptp(along)) * (corner + height - corner), rel=1e-11)
    assert grid.x_m[0] - grid.dx_m / 2 == pytest.approx(corner, abs=1e-9)
    assert grid.z_m[-1] + grid.dz_m / 2 == pytest.approx(corner + height, abs=1e-9)
    assert min(grid.nx, grid.nz) >= (least if resolution is None else 1)
    if resolution is None:
        assert grid.nx * grid.nz <= 4_000
    else:
        assert max(grid.dx_m, grid.dz_m) <= resolution * (1.0 + 1e-6)
        assert (grid.nz if height <= length else grid.nx) >= least


def test_grid_follows_the_curtain() -> None:
    usual, long = (make_grid(np.array([0.0, length]), np.zeros(2), DEFAULT, 5.0, 50.0) for length in (100.0, 1500.0))
    assert (usual.nx, usual.nz) == (60, 24)
    assert long.nx > 100


@pytest.mark.parametrize(("length", "top"), [(0.0, 20.0), (100.0, 5.0), (100.0, 4.0)])
def test_surface_without_area_is_refused(length: float, top: float) -> None:
    with pytest.raises(ProcessingError, match=r"both must be above 0.*several heights"):
        make_grid(np.array([0.0, length]), np.zeros(2), DEFAULT, 5.0, top)


def test_cells_beyond_use_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"grid_resolution: 0\.01 m makes .* Give at least 0\.21 m"):
        make_grid(np.array([0.0, 100.0]), np.zeros(2), OrdinaryKrigingSettings(grid_resolution=0.01), 5.0, 50.0)


# Kriging: identities --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_integral_of_one_is_the_area(changes: dict[str, Any]) -> None:
    along, height, _, _ = curtain()
    area = float(np.ptp(along) * np.ptp(height))
    kriging = krige(np.ones(along.size), **changes)
    np.testing.assert_allclose(kriging.grid.flux_density_kg_m2_h, 1.0, rtol=ROUNDING)
    assert kriging.integral == pytest.approx(area, rel=ROUNDING)
    assert kriging.weights.sum() == pytest.approx(area, rel=ROUNDING)
    assert area_m2(kriging.grid) == pytest.approx(area, rel=ROUNDING)


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_integral_is_the_sum_over_the_cells_and_over_the_samples(changes: dict[str, Any]) -> None:
    _, _, values, _ = curtain()
    kriging = krige(**changes)
    cells = kriging.grid.flux_density_kg_m2_h.sum() * kriging.grid.dx_m * kriging.grid.dz_m
    assert kriging.integral == pytest.approx(cells, rel=ROUNDING)
    assert kriging.weights @ values == pytest.approx(cells, rel=ROUNDING)


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_kriging_is_linear_in_the_values(changes: dict[str, Any]) -> None:
    _, _, values, _ = curtain()
    other = np.cos(np.arange(values.size))
    field, second, both = (krige(data, **changes) for data in (values, other, 2.0 * values - 3.0 * other))
    combined = 2.0 * field.grid.flux_density_kg_m2_h - 3.0 * second.grid.flux_density_kg_m2_h
    np.testing.assert_allclose(both.grid.flux_density_kg_m2_h, combined, atol=ROUNDING)
    np.testing.assert_array_equal(both.weights, field.weights)


def test_unit_of_the_values_does_not_change_the_weights() -> None:
    _, _, values, _ = curtain()
    one, tiny = krige(), krige(1e-7 * values, variogram(sill=1e-14, nugget=1e-15))
    np.testing.assert_allclose(tiny.weights, one.weights, rtol=ROUNDING)
    assert tiny.integral_variance == pytest.approx(1e-14 * one.integral_variance, rel=ROUNDING)
    np.testing.assert_allclose(tiny.grid.std_kg_m2_h, 1e-7 * one.grid.std_kg_m2_h, rtol=ROUNDING)


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_kriging_does_not_depend_on_origin_or_order(changes: dict[str, Any]) -> None:
    along, height, values, _ = curtain()
    order = np.random.default_rng(2).permutation(along.size)
    x, z = along[order] + 5.2e6, height[order] - 4e5
    moved = krige_surface(x, z, values[order], variogram(), grid_over(x, z), OrdinaryKrigingSettings(**changes))
    here = krige(**changes)
    # 5.2e6 m carry 1e-9 m; a nearest neighbour that changed for it would show as 1e-3.
    np.testing.assert_allclose(moved.grid.flux_density_kg_m2_h, here.grid.flux_density_kg_m2_h, atol=1e-7)
    np.testing.assert_allclose(moved.weights, here.weights[order], rtol=1e-6, atol=1e-6)
    assert moved.integral_variance == pytest.approx(here.integral_variance, rel=1e-6)


def test_field_mirrored_along_the_curtain_has_the_same_integral() -> None:
    along, height, values, _ = curtain()
    mirrored = krige_surface(-along, height, values, variogram(), grid_over(-along, height), DEFAULT)
    assert mirrored.integral == pytest.approx(krige().integral, rel=ROUNDING)
    np.testing.assert_allclose(
        mirrored.grid.flux_density_kg_m2_h[:, ::-1], krige().grid.flux_density_kg_m2_h, atol=ROUNDING
    )


# Kriging: published and independent answers ---------------------------------------------------------------------------


def test_kitanidis_example() -> None:
    """Kitanidis (1997), Introduction to Geostatistics, example 3.2: two wells, linear variogram 0.1 + 0.006 h.

    A linear variogram is the limit of the spherical one, 1.5 sill h / range, for a range far beyond the data; at 1e5 m
    the term in h^3 is less than 1e-6 of it. The published variance, 0.4201, is that of a measurement, nugget included.
    """
    linear = variogram(sill=0.006 * 1e5 / 1.5, nugget=0.1, ranges=(1e5, 1e5), model="spherical")
    along, height, values = frozen(np.array([9.7, 43.8]), np.array([47.6, 24.6]), np.array([1.22, 2.822]))
    cell = GridSpec(18.8 - 0.5, 67.9 - 0.5, 1, 1, 1.0, 1.0)
    kriging = krige_surface(along, height, values, linear, cell, OrdinaryKrigingSettings(min_points=2))
    # The example prints four decimals.
    assert kriging.grid.flux_density_kg_m2_h[0, 0] == pytest.approx(1.6364, abs=5e-5)
    assert kriging.grid.std_kg_m2_h[0, 0] ** 2 + 0.1 == pytest.approx(0.4201, abs=5e-5)
    assert kriging.integral_variance + 0.1 == pytest.approx(0.4201, abs=5e-5)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_kriging_is_that_of_the_textbook_system(model: str) -> None:
    """One dense system with a Lagrange multiplier per node, in the variogram's own unit."""
    along, height, values, _ = curtain(levels=4, samples=8)
    fit, grid = variogram(3.0, 0.4, (70.0, 30.0), model), GridSpec(0.0, 4.0, 7, 5, 14.0, 5.0)
    kriging = krige_surface(along, height, values, fit, grid, DEFAULT)
    nodes = np.array([(x, z) for z in grid.z_m for x in grid.x_m])
    points = np.column_stack([along, height])

    def covariance(one: FloatArray, other: FloatArray) -> FloatArray:
        offset = (one[:, None] - other[None, :]) / [70.0, 30.0]
        return np.asarray(3.0 * (1.0 - MODELS[model](np.hypot(offset[..., 0], offset[..., 1]))))

    size = values.size
    system = np.ones((size + 1, size + 1))
    system[:size, :size] = covariance(points, points) + 0.4 * np.eye(size)
    system[size, size] = 0.0
    right = np.vstack([covariance(points, nodes), np.ones(len(nodes))])
    solution = np.linalg.solve(system, right)
    share = solution[:size]
    np.testing.assert_allclose(kriging.grid.flux_density_kg_m2_h.ravel(), share.T @ values, rtol=ROUNDING, atol=1e-12)
    variance = 3.0 - np.sum(solution * right, axis=0)
    # the map of errors is solved in single precision: 6e-8 times the condition of the system, and a difference
    np.testing.assert_allclose(kriging.grid.std_kg_m2_h.ravel() ** 2, variance, rtol=1e-3)
    weights, cell = 70.0 * share.sum(axis=1), 70.0
    np.testing.assert_allclose(kriging.weights, weights, rtol=ROUNDING, atol=1e-9 * cell)
    block = (
        cell**2 * covariance(nodes, nodes).sum()
        - 2.0 * cell * weights @ covariance(points, nodes).sum(axis=1)
        + weights @ system[:size, :size] @ weights
    )
    assert kriging.integral_variance == pytest.approx(block, rel=1e-7)  # a difference of terms a hundred times as great


@pytest.mark.parametrize("limits", [{"max_points": 32}, {"max_points": 6, "min_points": 4}], ids=str)
def test_field_and_failures_are_those_of_scikit_gstat(limits: dict[str, int]) -> None:
    along, height, values, _ = curtain(levels=4, samples=8)
    grid = GridSpec(-60.0, -5.0, 12, 6, 17.0, 8.0)
    fit = variogram(2.0, 0.0, (30.0, 30.0), "spherical")
    x, z = (axis.ravel() for axis in np.meshgrid(grid.x_m, grid.z_m))
    theirs = skgstat.OrdinaryKriging(
        {"model": "spherical", "effective_range": 30.0, "sill": 2.0, "nugget": 0.0, "dist_func": "euclidean"},
        coordinates=np.column_stack([along, height]),
        values=values.copy(),
        min_points=limits.get("min_points", 3),
        max_points=limits["max_points"],
    )
    with pytest.warns(skgstat.Kriging.KrigingWarning, match="not enough neighbors"):
        expected = theirs.transform(x, z)
    ours = krige_surface(along, height, values, fit, grid, OrdinaryKrigingSettings(**limits))
    field = ours.grid.flux_density_kg_m2_h.ravel()
    np.testing.assert_array_equal(np.isnan(field), np.isnan(expected))
    assert ours.grid.failed_nodes == np.isnan(expected).sum() > 0
    # The noise floor of 1e-8 of the sill, which keeps coinciding passes apart, is the only difference.
    np.testing.assert_allclose(field, expected, atol=1e-6)
    np.testing.assert_allclose(ours.grid.std_kg_m2_h.ravel() ** 2, theirs.sigma, atol=1e-6)


def test_local_kriging_with_all_neighbours_is_global_kriging() -> None:
    far = variogram(ranges=(600.0, 400.0))
    for name in ("weights", "integral", "integral_variance"):
        np.testing.assert_allclose(
            getattr(krige(fit=far, max_points=90), name), getattr(krige(fit=far), name), rtol=1e-7, atol=1e-7
        )


# Kriging: the variance is true ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", SETTINGS[::2], ids=str)
@pytest.mark.parametrize("nugget", [0.0, 0.5])
def test_block_variance_is_the_error_of_the_integral(nugget: float, changes: dict[str, Any]) -> None:
    """Fields drawn from the model, sampled with noise, integrated: their errors have the variance that was told."""
    along, height, _, _ = curtain(levels=4, samples=8)
    grid, fit = GridSpec(0.0, 4.0, 12, 6, 100.0 / 12, 4.0), variogram(2.0, nugget, (60.0, 25.0))
    nodes = np.array([(x, z) for z in grid.z_m for x in grid.x_m])
    every = np.vstack([np.column_stack([along, height]), nodes]) / [60.0, 25.0]
    offset = every[:, None] - every[None, :]
    factor = np.linalg.cholesky(2.0 * np.exp(-3.0 * np.hypot(offset[..., 0], offset[..., 1])))
    rng = np.random.default_rng(8)
    fields = rng.standard_normal((4_000, len(every))) @ factor.T
    samples = fields[:, : along.size] + np.sqrt(nugget) * rng.standard_normal((4_000, along.size))
    truth = fields[:, along.size :].sum(axis=1) * grid.dx_m * grid.dz_m
    kriging = krige_surface(along, height, samples[0], fit, grid, OrdinaryKrigingSettings(**changes))
    error = samples @ kriging.weights - truth
    told = np.sqrt(kriging.integral_variance)
    # The variance of 4,000 draws has a relative standard error of 2.2 %, a share of 0.9 one of 0.5 %: four of each.
    assert np.mean(error**2) == pytest.approx(told**2, rel=0.09)
    assert np.mean(np.abs(error) < 1.645 * told) == pytest.approx(0.9, abs=0.02)
    assert np.mean(error) == pytest.approx(0.0, abs=4.0 * told / np.sqrt(4_000))


def test_nodes_that_failed_are_left_out_of_integral_weights_and_variance() -> None:
    along, height, values, _ = curtain(levels=4, samples=8)
    wide, fit = GridSpec(0.0, 4.0, 20, 6, 10.0, 4.0), variogram(ranges=(30.0, 20.0), nugget=0.0)
    chosen = OrdinaryKrigingSettings(max_points=10)
    kriging = krige_surface(along, height, values, fit, wide, chosen)
    known = np.isfinite(kriging.grid.flux_density_kg_m2_h)
    assert kriging.grid.failed_nodes == np.sum(~known) > 20
    assert np.isnan(kriging.grid.std_kg_m2_h[~known]).all()
    assert kriging.weights.sum() == pytest.approx(known.sum() * 40.0, rel=ROUNDING)
    assert kriging.integral == pytest.approx(np.nansum(kriging.grid.flux_density_kg_m2_h) * 40.0, rel=ROUNDING)
    nodes = np.array([(x, z) for z in wide.z_m for x in wide.x_m])[known.ravel()]
    both = np.vstack([np.column_stack([along, height]), nodes]) / [30.0, 20.0]
    covariance = np.exp(-3.0 * np.hypot(*(both[:, None] - both[None, :]).T))
    # The error of the integral is this sum of the field at samples and nodes; its variance needs no formula.
    parts = np.concatenate([kriging.weights, np.full(len(nodes), -40.0)])
    assert kriging.integral_variance == pytest.approx(parts @ covariance @ parts, rel=1e-6)


def test_more_samples_and_less_noise_make_it_surer() -> None:
    few, many = curtain(levels=4, samples=8), curtain(levels=4, samples=32)
    grid = GridSpec(0.0, 4.0, 20, 10, 5.0, 2.4)

    def variance(samples: tuple[Any, ...], nugget: float) -> float:
        fit = variogram(nugget=nugget)
        along, height, values, _ = samples
        return krige_surface(along, height, values, fit, grid, DEFAULT).integral_variance

    assert variance(many, 0.5) < variance(few, 0.5)
    assert variance(few, 0.0) < variance(few, 0.5) < variance(few, 5.0)


# Kriging: noise and odd fields ----------------------------------------------------------------------------------------


def test_pure_nugget_is_the_mean() -> None:
    """Without structure the field is one number, and its error that of a mean."""
    _, _, values, _ = curtain()
    kriging = krige(fit=variogram(sill=0.0, nugget=4.0))
    area = area_m2(kriging.grid)
    np.testing.assert_allclose(kriging.grid.flux_density_kg_m2_h, values.mean(), rtol=ROUNDING)
    assert kriging.integral_variance == pytest.approx(area**2 * 4.0 / values.size, rel=ROUNDING)


def test_nugget_is_noise_and_filtered() -> None:
    """At a sample the field is nearer to its neighbours than the sample is; without a nugget it is the sample."""
    along, height, _, _ = curtain()
    values = np.zeros(along.size)
    values[40] = 1.0
    cell = GridSpec(along[40] - 0.05, height[40] - 0.05, 1, 1, 0.1, 0.1)
    with_noise, without = (
        krige_surface(along, height, values, variogram(nugget=nugget), cell, DEFAULT).integral / 0.01
        for nugget in (1.0, 0.0)
    )
    assert without == pytest.approx(1.0, abs=1e-6)
    assert with_noise < 0.6


def test_noisy_point_hardly_counts() -> None:
    along, height, values, _ = curtain()
    noise = np.full(values.size, 0.1)
    noise[40] = 1e6
    grid = grid_over(along, height)
    kriging = krige_surface(along, height, values, variogram(), grid, DEFAULT, noise_variance=frozen(noise)[0])
    assert abs(kriging.weights[40]) < 1e-4 * kriging.weights.max()
    equal = krige_surface(along, height, values, variogram(), grid, DEFAULT, np.full(values.size, 0.1))
    np.testing.assert_allclose(equal.weights, krige().weights, rtol=ROUNDING)


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_field_of_zeros_stays_zero(changes: dict[str, Any]) -> None:
    along, _, _, _ = curtain()
    kriging = krige(np.zeros(along.size), variogram(sill=0.0, nugget=0.0), **changes)
    assert (kriging.integral, kriging.integral_variance, kriging.grid.negative_nodes) == (0.0, 0.0, 0)
    assert not kriging.grid.std_kg_m2_h.any()
    assert kriging.weights.sum() == pytest.approx(area_m2(kriging.grid), rel=ROUNDING)


def test_two_passes_over_the_very_same_places_can_be_kriged() -> None:
    along, height, values, _ = (np.concatenate([part, part]) for part in curtain(levels=3))
    for model in sorted(MODELS):
        fit = variogram(nugget=0.0, model=model)
        kriging = krige_surface(along, height, values, fit, grid_over(along, height), DEFAULT)
        # The floor under the noise, 1e-8 of the sill, leaves the two of a place a thousandth of their weight apart.
        one, other = np.split(kriging.weights, 2)
        np.testing.assert_allclose(one, other, atol=1e-3 * kriging.weights.max())


def test_negative_nodes_are_counted() -> None:
    _, _, values, _ = curtain()
    kriging = krige(values - 0.3)
    assert kriging.grid.negative_nodes == np.sum(kriging.grid.flux_density_kg_m2_h < 0.0) > 0
    assert krige(np.ones(values.size)).grid.negative_nodes == 0


def test_long_logs_take_the_nearest_points() -> None:
    along, height, values, _ = curtain(levels=8, samples=200)
    chosen = OrdinaryKrigingSettings(grid_resolution=10.0)
    kriging = krige_surface(along, height, values, variogram(), grid_over(along, height, chosen), chosen)
    assert kriging.grid.failed_nodes == 0
    assert kriging.weights.sum() == pytest.approx(area_m2(kriging.grid), rel=ROUNDING)


def test_too_few_points_are_refused() -> None:
    two = np.array([0.0, 10.0])
    with pytest.raises(ProcessingError, match=r"2 samples are too few.*min_points asks for 3"):
        krige_surface(two, two, two, variogram(), grid_over(two, two), DEFAULT)


def test_values_that_are_no_numbers_are_refused() -> None:
    _, _, values, _ = curtain()
    with pytest.raises(ProcessingError, match="1 of 90 values"):
        krige(np.where(np.arange(values.size) == 7, np.nan, values))


def test_surface_out_of_reach_is_refused() -> None:
    with pytest.raises(ProcessingError, match=r"No cell of the surface has 80 samples within the variogram range"):
        krige(fit=variogram(ranges=(10.0, 5.0)), max_points=85, min_points=80)


@pytest.mark.parametrize("size", [1, 64, 65, 300])
@pytest.mark.parametrize("noise", [1e-8, 0.1])
def test_whitening_undoes_the_covariance(size: int, noise: float) -> None:
    points = np.random.default_rng(size).random((size, 2))
    distance = np.linalg.norm(points[:, None] - points[None, :], axis=-1)
    covariance = np.exp(-3.0 * distance) + noise * np.eye(size)
    whitening = whitening_of(covariance)
    assert not np.triu(whitening, 1).any()
    # points that nearly coincide make the condition number 1e5; rounding is 1e-16 of it
    np.testing.assert_allclose(whitening @ covariance @ whitening.T, np.eye(size), atol=1e-10)
