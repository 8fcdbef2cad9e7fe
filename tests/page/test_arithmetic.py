"""What the page works out by itself: which rates are told from zero, and changes of a YAML text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from page_steps import OpenPage
from page_world import Server
from playwright.sync_api import Page

from gasflux.results.report.numbers import upper_bound


def called(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    """Return the value of an expression over a module `m` of the page and an argument `a`."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('/static/js/{module}'); return {expression}; }}", argument
    )


def bound_cases() -> Iterator[tuple[float | None, float | None, float | None, float | None]]:
    """Yield rate, both ends of the interval, detection limit: told, not told, negative, at the edges, unknown."""
    rates, lows, highs = (-3.0, -0.4, 0.0, 0.3, 0.9, 4.8), (-5.0, -0.2, 0.0, 4.1), (-1.0, -0.1, 0.0, 0.8, 5.5)
    yield from product(rates, lows, highs, (None, 0.0, 0.3, 0.9))
    yield from ((None, None, None, None), (None, -1.0, 1.0, 0.5), (0.5, None, 1.0, 0.5), (0.5, -1.0, None, None))


def test_what_is_not_told_from_zero_is_so_on_the_page_as_in_the_report(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    cases = list(bound_cases())
    wanted = [upper_bound(*case) for case in cases]
    assert {bound is None for bound in wanted} == {True, False}
    rule = "a.map(([flux, low, high, limit]) => m.upperBound({ flux, low, high, limit }))"
    assert called(page, "rate.js", rule, cases) == wanted


def test_a_result_without_a_detection_limit_is_told_by_its_interval(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    shown = "m.rateTexts(m.listedRate(a)).shown"
    older = {"flux_kg_h": 0.3, "flux_interval_kg_h": {"level": 0.9, "low": -0.2, "high": 0.8}, "grade": "D"}
    assert called(page, "rate.js", shown, older) == "< 0.80"
    told = older | {"flux_interval_kg_h": {"level": 0.9, "low": 0.1, "high": 0.8}}
    assert called(page, "rate.js", shown, told) == "0.30"
    assert called(page, "rate.js", shown, told | {"detection_limit_kg_h": 0.4}) == "< 0.80"


COMMENTED = """# my site
ground:
  method: plume  # as last year
  height: null
gases: {ch4: [1.5, 10.0]}
"""


def test_the_form_changes_one_line_and_keeps_the_comments(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    changed = called(page, "yaml_text.js", "m.withValue(a, ['ground', 'method'], 'none')", COMMENTED)
    assert changed == COMMENTED.replace("method: plume", "method: none")
    changed = called(page, "yaml_text.js", "m.withValue(a, ['gases'], {co2: [0, 1000]})", COMMENTED)
    assert "# my site" in changed
    values = called(page, "yaml_text.js", "m.parseYaml(a).values", changed)
    assert values["gases"] == {"co2": [0, 1000]}


@pytest.mark.parametrize("text", ["", "{ground: {method: plume}}", "ground: {method: plume, height: 2}", COMMENTED])
def test_any_way_to_write_yaml_takes_a_change(server: Server, open_page: OpenPage, text: str) -> None:
    page = open_page(server.url)
    changed = called(page, "yaml_text.js", "m.withValue(a, ['ground', 'height'], 3.5)", text)
    assert called(page, "yaml_text.js", "m.parseYaml(a).values.ground.height", changed) == 3.5
    again = called(page, "yaml_text.js", "m.withValue(a, ['ground', 'height'], undefined)", changed)
    assert "3.5" not in json.dumps(called(page, "yaml_text.js", "m.parseYaml(a).values", again))
