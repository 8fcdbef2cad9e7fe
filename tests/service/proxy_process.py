"""nginx and Caddy as the deployment page configures them, on free ports and with a throw-away certificate."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
from patience import HANG_S, wait_until
from requests.adapters import HTTPAdapter

PAGE: Final = Path(__file__).parents[2] / "docs" / "WAITRESS_DEPLOYMENT.md"
NAME: Final = "gasflux.example.org"
_REST_OF_NGINX: Final = """\
{user}
pid {folder}/nginx.pid;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{site}
}}
"""
"""What /etc/nginx/nginx.conf does round a file in conf.d; Debian's has 768 connections too."""


def example(language: str, number: int = 0) -> str:
    """Return a block of code of the page."""
    return str(re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))[number])


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """Replace what the page must contain."""
    for old, new in changes.items():
        assert old in text, f"the page no longer says {old!r}"
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Certificate:
    """A certificate of the example's name that signs itself."""

    chain: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Make one with OpenSSL."""
    made = Certificate(folder / "fullchain.pem", folder / "privkey.pem")
    kind = ["-x509", "-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(made.key), "-out", str(made.chain)]
    subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True, timeout=HANG_S)
    return made


@dataclass(frozen=True)
class Proxy:
    """A running proxy."""

    https_port: int
    http_port: int
    certificate: Certificate

    @property
    def url(self) -> str:
        """Its address under the example's name, which the tests resolve to this machine."""
        return f"https://{NAME}:{self.https_port}"

    def ask(self, path: str, *, method: str = "GET", of: str = "127.0.0.1", **options: Any) -> requests.Response:
        """Send a request from one of this machine's addresses."""
        with requests.Session() as session:
            session.mount("https://", _FromAddress(of))
            given: dict[str, Any] = {"timeout": HANG_S, "allow_redirects": False, "verify": str(self.certificate.chain)}
            return session.request(method, self.url + path, **given | options)


class _FromAddress(HTTPAdapter):
    """Connections that come from one of this machine's addresses."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


@contextmanager
def running_proxy(program: str, folder: Path, server_port: int) -> Iterator[Proxy]:
    """Run nginx or Caddy before a server."""
    folder.mkdir(parents=True)
    proxy = Proxy(*_free_ports(), make_certificate(folder))
    command = {"nginx": _nginx, "caddy": _caddy}[program](proxy, folder, server_port)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, env=os.environ | home, stdout=said, stderr=subprocess.STDOUT)
    try:
        _until_it_listens(process, proxy, folder)
        yield proxy
    finally:
        process.terminate()  # nginx and Caddy both end at once
        process.wait(HANG_S)


def _nginx(proxy: Proxy, folder: Path, server_port: int) -> list[str]:
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{proxy.https_port} ssl",
        "listen 80;": f"listen 127.0.0.1:{proxy.http_port};",
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(proxy.certificate.chain),
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(proxy.certificate.key),
        "http://127.0.0.1:5000": f"http://127.0.0.1:{server_port}",
    }
    user = "user root;" if os.geteuid() == 0 else ""  # its workers must enter the folder of the test
    text = _REST_OF_NGINX.format(user=user, folder=folder, site=replaced(example("nginx"), changes))
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    command = [_program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    _check([*command, "-t"])
    return [*command, "-g", "daemon off; error_log stderr;"]


def _caddy(proxy: Proxy, folder: Path, server_port: int) -> list[str]:
    own = f"    admin off\n    http_port {proxy.http_port}\n    https_port {proxy.https_port}\n    servers {{"
    certificate = f"    bind 127.0.0.1\n    tls {proxy.certificate.chain} {proxy.certificate.key}"
    changes = {
        "    servers {": own,
        f"\n{NAME} {{\n": f"\n{NAME} {{\n{certificate}\n",
        "127.0.0.1:5000": f"127.0.0.1:{server_port}",
    }
    if _caddy_version() < (2, 6, 4):
        changes |= _for_old_caddy()
    (folder / "Caddyfile").write_text(replaced(example("caddyfile"), changes), encoding="utf-8")
    arguments = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    _check([_program("caddy"), "validate", *arguments])
    return [_program("caddy"), "run", *arguments]


def _caddy_version() -> tuple[int, ...]:
    said = subprocess.run([_program("caddy"), "version"], check=True, capture_output=True, encoding="utf-8").stdout
    return tuple(int(part) for part in re.findall(r"\d+", said.split()[0])[:3])


def _for_old_caddy() -> dict[str, str]:
    """Return what the page tells to write for an old one."""
    told = re.findall(
        r"before 2\.6\.4[^:]*: `([^`]+)` and `([^`]+)` in place of\s`([^`]+)`", PAGE.read_text(encoding="utf-8")
    )
    assert told, "the page no longer says what an old Caddy needs"
    first, second, new = told[0]
    return {new: f"{first}\n        {second}"}


def _check(command: list[str]) -> None:
    """Let a program judge its configuration, as the page tells to."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=HANG_S, check=False)
    assert done.returncode == 0, done.stderr


def _program(name: str) -> str:
    found = find(name)
    assert found
    return found


def find(name: str) -> str | None:
    """Return where a program is; Debian keeps nginx where only administrators look."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _until_it_listens(process: subprocess.Popen[bytes], proxy: Proxy, folder: Path) -> None:
    try:
        wait_until(lambda: process.poll() is not None or _listens(proxy.https_port), f"{folder.name} that listens")
    except AssertionError:
        process.kill()
        raise
    assert process.poll() is None, (folder / "said.txt").read_text(encoding="utf-8")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=HANG_S).close()
    except OSError:
        return False
    return True
