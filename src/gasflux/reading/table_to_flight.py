"""Raw table -> flight log, with every fault of the file gathered in one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

import numpy as np

from gasflux.configuration.pipeline_config import PipelineConfig, Range
from gasflux.errors import Fault, InputError
from gasflux.fusion.instrument_log import InstrumentLog
from gasflux.reading.columns import HEIGHT_NAMES
from gasflux.reading.quantities import Quantity, and_others, shown
from gasflux.reading.ranges import (
    POSSIBLE,
    Checked,
    Place,
    allowed_range,
    check_places,
    check_range,
    check_times,
    position_hint,
)
from gasflux.reading.raw_table import RawTable, drop_non_samples
from gasflux.reading.read_columns import read_columns
from gasflux.reading.reading_record import Reading, ranges_of_gases
from gasflux.reading.requirements import missing_columns
from gasflux.reading.row_alignment import align_rows
from gasflux.reading.times.clocks import check_clock
from gasflux.reading.times.numbers import TimeArray
from gasflux.reading.values.candidates import MIN_ROWS
from gasflux.reading.values.cell_units import split_units
from gasflux.reading.values.samples import (
    MAX_GAP_S,
    Samples,
    close_gaps,
    drop_copies,
    merge_repeated_times,
    sort_by_time,
    spread_times,
)
from gasflux.records import BoolArray, ColumnReport, FlightLog, FloatArray, ReadReport
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase, counted

_MAX_MESSAGE: Final = 900
_NEEDED: Final = ("latitude", "longitude", "windspeed", "temperature", "pressure")


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


@dataclass(frozen=True, eq=False)
class _Rows:
    """Which rows are still in, and why the others are not."""

    keep: BoolArray
    dropped: Mapping[str, int]
    above_gas_range: int = 0
    """Rows dropped because a gas was above its range, counted for gases that are mostly above when they are outside."""

    def without(self, is_lost: BoolArray, reason: str) -> _Rows:
        """Drop rows, counting those that were still in."""
        count = int((self.keep & is_lost).sum())
        dropped = {**self.dropped, reason: self.dropped.get(reason, 0) + count} if count else self.dropped
        return replace(self, keep=self.keep & ~is_lost, dropped=dropped)


@dataclass(frozen=True, eq=False)
class _Outcome:
    """Clean samples, or the faults that keep the rows from being a flight."""

    samples: Samples | None
    dropped: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    notes: tuple[Phrase, ...] = ()
    above_gas_range: int = 0


def gathered(name: str, faults: Sequence[Fault]) -> InputError:
    """Return one error of one line for all faults of a file; those that do not fit the line are counted."""
    sentences = [shown(name) + ":"]
    for number, fault in enumerate(faults):
        if number and sum(map(len, sentences)) + len(fault.message) > _MAX_MESSAGE:
            sentences.append(f"And {counted(len(faults) - number, 'more fault')}.")
            break
        sentences.append(" ".join(fault.message.split())[:_MAX_MESSAGE])
    return InputError(" ".join(sentences), faults)


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
    reading = align_rows(read_columns(split_units(drop_non_samples(table)), config))
    size = reading.table.size
    before = missing_columns(reading) if size >= MIN_ROWS else (_too_few_rows(size, {}),)
    outcome = _outcome(reading, (*before, *reading.faults))
    report = _report(reading, outcome, name, sha256)
    log = None if outcome.samples is None else _flight_log(reading, outcome.samples, report)
    return Inspection(report, outcome.faults, log)


_OF_ANOTHER_FILE: Final = frozenset({"no_such_header", "missing_required_column", "too_few_numbers"})
"""Faults of settings and columns that concern another file of the same flight."""


@dataclass(frozen=True, eq=False)
class PartInspection:
    """What a file that holds only some of a flight's quantities turned out to be."""

    report: ReadReport | None
    faults: tuple[Fault, ...]
    log: InstrumentLog | None
    """What it holds, when there is no fault."""


def inspect_part(table: RawTable, config: PipelineConfig, name: str, sha256: str) -> PartInspection:
    """Return what a table holds of a flight, whichever quantities these are, or the faults of those it holds.

    Parameters
    ----------
    table
        Cells of the file.
    config
        As of `inspect_table`; what it asks of other files is no fault of this one.
    name, sha256
        What to call the file in the report.
    """
    reading = read_columns(split_units(drop_non_samples(table)), config)
    reading = replace(reading, notes=tuple(note for note in reading.notes if note not in reading.air_notes))
    rows = _Rows(np.ones(reading.table.size, dtype=np.bool_), reading.table.dropped)
    rows = rows.without(np.isnat(reading.times.utc) & ~reading.times.is_bad, "missing time")
    rows, range_faults = _within_ranges(reading, rows)
    values = _part_values(reading, rows)
    faults = (*_part_faults(reading, values), *range_faults)
    if faults:
        return PartInspection(_report(reading, _Outcome(None, rows.dropped, faults), name, sha256), faults, None)
    samples = Samples(reading.times.utc[rows.keep].astype(np.int64), reading.table.rows[rows.keep], values)
    samples, merged, notes = _one_per_time(samples)
    dropped = {**rows.dropped, "duplicate time": merged} if merged else rows.dropped
    report = _report(reading, _Outcome(samples, dropped, (), tuple(notes)), name, sha256)
    gases = tuple(gas for gas in reading.gases if gas in values)
    return PartInspection(report, (), InstrumentLog(name, sha256, samples.time_us, samples.rows, samples.values, gases))


def _part_faults(reading: Reading, values: Mapping[str, FloatArray]) -> tuple[Fault, ...]:
    """Return what is wrong with a file that need not hold everything: its rows, its times, its cells."""
    faults = [fault for fault in reading.faults if fault.code not in _OF_ANOTHER_FILE]
    if reading.table.size < MIN_ROWS:
        faults.append(_too_few_rows(reading.table.size, {}))
    if reading.times.fault:
        faults.append(replace(reading.times.fault, column=reading.time_header))
    faults.extend(_cells_without_time(reading))
    if not values and not faults:
        unused = ", ".join(repr(text) for text in reading.choices.ignored)[:200] or phrase("unused.none")
        faults.append(Fault.of("fusion_nothing", unused=unused))
    return tuple(faults)


def _part_values(reading: Reading, rows: _Rows) -> dict[str, FloatArray]:
    """Return the quantities of the rows that are in, without what was only assumed or holds nothing."""
    assumed = () if reading.assumed_air is None else reading.assumed_air.names
    values = {
        name: quantity.values[rows.keep]
        for name, quantity in reading.quantities.items()
        # A pressure of a column whose unit is open is one of the file; a temperature inside an instrument is not.
        if name not in assumed or (name == "pressure" and quantity.choice.index >= 0)
    }
    if {"latitude", "longitude"} <= values.keys():
        no_fix = (values["latitude"] == 0.0) & (values["longitude"] == 0.0)
        values |= {name: np.where(no_fix, np.nan, values[name]) for name in ("latitude", "longitude")}
    return {name: column for name, column in values.items() if int(np.isfinite(column).sum()) >= MIN_ROWS}


def _too_few_rows(size: int, dropped: Mapping[str, int]) -> Fault:
    """Fault of a file without enough samples."""
    allowed = phrase("allowed.least_rows", least=MIN_ROWS)
    if not size and not dropped:
        return Fault.of("no_rows", allowed=allowed, least=MIN_ROWS)
    why = phrase("why.dropped", reasons=_reasons(dropped)) if dropped else NOTHING
    rows = counted(size, "row")
    return Fault.of("too_few_rows", value=size, allowed=allowed, least=MIN_ROWS, rows=rows, why=why)


def _reasons(dropped: Mapping[str, int]) -> Phrase:
    """Say why rows were dropped, and how many."""
    said = []
    for reason, count in dropped.items():
        name = reason.removesuffix(" out of range")
        key = reason if name == reason else "out of range"
        said.append(phrase(f"dropped.{key}", name=name, dropped=count))
    return Phrase(", ".join(one.en for one in said), "，".join(one.zh for one in said))


def _outcome(reading: Reading, faults: Sequence[Fault]) -> _Outcome:
    """Check the rows and clean them; with a fault of the columns, only check them."""
    rows = _with_time_and_place(reading)
    rows, range_faults = _within_ranges(reading, rows)
    faults = (*faults, *_cells_without_time(reading), *range_faults)
    # A fault of a setting can leave a column out without making another one missing.
    if faults or not reading.has(*_NEEDED) or reading.height_name is None:
        return _Outcome(None, rows.dropped, faults)
    return replace(_clean(reading, rows), above_gas_range=rows.above_gas_range)


def _cells_without_time(reading: Reading) -> tuple[Fault, ...]:
    """Fault of cells in the time column that are no time."""
    is_bad = reading.times.is_bad
    if not is_bad.any() or reading.times.fault:
        return ()
    first, count = int(np.flatnonzero(is_bad)[0]), int(is_bad.sum())
    row, header = int(reading.table.rows[first]), reading.time_header
    choices = [choice for group in reading.choices.times.values() for choice in group]
    used = [choice.index for choice in choices if choice.header.text in reading.times.headers]
    value = " ".join(shown(reading.table.columns[index][first]) for index in used)
    allowed = phrase("allowed.time")
    return (
        Fault.of(
            "not_a_time", column=header, row=row, value=value, allowed=allowed, count=count, others=and_others(count)
        ),
    )


def _with_time_and_place(reading: Reading) -> _Rows:
    """Tell which rows have a time, a position and a height."""
    rows = _Rows(np.ones(reading.table.size, dtype=np.bool_), reading.table.dropped)
    if not reading.times.fault:
        rows = rows.without(np.isnat(reading.times.utc) & ~reading.times.is_bad, "missing time")
    if reading.has("latitude", "longitude"):
        latitude, longitude = reading.values("latitude"), reading.values("longitude")
        # A receiver without a fix reports 0, 0: a place in the Gulf of Guinea.
        no_fix = (latitude == 0.0) & (longitude == 0.0)
        rows = rows.without(np.isnan(latitude) | np.isnan(longitude) | no_fix, "missing position")
    height = reading.height_name
    return rows.without(np.isnan(reading.values(height)), "missing height") if height else rows


def _within_ranges(reading: Reading, rows: _Rows) -> tuple[_Rows, tuple[Fault, ...]]:
    """Tell which rows are inside every range; outside is a fault, or a drop where the configuration says so."""
    faults = []
    for check in _range_checks(reading, rows.keep):
        if check.fault is not None and reading.config.out_of_range == "drop":
            rows = _without_outside(reading, rows, check)
        elif check.fault is not None:
            faults.append(check.fault)
    return rows, tuple(faults)


def _without_outside(reading: Reading, rows: _Rows, check: Checked) -> _Rows:
    """Drop the rows outside one range; a gas above its range may be the plume."""
    left = rows.without(check.is_outside, f"{check.name} out of range")
    if check.name not in reading.gases:
        return left
    lost = rows.keep & check.is_outside
    allowed = _allowed(reading, check.name)
    count = 0 if allowed is None else int((lost & (reading.values(check.name) > allowed[1])).sum())
    is_mostly_above = 2 * count > int(lost.sum())
    return replace(left, above_gas_range=rows.above_gas_range + count) if is_mostly_above else left


def _range_checks(reading: Reading, keep: BoolArray) -> list[Checked]:
    """Check the times and each column that has a range, on the rows still in."""
    numbers = reading.table.rows
    times = np.where(keep, reading.times.utc, np.datetime64("NaT", "us"))
    checks = [check_times(times, reading.time_header, numbers), *_clock_checks(reading, times)]
    checks.extend(_place_checks(reading, keep, times))
    for name, quantity in reading.quantities.items():
        is_spare_height = name in HEIGHT_NAMES and name not in (reading.height_name, *reading.config.required_cols)
        allowed = _allowed(reading, name)
        is_assumed = reading.assumed_air is not None and name in reading.assumed_air.names
        if allowed is None or is_spare_height or is_assumed:
            continue
        values, header = np.where(keep, quantity.values, np.nan), quantity.choice.header.text
        checks.append(check_range(name, header, values, numbers, allowed, _hint(reading, name), _file_unit(quantity)))
    return checks


def _clock_checks(reading: Reading, times: TimeArray) -> list[Checked]:
    """Check the order of the times, where there are positions to tell a copy from another place."""
    if not reading.has("latitude", "longitude"):
        return []
    position = reading.values("latitude"), reading.values("longitude")
    return check_clock(times, reading.time_header, reading.table.rows, *position)


def _place_checks(reading: Reading, keep: BoolArray, times: TimeArray) -> list[Checked]:
    """Check the positions of the rows still in; those outside the globe have a fault of their own."""
    if not reading.has("latitude", "longitude"):
        return []
    latitude, longitude = reading.values("latitude"), reading.values("longitude")
    is_on_globe = keep & (np.abs(latitude) <= POSSIBLE["latitude"][1]) & (np.abs(longitude) <= POSSIBLE["longitude"][1])
    height = reading.values(reading.height_name) if reading.height_name else np.zeros(keep.size)
    place = Place(np.where(is_on_globe, latitude, np.nan), np.where(is_on_globe, longitude, np.nan), height)
    return [check_places(place, times, reading.choices.header("latitude"), reading.table.rows)]


def _allowed(reading: Reading, name: str) -> Range | None:
    """Range that a column or gas is held to."""
    return ranges_of_gases(reading.config).get(name) or allowed_range(name, reading.config)


def _file_unit(quantity: Quantity) -> str:
    """Return the unit in the file of a converted column, empty where the values are as they stand there."""
    return quantity.unit.symbol if quantity.unit and quantity.conversion else ""


def _hint(reading: Reading, name: str) -> Phrase:
    """Say what positions outside the globe may mean."""
    if name not in ("latitude", "longitude") or not reading.has("latitude", "longitude"):
        return NOTHING
    return position_hint(name, reading.values("latitude"), reading.values("longitude"))


def _clean(reading: Reading, rows: _Rows) -> _Outcome:
    """Sort, sharpen, merge and fill the rows that are in."""
    names = (*_NEEDED, "winddir", *HEIGHT_NAMES, *reading.gases)
    values = {name: reading.values(name)[rows.keep] for name in names if reading.has(name)}
    samples = Samples(reading.times.utc[rows.keep].astype(np.int64), reading.table.rows[rows.keep], values)
    faults = _lacks_extent(reading, samples, rows.dropped)
    if faults:
        return _Outcome(None, rows.dropped, faults)
    samples, merged, notes = _one_per_time(samples)
    samples, filled = close_gaps(samples)
    notes.extend(
        phrase("note.gaps", limit=MAX_GAP_S, name=name, count=count, plural=Phrase("" if count == 1 else "s", ""))
        for name, count in filled.items()
    )
    dropped = {**rows.dropped, "duplicate time": merged} if merged else rows.dropped
    samples, dropped = _without_missing(samples, dropped)
    faults = _lacks_extent(reading, samples, dropped) or _lacks_gas(reading, samples)
    return _Outcome(None if faults else samples, dropped, faults, tuple(notes))


def _one_per_time(samples: Samples) -> tuple[Samples, int, list[Phrase]]:
    """Return samples with strictly increasing times, the number of rows merged, and what to say about it."""
    spread, note = spread_times(drop_copies(sort_by_time(samples)))
    result = merge_repeated_times(spread)
    merged = samples.time_us.size - result.time_us.size
    notes = [note] if note else []
    if merged:
        notes.append(phrase("note.merged", rows=counted(merged, "row")))
    return result, merged, notes


def _without_missing(samples: Samples, dropped: Mapping[str, int]) -> tuple[Samples, Mapping[str, int]]:
    """Return samples without those that lack wind, temperature or pressure, and the counts."""
    rows = _Rows(np.ones(samples.time_us.size, dtype=np.bool_), dropped)
    for name, reason in (("windspeed", "wind"), ("temperature", "temperature"), ("pressure", "pressure")):
        rows = rows.without(np.isnan(samples.values[name]), f"missing {reason}")
    return (samples if rows.keep.all() else samples.take(rows.keep)), rows.dropped


def _lacks_extent(reading: Reading, samples: Samples, dropped: Mapping[str, int]) -> tuple[Fault, ...]:
    """Faults of samples that are too few or do not differ in time or place."""
    if samples.time_us.size < MIN_ROWS:
        return (_too_few_rows(samples.time_us.size, dropped),)
    if np.ptp(samples.time_us) == 0:
        header = reading.time_header
        return (Fault.of("same_time", column=header, allowed=phrase("allowed.increasing")),)
    if np.ptp(samples.values["latitude"]) == 0 and np.ptp(samples.values["longitude"]) == 0:
        header = reading.choices.header("latitude")
        return (Fault.of("same_position", column=header, allowed=phrase("allowed.positions")),)
    return ()


def _lacks_gas(reading: Reading, samples: Samples) -> tuple[Fault, ...]:
    """Fault of samples of which none of the gases has enough values: nothing could be computed."""
    counts = {gas: int(np.isfinite(samples.values[gas]).sum()) for gas in reading.gases}
    if not counts or max(counts.values()) >= MIN_ROWS:
        return ()
    gas = max(counts, key=lambda name: counts[name])
    header, numbers = reading.choices.header(gas), counted(counts[gas], "number")
    return (Fault.of("gas_without_place", column=header, numbers=numbers, least=MIN_ROWS),)


def _report(reading: Reading, outcome: _Outcome, name: str, sha256: str) -> ReadReport:
    """Report on the whole file."""
    samples = outcome.samples
    read = reading.table.size + sum(reading.table.dropped.values())
    return ReadReport(
        name=name,
        sha256=sha256,
        rows_read=read,
        rows_used=0 if samples is None else samples.time_us.size,
        rows_dropped=dict(outcome.dropped),
        columns=_column_reports(reading, {} if samples is None else samples.values),
        ignored_columns=reading.choices.ignored,
        notes=(*reading.notes, *outcome.notes),
        rows_above_gas_range=outcome.above_gas_range,
        time_zone=reading.times.zone,
    )


def _column_reports(reading: Reading, used: Mapping[str, FloatArray]) -> tuple[ColumnReport, ...]:
    """Report on the time column and each other column, by the samples used where there are any."""
    times = reading.times
    missing = int(np.isnat(times.utc).sum())
    reports = [ColumnReport("timestamp", " + ".join(times.headers), "", times.conversion, None, None, missing)]
    for name, quantity in reading.quantities.items():
        column = used.get(name, quantity.values)
        given = column[np.isfinite(column)]
        low, high = (float(given.min()), float(given.max())) if given.size else (None, None)
        unit = quantity.unit.symbol if quantity.unit else ""
        missing = int(column.size - given.size)
        header = quantity.choice.header.text
        reports.append(ColumnReport(name, header, unit, quantity.conversion, low, high, missing))
    return tuple(reports)


def _flight_log(reading: Reading, samples: Samples, report: ReadReport) -> FlightLog:
    """Make the flight log of clean samples."""
    values = samples.values
    height = reading.height_name or "height_ato"
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
        gas_ppm={gas: values[gas] for gas in reading.gases},
        file_row=samples.rows,
        report=report,
        ground_height_m=ground,
        assumed_air=reading.assumed_air,
    )
