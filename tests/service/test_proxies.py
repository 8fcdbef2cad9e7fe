"""The proxies of the deployment page before the real server: what comes through, and what must not."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from patience import HANG_S
from proxy_process import NAME, Proxy, example, find, running_proxy
from server_process import ROOT, SAMPLE, ServerProcess, running

from gasflux.client import GasFluxClient
from gasflux.configuration.service_settings import LimitSettings, PerformanceSettings

pytestmark = [
    pytest.mark.proxy,
    pytest.mark.skipif(sys.platform != "linux", reason="needs loopback addresses besides 127.0.0.1"),
    pytest.mark.skipif(find("openssl") is None, reason="there is no openssl (make proxies)"),
]

PROGRAMS = [
    pytest.param(name, marks=pytest.mark.skipif(find(name) is None, reason=f"there is no {name} (make proxies)"))
    for name in ("nginx", "caddy")
]
CLIENT, OTHER_CLIENT = "127.0.0.2", "127.0.0.3"
UNENDING_HEADERS = f"POST /upload HTTP/1.1\r\nHost: {NAME}\r\nX-A: b\r\n".encode()
UNENDING_BODY = UNENDING_HEADERS + b"Content-Length: 1000\r\n\r\nx"
LIMIT = LimitSettings().max_content_length
HALF_OPEN = PerformanceSettings().connection_limit + 10
SOON_S = 5.0
"""So long a server that is held does not answer; where it answers it takes milliseconds."""


@pytest.fixture(autouse=True)
def _name_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the example's name lead to this machine, for every client in this process."""
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the settings of the page."""
    with configured(tmp_path_factory.mktemp("server")) as started:
        yield started


@contextmanager
def configured(folder: Path, **variables: object) -> Iterator[ServerProcess]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gasflux.ini").write_text(example("ini"), encoding="utf-8")
    with running(folder, **variables) as started:
        yield started


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    command = [sys.executable, str(ROOT / "create_api_key.py"), "--name", "client"]
    ini = ["--config", str(server.folder / "gasflux.ini")]
    return subprocess.run(
        [*command, *ini], check=True, capture_output=True, encoding="utf-8", timeout=HANG_S
    ).stdout.strip()


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def proxy(program: str, server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_proxy(program, tmp_path_factory.mktemp("proxy") / program, server.port) as started:
        yield started


@pytest.fixture
def client(proxy: Proxy, key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[GasFluxClient]:
    """A client as any other, which trusts the certificate."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.certificate.chain))
    with GasFluxClient(proxy.url, key) as opened:
        yield opened


def test_a_flight_goes_through(client: GasFluxClient, server: ServerProcess, tmp_path: Path) -> None:
    result = client.process(SAMPLE, folder=tmp_path, timeout=HANG_S)
    assert set(result.gases) == {"ch4", "co2"}
    stored = server.folder / "web_api_data" / "outputs" / result.task.task_id / "report.html"
    assert (tmp_path / "report.html").read_bytes() == stored.read_bytes()


def test_ranges_and_conditions_go_through(client: GasFluxClient, proxy: Proxy) -> None:
    task = client.wait(client.upload(SAMPLE).task_id, timeout=HANG_S)
    address = f"/download/{task.task_id}/report.html"
    whole = proxy.ask(address)
    part = proxy.ask(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.content)}"
    unchanged = proxy.ask(address, headers={"If-None-Match": whole.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_body_that_is_too_large_gets_the_services_own_answer(proxy: Proxy, key: str, tmp_path: Path) -> None:
    answer = send_zeros(proxy, key, LIMIT + 1, tmp_path)
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "too_large"
    assert f"{LIMIT + 1} bytes" in answer.json()["message"]


def test_a_body_that_is_too_large_for_the_proxy_too_is_not_passed_on(
    program: str, proxy: Proxy, key: str, server: ServerProcess, tmp_path: Path
) -> None:
    try:
        answer = send_zeros(proxy, key, 2 * LIMIT, tmp_path)
    except requests.ConnectionError:
        assert program == "caddy"  # it closes the connection, and who is still sending does not see the answer
    else:
        assert answer.status_code == 413
        assert answer.json()["code"] == 413
    assert str(2 * LIMIT) not in server.log


def send_zeros(proxy: Proxy, key: str, length: int, folder: Path) -> requests.Response:
    """Upload a body of some length: from a file, so that its length is told at the beginning."""
    (folder / "zeros").touch()
    os.truncate(folder / "zeros", length)
    headers = {"X-API-Key": key, "Content-Type": "multipart/form-data; boundary=x"}
    with (folder / "zeros").open("rb") as body:
        return proxy.ask("/upload", method="POST", data=body, headers=headers)


def test_the_log_names_the_client_and_believes_no_client(proxy: Proxy, server: ServerProcess) -> None:
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.8", "Forwarded": "for=203.0.113.9"}
    assert proxy.ask("/tasks?q=traced", of=CLIENT, headers=forged).status_code == 401
    last = [line for line in server.log.splitlines() if "GET /tasks: 401" in line][-1]
    assert last.endswith(f"for {CLIENT}")


def test_http_leads_to_https(proxy: Proxy) -> None:
    answer = requests.get(f"http://{NAME}:{proxy.http_port}/docs?x=1", timeout=HANG_S, allow_redirects=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"].startswith(f"https://{NAME}")
    assert answer.headers["Location"].endswith("/docs?x=1")


@pytest.mark.parametrize("trusted", ["127.0.0.1", ""], ids=["trusted", "untrusted"])
def test_without_a_key_nobody_comes_through_a_proxy(program: str, trusted: str, tmp_path: Path) -> None:
    """`auto` lets this machine in as long as there is no key, and the proxy is on this machine."""
    rules = {"GASFLUX_SECURITY_REQUIRE_API_KEY": "auto", "GASFLUX_SECURITY_TRUSTED_PROXY": trusted}
    with configured(tmp_path / "server", **rules) as server:
        assert server.get("/tasks").status_code == 200
        with running_proxy(program, tmp_path / program, server.port) as proxy:
            assert proxy.ask("/tasks").status_code == 401
            assert proxy.ask("/upload", method="POST", files={"file": b"x"}).status_code == 401
            assert proxy.ask("/health").status_code == 200


def test_each_client_has_its_own_rate_limit(program: str, tmp_path: Path) -> None:
    with (
        configured(tmp_path / "server", GASFLUX_SECURITY_RATE_LIMIT=20) as server,
        running_proxy(program, tmp_path / program, server.port) as proxy,
    ):
        answers = {proxy.ask("/stats", of=CLIENT).status_code for _ in range(25)}
        assert answers == {200, 429}
        assert proxy.ask("/stats", of=OTHER_CLIENT).status_code == 200


def test_a_service_that_is_away_is_told_in_json(program: str, tmp_path: Path) -> None:
    with configured(tmp_path / "server") as server, running_proxy(program, tmp_path / program, server.port) as proxy:
        assert server.stop() == 0
        answer = proxy.ask("/tasks")
    assert answer.status_code == answer.json()["code"] == {"nginx": 503, "caddy": 502}[program]
    assert set(answer.json()["error"]) == {"type", "details", "request_id"}
    assert answer.headers["Content-Type"].startswith("application/json")


def test_slow_clients_wait_in_the_proxy(proxy: Proxy, server: ServerProcess) -> None:
    """More clients than the server takes connections begin a request and do not end it: its headers, or its body."""
    with ExitStack() as open_connections:
        for number in range(HALF_OPEN):
            begun = (UNENDING_HEADERS, UNENDING_BODY)[number % 2]
            open_connections.enter_context(half_open(proxy, begun, of=f"127.0.1.{number + 1}"))
        assert established(server) <= 2  # one may be kept open by the proxy
        assert proxy.ask("/health", of=OTHER_CLIENT).status_code == 200
        assert server.get("/health").status_code == 200


def test_nginx_gives_no_client_more_than_its_share(program: str, proxy: Proxy) -> None:
    if program != "nginx":
        pytest.skip("the page limits the connections of a client in nginx only")
    with ExitStack() as open_connections:
        for _ in range(20):
            open_connections.enter_context(half_open(proxy, UNENDING_BODY, of=CLIENT))
        refused = proxy.ask("/health", of=CLIENT)
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert proxy.ask("/health", of=OTHER_CLIENT).status_code == 200


def test_without_a_proxy_slow_clients_hold_the_server(tmp_path: Path) -> None:
    """Or the test above would show nothing."""
    with configured(tmp_path) as server, ExitStack() as open_connections:
        for _ in range(HALF_OPEN):
            plain = socket.create_connection(("127.0.0.1", server.port), timeout=HANG_S)
            open_connections.enter_context(plain).sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(requests.Timeout):
            server.get("/health", timeout=SOON_S)


@contextmanager
def half_open(proxy: Proxy, begun: bytes, of: str) -> Iterator[None]:
    """Send the beginning of a request over TLS, and nothing more."""
    context = ssl.create_default_context(cafile=proxy.certificate.chain)
    plain = socket.create_connection((NAME, proxy.https_port), timeout=HANG_S, source_address=(of, 0))
    with context.wrap_socket(plain, server_hostname=NAME) as secured:
        secured.sendall(begun)
        yield


def established(server: ServerProcess) -> int:
    """Return how many connections clients have to the server."""
    import psutil

    found = psutil.Process(server.running.pid).net_connections(kind="tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == server.port for one in found)
