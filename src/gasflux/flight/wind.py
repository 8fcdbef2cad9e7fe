"""The wind through a surface: components, statistics, the standard error of a mean, and the logarithmic profile."""

from __future__ import annotations

import numpy as np

from gasflux.constants import VON_KARMAN
from gasflux.records import FlightLog, FloatArray, LogProfile, Plane, Segment, Wind

_MIN_ROUGHNESS_M = 1e-4
_MAX_ROUGHNESS_M = 2.0
_MIN_FIT_HEIGHT_M = 0.5
_GUST_LAG_S = 2.0
"""Between values whose noise is independent; gusts that move a plume last longer."""


def wind_components(speed_m_s: FloatArray, from_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the components blowing towards east and north.

    Parameters
    ----------
    speed_m_s, from_deg
        Wind speed and the direction it comes from (0 = north, clockwise), shape (n,).

    Returns
    -------
    east_m_s, north_m_s
        A wind from the north (0 deg) blows towards the south: north is negative.
    """
    angle = np.radians(from_deg)
    return -speed_m_s * np.sin(angle), -speed_m_s * np.cos(angle)


def direction_from(east_m_s: float, north_m_s: float) -> float:
    """Return the direction in degrees that a wind with these components comes from, in [0, 360)."""
    return float(np.degrees(np.arctan2(-east_m_s, -north_m_s)) % 360.0)


def direction_std_deg(from_deg: FloatArray) -> float:
    """Return the standard deviation of a direction, degrees (Yamartino 1984, J. Climate Appl. Meteorol. 23:1362)."""
    angle = np.radians(from_deg)
    sine, cosine = float(np.mean(np.sin(angle))), float(np.mean(np.cos(angle)))
    epsilon = np.sqrt(max(1.0 - sine**2 - cosine**2, 0.0))
    return float(np.degrees(np.arcsin(epsilon) * (1.0 + (2.0 / np.sqrt(3.0) - 1.0) * epsilon**3)))


def mean_standard_error(time_s: FloatArray, values: FloatArray) -> float:
    """Return the standard error of the mean of an autocorrelated series.

    The variance of the mean over a span T is 2 sigma^2 tau / T with the integral time scale tau (Lumley & Panofsky
    1964; Lenschow et al. 1994, J. Atmos. Oceanic Technol. 11:661), here from block means: blocks are doubled until the
    error stops growing, which needs no equal spacing and no model (Flyvbjerg & Petersen 1989, J. Chem. Phys. 91:461).

    Parameters
    ----------
    time_s
        Times, increasing, shape (m,).
    values
        The series, shape (m,).
    """
    if values.size < 4:
        return float(np.std(values))
    blocks = values[np.argsort(time_s, kind="stable")].astype(float)
    errors = []
    while blocks.size >= 4:
        errors.append(float(np.std(blocks, ddof=1) / np.sqrt(blocks.size)))
        blocks = 0.5 * (blocks[: blocks.size // 2 * 2 : 2] + blocks[1 : blocks.size // 2 * 2 : 2])
    return max(errors)


def cross_wind_gusts(time_s: FloatArray, east_m_s: FloatArray, north_m_s: FloatArray) -> float | None:
    """Return the standard deviation of the wind across its mean over the mean speed: what makes a plume meander.

    From the covariance of values two seconds apart: the noise of an anemometer, which adds to a variance, is not in it.
    None where the wind has no mean, or a direction that never changes, as no measured one does.

    Parameters
    ----------
    time_s
        Times, shape (m,).
    east_m_s, north_m_s
        Components, shape (m,).
    """
    order = np.argsort(time_s, kind="stable")
    time, east, north = time_s[order], east_m_s[order], north_m_s[order]
    mean_east, mean_north = float(np.mean(east)), float(np.mean(north))
    speed = float(np.hypot(mean_east, mean_north))
    if time.size < 4 or speed <= 0.0:
        return None
    across = (north * mean_east - east * mean_north) / speed
    if float(np.std(across)) < 1e-6 * speed:
        return None
    across = across - across.mean()
    apart = max(round(_GUST_LAG_S / max(float(np.median(np.diff(time))), 1e-3)), 1)
    covariance = float(np.mean(across[apart:] * across[:-apart])) if apart < time.size // 2 else float(np.var(across))
    return float(np.sqrt(max(covariance, 0.0))) / speed


def fit_log_profile(height_agl_m: FloatArray, speed_m_s: FloatArray, assumed_roughness_m: float) -> LogProfile:
    """Fit the neutral profile u(z) = u* / k ln(z / z0) by least squares on ln z.

    Source: Stull 1988, An Introduction to Boundary Layer Meteorology, section 9.7. A fit whose roughness length is
    outside 0.1 mm to 2 m is no logarithmic profile; then the assumed roughness is kept and only u* is fitted.

    Parameters
    ----------
    height_agl_m
        Height above ground, shape (m,); samples below 0.5 m are left out.
    speed_m_s
        Wind speed, shape (m,).
    assumed_roughness_m
        Roughness length to fall back on, m.
    """
    use = height_agl_m > _MIN_FIT_HEIGHT_M
    log_z, speed = np.log(height_agl_m[use]), speed_m_s[use]
    if log_z.size >= 3 and float(np.ptp(log_z)) > 0.5:
        slope, intercept = np.polyfit(log_z, speed, 1)
        if slope > 0 and _MIN_ROUGHNESS_M <= np.exp(-intercept / slope) <= _MAX_ROUGHNESS_M:
            return LogProfile(float(VON_KARMAN * slope), float(np.exp(-intercept / slope)), fitted=True)
    shape = np.log(np.maximum(height_agl_m[use], 2.0 * assumed_roughness_m) / assumed_roughness_m)
    slope = float(shape @ speed / (shape @ shape)) if shape.size else 0.0
    return LogProfile(VON_KARMAN * slope, assumed_roughness_m, fitted=False)


def segment_wind(log: FlightLog, segment: Segment, profile: LogProfile | None = None) -> Wind:
    """Return the wind at the samples of a segment and its statistics.

    Without a measured direction the wind is taken as straight through the surface at every sample.

    Parameters
    ----------
    log
        The flight.
    segment
        The curtain or spiral with its normals.
    profile
        A logarithmic profile to carry along, when one was fitted.
    """
    speed = log.wind_speed_m_s[segment.rows]
    if log.wind_from_deg is None:
        east, north = speed * segment.normal_x, speed * segment.normal_y
        spread = 0.0
    else:
        from_deg = log.wind_from_deg[segment.rows]
        east, north = wind_components(speed, from_deg)
        spread = direction_std_deg(from_deg)
    normal = east * segment.normal_x + north * segment.normal_y
    mean_east, mean_north = float(np.mean(east)), float(np.mean(north))
    vector = float(np.hypot(mean_east, mean_north))
    is_plane = isinstance(segment.surface, Plane)
    mean_normal = float(np.mean(normal)) if is_plane or log.wind_from_deg is None else vector
    streamwise = (east * mean_east + north * mean_north) / max(vector, 1e-12)
    has_gusts = log.wind_from_deg is not None and not log.wind_elsewhere
    return Wind(
        east_m_s=east,
        north_m_s=north,
        normal_m_s=normal,
        mean_speed_m_s=float(np.mean(speed)),
        mean_vector_m_s=vector,
        mean_from_deg=direction_from(mean_east, mean_north),
        mean_normal_m_s=mean_normal,
        direction_std_deg=spread,
        turbulence_intensity=float(np.std(speed) / max(float(np.mean(speed)), 1e-12)),
        angle_to_normal_deg=_angle_to_normal(mean_normal, vector) if is_plane else None,
        normal_mean_std_m_s=mean_standard_error(log.time_s[segment.rows], normal if is_plane else streamwise),
        measured_direction=log.wind_from_deg is not None,
        cross_gusts=cross_wind_gusts(log.time_s[segment.rows], east, north) if has_gusts else None,
        log_profile=profile,
    )


def _angle_to_normal(mean_normal_m_s: float, vector_m_s: float) -> float:
    """Angle between the mean wind and the normal of a plane, degrees in [0, 180]."""
    return float(np.degrees(np.arccos(np.clip(mean_normal_m_s / max(vector_m_s, 1e-12), -1.0, 1.0))))
