"""How late a gas analyser is, from the flight itself: passes to and fro see the plume on either side of its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.records import FloatArray, IntArray

_LEAST_PASSES: Final = 5
_SURE: Final = 2.2
"""Standard errors beyond which a delay is no chance of the meandering plume: one flight in 36 by a normal error."""
_PLUME_FLOOR: Final = 0.2
"""Samples below this share of a pass's peak are not its plume."""


@dataclass(frozen=True)
class Delay:
    """Time by which an analyser shows the air later than the position logged with it; its response is part of it."""

    mean_s: float
    std_s: float

    @property
    def is_sure(self) -> bool:
        """Tell whether it is told from none."""
        return abs(self.mean_s) > _SURE * self.std_s


def delay_between_passes(
    time_s: FloatArray, along_m: FloatArray, transect: IntArray, enhancement_ppm: FloatArray, noise_ppm: float
) -> Delay | None:
    """Return the delay that passes in opposite directions tell, None where too few do.

    A delay d moves the centre of the plume by v d in the direction of flight, so that two passes in succession with
    velocities v1 and v2 see it apart by (v2 - v1) d. The plume itself wanders between them: the scatter of the pairs
    gives the error. First-order response and lag add, for either shifts the centre by its time.

    Parameters
    ----------
    time_s, along_m
        Time and position along the curtain of each sample, shape (m,).
    transect
        Number of the pass of each sample.
    enhancement_ppm
        Above background.
    noise_ppm
        Of a sample; a pass counts when its peak is ten times as high.
    """
    seen = [
        centre
        for number in range(int(transect.max()) + 1)
        if (centre := _centre(time_s, along_m, enhancement_ppm, np.flatnonzero(transect == number), noise_ppm))
    ]
    if len(seen) < _LEAST_PASSES:
        return None
    centre, velocity = np.array(seen).T
    turned = velocity[1:] * velocity[:-1] < 0.0
    apart, between = np.diff(centre)[turned], np.diff(velocity)[turned]
    if apart.size < _LEAST_PASSES - 1:
        return None
    delays = apart / between
    weight = between**2
    mean = float(weight @ delays / weight.sum())
    # Neighbouring pairs share a pass, whose wandering has the other sign in the second pair and is divided by a change
    # of velocity of the other sign: their errors correlate by a half, and the mean of k pairs varies 2 - 1/k times as
    # much as that of independent ones. A plume that wanders as a random walk has independent pairs and errs by less.
    shared = 2.0 - 1.0 / apart.size
    spread = float(np.sqrt(shared * (weight @ (delays - mean) ** 2) / weight.sum() / (apart.size - 1)))
    return Delay(mean, spread)


def _centre(
    time_s: FloatArray, along_m: FloatArray, enhancement_ppm: FloatArray, rows: IntArray, noise_ppm: float
) -> tuple[float, float] | None:
    """Return where a pass saw the plume and its velocity there, None when it saw none."""
    if rows.size < 4:
        return None
    strength = enhancement_ppm[rows]
    peak = float(strength.max())
    strength = np.where(strength > _PLUME_FLOOR * peak, strength, 0.0)
    if peak < 10.0 * noise_ppm:
        return None
    velocity = float(np.polyfit(time_s[rows] - time_s[rows[0]], along_m[rows], 1)[0])
    return float(strength @ along_m[rows] / strength.sum()), velocity
