"""What Waitress itself answers: bodies that must not be taken are read away unstored; refusals are JSON.

Waitress stores a whole body before the application sees the request. A body that is too large, or for which there is no
room, is refused from its headers: with ``Expect: 100-continue`` at once, else after reading it without storing it, as a
client that is cut off while it sends seldom sees the answer.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error

from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import Fault, NoSpaceError, StorageError, TooLargeError, shortened
from gasflux.service.keys.rate_limit import network_of
from gasflux.service.refusals import RefusalLog
from gasflux.service.tasks.folders import TaskFolders

INBUF_BYTES: Final = 512 * 1024
"""Bodies up to this size stay in memory."""

_COPIES: Final = 2
"""Waitress stores a body once, the upload a second time."""

_LOOK_EVERY: Final = 1024 * 1024
"""Bytes of a body between two looks at the free space."""

_MOST_READ_AWAY: Final = 10
"""Times the limit that is read for the sake of a clear answer; who sends more is cut off."""

_REASON: Final = 200
"""Characters of Waitress's reason, which may quote the request, in the log."""

_RETRY_AFTER_S: Final = 60
_HINTS: Final = {431: "Send fewer or shorter headers."}


@dataclass(frozen=True)
class BodyGuard:
    """What decides on a body before it is read."""

    limits: LimitSettings
    folders: TaskFolders
    """Where bodies are stored."""
    refusals: RefusalLog = field(default_factory=RefusalLog)
    """Where refusals are told."""

    def refusal(self, length: int) -> Error | None:
        """Return why a body of this many bytes is not taken, or None."""
        if length > self.limits.max_content_length:
            limit = self.limits.max_content_length
            return _RefusalError(413, Fault.of("body_too_large", value=length, allowed=limit), TooLargeError.kind)
        return self.shortage(_COPIES * length) if length > INBUF_BYTES else None

    def shortage(self, wanted: int = 0) -> Error | None:
        """Return the refusal for want of space when these bytes cannot be stored, or None."""
        try:
            self.folders.make_incoming()
            if self.folders.free_bytes() - wanted >= self.limits.min_free_bytes:
                return None
        except StorageError as error:
            return unstorable(error)
        return _RefusalError(503, Fault.of("disk_nearly_full"), NoSpaceError.kind)

    def most_read_away(self) -> int:
        """Return up to how many bytes a refused body is read."""
        return _MOST_READ_AWAY * self.limits.max_content_length


def unstorable(error: Exception) -> Error:
    """Return the refusal of a body that cannot be stored; why stands in the log, with the folder."""
    logging.getLogger(__name__).error("bodies of requests cannot be stored: %s", error)
    return _RefusalError(503, Fault.of("body_not_stored"), StorageError.kind)


class _RefusalError(Error):  # type: ignore[misc]  # Waitress has no types
    """An answer of a status that Waitress does not know."""

    def __init__(self, code: int, fault: Fault, kind: str) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.kind = kind
        self.code = code
        self.reason = HTTPStatus(code).phrase


class CarefulBuffer(OverflowableBuffer):  # type: ignore[misc]  # Waitress has no types
    """Where a body goes; when it cannot be stored it is dropped, so that the client is heard out and answered."""

    problem: OSError | None = None

    def append(self, data: bytes) -> None:
        """Take bytes of the body."""
        if self.problem is not None:
            return
        try:
            super().append(data)
        except OSError as error:
            self.problem = error


class GuardedParser(HTTPRequestParser):  # type: ignore[misc]  # Waitress has no types
    """A request whose body may be refused from its headers."""

    body_bytes_received: int
    chunked: bool
    content_length: int
    headers: dict[str, str]
    expect_continue: bool
    completed: bool
    error: Error | None
    body_rcv: Any
    _unread: int | None = None
    """Bytes of a refused body that are still to come."""
    _next_look: int = INBUF_BYTES
    """Bytes of the body at which the free space is looked at again."""

    def __init__(self, guard: BodyGuard, adjustments: Any) -> None:
        super().__init__(adjustments)
        self._guard = guard
        self.refusals = guard.refusals

    def parse_header(self, header_plus: bytes) -> None:
        """Read the headers, then judge the body they announce."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # Waitress would drop the connection without an answer
            raise ParsingError("The address or the length of the body cannot be read") from error
        self._refuse_ambiguity()
        if self.body_rcv is not None:
            self.body_rcv.buf = CarefulBuffer(self.adj.inbuf_overflow)
        refusal = self._guard.refusal(self.content_length) if self.content_length else None
        if refusal is None:
            return
        wait = not self.expect_continue and self.content_length <= self._guard.most_read_away()
        self.error = refusal
        self.expect_continue = False
        self._unread = self.content_length if wait else 0
        self.content_length = 0

    def _refuse_ambiguity(self) -> None:
        """Refuse a body whose end a proxy in front may see elsewhere: the rest of it would pass as a request."""
        is_left = "TRANSFER_ENCODING" in self.headers  # Waitress takes it out of HTTP/1.1, and does not heed it in 1.0
        if is_left or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding goes neither with Content-Length nor with HTTP/1.0")

    def received(self, data: bytes) -> int:
        """Take bytes of the request, or drop those of a refused body."""
        if not self._unread:
            taken = int(super().received(data))
            self._refuse_unstored()
            self.completed = self.completed or self._unread == 0
            self._watch_space()
            return taken
        dropped = min(len(data), self._unread)
        self._unread -= dropped
        self.completed = self._unread == 0
        return dropped

    def _refuse_unstored(self) -> None:
        """Answer a body that could not be stored with a refusal, when it has been read to its end."""
        if self.error is None and self.body_rcv is not None and self.body_rcv.buf.problem is not None:
            self.error = unstorable(self.body_rcv.buf.problem)

    def _watch_space(self) -> None:
        """End a body that would fill the disk: its length may be unknown, and many that fit may come at a time."""
        if self.completed or self.error is not None or self.body_bytes_received < self._next_look:
            return
        self._next_look = self.body_bytes_received + _LOOK_EVERY
        self.error = self._guard.shortage()
        self.completed = self.error is not None


class JsonErrorTask(ErrorTask):  # type: ignore[misc]  # Waitress has no types
    """Waitress's own refusals in the shape of all other answers."""

    def execute(self) -> None:
        """Send the refusal and close the connection."""
        error = self.request.error
        is_ours = isinstance(error, _RefusalError)
        faults = [error.fault.as_dict()] if is_ours else []
        body = json.dumps(_document(error, faults, error.kind if is_ours else None, self._note)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.response_headers.append(("Retry-After", str(_RETRY_AFTER_S)))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)

    def _note(self, line: str, request_id: str) -> None:
        """Log a refusal, those of one address once a minute."""
        address = self.channel.addr[0] if self.channel.addr else "unknown"
        self.request.refusals.note(network_of(str(address)), line, marks={"request": request_id})


def _document(
    error: Error, faults: Sequence[Mapping[str, object]], kind: str | None, note: Callable[[str, str], None]
) -> dict[str, Any]:
    """Return the body of a refusal, ours when it has a kind; what the server did wrong goes to the log only."""
    code, reason = error.code, error.body
    request_id = secrets.token_hex(8)
    message = "The server met an unexpected error." if code == HTTPStatus.INTERNAL_SERVER_ERROR else reason
    if kind is None:
        phrase = HTTPStatus(code).phrase
        message = message if code >= HTTPStatus.INTERNAL_SERVER_ERROR else f"{phrase}: {reason}. {_HINTS.get(code, '')}"
    note(f"answered {code}: {shortened(reason, _REASON)}", request_id)
    told = {"type": kind or HTTPStatus(code).name.lower(), "details": list(faults), "request_id": request_id}
    return {"code": code, "message": message.strip(), "data": None, "error": told}


def guarded_channel(guard: BodyGuard) -> type[HTTPChannel]:
    """Return the class of connections whose bodies a guard judges."""
    members = {"parser_class": staticmethod(partial(GuardedParser, guard)), "error_task_class": JsonErrorTask}
    return type("GuardedChannel", (HTTPChannel,), members)


def is_busy(connection: object) -> bool:
    """Whether a connection is in the middle of a request or of its answer."""
    if not isinstance(connection, HTTPChannel):
        return False
    return bool(connection.requests or connection.request is not None or connection.total_outbufs_len)
