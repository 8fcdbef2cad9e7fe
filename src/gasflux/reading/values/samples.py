"""Records -> samples in time order: times sharper than the log wrote them, repeated times merged, short gaps closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.reading.values.aircraft_wind import components, speed_and_direction
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

MAX_GAP_S: Final = 10.0
"""Wind, temperature and pressure are interpolated across gaps up to this long: the integral time scale of the wind
near the ground is of that order, so a longer gap would be invented weather."""

_SPREAD_SHARE: Final = 0.8
_UNITS_US: Final = ((60_000_000, "minute"), (1_000_000, "second"))


@dataclass(frozen=True, eq=False)
class Samples:
    """Values of the canonical columns by record, all of length n."""

    time_us: IntArray
    """Microseconds since 1970."""
    rows: IntArray
    """Row of the file."""
    values: Mapping[str, FloatArray]
    """Canonical name or gas -> values in contract units, NaN where missing."""

    def take(self, index: IntArray | BoolArray) -> Samples:
        """Return the samples at `index`."""
        values = {name: column[index] for name, column in self.values.items()}
        return Samples(self.time_us[index], self.rows[index], values)

    @property
    def time_s(self) -> FloatArray:
        """Seconds since the first sample."""
        return np.asarray((self.time_us - self.time_us[0]) * 1e-6)


def sort_by_time(samples: Samples) -> Samples:
    """Return the samples in time order; equal times keep the order of the file."""
    if np.all(np.diff(samples.time_us) >= 0):
        return samples
    return samples.take(np.argsort(samples.time_us, kind="stable"))


def _runs(time_us: IntArray) -> IntArray:
    """Index of the first sample of each different time."""
    return np.flatnonzero(np.concatenate([[True], np.diff(time_us) != 0]))


def drop_copies(samples: Samples) -> Samples:
    """Return sorted samples without those that repeat the one before in every value: rows pasted twice."""
    same = np.diff(samples.time_us) == 0
    for column in samples.values.values():
        same &= (np.diff(column) == 0) | (np.isnan(column[1:]) & np.isnan(column[:-1]))
    return samples.take(np.concatenate([[True], ~same])) if same.any() else samples


def spread_times(samples: Samples) -> tuple[Samples, Phrase | None]:
    """Spread samples evenly where a fast log wrote whole seconds (or minutes) only.

    Done when most seconds hold the same number k >= 2 of samples, give or take one; otherwise equal times are repeats.

    Parameters
    ----------
    samples
        In time order.

    Returns
    -------
    samples, note
        The note is None when nothing was done.
    """
    starts = _runs(samples.time_us)
    counts = np.diff(np.append(starts, samples.time_us.size))
    inner = counts[1:-1] if counts.size > 2 else counts
    usual = int(np.median(inner))
    is_usual = np.abs(inner - usual) <= 1
    if usual < 2 or np.mean(is_usual & (inner > 1)) < _SPREAD_SHARE:
        return samples, None
    for unit_us, name in _UNITS_US:
        if np.all(samples.time_us % unit_us == 0):
            note = phrase(f"spread.{name}", usual=usual)
            return replace(samples, time_us=_spread(samples.time_us, starts, counts, usual, unit_us)), note
    return samples, None


def _spread(time_us: IntArray, starts: IntArray, counts: IntArray, usual: int, unit_us: int) -> IntArray:
    """Return times with the k samples of a unit placed at 0, 1/k, ... of it."""
    within = np.arange(time_us.size) - np.repeat(starts, counts)
    spacing = np.maximum(counts, 1)
    # The log began somewhere inside its first unit and ended somewhere inside its last one.
    spacing[0], spacing[-1] = max(usual, counts[0]), max(usual, counts[-1])
    within[: counts[0]] += spacing[0] - counts[0]
    return np.asarray(time_us + within * unit_us // np.repeat(spacing, counts))


def merge_repeated_times(samples: Samples) -> Samples:
    """Return samples with strictly increasing times: the mean of each run of equal times, the wind by vector.

    Parameters
    ----------
    samples
        In time order.
    """
    starts = _runs(samples.time_us)
    if starts.size == samples.time_us.size:
        return samples
    counts = np.diff(np.append(starts, samples.time_us.size))
    group = np.repeat(np.arange(starts.size), counts)
    merged = {name: _group_mean(column, group, starts.size) for name, column in samples.values.items()}
    merged.update(_group_wind(samples.values, group, counts > 1, merged))
    return Samples(samples.time_us[starts], samples.rows[starts], merged)


def _group_mean(column: FloatArray, group: IntArray, size: int) -> FloatArray:
    """Mean of the values of each group, NaN where it has none."""
    is_given = ~np.isnan(column)
    number = np.bincount(group, weights=is_given, minlength=size)
    total = np.bincount(group, weights=np.where(is_given, column, 0.0), minlength=size)
    return np.asarray(np.divide(total, number, out=np.full(size, np.nan), where=number > 0))


def _group_wind(
    values: Mapping[str, FloatArray], group: IntArray, is_merged: BoolArray, means: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Wind of the merged samples from the mean of its components; untouched samples keep their values to the bit."""
    if "winddir" not in values:
        return {}
    east, north = components(values["windspeed"], values["winddir"])
    mean_east, mean_north = (_group_mean(part, group, is_merged.size) for part in (east, north))
    speed, from_deg = speed_and_direction(mean_east, mean_north)
    return {
        "windspeed": np.where(is_merged, speed, means["windspeed"]),
        "winddir": np.where(is_merged, from_deg, means["winddir"]),
    }


def _gap_s(time_s: FloatArray, is_given: BoolArray) -> FloatArray:
    """Seconds between the given samples around each missing one, infinite at the ends."""
    places = np.flatnonzero(is_given)
    after = np.searchsorted(places, np.arange(time_s.size))
    gap = np.full(time_s.size, np.inf)
    inside = (after > 0) & (after < places.size) & ~is_given
    gap[inside] = time_s[places[after[inside]]] - time_s[places[after[inside] - 1]]
    return gap


def close_gaps(samples: Samples) -> tuple[Samples, dict[str, int]]:
    """Interpolate short gaps of wind, temperature and pressure linearly in time, the wind by its components.

    Parameters
    ----------
    samples
        With strictly increasing times.

    Returns
    -------
    samples
        Gaps longer than `MAX_GAP_S` stay NaN.
    filled
        ``wind``, ``temperature``, ``pressure`` -> number of samples interpolated, where any.
    """
    time_s = samples.time_s
    values = dict(samples.values)
    filled = {}
    for name in ("temperature", "pressure"):
        values[name], count = _close(time_s, values[name])
        filled[name] = count
    wind, filled["wind"] = _close_wind(time_s, values)
    values.update(wind)
    return replace(samples, values=values), {name: count for name, count in filled.items() if count}


def _short_gaps(time_s: FloatArray, is_given: BoolArray) -> BoolArray:
    """Tell which missing samples lie in a gap short enough to close."""
    return _gap_s(time_s, is_given) <= MAX_GAP_S if not is_given.all() else np.zeros(time_s.size, dtype=np.bool_)


def _close(time_s: FloatArray, column: FloatArray) -> tuple[FloatArray, int]:
    """Interpolate the short gaps of one column; return it and the number of samples filled."""
    is_given = ~np.isnan(column)
    short = _short_gaps(time_s, is_given)
    if not short.any():
        return column, 0
    closed = column.copy()
    closed[short] = np.interp(time_s[short], time_s[is_given], column[is_given])
    return closed, int(short.sum())


def _close_wind(time_s: FloatArray, values: Mapping[str, FloatArray]) -> tuple[dict[str, FloatArray], int]:
    """Interpolate the short gaps of the wind; a wind without direction column is a speed alone."""
    if "winddir" not in values:
        speed, count = _close(time_s, values["windspeed"])
        return {"windspeed": speed}, count
    east, north = components(values["windspeed"], values["winddir"])
    is_given = ~np.isnan(east)
    short = _short_gaps(time_s, is_given)
    parts = (
        [np.interp(time_s[short], time_s[is_given], part[is_given]) for part in (east, north)] if short.any() else []
    )
    speed, from_deg = values["windspeed"].copy(), values["winddir"].copy()
    if parts:
        speed[short], from_deg[short] = speed_and_direction(parts[0], parts[1])
    is_calm = (speed == 0.0) & np.isnan(from_deg)
    from_deg[is_calm] = 0.0
    # A speed without its direction is no wind, nor the reverse: both go, so that the sample counts as missing once.
    is_lost = np.isnan(speed) | np.isnan(from_deg)
    speed[is_lost], from_deg[is_lost] = np.nan, np.nan
    return {"windspeed": speed, "winddir": from_deg}, int(short.sum())
