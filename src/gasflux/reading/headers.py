"""Column headers as people write them, English and Chinese: what a column holds and in which unit.

A header is read as ``name``, ``name [unit]``, ``name (unit)``, ``name unit``, ``name_unit`` or ``CamelCaseUnit``. Names
are compared without case, blanks and signs. A unit counts only where it fits what the name means, so ``TemperatureC``
is degrees Celsius and ``[CH4]_ppm_se``, an instrument's standard error, is nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gasflux.gas import formula_elements, is_formula
from gasflux.reading.units import SUFFIXES, Dimension, Unit, find_unit, is_unit

ALIASES: Final[Mapping[str, str]] = {
    "timestamp": (
        "timestamputc utctimestamp datetimeutc utcdatetime timeutc utctime utc utc时间 timestampgmt datetimegmt timegmt"
        " timestamp datetime dateandtime 采样点时间 采样时间 日期时间 时间戳 测量时间 记录时间 时间 time systime"
        " systemtime gpstime gpsdatetime sampletime timehhmmss utchhmmss"
        " timestart starttime timestartutc utcstart startutc timemid midutc"
    ),
    "local_time": "localtime timelocal datetimelocal timestamplocal localdatetime local 本地时间 当地时间 北京时间",
    "date": "dateutc utcdate date gpsdate dateyymmdd dateddmmyy datemmddyy dateyyyymmdd 日期 采样日期",
    "epoch": "epochtime epoch unixtime unixtimestamp unix posixtime epochseconds unixepoch timestampunix",
    "elapsed": (
        "elapsed elapsedtime timeelapsed flytime flighttime timesincestart timesincetakeoff runtime uptime timeboot"
        " timebootms osdflytime 飞行时间 累计时间 运行时间 经过时间"
    ),
    "seconds": "seconds",
    "nanoseconds": "nanoseconds",
    "utc_seconds": "utcs utcseconds secondsofday utcsecondsofday sod",
    "year": "year yyyy 年",
    "month": "month 月",
    "day": "day 日",
    "hour": "hour hours hh 时 小时",
    "minute": "minute minutes 分 分钟",
    "second": "second sec 秒",
    "latitude": "latitude lat gpslatitude gpslat gpsabslat latitudegps latgps latitudewgs84 纬度 gps纬度",
    "longitude": (
        "longitude lon lng long gpslongitude gpslon gpslng gpslong gpsabslong gpsabslon longitudegps longps lngps"
        " longitudewgs84 经度 gps经度"
    ),
    "height_ato": (
        "heightato ato heightabovetakeoff heightabovetakeoffpoint altitudeabovetakeoff relativeheight relativealtitude"
        " relheight relalt altituderelative heightrelative 相对高度 相对起飞点高度 飞行高度 height 高度"
    ),
    "height_agl": (
        "heightagl agl altitudeagl heightaboveground heightabovegroundlevel altitudeaboveground"
        " heightabovegroundatdronelocation 离地高度 对地高度"
    ),
    "altitude": (
        "altitude alt altitudemsl altmsl altitudeasl altitudeabovesealevel altitudegps altgps gpsaltitude gpsalt"
        " gpsabsalt gpsabsaltitude absolutealtitude msl elevation 海拔 海拔高度 绝对高度 gps高度"
    ),
    "windspeed": (
        "windspeed windspd windspeedhorizontal horizontalwindspeed windspeed2d windspeed3d windvelocity ws wspd wspeed"
        " windspeedmean 风速 水平风速"
    ),
    "winddir": (
        "winddir winddirection windfrom windfromdirection windanglemet windangle winddirmet winddirectiontrue wdir wd"
        " 风向"
    ),
    "wind_north": "windn windnorth windnorthward northwardwind",
    "wind_east": "winde windeast windeastward eastwardwind",
    "temperature": (
        "temperature airtemperature temperatureair airtemp tempair tair ambienttemperature temperatureambient"
        " ambienttemp ambtemp ambt tamb temp outsidetemperature 温度 气温 环境温度 空气温度 大气温度"
    ),
    "pressure": (
        "pressure airpressure pressureair ambientpressure pressureambient atmosphericpressure barometricpressure"
        " ambp pamb pair baro barometer press staticpressure 气压 大气压 大气压力 大气压强 环境气压 压力 压强"
    ),
    "aircraft_u": "aircraftu uaircraft ubody bodyu anemometeru uanemometer u",
    "aircraft_v": "aircraftv vaircraft vbody bodyv anemometerv vanemometer v",
    "heading": "heading compassheading yaw aircraftheading trueheading 航向 航向角 机头朝向",
    "course": "course courseoverground cog track trackangle groundtrack 航迹角",
    "ground_speed": "groundspeed speedoverground sog gpsspeed gpsgroundspeed speed 地速 飞行速度",
}
"""Canonical name -> its spellings, the preferred first. Where two columns mean the same, the earlier spelling wins."""

GAS_NAMES: Final[Mapping[str, str]] = {
    "ch4": "methane 甲烷",
    "c2h6": "ethane 乙烷",
    "c3h8": "propane 丙烷",
    "c2h4": "ethylene ethene 乙烯",
    "c2h2": "acetylene 乙炔",
    "c6h6": "benzene 苯",
    "co2": "carbondioxide 二氧化碳",
    "co": "carbonmonoxide 一氧化碳",
    "n2o": "nitrousoxide 氧化亚氮 一氧化二氮",
    "no": "nitricoxide 一氧化氮",
    "no2": "nitrogendioxide 二氧化氮",
    "nh3": "ammonia 氨 氨气",
    "so2": "sulfurdioxide sulphurdioxide 二氧化硫",
    "h2s": "hydrogensulfide hydrogensulphide 硫化氢",
    "o3": "ozone 臭氧",
    "h2": "hydrogen 氢气",
    "hcl": "hydrogenchloride 氯化氢",
    "hcho": "formaldehyde 甲醛",
    "sf6": "sulfurhexafluoride 六氟化硫",
}
"""Formula -> spelt-out names."""

DIMENSIONS: Final[Mapping[str, Dimension]] = {
    "timestamp": Dimension.TIME,
    "epoch": Dimension.TIME,
    "elapsed": Dimension.TIME,
    "latitude": Dimension.ANGLE,
    "longitude": Dimension.ANGLE,
    "height_ato": Dimension.LENGTH,
    "height_agl": Dimension.LENGTH,
    "altitude": Dimension.LENGTH,
    "windspeed": Dimension.SPEED,
    "winddir": Dimension.ANGLE,
    "wind_north": Dimension.SPEED,
    "wind_east": Dimension.SPEED,
    "temperature": Dimension.TEMPERATURE,
    "pressure": Dimension.PRESSURE,
    "aircraft_u": Dimension.SPEED,
    "aircraft_v": Dimension.SPEED,
    "heading": Dimension.ANGLE,
    "course": Dimension.ANGLE,
    "ground_speed": Dimension.SPEED,
}
"""Canonical names that carry a unit. A gas is a mole fraction."""

INSTRUMENT_KEYS: Final[Mapping[str, str]] = {
    "gasp": "pressure",
    "p": "pressure",
    "cellpressure": "pressure",
    "cavitypressure": "pressure",
    "gaspressure": "pressure",
    "gast": "temperature",
    "t": "temperature",
    "celltemp": "temperature",
    "celltemperature": "temperature",
    "cavitytemp": "temperature",
    "cavitytemperature": "temperature",
    "gastemperature": "temperature",
}
"""Conditions inside an analyser: never those of the air, but worth naming when the column of the air is missing."""

NOT_AUTOMATIC: Final = frozenset({"h2o", "o2", "n2", "ar"})
"""Humidity and bulk air: columns of an instrument, taken as gases only when the configuration lists them."""

_NOT_GASES: Final = frozenset({"ch2", "ch3", "po2", "so4", "po4", "nh4", "hp2", "ph2"})
"""Channels, ions and partial pressures that happen to read as formulas."""

_BARE_GASES: Final = frozenset({"co", "hcl", "hcn", "ocs"})
"""Formulas without a number that no other column is called; any other, such as NO, needs a unit beside it."""

_ELEMENTAL_GASES: Final = frozenset({"h2", "o3", "cl2"})

_KEYS: Final[Mapping[str, tuple[str, int]]] = {
    key: (name, rank) for name, keys in ALIASES.items() for rank, key in enumerate(keys.split())
}
_GAS_KEYS: Final[Mapping[str, str]] = {key: gas for gas, keys in GAS_NAMES.items() for key in keys.split()}

_BRACKET: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_DRY_BRACKET: Final = re.compile(r"^\[(\w+)\]d$")
_LAST_WORD: Final = re.compile(r"[\s_,/-]+(?=[^\s_,]+$)")
_GAS_DECORATION: Final = re.compile(r"(concentration|conc|molefraction|mixingratio|浓度|含量)$")


@dataclass(frozen=True)
class Header:
    """What one header says."""

    text: str
    """As it stands in the file, trimmed."""
    name: str = ""
    """Canonical name or gas formula in lower case; empty when not recognised."""
    unit: Unit | None = None
    """Unit the header states; None when it states none."""
    rank: int = 0
    """Preference among columns of the same name, 0 first."""
    is_gas: bool = False


def header_key(text: str) -> str:
    """Return the letters and digits of a header in lower case: what names are compared by."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def clean_header(text: str) -> str:
    """Return a header without byte order mark, quotes, blanks at the ends and line breaks."""
    return " ".join(text.replace("\ufeff", "").replace("\x00", "").strip(" \t\r\n'\"").split())


def dimension_of(name: str) -> Dimension | None:
    """Return what the canonical column or gas `name` measures, None for a column without unit."""
    return DIMENSIONS.get(name) or (None if name in ALIASES else Dimension.MOLE_FRACTION)


def gas_name(text: str) -> str | None:
    """Return the formula in lower case of a gas named by formula or by word, None when it is neither."""
    key = header_key(text)
    return _GAS_KEYS.get(key) or (key if is_formula(key) else None)


def _is_automatic_gas(formula: str, has_unit: bool) -> bool:
    """Tell whether a column named by `formula` is a gas without anybody listing it."""
    if formula in NOT_AUTOMATIC or formula in _NOT_GASES or len(formula) == 1:
        return False
    if has_unit or formula in _BARE_GASES or formula in _ELEMENTAL_GASES:
        return True
    elements = formula_elements(formula)
    # Words that happen to read as formulas ("pos2") have many elements and no carbon; "c1" is hydrocarbon jargon.
    return any(letter.isdigit() for letter in formula) and (
        len(elements) == 2 or (len(elements) > 2 and "C" in elements)
    )


def _read_gas(name: str, has_unit: bool, listed: frozenset[str]) -> tuple[str, int] | None:
    """Read formula and rank of a header that names a gas; a dry mole fraction ranks before a wet one."""
    bracketed = _DRY_BRACKET.match(name.strip())
    key = header_key(bracketed.group(1) if bracketed else name)
    bare = key.removeprefix("dry").removesuffix("dry")
    bare = _GAS_DECORATION.sub("", bare)
    formula = _GAS_KEYS.get(bare) or (bare if is_formula(bare) else None)
    if formula is None:
        return None
    is_known = bare in _GAS_KEYS or formula in listed or _is_automatic_gas(formula, has_unit)
    is_dry = bracketed is not None or bare != _GAS_DECORATION.sub("", key)
    return (formula, 0 if is_dry else 1) if is_known else None


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Ways to split a header into a name and the text of its unit, the surest first."""
    for bracket in reversed(list(_BRACKET.finditer(text))):
        if is_unit(bracket.group(1)):
            yield text[: bracket.start()] + " " + text[bracket.end() :], bracket.group(1)
    head, *tail = _LAST_WORD.split(text, maxsplit=1)
    if tail:
        yield head, tail[0]


def _splits_at_ending(text: str) -> Iterator[tuple[str, Dimension, Unit]]:
    """Ways to split ``CamelCaseUnit``: names that end in a unit, without it."""
    key = header_key(text)
    for dimension, endings in SUFFIXES.items():
        for ending, unit in endings:
            if key.endswith(ending) and key != ending:
                yield key.removesuffix(ending), dimension, unit


def _with_unit(text: str, name: str, dimension: Dimension, unit: Unit, listed: frozenset[str]) -> Header | None:
    """Header of `name` in `unit`, None when the name is not known or is not of this dimension."""
    known = _KEYS.get(header_key(name))
    if known is not None and DIMENSIONS.get(known[0]) is dimension:
        return Header(text, known[0], unit, known[1])
    gas = _read_gas(name, True, listed) if dimension is Dimension.MOLE_FRACTION else None
    return Header(text, gas[0], unit, gas[1], True) if gas else None


def _candidates(shown: str, listed: frozenset[str]) -> Iterator[Header | None]:
    """Yield the readings of a header in order of trust."""
    plain = unicodedata.normalize("NFKC", shown)
    for name, unit_text in _splits(plain):
        for dimension in Dimension:
            unit = find_unit(unit_text, dimension)
            yield _with_unit(shown, name, dimension, unit, listed) if unit else None
    known = _KEYS.get(header_key(plain))
    yield Header(shown, known[0], None, known[1]) if known else None
    for name, dimension, unit in _splits_at_ending(plain):
        yield _with_unit(shown, name, dimension, unit, listed)
    # Last, because "ch4ppb" would read as a formula with phosphorus and boron.
    gas = _read_gas(plain, False, listed)
    yield Header(shown, gas[0], None, gas[1], True) if gas else None


def read_header(text: str, listed_gases: frozenset[str] = frozenset()) -> Header:
    """Return what a header says.

    Parameters
    ----------
    text
        Header as it stands in the file.
    listed_gases
        Gases the configuration asks for, as lower-case formulas: these are recognised where others would need a unit.

    Returns
    -------
    Header
        Its `name` is empty when the column is none that GasFlux uses.

    Examples
    --------
    >>> read_header("MethanePPB").name, read_header("MethanePPB").unit.symbol
    ('ch4', 'ppb')
    >>> read_header("GasP_torr").name
    ''
    """
    shown = clean_header(text)
    return next((header for header in _candidates(shown, listed_gases) if header is not None), Header(shown))


def stated_unit(text: str, dimension: Dimension) -> Unit | None:
    """Return the unit of `dimension` at the end of a header whose name is not recognised (``Inlet 2 [ppb]``)."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    found = (find_unit(unit_text, dimension) for _, unit_text in _splits(plain))
    return next((unit for unit in found if unit is not None), None)


def unknown_unit(text: str, name: str) -> str | None:
    """Return the unit in brackets behind a spelling of `name` where it is none of its dimension, else None."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    for bracket in _BRACKET.finditer(plain):
        known = _KEYS.get(header_key(plain[: bracket.start()] + " " + plain[bracket.end() :]))
        dimension = DIMENSIONS.get(name) if known is not None and known[0] == name else None
        if dimension is not None and find_unit(bracket.group(1), dimension) is None:
            return bracket.group(1).strip()
    return None


def instrument_condition(text: str) -> str | None:
    """Return ``temperature`` or ``pressure`` where a header names that of the instrument's cell, else None."""
    plain = unicodedata.normalize("NFKC", clean_header(text))
    keys = [header_key(plain), *(header_key(name) for name, _ in _splits(plain))]
    return next((INSTRUMENT_KEYS[key] for key in keys if key in INSTRUMENT_KEYS), None)
