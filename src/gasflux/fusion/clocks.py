"""The clock of each file against that of the file with the positions, by whatever the files share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.fusion.instrument_log import HEIGHTS, PLACE_NAMES, WIND, ClockOffset, InstrumentLog
from gasflux.fusion.plume_passes import Flown, plume_offset
from gasflux.fusion.shared_series import Series, SeriesOffset, offset_between
from gasflux.records import FloatArray, OffsetSource

_REACH_S: Final = 600.0
"""Clocks set by hand are minutes off."""
_PLUME_REACH_S: Final = 300.0
_LAG_REACH_S: Final = 30.0
"""Longest time from an inlet to an analyser that is looked for."""
_ZONE_S: Final = 900.0
_ZONES: Final = 56
"""Zones are whole quarters of an hour apart, up to 14 hours."""
_ENOUGH: Final = 0.5
"""Share of the shorter record that must overlap for spans to be told to belong together."""
_GIVEN_STD_S: Final = 0.5
"""Of an offset that somebody typed in: clocks are compared to the second."""
_AGREE: Final = 3.0
"""Standard errors by which two findings may differ and still be of one thing."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A file whose clock is known, its times by the reference's clock."""

    log: InstrumentLog
    time_s: FloatArray


@dataclass(frozen=True)
class Analyser:
    """What is known of the gas analyser beforehand."""

    lag_s: float | None
    """From inlet to analyser; None where nobody says."""
    response_s: float


@dataclass(frozen=True)
class GasClock:
    """The clock of a gas log, and the lag found beside it."""

    clock: ClockOffset
    lag_s: float
    lag_std_s: float


def flown_path(placed: Placed) -> Flown:
    """Return the path of a file with positions in metres about its middle."""
    log = placed.log
    height = log.values[log.height] if log.height else np.zeros(placed.time_s.size)
    latitude, longitude = (log.values[name] for name in PLACE_NAMES)
    there = np.isfinite(latitude) & np.isfinite(longitude) & np.isfinite(height)
    middle = float(np.median(latitude[there]))
    east = (longitude[there] - longitude[there][0] + 180.0) % 360.0 - 180.0
    scale = METRES_PER_DEGREE
    x = scale * np.cos(np.radians(middle)) * (east - np.median(east))
    return Flown(placed.time_s[there], x, scale * (latitude[there] - middle), height[there])


def zones_s(reference: InstrumentLog, other: InstrumentLog) -> FloatArray:
    """Return the offsets that whole zones could make so that two records overlap, the likeliest first; none if none.

    Parameters
    ----------
    reference, other
        The file whose clock counts, and the one whose clock is asked about.
    """
    starts = (reference.time_us[0] * 1e-6, other.time_us[0] * 1e-6)
    ends = (reference.time_us[-1] * 1e-6, other.time_us[-1] * 1e-6)
    shortest = max(min(ends[0] - starts[0], ends[1] - starts[1]), 1e-6)

    def overlap(shift: float) -> float:
        return float(min(ends[0], ends[1] - shift) - max(starts[0], starts[1] - shift)) / float(shortest)

    if overlap(0.0) >= _ENOUGH:
        return np.array([0.0])
    shifts = [_ZONE_S * k for k in range(-_ZONES, _ZONES + 1) if overlap(_ZONE_S * k) >= _ENOUGH]
    if shifts:
        # Whole hours before halves and quarters, then what overlaps most, then the least shift.
        return np.array(sorted(shifts, key=lambda s: (s % 3600.0 != 0.0, -round(overlap(s), 1), abs(s))))
    near = max(starts[0] - ends[1], starts[1] - ends[0]) < _REACH_S
    return np.array([0.0]) if near else np.array([])


def given_offset(seconds: float) -> ClockOffset:
    """Return the offset that the settings give."""
    return ClockOffset(seconds, _GIVEN_STD_S, "given")


def clock_offset(log: InstrumentLog, placed: Sequence[Placed], origin_us: int, around_s: FloatArray) -> ClockOffset:
    """Return the offset of a clock as the best of what a file shares with those already placed tells it.

    Parameters
    ----------
    log
        The file.
    placed
        Files whose clocks are known, the reference among them.
    origin_us
        Where seconds count from.
    around_s
        Offsets about which to look, from `zones_s`.
    """
    time_s = log.time_s(origin_us)
    found = [
        (how, offset)
        for other in placed
        for how, known, seen in _shared(log, time_s, other)
        if (offset := offset_between(known, seen, around_s, _REACH_S)) is not None
    ]
    if not found:
        return ClockOffset(float(around_s[0]), None, "assumed")
    how, best = min(found, key=lambda pair: pair[1].std_s)
    return _as_clock(best, how)


def _as_clock(found: SeriesOffset, how: OffsetSource) -> ClockOffset:
    """Return a finding as the clock's offset."""
    return ClockOffset(found.offset_s, found.std_s, how, found.drift_s_h, found.middle_s)


def gas_clock(log: InstrumentLog, path: Flown, clock: ClockOffset, analyser: Analyser, origin_us: int) -> GasClock:
    """Return the clock of a gas log, and its lag, with what the plume tells beside what else is known.

    A known lag lets the plume tell the clock; a known clock lets it tell the lag; with neither known, the sum is the
    offset.

    Parameters
    ----------
    log
        A file with gases and no position.
    path
        Where the aircraft was, by the reference's clock.
    clock
        What else tells the offset, with ``std_s`` None where nothing does.
    analyser
        Lag and response, as far as they are known.
    origin_us
        Where seconds count from.
    """
    lag = analyser.lag_s or 0.0
    known = clock.std_s is not None
    gas = max(log.gases, key=lambda name: _signal(log.values[name]))
    there = log.given(gas)
    time_s = clock.corrected(log.time_s(origin_us)[there])
    reach = _LAG_REACH_S if known else _PLUME_REACH_S
    plume = plume_offset(path, time_s, log.values[gas][there], analyser.response_s, reach)
    if plume is None:
        return GasClock(clock, lag, 0.0)
    if not known:
        offset = clock.offset_s + plume.offset_s - lag
        return GasClock(ClockOffset(offset, plume.std_s, "plume"), lag, 0.0)
    if analyser.lag_s is None and plume.offset_s > _AGREE * plume.std_s:
        return GasClock(clock, plume.offset_s, plume.std_s)
    return GasClock(clock, lag, 0.0)


def _signal(values: FloatArray) -> float:
    """Return how far the peaks of a gas stand above its noise."""
    given = values[np.isfinite(values)]
    if given.size < 3:
        return 0.0
    noise = float(np.median(np.abs(np.diff(given)))) + 1e-12
    return float(np.quantile(given, 0.99) - np.median(given)) / noise


def _shared(log: InstrumentLog, time_s: FloatArray, other: Placed) -> Iterator[tuple[OffsetSource, Series, Series]]:
    """Yield what a file and one already placed both know: how, what explains, what is explained."""
    known, known_s = other.log.values, other.time_s
    if log.has("pressure"):
        seen = {"p": np.log(np.maximum(log.values["pressure"], 1.0))}
        if other.log.has("pressure"):
            yield from _pair("pressure", known_s, {"p": np.log(np.maximum(known["pressure"], 1.0))}, time_s, seen)
        if other.log.height is not None:
            yield from _pair("pressure", known_s, {"z": known[other.log.height]}, time_s, seen)
    yield from _same(log, time_s, other)
    if log.has(*WIND) and other.log.has(*PLACE_NAMES):
        path = flown_path(other)
        east, north = path.velocity
        wind = _components(log.values)
        yield from _pair("motion", path.time_s, {"x": east, "y": north}, time_s, wind)
    if log.has("apparent_speed") and other.log.has(*PLACE_NAMES):
        path = flown_path(other)
        speed = {"v": np.hypot(*path.velocity)}
        yield from _pair("motion", path.time_s, speed, time_s, {"v": log.values["apparent_speed"]})


def _same(log: InstrumentLog, time_s: FloatArray, other: Placed) -> Iterator[tuple[OffsetSource, Series, Series]]:
    """Yield the quantities that both files have: wind, temperature, height, gases."""
    known, known_s = other.log.values, other.time_s
    if log.has(*WIND) and other.log.has(*WIND):
        yield from _pair("same_quantity", known_s, _components(known), time_s, _components(log.values))
    names = ("temperature", *HEIGHTS, *log.gases)
    for name in names:
        if name in log.values and name in known:
            yield from _pair("same_quantity", known_s, {name: known[name]}, time_s, {name: log.values[name]})


def _components(values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the wind's components towards east and north."""
    angle = np.radians(values["winddir"])
    return {"east": -values["windspeed"] * np.sin(angle), "north": -values["windspeed"] * np.cos(angle)}


def _pair(
    how: OffsetSource,
    known_s: FloatArray,
    known: Mapping[str, FloatArray],
    seen_s: FloatArray,
    seen: Mapping[str, FloatArray],
) -> Iterator[tuple[OffsetSource, Series, Series]]:
    """Yield two series where both have values that change."""
    series = []
    for time_s, values in ((known_s, known), (seen_s, seen)):
        table = np.array(list(values.values()))
        there = np.isfinite(table).all(axis=0)
        if int(there.sum()) < 2 or not np.all(np.ptp(table[:, there], axis=1) > 0.0):
            return
        series.append(Series(time_s[there], table[:, there]))
    yield how, series[0], series[1]
