"""Drawing processes: the same images as in one process, errors that come back, and nobody left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import flight_result, own_children
from patience import wait_until

from gasflux.errors import CancelledError, ProcessingError
from gasflux.jobs import drawing
from gasflux.jobs.drawing import DrawingProcesses, drawing_processes_here
from gasflux.plotting import render_figures

RESULT = flight_result()
UNDRAWABLE = replace(RESULT, background={})


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    return render_figures(RESULT)


@pytest.fixture(scope="module")
def shared() -> Iterator[DrawingProcesses]:
    """Two processes for all tests: what one test does to them must not harm the next."""
    with DrawingProcesses(2) as processes:
        yield processes


def drawers() -> list[multiprocessing.process.BaseProcess]:
    return own_children()


def test_images_and_their_order_are_those_of_one_process(shared: DrawingProcesses, expected: dict[str, bytes]) -> None:
    told: list[str] = []
    images = shared.render(RESULT, told.append)
    assert list(images.items()) == list(expected.items())
    assert sorted(told) == sorted(expected)
    assert len(drawers()) == 2


def test_an_error_comes_back_as_it_was_raised_and_harms_no_later_flight(
    shared: DrawingProcesses, expected: dict[str, bytes]
) -> None:
    with pytest.raises(KeyError, match="ch4") as caught:
        shared.render(UNDRAWABLE)
    notes = "\n".join(caught.value.__notes__)
    assert "In a drawing process, at " in notes
    assert "Traceback" in notes
    assert shared.render(RESULT) == expected


def test_cancelling_ends_the_processes_at_once(shared: DrawingProcesses) -> None:
    def cancel(name: str) -> None:
        raise CancelledError("cancelled by its owner")

    with pytest.raises(CancelledError):
        shared.render(RESULT, cancel)
    assert not drawers()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_process_is_said_and_replaced(shared: DrawingProcesses, expected: dict[str, bytes]) -> None:
    def kill(name: str) -> None:
        for process in drawers():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(ProcessingError, match="ended with code -9"):
        shared.render(RESULT, kill)
    assert not drawers()
    assert shared.render(RESULT) == expected


def test_none_and_long_flights_are_drawn_here(expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "draw_figure", None)
    assert DrawingProcesses(0).render(RESULT) == expected
    monkeypatch.setattr(drawing, "MAX_SENT_ROWS", RESULT.log.size - 1)
    assert DrawingProcesses(2).render(RESULT) == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away on this system")
def test_every_core_draws_and_a_single_one_needs_no_other_process() -> None:
    cores = os.sched_getaffinity(0)
    assert drawing_processes_here() == (min(len(cores), drawing.MAX_PROCESSES) if len(cores) > 1 else 0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        assert drawing_processes_here() == 0
    finally:
        os.sched_setaffinity(0, cores)


OWNER = """
import multiprocessing, time
from gasflux.jobs.drawing import DrawingProcesses

if __name__ == "__main__":
    with DrawingProcesses(2):
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        time.sleep(10_000.0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("after_s", [0.0, 1.0], ids=["while they start", "while they wait"])
def test_a_killed_owner_leaves_none_behind(tmp_path: Path, after_s: float) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        children = [int(pid) for pid in owner.stdout.readline().split()]
        time.sleep(after_s)
        owner.kill()
    assert len(children) == 2
    # They end as soon as they have loaded matplotlib.
    wait_until(lambda: not [pid for pid in children if is_running(pid)], "the end of the children")


def is_running(pid: int) -> bool:
    """Whether a process is there and not just waiting for its parent's question after its end."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
