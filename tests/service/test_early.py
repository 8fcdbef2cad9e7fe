"""The answer first: rates and the page's document are there while the figures are still being drawn, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_service import Api, running_api
from patience import wait_until
from quick_flight import quick_log
from quick_jobs import DRAW, DRAWN_SLOWLY

from gasflux.jobs.bundle import bundle_of, lay_out
from gasflux.jobs.early import early_gases, early_gases_text, gases_text, write_early_gases
from gasflux.jobs.flight_job import COMPUTED, run_job
from gasflux.jobs.records import GasSummary, Job

SUMMARY = GasSummary("ch4", 2.0, 1.5, 2.5, 0.9, "B", 0.1)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as service:
        yield service


def asked(api: Api, path: str) -> dict[str, Any]:
    """Return the data of an answer."""
    data: dict[str, Any] = api.client.get(path).json["data"]  # type: ignore[index]
    return data


def drawing(api: Api) -> str:
    """Send a flight and wait until its figures are being drawn."""
    task_id: str = api.upload(name=DRAWN_SLOWLY).json["data"]["task_id"]  # type: ignore[index]
    wait_until(lambda: asked(api, f"/task/{task_id}")["gases"], lambda: asked(api, f"/task/{task_id}"))
    return task_id


def draw(api: Api, task_id: str) -> None:
    """Let the figures be drawn."""
    api.service.folders.log_path(task_id).with_name(DRAW).touch()


def left_over(api: Api) -> list[str]:
    """Return what lies beside the results."""
    return [path.name for path in api.service.folders.outputs.glob(".*.part")]


def test_rates_are_told_while_figures_are_drawn_and_stay_the_same(api: Api) -> None:
    task_id = drawing(api)
    wait_until(lambda: asked(api, f"/task/{task_id}")["stage"] == COMPUTED, lambda: asked(api, f"/task/{task_id}"))
    early, view = asked(api, f"/task/{task_id}"), asked(api, f"/task/{task_id}/view")
    assert (early["status"], early["results"]) == ("processing", [])
    assert early["gases"]["ch4"]["grade"] in "ABCD"
    active = api.client.get("/tasks/active", headers=api.user).json
    assert active is not None
    assert [task["gases"] for task in active["data"]["tasks"]] == [early["gases"]]
    draw(api, task_id)
    done = api.finished(task_id)
    whole = asked(api, f"/task/{task_id}/view")
    assert done["gases"] == early["gases"]
    shown = view.pop("result"), whole.pop("result")
    assert view == whole
    assert {**shown[0], "run": None} == {**shown[1], "run": None}
    assert shown[1] == api.client.get(f"/download/{task_id}/output_vars.json").json
    wait_until(lambda: not left_over(api), lambda: left_over(api))  # it goes after the task is told to be done


def test_files_are_not_given_out_before_they_are_whole(api: Api) -> None:
    task_id = drawing(api)
    for name in ("output_vars.json", "view.json", "gases.json", "report.html"):
        assert api.client.get(f"/download/{task_id}/{name}").status_code == 404
    assert not api.service.folders.output_dir(task_id).exists()


def test_a_cancelled_task_shows_nothing_any_more(api: Api) -> None:
    task_id = drawing(api)
    api.client.put(f"/task/{task_id}", json={"status": "failed"}, headers=api.user)
    assert api.finished(task_id)["gases"] == {}
    assert api.client.get(f"/task/{task_id}/view").status_code == 404
    wait_until(lambda: not left_over(api), lambda: left_over(api))  # it goes after the task is told to be done


def test_a_deleted_task_leaves_nothing(api: Api) -> None:
    task_id = drawing(api)
    assert api.client.delete(f"/task/{task_id}", headers=api.user).status_code == 200
    wait_until(lambda: not left_over(api), lambda: left_over(api))


def test_after_a_restart_nothing_of_the_former_attempt_is_shown(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        task_id = drawing(api)
    with running_api(tmp_path, start=False) as api:
        waiting = asked(api, f"/task/{task_id}")
        assert (waiting["status"], waiting["gases"]) == ("pending", {})
        assert api.client.get(f"/task/{task_id}/view").status_code == 404
        draw(api, task_id)
        api.service.start()
        assert api.finished(task_id)["gases"]["ch4"]["grade"] in "ABCD"
        wait_until(lambda: not left_over(api), lambda: left_over(api))  # it goes after the task is told to be done


def test_what_a_given_up_worker_still_writes_is_of_its_own_attempt(api: Api) -> None:
    task_id = drawing(api)
    attempt = api.service.tasks.get(task_id).attempts
    write_early_gases(api.service.folders.early_dir(task_id, attempt + 1), gases_text([SUMMARY]))
    assert asked(api, f"/task/{task_id}")["gases"]["ch4"]["flux_kg_h"] != SUMMARY.flux_kg_h


def test_answers_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert early_gases(tmp_path) == ()
    assert early_gases_text(None) is None
    write_early_gases(tmp_path / "early", gases_text([SUMMARY]))
    assert early_gases(tmp_path / "early") == (SUMMARY,)


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_cluster_writes_where_the_server_looks_only_on_a_common_disk(tmp_path: Path, is_shared: bool) -> None:
    log, early = tmp_path / "flight.csv", tmp_path / "early"
    log.write_text("time\n")
    for shows in (early, None):
        job = Job(log, tmp_path / "out", early_dir=shows)
        bundle = bundle_of(job, run_job, 60.0, tmp_path / "landing" if is_shared else None)
        folder = tmp_path / f"worker-{shows is None}"
        folder.mkdir()
        wanted = (early.absolute() if is_shared else folder / "early") if shows else None
        assert lay_out(bundle, folder).early_dir == wanted


def test_a_job_goes_on_where_the_early_look_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stages: list[str] = []
    job = Job(
        quick_log(tmp_path),
        tmp_path / "out",
        figures=False,
        early_dir=tmp_path / "file" / "early",
        log_path=tmp_path / "log",
    )
    assert run_job(job, lambda stage, percent: stages.append(stage)).gases
    assert COMPUTED not in stages
    assert "not shown before the figures are drawn" in (tmp_path / "log").read_text()
