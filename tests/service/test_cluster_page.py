"""The page on clusters names only what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_deployment_page import ROOT, ROWS, blocks

from gasflux.config_reader import load_settings
from gasflux.service.assembly import make_executor
from gasflux.service.dask_executor import DaskExecutor

PAGE = ROOT / "docs" / "CLUSTER.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_setting_and_link_exists() -> None:
    assert set(re.findall(r"`\[(\w+)\] (\w+)", TEXT)) <= {(row.section, row.key) for row in ROWS}
    for target in re.findall(r"\]\((?!http)([^)#]+)", TEXT):
        assert (PAGE.parent / target).exists(), target


def test_examples_are_well_formed(tmp_path: Path) -> None:
    (example,) = blocks(PAGE, "ini")
    (tmp_path / "gasflux.ini").write_text(example, encoding="utf-8")
    assert isinstance(make_executor(load_settings(start=tmp_path, environment={}).tasks), DaskExecutor)
    (cluster,) = blocks(PAGE, "yaml")
    assert yaml.safe_load(cluster)["kind"] == "DaskCluster"
    (python,) = blocks(PAGE, "python")
    compile(python, "slurm", "exec")


@pytest.mark.parametrize("program", ["scheduler", "worker", "ssh"])
def test_every_option_of_dask_exists(program: str) -> None:
    # As "dask scheduler" does, which warns of imports that are its own affair.
    command = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{program}", "--help"]
    offered = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    uses = re.findall(rf"dask,? {program}\b([^`#\"]*)", TEXT)
    assert uses
    for use in uses:
        assert all(option in offered for option in re.findall(r"(?<![\w-])--[a-z-]+", use)), use
