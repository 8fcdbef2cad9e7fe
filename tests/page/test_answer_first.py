"""The answer first: rate, interval, grade and plots are there while figures and report are still being made."""

from __future__ import annotations

import pytest
from page_gallery import Gallery
from page_steps import NewServer, OpenPage
from page_world import SAMPLE, post
from playwright.sync_api import Route, expect

from gasflux.version import __version__

WATCH = """
() => {
  const seen = (name) => document.querySelector(`[data-testid=${name}]`);
  window.firstSeen = [];
  new MutationObserver(() => {
    if (!seen("flux-value")?.innerText || window.firstSeen.length) return;
    window.firstSeen.push({
      rate: seen("flux-value").innerText, drawing: !!seen("still-drawing"), report: !!seen("report-link"),
    });
  }).observe(document.body, { childList: true, subtree: true });
}
"""
"""Writes down what stood beside the rate when it came: a fast machine has drawn the figures before a test looks."""


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_nobody_waits_for_figures(new_server: NewServer, open_page: OpenPage, locale: str) -> None:
    server = new_server()
    page = open_page(server.url, locale=locale)
    page.evaluate(WATCH)
    page.evaluate("id => { location.hash = `#/task/${id}`; }", post(server, SAMPLE)["task_id"])
    value = page.get_by_test_id("flux-value")
    expect(value).to_be_visible()
    expect(page.locator(".plot.curtain canvas")).to_be_visible()
    expect(page.locator(".headline .grade")).to_be_visible()
    page.locator(".plot.curtain canvas").evaluate("node => { node.dataset.kept = 'yes'; }")
    expect(page.get_by_test_id("report-link")).to_be_visible()
    expect(page.get_by_test_id("still-drawing")).to_have_count(0)
    expect(page.locator(".files").first).to_be_visible()
    first, *_ = page.evaluate("() => window.firstSeen")
    assert first == {"rate": value.inner_text(), "drawing": True, "report": False}
    # What somebody has zoomed or read stays as it is: the plots are not drawn anew when the files arrive.
    expect(page.locator(".plot.curtain canvas")).to_have_attribute("data-kept", "yes")


def test_a_result_of_an_older_version_is_shown_from_its_file(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page("about:blank")

    def without_result(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        assert document["data"].pop("result")["run"]["version"] == __version__
        route.fulfill(response=answer, json=document)

    page.route("**/view", without_result)
    page.goto(gallery.url("task/{sample}"))
    expect(page.get_by_test_id("flux-value")).to_be_visible()
    expect(page.locator(".files").first).to_be_visible()


def test_a_result_is_kept_with_one_click_beside_the_headline(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    task_id = post(server, SAMPLE)["task_id"]
    page = open_page(f"{server.url}#/task/{task_id}")
    kept = page.locator(".headline").get_by_test_id("kept")
    expect(kept).to_contain_text("Log, results and report are deleted in")
    page.get_by_test_id("keep").focus()
    page.keyboard.press("Enter")
    expect(kept).to_have_text("Kept: it is not deleted by itself.")
    assert page.evaluate("document.activeElement !== document.body")
    page.get_by_role("button", name="Undo").click()
    expect(kept).to_contain_text("are deleted in")
    page.get_by_test_id("language-switch").click()
    expect(kept).to_contain_text("飞行记录、结果和报告将于")
