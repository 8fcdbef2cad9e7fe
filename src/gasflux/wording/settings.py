"""Faults of the processing settings and of what a request carries."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

SETTING_TEXTS: Final[dict[str, Phrase]] = {
    "netcdf_missing": Phrase(
        "netcdf: true asks for {file}, and the package that writes it is not installed here; install it with "
        "'pip install netCDF4', or set netcdf to false.",
        "netcdf: true 要求写出 {file}，但所需的软件包没有安装；请用“pip install netCDF4”安装，或把 netcdf 设为 false。",
    ),
    # the document
    "config_unreadable": Phrase(
        "cannot be read ({reason}); give the path of a YAML file.", "无法读取（{reason}）；请给出 YAML 文件的路径。"
    ),
    "not_settings": Phrase(
        "expected settings such as 'language: zh', got {value}.",
        "应为“language: zh”这样的设置，收到的是{value}。",
    ),
    "yaml_too_large": Phrase(
        "the document has {size:,} bytes; a configuration may have {limit:,}.",
        "YAML 有 {size:,} 字节；设置最多允许 {limit:,} 字节。",
    ),
    "yaml_not_utf8": Phrase(
        "byte {position} is not UTF-8 text; save the file with the encoding UTF-8.",
        "YAML 的第 {position} 字节不是 UTF-8 文本；请以 UTF-8 编码保存文件。",
    ),
    "yaml_too_deep": Phrase(
        "{where} is nested more than {limit} levels deep; settings need four.",
        "{where}的嵌套超过 {limit} 层；设置只需四层。",
    ),
    "yaml_tag": Phrase(
        "{where} has the tag {value!r}; a configuration holds plain values only, remove the tag.",
        "{where}带有标签“{value}”；设置只能含普通值，请删除该标签。",
    ),
    "where.line": Phrase("line {line}", "第 {line} 行"),
    "where.document": Phrase("the document", "整个文档"),
    "where.mark": Phrase("line {line}, column {character}: ", "第 {line} 行第 {character} 个字符："),
    "yaml_syntax": Phrase(
        "{where}{problem}; check indentation, colons and quotes there.",
        "{where}YAML 写法有误（{problem}）；请检查该处的缩进、冒号和引号。",
    ),
    "yaml_too_many_values": Phrase(
        "more than {limit:,} values or {depth} levels with aliases written out.",
        "YAML 展开别名后超过 {limit:,} 个值或 {depth} 层。",
    ),
    "yaml_too_much_text": Phrase(
        "keys and values have more than {limit:,} characters with aliases written out.",
        "YAML 的键和值展开别名后超过 {limit:,} 个字符。",
    ),
    "yaml_key": Phrase(
        "{place}: a key must be a name, not a list or mapping.", "{place}：键必须是名称，不能是列表或映射。"
    ),
    "yaml_key_twice": Phrase(
        "{place}: given twice, first on line {first}; keep one of them.",
        "{place}：出现两次，首次在第 {first} 行；请只保留一个。",
    ),
    "yaml_no_value": Phrase(
        "{place}: {text!r} is not a value; quote it if it is text.",
        "{place}：“{text}”无法识别为值；如果是文字，请加引号。",
    ),
    # single settings
    "place.line": Phrase("{name} (line {line})", "{name}（第 {line} 行）"),
    "place.top": Phrase("top level", "最外层"),
    "wrong_setting": Phrase("{place} is {value}; allowed: {allowed}.", "{place}：值为{value}；允许：{allowed}。"),
    "impossible_setting": Phrase("{place}: {problem}.", "{place}：{problem}。"),
    "problem.empty_range": Phrase(
        "the range [{low}, {high}] is empty; give [min, max] with min < max",
        "范围 [{low}, {high}] 是空的；请给出 [最小值, 最大值]，且最小值 < 最大值",
    ),
    "problem.mast_height": Phrase(
        "source: mast needs the height of the mast's anemometer above ground, e.g. height: 2",
        "source: mast 需要给出测风杆风速仪离地高度，例如 height: 2",
    ),
    "problem.constant_speed": Phrase(
        "source: constant needs the wind speed in m/s, e.g. speed: 4.5 (and direction: 270 where it is known)",
        "source: constant 需要给出风速（m/s），例如 speed: 4.5（已知风向时再给 direction: 270）",
    ),
    "problem.obukhov_length": Phrase(
        "an Obukhov length is at least 1 m either way; negative in unstable, positive in stable air; null when unknown",
        "奥布霍夫长度的绝对值至少为 1 m；不稳定时为负，稳定时为正；未知时填 null",
    ),
    "problem.zones": Phrase(
        "start and end must both have a time zone or both have none", "开始和结束时间须都带时区，或都不带"
    ),
    "problem.window_order": Phrase("end {end} is not after start {start}", "结束时间 {end} 不晚于开始时间 {start}"),
    "unknown_setting": Phrase("{place} is not a known setting; {hint}", "{place}：不是已知的设置；{hint}"),
    "hint.did_you_mean": Phrase("did you mean {near!r}?", "是否应为“{near}”？"),
    "hint.known": Phrase("known here: {names}.", "此处可用：{names}。"),
    "unknown_method": Phrase(
        "{column}: there is no {value!r}; choose one of {allowed}.",
        "{column}：没有“{value}”；请从中选择：{allowed}。",
    ),
    "grid_too_fine": Phrase(
        "{column}: {value} m makes {nx} x {nz} cells of a surface of {length:.0f} x {height:.0f} m; at most {limit} are"
        " allowed. Give at least {least:.2g} m, or leave it out.",
        "{column}：{value} m 会把 {length:.0f} × {height:.0f} m 的测量面分成 {nx} × {nz} 个单元；最多允许 {limit} 个。"
        "请至少取 {least:.2g} m，或不设置。",
    ),
    # requests
    "wrong_entry": Phrase("{name}: {problem}; got {value}.", "{name}：{problem}；收到 {value}。"),
    "entry.it": Phrase("it", "内容"),
    "unknown_entry": Phrase("{column!r} is not known; {hint}", "“{column}”不是已知的名称；{hint}"),
    "too_many_names": Phrase(
        "there are {value:,} names and {allowed} at most are taken: nothing of it was read.",
        "共有 {value:,} 个名称，最多接受 {allowed} 个：未读取任何内容。",
    ),
    "name_twice": Phrase("{column!r} is given twice; give it once.", "“{column}”出现多次；请只给出一次。"),
    "too_many_unknown": Phrase(
        "{count:,} keys are not known, such as {value}; this is no configuration of GasFlux.",
        "有 {count:,} 个未知的键，例如 {value}；这不是 GasFlux 的设置。",
    ),
    "more_faults": Phrase("And {count:,} more of such faults.", "另有 {count:,} 项类似的问题。"),
    # what is allowed
    "allowed.one_of": Phrase("one of {names}", "以下之一：{names}"),
    "allowed.or": Phrase("{one} or {other}", "{one}，或{other}"),
    "allowed.more": Phrase("more than {limit}", "大于 {limit}"),
    "allowed.or_more": Phrase("{limit} or more", "不小于 {limit}"),
    "allowed.less": Phrase("less than {limit}", "小于 {limit}"),
    "allowed.or_less": Phrase("{limit} or less", "不大于 {limit}"),
    "allowed.float": Phrase("a number", "数值"),
    "allowed.int": Phrase("a whole number", "整数"),
    "allowed.bool": Phrase("true or false", "true 或 false"),
    "allowed.section": Phrase("a section of 'key: value' lines", "由“名称: 值”各行组成的一节"),
    "allowed.list": Phrase("a list", "列表"),
    "allowed.datetime": Phrase("a time such as 2026-04-13T09:30:00", "时间，例如 2026-04-13T09:30:00"),
    "allowed.window": Phrase("[start, end]", "[开始, 结束]"),
    "allowed.min_max": Phrase("[min, max]", "[最小值, 最大值]"),
}

YAML_PROBLEMS: Final[dict[str, str]] = {
    "mapping values are not allowed here": "此处不应有“名称: 值”",
    "mapping values are not allowed in this context": "此处不应有“名称: 值”",
    "could not find expected ':'": "缺少冒号“:”",
    "found character '\\t' that cannot start any token": "缩进须用空格，不能用制表符",
    "expected <block end>, but found '<block mapping start>'": "缩进与上文不一致",
    "expected <block end>, but found '<block sequence start>'": "缩进与上文不一致",
    "expected <block end>, but found '-'": "缩进与上文不一致",
    "expected <block end>, but found '<scalar>'": "此处多出内容",
    "expected ',' or ']', but got '<stream end>'": "方括号没有闭合",
    "expected ',' or '}', but got '<stream end>'": "花括号没有闭合",
    "expected ',' or ']', but got ':'": "方括号内缺少逗号",
    "found unexpected end of stream": "引号没有闭合",
    "special characters are not allowed": "含有不允许的控制字符",
    "expected a single document in the stream": "只能有一个文档",
}
"""What PyYAML says most often, in Chinese; the rest is quoted as it is."""
