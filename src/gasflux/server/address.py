"""Where a server listens: addresses bound before anything else, the reason when that fails, what a person opens."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from gasflux.errors import ServiceError

_OTHER_PORT: Final = "--port, or [server] port (GASFLUX_PORT)"


class BindError(ServiceError):
    """The address cannot be listened on."""

    kind = "address_unavailable"


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_everywhere(host: str) -> bool:
    """Whether an address to listen on stands for every address of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def page_url(host: str, port: int) -> str:
    """Return the URL under which a browser of this machine reaches a server that listens there."""
    name = "localhost" if is_everywhere(host) else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Bind every address of a host name; the sockets are closed at the end."""
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            # Port 0 is whatever the first address got, for the others too.
            wanted = (address[0], sockets[0].getsockname()[1], *address[2:]) if sockets and not port else address
            sockets.append(_bound(family, wanted))
        yield sockets
    except OverflowError:
        raise BindError(f"{port} is no TCP port; allowed are 0 to 65535.") from None
    finally:
        for each in sockets:
            each.close()


def _addresses(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    """Return family and address of every address that a host name stands for."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        message = f"{host!r} is not an address of this machine ({error.strerror or error})"
        raise BindError(f"{message}; set [server] host to 0.0.0.0, 127.0.0.1 or one of its own.") from None
    return list(dict.fromkeys((int(entry[0]), tuple(entry[4])) for entry in found))


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    """Return a socket bound to an address that is this process's alone."""
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR would let a second server take the same port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen()  # Linux tells only now that another listens
    except OSError as error:
        bound.close()
        raise BindError(_bind_message(address, error)) from None
    return bound


def _bind_message(address: tuple[Any, ...], error: OSError) -> str:
    """Return in one sentence why an address cannot be listened on and what to do."""
    host, port = address[:2]
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by {_listener(port)}; stop that, or take another: {_OTHER_PORT}."
    if error.errno in (errno.EACCES, errno.EPERM) and sys.platform == "win32":
        return f"Port {port} on {host} is in use or reserved by Windows; take another: {_OTHER_PORT}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} on {host} may not be used by this user; those from 1024 up need no rights: {_OTHER_PORT}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; set [server] host to 0.0.0.0, 127.0.0.1 or one of its own."
    return f"Port {port} on {host} cannot be listened on: {error.strerror or error}."


def _listener(port: int) -> str:
    """Return who listens on a port, as far as the system tells this user."""
    import psutil

    try:
        found = {
            entry.pid
            for entry in psutil.net_connections("tcp")
            if entry.pid and entry.status == psutil.CONN_LISTEN and entry.laddr and entry.laddr.port == port
        }
        named = ", ".join(f"process {pid} ({psutil.Process(pid).name()})" for pid in sorted(found))
    except (psutil.Error, OSError):
        named = ""
    return named or "another program"
