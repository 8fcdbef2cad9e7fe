"""Where and when a flight was, small enough for a result: it tells the same moments again, in whatever file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.records import BoolArray, FlightLog, FloatArray, IntArray

MOMENT_S: Final = 10
"""Length of a moment: a cut log has several of each pass, and a rounded clock moves few samples to another."""
MOST_MOMENTS: Final = 256
"""43 minutes in full; of a longer flight every second, third ... moment of each quarter of an hour."""
_QUARTER_S: Final = 900
"""Time zones differ by multiples of it: moments are chosen, and compared, by their place in it."""
_PER_QUARTER: Final = _QUARTER_S // MOMENT_S
_STEP: Final = 37
"""No divisor in common with `_PER_QUARTER`: its multiples spread any number of moments evenly over the quarter."""
_MOST_QUARTERS: Final = 104
"""26 hours: clocks of the world do not differ by more."""

_SAME_PLACE_M: Final = 10.0
"""Positions written with four decimals differ by 8 m from the true ones; another aircraft keeps further away."""
_LEAST_SHARED: Final = 5
"""Fewer moments than this in one place may be chance."""
_MOST_OF: Final = 0.8
"""Share of the moments that must agree: a clock rounded elsewhere, or a gap, changes the others."""
_SAME_TIME_S: Final = 0.051
"""Samples whose times differ by no more are one row: times are kept with one decimal."""
_CHANCE: Final = 1e-3
"""That moments of two flights agree by chance must be rarer, else their values say nothing."""
_SAME_WIND: Final = 0.5
"""Share of the usual step from one moment to the next by which mean winds of one log may differ, written at another
rate; those of two flights differ by a whole step."""
_LEAST_MEANS: Final = 12
"""Fewer mean winds may agree by chance."""

_PLACE: Final = ("latitude", "longitude")
_NO_VALUES: Final = frozenset({*_PLACE, "after_s", "windspeed_mean"})
_DECIMALS: Final = 5
_DIGITS: Final = 6
_NOTHING: Final = "-"


@dataclass(frozen=True, eq=False)
class FlightTrace:
    """Time, place and some moments of a flight."""

    start: np.datetime64
    end: np.datetime64
    """Of the samples on curtains and spirals, as logged."""
    latitude_deg: float
    longitude_deg: float
    """Centre of these."""
    extent_m: float
    """Largest distance of one of them from the centre."""
    moment: IntArray
    """Numbers of the moments, counted from 1970, increasing, shape (k,)."""
    channels: Mapping[str, FloatArray]
    """``latitude``, ``longitude``, ``after_s`` (from the moment's begin to its first sample); gases and ``windspeed``
    of that sample, and ``windspeed_mean`` over the moment."""
    resolution: Mapping[str, float]
    """Of gases and ``windspeed``: the step in which the log has its values."""


def flight_trace(log: FlightLog, rows: IntArray) -> FlightTrace:
    """Return time, place and moments of a flight.

    Parameters
    ----------
    log
        The flight.
    rows
        Its samples on curtains and spirals, shape (m,), which say when and where it measured.
    """
    latitude, longitude = log.latitude_deg[rows], _unrolled(log.longitude_deg)[rows]
    north, east = float(latitude.mean()), float(longitude.mean())
    moment, channels, resolution = _moments(log)
    return FlightTrace(
        start=_moment_of(log, float(log.time_s[rows].min())),
        end=_moment_of(log, float(log.time_s[rows].max())),
        latitude_deg=north,
        longitude_deg=east,
        extent_m=float(_distance_m(latitude, longitude, north, east).max()),
        moment=moment,
        channels=channels,
        resolution=resolution,
    )


def _moment_of(log: FlightLog, time_s: float) -> np.datetime64:
    """Return a time of the log."""
    moment: np.datetime64 = log.start_utc.astype("datetime64[ms]") + np.timedelta64(round(1000.0 * time_s), "ms")
    return moment


def _unrolled(longitude_deg: FloatArray) -> FloatArray:
    """Longitudes without a jump where the flight crosses 180 degrees."""
    first = longitude_deg[0]
    unrolled: FloatArray = first + (longitude_deg - first + 180.0) % 360.0 - 180.0
    return unrolled


def _moments(log: FlightLog) -> tuple[IntArray, dict[str, FloatArray], dict[str, float]]:
    """Moments that the samples fill from end to end, their values, and the resolution of these."""
    second = log.start_utc.astype("datetime64[ms]").astype(np.int64) / 1000.0 + log.time_s
    number = np.floor(second / MOMENT_S).astype(np.int64)
    first = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    last = np.append(first[1:], number.size) - 1
    # A moment is seen in full when no more than a sample or two are missing at its rims.
    step = max(1.5 / log.sample_hz, 1.0) if log.size > 1 else 1.0
    begin = number[first] * MOMENT_S
    is_full = (second[first] - begin <= step) & (begin + MOMENT_S - second[last] <= step)
    first, begin, size = first[is_full], begin[is_full], (last - first + 1)[is_full]
    chosen = _chosen(number[first])
    first, size, middle = first[chosen], size[chosen], begin[chosen] + 0.5 * MOMENT_S
    values = {**log.gas_ppm, "windspeed": log.wind_speed_m_s}
    channels = {
        "after_s": second[first] % MOMENT_S,
        "latitude": np.interp(middle, second, log.latitude_deg),
        "longitude": np.interp(middle, second, _unrolled(log.longitude_deg)),
        **{name: column[first] for name, column in values.items()},
        "windspeed_mean": _means(log.wind_speed_m_s, first, size),
    }
    return number[first], channels, {name: _resolution(column) for name, column in values.items()}


def _resolution(values: FloatArray) -> float:
    """Step of written numbers: the least of the gaps between them, some of which only rounding makes."""
    known = np.unique(values[np.isfinite(values)])
    gaps = np.diff(known)
    gaps = gaps[gaps > 1e-6 * np.abs(known).max(initial=0.0)]
    return float(np.quantile(gaps, 0.1)) if gaps.size else 0.0


def _means(values: FloatArray, first: IntArray, size: IntArray) -> FloatArray:
    """Mean of the measured samples of each moment, NaN where there is none."""
    is_measured = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(is_measured, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(is_measured)])
    count = counts[first + size] - counts[first]
    return np.where(count > 0, (sums[first + size] - sums[first]) / np.maximum(count, 1), np.nan)


def _chosen(moment: IntArray) -> BoolArray:
    """Which moments are kept: of two flights that share a moment both keep it, or the one with more of them does."""
    turn = moment % _PER_QUARTER * _STEP % _PER_QUARTER
    counts = np.cumsum(np.bincount(turn, minlength=_PER_QUARTER))
    kept: BoolArray = turn <= int(np.searchsorted(counts, MOST_MOMENTS, side="right")) - 1
    return kept


def trace_vars(trace: FlightTrace) -> dict[str, Any]:
    """Return a trace as ``output_vars.json`` has it: a column of moments is one text, numbers with blanks between."""
    return {
        "start": str(trace.start),
        "end": str(trace.end),
        "latitude": round(trace.latitude_deg, _DECIMALS),
        "longitude": round((trace.longitude_deg + 180.0) % 360.0 - 180.0, _DECIMALS),
        "extent_m": round(trace.extent_m, 1),
        "moment_s": MOMENT_S,
        "moments": {
            "number": " ".join(map(str, trace.moment.tolist())),
            **{name: " ".join(_texts(name, values)) for name, values in trace.channels.items()},
        },
        "resolution": {name: float(f"{step:.3g}") for name, step in trace.resolution.items()},
    }


def _texts(name: str, values: FloatArray) -> list[str]:
    """Write values with as many digits as telling them apart takes."""
    form = f".{_DECIMALS}f" if name in _PLACE else ".1f" if name == "after_s" else f".{_DIGITS}g"
    return [f"{value:{form}}" if np.isfinite(value) else _NOTHING for value in values.tolist()]


def read_trace(document: Mapping[str, Any]) -> FlightTrace | None:
    """Return the trace of a result, None where it has none or one that is not understood: older versions wrote none.

    Parameters
    ----------
    document
        Content of ``output_vars.json``.
    """
    try:
        found = document["trace"]
        columns = {name: _numbers(text) for name, text in found["moments"].items() if name != "number"}
        moment = np.array(found["moments"]["number"].split(), dtype=np.int64)
        north, east, extent = (float(found[name]) for name in ("latitude", "longitude", "extent_m"))
        ends = [np.datetime64(str(found[name]), "ms") for name in ("start", "end")]
        resolution = {name: abs(float(step)) for name, step in found["resolution"].items()}
        shapes = {values.shape for values in columns.values()} | {moment.shape}
        is_known = found["moment_s"] == MOMENT_S and columns.keys() >= _NO_VALUES and len(shapes) == 1
        is_sound = bool(np.isfinite([north, east, extent]).all() and (np.diff(moment) > 0).all())
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    if not (is_known and is_sound) or np.isnat(ends).any():
        return None
    return FlightTrace(ends[0], ends[1], north, east, extent, moment, columns, resolution)


def _numbers(text: str) -> FloatArray:
    """Read a column of moments."""
    return np.array([np.nan if word == _NOTHING else float(word) for word in text.split(" ") if word])


def distance_m(one: FlightTrace, other: FlightTrace) -> float:
    """Return how far the centres of two flights are apart."""
    there = np.array([other.latitude_deg]), np.array([other.longitude_deg])
    return float(_distance_m(*there, one.latitude_deg, one.longitude_deg)[0])


def _distance_m(latitude: FloatArray, longitude: FloatArray, from_latitude: float, from_longitude: float) -> FloatArray:
    """Distance from a place, on a sphere that is flat for some kilometres and not too wrong beyond."""
    east = (longitude - from_longitude + 180.0) % 360.0 - 180.0
    middle = np.radians(0.5 * (latitude + from_latitude))
    distance: FloatArray = METRES_PER_DEGREE * np.hypot(latitude - from_latitude, east * np.cos(middle))
    return distance


def is_simultaneous(one: FlightTrace, other: FlightTrace) -> bool:
    """Tell whether two flights measured at the same time by their clocks."""
    return bool(one.start < other.end and other.start < one.end)


def shares_moments(one: FlightTrace, other: FlightTrace) -> bool:
    """Tell whether two flights hold moments of one log: cut from it, or written again in other digits, units or zone.

    Their clocks may differ by any multiple of a quarter of an hour up to 26 hours. Moments are the same when the
    aircraft is in one place at them and a gas, or the wind speed, has one value: two aircraft are not in one place at a
    time, and two flights of one programmed path, which may be, have their own gusts and noise.

    Parameters
    ----------
    one, other
        Traces of `flight_trace`.
    """
    if not one.moment.size or not other.moment.size:
        return False
    earliest = (int(other.moment[0]) - int(one.moment[-1])) // _PER_QUARTER
    latest = -((int(one.moment[0]) - int(other.moment[-1])) // _PER_QUARTER)
    quarters = range(max(earliest, -_MOST_QUARTERS), min(latest, _MOST_QUARTERS) + 1)
    return any(_is_shared(one, other, quarter) for quarter in quarters)


def _is_shared(one: FlightTrace, other: FlightTrace, quarters: int) -> bool:
    """Tell whether moments are the same when one clock is moved by some quarters of an hour."""
    _, here, there = np.intersect1d(one.moment + quarters * _PER_QUARTER, other.moment, return_indices=True)
    if here.size < _LEAST_SHARED:
        return False
    apart = np.hypot(*(_metres(one, other, name, here, there) for name in _PLACE))
    if np.mean(apart <= _SAME_PLACE_M) < _MOST_OF:
        return False
    verdicts = [_is_same_rows(one, other, name, here, there) for name in one.channels.keys() - _NO_VALUES]
    told = [verdict for verdict in (*verdicts, _is_same_wind(one, other, here, there)) if verdict is not None]
    return any(told) if told else quarters == 0


def _metres(one: FlightTrace, other: FlightTrace, name: str, here: IntArray, there: IntArray) -> FloatArray:
    """Difference of a coordinate at common moments, m."""
    difference = one.channels[name][here] - other.channels[name][there]
    if name == "longitude":
        difference = ((difference + 180.0) % 360.0 - 180.0) * np.cos(np.radians(one.latitude_deg))
    metres: FloatArray = METRES_PER_DEGREE * difference
    return metres


def _is_same_rows(one: FlightTrace, other: FlightTrace, name: str, here: IntArray, there: IntArray) -> bool | None:
    """Tell whether samples of one time have one value; None where a log lacks it, or chance would do that as well."""
    steps = [trace.resolution.get(name) for trace in (one, other)]
    if name not in other.channels or steps[0] is None or steps[1] is None:
        return None
    is_one_time = np.abs(one.channels["after_s"][here] - other.channels["after_s"][there]) <= _SAME_TIME_S
    ours, theirs = one.channels[name][here][is_one_time], other.channels[name][there][is_one_time]
    is_measured = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[is_measured], theirs[is_measured]
    if ours.size < _LEAST_SHARED:
        return None
    # A step, because some programs cut digits off and do not round; the traces' own digits.
    allowed = steps[0] + steps[1] + 10.0 ** (1 - _DIGITS) * np.abs(ours)
    is_same = np.abs(ours[:, np.newaxis] - theirs) <= allowed[:, np.newaxis]
    share, by_chance = float(np.mean(np.diag(is_same))), float(np.mean(is_same[~np.eye(ours.size, dtype=bool)]))
    return share >= _MOST_OF if by_chance ** (_MOST_OF * ours.size) < _CHANCE else None


def _is_same_wind(one: FlightTrace, other: FlightTrace, here: IntArray, there: IntArray) -> bool | None:
    """Tell whether the mean wind of common moments is the same; None where it is too still, or too rarely there."""
    ours, theirs = (trace.channels["windspeed_mean"] for trace in (one, other))
    step = max(float(np.median(np.abs(np.diff(values)))) for values in (ours, theirs))
    if here.size < _LEAST_MEANS or step == 0.0:
        return None
    return bool(np.mean(np.abs(ours[here] - theirs[there]) <= _SAME_WIND * step) >= _MOST_OF)
