"""Air without a column of it: constants of the configuration, or a standard atmosphere at the log's altitude."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import AirSettings
from gasflux.constants import ZERO_CELSIUS_K
from gasflux.errors import Fault
from gasflux.reading.headers import Choice, Header, header_key
from gasflux.reading.quantities import Quantity
from gasflux.reading.units import CONTRACT_UNIT, Dimension, find_unit
from gasflux.records import AssumedAir, FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_SEA_LEVEL_K: Final = 288.15
_SEA_LEVEL_HPA: Final = 1013.25
_LAPSE_K_M: Final = 0.0065
_EXPONENT: Final = 5.255876
"""g M / (R L) of the standard atmosphere (ICAO Doc 7488, 1993), dimensionless."""

CONSTANT_ERROR_K: Final = 3.0
CONSTANT_ERROR_HPA: Final = 3.0
"""One standard deviation of a figure that stands for a whole flight: its hour's course, and its height's 25 m."""
STANDARD_ERROR_K: Final = 15.0
"""Of 15 degC at sea level for the air of any season: half of what separates summer from winter at 45 degrees."""
STANDARD_ERROR_HPA: Final = 15.0
"""Of the standard pressure at a known altitude: weather 10 hPa, a receiver's altitude 100 m off 12 hPa."""
UNKNOWN_ALTITUDE_ERROR_HPA: Final = 80.0
"""Of the pressure at sea level for a site of unknown altitude: most land lies between 0 and 1,000 m (112 hPa)."""
DOUBTFUL_ERROR_K: Final = 10.0
"""Of a temperature that may be inside an instrument: a public LGR log shows 37 degC for air of 20 to 25."""

_OPEN_NAMES: Final = frozenset({"altitude", "alt", "altitudem", "altm"})
_SURELY_ABOVE_SEA_M: Final = 150.0
"""A plain "altitude" may be above take-off; above what drones may fly at (120 m) it counts from the sea."""

_FAR_HPA: Final = 100.0
"""Weather moves the pressure by 40 hPa, an altitude 300 m off by 35."""
_TORR_AT_SEA: Final = (690.0, 800.0)

_AIR: Final = (("temperature", Dimension.TEMPERATURE), ("pressure", Dimension.PRESSURE))


@dataclass(frozen=True, eq=False)
class Filled:
    """Columns of the air that the log lacks."""

    columns: Mapping[str, Quantity]
    air: AssumedAir | None
    notes: tuple[Phrase, ...] = ()


def standard_temperature_c(altitude_m: FloatArray) -> FloatArray:
    """Return the temperature of the ICAO standard atmosphere below 11 km, degC, in the shape of `altitude_m`."""
    return np.asarray(_SEA_LEVEL_K - _LAPSE_K_M * altitude_m - ZERO_CELSIUS_K)


def standard_pressure_hpa(altitude_m: FloatArray) -> FloatArray:
    """Return the pressure of the ICAO standard atmosphere below 11 km, hPa, in the shape of `altitude_m`."""
    return np.asarray(_SEA_LEVEL_HPA * (1.0 - _LAPSE_K_M * altitude_m / _SEA_LEVEL_K) ** _EXPONENT)


def standard_altitude_m(pressure_hpa: FloatArray) -> FloatArray:
    """Return the altitude at which the standard atmosphere has a pressure, m, in the shape of `pressure_hpa`."""
    return np.asarray(_SEA_LEVEL_K / _LAPSE_K_M * (1.0 - (pressure_hpa / _SEA_LEVEL_HPA) ** (1.0 / _EXPONENT)))


def fill_air(read: Mapping[str, Quantity], doubtful: Quantity | None, settings: AirSettings, size: int) -> Filled:
    """Return what stands for the columns of the air that the log lacks.

    Parameters
    ----------
    read
        Columns of the log by canonical name.
    doubtful
        A temperature that may be that of an instrument, used before any that is assumed.
    settings
        Constants of the configuration.
    size
        Number of records n.
    """
    altitude, is_known = _altitude(read, size)
    columns: dict[str, Quantity] = {}
    notes: list[Phrase] = []
    errors = {"temperature": 0.0, "pressure": 0.0}
    for name, dimension in _AIR:
        if _is_there(read, name):
            continue
        given = settings.temperature if name == "temperature" else settings.pressure
        if given is not None:
            columns[name] = _made(name, dimension, np.full(size, given), f"setting air.{name}")
            errors[name] = CONSTANT_ERROR_K if name == "temperature" else CONSTANT_ERROR_HPA
            notes.append(phrase("note.air_constant", name=phrase(f"inside.{name}"), value=f"{given:g}", key=name))
        elif name == "temperature" and doubtful is not None:
            columns[name], errors[name] = doubtful, DOUBTFUL_ERROR_K
            notes.append(phrase("note.air_doubtful", header=doubtful.choice.header.text, error=DOUBTFUL_ERROR_K))
        else:
            columns[name], errors[name], note = _standard(name, dimension, altitude, is_known)
            notes.append(note)
    if not columns:
        return Filled({}, None)
    return Filled(columns, AssumedAir(tuple(columns), errors["temperature"], errors["pressure"]), tuple(notes))


_OPEN_UNIT_ERROR: Final = (1013.25 / 760.0 - 1.0) / 1.645
"""Relative standard deviation of a pressure that may be torr by the sea or hPa on a mountain, taken as hPa: the
interval at 90 % reaches from the one reading to the other."""


def check_pressure(
    read: Mapping[str, Quantity],
) -> tuple[tuple[Fault, ...], tuple[Phrase, ...], AssumedAir | None]:
    """Return fault, note and error of a pressure without stated unit that the log's altitude speaks against, or may.

    Torr reads three quarters of hPa: the pressure of a mountain of 2,000 to 3,000 m. Without an altitude nobody can
    tell them apart, so that the doubt goes into the interval and the grade.
    """
    pressure = read.get("pressure")
    if pressure is None or pressure.choice.unit is not None or pressure.conversion:
        return (), (), None
    if not np.isfinite(pressure.values).any():
        return (), (), None
    middle = float(np.nanmedian(pressure.values))
    header, value = pressure.choice.header.text, f"{middle:.5g}"
    if "altitude" in read and _altitude({"altitude": read["altitude"]}, pressure.values.size)[1]:
        expected = float(np.median(standard_pressure_hpa(_bridged(read["altitude"].values))))
        if abs(middle - expected) > _FAR_HPA:
            allowed = phrase("allowed.pressure")
            fault = Fault.of(
                "implausible_pressure", column=header, value=value, allowed=allowed, expected=f"{expected:.0f}"
            )
            return (fault,), (), None
    elif _TORR_AT_SEA[0] < middle < _TORR_AT_SEA[1]:
        altitude = f"{float(standard_altitude_m(np.array([middle]))[0]):.0f}"
        note = phrase("note.pressure_unit", header=header, value=value, altitude=altitude)
        return (), (note,), AssumedAir(("pressure",), 0.0, _OPEN_UNIT_ERROR * middle)
    return (), (), None


def _is_there(read: Mapping[str, Quantity], name: str) -> bool:
    """Tell whether a column is there and holds anything."""
    return name in read and bool(np.isfinite(read[name].values).any() or read[name].faults)


def _altitude(read: Mapping[str, Quantity], size: int) -> tuple[FloatArray, bool]:
    """Altitude above sea level of each record, and whether the log tells it: by a receiver or by its pressure."""
    if _is_there(read, "altitude"):
        altitude = _bridged(read["altitude"].values)
        is_open = header_key(read["altitude"].choice.header.text) in _OPEN_NAMES
        return altitude, not is_open or float(np.median(altitude)) > _SURELY_ABOVE_SEA_M
    if _is_there(read, "pressure"):
        # A pressure that is no air's gets its own fault; here it must only not break the power.
        return standard_altitude_m(np.clip(_bridged(read["pressure"].values), 100.0, 1100.0)), True
    height = next((read[name].values for name in ("height_ato", "height_agl") if _is_there(read, name)), None)
    return (np.zeros(size) if height is None else _bridged(height)), False


def _bridged(column: FloatArray) -> FloatArray:
    """Return a column with its median where it has no value, kept to the lower atmosphere."""
    given = column[np.isfinite(column)]
    middle = float(np.median(given)) if given.size else 0.0
    return np.where(np.isfinite(column), column, middle)


def _standard(
    name: str, dimension: Dimension, altitude_m: FloatArray, is_known: bool
) -> tuple[Quantity, float, Phrase]:
    """Column of the standard atmosphere, its error, and what to say about it."""
    altitude_m = np.clip(altitude_m, -500.0, 11_000.0)
    middle = float(np.median(altitude_m)) if altitude_m.size else 0.0
    where = phrase("air.altitude", altitude=f"{middle:.0f}") if is_known else phrase("air.sea_level")
    is_pressure = name == "pressure"
    values = (standard_pressure_hpa if is_pressure else standard_temperature_c)(altitude_m)
    error = STANDARD_ERROR_K
    if is_pressure:
        error = STANDARD_ERROR_HPA if is_known else UNKNOWN_ALTITUDE_ERROR_HPA
    value = f"{float(np.median(values)) if values.size else 0.0:.1f}"
    note = phrase(
        "note.air_standard",
        name=phrase(f"inside.{name}"),
        where=where,
        value=value,
        error=error,
        key=name,
        unit=CONTRACT_UNIT[dimension],
    )
    return _made(name, dimension, values, "standard atmosphere"), error, note


def _made(name: str, dimension: Dimension, values: FloatArray, text: str) -> Quantity:
    """Column that no column of the file holds."""
    return Quantity(
        Choice(name, -1, Header(text, name), None), values, find_unit(CONTRACT_UNIT[dimension], dimension), ""
    )
