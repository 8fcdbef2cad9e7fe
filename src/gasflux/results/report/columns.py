"""How the report names the columns of a log and what the reader did to them."""

from __future__ import annotations

import re
from typing import Final

from gasflux.results.figures.texts import gas_label
from gasflux.results.report.texts import REPORT_TEXTS
from gasflux.wording.phrases import Language

_CONVERSIONS: Final = {
    "time zone -> UTC": "时区 → UTC",
    "seconds since 1970 -> UTC": "1970 年起的秒数 → UTC",
    "milliseconds since 1970 -> UTC": "1970 年起的毫秒数 → UTC",
    "microseconds since 1970 -> UTC": "1970 年起的微秒数 → UTC",
    "nanoseconds since 1970 -> UTC": "1970 年起的纳秒数 → UTC",
    "seconds and nanoseconds since 1970 -> UTC": "1970 年起的秒数与纳秒数 → UTC",
    "Excel serial number -> date and time": "Excel 序列号 → 日期时间",
    "date + time of day": "日期 + 时刻",
    "date + seconds of the day": "日期 + 当日秒数",
    "parts of date and time joined": "由日期时间各部分合成",
    "compass point -> deg": "方位名称 → °",
    "direction to -> from": "去向 → 来向",
    "mathematical angle -> direction from": "数学角 → 来向",
}
"""How the reader names what it did to a column -> the same in Chinese."""


def column_name(name: str, language: Language) -> str:
    """Return the name of a quantity; a gas by its formula, any other as it is."""
    phrase = REPORT_TEXTS.get(f"quantity.{name}")
    return phrase.said(language) if phrase else gas_label(name)


def conversion_said(conversion: str, language: Language) -> str:
    """Return how a column was converted; numbers and units need no translation."""
    parts = conversion.split("; ") if conversion else []
    if language == "zh":
        by_sample = ("with temperature and pressure of each sample", "用各样本的温度与气压")
        parts = [_CONVERSIONS.get(part, part.replace(*by_sample)) for part in parts]
    said = "; ".join(map(unit_said, parts)).replace(" -> ", " → ").replace("(x ", "(× ").replace("(-", "(−")
    return said.replace(" (", "（").replace(")", "）").replace("; ", "；") if language == "zh" else said


def unit_said(text: str) -> str:
    """Return a text with units as they are written: ``degC`` becomes °C, ``deg`` °."""
    return re.sub(r"\bdeg(C|F)?\b", r"°\1", text)
