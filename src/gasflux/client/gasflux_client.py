"""The client of a GasFlux server: one method for everything the HTTP interface can do."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from gasflux.client.connection import ServerConnection
from gasflux.client.downloads import download_file
from gasflux.client.errors import (
    BusyError,
    NotFoundError,
    TaskFailedError,
    WaitTimeoutError,
)
from gasflux.client.multipart import UploadBody
from gasflux.client.typed_answers import Report, Result, TaskInfo, report, task_from

_log = logging.getLogger(__name__)

_FIRST_POLL_S: Final = 0.2
_LONGEST_POLL_S: Final = 3.0
_PER_PAGE: Final = 100

_URL, _KEY = "GASFLUX_URL", "GASFLUX_API_KEY"
_DEFAULT_URL: Final = "http://localhost:5000"

Progress = Callable[[TaskInfo], None]


class GasFluxClient:
    """One server.

    Parameters
    ----------
    base_url
        Its address; by default that in the environment's ``GASFLUX_URL``, or else ``http://localhost:5000``.
    api_key
        Key; by default that in the environment's ``GASFLUX_API_KEY``, if there is one. Empty sends none.
    timeout
        Seconds to wait for a connection and for each piece of an answer.
    retries
        How often a request is repeated after a broken connection or an answer 429, 502, 503 or 504, with growing
        pauses and no sooner than the server's Retry-After.

    Raises
    ------
    ConfigError
        The address or the key cannot be one.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        *,
        retries: int = 5,
    ) -> None:
        address = os.environ.get(_URL) or _DEFAULT_URL if base_url is None else base_url
        key = os.environ.get(_KEY) if api_key is None else api_key
        self.base_url = address.strip().rstrip("/")
        self._timeout = timeout
        self._retries = retries
        self._connection = ServerConnection(self.base_url, key, timeout, retries)

    def __repr__(self) -> str:
        return f"GasFluxClient({self.base_url!r})"

    def __enter__(self) -> GasFluxClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def upload(
        self,
        path: str | Path,
        config: str | Path | None = None,
        name: str | None = None,
        *,
        idempotency_key: str | None = None,
        callback_url: str | None = None,
    ) -> TaskInfo:
        """Upload a flight.

        Parameters
        ----------
        path
            Flight log: .xlsx, .xls, .csv or .csv.gz.
        config
            Processing YAML, a file.
        name
            What to call the task; by default the server takes the file's name.
        idempotency_key
            The same key names the same task however often it is sent; by default a new one, which the retries share.
        callback_url
            Where the server reports the end.

        Returns
        -------
        TaskInfo
            The task, pending.

        Raises
        ------
        InvalidUploadError
            With every fault the server found.
        RefusedError, UnreachableError
            It was not accepted.
        """
        fields = {"name": name, "callback_url": callback_url}
        files = {"file": Path(path)} | ({"config": Path(config)} if config is not None else {})
        body = UploadBody({field: value for field, value in fields.items() if value is not None}, files)
        headers = {"Content-Type": body.content_type, "Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return task_from(self._connection.json("POST", "/upload", data=body, headers=headers))

    def task(self, task_id: str) -> TaskInfo:
        """Return a task as it stands."""
        return task_from(self._connection.json("GET", _task_path(task_id)))

    def wait(self, task_id: str, progress: Progress | None = None, timeout: float | None = None) -> TaskInfo:
        """Wait until a task is completed.

        Parameters
        ----------
        task_id
            Of the task.
        progress
            Called with the task whenever it has changed.
        timeout
            Seconds to wait at most; None waits as long as it takes.

        Raises
        ------
        TaskFailedError
            It ended `failed`; the error has the task and its faults.
        WaitTimeoutError
            It goes on after the time given.
        """
        for task in self._until_finished(task_id, timeout):
            if progress is not None:
                progress(task)
        if task.status == "failed":
            raise TaskFailedError(task)
        return task

    def download(self, task_id: str, folder: str | Path = ".") -> tuple[Path, ...]:
        """Fetch every result of a completed task into a folder.

        A broken download is resumed; a file counts only when it has the size the server states.
        """
        return self._download(self.task(task_id), Path(folder))

    def process(
        self,
        path: str | Path,
        config: str | Path | None = None,
        *,
        folder: str | Path = ".",
        name: str | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> Result:
        """Upload a flight, wait for it and fetch its results; errors as of the single steps.

        Parameters
        ----------
        path, config
            As of `upload`.
        folder
            As of `download`.
        name
            As of `upload`.
        progress, timeout
            As of `wait`; the timeout, in seconds, is that of the waiting alone.
        """
        task = self.wait(self.upload(path, config, name).task_id, progress, timeout)
        return Result(task, self._download(task, Path(folder)))

    def upload_and_process(
        self, data_file: str | Path, config_file: str | Path | None = None, api_key: str | None = None
    ) -> Mapping[str, Any]:
        """Do as the hand-over document's client does: the results land in the current folder.

        Parameters
        ----------
        data_file
            Flight log.
        config_file
            Processing YAML, a file.
        api_key
            For these requests instead of the client's own.

        Returns
        -------
        dict
            The status as the server sent it.
        """
        if api_key is None:
            return self.process(data_file, config_file, progress=_log_status).task.raw
        with GasFluxClient(self.base_url, api_key, self._timeout, retries=self._retries) as client:
            return client.upload_and_process(data_file, config_file)

    def tasks(self, status: str | None = None, text: str | None = None) -> Iterator[TaskInfo]:
        """Yield the tasks, newest first.

        Parameters
        ----------
        status
            Only those that stand so.
        text
            Only those with this in their name, file name or id.
        """
        return map(task_from, self._pages("/tasks", "tasks", {"status": status, "q": text}))

    def reports(
        self, gas: str | None = None, since: str | None = None, until: str | None = None, text: str | None = None
    ) -> Iterator[Report]:
        """Yield what completed tasks found, newest first.

        Parameters
        ----------
        gas
            Only flights with this gas.
        since, until
            Only those made between these times, ISO 8601; without zone UTC.
        text
            Only those with this in their name, file name or id.
        """
        return map(report, self._pages("/reports", "reports", {"gas": gas, "since": since, "until": until, "q": text}))

    def cancel(self, task_id: str) -> TaskInfo:
        """Stop a task; it becomes `failed` with the error type ``cancelled``."""
        return self._change(task_id, {"status": "failed"})

    def rerun(self, task_id: str) -> TaskInfo:
        """Process a finished task again."""
        return self._change(task_id, {"status": "pending"})

    def pin(self, task_id: str, pinned: bool = True) -> TaskInfo:
        """Keep a task and its results from being cleaned up, or no longer."""
        return self._change(task_id, {"pinned": pinned})

    def delete(self, task_id: str) -> None:
        """Remove a task and its files; one that is gone already is no error."""
        try:
            self._connection.json("DELETE", _task_path(task_id))
        except NotFoundError:
            _log.info("task %s was gone already", task_id)

    def health(self) -> Mapping[str, Any]:
        """Return the server's health, also when it is unhealthy; asked once, without retries."""
        once = ServerConnection(self.base_url, None, self._timeout, retries=0)
        try:
            return dict(once.json("GET", "/health"))
        except BusyError as error:
            if error.data is None:
                raise
            return error.data
        finally:
            once.close()

    def _until_finished(self, task_id: str, timeout_s: float | None) -> Iterator[TaskInfo]:
        """Yield a task whenever it has changed, and at last finished."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        pause_s, before = _FIRST_POLL_S, None
        while True:
            task = self.task(task_id)
            if task != before:
                yield task
            if task.is_finished:
                return
            if deadline is not None and time.monotonic() + pause_s > deadline:
                raise WaitTimeoutError(f"Task {task_id} is {task.status} after {timeout_s} s; it goes on.")
            time.sleep(pause_s)
            pause_s, before = min(pause_s * 1.5, _LONGEST_POLL_S), task

    def _download(self, task: TaskInfo, folder: Path) -> tuple[Path, ...]:
        return tuple(download_file(self._connection, file, folder) for file in task.results)

    def _change(self, task_id: str, change: Mapping[str, Any]) -> TaskInfo:
        return task_from(self._connection.json("PUT", _task_path(task_id), repeatable=False, json=change))

    def _pages(self, path: str, entries: str, filters: Mapping[str, str | None]) -> Iterator[Mapping[str, Any]]:
        """Yield the entries of a list, page by page."""
        page, pages = 1, 1
        while page <= pages:
            data = self._connection.json("GET", path, params={**filters, "page": page, "per_page": _PER_PAGE})
            yield from data[entries]
            page, pages = page + 1, data["pagination"]["pages"]


def _task_path(task_id: str) -> str:
    return f"/task/{quote(task_id, safe='')}"


def _log_status(task: TaskInfo) -> None:
    _log.info("Status: %s - %s", task.status, task.message)
