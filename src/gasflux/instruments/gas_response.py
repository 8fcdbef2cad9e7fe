"""A gas analyser that is late and slow: what was at the inlet, from what it logged, and how well that is known.

The air reaches the analyser after a lag and the reading follows it by ``dy/dt = (x - y) / response``, a response of
first order. A slow reading is smeared along the flight, which carries a plume's edge into air of another wind; its area
stays. Undone by ``x = y + response dy/dt`` with the slope of a straight line through a short window, which keeps the
noise bounded: at 1 Hz it grows by about response / window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig, SensorResponse
from gasflux.records import FlightLog, FloatArray

_WINDOW: Final = 0.5
"""Half window of the slope over the response: a line through as much is right to a few percent of a smooth signal."""
_GIVEN_ERROR: Final = (0.2, 0.1)
"""Relative one of a response that was given, and of a lag; at least a fifth of a sample for the lag."""
_SHORTEST: Final = 2
"""Samples to either side of a slope at least."""


@dataclass(frozen=True)
class Correction:
    """What was undone of one gas."""

    response_s: float
    lag_s: float
    response_error_s: float
    lag_error_s: float


def at_the_inlet(log: FlightLog, config: PipelineConfig) -> FlightLog:
    """Return the log with the gases that were at the inlet at each sample.

    `FlightLog.gas_error_ppm` holds, for each gas corrected, the change of each sample for one standard deviation of the
    response and of the lag, shape (2, n). Nothing is changed without ``sensor`` settings.

    Parameters
    ----------
    log
        The flight.
    config
        ``sensor`` decides, for all gases or by gas.
    """
    corrected: dict[str, FloatArray] = dict(log.gas_ppm)
    errors: dict[str, FloatArray] = {}
    for gas, values in log.gas_ppm.items():
        settings = config.sensor.of(gas)
        if settings.response_s == 0.0 and settings.lag_s == 0.0:
            continue
        correction = _correction(settings, 1.0 / log.sample_hz)
        corrected[gas], errors[gas] = undone(log.time_s, values, correction)
    return replace(log, gas_ppm=corrected, gas_error_ppm=errors) if errors else log


def _correction(settings: SensorResponse, step_s: float) -> Correction:
    """Return what is undone, with its error."""
    response_error, lag_error = _GIVEN_ERROR
    return Correction(
        settings.response_s,
        settings.lag_s,
        response_error * settings.response_s,
        max(lag_error * abs(settings.lag_s), 0.2 * step_s),
    )


def undone(time_s: FloatArray, values: FloatArray, correction: Correction) -> tuple[FloatArray, FloatArray]:
    """Return the signal at the inlet and its change per standard deviation of response and lag.

    Parameters
    ----------
    time_s
        Times of the log, shape (n,), ascending.
    values
        What the analyser showed, shape (n,); NaN where nothing.
    correction
        Response and lag with their errors.

    Returns
    -------
    inlet, change
        Shape (n,) and (2, n).
    """
    there = np.isfinite(values)
    if int(there.sum()) < 2 * _SHORTEST + 1:
        return values, np.zeros((2, values.size))
    time = time_s[there]
    slope = slope_of(time, values[there], _WINDOW * correction.response_s)
    inlet = values[there] + correction.response_s * slope
    # The sample at t shows the air of t - lag: what is at t is in the sample logged a lag later.
    back = time_s[there] + correction.lag_s
    moved, steep = (np.interp(back, time, series) for series in (inlet, slope))
    changes = np.stack([correction.response_error_s * steep, correction.lag_error_s * np.gradient(moved, time)])
    found, error = np.full(values.size, np.nan), np.zeros((2, values.size))
    found[there], error[:, there] = moved, changes
    return found, error


def slope_of(time_s: FloatArray, values: FloatArray, half_window_s: float) -> FloatArray:
    """Return the slope of the least-squares line through the samples about each sample, shape (n,).

    Parameters
    ----------
    time_s
        Ascending times, shape (n,).
    values
        Finite values, shape (n,).
    half_window_s
        Reach to either side; at least two samples.
    """
    index = np.arange(time_s.size)
    first = np.minimum(np.searchsorted(time_s, time_s - half_window_s - 1e-9), np.maximum(index - _SHORTEST, 0))
    last = np.searchsorted(time_s, time_s + half_window_s + 1e-9)
    last = np.maximum(last, np.minimum(index + _SHORTEST + 1, time_s.size))
    time, value = time_s - time_s.mean(), values - values.mean()
    sums = {name: _running(series) for name, series in _products(time, value).items()}
    count, t, v, tt, tv = (sums[name][last] - sums[name][first] for name in ("n", "t", "v", "tt", "tv"))
    spread = tt - t**2 / count
    return np.asarray((tv - t * v / count) / np.maximum(spread, 1e-300))


def _products(time: FloatArray, value: FloatArray) -> Mapping[str, FloatArray]:
    """Return what a line's normal equations sum up."""
    return {"n": np.ones_like(time), "t": time, "v": value, "tt": time**2, "tv": time * value}


def _running(series: FloatArray) -> FloatArray:
    """Return running sums, one longer than the series."""
    return np.concatenate([[0.0], np.cumsum(series)])
