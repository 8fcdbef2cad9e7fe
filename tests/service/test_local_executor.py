from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import odd_jobs
import psutil
import pytest
from odd_jobs import is_gone, job_in, noted_pid, pid_of, worker_of
from patience import HANG_S, wait_until

import gasflux
from gasflux.jobs import pool
from gasflux.jobs.executor import ExecutorStoppedError, JobCancelledError, JobFailedError
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.pool import nothing
from gasflux.jobs.records import Job, JobFailure, JobResult

SAMPLE = Path(gasflux.__file__).parent / "data" / "sample_flight.xlsx"


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(2, function=odd_jobs.act, setup=nothing)
    executor.start()
    yield executor
    executor.stop()


def run(executor: LocalExecutor, job: Job, timeout_s: float = HANG_S) -> JobResult:
    return executor.run(job, timeout_s=timeout_s, on_progress=lambda stage, percent: None, cancelled=threading.Event())


def failure_of(executor: LocalExecutor, job: Job, timeout_s: float = HANG_S) -> JobFailure:
    with pytest.raises(JobFailedError) as caught:
        run(executor, job, timeout_s)
    return caught.value.failure


def test_result_comes_back(executor: LocalExecutor, tmp_path: Path) -> None:
    job = job_in(tmp_path, "good")
    assert [file.name for file in run(executor, job).results] == ["report.html"]


def test_worker_is_used_again(tmp_path: Path) -> None:
    executor = LocalExecutor(1, function=odd_jobs.act, setup=nothing)
    executor.start()
    try:
        jobs = [job_in(tmp_path, "good") for _ in range(2)]
        for job in jobs:
            run(executor, job)
        first, second = (pid_of(job) for job in jobs)
        assert first == second
    finally:
        executor.stop()


def test_fault_of_the_flight_comes_back_as_data(executor: LocalExecutor, tmp_path: Path) -> None:
    failure = failure_of(executor, job_in(tmp_path, "fault"))
    assert (failure.type, failure.details[0]["column"]) == ("invalid_input", "windspeed")


def test_unexpected_error_is_told_to_the_log_and_not_to_the_client(
    executor: LocalExecutor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        failure = failure_of(executor, job_in(tmp_path, "surprise"))
    assert failure.type == "internal_error"
    assert "secret" not in failure.message
    assert "a secret of the server" in caplog.text


@pytest.mark.parametrize(
    ("act", "kind", "attempts"),
    [("abort", "worker_died", 2), ("vanish", "worker_died", 2), ("killed", "worker_lost", 1000)],
)
def test_death_of_a_worker_is_a_failure_of_its_job(
    executor: LocalExecutor, tmp_path: Path, act: str, kind: str, attempts: int
) -> None:
    with pytest.raises(JobFailedError) as caught:
        run(executor, job_in(tmp_path, act))
    assert caught.value.failure.type == kind
    assert ("workbook" in caught.value.failure.message) == (kind == "worker_died")  # who was killed crashed at nothing
    assert caught.value.most_attempts == attempts
    run(executor, job_in(tmp_path, "good"))


def test_exit_of_a_job_does_not_end_the_supervisor(executor: LocalExecutor, tmp_path: Path) -> None:
    assert failure_of(executor, job_in(tmp_path, "exit")).type == "internal_error"


def test_death_of_a_worker_leaves_the_other_slot_alone(executor: LocalExecutor, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as threads:
        neighbour = threads.submit(run, executor, job_in(tmp_path, "short sleep"))
        for _ in range(2):
            assert failure_of(executor, job_in(tmp_path, "abort")).type == "worker_died"
        assert neighbour.result().results


@pytest.mark.parametrize("act", ["hoard", "grow"])
def test_memory_has_a_limit(executor: LocalExecutor, tmp_path: Path, act: str) -> None:
    failure = failure_of(executor, job_in(tmp_path, act))
    assert failure.type == "out_of_memory"
    assert "256 MiB" in failure.message
    run(executor, job_in(tmp_path, "good"))


def test_resident_memory_is_watched_where_there_is_no_limit_on_addresses(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit far below what the interpreter itself holds: only the supervisor can find it exceeded."""
    job = replace(job_in(tmp_path, "sleep"), memory_limit_bytes=odd_jobs.MIB)
    assert failure_of(executor, job).type == "out_of_memory"


@pytest.mark.parametrize("act", ["sleep", "busy"])
def test_time_has_a_limit(executor: LocalExecutor, tmp_path: Path, act: str) -> None:
    job = job_in(tmp_path, act)
    failure = failure_of(executor, job, timeout_s=0.5)
    assert failure.type == "timeout"
    assert "0.5 s" in failure.message
    # On a busy machine the time may be over before the job has begun.
    assert (pid := noted_pid(job)) is None or not psutil.pid_exists(pid)


@pytest.mark.parametrize("act", ["sleep", "busy"])
def test_cancel_ends_the_work(executor: LocalExecutor, tmp_path: Path, act: str) -> None:
    job, cancelled = job_in(tmp_path, act), threading.Event()
    with ThreadPoolExecutor() as threads:
        future = threads.submit(
            executor.run, job, timeout_s=HANG_S, on_progress=lambda stage, percent: None, cancelled=cancelled
        )
        worker = worker_of(job)
        cancelled.set()
        with pytest.raises(JobCancelledError):
            future.result()
        assert is_gone(worker)
    run(executor, job_in(tmp_path, "good"))


def test_progress_is_told(executor: LocalExecutor, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []

    def hear(stage: str, percent: float) -> None:
        told.append((stage, percent))
        (tmp_path / stage).touch()

    job = job_in(tmp_path, f"steps {tmp_path}")
    executor.run(job, timeout_s=HANG_S, on_progress=hear, cancelled=threading.Event())
    assert [entry for entry in told if entry[0].startswith("step ")] == [
        ("step 20", 20.0),
        ("step 40", 40.0),
        ("step 60", 60.0),
    ]


def test_worker_is_ended_when_its_supervisor_fails(tmp_path: Path) -> None:
    def tell(stage: str, percent: float) -> None:
        raise RuntimeError("nobody listens")

    executor = LocalExecutor(1, function=odd_jobs.act, setup=nothing)
    executor.start()
    job = job_in(tmp_path, "busy")
    try:
        with pytest.raises(RuntimeError, match="nobody listens"):
            executor.run(job, timeout_s=HANG_S, on_progress=tell, cancelled=threading.Event())
        assert pid_of(job) not in psutil.pids()
        assert run(executor, job_in(tmp_path, "good")).results
    finally:
        executor.stop()


def test_worker_that_holds_much_is_replaced_after_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory would be laid to the next job."""
    executor = LocalExecutor(1, function=odd_jobs.act, setup=nothing)
    executor.start()
    first, second = job_in(tmp_path, "big fault"), job_in(tmp_path, "good")
    try:
        run(executor, idle := job_in(tmp_path, "good"))
        resident = psutil.Process(pid_of(idle)).memory_info().rss
        monkeypatch.setattr(pool, "RECYCLE_BYTES", resident + 32 * odd_jobs.MIB)  # the job keeps 64
        assert failure_of(executor, first).type == "invalid_input"
        run(executor, second)
        assert pid_of(first) != pid_of(second)
    finally:
        executor.stop()


def test_stop_ends_jobs_and_refuses_others(tmp_path: Path) -> None:
    executor = LocalExecutor(1, function=odd_jobs.act, setup=nothing)
    executor.start()
    assert executor.healthy()
    with ThreadPoolExecutor() as threads:
        job = job_in(tmp_path, "busy")
        running = threads.submit(run, executor, job)
        worker = worker_of(job)
        waiting = threads.submit(run, executor, job_in(tmp_path, "good"))
        executor.stop()
        for future in (running, waiting):
            with pytest.raises(ExecutorStoppedError):
                future.result()
    assert is_gone(worker)
    assert not executor.healthy()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("act", ["sleep", "busy"])
def test_workers_do_not_outlive_a_killed_server(tmp_path: Path, act: str) -> None:
    server = subprocess.Popen(
        [sys.executable, odd_jobs.__file__, str(tmp_path), act], stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        task_id = server.stdout.readline().strip()
        upload = tmp_path / "uploads" / task_id
        worker = worker_of(replace(job_in(tmp_path, act), log_path=upload / "task.log"))
        server.kill()
        server.wait()
        wait_until(lambda: is_gone(worker), "the end of the worker")


def test_real_job(tmp_path: Path) -> None:
    """The sample through the real worker: results, summary, log, the page's document, and the user's file name."""
    executor = LocalExecutor(1)
    executor.start()
    job = replace(
        job_in(tmp_path, "my flight.xlsx"), memory_limit_bytes=2048 * odd_jobs.MIB, max_unpacked_bytes=1 << 30
    )
    shutil.copy(SAMPLE, job.input_path)
    try:
        result = run(executor, job)
        too_long = failure_of(executor, replace(job, max_rows=100))
        too_large = failure_of(executor, replace(job, max_unpacked_bytes=1000))
    finally:
        executor.stop()
    names = [file.name for file in result.results]
    assert names[0] == "report.html"
    assert "view.json" not in names
    assert (job.output_dir / "view.json").is_file()
    assert all((job.output_dir / file.name).stat().st_size == file.size_bytes for file in result.results)
    assert {gas.gas for gas in result.gases} == {"ch4", "co2"}
    assert "my flight.xlsx" in (job.output_dir / "output_vars.json").read_text()
    assert job.log_path is not None
    lines = job.log_path.read_text().splitlines()
    assert all(f"task:{job.task_id}" in line for line in lines)
    assert any("interpolation: " in line for line in lines)
    assert too_long.type == "too_large"
    assert "unpacks to more than" in too_large.message
