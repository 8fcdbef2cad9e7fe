"""What is said about several files of one flight: why they are none, and how they were put together."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

FUSION_TEXTS: Final[dict[str, Phrase]] = {
    # faults
    "fusion_too_many": Phrase(
        "{value} files are more than one flight's ({allowed}); give the logs of one flight, or join those of one"
        " instrument.",
        "一次飞行不应有 {value} 个文件（{allowed}）；请只提供一次飞行的记录，或合并同一仪器的文件。",
    ),
    "allowed.files": Phrase("at most {limit}", "最多 {limit} 个"),
    "fusion_twice": Phrase(
        "{second} holds the same bytes as {first}; give each file once.",
        "{second} 与 {first} 内容完全相同；每个文件只需提供一次。",
    ),
    "fusion_unknown_file": Phrase(
        "The setting fusion names a file {value!r} that is not among those of the flight ({names}); write its name as"
        " it is given.",
        "fusion 设置中的文件“{value}”不在本次飞行的文件（{names}）之中；请按提供的文件名填写。",
    ),
    "fusion_no_position": Phrase(
        "None of the files ({names}) has latitude and longitude; add the log of the drone or of a GPS.",
        "所有文件（{names}）都没有纬度和经度；请加入无人机或 GPS 的记录。",
    ),
    "fusion_no_gas": Phrase(
        "None of the files ({names}) has a gas; add the log of the analyser.",
        "所有文件（{names}）都没有气体浓度；请加入分析仪的记录。",
    ),
    "fusion_no_overlap": Phrase(
        "{first} ({of_first}) and {second} ({of_second}) share no time, by no zone either; give the files of one"
        " flight, or set fusion: {{clock_offsets: {{{second}: seconds}}}}.",
        "{first}（{of_first}）与 {second}（{of_second}）在任何时区下都没有重叠；请提供同一次飞行的文件，或设置"
        " fusion: {{clock_offsets: {{{second}: 秒}}}}。",
    ),
    "fusion_offset_apart": Phrase(
        "with a clock that is {value} s ahead, {second} ({of_second}) shares no moment with {first} ({of_first}); give "
        "under fusion.clock_offsets the seconds by which its clock is ahead, or auto.",
        "若{second}（{of_second}）的时钟快 {value} s，它与{first}（{of_first}）没有共同的时刻；"
        "请在 fusion.clock_offsets 下给出其时钟快了多少秒，或设为 auto。",
    ),
    "fusion_two_flights": Phrase(
        "{first} and {second} both hold positions and are of two flights ({distance} m apart, or at other times); give"
        " the files of one flight at a time.",
        "{first} 与 {second} 都含有位置，却属于两次飞行（相距 {distance} m，或时间不同）；请每次只提供一次飞行的文件。",
    ),
    "fusion_nothing": Phrase(
        "No column of the file is of use to a flight (position, height, wind, air or a gas); its columns: {unused}.",
        "文件中没有可用的列（位置、高度、风、空气状态或气体）；其列为：{unused}。",
    ),
    # notes
    "note.fusion_reference": Phrase("{name} gives {role}; its clock counts.", "{name} 提供{role}；以其时钟为准。"),
    "note.fusion_clock": Phrase(
        "{name} gives {role}; its clock is {offset} s against that of {first} (± {std} s, from {how}){drift}.",
        "{name} 提供{role}；其时钟相对 {first} 为 {offset} s（± {std} s，依据{how}）{drift}。",
    ),
    "note.fusion_untold": Phrase(
        "{name} gives {role}; nothing it shares with the other files tells its clock, which is taken to be {offset} s"
        " against that of {first}; the budget holds what an error of 2 s would do.",
        "{name} 提供{role}；它与其他文件没有可确定时钟的共有量，按相对 {first} 为 {offset} s 处理；不确定度中已计入 2 s"
        " 误差的影响。",
    ),
    "note.fusion_dates": Phrase(
        "The dates of {name} are read with day and month in the other order: only so they overlap those of {first}.",
        "{name} 的日期按另一种日月顺序读取：只有这样才与 {first} 重叠。",
    ),
    "note.fusion_choice": Phrase(
        "{what} is taken from {name} ({reason}), not from {others}.", "{what}取自 {name}（{reason}），未取自 {others}。"
    ),
    "note.fusion_lag": Phrase(
        "The gas reaches the analyser {lag} s late (± {std} s, from the plume's place on opposite passes).",
        "气体到达分析仪滞后 {lag} s（± {std} s，依据往返航线上烟羽的位置）。",
    ),
    "fusion.drift": Phrase(", growing by {drift} s in an hour", "，每小时变化 {drift} s"),
    "fusion.given": Phrase("the settings", "设置"),
    "fusion.pressure": Phrase("pressure against height", "气压与高度"),
    "fusion.plume": Phrase("the plume's place on opposite passes", "往返航线上烟羽的位置"),
    "fusion.motion": Phrase("the wind against the aircraft's motion", "风与飞行器的运动"),
    "fusion.same_quantity": Phrase("a quantity both measured", "两者共同测量的量"),
    "fusion.role": Phrase("{roles}", "{roles}"),
    "fusion.role_position": Phrase("positions", "位置"),
    "fusion.role_wind": Phrase("wind", "风"),
    "fusion.role_air": Phrase("temperature or pressure", "气温或气压"),
    "fusion.role_temperature": Phrase("temperature", "气温"),
    "fusion.role_pressure": Phrase("pressure", "气压"),
    "fusion.role_gas": Phrase("gas", "气体"),
    "fusion.role_cross-check": Phrase("a cross-check only", "仅供核对的数据"),
    "fusion.why_covers_more": Phrase("it covers more of the flight", "覆盖的飞行时间更长"),
    "fusion.why_own_instrument": Phrase("an instrument of its own", "专用仪器"),
    "fusion.why_faster": Phrase("the better by coverage and rate", "覆盖率和频率更好"),
    "fusion.why_beside_position": Phrase("it stands beside the positions", "与位置在同一文件"),
    "fusion.why_only": Phrase("the only one", "唯一来源"),
}
