"""From the figures of a result to flags and a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from gasflux.grading.flag_catalogue import FLAG_RULES, SUPERSEDES, FlagRule
from gasflux.records import Flag, Quality
from gasflux.wording.phrases import NOTHING, Phrase

_WEIGHT: Final = {"serious": 0, "warning": 1, "info": 2}

_BY_CODE: Final = {rule.code: rule for rule in FLAG_RULES}

_PLACE: Final = Phrase("Segment {number}: {message}", "第 {number} 段：{message}")
_PLACE_AMONG: Final = Phrase(
    "Segment {number} (also {others}): {message}", "第 {number} 段（另有第 {others} 段）：{message}"
)

OF_ONE_CURTAIN: Final = frozenset(
    {
        *("not_detected", "very_uncertain", "uncertain", "few_passes", "extrapolated", "mostly_extrapolated"),
        *("extrapolated_above", "cut_off_above"),
        "isolated_off_surface",
    }
)
"""Flags that the mean of several curtains answers with its own figures, or that are of no concern to it."""

OF_ANY_CURTAIN: Final = frozenset({"isolated_values"})
"""Flags that count whatever the weight of the curtain: what is wrong in the file is wrong in the mean."""


@dataclass(frozen=True)
class QualityInputs:
    """What the flags look at; None where a figure does not exist, and then its flags stay silent."""

    wind_mean_m_s: float | None = None
    wind_speed_std_m_s: float | None = None
    direction_std_deg: float | None = None
    direction_missing: float | None = None
    """1 when the wind direction was not measured."""
    wind_elsewhere: float | None = None
    """1 when the wind was measured on a mast or typed in."""
    sensor_delay_s: float | None = None
    """Time by which the analyser is late or early for sure, beside what was given."""
    held_s: float | None = None
    """Time for which the log repeats each value of the gas."""
    clock_untold: float | None = None
    """1 when nothing tells the clock of a gas that was logged in a file of its own."""
    air_assumed: float | None = None
    """1 when temperature or pressure was assumed."""
    turbulence_intensity: float | None = None
    angle_to_normal_deg: float | None = None
    passes: float | None = None
    below_share: float | None = None
    """Flux below the lowest pass over the flux."""
    above_share: float | None = None
    """Flux above the highest pass over the flux."""
    side_share: float | None = None
    """Flux in the outer tenths of a curtain over the flux."""
    top_share: float | None = None
    """Flux per metre of the highest pass over that of the strongest."""
    peak_to_noise: float | None = None
    detection_ratio: float | None = None
    """Flux over detection limit."""
    not_told: float | None = None
    """1 when the rate is not told from zero."""
    structure: float | None = None
    failed_share: float | None = None
    background_share: float | None = None
    missing_share: float | None = None
    negative_share: float | None = None
    dropped_share: float | None = None
    above_gas_range_share: float | None = None
    """Rows dropped because a gas was above its range over the rows of the file."""
    passes_below_ground: float | None = None
    samples_below_ground: float | None = None
    """Samples on those passes."""
    relative_half_width: float | None = None
    """Half of the interval at 90 % over the flux."""
    ground_guessed: float | None = None
    """1 when the height of the ground is read off the lowest sample."""
    between_relative_std: float | None = None
    isolated_values: float | None = None
    isolated_rows: Phrase = NOTHING
    """The first of them, with their rows in the file."""
    isolated_off_surface: float | None = None
    """Isolated values in the rest of the log."""
    isolated_off_surface_rows: Phrase = NOTHING
    azimuth_spread_deg: float | None = None
    """Largest angle between the planes of two curtains, 0-90."""


def assess(inputs: QualityInputs) -> Quality:
    """Raise the flags whose thresholds are passed, and grade.

    Parameters
    ----------
    inputs
        The figures.

    Returns
    -------
    Quality
        Flags, most important first, and the grade of `grade`.
    """
    raised = [rule for rule in FLAG_RULES if _fires(rule, getattr(inputs, rule.measure))]
    silenced = {SUPERSEDES[rule.code] for rule in raised if rule.code in SUPERSEDES}
    kept = [rule for rule in raised if rule.code not in silenced]
    kept.sort(key=lambda rule: _WEIGHT[rule.severity])
    flags = tuple(_flag(rule, inputs) for rule in kept)
    return Quality(grade(kept), flags)


def assess_together(
    parts: Sequence[Quality],
    weights: Sequence[float],
    inputs: QualityInputs,
    numbers: Sequence[int] = (),
) -> Quality:
    """Judge the mean of several curtains by its own figures and by what ails the curtains it is made of.

    A flag of the curtains counts when curtains with half of the weight raise it; one of `OF_ANY_CURTAIN` always. Those
    of `OF_ONE_CURTAIN` do not: repeats are flown to make an error smaller, and the mean has its own. What not all
    curtains say in the same words names the segment whose words they are.

    Parameters
    ----------
    parts
        Quality of each curtain.
    weights
        Their weights in the mean, adding up to one.
    inputs
        Figures of the mean.
    numbers
        Number of each curtain's segment, counted from 1; without, they are numbered in order.
    """
    own = assess(inputs)
    flags = {flag.code: flag for flag in own.flags}
    named = tuple(numbers) or tuple(range(1, len(parts) + 1))
    for code in dict.fromkeys(flag.code for part in parts for flag in part.flags):
        raised = sum(weight for part, weight in zip(parts, weights, strict=True) if _raised(part, code))
        if code not in OF_ONE_CURTAIN and code not in flags and (raised >= 0.5 or code in OF_ANY_CURTAIN):
            flags[code] = _located([_raised(part, code) for part in parts], named)
    kept = sorted(flags.values(), key=lambda flag: _WEIGHT[flag.severity])
    return Quality(grade([_BY_CODE[flag.code] for flag in kept]), tuple(kept))


def _raised(quality: Quality, code: str) -> Flag | None:
    """Return the flag of that code, if it was raised."""
    return next((flag for flag in quality.flags if flag.code == code), None)


def _located(flags: Sequence[Flag | None], numbers: Sequence[int]) -> Flag:
    """Return the first of the curtains' flags, with the number of its segment unless all curtains say the same."""
    found = [(number, flag) for number, flag in zip(numbers, flags, strict=True) if flag is not None]
    number, first = found[0]
    if len(found) == len(flags) and len({flag.message for _, flag in found}) == 1:
        return first
    others = [str(other) for other, _ in found[1:]]
    place = _PLACE_AMONG if others else _PLACE
    words = {"number": number, "others": Phrase(", ".join(others), "、".join(others)), "message": first.message}
    return replace(first, message=place.filled(**words))


def grade(rules: Sequence[FlagRule]) -> Literal["A", "B", "C", "D"]:
    """Return the grade of a result that raised these flags.

    A: no warning. B: one or two warnings. C: more warnings, or one serious flag. D: two serious flags, or one that
    makes a result unfit for use (hardly any wind). A flight that found no emission is graded by how it was flown: its
    upper bound is a result. Adding a flag never improves a grade.
    """
    serious = sum(rule.severity == "serious" for rule in rules)
    warnings = sum(rule.severity == "warning" for rule in rules)
    if serious > 1 or any(rule.rejects for rule in rules):
        return "D"
    if serious or warnings > 2:
        return "C"
    return "B" if warnings else "A"


def _fires(rule: FlagRule, value: float | None) -> bool:
    """Tell whether a figure is beyond the rule's threshold."""
    if value is None:
        return False
    return value > rule.threshold if rule.fires == "above" else value < rule.threshold


def _flag(rule: FlagRule, inputs: QualityInputs) -> Flag:
    """Put a flag into words."""
    value = float(getattr(inputs, rule.measure))
    words = {"value": rule.said(value), "threshold": rule.said(rule.threshold)}
    further = {
        "samples_below_ground": f"{inputs.samples_below_ground or 0:.0f}",
        "detection_ratio": f"{inputs.detection_ratio or 0.0:.3f}",
        "isolated_rows": inputs.isolated_rows,
        "isolated_off_surface_rows": inputs.isolated_off_surface_rows,
    }
    return Flag(rule.code, rule.severity, value, rule.threshold, rule.message.filled(**words, **further), rule.advice)
