"""Which column of a table is what: the headers' own words, the configuration's words, and what to do when two agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.errors import Fault
from gasflux.reading.headers import (
    ALIASES,
    Header,
    clean_header,
    dimension_of,
    gas_name,
    header_key,
    instrument_condition,
    read_header,
    stated_unit,
)
from gasflux.reading.units import Unit, find_unit, unit_names
from gasflux.wording.phrases import Phrase, phrase

TIME_NAMES: Final = frozenset(
    (
        *("timestamp", "local_time", "date", "epoch", "seconds", "nanoseconds", "utc_seconds"),
        *("year", "month", "day", "hour", "minute", "second"),
    )
)
AIRCRAFT_NAMES: Final = frozenset({"aircraft_u", "aircraft_v", "heading", "course", "ground_speed"})
HEIGHT_NAMES: Final = ("height_ato", "height_agl", "altitude")


@dataclass(frozen=True)
class Choice:
    """One column of the table and what it holds."""

    name: str
    """Canonical name or gas formula."""
    index: int
    header: Header
    unit: Unit | None
    """Unit the configuration, the header or the units row states; None when none does."""


@dataclass(frozen=True, eq=False)
class Choices:
    """The columns of a table that are used."""

    columns: Mapping[str, Choice]
    """Canonical name -> column; gases among them."""
    times: Mapping[str, tuple[Choice, ...]]
    """Name of a time column -> columns, the preferred first."""
    gases: tuple[str, ...]
    ignored: tuple[str, ...]
    """Headers that are not used."""
    notes: tuple[Phrase, ...]
    faults: tuple[Fault, ...]

    def header(self, name: str) -> str:
        """Header of a column as it stands in the file."""
        return self.columns[name].header.text


def listed_gases(config: PipelineConfig) -> frozenset[str]:
    """Return the gases that the configuration asks for, as lower-case formulas."""
    names = (gas_name(name) for name in (*config.gases, *config.columns, *config.units) if name not in ALIASES)
    return frozenset(name for name in names if name is not None)


def _canonical(name: str) -> str:
    """Name of a column as the configuration may spell it, in canonical spelling."""
    return name if name in ALIASES else gas_name(name) or name


def read_headers(texts: Sequence[str], units: Sequence[str], listed: frozenset[str]) -> tuple[Header, ...]:
    """Return what each header says, a row of units below it included."""
    headers = []
    for index, text in enumerate(texts):
        plain = read_header(text, listed)
        unit = units[index] if index < len(units) else ""
        with_unit = read_header(f"{text} [{unit}]", listed) if unit and plain.unit is None else plain
        headers.append(replace(with_unit, text=plain.text) if with_unit.unit is not None else plain)
    return tuple(headers)


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
        return replace(header, rank=-1)
    dimension = dimension_of(name)
    unit = stated_unit(text, dimension) if dimension else None
    return Header(clean_header(text), name, unit, -1, name not in ALIASES)


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
        faults.append(Fault.of("unknown_unit", column=f"units.{name}", value=text, allowed=known))
    return found, faults


def _pick(candidates: Sequence[Choice]) -> tuple[Choice, Phrase | None, Fault | None]:
    """Preferred one of the columns of one name, a note about the others, and the fault when two are the same."""
    best = min(candidates, key=lambda choice: (choice.header.rank, choice.index))
    others = [choice for choice in candidates if choice is not best]
    twin = next((o for o in others if header_key(o.header.text) == header_key(best.header.text)), None)
    if twin is not None and best.header.rank >= 0:
        first, second = sorted((best.index + 1, twin.index + 1))
        allowed = phrase("allowed.one_column")
        return (
            best,
            None,
            Fault.of("column_twice", column=best.header.text, allowed=allowed, first=first, second=second),
        )
    texts = [choice.header.text for choice in others]
    unused = Phrase(", ".join(map(repr, texts)), "、".join(f"“{text}”" for text in texts))
    note = phrase("note.taken_from", name=best.name, header=best.header.text, unused=unused) if others else None
    return best, note, None


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
    gases = frozenset(_canonical(name) for name in config.gases)
    candidates = []
    for index, header in enumerate(read_headers(texts, units, listed_gases(config))):
        if index in forced:
            header = _assigned(texts[index], header, forced[index])
        if header.name and _is_wanted(header.name, header.is_gas, config, gases):
            candidates.append(Choice(header.name, index, header, set_units.get(header.name, header.unit)))
    return _resolve(texts, candidates, [*faults, *unit_faults, *_bad_gas_names(config)])


def _bad_gas_names(config: PipelineConfig) -> list[Fault]:
    """Faults of listed gases that have no formula, hence no molar mass."""
    return [
        Fault.of("no_formula", column=f"gases.{name}", value=name, allowed=phrase("allowed.formula"))
        for name in config.gases
        if gas_name(name) is None
    ]


def _resolve(texts: Sequence[str], candidates: Sequence[Choice], faults: list[Fault]) -> Choices:
    """Settle which of several columns of a name is used."""
    columns: dict[str, Choice] = {}
    times: dict[str, tuple[Choice, ...]] = {}
    notes = []
    for name, group in _group(candidates).items():
        best, note, fault = _pick(group)
        if fault is not None:
            faults.append(fault)
        if name in TIME_NAMES:
            times[name] = tuple(sorted(group, key=lambda choice: (choice.header.rank, choice.index)))
        else:
            columns[name] = best
            notes.extend([note] if note else [])
    used = {choice.index for choice in columns.values()} | {
        choice.index for group in times.values() for choice in group
    }
    ignored = tuple(clean_header(text) or f"(column {i + 1})" for i, text in enumerate(texts) if i not in used)
    gases = tuple(name for name, choice in columns.items() if choice.header.is_gas)
    return Choices(columns, times, gases, ignored, tuple(notes), tuple(faults))


def cell_condition(choices: Choices, name: str) -> str | None:
    """Return the header of an unused column that holds `name` inside an instrument's cell, None without one."""
    return next((text for text in choices.ignored if instrument_condition(text) == name), None)
