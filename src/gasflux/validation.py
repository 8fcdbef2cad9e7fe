"""Raw table -> flight log, with every fault of the file gathered in one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, cast

import numpy as np

from gasflux.aircraft_wind import speed_and_direction, wind_over_ground
from gasflux.columns import HEIGHT_NAMES, TIME_NAMES, Choice, Choices, cell_condition, choose_columns
from gasflux.errors import Fault, InputError
from gasflux.headers import ALIASES, Header, gas_name, header_key
from gasflux.pipeline_config import PipelineConfig
from gasflux.quantities import Quantity, plural, read_quantity, shown, wind_from_degrees, without_mass
from gasflux.ranges import allowed_range, check_range, check_times, position_hint
from gasflux.raw_table import RawTable, drop_non_samples
from gasflux.records import BoolArray, ColumnReport, FlightLog, FloatArray, ReadReport
from gasflux.samples import (
    MAX_GAP_S,
    Samples,
    close_gaps,
    drop_copies,
    merge_repeated_times,
    sort_by_time,
    spread_times,
)
from gasflux.timestamps import TimeColumn, Times, resolve_times

MIN_ROWS: Final = 10
"""Samples (and values of a gas) below which nothing can be said about a flight."""

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
_AIRCRAFT_REQUIRED: Final = ("aircraft_u", "aircraft_v", "heading", "ground_speed")
_MAX_MESSAGE: Final = 900


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a file turned out to be."""

    report: ReadReport | None
    """Columns, counts and notes; None when the file could not be opened as a table."""
    faults: tuple[Fault, ...]
    log: FlightLog | None
    """The flight, when there is no fault."""

    def log_or_raise(self, name: str) -> FlightLog:
        """Return the flight.

        Raises
        ------
        InputError
            With every fault of the file `name`.
        """
        if self.log is None:
            raise gathered(name, self.faults)
        return self.log


def gathered(name: str, faults: Sequence[Fault]) -> InputError:
    """Return one error of one line for all faults of a file; those that do not fit the line are counted."""
    sentences = [shown(name) + ":"]
    for number, fault in enumerate(faults):
        if number and sum(map(len, sentences)) + len(fault.message) > _MAX_MESSAGE:
            sentences.append(f"And {plural(len(faults) - number, 'more fault')}.")
            break
        sentences.append(" ".join(fault.message.split())[:_MAX_MESSAGE])
    return InputError(" ".join(sentences), faults)


@dataclass(eq=False)
class _Findings:
    """What gathers while a table is read: the one mutable value, private to this module."""

    table: RawTable
    config: PipelineConfig
    choices: Choices
    times: Times
    quantities: dict[str, Quantity] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    reports: list[ColumnReport] = field(default_factory=list)
    rows_used: int = 0

    def values(self, name: str) -> FloatArray:
        """Values of a column."""
        return self.quantities[name].values


def inspect_table(table: RawTable, config: PipelineConfig, name: str, sha256: str) -> Inspection:
    """Return the flight in a table, or every fault that keeps it from being one.

    Parameters
    ----------
    table
        Cells of the file.
    config
        Columns, units, gases and ranges asked for.
    name, sha256
        What to call the file in the report.
    """
    clean = drop_non_samples(table)
    found = _read_columns(clean, config)
    if clean.size < MIN_ROWS:
        found.faults.insert(0, _too_few_rows(clean.size, 0))
    else:
        _require_columns(found)
    log = _build(found, name, sha256) if clean.size else None
    report = _report(found, name, sha256)
    return Inspection(report, tuple(found.faults), None if found.faults else log)


def _too_few_rows(size: int, dropped: int) -> Fault:
    """Fault of a file without enough samples."""
    why = f" after {dropped:,} rows were dropped" if dropped else ""
    message = f"There are {size} rows with data{why}, at least {MIN_ROWS} are needed; upload the whole flight."
    if size == 0 and not dropped:
        message = (
            f"There is a header but no data below it, at least {MIN_ROWS} rows are needed; upload the whole flight."
        )
    return Fault(message, value=str(size), allowed=f"at least {MIN_ROWS} rows")


# --- columns -------------------------------------------------------------------------------------------------------


def _read_columns(table: RawTable, config: PipelineConfig) -> _Findings:
    """Read every column that is used."""
    choices = choose_columns(table.headers, table.units, config)
    found = _Findings(table, config, choices, _times(table, choices))
    found.faults.extend(choices.faults)
    found.notes.extend((*table.notes, *choices.notes, *found.times.notes))
    found.dropped.update(table.dropped)
    for name, choice in choices.columns.items():
        if not table.size:
            break
        quantity = read_quantity(choice, table.columns[choice.index], table.rows)
        if choice.header.is_gas and not _is_usable_gas(found, quantity):
            continue
        found.quantities[name] = quantity
        found.faults.extend(quantity.faults)
        found.notes.extend(quantity.notes)
    _read_further(found)
    _derive(found)
    return found


def _times(table: RawTable, choices: Choices) -> Times:
    """Time of each record."""
    columns = {
        name: tuple(TimeColumn(choice.header, table.columns[choice.index]) for choice in group if table.size)
        for name, group in choices.times.items()
    }
    return resolve_times(columns, table.size)


def _is_usable_gas(found: _Findings, quantity: Quantity) -> bool:
    """Tell whether a gas column holds enough numbers; one that nobody listed and that holds few is left out."""
    count = int(np.isfinite(quantity.values).sum())
    gas, header = quantity.choice.name, quantity.choice.header.text
    bad = sum(fault.count for fault in quantity.faults)
    if count >= MIN_ROWS and bad <= count:
        return True
    if gas not in _listed(found.config):
        found.notes.append(f"{header!r} has {plural(count, 'number')} and is not processed as a gas.")
        return False
    message = f"Column {header!r} has {plural(count, 'number')} where {MIN_ROWS} are needed; fill it or unlist the gas."
    found.faults.append(Fault(message, column=header, value=str(count), allowed=f"at least {MIN_ROWS} numbers"))
    return False


def _listed(config: PipelineConfig) -> dict[str, tuple[float, float]]:
    """Gases the configuration lists, by formula, with their ranges."""
    return {formula: limits for name, limits in config.gases.items() if (formula := gas_name(name)) is not None}


def _read_further(found: _Findings) -> None:
    """Read the columns that `required_cols` names and GasFlux itself has no use for (humidity, say)."""
    for name in found.config.required_cols:
        if name in ALIASES or name in found.quantities or gas_name(name) in found.quantities:
            continue
        keys = [header_key(text) for text in found.table.headers]
        if header_key(name) not in keys:
            message = f"Setting required_cols asks for {name!r}, which is no column of the file; add it or unlist it."
            found.faults.append(Fault(message, column=name, allowed="a column of the file"))
        elif found.table.size:
            index = keys.index(header_key(name))
            choice = Choice(name, index, Header(found.table.headers[index].strip(), name), None)
            quantity = read_quantity(choice, found.table.columns[index], found.table.rows)
            found.quantities[name] = quantity
            found.faults.extend(quantity.faults)


# --- what follows from the columns ---------------------------------------------------------------------------------


def _derive(found: _Findings) -> None:
    """Turn wind components or aircraft wind into speed and direction, longitudes into -180 to 180, mass into ppm."""
    if found.config.wind.source == "aircraft":
        _derive_from_aircraft(found)
    else:
        _derive_from_columns(found)
    _wrap_longitude(found)
    if {"temperature", "pressure"} <= found.quantities.keys():
        for gas in found.choices.gases:
            if gas in found.quantities:
                air = found.values("temperature"), found.values("pressure")
                found.quantities[gas] = without_mass(found.quantities[gas], *air)


def _derive_from_columns(found: _Findings) -> None:
    """Wind from speed and direction, or from components towards north and east."""
    direction = found.quantities.get("winddir")
    if direction is not None and not np.isfinite(direction.values).any():
        found.notes.append(f"{direction.choice.header.text!r} is empty: the wind is taken as perpendicular.")
        del found.quantities["winddir"]
    elif direction is not None:
        found.quantities["winddir"] = wind_from_degrees(direction, found.config.wind.direction_convention)
    has_wind = {"windspeed", "winddir"} <= found.quantities.keys()
    if not has_wind and {"wind_north", "wind_east"} <= found.quantities.keys():
        north, east = found.quantities["wind_north"], found.quantities["wind_east"]
        _set_wind(found, east.values, north.values, (east.choice.header.text, north.choice.header.text))


def _derive_from_aircraft(found: _Findings) -> None:
    """Wind from an anemometer in the aircraft's frame."""
    if not set(_AIRCRAFT_REQUIRED) <= found.quantities.keys():
        return
    course = found.values("course") if "course" in found.quantities else None
    east, north = wind_over_ground(*(found.values(name) for name in _AIRCRAFT_REQUIRED), course)
    used = (*_AIRCRAFT_REQUIRED, *(("course",) if course is not None else ()))
    _set_wind(found, east, north, tuple(found.choices.header(name) for name in used))


def _set_wind(found: _Findings, east: FloatArray, north: FloatArray, headers: tuple[str, ...]) -> None:
    """Set wind speed and direction from components."""
    speed, from_deg = speed_and_direction(east, north)
    text = " + ".join(headers)
    found.notes.append(f"Wind speed and direction are computed from {text}.")
    for name, values in (("windspeed", speed), ("winddir", from_deg)):
        choice = Choice(name, -1, Header(text, name), None)
        found.quantities[name] = Quantity(choice, values, None, "components -> speed and direction from")


def _wrap_longitude(found: _Findings) -> None:
    """Bring longitudes of 180 to 360 degrees east to -180 to 0."""
    if "longitude" not in found.quantities:
        return
    longitude = found.quantities["longitude"]
    east = (longitude.values > 180.0) & (longitude.values <= 360.0)
    if not east.any():
        return
    # Only where all are plain degrees east: an NMEA or projected column must reach the range check as it is.
    if np.nanmax(longitude.values) > 360.0:
        return
    values = np.where(east, longitude.values - 360.0, longitude.values)
    found.quantities["longitude"] = Quantity(longitude.choice, values, longitude.unit, "0 to 360 -> -180 to 180 deg")


def _height_name(found: _Findings) -> str | None:
    """Name of the height column that is used."""
    return next((name for name in HEIGHT_NAMES if name in found.quantities), None)


# --- what must be there --------------------------------------------------------------------------------------------


def _require_columns(found: _Findings) -> None:
    """Add a fault for each column that is needed and missing, and for the time column."""
    if found.times.fault:
        column = found.times.headers[0] if found.times.headers else "timestamp"
        found.faults.append(Fault(found.times.fault, column=column, allowed="date and time"))
    needed = ["latitude", "longitude", "temperature", "pressure"]
    is_aircraft = found.config.wind.source == "aircraft"
    needed.extend(_AIRCRAFT_REQUIRED if is_aircraft else ("windspeed",))
    needed.extend(() if _height_name(found) else ("height_ato",))
    asked = [name for name in found.config.required_cols if name in ALIASES and name not in TIME_NAMES]
    missing = [name for name in dict.fromkeys([*needed, *asked]) if not _has(found, name)]
    found.faults.extend(_missing(found, name) for name in missing)
    _require_gases(found)


def _has(found: _Findings, name: str) -> bool:
    """Tell whether a column is there; any height stands for `height_ato`."""
    return name in found.quantities or (name == "height_ato" and _height_name(found) is not None)


def _missing(found: _Findings, name: str) -> Fault:
    """Fault of a missing column."""
    meaning = f" ({_MEANINGS[name]})" if name in _MEANINGS else ""
    inside = cell_condition(found.choices, name)
    hint = f" {inside!r} is the {name} inside the instrument, not of the air." if inside else ""
    if name == "windspeed" and "WIND" in " ".join(found.choices.ignored).upper():
        hint = " Components need both wind_north and wind_east."
    message = (
        f"Column {name!r}{meaning} is missing;{hint} add it, or name its header in the setting columns:"
        f" {{{name}: HEADER}}."
    )
    return Fault(message, column=name, allowed=_MEANINGS.get(name, name))


def _require_gases(found: _Findings) -> None:
    """Add a fault for each listed gas that is missing, or when there is no gas at all."""
    gases = [gas for gas in found.choices.gases if gas in found.quantities]
    listed = _listed(found.config)
    there = ", ".join(gases) or "none"
    for gas in listed:
        if gas not in found.choices.gases:
            message = f"Gas {gas!r} is listed under gases and the file has no column for it; gases found: {there}."
            found.faults.append(Fault(message, column=gas, allowed="a column named by the gas"))
    if not gases and not listed:
        unused = ", ".join(repr(text) for text in found.choices.ignored)[:200] or "none"
        message = f"There is no gas column; name one by its formula, e.g. ch4 or ch4_ppb (columns not used: {unused})."
        found.faults.append(Fault(message, column="ch4", allowed="a column named by a chemical formula"))


# --- rows ----------------------------------------------------------------------------------------------------------


def _build(found: _Findings, name: str, sha256: str) -> FlightLog | None:
    """Check the rows and make the flight log; None when a fault stands in the way."""
    _bad_times(found)
    keep = _with_time_and_place(found)
    keep = _within_ranges(found, keep)
    can_go_on = not found.times.fault and all(
        _has(found, column)
        for column in ("latitude", "longitude", "height_ato", "windspeed", "temperature", "pressure")
    )
    if found.faults or not can_go_on:
        found.reports.extend(_column_reports(found, {n: q.values for n, q in found.quantities.items()}))
        return None
    samples = _clean_samples(found, keep)
    if samples is None:
        return None
    found.rows_used = samples.time_us.size
    found.reports.extend(_column_reports(found, samples.values))
    return _flight_log(found, samples, name, sha256)


def _bad_times(found: _Findings) -> None:
    """Add the fault of cells that are no time."""
    is_bad = found.times.is_bad
    if not is_bad.any() or found.times.fault:
        return
    first, count = int(np.flatnonzero(is_bad)[0]), int(is_bad.sum())
    row, header = int(found.table.rows[first]), " + ".join(found.times.headers)
    column = next(c for c in found.choices.times.values() for c in c if c.header.text in found.times.headers)
    value = shown(found.table.columns[column.index][first])
    more = f" ({plural(count - 1, 'more row')} like it)" if count > 1 else ""
    message = f"Column {header!r}, row {row}: {value!r} is no date and time{more}; write it as 2023-04-19 07:16:30."
    found.faults.append(Fault(message, header, row, value, "date and time", count))


def _drop(found: _Findings, keep: BoolArray, is_lost: BoolArray, reason: str) -> BoolArray:
    """Return `keep` without the lost rows, counting them under `reason`."""
    count = int((keep & is_lost).sum())
    if count:
        found.dropped[reason] = found.dropped.get(reason, 0) + count
    return keep & ~is_lost


def _with_time_and_place(found: _Findings) -> BoolArray:
    """Tell which rows have a time and a position."""
    keep = np.ones(found.table.size, dtype=np.bool_)
    if not found.times.fault:
        keep = _drop(found, keep, np.isnat(found.times.utc) & ~found.times.is_bad, "missing time")
    if {"latitude", "longitude"} <= found.quantities.keys():
        latitude, longitude = found.values("latitude"), found.values("longitude")
        # A receiver without a fix reports 0, 0: a place in the Gulf of Guinea.
        no_fix = (latitude == 0.0) & (longitude == 0.0)
        keep = _drop(found, keep, np.isnan(latitude) | np.isnan(longitude) | no_fix, "missing position")
    height = _height_name(found)
    return keep if height is None else _drop(found, keep, np.isnan(found.values(height)), "missing height")


def _within_ranges(found: _Findings, keep: BoolArray) -> BoolArray:
    """Tell which rows are inside every range; outside is a fault, or a drop where the configuration says so."""
    checks = (
        [] if found.times.fault else [check_times(found.times.utc, " + ".join(found.times.headers), found.table.rows)]
    )
    listed = _listed(found.config)
    height = _height_name(found)
    for name, quantity in found.quantities.items():
        allowed = listed.get(name) or allowed_range(name, found.config)
        if allowed is None or (name in HEIGHT_NAMES and name != height and name not in found.config.required_cols):
            continue
        values = np.where(keep, quantity.values, np.nan)
        hint = _hint(found, name)
        checks.append(check_range(name, quantity.choice.header.text, values, found.table.rows, allowed, hint))
    for check in checks:
        if check.fault is not None and found.config.out_of_range == "drop":
            keep = _drop(found, keep, check.is_outside, f"{check.name} out of range")
        elif check.fault is not None:
            found.faults.append(check.fault)
    return keep


def _hint(found: _Findings, name: str) -> str:
    """Return what positions outside the globe may mean."""
    if name not in ("latitude", "longitude") or not {"latitude", "longitude"} <= found.quantities.keys():
        return ""
    return position_hint(name, found.values("latitude"), found.values("longitude"))


def _clean_samples(found: _Findings, keep: BoolArray) -> Samples | None:
    """Return sorted, merged and gap-free samples; None with a fault when too few are left."""
    names = [*("latitude", "longitude", "windspeed", "winddir", "temperature", "pressure"), *HEIGHT_NAMES]
    names.extend(found.choices.gases)
    values = {name: found.values(name)[keep] for name in names if name in found.quantities}
    samples = Samples(found.times.utc[keep].astype(np.int64), found.table.rows[keep], values)
    if not _has_extent(found, samples):
        return None
    before = samples.time_us.size
    samples, note = spread_times(drop_copies(sort_by_time(samples)))
    samples = merge_repeated_times(samples)
    found.notes.extend([note] if note else [])
    _count_merged(found, before - samples.time_us.size)
    samples, filled = close_gaps(samples)
    found.notes.extend(
        f"Gaps up to {MAX_GAP_S:g} s in {name} are interpolated ({plural(count, 'sample')})."
        for name, count in filled.items()
    )
    samples = _without_missing(found, samples)
    return samples if _has_extent(found, samples) else None


def _count_merged(found: _Findings, count: int) -> None:
    """Count rows merged with others of the same time."""
    if count:
        found.dropped["duplicate time"] = count
        found.notes.append(f"{plural(count, 'row')} with the time of another row are merged with it.")


def _without_missing(found: _Findings, samples: Samples) -> Samples:
    """Return samples without those that lack wind, temperature or pressure."""
    keep = np.ones(samples.time_us.size, dtype=np.bool_)
    for name, reason in (("windspeed", "wind"), ("temperature", "temperature"), ("pressure", "pressure")):
        keep = _drop(found, keep, np.isnan(samples.values[name]), f"missing {reason}")
    return samples if keep.all() else samples.take(keep)


def _has_extent(found: _Findings, samples: Samples) -> bool:
    """Tell whether the samples are enough and differ in time and place; add the fault when not."""
    size = samples.time_us.size
    times = " + ".join(found.times.headers)
    if size < MIN_ROWS:
        reasons = ", ".join(f"{reason} {count}" for reason, count in found.dropped.items())
        fault = _too_few_rows(size, sum(found.dropped.values()))
        message = fault.message if not reasons else f"{fault.message[:-1]} (dropped: {reasons})."
        found.faults.append(Fault(message, value=fault.value, allowed=fault.allowed))
    elif np.ptp(samples.time_us) == 0:
        message = f"Column {times!r} holds the same time in every row; give each row its own time, with seconds."
        found.faults.append(Fault(message, column=times, allowed="increasing times"))
    elif np.ptp(samples.values["latitude"]) == 0 and np.ptp(samples.values["longitude"]) == 0:
        header = found.choices.header("latitude")
        message = f"Column {header!r} and longitude hold the same position in every row; log the GPS of the aircraft."
        found.faults.append(Fault(message, column=header, allowed="positions along a flight"))
    else:
        return True
    return False


# --- results -------------------------------------------------------------------------------------------------------


def _column_reports(found: _Findings, values: Mapping[str, FloatArray]) -> list[ColumnReport]:
    """Report on the time column and each other column used."""
    times = found.times
    missing = int(np.isnat(times.utc).sum())
    reports = [ColumnReport("timestamp", " + ".join(times.headers), "", times.conversion, None, None, missing)]
    for name, quantity in found.quantities.items():
        column = values.get(name, quantity.values)
        given = column[np.isfinite(column)]
        low, high = (float(given.min()), float(given.max())) if given.size else (None, None)
        unit = quantity.unit.symbol if quantity.unit else ""
        header = quantity.choice.header.text
        missing = int(column.size - given.size)
        reports.append(ColumnReport(name, header, unit, quantity.conversion, low, high, missing))
    return reports


def _report(found: _Findings, name: str, sha256: str) -> ReadReport:
    """Report on the whole file."""
    read = found.table.size + sum(found.table.dropped.values())
    return ReadReport(
        name=name,
        sha256=sha256,
        rows_read=read,
        rows_used=found.rows_used,
        rows_dropped=dict(found.dropped),
        columns=tuple(found.reports),
        ignored_columns=found.choices.ignored,
        notes=tuple(found.notes),
    )


def _flight_log(found: _Findings, samples: Samples, name: str, sha256: str) -> FlightLog:
    """Make the flight log of clean samples."""
    values = samples.values
    height = _height_name(found) or "height_ato"
    ground = values["height_ato"] - values["height_agl"] if {"height_ato", "height_agl"} <= values.keys() else None
    return FlightLog(
        start_utc=np.datetime64(int(samples.time_us[0]), "us"),
        time_s=samples.time_s,
        latitude_deg=values["latitude"],
        longitude_deg=values["longitude"],
        height_m=values[height],
        height_reference=cast(Literal["ato", "agl", "altitude"], height.removeprefix("height_")),
        wind_speed_m_s=values["windspeed"],
        wind_from_deg=values.get("winddir"),
        temperature_c=values["temperature"],
        pressure_hpa=values["pressure"],
        gas_ppm={gas: values[gas] for gas in found.choices.gases if gas in values},
        report=_report(found, name, sha256),
        ground_height_m=ground,
    )
