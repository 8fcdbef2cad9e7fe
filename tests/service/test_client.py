"""The client against a server on a real socket that breaks, refuses and lies on cue."""

from __future__ import annotations

import email.utils
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import HANG_S

from gasflux.client import (
    BusyError,
    ClientError,
    ConflictError,
    DownloadError,
    GasFluxClient,
    InvalidUploadError,
    NotAllowedError,
    NotFoundError,
    TaskFailedError,
    UnreachableError,
    WaitTimeoutError,
    connection,
)
from gasflux.client.downloads import safe_name
from gasflux.client.multipart import UploadBody
from gasflux.config_reader import read_settings
from gasflux.errors import ConfigError

TASK_ID = "1d0f6f2e-0000-4000-8000-000000000000"
REPORT = bytes(range(256)) * 4096
GASES = {"ch4": {"flux_kg_h": 12.5, "flux_interval_kg_h": {"level": 0.9, "low": 9.0, "high": 17.0}, "grade": "B"}}


def envelope(data: Any, code: int = 200, message: str = "ok", error: Any = None) -> bytes:
    return json.dumps({"code": code, "message": message, "data": data} | ({"error": error} if error else {})).encode()


def task(status: str = "completed", name: str = "report.html", **more: Any) -> dict[str, Any]:
    results = [{"name": name, "download_url": f"/download/{TASK_ID}/{name}", "size": len(REPORT), "type": "text/html"}]
    return {"task_id": TASK_ID, "status": status, "message": status, "results": results, "gases": GASES} | more


class Handler(BaseHTTPRequestHandler):
    """Plays the answers of the script in turn, the last one for ever."""

    protocol_version = "HTTP/1.1"
    server: Scripted

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        script = self.server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 the names are the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name is the library's
        """Say nothing."""


class Scripted(ThreadingHTTPServer):
    """A server with a script."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Callable[[Handler], None]] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that the script breaks."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def says(status: int, body: bytes, **headers: str) -> Callable[[Handler], None]:
    def play(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return play


def good(data: Any) -> Callable[[Handler], None]:
    return says(200, envelope(data))


def refuses(status: int, kind: str = "invalid_input", **headers: str) -> Callable[[Handler], None]:
    details = [{"message": "Column ch4 is missing.", "column": "ch4", "further": "entry"}]
    error = {"type": kind, "details": details, "request_id": "r1"}
    return says(status, envelope(None, status, "It cannot be used.", error), **headers)


def breaks(handler: Handler) -> None:
    """End the connection with a reset, without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def partly(count: int) -> Callable[[Handler], None]:
    """Send the report from where it is asked for, but only so many bytes, and break."""

    def play(handler: Handler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(REPORT) - start))
        handler.send_header("ETag", '"v1"')
        handler.end_headers()
        handler.wfile.write(REPORT[start : start + count])
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    return play


@contextmanager
def serving() -> Iterator[Scripted]:
    with Scripted() as scripted:
        thread = threading.Thread(target=scripted.serve_forever, args=(0.01,))
        thread.start()
        yield scripted
        scripted.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted


@pytest.fixture
def client(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[GasFluxClient]:
    # Growing pauses are counted, not waited for.
    monkeypatch.setattr(connection, "_FIRST_PAUSE_S", 0.001)
    with GasFluxClient(server.url, "gf_key", timeout=HANG_S, retries=3) as made:
        yield made


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    path = tmp_path / ("飞行 1.csv" if os.name == "nt" else '飞行 "1".csv')
    path.write_bytes(b"a,b\r\n1,2\n" * 30_000)
    return path


ACCEPTED = good({"task_id": TASK_ID, "status": "pending", "name": "x", "status_url": "/task", "queue_position": 1})


def test_a_retried_upload_keeps_its_key_and_its_body(client: GasFluxClient, server: Scripted, flight: Path) -> None:
    server.script = [breaks, refuses(502), refuses(503, "queue_full", Retry_After="0"), ACCEPTED]
    assert client.upload(flight, name="morning").task_id == TASK_ID
    assert len(server.seen) == 4
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server.seen}) == 1
    assert len({body for *_, body in server.seen}) == 1
    assert {headers["X-API-Key"] for _, _, headers, _ in server.seen} == {"gf_key"}


def test_two_uploads_have_two_keys(client: GasFluxClient, server: Scripted, flight: Path) -> None:
    server.script = [ACCEPTED]
    client.upload(flight)
    client.upload(flight)
    client.upload(flight, idempotency_key="mine")
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in server.seen]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_the_body_reads_as_any_form(client: GasFluxClient, server: Scripted, flight: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("gases: {ch4: [1, 10]}")
    server.script = [ACCEPTED]
    client.upload(flight, config, "morning", callback_url="http://example.org/done")
    _, path, headers, body = server.seen[0]
    assert path == "/upload"
    assert int(headers["Content-Length"]) == len(body)
    message = BytesParser().parsebytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    parts = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.walk()
        if not part.is_multipart()
    }
    assert parts == {
        "name": b"morning",
        "callback_url": b"http://example.org/done",
        "file": flight.read_bytes(),
        "config": config.read_bytes(),
    }


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=50)))
def test_a_body_is_as_long_as_it_says(fields: dict[str, str]) -> None:
    body = UploadBody(fields, {})
    assert len(b"".join(body)) == len(body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotAllowedError),
        (403, NotAllowedError),
        (404, NotFoundError),
        (409, ConflictError),
        (413, InvalidUploadError),
        (415, InvalidUploadError),
        (422, InvalidUploadError),
        (500, ClientError),
    ],
)
def test_refusals_are_told_apart_and_not_repeated(
    client: GasFluxClient, server: Scripted, flight: Path, status: int, kind: type[ClientError]
) -> None:
    server.script = [refuses(status)]
    with pytest.raises(kind, match=r"It cannot be used\.") as caught:
        client.upload(flight)
    assert len(server.seen) == 1
    assert [(fault.column, fault.message) for fault in caught.value.faults] == [("ch4", "Column ch4 is missing.")]
    assert caught.value.status == status  # type: ignore[attr-defined]
    assert caught.value.request_id == "r1"  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_asked_again_as_often_as_allowed(client: GasFluxClient, server: Scripted, status: int) -> None:
    server.script = [refuses(status, "busy")]
    with pytest.raises(BusyError):
        client.task(TASK_ID)
    assert len(server.seen) == 1 + 3


def test_retry_after_is_honoured(client: GasFluxClient, server: Scripted) -> None:
    server.script = [refuses(429, Retry_After="1"), good(task())]
    start = time.monotonic()
    client.task(TASK_ID)
    assert time.monotonic() - start >= 1.0


def test_retry_after_as_a_date_is_honoured(client: GasFluxClient, server: Scripted) -> None:
    moment = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)  # the date has whole seconds
    server.script = [refuses(503, Retry_After=email.utils.format_datetime(moment, usegmt=True)), good(task())]
    client.task(TASK_ID)
    assert datetime.now(UTC) >= moment


def test_a_server_that_wants_a_long_pause_is_left_alone(client: GasFluxClient, server: Scripted) -> None:
    server.script = [refuses(503, Retry_After="3600")]
    with pytest.raises(BusyError):
        client.task(TASK_ID)
    assert len(server.seen) == 1


def test_a_change_is_not_sent_twice_when_it_may_have_been_done(client: GasFluxClient, server: Scripted) -> None:
    server.script = [breaks, good(task("pending"))]
    with pytest.raises(UnreachableError, match="unknown whether"):
        client.rerun(TASK_ID)
    assert len(server.seen) == 1
    server.script = [refuses(503, "stopping"), good(task("pending"))]
    assert client.rerun(TASK_ID).status == "pending"


def test_no_server_is_said_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with GasFluxClient(address, retries=0) as client, pytest.raises(UnreachableError, match="is it running"):
        client.task(TASK_ID)


def test_something_else_than_gasflux_is_said_so(client: GasFluxClient, server: Scripted) -> None:
    server.script = [says(404, b"<html>not here</html>")]
    with pytest.raises(NotFoundError, match="is it a GasFlux server"):
        client.task(TASK_ID)


def test_waiting_tells_every_change_once(client: GasFluxClient, server: Scripted) -> None:
    script = [task("pending"), task("pending"), task("processing", progress=40.0, stage="kriging"), task()]
    server.script = [good(data) for data in script]
    seen: list[str] = []
    done = client.wait(TASK_ID, progress=lambda info: seen.append(info.status))
    assert seen == ["pending", "processing", "completed"]
    assert done.gases[0].flux_kg_h == 12.5
    assert (done.gases[0].low_kg_h, done.gases[0].high_kg_h) == (9.0, 17.0)


def test_a_failed_task_brings_its_faults(client: GasFluxClient, server: Scripted) -> None:
    failed = task("failed", error="Column ch4 is missing.", error_type="invalid_input", results=[])
    failed["error_details"] = [{"message": "Column ch4 is missing.", "column": "ch4"}]
    server.script = [good(failed)]
    with pytest.raises(TaskFailedError, match=r"Column ch4 is missing\.") as caught:
        client.wait(TASK_ID)
    assert caught.value.task.error_type == "invalid_input"
    assert caught.value.faults[0].column == "ch4"


def test_waiting_has_an_end(client: GasFluxClient, server: Scripted) -> None:
    server.script = [good(task("processing"))]
    with pytest.raises(WaitTimeoutError, match="it goes on"):
        client.wait(TASK_ID, timeout=0.3)


def test_a_broken_download_goes_on_where_it_broke(client: GasFluxClient, server: Scripted, tmp_path: Path) -> None:
    server.script = [good(task()), partly(300_000), partly(400_000), partly(len(REPORT))]
    (path,) = client.download(TASK_ID, tmp_path)
    assert path.read_bytes() == REPORT
    assert "Range" not in server.seen[1][2]
    second, third = (int(headers["Range"][len("bytes=") : -1]) for _, _, headers, _ in server.seen[2:])
    # A block (65,536 bytes) that did not come whole is asked for again.
    assert 300_000 - 65_536 < second <= 300_000
    assert second + 400_000 - 65_536 < third <= second + 400_000
    assert {headers.get("If-Range") for _, _, headers, _ in server.seen[2:]} == {'"v1"'}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["report.html"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(client: GasFluxClient, server: Scripted, tmp_path: Path) -> None:
    server.script = [good(task()), partly(300_000), says(200, REPORT, ETag='"v2"')]
    (path,) = client.download(TASK_ID, tmp_path)
    assert path.read_bytes() == REPORT


def test_a_download_of_another_size_does_not_count(client: GasFluxClient, server: Scripted, tmp_path: Path) -> None:
    server.script = [good(task()), says(200, REPORT[:-1])]
    with pytest.raises(DownloadError, match=r"1,048,575 of 1,048,576 bytes"):
        client.download(TASK_ID, tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../../x", "C:x", "a\\..\\x", "NUL", "con.txt", "a/COM1.html", "", "a//b", "x\x00", "x.", "a b "],
)
def test_names_lead_nowhere_else(client: GasFluxClient, server: Scripted, tmp_path: Path, name: str) -> None:
    server.script = [good(task(name=name)), says(200, REPORT)]
    with pytest.raises(DownloadError, match="no safe name"):
        client.download(TASK_ID, tmp_path / "in")
    assert not list(tmp_path.rglob("x*"))


@given(st.text(max_size=60))
def test_a_safe_name_stays_in_its_folder(name: str) -> None:
    try:
        safe = safe_name(name)
    except DownloadError:
        return
    assert not safe.is_absolute()
    assert ".." not in safe.parts
    assert str(safe) == name


def test_names_with_folders_make_them(client: GasFluxClient, server: Scripted, tmp_path: Path) -> None:
    server.script = [good(task(name="figures/ch4.png")), says(200, REPORT)]
    assert client.download(TASK_ID, tmp_path) == (tmp_path / "figures" / "ch4.png",)


def test_the_document_s_call_works(
    client: GasFluxClient, server: Scripted, flight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server.script = [ACCEPTED, good(task()), says(200, REPORT)]
    status = client.upload_and_process(flight, api_key="gf_other")
    assert status["status"] == "completed"
    assert (tmp_path / "report.html").read_bytes() == REPORT
    assert {headers["X-API-Key"] for _, _, headers, _ in server.seen} == {"gf_other"}


def test_lists_are_read_page_by_page(client: GasFluxClient, server: Scripted) -> None:
    server.script = [
        good({"tasks": [task(task_id=str(page))], "pagination": {"page": page, "per_page": 1, "total": 3, "pages": 3}})
        for page in (1, 2, 3)
    ]
    assert [info.task_id for info in client.tasks(status="completed")] == ["1", "2", "3"]
    assert [path for _, path, *_ in server.seen] == [
        f"/tasks?status=completed&page={page}&per_page=100" for page in (1, 2, 3)
    ]


def test_reports_are_typed(client: GasFluxClient, server: Scripted) -> None:
    line = {"task_id": TASK_ID, "name": "n", "created_at": "2026-04-13 09:00:00", "gases": GASES, "grade": "B"}
    pages = {"page": 1, "per_page": 100, "total": 1, "pages": 1}
    server.script = [good({"reports": [line | {"report_url": "/download/x"}], "pagination": pages})]
    (report,) = client.reports(gas="ch4")
    assert (report.gases[0].gas, report.grade) == ("ch4", "B")


def test_an_unhealthy_server_tells_its_health(client: GasFluxClient, server: Scripted) -> None:
    server.script = [says(503, envelope({"status": "unhealthy"}, 503), Retry_After="5")]
    assert client.health()["status"] == "unhealthy"
    assert len(server.seen) == 1


def test_deleting_twice_is_no_error(client: GasFluxClient, server: Scripted) -> None:
    server.script = [breaks, refuses(404, "not_found")]
    client.delete(TASK_ID)
    assert [command for command, *_ in server.seen] == ["DELETE", "DELETE"]


def key_sent(server: Scripted) -> str | None:
    """Return the key of the latest request."""
    return server.seen[-1][2].get("X-API-Key")


def test_address_and_key_come_from_the_environment(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script = [good(task())]
    monkeypatch.setenv("GASFLUX_URL", f"{server.url}/")
    monkeypatch.setenv("GASFLUX_API_KEY", "gf_from_the_environment\n")
    for key, sent in ((None, "gf_from_the_environment"), ("gf_given", "gf_given"), ("", None)):
        with GasFluxClient(api_key=key) as client:
            assert client.task(TASK_ID).task_id == TASK_ID
        assert key_sent(server) == sent
    monkeypatch.setenv("GASFLUX_URL", "http://127.0.0.1:1")
    with GasFluxClient(server.url) as client:
        assert client.task(TASK_ID).task_id == TASK_ID
    monkeypatch.delenv("GASFLUX_URL")
    assert GasFluxClient().base_url == "http://localhost:5000"


def test_the_variables_of_the_client_are_nothing_to_the_server(tmp_path: Path) -> None:
    variables = {"GASFLUX_URL": "http://localhost:5000", "GASFLUX_API_KEY": "gf_key"}
    assert read_settings(start=tmp_path, environment=variables).notes == ()


@pytest.mark.parametrize("key", ["gf_secret two", "gf_secret\nX-Other: 1", "gf_秘密secret"])
def test_a_key_is_never_shown(key: str) -> None:
    assert "secret" not in repr(GasFluxClient("http://127.0.0.1:1", "gf_secret"))
    with pytest.raises(ConfigError, match=r"The API key \(not shown\)") as caught:
        GasFluxClient("http://127.0.0.1:1", key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["localhost:5000", "", "ftp://localhost", "http://"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ConfigError, match="is no address of a server; give one such as http://localhost:5000"):
        GasFluxClient(address)


def test_a_redirection_elsewhere_does_not_get_the_key(server: Scripted) -> None:
    with serving() as other:
        other.script = [good(task())]
        server.script = [says(302, b"", Location=f"{other.url}/task/{TASK_ID}")]
        with GasFluxClient(server.url, "gf_key") as client:
            client.task(TASK_ID)
        assert (key_sent(server), key_sent(other)) == ("gf_key", None)
