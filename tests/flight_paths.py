"""Flights along waypoints, for tests of geometry: positions, times and logs, at any rate, turned, moved and shaken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyproj import Geod

from gasflux.records import FlightLog, FloatArray, ReadReport, Track

Point = tuple[float, float, float]


def fly(
    points: Sequence[Point],
    hz: float = 1.0,
    speed: float = 4.0,
    noise: float = 0.0,
    seed: int = 0,
    pause_s: float = 2.0,
) -> tuple[Track, FloatArray]:
    """Return track and times of a flight from point to point with a short stop at each."""
    way = np.array(points, dtype=float)
    legs_s = np.linalg.norm(np.diff(way, axis=0), axis=1) / speed
    moments = np.concatenate([[0.0], np.cumsum(np.column_stack([legs_s, np.full(legs_s.size, pause_s)]).ravel())])
    stops = np.repeat(way, 2, axis=0)[1:]
    time_s = np.arange(0.0, moments[-1], 1.0 / hz)
    rng = np.random.default_rng(seed)
    x, y, z = (
        np.interp(time_s, moments, stops[:, axis]) + noise * rng.standard_normal(time_s.size) for axis in range(3)
    )
    return track_of(x, y, z), time_s


def track_of(x_m: FloatArray, y_m: FloatArray, z_m: FloatArray) -> Track:
    """Return a track of these positions."""
    return Track(x_m=x_m, y_m=y_m, z_m=z_m, epsg=32631, origin_easting_m=5e5, origin_northing_m=5e6)


def moved(track: Track, turn_deg: float = 0.0, east_m: float = 0.0, north_m: float = 0.0) -> Track:
    """Return a track turned clockwise about the origin and shifted."""
    turn = np.radians(turn_deg)
    x = np.cos(turn) * track.x_m + np.sin(turn) * track.y_m + east_m
    y = np.cos(turn) * track.y_m - np.sin(turn) * track.x_m + north_m
    return track_of(x, y, track.z_m)


def log_of(track: Track, time_s: FloatArray, latitude_deg: float = 47.0, longitude_deg: float = 8.0) -> FlightLog:
    """Return a log of the track about a place, by geodesics on the WGS84 ellipsoid."""
    azimuth = np.degrees(np.arctan2(track.x_m, track.y_m))
    distance = np.hypot(track.x_m, track.y_m)
    place = np.full(time_s.size, longitude_deg), np.full(time_s.size, latitude_deg)
    longitude, latitude, _ = Geod(ellps="WGS84").fwd(*place, azimuth, distance)
    fill = np.ones(time_s.size)
    return FlightLog(
        start_utc=np.datetime64("2025-06-01T10:00:00", "ms"),
        time_s=time_s,
        latitude_deg=latitude,
        longitude_deg=longitude,
        height_m=track.z_m,
        height_reference="ato",
        wind_speed_m_s=5.0 * fill,
        wind_from_deg=200.0 * fill,
        temperature_c=15.0 * fill,
        pressure_hpa=1000.0 * fill,
        gas_ppm={"ch4": 2.0 * fill},
        file_row=np.arange(time_s.size, dtype=np.int64) + 2,
        report=ReadReport("path", "", time_s.size, time_s.size, {}, (), (), ()),
    )


def curtain(
    levels: Sequence[float], start: tuple[float, float] = (0.0, 0.0), end: tuple[float, float] = (100.0, 0.0)
) -> list[Point]:
    """Return the waypoints of a curtain flown to and fro on the levels in the order given."""
    points: list[Point] = []
    for number, level in enumerate(levels):
        first, last = (start, end) if number % 2 == 0 else (end, start)
        points += [(*first, level), (*last, level)]
    return points


def circle(
    radius: float, low: float, high: float, revolutions: float, clockwise: bool = True, legs: int = 72
) -> list[Point]:
    """Return the waypoints of a rising circle about the origin that starts in the north."""
    share = np.linspace(0.0, 1.0, round(legs * revolutions) + 1)
    angle = 2.0 * np.pi * revolutions * share * (1.0 if clockwise else -1.0)
    height = low + share * (high - low)
    return list(zip((radius * np.sin(angle)).tolist(), (radius * np.cos(angle)).tolist(), height.tolist(), strict=True))
