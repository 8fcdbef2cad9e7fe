"""Every fixed text of the report, in English and Chinese. Texts of the flags come localised with the result."""

from __future__ import annotations

from typing import Final

from gasflux.results.figures.colours import colour_names
from gasflux.wording.phrases import Language, Phrase

REPORT_TEXTS: Final[dict[str, Phrase]] = {
    # head
    "title": Phrase("Emission report", "排放报告"),
    "measured_on": Phrase("Measured {start} to {end} ({zone})", "测量时间 {start} 至 {end}（{zone}）"),
    "zone.utc": Phrase("UTC", "协调世界时 UTC"),
    "zone.unknown": Phrase("time zone as in the log", "时区同飞行日志"),
    "made_by": Phrase("GasFlux {version}, processed {finished}", "GasFlux {version}，处理于 {finished}"),
    # the answer
    "answer": Phrase("Result", "结果"),
    "contents": Phrase("Contents", "目录"),
    "rate": Phrase("Emission rate", "排放速率"),
    "interval_sentence": Phrase("{level} % interval: {low} to {high} kg/h", "{level} % 区间：{low} 至 {high} kg/h"),
    "not_told": Phrase(
        "No emission detected, below {bound} kg/h at {level} %", "未检出排放，低于 {bound} kg/h（置信水平 {level} %）"
    ),
    "estimate": Phrase("Estimate: {measured} kg/h", "估计值：{measured} kg/h"),
    "estimate_short": Phrase("estimate {rate}", "估计值 {rate}"),
    "grade": Phrase("Grade", "等级"),
    "grade.A": Phrase("Sound: no quality check gave a warning", "可靠：质量检查无警告"),
    "grade.B": Phrase("Usable, with the reservations named below", "可用，但须注意下列保留意见"),
    "grade.C": Phrase("Uncertain: use with care", "不确定：谨慎使用"),
    "grade.D": Phrase("Not reliable: measure again", "不可靠：应重新测量"),
    "not_detected": Phrase(
        "The estimate is below this flight's detection limit of {limit} kg/h: no emission is proven.",
        "估计值低于本次飞行的检出限 {limit} kg/h：不能证明存在排放。",
    ),
    "zero_inside": Phrase("The interval includes zero: no emission is proven.", "区间包含零：不能证明存在排放。"),
    "bar.alt": Phrase(
        "Scale from {first} to {last} kg/h with the interval, the rate and the detection limit",
        "从 {first} 到 {last} kg/h 的刻度，标有区间、速率和检出限",
    ),
    "bar.legend": Phrase(
        "Bar: interval. Tick: rate. Dashed: detection limit, {limit} kg/h. Thin line: zero.",
        "色条：区间。竖线：速率。虚线：检出限 {limit} kg/h。细线：零。",
    ),
    "main_flags": Phrase("What to know first", "须知"),
    "no_flags": Phrase("The quality checks found nothing to report.", "质量检查未发现问题。"),
    "more_flags": Phrase("{count} more under “Quality checks”.", "另有 {count} 项，见“质量检查”。"),
    "segment_flags": Phrase(
        "The checks of single segments found {count}; see “Quality checks”.",
        "单段检查发现 {count} 项，见“质量检查”。",
    ),
    "severity.serious": Phrase("Serious", "严重"),
    "severity.warning": Phrase("Warning", "警告"),
    "severity.info": Phrase("Note", "提示"),
    # tables of rates
    "all_gases": Phrase("All gases", "全部气体"),
    "all_segments": Phrase("Segments of the flight", "飞行各段"),
    "segments_note": Phrase(
        "Each segment is a measurement of its own; the result above combines them by a weighted mean.",
        "每段是一次独立测量；上方结果是各段的加权平均。",
    ),
    "gas": Phrase("Gas", "气体"),
    "segment": Phrase("Segment", "段"),
    "combined": Phrase("Combined", "合并"),
    "rate_kg_h": Phrase("Rate (kg/h)", "速率 (kg/h)"),
    "std_kg_h": Phrase("Standard deviation (kg/h)", "标准差 (kg/h)"),
    "std_share": Phrase("Relative (%)", "相对值 (%)"),
    "interval": Phrase("{level} % interval (kg/h)", "{level} % 区间 (kg/h)"),
    "range": Phrase("{low} to {high}", "{low} 至 {high}"),
    "below": Phrase("Below the lowest pass (kg/h)", "最低测线以下 (kg/h)"),
    "against_wind": Phrase("Against the mean wind (kg/h)", "逆平均风向 (kg/h)"),
    "detection_limit": Phrase("Detection limit (kg/h)", "检出限 (kg/h)"),
    # how it was measured
    "flight": Phrase("How it was measured", "测量方式"),
    "fact": Phrase("Quantity", "项目"),
    "value": Phrase("Value", "数值"),
    "fact.strategy": Phrase("Surface", "测量面"),
    "strategy.curtain": Phrase("Vertical curtain", "垂直幕面"),
    "strategy.spiral": Phrase("Spiral on a cylinder", "圆柱面螺旋"),
    "strategy.loop": Phrase("Closed surface of straight sides", "直边闭合面"),
    "fact.start": Phrase("First sample", "首个样本"),
    "fact.end": Phrase("Last sample", "末个样本"),
    "fact.duration": Phrase("Duration", "时长"),
    "fact.rate": Phrase("Sampling rate", "采样频率"),
    "fact.samples": Phrase("Samples on the surface", "测量面上的样本数"),
    "fact.transects": Phrase("Passes", "测线数"),
    "fact.azimuth": Phrase("Direction of the curtain", "幕面方位"),
    "fact.radius": Phrase("Radius", "半径"),
    "fact.perimeter": Phrase("Perimeter", "周长"),
    "fact.enclosed": Phrase("Area inside", "围住的面积"),
    "fact.position": Phrase("Middle of the surface (WGS84)", "测量面中点（WGS84）"),
    "fact.length": Phrase("Length", "长度"),
    "fact.heights": Phrase("Heights flown", "飞行高度"),
    "fact.ground": Phrase("Height of the ground", "地面高度"),
    "fact.offset": Phrase("Distance from the surface, root mean square", "偏离测量面的均方根距离"),
    "fact.wind": Phrase("Mean wind speed", "平均风速"),
    "fact.wind_from": Phrase("Wind from", "风的来向"),
    "fact.wind_normal": Phrase("Mean wind through the surface", "穿过测量面的平均风"),
    "fact.wind_angle": Phrase(
        "Angle of the wind to the curtain (90° is straight through)", "风与幕面的夹角（90° 为垂直穿过）"
    ),
    "fact.wind_spread": Phrase("Standard deviation of the wind direction", "风向标准差"),
    "fact.turbulence": Phrase("Turbulence intensity", "湍流强度"),
    "fact.temperature": Phrase("Mean temperature", "平均温度"),
    "fact.pressure": Phrase("Mean pressure", "平均气压"),
    "fact.epsg": Phrase("Coordinate system", "坐标系"),
    "height_reference.ato": Phrase("above take-off", "相对起飞点"),
    "height_reference.agl": Phrase("above ground", "相对地面"),
    "height_reference.altitude": Phrase("altitude", "海拔"),
    "no_direction": Phrase("not measured; taken as straight through", "未测量；视为垂直穿过"),
    # sections of one gas
    "gas_section": Phrase("{gas} in detail", "{gas} 详情"),
    "segment_heading": Phrase("Segment {number} of {count}", "第 {number} 段，共 {count} 段"),
    "budget": Phrase("Error budget", "误差预算"),
    "budget_intro": Phrase(
        "Components are one standard deviation each; they are independent, so the total is the root of the sum "
        "of their "
        "squares.",
        "各分量为 1 倍标准差；分量相互独立，合计为平方和的平方根。",
    ),
    "component": Phrase("Component", "分量"),
    "share_of_rate": Phrase("Of the rate (%)", "占速率 (%)"),
    "share_of_variance": Phrase("Of the variance (%)", "占方差 (%)"),
    "total": Phrase("Total", "合计"),
    "numbers": Phrase("Background, variogram and grid", "背景、变异函数与网格"),
    "number.algorithm": Phrase("Background algorithm", "背景算法"),
    "number.background": Phrase("Mean background", "平均背景"),
    "number.noise": Phrase("Noise of one sample", "单个样本的噪声"),
    "number.points": Phrase("Samples taken as background", "作为背景的样本"),
    "number.largest": Phrase("Largest enhancement on the surface", "测量面上的最大浓度增量"),
    "number.model": Phrase("Variogram model", "变异函数模型"),
    "number.range": Phrase("Range along the surface", "沿测量面变程"),
    "number.vertical_range": Phrase("Range in height", "高度方向变程"),
    "number.structure": Phrase("Share of structure in the variance", "结构性方差占比"),
    "number.grid": Phrase("Grid cells", "网格单元"),
    "number.failed": Phrase("Cells without a value", "无数值的单元"),
    "number.negative": Phrase("Cells with a negative flux", "通量为负的单元"),
    "number.positive": Phrase("Flux with the mean wind", "顺平均风向的通量"),
    "number.backward": Phrase("Flux against the mean wind", "逆平均风向的通量"),
    "number.below": Phrase("Flux below the lowest pass", "最低测线以下的通量"),
    "number.above": Phrase("Above the highest pass", "最高测线以上"),
    "number.freedom": Phrase("Effective degrees of freedom", "有效自由度"),
    "of": Phrase("{part} of {whole}", "{whole} 中的 {part}"),
    # wind
    "wind": Phrase("Wind", "风"),
    # quality
    "quality": Phrase("Quality checks", "质量检查"),
    "severity": Phrase("Severity", "程度"),
    "finding": Phrase("Finding", "发现"),
    "threshold": Phrase("Threshold", "阈值"),
    "advice": Phrase("Advice", "建议"),
    "gases": Phrase("Gases", "气体"),
    "in_segments": Phrase("{gas} (segment {numbers})", "{gas}（第 {numbers} 段）"),
    # method
    "method": Phrase("Method", "方法"),
    "method.background": Phrase(
        "Background: the {algorithm} baseline through the samples outside the plume; what lies above it is the "
        "enhancement.",
        "背景：由羽流之外的样本以 {algorithm} 算法拟合基线；高出基线的部分为浓度增量。",
    ),
    "method.flux": Phrase(
        "Flux density: enhancement times the density of the gas, by the ideal gas law from temperature and pressure, "
        "times the signed wind component through the surface; air flowing back subtracts.",
        "通量密度：浓度增量乘以气体密度（由温度和气压按理想气体定律计算），再乘以穿过测量面的有符号风分量；"
        "回流空气按负值计入。",
    ),
    "method.kriging": Phrase(
        "Between the passes: ordinary kriging with an {model} variogram whose ranges along the surface and in height "
        "were fitted separately; the rate is the sum over cells of exact area.",
        "测线之间：普通克里金插值，{model}变异函数沿测量面与高度方向的变程分别拟合；速率为精确面积单元之和。",
    ),
    "method.ground": Phrase("Below the lowest pass: {method}", "最低测线以下：{method}"),
    "ground.plume": Phrase("average over the plume profiles that fit the passes.", "对符合各测线的羽流廓线取平均。"),
    "ground.wind-profile": Phrase(
        "concentration of the lowest pass under a logarithmic wind profile.", "最低测线浓度配以对数风廓线。"
    ),
    "ground.constant": Phrase("flux density of the lowest pass.", "取最低测线的通量密度。"),
    "ground.linear": Phrase("falling linearly to zero at the ground.", "线性递减至地面为零。"),
    "ground.none": Phrase("taken as zero.", "按零计。"),
    "method.uncertainty": Phrase(
        "Uncertainty: the components of the error budget, with a coverage factor for their degrees of freedom, "
        "give the "
        "{level} % interval.",
        "不确定度：由误差预算各分量及其自由度对应的包含因子得到 {level} % 区间。",
    ),
    "method.more": Phrase(
        "Equations and sources stand in docs/METHODS.md of GasFlux.", "公式与来源见 GasFlux 的 docs/METHODS.md。"
    ),
    # input
    "input": Phrase("Input file", "输入文件"),
    "input.name": Phrase("Name", "名称"),
    "input.read": Phrase("Rows read", "读取行数"),
    "input.used": Phrase("Rows used", "采用行数"),
    "input.dropped": Phrase("Rows dropped: {reason}", "舍弃行数：{reason}"),
    "input.columns": Phrase("Columns recognised", "识别的列"),
    "input.ignored": Phrase("Columns not used", "未使用的列"),
    "input.notes": Phrase("Notes of the reader", "读取说明"),
    "column.name": Phrase("Quantity", "物理量"),
    "column.header": Phrase("Header in the file", "文件中的表头"),
    "column.unit": Phrase("Unit", "单位"),
    "column.conversion": Phrase("Conversion", "换算"),
    "column.minimum": Phrase("Minimum", "最小值"),
    "column.maximum": Phrase("Maximum", "最大值"),
    "column.missing": Phrase("Missing", "缺失"),
    "quantity.timestamp": Phrase("timestamp", "时间"),
    "quantity.latitude": Phrase("latitude", "纬度"),
    "quantity.longitude": Phrase("longitude", "经度"),
    "quantity.height_ato": Phrase("height_ato", "相对起飞点高度"),
    "quantity.height_agl": Phrase("height_agl", "离地高度"),
    "quantity.altitude": Phrase("altitude", "海拔"),
    "quantity.windspeed": Phrase("windspeed", "风速"),
    "quantity.winddir": Phrase("winddir", "风向"),
    "quantity.temperature": Phrase("temperature", "气温"),
    "quantity.pressure": Phrase("pressure", "气压"),
    "dropped.duplicate time": Phrase("duplicate time", "时间重复"),
    "dropped.comment line": Phrase("comment line", "注释行"),
    "dropped.repeated header": Phrase("repeated header", "重复表头"),
    "dropped.cut-off last line": Phrase("cut-off last line", "末行不完整"),
    "dropped.missing time": Phrase("missing time", "缺少时间"),
    "dropped.missing position": Phrase("missing position", "缺少位置"),
    "dropped.missing height": Phrase("missing height", "缺少高度"),
    "dropped.missing wind": Phrase("missing wind", "缺少风"),
    "dropped.missing temperature": Phrase("missing temperature", "缺少温度"),
    "dropped.missing pressure": Phrase("missing pressure", "缺少气压"),
    "dropped.out of range": Phrase("{column} out of range", "{column} 超出范围"),
    # settings and figures
    "settings.sha256": Phrase(
        "SHA-256 of these settings, which config.yaml holds: {sha256}", "所用设置（即 config.yaml）的 SHA-256：{sha256}"
    ),
    "settings": Phrase("Settings used", "所用设置"),
    "figure": Phrase("Figure {number}", "图 {number}"),
    "omitted": Phrase(
        "{count} figures are not embedded, to keep this report below {limit} MB; they are in the folder "
        "figures: {names}",
        "为使本报告小于 {limit} MB，有 {count} 幅图未嵌入；见 figures 文件夹：{names}",
    ),
    "no_figures": Phrase("No figures were drawn for this report.", "本报告未绘制图。"),
    # captions: what to look for
    "caption.flight_map": Phrase(
        "Flight path from above. Coloured dots lie on the measuring surface, brighter for a larger {gas} enhancement; "
        "thin lines are the rest of the flight; arrows show where the wind blew. A good flight crosses the plume with "
        "clean air on both sides.",
        "航迹俯视图。彩色点位于测量面上，越亮表示 {gas} 浓度增量越大；细线为其余航迹；箭头表示风吹去的方向。"
        "良好的飞行应横穿羽流，且两侧均为清洁空气。",
    ),
    "caption.flight_3d": Phrase(
        "Samples on the measuring surface in space, coloured by {gas} enhancement, with the path's shadow on "
        "the ground. "
        "The plume should lie inside the heights flown.",
        "测量面上样本的空间分布，按 {gas} 浓度增量着色，并示航迹在地面的投影。羽流应位于飞行高度范围之内。",
    ),
    "caption.background": Phrase(
        "Above: {gas} as measured and the background fitted to the {background_samples} samples; it should pass "
        "through the floor of the series. Below: what is left over it; {on_surface} bars mark the time on the surface.",
        "上：{gas} 实测值及由{background_samples}样本拟合的背景，背景应沿序列底部通过。"
        "下：高出背景的部分；{on_surface}条为位于测量面上的时间。",
    ),
    "caption.budget": Phrase(
        "Components of the standard deviation of the {gas} rate, largest first. The first bars say what would make the "
        "next flight better.",
        "{gas} 速率标准差的各分量，由大到小。最前面的几项指出下次飞行可如何改进。",
    ),
    "caption.segments": Phrase(
        "{gas} rate of each segment with its interval, and their combination. Intervals that do not overlap mean the "
        "source or the wind changed.",
        "各段 {gas} 速率及其区间，以及合并结果。若区间互不重叠，则源或风发生了变化。",
    ),
    "caption.curtain": Phrase(
        "Above: {gas} flux density between the passes, with the samples in the same colours: dots that stand "
        "out are not "
        "followed by the map. Below: its standard error at the centre of each cell; it is small on a pass and grows "
        "within metres of it, so the passes show as dark stripes, darker where a centre lies nearer to a sample. The "
        "hatched layer, below the mean height at which the lowest pass met the plume, is extrapolated; samples inside "
        "it, where that pass flew lower, count all the same.",
        "上：测线之间的 {gas} 通量密度，样本以同一色标表示：显眼的点表示插值未能跟随。"
        "下：各单元中心处的标准误差；在测线上小，离开数米即增大，因此测线呈暗色条纹，单元中心离样本越近越暗。"
        "斜线部分低于最低测线穿过羽流的平均高度，为外推值；该测线飞得更低处的样本落入其中，仍参与计算。",
    ),
    "caption.profile": Phrase(
        "What each metre of height contributes to the {gas} rate. The hatched parts lie below the lowest and "
        "above the highest pass and are extrapolated; bars that do not fall to zero at the top mean plume above.",
        "每米高度对 {gas} 速率的贡献。斜线部分位于最低测线以下和最高测线以上，为外推值；"
        "若顶部未降至零，则有羽流高于飞行高度。",
    ),
    "caption.variogram": Phrase(
        "How {gas} flux densities differ with distance, along the surface and in height. Large dots rest on "
        "many pairs; "
        "a curve that rises from near zero means structure that kriging can use, a flat one means none.",
        "{gas} 通量密度的差异随距离的变化，沿测量面与沿高度。点越大，样本对越多；"
        "曲线自近零处上升表示存在可供克里金利用的结构，"
        "平坦则表示没有。",
    ),
    "caption.wind_rose": Phrase(
        "How often the wind came from each direction, coloured by speed. The {mean_wind} line is the mean wind; it "
        "should stand "
        "well across the dashed line of the curtain.",
        "风来自各方向的频率，按风速着色。{mean_wind}线为平均风，应与表示幕面的虚线有较大夹角。",
    ),
    "caption_spiral.wind_rose": Phrase(
        "How often the wind came from each direction, coloured by speed. The {mean_wind} line is the mean wind.",
        "风来自各方向的频率，按风速着色。{mean_wind}线为平均风。",
    ),
    "caption.wind_series": Phrase(
        "Wind at the samples used. Values of the lowest panel below zero are air flowing back through the "
        "surface, which "
        "is subtracted; on a circle half of the samples are upwind and therefore below zero.",
        "所用样本处的风。最下图中低于零的值为回流空气，按负值计入；对螺旋飞行，约一半样本位于上风侧，因此低于零。",
    ),
}


def report_text(key: str, language: Language, **values: object) -> str:
    """Return the report text `key` in `language` with its placeholders filled.

    Parameters
    ----------
    key
        Of the text in `REPORT_TEXTS`.
    language
        Of the report.
    values
        What stands in the place of each placeholder.
    """
    return REPORT_TEXTS[key].said(language, **values)


def caption(kind: str, language: Language, gas: str, *, is_spiral: bool = False) -> str:
    """Return what to look for in a kind of figure, its colours named as they are drawn.

    Parameters
    ----------
    kind
        Of the figure.
    language
        Of the report.
    gas
        Its name as it is shown.
    is_spiral
        Whether the surface is a cylinder that was unrolled.
    """
    key = f"caption_spiral.{kind}"
    return report_text(
        key if is_spiral and key in REPORT_TEXTS else f"caption.{kind}", language, gas=gas, **colour_names(language)
    )


def dropped_reason(reason: str, language: Language) -> str:
    """Return why rows were dropped; a reason the catalogue does not know stays as the reader wrote it."""
    column, is_range = reason.removesuffix(" out of range"), reason.endswith(" out of range")
    if is_range:
        return report_text("dropped.out of range", language, column=column)
    phrase = REPORT_TEXTS.get(f"dropped.{reason}")
    return phrase.said(language) if phrase else reason
