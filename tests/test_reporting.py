"""The report: the answer first, self-contained, escaped, small, in one language, with no more digits than known."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from builders import flight_result
from hypothesis import given, settings
from hypothesis import strategies as st

from gasflux.plotting import draw, png_bytes
from gasflux.reading.times.cells import read_times
from gasflux.reading.units import Dimension, conversion_text, find_unit
from gasflux.records import ColumnReport, Flag, FlightResult, FluxInterval, Quality
from gasflux.reporting import MAX_REPORT_BYTES, render_report
from gasflux.results.figures.names import figure_keys
from gasflux.results.report.columns import conversion_said
from gasflux.results.report.numbers import decimals_for, fixed, percent, plain, significant, tick_beyond, upper_bound
from gasflux.results.report.sections import card, clock_text, column_cells, flag_table, flight_facts, rate_line
from gasflux.results.report.texts import REPORT_TEXTS, caption, dropped_reason, report_text
from gasflux.wording.phrases import Phrase, same

CONFIG = "language: en\ngases: {}\n"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082"
)
HOSTILE = "<script>alert(1)</script>\"'>&{{ 7*7 }}{% raw %}<img src=x onerror=alert(1)>"


MASS = find_unit("mg/m3", Dimension.MOLE_FRACTION)
assert MASS is not None


class Page(HTMLParser):
    """What a browser would see of a page: tags, attributes, text, and whether elements are closed in order."""

    VOID = frozenset({"meta", "img", "br", "rect", "line", "link", "input"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def little_figures(result: FlightResult) -> dict[str, bytes]:
    """Return a one-pixel PNG for every figure of a flight."""
    return {key.file_name: PIXEL for key in figure_keys(result)}


def report_of(result: FlightResult, config: str = CONFIG) -> str:
    return render_report(result, little_figures(result), config)


@pytest.fixture(scope="module")
def flight() -> FlightResult:
    return flight_result(gases=("ch4", "co2"))


@pytest.fixture(scope="module")
def page(flight: FlightResult) -> Page:
    return Page(report_of(flight))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_answer_comes_first(flight: FlightResult, page: Page) -> None:
    text, answer = page.text, flight.gases["ch4"]
    headline = f"{answer.flux_kg_h:.2f} ± {answer.flux_std_kg_h:.2f} kg/h"
    interval = f"90 % interval: {answer.interval.low_kg_h:.2f} to {answer.interval.high_kg_h:.2f} kg/h"
    places = [
        text.index(part) for part in (headline, interval, answer.quality.flags[0].message.en, "How it was measured")
    ]
    assert places == sorted(places)
    assert text.index("Grade B") < places[-1]


def test_three_most_important_flags_stand_in_the_answer(flight: FlightResult, page: Page) -> None:
    flags = flight.gases["ch4"].quality.flags
    head = page.text[: page.text.index("All gases")]
    assert all(flag.message.en in head and flag.advice.en in head for flag in flags[:3])
    assert not any(flag.message.en in head for flag in flags[3:])
    assert "1 more under" in head
    assert all(flag.message.en in page.text for flag in flags)


def test_one_finding_about_two_gases_is_one_row(flight: FlightResult) -> None:
    rows = flag_table(flight)
    assert [row.gases for row in rows] == ["CH₄, CO₂"] * len(flight.gases["ch4"].quality.flags)
    assert [row.severity for row in rows] == sorted((row.severity for row in rows), key="serious warning info".index)


def test_findings_about_one_segment_are_told() -> None:
    result = flight_result(segments=2)
    odd = Flag("odd", "warning", 1.0, 2.0, same("Only here."), same("Look."))
    first, second = result.segments
    gas = second.gases["ch4"]
    second = replace(second, gases={"ch4": replace(gas, quality=Quality("C", (odd, *gas.quality.flags)))})
    calm = replace(result.gases["ch4"], quality=Quality("A", gas.quality.flags[:1]))
    changed = replace(result, segments=(first, second), gases={"ch4": calm})
    told = {row.code: row.gases for row in flag_table(changed)}
    assert told["odd"] == "CH₄ (segment 2)"
    assert told[gas.quality.flags[0].code] == "CH₄"
    assert told[gas.quality.flags[1].code] == "CH₄ (segment 1), CH₄ (segment 2)"
    text = Page(report_of(changed)).text
    assert "The checks of single segments found 5" in text
    assert "found nothing to report" not in text


def test_nothing_is_loaded_and_nothing_runs(page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "action", "srcset", "data"):
            inside = ("data:image/png;base64,", "#")
            assert (attributes.get(name) or inside[0]).startswith(inside)


def test_styles_load_nothing(flight: FlightResult) -> None:
    assert not re.search(r"@import|url\(", report_of(flight))


def test_page_can_be_heard(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert all(image.get("alt") for image in page.all("img"))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))
    identifiers = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert set(identifiers.values()) == {1}
    named = {attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes}
    assert named <= identifiers.keys()


def test_every_figure_is_shown_once_and_numbered(flight: FlightResult, page: Page) -> None:
    count = len(little_figures(flight))
    assert len(page.all("img")) == count
    numbers = [int(number) for number in re.findall(r"Figure (\d+)\.", page.text)]
    assert numbers == list(range(1, count + 1))


@pytest.mark.parametrize("strategy", ["curtain", "spiral"])
@pytest.mark.parametrize("segments", [1, 3])
def test_figures_are_numbered_as_they_stand(strategy: Any, segments: int) -> None:
    result = flight_result(strategy=strategy, segments=segments, gases=("ch4", "co2"))
    numbers = [int(number) for number in re.findall(r"Figure (\d+)\.", Page(report_of(result)).text)]
    assert numbers == list(range(1, len(little_figures(result)) + 1))


def test_segments_are_compared() -> None:
    result = flight_result(segments=2)
    text = Page(report_of(result)).text
    assert "Segments of the flight" in text
    assert "Segment 2 of 2" in text
    for item in result.segments:
        assert f"{item.gases['ch4'].flux_kg_h:.2f}" in text


def test_three_gases_and_three_segments_stay_below_three_megabytes() -> None:
    dense = flight_result(segments=2, per_pass=1500)
    drawn = {key.kind: png_bytes(draw(dense, key)) for key in figure_keys(dense) if key.segment in (None, 0)}
    result = flight_result(segments=3, gases=("ch4", "co2", "n2o"))
    # Figures of the same kind have about the same size, and drawing all 48 takes 6 s.
    figures = {key.file_name: drawn[key.kind] for key in figure_keys(result)}
    html = render_report(result, figures, CONFIG)
    assert len(html.encode()) < MAX_REPORT_BYTES
    assert len(Page(html).all("img")) == len(figures) == 48


def test_figures_that_do_not_fit_are_named(flight: FlightResult) -> None:
    large = {name: PIXEL + bytes(250_000) for name in little_figures(flight)}
    html = render_report(flight, large, CONFIG)
    page = Page(html)
    assert len(html.encode()) < MAX_REPORT_BYTES
    shown = len(page.all("img"))
    assert 0 < shown < len(large)
    assert f"{len(large) - shown} figures are not embedded" in page.text
    # the most telling kinds stay, the least telling goes
    assert "flux density between the passes" in page.text
    assert "flight_3d_co2.png" in page.text


def test_report_without_figures_says_so(flight: FlightResult) -> None:
    page = Page(render_report(flight, {}, CONFIG))
    assert not page.all("img")
    assert "No figures were drawn" in page.text


def hostile_result() -> FlightResult:
    """Return a flight whose every text of the file or of the checks tries to become markup."""
    result = flight_result()
    column = ColumnReport("ch4", HOSTILE, HOSTILE, HOSTILE, None, None, 3)
    report = replace(
        result.log.report,
        name=HOSTILE,
        columns=(column,),
        ignored_columns=(HOSTILE,),
        notes=(Phrase(HOSTILE, HOSTILE),),
        rows_dropped={HOSTILE: 1, f"{HOSTILE} out of range": 2},
    )
    flag = Flag(HOSTILE, "serious", 1.0, 2.0, same(HOSTILE), same(HOSTILE))
    gas = replace(result.gases["ch4"], quality=Quality("D", (flag,)), budget_kg_h={HOSTILE: 1.0})
    return replace(result, log=replace(result.log, report=report), gases={"ch4": gas})


def test_hostile_texts_stay_texts() -> None:
    page = Page(report_of(hostile_result(), config=f"columns: {HOSTILE}\n"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert all((image["src"] or "").startswith("data:") for image in page.all("img"))
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    # title, heading, footer, file name, two flags with advice, code, ...: shown as it was written, braces and all
    assert page.text.count(HOSTILE) >= 10


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_file_name_is_shown_as_it_is(name: str) -> None:
    result = SMALL
    report = replace(result.log.report, name=name)
    html = render_report(replace(result, log=replace(result.log, report=report)), {}, CONFIG)
    # newlines and the like are normalised by every parser
    assert " ".join(name.replace("\0", "").split()) in Page(html).text.replace("\0", "")


SMALL = flight_result(per_pass=8)


def test_chinese_report_holds_no_english_of_the_catalogue() -> None:
    html = report_of(flight_result(segments=2, gases=("ch4", "co2"), language="zh"))
    page = Page(html)
    assert page.all("html")[0]["lang"] == "zh-CN"
    pieces = {piece for phrase in REPORT_TEXTS.values() for piece in re.split(r"{\w+}", phrase.en)}
    sentences = {piece.strip(" .,:()") for piece in pieces if len(piece.split()) > 1 and piece not in ("GasFlux ",)}
    assert not [sentence for sentence in sentences if sentence in page.text]


def test_every_text_is_in_both_languages() -> None:
    for key, phrase in REPORT_TEXTS.items():
        assert phrase.en, key
        assert re.search("[\u4e00-\u9fff]", phrase.zh) or key == "made_by", f"{key}: no Chinese in {phrase.zh!r}"
        assert set(re.findall(r"{\w+}", phrase.en)) == set(re.findall(r"{\w+}", phrase.zh)), key


def test_every_kind_of_figure_has_a_caption() -> None:
    kinds = {key.kind for key in figure_keys(flight_result(segments=2))}
    assert {f"caption.{kind}" for kind in kinds} == {key for key in REPORT_TEXTS if key.startswith("caption.")}


COLOUR_WORDS = {
    "en": r"\b(red|orange|yellow|green|blue|purple|pink|violet|black|white|gr[ae]y|brown)\b",
    "zh": "[红橙黄绿蓝紫粉黑白灰棕]",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_captions_name_colours_only_as_the_figures_draw_them(language: Any) -> None:
    captions = {key: phrase for key, phrase in REPORT_TEXTS.items() if key.startswith("caption.")}
    assert not [key for key, phrase in captions.items() if re.search(COLOUR_WORDS[language], phrase.said(language))]
    said = caption("wind_rose", language, "CH₄") + caption("background", language, "CH₄")
    assert len(re.findall(COLOUR_WORDS[language], said)) == 3


def with_rate(rate: float, std: float, low: float, high: float, limit: float) -> FlightResult:
    result = SMALL
    gas = replace(
        result.gases["ch4"],
        flux_kg_h=rate,
        flux_std_kg_h=std,
        interval=FluxInterval(0.9, low, high),
        detection_limit_kg_h=limit,
    )
    return replace(result, gases={"ch4": gas})


@pytest.mark.parametrize(
    ("rate", "low", "high", "limit", "sentence"),
    [
        (0.3, -0.2, 0.8, 0.9, "below this flight's detection limit of 0.90 kg/h"),
        (0.9, -0.1, 1.9, 0.5, "The interval includes zero"),
        (4.8, 4.1, 5.5, 0.5, ""),
        (-3.0, -5.0, -1.0, 0.5, ""),
    ],
)
def test_an_unproven_emission_is_called_so(rate: float, low: float, high: float, limit: float, sentence: str) -> None:
    text = Page(render_report(with_rate(rate, 0.3, low, high, limit), {}, CONFIG)).text
    assert sentence in text
    assert ("no emission is proven" in text) is bool(sentence)
    assert ("No emission detected" in text) is bool(sentence)


def test_a_rate_not_told_from_zero_is_headed_by_its_bound() -> None:
    result = with_rate(0.9, 0.61, -0.12, 1.94, 0.5)
    text = Page(render_report(result, {}, CONFIG)).text
    assert text.index("< 1.94 kg/h") < text.index("No emission detected, below 1.94 kg/h at 95 %")
    assert "Estimate: 0.90 ± 0.61 kg/h" in text
    chinese = Page(render_report(replace(result, language="zh"), {}, CONFIG)).text
    assert "未检出排放，低于 1.94 kg/h（置信水平 95 %）" in chinese
    told = Page(render_report(with_rate(4.8, 0.4, 4.1, 5.5, 0.5), {}, CONFIG)).text
    assert "4.80 ± 0.40 kg/h" in told
    assert "<" not in told


def rate_cells(result: FlightResult) -> list[str]:
    """Return what the tables of rates say in the column of the rate, without markup."""
    cells = re.findall(r'<tr><th scope="row">[^<]*</th><td class="n">(.*?)</td>', report_of(result), re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", " ", cell.replace("<b>", "bold "))).strip() for cell in cells]


def test_tables_tell_a_rate_as_its_headline_does() -> None:
    unproven = with_rate(0.9, 0.61, -0.12, 1.94, 0.5)
    line = rate_line("CH₄", unproven.gases["ch4"])
    assert (line.at_most, line.rate, line.share) == ("< 1.94", "0.90", "–")
    assert rate_cells(unproven)[0].startswith("< 1.94")
    assert "bold" not in rate_cells(unproven)[0]
    told = with_rate(4.8, 0.4, 4.1, 5.5, 0.5)
    assert rate_line("CH₄", told.gases["ch4"]).share == "8.3"
    assert rate_cells(told)[0] == "bold 4.80"


def test_a_segment_not_told_from_zero_is_a_bound_too() -> None:
    result = flight_result(segments=2, per_pass=8)
    first = result.segments[0]
    weak = replace(first.gases["ch4"], flux_kg_h=0.2, interval=FluxInterval(0.9, -1.0, 1.4), detection_limit_kg_h=1.1)
    segments = (replace(first, gases={"ch4": weak}), *result.segments[1:])
    assert sum(cell.startswith("< 1.4") for cell in rate_cells(replace(result, segments=segments))) == 1


@pytest.mark.parametrize(
    ("numbers", "bound"),
    [
        ((0.3, -0.2, 0.8, 0.9), 0.9),
        ((0.9, -0.1, 1.9, 0.5), 1.9),
        ((-0.4, -0.7, -0.1, 0.9), 0.9),
        ((-0.1, -0.3, 0.01, 0.32), 0.32),
        ((4.8, 4.1, 5.5, 0.5), None),
        ((-3.0, -5.0, -1.0, 0.5), None),
        ((None, None, None, None), None),
        ((float("nan"), 0.0, 1.0, 0.5), None),
    ],
)
def test_upper_bound(numbers: tuple[float | None, ...], bound: float | None) -> None:
    assert upper_bound(*numbers) == bound


@given(st.floats(1e-6, 1e6), st.sampled_from([1.0, -1.0]))
def test_scale_ends_beyond_what_it_shows(size: float, sign: float) -> None:
    end = tick_beyond(sign * size)
    # A twentieth of room at least; two digits round up by less than a tenth. 1e-9 for binary fractions.
    assert 1.05 * size * (1.0 - 1e-9) <= sign * end <= 1.16 * size
    assert float(significant(end, 2).replace(",", "").replace("−", "-")) == end


def test_bar_leaves_room_at_its_end() -> None:
    bar = card(with_rate(4.8, 0.4, 4.1, 5.5, 0.5), "ch4").bar
    assert (bar.zero, bar.first, bar.last) == (2.0, "0", "5.8")
    assert bar.low + bar.width < 95.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 0.0])
def test_numbers_that_are_none_are_dashes(bad: float) -> None:
    page = Page(render_report(with_rate(bad, bad, bad, bad, bad), {}, CONFIG))
    assert not re.search(r"\b(nan|inf)\b", page.text, re.IGNORECASE)


def test_no_flags_and_no_direction() -> None:
    result = flight_result(measured_direction=False)
    gas = replace(result.gases["ch4"], quality=Quality("A", ()))
    text = Page(report_of(replace(result, gases={"ch4": gas}))).text
    assert "The quality checks found nothing to report." in text
    assert "not measured; taken as straight through" in text


def test_file_and_settings_are_told(flight: FlightResult) -> None:
    text = Page(report_of(flight, config="num_std: 2.0")).text
    report = flight.log.report
    for told in (
        report.name,
        report.sha256,
        f"{report.rows_read:,}",
        *(note.en for note in report.notes),
        "num_std: 2.0",
    ):
        assert told in text
    assert "Rows dropped: duplicate time" in text
    assert "kPa → hPa (× 10)" in text


def test_reasons_are_translated() -> None:
    assert dropped_reason("missing wind", "zh") == "缺少风"
    assert dropped_reason("ch4 out of range", "zh") == "ch4 超出范围"
    assert dropped_reason("something new", "zh") == "something new"


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2025-06-03T08:15:00", "2025-06-03 08:15:00"),
        ("2025-06-03T08:15:00.250", "2025-06-03 08:15:00"),
        ("2025-06-03T10:00:02Z", "2025-06-03 10:00:02 UTC"),
        ("2025-06-03T10:00:02.5Z", "2025-06-03 10:00:02 UTC"),
    ],
)
def test_times_are_readable(iso: str, shown: str) -> None:
    assert clock_text(iso) == shown


@pytest.mark.parametrize(
    ("column", "english", "chinese"),
    [
        (("temperature", "K -> degC (-273.15)"), ("temperature", "K → °C (−273.15)"), ("气温", "K → °C（−273.15）")),
        (("timestamp", "time zone -> UTC"), ("timestamp", "time zone → UTC"), ("时间", "时区 → UTC")),
        (
            ("ch4", conversion_text(MASS)),
            ("CH₄", "mg/m3 → ppm (with temperature and pressure of each sample)"),
            ("CH₄", "mg/m3 → ppm（用各样本的温度与气压）"),
        ),
    ],
)
def test_columns_are_named_in_the_language(column: Any, english: Any, chinese: Any) -> None:
    name, conversion = column
    for language, said in (("en", english), ("zh", chinese)):
        cells = column_cells(ColumnReport(name, "H", "u", conversion, 0.0, 1.0, 0), language)  # type: ignore[arg-type]
        assert (cells[0], cells[3]) == said


@pytest.mark.parametrize("notation", ["2023-04-19T07:16:30+08:00", 1681888590.0, 1681888590000.0, 45035.3])
def test_every_way_to_read_times_has_its_chinese(notation: Any) -> None:
    conversion = read_times(
        np.array([notation] * 3, dtype=object if isinstance(notation, str) else float), None
    ).conversion
    assert conversion
    assert re.search("[\u4e00-\u9fff]", conversion_said(conversion, "zh"))


@pytest.mark.parametrize(
    ("zone", "english", "chinese"),
    [("UTC", "(UTC)", "（协调世界时 UTC）"), (None, "(time zone as in the log)", "（时区同飞行日志）")],
)
def test_header_tells_the_time_zone(zone: Any, english: str, chinese: str) -> None:
    log = replace(SMALL.log, report=replace(SMALL.log.report, time_zone=zone))
    assert english in Page(report_of(replace(SMALL, log=log))).text
    assert chinese in Page(report_of(replace(SMALL, log=log, language="zh"))).text


def test_place_and_settings_can_be_proven(flight: FlightResult, page: Page) -> None:
    assert hashlib.sha256(CONFIG.encode()).hexdigest() in page.text
    facts = {fact.label: fact.values[0] for fact in flight_facts(flight)}
    north, west = re.findall(r"([\d.]+)° [NW]", facts["Middle of the surface (WGS84)"])
    segment = flight.segments[0].segment
    along = segment.along_m
    half_way = segment.rows[np.argmin(np.abs(along - 0.5 * (along.min() + along.max())))]
    # The sample nearest to the middle lies within a step of it: 5 m are 5e-5 degrees.
    assert float(north) == pytest.approx(flight.log.latitude_deg[half_way], abs=1e-4)
    assert -float(west) == pytest.approx(flight.log.longitude_deg[half_way], abs=1e-4)


def test_middle_of_a_surface_on_the_date_line() -> None:
    item, log = SMALL.segments[0], SMALL.log
    longitude = np.linspace(179.999, 180.003, log.size)
    over = replace(log, longitude_deg=np.where(longitude > 180.0, longitude - 360.0, longitude))
    segment = replace(item, segment=replace(item.segment, rows=np.arange(log.size)))
    facts = {fact.label: fact.values[0] for fact in flight_facts(replace(SMALL, log=over, segments=(segment,)))}
    assert facts["Middle of the surface (WGS84)"].endswith("179.99900° W")


@pytest.mark.parametrize(
    ("value", "std", "shown"),
    [
        (4.8713, 0.4123, "4.87 ± 0.41"),
        (312.4, 25.4, "312 ± 25"),
        (0.03124, 0.00251, "0.0312 ± 0.0025"),
        (12345.0, 1234.0, "12,300 ± 1,200"),
        (5.0, 0.0996, "5.00 ± 0.10"),
        (-0.004, 0.12, "0.00 ± 0.12"),
        (-1.5, 0.3, "−1.50 ± 0.30"),
    ],
)
def test_digits_follow_the_standard_deviation(value: float, std: float, shown: str) -> None:
    places = decimals_for(std)
    assert f"{fixed(value, places)} ± {fixed(std, places)}" == shown


@given(st.floats(1e-6, 1e9), st.floats(1e-6, 1e9))
def test_rounding_stays_within_the_digits(value: float, std: float) -> None:
    shown = float(fixed(value, decimals_for(std)).replace(",", ""))
    # Two digits of the deviation: half a unit of the second is at most 5 %; a little more for binary fractions.
    assert math.isclose(shown, value, rel_tol=1e-12, abs_tol=0.0501 * std)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (None, "–"), (float("nan"), "–"), (0.0123456, "0.0123"), (1234.5, "1,230"), (2.5e-9, "2.50e−9")],
)
def test_significant_digits(value: float | None, shown: str) -> None:
    assert significant(value) == shown


def test_thresholds_and_shares() -> None:
    assert [plain(value) for value in (5.0, 0.2, 33.333, 100.0)] == ["5", "0.2", "33.3", "100"]
    assert percent(0.41, 4.87) == "8.4"
    assert percent(1.0, 0.0) == "–"


def test_report_does_not_draw() -> None:
    """Taking figure names from a leaf keeps a report without figures free of the drawing library's start."""
    code = "import sys, gasflux.reporting; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("samples inside it", "stripes")), ("zh", ("落入其中", "条纹"))]
)
def test_caption_explains_what_looks_wrong_in_the_curtain(language: Any, words: tuple[str, ...]) -> None:
    caption = report_text("caption.curtain", language, gas="CH₄")
    assert all(word in caption for word in words)


@pytest.mark.parametrize(("language", "line"), [("en", "dashed"), ("zh", "虚线")])
def test_caption_of_a_spirals_wind_rose_names_no_curtain(language: Any, line: str) -> None:
    assert line in caption("wind_rose", language, "")
    assert line not in caption("wind_rose", language, "", is_spiral=True)
