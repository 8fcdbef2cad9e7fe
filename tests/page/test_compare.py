"""Several flights of a site: what the page says of them is what the server computed."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from page_gallery import Gallery
from page_steps import NewServer, OpenPage
from page_world import SAMPLE, upload
from patience import HANG_S
from playwright.sync_api import expect

STORED = 300
NOW = datetime.now(UTC).replace(hour=6)
"""The same day in the time zone of the test's browser, eight hours ahead."""


def computed(gallery: Gallery, *names: str) -> dict[str, float]:
    """Return the estimate of the server for methane."""
    ids = ",".join(gallery.ids[name] for name in names)
    with urllib.request.urlopen(f"{gallery.server.url}reports/combined?ids={ids}", timeout=HANG_S) as answer:
        combined: dict[str, float] = json.load(answer)["data"]["gases"]["ch4"]["combined"]
    return combined


def test_the_page_shows_the_estimate_of_the_server(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("compare?ids={sample},{spiral}"))
    value = page.get_by_test_id("combined-value")
    expect(value).to_have_attribute("data-value", str(computed(gallery, "sample", "spiral")["flux_kg_h"]))
    expect(page.locator("table.rates tbody tr")).to_have_count(2)
    expect(page.get_by_test_id("combined-assumptions")).to_be_visible()
    expect(page.get_by_test_id("compare-repeated")).to_have_count(0)


def test_flights_at_one_time_are_told(gallery: Gallery, open_page: OpenPage) -> None:
    """The simulated ones have one clock and one place."""
    page = open_page(gallery.url("compare?ids={nothing},{two}"))
    told = page.get_by_test_id("compare-simultaneous")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("nothing")
    expect(told).to_contain_text("two")
    expect(page.get_by_test_id("compare-elsewhere")).to_have_count(0)
    expect(page.locator("table.rates tbody tr")).to_have_count(2)


def test_a_flight_that_is_gone_is_told_and_counts_nowhere(gallery: Gallery, open_page: OpenPage) -> None:
    gone = f"{uuid.uuid4()},no-id"
    page = open_page(gallery.url("compare?ids={sample},{spiral},") + gone)
    expect(page.locator(".note.poor").first).to_contain_text("1")
    value = page.get_by_test_id("combined-value")
    expect(value).to_have_attribute("data-value", str(computed(gallery, "sample", "spiral")["flux_kg_h"]))


def test_without_a_key_only_the_key_is_asked_for(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server(GASFLUX_SECURITY_REQUIRE_API_KEY="true")
    page = open_page(server.url + "#/compare")
    expect(page.get_by_test_id("api-key-input")).to_be_visible()
    expect(page.get_by_test_id("compare-all")).to_be_hidden()
    expect(page.get_by_test_id("compare-search")).to_be_hidden()
    expect(page.get_by_text("Choose two or more flights")).to_have_count(0)


def test_flights_are_taken_out_and_put_in(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("compare?ids={sample},{spiral},{nothing}"))
    expect(page.locator("table.rates tbody tr")).to_have_count(3)
    page.locator("table.rates tbody tr button").last.click()
    expect(page.locator("table.rates tbody tr")).to_have_count(2)
    page.get_by_test_id("compare-open").click()
    page.locator(f"[data-testid=compare-pick][value='{gallery.ids['two']}']").check()
    expect(page.locator("table.rates tbody tr")).to_have_count(3)
    assert gallery.ids["two"] in page.url


def filled(database: Path, real: str) -> None:
    """Write completed tasks of two sites straight into the database of a server at rest, a day apart each."""
    with closing(sqlite3.connect(database)) as connection, connection:
        gases, results = connection.execute("SELECT gases, results FROM tasks WHERE task_id = ?", [real]).fetchone()
        days = ((i, f"{NOW - timedelta(days=i):%Y-%m-%d %H:%M:%S}") for i in range(1, STORED + 1))
        connection.executemany(
            "INSERT INTO tasks (task_id, status, message, created_at, updated_at, name, input_name, pinned, gases,"
            " results) VALUES (?, 'completed', '', ?, ?, ?, 'flight.csv', 1, ?, ?)",
            [(str(uuid.UUID(int=i)), day, day, f"Site {i % 2} flight {i}", gases, results) for i, day in days],
        )


def test_any_flight_of_the_server_is_found(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    first, second = upload(server, SAMPLE), upload(server, SAMPLE)
    server.stop()
    filled(next(server.folder.rglob("gasflux.db")), first)
    server.start()
    page = open_page(server.url + "#/compare", timezone_id="Asia/Shanghai")
    boxes, pages = page.get_by_test_id("compare-pick"), page.get_by_role("navigation", name="Pages")
    expect(pages).to_contain_text(f"1–20 of {STORED + 2}")
    page.get_by_test_id("compare-search").fill("site 1 flight")
    expect(pages).to_contain_text(f"1–20 of {STORED // 2}")
    pages.get_by_role("button", name="Next").click()
    expect(pages).to_contain_text(f"21–40 of {STORED // 2}")
    day = f"{NOW - timedelta(days=99):%Y-%m-%d}"
    page.get_by_test_id("compare-until").fill(day)
    expect(pages).to_contain_text(f"of {(STORED - 99) // 2 + 1}")
    page.get_by_test_id("compare-since").fill(day)
    expect(page.locator(".pick")).to_contain_text("Site 1 flight 99")
    expect(boxes).to_have_count(1)
    boxes.check()
    page.get_by_test_id("compare-search").fill("nowhere")
    expect(boxes).to_have_count(0)
    page.get_by_test_id("compare-since").fill("")
    page.get_by_test_id("compare-until").fill("")
    page.get_by_test_id("compare-search").fill("sample_flight")
    expect(boxes).to_have_count(2)
    page.get_by_test_id("compare-all").click()
    expect(page.get_by_test_id("compare-open")).to_contain_text("3 chosen")
    assert all(task_id in page.url for task_id in (first, second, str(uuid.UUID(int=99))))
    # The one written into the database has no files: it is told of and counts nowhere.
    expect(page.get_by_text("1 of the chosen flights")).to_be_visible()
    # The sample was sent twice: it is told that it counts once.
    expect(page.get_by_test_id("compare-repeated")).to_contain_text("counts once: 1 of the chosen tasks")
    expect(page.locator("table.rates tbody tr")).to_have_count(1)
    page.get_by_test_id("compare-clear").click()
    expect(page.get_by_text("Choose two or more flights")).to_be_visible()
    expect(page.locator("[data-testid=compare-pick]:checked")).to_have_count(0)
