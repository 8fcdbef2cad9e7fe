"""Faults of the columns of a flight and of the cells in them."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

COLUMN_TEXTS: Final[dict[str, Phrase]] = {
    # rows
    "no_rows": Phrase(
        "There is a header but no data below it, at least {least} rows are needed; upload the whole flight.",
        "只有表头，下方没有数据，至少需要 {least} 行；请上传完整的飞行。",
    ),
    "too_few_rows": Phrase(
        "There are {rows} with data{why}, at least {least} rows are needed; upload the whole flight.",
        "有数据的只有 {rows}{why}，至少需要 {least} 行；请上传完整的飞行。",
    ),
    "why.dropped": Phrase(" after others were dropped ({reasons})", "，其余各行已舍弃（{reasons}）"),
    "dropped.duplicate time": Phrase("duplicate time: {dropped:,}", "时间重复：{dropped:,}"),
    "dropped.comment line": Phrase("comment line: {dropped:,}", "注释行：{dropped:,}"),
    "dropped.repeated header": Phrase("repeated header: {dropped:,}", "重复表头：{dropped:,}"),
    "dropped.cut-off last line": Phrase("cut-off last line: {dropped:,}", "末行不完整：{dropped:,}"),
    "dropped.missing time": Phrase("missing time: {dropped:,}", "缺少时间：{dropped:,}"),
    "dropped.missing position": Phrase("missing position: {dropped:,}", "缺少位置：{dropped:,}"),
    "dropped.missing height": Phrase("missing height: {dropped:,}", "缺少高度：{dropped:,}"),
    "dropped.missing wind": Phrase("missing wind: {dropped:,}", "缺少风：{dropped:,}"),
    "dropped.missing temperature": Phrase("missing temperature: {dropped:,}", "缺少温度：{dropped:,}"),
    "dropped.missing pressure": Phrase("missing pressure: {dropped:,}", "缺少气压：{dropped:,}"),
    "dropped.out of range": Phrase("{name} out of range: {dropped:,}", "{name} 超出范围：{dropped:,}"),
    # columns that are missing, doubled or misnamed
    "missing_column": Phrase(
        "Column {column!r}{meaning} is missing{hint}; add it, or name its header in the setting"
        " columns: {{{column}: HEADER}}.",
        "缺少列“{column}”{meaning}{hint}；请补上该列，或在设置 columns: {{{column}: 表头}} 中指定它的表头。",
    ),
    "hint.meaning": Phrase(" ({meaning})", "（{meaning}）"),
    "hint.components": Phrase(
        " (components need both, towards north and towards east)", "（风的分量须同时有向北和向东两个）"
    ),
    "hint.unknown_unit": Phrase(
        " ({header!r} names the unit {unit!r}, which is not known; known are {known})",
        "（“{header}”的单位“{unit}”无法识别；可用单位：{known}）",
    ),
    "inside.pressure": Phrase("pressure", "气压"),
    "inside.temperature": Phrase("temperature", "温度"),
    "meaning.latitude": Phrase("latitude in degrees WGS84", "纬度，WGS84 坐标，度"),
    "meaning.longitude": Phrase("longitude in degrees WGS84", "经度，WGS84 坐标，度"),
    "meaning.height_ato": Phrase(
        "height above take-off in m, or height_agl or altitude", "相对起飞点高度，m；也可用 height_agl 或 altitude"
    ),
    "meaning.windspeed": Phrase("wind speed in m/s", "风速，m/s"),
    "meaning.pressure": Phrase("air pressure in hPa", "气压，hPa"),
    "meaning.winddir": Phrase("where the wind comes from in degrees", "风的来向，度"),
    "meaning.aircraft_u": Phrase("air velocity towards the nose in m/s", "指向机头的空气流速，m/s"),
    "meaning.aircraft_v": Phrase("air velocity towards the right in m/s", "指向机身右侧的空气流速，m/s"),
    "meaning.heading": Phrase("where the nose points in degrees", "机头朝向，度"),
    "meaning.ground_speed": Phrase("speed over ground in m/s", "地速，m/s"),
    "missing_gas": Phrase(
        "Gas {column!r} is listed under gases and has no column in the file; add it or unlist it (columns not used:"
        " {unused}).",
        "设置 gases 中列出了气体“{column}”，但文件中没有对应的列；请补上，或从列表中去掉（未使用的列：{unused}）。",
    ),
    "no_gas": Phrase(
        "There is no gas column; name one by its formula, e.g. ch4 or ch4_ppb (columns not used: {unused}).",
        "没有气体列；请用化学式作表头，例如 ch4 或 ch4_ppb（未使用的列：{unused}）。",
    ),
    "unused.none": Phrase("none", "无"),
    "missing_required_column": Phrase(
        "Setting required_cols asks for {column!r}, which is no column of the file; add it or unlist it.",
        "设置 required_cols 要求有列“{column}”，但文件中没有；请补上，或从设置中去掉。",
    ),
    "unknown_column_name": Phrase(
        "Setting columns names {value!r}, which is neither a gas formula nor one of {allowed}.",
        "设置 columns 中的“{value}”既不是气体化学式，也不在可用名称之列：{allowed}。",
    ),
    "no_such_header": Phrase(
        "Setting {column} names {value!r}, which is no header of the file; it has {allowed}.",
        "设置 {column} 指定了“{value}”，但文件中没有这个表头；现有表头：{allowed}。",
    ),
    "unknown_unit": Phrase(
        "Setting {column} is {value!r}; known units are {allowed}.",
        "设置 {column} 的值为“{value}”；可用单位：{allowed}。",
    ),
    "column_twice": Phrase(
        "Column {column!r} is there twice (columns {first} and {second} of the file); delete or rename one of them.",
        "列“{column}”出现两次（文件的第 {first} 列和第 {second} 列）；请删除或重命名其中之一。",
    ),
    "no_formula": Phrase(
        "Setting gases lists {value!r}, which is no chemical formula; name gases by formula, e.g. ch4, co2, n2o.",
        "设置 gases 中的“{value}”不是化学式；请用化学式命名气体，例如 ch4、co2、n2o。",
    ),
    # cells
    "unclear_comma": Phrase(
        "Column {column!r}, row {row}: in {value!r} the comma may be a decimal sign or group thousands{others}; write"
        " decimals with a point and thousands without a comma.",
        "列“{column}”第 {row} 行：“{value}”中的逗号可能是小数点，也可能是千位分隔符{others}；"
        "小数请用点号，千位请不用逗号。",
    ),
    "not_a_number": Phrase(
        "Column {column!r}, row {row}: {value!r} is {kind}, a number is needed{others}; correct it or leave the cell"
        " empty.",
        "列“{column}”第 {row} 行：“{value}”是{kind}，此处应为数值{others}；请改正，或清空该单元格。",
    ),
    "cell.text": Phrase("text", "文字"),
    "cell.other": Phrase("a date, a time or a truth value", "日期、时间或逻辑值"),
    "infinite_value": Phrase(
        "Column {column!r}, row {row}: the value is infinite{others}; correct it or leave the cell empty.",
        "列“{column}”第 {row} 行：值为无穷大{others}；请改正，或清空该单元格。",
    ),
    "others": Phrase(" ({rows} like it)", "（另有 {rows}同样如此）"),
    "implausible_pressure": Phrase(
        "Column {column!r} names no unit and its median is {value}, where the air at the log's altitude has"
        " about {expected}"
        " hPa; write the unit into the header, or set units: {{pressure: torr}} (or hPa).",
        "列“{column}”未注明单位，中位数为 {value}，而该海拔处的气压约为 {expected} hPa；请在表头中写明单位，"
        "或设置 units:"
        " {{pressure: torr}}（或 hPa）。",
    ),
    "implausible_direction": Phrase(
        "Column {column!r} names no unit and holds {value}, which fills a circle in radians and none in degrees; write"
        " the unit into the header, or set units: {{winddir: rad}} (or deg).",
        "列“{column}”未注明单位，数值为 {value}，按弧度布满一周，按度则不然；请在表头中写明单位，"
        "或设置 units: {{winddir: rad}}（或 deg）。",
    ),
    "allowed.direction": Phrase("degrees, 0 to 360", "0 至 360 度"),
    "allowed.pressure": Phrase("the pressure of open air at that altitude", "该海拔处的环境气压"),
    "implausible_gas": Phrase(
        "Column {column!r} names no unit and its median is {value}, which as ppm is not open air; write the unit into"
        " the header, e.g. '{gas}_ppb', or set units: {{{gas}: ppb}}.",
        "列“{column}”未注明单位，中位数为 {value}，按 ppm 计不可能是环境空气；请在表头中写明单位，例如“{gas}_ppb”，"
        "或设置 units: {{{gas}: ppb}}。",
    ),
    "stated_unit_small": Phrase(
        "Column {column!r} names {unit}, and its median of {value} is a thousandth of what clean air holds ({clean}"
        " ppm): points or commas may group thousands, or the unit is another; set units: {{{gas}: ppm}} to the unit of"
        " the numbers as they stand, or units: {{{gas}: {unit}}} if it is right.",
        "列“{column}”注明单位 {unit}，但中位数 {value} 只有清洁空气（{clean} ppm）的千分之一：小数点可能是千位分隔符，"
        "或单位另有所指；请用 units: {{{gas}: ppm}} 指定数值的实际单位，"
        "若 {unit} 无误，请设置 units: {{{gas}: {unit}}}。",
    ),
    "stated_unit_large": Phrase(
        "Column {column!r} names {unit}, and its median of {value} is {times} times what clean air holds ({clean}"
        " ppm), hundreds of times in every row; set units: {{{gas}: ppb}} to the unit of the numbers, or"
        " units: {{{gas}: {unit}}} if it is right.",
        "列“{column}”注明单位 {unit}，但中位数 {value} 为清洁空气（{clean} ppm）的 {times} 倍，所有行均达数百倍；"
        "请用 units: {{{gas}: ppb}} 指定数值的实际单位，若 {unit} 无误，请设置 units: {{{gas}: {unit}}}。",
    ),
    "allowed.clean_air": Phrase("about {clean} ppm in clean air", "清洁空气中约 {clean} ppm"),
    "open_position_scale": Phrase(
        "Columns {column!r} hold whole numbers ({value}) that are places on Earth in 1e-7 and in 1e-6 degrees, and the"
        " speed of the flight does not tell which; set units: {{latitude: 1e-7 deg, longitude: 1e-7 deg}} (or"
        " 1e-6 deg).",
        "列“{column}”为整数（{value}），按 1e-7 度和 1e-6 度均为地球上的位置，飞行速度也无法区分；"
        "请设置 units: {{latitude: 1e-7 deg, longitude: 1e-7 deg}}（或 1e-6 deg）。",
    ),
    "allowed.position_scale": Phrase("degrees, or a stated scale", "以度为单位，或注明比例"),
    "too_few_numbers": Phrase(
        "Column {column!r} holds {numbers}, at least {least} are needed; fill the column or unlist the gas.",
        "列“{column}”只有 {numbers}，至少需要 {least} 个；请补全该列，或从 gases 中去掉该气体。",
    ),
    "constant_gas": Phrase(
        "Column {column!r} never changes ({value} in all {rows}): the sensor was off, or its values stand in another"
        " column; name that under columns.",
        "列“{column}”的值始终不变（全部 {rows}均为 {value}）：传感器未工作，或数值在另一列中；"
        "请在 columns 中指定那一列。",
    ),
    "no_fraction": Phrase(
        "Column {column!r} is {what}, no mole fraction: no rate can come from it; {remedy}",
        "列“{column}”是{what}，不是摩尔分数，无法由此得出排放速率；{remedy}",
    ),
    "no_fraction.path": Phrase("a concentration integrated along a path (ppm-m)", "沿光程积分的浓度（ppm-m）"),
    "no_fraction.lel": Phrase("a share of the lower explosive limit (%LEL)", "爆炸下限百分比（%LEL）"),
    "no_fraction.column": Phrase("an amount per area", "单位面积的量"),
    "no_fraction.number": Phrase("an amount per volume", "单位体积的物质的量或分子数"),
    "no_fraction.mass": Phrase("a share of mass", "质量分数"),
    "instead.mass": Phrase("log the mole fraction in ppm.", "请记录以 ppm 为单位的摩尔分数。"),
    "no_fraction.rate": Phrase("a rate", "速率"),
    "no_fraction.signal": Phrase("a signal of the sensor", "传感器信号"),
    "no_fraction.unit": Phrase("in a unit that is not known", "以无法识别的单位表示的量"),
    "instead.unit": Phrase(
        "write a known unit into the header, or set columns and units for it.",
        "请在表头中写明可识别的单位，或在 columns 和 units 中指定。",
    ),
    "no_fraction.isotopes": Phrase("a ratio of isotopes", "同位素比值"),
    "instead.path": Phrase(
        "log an analyser that samples the air at the aircraft; values in ppm need the header to say so.",
        "请使用在飞机处采样的分析仪；若数值实为 ppm，请在表头中写明。",
    ),
    "instead.lel": Phrase(
        "convert it to % by volume with the sensor's own limit (methane: 100 %LEL is 5 % or 4.4 %) and write the header"
        " as 'ch4_%'.",
        "请用传感器所用的下限换算为体积分数（甲烷：100 %LEL 为 5 % 或 4.4 %），并将表头写成“ch4_%”。",
    ),
    "instead.column": Phrase("log the mole fraction in ppm.", "请记录以 ppm 为单位的摩尔分数。"),
    "instead.number": Phrase("log the mole fraction in ppm.", "请记录以 ppm 为单位的摩尔分数。"),
    "instead.rate": Phrase("log the mole fraction in ppm.", "请记录以 ppm 为单位的摩尔分数。"),
    "instead.signal": Phrase(
        "log the calibrated mole fraction in ppm beside it.", "请同时记录经校准的摩尔分数（ppm）。"
    ),
    "instead.isotopes": Phrase("log the mole fraction in ppm beside it.", "请同时记录摩尔分数（ppm）。"),
    "allowed.fraction": Phrase("ppm, ppb, %, ug/m3 or mg/m3", "ppm、ppb、%、ug/m3 或 mg/m3"),
    "relative_wind": Phrase(
        "Column {column!r} is wind relative to the aircraft, not over ground{needs}; log the true wind, or"
        " {remedy}, or set columns: {{{name}: ignore}}.",
        "列“{column}”是相对飞机的风，不是对地的风{needs}；请记录真风，或{remedy}，或设置 columns: {{{name}: ignore}}。",
    ),
    "needs.motion": Phrase(" and the file has no {missing} to turn it by", "，且文件中没有换算所需的 {missing}"),
    "instead.aircraft": Phrase(
        "set wind: {{source: aircraft}} to have it turned by heading and ground speed",
        "设置 wind: {{source: aircraft}}，按航向和地速换算",
    ),
    "instead.add_motion": Phrase(
        "add heading and ground speed and set wind: {{source: aircraft}}",
        "补上航向和地速并设置 wind: {{source: aircraft}}",
    ),
    "open_frame": Phrase(
        "Columns {column!r} may be wind over ground or wind in the frame of the aircraft; set columns: {{wind_east:"
        " {east!r}, wind_north: {north!r}}} where they point to east and north, wind: {{source: aircraft}} where they"
        " point to nose and right, or columns: {{{name}: ignore}}.",
        "列“{column}”可能是对地的风，也可能是机体坐标系中的风；若指向东和北，请设置 columns: {{wind_east:"
        " {east}, wind_north:"
        " {north}}}；若指向机头和右侧，请设置 wind: {{source: aircraft}}；或设置 columns: {{{name}: ignore}}。",
    ),
    "unused_column": Phrase(
        "Column {column!r} looks like the {what} and is not used{why}; set columns: {{{name}: {column!r}}} to"
        " use it, or"
        " columns: {{{name}: ignore}} if it is something else.",
        "列“{column}”看起来像{what}，但未被使用{why}；如需使用，请设置 columns: {{{name}: {column}}}；"
        "若是其他内容，请设置"
        " columns: {{{name}: ignore}}。",
    ),
    "what.winddir": Phrase("wind direction", "风向"),
    "what.pressure": Phrase("air pressure", "气压"),
    "why.unit": Phrase(
        " (its unit {unit!r} is not known; known are {known})", "（其单位“{unit}”无法识别；可用单位：{known}）"
    ),
    "hint.looks_like": Phrase(" ({header!r} looks like it)", "（“{header}”看起来像该列）"),
    "allowed.true_wind": Phrase("wind over ground, where it comes from", "对地的风，来向"),
    "hint.projected": Phrase(
        " ({header!r} looks like metres of a map projection, degrees WGS84 are needed)",
        "（“{header}”像是以米为单位的投影坐标，此处应为 WGS84 的度）",
    ),
    "out_of_range": Phrase(
        "Column {column!r}, row {row}: {value}{converted} is outside {allowed}{others}; {hint}{remedy}",
        "列“{column}”第 {row} 行：{value}{converted} 超出 {allowed} 的范围{others}；{hint}{remedy}",
    ),
    "hint.converted": Phrase(" (converted from {unit})", "（由 {unit} 换算）"),
    "remedy.correct": Phrase("correct it.", "请改正。"),
    "remedy.range": Phrase(
        "correct it, widen the range or set out_of_range: drop.", "请改正、放宽范围，或设置 out_of_range: drop。"
    ),
    "hint.swapped": Phrase("latitude and longitude look swapped; ", "纬度和经度似乎互换了；"),
    "hint.metres": Phrase(
        "it looks like metres of a map projection, degrees WGS84 are needed; ",
        "数值像是以米为单位的投影坐标，此处应为 WGS84 的度；",
    ),
    "hint.nmea": Phrase(
        "it looks like NMEA degrees and minutes (ddmm.mmmm), decimal degrees are needed; ",
        "数值像是 NMEA 的度分格式（ddmm.mmmm），此处应为十进制度；",
    ),
    # times and places
    "no_time": Phrase(
        "There is no column with date and time{beside}; add a column 'timestamp' such as 2023-04-19 07:16:30, or name"
        " its header in the setting columns.timestamp.",
        "没有日期时间列{beside}；请添加列“timestamp”，格式如 2023-04-19 07:16:30，"
        "或在设置 columns.timestamp 中指定其表头。",
    ),
    "hint.beside": Phrase(" beside {headers}", "（现有时间列：{headers}）"),
    "time_without_date": Phrase(
        "Column {header!r} holds {what}; set start to the day or the time the log began, such as"
        " start: 2023-04-19 07:16:30, or add a column 'timestamp' with such times.",
        "列“{header}”中是{what}；请设置 start 为记录开始的日期或时间，例如 start: 2023-04-19 07:16:30，"
        "或添加含此类时间的列“timestamp”。",
    ),
    "times.date_time": Phrase("dates", "日期"),
    "times.time_of_day": Phrase("times of day without a date", "没有日期的时刻"),
    "times.elapsed": Phrase("elapsed time without a date", "没有日期的累计时间"),
    "times.none": Phrase("no date and time that can be read", "无法识别的内容，不是日期时间"),
    "mixed_date_orders": Phrase(
        "Column {header!r} mixes dates with the day first and with the month first; write them as 2023-04-19.",
        "列“{header}”中混有日在前和月在前的日期；请统一写成 2023-04-19。",
    ),
    "not_a_time": Phrase(
        "Column {column!r}, row {row}: {value!r} is no date and time{others}; write it as 2023-04-19 07:16:30.",
        "列“{column}”第 {row} 行：“{value}”不是日期时间{others}；请写成 2023-04-19 07:16:30。",
    ),
    "time_out_of_range": Phrase(
        "Column {column!r}, row {row}: {value} cannot be a time of this flight{others}, the clock was not set; correct"
        " it, delete these rows or set out_of_range: drop; where all times are off alike, set start to when the log"
        " began.",
        "列“{column}”第 {row} 行：{value} 不可能是本次飞行的时间{others}，仪器时钟未对时；请改正、删除这些行，"
        "或设置 out_of_range: drop；若全部时间偏差相同，请设置 start 为记录开始的时间。",
    ),
    "out_of_place": Phrase(
        "Column {column!r}, row {row}: {value} is no place of this flight{others}: {allowed}; a code for no position,"
        " or the receiver had no fix; delete these rows or set out_of_range: drop.",
        "列“{column}”第 {row} 行：{value} 不可能是本次飞行的位置{others}：{allowed}；可能是无定位时的代码；"
        "请删除这些行，或设置 out_of_range: drop。",
    ),
    "allowed.place": Phrase(
        "within {reach:g} km of the middle of the log, and not away and back at more than {fastest:g} m/s",
        "距记录中心不超过 {reach:g} km，且往返速度不超过 {fastest:g} m/s",
    ),
    "same_time": Phrase(
        "Column {column!r} holds the same time in every row; give each row its own time, with seconds.",
        "列“{column}”每行的时间都相同；每行应有各自的时间，精确到秒。",
    ),
    "same_position": Phrase(
        "Column {column!r} and longitude hold the same position in every row; log the aircraft's GPS.",
        "列“{column}”与经度每行的位置都相同；请记录飞机的 GPS 位置。",
    ),
    # what is allowed
    "allowed.column": Phrase("a column of the file", "文件中的一列"),
    "allowed.one_column": Phrase("one column", "仅一列"),
    "allowed.formula": Phrase("a chemical formula", "化学式"),
    "allowed.gas_column": Phrase("a column named by the gas", "以该气体命名的列"),
    "allowed.formula_column": Phrase("a column named by a chemical formula", "以化学式命名的列"),
    "allowed.no_unit": Phrase("none, the column has no unit", "无，该列没有单位"),
    "allowed.decimal_point": Phrase("numbers with a decimal point", "用点号作小数点的数值"),
    "allowed.number": Phrase("a number or an empty cell", "数值或空单元格"),
    "allowed.finite": Phrase("a finite number", "有限的数值"),
    "allowed.median": Phrase(
        "values above {low:g} ppm with a median up to {limit:g} ppm",
        "数值高于 {low:g} ppm 且中位数不超过 {limit:g} ppm",
    ),
    "allowed.numbers": Phrase("at least {least} numbers", "至少 {least} 个数值"),
    "allowed.changing": Phrase("values that change", "有变化的值"),
    "allowed.range": Phrase("{low:g} to {high:g}", "{low:g} 至 {high:g}"),
    "allowed.least_rows": Phrase("at least {least} rows", "至少 {least} 行"),
    "allowed.time": Phrase("date and time", "日期时间"),
    "allowed.times": Phrase(
        "{first} to {last}, within two days of {middle}", "{first} 至 {last}，与 {middle} 相差不超过两天"
    ),
    "allowed.increasing": Phrase("increasing times", "递增的时间"),
    "allowed.positions": Phrase("positions along a flight", "沿航迹变化的位置"),
}
