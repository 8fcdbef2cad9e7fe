"""Flags fire beyond their thresholds and not before; both languages are whole; the grade is monotone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gasflux.data_processor import process_flight
from gasflux.grading.flag_catalogue import FLAG_RULES, SUPERSEDES, FlagRule
from gasflux.grading.measures import azimuth_spread_deg, relative_half_width
from gasflux.grading.quality import QualityInputs, assess, assess_together, grade
from gasflux.records import FloatArray, Plane, Quality
from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.wording.phrases import Language

BY_CODE = {rule.code: rule for rule in FLAG_RULES}


def codes(inputs: QualityInputs) -> set[str]:
    return {flag.code for flag in assess(inputs).flags}


def inputs(rule: FlagRule, value: float) -> QualityInputs:
    figure: dict[str, Any] = {rule.measure: value}
    return QualityInputs(**figure)


@pytest.mark.parametrize("rule", FLAG_RULES, ids=lambda rule: rule.code)
def test_flag_fires_just_beyond_its_threshold(rule: FlagRule) -> None:
    beyond, before = np.nextafter(rule.threshold, [np.inf, -np.inf])[:: 1 if rule.fires == "above" else -1]
    assert rule.code in codes(inputs(rule, float(beyond)))
    assert rule.code not in codes(inputs(rule, rule.threshold))
    assert rule.code not in codes(inputs(rule, float(before)))


def test_nothing_known_raises_no_flag() -> None:
    assert assess(QualityInputs()).flags == ()
    assert assess(QualityInputs()).grade == "A"


def test_every_rule_looks_at_a_figure_that_exists() -> None:
    names = {field.name for field in fields(QualityInputs)}
    only_words = {"detection_ratio", "samples_below_ground", "isolated_rows", "isolated_off_surface_rows"}
    assert {rule.measure for rule in FLAG_RULES} == names - only_words
    assert len(BY_CODE) == len(FLAG_RULES)
    assert set(SUPERSEDES) | set(SUPERSEDES.values()) <= set(BY_CODE)


@pytest.mark.parametrize("rule", FLAG_RULES, ids=lambda rule: rule.code)
def test_both_languages_say_value_and_threshold(rule: FlagRule) -> None:
    def slots(text: str) -> list[str]:
        return sorted(set(re.findall(r"\{(\w+)\}", text)))

    assert slots(rule.message.en) == slots(rule.message.zh)
    assert re.search(r"[\u4e00-\u9fff]", rule.message.zh)
    assert re.search(r"[\u4e00-\u9fff]", rule.advice.zh)
    assert not re.search(r"[\u4e00-\u9fff]", rule.message.en + rule.advice.en)
    assert rule.message.en.endswith(".")
    assert rule.advice.en.endswith(".")


def test_stronger_flag_silences_the_weaker() -> None:
    assert codes(QualityInputs(below_share=0.7)) == {"mostly_extrapolated"}
    assert codes(QualityInputs(below_share=0.4)) == {"extrapolated"}
    assert codes(QualityInputs(above_share=0.3, top_share=0.6)) == {"cut_off_above"}
    assert codes(QualityInputs(above_share=0.2, top_share=0.6)) == {"extrapolated_above"}
    assert codes(QualityInputs(wind_mean_m_s=0.5)) == {"wind_too_low"}


def test_most_important_flag_comes_first() -> None:
    found = assess(QualityInputs(below_share=0.7, passes=3.0, turbulence_intensity=0.5)).flags
    assert [flag.severity for flag in found] == ["serious", "warning", "info"]


def test_sentence_has_value_and_threshold() -> None:
    flag = assess(QualityInputs(wind_mean_m_s=1.23)).flags[0]
    assert all("1.23 m/s" in text and "1.50 m/s" in text for text in flag.message)
    assert (flag.value, flag.threshold) == (1.23, 1.5)


def test_sentence_has_further_counts() -> None:
    message = assess(QualityInputs(passes_below_ground=2.0, samples_below_ground=37.0)).flags[0].message
    assert "2, with 37 samples" in message.en
    assert "2 条，共 37 个样本" in message.zh


def test_another_flag_never_improves_the_grade() -> None:
    for size in (0, 1, 2):
        for chosen in combinations(FLAG_RULES, size):
            for extra in FLAG_RULES:
                assert grade([*chosen, extra]) >= grade(chosen)


def test_rejecting_flags_are_grade_d() -> None:
    assert assess(QualityInputs(wind_mean_m_s=0.9)).grade == "D"
    # a flight that found nothing is a result: its upper bound
    assert assess(QualityInputs(not_told=1.0, detection_ratio=0.5)).grade == "A"
    assert assess(QualityInputs(relative_half_width=1.1)).grade == "C"


def test_mean_of_curtains_is_judged_by_what_most_of_them_have() -> None:
    top, fine = assess(QualityInputs(top_share=0.6)), assess(QualityInputs())
    assert {flag.code for flag in assess_together([top, fine], [0.7, 0.3], QualityInputs()).flags} == {"plume_at_top"}
    assert assess_together([top, fine], [0.3, 0.7], QualityInputs()).flags == ()


def messages(parts: list[Quality], language: Language = "en", numbers: tuple[int, ...] = ()) -> list[str]:
    weights = [1.0 / len(parts)] * len(parts)
    flags = assess_together(parts, weights, QualityInputs(), numbers).flags
    return [flag.message.said(language) for flag in flags]


def test_flag_of_a_curtain_names_its_segment() -> None:
    high, higher, fine = (assess(QualityInputs(top_share=share)) for share in (0.6, 0.7, 0.1))
    (said,) = messages([fine, high])
    assert said == f"Segment 2: {high.flags[0].message.en}"
    assert messages([fine, high], numbers=(2, 5)) == [f"Segment 5: {high.flags[0].message.en}"]
    assert messages([high, fine, higher]) == [f"Segment 1 (also 3): {high.flags[0].message.en}"]
    assert messages([high, higher]) == [f"Segment 1 (also 2): {high.flags[0].message.en}"]
    assert messages([high, higher], "zh")[0].startswith("第 1 段（另有第 2 段）：")


def test_what_all_curtains_say_alike_names_none() -> None:
    blind = assess(QualityInputs(direction_missing=1.0))
    assert messages([blind, blind]) == [blind.flags[0].message.en]


def test_mean_of_curtains_answers_for_its_own_error() -> None:
    wide = assess(QualityInputs(relative_half_width=1.3, passes=3.0))
    assert assess_together([wide, wide], [0.5, 0.5], QualityInputs(relative_half_width=0.5)).grade == "A"


def test_few_degrees_of_freedom_are_as_bad_as_a_large_error() -> None:
    few, many = (relative_half_width(10.0, {"repeatability": 2.0}, freedom) for freedom in (1.0, 1e6))
    # Student's factors 6.31 and 1.64: the same error, and only one of them a sound result
    assert codes(QualityInputs(relative_half_width=few)) == {"very_uncertain"}
    assert codes(QualityInputs(relative_half_width=many)) == set()


def test_angle_between_planes_does_not_see_north() -> None:
    planes = [Plane(0.0, 0.0, azimuth, 0.0) for azimuth in (2.0, 178.0, 175.0)]
    # differences of small whole numbers
    assert azimuth_spread_deg(planes) == pytest.approx(7.0, abs=1e-9)
    assert azimuth_spread_deg([*planes, Plane(0.0, 0.0, 90.0, 0.0)]) == pytest.approx(88.0, abs=1e-9)
    assert azimuth_spread_deg(planes[:1]) is None


def test_methods_page_names_every_flag_with_its_severity() -> None:
    lines = (Path(__file__).parents[1] / "docs" / "METHODS.md").read_text(encoding="utf-8").splitlines()
    for rule in FLAG_RULES:
        severity = f"{rule.severity}, rejects" if rule.rejects else rule.severity
        assert any(line.startswith(f"| `{rule.code}` |") and line.endswith(f"| {severity} |") for line in lines), (
            rule.code
        )


def spoiled(column: str, change: Callable[[FloatArray], FloatArray]) -> set[str]:
    frame = to_frame(simulate(Scenario(seed=11)))
    frame[column] = change(frame[column].to_numpy())
    return {flag.code for flag in process_flight(frame).gases["ch4"].quality.flags}


def test_wind_that_no_anemometer_measures_is_told() -> None:
    """A mean that was filled in, a vane that stuck, km/h under a header without unit: none gets the best grade."""
    assert spoiled("windspeed", lambda speed: speed) == set()
    assert "wind_speed_frozen" in spoiled("windspeed", lambda speed: np.full_like(speed, speed.mean()))
    assert "wind_direction_frozen" in spoiled("winddir", lambda direction: np.full_like(direction, direction[0]))
    assert "wind_high" in spoiled("windspeed", lambda speed: 3.6 * speed)
