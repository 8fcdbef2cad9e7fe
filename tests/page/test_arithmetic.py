"""What the page computes by itself: changes of a YAML text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from page_steps import OpenPage
from page_world import Server
from playwright.sync_api import Page


def called(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    """Return the value of an expression over a module `m` of the page and an argument `a`."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('/static/js/{module}'); return {expression}; }}", argument
    )


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
