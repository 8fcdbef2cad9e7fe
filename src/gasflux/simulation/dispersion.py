"""Particles carried by a turbulent wind: a plume that holds what the source emitted, wherever it is.

Every particle carries the same mass from its birth to its leaving the domain, so the mass in the air is what was
emitted, to the last bit. It moves with the wind that an anemometer at its place would measure, so the flux of
concentration times that wind through any surface is, as a mean over time, the emission. What is smaller than the waves
of the wind mixes at random besides; along the wind that carries K / (u x) of the flux, less than 0.3 %. The wind is
free of divergence and blows through no ground, and the mixing has the drift that belongs to it, so what is mixed well
stays mixed well (Thomson 1987, J. Fluid Mech. 180:529).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.constants import VON_KARMAN
from gasflux.records import FloatArray
from gasflux.simulation.surface_layer import SurfaceLayer
from gasflux.simulation.turbulence import SMALLEST_EDDY_M, TurbulentWind

PARTICLE_STEP_S: Final = 0.5
"""Of the particles: the smallest eddies turn in a second or more."""
LIVE_PARTICLES: Final = 2_000
"""Particles in the air aimed at; their shot noise is a few percent of a flight's rate."""
_RATES_S: Final = (20.0, 250.0)
"""Fewest and most particles born in a second."""
_SPIN_UP: Final = 2.5
"""Mean travel times by which the emission begins before the log."""
_UNRESOLVED: Final = 0.9
"""Diffusivity that the waves leave out, over k u* z: with it a plume's mean height is van Ulden's (tested)."""
_MIXING_HEIGHT_M: Final = 5.0
"""Height whose stability the unresolved mixing has."""
_SOURCE_RADIUS_M: Final = 0.4
_BESIDE_M: Final = 150.0
"""A particle further to the side of all that is flown, or upwind, than this is forgotten."""
_SMOOTHING: Final = (0.5, 0.02)
"""Horizontal width of a particle: metres at its birth, and per metre of its distance from the source."""
_VERTICAL: Final = (0.2, 0.12, 2.0)
"""Vertical width: per metre of height, least and most. What a drone stirs and an inlet of a second mixes."""
_REACH: Final = 4.5
"""Widths beyond which a particle is not felt (4e-5 of its peak)."""


@dataclass(frozen=True)
class Domain:
    """Where particles are followed, in the wind's frame relative to the foot of the source."""

    downwind_m: float
    upwind_m: float
    aside_m: float
    travel_s: float
    """Mean time a particle takes to the far end."""

    @property
    def births_s(self) -> float:
        """Particles born in a second."""
        return float(np.clip(LIVE_PARTICLES / self.travel_s, *_RATES_S))

    @property
    def spin_up_s(self) -> float:
        """Time by which the emission begins before the log, a whole number of steps."""
        return float(np.ceil(_SPIN_UP * self.travel_s / PARTICLE_STEP_S) * PARTICLE_STEP_S)


@dataclass(eq=False)
class Cloud:
    """Particles in the air at one moment; position and last velocity, each (n, 3)."""

    position: FloatArray
    velocity: FloatArray

    def join(self, position: FloatArray, velocity: FloatArray) -> None:
        """Add new particles."""
        self.position = np.concatenate([self.position, position])
        self.velocity = np.concatenate([self.velocity, velocity])

    def keep(self, domain: Domain) -> None:
        """Forget what has left for good."""
        x, y = self.position[:, 0], self.position[:, 1]
        here = (x < domain.downwind_m) & (x > -domain.upwind_m) & (np.abs(y) < domain.aside_m)
        if not here.all():
            self.position, self.velocity = self.position[here], self.velocity[here]


def domain_around(x_m: FloatArray, y_m: FloatArray, plume_speed_m_s: float) -> Domain:
    """Return the domain of a flight that surveys the given places.

    Parameters
    ----------
    x_m, y_m
        Corners of what is flown, downwind and left of the source, m.
    plume_speed_m_s
        Mean speed of the plume.
    """
    downwind = 1.1 * max(float(x_m.max()), 1.0) + 25.0
    upwind = max(-float(x_m.min()), 0.0) + _BESIDE_M
    aside = float(np.abs(y_m).max()) + _BESIDE_M
    return Domain(downwind, upwind, aside, downwind / plume_speed_m_s)


def plume_of_particles(
    wind: TurbulentWind,
    domain: Domain,
    source_height_m: float,
    receptors: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    rng: np.random.Generator,
) -> FloatArray:
    """Return the concentration per unit emission at moving receptors, s/m3, shape (n,).

    Births and steps lie on a grid of time of their own: the plume is the same whatever the times it is asked at.

    Parameters
    ----------
    wind
        What carries the particles.
    domain
        Where they are followed.
    source_height_m
        Height of the source, a ball of 0.4 m that the ground cuts off.
    receptors
        Time (s, ascending), downwind, left and height (m), shape (n,) each.
    rng
        Source of the births.
    """
    time, *place = receptors
    target = np.stack(place, axis=1)
    found = np.zeros(time.size)
    cloud = Cloud(np.empty((0, 3)), np.empty((0, 3)))
    start, births = -domain.spin_up_s, domain.births_s
    steps = int(np.ceil((float(time[-1]) - start) / PARTICLE_STEP_S)) + 1 if time.size else 0
    edges = np.searchsorted(time, start + PARTICLE_STEP_S * np.arange(steps + 1))
    for step in range(steps):
        now = start + PARTICLE_STEP_S * step
        velocity = _advance(cloud, wind, now, _born(births, step, source_height_m, rng))
        for row in range(edges[step], edges[step + 1]):
            found[row] = _density(cloud.position + velocity * (time[row] - now), target[row])
        move(cloud, wind, velocity, rng)
        cloud.keep(domain)
    return found / births


def _born(births_s: float, step: int, height_m: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return place (k, 3) and age (k,) of the particles born in the step before a moment."""
    count = int(births_s * PARTICLE_STEP_S * (step + 1)) - int(births_s * PARTICLE_STEP_S * step)
    within = rng.standard_normal((count, 3))
    within *= (
        _SOURCE_RADIUS_M * (rng.uniform(size=(count, 1)) ** (1 / 3)) / np.linalg.norm(within, axis=1, keepdims=True)
    )
    within[:, 2] = np.abs(within[:, 2] + height_m)
    return within, PARTICLE_STEP_S * rng.uniform(size=count)


def _advance(cloud: Cloud, wind: TurbulentWind, now_s: float, born: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Let the new particles in and return the velocity of all, (n, 3)."""
    place, age = born
    old = cloud.position.shape[0]
    cloud.join(place, np.zeros_like(place))
    velocity = np.stack(wind.at(now_s, *cloud.position.T), axis=1)
    cloud.velocity[old:] = velocity[old:]
    cloud.position[old:] += velocity[old:] * age[:, None]
    cloud.position[old:, 2] = np.abs(cloud.position[old:, 2])
    return velocity


def move(cloud: Cloud, wind: TurbulentWind, velocity: FloatArray, rng: np.random.Generator) -> None:
    """Take one step: with the wind by Adams and Bashforth (second order, one evaluation), then by unresolved eddies.

    What is smaller than the waves displaces at random with a diffusivity ``K = a z``. Along z the step is exact,
    ``z -> (sqrt z + sqrt(a t / 2) n1)^2 + a t / 2 n2^2``, the squared Bessel process of dimension two: on the plane
    whose squared radius is z it is plain diffusion, which leaves an even spread even, at the ground too. Below the
    smallest eddy the air is mixed within a step: a particle there gets a new height at random, even over the film.

    Parameters
    ----------
    cloud
        Is moved.
    wind
        Its layer gives the diffusivity.
    velocity
        Wind at the particles, (n, 3).
    rng
        Source of the displacements.
    """
    cloud.position += PARTICLE_STEP_S * (1.5 * velocity - 0.5 * cloud.velocity)
    cloud.velocity = velocity
    z, growth = np.abs(cloud.position[:, 2]), _mixing_speed_m_s(wind.layer)
    kick = rng.standard_normal(cloud.position.shape)
    cloud.position[:, :2] += np.sqrt(2.0 * PARTICLE_STEP_S * growth * z)[:, None] * kick[:, :2]
    half = 0.5 * growth * PARTICLE_STEP_S
    z = (np.sqrt(z) + np.sqrt(half) * kick[:, 2]) ** 2 + half * rng.standard_normal(z.size) ** 2
    low = z < SMALLEST_EDDY_M
    z[low] = rng.uniform(0.0, SMALLEST_EDDY_M, int(low.sum()))
    cloud.position[:, 2] = z


def _mixing_speed_m_s(layer: SurfaceLayer) -> float:
    """Return dK/dz of what the waves leave out, with the stability of one height for all."""
    phi = float(layer.scalar_gradient_function(np.array([_MIXING_HEIGHT_M]))[0])
    return float(_UNRESOLVED * VON_KARMAN * layer.friction_velocity_m_s / np.sqrt(phi))


def _density(position: FloatArray, target: FloatArray) -> float:
    """Return the number of particles per volume at a place, 1/m3; each is a small cloud that the ground reflects."""
    off = position[:, :2] - target[:2]
    apart = off[:, 0] ** 2 + off[:, 1] ** 2
    least, per_metre = _SMOOTHING
    # Nobody beyond the reach of the widest particle counts: most of the cloud at most moments.
    widest = least + per_metre * (np.hypot(*target[:2]) + 50.0)
    near = np.flatnonzero(apart < (_REACH * widest) ** 2)
    if not near.size:
        return 0.0
    place = position[near]
    wide = least + per_metre * np.hypot(place[:, 0], place[:, 1])
    share, lowest, highest = _VERTICAL
    z = np.abs(place[:, 2])
    high = np.clip(share * z, lowest, highest)
    across = np.exp(-0.5 * apart[near] / wide**2) / (2.0 * np.pi * wide**2)
    up = np.exp(-0.5 * ((target[2] - z) / high) ** 2) + np.exp(-0.5 * ((target[2] + z) / high) ** 2)
    return float(np.sum(across * up / (np.sqrt(2.0 * np.pi) * high)))
