"""Pictures of the report of the bundled flight for the READMEs, in both languages.

``python -m tools.report_picture`` writes ``docs/pictures/report-*.png``. The browser is that of GASFLUX_BROWSER or an
installed Chromium.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.data_processor import process_file

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = ROOT / "src" / "gasflux" / "data" / "sample_flight.xlsx"
PICTURES: Final = ROOT / "docs" / "pictures"
CURTAIN: Final = {"en": "flux density between the passes", "zh": "通量密度"}
"""Language -> what the caption of the curtain holds and no caption before it."""
WIDTH_PX, HEIGHT_PX = 1200, 970
"""The answer of every gas; a report goes on below."""
COLOURS: Final = 256


def main() -> int:
    """Process the flight in both languages and picture the reports."""
    browser_path = os.environ.get("GASFLUX_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        for language in CURTAIN:
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, color_scheme="light")
            page.goto(_report(Path(folder) / language, language).as_uri())
            page.wait_for_load_state("networkidle")
            _save(page.screenshot(), PICTURES / f"report-{language}.png")
            curtain = page.locator("figure").filter(has_text=CURTAIN[language]).first
            _save(curtain.screenshot(), PICTURES / f"report-curtain-{language}.png")
        browser.close()
    return 0


def _report(folder: Path, language: str) -> Path:
    """Process the bundled flight; return its report."""
    process_file(SAMPLE, load_pipeline_config({"language": language}), folder)
    return folder / "report.html"


def _save(png: bytes, path: Path) -> None:
    """Write a picture with few colours; the octree keeps the few bright cells of a curtain."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    sys.exit(main())
