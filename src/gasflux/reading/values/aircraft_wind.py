"""Wind from an anemometer carried by a moving aircraft."""

from __future__ import annotations

import numpy as np

from gasflux.records import FloatArray


def wind_over_ground(
    forward_m_s: FloatArray,
    right_m_s: FloatArray,
    heading_deg: FloatArray,
    ground_speed_m_s: FloatArray,
    course_deg: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the wind over ground from what an anemometer on the aircraft feels.

    The air moves past the aircraft with (u, v); seen from the ground the aircraft's own motion comes on top:

        east  = u sin(h) + v cos(h) + G sin(c)
        north = u cos(h) - v sin(h) + G cos(c)

    with heading h, course c and ground speed G. In still air the aircraft feels u = -G and the wind is zero. Pitch and
    roll are taken as small: a tilt of 10 degrees hides 1.5 % of the component along it.

    Parameters
    ----------
    forward_m_s
        u: velocity of the air relative to the aircraft, positive towards the nose, shape (n,).
    right_m_s
        v: the same, positive towards the right-hand side, shape (n,).
    heading_deg
        Where the nose points, clockwise from true north, shape (n,).
    ground_speed_m_s
        Speed over ground, shape (n,).
    course_deg
        Where the aircraft moves to, clockwise from true north, shape (n,); None takes the heading, which holds for an
        aircraft that flies nose first.

    Returns
    -------
    east_m_s, north_m_s
        Components the wind blows towards, shape (n,).

    References
    ----------
    Lenschow and Spyers-Duran 1989, Measurement techniques: air motion sensing. NCAR Research Aviation Facility
    Bulletin 23, with pitch, roll and angular rates set to zero.
    """
    heading = np.radians(heading_deg)
    course = heading if course_deg is None else np.radians(course_deg)
    east = forward_m_s * np.sin(heading) + right_m_s * np.cos(heading) + ground_speed_m_s * np.sin(course)
    north = forward_m_s * np.cos(heading) - right_m_s * np.sin(heading) + ground_speed_m_s * np.cos(course)
    return east, north


def felt_components(speed_m_s: FloatArray, from_nose_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the components of the air's motion past an aircraft, towards its nose and towards its right.

    Parameters
    ----------
    speed_m_s
        Apparent wind speed, shape (n,).
    from_nose_deg
        Where it comes from, clockwise from the nose, shape (n,): wind from ahead (0) moves towards the tail.
    """
    angle = np.radians(from_nose_deg)
    return -speed_m_s * np.cos(angle), -speed_m_s * np.sin(angle)


def speed_and_direction(east_m_s: FloatArray, north_m_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return wind speed and the direction it comes from.

    Parameters
    ----------
    east_m_s, north_m_s
        Components the wind blows towards, shape (n,).

    Returns
    -------
    speed_m_s, from_deg
        Direction clockwise from north in [0, 360), shape (n,).
    """
    from_deg = np.degrees(np.arctan2(-east_m_s, -north_m_s)) % 360.0
    # A tiny negative angle modulo 360 rounds to 360 itself.
    return np.hypot(east_m_s, north_m_s), np.where(from_deg >= 360.0, 0.0, from_deg)


def components(speed_m_s: FloatArray, from_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the components the wind blows towards, east and north; zero in calm air whatever its direction.

    Parameters
    ----------
    speed_m_s, from_deg
        Wind speed and the direction it comes from, shape (n,); a calm sample (speed 0) may lack its direction.
    """
    angle = np.radians(np.where(speed_m_s == 0.0, 0.0, from_deg))
    return -speed_m_s * np.sin(angle), -speed_m_s * np.cos(angle)
