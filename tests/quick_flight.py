"""The flight that is processed soonest: one gas, so that nine figures are drawn, not the sample's sixteen.

A task of the service spends nine tenths of its time on figures. Where a test is about tasks and not about results this
flight does as well as the bundled one.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated


@cache
def quick_flight() -> bytes:
    """Return the log as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flight.csv"
        write_simulated(simulate(Scenario(seed=3)), path, "flight")
        return path.read_bytes()


def quick_log(folder: Path) -> Path:
    """Write the log into a folder, unless it is there already."""
    path = folder / "flight.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(quick_flight())
    return path
