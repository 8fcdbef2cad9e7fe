"""One column of cells -> numbers in the unit of the contract, with every cell that is no number named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gasflux.errors import Fault
from gasflux.gas import molar_mass_g_mol, ppm_from_mass_concentration
from gasflux.reading.headers import Choice, is_south_or_west
from gasflux.reading.raw_table import Column, has_unclear_commas, numbers
from gasflux.reading.units import CONTRACT_UNIT, Dimension, Unit, conversion_text, convert, find_unit
from gasflux.reading.values.codes import is_apart, is_code
from gasflux.reading.values.coordinates import BY_HEADER, POSITION_NAMES, coordinate_numbers
from gasflux.reading.values.number_texts import plain_text
from gasflux.reading.vocabulary.column_names import DIMENSIONS
from gasflux.reading.vocabulary.gas_table import GASES, lies_outside
from gasflux.records import BoolArray, FloatArray, IntArray
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase, counted

_POINTS: Final = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")
_CHINESE_POINTS: Final = (
    *("北", "北东北", "东北", "东东北", "东", "东东南", "东南", "南东南"),
    *("南", "南西南", "西南", "西西南", "西", "西西北", "西北", "北西北"),
)
_CARDINALS: Final = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
_COMPASS: Final[Mapping[str, float]] = {
    **{point: 22.5 * number for number, point in enumerate(_POINTS)},
    **{point: 22.5 * number for number, point in enumerate(_CHINESE_POINTS)},
    **{point: 45.0 * number for number, point in enumerate(_CARDINALS)},
}
_CALM: Final = frozenset({"calm", "c", "var", "vrb", "variable", "静风", "无风", "静"})

_PLAIN_FACTS: Final[tuple[tuple[str, float, float, str], ...]] = (
    ("pressure", 2000.0, np.inf, "Pa"),
    ("pressure", 50.0, 115.0, "kPa"),
    ("temperature", 150.0, 400.0, "K"),
)
"""Column, median from and to, and the unit it must then be in: no air is at that many hPa or that many degC."""

_NORMAL: Final = (0.0, 1013.25)
"""Normal conditions of DIN 1343, degC and hPa."""

_LONGEST_SHOWN: Final = 40


@dataclass(frozen=True, eq=False)
class Quantity:
    """One column as numbers."""

    choice: Choice
    values: FloatArray
    """In the contract unit, NaN where missing; mass concentrations still in ug/m3, shape (n,)."""
    unit: Unit | None
    """Unit the cells were in; None for a column without unit."""
    conversion: str
    notes: tuple[Phrase, ...] = ()
    faults: tuple[Fault, ...] = ()


def shown(value: object) -> str:
    """Return a cell as a message can show it: short, on one line."""
    text = " ".join(str(value).split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def and_others(count: int) -> Phrase:
    """Return how many rows more share a fault, as a sentence part; empty for one."""
    return phrase("others", rows=counted(count - 1, "more row")) if count > 1 else NOTHING


def read_quantity(choice: Choice, cells: Column, rows: IntArray) -> Quantity:
    """Return a column in its contract unit.

    Parameters
    ----------
    choice
        The column; its unit None is taken as the contract's, unless the values plainly are in another.
    cells
        Its cells, shape (n,).
    rows
        Rows of the file, shape (n,).
    """
    cells, comma_notes = _resolved(choice, cells)
    is_compass = choice.name == "winddir" and _has_compass_points(cells)
    values, is_bad, written = _values(choice.name, cells, is_compass)
    faults = _cell_faults(choice, cells, values, is_bad, rows)
    values, code_notes = _without_codes(choice, cells, values)
    code_notes = (*comma_notes, *code_notes)
    values = np.where(np.isinf(values), np.nan, values)
    unit, note = _unit_of(choice, values)
    if unit is None:
        return Quantity(choice, values, None, "", code_notes, faults)
    conversion = written or conversion_text(unit)
    converted = values * _micrograms_m3(unit, choice.name) if unit.factor is None else convert(values, unit)
    if choice.header.scale != 1.0:
        converted = converted * choice.header.scale
        conversion = "; ".join(part for part in (conversion, f"12C -> all (x {choice.header.scale:.5g})") if part)
    if choice.name in ("latitude", "longitude") and is_south_or_west(choice.header.text):
        converted, conversion = -np.abs(converted), BY_HEADER
    faults = (*faults, *_implausible(choice, converted))
    return Quantity(choice, converted, unit, conversion, (*code_notes, *((note,) if note else ())), faults)


def _resolved(choice: Choice, cells: Column) -> tuple[Column, tuple[Phrase, ...]]:
    """Return cells whose commas may be either sign as numbers, where only one reading is the air's, and a note."""
    if not has_unclear_commas(cells):
        return cells, ()
    from gasflux.reading.values.commas_by_size import read_by_size  # few logs have such a column

    texts = [plain_text(cell) if isinstance(cell, str) else "" for cell in cells]
    values = read_by_size(choice.header, choice.unit, texts)
    if values is None or any(not isinstance(cell, str) for cell in cells if cell is not None):
        return cells, ()
    first = next(index for index, text in enumerate(texts) if "," in text)
    note = phrase("note.commas_by_size", header=choice.header.text, text=texts[first], value=f"{values[first]:g}")
    return values, (note,)


def _micrograms_m3(unit: Unit, gas: str) -> float:
    """Return how many ug/m3 of a gas a unit of amount per volume is."""
    return unit.micrograms_m3 or unit.micromoles_m3 * molar_mass_g_mol(gas)


def _without_codes(choice: Choice, cells: Column, values: FloatArray) -> tuple[FloatArray, tuple[Phrase, ...]]:
    """Return the values without codes for none, and a note that counts them, those already taken out too."""
    codes = is_code(values, choice.name, choice.header.is_gas)
    if choice.header.is_gas:
        codes |= is_apart(np.where(codes, np.nan, values))
    numbers_of = cells if cells.dtype.kind == "f" else values
    counted_codes = codes | (np.isnan(values) & np.isfinite(numbers_of))
    if not counted_codes.any():
        return values, ()
    distinct = np.unique(numbers_of[counted_codes])
    shown_codes = ", ".join(f"{code:.10g}" for code in distinct[:3]) + (", ..." if distinct.size > 3 else "")
    rows = counted(int(counted_codes.sum()), "row")
    note = phrase("note.codes", header=choice.header.text, codes=shown_codes, rows=rows)
    return np.where(codes, np.nan, values), (note,)


def _values(name: str, cells: Column, is_compass: bool) -> tuple[FloatArray, BoolArray, str]:
    """Numbers of the cells, where they are none, and how they were written where not as numbers."""
    if is_compass:
        return (*_compass_degrees(cells), "compass point -> deg")
    return coordinate_numbers(cells, name) if name in POSITION_NAMES else (*numbers(cells), "")


def _unit_of(choice: Choice, values: FloatArray) -> tuple[Unit | None, Phrase | None]:
    """Return the unit of a column, and a note where its values told it and not its header."""
    dimension = Dimension.MOLE_FRACTION if choice.header.is_gas else DIMENSIONS.get(choice.name)
    if dimension is None:
        return None, None
    if choice.unit is not None:
        return choice.unit, None
    facts = [fact for fact in _PLAIN_FACTS if fact[0] == choice.name]
    given = values[np.isfinite(values)] if facts else values[:0]
    middle = float(np.median(given)) if given.size else np.nan
    for _, low, high, symbol in facts:
        if low < middle < high:
            note = phrase("note.unit_by_median", header=choice.header.text, middle=middle, symbol=symbol)
            return find_unit(symbol, dimension), note
    return find_unit(CONTRACT_UNIT[dimension], dimension), None


def _implausible(choice: Choice, values_ppm: FloatArray) -> tuple[Fault, ...]:
    """Fault of a gas without stated unit whose values cannot be ppm: a wrong guess would be a thousandfold rate."""
    given = values_ppm[np.isfinite(values_ppm)]
    if choice.unit is not None or given.size == 0 or not choice.header.is_gas:
        return ()
    middle = float(np.median(given))
    if not lies_outside(choice.name, middle, float(np.abs(given).max())):
        return ()
    gas = GASES[choice.name]
    allowed = phrase("allowed.median", low=gas.lowest_ppm, limit=gas.highest_ppm)
    column = choice.header.text
    return (Fault.of("implausible_gas", column=column, value=f"{middle:.6g}", allowed=allowed, gas=choice.name),)


def _has_compass_points(cells: Column) -> bool:
    """Tell whether a column of wind directions is written in compass points."""
    return cells.dtype.kind == "O" and any(isinstance(cell, str) and _compass_point(cell) is not None for cell in cells)


def _compass_point(text: str) -> float | None:
    """Degrees of a compass point, NaN for calm air, None when it is neither."""
    key = text.strip().casefold().removesuffix("风").removesuffix(" wind").replace("-", "").replace(" ", "")
    return float("nan") if key in _CALM or text.strip() in _CALM else _COMPASS.get(key)


def _compass_degrees(cells: Column) -> tuple[FloatArray, BoolArray]:
    """Degrees of compass points, numbers among them as they are."""
    values, is_bad = numbers(cells)
    for index in np.flatnonzero(is_bad):
        degrees = _compass_point(str(cells[index]))
        if degrees is not None:
            values[index], is_bad[index] = degrees, False
    return values, is_bad


def _cell_faults(
    choice: Choice, cells: Column, values: FloatArray, is_bad: BoolArray, rows: IntArray
) -> tuple[Fault, ...]:
    """Faults of cells that are no finite numbers, one for each kind."""
    name = choice.header.text
    faults = []
    if has_unclear_commas(cells):
        first = next(i for i, cell in enumerate(cells) if isinstance(cell, str) and "," in cell)
        faults.append(_unclear_comma(name, cells, first, rows, int(is_bad.sum())))
    elif is_bad.any():
        faults.append(_no_number(name, cells, is_bad, rows))
    if np.isinf(values).any():
        faults.append(_infinite(name, values, rows))
    return tuple(faults)


def _unclear_comma(name: str, cells: Column, first: int, rows: IntArray, count: int) -> Fault:
    """Fault of commas that may be decimal signs or group thousands."""
    return Fault.of(
        "unclear_comma",
        column=name,
        row=int(rows[first]),
        value=shown(cells[first]),
        allowed=phrase("allowed.decimal_point"),
        count=max(count, 1),
        others=and_others(count),
    )


def _no_number(name: str, cells: Column, is_bad: BoolArray, rows: IntArray) -> Fault:
    """Fault of cells with text, dates or truth values in a column of numbers."""
    first, count = int(np.flatnonzero(is_bad)[0]), int(is_bad.sum())
    return Fault.of(
        "not_a_number",
        column=name,
        row=int(rows[first]),
        value=shown(cells[first]),
        allowed=phrase("allowed.number"),
        count=count,
        kind=phrase("cell.text" if isinstance(cells[first], str) else "cell.other"),
        others=and_others(count),
    )


def _infinite(name: str, values: FloatArray, rows: IntArray) -> Fault:
    """Fault of infinite values."""
    is_infinite = np.isinf(values)
    row, count = int(rows[np.flatnonzero(is_infinite)[0]]), int(is_infinite.sum())
    return Fault.of(
        "infinite_value",
        column=name,
        row=row,
        value="inf",
        allowed=phrase("allowed.finite"),
        count=count,
        others=and_others(count),
    )


def without_mass(gas: Quantity, temperature_c: FloatArray, pressure_hpa: FloatArray) -> Quantity:
    """Return a gas column in ppm where it was a mass concentration; any other as it is.

    Parameters
    ----------
    gas
        A gas, values in ppm or ug/m3, shape (n,).
    temperature_c, pressure_hpa
        Air at the same records; single missing values are interpolated between records, shape (n,).
    """
    if gas.unit is None or gas.unit.factor is not None:
        return gas
    if gas.unit.is_normal:
        conditions = [np.full(gas.values.size, condition) for condition in _NORMAL]
    else:
        conditions = [_bridged(column) for column in (temperature_c, pressure_hpa)]
    return replace(gas, values=ppm_from_mass_concentration(gas.choice.name, gas.values, *conditions))


def _bridged(column: FloatArray) -> FloatArray:
    """Return a column with missing values interpolated over the record number."""
    is_given = np.isfinite(column)
    if is_given.all() or not is_given.any():
        return column
    index = np.arange(column.size)
    return np.where(is_given, column, np.interp(index, index[is_given], column[is_given]))


_MOST_TURNED_DEG: Final = 720.0
"""A direction turned by half a circle or unwrapped lies within two circles."""


def wind_from_degrees(quantity: Quantity, convention: str) -> Quantity:
    """Return the wind direction as the direction it comes from, in [0, 360).

    Parameters
    ----------
    quantity
        Wind direction in degrees, shape (n,); its header may say that the wind blows to it.
    convention
        ``from``; ``to``: where it blows to; ``math``: the angle it blows to, counter-clockwise from east. Compass
        points are never mathematical angles.
    """
    values = quantity.values
    if convention == "to" or (quantity.choice.header.is_towards and convention == "from"):
        values, how = values + 180.0, "direction to -> from"
    elif convention == "math" and not quantity.conversion.startswith("compass"):
        # A wind blowing to east (0) comes from 270; turning counter-clockwise lowers the compass angle.
        values, how = 270.0 - values, "mathematical angle -> direction from"
    else:
        how = ""
    conversion = "; ".join(part for part in (quantity.conversion, how) if part)
    # Directions already within the circle stay as they are to the bit; far beyond it, 990 is a code and no direction.
    is_off = ((values < 0.0) | (values >= 360.0)) & (np.abs(values) <= _MOST_TURNED_DEG)
    within = np.where(is_off, values % 360.0, values)
    return replace(quantity, values=within, conversion=conversion)
