"""The flight and its surfaces as columns: what processed.csv and grid_<gas>.csv hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gasflux.flight.wind import wind_components
from gasflux.records import (
    FlightResult,
    FloatArray,
    GasResult,
    KrigedGrid,
    Phase,
)


def sample_times(result: FlightResult) -> NDArray[np.datetime64]:
    """Return the time of each sample to the millisecond, shape (n,)."""
    milliseconds = np.round(result.log.time_s * 1000.0).astype("timedelta64[ms]")
    times: NDArray[np.datetime64] = result.log.start_utc.astype("datetime64[ms]") + milliseconds
    return times


def segment_numbers(result: FlightResult) -> FloatArray:
    """Return the number of the surface each sample lies on, counted from 1; NaN off all of them, shape (n,)."""
    return _on_surfaces(result, (np.full(part.segment.rows.size, i) for i, part in enumerate(result.segments, start=1)))


def pass_numbers(result: FlightResult) -> FloatArray:
    """Return the number of the pass each sample lies on, counted from 1 on its surface; NaN off all, shape (n,)."""
    return _on_surfaces(result, (part.segment.transect + 1 for part in result.segments))


def _on_surfaces(result: FlightResult, values: Iterable[ArrayLike | None]) -> FloatArray:
    """Put the values of each surface's samples among those of the whole log; NaN elsewhere."""
    column = np.full(result.log.size, np.nan)
    for part, value in zip(result.segments, values, strict=True):
        if value is not None:
            column[part.segment.rows] = value
    return column


def processed_columns(result: FlightResult) -> dict[str, NDArray[Any]]:
    """Return the flight with every derived column, one row per sample: name -> values, shape (n,).

    Columns: time, position and weather as used; x, y (local east and north, m); phase; number of the surface
    (`segment`, from 1) and of the pass on it; along and offset on the surface, m; wind components towards east, north
    and along the surface's normal, m/s; for each gas the mole fraction, baseline and enhancement in ppm, whether the
    baseline rests on the sample, the density of the pure gas in kg/m3, the flux density in kg/(m2 h) and the share of
    the flux the sample carries in kg/h; of a flight of several files the file each quantity is from. NaN where a figure
    does not exist, None where a number of a surface or pass does not.
    """
    log, track = result.log, result.track
    columns: dict[str, NDArray[Any]] = {
        "time": np.datetime_as_string(sample_times(result), unit="ms"),
        "time_s": np.round(log.time_s, 3),
        "latitude": np.round(log.latitude_deg, 8),
        "longitude": np.round(log.longitude_deg, 8),
        "height_m": _rounded(log.height_m),
        "x_m": _rounded(track.x_m),
        "y_m": _rounded(track.y_m),
        "phase": np.array([phase.name.lower() for phase in Phase])[result.phase],
        "segment": _counted(segment_numbers(result)),
        "transect": _counted(pass_numbers(result)),
        "along_m": _rounded(_on_surfaces(result, (part.segment.along_m for part in result.segments))),
        "offset_m": _rounded(_on_surfaces(result, (part.segment.offset_m for part in result.segments))),
        "windspeed_m_s": _rounded(log.wind_speed_m_s),
        "temperature_c": _rounded(log.temperature_c),
        "pressure_hpa": _rounded(log.pressure_hpa),
        **_wind_columns(result),
    }
    for gas in log.gas_ppm:
        columns |= _gas_columns(result, gas)
    return columns | _origin_columns(result)


def _origin_columns(result: FlightResult) -> dict[str, NDArray[Any]]:
    """Return the file that each quantity is from; nothing for a log that is one file."""
    log = result.log
    if log.fusion is None:
        return {}
    names = {"latitude": "position", "windspeed": "wind"} | {gas: gas for gas in log.gas_ppm}
    names |= {name: name for name in ("temperature", "pressure")}
    origin = {f"{names[name]}_from": file for name, file in log.fusion.origin.items() if name in names}
    return {column: np.full(log.size, file, dtype=object) for column, file in origin.items()}


def _counted(values: FloatArray) -> NDArray[np.object_]:
    """Whole numbers, None for NaN."""
    is_known = np.isfinite(values)
    counts = np.full(values.size, None, dtype=object)
    counts[is_known] = values[is_known].astype(np.int64)
    return counts


def _rounded(values: FloatArray) -> FloatArray:
    """Six decimals: micrometres, and what keeps a million rows readable."""
    return np.round(values, 6)


def _significant(values: FloatArray) -> FloatArray:
    """Seven significant digits, for figures of any size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decimals = 6 - np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** np.where(np.isfinite(decimals), np.clip(decimals, -290, 290), 0.0)
    return np.round(values * scale) / scale


def sample_winds(result: FlightResult) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the wind towards east, north and along the surface's normal, m/s, shape (n,) each.

    East and north of every sample where the direction was measured, else of those on a surface; NaN elsewhere.
    """
    log, parts = result.log, result.segments
    if log.wind_from_deg is None:
        east = _on_surfaces(result, (part.wind.east_m_s for part in parts))
        north = _on_surfaces(result, (part.wind.north_m_s for part in parts))
    else:
        east, north = wind_components(log.wind_speed_m_s, log.wind_from_deg)
    return east, north, _on_surfaces(result, (part.wind.normal_m_s for part in parts))


def _wind_columns(result: FlightResult) -> dict[str, FloatArray]:
    """Wind of the samples, with its direction where that was measured."""
    log, (east, north, normal) = result.log, sample_winds(result)
    direction = {} if log.wind_from_deg is None else {"winddir_deg": _rounded(log.wind_from_deg)}
    return direction | {
        "wind_east_m_s": _rounded(east),
        "wind_north_m_s": _rounded(north),
        "wind_normal_m_s": _rounded(normal),
    }


def _gas_columns(result: FlightResult, gas: str) -> dict[str, NDArray[Any]]:
    """Everything known of one gas at each sample."""
    background = result.background[gas]

    def spread(pick: Callable[[GasResult], FloatArray]) -> FloatArray:
        found = (part.gases.get(gas) for part in result.segments)
        return _significant(_on_surfaces(result, (None if values is None else pick(values) for values in found)))

    return {
        f"{gas}_ppm": _significant(result.log.gas_ppm[gas]),
        f"{gas}_baseline_ppm": _significant(background.baseline_ppm),
        f"{gas}_enhancement_ppm": _significant(background.enhancement_ppm),
        f"{gas}_is_background": background.is_background,
        f"{gas}_density_kg_m3": spread(lambda values: values.density_kg_m3),
        f"{gas}_flux_density_kg_m2_h": spread(lambda values: values.flux_density_kg_m2_h),
        f"{gas}_flux_contribution_kg_h": spread(lambda values: values.flux_contribution_kg_h),
    }


def grid_columns(result: FlightResult, gas: str) -> dict[str, NDArray[Any]]:
    """Return the kriged curtain of one gas, one row per cell: name -> values, shape (cells of all surfaces,).

    Columns: `segment` (only where there are several surfaces), x_m and z_m of the cell's centre, flux density and its
    kriging standard deviation in kg/(m2 h). NaN in cells that could not be kriged.
    """
    grids = [
        _grid_columns(part.gases[gas].grid, index if len(result.segments) > 1 else None)
        for index, part in enumerate(result.segments, start=1)
        if gas in part.gases
    ]
    return {name: np.concatenate([grid[name] for grid in grids]) for name in grids[0]}


def _grid_columns(grid: KrigedGrid, segment: int | None) -> dict[str, NDArray[Any]]:
    """One surface's cells, with its number where there are several."""
    x, z = np.meshgrid(grid.x_m, grid.z_m)
    label = {} if segment is None else {"segment": np.full(x.size, segment)}
    return label | {
        "x_m": _rounded(x.ravel()),
        "z_m": _rounded(z.ravel()),
        "flux_density_kg_m2_h": _significant(grid.flux_density_kg_m2_h.ravel()),
        "std_kg_m2_h": _significant(grid.std_kg_m2_h.ravel()),
    }
