"""What every state of every view is held to: axe finds nothing, and a narrow phone shows all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
NARROW_PX = 360
PHONE: dict[str, Any] = {"viewport": {"width": NARROW_PX, "height": 740}, "has_touch": True, "is_mobile": True}

CUT = """
() => [...document.querySelectorAll("main *, .topbar *")].filter((node) => {
  const { left, right, width } = node.getBoundingClientRect();
  const isSeen = width > 1 && node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const scrolls = node.closest(".scroll, .pick, pre, textarea, .visually-hidden, canvas, .uplot, svg");
  return isSeen && !scrolls && (left < -1 || right > innerWidth + 1);
}).map((node) => node.outerHTML.slice(0, 120))
"""
"""Elements that reach over an edge of the screen, but in what scrolls by itself."""


def faults(page: Page) -> list[str]:
    """Return what axe finds: rule and element. Scripts run beside the page, so its policy stays as it is."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen, so nothing is cut and nothing scrolls sideways."""
    wide, screen = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert page.evaluate(CUT) == []
    assert wide <= screen == NARROW_PX
