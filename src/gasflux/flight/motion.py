"""The path on a grid of seconds and its straight runs: what a flight does, whatever the rate it was logged at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import BoolArray, FloatArray, IntArray, Track

STEP_S: Final = 1.0
_HALF_WINDOW: Final = 3
"""Steps to either side for the velocity. With 1.5 m of noise per second it is then known to 0.3 m/s."""
_LONGEST_GAP_S: Final = 30.0
"""Over a longer gap nobody knows the path; three samples at the lowest rate of 0.1 Hz."""
_HOVER_M_S: Final = 0.5
"""Slower is standing still, given the noise of the velocity."""
_TURN_COSINE: Final = float(np.cos(np.radians(45.0)))
"""Away from the mean direction of the run so far by more than this, another run begins."""
_CORNER_M: Final = 3.0
_CORNER_COSINE: Final = float(np.cos(np.radians(18.0)))
"""A bend this far off the line and this sharp is a corner: from the pass into the way home."""
_PASSING_SHARE: Final = 0.5
"""A pass lasts while it goes on at this share of its median speed."""
_STOP_SHARE: Final = 0.25
"""Slower than this share of the cruise before and after is a stop."""
_CRUISE_STEPS: Final = 5
_STOP_STD: Final = 4.0
"""A stop of a second counts when it differs this much from the cruise around it, in standard deviations."""
_LEAST_RUN_M: Final = 10.0
"""Shorter than this a path cannot be told from drifting in the noise of a satellite position."""
_LEAST_RUN_S: Final = 3.0
_BEND_SHARE: Final = 0.06
"""Root mean square distance from the line over the length: that of an arc of 90 degrees."""
_BEND_M: Final = 1.5
"""Allowed beyond that for noise."""
_STEEPEST: Final = float(np.tan(np.radians(25.0)))


@dataclass(frozen=True, eq=False)
class Motion:
    """The path on a grid of seconds without the long gaps. Arrays have shape (k,)."""

    time_s: FloatArray
    """Seconds since the first sample of the log."""
    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray
    """Mean position over the second around the grid time."""
    east_m_s: FloatArray
    north_m_s: FloatArray
    up_m_s: FloatArray
    piece: IntArray
    """Number of the stretch between long gaps."""

    @property
    def speed_m_s(self) -> FloatArray:
        """Horizontal speed."""
        speed: FloatArray = np.hypot(self.east_m_s, self.north_m_s)
        return speed


@dataclass(frozen=True, eq=False)
class Runs:
    """Stretches of horizontal flight in one direction, in time order. Arrays have shape (r,)."""

    first: IntArray
    """Grid index a run begins at."""
    last: IntArray
    """Grid index it ends at, included."""
    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray
    """Mean position."""
    east: FloatArray
    north: FloatArray
    """Unit vector from its start to its end."""
    length_m: FloatArray
    scatter_m2: FloatArray
    """Covariance of the positions: east-east, east-north, north-north, shape (r, 3)."""
    bend_m: FloatArray
    """Root mean square distance from its own line."""
    climb_m: FloatArray
    """Height gained from start to end."""
    speed_m_s: FloatArray
    """Length over duration."""

    @property
    def size(self) -> int:
        """Number of runs r."""
        return int(self.first.size)

    def spans(self) -> list[tuple[int, int]]:
        """Return the grid indices each run begins and ends at."""
        return list(zip(self.first.tolist(), self.last.tolist(), strict=True))

    def pick(self, which: BoolArray | IntArray) -> Runs:
        """Return some of the runs."""
        return Runs(**{name: values[which] for name, values in vars(self).items()})


def nearest(ascending: FloatArray, wanted: FloatArray) -> IntArray:
    """Return the index of the nearest of some ascending values for each wanted one."""
    right = np.clip(np.searchsorted(ascending, wanted), 1, max(ascending.size - 1, 1))
    right = np.minimum(right, ascending.size - 1)
    left = np.maximum(right - 1, 0)
    index: IntArray = np.where(wanted - ascending[left] <= ascending[right] - wanted, left, right).astype(np.int64)
    return index


def motion_of(track: Track, time_s: FloatArray) -> Motion:
    """Return the path and its velocity once a second.

    The position is the mean of the path over a second, so that noise of a fast log averages out and 1, 5 and 10 Hz give
    the same; the velocity is the least squares slope over seven seconds. Over a gap the path is taken as straight; a
    gap longer than 30 s (or three usual steps) cuts it.

    Parameters
    ----------
    track
        Path of the log, shape (n,).
    time_s
        Times, strictly increasing, shape (n,).
    """
    grid, piece = _grid(time_s)
    place = {name: _second_means(time_s, getattr(track, name), grid) for name in ("x_m", "y_m", "z_m")}
    low = np.searchsorted(piece, piece, side="left")
    high = np.searchsorted(piece, piece, side="right") - 1
    east, north, up = (_slopes(grid, values, low, high) for values in place.values())
    return Motion(time_s=grid, piece=piece, east_m_s=east, north_m_s=north, up_m_s=up, **place)


def _grid(time_s: FloatArray) -> tuple[FloatArray, IntArray]:
    """Grid times of every stretch between long gaps, and the number of the stretch."""
    step = np.diff(time_s)
    longest = max(_LONGEST_GAP_S, 3.0 * float(np.median(step))) if step.size else _LONGEST_GAP_S
    breaks = np.flatnonzero(step > longest)
    starts = time_s[np.concatenate([[0], breaks + 1])]
    ends = time_s[np.concatenate([breaks, [time_s.size - 1]])]
    # A sample a millisecond early must not cost a grid time.
    counts = np.floor((ends - starts) / STEP_S + 0.01).astype(np.int64) + 1
    piece = np.repeat(np.arange(counts.size), counts)
    within = np.arange(piece.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return starts[piece] + within * STEP_S, piece


def _second_means(time_s: FloatArray, values: FloatArray, grid: FloatArray) -> FloatArray:
    """Mean of the piecewise linear path over the second around each grid time, from its exact integral."""
    if time_s.size < 2:
        return np.full(grid.size, values[0])
    middle = 0.5 * (values.max() + values.min())
    path = values - middle
    step = np.diff(time_s)
    integral = np.concatenate([[0.0], np.cumsum(0.5 * step * (path[1:] + path[:-1]))])

    def integral_to(end_s: FloatArray) -> FloatArray:
        index = np.clip(np.searchsorted(time_s, end_s, side="right") - 1, 0, time_s.size - 2)
        since = end_s - time_s[index]
        slope = (path[index + 1] - path[index]) / step[index]
        area: FloatArray = integral[index] + since * (path[index] + 0.5 * slope * since)
        return area

    low = np.maximum(grid - 0.5 * STEP_S, time_s[0])
    high = np.minimum(grid + 0.5 * STEP_S, time_s[-1])
    means: FloatArray = middle + (integral_to(high) - integral_to(low)) / (high - low)
    return means


def _slopes(grid: FloatArray, values: FloatArray, low: IntArray, high: IntArray) -> FloatArray:
    """Least squares slope over the window, which is cut at the ends `low` and `high` of a stretch."""
    index = np.arange(grid.size)
    rise, run = np.zeros(grid.size), np.zeros(grid.size)
    for width in range(1, _HALF_WINDOW + 1):
        after, before = np.minimum(index + width, high), np.maximum(index - width, low)
        rise += width * (values[after] - values[before])
        run += width * (grid[after] - grid[before])
    return rise / np.maximum(run, STEP_S)


def course_changes(motion: Motion) -> FloatArray:
    """Return the change of course to the next grid time, radians clockwise, shape (k,); 0 where it stands still."""
    velocity = motion.north_m_s + 1j * motion.east_m_s
    turn = np.angle(velocity[1:] * np.conj(velocity[:-1]))
    still = np.minimum(np.abs(velocity[1:]), np.abs(velocity[:-1])) <= _HOVER_M_S
    return np.append(np.where(still, 0.0, turn), 0.0)


def course_runs(motion: Motion, allowed: BoolArray) -> Runs:
    """Find the stretches of sustained horizontal flight in about one direction.

    Parameters
    ----------
    motion
        The path on its grid, shape (k,).
    allowed
        Where runs are looked for, shape (k,).

    Returns
    -------
    Runs
        At least 10 m and 3 s long, climbing less than 25 degrees. An arc counts up to 90 degrees of turn, so that a
        circle is a chain of runs.
    """
    return _finished(motion, allowed, _split(motion, allowed & (motion.speed_m_s > _HOVER_M_S) & ~_brief_stops(motion)))


def straight_runs(motion: Motion, allowed: BoolArray) -> Runs:
    """Find the stretches of sustained horizontal flight along a line: as `course_runs`, but cut at corners."""
    spans = _split(motion, allowed & (motion.speed_m_s > _HOVER_M_S) & ~_brief_stops(motion))
    runs = _finished(motion, allowed, [piece for span in spans for piece in _unbent(motion, *span)])
    return runs.pick(runs.bend_m <= _BEND_SHARE * runs.length_m + _BEND_M)


def _finished(motion: Motion, allowed: BoolArray, spans: list[tuple[int, int]]) -> Runs:
    """Give runs their exact ends; leave out twitches and steep climbs."""
    spans = _apart([_with_exact_ends(motion, allowed, *span) for span in spans if span[1] > span[0]])
    runs = describe_runs(motion, [span for span in spans if _is_long(motion, *span)])
    return runs.pick(np.abs(runs.climb_m) <= _STEEPEST * runs.length_m)


def _brief_stops(motion: Motion) -> BoolArray:
    """Where the aircraft stops too shortly for the smoothed velocity to show: between a pass and the way home."""
    window = np.pad(motion.speed_m_s, _CRUISE_STEPS, mode="edge")
    cruise = np.lib.stride_tricks.sliding_window_view(window, 2 * _CRUISE_STEPS + 1).max(axis=1)
    index, noise = np.arange(cruise.size), _position_noise(motion)
    stops = np.zeros(cruise.size, dtype=bool)
    # A stop between two grid times shows over one step, one on a grid time over two, and there noise counts half.
    for back in (0, 1):
        before, after = np.maximum(index - back, 0), np.minimum(index + 1, index.size - 1)
        speed = np.hypot(motion.x_m[after] - motion.x_m[before], motion.y_m[after] - motion.y_m[before])
        speed /= np.maximum(after - before, 1) * STEP_S
        clear = cruise - speed > _STOP_STD * np.sqrt(2.0) * noise / ((1 + back) * STEP_S)
        stops |= (speed < _STOP_SHARE * cruise) & clear & (after > before)
    return stops


def _position_noise(motion: Motion) -> float:
    """Robust white noise of a grid position, from the second differences of the path."""
    if motion.x_m.size < 3:
        return 0.0
    bends = np.concatenate([np.diff(motion.x_m, n=2), np.diff(motion.y_m, n=2)])
    # A second difference of white noise has six times its variance.
    return float(1.4826 * np.median(np.abs(bends)) / np.sqrt(6.0))


def _split(motion: Motion, moving: BoolArray) -> list[tuple[int, int]]:
    """Cut the moving part where it stops, jumps a long gap or leaves the mean direction of the run so far."""
    spans: list[tuple[int, int]] = []
    index = np.flatnonzero(moving)
    follows = np.diff(index, prepend=-2) == 1
    follows[1:] &= np.diff(motion.piece[index]) == 0
    start, sum_east, sum_north = -1, 0.0, 0.0
    steps = zip(
        index.tolist(),
        follows.tolist(),
        motion.east_m_s[index].tolist(),
        motion.north_m_s[index].tolist(),
        strict=True,
    )
    previous = -1
    for here, goes_on, east, north in steps:
        along = sum_east * east + sum_north * north
        straight_m2 = _TURN_COSINE**2 * (sum_east**2 + sum_north**2) * (east**2 + north**2)
        if not (goes_on and along > 0.0 and along * along >= straight_m2):
            if start >= 0:
                spans.append((start, previous))
            start, sum_east, sum_north = here, 0.0, 0.0
        sum_east, sum_north, previous = sum_east + east, sum_north + north, here
    return [*spans, (start, previous)] if start >= 0 else spans


def _unbent(motion: Motion, first: int, last: int) -> list[tuple[int, int]]:
    """Cut a span at its sharpest corner, and the parts again, as long as a corner turns by more than noise may."""
    if last - first < 2:
        return [(first, last)]
    x, y = motion.x_m[first : last + 1], motion.y_m[first : last + 1]
    east, north = x[-1] - x[0], y[-1] - y[0]
    offset = np.abs((x - x[0]) * north - (y - y[0]) * east) / max(float(np.hypot(east, north)), 1e-9)
    corner = first + int(np.argmax(offset))
    if float(offset.max()) < _CORNER_M or not _turns(motion, first, corner, last):
        return [(first, last)]
    return [*_unbent(motion, first, corner), *_unbent(motion, corner, last)]


def _turns(motion: Motion, first: int, corner: int, last: int) -> bool:
    """Whether the way to a point and the way on from it differ in direction."""
    one_x, one_y = motion.x_m[corner] - motion.x_m[first], motion.y_m[corner] - motion.y_m[first]
    two_x, two_y = motion.x_m[last] - motion.x_m[corner], motion.y_m[last] - motion.y_m[corner]
    size = np.hypot(one_x, one_y) * np.hypot(two_x, two_y)
    return bool(one_x * two_x + one_y * two_y < _CORNER_COSINE * size)


def _is_long(motion: Motion, first: int, last: int) -> bool:
    """Whether a span is more than a twitch."""
    way = np.hypot(motion.x_m[last] - motion.x_m[first], motion.y_m[last] - motion.y_m[first])
    return bool(motion.time_s[last] - motion.time_s[first] >= _LEAST_RUN_S and way >= _LEAST_RUN_M)


def _with_exact_ends(motion: Motion, allowed: BoolArray, first: int, last: int) -> tuple[int, int]:
    """Move both ends to where the path itself, not its smoothed velocity, begins and ceases to go along the run."""
    low, high = max(first - _HALF_WINDOW, 0), min(last + _HALF_WINDOW, motion.time_s.size - 1)
    way = np.array([motion.x_m[last] - motion.x_m[first], motion.y_m[last] - motion.y_m[first]])
    way = way / max(float(np.hypot(*way)), 1e-9)
    progress = np.diff(motion.x_m[low : high + 1]) * way[0] + np.diff(motion.y_m[low : high + 1]) * way[1]
    inside = progress[first - low : last - low]
    same_piece = np.diff(motion.piece[low : high + 1]) == 0
    open_step = allowed[low:high] & allowed[low + 1 : high + 1] & same_piece
    goes = (progress >= _PASSING_SHARE * float(np.median(inside))) & open_step
    return _grown(goes, first - low, last - low, low)


def _grown(goes: BoolArray, first: int, last: int, low: int) -> tuple[int, int]:
    """Trim a span of steps to those that go along, then let it grow over those that follow without a break."""
    steps = np.flatnonzero(goes[first:last]) + first
    if not steps.size:
        return low + first, low + last
    begin, end = int(steps[0]), int(steps[-1])
    while begin > 0 and goes[begin - 1]:
        begin -= 1
    while end + 1 < goes.size and goes[end + 1]:
        end += 1
    return low + begin, low + end + 1


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Let each span begin after the one before it has ended: where a corner was cut, both had claimed it."""
    ends = [-1, *(last for _, last in spans)]
    return [(max(first, end + 1), last) for (first, last), end in zip(spans, ends, strict=False) if last > end]


def describe_runs(motion: Motion, spans: list[tuple[int, int]]) -> Runs:
    """Return position, direction and shape of spans of the grid, both ends included."""
    first = np.array([span[0] for span in spans], dtype=np.int64)
    last = np.array([span[1] for span in spans], dtype=np.int64)
    x, y, z = (_span_means(values, first, last) for values in (motion.x_m, motion.y_m, motion.z_m))
    east_east = _span_means(motion.x_m**2, first, last) - x * x
    east_north = _span_means(motion.x_m * motion.y_m, first, last) - x * y
    north_north = _span_means(motion.y_m**2, first, last) - y * y
    way_x, way_y = motion.x_m[last] - motion.x_m[first], motion.y_m[last] - motion.y_m[first]
    length = np.hypot(way_x, way_y)
    least = 0.5 * (east_east + north_north - np.hypot(east_east - north_north, 2.0 * east_north))
    return Runs(
        first=first,
        last=last,
        x_m=x,
        y_m=y,
        z_m=z,
        east=way_x / np.maximum(length, 1e-9),
        north=way_y / np.maximum(length, 1e-9),
        length_m=length,
        scatter_m2=np.column_stack([east_east, east_north, north_north]),
        bend_m=np.sqrt(np.maximum(least, 0.0)),
        climb_m=motion.z_m[last] - motion.z_m[first],
        speed_m_s=length / np.maximum(motion.time_s[last] - motion.time_s[first], STEP_S),
    )


def _span_means(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Mean over each span, ends included."""
    if not first.size:
        return np.empty(0)
    ends = np.column_stack([first, last + 1]).ravel()
    means: FloatArray = np.add.reduceat(np.append(values, 0.0), ends)[::2] / (last - first + 1)
    return means
