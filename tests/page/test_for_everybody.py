"""Both languages, both themes, a phone, a keyboard, a screen reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_checks import PHONE, assert_fits, faults
from page_gallery import STATES, Gallery
from page_steps import NewServer, OpenPage
from page_world import SAMPLE, Server, post
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(gallery: Gallery, open_page: OpenPage, state: str, theme: str) -> None:
    # Without its slow changes: axe must not measure a colour on its way.
    page = open_page("about:blank", color_scheme=theme, reduced_motion="reduce")
    STATES[state](page, gallery)
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    assert faults(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_other_states(
    new_server: NewServer, open_page: OpenPage, tmp_path: Path, theme: str
) -> None:
    server = new_server()
    page = open_page(server.url + "#/tasks", color_scheme=theme, reduced_motion="reduce")
    found = []
    expect(page.get_by_text("No flights yet")).to_be_visible()
    found += faults(page)
    bad = tmp_path / "bad.csv"
    bad.write_text("timestamp,latitude\n2026-04-13T09:30:00,95\n", encoding="utf-8")
    page.goto(server.url + "#/new")
    page.get_by_test_id("file-input").set_input_files(bad)
    expect(page.locator(".fault-list").first).to_be_visible()
    found += faults(page)
    # The page sends no file with faults; a program does.
    post(server, bad)
    page.goto(server.url + "#/tasks")
    page.get_by_test_id("task-row").locator(".name").click()
    expect(page.locator(".note.bad")).to_be_visible()
    found += faults(page)
    page.goto(server.url + "#/keys")
    page.get_by_test_id("create-key").click()
    expect(page.get_by_test_id("new-key")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="I have saved it").click()
    expect(page.get_by_test_id("key-row")).to_be_visible()
    found += faults(page)
    page.get_by_test_id("forget-key").click()
    expect(page.get_by_text("No key yet?")).to_be_visible()
    found += faults(page)
    page.goto(server.url + "#/tasks")
    expect(page.get_by_test_id("api-key-input")).to_be_visible()
    found += faults(page)
    assert found == []


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("state", STATES)
def test_a_phone_shows_all_of_it(gallery: Gallery, open_page: OpenPage, state: str, locale: str) -> None:
    page = open_page("about:blank", locale=locale, **PHONE)
    STATES[state](page, gallery)
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    assert_fits(page)


def test_the_language_follows_the_browser_and_the_switch(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, task_id = done
    page = open_page(server.url, locale="zh-CN")
    expect(page.get_by_role("heading", level=1)).to_have_text("从飞行记录到排放速率")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From flight log to emission rate")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{server.url}#/task/{task_id}")
    expect(page.get_by_text("You can trust this result")).to_be_visible()
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_text("此结果可信")).to_be_visible()


def test_chosen_files_survive_a_change_of_language(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, _ = done
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    expect(page.get_by_text("Where it flew")).to_be_visible()
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_text("飞行轨迹")).to_be_visible()


def test_the_theme_can_be_chosen_and_stays(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, _ = done
    page = open_page(server.url, color_scheme="light")
    page.get_by_test_id("theme-switch").click()
    page.get_by_test_id("theme-switch").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def press_until(page: Page, wanted: str, key: str = "Tab", most: int = 60) -> None:
    """Press a key until the element in focus fits a selector."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", wanted):
            return
        page.keyboard.press(key)
    pytest.fail(f"{wanted} cannot be reached by {key}")


def test_from_file_to_result_by_keyboard_alone(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    # Listening from the start: the browser is told to hand choosers over some time after the listener is there.
    page.on("filechooser", lambda chooser: chooser.set_files(SAMPLE))
    expect(page.get_by_test_id("file-input")).to_be_attached()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip-link", "the first stop leads past the bar"
    press_until(page, "[data-testid=file-input]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Where it flew")).to_be_visible()
    press_until(page, "[data-testid=submit-upload]")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("task-row")).to_have_attribute("data-status", "completed")
    assert page.evaluate("document.activeElement.tagName") == "H1", "a new view takes the focus to its heading"
    press_until(page, ".task .name")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("flux-value")).to_be_visible()
    press_until(page, ".plot.curtain canvas")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".read-out")).to_contain_text(re.compile(r"m along"))
    page.keyboard.press("Escape")
    expect(page.locator(".plot-tip")).to_be_hidden()


def test_focus_stays_in_the_list_while_it_is_polled(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, _ = done
    page = open_page(server.url + "#/tasks")
    button = page.get_by_role("button", name="Rename").first
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
