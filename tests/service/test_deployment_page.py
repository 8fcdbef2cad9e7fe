"""The page on running the service names only what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gasflux.config_reader import OTHER_VARIABLES, load_settings
from gasflux.configuration.service_settings import setting_rows

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / name for name in ("WAITRESS_DEPLOYMENT.md", "ENVIRONMENT_VARIABLES.md")]
ROWS = tuple(setting_rows())


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_variable_and_link_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    variables = {name for row in ROWS for name in row.variables} | {"GASFLUX_"} | OTHER_VARIABLES
    assert set(re.findall(r"\bGASFLUX_[A-Z_]*", text)) <= variables
    assert set(re.findall(r"`\[(\w+)\] (\w+)", text)) <= {(row.section, row.key) for row in ROWS}
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def test_every_ini_example_loads(tmp_path: Path) -> None:
    examples = [block for page in PAGES for block in blocks(page, "ini")]
    assert examples
    for example in examples:
        (tmp_path / "gasflux.ini").write_text(example, encoding="utf-8")
        assert load_settings(start=tmp_path, environment={}).server.base_url.startswith("https://")


def test_the_proxy_takes_a_little_more_than_the_service() -> None:
    """So that a file that is too large gets the service's own answer."""
    limit = next(row.default for row in ROWS if row.key == "max_content_length")
    nginx, caddy = blocks(PAGES[0], "nginx")[0], blocks(PAGES[0], "caddyfile")[0]
    sizes = [int(found) * 10**6 for found in re.findall(r"(?:client_max_body_size|max_size) (\d+)[mM]", nginx + caddy)]
    assert len(sizes) == 2
    assert all(limit < size < 1.1 * limit for size in sizes)


@pytest.mark.parametrize("script", ["server_waitress.py", "create_api_key.py", "run_api.py"])
def test_every_option_exists(script: str) -> None:
    run = [sys.executable, str(ROOT / script), "--help"]
    offered = subprocess.run(run, capture_output=True, encoding="utf-8", check=True).stdout
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            _, found, arguments = line.partition(f"{script} ")
            used = re.findall(r"(?<![\w-])--[a-z-]+", arguments) if found else []
            assert all(option in offered for option in used), line
