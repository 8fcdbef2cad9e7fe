"""How late a gas log is against the positions of an aircraft, from the plume itself: it stands where it stands.

Passes to and fro see the plume at one place when the clocks agree, and on either side of it when they do not. The
offset is searched by leaving passes out: at the right one, what a pass shows follows from the passes near it that were
flown the other way. A shift by a whole pass mirrors the plume and moves it up one pass, which fits nearly as well;
where two offsets fit alike, neither is reported. The one found is sharpened by the plume's centres on passes in
succession.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.fusion.shared_series import SeriesOffset
from gasflux.numerics.quantiles import student_factor
from gasflux.records import FloatArray, IntArray

_STEP_S: Final = 1.0
_MOST_SAMPLES: Final = 1500
_BASELINE_S: Final = 120.0
_BASELINE_SHARE: Final = 0.2
_TRUST: Final = 0.7
"""How much of what the neighbouring passes show is expected again: the plume moves between them."""
_PAIRED: Final = 0.3
"""Weight of neighbours from which on they tell anything."""
_FLOOR: Final = 0.1
"""Samples below this share of a pass's peak are not its plume."""
_STRAIGHT: Final = 0.3
"""Cosine of the turn from its beginning up to which a run is one pass."""
_LEAST_PAIRS: Final = 3
_ERROR_FLOOR_S: Final = 0.2
"""The plume's shape and the response's tail move the centres by so much together."""
_APART_S: Final = 6.0
"""Offsets nearer than this to the best are the same minimum."""
_MARGIN: Final = 0.1
"""By so much (in logarithm) the next best offset must explain less: at 0.08 to 0.1, two of eleven were a pass off."""


@dataclass(frozen=True, eq=False)
class Flown:
    """The path on an even grid of times, shape (n,), in local metres."""

    time_s: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray

    @property
    def velocity(self) -> tuple[FloatArray, FloatArray]:
        """Components of the velocity, m/s."""
        return np.gradient(self.x_m, self.time_s), np.gradient(self.y_m, self.time_s)


def plume_offset(
    path: Flown, time_s: FloatArray, gas_ppm: FloatArray, response_s: float, reach_s: float
) -> SeriesOffset | None:
    """Return how far a gas log is behind the positions, lag included, None where the passes do not tell.

    Parameters
    ----------
    path
        Where the aircraft was.
    time_s, gas_ppm
        What the analyser logged by its own clock, finite, shape (m,).
    response_s
        Time constant of the analyser, undone first: the tail of a slow one is what a threshold cuts off.
    reach_s
        Offsets up to here, to either side, are looked at.
    """
    flown = _even(path)
    passes = passes_of(flown)
    if int(passes.max(initial=-1)) + 1 < _LEAST_PAIRS + 1:
        return None
    seen = _excess(time_s, gas_ppm, 0.0)
    found = _searched(flown, passes, time_s, np.sqrt(seen), reach_s)
    if found is None:
        return None
    return _sharpened(flown, passes, time_s, _excess(time_s, gas_ppm, response_s), found - response_s)


def _even(path: Flown) -> Flown:
    """Return the path at even steps."""
    span = float(path.time_s[-1] - path.time_s[0])
    grid = np.arange(path.time_s[0], path.time_s[-1], max(_STEP_S, span / _MOST_SAMPLES))
    return Flown(grid, *(np.interp(grid, path.time_s, axis) for axis in (path.x_m, path.y_m, path.z_m)))


def passes_of(flown: Flown) -> IntArray:
    """Return the number of the straight run that each sample belongs to, -1 where the aircraft turns or stands."""
    vx, vy = flown.velocity
    speed = np.hypot(vx, vy)
    number, first, previous = -1, -1, -2
    found = np.full(speed.size, -1, dtype=np.int64)
    for index in np.flatnonzero(speed > 0.5 * np.median(speed)).tolist():
        along = vx[index] * vx[first] + vy[index] * vy[first]
        if index != previous + 1 or along < _STRAIGHT * speed[index] * speed[first]:
            number, first = number + 1, index
        found[index], previous = number, index
    return found


def _excess(time_s: FloatArray, gas_ppm: FloatArray, response_s: float) -> FloatArray:
    """Return what stands above a slow baseline and its noise, shape (m,)."""
    window = max(_BASELINE_S, float(np.ptp(time_s)) / 40.0)
    edges = np.arange(time_s[0], time_s[-1] + window, window)
    cells = [np.flatnonzero((time_s >= low) & (time_s < low + window)) for low in edges]
    cells = [cell for cell in cells if cell.size]
    middles = np.array([time_s[cell].mean() for cell in cells])
    levels = np.array([np.quantile(gas_ppm[cell], _BASELINE_SHARE) for cell in cells])
    inlet = gas_ppm + response_s * np.gradient(gas_ppm, time_s) if response_s > 0.0 else gas_ppm
    noise = float(np.median(np.abs(np.diff(inlet)))) / 0.954
    above = inlet - np.interp(time_s, middles, levels)
    return np.where(above > 2.0 * noise, above, 0.0)


def _neighbours(flown: Flown, passes: IntArray) -> FloatArray:
    """Return the weight of each sample for each other: near in place, flown the other way, shape (n, n)."""
    vx, vy = flown.velocity
    speed = np.hypot(vx, vy)
    step = float(np.median(speed)) * float(np.median(np.diff(flown.time_s)))
    levels = int(passes.max()) + 1
    across, up = 2.0 * max(step, 2.0), 1.5 * max(float(np.ptp(flown.z_m)) / levels, 0.5)
    distance = (flown.x_m[:, None] - flown.x_m) ** 2 + (flown.y_m[:, None] - flown.y_m) ** 2
    weight = np.exp(-0.5 * distance / across**2 - 0.5 * ((flown.z_m[:, None] - flown.z_m) / up) ** 2)
    straight = passes >= 0
    opposite = np.outer(vx, vx) + np.outer(vy, vy) < -0.5 * np.outer(speed, speed)
    return np.where(opposite & straight & straight[:, None] & (weight > 1e-3), weight, 0.0)


def _searched(flown: Flown, passes: IntArray, time_s: FloatArray, root: FloatArray, reach_s: float) -> float | None:
    """Return the offset at which passes follow from those flown the other way, None where none does."""
    energy = float(root @ root)
    offsets = np.arange(-reach_s, reach_s + 1.0, 1.0)
    if energy <= 0.0:
        return None
    left = unexplained(flown, passes, time_s, root, offsets)
    best = int(np.argmin(left))
    rival = float(np.min(left[np.abs(offsets - offsets[best]) > _APART_S], initial=np.inf))
    return float(offsets[best]) if np.log(rival / left[best]) > _MARGIN else None


def unexplained(
    flown: Flown, passes: IntArray, time_s: FloatArray, root: FloatArray, offsets_s: FloatArray
) -> FloatArray:
    """Return the share of the gas that does not follow from passes flown the other way, at each offset, shape (k,).

    What an offset moves to where nobody flew counts as unexplained; what the gas log does not cover counts as nothing.

    Parameters
    ----------
    flown, passes
        Even path and the pass of each sample.
    time_s, root
        The gas log: times and the root of its excess, which lets weak passes count too, shape (m,).
    offsets_s
        To try, shape (k,).
    """
    weight = _neighbours(flown, passes)
    wanted = flown.time_s[:, None] + offsets_s
    seen = np.interp(wanted, time_s, root)
    there = ((wanted >= time_s[0]) & (wanted <= time_s[-1])).astype(np.float64)
    seen = seen * there
    total = weight @ there
    expected = np.where(total > _PAIRED, _TRUST * (weight @ seen) / np.maximum(total, 1e-9), 0.0)
    inside = np.sum(there * (seen - expected) ** 2, axis=0)
    density = float(np.median(np.diff(time_s)) / np.median(np.diff(flown.time_s)))
    energy = density * float(root @ root)
    outside = np.maximum(energy - np.sum(seen**2, axis=0), 0.0)
    return np.asarray((inside + outside) / energy)


def _sharpened(
    flown: Flown, passes: IntArray, time_s: FloatArray, excess: FloatArray, offset_s: float
) -> SeriesOffset | None:
    """Return the offset from the plume's centres on passes in succession, with its error."""
    for _ in range(3):
        delays, weight = _delays(flown, passes, time_s, excess, offset_s)
        if delays.size < _LEAST_PAIRS:
            return None
        step = float(weight @ delays / weight.sum())
        offset_s += step
        if abs(step) < 0.05:
            break
    rest = weight * (delays - float(weight @ delays / weight.sum()))
    # Neighbouring pairs share a pass, whose wandering moves both the same way.
    variance = (float(rest @ rest) + 2.0 * max(float(rest[1:] @ rest[:-1]), 0.0)) / float(weight.sum()) ** 2
    freedom = max(delays.size / 2.0 - 0.5, 1.0)
    std = np.sqrt(variance * delays.size / (delays.size - 1.0)) * student_factor(0.9, freedom) / 1.645
    return SeriesOffset(offset_s, float(np.hypot(std, _ERROR_FLOOR_S)))


def _delays(
    flown: Flown, passes: IntArray, time_s: FloatArray, excess: FloatArray, offset_s: float
) -> tuple[FloatArray, FloatArray]:
    """Return the delay that each pair of opposite passes in succession tells, and its weight."""
    seen = [
        (number, *centre)
        for number in range(int(passes.max()) + 1)
        if (centre := _centre(flown, np.flatnonzero(passes == number), time_s, excess, offset_s))
    ]
    if len(seen) < 2:
        return np.array([]), np.array([])
    number, x, y, vx, vy, strength = np.array(seen).T
    between_x, between_y = np.diff(vx), np.diff(vy)
    speed2 = between_x**2 + between_y**2
    turned = (vx[1:] * vx[:-1] + vy[1:] * vy[:-1] < 0.0) & (np.diff(number) <= 2.0)
    delays = (np.diff(x) * between_x + np.diff(y) * between_y)[turned] / speed2[turned]
    return delays, speed2[turned] * np.sqrt(strength[1:] * strength[:-1])[turned] ** 0.5


def _centre(
    flown: Flown, rows: IntArray, time_s: FloatArray, excess: FloatArray, offset_s: float
) -> tuple[float, float, float, float, float] | None:
    """Return where a pass saw the plume, its velocity and how much of it, None when it saw none or only a part."""
    if rows.size < 6:
        return None
    fine = np.linspace(flown.time_s[rows[0]], flown.time_s[rows[-1]], 4 * rows.size)
    x, y = np.interp(fine, flown.time_s, flown.x_m), np.interp(fine, flown.time_s, flown.y_m)
    strength = np.interp(fine + offset_s, time_s, excess, left=0.0, right=0.0)
    strength = np.where(strength > _FLOOR * strength.max(), strength, 0.0)
    if strength.max() <= 0.0 or strength[[0, -1]].any():
        return None
    span = fine[-1] - fine[0]
    vx, vy = (x[-1] - x[0]) / span, (y[-1] - y[0]) / span
    total = float(strength.sum())
    return float(strength @ x / total), float(strength @ y / total), float(vx), float(vy), total
