"""Several curtains of one flight: each by its name, with its rate, and what is seen stands in the address."""

from __future__ import annotations

import re

import pytest
from page_gallery import Gallery
from page_steps import OpenPage
from playwright.sync_api import Page, expect


def vars_of(page: Page, gallery: Gallery) -> dict[str, dict[str, float]]:
    """Return methane of each curtain as the result file has it."""
    path = f"{gallery.server.url}download/{gallery.ids['two']}/output_vars.json"
    segments = page.request.get(path).json()["segments"]
    return {f"Curtain {number}": segment["gases"]["ch4"] for number, segment in enumerate(segments, start=1)}


def test_each_curtain_has_its_rate_and_grade_on_its_tab(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{two}"))
    tabs = page.get_by_test_id("curtain-tab")
    expect(tabs).to_have_count(2)
    for name, values in vars_of(page, gallery).items():
        tab = tabs.filter(has_text=name)
        assert float(tab.get_attribute("data-value") or "nan") == values["flux_kg_h"]
        expect(tab).to_contain_text("kg/h")
        expect(tab.locator(".grade")).to_have_text(re.compile("^[ABCD]$"))
    forest = page.get_by_test_id("curtains").locator("svg.forest")
    for name in ("Curtain 1", "Curtain 2", "Combined"):
        expect(forest.locator("text").filter(has_text=name)).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_curtain_map_and_view_stand_in_the_address(gallery: Gallery, open_page: OpenPage, locale: str) -> None:
    page = open_page(gallery.url("task/{two}"), locale=locale)
    page.get_by_test_id("curtain-tab").last.click()
    page.locator("[data-choice=std]").click()
    page.locator("[data-choice=space]").click()
    expect(page).to_have_url(re.compile(r"curtain=2&map=std&view=space$"))
    page.reload()
    expect(page.get_by_test_id("curtain-tab").last).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-choice=std]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".plot.space canvas")).to_be_visible()
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_test_id("curtain-tab").last).to_have_attribute("aria-pressed", "true")


def test_gas_stands_in_the_address(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{sample}?gas=co2"))
    expect(page.get_by_test_id("flux-value")).to_have_attribute("data-gas", "co2")
    page.locator("[data-choice=ch4]").click()
    expect(page.get_by_test_id("flux-value")).to_have_attribute("data-gas", "ch4")
    expect(page).to_have_url(re.compile("gas=ch4$"))
    page.goto(gallery.url("task/{sample}?gas=nothing&curtain=99&map=x&view=y"))
    expect(page.get_by_test_id("flux-value")).to_be_visible()


def test_a_curtain_is_chosen_with_the_keyboard_and_keeps_the_focus(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{two}"))
    page.get_by_test_id("curtain-tab").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("curtain-tab").last).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("curtain-tab").last).to_be_focused()
