"""Callbacks: a finished task is told to the address its client gave, signed, and never to this or a private network.

The receiver checks ``X-GasFlux-Signature: t=<unix time>,v1=<hex>``: ``v1`` is the HMAC-SHA256, keyed with
``[security] callback_secret``, of ``<t>.<body>``; an old ``t`` is a replay.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import http.client
import ipaddress
import json
import logging
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from gasflux.configuration.service_settings import SecuritySettings
from gasflux.errors import Fault, InputError, StorageError
from gasflux.service.tasks.records import CallbackState, Task
from gasflux.version import __version__

_log = logging.getLogger(__name__)

HEADER: Final = "X-GasFlux-Signature"
WAITS_S: Final = (2.0, 10.0, 60.0, 300.0)
"""Pauses between the five tries."""
TIMEOUT_S: Final = 5.0
"""For the connection and for each read."""
WHOLE_S: Final = 15.0
"""For the whole exchange: a receiver that answers a byte at a time must not hold the queue up."""
STOP_S: Final = 2.0
"""What a stopping server grants to callbacks that are due."""
MAX_WAITING: Final = 1_000
MAX_WAITING_PER_HOST: Final = 250
MOST_HOSTS: Final = 32
MOST_FAILING_HOSTS: Final = 8
"""Hosts that are called at a time, and those among them whose last exchange failed."""

MAX_URL: Final = 2_048

_EMBEDDING: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
"""Networks whose addresses end in one of IPv4: translated ones, and the ancient compatible ones."""

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that IANA has ever given out; translators and sites use what lies outside for their own networks."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of the signature header.

    Parameters
    ----------
    secret
        Known to both sides, `[security] callback_secret`.
    timestamp
        Seconds since 1970, part of what is signed, so that an old message cannot be sent again.
    body
        What is sent.
    """
    digest = hmac.new(secret.encode("utf-8"), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def is_public(address: Address) -> bool:
    """Tell whether an address is on the public internet, looking inside addresses that embed another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and any(address in network for network in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


@dataclass(frozen=True)
class Target:
    """A checked address: where to connect, and under which name."""

    url: SplitResult
    host: str
    port: int
    address: str
    """Resolved once; this very address is connected to."""


def check_callback_url(url: str, settings: SecuritySettings) -> Target:
    """Return where a callback goes.

    Raises
    ------
    InputError
        When callbacks are off, the URL is none of http or https, or the host does not resolve to public addresses only.
    """
    if not settings.callback_secret:
        raise _refusal(
            url, "callbacks are off on this server: its [security] callback_secret is empty", "no callback_url"
        )
    parts, port = _parts(url)
    host = (parts.hostname or "").rstrip(".")
    addresses = _resolve(url, host, port)
    if not settings.allow_private_callbacks and not all(is_public(address) for address in addresses):
        raise _refusal(url, "its host is this machine or in a private network", "a host with public addresses only")
    return Target(parts, host, port, str(addresses[0]))


def _refusal(url: str, why: str, allowed: str) -> InputError:
    """Error for a URL that is not called."""
    shown = "".join(character for character in url if character.isprintable())[:100]
    message = f"callback_url {shown!r}: {why}; allowed: {allowed}."
    return InputError(message, [Fault(message, column="callback_url", value=shown, allowed=allowed)])


def _parts(url: str) -> tuple[SplitResult, int]:
    """Split a URL and check its form."""
    allowed = "an http:// or https:// address without user name, at most 2,048 characters"
    if len(url) > MAX_URL or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise _refusal(url, "it is too long or holds characters that must be encoded", allowed)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refusal(url, f"it cannot be read ({error})", allowed) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise _refusal(url, "it is no such address", allowed)
    return parts, port or (443 if parts.scheme == "https" else 80)


def _host_of(url: str) -> str:
    """Return whose queue a callback waits in."""
    try:
        return (urlsplit(url).netloc or url).rpartition("@")[2].lower()
    except ValueError:
        return url


def _resolve(url: str, host: str, port: int) -> list[Address]:
    """Look up every address of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refusal(url, "its host is not known", "a host that can be looked up") from error
    return [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; return the status of the answer. Redirects are not followed, they are an answer like any other.

    Parameters
    ----------
    target
        Address that was looked up and allowed.
    body
        What is sent.
    headers
        Of the request.

    Raises
    ------
    OSError, http.client.HTTPException
        When there is no answer in time.
    """
    connection = _connection(target)
    path = (target.url.path or "/") + (f"?{target.url.query}" if target.url.query else "")
    whole = threading.Timer(WHOLE_S, _hang_up, args=(connection,))
    whole.daemon = True
    whole.start()
    try:
        connection.connect()
        connection.request("POST", path, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        whole.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """End an exchange from outside: whoever waits on its socket gets an error."""
    stream = connection.sock
    if stream is not None:
        with suppress(OSError):  # it ended at this very moment
            stream.shutdown(socket.SHUT_RDWR)


def _connection(target: Target) -> http.client.HTTPConnection:
    """Return a connection that goes to the resolved address and knows the host by its name."""
    if target.url.scheme == "https":
        return _PinnedHTTPS(target)
    return _PinnedHTTP(target)


class _PinnedHTTP(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name resolves to by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S)
        self._address = target.address

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT_S)


class _PinnedHTTPS(_PinnedHTTP):
    """The same with TLS; the certificate must be that of the name."""

    def connect(self) -> None:
        """Connect and shake hands."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


@dataclass(order=True)
class _Delivery:
    """A callback that is due at a time."""

    due: float
    number: int
    task: Task = field(compare=False)
    url: str = field(compare=False)
    body: bytes = field(compare=False)
    tries: int = field(compare=False)
    """How many were begun."""

    @property
    def mark(self) -> dict[str, str]:
        """What marks the lines of the log."""
        return {"task": self.task.task_id}


@dataclass
class _Lane:
    """The callbacks to one host, one of them under way at a time."""

    host: str
    waiting: list[_Delivery] = field(default_factory=list)
    is_busy: bool = False
    is_failing: bool = False
    """Whether its last exchange failed: it may be a host that lets everybody wait."""


class CallbackSender:
    """Sends callbacks from threads of its own, one per host: a receiver that is silent delays nobody else's.

    Parameters
    ----------
    settings
        The secret, and whether private addresses may be called.
    render
        Makes the JSON object of a task, as its status answer has it.
    waits_s
        Pauses between the tries; there is one try more than pauses.
    note
        Called as ``note(task, state, tries)`` before and after every try; it keeps the state for the next server, and
        answers False when the callback is not wanted any more.
    """

    def __init__(
        self,
        settings: SecuritySettings,
        render: Callable[[Task], Mapping[str, Any]],
        waits_s: tuple[float, ...] = WAITS_S,
        note: Callable[[Task, CallbackState, int], bool] = lambda task, state, tries: True,
    ) -> None:
        self._settings = settings
        self._render = render
        self._waits_s = waits_s
        self._note_state = note
        self._lanes: dict[str, _Lane] = {}
        self._number = 0
        self._news = threading.Condition()
        self._end: float | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that gives out what is due."""
        self._thread = threading.Thread(target=self._work, name="callbacks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what is due now as far as `STOP_S` goes; the rest is for the next server."""
        with self._news:
            self._end = time.monotonic() + STOP_S
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join(STOP_S)

    def send(self, task: Task, tries: int = 0) -> None:
        """Queue the callback of a finished task, if it has one.

        Parameters
        ----------
        task
            The task.
        tries
            How many were begun by servers before this one.
        """
        if task.callback_url is None or not self._settings.callback_secret:
            return
        body = json.dumps(self._render(task), ensure_ascii=False, allow_nan=False).encode("utf-8")
        with self._news:
            lane = self._lane(task.callback_url)
            if len(lane.waiting) >= MAX_WAITING_PER_HOST or self._waiting() >= MAX_WAITING:
                message = "callback put off to the next start of the server: %d to %s wait already"
                _log.error(message, len(lane.waiting), lane.host, extra={"task": task.task_id})
                return
            self._number += 1
            delivery = _Delivery(time.monotonic(), self._number, task, task.callback_url, body, tries)
            heapq.heappush(lane.waiting, delivery)
            self._news.notify_all()

    def _lane(self, url: str) -> _Lane:
        """Return the lane of a host; those with nothing to tell are forgotten."""
        host = _host_of(url)
        if len(self._lanes) >= MAX_WAITING:
            self._lanes = {name: lane for name, lane in self._lanes.items() if lane.waiting or lane.is_busy}
        return self._lanes.setdefault(host, _Lane(host))

    def _waiting(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def _work(self) -> None:
        """Give what is due to a thread per host, until the sender stops and its exchanges are over or its time is."""
        while (found := self._next()) is not None:
            lane, delivery = found
            threading.Thread(target=self._deliver, args=(lane, delivery), name="callback", daemon=True).start()
        with self._news:
            left_s = (self._end or 0.0) - time.monotonic()
            self._news.wait_for(lambda: not self._busy(), max(left_s, 0.0))

    def _deliver(self, lane: _Lane, delivery: _Delivery) -> None:
        """Send one callback, then let the next of its host go."""
        problem: str | None = "not sent"
        try:
            problem = self._send_once(delivery)
        finally:
            with self._news:
                lane.is_busy, lane.is_failing = False, problem is not None
                self._news.notify_all()

    def _send_once(self, delivery: _Delivery) -> str | None:
        """Send one callback and note what became of it; return what went wrong."""
        delivery.tries += 1
        if not self._note(delivery, CallbackState.PENDING):
            _log.info("callback not wanted any more", extra=delivery.mark)
            return None
        problem = self._try(delivery)
        if problem is not None:
            self._again(delivery, problem)
        else:
            self._note(delivery, CallbackState.DELIVERED)
            _log.info("callback delivered", extra=delivery.mark)
        return problem

    def _note(self, delivery: _Delivery, state: CallbackState) -> bool:
        """Keep a state; when that is impossible the callback goes on, at worst the next server repeats it."""
        try:
            return self._note_state(delivery.task, state, delivery.tries)
        except StorageError as error:
            _log.warning("state of the callback not noted: %s", error, extra=delivery.mark)
            return True

    def _next(self) -> tuple[_Lane, _Delivery] | None:
        """Wait for the next delivery; None when the sender stops and nothing is due, or its time is over."""
        with self._news:
            while True:
                now = time.monotonic()
                if self._end is not None and (now > self._end or self._first_due() > now):
                    return None
                lanes = sorted(self._free_lanes(), key=lambda lane: lane.waiting[0])
                wait_s = lanes[0].waiting[0].due - now if lanes else None
                if wait_s is not None and wait_s <= 0.0:
                    lanes[0].is_busy = True
                    return lanes[0], heapq.heappop(lanes[0].waiting)
                self._news.wait(wait_s if self._end is None else self._end - now)

    def _first_due(self) -> float:
        """Return when the next callback is due, whether its host is free or not."""
        return min((lane.waiting[0].due for lane in self._lanes.values() if lane.waiting), default=math.inf)

    def _busy(self) -> list[_Lane]:
        return [lane for lane in self._lanes.values() if lane.is_busy]

    def _free_lanes(self) -> list[_Lane]:
        """Return the hosts that may be called: failing ones get a part of the threads only, so that others find one."""
        busy = self._busy()
        if len(busy) >= MOST_HOSTS:
            return []
        takes_failing = sum(lane.is_failing for lane in busy) < MOST_FAILING_HOSTS
        waiting = (lane for lane in self._lanes.values() if lane.waiting and not lane.is_busy)
        return [lane for lane in waiting if takes_failing or not lane.is_failing]

    def _try(self, delivery: _Delivery) -> str | None:
        """Send once; return what went wrong. The address is looked up and checked anew."""
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"GasFlux/{__version__}",
            "X-GasFlux-Task": delivery.task.task_id,
            HEADER: signature(self._settings.callback_secret, timestamp, delivery.body),
        }
        try:
            target = check_callback_url(delivery.url, self._settings)
            status = post(target, delivery.body, headers)
        except (InputError, OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        return None if 200 <= status < 300 else f"the answer was {status}"

    def _again(self, delivery: _Delivery, problem: str) -> None:
        """Queue another try, or give up after the last."""
        if delivery.tries > len(self._waits_s):
            self._note(delivery, CallbackState.FAILED)
            _log.error("callback given up: %s", problem, extra=delivery.mark)
            return
        _log.warning("callback failed, will be tried again: %s", problem, extra=delivery.mark)
        with self._news:
            delivery.due = time.monotonic() + self._waits_s[delivery.tries - 1]
            heapq.heappush(self._lane(delivery.url).waiting, delivery)
            self._news.notify_all()
