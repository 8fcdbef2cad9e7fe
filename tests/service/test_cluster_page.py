"""The page on clusters names only what exists, and every block of it is run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cluster_page import BLOCKS, PAGE, block, blocks
from test_deployment_page import ROWS

from gasflux.config_reader import load_settings
from gasflux.jobs.dask_executor import DaskExecutor
from gasflux.service.parts import make_executor
from gasflux.wording.work import INSTALL_DASK

NOT_RUN = {"kubernetes"}
"""Needs a Kubernetes cluster and an image to begin with; the page says what is done in its place."""


def test_every_setting_exists() -> None:
    assert set(re.findall(r"`\[(\w+)\] (\w+)", PAGE.text)) <= {(row.section, row.key) for row in ROWS}


def test_errors_tell_what_the_page_tells() -> None:
    assert block("install").commands == [INSTALL_DASK]


def test_settings_are_well_formed(tmp_path: Path) -> None:
    (example,) = PAGE.blocks("ini")
    (tmp_path / "gasflux.ini").write_text(example.text, encoding="utf-8")
    assert isinstance(make_executor(load_settings(start=tmp_path, environment={}).tasks), DaskExecutor)


def test_every_block_has_a_name_and_is_run() -> None:
    named = [[name for name, text in BLOCKS.items() if text in block.text] for block in blocks()]
    assert sorted(named) == sorted([name] for name in BLOCKS)
    marks = PAGE.text.count("\n```")
    assert 2 * len(blocks()) == marks - 2, "the first is a picture, all others are known"
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_cluster_[!p]*.py"))
    calls = set(re.findall(r'(?:block|typed)\((?:desk, )?"([^"]+)"\)', tests))
    assert calls == set(BLOCKS) - NOT_RUN


@pytest.mark.parametrize("program", ["scheduler", "worker", "ssh"])
def test_every_option_of_dask_exists(program: str) -> None:
    # As "dask scheduler" does, which warns of imports that are its own affair.
    command = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{program}", "--help"]
    offered = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    uses = re.findall(rf"dask,? {program}\b([^`#\"\n]*)", PAGE.text)
    assert uses
    for use in uses:
        assert all(option in offered for option in re.findall(r"(?<![\w-])--[a-z-]+", use)), use
