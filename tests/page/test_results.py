"""What a result says: flags in the page's language, surfaces by their names, rates only as far as they are known."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from page_gallery import Gallery
from page_steps import OpenPage
from playwright.sync_api import Page, Route, expect

from gasflux.results.report.numbers import decimals_for, fixed, upper_bound

CHINESE = re.compile("[\u4e00-\u9fff]")
OPEN_ALL = "document.querySelectorAll('details').forEach(node => { node.open = !node.querySelector('.log, .files'); })"
"""Everything that can be unfolded but the log, which is English, and the figures, whose names are file names."""


def figures(gallery: Gallery, page: Page, name: str) -> dict[str, Any]:
    """Return the figures of a flight's methane."""
    task = page.request.get(f"{gallery.server.url}task/{gallery.ids[name]}").json()["data"]
    url = next(file["download_url"] for file in task["results"] if file["name"] == "output_vars.json")
    values: dict[str, Any] = page.request.get(gallery.server.url.rstrip("/") + url).json()["gases"]["ch4"]
    return values


def bound_text(values: dict[str, Any]) -> str:
    """Return the rate as the report's rule has it."""
    interval = values["flux_interval_kg_h"]
    bound = upper_bound(values["flux_kg_h"], interval["low"], interval["high"], values["detection_limit_kg_h"])
    assert bound is not None, "the simulated flight tells its emission from zero"
    return f"< {fixed(bound, decimals_for(values['flux_std_kg_h']))}"


def test_a_rate_not_told_from_zero_is_headed_by_its_bound(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{nothing}"))
    values = figures(gallery, page, "nothing")
    value = page.get_by_test_id("flux-value")
    expect(value).to_have_text(f"{bound_text(values)} kg/h")
    assert float(value.get_attribute("data-value") or "nan") == values["flux_kg_h"]
    at_most = bound_text(values).removeprefix("< ")
    expect(page.get_by_text(f"No emission detected, below {at_most} kg/h at 95 %")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Estimate: .* ± .* kg/h$"))).to_be_visible()
    expect(page.get_by_text("no emission is proven")).to_be_visible()
    row = page.get_by_role("region", name="All gases").get_by_role("row").last
    expect(row).to_contain_text(bound_text(values))
    expect(row).not_to_contain_text("±")
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_text(f"未检出排放，低于 {at_most} kg/h（置信水平 95 %）")).to_be_visible()


def test_lists_tell_it_too(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("tasks"))
    # Lists know no standard deviation, so their last digit may be another.
    bound = float(bound_text(figures(gallery, page, "nothing")).removeprefix("< "))
    row = page.locator(f"[data-task-id='{gallery.ids['nothing']}']")
    shown = row.get_by_test_id("flux-value")
    expect(shown).to_have_text(re.compile(r"^< [\d.]+ kg/h$"))
    text = shown.inner_text().removesuffix(" kg/h")
    assert float(text.removeprefix("< ")) == pytest.approx(bound, rel=0.05)  # two digits
    expect(row).to_contain_text("no emission detected")
    page.goto(gallery.url("new"))
    expect(page.locator(".recent .value").filter(has_text=text)).to_be_visible()
    page.goto(gallery.url("compare?ids={sample},{nothing}"))
    compared = page.get_by_role("region", name="Rates as a table").get_by_role("row").filter(has_text="nothing")
    expect(compared).to_contain_text(bound_text(figures(gallery, page, "nothing")))
    page.get_by_test_id("compare-open").click()
    expect(page.locator(".pick label").filter(has_text="nothing")).to_contain_text(text)


@pytest.mark.parametrize(("locale", "word", "other"), [("en-GB", "spiral", "curtain"), ("zh-CN", "螺旋", "幕面")])
def test_a_spiral_is_called_one(gallery: Gallery, open_page: OpenPage, locale: str, word: str, other: str) -> None:
    page = open_page(gallery.url("task/{spiral}"), locale=locale)
    expect(page.locator(".files").first).to_be_visible()
    page.evaluate(OPEN_ALL)
    text = page.locator("main").inner_text()
    labels = page.evaluate("[...document.querySelectorAll('main [aria-label]')].map(node => node.ariaLabel).join()")
    assert text.lower().count(word) >= 5
    assert other not in (text + labels).lower()


@pytest.mark.parametrize(("locale", "word", "other"), [("en-GB", "curtain", "spiral"), ("zh-CN", "幕面", "螺旋")])
def test_curtains_are_called_so(gallery: Gallery, open_page: OpenPage, locale: str, word: str, other: str) -> None:
    page = open_page(gallery.url("task/{two}"), locale=locale)
    page.get_by_role("button", name=re.compile(f"{word} 2", re.IGNORECASE)).click()
    page.evaluate(OPEN_ALL)
    text = page.locator("main").inner_text().lower()
    assert text.count(word) >= 8
    assert other not in text


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_flags_speak_the_language_of_the_page(gallery: Gallery, open_page: OpenPage, locale: str) -> None:
    page = open_page(gallery.url("task/{nothing}"), locale=locale)
    # Sentence and advice of each flag; the word for its severity is the page's own.
    sentences = page.locator("[data-testid=flag] > :not(.severity)")
    expect(sentences.first).to_be_visible()
    texts = sentences.all_inner_texts()
    assert len(texts) >= 2  # one flag at least, its sentence and its advice
    assert all(bool(CHINESE.search(text)) == (locale == "zh-CN") for text in texts)
    page.get_by_test_id("language-switch").click()
    expect(sentences.first).not_to_have_text(texts[0])
    expect(sentences).to_have_count(len(texts))
    assert all(bool(CHINESE.search(text)) != (locale == "zh-CN") for text in sentences.all_inner_texts())


def test_flags_of_an_older_result_stay_in_its_language(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page("about:blank", locale="zh-CN")

    def without_flags(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        document["data"].pop("flags", None)
        route.fulfill(response=answer, body=json.dumps(document))

    page.route("**/view", without_flags)
    page.goto(gallery.url("task/{nothing}"))
    wanted = figures(gallery, page, "nothing")["quality"]["flags"]
    expect(page.get_by_test_id("flag")).to_have_count(len(wanted))
    for flag in wanted:
        expect(page.locator(f"[data-code={flag['code']}]")).to_contain_text(flag["message"])


def test_a_failure_is_told_in_the_language_of_the_page(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{bad}"), locale="zh-CN")
    expect(page.get_by_role("heading", name="此文件目前无法使用")).to_be_visible()
    page.goto(gallery.url("tasks?status=failed"))
    expect(page.get_by_test_id("task-row").locator(".error")).to_contain_text("此文件目前无法使用")
