"""Which column of a table is what: the headers' own words, the configuration's words, and what to do when two agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import Fault
from gasflux.reading.headers import (
    FORCED_RANK,
    Choice,
    Header,
    clean_header,
    dimension_of,
    gas_name,
    header_key,
    read_header,
    stated_no_fraction,
    stated_unit,
    states_towards,
)
from gasflux.reading.units import Dimension, Unit, find_unit, no_fraction, unit_names
from gasflux.reading.vocabulary.column_names import ALIASES
from gasflux.wording.lookup import phrase

TIME_NAMES: Final = frozenset(
    (
        *("timestamp", "local_time", "date", "epoch", "elapsed", "seconds", "nanoseconds", "utc_seconds"),
        *("year", "month", "day", "hour", "minute", "second", "day_of_year", "gps_week", "gps_time_of_week"),
    )
)
AIRCRAFT_NAMES: Final = frozenset(
    {"aircraft_u", "aircraft_v", "apparent_speed", "apparent_direction", "heading", "course", "ground_speed"}
)
IGNORE: Final = "ignore"
"""What the setting `columns` says of a name that no column of the file is to have."""
HEIGHT_NAMES: Final = ("height_ato", "height_agl", "altitude")


@dataclass(frozen=True, eq=False)
class Choices:
    """The columns of a table that are used."""

    columns: Mapping[str, Choice]
    """Canonical name -> preferred column; gases among them."""
    candidates: Mapping[str, tuple[Choice, ...]]
    """Canonical name -> all its columns, the preferred first."""
    times: Mapping[str, tuple[Choice, ...]]
    """Name of a time column -> columns, the preferred first."""
    gases: tuple[str, ...]
    ignored: tuple[str, ...]
    """Headers that are not used."""
    faults: tuple[Fault, ...]
    unused: tuple[Choice, ...] = ()
    """Columns that have to do with a name or gas and are not it: their headers say what and why."""
    aircraft: tuple[Choice, ...] = ()
    """Columns of the aircraft's motion and of wind in its frame, where the wind is not taken from them."""
    absent: frozenset[str] = field(default_factory=frozenset)
    """Names that the configuration says no column has."""

    def header(self, name: str) -> str:
        """Header of a column as it stands in the file."""
        return self.columns[name].header.text


def listed_gases(config: PipelineConfig) -> frozenset[str]:
    """Return the gases that the configuration asks for, as lower-case formulas."""
    given = (name for name, header in config.columns.items() if header != IGNORE)
    names = (gas_name(name) for name in (*config.gases, *given, *config.units) if name not in ALIASES)
    return frozenset(name for name in names if name is not None)


def _canonical(name: str) -> str:
    """Name of a column as the configuration may spell it, in canonical spelling."""
    return name if name in ALIASES else gas_name(name) or name


def read_headers(texts: Sequence[str], units: Sequence[str], listed: frozenset[str]) -> tuple[Header, ...]:
    """Return what each header says, a row of units below it included.

    Parameters
    ----------
    texts
        Headers as they stand in the file.
    units
        Cells of the row of units below; empty, or shorter than `texts`, where there are none.
    listed
        Gases that the configuration asks for, see `listed_gases`.
    """
    headers = []
    for index, text in enumerate(texts):
        plain = read_header(text, listed)
        unit = units[index] if index < len(units) else ""
        with_unit = read_header(f"{text} [{unit}]", listed) if unit and plain.unit is None else plain
        headers.append(replace(with_unit, text=plain.text) if with_unit.unit is not None else plain)
    has_month = any(header.name == "month" for header in headers)
    # Of weather services DD is the direction of the wind, beside FF its speed; beside MM it is a day.
    return tuple(replace(one, name="day", rank=0) if one.text == "DD" and has_month else one for one in headers)


def _forced(texts: Sequence[str], config: PipelineConfig) -> tuple[dict[int, str], list[Fault]]:
    """Columns that the configuration assigns: index -> canonical name."""
    found: dict[int, str] = {}
    faults = []
    shown = [clean_header(text) for text in texts]
    for name, wanted in config.columns.items():
        canonical = _canonical(name)
        if canonical not in ALIASES and gas_name(name) is None:
            faults.append(_unknown_name(name))
            continue
        if wanted == IGNORE:
            continue
        matches = [i for i, text in enumerate(shown) if text == clean_header(wanted)]
        matches = matches or [i for i, text in enumerate(shown) if header_key(text) == header_key(wanted)]
        if matches:
            found[matches[0]] = canonical
        else:
            faults.append(_no_such_header(name, wanted, shown))
    return found, faults


def _unknown_name(name: str) -> Fault:
    """Fault of a setting that names a column GasFlux has no use for."""
    known = ", ".join(sorted(ALIASES))
    return Fault.of("unknown_column_name", column=f"columns.{name}", value=name, allowed=known)


def _no_such_header(name: str, wanted: str, shown: Sequence[str]) -> Fault:
    """Fault of a setting that names a header the file does not have."""
    there = ", ".join(repr(text) for text in shown if text)[:300]
    return Fault.of("no_such_header", column=f"columns.{name}", value=wanted, allowed=there)


def _assigned(text: str, header: Header, name: str) -> Header:
    """Header of a column that the configuration assigns to `name`; its unit is still read from its text."""
    if header.name == name:
        return replace(header, rank=FORCED_RANK)
    dimension = dimension_of(name)
    unit = stated_unit(text, dimension) if dimension else None
    is_towards = name == "winddir" and states_towards(text)
    return Header(clean_header(text), name, unit, FORCED_RANK, name not in ALIASES, is_towards=is_towards)


def _units_set(config: PipelineConfig) -> tuple[dict[str, Unit], list[Fault]]:
    """Units that the configuration states: canonical name -> unit."""
    found: dict[str, Unit] = {}
    faults = []
    for name, text in config.units.items():
        dimension = dimension_of(_canonical(name))
        unit = find_unit(text, dimension) if dimension else None
        if unit is not None:
            found[_canonical(name)] = unit
            continue
        known = unit_names(dimension) if dimension else phrase("allowed.no_unit")
        kind = no_fraction(text) if dimension is Dimension.MOLE_FRACTION else None
        if kind is not None:
            faults.append(no_fraction_fault(f"units.{name}: {text}", kind))
            continue
        faults.append(Fault.of("unknown_unit", column=f"units.{name}", value=text, allowed=known))
    return found, faults


def no_fraction_fault(column: str, kind: str) -> Fault:
    """Return the fault of a column, or setting, in a unit that is no mole fraction."""
    what, remedy = phrase(f"no_fraction.{kind}"), phrase(f"instead.{kind}")
    return Fault.of("no_fraction", column=column, allowed=phrase("allowed.fraction"), what=what, remedy=remedy)


def _order(choice: Choice) -> tuple[int, bool, int]:
    """Preference among columns of one name: by header, one that states its unit first, as they stand in the file."""
    return choice.header.rank, choice.unit is None, choice.index


def _twin(candidates: Sequence[Choice]) -> Fault | None:
    """Fault of a preferred column whose header stands there twice."""
    best = candidates[0]
    twin = next((o for o in candidates[1:] if header_key(o.header.text) == header_key(best.header.text)), None)
    if twin is None or best.header.rank == FORCED_RANK:
        return None
    first, second = sorted((best.index + 1, twin.index + 1))
    allowed = phrase("allowed.one_column")
    return Fault.of("column_twice", column=best.header.text, allowed=allowed, first=first, second=second)


def _group(choices: Iterable[Choice]) -> dict[str, list[Choice]]:
    """Columns by canonical name, in the order of the file."""
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.name, []).append(choice)
    return groups


def _is_wanted(name: str, is_gas: bool, config: PipelineConfig, gases: frozenset[str]) -> bool:
    """Tell whether a column of this name is used under the configuration."""
    if name in AIRCRAFT_NAMES:
        return config.wind.source == "aircraft"
    return not is_gas or not config.gases or name in gases


def choose_columns(texts: Sequence[str], units: Sequence[str], config: PipelineConfig) -> Choices:
    """Return which column is what.

    Parameters
    ----------
    texts
        Headers of the file.
    units
        Texts of its units row, empty when it has none.
    config
        Its `columns`, `units` and `gases` go before what the headers say.

    Returns
    -------
    Choices
        With a fault for each header that is there twice and each setting that names nothing.
    """
    forced, faults = _forced(texts, config)
    set_units, unit_faults = _units_set(config)
    faults = [*faults, *unit_faults, *_bad_gas_names(config)]
    gases = frozenset(_canonical(name) for name in config.gases)
    absent = frozenset(_canonical(name) for name, wanted in config.columns.items() if wanted == IGNORE)
    found: list[Choice] = []
    for index, header in enumerate(read_headers(texts, units, listed_gases(config))):
        if index in forced:
            header = _assigned(texts[index], header, forced[index])
            kind = stated_no_fraction(texts[index]) if header.is_gas else None
            if kind is not None:
                faults.append(no_fraction_fault(header.text, kind))
                continue
        if header.name not in absent:
            found.append(Choice(header.name, index, header, set_units.get(header.name, header.unit)))
    wanted = [c for c in found if c.name and _is_wanted(c.name, c.header.is_gas, config, gases)]
    aircraft = tuple(c for c in found if c.name in AIRCRAFT_NAMES and c not in wanted)
    unused = tuple(replace(c, name=c.header.about) for c in found if c.header.about and c.header.about not in absent)
    return replace(_resolve(texts, wanted, faults), unused=unused, aircraft=aircraft, absent=absent)


def _bad_gas_names(config: PipelineConfig) -> list[Fault]:
    """Faults of listed gases that have no formula, hence no molar mass."""
    return [
        Fault.of("no_formula", column=f"gases.{name}", value=name, allowed=phrase("allowed.formula"))
        for name in config.gases
        if gas_name(name) is None
    ]


def _resolve(texts: Sequence[str], candidates: Sequence[Choice], faults: list[Fault]) -> Choices:
    """Put the columns of each name in order of preference."""
    columns: dict[str, tuple[Choice, ...]] = {}
    times: dict[str, tuple[Choice, ...]] = {}
    for name, group in _group(candidates).items():
        ordered = tuple(sorted(group, key=_order))
        fault = _twin(ordered)
        if fault is not None:
            faults.append(fault)
        (times if name in TIME_NAMES else columns)[name] = ordered
    best = {name: group[0] for name, group in columns.items()}
    used = {choice.index for choice in best.values()} | {choice.index for group in times.values() for choice in group}
    gases = tuple(name for name, choice in best.items() if choice.header.is_gas)
    return Choices(best, columns, times, gases, ignored_headers(texts, used), tuple(faults))


def ignored_headers(texts: Sequence[str], used: Iterable[int]) -> tuple[str, ...]:
    """Return the headers of the columns whose number is not among `used`."""
    taken = frozenset(used)
    return tuple(clean_header(text) or f"(column {i + 1})" for i, text in enumerate(texts) if i not in taken)
