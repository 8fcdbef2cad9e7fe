"""Pictures of the page for the READMEs: a server with flights of known emission, a browser, small PNG files.

`make screenshots` writes `docs/pictures/`. The browser is that of GASFLUX_BROWSER or an installed Chromium.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby, product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.simulation.files import simulate_kind, write_simulated

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
SAMPLE: Final = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
COLOURS: Final = 256
KMEANS: Final = 4
"""Rounds that move the colours to where the picture has them: a median cut alone paints bright cells grey."""
START_S: Final = 60.0
DONE_S: Final = 120.0
STILL_MS: Final = 500
"""For fonts and canvases to be drawn."""

HEIGHTS: Final[Mapping[str, int]] = MappingProxyType({"task": 1120, "tasks": 960, "compare": 960, "keys": 760})
"""Of wide pictures, where it is not 860: a result down to the end of its curtain, a list down to a failed flight."""
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
READY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "new": ".preview-plots canvas",
        "tasks": "progress",
        "task": ".files",
        "compare": "[data-testid=combined-value]",
        "keys": "[data-testid=key-row]",
        "service": ".sections",
    }
)
"""What is there once a view has everything that the picture shows."""

NOTHING: Final = Scenario(rate_kg_h={"ch4": 0.001}, seed=4)
LONG: Final = Scenario(rate_kg_h={"ch4": 20.0, "co2": 900.0, "n2o": 1.0}, transects=170, sample_hz=20.0, top_m=120.0)
"""Works long enough to be seen at it."""
SEEN_AT_WORK: Final = """
new Promise((done) => {
  const look = () => ((document.querySelector("progress")?.value ?? 0) > 20 ? done() : setTimeout(look, 50));
  look();
})
"""

NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "gusty": ("Pad 4, gusty", "4 号井场，阵风"),
        "spiral": ("Tank 7, flown round", "7 号储罐，环绕飞行"),
        "broken": ("Pad 4, log cut off", "4 号井场，记录不全"),
        "nothing": ("Compressor 2, after repair", "2 号压缩机，检修后"),
        "sample": ("Pad 4, calm", "4 号井场，平静"),
        "long": ("Landfill, north side", "填埋场北侧"),
        "next": ("Landfill, south side", "填埋场南侧"),
    }
)
"""Flights in the order in which they are sent, so that the last stands on top, and their names in each language."""
WORKING: Final = ("long", "next")
"""One at work and one that waits behind it."""

KEYS: Final = (
    {"name": "Anna Berg", "admin": True},
    {"name": "Field laptop 2", "expires_in_days": 365},
    {"name": "Nightly batch"},
)


@dataclass(frozen=True)
class Shot:
    """One picture."""

    view: str
    language: str
    theme: Literal["light", "dark"]
    is_phone: bool

    @property
    def name(self) -> str:
        """Return the file's name, which says all of it."""
        return f"{self.view}-{self.language}-{self.theme}{'-phone' if self.is_phone else ''}.png"


def _shots(view: str) -> list[Shot]:
    """Return a view's pictures: both languages, themes and widths."""
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    return [Shot(view, language, *rest) for language in ("en", "zh") for rest in product(themes, (False, True))]


AT_WORK: Final = _shots("tasks")
"""Taken while two of the flights are at work and in the queue."""
OPEN: Final = (
    *(shot for view in ("new", "task", "service") for shot in _shots(view)),
    *(Shot("compare", language, "light", False) for language in ("en", "zh")),
)
WITH_KEYS: Final = _shots("keys")
"""Taken last: from the first key on, every request needs one."""


def main() -> int:
    """Make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser_path = os.environ.get("GASFLUX_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        studio = Studio(browser, Service(url), _paths(Path(folder)))
        for language, shots in groupby(AT_WORK, key=lambda shot: shot.language):
            studio.begin_work(language)
            for shot in shots:
                studio.take(shot)
            studio.end_work()
        for shot in OPEN:
            studio.speak(shot.language)
            studio.take(shot)
        studio.make_keys()
        for shot in WITH_KEYS:
            studio.take(shot)
        browser.close()
    pictures = [PICTURES / shot.name for shot in (*AT_WORK, *OPEN, *WITH_KEYS)]
    total = sum(path.stat().st_size for path in pictures)
    sys.stdout.write(f"{len(pictures)} pictures, {total / 1e6:.2f} MB, in {PICTURES.relative_to(ROOT)}\n")
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
    kept = {"GASFLUX_CLEANUP_SUCCESSFUL_TASK_CLEANUP_AGE": "604800", "GASFLUX_TASKS_WORKERS": "1"}
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


class Service:
    """The server as a program talks to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, entries: object = None, headers: Mapping[str, str] = NO_HEADERS) -> Any:
        """Send JSON, if any, and return `data` of the answer."""
        body = None if entries is None else json.dumps(entries).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self._answer(urllib.request.Request(self.url + path, body, {**kind, **headers}, method=method))

    @staticmethod
    def _answer(request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refusal:
            # A file with faults is kept as a failed task.
            return json.load(refusal)["data"]

    def send(self, path: Path) -> str:
        """Post a flight and return the id of its task."""
        head = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
        body = head.encode() + path.read_bytes() + b"\r\n--cut--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=cut"}
        return str(self._answer(urllib.request.Request(self.url + "upload", body, kind))["task_id"])

    def wait(self, task_id: str, wanted: str) -> None:
        """Wait until a task is at its end; another end than the one wanted makes no picture."""
        end = time.monotonic() + DONE_S
        while time.monotonic() < end:
            task = self.ask("GET", f"task/{task_id}")
            if task["status"] == wanted:
                return
            if task["status"] in ("completed", "failed"):
                raise RuntimeError(f"{task['input_name']} is {task['status']}: {task['message']}")
            time.sleep(0.2)
        raise TimeoutError(f"the task {task_id} did not end")


def _paths(folder: Path) -> dict[str, Path]:
    """Write all flights but the sample, and return where they are."""
    paths = {name: folder / f"{name}.csv" for name in NAMES} | {"sample": SAMPLE}
    for kind, name in (("gusty", "gusty"), ("spiral_steady", "spiral")):
        write_simulated(simulate_kind(kind, {"ch4": 5.5}, 2), paths[name], kind)
    for scenario, name in ((NOTHING, "nothing"), (LONG, "long"), (LONG, "next")):
        to_frame(simulate(scenario)).to_csv(paths[name], index=False)
    text = paths["gusty"].read_text(encoding="utf-8").splitlines()
    paths["broken"].write_text("\n".join(text[:6]), encoding="utf-8")
    return paths


class Studio:
    """Takes the pictures of one server."""

    def __init__(self, browser: Browser, service: Service, paths: Mapping[str, Path]) -> None:
        self._browser, self._service, self._paths = browser, service, paths
        self._ids: dict[str, str] = {}
        self._key = ""
        for name in NAMES:
            if name not in WORKING:
                self._ids[name] = service.send(paths[name])
                service.wait(self._ids[name], "failed" if name == "broken" else "completed")

    def begin_work(self, language: str) -> None:
        """Send the flights that are there to be seen at work."""
        self._ids |= {name: self._service.send(self._paths[name]) for name in WORKING}
        self.speak(language)

    def end_work(self) -> None:
        """Take them away once they are done: cancelled ones would count as failed among the figures."""
        for name in WORKING:
            task_id = self._ids.pop(name)
            self._service.wait(task_id, "completed")
            self._service.ask("DELETE", f"task/{task_id}")

    def make_keys(self) -> None:
        """Make keys, the first for the pictures that follow."""
        for entry in KEYS:
            made = self._service.ask("POST", "api_keys", entry, {"X-API-Key": self._key} if self._key else NO_HEADERS)
            self._key = self._key or made["api_key"]

    def take(self, shot: Shot) -> None:
        """Take one picture."""
        context = self._browser.new_context(
            viewport=PHONE if shot.is_phone else {"width": 1280, "height": HEIGHTS.get(shot.view, 860)},
            color_scheme=shot.theme,
            locale={"en": "en-GB", "zh": "zh-CN"}[shot.language],
            reduced_motion="reduce",
        )
        page = context.new_page()
        if self._key:
            page.add_init_script(f"sessionStorage.setItem('gasflux.key', {json.dumps(self._key)})")
        self._arrange(page, shot)
        page.wait_for_timeout(STILL_MS)
        _save(page.screenshot(), PICTURES / shot.name)
        context.close()

    def speak(self, language: str) -> None:
        """Call the flights what they are called in a language."""
        for name, task_id in self._ids.items():
            self._service.ask("PUT", f"task/{task_id}", {"name": NAMES[name][language == "zh"]})

    def _arrange(self, page: Page, shot: Shot) -> None:
        """Bring a view into its most telling state."""
        ids = self._ids
        places = {"task": f"task/{ids['sample']}", "compare": f"compare?ids={ids['sample']},{ids['gusty']}"}
        page.goto(self._service.url + "#/" + places.get(shot.view, shot.view))
        if shot.view == "new":
            page.get_by_test_id("file-input").set_input_files(SAMPLE)
        page.locator(READY[shot.view]).first.wait_for()
        if shot.view == "tasks":
            page.evaluate(SEEN_AT_WORK)


def _save(png: bytes, path: Path) -> None:
    """Write a picture with few colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=KMEANS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
