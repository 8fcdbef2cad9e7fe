"""What the page computes by itself: the combination of flights, and changes of a YAML text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from page_steps import OpenPage
from page_world import Server
from playwright.sync_api import Page
from scipy.stats import t as student

from gasflux.combination import between_variance


def called(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    """Return the value of an expression over a module `m` of the page and an argument `a`."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('/static/js/{module}'); return {expression}; }}", argument
    )


@pytest.mark.parametrize("freedom", [1.0, 2.5, 7.0, 60.0])
def test_student_factor_is_that_of_scipy(server: Server, open_page: OpenPage, freedom: float) -> None:
    page = open_page(server.url)
    found = called(page, "combine.js", "m.studentFactor(0.9, a)", freedom)
    # Simpson's rule over 2,000 steps; nobody reads more than three digits of an interval.
    assert found == pytest.approx(float(student.ppf(0.95, freedom)), rel=1e-5)


def test_flights_are_combined_as_curtains_are(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    flux, std = np.array([5.0, 7.5, 4.2]), np.array([0.5, 0.6, 0.9])
    flights = [
        {"flux": float(f), "std": float(s), "budget": {"repeatability": float(s), "wind_speed": 0.03 * float(f)}}
        for f, s in zip(flux, std, strict=True)
    ]
    found = called(page, "combine.js", "m.combine(a)", flights)
    tau2 = between_variance(flux, std**2)
    weight = 1.0 / (std**2 + tau2)
    weight /= weight.sum()
    assert tau2 > 0.0
    # Both bisect to within the last digits of a double.
    assert found["between"] == pytest.approx(np.sqrt(tau2), rel=1e-9)
    assert found["flux"] == pytest.approx(float(weight @ flux), rel=1e-9)
    common = float(weight @ (0.03 * flux))
    assert found["std"] == pytest.approx(float(np.sqrt(weight**2 @ (std**2 + tau2) + common**2)), rel=1e-9)
    assert found["low"] < found["flux"] < found["high"]


def test_flights_that_agree_are_combined_by_their_own_errors(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    flights = [{"flux": 5.0, "std": 0.5, "budget": {"repeatability": 0.5}}] * 4
    found = called(page, "combine.js", "m.combine(a)", flights)
    assert found["between"] == 0.0
    assert found["std"] == pytest.approx(0.25)  # 0.5 / sqrt(4)


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
