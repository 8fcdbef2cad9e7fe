"""Units a log may use: how they are spelt, and how each becomes the unit of the contract."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from gasflux.constants import M_PER_FOOT, PA_PER_HPA, PA_PER_TORR, SECONDS_PER_HOUR, ZERO_CELSIUS_K
from gasflux.records import FloatArray


class Dimension(Enum):
    """What a column measures."""

    MOLE_FRACTION = "mole fraction"
    PRESSURE = "pressure"
    TEMPERATURE = "temperature"
    LENGTH = "length"
    SPEED = "speed"
    ANGLE = "angle"
    TIME = "time"


@dataclass(frozen=True)
class Unit:
    """One unit: ``contract value = value * factor + offset``.

    `factor` is None for a mass concentration, whose mole fraction depends on temperature and pressure;
    `micrograms_m3` then says how many ug/m3 it is.
    """

    symbol: str
    dimension: Dimension
    factor: float | None
    offset: float = 0.0
    micrograms_m3: float = 0.0

    @property
    def is_contract_unit(self) -> bool:
        """True where nothing is to be converted."""
        return self.factor == 1.0 and self.offset == 0.0


CONTRACT_UNIT: Final[Mapping[Dimension, str]] = {
    Dimension.MOLE_FRACTION: "ppm",
    Dimension.PRESSURE: "hPa",
    Dimension.TEMPERATURE: "degC",
    Dimension.LENGTH: "m",
    Dimension.SPEED: "m/s",
    Dimension.ANGLE: "deg",
    Dimension.TIME: "s",
}

_NAUTICAL_MILE_M: Final = 1852.0
_MILE_M: Final = 5280.0 * M_PER_FOOT
_FAHRENHEIT_DEGREE_K: Final = 5.0 / 9.0
_PA_PER_INCH_OF_MERCURY: Final = 25.4 * PA_PER_TORR

_SPELLINGS: Final[tuple[tuple[Unit, str], ...]] = (
    (Unit("ppm", Dimension.MOLE_FRACTION, 1.0), "ppm ppmv umol/mol μmol/mol"),
    (Unit("ppb", Dimension.MOLE_FRACTION, 1e-3), "ppb ppbv nmol/mol"),
    (Unit("ppt", Dimension.MOLE_FRACTION, 1e-6), "ppt pptv pmol/mol"),
    (Unit("%", Dimension.MOLE_FRACTION, 1e4), "% vol% %vol percent pct"),
    (Unit("ug/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1.0), "ug/m3 μg/m3 ug/m^3 μg/m^3 ugm-3 μgm-3"),
    (Unit("mg/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1e3), "mg/m3 mg/m^3 mgm-3"),
    (Unit("hPa", Dimension.PRESSURE, 1.0), "hpa mbar mbars mb millibar 百帕 毫巴"),
    (Unit("Pa", Dimension.PRESSURE, 1.0 / PA_PER_HPA), "pa pascal 帕"),
    (Unit("kPa", Dimension.PRESSURE, 1000.0 / PA_PER_HPA), "kpa 千帕"),
    (Unit("torr", Dimension.PRESSURE, PA_PER_TORR / PA_PER_HPA), "torr mmhg 毫米汞柱"),
    (Unit("inHg", Dimension.PRESSURE, _PA_PER_INCH_OF_MERCURY / PA_PER_HPA), "inhg"),
    (Unit("bar", Dimension.PRESSURE, 1e5 / PA_PER_HPA), "bar"),
    (Unit("atm", Dimension.PRESSURE, 101_325.0 / PA_PER_HPA), "atm"),
    (Unit("degC", Dimension.TEMPERATURE, 1.0), "degc c celsius degreec degreesc deg_c 摄氏度 度"),
    (Unit("K", Dimension.TEMPERATURE, 1.0, -ZERO_CELSIUS_K), "k kelvin degk 开"),
    (
        Unit("degF", Dimension.TEMPERATURE, _FAHRENHEIT_DEGREE_K, -32.0 * _FAHRENHEIT_DEGREE_K),
        "degf f fahrenheit 华氏度",
    ),
    (Unit("m", Dimension.LENGTH, 1.0), "m meter meters metre metres 米"),
    (Unit("ft", Dimension.LENGTH, M_PER_FOOT), "ft feet foot 英尺"),
    (Unit("km", Dimension.LENGTH, 1000.0), "km"),
    (Unit("m/s", Dimension.SPEED, 1.0), "m/s ms mps ms-1 m/sec 米/秒 米每秒"),
    (Unit("km/h", Dimension.SPEED, 1000.0 / SECONDS_PER_HOUR), "km/h kmh kph kmph 千米/时 公里/小时"),
    (Unit("knot", Dimension.SPEED, _NAUTICAL_MILE_M / SECONDS_PER_HOUR), "knot knots kn kt kts 节"),
    (Unit("mph", Dimension.SPEED, _MILE_M / SECONDS_PER_HOUR), "mph mi/h"),
    (Unit("ft/s", Dimension.SPEED, M_PER_FOOT), "ft/s fps"),
    (Unit("deg", Dimension.ANGLE, 1.0), "deg degree degrees dd 度 degt degtrue"),
    (Unit("rad", Dimension.ANGLE, float(np.degrees(1.0))), "rad radian radians 弧度"),
    (Unit("s", Dimension.TIME, 1.0), "s sec secs second seconds 秒"),
    (Unit("ms", Dimension.TIME, 1e-3), "ms msec millisecond milliseconds 毫秒"),
    (Unit("us", Dimension.TIME, 1e-6), "us μs microsecond microseconds"),
    (Unit("ns", Dimension.TIME, 1e-9), "ns nsecs nanosecond nanoseconds"),
)


def _compact(text: str) -> str:
    """Spelling without case, blanks, degree signs and the like; NFKC makes one letter of the two micro signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s°º._·]", "", folded)


_BY_SPELLING: Final[Mapping[tuple[Dimension, str], Unit]] = {
    (unit.dimension, _compact(spelling)): unit for unit, spellings in _SPELLINGS for spelling in spellings.split()
}

_LETTERS: Final = re.compile(r"[\W_]+")


def _suffixes(dimension: Dimension) -> tuple[tuple[str, Unit], ...]:
    """Spellings as they end a header stripped of signs, longest first (``mbar`` before ``bar``)."""
    endings = {
        _LETTERS.sub("", spelling): unit for (measured, spelling), unit in _BY_SPELLING.items() if measured is dimension
    }
    return tuple(sorted(((e, u) for e, u in endings.items() if e), key=lambda pair: -len(pair[0])))


SUFFIXES: Final[Mapping[Dimension, tuple[tuple[str, Unit], ...]]] = {
    dimension: _suffixes(dimension) for dimension in Dimension
}
"""Per dimension, the spellings that may end a header without a bracket (``TemperatureC``, ``MethanePPB``)."""


def find_unit(text: str, dimension: Dimension) -> Unit | None:
    """Return the unit that `text` spells, None when it spells none of this dimension."""
    # A lone degree sign is an angle; elsewhere the sign is dropped, so that "C" and "degree sign C" are one.
    text = "deg" if text.strip() in ("°", "º") else text
    return _BY_SPELLING.get((dimension, _compact(text)))


def is_unit(text: str) -> bool:
    """Tell whether `text` spells a unit of any dimension."""
    return any(find_unit(text, dimension) is not None for dimension in Dimension)


def unit_names(dimension: Dimension) -> str:
    """Return the symbols of a dimension as a sentence part."""
    return ", ".join(unit.symbol for unit, _ in _SPELLINGS if unit.dimension is dimension)


def convert(values: FloatArray, unit: Unit) -> FloatArray:
    """Return `values` in the contract unit of their dimension, shape (n,).

    Raises
    ------
    ValueError
        For a mass concentration: it needs temperature and pressure, see `gas.ppm_from_mass_concentration`.
    """
    if unit.factor is None:
        raise ValueError(f"{unit.symbol} needs the temperature and pressure of each sample")
    return values if unit.is_contract_unit else values * unit.factor + unit.offset


def conversion_text(unit: Unit) -> str:
    """Return how `unit` is converted, for the report; empty when it is the contract unit."""
    target = CONTRACT_UNIT[unit.dimension]
    if unit.factor is None:
        return f"{unit.symbol} -> {target} (with temperature and pressure of each sample)"
    if unit.is_contract_unit:
        return ""
    scale = "" if unit.factor == 1.0 else f"x {unit.factor:.6g}"
    shift = "" if unit.offset == 0.0 else f"{unit.offset:+.6g}"
    return f"{unit.symbol} -> {target} ({' '.join(part for part in (scale, shift) if part)})"
