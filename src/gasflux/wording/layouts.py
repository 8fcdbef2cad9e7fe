"""What is said about how a file is laid out: rows, notations of times and numbers, clocks, rows of several sensors."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

LAYOUT_TEXTS: Final[dict[str, Phrase]] = {
    # rows and heads
    "note.label_rows": Phrase(
        "Row {rows} beside the header holds words only and is taken as labels.",
        "表头旁的第 {rows} 行只有文字，视为标注。",
    ),
    "note.ames": Phrase(
        "The head is that of ICARTT or NASA Ames: time is counted from midnight UTC of {day}; its scales and missing"
        " codes are applied.",
        "文件头为 ICARTT 或 NASA Ames 格式：时间自 {day} 的 UTC 零点起算；已应用其中的比例系数和缺测码。",
    ),
    "note.ulod": Phrase(
        "{count:,} values above the upper limit of detection are left out; the rate may be too low.",
        "{count:,} 个值高于检测上限，已剔除；排放速率可能偏低。",
    ),
    "note.llod": Phrase(
        "{count:,} values below the lower limit of detection are left out.", "{count:,} 个值低于检测下限，已剔除。"
    ),
    "ames_other_index": Phrase(
        "The file is of NASA Ames format index {value}; only 1001, one row per time, is read: export the flight as"
        " such, or as .csv.",
        "文件为 NASA Ames 格式 {value}；仅支持每个时间一行的 1001 格式：请按 1001 格式或 .csv 重新导出。",
    ),
    "ames_broken_head": Phrase(
        "The first line announces an ICARTT head of {lines} lines, but it does not name as many variables, scales and"
        " missing codes as it should; export the file again, or delete the head and leave the row of names.",
        "首行声明了 {lines} 行的 ICARTT 文件头，但其中变量、比例系数与缺测码的数目不符；"
        "请重新导出，或删去文件头只留列名一行。",
    ),
    "note.trisonica": Phrase(
        "The lines are a TriSonica's ({tags}): S is taken as the wind speed, D as the direction the wind comes from.",
        "各行为 TriSonica 的输出（{tags}）：S 视为风速，D 视为来风方向。",
    ),
    "note.tagged_lines": Phrase(
        "Each line names its own values; the names are {tags}.", "每行自带数值名称；名称为 {tags}。"
    ),
    "note.fixed_width": Phrase(
        "Some cells are empty, so the columns are told apart by their place in the line.",
        "部分单元格为空，因此按字符位置区分各列。",
    ),
    "too_few_fields": Phrase(
        "Row {row} has {value} fields, {width} are needed, and between blanks nobody can tell which is missing; export"
        " the log with commas or tabs, or fill the empty cell with nan.",
        "第 {row} 行有 {value} 个字段，应为 {width} 个；以空格分隔时无法判断缺了哪一个；"
        "请用逗号或制表符重新导出，或在空单元格中填 nan。",
    ),
    "dropped.statistics row": Phrase("row of statistics: {dropped:,}", "统计行：{dropped:,}"),
    "dropped.row of another sensor": Phrase("row of another sensor: {dropped:,}", "其他传感器的行：{dropped:,}"),
    # sheets
    "note.sheets_joined": Phrase(
        "The rows of sheet {sheet!r} are added, since {names} stand there only.",
        "已加入工作表“{sheet}”的各行，因为 {names} 只在那里。",
    ),
    "note.hidden_sheet": Phrase(
        "Sheet {sheet!r} is hidden, but no visible sheet holds a log; set sheet to read another.",
        "工作表“{sheet}”是隐藏的，但可见工作表中没有飞行记录；如需读取其他工作表，请设置 sheet。",
    ),
    # numbers
    "unclear_point": Phrase(
        "Column {column!r}, row {row}: decimals of this file have a comma, so the point in {value!r} may group"
        " thousands or be a decimal sign; write the whole file with one decimal sign and none between thousands.",
        "列“{column}”第 {row} 行：本文件以逗号为小数点，“{value}”中的点号可能是千位分隔符，也可能是小数点；"
        "请整个文件统一小数点，千位不用分隔符。",
    ),
    "allowed.decimal_comma": Phrase("numbers with one decimal sign", "小数点统一的数值"),
    "note.unit_in_cells": Phrase(
        "The unit of {header!r} stands in its cells: {unit}.", "“{header}”的单位写在单元格中：{unit}。"
    ),
    "units_disagree": Phrase(
        "Column {column!r}, row {row}: the cell is in {value}, but header or cells above say {allowed}; write the whole"
        " column in one unit.",
        "列“{column}”第 {row} 行：单元格单位为 {value}，而表头或上方单元格为 {allowed}；请整列统一单位。",
    ),
    # positions
    "note.nmea": Phrase(
        "{headers} are read as NMEA's degrees and minutes in one number (ddmm.mmmm){hemisphere}.",
        "{headers} 按 NMEA 的度分格式（ddmm.mmmm）读取{hemisphere}。",
    ),
    "nmea.north_east": Phrase(
        "; no letter tells the hemisphere, so they count north and east", "；未注明半球，按北纬、东经计"
    ),
    "note.hemisphere": Phrase(
        "The hemisphere of {header!r} is taken from {other!r}.", "“{header}”的半球取自“{other}”。"
    ),
    # times
    "note.year_first": Phrase(
        "Dates such as {example!r} are read with the year first.", "“{example}”这样的日期按年在前读取。"
    ),
    "note.doubtful_zone": Phrase(
        "{zone} names several time zones; times are used as they stand, their zone is not known.",
        "{zone} 可指多个时区；时间按原样使用，时区未知。",
    ),
    "note.short_dates": Phrase("The numbers of {header!r} are read as {order}.", "“{header}”中的数字按 {order} 读取。"),
    "note.date_carried": Phrase(
        "{header!r} is given in some rows only; each date holds until the next one, a day more from midnight on.",
        "“{header}”只在部分行给出；每个日期沿用到下一个日期，过零点后加一天。",
    ),
    "note.date_late": Phrase(
        "{header!r} stays where the clock passes midnight; a day is added from there on.",
        "时钟过零点时“{header}”未变；其后已加一天。",
    ),
    "note.gps_week": Phrase(
        "{headers} are read as GPS week and time in it, less 18 leap seconds.",
        "{headers} 按 GPS 周和周内秒读取，并减去 18 个闰秒。",
    ),
    "note.gps_seconds": Phrase(
        "{header!r} is read as GPS seconds since 1980-01-06, less 18 leap seconds; set start if it is none.",
        "“{header}”按 1980-01-06 起算的 GPS 秒读取，并减去 18 个闰秒；如不是，请设置 start。",
    ),
    "note.elapsed_milliseconds": Phrase(
        "The elapsed time names no unit; by its steps it counts milliseconds.", "累计时间未注明单位；按步长判断为毫秒。"
    ),
    "note.moved_to_start": Phrase(
        "Times are moved by {shift}, so that the log begins at {begins} as the setting start says.",
        "时间整体平移 {shift}，使记录按设置 start 从 {begins} 开始。",
    ),
    "note.day_from_setting": Phrase(
        "{header!r} holds times of day; their day is that of the setting start ({text}).",
        "“{header}”只有时刻；日期取自设置 start（{text}）。",
    ),
    "note.day_from_head": Phrase(
        "{header!r} holds times of day; their day is that of the head of the file ({text}).",
        "“{header}”只有时刻；日期取自文件头（{text}）。",
    ),
    "note.day_from_name": Phrase(
        "{header!r} holds times of day; their day is that of the name of the file ({text}).",
        "“{header}”只有时刻；日期取自文件名（{text}）。",
    ),
    "note.start_from_setting": Phrase(
        "{header!r} counts from the start of the log, by the setting start {text}.",
        "“{header}”自记录开始起算，起点为设置 start（{text}）。",
    ),
    "note.start_from_head": Phrase(
        "{header!r} counts from the start of the log, by the head of the file {text}.",
        "“{header}”自记录开始起算，起点取自文件头（{text}）。",
    ),
    "note.start_from_name": Phrase(
        "{header!r} counts from the start of the log, by the name of the file {text}.",
        "“{header}”自记录开始起算，起点取自文件名（{text}）。",
    ),
    # clocks
    "clock_jumps": Phrase(
        "Column {column!r}, row {row}: the clock jumps by {hours} h to {value} while the aircraft flies on, so it was"
        " set in flight; correct the times from there on, or set out_of_range: drop to leave out the shorter part.",
        "列“{column}”第 {row} 行：飞行途中时钟跳变 {hours} 小时到 {value}，说明飞行中调过时钟；"
        "请改正其后的时间，或设置 out_of_range: drop 剔除较短的一段。",
    ),
    "clock_backwards": Phrase(
        "Column {column!r}, row {row}: the clock goes back by {seconds} s to {value}, a time already passed at another"
        " place; correct the times from there on, cut the log there, or set out_of_range: drop to leave out the rows"
        " that repeat a time.",
        "列“{column}”第 {row} 行：时钟倒退 {seconds} 秒到 {value}，而该时刻已在别处出现过；"
        "请改正其后的时间、在此处截断记录，或设置 out_of_range: drop 剔除时间重复的行。",
    ),
    # rows of several sensors
    "note.aligned": Phrase(
        "No row holds {gas!r} with position, wind, temperature and pressure: the other columns are interpolated to the"
        " times of the gas, across up to {limit:g} s ({rows:,} rows).",
        "没有一行同时含“{gas}”、位置、风、温度和气压：其余各列已插值到该气体的时刻，"
        "跨度不超过 {limit:g} s（{rows:,} 行）。",
    ),
    "rows_apart": Phrase(
        "Column {column!r}, row {row}: no row holds both this gas and a position, and the rows that do lie more than"
        " {limit:g} s apart; join the logs by time, or check that both clocks show the same time.",
        "列“{column}”第 {row} 行：没有一行同时含该气体和位置，且相应各行时间相差超过 {limit:g} s；"
        "请按时间合并记录，或检查两台时钟是否一致。",
    ),
    "gas_without_place": Phrase(
        "Column {column!r} holds only {numbers} in rows that also have time, position, wind, temperature and pressure;"
        " at least {least} are needed: join the logs by time, so that each row holds them all.",
        "列“{column}”在同时含时间、位置、风、温度和气压的行中只有 {numbers}，至少需要 {least} 个；"
        "请按时间合并记录，使每行齐全。",
    ),
    # files that are binary though their names look like logs
    "kind.campbell_binary": Phrase(
        "a binary Campbell log (TOB1, TOB2 or TOB3)", "Campbell 二进制记录（TOB1、TOB2 或 TOB3）"
    ),
    "remedy.card_convert": Phrase(
        "convert it to TOA5 or .csv with CardConvert of LoggerNet", "请用 LoggerNet 的 CardConvert 转换为 TOA5 或 .csv"
    ),
    "kind.ulog": Phrase("a PX4 log (ULog)", "PX4 飞行日志（ULog）"),
    "kind.dataflash": Phrase("an ArduPilot log (DataFlash)", "ArduPilot 飞行日志（DataFlash）"),
    "kind.tdms": Phrase("a LabVIEW file (TDMS)", "LabVIEW 文件（TDMS）"),
    "kind.matlab": Phrase("a MATLAB file", "MATLAB 文件"),
}
