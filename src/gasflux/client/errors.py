"""What can go wrong between a client and a server, as errors a program can tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gasflux.client.typed_answers import TaskInfo, faults_in
from gasflux.errors import GasFluxError


class ClientError(GasFluxError):
    """Base of everything that a client can meet."""

    kind = "client_error"


class UnreachableError(ClientError):
    """No answer from the server, though asked repeatedly."""

    kind = "unreachable"


class DownloadError(ClientError):
    """A result did not arrive whole, or its name leads out of the folder."""

    kind = "download_failed"


class WaitTimeoutError(ClientError):
    """The task was not finished in the time the caller gave it; it goes on."""

    kind = "wait_timeout"


class TaskFailedError(ClientError):
    """The task ended `failed`; the faults are the server's."""

    kind = "task_failed"

    def __init__(self, task: TaskInfo) -> None:
        super().__init__(f"Task {task.task_id} failed: {task.error or task.message}", task.faults)
        self.task = task


class RefusedError(ClientError):
    """The server refused a request.

    Attributes
    ----------
    status
        HTTP status.
    type
        Machine name of the reason, such as ``unsupported_file``.
    request_id
        What the server's log calls the request.
    data
        What the server sent besides, if anything.
    """

    kind = "refused"

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        error = answer.get("error") or {}
        super().__init__(
            str(answer.get("message") or f"The server answered {status}."), faults_in(error.get("details"))
        )
        self.status = status
        self.type = str(error.get("type") or "unknown")
        self.request_id: str | None = error.get("request_id")
        self.data: Mapping[str, Any] | None = answer.get("data")


class NotAllowedError(RefusedError):
    """No key, a wrong one (401) or one without the right (403)."""


class NotFoundError(RefusedError):
    """There is no such task or file (404), for instance because it was cleaned up."""


class ConflictError(RefusedError):
    """The task is not in a state for this (409)."""


class InvalidUploadError(RefusedError):
    """The file or its configuration cannot be used (413, 415, 422); `faults` says what to mend."""


class BusyError(RefusedError):
    """The server cannot do it now (429, 502, 503, 504), also after the retries."""


_BY_STATUS: Mapping[int, type[RefusedError]] = {
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidUploadError,
    415: InvalidUploadError,
    422: InvalidUploadError,
    429: BusyError,
    502: BusyError,
    503: BusyError,
    504: BusyError,
}


def refused(status: int, answer: Mapping[str, Any]) -> RefusedError:
    """Return the error of a status.

    Parameters
    ----------
    status
        HTTP status of 400 or above.
    answer
        The JSON that came with it, empty when there was none.
    """
    return _BY_STATUS.get(status, RefusedError)(status, answer)
