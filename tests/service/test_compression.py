"""Text goes out packed to who asks for it, and to nobody else; what is packed says the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest
from api_service import Api, running_api

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("packed")) as service:
        yield service


@pytest.mark.parametrize(
    "path", ["/", "/static/js/main.js", "/static/css/views.css", "/static/strings/zh.json", "/openapi.json"]
)
def test_packed_text_is_the_same_text(api: Api, path: str) -> None:
    plain, packed = api.client.get(path), api.client.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"] == packed.headers["Vary"]
    assert packed.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/static/js/main.js", "/openapi.json"])
def test_a_copy_that_is_still_good_is_not_sent_again(api: Api, path: str) -> None:
    etag = api.client.get(path, headers=GZIP).headers["ETag"]
    assert etag.startswith("W/")
    for headers in ({}, GZIP):
        again = api.client.get(path, headers={"If-None-Match": etag, **headers})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("wanted", ["", "identity", "gzip;q=0", "br", "*;q=0"])
def test_who_takes_no_gzip_gets_none(api: Api, wanted: str) -> None:
    answer = api.client.get("/openapi.json", headers={"Accept-Encoding": wanted})
    assert "Content-Encoding" not in answer.headers
    assert answer.json is not None


def test_small_answers_parts_and_refusals_stay_as_they_are(api: Api) -> None:
    assert "Content-Encoding" not in api.client.get("/health", headers=GZIP).headers
    part = api.client.get("/static/js/main.js", headers={**GZIP, "Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)
    assert "Content-Encoding" not in api.client.get("/nowhere", headers=GZIP).headers
    assert "Content-Encoding" not in api.client.head("/static/js/main.js", headers=GZIP).headers


def test_results_travel_packed_but_their_files_as_they_are(api: Api) -> None:
    task_id = api.upload().json["data"]["task_id"]  # type: ignore[index]
    api.finished(task_id)
    view = api.client.get(f"/task/{task_id}/view", headers=GZIP)
    assert json.loads(gzip.decompress(view.data)) == api.client.get(f"/task/{task_id}/view").json
    assert len(view.data) < 120_000  # what a phone is asked to fetch for one result
    for name in ("output_vars.json", "report.html"):
        answer = api.client.get(f"/download/{task_id}/{name}", headers=GZIP)
        assert "Content-Encoding" not in answer.headers
        assert not answer.headers["ETag"].startswith("W/")
