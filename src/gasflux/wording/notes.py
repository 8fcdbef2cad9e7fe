"""What the reader says about a file that is sound: how it was understood, and what was done to it."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

NOTE_TEXTS: Final[dict[str, Phrase]] = {
    "note.encoding": Phrase("The text is encoded in {encoding}.", "文本编码为 {encoding}。"),
    "note.decimal_commas": Phrase("Commas are read as decimal signs.", "逗号按小数点读取。"),
    "note.sheet": Phrase("Sheet {sheet!r} of {count} is read.", "读取工作表“{sheet}”（共 {count} 张）。"),
    "note.taken_from": Phrase(
        "{name} is taken from {header!r}{reason}, not from {unused}.",
        "{name} 取自“{header}”{reason}，未取自 {unused}。",
    ),
    "reason.dry": Phrase(
        " (the share of dry air, which water vapour does not dilute)", "（干空气中的摩尔分数，不受水汽稀释影响）"
    ),
    "reason.dead": Phrase(" ({header!r} never changes or is empty)", "（“{header}”始终不变或为空）"),
    "reason.held": Phrase(
        " ({header!r} repeats its last value in {share} of the rows)", "（“{header}”有 {share} 的行重复上一值）"
    ),
    "note.held": Phrase(
        "{header!r} repeats its last value in {share} of the rows: the analyser is slower than the log, or measures"
        " gases in turn.",
        "“{header}”有 {share} 的行重复上一值：分析仪慢于记录频率，或轮流测量不同气体。",
    ),
    "reason.flight_height": Phrase(
        " (of the heights its columns name the nearest to the flight's {height} m)",
        "（各列所注高度中最接近飞行高度 {height} m）",
    ),
    "reason.mast_height": Phrase(
        " (of the heights its columns name the nearest to wind.height, {height} m)",
        "（各列所注高度中最接近 wind.height {height} m）",
    ),
    "note.commas_by_size": Phrase(
        "{header!r}: {text} is read as {value}; the other meaning of its comma would be no open air.",
        "“{header}”：{text} 读作 {value}；其中逗号若取另一含义，则不是环境空气。",
    ),
    "note.codes": Phrase(
        "{header!r} holds {codes} in {rows}: codes for no value, taken as empty.",
        "“{header}”有 {rows}为 {codes}：表示无数值的代码，按空值处理。",
    ),
    "note.scaled": Phrase(
        "{header!r} holds whole numbers and names no unit; beside positions in {positions} it is taken as {unit}.",
        "“{header}”为整数且未注明单位；因位置以 {positions} 记录，按 {unit} 读取。",
    ),
    "note.isotope_main": Phrase(
        "{header!r} counts molecules with 12C only; multiplied by {scale:.5g} for the natural share of 13C.",
        "“{header}”只计 12C 分子；已按 13C 的天然丰度乘以 {scale:.5g}。",
    ),
    "note.isotope": Phrase(
        "{headers}: rare isotopologues, not processed as a gas.", "{headers}：稀有同位素体，不作为气体处理。"
    ),
    "note.mixture": Phrase(
        "{headers}: mixtures or particles without a molar mass, not processed as a gas.",
        "{headers}：混合物或颗粒物，没有摩尔质量，不作为气体处理。",
    ),
    "note.formula": Phrase(
        "{header!r} reads as a formula that GasFlux does not know as a gas, and is not processed; if it is one, set"
        " columns: {{{gas}: {header!r}}}.",
        "“{header}”形似化学式，但不在已知气体之列，未作处理；若确为气体，请设置 columns: {{{gas}: {header}}}。",
    ),
    "note.words": Phrase(
        "{header!r} may be {gas} or something about it, and is not processed; to take it, set columns: {{{gas}:"
        " {header!r}}}.",
        "“{header}”可能是 {gas}，也可能是与之有关的量，未作处理；如需采用，请设置 columns: {{{gas}: {header}}}。",
    ),
    "note.no_fraction": Phrase(
        "{header!r} is {what}, no mole fraction, and is not processed as a gas.",
        "“{header}”是{what}，不是摩尔分数，不作为气体处理。",
    ),
    "note.tagged": Phrase(
        "{header!r} is taken as {gas}; {words} in it says nothing known (columns: {{{gas}: ignore}} leaves it out).",
        "“{header}”视为 {gas}；其中的 {words} 含义未知（设置 columns: {{{gas}: ignore}} 可排除）。",
    ),
    "note.towards": Phrase(
        "{header!r} is where the wind blows to; it is turned by 180 degrees.", "“{header}”是风的去向；已旋转 180 度。"
    ),
    "note.magnetic": Phrase(
        "{header!r} counts from magnetic north; the declination is not taken off.",
        "“{header}”以磁北为准；未扣除磁偏角。",
    ),
    "note.air_constant": Phrase(
        "The log has no {name}; {value} of the setting air.{key} is used.",
        "数据中没有{name}；采用设置 air.{key} 的 {value}。",
    ),
    "note.pressure_unit": Phrase(
        "{header!r} names no unit; {value} is taken as hPa, as at an altitude of {altitude} m, and the doubt"
        " counts in the interval. If it is torr, set units: {{pressure: torr}}, else units: {{pressure: hPa}}.",
        "“{header}”未注明单位；{value} 按 hPa 读取，相当于海拔 {altitude} m，其疑义已计入区间。若为 torr，请设置"
        " units: {{pressure: torr}}，否则设置 units: {{pressure: hPa}}。",
    ),
    "note.open_pressure": Phrase(
        "The air pressure is taken from {header!r}: its values are those of open air.",
        "气压取自“{header}”：其数值符合环境空气。",
    ),
    "note.air_doubtful": Phrase(
        "The air temperature is taken from {header!r}, which may be inside an instrument ({error:g} K are in the error"
        " budget); there is no other.",
        "气温取自“{header}”，它可能是仪器内部温度（误差预算中计 {error:g} K）；没有其他气温列。",
    ),
    "note.air_standard": Phrase(
        "The log has no {name}; the standard atmosphere {where} is used ({value} {unit}, {error:g} in the error"
        " budget)."
        " Set air: {{{key}: ...}} for what was measured nearby.",
        "数据中没有{name}；采用{where}的标准大气（{value} {unit}，误差预算中计 {error:g}）。如有附近的实测值，"
        "请设置 air: {{{key}:"
        " ...}}。",
    ),
    "air.altitude": Phrase("at an altitude of {altitude} m", "海拔 {altitude} m 处"),
    "air.sea_level": Phrase("of a site at sea level", "海平面场地"),
    "note.unit_by_median": Phrase(
        "{header!r} names no unit; its median {middle:.6g} can only be {symbol}.",
        "“{header}”未注明单位；其中位数 {middle:.6g} 只可能以 {symbol} 为单位。",
    ),
    "note.not_a_gas": Phrase("{what} and is not processed as a gas.", "{what}，不作为气体处理。"),
    "note.too_few_numbers": Phrase("Column {header!r} holds {numbers}", "列“{header}”只有 {numbers}"),
    "note.constant": Phrase(
        "Column {header!r} never changes ({value} in all {rows})", "列“{header}”的值始终不变（全部 {rows}均为 {value}）"
    ),
    "note.height_is_ato": Phrase(
        "{header!r} is taken as the height above take-off.", "“{header}”视为相对起飞点的高度。"
    ),
    "note.height_other": Phrase(
        "Heights are those of {header!r}, above take-off is not given.", "高度取自“{header}”，没有相对起飞点的高度。"
    ),
    "note.direction_empty": Phrase(
        "{header!r} is empty: the file has no wind direction.", "“{header}”是空的：文件中没有风向。"
    ),
    "note.wind_computed": Phrase(
        "Wind speed and direction are computed from {headers}.", "风速和风向由 {headers} 计算得出。"
    ),
    "note.day_first": Phrase(
        "Dates such as {example!r} are read with the day first.", "“{example}”这样的日期按日在前读取。"
    ),
    "note.month_first": Phrase(
        "Dates such as {example!r} are read with the month first.", "“{example}”这样的日期按月在前读取。"
    ),
    "note.second_parts": Phrase("Parts of the second come from {header!r}.", "秒的小数部分取自“{header}”。"),
    "note.local_time": Phrase(
        "Only local time is given; it is used as it stands, its zone is not known.",
        "只有本地时间；按原样使用，时区未知。",
    ),
    "note.local_unused": Phrase(
        "Local time ({unused}) is not used: {used} is.", "未使用本地时间（{unused}），使用 {used}。"
    ),
    "note.gaps": Phrase(
        "Gaps up to {limit:g} s in {name} are interpolated ({count:,} sample{plural}).",
        "{name} 中不超过 {limit:g} s 的间断已插值（{count:,} 个样本{plural}）。",
    ),
    "note.merged": Phrase("{rows} with the time of another row merged with it.", "{rows}与时间相同的另一行合并。"),
    "spread.second": Phrase(
        "Times are whole seconds with about {usual} samples in each; they are spread evenly inside the second.",
        "时间精确到整秒，每秒约 {usual} 个样本；已在秒内均匀分布。",
    ),
    "spread.minute": Phrase(
        "Times are whole minutes with about {usual} samples in each; they are spread evenly inside the minute.",
        "时间精确到整分，每分钟约 {usual} 个样本；已在分钟内均匀分布。",
    ),
}
