"""Every view in the states worth looking at: one server with flights of each kind, and how to come to each state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from page_world import SAMPLE, Server, post, upload
from playwright.sync_api import Page, expect

from gasflux.simulation import Scenario, simulate, to_frame

FLIGHTS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "spiral": Scenario(path="spiral", radius_m=50.0, transects=7, top_m=24.0, seed=1),
        "nothing": Scenario(rate_kg_h={"ch4": 0.001}, seed=4),
        "two": Scenario(curtains=2, seed=3),
    }
)
"""A climb round the source, a flight on which no emission is told from zero, and two curtains in one log."""

BAD: Final = (
    "timestamp,latitude,longitude,height_ato,windspeed,temperature,pressure,ch4\n"
    "2026-04-13T09:30:00,95,4.9,10,5,15,1000,2.0\n2026-04-13T09:30:01,51.9,4.9,10,strong,15,1000,2.1\n"
)


@dataclass(frozen=True)
class Gallery:
    """A server and the ids of its tasks by what they are."""

    server: Server
    ids: Mapping[str, str]
    bad: Path

    def url(self, place: str) -> str:
        """Return the address of a place, a name in braces standing for the id of that task."""
        return f"{self.server.url}#/{place.format(**self.ids)}"


def filled_gallery(folder: Path, server: Server) -> Gallery:
    """Send the flights to a server that runs."""
    ids = {"sample": upload(server, SAMPLE)}
    for name, scenario in FLIGHTS.items():
        path = folder / f"{name}.csv"
        to_frame(simulate(scenario)).to_csv(path, index=False)
        ids[name] = upload(server, path)
    bad = folder / "bad.csv"
    bad.write_text(BAD, encoding="utf-8")
    ids["bad"] = str(post(server, bad)["task_id"])
    return Gallery(server, MappingProxyType(ids), bad)


def _at(place: str, ready: str) -> Callable[[Page, Gallery], None]:
    """Return how to come to a place of which `ready` is the last part to arrive."""

    def go(page: Page, gallery: Gallery) -> None:
        page.goto(gallery.url(place))
        expect(page.locator(ready).first).to_be_visible()

    return go


def _preview(page: Page, gallery: Gallery) -> None:
    page.goto(gallery.url("new"))
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    expect(page.locator(".preview-plots canvas").first).to_be_visible()


def _faulty_preview(page: Page, gallery: Gallery) -> None:
    page.goto(gallery.url("new"))
    page.get_by_test_id("file-input").set_input_files(gallery.bad)
    expect(page.locator(".fault-list").first).to_be_visible()


def _question(page: Page, gallery: Gallery) -> None:
    page.goto(gallery.url("task/{sample}"))
    page.locator("[data-act=rerun]").click()
    expect(page.get_by_test_id("rerun-now")).to_be_visible()


STATES: Final[Mapping[str, Callable[[Page, Gallery], None]]] = MappingProxyType(
    {
        "new": _at("new", ".recent"),
        "preview": _preview,
        "preview with faults": _faulty_preview,
        "tasks": _at("tasks", "[data-testid=task-row]"),
        "nothing found": _at("tasks?q=nowhere", ".empty"),
        "result": _at("task/{sample}", ".files"),
        "result with flags": _at("task/{nothing}", ".files"),
        "spiral": _at("task/{spiral}", ".files"),
        "two curtains": _at("task/{two}", ".files"),
        "failed task": _at("task/{bad}", ".fault-list"),
        "question": _question,
        "choice of flights": _at("compare", "[data-testid=compare-pick]"),
        "comparison": _at("compare?ids={sample},{spiral},{nothing}", "[data-testid=combined-value]"),
        "keys": _at("keys", "[data-testid=create-key]"),
        "service": _at("service", ".sections"),
    }
)
