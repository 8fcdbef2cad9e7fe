"""Result files: types, conditions, ranges, and nothing from outside the task's folder."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest
from api_service import Api

ESCAPES = (
    "../../../gasflux.db",
    "..%2f..%2fgasflux.db",
    "%2e%2e/%2e%2e/gasflux.db",
    "..\\..\\gasflux.db",
    "/etc/passwd",
    "figures/../../../gasflux.db",
    "figures",
    "figures/",
    "report.html/",
    "./report.html",
    "report.html%00.png",
    "REPORT.HTML.",
    "CON",
    "NUL.txt",
    "C:/Windows/win.ini",
    "report.html::$DATA",
)


def test_every_result_is_what_the_list_says(api: Api, done: dict[str, Any]) -> None:
    names = {entry["name"] for entry in done["results"]}
    assert {"report.html", "output_vars.json", "processed.csv", "results.zip", "config.yaml"} <= names
    for entry in done["results"]:
        answer = api.client.get(entry["download_url"])
        assert answer.status_code == 200
        assert len(answer.data) == entry["size"]
        assert answer.mimetype == entry["type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert ("Content-Disposition" in answer.headers) == entry["name"].endswith(".zip")


def test_the_archive_holds_every_other_result(api: Api, done: dict[str, Any]) -> None:
    body = api.client.get(f"/download/{done['task_id']}/results.zip").data
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {entry["name"] for entry in done["results"]} - {"results.zip"}


def test_saving_instead_of_showing(api: Api, done: dict[str, Any]) -> None:
    answer = api.client.get(f"/download/{done['task_id']}/figures/wind_rose.png?download=1")
    assert answer.headers["Content-Disposition"] == "attachment; filename=wind_rose.png"


def test_a_report_runs_no_script_against_the_api(api: Api, done: dict[str, Any]) -> None:
    policy = api.client.get(f"/download/{done['task_id']}/report.html").headers["Content-Security-Policy"]
    directives = [directive.strip() for directive in policy.split(";")]
    assert "sandbox" in directives  # without allow-scripts and allow-same-origin
    assert "default-src 'none'" in directives
    assert not [directive for directive in directives if directive.startswith(("script-src", "connect-src"))]


def test_conditions_and_ranges(api: Api, done: dict[str, Any]) -> None:
    path = f"/download/{done['task_id']}/processed.csv"
    whole = api.client.get(path)
    etag = whole.headers["ETag"]
    assert api.client.get(path, headers={"If-None-Match": etag}).status_code == 304
    part = api.client.get(path, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.data == whole.data[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}"
    stale = api.client.get(path, headers={"Range": "bytes=10-19", "If-Range": '"another"'})
    assert stale.status_code == 200
    beyond = api.client.get(path, headers={"Range": f"bytes={len(whole.data)}-"})
    assert beyond.status_code == 416
    assert beyond.get_json()["error"]["type"] == "range_not_satisfiable"
    assert api.client.head(path).headers["Content-Length"] == str(len(whole.data))


@pytest.mark.parametrize("escape", ESCAPES)
def test_nothing_outside_the_folder(api: Api, done: dict[str, Any], escape: str) -> None:
    assert api.client.get(f"/download/{done['task_id']}/{escape}").status_code == 404
    assert api.client.get(f"/static/{escape}").status_code == 404


def test_links_are_no_results(api: Api, done: dict[str, Any]) -> None:
    link = api.service.folders.output_dir(done["task_id"]) / "link.txt"
    link.symlink_to(api.service.settings.database.path)
    try:
        assert api.client.get(f"/download/{done['task_id']}/link.txt").status_code == 404
    finally:
        link.unlink()


def test_the_upload_comes_back_under_its_name(api: Api, done: dict[str, Any]) -> None:
    from api_service import SAMPLE

    answer = api.client.get(f"/task/{done['task_id']}/input", headers=api.user)
    assert answer.data == SAMPLE.read_bytes()
    assert 'filename="sample flight.xlsx"' in answer.headers["Content-Disposition"]


def test_view_is_the_workers_document(api: Api, done: dict[str, Any]) -> None:
    answer = api.client.get(f"/task/{done['task_id']}/view")
    stored = json.loads((api.service.folders.output_dir(done["task_id"]) / "view.json").read_text("utf-8"))
    assert answer.get_json()["data"] == stored
    assert (
        api.client.get(f"/task/{done['task_id']}/view", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )


def test_an_unfinished_or_failed_task_has_no_results(api: Api) -> None:
    task_id = api.upload(b"latitude,longitude\n1,2\n", "short.csv").get_json()["data"]["task_id"]
    assert api.client.get(f"/download/{task_id}/report.html").status_code == 404
    assert api.client.get(f"/task/{task_id}/view").status_code == 404


@pytest.mark.parametrize(
    "path", ["/tasks", "/reports", "/tasks/stats", "/task/{task}", "/openapi.json", "/defaults", "/"]
)
def test_lists_are_sent_once(api: Api, done: dict[str, Any], path: str) -> None:
    address = path.format(task=quote(done["task_id"]))
    etag = api.client.get(address, headers=api.user).headers["ETag"]
    again = api.client.get(address, headers={**api.user, "If-None-Match": etag})
    assert again.status_code == 304
    assert not again.data
