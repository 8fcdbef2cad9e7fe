"""The production server: the application under Waitress, from the lock on the data folder to a stop without losses.

Waitress knows no SIGTERM, so its loop is turned here. On the first signal `/health` answers 503, uploads are refused
and no task is begun; answers under way are finished within ``[tasks] drain_timeout``, tasks that are not done by then
go back to pending. A second signal ends the process at once: workers notice, the next start finds all in the database.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gasflux.configuration.service_settings import ServerSettings, Settings
from gasflux.errors import GasFluxError, StorageError
from gasflux.server.address import is_everywhere, is_loopback, listening, page_url
from gasflux.server.descriptors import AcceptPause, allowed
from gasflux.service.safekeeping.data_lock import DataLock
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.watch.logs import configured_logging
from gasflux.version import __version__

if TYPE_CHECKING:
    from flask import Flask

    from gasflux.service.parts import Service

EXIT_OK, EXIT_FAILED = 0, 1
_BLUEPRINTS: Final = (
    "upload",
    "tasks",
    "task_pool",
    "download",
    "reports",
    "health",
    "stats",
    "config",
    "web",
    "api_keys",
)
HEADER_BYTES: Final = 32 * 1024
"""Of the address and the headers of a request; browsers send a tenth of it, nginx takes as much."""

_TURN_S: Final = 0.5
"""Longest wait of one turn of the loop: how late a signal is seen where it does not wake the wait (Windows)."""

_DRAIN_TURN_S: Final = 0.05
_CLOSING_S: Final = 0.5
"""Part of the drain time, at most a quarter, kept for closing connections and the database."""

_LAST_WAIT_S: Final = 6.0
"""Part of the drain time, at most half of it, kept for putting tasks back; the rest is left to them to finish."""

_log = logging.getLogger(__name__)


def serve(settings: Settings, notes: Sequence[str] = ()) -> int:
    """Run the service until it is told to stop.

    Parameters
    ----------
    settings
        Settings of the service.
    notes
        What reading the settings found worth a warning.

    Returns
    -------
    int
        Exit code: 0 after an orderly stop, 1 when the service could not start (one sentence on stderr says why).
    """
    with configured_logging(settings):
        for note in notes:
            _log.warning("%s", note)
        signals = _Signals()
        try:
            with signals.handled(), DataLock.of(settings) as lock, _bodies_beside_the_data(settings):
                return _run(settings, signals, lock)
        except GasFluxError as error:
            _log.error("%s", error, extra={"console": False})
            say(f"error: {error}", error=True)
            return EXIT_FAILED


def say(line: str, *, error: bool = False) -> None:
    """Write a line to the console; one that cannot show a character gets a likeness, one that is gone gets nothing."""
    stream = sys.stderr if error else sys.stdout
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        line = line.replace("✓", "OK").encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(f"{line}\n")
        stream.flush()
    except (OSError, ValueError):  # the console was closed; the log has what matters
        return


def _run(settings: Settings, signals: _Signals, lock: DataLock) -> int:
    """Build everything, listen, and take it down again."""
    say("Starting GasFlux Web API with Waitress...")
    allowance = allowed(settings)
    settings = allowance.settings
    with ExitStack() as stack:
        sockets = stack.enter_context(listening(settings.server.host, settings.server.port))
        service, app = _build(settings)
        stack.callback(service.stop)
        server = _HttpServer(app, settings, sockets)
        stack.callback(server.close)
        port = sockets[0].getsockname()[1]
        lock.note_address(page_url(settings.server.host, port))
        _announce(settings, port, allowance.warning)
        signals.call(lambda: server.stop(service))
        service.start()
        server.run(service)
    _log.info("stopped")
    say("Stopped.")
    return EXIT_OK


def _build(settings: Settings) -> tuple[Service, Flask]:
    """Return the service and its application, with the banner's lines on the way."""
    from gasflux.app import create_app
    from gasflux.service.parts import build_service

    service = build_service(settings)
    app = create_app(settings, service)
    say("✓ GasFlux app imported successfully")
    say("✓ Task pool management enabled")
    known = [name for name in _BLUEPRINTS if name in app.blueprints]
    further = [name for name in app.blueprints if name not in known]
    say(f"✓ All blueprints loaded: {', '.join([*known, *further])}")
    return service, app


def _announce(settings: Settings, port: int, shortage: str | None = None) -> None:
    """Say where the service listens and with what, as the hand-over document does, and what to open."""
    limits, url = settings.performance, page_url(settings.server.host, port)
    named = settings.server.base_url
    say("✓ Waitress WSGI server imported")
    say(f"Starting Waitress server on {settings.server.host}:{port}")
    say(f"- Threads: {limits.threads}")
    say(f"- Connection limit: {limits.connection_limit}")
    say(f"- Channel timeout: {limits.channel_timeout}s")
    # As shipped it names the shipped port; only one that somebody set says more than where the service listens.
    say(f"- Base URL: {url if named == ServerSettings().base_url else named}")
    say(f"Open {url}/ in a browser on this machine.")
    if is_everywhere(settings.server.host):
        say(f"Other machines of the network reach port {port} too; --host 127.0.0.1 keeps it to this one.")
    _log.info("version %s listens on %s:%d as process %d", __version__, settings.server.host, port, os.getpid())
    for warning in (*warnings_of(settings), *([shortage] if shortage else [])):
        say(f"WARNING: {warning}", error=True)
        _log.warning("%s", warning, extra={"console": False})


def warnings_of(settings: Settings) -> Iterator[str]:
    """Yield what is allowed but dangerous."""
    if settings.security.require_api_key == "false" and not is_loopback(settings.server.host):
        yield "ANYBODY who reaches this address may use the service: [security] require_api_key is false."
    if settings.server.debug:
        yield "[server] debug is for run_api.py; this server ignores it."


@contextmanager
def _bodies_beside_the_data(settings: Settings) -> Iterator[None]:
    """Store bodies of requests on the disk of the data, whose free space is watched, and not wherever TMPDIR points."""
    folder = _folders(settings).incoming
    before = tempfile.tempdir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():  # of a server that was killed: the lock says that there is no other
            if left.is_file():
                left.unlink()
    except OSError as error:
        raise StorageError(f"The folder {folder} cannot be written: {error.strerror or error}.", 60) from None
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _folders(settings: Settings) -> TaskFolders:
    return TaskFolders(settings.paths.uploads, settings.paths.outputs)


@dataclass
class _HttpServer:
    """Waitress and its loop."""

    app: Flask
    settings: Settings
    sockets: list[socket.socket]
    _map: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import waitress
        from waitress.trigger import trigger

        from gasflux.server.body_channel import BodyGuard, guarded_channel
        from gasflux.server.proxy_notice import ProxyNotice

        self._server = waitress.create_server(self.app, map=self._map, sockets=self.sockets, **self._options())
        self._trigger = trigger(self._map)
        guard = BodyGuard(self.settings.limits, _folders(self.settings), self.app.extensions["gasflux"].refusals)
        for listener in self._listeners():
            listener.channel_class = guarded_channel(guard)
            listener.application = ProxyNotice(listener.application, self.settings.security.trusted_proxy)
            AcceptPause(listener)

    def _options(self) -> dict[str, Any]:
        """Return Waitress's settings."""
        from gasflux.server.body_channel import INBUF_BYTES

        limits, proxy = self.settings.performance, self.settings.security.trusted_proxy
        trusted: dict[str, Any] = {}
        if proxy:
            # Only what every proxy sets itself: a header it passes on as the client sent it must not be believed.
            headers = "x-forwarded-for x-forwarded-proto"
            trusted = {"trusted_proxy": proxy, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}
        return {
            "threads": limits.threads,
            # Waitress counts its listeners and wake-up pipes among the connections.
            "connection_limit": limits.connection_limit + 2 * len(self.sockets) + 1,
            "channel_timeout": limits.channel_timeout,
            # Only bodies of unknown length come this far; GuardedParser judges the others. One more, as Waitress
            # refuses the limit itself.
            "max_request_body_size": self.settings.limits.max_content_length + 1,
            "inbuf_overflow": INBUF_BYTES,
            "max_request_header_size": HEADER_BYTES,
            # They stay, unbelieved: a proxy on this machine must not make the world look like this machine (auth.py).
            "clear_untrusted_proxy_headers": False,
            "expose_tracebacks": False,
            "ident": None,
            **trusted,
        }

    def _listeners(self) -> list[Any]:
        return [entry for entry in self._map.values() if getattr(entry, "accepting", False)]

    def stop(self, service: Service) -> None:
        """Let `run` come to its end; may be called from a signal handler."""
        service.stopping.set()
        self._trigger.pull_trigger()

    def run(self, service: Service) -> None:
        """Answer requests until the service is told to stop, then finish what is under way."""
        while not service.stopping.is_set:
            self._turn(_TURN_S)
        _log.info("stopping: answers under way have %d s", self.settings.tasks.drain_timeout)
        self._drain(service)

    def _drain(self, service: Service) -> None:
        """Go on answering until tasks are put away and no answer is under way, or the time is over."""
        patience_s = float(self.settings.tasks.drain_timeout)
        patience_s -= min(_CLOSING_S, patience_s / 4)
        until = time.monotonic() + patience_s
        for_tasks_s = patience_s - min(_LAST_WAIT_S, patience_s / 2)
        tasks = threading.Thread(target=service.runner.stop, args=(for_tasks_s,), name="stop-tasks", daemon=True)
        tasks.start()
        while time.monotonic() < until and (tasks.is_alive() or self._busy()):
            self._turn(_DRAIN_TURN_S)
        cut = self._busy()
        if cut:
            _log.warning("%d answer(s) were cut off after %.1f s", cut, patience_s)
        tasks.join(_LAST_WAIT_S)
        if tasks.is_alive():
            _log.error("tasks could not be put back in time; the next start does it")

    def _busy(self) -> int:
        """Return how many connections are in the middle of something."""
        from gasflux.server.body_channel import is_busy

        return sum(is_busy(entry) for entry in list(self._map.values()))

    def _turn(self, seconds: float) -> None:
        """Let Waitress read and write what is ready."""
        from waitress import wasyncore

        # poll, as select cannot take connections with a number above 1023
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def close(self) -> None:
        """Close every connection and end the threads; one that hangs is a daemon and goes with the process."""
        from waitress import wasyncore

        self._server.task_dispatcher.shutdown(timeout=_CLOSING_S / 2)
        wasyncore.close_all(self._map, ignore_all=True)


class _Signals:
    """SIGTERM, Ctrl-C and Ctrl-Break while the server runs: the first stops it in order, the second at once."""

    def __init__(self) -> None:
        self._stop: Callable[[], None] | None = None
        self._seen = False

    def call(self, stop: Callable[[], None]) -> None:
        """From now on the first signal calls `stop`; before, there is nothing yet that must be finished."""
        self._stop = stop

    def _on_signal(self, number: int, frame: object) -> None:
        if self._seen:
            os._exit(EXIT_FAILED)
        self._seen = True
        if self._stop is None:
            raise SystemExit(EXIT_OK)
        self._stop()

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals until the block ends."""
        names = ("SIGTERM", "SIGINT", "SIGBREAK")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
