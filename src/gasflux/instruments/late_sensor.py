"""A gas analyser whose delay nobody gave: told by the passes to and fro and by how slowly its reading falls, undone.

A reading of first order falls no faster than ``exp(-t / response)``, whatever the air does, and behind a plume, in
clean air, it falls just as fast: the steep ones of its falls tell the response. What of the delay is left then is lag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.instruments.delay import Delay, delay_between_passes
from gasflux.instruments.gas_response import Correction, undone
from gasflux.instruments.held_values import held_for_s
from gasflux.records import Background, FlightLog, FloatArray, Plane, Segment

_LEAST_S: Final = 2.0
"""A shorter delay moves a plume by less than it wanders between passes."""
_STEEP: Final = 0.75
"""Quantile of the falls that is taken for that of clean air: right to 15 % on simulated analysers of 5-10 s."""
_RESPONSE_ERROR: Final = 0.2
_LEAST_FALLS: Final = 6
_CLEAR: Final = 20.0
"""Noises a reading stands above the background at the start of a fall that counts."""
_STEP_S: Final = 1.0


def on_time(
    log: FlightLog, segments: Sequence[Segment], background: Mapping[str, Background], config: PipelineConfig
) -> FlightLog:
    """Return the log with every gas where it was, as far as the passes tell that it is late; else the same log.

    Parameters
    ----------
    log
        The flight; what ``sensor`` gives is undone already, and such a gas stays as it is. So does one whose values are
        held: they fall by steps.
    segments
        Its curtains; a spiral always turns the same way and tells nothing.
    background
        Of every gas.
    config
        ``sensor``.
    """
    gases, errors, delays = dict(log.gas_ppm), dict(log.gas_error_ppm), dict(log.delay_undone_s)
    for gas, values in background.items():
        is_left = config.sensor.of(gas).is_given or held_for_s(log.gas_ppm[gas], log.time_s) > 0.0
        correction = None if is_left else delay_seen(log, segments, values)
        if correction is not None:
            gases[gas], errors[gas] = undone(log.time_s, log.gas_ppm[gas], correction)
            delays[gas] = correction.response_s + correction.lag_s
    return replace(log, gas_ppm=gases, gas_error_ppm=errors, delay_undone_s=delays) if delays else log


def delay_seen(log: FlightLog, segments: Sequence[Segment], background: Background) -> Correction | None:
    """Return response and lag of a gas that is late for sure, None for one that is not.

    Parameters
    ----------
    log, segments
        The flight and its surfaces.
    background
        Of the gas.
    """
    shown, noise = background.enhancement_ppm, background.noise_ppm
    seen = _delay(log, segments, shown, noise)
    if seen is None or not seen.is_sure or seen.mean_s < _LEAST_S:
        return None
    response = response_of(log.time_s, shown, noise)
    sharp, _ = undone(log.time_s, shown, Correction(response, 0.0, 0.0, 0.0))
    left = _delay(log, segments, sharp, noise) or seen
    return Correction(response, left.mean_s, _RESPONSE_ERROR * response, left.std_s)


def response_of(time_s: FloatArray, enhancement_ppm: FloatArray, noise_ppm: float) -> float:
    """Return the time constant that the steep falls of a reading tell, s; 0 where there are none.

    Parameters
    ----------
    time_s, enhancement_ppm
        Of the log; NaN where the gas was not measured, shape (n,).
    noise_ppm
        Of a reading.
    """
    there = np.isfinite(enhancement_ppm)
    time, value = time_s[there], enhancement_ppm[there]
    step = max(round(_STEP_S / max(float(np.median(np.diff(time))), 1e-3)), 1) if time.size > 1 else 1
    before, after, apart = value[:-step], value[step:], time[step:] - time[:-step]
    falls = (before > _CLEAR * noise_ppm) & (after > 0.3 * _CLEAR * noise_ppm) & (after < before)
    falls &= apart < 2.5 * max(_STEP_S, float(np.median(apart)) if apart.size else 0.0)
    if int(falls.sum()) < _LEAST_FALLS:
        return 0.0
    return float(1.0 / np.quantile(np.log(before[falls] / after[falls]) / apart[falls], _STEEP))


def _delay(log: FlightLog, segments: Sequence[Segment], shown_ppm: FloatArray, noise_ppm: float) -> Delay | None:
    """Delay over all curtains, None where their passes tell none."""
    found = [delay for segment in segments if (delay := _delay_on(log, segment, shown_ppm, noise_ppm)) is not None]
    if not found:
        return None
    weight = np.array([max(delay.std_s, 1e-3) ** -2 for delay in found])
    mean = float(weight @ [delay.mean_s for delay in found] / weight.sum())
    return Delay(mean, float(weight.sum() ** -0.5))


def _delay_on(log: FlightLog, segment: Segment, shown_ppm: FloatArray, noise_ppm: float) -> Delay | None:
    """Delay that the passes of one curtain tell."""
    there = np.isfinite(shown_ppm[segment.rows])
    if not isinstance(segment.surface, Plane) or not there.any():
        return None
    rows = segment.rows[there]
    _, number = np.unique(segment.transect[there], return_inverse=True)
    return delay_between_passes(log.time_s[rows], segment.along_m[there], number, shown_ppm[rows], noise_ppm)
