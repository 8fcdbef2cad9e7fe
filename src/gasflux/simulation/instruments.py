"""What a gas analyser makes of the air at its inlet: it is late, and it is slow."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.signal import lfilter

from gasflux.records import FloatArray

FINE_STEP_S: Final = 0.25
"""The air at the inlet is followed in such steps; an analyser is taken as linear in between."""


def fine_times_s(last_s: float, lag_s: float) -> FloatArray:
    """Return the times at which the air at the inlet is followed, from the start of a log to beyond its end."""
    return np.asarray(FINE_STEP_S * np.arange(int(np.ceil((last_s + max(-lag_s, 0.0)) / FINE_STEP_S)) + 2))


def analyser_reading(
    fine_s: FloatArray, inlet: FloatArray, time_s: FloatArray, response_s: float, lag_s: float
) -> FloatArray:
    """Return what an analyser shows of a signal at its inlet.

    Response of first order, ``dy/dt = (x - y) / response``, exact for an input linear between steps, after a delay.
    The air is followed in steps of its own, so that a log at another rate shows the same.

    Parameters
    ----------
    fine_s, inlet
        Times of `fine_times_s` and the signal then, shape (k,).
    time_s
        Times of the log, s, ascending, shape (n,).
    response_s
        Time constant; 0 is none.
    lag_s
        Delay; negative when the analyser's clock is behind.
    """
    return np.interp(time_s - lag_s, fine_s, slowed(inlet, FINE_STEP_S, response_s))


def slowed(signal: FloatArray, step_s: float, response_s: float) -> FloatArray:
    """Return a signal after a response of first order that begins settled.

    Parameters
    ----------
    signal
        Values at even steps, shape (n,).
    step_s
        Their distance.
    response_s
        Time constant; 0 is none.
    """
    if response_s == 0.0:
        return signal
    ratio = step_s / response_s
    memory = np.exp(-ratio)
    # Exact for a straight line between two values (ramp-invariant discretisation).
    mean = (1.0 - memory) / ratio
    filtered, _ = lfilter([1.0 - mean, mean - memory], [1.0, -memory], signal, zi=[signal[0] * mean])
    return np.asarray(filtered)
