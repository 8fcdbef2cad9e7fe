"""The columns of a table, read: times, numbers in contract units, and what follows from them (wind, ppm)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig, Range
from gasflux.errors import Fault
from gasflux.reading.aircraft_wind import speed_and_direction, wind_over_ground
from gasflux.reading.columns import HEIGHT_NAMES, Choice, Choices, choose_columns
from gasflux.reading.headers import ALIASES, Header, gas_name, header_key
from gasflux.reading.quantities import Quantity, read_quantity, wind_from_degrees, without_mass
from gasflux.reading.raw_table import RawTable
from gasflux.reading.timestamps import TimeColumn, Times, resolve_times
from gasflux.records import FloatArray
from gasflux.wording.phrases import Phrase, counted, phrase

MIN_ROWS: Final = 10
"""Samples (and values of a gas) below which nothing can be said about a flight."""

AIRCRAFT_REQUIRED: Final = ("aircraft_u", "aircraft_v", "heading", "ground_speed")

Quantities = Mapping[str, Quantity]


@dataclass(frozen=True, eq=False)
class Reading:
    """Every column that is used, as numbers of length n, with what was found wrong and worth saying on the way."""

    table: RawTable
    config: PipelineConfig
    choices: Choices
    times: Times
    quantities: Quantities
    faults: tuple[Fault, ...]
    notes: tuple[Phrase, ...]

    def values(self, name: str) -> FloatArray:
        """Values of a column, shape (n,)."""
        return self.quantities[name].values

    def has(self, *names: str) -> bool:
        """Tell whether all named columns are there."""
        return all(name in self.quantities for name in names)

    @property
    def height_name(self) -> str | None:
        """Name of the height column that is used."""
        return next((name for name in HEIGHT_NAMES if name in self.quantities), None)

    @property
    def time_header(self) -> str:
        """Headers of the time columns used."""
        return " + ".join(self.times.headers) or "timestamp"

    @property
    def gases(self) -> tuple[str, ...]:
        """Gases with enough values."""
        return tuple(gas for gas in self.choices.gases if gas in self.quantities)


def ranges_of_gases(config: PipelineConfig) -> dict[str, Range]:
    """Return the gases that the configuration lists, by formula, with their ranges."""
    return {formula: limits for name, limits in config.gases.items() if (formula := gas_name(name)) is not None}


def read_columns(table: RawTable, config: PipelineConfig) -> Reading:
    """Return every column of the table that is used.

    Parameters
    ----------
    table
        Cells, without lines that are no samples.
    config
        Columns, units, gases and wind source asked for.
    """
    choices = choose_columns(table.headers, table.units, config)
    times = _times(table, choices)
    quantities: dict[str, Quantity] = {}
    unusable: dict[str, _Unusable] = {}
    faults, notes = list(choices.faults), [*table.notes, *choices.notes, *times.notes]
    for name, choice in choices.columns.items() if table.size else ():
        quantity = read_quantity(choice, table.columns[choice.index], table.rows)
        problem = _problem_of_gas(quantity) if choice.header.is_gas else None
        if problem is None:
            quantities[name] = quantity
            faults.extend(quantity.faults)
            notes.extend(quantity.notes)
        else:
            unusable[name] = problem
    is_without_gas = not any(gas in quantities for gas in choices.gases)
    for name, problem in unusable.items():
        if is_without_gas or name in ranges_of_gases(config):
            faults.append(problem.fault)
        else:
            notes.append(phrase("note.not_a_gas", what=problem.what))
    further, further_faults = _read_further(table, config, quantities)
    quantities.update(further)
    derived, derived_notes = _derive(quantities, config)
    notes.extend((*derived_notes, *_height_note(quantities)))
    return Reading(table, config, choices, times, derived, (*faults, *further_faults), tuple(notes))


def _height_note(read: Quantities) -> tuple[Phrase, ...]:
    """Say what a height is taken to be above, where its header leaves it open."""
    name = next((name for name in HEIGHT_NAMES if name in read), None)
    header = read[name].choice.header.text if name else ""
    if name == "height_ato" and header_key(header) in ("height", "高度"):
        return (phrase("note.height_is_ato", header=header),)
    return (phrase("note.height_other", header=header),) if name in HEIGHT_NAMES[1:] else ()


def _times(table: RawTable, choices: Choices) -> Times:
    """Time of each record."""
    columns = {
        name: tuple(TimeColumn(choice.header, table.columns[choice.index]) for choice in group)
        for name, group in choices.times.items()
        if table.size
    }
    return resolve_times(columns, table.size)


@dataclass(frozen=True)
class _Unusable:
    """A gas column that no rate can come from."""

    what: Phrase
    fault: Fault


def _problem_of_gas(quantity: Quantity) -> _Unusable | None:
    """Say what keeps a gas column from being used: hardly a number in it, or the same number in every row."""
    header = quantity.choice.header.text
    given = quantity.values[np.isfinite(quantity.values)]
    if given.size < MIN_ROWS or sum(fault.count for fault in quantity.faults) > given.size:
        numbers = counted(given.size, "number")
        allowed = phrase("allowed.numbers", least=MIN_ROWS)
        fault = Fault.of("too_few_numbers", column=header, allowed=allowed, numbers=numbers, least=MIN_ROWS)
        return _Unusable(phrase("note.too_few_numbers", header=header, numbers=numbers), fault)
    if np.ptp(given) > 0.0 or quantity.faults:
        return None
    is_mass = quantity.unit is not None and quantity.unit.factor is None
    value = f"{given[0]:.4g} {'ug/m3' if is_mass else 'ppm'}"
    rows = counted(given.size, "row")
    fault = Fault.of("constant_gas", column=header, value=value, allowed=phrase("allowed.changing"), rows=rows)
    return _Unusable(phrase("note.constant", header=header, value=value, rows=rows), fault)


def _read_further(
    table: RawTable, config: PipelineConfig, read: Quantities
) -> tuple[dict[str, Quantity], tuple[Fault, ...]]:
    """Read the columns that `required_cols` names and GasFlux itself has no use for (humidity, say)."""
    keys = [header_key(text) for text in table.headers]
    further: dict[str, Quantity] = {}
    faults: list[Fault] = []
    for name in config.required_cols:
        if name in ALIASES or name in read or gas_name(name) in read:
            continue
        if header_key(name) not in keys:
            faults.append(Fault.of("missing_required_column", column=name, allowed=phrase("allowed.column")))
        elif table.size:
            index = keys.index(header_key(name))
            choice = Choice(name, index, Header(table.headers[index].strip(), name), None)
            further[name] = read_quantity(choice, table.columns[index], table.rows)
            faults.extend(further[name].faults)
    return further, tuple(faults)


def _derive(read: Quantities, config: PipelineConfig) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Turn components into speed and direction, longitudes into -180 to 180, mass concentrations into ppm."""
    wind = _aircraft_wind(read) if config.wind.source == "aircraft" else _column_wind(read, config)
    derived, notes = wind
    if "longitude" in derived:
        derived["longitude"] = _wrap_longitude(derived["longitude"])
    if {"temperature", "pressure"} <= derived.keys():
        air = derived["temperature"].values, derived["pressure"].values
        masses = [name for name, quantity in derived.items() if quantity.choice.header.is_gas]
        derived.update({gas: without_mass(derived[gas], *air) for gas in masses})
    return derived, notes


def _column_wind(read: Quantities, config: PipelineConfig) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Wind from speed and direction, else from components towards north and east."""
    derived = dict(read)
    direction = derived.pop("winddir", None)
    notes: tuple[Phrase, ...] = ()
    if direction is not None and np.isfinite(direction.values).any():
        derived["winddir"] = wind_from_degrees(direction, config.wind.direction_convention)
    elif direction is not None:
        notes = (phrase("note.direction_empty", header=direction.choice.header.text),)
    if {"windspeed", "winddir"} <= derived.keys() or not {"wind_north", "wind_east"} <= derived.keys():
        return derived, notes
    north, east = derived.pop("wind_north"), derived.pop("wind_east")
    wind, note = _wind(east.values, north.values, (east.choice.header.text, north.choice.header.text))
    return {**derived, **wind}, (*notes, note)


def _aircraft_wind(read: Quantities) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Wind from an anemometer in the aircraft's frame."""
    if not set(AIRCRAFT_REQUIRED) <= read.keys():
        return dict(read), ()
    forward, right, heading, speed = (read[name].values for name in AIRCRAFT_REQUIRED)
    course = read["course"].values if "course" in read else None
    east, north = wind_over_ground(forward, right, heading, speed, course)
    used = (*AIRCRAFT_REQUIRED, *(("course",) if "course" in read else ()))
    wind, note = _wind(east, north, tuple(read[name].choice.header.text for name in used))
    return {**read, **wind}, (note,)


def _wind(east: FloatArray, north: FloatArray, headers: tuple[str, ...]) -> tuple[dict[str, Quantity], Phrase]:
    """Wind speed and direction from components, and the note that says so."""
    text = " + ".join(headers)
    columns = dict(zip(("windspeed", "winddir"), speed_and_direction(east, north), strict=True))
    wind = {
        name: Quantity(Choice(name, -1, Header(text, name), None), values, None, "components -> speed, direction from")
        for name, values in columns.items()
    }
    return wind, phrase("note.wind_computed", headers=text)


def _wrap_longitude(longitude: Quantity) -> Quantity:
    """Bring longitudes of 180 to 360 degrees east to -180 to 0."""
    values = longitude.values
    is_east = (values > 180.0) & (values <= 360.0)
    # Only where all are plain degrees east: an NMEA or projected column must reach the range check as it is.
    if not is_east.any() or np.nanmax(values) > 360.0:
        return longitude
    wrapped = np.where(is_east, values - 360.0, values)
    return replace(longitude, values=wrapped, conversion="0 to 360 -> -180 to 180 deg")
