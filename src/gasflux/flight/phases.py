"""What was flown: take-off, ferry, turn, transect, landing, and the surfaces that the transects make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from gasflux.configuration.pipeline_config import Filters, TimeWindow
from gasflux.flight.grouping import Group, find_groups, window_group
from gasflux.flight.motion import Motion, motion_of, nearest
from gasflux.flight.phase_model import predict_phases
from gasflux.records import BoolArray, FloatArray, IntArray, Phase, Strategy, Track

_GROUND_SHARE: Final = 0.25
"""A log that begins in the lowest quarter of its heights may begin with a take-off."""
_LEAST_CLIMB_M: Final = 1.5
_LEVEL_M_S: Final = 0.3
"""Slower than this up or down is level flight, given noise of the height."""
_SAME_MOMENT_S: Final = 1e-3
"""Loggers write milliseconds."""


@dataclass(frozen=True, eq=False)
class FlownPasses:
    """What was flown: the phase of every sample, and the surfaces that the passes among them make."""

    phase: IntArray
    """`Phase` of each sample, shape (n,)."""
    window: IntArray
    """Number of the time window of each sample (see `window_numbers`), shape (n,)."""
    motion: Motion
    groups: tuple[Group, ...]
    """In time order; empty when nothing was flown that makes a curtain or a spiral."""


def find_passes(
    track: Track,
    time_s: FloatArray,
    filters: Filters,
    strategy: Strategy | Literal["auto"],
    start_utc: np.datetime64,
) -> FlownPasses:
    """Tell what the aircraft is doing at each sample, and which passes lie on one surface.

    A transect is a sustained straight run that lies on a curtain with others, or an arc of a spiral (see
    `gasflux.flight.grouping`); what lies between the transects of one surface is turn; take-off is the first climb
    from near the ground, landing the last descent; the rest is ferry. Everything is decided on a grid of seconds, so
    the rate of the log does not matter.

    Parameters
    ----------
    track
        Path, shape (n,).
    time_s
        Times, strictly increasing, shape (n,).
    filters
        Time windows and exclusions; with ``phase: none`` every sample left is a transect, with ``phase: ml`` the
        trained classifier tells transects and the surfaces are looked for among them.
    strategy
        What kind of surface to look for.
    start_utc
        Time of the first sample, to which the windows refer.
    """
    window, motion = window_numbers(time_s, start_utc, filters), motion_of(track, time_s)
    nearest_sample = nearest(time_s, motion.time_s)
    given = _given_phase(track, time_s, window, filters)
    if given is not None:
        # What is a transit and no pass has been decided already.
        looked_for = np.where(given == Phase.TRANSECT, window, -1)[nearest_sample]
        groups = _surface_groups(motion, looked_for, filters, strategy, trim=False)
        return FlownPasses(given, window, motion, tuple(groups))
    groups = _surface_groups(motion, window[nearest_sample], filters, strategy, trim=True)
    phase = np.where(window >= 0, _painted(motion, groups, time_s), Phase.EXCLUDED).astype(np.int64)
    on_pass = phase[nearest_sample] == Phase.TRANSECT
    return FlownPasses(phase, window, motion, tuple(group.measured_on(motion, on_pass) for group in groups))


def _given_phase(track: Track, time_s: FloatArray, window: IntArray, filters: Filters) -> IntArray | None:
    """Phases that are known before surfaces are looked for; None when the surfaces decide."""
    if filters.phase == "rules":
        return None
    known = predict_phases(track, time_s) if filters.phase == "ml" else np.full(window.size, Phase.TRANSECT)
    return np.where(window >= 0, known, Phase.EXCLUDED).astype(np.int64)


def window_numbers(time_s: FloatArray, start_utc: np.datetime64, filters: Filters) -> IntArray:
    """Return the number of the time window of each sample, -1 where it does not count, shape (n,).

    Without windows all samples have number 0. Ends are included; a time without zone is the clock of the log.

    Parameters
    ----------
    time_s
        Seconds since the start of the log, shape (n,).
    start_utc
        That start.
    filters
        Their `time_windows` and `exclude` decide.
    """
    number = np.full(time_s.size, -1 if filters.time_windows else 0, dtype=np.int64)
    for index, window in reversed(list(enumerate(filters.time_windows))):
        number[_within(time_s, start_utc, window)] = index
    for window in filters.exclude:
        number[_within(time_s, start_utc, window)] = -1
    return number


def _within(time_s: FloatArray, start_utc: np.datetime64, window: TimeWindow) -> BoolArray:
    """Where samples lie in a window."""
    start, end = (_seconds_since(start_utc, moment) for moment in (window.start, window.end))
    inside: BoolArray = (time_s >= start - _SAME_MOMENT_S) & (time_s <= end + _SAME_MOMENT_S)
    return inside


def _seconds_since(start_utc: np.datetime64, moment: datetime) -> float:
    """Seconds from the start of the log to a moment."""
    plain = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return float((np.datetime64(plain, "us") - start_utc.astype("datetime64[us]")) / np.timedelta64(1, "s"))


def _surface_groups(
    motion: Motion, window: IntArray, filters: Filters, strategy: Strategy | Literal["auto"], trim: bool
) -> list[Group]:
    """Surfaces of a flight in time order: those found, or one for each time window or for ``phase: none``."""
    if not filters.time_windows and filters.phase != "none":
        return find_groups(motion, window >= 0, strategy, trim)
    found = (
        window_group(motion, window == number, strategy, trim) for number in range(int(window.max(initial=-1)) + 1)
    )
    groups = [group for group in found if group is not None]
    return sorted(groups, key=lambda group: int(group.runs.first[0]))


def _painted(motion: Motion, groups: list[Group], time_s: FloatArray) -> IntArray:
    """Phases of the samples, painted one over the other."""
    phase = np.full(time_s.size, Phase.FERRY, dtype=np.int64)
    for group in groups:
        spans = group.spans_s(motion)
        _paint(phase, time_s, spans[0, 0], spans[-1, 1], Phase.TURN)
    for group in groups:
        for start, end in group.spans_s(motion):
            _paint(phase, time_s, start, end, Phase.TRANSECT)
    _paint_ends(phase, motion, time_s)
    return phase


def _paint(phase: IntArray, time_s: FloatArray, start_s: float, end_s: float, value: Phase) -> None:
    """Set the phase from one moment to another, both included."""
    phase[np.searchsorted(time_s, start_s - _SAME_MOMENT_S) : np.searchsorted(time_s, end_s + _SAME_MOMENT_S)] = value


def _paint_ends(phase: IntArray, motion: Motion, time_s: FloatArray) -> None:
    """Set take-off and landing: what comes before the first level flight and after the last."""
    used = np.flatnonzero(np.isin(phase, (Phase.TURN, Phase.TRANSECT)))
    first_s, last_s = (time_s[used[0]], time_s[used[-1]]) if used.size else (np.inf, -np.inf)
    climbed = _climb_end(motion.z_m, motion.up_m_s)
    if climbed >= 0:
        phase[(time_s <= motion.time_s[climbed]) & (time_s < first_s)] = Phase.TAKE_OFF
    descended = _climb_end(motion.z_m[::-1], -motion.up_m_s[::-1])
    if descended >= 0:
        phase[(time_s >= motion.time_s[motion.time_s.size - 1 - descended]) & (time_s > last_s)] = Phase.LANDING


def _climb_end(z_m: FloatArray, up_m_s: FloatArray) -> int:
    """Grid index at which the first climb from near the ground ends; -1 when the path does not begin there."""
    low, high = float(z_m.min()), float(z_m.max())
    above = np.flatnonzero(z_m >= z_m[0] + _LEAST_CLIMB_M)
    if not above.size or z_m[0] > low + _GROUND_SHARE * (high - low):
        return -1
    level = np.flatnonzero(up_m_s[above[0] :] < _LEVEL_M_S)
    return int(above[0] + level[0]) if level.size else int(z_m.size - 1)
