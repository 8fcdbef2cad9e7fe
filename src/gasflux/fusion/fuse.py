"""Several instruments' logs of one flight -> the flight at the times of its gas samples, and how that was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gasflux.constants import METRES_PER_DEGREE
from gasflux.errors import InputError
from gasflux.fusion.clocks import Analyser, GasClock, Placed, clock_offset, flown_path, gas_clock, given_offset, zones_s
from gasflux.fusion.instrument_log import DIRECTIONS, HEIGHTS, PLACE_NAMES, WIND, ClockOffset, InstrumentLog
from gasflux.fusion.notes import fusion_notes
from gasflux.fusion.resampling import resampled, resampled_direction
from gasflux.fusion.roles import Source, choose_sources, position_file, role_of
from gasflux.records import FloatArray, FusedFile, Fusion, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

MAX_FILES: Final = 12
_PLACE_M: Final = 20_000.0
"""Two records of one flight's positions are not further apart than this."""
_SHARPNESS: Final = 0.5
"""Share of an analyser's response that is left in its gas once the response is undone: the wind is averaged alike."""


@dataclass(frozen=True)
class FusionRequest:
    """What is asked for or known beforehand."""

    clock_offsets_s: Mapping[str, float] = field(default_factory=dict)
    """File -> how far its clock is ahead, where somebody knows."""
    lag_s: float | None = None
    """Time from inlet to analyser that fusing takes out; None where nobody says."""
    reference: str | None = None
    """File whose clock counts; None takes the one with the positions."""
    sensor_lag_s: float = 0.0
    """Lag that is undone after fusing."""
    is_lag_given: bool = False
    """Whether somebody wrote that lag down, be it zero."""
    response_s: float = 0.0
    """Time constant of the analyser, undone after fusing."""


@dataclass(frozen=True, eq=False)
class FusedFlight:
    """The flight at the times of its gas samples; arrays have shape (n,)."""

    time_us: IntArray
    rows: IntArray
    """Rows of the file the gas is from."""
    values: Mapping[str, FloatArray]
    gases: tuple[str, ...]
    fusion: Fusion
    notes: tuple[Phrase, ...]


def fuse(logs: Sequence[InstrumentLog], request: FusionRequest) -> FusedFlight:
    """Return the flight that several instruments logged.

    Parameters
    ----------
    logs
        What each wrote.
    request
        Offsets and lags that are known.

    Raises
    ------
    InputError
        When they do not make one flight: a file twice, too many, no positions, no gas, no overlap, two flights.
    """
    reference = _checked(logs, request)
    logs, date_notes = _dated(logs, reference)
    origin = int(logs[reference].time_us[0])
    clocks = _clocks(logs, reference, origin, request)
    base = _gas_file(logs, reference)
    at_inlet = _gas_clocks(logs, reference, clocks, origin, request)
    clocks = {index: at_inlet[index].clock if index in at_inlet else clock for index, clock in clocks.items()}
    placed = [Placed(log, clocks[index].corrected(log.time_s(origin))) for index, log in enumerate(logs)]
    choices = choose_sources(placed, reference)
    undone = {index: _undone_lag(at_inlet.get(index), request) for index in range(len(logs))}
    times = placed[base].time_s - undone[base]
    values, origins = _at_times(times, placed, choices, reference, base, undone, request.response_s)
    start, end = placed[reference].time_s[[0, -1]]
    keep = (times >= start) & (times <= end)
    time_us = origin + np.round(times * 1e6).astype(np.int64)
    gas = at_inlet.get(base)
    fusion = Fusion(
        files=_fused_files(logs, clocks, choices, reference, request),
        lag_s=gas.lag_s if gas else (request.lag_s or 0.0) + request.sensor_lag_s,
        response_s=request.response_s,
        origin={name: logs[index].name for name, index in origins.items()},
        gas_clock_std_s=_gas_std(gas),
        wind_clock_std_s=_wind_std(choices, clocks),
    )
    kept = {name: column[keep] for name, column in values.items()}
    gases = tuple(choice.quantity for choice in choices if choice.quantity in logs[choice.index].gases)
    notes = (*date_notes, *fusion_notes(fusion, [log.name for log in logs], choices, gas))
    return FusedFlight(time_us[keep], logs[base].rows[keep], kept, gases, fusion, notes)


def _checked(logs: Sequence[InstrumentLog], request: FusionRequest) -> int:
    """Return which file has the positions.

    Raises
    ------
    InputError
        When the files do not make one flight.
    """
    names = [log.name for log in logs]
    if len(logs) > MAX_FILES:
        raise InputError.of(
            "fusion_too_many", value=len(logs), allowed=phrase("allowed.files", limit=MAX_FILES), limit=MAX_FILES
        )
    for index, log in enumerate(logs):
        earlier = next((other for other in logs[:index] if other.sha256 == log.sha256), None)
        if earlier is not None:
            raise InputError.of("fusion_twice", value=log.name, first=earlier.name, second=log.name)
    unknown = [name for name in (*request.clock_offsets_s, request.reference) if name not in (*names, None)]
    if unknown:
        raise InputError.of("fusion_unknown_file", value=unknown[0], allowed=", ".join(names), names=", ".join(names))
    reference = position_file(logs)
    if reference is None:
        raise InputError.of("fusion_no_position", names=", ".join(names))
    if not any(log.gases for log in logs):
        raise InputError.of("fusion_no_gas", names=", ".join(names))
    _check_one_place(logs, reference)
    return reference


def _check_one_place(logs: Sequence[InstrumentLog], reference: int) -> None:
    """Raise when another file's positions are of another flight.

    Raises
    ------
    InputError
        Naming the two.
    """
    first = logs[reference]
    for log in logs:
        if log is first or not log.has(*PLACE_NAMES):
            continue
        apart = [float(np.nanmedian(log.values[name]) - np.nanmedian(first.values[name])) for name in PLACE_NAMES]
        east = apart[1] * np.cos(np.radians(float(np.nanmedian(first.values["latitude"]))))
        distance = METRES_PER_DEGREE * np.hypot(apart[0], east)
        if distance > _PLACE_M or not zones_s(first, log).size:
            raise InputError.of("fusion_two_flights", first=first.name, second=log.name, distance=f"{distance:.0f}")


def _dated(logs: Sequence[InstrumentLog], reference: int) -> tuple[list[InstrumentLog], list[Phrase]]:
    """Return the logs with the order of day and month that lets them overlap, and what to say of those turned."""
    dated, notes = [], []
    for log in logs:
        swapped = None if zones_s(logs[reference], log).size else log.with_days_and_months_swapped()
        if swapped is not None and zones_s(logs[reference], swapped).size:
            dated.append(swapped)
            notes.append(phrase("note.fusion_dates", name=log.name, first=logs[reference].name))
        else:
            dated.append(log)
    return dated, notes


def _clocks(
    logs: Sequence[InstrumentLog], reference: int, origin: int, request: FusionRequest
) -> dict[int, ClockOffset]:
    """Return each clock's offset from that of the file with the positions, without what the plume tells.

    Raises
    ------
    InputError
        When a file and the positions do not overlap by any zone, or not by the offset that was given.
    """
    clocks = {reference: ClockOffset(0.0, 0.0, "reference")}
    own = request.clock_offsets_s.get(logs[reference].name, 0.0)
    placed = [Placed(logs[reference], logs[reference].time_s(origin))]
    # Files that share most with the positions come first: what they tell helps to place the others.
    order = sorted(range(len(logs)), key=lambda index: ("pressure" not in logs[index].values, index))
    for index in order:
        log = logs[index]
        if index == reference:
            continue
        if log.name in request.clock_offsets_s:
            clocks[index] = given_offset(request.clock_offsets_s[log.name] - own)
            _check_overlap(placed[0], Placed(log, clocks[index].corrected(log.time_s(origin))), clocks[index].offset_s)
        else:
            zones = zones_s(logs[reference], log)
            if not zones.size:
                raise _apart(logs[reference], log)
            clocks[index] = clock_offset(log, placed, origin, zones)
        if clocks[index].std_s is not None:
            placed.append(Placed(log, clocks[index].corrected(log.time_s(origin))))
    return clocks


def _check_overlap(first: Placed, second: Placed, offset_s: float) -> None:
    """Raise when a file whose clock was given shares no moment with the positions.

    Raises
    ------
    InputError
        Naming the setting.
    """
    if first.time_s[0] < second.time_s[-1] and second.time_s[0] < first.time_s[-1]:
        return
    spans = {"first": first.log.name, "of_first": _span(first.log), "of_second": _span(second.log)}
    value, name = f"{offset_s:g}", second.log.name
    raise InputError.of("fusion_offset_apart", column="fusion.clock_offsets", value=value, second=name, **spans)


def _apart(first: InstrumentLog, second: InstrumentLog) -> InputError:
    """Return the error of two files that were not written at one time."""
    spans = {"first": first.name, "second": second.name, "of_first": _span(first), "of_second": _span(second)}
    return InputError.of("fusion_no_overlap", value=second.name, **spans)


def _span(log: InstrumentLog) -> str:
    """Return when a file begins and ends, by its own clock."""
    return f"{_iso(log.time_us[0])} - {_iso(log.time_us[-1])}"


def _iso(time_us: int) -> str:
    """Return a time to the second."""
    return str(np.datetime64(int(time_us), "us").astype("datetime64[s]"))


def _gas_clocks(
    logs: Sequence[InstrumentLog],
    reference: int,
    clocks: Mapping[int, ClockOffset],
    origin: int,
    request: FusionRequest,
) -> dict[int, GasClock]:
    """Return clock and lag of each file with gases beside that of the positions, by the plume too."""
    path = flown_path(Placed(logs[reference], logs[reference].time_s(origin)))
    is_known = request.lag_s is not None or request.is_lag_given
    lag = (request.lag_s or 0.0) + request.sensor_lag_s if is_known else None
    analyser = Analyser(lag, request.response_s)
    return {
        index: gas_clock(log, path, clocks[index], analyser, origin)
        for index, log in enumerate(logs)
        if index != reference and log.gases and not log.has(*PLACE_NAMES)
    }


def _gas_file(logs: Sequence[InstrumentLog], reference: int) -> int:
    """Return the file whose gas samples give the times: that with most of them."""
    having = [index for index, log in enumerate(logs) if log.gases]
    return max(
        having, key=lambda index: (max(int(logs[index].given(g).sum()) for g in logs[index].gases), index == reference)
    )


def _undone_lag(gas: GasClock | None, request: FusionRequest) -> float:
    """Return the part of the lag that fusing takes out: the rest is undone with the response."""
    return (request.lag_s or 0.0) if gas is None else gas.lag_s - request.sensor_lag_s


def _at_times(
    times: FloatArray,
    placed: Sequence[Placed],
    choices: Sequence[Source],
    reference: int,
    base: int,
    undone: Mapping[int, float],
    response_s: float,
) -> tuple[dict[str, FloatArray], dict[str, int]]:
    """Return every quantity at the times of the gas samples, and the file each is from."""
    step = float(np.median(np.diff(times)))
    position = placed[reference].log
    values, origins = {}, {}
    for name in (*PLACE_NAMES, *HEIGHTS):
        if position.has(name):
            values[name] = _resampled(placed[reference], name, times, 0.0)
            origins[name] = reference
    for choice in choices:
        one = placed[choice.index]
        for name in _columns_of(choice, one.log):
            origins[name] = choice.index
            if name not in one.log.gases:
                window = max(step, _SHARPNESS * response_s) if choice.quantity == "wind" else step
                values[name] = _resampled(one, name, times, window)
            elif choice.index == base:
                values[name] = one.log.values[name]
            else:
                values[name] = resampled(one.time_s - undone[choice.index], one.log.values[name], times, step)
    if {"windspeed", "winddir"} <= values.keys():
        values.update(_vector_wind(placed[origins["windspeed"]], times, max(step, _SHARPNESS * response_s)))
    for index, one in enumerate(placed):
        for name in one.log.values.keys() - values.keys() - {*PLACE_NAMES, *HEIGHTS, *WIND}:
            values[name], origins[name] = _resampled(one, name, times, step), index
    return values, origins


_FELT: Final = ("aircraft_u", "aircraft_v", "apparent_speed", "apparent_direction")


def _columns_of(choice: Source, log: InstrumentLog) -> list[str]:
    """Return the columns of a file that a choice stands for."""
    names = (*WIND, *_FELT) if choice.quantity == "wind" else (choice.quantity,)
    return [name for name in names if name in log.values]


def _resampled(one: Placed, name: str, times: FloatArray, window_s: float) -> FloatArray:
    """Return one quantity at other times; longitudes across their seam, angles as vectors."""
    values = one.log.values[name]
    if name in DIRECTIONS:
        return resampled_direction(one.time_s, values, times, window_s)
    if name != "longitude":
        return resampled(one.time_s, values, times, window_s)
    first = values[np.isfinite(values)][0]
    unwrapped = first + (values - first + 180.0) % 360.0 - 180.0
    return np.asarray((resampled(one.time_s, unwrapped, times, window_s) + 180.0) % 360.0 - 180.0)


def _vector_wind(one: Placed, times: FloatArray, window_s: float) -> dict[str, FloatArray]:
    """Return the mean wind vector about each time as speed and direction from."""
    speed, angle = one.log.values["windspeed"], np.radians(one.log.values["winddir"])
    east, north = (resampled(one.time_s, -speed * part, times, window_s) for part in (np.sin(angle), np.cos(angle)))
    return {"windspeed": np.hypot(east, north), "winddir": np.degrees(np.arctan2(-east, -north)) % 360.0}


UNTOLD_STD_S: Final = 2.0
"""Taken for the error of a clock that nothing tells: what separates clocks set by a network or a satellite."""


def _gas_std(gas: GasClock | None) -> float:
    """Return the error of the time the gas was moved by."""
    if gas is None:
        return 0.0
    return float(np.hypot(UNTOLD_STD_S if gas.clock.std_s is None else gas.clock.std_s, gas.lag_std_s))


def _wind_std(choices: Sequence[Source], clocks: Mapping[int, ClockOffset]) -> float:
    """Return the error of the wind's clock."""
    index = next((choice.index for choice in choices if choice.quantity == "wind"), None)
    if index is None:
        return 0.0
    std = clocks[index].std_s
    return UNTOLD_STD_S if std is None else std


def _fused_files(
    logs: Sequence[InstrumentLog],
    clocks: Mapping[int, ClockOffset],
    choices: Sequence[Source],
    reference: int,
    request: FusionRequest,
) -> tuple[FusedFile, ...]:
    """Return what became of each file, offsets by the clock that was asked for."""
    wanted = next((index for index, log in enumerate(logs) if log.name == request.reference), reference)
    zero = clocks[wanted]
    files = []
    for index, log in enumerate(logs):
        clock = zero if index == wanted else clocks[index]
        std = 0.0 if index == wanted else _joined(clock.std_s, zero.std_s)
        is_zero = index == wanted
        files.append(
            FusedFile(
                name=log.name,
                sha256=log.sha256,
                role=role_of(index, choices, reference),
                rows=int(log.time_us.size),
                clock_offset_s=0.0 if is_zero else clock.offset_s - zero.offset_s,
                clock_offset_std_s=std,
                how="reference" if is_zero else (zero.how if index == reference else clock.how),
                drift_s_h=0.0 if is_zero else clock.drift_s_h,
                start=_iso(log.time_us[0]),
                end=_iso(log.time_us[-1]),
                step_s=log.step_s,
            )
        )
    return tuple(files)


def _joined(first: float | None, second: float | None) -> float | None:
    """Return the error of a difference of two offsets."""
    return None if first is None or second is None else float(np.hypot(first, second))
