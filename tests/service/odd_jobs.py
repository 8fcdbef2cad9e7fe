"""Jobs for the tests of executor and runner; a spawned worker finds them here by the name of the job's input."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil

from gasflux.jobs.early import gases_text, write_early_gases
from gasflux.jobs.executor import JobFailedError
from gasflux.jobs.failures import faults_as_data
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.pool import nothing
from gasflux.jobs.records import GasSummary, Job, JobFailure, JobResult, ResultFile

MIB = 1 << 20
MEMORY_LIMIT = 256 * MIB
EARLY = gases_text([GasSummary("ch4", 2.0, 1.5, 2.5, 0.9, "B", 0.1)])
"""What the act "early" knows before it is done."""

_kept: list[bytearray] = []


def job_in(root: Path, act: str) -> Job:
    """Return a job that does `act`, with its folders below `root`."""
    task_id = str(uuid.uuid4())
    upload = root / "uploads" / task_id
    upload.mkdir(parents=True)
    return Job(
        input_path=upload / "input.csv",
        output_dir=root / "outputs" / task_id,
        input_name=act,
        page_view=True,
        task_id=task_id,
        log_path=upload / "task.log",
        memory_limit_bytes=MEMORY_LIMIT,
        max_rows=1000,
        max_unpacked_bytes=MIB,
    )


def act(job: Job, tell: Callable[[str, float], None]) -> JobResult:
    """Do what the name of the input says, after noting who does it."""
    job.output_dir.mkdir(parents=True, exist_ok=True)
    _note_worker(job)
    tell("acting", 10.0)
    name = _told(job) or str(job.input_name)
    if name == "sleep":
        time.sleep(10_000)
    elif name == "short sleep":
        time.sleep(1.0)
    elif name == "wait":
        _until_let_go(job)
    elif name == "busy":
        sum(range(10**13))  # C code that never looks whether another thread, or a signal handler, wants to run
    elif name == "write":
        with faults_as_data():
            (job.output_dir / "results").write_bytes(bytes(MIB))
    elif name == "grow":
        _grow()
    elif name.startswith("early "):
        assert job.early_dir is not None
        write_early_gases(job.early_dir, EARLY)
        _steps(tell, Path(name.removeprefix("early ")))
    elif name.startswith("steps "):
        _steps(tell, Path(name.removeprefix("steps ")))
    else:
        _end(name, job)
    (job.output_dir / "report.html").write_text(f"{name}\n")
    return JobResult((ResultFile("report.html", len(name) + 1, "text/html"),), ())


def _worker_file(job: Job) -> Path:
    """Return where a job notes who does it."""
    assert job.log_path is not None
    return job.log_path.with_name("worker.pid")


def _note_worker(job: Job) -> None:
    """Write down the id of this process, whole or not at all."""
    part = _worker_file(job).with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.replace(_worker_file(job))


def _told(job: Job) -> str:
    """Return what a file beside the input says to do this once."""
    assert job.log_path is not None
    order = job.log_path.with_name("once.txt")
    if not order.exists():
        return ""
    word = order.read_text()
    order.unlink()
    return word


def let_go(log_path: Path) -> None:
    """End the wait of a job, told by the path of its log."""
    log_path.with_name("go.txt").touch()


def _until_let_go(job: Job) -> None:
    """Wait for `let_go`."""
    assert job.log_path is not None
    while not job.log_path.with_name("go.txt").exists():
        time.sleep(0.01)


def _end(name: str, job: Job) -> None:
    """Come to a bad end, by name."""
    if name == "fault":
        raise JobFailedError(JobFailure("invalid_input", "no wind", ({"message": "no wind", "column": "windspeed"},)))
    if name == "big fault":
        _kept.append(bytearray(b"x") * (64 * MIB))
        raise JobFailedError(JobFailure("invalid_input", "no wind"))
    if name == "surprise":
        raise RuntimeError("a secret of the server")
    if name == "exit":
        sys.exit(3)
    if name == "abort":
        os.abort()
    if name == "vanish":
        os._exit(0)
    if name == "killed":
        psutil.Process().kill()
    if name == "killed once" and job.log_path is not None and not job.log_path.exists():
        job.log_path.touch()
        psutil.Process().kill()
    if name == "hoard":
        bytearray(1 << 40)


def _grow() -> None:
    """Take memory without end, in pieces."""
    kept = []
    while True:
        kept.append(bytearray(b"x") * (8 * MIB))
        time.sleep(0.01)


def _steps(tell: Callable[[str, float], None], heard: Path) -> None:
    """Tell of progress, each time until a file of this name says that it was heard."""
    for percent in (20.0, 40.0, 60.0):
        tell(f"step {percent:g}", percent)
        while not (heard / f"step {percent:g}").exists():
            time.sleep(0.01)


def worker_of(job: Job) -> psutil.Process:
    """Wait until a worker acts on a job and return it."""
    return psutil.Process(pid_of(job))


def noted_pid(job: Job) -> int | None:
    """Return the id of the process that acts on a job, None when none has begun."""
    return int(_worker_file(job).read_text()) if _worker_file(job).exists() else None


def pid_of(job: Job, wait_s: float = 600.0) -> int:
    """Wait until a worker acts on a job and return the id of its process."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if (pid := noted_pid(job)) is not None:
            return pid
        time.sleep(0.02)
    raise TimeoutError("no worker began")


def is_gone(process: psutil.Process) -> bool:
    """Tell whether a process has ended; one that nobody has asked how it ended is gone too."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def main() -> None:
    """Be a server that computes until it is killed: folder and act are the arguments."""
    executor = LocalExecutor(1, function=act, setup=nothing)
    executor.start()
    job = job_in(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(f"{job.task_id}\n")
    sys.stdout.flush()
    executor.run(job, timeout_s=10_000, on_progress=lambda stage, percent: None, cancelled=threading.Event())


if __name__ == "__main__":
    main()
