"""The page's commands for Slurm, on a Slurm cluster of one node on this machine. ``make test-dask``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_page import PAGE, Desk, block
from patience import HANG_S, wait_until
from slurm_cluster import SlurmNode, missing, slurm_node

pytestmark = [
    pytest.mark.dask,
    pytest.mark.skipif(
        bool(missing()), reason=f"no {', '.join(missing())}; make cluster-tools installs Slurm on Debian, as root"
    ),
]

FLIGHTS = 6
JOBS = 4
"""As many as the page asks for."""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmNode]:
    with slurm_node(tmp_path_factory.mktemp("slurm") / "node") as node:
        yield node


@pytest.fixture
def desk(slurm: SlurmNode, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.environment["SLURM_CONF"] = slurm.environment["SLURM_CONF"]
    return desk


def wait_for_jobs(slurm: SlurmNode, count: int) -> list[str]:
    """Wait until so many jobs run; return their numbers."""
    wait_until(lambda: len(slurm.jobs()) == count, lambda: (slurm.jobs(), slurm.said()))
    return slurm.jobs()


def test_sbatch(slurm: SlurmNode, desk: Desk) -> None:
    """One job of four workers does the flights; ``scancel`` ends it and all of them."""
    expected = desk.simulate(FLIGHTS)
    with desk.started(block("by hand").commands[0], "scheduler"):
        desk.until("scheduler", "Scheduler at:")
        desk.run(block("sbatch").text)
        desk.until("scheduler", "Register worker", JOBS)
        (job,) = wait_for_jobs(slurm, 1)
        assert "NumCPUs=32 NumTasks=4 CPUs/Task=8" in slurm.run("scontrol", "show", "job", job)
        desk.run(block("process").text)
        slurm.run("scancel", job)
        desk.until("scheduler", "Lost all workers")
    assert desk.results() == expected


def test_jobqueue(slurm: SlurmNode, desk: Desk) -> None:
    """Flights go on when a job is taken away; with ``scale`` no other comes for it."""
    expected = desk.simulate(FLIGHTS)
    with desk.started(block("jobqueue").text, "cluster", by="python"):
        first = wait_for_jobs(slurm, JOBS)
        asked = slurm.run("scontrol", "show", "job", first[0])
        assert "CPUs/Task=8" in asked
        assert "TimeLimit=08:00:00" in asked
        with desk.started(block("process").text, "flights") as flights:
            desk.until("flights", "0.csv")
            slurm.run("scancel", first[0])
            assert flights.wait(HANG_S) == 0, desk.said("flights")
        assert desk.results() == expected
        assert wait_for_jobs(slurm, JOBS - 1) == first[1:]
    wait_for_jobs(slurm, 0)


def test_jobqueue_that_adapts(slurm: SlurmNode, desk: Desk) -> None:
    """With the page's other line a new job comes for one that was taken away."""
    desk.simulate(1)
    (line,) = re.findall(r"`(cluster\.adapt\(.*?\))`", PAGE.text)
    with desk.started(re.sub(r"cluster\.scale\(.*?\)", line, block("jobqueue").text), "cluster", by="python"):
        wait_for_jobs(slurm, 1)
        desk.run(block("process").text)  # now its worker is known: dask takes one that never came for one to come
        (last,) = wait_for_jobs(slurm, 1)
        slurm.run("scancel", last)
        wait_for_jobs(slurm, 0)
        assert wait_for_jobs(slurm, 1) != [last]
    wait_for_jobs(slurm, 0)
