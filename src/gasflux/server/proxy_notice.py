"""Tells the administrator of a proxy that the settings do not name: its clients all count as one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

_HEADERS: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
_MOST_TOLD: Final = 8
"""Any client can send such a header; the log is not his to fill."""

_log = logging.getLogger(__name__)


class ProxyNotice:
    """A WSGI application that looks where forwarded requests come from, before Waitress believes their headers.

    Parameters
    ----------
    application
        What answers.
    trusted
        ``[security] trusted_proxy``; empty for none.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], trusted: str) -> None:
        self._application = application
        self._trusted = trusted
        self._told: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        if peer != self._trusted and peer not in self._told and any(name in environ for name in _HEADERS):
            self._tell(peer)
        return self._application(environ, start_response)

    def _tell(self, peer: str) -> None:
        """Say so once for each address."""
        if len(self._told) >= _MOST_TOLD:
            return
        self._told.add(peer)
        named = f"is {self._trusted}" if self._trusted else "is empty"
        _log.warning(
            "requests come through a proxy at %s, but [security] trusted_proxy %s: all its clients count as one"
            " address. If it is your proxy, set trusted_proxy = %s",
            peer,
            named,
            peer,
        )
