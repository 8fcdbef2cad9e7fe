"""``gasflux process --dask``: the same results in the same folders as without. ``make test-dask``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dask_cluster import DaskCluster, dask_cluster, kill_family
from patience import HANG_S, wait_until

from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated

pytestmark = pytest.mark.dask

FLIGHTS = 4
"""A flight takes a second; a machine that runs other tests on every core may need many times that."""


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of flights, one of which is none."""
    folder = tmp_path_factory.mktemp("flights")
    for seed in range(FLIGHTS):
        write_simulated(simulate(Scenario(seed=seed)), folder / f"flight {seed}.csv", "flight")
    (folder / "bad.csv").write_text("time,ch4\n1,2\n")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), 1, 1) as cluster:
        yield cluster


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gasflux", "process", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False)


def documents(output: Path) -> dict[str, Any]:
    """Return what the results say, without when and how long."""
    paths = sorted(output.rglob("output_vars.json"))
    found = {str(path.relative_to(output)): json.loads(path.read_text(encoding="utf-8")) for path in paths}
    for document in found.values():
        del document["run"]
    return found


def names(output: Path) -> list[str]:
    """Return every file and folder of the results."""
    return sorted(str(path.relative_to(output)) for path in output.rglob("*"))


@pytest.mark.parametrize("options", [[], ["--no-figures"]], ids=["figures", "no figures"])
def test_the_same_as_here(flights: Path, cluster: DaskCluster, tmp_path: Path, options: list[str]) -> None:
    here = process(flights, "--output", tmp_path / "here", "--jobs", 2, *options)
    there = process(flights, "--output", tmp_path / "there", "--dask", cluster.address, *options)
    table = here.stdout.replace(str(tmp_path / "here"), str(tmp_path / "there"))
    assert (there.returncode, there.stdout) == (here.returncode, table)
    assert [line for line in there.stderr.splitlines() if line.startswith("failed")] == [
        line for line in here.stderr.splitlines() if line.startswith("failed")
    ]
    assert here.returncode == 1
    assert len(documents(tmp_path / "here")) == FLIGHTS
    assert documents(tmp_path / "there") == documents(tmp_path / "here")
    assert names(tmp_path / "there") == names(tmp_path / "here")


def test_again_into_the_same_folder(flights: Path, cluster: DaskCluster, tmp_path: Path) -> None:
    """Other files in it stay, those of a former run with figures go."""
    flight, output = flights / "flight 0.csv", tmp_path / "out"
    assert process(flight, "--output", output).returncode == 0
    (output / "flight 0" / "mine.txt").touch()
    assert process(flight, "--output", output, "--dask", cluster.address, "--no-figures").returncode == 0
    assert (output / "flight 0" / "mine.txt").exists()
    assert not (output / "flight 0" / "figures").exists()


def test_flights_of_a_dead_worker_are_done_again(flights: Path, tmp_path: Path) -> None:
    with dask_cluster(tmp_path / "cluster", 1, 1) as cluster:
        command = [sys.executable, "-m", "gasflux", "process", str(flights), "--dask", cluster.address]
        with subprocess.Popen([*command, "--output", str(tmp_path / "out")], stderr=subprocess.DEVNULL) as running:
            wait_for_work(cluster)
            kill_family(cluster.workers[0])
            assert running.wait(HANG_S) == 1
    assert len(documents(tmp_path / "out")) == FLIGHTS


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_what_is_under_way(flights: Path, tmp_path: Path) -> None:
    with dask_cluster(tmp_path / "cluster", 1) as cluster:
        command = [sys.executable, "-m", "gasflux", "process", str(flights), "--dask", cluster.address]
        with subprocess.Popen(
            [*command, "--output", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True
        ) as running:
            wait_for_work(cluster)
            running.send_signal(signal.SIGINT)
            assert running.wait(HANG_S) == 130
            assert running.stderr is not None
            assert running.stderr.read().splitlines()[-1] == "stopped."
        wait_until(lambda: not scratch(cluster), lambda: scratch(cluster))
    assert not list((tmp_path / "out").glob(".*"))


def test_cluster_that_is_not_there_is_one_line(flights: Path) -> None:
    run = process(flights, "--dask", "tcp://127.0.0.1:9")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("error: --dask: the dask scheduler tcp://127.0.0.1:9 ")


def scratch(cluster: DaskCluster) -> list[Path]:
    return list(cluster.folder.rglob("gasflux-*"))


def wait_for_work(cluster: DaskCluster) -> None:
    """Wait until a worker has begun."""
    wait_until(lambda: scratch(cluster), "the first flight")
