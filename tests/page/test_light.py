"""Light: what a first visit and the view of a result ask a phone's line for."""

from __future__ import annotations

from page_gallery import Gallery
from page_steps import OpenPage
from playwright.sync_api import Response, expect

MOST_REQUESTS, MOST_BYTES = 15, 200_000
"""Of a first visit, all of it: page, script, libraries, words, and what the server is asked."""

MOST_RESULT_BYTES = 120_000
"""Of the view of a result, beyond what the page itself is."""


def test_a_first_visit_is_light(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    heard: list[Response] = []
    page.on("response", lambda answer: heard.append(answer))
    page.goto(gallery.url("new"))
    expect(page.locator(".recent")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(heard) <= MOST_REQUESTS, [answer.url for answer in heard]
    assert total(heard) <= MOST_BYTES


def test_the_view_of_a_result_is_light(gallery: Gallery, open_page: OpenPage) -> None:
    page = open_page(gallery.url("new"))
    page.wait_for_load_state("networkidle")
    heard: list[Response] = []
    page.on("response", lambda answer: heard.append(answer))
    page.goto(gallery.url("task/{sample}"))
    expect(page.locator(".files").first).to_be_visible()
    assert total(heard) <= MOST_RESULT_BYTES


def total(heard: list[Response]) -> int:
    """Return the bytes on the line, heads included."""
    sizes = [answer.request.sizes() for answer in heard]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
