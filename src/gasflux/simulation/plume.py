"""Plumes whose mass flux through the flown surface is known exactly.

Both plumes share one vertical shape, ``g(z) = exp(-(z-H)^2 / 2 sz^2) + exp(-(z+H)^2 / 2 sz^2)`` (a Gaussian reflected
at the ground), over one neutral wind profile ``u(z) = u10 ln(z/z0) / ln(10/z0)``, zero below ``z0``. Concentrations are
divided by the integral of ``g u dz``, so that the *advected* mass is the emission at every distance.

The spread is a function of the surface, not of the point: all points of a plane parallel to the curtain share the
``sigma`` of the distance at which the plume axis crosses that plane, all points near a spiral that of the axis' exit. A
spread that grew along a slanted surface would move mass by diffusion, which no anemometer sees, and the flux of
``c u`` through the surface would miss the emission by ``(d sigma/dx)^2``, some percent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.signal import lfilter

from gasflux.constants import GAS_CONSTANT_J_MOL_K, PA_PER_HPA, PPM, celsius_to_kelvin
from gasflux.gas import molar_mass_g_mol
from gasflux.records import FloatArray
from gasflux.simulation.scenario import Scenario, Stability

GUST_STEP_S = 0.25
"""The wind is constant within such steps, so its integral, the way of a puff, is exact."""

PUFF_SHARE = 0.6
"""Horizontal spread of a puff over Briggs' plume: the rest of his 10-minute spread is meandering, made by the wind."""

OLDEST_PUFF = 12.0
"""Age after which a puff is forgotten, in mean travel times to the surface."""

_IMAGES = 6
_MIXED_SPREAD = 1.5
"""Beyond this spread over the lid's height the images fill the layer evenly to 1e-4; more spread changes nothing."""

_CHUNK = 1_000_000

_BRIGGS: dict[Stability, tuple[float, Callable[[FloatArray], FloatArray]]] = {
    "A": (0.22, lambda x: 0.20 * x),
    "B": (0.16, lambda x: 0.12 * x),
    "C": (0.11, lambda x: 0.08 * x / np.sqrt(1 + 0.0002 * x)),
    "D": (0.08, lambda x: 0.06 * x / np.sqrt(1 + 0.0015 * x)),
    "E": (0.06, lambda x: 0.03 * x / (1 + 0.0003 * x)),
    "F": (0.04, lambda x: 0.016 * x / (1 + 0.0003 * x)),
}


@dataclass(frozen=True, eq=False)
class Gusts:
    """Wind at the plume's mean height, uniform over the site, in steps of `GUST_STEP_S`; the log profile scales it."""

    start_s: float
    east_m_s: FloatArray
    north_m_s: FloatArray
    path_east_m: FloatArray
    """Integral of the wind up to the start of each step, one longer than the steps."""
    path_north_m: FloatArray

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the wind (east, north) at times."""
        step = np.floor((time_s - self.start_s) / GUST_STEP_S).astype(np.int64)
        step = np.clip(step, 0, self.east_m_s.size - 1)
        return self.east_m_s[step], self.north_m_s[step]

    def way(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return how far (east, north) air has moved since `start_s`; exact, linear within a step."""
        knots = (time_s - self.start_s) / GUST_STEP_S
        step = np.clip(knots.astype(np.int64), 0, self.east_m_s.size - 1)
        rest_s = (knots - step) * GUST_STEP_S
        east = self.path_east_m[step] + rest_s * self.east_m_s[step]
        return east, self.path_north_m[step] + rest_s * self.north_m_s[step]


def briggs_sigma(stability: Stability, distance_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the spread (sigma_y, sigma_z) of a plume over open country, metres.

    Parameters
    ----------
    stability
        Pasquill class, A (very unstable) to F (stable).
    distance_m
        Distance downwind of the source, any shape; upwind counts as 0.

    References
    ----------
    Briggs 1973, ATDL Contribution 79; Hanna, Briggs & Hosker 1982, Handbook on Atmospheric Diffusion, table 4.5.
    """
    share, vertical = _BRIGGS[stability]
    x = np.maximum(distance_m, 0.0)
    lateral: FloatArray = share * x / np.sqrt(1 + 0.0001 * x)
    return lateral, vertical(x)


def profile_wind_m_s(scenario: Scenario, height_m: FloatArray) -> FloatArray:
    """Return the mean wind speed of the neutral logarithmic profile; zero below the roughness length."""
    z0 = scenario.roughness_length_m
    speed: FloatArray = scenario.wind_speed_m_s * np.log(np.maximum(height_m, z0) / z0) / np.log(10.0 / z0)
    return speed


def _vertical_shape(scenario: Scenario, height_m: FloatArray, sigma_z_m: FloatArray) -> FloatArray:
    """Return the Gaussian g(z) thrown back by the ground and by the lid, where there is one; dimensionless."""
    source, lid = scenario.source_height_m, scenario.mixing_height_m
    if lid is None:
        direct = np.exp(-0.5 * ((height_m - source) / sigma_z_m) ** 2)
        reflected: FloatArray = np.exp(-0.5 * ((height_m + source) / sigma_z_m) ** 2)
        return direct + reflected
    spread = np.minimum(sigma_z_m, _MIXED_SPREAD * lid)
    images = [sign * source + 2.0 * number * lid for number in range(-_IMAGES, _IMAGES + 1) for sign in (1.0, -1.0)]
    shape = np.sum([np.exp(-0.5 * ((height_m - image) / spread) ** 2) for image in images], axis=0)
    return np.asarray(np.where(height_m <= lid, shape, 0.0))


def shape_integrals(scenario: Scenario, sigma_z_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the integrals over height of g (m) and of g u (m2/s) for each sigma_z.

    Gauss-Legendre in ``t = ln(z/z0)``, which makes the profile linear and the ground harmless; 256 nodes are exact to
    better than 1e-9 for sigma_z down to a hundredth of the source height.
    """
    nodes, weights = _gauss_legendre(256)
    z0 = scenario.roughness_length_m
    sigma = np.atleast_1d(sigma_z_m)[:, None]
    reach = np.minimum(scenario.source_height_m + 9.0 * sigma + 10 * z0, scenario.mixing_height_m or np.inf)
    half = 0.5 * np.log(reach / z0)
    height = z0 * np.exp(half * (nodes + 1.0))
    g_dz = _vertical_shape(scenario, height, sigma) * height * half * weights
    below = np.sum(_vertical_shape(scenario, z0 * (nodes + 1.0) / 2, sigma) * z0 / 2 * weights, axis=1)
    return g_dz.sum(axis=1) + below, np.sum(g_dz * profile_wind_m_s(scenario, height), axis=1)


@cache
def _gauss_legendre(order: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights on (-1, 1); finding them takes as long as the integrals of a whole flight."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights


def surface_distance_m(scenario: Scenario, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return how far from the source the plume axis crosses the flown surface each point belongs to.

    Points nearer than half way to the (first) curtain lie on no flown surface and get that half: nearer still the
    spread vanishes.

    Parameters
    ----------
    scenario
        The flight.
    x_m, y_m
        East and north of the source, metres, shape (n,).
    """
    if scenario.is_closed:
        return np.full(x_m.shape, scenario.axis_distance_m)
    surface: FloatArray = np.maximum(_crossing_m(scenario, x_m, y_m), 0.5 * scenario.axis_distance_m)
    return surface


def _crossing_m(scenario: Scenario, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return where the plume axis crosses the plane through each point, parallel to the curtain: downwind distance."""
    normal = x_m * np.sin(scenario.normal_rad) + y_m * np.cos(scenario.normal_rad)
    distance: FloatArray = normal / np.cos(np.radians(scenario.angle_to_normal_deg))
    return distance


def transport_speed_m_s(scenario: Scenario) -> float:
    """Return the mean speed of the plume: the wind averaged over its vertical shape at the (first) surface."""
    _, sigma_z = briggs_sigma(scenario.stability, np.array([scenario.axis_distance_m]))
    mass, flux = shape_integrals(scenario, sigma_z)
    return float(flux[0] / mass[0])


def _per_unit_flux(scenario: Scenario, z_m: FloatArray, distance_m: FloatArray) -> FloatArray:
    """Return g(z) / integral of g u dz, s/m2: the vertical part of a concentration per kg/s."""
    _, sigma_z = briggs_sigma(scenario.stability, distance_m)
    # Interpolated between 400 spreads in logarithms: smooth there, wrong by less than 1e-6.
    table = np.geomspace(sigma_z.min(), max(sigma_z.max(), sigma_z.min() * 1.001), 400)
    _, flux = shape_integrals(scenario, table)
    flux_m2_s = np.exp(np.interp(np.log(sigma_z), np.log(table), np.log(flux)))
    shape = np.where(z_m >= 0.0, _vertical_shape(scenario, z_m, sigma_z), 0.0)
    return np.asarray(shape / flux_m2_s)


def steady_plume(scenario: Scenario, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray) -> FloatArray:
    """Return the concentration of a steady plume per unit emission, s/m3.

    ``c / Q = N(y; sigma_y) g(z) / integral(g u dz)``, N the normal density; zero upwind of the source (for a curtain:
    before the plane through the source parallel to it, so that no end of a slanted curtain is cut off). The integral of
    ``c u`` over any plane parallel to the curtain, and over the spiral's cylinder, is Q.

    Parameters
    ----------
    scenario
        The flight.
    x_m, y_m, z_m
        East, north and height relative to the foot of the source, metres, shape (n,).

    References
    ----------
    Stockie 2011, SIAM Review 53:349, equation 3.10 (Gaussian plume); the division by the advected flux is ours.
    """
    downwind, crosswind = _wind_frame(scenario, x_m, y_m)
    passed = downwind if scenario.is_closed else _crossing_m(scenario, x_m, y_m)
    distance = surface_distance_m(scenario, x_m, y_m)
    sigma_y, _ = briggs_sigma(scenario.stability, distance)
    across = np.exp(-0.5 * (crosswind / sigma_y) ** 2) / (np.sqrt(2 * np.pi) * sigma_y)
    return np.where(passed > 0.0, across * _per_unit_flux(scenario, z_m, distance), 0.0)


def _wind_frame(scenario: Scenario, x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return downwind and crosswind (to the left) distance from the source."""
    sine, cosine = np.sin(scenario.wind_to_rad), np.cos(scenario.wind_to_rad)
    return x_m * sine + y_m * cosine, y_m * sine - x_m * cosine


def oldest_puff_s(scenario: Scenario) -> float:
    """Return the age at which a puff is forgotten, seconds."""
    last = scenario.axis_distance_m + (scenario.curtains - 1) * scenario.curtain_spacing_m
    return OLDEST_PUFF * last / transport_speed_m_s(scenario)


def make_gusts(scenario: Scenario, duration_s: float, rng: np.random.Generator) -> Gusts:
    """Return the wind of a flight at the plume's mean height.

    Along- and cross-wind gusts are Ornstein-Uhlenbeck processes of integral time `gust_time_s`; the direction swings
    as another one of `meander_time_s`. A steady plume gets the mean wind.

    Parameters
    ----------
    scenario
        Mean wind, intensities and times of the gusts.
    duration_s
        Of the flight; the wind begins as long before it as puffs are remembered.
    rng
        Source of the noise.

    References
    ----------
    Wilson & Sawford 1996, Boundary-Layer Meteorology 78:191 (velocity as a first-order Markov process).
    """
    start_s = -oldest_puff_s(scenario)
    steps = int(np.ceil((duration_s - start_s) / GUST_STEP_S)) + 1
    noise = rng.standard_normal((3, steps))
    if scenario.plume == "steady":
        noise[:] = 0.0
    speed = transport_speed_m_s(scenario)
    along = speed * (1.0 + scenario.turbulence_intensity * _markov(noise[0], scenario.gust_time_s))
    left = speed * scenario.cross_wind_intensity * _markov(noise[1], scenario.gust_time_s)
    swing = np.radians(scenario.meander_deg) * _markov(noise[2], scenario.meander_time_s)
    sine, cosine = np.sin(scenario.wind_to_rad + swing), np.cos(scenario.wind_to_rad + swing)
    east, north = along * sine - left * cosine, along * cosine + left * sine
    return Gusts(start_s, east, north, _integral(east), _integral(north))


def _markov(noise: FloatArray, time_scale_s: float) -> FloatArray:
    """Return a stationary first-order autoregression of unit variance driven by white noise."""
    memory = np.exp(-GUST_STEP_S / time_scale_s)
    drive = noise * np.sqrt(1.0 - memory**2)
    drive[:1] = noise[:1]
    series: FloatArray = lfilter([1.0], [1.0, -memory], drive)
    return series


def _integral(wind_m_s: FloatArray) -> FloatArray:
    """Return the way of the air at the start of each step and at the end of the last."""
    return np.concatenate([[0.0], np.cumsum(wind_m_s) * GUST_STEP_S])


def meandering_plume(
    scenario: Scenario, gusts: Gusts, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray
) -> FloatArray:
    """Return the concentration of a plume of puffs per unit emission, s/m3.

    ``c / Q = U g(z) / integral(g u dz) * integral over age a of N2(r - X(t) + X(t-a); sigma)``, with X the way of the
    air, U the transport speed and N2 the round normal density. The measured wind is the gust times ``u(z) / U``, so the
    column flux is the puffs' mass times their own velocity: what is emitted passes the surface, no more, no less.
    Puffs are half a spread (at the first surface) apart in the mean wind, where their sum is the integral to 1e-9.

    Parameters
    ----------
    scenario
        The flight.
    gusts
        Its wind, reaching from `oldest_puff_s` before the first time to the last.
    time_s
        Times of the points, shape (n,).
    x_m, y_m, z_m
        East, north and height relative to the foot of the source, metres, shape (n,).
    """
    distance = surface_distance_m(scenario, x_m, y_m)
    sigma = PUFF_SHARE * briggs_sigma(scenario.stability, distance)[0]
    axis_sigma = PUFF_SHARE * briggs_sigma(scenario.stability, np.array([scenario.axis_distance_m]))[0]
    speed = transport_speed_m_s(scenario)
    age_step_s = 0.5 * float(axis_sigma[0]) / speed
    column = _puff_columns(gusts, time_s, x_m, y_m, sigma, age_step_s, oldest_puff_s(scenario))
    return column * speed * _per_unit_flux(scenario, z_m, distance)


def _puff_columns(
    gusts: Gusts,
    time_s: FloatArray,
    x_m: FloatArray,
    y_m: FloatArray,
    sigma_m: FloatArray,
    age_step_s: float,
    oldest_s: float,
) -> FloatArray:
    """Return the integral over age of the puffs' horizontal density, s/m2, in chunks of rows."""
    ages = age_step_s * (np.arange(int(oldest_s / age_step_s)) + 0.5)
    columns = np.empty(time_s.shape)
    rows = max(_CHUNK // ages.size, 1)
    for first in range(0, time_s.size, rows):
        part = slice(first, first + rows)
        now_east, now_north = gusts.way(time_s[part, None])
        then_east, then_north = gusts.way(time_s[part, None] - ages)
        off_east, off_north = x_m[part, None] - now_east + then_east, y_m[part, None] - now_north + then_north
        variance = sigma_m[part, None] ** 2
        density = np.exp(-0.5 * (off_east**2 + off_north**2) / variance) / (2 * np.pi * variance)
        columns[part] = density.sum(axis=1) * age_step_s
    return columns


def mole_fraction_ppm(
    concentration_kg_m3: FloatArray, gas: str, temperature_c: FloatArray, pressure_hpa: FloatArray
) -> FloatArray:
    """Return the mole fraction of a gas of known mass concentration, ``c R T / (M p)``, in ppm.

    Written out here and not taken from the processing, so that an error there cannot cancel in a comparison.

    Parameters
    ----------
    concentration_kg_m3
        Mass of the gas per volume of air.
    gas
        Chemical formula.
    temperature_c, pressure_hpa
        State of the air, shapes that broadcast with the concentration.
    """
    mol_m3 = concentration_kg_m3 / (molar_mass_g_mol(gas) * 1e-3)
    air_mol_m3 = pressure_hpa * PA_PER_HPA / (GAS_CONSTANT_J_MOL_K * (celsius_to_kelvin(0.0) + temperature_c))
    return mol_m3 / air_mol_m3 / PPM
