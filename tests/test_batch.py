"""Which files a path stands for, where results go, and workers that fail alone."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from builders import own_children

from gasflux.cli.flight_logs import describe, find_logs, input_stem, plan_jobs
from gasflux.cli.run_flights import BatchOptions, FlightLine, run_jobs
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import InputError
from gasflux.jobs.records import Job
from gasflux.simulation.files import simulate_kind, write_simulated

QUICK = BatchOptions(load_pipeline_config(None), figures=False)
BROKEN = BatchOptions(PipelineConfig.model_construct(gases=5), figures=False)  # type: ignore[arg-type]
"""As no file can make it: whatever comes of it, nobody foresaw it."""


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_may_never_end_is_no_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"pipe\.csv: this is a device or a pipe"):
        find_logs(tmp_path / "pipe.csv")


def test_a_folder_stands_for_its_logs(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / name) for name in ("a.csv", "b.XLSX", "c.csv.gz", "deep/er/d.xls")]
    for other in ("notes.txt", "~$b.xlsx", ".hidden.csv", "a.csv.truth.json", ".cache/e.csv"):
        touch(tmp_path / other)
    touch(tmp_path / "output/a/output_vars.json")
    touch(tmp_path / "output/a/processed.csv")
    assert find_logs(tmp_path) == sorted(wanted)


def test_a_file_stands_for_itself_whatever_its_name(tmp_path: Path) -> None:
    path = touch(tmp_path / "flight.log")
    assert find_logs(path) == [path]


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_logs(tmp_path / "gone.xlsx")
    with pytest.raises(InputError, match="file in this folder"):
        find_logs(tmp_path)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("f.csv", "f"), ("f.CSV.GZ", "f"), ("f.v2.xlsx", "f.v2"), ("f", "f"), ("f.dat", "f"), (".csv", ".csv")],
)
def test_stem(name: str, stem: str) -> None:
    assert input_stem(Path(name)) == stem


def test_logs_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    paths = [Path("a/f.csv"), Path("b/f.csv"), Path("c/F.xlsx"), Path("d/f-2.csv"), Path("a/f.csv")]
    jobs = plan_jobs(paths, tmp_path)
    assert [job.input_path for job in jobs] == paths[:4]
    assert [job.output_dir.name for job in jobs] == ["f", "f-2", "F-3", "f-2-2"]
    assert len({job.output_dir.name.casefold() for job in jobs}) == len(jobs)


def test_an_unexpected_error_is_one_line_with_a_hint() -> None:
    line = describe(ZeroDivisionError("one\ntwo"))
    assert "\n" not in line
    assert "ZeroDivisionError" in line
    assert "--debug" in line


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("flights")
    paths = [folder / f"f{seed}.csv" for seed in range(3)]
    for seed, path in enumerate(paths):
        write_simulated(simulate_kind("steady", {"ch4": 5.0}, seed), path, "steady")
    return paths


def by_name(results: list[FlightLine]) -> dict[str, FlightLine]:
    return {result.job.input_path.name: result for result in results}


def test_workers_and_one_process_agree(flights: list[Path], tmp_path: Path) -> None:
    def rates(workers: int) -> dict[str, float]:
        jobs = plan_jobs(flights[:2], tmp_path / str(workers))
        results = by_name(list(run_jobs(jobs, QUICK, workers, lambda *event: None)))
        return {name: (result.output_vars or {})["gases"]["ch4"]["flux_kg_h"] for name, result in results.items()}

    assert rates(1) == rates(2)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_worker_fails_alone(flights: list[Path], tmp_path: Path) -> None:
    jobs = plan_jobs(flights, tmp_path)
    killed: list[int] = []

    def kill_first_worker(index: int, stage: str, percent: float) -> None:
        if index == 0 and stage == "figures" and not killed:  # drawing takes long enough to be caught at it
            (unfinished,) = tmp_path.glob(".f0.*.part")  # its name holds who writes it
            killed.append(int(unfinished.name.split(".")[2].partition("-")[0]))
            os.kill(killed[0], signal.SIGKILL)

    drawing = BatchOptions(QUICK.config, figures=True)
    results = by_name(list(run_jobs(jobs, drawing, 2, kill_first_worker)))
    assert killed
    assert "worker process ended with code -9" in str(results["f0.csv"].error)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f1", "f2"]
    for name in ("f1.csv", "f2.csv"):
        assert results[name].error is None
        assert results[name].output_vars


def test_one_bad_file_does_not_stop_the_others(flights: list[Path], tmp_path: Path) -> None:
    bad = touch(tmp_path / "bad.csv")
    jobs = [Job(bad, tmp_path / "bad"), Job(flights[0], tmp_path / "good")]
    results = by_name(list(run_jobs(jobs, QUICK, 1, lambda *event: None)))
    assert results["bad.csv"].error is not None
    assert results["f0.csv"].output_vars


@pytest.mark.parametrize("processes", [1, 2])
def test_an_unexpected_error_is_the_line_of_its_file(flights: list[Path], tmp_path: Path, processes: int) -> None:
    jobs = plan_jobs(flights[:2], tmp_path)
    results = list(run_jobs(jobs, BROKEN, processes, lambda *event: None))
    assert ["unexpected TypeError" in str(result.error) for result in results] == [True, True]


def test_an_unexpected_error_in_a_process_is_shown_when_debugging(
    flights: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = plan_jobs(flights[:2], tmp_path)
    results = list(run_jobs(jobs, replace(BROKEN, debug=True), 2, lambda *event: None))
    assert all("the traceback stands above" in str(result.error) for result in results)
    assert "In the process job-" in caplog.text
    assert "in process_job" in caplog.text


def test_one_job_at_a_time_draws_in_processes_of_their_own(flights: list[Path], tmp_path: Path) -> None:
    seen: dict[int, int] = {}

    def note(index: int, stage: str, percent: float) -> None:
        if stage == "figures":
            seen[index] = len(own_children())

    jobs = plan_jobs([flights[0], touch(tmp_path / "bad.csv"), flights[1]], tmp_path / "out")
    results = list(run_jobs(jobs, BatchOptions(QUICK.config, drawing_processes=1), 1, note))
    assert [result.error is None for result in results] == [True, False, True]
    assert seen == {0: 1, 2: 1}
    assert all((jobs[index].output_dir / "figures" / "curtain_ch4.png").exists() for index in seen)
    assert not own_children()


def test_stopping_early_ends_the_workers(flights: list[Path], tmp_path: Path) -> None:
    results = run_jobs(plan_jobs(flights, tmp_path), QUICK, 2, lambda *event: None)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not own_children()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
