"""What several tests of the page do first."""

from __future__ import annotations

from collections.abc import Callable

from page_world import SAMPLE, Server
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
NewServer = Callable[..., Server]


def send_sample(page: Page, server: Server) -> None:
    """Send the sample and wait for its result in the list."""
    page.goto(server.url + "#/new")
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    page.get_by_test_id("submit-upload").click()
    row = page.get_by_test_id("task-row").first
    expect(row).to_have_attribute("data-status", "completed")
