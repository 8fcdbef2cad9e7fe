"""Pictures of the page for the READMEs: a server with flights of known emission, a browser, small PNG files.

`make screenshots` writes `docs/pictures/`. The browser is that of GASFLUX_BROWSER or an installed Chromium.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gasflux.simulated.output import simulate_kind, write_simulated

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
SAMPLE: Final = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
COLOURS: Final = 256
KMEANS: Final = 4
"""Rounds that move the colours to where the picture has them: a median cut alone paints bright cells grey."""
START_S: Final = 60.0
DONE_MS: Final = 120_000
KINDS: Final = (("steady", "Pad 4, calm"), ("gusty", "Pad 4, gusty"))


@dataclass(frozen=True)
class Shot:
    """One picture."""

    view: str
    locale: str
    theme: str
    is_phone: bool

    @property
    def name(self) -> str:
        """Return the file's name, which says all of it."""
        language = "zh" if self.locale.startswith("zh") else "en"
        return f"{self.view}-{language}-{self.theme}{'-phone' if self.is_phone else ''}.png"


VIEWS: Final = ("new", "tasks", "task", "keys", "service")
SHOTS: Final = (
    *(Shot(view, "en-GB", "light", False) for view in (*VIEWS, "compare")),
    *(Shot(view, "zh-CN", "light", False) for view in VIEWS),
    *(Shot(view, "en-GB", "dark", False) for view in ("task", "tasks")),
    *(Shot(view, "en-GB", "light", True) for view in VIEWS),
    *(Shot(view, "zh-CN", "dark", True) for view in VIEWS),
)


def main() -> int:
    """Make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser_path = os.environ.get("GASFLUX_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        task_ids = _flights(browser, url, Path(folder))
        for shot in SHOTS:
            _take(browser, url, shot, task_ids)
        browser.close()
    total = sum(path.stat().st_size for path in PICTURES.glob("*.png"))
    sys.stdout.write(f"{len(SHOTS)} pictures, {total / 1e6:.2f} MB, in {PICTURES.relative_to(ROOT)}\n")
    return 0


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run a server with a data folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "gasflux.ini").write_text("[server]\nhost = 127.0.0.1\n", encoding="utf-8")
    command = [sys.executable, "-m", "gasflux", "serve", "--host", "127.0.0.1", "--port", str(port)]
    # Results of a site are kept for a week there, so that no picture says that they go in an hour.
    kept = {"GASFLUX_CLEANUP_SUCCESSFUL_TASK_CLEANUP_AGE": "604800"}
    process = subprocess.Popen(command, cwd=folder, env=os.environ | kept, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(START_S)


def _wait(url: str) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url + "health"):
            return
        time.sleep(0.2)
    raise TimeoutError("the server did not start")


def _flights(browser: Browser, url: str, folder: Path) -> list[str]:
    """Send the sample last, so that it stands on top, and return the ids of all flights."""
    page = browser.new_page()
    for seed, (kind, name) in enumerate(KINDS, start=1):
        flight, path = simulate_kind(kind, {"ch4": 5.5}, seed), folder / f"{name}.csv"
        write_simulated(flight, path, kind)
        _send(page, url, path)
    _send(page, url, SAMPLE)
    ids = page.locator("[data-testid=task-row]").evaluate_all("rows => rows.map(row => row.dataset.taskId)")
    page.close()
    return [str(task_id) for task_id in ids]


def _send(page: Page, url: str, path: Path) -> None:
    """Send one flight and wait for its result."""
    page.goto(url + "#/new")
    page.reload()
    page.get_by_test_id("file-input").set_input_files(path)
    page.get_by_test_id("submit-upload").click()
    page.wait_for_selector("[data-testid=task-row][data-status=completed]:first-child", timeout=DONE_MS)


def _take(browser: Browser, url: str, shot: Shot, task_ids: list[str]) -> None:
    """Take one picture."""
    tall = 1120 if shot.view == "task" else 860  # a result down to the whole of its curtain
    context = browser.new_context(
        viewport={"width": 390, "height": 844} if shot.is_phone else {"width": 1280, "height": tall},
        color_scheme="dark" if shot.theme == "dark" else "light",
        locale=shot.locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    places = {"task": f"task/{task_ids[0]}", "compare": f"compare?ids={','.join(task_ids)}"}
    page.goto(url + "#/" + places.get(shot.view, shot.view))
    if shot.view == "new":
        page.get_by_test_id("file-input").set_input_files(SAMPLE)
        page.wait_for_selector(".preview-plots canvas")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # for fonts and canvases to be drawn
    _save(page.screenshot(), PICTURES / shot.name)
    context.close()


def _save(png: bytes, path: Path) -> None:
    """Write a picture with few colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=KMEANS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
