"""The columns of a table, read: times, numbers in contract units, and what follows from them (wind, ppm)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import Fault
from gasflux.reading.columns import HEIGHT_NAMES, Choices, choose_columns, ignored_headers, no_fraction_fault
from gasflux.reading.headers import Choice, Header, clean_header, dimension_of, gas_name, header_key, stated_unit
from gasflux.reading.quantities import Quantity, read_quantity, wind_from_degrees, without_mass
from gasflux.reading.raw_table import RawTable
from gasflux.reading.reading_record import (
    AIRCRAFT_MOTION,
    FELT_COMPONENTS,
    FELT_POLAR,
    Quantities,
    Reading,
    ranges_of_gases,
)
from gasflux.reading.times.beginning import beginning_of
from gasflux.reading.times.time_columns import TimeColumn, Times
from gasflux.reading.times.timestamps import resolve_times
from gasflux.reading.units import Dimension, no_fraction_kinds
from gasflux.reading.values.air import check_pressure, fill_air
from gasflux.reading.values.aircraft_wind import felt_components, speed_and_direction, wind_over_ground
from gasflux.reading.values.candidates import Settled, Unusable, listed_headers, settle
from gasflux.reading.values.directions import check_direction
from gasflux.reading.values.positions import from_nmea, with_hemispheres
from gasflux.reading.values.scaled import unscale
from gasflux.reading.values.stated_units import check_stated_units
from gasflux.reading.values.wind_heights import WIND_NAMES, flight_height, nearest_first
from gasflux.reading.vocabulary.column_names import ALIASES
from gasflux.reading.vocabulary.languages import says_day_first
from gasflux.reading.vocabulary.lookalikes import looks_like
from gasflux.records import FloatArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

_WARMEST_C: Final = 60.0
_OPEN_HPA: Final = (500.0, 1100.0)
"""Pressures of open air where drones fly; cells of analysers run at 40 to 400 hPa."""


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
    times = _times(table, choices, config)
    settled = _settle_all(table, choices, config)
    quantities = {name: one.quantity for name, one in settled.items() if one.problem is None}
    faults, notes = [*table.faults, *choices.faults], [*table.notes, *times.notes]
    for one in settled.values():
        notes.extend(one.notes)
    placed, position_notes = _positions(quantities, table)
    unscaled, scaled_notes, scaled_faults = unscale(placed, times.utc)
    faults.extend((*scaled_faults, *check_stated_units(unscaled, _gases_with_unit_set(config))))
    for quantity in unscaled.values():
        faults.extend(quantity.faults)
        notes.extend(quantity.notes)
    unusable = {name: one.problem for name, one in settled.items() if one.problem is not None}
    said, asked = _say_unusable(choices, unusable, quantities, config)
    further, further_faults = _read_further(table, config, unscaled)
    open_pressure = {} if "pressure" in unscaled else _open_pressure(table, choices)
    notes.extend(phrase("note.open_pressure", header=one.choice.header.text) for one in open_pressure.values())
    there = {**unscaled, **further, **open_pressure}
    pressure_faults, pressure_notes, open_unit = check_pressure(there)
    faults.extend((*pressure_faults, *check_direction(there)))
    notes.extend(pressure_notes)
    air = fill_air(there, _doubtful(table, choices, bool(open_pressure)), config.air, table.size)
    derived, derived_notes = _derive({**there, **air.columns}, config)
    notes.extend((*said, *position_notes, *scaled_notes, *air.notes, *derived_notes, *_height_note(unscaled)))
    choices = _with_used(table, choices, (*quantities.values(), *open_pressure.values(), *air.columns.values()))
    faults.extend((*asked, *further_faults))
    assumed = air.air or open_unit
    return Reading(table, config, choices, times, derived, tuple(faults), tuple(notes), assumed, air.notes)


def _settle_all(table: RawTable, choices: Choices, config: PipelineConfig) -> dict[str, Settled]:
    """Read the column of each name that is to be used, wind after the heights."""
    if not table.size:
        return {}

    def read(choice: Choice) -> Quantity:
        return read_quantity(choice, table.columns[choice.index], table.rows)

    names = choices.candidates
    settled = {name: settle(candidates, read) for name, candidates in names.items() if name not in WIND_NAMES}
    heights: Quantities = {name: settled[name].quantity for name in HEIGHT_NAMES if name in settled}
    for name in (name for name in WIND_NAMES if name in names):
        candidates, why = nearest_first(names[name], lambda: flight_height(heights, config.wind.height))
        settled[name] = settle(candidates, read, why)
    return {name: settled[name] for name in names}


def _gases_with_unit_set(config: PipelineConfig) -> frozenset[str]:
    """Gases whose unit the configuration states."""
    return frozenset(gas for name in config.units if (gas := gas_name(name)) is not None)


def _with_used(table: RawTable, choices: Choices, used: Iterable[Quantity]) -> Choices:
    """Return the choices with the columns that are read, and the others as ignored."""
    columns = {quantity.choice.name: quantity.choice for quantity in used}
    times = (choice.index for group in choices.times.values() for choice in group)
    taken = (*(choice.index for choice in {**choices.columns, **columns}.values()), *times)
    if not table.size:
        return choices
    return replace(choices, columns={**choices.columns, **columns}, ignored=ignored_headers(table.headers, taken))


def _say_unusable(
    choices: Choices, unusable: Mapping[str, Unusable], read: Quantities, config: PipelineConfig
) -> tuple[tuple[Phrase, ...], tuple[Fault, ...]]:
    """Say of gas columns why they are not used: a fault where they are listed or the only ones, else a note."""
    is_without_gas = not any(gas in read for gas in choices.gases)
    listed = ranges_of_gases(config)
    faults = [problem.fault for name, problem in unusable.items() if is_without_gas or name in listed]
    notes = [
        phrase("note.not_a_gas", what=problem.what)
        for name, problem in unusable.items()
        if not (is_without_gas or name in listed)
    ]
    for choice in choices.unused:
        kind, header = choice.header.unused, choice.header.text
        if kind in no_fraction_kinds() and choice.name not in read:
            if is_without_gas or choice.name in listed:
                faults.append(no_fraction_fault(header, kind))
            else:
                notes.append(phrase("note.no_fraction", header=header, what=phrase(f"no_fraction.{kind}")))
        elif kind == "formula":
            notes.append(phrase("note.formula", header=header, gas=choice.name))
        elif kind in ("words", "prefix") and choice.name not in read:
            notes.append(phrase("note.words", header=header, gas=choice.name))
    for kind in ("isotope", "mixture"):
        headers = [choice.header.text for choice in choices.unused if choice.header.unused == kind]
        if headers:
            notes.append(phrase(f"note.{kind}", headers=listed_headers(headers)))
    return tuple(notes), tuple(faults)


def _bare(table: RawTable, choices: Choices, name: str, letter: str) -> Iterable[Choice]:
    """Yield the columns that are called by the letter of a temperature or a pressure alone (``P``, ``T (degC)``)."""
    for choice in choices.unused if table.size and name not in choices.absent else ():
        text = choice.header.text
        if (
            choice.name == name
            and choice.header.unused == "inside"
            and re.fullmatch(rf"{letter}(?!\w).*", text.casefold())
        ):
            unit = stated_unit(text, dimension_of(name) or Dimension.PRESSURE)
            yield Choice(name, choice.index, Header(text, name, unit), unit)


def _open_pressure(table: RawTable, choices: Choices) -> dict[str, Quantity]:
    """Return a pressure called P whose values are all those of open air: analysers hold theirs far below."""
    for choice in _bare(table, choices, "pressure", "p"):
        quantity = read_quantity(choice, table.columns[choice.index], table.rows)
        given = quantity.values[np.isfinite(quantity.values)]
        if given.size and not quantity.faults and np.all((given > _OPEN_HPA[0]) & (given < _OPEN_HPA[1])):
            return {"pressure": quantity}
    return {}


def _doubtful(table: RawTable, choices: Choices, has_open_pressure: bool) -> Quantity | None:
    """Return a temperature that may be inside an instrument, where its values could be the air's."""
    said = [c for c in choices.unused if c.name == "temperature" and c.header.unused == "doubtful"]
    cells = [c for c in choices.unused if c.name == "pressure" and c.header.unused == "inside"]
    bare = _bare(table, choices, "temperature", "t") if len(cells) <= has_open_pressure else ()
    for choice in (*said, *_like_temperature(table, choices), *bare) if table.size else ():
        if choice.name not in choices.absent:
            quantity = read_quantity(choice, table.columns[choice.index], table.rows)
            given = quantity.values[np.isfinite(quantity.values)]
            if given.size and not quantity.faults and np.all(np.abs(given) <= _WARMEST_C):
                return quantity
    return None


def _positions(read: Quantities, table: RawTable) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Positions in signed degrees, from NMEA's notation and hemispheres in columns of their own."""
    degrees, notes = from_nmea(read, table)
    signed, further = with_hemispheres(degrees, table)
    return signed, (*notes, *further)


def _like_temperature(table: RawTable, choices: Choices) -> Iterable[Choice]:
    """Yield the columns that nobody reads and whose headers look like a temperature."""
    for index, text in enumerate(table.headers):
        if clean_header(text) in choices.ignored and looks_like(text) == "temperature":
            unit = stated_unit(text, Dimension.TEMPERATURE)
            yield Choice("temperature", index, Header(clean_header(text), "temperature", unit), unit)


def _height_note(read: Quantities) -> tuple[Phrase, ...]:
    """Say what a height is taken to be above, where its header leaves it open."""
    name = next((name for name in HEIGHT_NAMES if name in read), None)
    header = read[name].choice.header.text if name else ""
    if name == "height_ato" and header_key(header) in ("height", "高度"):
        return (phrase("note.height_is_ato", header=header),)
    return (phrase("note.height_other", header=header),) if name in HEIGHT_NAMES[1:] else ()


def _times(table: RawTable, choices: Choices, config: PipelineConfig) -> Times:
    """Time of each record."""
    day_first = any(says_day_first(header_key(text)) for text in table.headers)
    columns = {
        name: tuple(TimeColumn(choice.header, table.columns[choice.index], day_first) for choice in group)
        for name, group in choices.times.items()
        if table.size
    }
    return resolve_times(columns, table.size, beginning_of(config.start, table.start))


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


_COMPONENTS: Final = ("wind_north", "wind_east")


def _derive(read: Quantities, config: PipelineConfig) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Turn components into speed and direction, longitudes into -180 to 180, mass concentrations into ppm."""
    if config.wind.source == "constant":
        wind = _constant_wind(read, config)
    else:
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


def _constant_wind(read: Quantities, config: PipelineConfig) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Wind typed into the settings, at every sample; columns of wind are left aside."""
    others = {name: quantity for name, quantity in read.items() if name not in ("windspeed", "winddir", *_COMPONENTS)}
    size = next((quantity.values.size for quantity in others.values()), 0)
    given = {"windspeed": config.wind.speed, "winddir": config.wind.direction}
    wind = {
        name: Quantity(Choice(name, -1, Header("", name), None), np.full(size, value), None, "wind: {source: constant}")
        for name, value in given.items()
        if value is not None
    }
    return others | wind, ()


def _aircraft_wind(read: Quantities) -> tuple[dict[str, Quantity], tuple[Phrase, ...]]:
    """Wind from an anemometer in the aircraft's frame: by its components, else by speed and angle from the nose."""
    felt = next((names for names in (FELT_COMPONENTS, FELT_POLAR) if set(names) <= read.keys()), None)
    if felt is None or not set(AIRCRAFT_MOTION) <= read.keys():
        return dict(read), ()
    first, second, heading, speed = (read[name].values for name in (*felt, *AIRCRAFT_MOTION))
    forward, right = (first, second) if felt == FELT_COMPONENTS else felt_components(first, second)
    course = read["course"].values if "course" in read else None
    east, north = wind_over_ground(forward, right, heading, speed, course)
    used = (*felt, *AIRCRAFT_MOTION, *(("course",) if "course" in read else ()))
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
