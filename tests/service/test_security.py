"""Attacks that came through once: each of these requests did what it must not, before it was refused."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_service import Api, running_api
from live_server import LiveServer, live_server
from patience import HANG_S
from test_trouble import mounted, needs_mount

from gasflux.db import Database
from gasflux.errors import StorageError
from gasflux.service.callbacks.sender import is_public


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("attacked")) as running:
        yield running


def sent(server: LiveServer, request: bytes) -> list[int]:
    """Send bytes; return the status of every answer until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), HANG_S) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE)]


SMUGGLED = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"POST /config/check HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"POST /config/check HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"POST /config/check HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
    ],
)
def test_no_second_request_hides_behind_a_body_of_two_lengths(server: LiveServer, head: bytes) -> None:
    assert sent(server, head + b"Host: localhost\r\n\r\n" + SMUGGLED) == [400]


@pytest.mark.parametrize("line", [b"GET http://[ HTTP/1.1\r\n", b"POST /upload HTTP/1.1\r\nContent-Length: %b\r\n"])
def test_what_cannot_be_read_is_answered(server: LiveServer, line: bytes) -> None:
    assert sent(server, line.replace(b"%b", b"9" * 5000) + b"Host: localhost\r\n\r\n") == [400]


@needs_mount
def test_strangers_cannot_fill_the_disk(tmp_path: Path) -> None:
    """A body of unknown length is taken before any key is looked at, and only as far as there is room."""
    disk, kept_free = tmp_path / "disk", 12 << 20
    disk.mkdir()
    settings = {"GASFLUX_LIMITS_MIN_FREE_BYTES": str(kept_free)}
    with (
        mounted("-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)),
        live_server(disk, settings) as server,
        socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), HANG_S) as connection,
    ):
        connection.sendall(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):  # the server hangs up on who goes on sending
            for _ in range(24):
                connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
                # What is on its way may still be written: one look is due per MiB.
                assert shutil.disk_usage(disk).free > kept_free - (2 << 20)
            connection.sendall(b"0\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 503")
        assert "disk is nearly full" in server.log


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://[x]"])
def test_an_origin_that_is_no_address_is_foreign(api: Api, origin: str) -> None:
    answer = api.client.post("/stats/reset", headers={**api.admin, "Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59"])
def test_times_outside_the_calendar_are_refused(api: Api, moment: str) -> None:
    answer = api.client.get(f"/reports?since={moment}", headers=api.user)
    assert answer.status_code == 422
    assert "1 to 9999" in answer.get_json()["message"]


def test_a_part_without_a_name_is_refused(api: Api) -> None:
    file = b'Content-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\nx'
    body = b"--a\r\n" + file + b"\r\n--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"
    headers = {**api.user, "Content-Type": "multipart/form-data; boundary=a"}
    answer = api.client.post("/upload", data=body, headers=headers)
    assert answer.status_code == 422
    assert "has no field ''" in answer.get_json()["message"]


@pytest.mark.parametrize("key", [None, "nonsense", "gf_{:016x}_" + "A" * 43])
def test_who_is_not_let_in_cannot_ask_without_end(tmp_path: Path, key: str | None) -> None:
    with running_api(tmp_path, start=False, security={"rate_limit": 5}) as api:
        requests = [{} if key is None else {"X-API-Key": key.format(number)} for number in range(6)]
        statuses = [api.client.get("/tasks", headers=headers).status_code for headers in requests]
        assert statuses == [401] * 5 + [429]
        assert api.client.get("/tasks", headers=api.user).status_code == 200  # the holder of a key is not shut out


def test_a_name_rebound_to_this_machine_is_refused_where_no_key_is_needed(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False, security={"require_api_key": "false"}) as api:
        rebound = {"Host": "evil.example"}
        assert api.client.get("/tasks", headers=rebound).status_code == 403
        assert api.client.get("/tasks", headers={**rebound, **api.user}).status_code == 200  # no page knows the key
        remote = api.client.get("/tasks", headers=rebound, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
        assert remote.status_code == 200


@pytest.mark.parametrize(
    "address",
    ["64:ff9b:1::7f00:1", "::ffff:0:7f00:1", "fec0::1", "5f00::1", "4000::1"],
    ids=["local translator", "stateless translator", "site", "segment routing", "not given out"],
)
def test_callbacks_go_to_no_network_of_the_site(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert is_public(ipaddress.ip_address("64:ff9b::808:808"))


@pytest.mark.skipif(os.name == "nt", reason="Windows moves no file that is in use")
def test_strangers_are_not_told_where_the_data_lie(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running_api(tmp_path / "private place", start=False) as api:
        api.service.database.path.rename(tmp_path / "away")
        health = api.client.get("/health")
        assert health.status_code == 503
        assert "The database gasflux.db was removed or replaced" in health.text
        assert "private place" not in health.text
        api.service.folders.uploads.rename(tmp_path / "away too")
        refused = api.upload()
        assert refused.status_code == 503
        assert "private place" not in refused.text
        assert "private place" in caplog.text


def test_an_act_whose_entry_cannot_be_kept_is_undone(tmp_path: Path) -> None:
    with running_api(tmp_path, start=False) as api:
        before = api.service.keys.list()
        with api.service.database.write() as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END")
        made = api.client.post("/api_keys", json={"name": "unseen", "admin": True}, headers=api.admin)
        revoked = api.client.delete(f"/api_keys/{before[0].key_id}", headers=api.admin)
        assert (made.status_code, revoked.status_code) == (500, 500)
        assert [(key.key_id, key.revoked) for key in api.service.keys.list()] == [(key.key_id, False) for key in before]


def test_a_transaction_inside_another_is_part_of_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "gasflux.db", busy_timeout_s=0.1)
    database.migrate()
    count = "SELECT count(*) FROM audit"
    entry = "INSERT INTO audit (at, actor, act, target, address) VALUES ('', '', '', '', '')"

    def act_that_fails() -> None:
        with database.write() as outer:
            with database.write() as inner:
                inner.execute(entry)
            assert outer.execute(count).fetchone()[0] == 1
            raise StorageError("the act fails", 1)

    with pytest.raises(StorageError):
        act_that_fails()
    with database.read() as connection:
        assert connection.execute(count).fetchone()[0] == 0
    with database.write() as connection:  # the lock is free again
        connection.execute(entry)
    database.close()
