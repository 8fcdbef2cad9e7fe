"""Which columns a flight needs, and the sentence that says which one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gasflux.errors import Fault
from gasflux.reading.column_reading import AIRCRAFT_REQUIRED, Reading, ranges_of_gases
from gasflux.reading.columns import TIME_NAMES, cell_condition
from gasflux.reading.headers import ALIASES

_MEANINGS: Final[Mapping[str, str]] = {
    "latitude": "latitude in degrees WGS84",
    "longitude": "longitude in degrees WGS84",
    "height_ato": "height above take-off in m, or height_agl or altitude",
    "windspeed": "wind speed in m/s",
    "temperature": "air temperature in degC",
    "pressure": "air pressure in hPa",
    "aircraft_u": "air velocity towards the nose in m/s",
    "aircraft_v": "air velocity towards the right in m/s",
    "heading": "where the nose points in degrees",
    "ground_speed": "speed over ground in m/s",
}


def missing_columns(reading: Reading) -> tuple[Fault, ...]:
    """Return a fault for each column that is needed and not there: time, position, wind, air and gas.

    Parameters
    ----------
    reading
        Columns that are there; its configuration may need further ones and may list gases.
    """
    wind = AIRCRAFT_REQUIRED if reading.config.wind.source == "aircraft" else ("windspeed",)
    needed = ("latitude", "longitude", "height_ato", *wind, "temperature", "pressure")
    # The settings replace the defaults, so what science needs is asked for even where they do not list it.
    asked = [name for name in reading.config.required_cols if name in ALIASES and name not in TIME_NAMES]
    missing = [name for name in dict.fromkeys([*needed, *asked]) if not _has(reading, name)]
    return (*_missing_time(reading), *(_missing(reading, name) for name in missing), *_missing_gases(reading))


def _has(reading: Reading, name: str) -> bool:
    """Tell whether a column is there; any height stands for `height_ato`."""
    derived = {"windspeed", "winddir"} if reading.config.wind.source == "aircraft" else set()
    return reading.has(name) or name in derived or (name == "height_ato" and reading.height_name is not None)


def _missing_time(reading: Reading) -> tuple[Fault, ...]:
    """Fault of a file whose columns give no date and time."""
    fault = reading.times.fault
    return (Fault(fault, column=reading.time_header, allowed="date and time"),) if fault else ()


def _missing(reading: Reading, name: str) -> Fault:
    """Fault of one missing column."""
    meaning = f" ({_MEANINGS[name]})" if name in _MEANINGS else ""
    message = (
        f"Column {name!r}{meaning} is missing{_hint(reading, name)}; add it, or name its header in the setting"
        f" columns: {{{name}: HEADER}}."
    )
    return Fault(message, column=name, allowed=_MEANINGS.get(name, name))


def _hint(reading: Reading, name: str) -> str:
    """Say what of the file may be mistaken for a missing column."""
    inside = cell_condition(reading.choices, name)
    if inside is not None:
        return f" ({inside!r} is the {name} inside the instrument, not of the air)"
    if name == "windspeed" and (reading.has("wind_north") or reading.has("wind_east")):
        return " (components need both, towards north and towards east)"
    return ""


def _missing_gases(reading: Reading) -> tuple[Fault, ...]:
    """Fault of each listed gas without column, or of a file without any gas."""
    listed = ranges_of_gases(reading.config)
    unused = ", ".join(repr(text) for text in reading.choices.ignored)[:200] or "none"
    faults = tuple(
        Fault(
            f"Gas {gas!r} is listed under gases and has no column in the file; add it or unlist it (columns "
            f"not used: {unused}).",
            column=gas,
            allowed="a column named by the gas",
        )
        for gas in listed
        if gas not in reading.choices.gases
    )
    if reading.config.gases or reading.choices.gases:
        return faults
    message = f"There is no gas column; name one by its formula, e.g. ch4 or ch4_ppb (columns not used: {unused})."
    return (Fault(message, column="ch4", allowed="a column named by a chemical formula"),)
