"""Every quality flag: what it measures, where its threshold lies and why, and what it says in each language.

Thresholds are those of EPA OTM-33A (2014, section 8.6) and EddyPro's tests where they have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gasflux.records import Severity
from gasflux.wording.phrases import Phrase


@dataclass(frozen=True)
class FlagRule:
    """One flag. Texts may use ``{value}`` and ``{threshold}``, formatted with `form`, and what `_flag` adds."""

    code: str
    measure: str
    """Field of `QualityInputs` it looks at."""
    fires: Literal["above", "below"]
    threshold: float
    severity: Severity
    form: str
    message: Phrase
    advice: Phrase
    rejects: bool = False
    """Whether it alone makes a result unfit for use."""

    def said(self, value: float) -> str:
        """Return a figure in the rule's form, with a blank before the sign of percent (SI brochure, 5.4.7)."""
        return self.form.format(value).replace("%", " %")


FLAG_RULES: Final[tuple[FlagRule, ...]] = (
    FlagRule(
        "wind_too_low",
        "wind_mean_m_s",
        "below",
        1.0,
        "serious",
        "{:.2f} m/s",
        Phrase(
            "The mean wind is {value}, below {threshold}: the plume does not travel, the method does not apply.",
            "平均风速 {value}，低于 {threshold}：羽流不随风输送，方法不适用。",
        ),
        Phrase("Do not use this result; fly again in more wind.", "请勿使用该结果；待风速增大后重飞。"),
        rejects=True,
    ),
    FlagRule(
        "very_uncertain",
        "relative_half_width",
        "above",
        1.0,
        "serious",
        "{:.1%}",
        Phrase(
            "Half of the 90 % interval is {value} of the flux, above {threshold}: little more than the order is known.",
            "90 % 区间的半宽为通量的 {value}，超过 {threshold}：仅能确定数量级。",
        ),
        Phrase(
            "Repeat the flight and combine the results; see the largest bar of the error budget.",
            "请重复飞行并合并结果；查看误差预算图中最大的一项。",
        ),
    ),
    FlagRule(
        "uncertain",
        "relative_half_width",
        "above",
        0.6,
        "warning",
        "{:.1%}",
        Phrase(
            "Half of the 90 % interval is {value} of the flux, more than {threshold}.",
            "90 % 区间的半宽为通量的 {value}，超过 {threshold}。",
        ),
        Phrase(
            "Repeat the flight and combine the results; see the largest bar of the error budget.",
            "请重复飞行并合并结果；查看误差预算图中最大的一项。",
        ),
    ),
    FlagRule(
        "ground_guessed",
        "ground_guessed",
        "above",
        0.5,
        "warning",
        "{:.0f}",
        Phrase(
            "The height of the ground is not known: the log's lowest sample is taken for it.",
            "地面高度未知：以数据中的最低样本代替。",
        ),
        Phrase(
            "Set ground.height, or add a height_agl column; a ground that lies lower makes the flux higher.",
            "请设置 ground.height 或添加 height_agl 列；若地面更低，通量会更高。",
        ),
    ),
    FlagRule(
        "mostly_extrapolated",
        "below_share",
        "above",
        0.5,
        "serious",
        "{:.1%}",
        Phrase(
            "{value} of the flux lies below the lowest pass (more than {threshold}): most of it was never flown "
            "through.",
            "{value} 的通量位于最低测线以下（超过 {threshold}）：大部分未被实测。",
        ),
        Phrase(
            "Fly lower, or farther from the source where the plume has risen.",
            "请降低最低测线高度，或在羽流抬升后的更远处飞行。",
        ),
    ),
    FlagRule(
        "extrapolated",
        "below_share",
        "above",
        0.3,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the flux lies below the lowest pass (more than {threshold}).",
            "{value} 的通量位于最低测线以下（超过 {threshold}）。",
        ),
        Phrase(
            "Fly lower if it is safe; the uncertainty of this part is in the interval.",
            "请在安全前提下降低最低测线高度；该部分的不确定度已计入区间。",
        ),
    ),
    FlagRule(
        "cut_off_above",
        "above_share",
        "above",
        0.25,
        "serious",
        "{:.1%}",
        Phrase(
            "{value} of the flux is taken to lie above the highest pass (more than {threshold}): the plume was cut "
            "off.",
            "推算有 {value} 的通量位于最高测线以上（超过 {threshold}）：羽流被截断。",
        ),
        Phrase(
            "Fly higher until the enhancement is gone; the interval says how little is known of the air above.",
            "请飞得更高，直至浓度增量消失；区间已反映对上方空气所知有限。",
        ),
    ),
    FlagRule(
        "extrapolated_above",
        "above_share",
        "above",
        0.1,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the flux is taken to lie above the highest pass (more than {threshold}).",
            "推算有 {value} 的通量位于最高测线以上（超过 {threshold}）。",
        ),
        Phrase(
            "Fly higher next time; the uncertainty of this part is in the interval.",
            "下次请飞得更高；该部分的不确定度已计入区间。",
        ),
    ),
    FlagRule(
        "wind_speed_frozen",
        "wind_speed_std_m_s",
        "below",
        1e-6,
        "serious",
        "{:.2g} m/s",
        Phrase(
            "The wind speed is the same in all samples: the anemometer stood still, or one value was filled in.",
            "所有样本的风速完全相同：风速仪未转动，或整列填入了同一数值。",
        ),
        Phrase(
            "The rate is as wrong as that value: use the wind as it was measured along the flight.",
            "速率的误差与该数值的误差相同：请使用飞行过程中实测的风速。",
        ),
    ),
    FlagRule(
        "wind_direction_frozen",
        "direction_std_deg",
        "below",
        1e-3,
        "serious",
        "{:.2g}°",
        Phrase(
            "The wind direction is the same in all samples: the vane stood still, or one value was filled in.",
            "所有样本的风向完全相同：风向标未转动，或整列填入了同一数值。",
        ),
        Phrase(
            "Use the direction as it was measured; without one, leave the column out: the wind then counts as straight "
            "through the curtain.",
            "请使用实测风向；没有时请去掉该列，此时视风为垂直穿过幕面。",
        ),
    ),
    FlagRule(
        "wind_high",
        "wind_mean_m_s",
        "above",
        12.0,
        "warning",
        "{:.1f} m/s",
        Phrase(
            "The mean wind is {value}, more than {threshold}: few drones fly in it; the column may be km/h or knots.",
            "平均风速 {value}，超过 {threshold}：多数无人机无法在此风速下飞行，该列单位可能是 km/h 或节。",
        ),
        Phrase(
            "Check the unit of the wind speed; a header without unit is told one under units (windspeed: km/h).",
            "请检查风速的单位；表头未注明时，请在 units 中指定（windspeed: km/h）。",
        ),
    ),
    FlagRule(
        "wind_low",
        "wind_mean_m_s",
        "below",
        1.5,
        "warning",
        "{:.2f} m/s",
        Phrase(
            "The mean wind is {value}, below {threshold}: the plume meanders and may rise past the curtain.",
            "平均风速 {value}，低于 {threshold}：羽流易摆动并可能抬升越过幕面。",
        ),
        Phrase("Prefer flights in 2-8 m/s.", "建议在 2-8 m/s 风速下飞行。"),
    ),
    FlagRule(
        "wind_oblique",
        "angle_to_normal_deg",
        "above",
        45.0,
        "warning",
        "{:.1f}°",
        Phrase(
            "The mean wind is {value} off the curtain's normal, more than {threshold}: direction errors weigh heavily.",
            "平均风向偏离幕面法线 {value}，超过 {threshold}：风向误差影响显著。",
        ),
        Phrase("Fly the curtain across the wind.", "请使幕面垂直于风向飞行。"),
    ),
    FlagRule(
        "wind_direction_unmeasured",
        "direction_missing",
        "above",
        0.5,
        "warning",
        "{:.0f}",
        Phrase(
            "The log has no wind direction: the wind is taken as straight through the surface.",
            "数据中没有风向：假定风垂直穿过幕面。",
        ),
        Phrase(
            "Add a winddir column; an oblique wind makes this result too high.",
            "请添加 winddir 列；若风斜穿幕面，结果会偏高。",
        ),
    ),
    FlagRule(
        "wind_elsewhere",
        "wind_elsewhere",
        "above",
        0.5,
        "warning",
        "{:.0f}",
        Phrase(
            "The wind was not measured at the aircraft: it was carried there from a mast or is a constant, so gusts "
            "and plume are not of the same moment.",
            "风不是在飞行器处测得的：由测风杆推算或取常数，阵风与烟羽不在同一时刻。",
        ),
        Phrase(
            "Measure the wind on the aircraft, or give the mast's height, the roughness and the Obukhov length.",
            "请在飞行器上测风，或填入测风杆高度、粗糙度和奥布霍夫长度。",
        ),
    ),
    FlagRule(
        "sensor_late",
        "sensor_delay_s",
        "above",
        3.0,
        "warning",
        "{:.1f}",
        Phrase(
            "Passes to and fro see the plume apart: gas is logged {value} s off its place (more than {threshold} s). "
            "A late one was put back as far as the passes tell.",
            "往返航线测得的烟羽位置不一致：气体数据与位置相差 {value} s（超过 {threshold} s）。"
            "滞后部分已按航线所示予以订正。",
        ),
        Phrase(
            "Give the analyser's time constant and the delay of its inlet: sensor: {response_s: 6, lag_s: 2}.",
            "请给出分析仪的时间常数和进气延迟：sensor: {response_s: 6, lag_s: 2}。",
        ),
    ),
    FlagRule(
        "gas_held",
        "held_s",
        "above",
        2.5,
        "warning",
        "{:.1f}",
        Phrase(
            "The analyser gives a value every {value} s and the log repeats it until the next (more than {threshold} "
            "s): gas is logged behind its place, and a narrow plume is seen by few values.",
            "分析仪每 {value} s 给出一个数值，数据在此期间重复该值（超过 {threshold} s）：气体数据落后于位置，"
            "窄羽流只有少数数值测到。",
        ),
        Phrase(
            "Fly slower or farther from the source, or log the analyser at its own rate.",
            "请降低飞行速度或远离排放源，或按分析仪自身的频率记录。",
        ),
    ),
    FlagRule(
        "clock_untold",
        "clock_untold",
        "above",
        0.5,
        "serious",
        "{:.0f}",
        Phrase(
            "Gas and position stand in files of their own, and nothing in them tells how far their clocks are apart: a "
            "difference of more than some seconds puts the plume in a wrong place and wind.",
            "气体与位置来自不同文件，且无法确定两者的时钟差：相差超过数秒，羽流就会落在错误的位置和风中。",
        ),
        Phrase(
            "Set fusion: {clock_offsets: {FILE: seconds}}, or log pressure beside the gas and fly passes to and fro.",
            "请设置 fusion: {clock_offsets: {文件: 秒}}，或在气体旁记录气压，并往返飞行。",
        ),
    ),
    FlagRule(
        "air_assumed",
        "air_assumed",
        "above",
        0.5,
        "warning",
        "{:.0f}",
        Phrase(
            "The log has no air temperature or no air pressure that can be trusted: what lacks is assumed, and its "
            "error is in the interval.",
            "数据中没有可信的气温或气压：采用假定值，其误差已计入区间。",
        ),
        Phrase(
            "Log both, or set air.temperature and air.pressure to what a station nearby measured during the flight.",
            "请记录气温和气压，或在 air.temperature 和 air.pressure 中填入附近气象站在飞行期间的实测值。",
        ),
    ),
    FlagRule(
        "wind_direction_unsteady",
        "direction_std_deg",
        "above",
        30.0,
        "warning",
        "{:.1f}°",
        Phrase(
            "The wind direction has a standard deviation of {value}, more than {threshold} (EPA OTM-33A).",
            "风向标准差为 {value}，超过 {threshold}（EPA OTM-33A）。",
        ),
        Phrase("Average more flights, or wait for a steadier wind.", "请增加飞行次数取平均，或等待风向稳定。"),
    ),
    FlagRule(
        "turbulent",
        "turbulence_intensity",
        "above",
        0.22,
        "info",
        "{:.3f}",
        Phrase(
            "The turbulence intensity is {value}, above {threshold} (EPA OTM-33A): single passes differ much.",
            "湍流强度为 {value}，高于 {threshold}（EPA OTM-33A）：各测线差异较大。",
        ),
        Phrase("More passes narrow the interval.", "增加测线可缩小区间。"),
    ),
    FlagRule(
        "few_passes",
        "passes",
        "below",
        5.0,
        "warning",
        "{:.0f}",
        Phrase(
            "There are {value} passes, fewer than {threshold}: their scatter is hardly known.",
            "仅有 {value} 条测线，少于 {threshold} 条：离散程度难以估计。",
        ),
        Phrase("Fly at least 8 passes.", "建议至少飞行 8 条测线。"),
    ),
    FlagRule(
        "plume_at_side",
        "side_share",
        "above",
        0.1,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the flux lies in the outer tenths of the curtain (more than {threshold}): the plume may "
            "be cut.",
            "{value} 的通量位于幕面两端十分之一处（超过 {threshold}）：羽流可能被截断。",
        ),
        Phrase("Fly longer passes, or shift the curtain.", "请加长测线或平移幕面。"),
    ),
    FlagRule(
        "plume_at_top",
        "top_share",
        "above",
        0.25,
        "warning",
        "{:.1%}",
        Phrase(
            "The highest pass carries {value} of the strongest one (more than {threshold}): part of the plume "
            "is above it.",
            "最高测线的通量为最强测线的 {value}（超过 {threshold}）：部分羽流在其上方。",
        ),
        Phrase("Fly higher until the enhancement is gone.", "下次请飞得更高，直至浓度增量消失。"),
    ),
    FlagRule(
        "weak_enhancement",
        "peak_to_noise",
        "below",
        5.0,
        "warning",
        "{:.1f}",
        Phrase(
            "The highest enhancement is {value} times the noise, below {threshold}.",
            "最大浓度增量为噪声的 {value} 倍，低于 {threshold} 倍。",
        ),
        Phrase("Fly closer to the source, or use a more precise analyser.", "请靠近源飞行，或使用精度更高的分析仪。"),
    ),
    FlagRule(
        "no_structure",
        "structure",
        "below",
        0.2,
        "warning",
        "{:.1%}",
        Phrase(
            "Only {value} of the variance has a structure in space (below {threshold}): the map is nearly flat.",
            "仅 {value} 的方差具有空间结构（低于 {threshold}）：插值图接近平坦。",
        ),
        Phrase("Trust the total more than the map; check the background.", "总量比分布图更可信；请检查背景。"),
    ),
    FlagRule(
        "curtains_disagree",
        "between_relative_std",
        "above",
        0.25,
        "warning",
        "{:.1%}",
        Phrase(
            "The curtains differ by {value} of their mean beyond their own errors (more than {threshold}).",
            "各幕面之间的差异超出自身误差，达均值的 {value}（超过 {threshold}）。",
        ),
        Phrase(
            "Look at the curtains one by one; the source or the wind may have changed.",
            "请逐个检查幕面：源强或风是否变化？",
        ),
    ),
    FlagRule(
        "curtains_not_parallel",
        "azimuth_spread_deg",
        "above",
        30.0,
        "serious",
        "{:.1f}°",
        Phrase(
            "The curtains' planes differ by {value} in direction (more than {threshold}): walls of a box are no "
            "repeats.",
            "各幕面的方向相差 {value}（超过 {threshold}）：环绕场地的多面幕面不是重复测量。",
        ),
        Phrase(
            "Do not use the combined rate; add up the walls the wind leaves through and subtract those it "
            "enters through.",
            "请勿使用合并结果；应将下风面的通量相加并减去上风面的通量。",
        ),
    ),
    FlagRule(
        "kriging_failed",
        "failed_share",
        "above",
        0.0,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the grid could not be kriged and is left out of the flux.",
            "{value} 的网格单元克里金失败，未计入通量。",
        ),
        Phrase(
            "Lower ordinary_kriging_settings.min_points or raise max_points.",
            "请减小 ordinary_kriging_settings.min_points 或增大 max_points。",
        ),
    ),
    FlagRule(
        "gas_range_cuts",
        "above_gas_range_share",
        "above",
        0.005,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the rows were dropped because a gas was above its range (more than {threshold}): the "
            "plume is cut.",
            "{value} 的行因气体高于其允许范围而被舍弃（超过 {threshold}）：羽流被截断。",
        ),
        Phrase(
            "Raise the upper end of that gas under gases, or leave the gas out there; the rate is too low as it is.",
            "请提高 gases 中该气体的上限，或不在其中列出该气体；目前的速率偏低。",
        ),
    ),
    FlagRule(
        "passes_below_ground",
        "passes_below_ground",
        "above",
        0.0,
        "warning",
        "{:.0f}",
        Phrase(
            "Passes below the ground: {value}, with {samples_below_ground} samples; they are cut off the map.",
            "低于地面的测线：{value} 条，共 {samples_below_ground} 个样本；它们被截去于分布图之外。",
        ),
        Phrase(
            "Check ground.height (it counts as the log's heights do), or set "
            "ordinary_kriging_settings.cut_ground: false.",
            "请检查 ground.height（与数据高度同一基准），或设置 ordinary_kriging_settings.cut_ground: false。",
        ),
    ),
    FlagRule(
        "isolated_values",
        "isolated_values",
        "above",
        0.0,
        "warning",
        "{:.0f}",
        Phrase(
            "Values that stand alone, far from their neighbours and from all else the sensor shows: {value}, namely"
            " {isolated_rows}. The rate counts them. Low ones are wrong; a high one may be a plume too narrow for rows"
            " and passes.",
            "孤立数值 {value} 个，远离相邻行及该传感器的其余数值：{isolated_rows}。速率计入了这些值。偏低者有误；"
            "偏高者也可能来自采样和测线无法分辨的窄羽流。",
        ),
        Phrase(
            "Look at these rows. Where they are wrong, mend the file, or set a range under gases, such as"
            " ch4: [1.5, 50], with out_of_range: drop.",
            "请查看这些行。若数值有误，请修正文件，或在 gases 下设置范围，例如 ch4: [1.5, 50]，并设"
            " out_of_range: drop。",
        ),
    ),
    FlagRule(
        "little_background",
        "background_share",
        "below",
        0.15,
        "warning",
        "{:.1%}",
        Phrase(
            "Only {value} of the samples are background (below {threshold}): the baseline rests on little.",
            "仅 {value} 的样本为背景（低于 {threshold}）：基线依据不足。",
        ),
        Phrase("Fly longer passes so that both ends are in clean air.", "请加长测线，使两端处于清洁空气中。"),
    ),
    FlagRule(
        "missing_gas",
        "missing_share",
        "above",
        0.1,
        "warning",
        "{:.1%}",
        Phrase(
            "{value} of the samples have no value of this gas (more than {threshold}).",
            "{value} 的样本缺少该气体数值（超过 {threshold}）。",
        ),
        Phrase("Check the analyser's log for faults.", "请检查分析仪日志。"),
    ),
    FlagRule(
        "not_detected",
        "not_told",
        "above",
        0.5,
        "info",
        "{:.0f}",
        Phrase(
            "No emission was detected: the rate, {detection_ratio} of the detection limit, is not told from zero.",
            "未检出排放：速率与零无法区分（为检出限的 {detection_ratio} 倍）。",
        ),
        Phrase(
            "Report the upper bound, not the rate; fly closer to the source or more passes for a lower one.",
            "请报告上限而非速率；靠近源飞行或增加测线可降低上限。",
        ),
    ),
    FlagRule(
        "negative_flux",
        "negative_share",
        "above",
        0.15,
        "info",
        "{:.1%}",
        Phrase(
            "Negative parts of the map add up to {value} of the flux (more than {threshold}): noise, baseline "
            "or backflow.",
            "分布图中负值部分合计为通量的 {value}（超过 {threshold}）：来自噪声、基线或回流。",
        ),
        Phrase(
            "Look at the background figure; negative values are kept, not hidden.",
            "请查看背景图；负值予以保留，不作隐藏。",
        ),
    ),
    FlagRule(
        "isolated_off_surface",
        "isolated_off_surface",
        "above",
        0.0,
        "info",
        "{:.0f}",
        Phrase(
            "Values that stand alone outside this curtain or spiral: {value}, namely {isolated_off_surface_rows}."
            " Its rate does not count them.",
            "该幕面或螺旋之外的孤立数值 {value} 个：{isolated_off_surface_rows}。其速率未计入这些值。",
        ),
        Phrase(
            "Look at these rows: what the sensor did there it may do on the surface too.",
            "请查看这些行：传感器在测量面上也可能出现同样的情况。",
        ),
    ),
    FlagRule(
        "rows_dropped",
        "dropped_share",
        "above",
        0.1,
        "info",
        "{:.1%}",
        Phrase(
            "{value} of the rows of the file were dropped (more than {threshold}).",
            "文件中 {value} 的行被舍弃（超过 {threshold}）。",
        ),
        Phrase("See “Input file” for the reasons.", "原因见“输入文件”。"),
    ),
)
"""Most important first: the order in which a report names them within one severity."""

SUPERSEDES: Final = {
    "mostly_extrapolated": "extrapolated",
    "wind_too_low": "wind_low",
    "very_uncertain": "uncertain",
    "cut_off_above": "extrapolated_above",
    "extrapolated_above": "plume_at_top",
}
"""A flag that says the same more strongly silences the weaker one."""
