"""One job: every file of the contract, whole or not at all, the same bytes for the same input."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from builders import flight_result, own_children
from result_tables import grid_frame, processed_frame

import gasflux
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.data_processor import Outcome, _write_tables, process_file
from gasflux.errors import CancelledError, GasFluxError
from gasflux.jobs.drawing import DrawingProcesses
from gasflux.records import FlightResult
from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.simulation.files import write_simulated

FIXED_FILES = {
    "config.yaml",
    "flight.geojson",
    "flight.kml",
    "output_vars.json",
    "processed.csv",
    "report.html",
    "results.zip",
}
RATE_KG_H = {"ch4": 5.0, "co2": 250.0}
DEFAULTS = load_pipeline_config(None)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "flight.csv"
    write_simulated(simulate(Scenario(rate_kg_h=RATE_KG_H, plume="steady", seed=3)), path, "steady")
    return path


@pytest.fixture(scope="module")
def outcome(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return process_file(log, DEFAULTS, tmp_path_factory.mktemp("out") / "flight")


def test_every_file_of_the_contract_is_there(outcome: Outcome) -> None:
    present = {path.relative_to(outcome.output_dir).as_posix() for path in outcome.output_dir.rglob("*.*")}
    assert present == set(outcome.files)
    assert {*FIXED_FILES, "grid_ch4.csv", "grid_co2.csv"} <= present
    assert any(name.startswith("figures/") and name.endswith(".png") for name in present)
    assert all((outcome.output_dir / name).stat().st_size > 0 for name in present)


def test_report_stays_small_enough_to_send(outcome: Outcome) -> None:
    assert (outcome.output_dir / "report.html").stat().st_size < 3_000_000


def test_archive_holds_all_the_others(outcome: Outcome) -> None:
    with zipfile.ZipFile(outcome.output_dir / "results.zip") as archive:
        assert set(archive.namelist()) == set(outcome.files) - {"results.zip"}
        for name in archive.namelist():
            assert archive.read(name) == (outcome.output_dir / name).read_bytes()


def test_file_and_object_say_the_same(outcome: Outcome) -> None:
    written = json.loads((outcome.output_dir / "output_vars.json").read_text(encoding="utf-8"))
    assert written == outcome.output_vars
    assert next(iter(written["run"]["stages_s"])) == "reading"
    assert {"geometry", "background", "figures", "report"} <= written["run"]["stages_s"].keys()


def assert_tables_are_those_of_pandas(result: FlightResult, folder: Path) -> None:
    """The files hold the bytes that pandas would write."""
    frames = {"processed.csv": processed_frame(result)}
    frames |= {f"grid_{gas}.csv": grid_frame(result, gas) for gas in result.gases}
    for name, frame in frames.items():
        assert (folder / name).read_bytes() == frame.to_csv(index=False, lineterminator="\n").encode()


def test_tables_are_those_of_pandas(outcome: Outcome) -> None:
    assert_tables_are_those_of_pandas(outcome.result, outcome.output_dir)


def test_tables_of_a_spiral_are_those_of_pandas(tmp_path: Path) -> None:
    log = tmp_path / "spiral.csv"
    write_simulated(simulate(Scenario(rate_kg_h=RATE_KG_H, path="spiral", plume="steady", seed=3)), log, "steady")
    made = process_file(log, DEFAULTS, tmp_path / "out", figures=False, report=False)
    assert made.result.summary.strategy == "spiral"
    assert_tables_are_those_of_pandas(made.result, made.output_dir)


def test_tables_of_several_surfaces_are_those_of_pandas(tmp_path: Path) -> None:
    result = flight_result(segments=3)
    _write_tables(result, tmp_path)
    assert_tables_are_those_of_pandas(result, tmp_path)


def test_effective_configuration_gives_the_same_result(outcome: Outcome, log: Path, tmp_path: Path) -> None:
    again = process_file(log, load_pipeline_config(outcome.output_dir / "config.yaml"), tmp_path / "o", figures=False)
    assert again.output_vars["gases"] == outcome.output_vars["gases"]


def test_same_input_same_bytes_apart_from_the_run(outcome: Outcome, log: Path, tmp_path: Path) -> None:
    again = process_file(log, DEFAULTS, tmp_path / "again")
    for name in set(outcome.files) - {"output_vars.json", "results.zip", "report.html"}:
        assert (outcome.output_dir / name).read_bytes() == (again.output_dir / name).read_bytes(), name
    texts = [(result.output_dir / "output_vars.json").read_text(encoding="utf-8") for result in (outcome, again)]
    rests = [text[text.index('"input"') :] for text in texts]
    assert rests[0] == rests[1]


def test_a_second_run_replaces_its_own_files_and_leaves_others_alone(log: Path, tmp_path: Path) -> None:
    folder, methane_only = tmp_path / "results", tmp_path / "f.csv"
    process_file(log, DEFAULTS, folder, figures=False)
    pd.read_csv(log).drop(columns="co2").to_csv(methane_only, index=False)
    (folder / "figures").mkdir()
    foreign = [folder / name for name in ("notes.txt", "task.log", "grid_mine.csv", "figures/mine.png")]
    for path in foreign:
        path.write_text("mine", encoding="utf-8")
    outcome = process_file(methane_only, DEFAULTS, folder, figures=False)
    assert not (folder / "grid_co2.csv").exists()
    assert all(path.read_text(encoding="utf-8") == "mine" for path in foreign)
    assert "notes.txt" not in outcome.files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.csv", "results"]


def test_a_foreign_archive_cannot_delete_outside_the_folder(log: Path, tmp_path: Path) -> None:
    folder, outside = tmp_path / "results", tmp_path / "precious.txt"
    folder.mkdir()
    outside.write_text("keep", encoding="utf-8")
    with zipfile.ZipFile(folder / "results.zip", "w") as archive:
        archive.writestr("../precious.txt", "x")
        archive.writestr(str(outside), "x")
    process_file(log, DEFAULTS, folder, figures=False)
    assert outside.read_text(encoding="utf-8") == "keep"


def test_a_run_without_figures_takes_those_of_an_earlier_one_away(log: Path, tmp_path: Path) -> None:
    process_file(log, DEFAULTS, tmp_path / "o")
    process_file(log, DEFAULTS, tmp_path / "o", figures=False)
    assert not (tmp_path / "o" / "figures").exists()


def test_progress_rises_to_one_hundred_through_the_stages(log: Path, tmp_path: Path) -> None:
    events: list[tuple[str, float]] = []
    process_file(log, DEFAULTS, tmp_path / "o", progress=lambda stage, percent: events.append((stage, percent)))
    percents = [percent for _, percent in events]
    assert percents == sorted(percents)
    assert percents[0] == 0.0
    assert percents[-1] == 100.0
    stages = list(dict.fromkeys(stage for stage, _ in events))
    wanted = ["reading", "geometry", "background", "wind", "interpolation", "figures", "report"]
    assert [stage for stage in stages if stage in wanted] == wanted


@pytest.mark.parametrize("stage", ["reading", "background", "interpolation", "figures", "report", "files"])
def test_cancelling_at_any_stage_leaves_nothing_behind(log: Path, tmp_path: Path, stage: str) -> None:
    def cancel(current: str, percent: float) -> None:
        if current == stage and percent < 100.0:
            raise CancelledError("cancelled by its owner")

    with pytest.raises(CancelledError):
        process_file(log, DEFAULTS, tmp_path / "o", figures=stage == "figures", progress=cancel)
    assert not list(tmp_path.iterdir())


def test_whoever_draws_the_files_are_the_same(outcome: Outcome, log: Path, tmp_path: Path) -> None:
    with DrawingProcesses(2) as processes:
        again = process_file(log, DEFAULTS, tmp_path / "again", render=processes.render)
    assert again.files == outcome.files
    for name in [name for name in outcome.files if name.startswith("figures/")]:
        assert (outcome.output_dir / name).read_bytes() == (again.output_dir / name).read_bytes(), name
    assert {**again.output_vars, "run": None} == {**outcome.output_vars, "run": None}


def test_cancelling_at_a_figure_ends_those_who_draw(log: Path, tmp_path: Path) -> None:
    def cancel(stage: str, percent: float) -> None:
        if stage == "figures" and percent > 61.0:  # a figure after the first
            raise CancelledError("cancelled by its owner")

    with DrawingProcesses(2) as processes, pytest.raises(CancelledError):
        process_file(log, DEFAULTS, tmp_path / "o", progress=cancel, render=processes.render)
    assert not list(tmp_path.iterdir())
    assert not own_children()


def test_a_bad_log_leaves_nothing_behind_and_is_kept(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("timestamp,latitude\n2026-01-01,91\n", encoding="utf-8")
    with pytest.raises(GasFluxError):
        process_file(bad, DEFAULTS, tmp_path / "o")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_without_figures_or_report(log: Path, tmp_path: Path) -> None:
    names = process_file(log, DEFAULTS, tmp_path / "o", figures=False, report=False).files
    assert "report.html" not in names
    assert not [name for name in names if name.endswith(".png")]


def test_python_interface_takes_paths_and_frames(log: Path, outcome: Outcome) -> None:
    from_path = gasflux.process(log)
    from_text = gasflux.process(str(log), config={"language": "en"})
    from_frame = gasflux.process(pd.read_csv(log), config="language: en\n")
    assert isinstance(from_path, gasflux.FlightResult)
    for result in (from_path, from_text, from_frame):
        assert list(result.gases) == list(outcome.result.gases)
        for gas, values in result.gases.items():
            # The same figures through the same code; only the way in differs.
            assert values.flux_kg_h == pytest.approx(outcome.result.gases[gas].flux_kg_h, rel=1e-9)


def test_frame_is_not_changed() -> None:
    frame = to_frame(simulate(Scenario(plume="steady", seed=3)))
    before = frame.copy(deep=True)
    gasflux.process(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'proces'"):
        _ = gasflux.proces
