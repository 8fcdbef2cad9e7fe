"""Requests to a server: with the key, with time limits, repeated when that can help."""

from __future__ import annotations

import email.utils
import logging
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import requests

from gasflux.client.errors import UnreachableError, refused
from gasflux.errors import ConfigError

_log = logging.getLogger(__name__)

_KEY_HEADER: Final = "X-API-Key"
_PASSING: Final = frozenset({429, 502, 503, 504})
"""Statuses that may be different a little later."""

_REFUSED_UNDONE: Final = frozenset({429, 503})
"""Of these, the statuses with which a server says that it did nothing."""

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
"""A server that wants a longer pause is not asked again."""


class _Session(requests.Session):
    """A session that tells the key to nobody but the server it is meant for."""

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop the key, as `requests` drops its own credentials, when a redirection leads elsewhere."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        leads_elsewhere = self.should_strip_auth(response.request.url, prepared_request.url)  # type: ignore[no-untyped-call]
        if leads_elsewhere:
            prepared_request.headers.pop(_KEY_HEADER, None)


class ServerConnection:
    """The way to one server.

    Parameters
    ----------
    base_url
        Address of the server, such as ``http://localhost:5000``.
    api_key
        Sent with every request; None sends none.
    timeout_s
        How long to wait for a connection and for each piece of an answer.
    retries
        How often a request is repeated at most.

    Raises
    ------
    ConfigError
        The address or the key cannot be one.
    """

    def __init__(self, base_url: str, api_key: str | None, timeout_s: float, retries: int) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._retries = retries
        if not re.match(r"https?://[^/]", base_url):
            raise ConfigError(f"{base_url!r} is no address of a server; give one such as http://localhost:5000.")
        self._session = _Session()
        if key := (api_key or "").strip():
            self._session.headers[_KEY_HEADER] = _sendable(key)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def json(self, method: str, path: str, *, repeatable: bool = True, **options: Any) -> Any:
        """Return the `data` of a JSON answer.

        Parameters
        ----------
        method, path
            Of the request.
        repeatable
            Whether doing it twice is as good as once; otherwise it is repeated only when it surely was not done.
        options
            Of `requests.Session.request`.

        Raises
        ------
        RefusedError
            The server answered with a status of 400 or above.
        UnreachableError
            It did not answer.
        """
        with self.send(method, path, repeatable=repeatable, **options) as answer:
            return _content(answer).get("data")

    def send(self, method: str, path: str, *, repeatable: bool = True, **options: Any) -> requests.Response:
        """Return a good answer; errors as of `json`.

        Parameters
        ----------
        method, path
            Of the request.
        repeatable
            Whether doing it twice is as good as once; otherwise it is repeated only when it surely was not done.
        options
            Of `requests.Session.request`.
        """
        for pause_s in self._pauses_s():
            answer, problem = self._try(method, path, repeatable, options)
            if answer is not None and not _may_help(answer, repeatable):
                break
            wait_s = max(pause_s or 0.0, _retry_after_s(answer))
            if pause_s is None or wait_s > _LONGEST_PAUSE_S:
                break
            _log.info("%s %s: %s; again in %.1f s", method, path, problem or answer, wait_s)
            if answer is not None:
                answer.close()
            time.sleep(wait_s)
        if answer is None:
            raise UnreachableError(f"The server {self._base_url} does not answer ({problem}); is it running?")
        if answer.status_code >= 400:
            with answer:
                raise refused(answer.status_code, _content(answer))
        return answer

    def _pauses_s(self) -> Iterable[float | None]:
        """Yield how long to wait after each try; None after the last."""
        for number in range(self._retries):
            yield _FIRST_PAUSE_S * 2**number
        yield None

    def _try(
        self, method: str, path: str, repeatable: bool, options: Mapping[str, Any]
    ) -> tuple[requests.Response | None, str]:
        """Return the answer, or why there is none and the request may be repeated."""
        try:
            return self._session.request(method, self._base_url + path, timeout=self._timeout_s, **options), ""
        except (requests.ConnectionError, requests.Timeout) as error:
            if not repeatable and not _was_never_sent(error):
                message = (
                    f"The connection to {self._base_url} broke ({_reason(error)}); it is unknown whether it was done."
                )
                raise UnreachableError(message) from error
            return None, _reason(error)


def _sendable(key: str) -> str:
    """Return the key; an error that does not show it when no server can have given it out."""
    if not re.fullmatch(r"[!-~]+", key):
        raise ConfigError("The API key (not shown) holds blanks, line ends or letters that no key has; copy it again.")
    return key


def _may_help(answer: requests.Response, repeatable: bool) -> bool:
    """Tell whether asking again may bring a better answer and does no harm."""
    return answer.status_code in (_PASSING if repeatable else _REFUSED_UNDONE)


def _was_never_sent(error: requests.RequestException) -> bool:
    """Tell whether not even a connection came about."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or type(cause).__name__ == "NewConnectionError"


def _reason(error: Exception) -> str:
    """Return the innermost reason, without the objects that requests prints around it."""
    while error.args and isinstance(inner := getattr(error.args[0], "reason", error.args[0]), Exception):
        error = inner
    return f"{type(error).__name__}: {str(error).rsplit(': ', 1)[-1]}"


def _retry_after_s(answer: requests.Response | None) -> float:
    """Return how long the server asks to wait, in seconds or as a date (RFC 9110, 10.2.3); 0 when it does not."""
    wish = answer.headers.get("Retry-After", "") if answer is not None else ""
    if wish.isdecimal():
        return float(wish)
    try:
        moment = email.utils.parsedate_to_datetime(wish)
    except ValueError:
        return 0.0
    return (moment - datetime.now(UTC)).total_seconds()


def _content(answer: requests.Response) -> Mapping[str, Any]:
    """Return the JSON of an answer; a proxy in between may have sent something else."""
    try:
        content = answer.json()
    except requests.JSONDecodeError:
        content = None
    if isinstance(content, Mapping):
        return content
    return {
        "message": f"{answer.url} answered {answer.status_code} {answer.reason} and no JSON; is it a GasFlux server?"
    }
