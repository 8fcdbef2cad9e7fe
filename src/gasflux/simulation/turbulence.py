"""A turbulent wind over flat ground that is divergence-free at every point and blows through no ground.

A kinematic simulation (Fung, Hunt, Malik & Perkins 1992, J. Fluid Mech. 236:281): a mean profile plus random waves. Two
kinds of wave, each divergence-free by itself, so that any sum of them is:

* *eddies* of size l = a / k for the horizontal wave number k. With ``s = z / l`` and ``W(s) = s^2 (1 + s^2)^(-7/6)``

      w = A W(s) cos(theta)
      along k:   v = -(A / a) W'(s) sin(theta) - A (m / k) W(s) cos(theta)     (continuity)
      across k:  v = -r A W(s) t_x cos(theta)                                  (carries the stress <u w> = -u*^2)

  Below its size an eddy feels the ground (Townsend 1976, The Structure of Turbulent Shear Flow, section 5.7: attached
  eddies); above it its energy falls as (l / z)^(2/3), the inertial range that mixes a plume within itself.
* *gusts* across k, the same at all heights above the roughness: the swing and surge of the wind.

theta = k . (x, y) + m z - omega t + phi; a wave travels with the mean wind of a height at or above its own and loses
its identity by a random frequency of the order of its turn-over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gasflux.records import FloatArray
from gasflux.simulation.surface_layer import SurfaceLayer

Float32 = NDArray[np.float32]

_EDDIES, _GUSTS = 32, 16
"""Waves of either kind."""
SMALLEST_EDDY_M: Final = 0.4
_SIZES_M: Final = (SMALLEST_EDDY_M, 130.0)
"""Smallest and largest eddy: what mixes a plume of 0-60 m height."""
_LENGTHS_M: Final = (40.0, 3_000.0)
"""Shortest and longest wave of the gusts: ten seconds to some minutes at a fixed point."""
_ASPECT: Final = 1.6
"""k l of an eddy: the vertical wind at z peaks at wave lengths of a few z (Kaimal & Finnigan 1994, section 2.5)."""
_TILT: Final = 0.5
"""Standard deviation of m / k: as much motion along k as up and down, which is isotropy."""
_CARRIED_ABOVE: Final = 3.0
"""A wave travels with the wind of a height of 1 to so many sizes, evenly in its logarithm."""
_TURNOVER: Final = 0.3
"""Random frequency of a wave over its strain rate k sigma (Fung et al. 1992 have 0.4-0.5 for all waves)."""
_ROUNDS: Final = 40
"""Of fitting the amplitudes to the wanted variance; it changes by less than 1 % after 20."""
_GUST_HEIGHT_M: Final = 15.0
"""Height whose mean wind carries the gusts."""
_POINTS_AT_ONCE: Final = 700
"""Waves times points stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Waves:
    """Phases of plane waves, arrays (m,): ``x wave_x + y wave_y + z wave_z - time frequency + phase``."""

    wave_x: FloatArray
    wave_y: FloatArray
    wave_z: FloatArray
    frequency: FloatArray
    phase: FloatArray
    _wave: Float32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_wave", np.stack([self.wave_x, self.wave_y, self.wave_z]).astype(np.float32))

    @property
    def number(self) -> FloatArray:
        """Horizontal wave number, 1/m."""
        return np.hypot(self.wave_x, self.wave_y)

    def angles(self, time_s: FloatArray | float, place_m: FloatArray) -> Float32:
        """Return theta at points (n, 3), shape (n, m); what belongs to time is reduced in double precision."""
        turned = np.multiply.outer(np.asarray(time_s, dtype=float), self.frequency)
        now = np.remainder(self.phase - turned, 2.0 * np.pi).astype(np.float32)
        angles: Float32 = place_m.astype(np.float32) @ self._wave + now
        return angles


@dataclass(frozen=True, eq=False)
class TurbulentWind:
    """Wind as a function of place and time; x along the mean wind, y to the left of it. Arrays (m,) or (g,)."""

    layer: SurfaceLayer
    size_m: FloatArray
    eddies: Waves
    amplitude: FloatArray
    stress_share: FloatArray
    """r of each eddy."""
    gusts: Waves
    gust_amplitude: FloatArray
    _matrix: Float32 = field(init=False, repr=False)
    _gust_matrix: Float32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        number, gust = self.eddies.number, self.gusts.number
        along = np.stack([self.eddies.wave_x, self.eddies.wave_y, np.zeros(number.size)], axis=1) / number[:, None]
        across = np.stack([-along[:, 1], along[:, 0], along[:, 2]], axis=1)
        up = np.broadcast_to([0.0, 0.0, 1.0], along.shape)
        tilt, stress = self.eddies.wave_z / number, self.stress_share * across[:, 0]
        with_sine = -along / _ASPECT
        with_cosine = up - tilt[:, None] * along - stress[:, None] * across
        matrix = np.concatenate([self.amplitude[:, None] * with_sine, self.amplitude[:, None] * with_cosine])
        object.__setattr__(self, "_matrix", matrix.astype(np.float32))
        turned = np.stack([-self.gusts.wave_y, self.gusts.wave_x], axis=1) * (self.gust_amplitude / gust)[:, None]
        object.__setattr__(self, "_gust_matrix", turned.astype(np.float32))

    def at(
        self, time_s: FloatArray | float, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the wind (u along, v left, w up), m/s.

        Parameters
        ----------
        time_s
            Time, one for all or shape (n,).
        x_m, y_m, z_m
            Downwind, left and height relative to the foot of the source, m, shape (n,).

        Notes
        -----
        The waves are summed in single precision: phases below 1e4 rad are right to 1e-3, the wind to 1e-4 m/s.
        """
        place = np.stack([x_m, y_m, np.maximum(z_m, 0.0)], axis=1)
        wind = np.empty((3, x_m.size))
        for first in range(0, x_m.size, _POINTS_AT_ONCE):
            part = slice(first, first + _POINTS_AT_ONCE)
            wind[:, part] = self._at(time_s if isinstance(time_s, float) else time_s[part], place[part])
        return wind[0], wind[1], wind[2]

    def _at(self, time_s: FloatArray | float, place_m: FloatArray) -> FloatArray:
        """Return the wind at a few points, (3, n)."""
        z = place_m[:, 2]
        theta = self.eddies.angles(time_s, place_m)
        sine, cosine = np.sin(theta), np.cos(theta)
        shape, slope = eddy_shape(np.multiply.outer(z, 1.0 / self.size_m).astype(np.float32))
        sine *= slope
        cosine *= shape
        half = self.size_m.size
        eddies = sine @ self._matrix[:half] + cosine @ self._matrix[half:]
        gusts = np.cos(self.gusts.angles(time_s, place_m)) @ self._gust_matrix
        gusts *= (z / (z + 2.0 * self.layer.roughness_length_m))[:, None]
        u = self.layer.mean_wind_m_s(z) + eddies[:, 0] + gusts[:, 0]
        return np.stack([u, eddies[:, 1] + gusts[:, 1], eddies[:, 2]])


def eddy_shape(share: Float32) -> tuple[Float32, Float32]:
    """Return W and W' of height over size, any shape."""
    square = share * share
    above = square + np.float32(1.0)
    power = above ** np.float32(-7.0 / 6.0)
    shape: Float32 = square * power
    slope: Float32 = share * power * (np.float32(2.0) - np.float32(7.0 / 3.0) * square / above)
    return shape, slope


def turbulent_wind(layer: SurfaceLayer, rng: np.random.Generator) -> TurbulentWind:
    """Draw a wind whose variances and stress over many draws are those of the surface layer.

    Parameters
    ----------
    layer
        Mean wind and strength of the turbulence.
    rng
        Source of the draw.
    """
    size = _spaced(*_SIZES_M, _EDDIES, rng)
    strength = _amplitudes(size, layer)
    stress = 2.0 * layer.friction_velocity_m_s**2 / layer.sigma_w_m_s(size) ** 2
    carried_at = size * _CARRIED_ABOVE ** rng.uniform(size=_EDDIES)
    # Eddies live shorter in stable air, longer in unstable; the other root of phi_h is in what is not resolved.
    wander = layer.sigma_w_m_s(size) * np.sqrt(layer.scalar_gradient_function(size))
    eddies = _waves(_ASPECT / size, _TILT, layer.mean_wind_m_s(carried_at), wander, rng)
    length = _spaced(*_LENGTHS_M, _GUSTS, rng)
    carrier = layer.mean_wind_m_s(np.full(_GUSTS, _GUST_HEIGHT_M))
    gusts = _waves(2.0 * np.pi / length, 0.0, carrier, np.full(_GUSTS, layer.sigma_horizontal_m_s()[1]), rng)
    gust_strength = _gust_amplitudes(gusts, layer, _share_of_eddies(strength, size, stress))
    return TurbulentWind(layer, size, eddies, strength, stress, gusts, gust_strength)


def _spaced(shortest: float, longest: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Return lengths even in their logarithm, each moved within its share, so that no two flights repeat a pattern."""
    place = (np.arange(count) + rng.uniform(size=count)) / count
    return np.asarray(shortest * (longest / shortest) ** place)


def _waves(
    number: FloatArray, tilt: float, carrier_m_s: FloatArray, wander_m_s: FloatArray, rng: np.random.Generator
) -> Waves:
    """Draw waves of given horizontal wave numbers that travel with the wind and wander.

    Their directions fill the circle evenly in random order: neighbours in size point anywhere.

    Parameters
    ----------
    number
        Horizontal wave numbers, 1/m, shape (m,).
    tilt
        Standard deviation of the vertical over the horizontal wave number.
    carrier_m_s
        Mean wind each travels with.
    wander_m_s
        Velocity scale of its random frequency.
    rng
        Source of the draw.
    """
    count = number.size
    azimuth = 2.0 * np.pi * (rng.permutation(count) + rng.uniform(size=count)) / count
    wave_x = number * np.cos(azimuth)
    return Waves(
        wave_x=wave_x,
        wave_y=number * np.sin(azimuth),
        wave_z=tilt * number * rng.standard_normal(count),
        frequency=wave_x * carrier_m_s + _TURNOVER * number * wander_m_s * rng.standard_normal(count),
        phase=rng.uniform(0.0, 2.0 * np.pi, count),
    )


def _amplitudes(size_m: FloatArray, layer: SurfaceLayer) -> FloatArray:
    """Return amplitudes that give the vertical wind its variance at every height, by multiplicative correction.

    The sizes of one draw are uneven by chance: the amplitudes are fitted to those that were drawn.
    """
    height = np.geomspace(2.0 * _SIZES_M[0], 0.5 * _SIZES_M[1], 60)
    share = 0.5 * eddy_shape((height[:, None] / size_m).astype(np.float32))[0].astype(np.float64) ** 2
    wanted = layer.sigma_w_m_s(height) ** 2
    power = layer.sigma_w_m_s(size_m) ** 2
    for _ in range(_ROUNDS):
        power *= (share.T @ (wanted / (share @ power))) / share.sum(axis=0)
    return np.asarray(np.sqrt(power))


def _share_of_eddies(strength: FloatArray, size_m: FloatArray, stress: FloatArray) -> tuple[float, float]:
    """Return what the eddies have of the variances along and across the wind, averaged over directions, 1-30 m."""
    heights = np.geomspace(1.0, 30.0, 20)
    shape, slope = eddy_shape((heights[:, None] / size_m).astype(np.float32))
    longitudinal = 0.25 * float(np.mean((strength**2 * (slope**2 / _ASPECT**2 + _TILT**2 * shape**2)).sum(axis=1)))
    across = 0.5 * float(np.mean(((strength * stress) ** 2 * shape**2).sum(axis=1)))
    # Mean over directions of t_x^4 is 3/8, of t_x^2 t_y^2 is 1/8.
    return longitudinal + across * 3.0 / 8.0, longitudinal + across / 8.0


def _gust_amplitudes(gusts: Waves, layer: SurfaceLayer, taken: tuple[float, float]) -> FloatArray:
    """Return amplitudes of the gusts: what the eddies leave of the horizontal variances, a tenth at least."""
    left = [
        max(sigma**2 - part, 0.1 * sigma**2) for sigma, part in zip(layer.sigma_horizontal_m_s(), taken, strict=True)
    ]
    sine2, cosine2 = (gusts.wave_y / gusts.number) ** 2, (gusts.wave_x / gusts.number) ** 2
    # Power p sin^2 + q cos^2 of each wave (t_x = -sin) so that both variances come out.
    mixed = np.sum(sine2 * cosine2)
    p, q = np.linalg.solve(0.5 * np.array([[np.sum(sine2**2), mixed], [mixed, np.sum(cosine2**2)]]), left)
    return np.asarray(np.sqrt(np.maximum(p * sine2 + q * cosine2, 0.0)))
