"""The facts of a flight or of one of its surfaces, as the result files and the report show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gasflux.flight.wind import direction_from
from gasflux.records import FlightLog, FlightSummary, FloatArray, IntArray, Loop, Plane, Segment, SegmentResult, Wind


def log_time(log: FlightLog, time_s: float) -> str:
    """Return a time of the log as ISO 8601 text with milliseconds."""
    moment = log.start_utc.astype("datetime64[ms]") + np.timedelta64(round(1000.0 * time_s), "ms")
    return str(moment)


def sampling_rate_hz(time_s: FloatArray) -> float:
    """Return the median sampling rate, Hz; gaps do not count."""
    return float(1.0 / np.median(np.diff(time_s)))


def segment_summary(log: FlightLog, segment: Segment, wind: Wind, ground_m: float) -> FlightSummary:
    """Return the facts of one curtain or spiral.

    Parameters
    ----------
    log, segment, wind
        The flight, one of its surfaces and the wind at the samples of that.
    ground_m
        Height of the ground in the reference of the log's heights.
    """
    rows, surface = segment.rows, segment.surface
    plane = surface if isinstance(surface, Plane) else None
    start, end = float(log.time_s[rows].min()), float(log.time_s[rows].max())
    return FlightSummary(
        strategy=segment.strategy,
        start=log_time(log, start),
        end=log_time(log, end),
        duration_s=end - start,
        sample_hz=sampling_rate_hz(np.sort(log.time_s[rows])),
        transects=segment.transects,
        plane_azimuth_deg=plane.azimuth_deg if plane else None,
        radius_m=None if isinstance(surface, Plane) else surface.radius_m,
        length_m=float(np.ptp(segment.along_m)),
        height_min_m=float(segment.height_m.min()),
        height_max_m=float(segment.height_m.max()),
        ground_height_m=ground_m,
        wind_mean_m_s=wind.mean_speed_m_s,
        wind_from_deg=wind.mean_from_deg if wind.measured_direction else None,
        wind_normal_mean_m_s=wind.mean_normal_m_s,
        wind_angle_to_plane_deg=_angle_to_plane(wind),
        perimeter_m=surface.perimeter_m if isinstance(surface, Loop) else None,
        area_inside_m2=surface.area_m2 if isinstance(surface, Loop) else None,
        **_air(log, rows),
    )


def flight_summary(log: FlightLog, results: Sequence[SegmentResult]) -> FlightSummary:
    """Return the facts of the whole flight: those of its only surface, or of all of them together."""
    if len(results) == 1:
        return results[0].summary
    rows = np.concatenate([result.segment.rows for result in results])
    parts = [result.summary for result in results]
    east = np.concatenate([result.wind.east_m_s for result in results])
    north = np.concatenate([result.wind.north_m_s for result in results])
    measured = all(result.wind.measured_direction for result in results)
    start, end = float(log.time_s[rows].min()), float(log.time_s[rows].max())
    return FlightSummary(
        strategy=parts[0].strategy,
        start=log_time(log, start),
        end=log_time(log, end),
        duration_s=end - start,
        sample_hz=log.sample_hz,
        transects=sum(part.transects for part in parts),
        plane_azimuth_deg=_mean_azimuth([part.plane_azimuth_deg for part in parts]),
        radius_m=_common([part.radius_m for part in parts]),
        length_m=float(np.mean([part.length_m for part in parts])),
        height_min_m=min(part.height_min_m for part in parts),
        height_max_m=max(part.height_max_m for part in parts),
        ground_height_m=float(np.mean([part.ground_height_m for part in parts])),
        wind_mean_m_s=float(np.mean(log.wind_speed_m_s[rows])),
        wind_from_deg=direction_from(float(east.mean()), float(north.mean())) if measured else None,
        wind_normal_mean_m_s=float(np.mean([part.wind_normal_mean_m_s for part in parts])),
        wind_angle_to_plane_deg=_common([part.wind_angle_to_plane_deg for part in parts]),
        **_air(log, rows),
    )


def _air(log: FlightLog, rows: IntArray) -> dict[str, float]:
    """Mean state of the air."""
    return {
        "temperature_mean_c": float(np.mean(log.temperature_c[rows])),
        "pressure_mean_hpa": float(np.mean(log.pressure_hpa[rows])),
    }


def _angle_to_plane(wind: Wind) -> float | None:
    """Angle between the mean wind and the plane, 90 = straight through; None for a spiral or without direction."""
    if wind.angle_to_normal_deg is None or not wind.measured_direction:
        return None
    return abs(90.0 - wind.angle_to_normal_deg)


def _common(values: Sequence[float | None]) -> float | None:
    """Mean of a figure that every surface has, else None."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if len(present) == len(values) else None


def _mean_azimuth(values: Sequence[float | None]) -> float | None:
    """Mean of plane azimuths in [0, 180): angles are doubled, since 179 and 1 degrees are neighbours."""
    present = np.radians([2.0 * value for value in values if value is not None])
    if present.size < len(values):
        return None
    return float(np.degrees(np.arctan2(np.sin(present).sum(), np.cos(present).sum())) / 2.0 % 180.0)
