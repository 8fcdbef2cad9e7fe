"""A day of the service in minutes: what grows from task to task, in memory, files, database and log.

Usage::

    python benchmarks/soak.py [--tasks 20000] [--hours 24]

Store, runner, janitor, folders, statistics and log are the service's own, and so is every file and every transaction;
only the science is left out, and the clock runs ahead: a library between this process and the system adds what passes
from one task to the next (`shifted_clock.c`). One task in twenty fails, one is deleted, one runs again. Results are
kept for an hour, so that from the second hour on as much goes as comes; failed ones, a week as shipped, go after two
hours here. The data lie in memory where there is /dev/shm: what a disk takes for a commit is not the question. Results
go to stdout as Markdown and to ``benchmarks/results/soak.json``; exit code 1 when something grows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from shifted_clock import ShiftedClock, can_shift, set_shift

from gasflux.configuration.service_settings import (
    CleanupSettings,
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    PathSettings,
    Settings,
)
from gasflux.jobs.executor import JobFailedError
from gasflux.jobs.records import GasSummary, Job, JobFailure, JobResult, ResultFile
from gasflux.service.parts import Service, build_service
from gasflux.service.tasks.records import NewTask
from gasflux.service.watch.logs import configured_logging
from gasflux.storage.clock import utc_now

if TYPE_CHECKING:
    from gasflux.records import ProgressCallback

RESULTS = Path(__file__).parent / "results" / "soak.json"
MEMORY = Path("/dev/shm")
HOUR_S = 3600
SETTLED_H = 4
"""From then on as much goes as comes: results after one hour, failures after two, the log has been rotated."""

FLAT_PER_TASK = {"memory": 100.0, "files": 0.001, "database": 10.0, "log": 10.0}
"""What counts as no growth, beyond three standard errors: 2 MB of memory in 20,000 tasks, 20 files, 0.2 MB."""


@dataclass(frozen=True)
class Sample:
    """What the service takes at one moment; bytes, and a number of files."""

    tasks: int
    hours: float
    memory: int
    files: int
    database: int
    log: int


@dataclass(frozen=True)
class Growth:
    """What one thing grows by from task to task, once the service has settled."""

    name: str
    first: int
    last: int
    per_task: float
    standard_error: float

    @property
    def is_none(self) -> bool:
        """Whether the growth cannot be told from none."""
        return abs(self.per_task) <= 3.0 * self.standard_error + FLAT_PER_TASK[self.name]


class InstantExecutor:
    """Takes the place of the workers: writes a result at once, or fails."""

    slots = 1

    def start(self) -> None:
        """Get ready."""

    def stop(self) -> None:
        """End."""

    def healthy(self) -> bool:
        """Whether it works."""
        return True

    def trouble(self) -> str | None:
        """Say what is wrong."""
        return None

    def run(
        self, job: Job, *, timeout_s: float, on_progress: ProgressCallback, cancelled: threading.Event
    ) -> JobResult:
        """Do a job."""
        on_progress("reading", 10.0)
        if job.input_name == "fails":
            raise JobFailedError(JobFailure("invalid_input", "no wind", ({"message": "no wind"},)))
        job.output_dir.mkdir(parents=True)
        for name in ("report.html", "output_vars.json"):
            (job.output_dir / name).write_bytes(b"x" * 2000)
        on_progress("report", 90.0)
        return JobResult((ResultFile("report.html", 2000, "text/html"),), (GasSummary("ch4", 4.0, 3.0, 5.0, 0.9, "B"),))


def main() -> int:
    """Measure and write down."""
    arguments = _arguments()
    if "SHIFTED_CLOCK" not in os.environ:
        return _again_with_another_clock()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        samples = soak(Path(scratch), arguments.tasks, arguments.hours)
    grown = growths(samples)
    document = {"samples": [asdict(sample) for sample in samples], "growth": [asdict(growth) for growth in grown]}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(table(samples, grown))
    return 0 if all(growth.is_none for growth in grown) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=20_000, help="tasks that go through the service")
    parser.add_argument("--hours", type=int, default=24, help="hours in which they come")
    return parser.parse_args()


def _again_with_another_clock() -> int:
    """Run this program with a clock of its own."""
    if not can_shift():
        print("A clock of its own needs Linux and a C compiler (cc).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | ShiftedClock(Path(folder)).settings
        return subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode


def settings_in(folder: Path) -> Settings:
    """Return the settings as shipped, but for the places, the failures' age and a log that is soon full."""
    return replace(
        Settings(),
        paths=PathSettings(folder / "uploads", folder / "outputs"),
        database=DatabaseSettings(folder / "database" / "gasflux.db"),
        logging=LoggingSettings(file=folder / "logs" / "gasflux.log", max_bytes=100_000, backups=3),
        cleanup=CleanupSettings(failed_task_cleanup_age=2 * HOUR_S),
        limits=LimitSettings(min_free_bytes=0),
    )


def soak(folder: Path, tasks: int, hours: int) -> list[Sample]:
    """Let tasks come evenly for some hours of the clock; return what the service takes at each full hour."""
    settings = settings_in(folder)
    clock, samples = Path(os.environ["SHIFTED_CLOCK"]), list[Sample]()
    began = time.time()
    with configured_logging(settings):
        service = build_service(settings, InstantExecutor())
        service.runner.start()
        try:
            for number in range(1, tasks + 1):
                _one_task(service, number)
                elapsed_s = hours * HOUR_S * number / tasks
                set_shift(clock, int(elapsed_s - (time.time() - began - _shift(clock))))
                if elapsed_s >= HOUR_S * (len(samples) + 1):
                    service.janitor.sweep(utc_now())
                    samples.append(_sample(settings, number, elapsed_s / HOUR_S))
        finally:
            service.stop()
    return samples


def _shift(clock: Path) -> int:
    return int.from_bytes(clock.read_bytes(), sys.byteorder, signed=True)


def _one_task(service: Service, number: int) -> None:
    """See one task through, and do to it what users do."""
    task_id = str(uuid.uuid4())
    folder = service.folders.create(task_id)
    (folder / "input.csv").write_bytes(b"x" * 1000)
    name = "fails" if number % 20 == 0 else f"flight {number}"
    service.tasks.add(NewTask(task_id, name, name, "input.csv", 1000))
    service.runner.wake()
    _finish(service, task_id)
    if number % 20 == 7:
        service.changes.run_again(task_id)
        _finish(service, task_id)
    elif number % 20 == 13:
        service.changes.delete(task_id)


def _finish(service: Service, task_id: str) -> None:
    """Wait for the end of a task."""
    while not service.tasks.get(task_id).status.is_final or service.runner.works_on(task_id):
        time.sleep(0.0005)


def _sample(settings: Settings, tasks: int, hours: float) -> Sample:
    """Return what the service takes now."""
    data = [path for root in (settings.paths.uploads, settings.paths.outputs) for path in root.rglob("*")]
    return Sample(
        tasks,
        round(hours, 2),
        memory=psutil.Process().memory_info().rss,
        files=sum(path.is_file() for path in data),
        database=_size(settings.database.path.parent),
        log=_size(settings.logging.file.parent),
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def growths(samples: Sequence[Sample]) -> list[Growth]:
    """Return the slope of everything over the tasks, from the time on when the service has settled."""
    settled = [sample for sample in samples if sample.hours >= SETTLED_H]
    tasks = np.array([sample.tasks for sample in settled], dtype=float)
    return [_growth(name, tasks, [getattr(sample, name) for sample in settled]) for name in FLAT_PER_TASK]


def _growth(name: str, tasks: Any, values: Sequence[int]) -> Growth:
    """Return a slope with its standard error."""
    (slope, _), covariance = np.polyfit(tasks, np.array(values, dtype=float), 1, cov=True)
    return Growth(name, values[0], values[-1], float(slope), float(np.sqrt(covariance[0, 0])))


def table(samples: Sequence[Sample], grown: Sequence[Growth]) -> str:
    """Return the figures as Markdown."""
    last = samples[-1]
    lines = [
        f"{last.tasks:,} tasks in {last.hours:g} simulated hours, judged from hour {SETTLED_H} on",
        "",
        "| | first | last | growth per task | standard error | grows |",
        "|---|---|---|---|---|---|",
    ]
    for growth in grown:
        unit = "" if growth.name == "files" else " B"
        lines.append(
            f"| {growth.name} | {growth.first:,}{unit} | {growth.last:,}{unit} | {growth.per_task:.3g}{unit}"
            f" | {growth.standard_error:.2g}{unit} | {'no' if growth.is_none else 'YES'} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
