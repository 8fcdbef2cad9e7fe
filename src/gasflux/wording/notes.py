"""What the reader says about a file that is sound: how it was understood, and what was done to it."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

NOTE_TEXTS: Final[dict[str, Phrase]] = {
    "note.encoding": Phrase("The text is encoded in {encoding}.", "文本编码为 {encoding}。"),
    "note.decimal_commas": Phrase("Commas are read as decimal signs.", "逗号按小数点读取。"),
    "note.sheet": Phrase("Sheet {sheet!r} of {count} is read.", "读取工作表“{sheet}”（共 {count} 张）。"),
    "note.taken_from": Phrase(
        "{name} is taken from {header!r}, not from {unused}.", "{name} 取自“{header}”，未取自 {unused}。"
    ),
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
