"""Words in headers that are no name: who measured, how it was averaged, what statistic it is, where inside it sits.

A header such as ``OSD.WindDir_D1_WVT`` is taken apart at signs and at changes of case; words that change nothing are
dropped, words that change the meaning are kept as its kind.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final


class WordKind(Enum):
    """What words beside the name say about a column."""

    PLAIN = "plain"
    RAW = "raw"
    """Uncorrected, uncalibrated."""
    STATISTIC = "statistic"
    """A spread, an extreme, a flag, a count: no value of the thing itself."""
    OTHER = "other"
    """Something about the thing, or of another thing: a set point, a laser, the home point."""
    RELATIVE = "relative"
    """Relative to the aircraft."""
    TOWARDS = "towards"
    """A direction the wind blows to."""
    MAGNETIC = "magnetic"
    INSIDE = "inside"
    """Inside an instrument, a battery, the ground."""
    DOUBTFUL = "doubtful"
    """Perhaps of the air, perhaps of the thing that measures it."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEUTRAL: Final = _set(
    "static lidar radar rangefinder altimeter osd custom xkf1 xkf2 nkf1 nkf2 formatted gps gnss rtk ins ekf kf"
    " uav uas drone aircraft dji flight nav"
    " navigation telemetry log data imet xq xq2"
    " labview"
    " trisonica sonic anemometer ultrasonic met meteo meteorological weather wx station wxt airmar gill vaisala young"
    " rmyoung licor li picarro aeris lgr abb hp hr avg average averaged mean ave median med inst instant instantaneous"
    " current now corrected corr calibrated cal final sync synced synchronized resampled interp interpolated filtered"
    " filt smooth smoothed vector vec scalar wvt wvc smp tot sensor position pos loc location coordinate coordinates"
    " coord true compensated comp derived computed calculated calc estimated est from horizontal hor horiz 2d 3d"
    " measured meas observed obs reported value val component the in of at wgs84 wgs clockwise meteorology instr usv"
    " mittel mittelwert gemittelt media medio promedio moyenne moyen moy srednia gemiddeld gemiddelde "
    " среднее средняя 平均値 평균 現在 현재 del der des "
    " vehicle mobile van airborne channel cleaned clean best main primary secondary dry wet mole fraction mixing ratio"
    " concentration conc amount vmr gas species m210 m300 m350 m600 matrice mavic p4 geodetic decimal mast tower probe"
)
"""Words that change nothing about what a column holds."""

PREFERRED: Final = _set("corrected corr calibrated cal final compensated comp best cleaned clean")
"""Words that put a column before its plain twin."""
AVERAGED: Final = _set(
    "avg average averaged mean ave median med sync synced synchronized resampled interp interpolated filtered filt"
    " smooth smoothed hr estimated est computed derived calculated calc"
)
"""Words that put it behind: a value spread over time, or made from others."""

_WORDS: Final = {
    WordKind.RAW: _set("raw uncorrected uncorr unfiltered uncal uncalibrated"),
    WordKind.STATISTIC: _set(
        "se sd std stdev stddev stderr sem sigma var variance cov min max minimum maximum gust gusts rms rsd cv"
        " err error"
        " errors unc uncert uncertainty uncertainties precision accuracy noise flag flags qc qa qf quality status state"
        " valid validity n count counts num nobs percentile skew kurt skewness kurtosis diff difference p2p ptp drift"
        " resolution lod loq mdl dl detection alarm alert threshold thresh limit sd1 sdev dev deviation range index aqi"
        " iaqi ok health fom hdop vdop pdop dop hacc vacc eph epv age lag tke turbulence stability variability bias"
        " spread percent1 confidence score maximal maximale maxima maximo máxima máximo maxi böe böen boe boen rafaga"
        " ráfaga rafagas ráfagas rafale rafales raffica raffiche rajada rajadas minima minimo mínima mínimo desviacion"
        " spitze макс максимум порыв мин 最大値 最小値 최대 최소 돌풍 突風"
    ),
    WordKind.OTHER: _set(
        "setpoint sp target laser etalon volt voltage mv power valve pump flow fit residual resid loss base baseline bg"
        " background bkg enhancement excess enh delta d13c slope offset span zero gain coeff coefficient absorbance"
        " ringdown spectrum spectral frequency freq wavelength linewidth shift flux emission emissions mass column"
        " signal intensity rssi reflect reflectance light dose twa stel peak area reference ref bottle tank standard"
        " home rc remote controller operator takeoff waypoint gimbal camera photo geofence goal dest destination"
        " launch landing ppf pca model modeled modelled forecast era5 gfs vertical vert w z roll pitch yaw rate"
        " acceleration accel gyro chill heat humidity rh dewpoint dew wetbulb virtual sealevel slp mslp qnh qfe reduced"
        " sea surface ground vapor vapour soc density temp temperature press pressure"
        " lel uel lfl ufl equivalent equivalents equiv"
    ),
    WordKind.RELATIVE: _set("relative rel apparent app body bodyframe nose bow boat awa aws rwd rws vessel"),
    WordKind.TOWARDS: _set("towards toward to into blowing downwind"),
    WordKind.MAGNETIC: _set("magnetic mag magn"),
    WordKind.INSIDE: _set(
        "int indoor gas cell cavity chamber sample inlet outlet internal inside inner interior instrument analyzer"
        " analyser box"
        " warmbox"
        " hotbox warm hot das laser etalon optics optical detector board pcb cpu mcu imu battery batt bat motor esc gpu"
        " gimbal case enclosure housing tube tubing line pump heater oven panel logger ptemp chip core soil water skin"
        " ir road radiant black globe setpoint target body engine cylinder casing fc mirror ring baro bulb modem module"
        " tank bottle reference dif differential diff pitot dynamic impact vacuum circuit coil lens bench"
    ),
    WordKind.DOUBTFUL: _set("sensor sonic probe unit device acoustic"),
}
_NOT_IN_NAMES: Final = _set("temp temperature press pressure")
"""Words that are names themselves: of another thing only beside the name of a gas."""


def is_condition(word: str) -> bool:
    """Tell whether a word beside a gas makes the column a temperature or a pressure."""
    return word.casefold() in _NOT_IN_NAMES


_CHINESE: Final = {
    WordKind.PLAIN: (
        "瞬时 瞬時 实时 實時 即时 即時 平均 均值 当前 當前 目前 十分钟 两分钟 一分钟 10分钟 2分钟 1分钟 10分鐘"
        " 2分鐘 1分鐘 分钟 分鐘 小时 小時 环境"
        " 環境 现场 現場 监测 監測 测量 測量 检测 檢測 观测 觀測 采样 採樣 采集 採集 传感器 感測器 傳感器 机载"
        " 機載 无人机 無人機 飞机 飛機 定位"
        " 实测 實測 数值 數值 数据 數據 浓度 濃度 含量 体积分数 體積分數 体积 體積 空气 空氣 大气 大氣 外界 室外"
        " 户外 北斗 水平 气象 氣象 超声波"
        " 超聲波 超声 当地 北纬 东经 真 值"
    ),
    WordKind.STATISTIC: (
        "标准差 標準差 标准偏差 標準偏差 方差 最大 最小 极大 極大 极小 極小 峰值 误差 誤差 状态 狀態 标志 標誌"
        " 标识 報警 报警 阈值 噪声 噪聲"
        " 累计 累計 次数 精度 超标 超標 极值 变化 變化 差值 阵风 陣風 信号 信號 等级 級別 級數 级别 级数 质控 有效率"
    ),
    WordKind.OTHER: (
        "目标 目標 返航 起飞点 起飛點 遥控器 遙控器 航点 背景 基线 基線 通量 排放 激光 校准 校準 零点 跨度 海平面"
        " 垂直 折合"
    ),
    WordKind.RELATIVE: "相对风 相對風 视风 視風 机体 機體 相对机头 機頭",
    WordKind.TOWARDS: "去向 吹向 下风向 下風向",
    WordKind.MAGNETIC: "磁北 磁",
    WordKind.INSIDE: (
        "箱内 箱內 机舱 舱内 艙內 柜内 室内 室內 腔室 光腔 气室 氣室 腔 仪器 儀器 内部 內部 机箱 機箱 机内 箱体"
        " 电池 電池 主板 电路板 芯片 探测器 探測器"
        " 露点 露點 湿球 濕球"
        " 土壤 地表 水温 水溫 电机 電機 机舱 機艙 采样管 泵 样气 樣氣 样品 樣品 设备 設備 激光器"
    ),
}

_SIGNS: Final = r"\s_\-./:,;|()\[\]{}&+=#@'\"?!~^*"
# Patterns are texts: `re` compiles them at their first use, which a log with plain headers never comes to.
_PIECE: Final = f"[^{_SIGNS}]+"
_CAMEL: Final = r"(?<=[a-z])(?=[A-Z][A-Za-z])|(?<=[A-Z])(?=[A-Z][a-z]{2,})|(?<=[\u4e00-\u9fff])(?=[A-Za-z])"
_MODEL: Final = r"(?:bm[ep]|sht|hm[pt]|dps|ms|wxt|gmx|hdc|dht|lps|tmp|htu|ptb|cs)\d{2,4}[a-z]?"
_NUMBER: Final = rf"(?:nr|sensor|s|d)?\d{{1,2}}(?:m|hz)?|\d{{3}}m|{_MODEL}"
"""Numbers of sensors, heights of masts, models of weather sensors."""
_CHINESE_NUMBER: Final = r"\d+(?:\.\d+)?米|第?[一二三四五\d]+[号號#]"
_LETTERS: Final = _set("a b c d s n")
"""Letters of sensors; as single letters they may also be units."""
_HEIGHT: Final = r"(?<![\w.])(\d{1,3}) m(?![\w/])"
_PERIOD: Final = r"(?<![A-Za-z\d])\d+[\s_-]*(?:min|sec|s|hz|hr|h)(?![A-Za-z])"
"""Spans of an average: "10 min" is no minimum."""


@dataclass(frozen=True)
class Words:
    """A header without the words that are no name."""

    core: str
    """What is left, its pieces joined by underscores; brackets are gone."""
    kinds: frozenset[WordKind]
    """What the words that were dropped say."""
    dropped: tuple[str, ...]
    """The words that were dropped, lower case."""


def _meaning(word: str) -> WordKind | None:
    """WordKind of a word, None when it says nothing known."""
    key = word.casefold()
    if key in _NOT_IN_NAMES:
        return None
    kind = next((kind for kind, words in _WORDS.items() if key in words), None)
    return kind or (WordKind.PLAIN if key in NEUTRAL or re.fullmatch(_NUMBER, key) else None)


def kinds_of(word: str) -> frozenset[WordKind]:
    """Return every kind that a word may be of: some, such as ``laser``, are of several."""
    key = word.casefold()
    return frozenset(kind for kind, words in _WORDS.items() if key in words)


def _without_chinese(text: str) -> tuple[str, set[WordKind], list[str]]:
    """Take the Chinese words that are no name out of a text, the longest first."""
    kinds: set[WordKind] = set()
    dropped: list[str] = []
    if text.isascii():
        return text, kinds, dropped
    text, count = re.subn(_CHINESE_NUMBER, "", text)
    dropped.extend(["号"] * count)
    pairs = sorted(
        ((word, kind) for kind, words in _CHINESE.items() for word in words.split()), key=lambda pair: -len(pair[0])
    )
    for word, kind in pairs:
        if word in text:
            text = text.replace(word, "")
            kinds.add(kind)
            dropped.append(word)
    return text, kinds, dropped


def pieces(text: str) -> list[str]:
    """Return the words of a header: split at signs, and at changes of case where a small letter stands before."""
    plain = unicodedata.normalize("NFKC", text)
    return [
        word
        for piece in re.findall(_PIECE, plain)
        for word in ([piece] if piece.casefold() in NEUTRAL else re.split(_CAMEL, piece))
        if word
    ]


@lru_cache(maxsize=4096)
def split_words(text: str, letters: bool = False) -> Words:
    """Return what is left of a header without the words that are no name.

    Parameters
    ----------
    text
        Name, with or without its unit.
    letters
        Drop single letters as well.
    """
    text = re.sub(_HEIGHT, r"\1m", text)
    left, kinds, dropped = _without_chinese(
        re.sub(_PERIOD, " avg ", unicodedata.normalize("NFKC", text), flags=re.IGNORECASE)
    )
    core: list[str] = []
    for word in pieces(left):
        kind = WordKind.PLAIN if letters and word.casefold() in _LETTERS else _meaning(word)
        if kind is None or (not letters and len(word) == 1 and not word.isdigit()):
            core.append(word)
            continue
        dropped.append(word.casefold())
        kinds.update({kind} if kind is WordKind.PLAIN else kinds_of(word))
    return Words("_".join(core), frozenset(kinds), tuple(dropped))
