"""The report in a browser: on a phone nothing is wider than the screen, wide tables scroll, axe finds nothing."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import flight_result
from page_checks import PHONE, assert_fits, faults
from page_steps import OpenPage
from PIL import Image
from playwright.sync_api import Page

from gasflux.configuration.pipeline_yaml import default_config_text
from gasflux.plotting import render_figures
from gasflux.records import FlightResult
from gasflux.reporting import render_report
from gasflux.results.figures.names import figure_keys

LONG_NAME = "2025-06-03_site_with_a_very_long_name_and_no_blank_in_it_curtain_downwind_of_the_compressor.xlsx"
CONFIG = "columns:\n  latitude: " + "a_header_without_a_blank_" * 8 + "\n"


def blank_figures(result: FlightResult) -> dict[str, bytes]:
    """Return a white PNG of the usual size for every figure of a flight."""
    stream = io.BytesIO()
    Image.new("P", (923, 600), 0).save(stream, format="PNG")
    return {key.file_name: stream.getvalue() for key in figure_keys(result)}


@pytest.fixture(scope="module", params=["en", "zh"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a flight with everything: two gases, three curtains, findings, a long name."""
    result = flight_result(segments=3, gases=("ch4", "c2h6"), language=request.param)
    named = replace(result.log, report=replace(result.log.report, name=LONG_NAME))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(replace(result, log=named), blank_figures(result), CONFIG), encoding="utf-8")
    return path


def opened(open_page: OpenPage, report: Path, **options: Any) -> Page:
    return open_page(report.as_uri(), **options)


def test_axe_finds_nothing_in_the_report(open_page: OpenPage, report: Path) -> None:
    assert faults(opened(open_page, report)) == []


def test_axe_finds_nothing_in_the_report_on_a_phone(open_page: OpenPage, report: Path) -> None:
    assert faults(opened(open_page, report, **PHONE)) == []


def test_report_fits_a_phone(open_page: OpenPage, report: Path) -> None:
    assert_fits(opened(open_page, report, **PHONE))


def test_wide_tables_scroll_in_their_boxes(open_page: OpenPage, report: Path) -> None:
    page = opened(open_page, report, **PHONE)
    overflowing = page.evaluate("""
        () => [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth).length
    """)
    outside = page.evaluate("""
        () => [...document.querySelectorAll("table")].filter((table) => !table.closest(".scroll")).length
    """)
    assert outside == 0
    # The tables of rates have nine columns, so there is something to scroll.
    assert overflowing >= 3


@pytest.fixture(scope="module", params=["en", "zh"])
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of one curtain and two gases, with its real figures: what a flight usually is."""
    result = flight_result(segments=1, gases=("ch4", "co2"), language=request.param)
    path = tmp_path_factory.mktemp("printed") / "report.html"
    path.write_text(render_report(result, render_figures(result), default_config_text()), encoding="utf-8")
    return path


def test_a_flight_of_one_curtain_prints_on_fewer_than_twelve_pages(open_page: OpenPage, printed: Path) -> None:
    page = opened(open_page, printed)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert 3 < len(re.findall(rb"/Type\s*/Page\b", pdf)) < 12


def test_the_contents_lead_to_every_part(open_page: OpenPage, printed: Path) -> None:
    page = opened(open_page, printed)
    targets = page.locator("nav a").evaluate_all("links => links.map(link => link.hash.slice(1))")
    headings = page.locator("section > h2").evaluate_all("all => all.map(heading => heading.id)")
    assert targets == headings[1:]  # the answer stands above them
