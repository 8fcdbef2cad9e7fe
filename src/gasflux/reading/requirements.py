"""Which columns a flight needs, and the sentence that says which one is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gasflux.errors import Fault
from gasflux.reading.columns import TIME_NAMES
from gasflux.reading.headers import dimension_of, unknown_unit
from gasflux.reading.reading_record import (
    AIRCRAFT_MOTION,
    AIRCRAFT_REQUIRED,
    FELT_COMPONENTS,
    FELT_POLAR,
    Reading,
    ranges_of_gases,
)
from gasflux.reading.units import unit_names
from gasflux.reading.vocabulary.column_names import ALIASES
from gasflux.reading.vocabulary.lookalikes import alike, is_projected
from gasflux.wording.lookup import find_phrase, phrase
from gasflux.wording.phrases import NOTHING, Phrase

_AIR: Final = ("temperature", "pressure")
"""Never missing: what the log lacks is assumed, told and flagged."""


def missing_columns(reading: Reading) -> tuple[Fault, ...]:
    """Return a fault for each column that is needed and not there (time, position, wind, gas), or there and not used.

    Parameters
    ----------
    reading
        Columns that are there; its configuration may need further ones and may list gases.
    """
    is_aircraft, is_given = (reading.config.wind.source == source for source in ("aircraft", "constant"))
    wind = _aircraft_columns(reading) if is_aircraft else () if is_given else ("windspeed",)
    needed = ("latitude", "longitude", "height_ato", *wind)
    # The settings replace the defaults, so what science needs is asked for even where they do not list it.
    asked = [name for name in reading.config.required_cols if name in ALIASES and name not in (*TIME_NAMES, *_AIR)]
    missing = [name for name in dict.fromkeys([*needed, *asked]) if not _has(reading, name)]
    wind_faults = () if is_aircraft or is_given else _unused_wind(reading)
    if any(fault.code in ("relative_wind", "open_frame") for fault in wind_faults):
        missing = [name for name in missing if name not in ("windspeed", "winddir")]
    faults = (_missing(reading, name) for name in missing)
    return (*_missing_time(reading), *faults, *wind_faults, *_unused_pressure(reading), *_missing_gases(reading))


def _aircraft_columns(reading: Reading) -> tuple[str, ...]:
    """Columns that wind in the aircraft's frame needs; speed and angle from the nose stand for the components."""
    if reading.has(*FELT_POLAR) and not reading.has(*FELT_COMPONENTS):
        return (*FELT_POLAR, *AIRCRAFT_MOTION)
    return AIRCRAFT_REQUIRED


def _unused_wind(reading: Reading) -> tuple[Fault, ...]:
    """Fault of a file whose wind lacks its direction, or all of it, beside columns that may hold it."""
    if reading.has("winddir") or "winddir" in reading.choices.absent or "winddir" in reading.choices.columns:
        return ()
    if not reading.has("windspeed") and "windspeed" in reading.choices.absent:
        return ()
    return _relative(reading) or _open_frame(reading) or _unused(reading, "winddir")


def _relative(reading: Reading) -> tuple[Fault, ...]:
    """Fault of wind that is relative to the aircraft."""
    apparent = [choice for choice in reading.choices.aircraft if choice.name in FELT_POLAR]
    if not apparent:
        return ()
    names = {choice.name for choice in reading.choices.aircraft}
    lacking = [name for name in AIRCRAFT_MOTION if name not in names]
    needs = phrase("needs.motion", missing=", ".join(lacking)) if lacking else NOTHING
    remedy = phrase("instead.add_motion" if lacking else "instead.aircraft")
    column = " + ".join(choice.header.text for choice in apparent)
    allowed = phrase("allowed.true_wind")
    return (Fault.of("relative_wind", column=column, allowed=allowed, needs=needs, remedy=remedy, name="winddir"),)


def _open_frame(reading: Reading) -> tuple[Fault, ...]:
    """Fault of components that may be of the ground or of the aircraft."""
    found = {choice.name: choice.header.text for choice in reading.choices.aircraft}
    if not set(FELT_COMPONENTS) <= found.keys():
        return ()
    east, north = (found[name] for name in FELT_COMPONENTS)
    allowed = phrase("allowed.true_wind")
    column = f"{east} + {north}"
    return (Fault.of("open_frame", column=column, allowed=allowed, east=east, north=north, name="winddir"),)


def _unused(reading: Reading, name: str) -> tuple[Fault, ...]:
    """Fault of a column that looks like `name`, which no column is read as."""
    if name in reading.choices.absent:
        return ()
    strange = [(text, unit) for text in reading.choices.ignored if (unit := unknown_unit(text, name))]
    headers = [*(text for text, _ in strange), *alike(reading.choices.ignored, name)]
    if not headers:
        return ()
    dimension = dimension_of(name)
    why = NOTHING
    if strange and dimension is not None:
        why = phrase("why.unit", unit=strange[0][1], known=_symbols(unit_names(dimension)))
    what, allowed = phrase(f"what.{name}"), find_phrase(f"meaning.{name}")
    return (Fault.of("unused_column", column=headers[0], allowed=allowed, what=what, why=why, name=name),)


def _unused_pressure(reading: Reading) -> tuple[Fault, ...]:
    """Fault of a file whose pressure would be assumed beside a column that looks like it."""
    assumed = reading.assumed_air
    if assumed is None or "pressure" not in assumed.names or reading.config.air.pressure is not None:
        return ()
    return _unused(reading, "pressure")


def _symbols(symbols: str) -> Phrase:
    """Return a list of units as each language separates them."""
    return Phrase(symbols, symbols.replace(", ", "、"))


def _has(reading: Reading, name: str) -> bool:
    """Tell whether a column is there; any height stands for `height_ato`."""
    is_derived = reading.config.wind.source in ("aircraft", "constant")
    derived = {"windspeed", "winddir"} if is_derived else set()
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
    strange = _unknown_unit(reading, name)
    if strange is not None:
        return strange
    if name == "windspeed" and (reading.has("wind_north") or reading.has("wind_east")):
        return phrase("hint.components")
    similar = alike(reading.choices.ignored, name)
    if not similar:
        return NOTHING
    is_metres = name in ("latitude", "longitude") and is_projected(similar[0])
    return phrase("hint.projected" if is_metres else "hint.looks_like", header=similar[0])


def _unknown_unit(reading: Reading, name: str) -> Phrase | None:
    """Say that a column is there, but in a unit nobody knows."""
    dimension = dimension_of(name)
    names = ("height_ato", "height_agl", "altitude") if name == "height_ato" else (name,)
    found = ((text, unknown_unit(text, one)) for text in reading.choices.ignored for one in names)
    header, unit = next((pair for pair in found if pair[1]), ("", None))
    if dimension is None or unit is None:
        return None
    return phrase("hint.unknown_unit", header=header, unit=unit, known=_symbols(unit_names(dimension)))


def _missing_gases(reading: Reading) -> tuple[Fault, ...]:
    """Fault of each listed gas without column, or of a file without any gas."""
    listed = ranges_of_gases(reading.config)
    unused = ", ".join(repr(text) for text in reading.choices.ignored)[:200] or phrase("unused.none")
    faults = tuple(
        Fault.of("missing_gas", column=gas, allowed=phrase("allowed.gas_column"), unused=unused)
        for gas in listed
        if gas not in reading.choices.gases
    )
    is_told = any(fault.code == "no_fraction" for fault in reading.faults)
    if reading.config.gases or reading.choices.gases or is_told:
        return faults
    return (Fault.of("no_gas", column="ch4", allowed=phrase("allowed.formula_column"), unused=unused),)
