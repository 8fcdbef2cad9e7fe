"""Several flights of a site: what the page says of them is what the server computed."""

from __future__ import annotations

import json
import urllib.request
import uuid

from page_gallery import Gallery
from page_steps import OpenPage
from playwright.sync_api import expect


def computed(gallery: Gallery, *names: str) -> dict[str, float]:
    """Return the estimate of the server for methane."""
    ids = ",".join(gallery.ids[name] for name in names)
    with urllib.request.urlopen(f"{gallery.server.url}reports/combined?ids={ids}", timeout=30) as answer:
        combined: dict[str, float] = json.load(answer)["data"]["gases"]["ch4"]["combined"]
    return combined


def test_the_page_shows_the_estimate_of_the_server(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("compare?ids={sample},{spiral}"))
    value = page.get_by_test_id("combined-value")
    expect(value).to_have_attribute("data-value", str(computed(gallery, "sample", "spiral")["flux_kg_h"]))
    expect(page.locator("table.rates tbody tr")).to_have_count(2)
    expect(page.get_by_test_id("combined-assumptions")).to_be_visible()


def test_a_flight_that_is_gone_is_told_and_counts_nowhere(gallery: Gallery, open_page: OpenPage) -> None:
    gone = f"{uuid.uuid4()},no-id"
    page = open_page(gallery.url("compare?ids={sample},{spiral},") + gone)
    expect(page.locator(".note.poor").first).to_contain_text("1")
    value = page.get_by_test_id("combined-value")
    expect(value).to_have_attribute("data-value", str(computed(gallery, "sample", "spiral")["flux_kg_h"]))


def test_flights_are_taken_out_and_put_in(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("compare?ids={sample},{spiral},{nothing}"))
    expect(page.locator("table.rates tbody tr")).to_have_count(3)
    page.locator("table.rates tbody tr button").last.click()
    expect(page.locator("table.rates tbody tr")).to_have_count(2)
    page.get_by_test_id("compare-open").click()
    page.locator(f"[data-testid=compare-pick][value='{gallery.ids['two']}']").check()
    expect(page.locator("table.rates tbody tr")).to_have_count(3)
    assert gallery.ids["two"] in page.url
