"""The first minutes: a flight to try, a workbook to fill in, advice, and small things that must simply work."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_checks import PHONE, assert_fits, faults
from page_gallery import Gallery
from page_steps import NewServer, OpenPage
from page_world import SAMPLE, post
from playwright.sync_api import expect

from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.reading.flight_file import inspect_flight
from tools.make_template import COLUMNS


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_sample_is_two_clicks_from_its_rate(new_server: NewServer, open_page: OpenPage, locale: str) -> None:
    page = open_page(new_server().url, locale=locale)
    first = page.get_by_test_id("first-minutes")
    first.get_by_test_id("guide").locator("summary").click()
    assert faults(page) == []
    page.get_by_test_id("try-sample").click()
    expect(page.locator(".preview-plots canvas").first).to_be_visible()
    expect(first).to_be_hidden()
    page.get_by_test_id("submit-upload").click()
    expect(page.get_by_test_id("task-row")).to_have_attribute("data-status", "completed")


def test_every_column_of_the_template_is_read(gallery: Gallery, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(gallery.url("new"))
    with page.expect_download() as wait:
        page.get_by_test_id("template").click()
    path = tmp_path / wait.value.suggested_filename
    wait.value.save_as(path)
    found = inspect_flight(path, load_pipeline_config(None))
    assert found.report is not None
    assert {column.header for column in found.report.columns} == {name for name, *_ in COLUMNS}
    assert not found.report.ignored_columns


def test_enter_opens_the_chooser(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("new"))
    # The browser is told early to hand choosers to the test, which takes it a moment.
    page.on("filechooser", lambda chooser: None)
    page.get_by_test_id("file-input").focus()
    # As somebody with a keyboard comes to it: browsers open choosers for those only who did something just before.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("file-input")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(SAMPLE)
    expect(page.locator(".preview-plots canvas").first).to_be_visible()


def test_on_a_phone_settings_are_one_tap_away(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("new"), **PHONE)
    assert_fits(page)
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    expect(page.locator(".preview-plots canvas").first).to_be_visible()
    page.get_by_test_id("to-settings").tap()
    expect(page.get_by_role("heading", name="Settings")).to_be_in_viewport()
    assert_fits(page)


def test_a_tap_on_the_curtain_shows_its_value(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("task/{sample}"), **PHONE)
    plot = page.locator(".plot.curtain")
    plot.scroll_into_view_if_needed()
    plot.locator("canvas").tap()
    expect(plot.locator(".plot-tip")).to_be_visible()


def test_a_deleted_task_has_no_buttons_left(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    task_id = post(server, SAMPLE)["task_id"]
    page = open_page(f"{server.url}#/task/{task_id}")
    expect(page.get_by_test_id("report-link")).to_be_visible()
    assert page.request.delete(f"{server.url}task/{task_id}").ok
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when somebody comes back to the tab
    expect(page.locator(".note")).to_be_visible()
    expect(page.locator("[data-act], [data-testid=report-link], [data-testid=keep]")).to_have_count(0)


def test_failed_flights_are_ticked_and_deleted_together(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    bad = server.folder / "bad.csv"
    bad.write_text("timestamp,latitude\n2026-04-13T09:30:00,95\n", encoding="utf-8")
    for _ in range(2):
        post(server, bad)
    page = open_page(f"{server.url}#/tasks")
    rows = page.get_by_test_id("task-row")
    expect(rows).to_have_count(2)
    for number in range(2):
        rows.nth(number).locator("input[type=checkbox]").check()
    expect(page.get_by_role("link", name="Compare", exact=True).locator("visible=true")).to_have_count(1)  # that above
    page.get_by_test_id("chosen-pin").click()
    expect(rows.first).to_contain_text("kept")
    page.get_by_test_id("chosen-delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_the_next_page_of_a_list_begins_at_its_top(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    bad = server.folder / "bad.csv"
    bad.write_text("timestamp,latitude\n2026-04-13T09:30:00,95\n", encoding="utf-8")
    for _ in range(12):
        post(server, bad)
    page = open_page(f"{server.url}#/tasks?per_page=10", viewport={"width": 1000, "height": 500})
    page.locator("[data-act='tasks.next']").click()
    expect(page.get_by_test_id("task-row")).to_have_count(2)
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
