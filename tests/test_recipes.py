"""What is run elsewhere is still valid here: the recipe for Windows and macOS, and the page on security."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_pages import ROOT, pages
from packaging.specifiers import SpecifierSet

from gasflux.api.endpoint import _MOST_VALUES, MOST_NAMES
from gasflux.api.form_parts import MOST_HEAD_BYTES
from gasflux.api.streaming_request import StreamingRequest
from gasflux.app import _FORM_TEXT_BYTES
from gasflux.configuration.bounded_yaml import MAX_DEPTH, MAX_TEXT, MAX_VALUES, MAX_YAML_BYTES
from gasflux.configuration.service_settings import setting_rows
from gasflux.errors import MOST_FAULT_BYTES, MOST_FAULTS
from gasflux.server.waitress_server import HEADER_BYTES
from gasflux.service.callbacks.sender import MAX_WAITING_PER_HOST, MOST_FAILING_HOSTS, MOST_HOSTS
from gasflux.service.refusals import TOLD_OF_HOLDERS
from tools.lock import PYTHONS

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SECURITY = [page for page in pages() if page.name in ("docs/SECURITY.md", "docs/SECURITY.zh-CN.md")]


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow."""
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document[True], "`on`, which YAML 1.1 reads as a truth value, says when it runs"
    found: dict[str, dict[str, Any]] = document["jobs"]
    return found


def lines(path: Path) -> Iterator[str]:
    """Yield every line that a workflow runs."""
    for job in jobs(path).values():
        for step in job["steps"]:
            yield from (line.strip() for line in step.get("run", "").splitlines() if line.strip())


def test_the_suite_has_a_recipe_for_windows_and_macos() -> None:
    systems = {job["runs-on"].partition("-")[0] for path in WORKFLOWS for job in jobs(path).values()}
    assert {"windows", "macos"} <= systems
    ran = "\n".join(line for path in WORKFLOWS for line in lines(path))
    assert re.search(r"(?m)^make test$", ran)
    assert re.search(r"(?m)-m pytest --numprocesses auto .*--ignore tests/page$", ran)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_recipe_may_read_and_no_more(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] for job in document["jobs"].values())
    assert "secrets." not in path.read_text(encoding="utf-8")
    actions = [step["uses"] for job in document["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in actions)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_recipe_takes_pythons_that_are_locked(path: Path) -> None:
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    for job in jobs(path).values():
        versions = job["strategy"]["matrix"]["python"]
        assert {PYTHONS[0], PYTHONS[-1]} <= set(versions) <= set(PYTHONS)
        assert all(allowed.contains(f"{version}.0") for version in versions)
        (setup,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
        assert setup["with"]["python-version"] == "${{ matrix.python }}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_recipe_runs_is_there(path: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    markers = {marker.partition(":")[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    for line in lines(path):
        make, module = re.fullmatch(r"make ([a-z-]+)", line), re.search(r"python(?:\.exe)? -m ([\w.]+)(.*)", line)
        assert make or module, line
        if make:
            assert make[1] in targets, line
        elif module and module[1].startswith("tools."):
            assert (ROOT / f"{module[1].replace('.', '/')}.py").is_file(), line
        elif module:
            assert module[1] in ("venv", "pytest", "mypy"), line
            assert set(re.findall(r"-m (\w+)", module[2])) <= markers, line
            assert all((ROOT / name).exists() for name in re.findall(r"(?<= )(?:tests|src|tools)[\w/]*", module[2])), (
                line
            )


def test_windows_runs_what_make_runs() -> None:
    """Without make the lines stand in the recipe; they must not fall behind the Makefile's."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (suite,) = re.findall(r"(?m)^test: .*\n\t.*-m pytest (.*)$", makefile)
    assert any(line.endswith(f"-m pytest {suite}") for path in WORKFLOWS for line in lines(path))


# --- the page on security ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", SECURITY, ids=lambda page: page.name)
def test_every_test_that_the_page_names_exists(page: Any) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.text)
    assert len(named) > 30
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"


@pytest.mark.parametrize("page", SECURITY, ids=lambda page: page.name)
def test_the_page_has_each_of_the_ten_with_a_test(page: Any) -> None:
    rows = [row for table in page.tables() for row in table if re.match(r"API\d+ ", row[0])]
    assert [row[0].split()[0] for row in rows] == [f"API{number}" for number in range(1, 11)]
    assert all(row[1] and "::test_" in row[2] for row in rows)


@pytest.mark.parametrize("page", SECURITY, ids=lambda page: page.name)
def test_the_page_states_the_limits_of_the_code(page: Any) -> None:
    table = next(table for table in page.tables() if any("upload_rate_limit" in cell for row in table for cell in row))
    stated = [{int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", row[1])} for row in table[2:]]
    assert stated == [
        {HEADER_BYTES // 1024},
        {MOST_NAMES, _MOST_VALUES},
        {MAX_YAML_BYTES, MAX_VALUES, MAX_TEXT, MAX_DEPTH, MOST_FAULTS},
        {StreamingRequest.max_form_parts, MOST_HEAD_BYTES // 1024, _FORM_TEXT_BYTES},
        {MOST_FAULTS, MOST_FAULT_BYTES // 1024},
        {TOLD_OF_HOLDERS, 200, 8_000},
        set(),
        {MOST_HOSTS, MAX_WAITING_PER_HOST},
    ]
    assert MOST_FAILING_HOSTS == 8  # "eight" and "八个"
    assert {"rate_limit", "upload_rate_limit"} <= {row.key for row in setting_rows() if row.section == "security"}
