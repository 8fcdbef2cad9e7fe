from __future__ import annotations

import hashlib
import hmac
import http.server
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from patience import HANG_S, wait_until

from gasflux.configuration.service_settings import SecuritySettings
from gasflux.errors import InputError
from gasflux.service.callbacks import sender as callbacks
from gasflux.service.callbacks.sender import HEADER, CallbackSender, check_callback_url, is_public
from gasflux.service.tasks.records import Task, TaskStatus

SECRET = "a secret of the receiver"
OPEN = SecuritySettings(callback_secret=SECRET, allow_private_callbacks=True)
CLOSED = SecuritySettings(callback_secret=SECRET)


@dataclass
class Receiver:
    """A server of this machine that answers with the statuses it is given, in turn, the last for ever."""

    statuses: list[int]
    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done?of=gasflux"

    def until(self, count: int) -> None:
        wait_until(lambda: len(self.got) >= count, lambda: f"{len(self.got)} of {count} requests came")


@contextmanager
def receiver(*statuses: int, location: str | None = None) -> Iterator[Receiver]:
    state = Receiver(list(statuses))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((dict(self.headers), body))
            self.send_response(state.statuses.pop(0) if len(state.statuses) > 1 else state.statuses[0])
            if location is not None:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the library's
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def sender(settings: SecuritySettings = OPEN, waits_s: tuple[float, ...] = (0.01,) * 4) -> Iterator[CallbackSender]:
    sender = CallbackSender(settings, lambda task: {"task_id": task.task_id, "name": task.name}, waits_s)
    sender.start()
    yield sender
    sender.stop()


def finished(url: str | None) -> Task:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return Task(
        task_id="7",
        name="Flug über 甲烷",
        status=TaskStatus.COMPLETED,
        message="",
        progress=100.0,
        stage=None,
        input_name="a.csv",
        input_file="input.csv",
        size_bytes=1,
        has_config=False,
        attempts=1,
        pinned=False,
        cancel_requested=False,
        created_at=now,
        updated_at=now,
        callback_url=url,
    )


def test_body_is_the_task_and_its_signature_can_be_checked() -> None:
    with receiver(204) as there, sender() as here:
        here.send(finished(there.url))
        there.until(1)
    headers, body = there.got[0]
    assert json.loads(body) == {"task_id": "7", "name": "Flug über 甲烷"}
    timestamp, digest = (part.split("=")[1] for part in headers[HEADER].split(","))
    assert hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest() == digest
    assert abs(time.time() - int(timestamp)) < HANG_S  # made when it was sent: a receiver can refuse old ones
    assert headers["Host"] == f"127.0.0.1:{there.port}"


def test_refused_callbacks_are_tried_again() -> None:
    with receiver(500, 503, 200) as there, sender() as here:
        here.send(finished(there.url))
        there.until(3)
    assert len({body for _, body in there.got}) == 1


def test_after_five_tries_it_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with receiver(500) as there, sender() as here:
        here.send(finished(there.url))
        there.until(5)
        wait_until(lambda: "given up" in caplog.text, lambda: caplog.text)
    assert "callback given up: the answer was 500" in caplog.text
    assert len(there.got) == 5


def test_redirects_are_not_followed() -> None:
    with receiver(200) as secret, receiver(302, location=secret.url) as there, sender(waits_s=()) as here:
        here.send(finished(there.url))
        there.until(1)
    assert secret.got == []


def test_nobody_there_is_a_failure_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with sender(waits_s=()) as here:
        here.send(finished(url))
        wait_until(lambda: "callback given up" in caplog.text)


def test_receiver_that_trickles_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(callbacks, "WHOLE_S", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_trickle, args=(server, over))
        thread.start()
        with sender(waits_s=()) as here:
            here.send(finished(f"http://127.0.0.1:{server.getsockname()[1]}/"))
            wait_until(lambda: "callback given up" in caplog.text)
        over.set()
        thread.join()


def _trickle(server: socket.socket, over: threading.Event) -> None:
    """Answer a byte at a time, without end."""
    connection, _ = server.accept()
    with connection:
        while not over.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return


@contextmanager
def silent_receivers(count: int) -> Iterator[list[str]]:
    """Yield addresses that take connections and never answer."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        yield [f"http://127.0.0.1:{server.getsockname()[1]}/" for server in servers]


def test_a_silent_receiver_delays_nobody_else() -> None:
    """While one lets its caller wait, as it would for seconds, all others are told."""
    with silent_receivers(1) as (silent,), receiver(200) as there, sender() as here:
        for _ in range(20):
            here.send(finished(silent))
        for _ in range(20):
            here.send(finished(there.url))
        there.until(20)
        (lane,) = [lane for lane in here._lanes.values() if lane.waiting]
        assert len(lane.waiting) >= 18  # one under way, one perhaps given back: none was hurried away


def test_failing_receivers_have_a_part_of_the_threads_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "WHOLE_S", 0.2)
    monkeypatch.setattr(callbacks, "TIMEOUT_S", 0.2)
    with silent_receivers(callbacks.MOST_HOSTS) as silent, sender(waits_s=(0.0,) * 1_000) as here:
        for url in silent:
            here.send(finished(url))
        lanes = list(here._lanes.values())
        wait_until(lambda: all(lane.is_failing for lane in lanes))
        with receiver(200) as there:
            for _ in range(50):
                assert sum(lane.is_busy and lane.is_failing for lane in lanes) <= callbacks.MOST_FAILING_HOSTS
                here.send(finished(there.url))
            there.until(50)


def test_one_host_does_not_fill_the_queue_of_all(caplog: pytest.LogCaptureFixture) -> None:
    here = CallbackSender(OPEN, lambda task: {"task_id": task.task_id})
    for _ in range(callbacks.MAX_WAITING_PER_HOST + 5):
        here.send(finished("http://203.0.113.9/"))
    here.send(finished("http://203.0.113.10/"))
    assert [len(lane.waiting) for lane in here._lanes.values()] == [callbacks.MAX_WAITING_PER_HOST, 1]
    assert caplog.text.count("put off") == 5


def test_task_without_callback_sends_nothing() -> None:
    with receiver(200) as there, sender() as here:
        here.send(finished(None))
        here.send(finished(there.url))
        there.until(1)
    assert len(there.got) == 1


def test_private_address_is_refused_at_the_upload_and_when_sending(caplog: pytest.LogCaptureFixture) -> None:
    with receiver(200) as there:
        with pytest.raises(InputError, match="private network"):
            check_callback_url(there.url, CLOSED)
        with sender(CLOSED, waits_s=()) as here:
            here.send(finished(there.url))
            wait_until(lambda: "callback given up" in caplog.text)
    assert there.got == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
def test_hosts_that_are_never_called(host: str) -> None:
    with pytest.raises(InputError, match="callback_url"):
        check_callback_url(f"http://{host}/", CLOSED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "http://",
        "http:///path",
        "//8.8.8.8/",
        "http://user:password@8.8.8.8/",
        "http://8.8.8.8:99999/",
        "http://8.8.8.8:x/",
        "http://8.8.8.8/ HTTP/1.1\r\nX: y",
        "http://[8.8.8.8/",
        "http://8.8.8.8/" + "a" * 3000,
        "http://ｌｏｃａｌｈｏｓｔ/",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(InputError, match="callback_url") as caught:
        check_callback_url(url, CLOSED)
    assert caught.value.faults[0].column == "callback_url"
    assert "\n" not in str(caught.value)


def test_public_address_is_kept_as_it_was_resolved() -> None:
    target = check_callback_url("https://8.8.8.8:8443/hook?x=1", CLOSED)
    assert (target.host, target.port, target.address) == ("8.8.8.8", 8443, "8.8.8.8")
    assert is_public(ipaddress.ip_address("2606:4700::1111"))


def test_without_a_secret_there_are_no_callbacks() -> None:
    with pytest.raises(InputError, match="callbacks are off"):
        check_callback_url("https://8.8.8.8/", replace(CLOSED, callback_secret=""))
