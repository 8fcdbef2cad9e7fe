"""Units a log may use: how they are spelt, and how each becomes the unit of the contract."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

import numpy as np

from gasflux.constants import AVOGADRO, M_PER_FOOT, PA_PER_HPA, PA_PER_TORR, SECONDS_PER_HOUR, ZERO_CELSIUS_K
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

    `factor` is None for an amount per volume, whose mole fraction depends on temperature and pressure; `micrograms_m3`
    or `micromoles_m3` then says how much it is.
    """

    symbol: str
    dimension: Dimension
    factor: float | None
    offset: float = 0.0
    micrograms_m3: float = 0.0
    micromoles_m3: float = 0.0
    is_normal: bool = False
    """The volume is that at 0 degC and 1013.25 hPa (DIN 1343) and not that of the air as it was."""

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
_PA_PER_PSI: Final = 0.45359237 * 9.80665 / 0.0254**2
"""Pound-force per square inch, from the pound, standard gravity and the inch."""

_SPELLINGS: Final[tuple[tuple[Unit, str], ...]] = (
    (
        Unit("ppm", Dimension.MOLE_FRACTION, 1.0),
        "ppm ppmv umol/mol μmol/mol umolmol-1 μmolmol-1 ppmd ppmdry ppmvdry ppmwet 1e-6mol/mol 10-6mol/mol 10-6"
        " ml/m3 mlm-3 cm3/m3 百万分之一",
    ),
    (
        Unit("ppb", Dimension.MOLE_FRACTION, 1e-3),
        "ppb ppbv nmol/mol nmolmol-1 ppbd ppbdry ppbvdry ppbwet 1e-9mol/mol 10-9mol/mol 10-9 ul/m3 μl/m3 mm3/m3"
        " 十亿分之一",
    ),
    (Unit("ppt", Dimension.MOLE_FRACTION, 1e-6), "ppt pptv pmol/mol pmolmol-1 pptdry"),
    (Unit("%", Dimension.MOLE_FRACTION, 1e4), "% vol% %vol volume% %v/v %(v/v) v/v% %v percent pct volpercent vol-%"),
    (Unit("mmol/mol", Dimension.MOLE_FRACTION, 1e3), "mmol/mol mmolmol-1"),
    (Unit("mol/mol", Dimension.MOLE_FRACTION, 1e6), "mol/mol molmol-1 v/v vmr m3/m3"),
    (Unit("ug/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1.0), "ug/m3 μg/m3 ugm-3 μgm-3 ugm3 μgm3 微克/立方米"),
    (Unit("mg/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1e3), "mg/m3 mgm-3 mgm3 毫克/立方米 ug/l μg/l"),
    (Unit("ng/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1e-3), "ng/m3 ngm-3 ngm3 纳克/立方米"),
    (Unit("g/m3", Dimension.MOLE_FRACTION, None, micrograms_m3=1e6), "g/m3 gm-3 mg/l 克/立方米"),
    (
        Unit("ug/Nm3", Dimension.MOLE_FRACTION, None, micrograms_m3=1.0, is_normal=True),
        "ug/nm3 μg/nm3 ugnm-3 μgnm-3 ug/m3n μg/m3n ug/m3(n) μg/m3(n) ug/n.m3",
    ),
    (
        Unit("mg/Nm3", Dimension.MOLE_FRACTION, None, micrograms_m3=1e3, is_normal=True),
        "mg/nm3 mgnm-3 mg/m3n mg/m3(n) mg/n.m3",
    ),
    (
        Unit("mmol/m3", Dimension.MOLE_FRACTION, None, micromoles_m3=1e3),
        "mmol/m3 mmolm-3 μmol/l umol/l 毫摩尔/立方米",
    ),
    (Unit("umol/m3", Dimension.MOLE_FRACTION, None, micromoles_m3=1.0), "umol/m3 μmol/m3 umolm-3 μmolm-3 nmol/l"),
    (Unit("mol/m3", Dimension.MOLE_FRACTION, None, micromoles_m3=1e6), "mol/m3 molm-3"),
    (
        Unit("molec/cm3", Dimension.MOLE_FRACTION, None, micromoles_m3=1e12 / AVOGADRO),
        "molec/cm3 molecules/cm3 moleccm-3 moleculescm-3 molecule/cm3 moleculecm-3",
    ),
    (
        Unit("hPa", Dimension.PRESSURE, 1.0),
        "hpa mbar mbars mb millibar millibars hectopascal hectopascals 百帕 毫巴 гпа мбар",
    ),
    (Unit("Pa", Dimension.PRESSURE, 1.0 / PA_PER_HPA), "pa pascal pascals 帕 帕斯卡"),
    (Unit("kPa", Dimension.PRESSURE, 1000.0 / PA_PER_HPA), "kpa kilopascal kilopascals 千帕 кпа"),
    (Unit("torr", Dimension.PRESSURE, PA_PER_TORR / PA_PER_HPA), "torr mmhg 毫米汞柱 ммртст"),
    (Unit("inHg", Dimension.PRESSURE, _PA_PER_INCH_OF_MERCURY / PA_PER_HPA), 'inhg inhgabs "hg inchhg inchesofmercury'),
    (Unit("psi", Dimension.PRESSURE, _PA_PER_PSI / PA_PER_HPA), "psi psia lbf/in2"),
    (Unit("bar", Dimension.PRESSURE, 1e5 / PA_PER_HPA), "bar bars 巴"),
    (Unit("atm", Dimension.PRESSURE, 101_325.0 / PA_PER_HPA), "atm 标准大气压"),
    (
        Unit("degC", Dimension.TEMPERATURE, 1.0),
        "degc c celsius degreec degreesc deg_c degreecelsius degreescelsius degcelsius centigrade 摄氏度 攝氏度 度"
        " с градс",
    ),
    (Unit("K", Dimension.TEMPERATURE, 1.0, -ZERO_CELSIUS_K), "k kelvin degk kelvins degreek degreesk 开 开尔文"),
    (
        Unit("degF", Dimension.TEMPERATURE, _FAHRENHEIT_DEGREE_K, -32.0 * _FAHRENHEIT_DEGREE_K),
        "degf f fahrenheit degreef degreesf degreesfahrenheit 华氏度 華氏度",
    ),
    (
        Unit("0.01 degC", Dimension.TEMPERATURE, 0.01),
        "0.01degc 0.01c cdegc centidegc centidegree degc*100 degcx100 1/100degc",
    ),
    (
        Unit("m", Dimension.LENGTH, 1.0),
        "m meter meters metre metres magl masl mamsl mmsl magd mato m(agl) m(asl) m(msl) 米 公尺 mabovesealevel м",
    ),
    (Unit("ft", Dimension.LENGTH, M_PER_FOOT), "ft feet foot ftagl ftasl ftmsl feetagl feetmsl 英尺"),
    (Unit("km", Dimension.LENGTH, 1000.0), "km kilometer kilometers kilometre kilometres kmasl kmagl 千米 公里"),
    (Unit("cm", Dimension.LENGTH, 0.01), "cm centimeter centimeters centimetre centimetres 厘米"),
    (Unit("mm", Dimension.LENGTH, 0.001), "mm millimeter millimeters millimetre millimetres 毫米"),
    (
        Unit("m/s", Dimension.SPEED, 1.0),
        "m/s ms mps ms-1 m/sec msec-1 mpersec meterspersecond metrespersecond meter/second 米/秒 米每秒"
        " 公尺/秒 м/с м/сек 미터/초",
    ),
    (Unit("cm/s", Dimension.SPEED, 0.01), "cm/s cms cms-1 cm/sec 厘米/秒"),
    (
        Unit("km/h", Dimension.SPEED, 1000.0 / SECONDS_PER_HOUR),
        "km/h kmh kph kmph kmh-1 km/hr 千米/时 公里/小时 千米/小时 公里/時 км/ч",
    ),
    (Unit("knot", Dimension.SPEED, _NAUTICAL_MILE_M / SECONDS_PER_HOUR), "knot knots kn kt kts 节 節"),
    (Unit("mph", Dimension.SPEED, _MILE_M / SECONDS_PER_HOUR), "mph mi/h mi/hr miles/hour milesperhour"),
    (Unit("ft/s", Dimension.SPEED, M_PER_FOOT), "ft/s fps ft/sec fts-1"),
    (Unit("ft/min", Dimension.SPEED, M_PER_FOOT / 60.0), "ft/min fpm"),
    (
        Unit("deg", Dimension.ANGLE, 1.0),
        "deg degree degrees dd 度 도 град градусы grad gradi grados graus degres degrés"
        " degt degtrue degtruenorth degreestrue degreetrue degreestruenorth degreesnorth"
        " degreeseast degreen degreee degreesn degreese degn dege degnorth degeast decimaldegrees decimaldegree decdeg"
        " decimaldeg degdec degfromnorth degfromtruenorth t(true) degclockwisefromnorth t true dddddd wgs84"
        " ddmmmmmm dddmmmmmm ddmmmmm dddmmmmm ddmmmm dddmmmm ddmm dddmm"
        ""
        " degwgs84 (deg)",
    ),
    (Unit("rad", Dimension.ANGLE, float(np.degrees(1.0))), "rad radian radians 弧度"),
    (Unit("1e-7 deg", Dimension.ANGLE, 1e-7), "1e-7deg dege7 deg*1e7 degx1e7 deg*10^7 dege-7 10-7deg 1e-7degrees 1e-7"),
    (Unit("1e-6 deg", Dimension.ANGLE, 1e-6), "1e-6deg dege6 deg*1e6 degx1e6 microdeg udeg 1e-6degrees 1e-6"),
    (Unit("0.01 deg", Dimension.ANGLE, 0.01), "0.01deg cdeg centideg deg*100 1/100deg"),
    (Unit("s", Dimension.TIME, 1.0), "s sec secs second seconds 秒 с сек"),
    (Unit("min", Dimension.TIME, 60.0), "min mins minute minutes minuten minutos 分钟 分鐘"),
    (Unit("h", Dimension.TIME, 3600.0), "h hr hrs hour hours 小时 小時"),
    (Unit("d", Dimension.TIME, 86_400.0), "d day days 天"),
    (Unit("ms", Dimension.TIME, 1e-3), "ms msec millisecond milliseconds 毫秒"),
    (Unit("us", Dimension.TIME, 1e-6), "us μs microsecond microseconds usec"),
    (Unit("ns", Dimension.TIME, 1e-9), "ns nsecs nanosecond nanoseconds"),
)

_NO_FRACTIONS: Final[Mapping[str, str]] = {
    "path": "ppm-m ppmm ppm*m ppmxm ppb-m ppbm ppb*m ppmmeter ppmmeters ppmmetre ppm-meter %m %-m %*m vol%m ppm/m",
    "lel": "%lel lel lel% %lfl lfl lfl% %uel lel(%) %lie 爆炸下限 爆炸下限%",
    "column": (
        "g/m2 gm-2 mg/m2 mgm-2 ug/m2 μg/m2 kg/m2 mol/m2 molm-2 mmol/m2 umol/m2 μmol/m2 molec/cm2 moleculescm-2"
        " molecules/cm2 moleccm-2 du dobson dobsonunits"
    ),
    "number": "#/cm3 1/cm3 cm-3 #/l /cm3 个/立方厘米",
    "mass": "mg/kg ug/kg μg/kg g/kg ng/kg mgkg-1 ugkg-1 μgkg-1 gkg-1 ppmw ppbw ppmbymass ppbbymass wt% %wt ppmm/m",
    "rate": (
        "g/s g/h kg/h kg/s kg/d t/h t/y lb/h lbs/h gs-1 gh-1 kgh-1 kgs-1 kg/hr mg/s mgs-1 l/min lpm slpm sccm scfh"
        " mg/m2/s mgm-2s-1 ug/m2/s umol/m2/s umolm-2s-1 μmol/m2/s μmolm-2s-1 nmol/m2/s ppm/s ppms-1 ppb/s m3/h"
    ),
    "signal": "v mv volt volts uv counts count cts adc au a.u. ohm ohms kohm na ma ua μa nw mw hz cps",
    "unit": "",
    "isotopes": "permil ‰ permille per-mil o/oo 千分之",
}
"""What a gas may be measured in and is no mole fraction: kind -> spellings."""

_DROPPED: Final = str.maketrans({"−": "-", "–": "-", **dict.fromkeys(" \t°º.,_·^⋅•", None)})
"""Signs that units are spelt with or without, and the dashes that stand for minus."""


def _compact(text: str) -> str:
    """Spelling without case, blanks, degree signs and the like; NFKC makes one letter of the two micro signs."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_DROPPED)


@cache
def _by_spelling() -> Mapping[tuple[Dimension, str], Unit]:
    """Dimension and spelling -> unit; made when the first header is read and not at every start of the program."""
    return {
        (unit.dimension, _compact(spelling)): unit for unit, spellings in _SPELLINGS for spelling in spellings.split()
    }


@cache
def _no_fractions() -> Mapping[str, str]:
    """Spelling of what is no mole fraction -> its kind."""
    return {_compact(spelling): kind for kind, spellings in _NO_FRACTIONS.items() for spelling in spellings.split()}


_LETTERS: Final = r"[\W_]+"
_IN_NAME: Final = r"(?!v/v|m3/m3|t$|true$)[^\W\d][\w/-]*"
"""Spellings that may end a name: "%" and the like would leave nothing or a letter of another meaning."""


def _suffixes(dimension: Dimension) -> tuple[tuple[str, Unit], ...]:
    """Spellings as they end a header stripped of signs, longest first (``mbar`` before ``bar``)."""
    endings = {
        re.sub(_LETTERS, "", spelling): unit
        for (measured, spelling), unit in _by_spelling().items()
        if measured is dimension and re.fullmatch(_IN_NAME, spelling)
    }
    return tuple(sorted(((e, u) for e, u in endings.items() if e), key=lambda pair: -len(pair[0])))


@cache
def unit_endings() -> Mapping[Dimension, tuple[tuple[str, Unit], ...]]:
    """Return, per dimension, the spellings that may end a header without a bracket (``TemperatureC``)."""
    return {dimension: _suffixes(dimension) for dimension in Dimension}


def find_unit(text: str, dimension: Dimension) -> Unit | None:
    """Return the unit that `text` spells, None when it spells none of this dimension."""
    # A lone degree sign is an angle; elsewhere the sign is dropped, so that "C" and "degree sign C" are one.
    text = "deg" if text.strip() in ("°", "º") else text
    return _by_spelling().get((dimension, _compact(text)))


def is_unit(text: str) -> bool:
    """Tell whether `text` spells a unit of any dimension."""
    return any(find_unit(text, dimension) is not None for dimension in Dimension)


def no_fraction(text: str) -> str | None:
    """Return what a gas in the unit `text` is where that is no mole fraction (``path``, ``lel``, ...), else None."""
    return _no_fractions().get(_compact(text))


def no_fraction_kinds() -> frozenset[str]:
    """Return every kind that `no_fraction` tells."""
    return frozenset(_NO_FRACTIONS)


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
        how = "at 0 degC and 1013.25 hPa" if unit.is_normal else "with temperature and pressure of each sample"
        return f"{unit.symbol} -> {target} ({how})"
    if unit.is_contract_unit:
        return ""
    scale = "" if unit.factor == 1.0 else f"x {unit.factor:.6g}"
    shift = "" if unit.offset == 0.0 else f"{unit.offset:+.6g}"
    return f"{unit.symbol} -> {target} ({' '.join(part for part in (scale, shift) if part)})"
