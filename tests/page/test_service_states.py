"""The service's view when all is well, when something needs attention, and when nothing works."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from page_checks import PHONE, assert_fits, faults
from page_steps import NewServer, OpenPage
from playwright.sync_api import Page, expect


def assert_serves_everybody(page: Page) -> None:
    """Fit for a narrow screen, in light and in dark, whoever reads it."""
    assert_fits(page)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = faults(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert [*found, *faults(page)] == []


@pytest.mark.parametrize(
    ("share", "state", "sentence", "chinese"),
    [
        (1.5, "degraded", "Space is running out", "空间即将不足"),
        (0.5, "unhealthy", "Uploads are refused.", "已拒绝上传"),
    ],
)
def test_a_disk_that_fills_is_told(
    new_server: NewServer, open_page: OpenPage, tmp_path: Path, share: float, state: str, sentence: str, chinese: str
) -> None:
    # The limit is set by what is free now: other programs would have to fill a third of the disk to change the state.
    server = new_server(GASFLUX_LIMITS_MIN_FREE_BYTES=str(round(shutil.disk_usage(tmp_path).free / share)))
    page = open_page(server.url + "#/service", **PHONE)
    expect(page.get_by_test_id("health-status")).to_have_text(state)
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.locator(".sections")).to_be_visible()
    assert_serves_everybody(page)
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_text(chinese)).to_be_visible()
    assert_serves_everybody(page)


def test_a_folder_that_is_gone_is_told_and_so_is_its_return(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url + "#/service", **PHONE)
    expect(page.get_by_test_id("health-status")).to_have_text("healthy")
    assert_serves_everybody(page)
    outputs = server.folder / "web_api_data" / "outputs"
    away = outputs.rename(outputs.with_name("elsewhere"))
    expect(page.get_by_test_id("health-status")).to_have_text("unhealthy")
    expect(page.get_by_text("see that the data folder can be written")).to_be_visible()
    assert_serves_everybody(page)
    away.rename(outputs)
    expect(page.get_by_test_id("health-status")).to_have_text("healthy")
    expect(page.locator("#announcer")).to_have_text("All is well")


def test_a_locked_database_is_told(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    with closing(sqlite3.connect(next(server.folder.rglob("gasflux.db")), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        page = open_page(server.url + "#/service", **PHONE)
        expect(page.get_by_test_id("health-status")).to_have_text("unhealthy")
        expect(page.get_by_text("can be neither read nor written")).to_be_visible()
        assert_serves_everybody(page)
        connection.execute("ROLLBACK")
    expect(page.get_by_test_id("health-status")).to_have_text("healthy")
