"""Which columns a flight needs, and the sentence that says which one is missing."""

from __future__ import annotations

from dataclasses import replace

from gasflux.errors import Fault
from gasflux.reading.column_reading import AIRCRAFT_REQUIRED, Reading, ranges_of_gases
from gasflux.reading.columns import TIME_NAMES, cell_condition
from gasflux.reading.headers import ALIASES, dimension_of, unknown_unit
from gasflux.reading.units import unit_names
from gasflux.wording.phrases import NOTHING, Phrase, find_phrase, phrase


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
    return (replace(fault, column=reading.time_header),) if fault else ()


def _missing(reading: Reading, name: str) -> Fault:
    """Fault of one missing column."""
    meaning = find_phrase(f"meaning.{name}")
    said = phrase("hint.meaning", meaning=meaning) if meaning else NOTHING
    hint = _hint(reading, name)
    return Fault.of("missing_column", column=name, allowed=meaning or name, meaning=said, hint=hint)


def _hint(reading: Reading, name: str) -> Phrase:
    """Say what of the file may be mistaken for a missing column."""
    inside = cell_condition(reading.choices, name)
    if inside is not None:
        return phrase("hint.inside_instrument", header=inside, name=phrase(f"inside.{name}"))
    strange = _unknown_unit(reading, name)
    if strange is not None:
        return strange
    if name == "windspeed" and (reading.has("wind_north") or reading.has("wind_east")):
        return phrase("hint.components")
    return NOTHING


def _unknown_unit(reading: Reading, name: str) -> Phrase | None:
    """Say that a column is there, but in a unit nobody knows."""
    dimension = dimension_of(name)
    names = ("height_ato", "height_agl", "altitude") if name == "height_ato" else (name,)
    found = ((text, unknown_unit(text, one)) for text in reading.choices.ignored for one in names)
    header, unit = next((pair for pair in found if pair[1]), ("", None))
    if dimension is None or unit is None:
        return None
    symbols = unit_names(dimension)
    known = Phrase(symbols, symbols.replace(", ", "、"))
    return phrase("hint.unknown_unit", header=header, unit=unit, known=known)


def _missing_gases(reading: Reading) -> tuple[Fault, ...]:
    """Fault of each listed gas without column, or of a file without any gas."""
    listed = ranges_of_gases(reading.config)
    unused = ", ".join(repr(text) for text in reading.choices.ignored)[:200] or phrase("unused.none")
    faults = tuple(
        Fault.of("missing_gas", column=gas, allowed=phrase("allowed.gas_column"), unused=unused)
        for gas in listed
        if gas not in reading.choices.gases
    )
    if reading.config.gases or reading.choices.gases:
        return faults
    return (Fault.of("no_gas", column="ch4", allowed=phrase("allowed.formula_column"), unused=unused),)
