"""Jobs on a real cluster of this machine: scheduler and workers are processes that get killed. ``make test-dask``."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import odd_jobs
import psutil
import pytest
from dask_cluster import DaskCluster, dask_cluster, kill_family
from odd_jobs import is_gone, job_in
from patience import HANG_S, wait_until

from gasflux.jobs.dask_executor import DaskExecutor
from gasflux.jobs.early import early_gases_text
from gasflux.jobs.executor import ExecutorStoppedError, JobCancelledError, JobFailedError, JobFunction
from gasflux.jobs.flight_job import run_job
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.jobs.records import Job, JobFailure, JobResult
from gasflux.wording.work import INSTALL_DASK

pytestmark = pytest.mark.dask

SAMPLE = Path(__file__).parents[2] / "src" / "gasflux" / "data" / "sample_flight.xlsx"


class Told:
    """What a job told of itself; files in a folder say to the job what was heard."""

    def __init__(self, heard: Path | None = None) -> None:
        self.stages: list[tuple[str, float]] = []
        self._heard = heard

    def __call__(self, stage: str, percent: float) -> None:
        self.stages.append((stage, percent))
        if self._heard is not None:
            (self._heard / stage).touch()

    def wait_for(self, stage: str, times: int = 1) -> None:
        """Wait until a stage was told of so many times."""
        wait_until(lambda: [entry[0] for entry in self.stages].count(stage) >= times, f"{stage} of {self.stages}")


@contextmanager
def executor_on(
    cluster: DaskCluster, slots: int = 2, function: JobFunction = odd_jobs.act, shared: bool = False
) -> Iterator[DaskExecutor]:
    executor = DaskExecutor(cluster.address, slots, function=function, shared_folder=shared)
    executor.start()
    try:
        yield executor
    finally:
        executor.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("cluster"), 1, 1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def executor(cluster: DaskCluster) -> Iterator[DaskExecutor]:
    with executor_on(cluster) as executor:
        yield executor


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


def run(
    executor: DaskExecutor | LocalExecutor,
    job: Job,
    timeout_s: float = HANG_S,
    told: Told | None = None,
    cancelled: threading.Event | None = None,
) -> JobResult:
    return executor.run(job, timeout_s=timeout_s, on_progress=told or Told(), cancelled=cancelled or threading.Event())


def job_with_input(root: Path, act: str) -> Job:
    """Return an odd job; a log must be there, for it travels."""
    job = job_in(root, act)
    job.input_path.write_text("time,ch4\n")
    return job


def failure_of(executor: DaskExecutor, job: Job, timeout_s: float = HANG_S) -> JobFailure:
    with pytest.raises(JobFailedError) as caught:
        run(executor, job, timeout_s)
    return caught.value.failure


def scratch_of(cluster: DaskCluster) -> list[Path]:
    """Return what jobs have left on the machines of a cluster."""
    walked = os.walk(cluster.folder)  # which passes over a folder that goes while it is looked at
    return [Path(place, name) for place, folders, _ in walked for name in folders if name.startswith("gasflux-")]


def busy_processes(cluster: DaskCluster) -> list[psutil.Process]:
    """Return the processes in which jobs run: the children of the hosts that workers have."""
    workers = [psutil.Process(worker.pid) for worker in cluster.workers if worker.poll() is None]
    family = [process for worker in workers for process in worker.children(recursive=True)]
    hosts = [process for process in family if "gasflux.jobs.host" in str(process.cmdline())]
    return [child for host in hosts for child in host.children() if "spawn_main" in str(child.cmdline())]


def sample_job(root: Path) -> Job:
    """Return a job of the sample flight with limits that it keeps."""
    job = job_in(root, "my flight.xlsx")
    job = replace(
        job,
        input_path=job.input_path.with_suffix(".xlsx"),
        memory_limit_bytes=2048 * odd_jobs.MIB,
        max_unpacked_bytes=2048 * odd_jobs.MIB,
    )
    shutil.copy(SAMPLE, job.input_path)
    return job


def test_result_comes_back(executor: DaskExecutor, tmp_path: Path) -> None:
    job = job_with_input(tmp_path, "good")
    assert [file.name for file in run(executor, job).results] == ["report.html"]
    assert (job.output_dir / "report.html").read_text() == "good\n"
    assert [entry.name for entry in job.output_dir.parent.iterdir()] == [job.task_id]


def view_without_run(job: Job) -> dict[str, Any]:
    """Return the page's document of a job without the times of its run."""
    view: dict[str, Any] = json.loads((job.output_dir / "view.json").read_text(encoding="utf-8"))
    del view["result"]["run"]
    return view


@pytest.mark.parametrize("shared", [False, True])
def test_real_job_gives_what_it_gives_here(cluster: DaskCluster, tmp_path: Path, shared: bool) -> None:
    here = LocalExecutor(1)
    here.start()
    try:
        local = sample_job(tmp_path)
        expected = run(here, local)
    finally:
        here.stop()
    job, told = sample_job(tmp_path), Told()
    with executor_on(cluster, function=run_job, shared=shared) as executor:
        result = run(executor, job, told=told)
    assert [file.name for file in result.results] == [file.name for file in expected.results]
    assert result.gases == expected.gases
    assert view_without_run(job) == view_without_run(local)
    for name in (file.name for file in expected.results):
        if name in ("output_vars.json", "report.html", "results.zip"):
            continue  # hold the times of the run
        assert (job.output_dir / name).read_bytes() == (local.output_dir / name).read_bytes(), name
    assert "my flight.xlsx" in (job.output_dir / "output_vars.json").read_text(encoding="utf-8")
    assert job.log_path is not None
    lines = job.log_path.read_text(encoding="utf-8").splitlines()
    assert all(f"task:{job.task_id}" in line for line in lines)
    assert "attempt 1 begins" in lines[0]
    assert "grade" in lines[-1]
    assert {"figures"} <= {stage for stage, _ in told.stages}
    assert [percent for _, percent in told.stages] == sorted(percent for _, percent in told.stages)
    assert not scratch_of(cluster)


def test_progress_is_told(executor: DaskExecutor, tmp_path: Path) -> None:
    told = Told(tmp_path)
    run(executor, job_with_input(tmp_path, f"steps {tmp_path}"), told=told)
    assert [entry for entry in told.stages if entry[0].startswith("step ")] == [
        ("step 20", 20.0),
        ("step 40", 40.0),
        ("step 60", 60.0),
    ]


def test_fault_of_the_flight_comes_back_as_data(executor: DaskExecutor, tmp_path: Path) -> None:
    failure = failure_of(executor, job_with_input(tmp_path, "fault"))
    assert (failure.type, failure.details[0]["column"]) == ("invalid_input", "windspeed")


def test_unexpected_error_is_told_to_the_log_and_not_to_the_client(
    executor: DaskExecutor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        failure = failure_of(executor, job_with_input(tmp_path, "surprise"))
    assert failure.type == "internal_error"
    assert "secret" not in failure.message
    assert "a secret of the server" in caplog.text


@pytest.mark.parametrize(
    ("act", "kind", "attempts"),
    [("abort", "worker_died", 2), ("vanish", "worker_died", 2), ("killed", "worker_lost", 1000)],
)
def test_death_of_the_job_is_a_failure_of_the_job(
    executor: DaskExecutor, tmp_path: Path, act: str, kind: str, attempts: int
) -> None:
    with pytest.raises(JobFailedError) as caught:
        run(executor, job_with_input(tmp_path, act))
    assert (caught.value.failure.type, caught.value.most_attempts) == (kind, attempts)


@pytest.mark.parametrize("act", ["hoard", "grow"])
def test_memory_has_a_limit(executor: DaskExecutor, tmp_path: Path, act: str) -> None:
    failure = failure_of(executor, job_with_input(tmp_path, act))
    assert failure.type == "out_of_memory"
    assert "256 MiB" in failure.message


def test_time_has_a_limit(executor: DaskExecutor, tmp_path: Path) -> None:
    failure = failure_of(executor, job_with_input(tmp_path, "busy"), timeout_s=0.5)
    assert failure.type == "timeout"
    assert "0.5 s" in failure.message


@pytest.mark.parametrize("act", ["sleep", "busy"])
def test_cancel_ends_the_work(
    executor: DaskExecutor, cluster: DaskCluster, threads: ThreadPoolExecutor, tmp_path: Path, act: str
) -> None:
    job, told, cancelled = job_with_input(tmp_path, act), Told(), threading.Event()
    future = threads.submit(run, executor, job, HANG_S, told, cancelled)
    told.wait_for("acting")
    processes = busy_processes(cluster)
    cancelled.set()
    with pytest.raises(JobCancelledError):
        future.result()
    assert any(is_gone(process) for process in processes)
    assert not scratch_of(cluster)
    run(executor, job_with_input(tmp_path, "good"))


def test_job_that_waits_for_a_worker_is_cancelled(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    with dask_cluster(tmp_path / "cluster") as empty, executor_on(empty) as executor:
        cancelled, told = threading.Event(), Told()
        future = threads.submit(run, executor, job_with_input(tmp_path, "good"), HANG_S, told, cancelled)
        told.wait_for("waiting for a worker")
        assert "no workers" in str(executor.trouble())
        cancelled.set()
        with pytest.raises(JobCancelledError):
            future.result()


def test_stop_ends_jobs(cluster: DaskCluster, threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with executor_on(cluster) as executor:
        told = Told()
        running = threads.submit(run, executor, job_with_input(tmp_path, "busy"), HANG_S, told)
        told.wait_for("acting")
        executor.stop()
        with pytest.raises(ExecutorStoppedError):
            running.result()
        assert not executor.healthy()
    wait_until(lambda: not scratch_of(cluster), "the end of the work")


def test_as_many_jobs_as_the_cluster_has_threads(cluster: DaskCluster) -> None:
    with executor_on(cluster, slots=0) as executor:
        assert executor.slots == 2
        assert executor.trouble() is None


def running_job(
    executor: DaskExecutor, threads: ThreadPoolExecutor, root: Path, act: str
) -> tuple[Job, Told, Future[JobResult]]:
    """Return a job that a worker acts on."""
    job, told = job_with_input(root, act), Told()
    future = threads.submit(run, executor, job, HANG_S, told)
    told.wait_for("acting")
    return job, told, future


@pytest.mark.parametrize("machine_dies", [True, False], ids=["machine", "worker"])
def test_another_worker_takes_over_from_a_dead_one(
    tmp_path: Path, threads: ThreadPoolExecutor, machine_dies: bool
) -> None:
    with dask_cluster(tmp_path / "cluster", 1) as cluster, executor_on(cluster) as executor:
        job, told, future = running_job(executor, threads, tmp_path, "short sleep")
        orphans = busy_processes(cluster)
        if machine_dies:
            kill_family(cluster.workers[0])
        else:
            cluster.workers[0].kill()
            cluster.workers[0].wait()
        cluster.add_worker()
        assert future.result().results
        assert [entry[0] for entry in told.stages].count("acting") == 2
        assert (job.output_dir / "report.html").is_file()
        assert all(is_gone(orphan) for orphan in orphans)


def test_worker_that_is_asked_to_end_hands_its_job_back(
    tmp_path: Path, threads: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    """As the queue of a supercomputer does it at the end of the time."""
    with dask_cluster(tmp_path / "cluster", 1) as cluster, executor_on(cluster) as executor:
        job, _, future = running_job(executor, threads, tmp_path, "short sleep")
        cluster.workers[0].terminate()
        cluster.add_worker()
        assert future.result().results
        cluster.workers[0].wait(HANG_S)
        assert (job.output_dir / "report.html").is_file()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("nanny", [True, False])
def test_scheduler_comes_back(tmp_path: Path, threads: ThreadPoolExecutor, nanny: bool) -> None:
    with dask_cluster(tmp_path / "cluster") as cluster, executor_on(cluster) as executor:
        cluster.add_worker(1, *(["--nanny"] if nanny else []))
        job, told, future = running_job(executor, threads, tmp_path, "short sleep")
        cluster.kill_scheduler()
        told.wait_for("waiting for the cluster")
        wait_until(lambda: "went away" in str(executor.trouble()), "the trouble")
        assert executor.healthy()
        cluster.start_scheduler()
        cluster.add_worker()
        assert future.result().results
        assert (job.output_dir / "report.html").read_text() == "short sleep\n"
        wait_until(lambda: executor.trouble() is None, "the end of the trouble")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_work_does_not_outlive_a_killed_server(cluster: DaskCluster, tmp_path: Path) -> None:
    command = [sys.executable, __file__, cluster.address, str(tmp_path)]
    # As a program of its own it finds what lies beside it, but not what lies one folder up.
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "acting\n"
        assert scratch_of(cluster)
        server.send_signal(signal.SIGKILL)
    wait_until(lambda: not scratch_of(cluster), "the end of the work")  # the scheduler notices the closed connection


WITHOUT_GASFLUX = """
import importlib.metadata
import sys

def version(name, original=importlib.metadata.version):
    if name == "gasflux":
        raise importlib.metadata.PackageNotFoundError(name)
    return original(name)

importlib.metadata.version = version
sys.modules["gasflux"] = None
"""


def test_cluster_without_gasflux_is_told_in_a_sentence(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    """The scheduler and its worker do not find the package, as on machines where nobody installed it."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(WITHOUT_GASFLUX)
    cluster = DaskCluster(tmp_path / "cluster", site)
    try:
        cluster.start_scheduler()
        cluster.add_worker()
        with executor_on(cluster) as executor:
            failure = failure_of(executor, job_with_input(tmp_path, "good"))
            assert failure.type == "cluster_error"
            assert INSTALL_DASK in failure.message
            wait_until(lambda: "the scheduler has gasflux missing" in str(executor.trouble()), "the trouble")
    finally:
        cluster.stop()


@pytest.mark.parametrize("is_shared", [True, False])
def test_answers_come_before_the_results(
    cluster: DaskCluster, threads: ThreadPoolExecutor, tmp_path: Path, is_shared: bool
) -> None:
    early = tmp_path / "early"
    told = Told(tmp_path)
    with executor_on(cluster, 1, shared=is_shared) as executor:
        job = replace(job_with_input(tmp_path, f"early {tmp_path}"), early_dir=early)
        done = threads.submit(run, executor, job, told=told)
        told.wait_for("step 60")
        assert early_gases_text(early) == odd_jobs.EARLY
        assert done.result(HANG_S).results


def main() -> None:
    """Be a server that waits for a job until it is killed: the scheduler and a folder are the arguments."""

    def tell(stage: str, percent: float) -> None:
        if stage == "acting":
            sys.stdout.write("acting\n")
            sys.stdout.flush()

    executor = DaskExecutor(sys.argv[1], 1, function=odd_jobs.act)
    executor.start()
    job = job_with_input(Path(sys.argv[2]), "sleep")
    executor.run(job, timeout_s=600, on_progress=tell, cancelled=threading.Event())


if __name__ == "__main__":
    main()
