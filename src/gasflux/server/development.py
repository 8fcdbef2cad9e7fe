"""The development server: the same service under Werkzeug, on this machine only unless told otherwise."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from contextlib import ExitStack

from werkzeug.serving import is_running_from_reloader, run_simple

from gasflux.configuration.service_settings import Settings
from gasflux.errors import GasFluxError
from gasflux.server.address import is_loopback, listening, page_url
from gasflux.server.waitress_server import EXIT_FAILED, EXIT_OK, say
from gasflux.service.safekeeping.data_lock import DataLock
from gasflux.service.watch.logs import configured_logging


def develop(settings: Settings, notes: Sequence[str] = (), reload: bool = False) -> int:
    """Run the service for development.

    Parameters
    ----------
    settings
        Settings of the service; ``[server] debug`` shows the debugger, on this machine only: it runs any code.
    notes
        What reading the settings found worth a warning.
    reload
        Start again when a source file changes.

    Returns
    -------
    int
        Exit code.
    """
    if reload and not is_running_from_reloader():  # the process that watches the sources starts nothing else
        run_simple(settings.server.host, settings.server.port, lambda environ, start: [], use_reloader=True)
        return EXIT_OK
    with configured_logging(settings), ExitStack() as stack:
        for note in notes:
            logging.getLogger(__name__).warning("%s", note)
        try:
            lock = stack.enter_context(DataLock.of(settings))
            _serve(settings, lock, stack, reload)
        except GasFluxError as error:
            say(f"error: {error}", error=True)
            return EXIT_FAILED
        except KeyboardInterrupt:  # while it started; Werkzeug takes the later one for an order to return
            pass
    say("Stopped.")
    return EXIT_OK


def _serve(settings: Settings, lock: DataLock, stack: ExitStack, reload: bool) -> None:
    """Start the service and answer requests."""
    from gasflux.app import create_app
    from gasflux.service.parts import build_service

    host, port = settings.server.host, settings.server.port
    if not reload:  # then Werkzeug hands over the socket of the process that watches
        with listening(host, port) as sockets:  # says clearly what is wrong with the address
            port = sockets[0].getsockname()[1]
    service = build_service(settings)
    stack.callback(service.stop)
    app = create_app(settings, service)
    service.start()
    lock.note_address(page_url(host, port))
    say(f"GasFlux for development on {page_url(host, port)} (production: server_waitress.py)")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a kill stops it like Ctrl-C
    debugger = settings.server.debug and is_loopback(host)
    run_simple(host, port, app, threaded=True, use_debugger=debugger, use_reloader=reload)
