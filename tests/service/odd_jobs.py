"""Jobs for the tests of executor and runner; a spawned worker finds them here by the name of the job's input."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from pathlib import Path

import psutil

from gasflux.service.executor import JobFailedError
from gasflux.service.local_executor import LocalExecutor
from gasflux.service.tasks.records import Job, JobResult, ResultFile, TaskFailure
from gasflux.service.worker import ProgressFile, progress_path

MIB = 1 << 20
MEMORY_LIMIT = 256 * MIB
_kept: list[bytearray] = []


def job_in(root: Path, act: str) -> Job:
    """Return a job that does `act`, with its folders below `root`."""
    task_id = str(uuid.uuid4())
    upload = root / "uploads" / task_id
    upload.mkdir(parents=True)
    return Job(
        task_id=task_id,
        attempt=1,
        input_path=upload / "input.csv",
        input_name=act,
        config_path=None,
        output_dir=root / "outputs" / task_id,
        log_path=upload / "task.log",
        memory_limit_bytes=MEMORY_LIMIT,
        max_rows=1000,
        max_unpacked_bytes=MIB,
    )


def nothing() -> None:
    """Load nothing: these jobs need no science."""


def act(job: Job) -> JobResult:
    """Do what the name of the input says, after noting who does it."""
    job.output_dir.mkdir(parents=True, exist_ok=True)
    ProgressFile(job).write("acting", 10.0)
    name = _told(job) or job.input_name
    if name == "sleep":
        time.sleep(600)
    elif name == "short sleep":
        time.sleep(1.0)
    elif name == "busy":
        sum(range(10**13))  # C code that never looks whether another thread, or a signal handler, wants to run
    elif name == "grow":
        _grow()
    elif name == "steps":
        _steps(job)
    else:
        _end(name, job)
    (job.output_dir / "report.html").write_text(f"{name}\n")
    return JobResult((ResultFile("report.html", len(name) + 1, "text/html"),), ())


def _told(job: Job) -> str:
    """Return what a file beside the input says to do this once."""
    order = job.log_path.with_name("once.txt")
    if not order.exists():
        return ""
    word = order.read_text()
    order.unlink()
    return word


def _end(name: str, job: Job) -> None:
    """Come to a bad end, by name."""
    if name == "fault":
        raise JobFailedError(TaskFailure("invalid_input", "no wind", ({"message": "no wind", "column": "windspeed"},)))
    if name == "big fault":
        _kept.append(bytearray(b"x") * (64 * MIB))
        raise JobFailedError(TaskFailure("invalid_input", "no wind"))
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
    if name == "killed once" and not job.log_path.exists():
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


def _steps(job: Job) -> None:
    """Tell of progress, slower than the supervisor looks."""
    for percent in (20.0, 40.0, 60.0):
        ProgressFile(job).write(f"step {percent:g}", percent)
        time.sleep(0.5)


def worker_of(job: Job) -> psutil.Process:
    """Wait until a worker acts on a job and return it."""
    return psutil.Process(pid_of(job))


def pid_of(job: Job, wait_s: float = 30.0) -> int:
    """Wait until a worker acts on a job and return the id of its process."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        try:
            state = json.loads(progress_path(job).read_text())
        except (OSError, ValueError):
            time.sleep(0.02)
            continue
        if state["stage"] == "acting":
            return int(state["pid"])
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
    executor = LocalExecutor(1, function=act, warm=nothing)
    executor.start()
    job = job_in(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(f"{job.task_id}\n")
    sys.stdout.flush()
    executor.run(job, timeout_s=600, on_progress=lambda stage, percent: None, cancelled=threading.Event())


if __name__ == "__main__":
    main()
