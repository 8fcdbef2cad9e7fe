"""Every word that stands in a figure, in English and Chinese: the Chinese font subset is cut to these phrases."""

from __future__ import annotations

import re
from typing import Final

from gasflux.gas import formula_elements
from gasflux.wording.phrases import Language, Phrase

FIGURE_TEXTS: Final[dict[str, Phrase]] = {
    # axes
    "east": Phrase("East (m)", "东向 (m)"),
    "north": Phrase("North (m)", "北向 (m)"),
    "height": Phrase("Height (m)", "高度 (m)"),
    "along": Phrase("Distance along the curtain (m)", "沿幕面距离 (m)"),
    "along_loop": Phrase("Distance along the closed surface, clockwise (m)", "沿闭合面距离，顺时针 (m)"),
    "outward": Phrase("Direction the side looks outward", "该边朝外的方向"),
    "along_circle": Phrase("Distance along the circle, clockwise (m)", "沿圆周距离，顺时针 (m)"),
    "azimuth": Phrase("Azimuth from the centre", "自圆心的方位角"),
    "time": Phrase("Time since the first sample (min)", "自首个样本起的时间 (min)"),
    "enhancement": Phrase("{gas} enhancement ({unit})", "{gas} 浓度增量 ({unit})"),
    "mole_fraction": Phrase("{gas} ({unit})", "{gas} ({unit})"),
    "wind_speed": Phrase("Wind speed (m/s)", "风速 (m/s)"),
    "wind_from": Phrase("Wind from (°)", "风向，来向 (°)"),
    "wind_normal": Phrase("Through the\nsurface (m/s)", "穿过测量面\n的分量 (m/s)"),
    "flux_density": Phrase("Flux density ({unit})", "通量密度 ({unit})"),
    "flux_density_std": Phrase("Standard error ({unit})", "标准误差 ({unit})"),
    "semivariance": Phrase("Semivariance ({mass}² m⁻⁴ h⁻²)", "半方差 ({mass}² m⁻⁴ h⁻²)"),
    "lag_along": Phrase("Lag along the surface (m)", "水平滞后距离 (m)"),
    "lag_height": Phrase("Lag in height (m)", "垂直滞后距离 (m)"),
    "profile": Phrase("Flux per metre of height ({unit})", "每米高度的通量 ({unit})"),
    "rate": Phrase("{gas} emission rate (kg/h)", "{gas} 排放速率 (kg/h)"),
    "budget": Phrase("One standard deviation (kg/h)", "1 倍标准差 (kg/h)"),
    "budget_share": Phrase("Share of the rate (%)", "占排放速率的比例 (%)"),
    "frequency": Phrase("Rings: share of samples (%)", "圆环：样本占比 (%)"),
    # titles
    "title.flight_3d": Phrase("{gas} along the flight path", "沿航迹的 {gas} 浓度增量"),
    "title.flight_map": Phrase("Flight path, {gas} and wind from above", "航迹、{gas} 与风的俯视图"),
    "title.background": Phrase("{gas} as measured, its background and enhancement", "{gas} 实测值、背景与浓度增量"),
    "title.wind_rose": Phrase("Where the wind came from", "风的来向"),
    "title.wind_series": Phrase("Wind during the measurement", "测量期间的风"),
    "title.variogram": Phrase("Variogram of the {gas} flux density", "{gas} 通量密度的变异函数"),
    "title.curtain": Phrase(
        "{gas} flux through the surface, and how well it is known", "穿过测量面的 {gas} 通量及其可信程度"
    ),
    "title.profile": Phrase("{gas} flux by height", "{gas} 通量随高度的分布"),
    "title.budget": Phrase("Error budget of the {gas} rate", "{gas} 速率的误差预算"),
    "title.segments": Phrase("{gas} emission rate of each segment", "各段的 {gas} 排放速率"),
    "segment_note": Phrase("segment {number} of {count}", "第 {number} 段，共 {count} 段"),
    # legends and notes
    "phase.path": Phrase("Flight path", "航迹"),
    "phase.take_off": Phrase("Take-off", "起飞"),
    "phase.ferry": Phrase("Ferry", "转场"),
    "phase.turn": Phrase("Turn", "转弯"),
    "phase.transect": Phrase("Transects used", "采用的测线"),
    "phase.unused": Phrase("Transect, not used", "未采用的测线"),
    "phase.landing": Phrase("Landing", "降落"),
    "phase.excluded": Phrase("Excluded", "已排除"),
    "start": Phrase("Start", "起点"),
    "surface": Phrase("Measuring surface", "测量面"),
    "wind": Phrase("Wind", "风"),
    "wind_key": Phrase("Wind {speed} m/s", "风 {speed} m/s"),
    "measured": Phrase("Measured", "实测值"),
    "baseline": Phrase("Background fitted", "拟合背景"),
    "is_background": Phrase("Background samples", "背景样本"),
    "used": Phrase("On the surface", "位于测量面"),
    "noise_band": Phrase("± 2 × noise", "± 2 倍噪声"),
    "mean_wind": Phrase("Mean wind", "平均风"),
    "plane_line": Phrase("Curtain", "幕面"),
    "mean": Phrase("Mean", "平均"),
    "mean_normal": Phrase("Mean through the surface {mean} ± {std} m/s", "穿过测量面的平均分量 {mean} ± {std} m/s"),
    "horizontal": Phrase("Along the surface", "沿测量面"),
    "vertical": Phrase("In height", "沿高度"),
    "model": Phrase("{model} model", "{model}模型"),
    "fit": Phrase("Model", "模型"),
    "range": Phrase("Range {range} m", "变程 {range} m"),
    "pairs": Phrase("{count} pairs", "{count} 对"),
    "no_pairs": Phrase("Too few pairs of samples", "样本对过少"),
    "samples": Phrase("Samples", "样本"),
    "below": Phrase("Extrapolated", "外推"),
    "measured_layer": Phrase("Between the passes", "测线之间"),
    "extrapolated": Phrase("Below and above the passes, extrapolated", "最低测线以下，最高测线以上，外推"),
    "pass_heights": Phrase("Mean height of a pass", "各测线平均高度"),
    "unflown_shares": Phrase(
        "Extrapolated: {below} % of the rate below, {above} % above",
        "外推：以下占速率的 {below} %，以上 {above} %",
    ),
    "total": Phrase("Total", "合计"),
    "combined": Phrase("Combined", "合并"),
    "segment": Phrase("Segment {number}", "第 {number} 段"),
    "interval": Phrase("{level} % interval", "{level} % 区间"),
    # models of the variogram
    "model.spherical": Phrase("Spherical", "球状"),
    "model.exponential": Phrase("Exponential", "指数"),
    "model.gaussian": Phrase("Gaussian", "高斯"),
    "model.cubic": Phrase("Cubic", "三次"),
    "model.stable": Phrase("Stable", "稳定"),
    "model.matern": Phrase("Matérn", "Matérn "),
    # compass
    "compass.n": Phrase("N", "北"),
    "compass.ne": Phrase("NE", "东北"),
    "compass.e": Phrase("E", "东"),
    "compass.se": Phrase("SE", "东南"),
    "compass.s": Phrase("S", "南"),
    "compass.sw": Phrase("SW", "西南"),
    "compass.w": Phrase("W", "西"),
    "compass.nw": Phrase("NW", "西北"),
    # components of the error budget
    "budget.repeatability": Phrase("Differences between passes", "测线间差异"),
    "budget.wind_speed": Phrase("Wind speed calibration", "风速校准"),
    "budget.wind_direction": Phrase("Wind direction alignment", "风向对准"),
    "budget.gas_calibration": Phrase("Gas analyser calibration", "气体分析仪校准"),
    "budget.wind_profile": Phrase("Wind carried from another height", "由其他高度推算的风"),
    "budget.sensor_response": Phrase("Response and lag of the sensor", "传感器响应与滞后"),
    "budget.clock_offset": Phrase("Clocks of the files", "各文件的时钟"),
    "budget.temperature_pressure": Phrase("Temperature and pressure", "温度与气压"),
    "budget.background": Phrase("Background", "背景"),
    "budget.sensor_noise": Phrase("Sensor noise", "传感器噪声"),
    "budget.interpolation": Phrase("Interpolation between passes", "测线间插值"),
    "budget.below_lowest_pass": Phrase("Layer below the lowest pass", "最低测线以下气层"),
    "budget.above_highest_pass": Phrase("Layer above the highest pass", "最高测线以上气层"),
    "budget.between_curtains": Phrase("Differences between curtains", "幕面间差异"),
}

COMPASS: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_SUBSCRIPTS: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def figure_text(key: str, language: Language, **values: object) -> str:
    """Return the figure text `key` in `language` with its placeholders filled.

    Parameters
    ----------
    key
        Of the text in `FIGURE_TEXTS`.
    language
        Of the figure.
    values
        What stands in the place of each placeholder.
    """
    return FIGURE_TEXTS[key].said(language, **values)


def named(prefix: str, name: str, language: Language) -> str:
    """Return the text ``prefix.name``, or the name in plain words where the catalogue does not know it.

    Parameters
    ----------
    prefix, name
        Parts of the key in `FIGURE_TEXTS`, e.g. ``budget`` and ``wind_speed``.
    language
        Of the figure.
    """
    phrase = FIGURE_TEXTS.get(f"{prefix}.{name}")
    return phrase.said(language) if phrase else name.replace("_", " ")


def compass_point(azimuth_deg: float, language: Language) -> str:
    """Return the nearest of the eight compass points."""
    return figure_text(f"compass.{COMPASS[round(azimuth_deg / 45.0) % 8]}", language)


def gas_label(name: str) -> str:
    """Return the formula as chemists write it: ``c2h6`` becomes C₂H₆; a name that is no formula stays as it is."""
    symbols = {symbol.lower(): symbol for symbol in formula_elements(name)}
    if not symbols:
        return name
    pattern = "|".join(sorted(symbols, key=len, reverse=True))
    written = re.sub(pattern, lambda match: symbols[match.group().lower()], name.lower())
    return written.translate(_SUBSCRIPTS)
