"""A real server, a real browser; whatever the page writes to the console as an error fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_world import BROWSERS, FLAGS, SAMPLE, WAIT_MS, Server, browser_path, free_port, upload

pytest.importorskip("playwright.sync_api", reason="playwright is part of the development extra")

from page_gallery import Gallery, filled_gallery
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""

__all__ = ["browser", "done", "gallery", "new_server", "open_page", "server"]


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return how to start a server with nothing in it."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(tmp_path / f"server{len(started)}", free_port(), environment)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that tests share, with one completed flight."""
    shared = Server(tmp_path_factory.mktemp("page") / "server", free_port()).start()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        pytest.skip(f"no browser: install chromium (make browser) or set GASFLUX_BROWSER; looked for {BROWSERS}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return how to open a page that must not complain."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    expect.set_options(timeout=WAIT_MS)

    def heard(message: ConsoleMessage) -> None:
        # A refused request is no fault of the page: Chromium writes one such line for every status above 399.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def failed(request: Request) -> None:
        # What was under way when the page was left is no fault of the page either.
        if "/static/" in request.url and request.failure != "net::ERR_ABORTED":
            complaints.append(request.url)

    def start(url: str, **options: object) -> Page:
        settings = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}} | options
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", failed)
        page.add_init_script(TELL_VIOLATIONS)
        page.goto(url)
        return page

    yield start
    for context in contexts:
        context.close()
    assert not complaints, f"the page complained: {complaints}"


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Return a server with flights of every kind, which no test changes."""
    folder = tmp_path_factory.mktemp("gallery")
    server = Server(folder / "server", free_port())
    try:
        yield filled_gallery(folder, server.start())
    finally:
        server.stop()


@pytest.fixture(scope="session")
def done(server: Server) -> tuple[Server, str]:
    """Return a server with a completed flight, and the flight's id."""
    return server, upload(server, SAMPLE)
