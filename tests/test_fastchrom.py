"""Our FastChrom marks the same background as pybaselines'."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pybaselines import Baseline
from pybaselines.utils import ParameterWarning

from gasflux.baselines.algorithms import fastchrom_threshold
from gasflux.baselines.fastchrom import fastchrom_mask, rolling_std


def series(seed: int) -> np.ndarray:
    """Noise on a drift with up to six peaks, some of them negative, some on the edge."""
    rng = np.random.default_rng(seed)
    x = np.arange(int(rng.integers(30, 900)), dtype=np.float64)
    values = 2.0 + rng.normal(0.0, 3e-4) * x + rng.normal(0.0, 0.01, x.size)
    for _ in range(int(rng.integers(0, 7))):
        width, centre = rng.uniform(2.0, 40.0), rng.uniform(-10.0, x.size + 10.0)
        values += rng.normal(0.0, 0.3) * np.exp(-0.5 * ((x - centre) / width) ** 2)
    return np.asarray(values)


@pytest.mark.parametrize("half_window", [2, 5, 12])
@pytest.mark.parametrize("num_std", [1.0, 2.0, 4.0])
def test_mask_is_that_of_pybaselines(half_window: int, num_std: float) -> None:
    threshold = fastchrom_threshold(num_std, half_window)
    for seed in range(60):
        values = series(seed)
        values.setflags(write=False)
        with warnings.catch_warnings():
            # pybaselines says so when all or nothing is a peak
            warnings.simplefilter("ignore", ParameterWarning)
            _, wanted = Baseline(np.arange(values.size)).fastchrom(values, half_window, threshold)
        found = fastchrom_mask(values, half_window, threshold)
        np.testing.assert_array_equal(found, wanted["mask"], err_msg=f"seed {seed}")


def test_threshold_is_in_units_of_the_noise() -> None:
    values = np.random.default_rng(1).normal(0.0, 0.02, 20_000)
    # the low quantile of 4,000 independent windows
    assert fastchrom_threshold(3.0, 5)(rolling_std(values, 5)) == pytest.approx(0.06, rel=0.03)
