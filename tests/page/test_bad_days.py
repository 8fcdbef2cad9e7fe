"""The server goes away, the list is long, the flight is long."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from page_steps import NewServer, OpenPage
from page_world import PROCESSING_MS, SAMPLE, Server, upload
from playwright.sync_api import expect

from gasflux.simulation import Scenario, simulate, to_frame

TASKS = 5_000
LONG_ROWS = 100_000

SLOWEST_ANSWER_MS = 1_500
"""From the last key pressed to the rows on the screen: typing pause 250 ms, the server and drawing some 100 ms; the
rest is for a machine that runs other tests."""

LONGEST_FREEZE_MS = 500
"""A page that stands still longer feels broken; some 100 ms were measured on a quiet machine."""


def test_the_page_waits_for_a_server_that_went_away(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    upload(server, SAMPLE)
    page = open_page(server.url + "#/tasks")
    expect(page.get_by_test_id("task-row")).to_be_visible()
    server.stop()
    expect(page.locator("#connection")).to_contain_text("does not answer")
    expect(page.get_by_test_id("task-row")).to_be_visible()
    server.start()
    expect(page.locator("#connection")).to_be_empty()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("After the storm")
    page.keyboard.press("Enter")
    expect(page.locator(".task .name")).to_have_text("After the storm")


def test_sending_while_the_server_is_away_can_be_repeated(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    expect(page.get_by_text("Where it flew")).to_be_visible()
    server.stop()
    page.get_by_test_id("submit-upload").click()
    expect(page.get_by_role("heading", name="The server does not answer")).to_be_visible()
    server.start()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("task-row")).to_have_attribute("data-status", "completed", timeout=PROCESSING_MS)


def test_a_task_that_is_gone_says_so(server: Server, open_page: OpenPage) -> None:
    page = open_page(f"{server.url}#/task/{UUID(int=7)}")
    expect(page.get_by_role("heading", name="This is no longer here")).to_be_visible()


def many_tasks(database: Path) -> None:
    """Write rows straight into the database of a server at rest."""
    now = datetime.now(UTC)
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO tasks (task_id, status, message, created_at, updated_at, name, input_name, pinned)"
            " VALUES (?, 'failed', '', ?, ?, ?, 'flight.csv', 1)",
            [
                (str(UUID(int=i)), *[f"{now - timedelta(seconds=i):%Y-%m-%d %H:%M:%S}"] * 2, f"site {i:04d}")
                for i in range(TASKS)
            ],
        )


FOUND = """
new Promise((done) => {
  const start = performance.now();
  const look = () => {
    if (document.querySelectorAll(".task").length === 10) done(performance.now() - start);
    else requestAnimationFrame(look);
  };
  look();
})
"""
"""Milliseconds until the ten tasks that fit the search are on the screen, and no others."""


def test_five_thousand_tasks_are_searched_without_delay(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    server.stop()
    many_tasks(next(server.folder.rglob("gasflux.db")))
    server.start()
    page = open_page(server.url + "#/tasks")
    expect(page.get_by_text("of 5,000")).to_be_visible()
    search = page.get_by_test_id("task-search")
    search.press_sequentially("site 432")
    waited = page.evaluate(FOUND)
    assert waited < SLOWEST_ANSWER_MS
    page.get_by_test_id("task-status").select_option("completed")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def long_flight(path: Path) -> Path:
    """Write a curtain flown for hours, at 20 Hz."""
    scenario = Scenario(rate_kg_h={"ch4": 20.0}, transects=170, sample_hz=20.0, top_m=120.0)
    rows = to_frame(simulate(scenario))
    assert len(rows) >= LONG_ROWS
    rows.iloc[:LONG_ROWS].to_csv(path, index=False)
    return path


FREEZE = """
window.longest = 0;
let last = performance.now();
const step = (now) => {
  window.longest = Math.max(window.longest, now - last);
  last = now;
  requestAnimationFrame(step);
};
requestAnimationFrame(step);
"""


def test_a_hundred_thousand_rows_do_not_freeze_the_page(
    new_server: NewServer, open_page: OpenPage, tmp_path: Path
) -> None:
    server = new_server()
    flight = long_flight(tmp_path / "long.csv")
    page = open_page(server.url)
    page.evaluate(FREEZE)
    page.get_by_test_id("file-input").set_input_files(flight)
    expect(page.get_by_text("Where it flew")).to_be_visible(timeout=PROCESSING_MS)
    page.get_by_test_id("submit-upload").click()
    expect(page.get_by_test_id("task-row")).to_have_attribute("data-status", "completed", timeout=3 * PROCESSING_MS)
    page.get_by_test_id("task-row").locator(".name").click()
    canvas = page.locator(".plot.curtain canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    frame = canvas.bounding_box()
    assert frame is not None
    for share in range(18):
        page.mouse.move(frame["x"] + frame["width"] * (share + 1) / 20, frame["y"] + 60 + 5 * share)
    expect(page.locator(".plot-tip")).to_be_visible()
    longest = page.evaluate("window.longest")
    assert longest < LONGEST_FREEZE_MS
