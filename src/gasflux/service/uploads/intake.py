"""From the bytes of an upload to a task: streamed into its folder, checked at the door, kept even when at fault."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.configuration.service_settings import MIB, Settings
from gasflux.errors import (
    ConfigError,
    GasFluxError,
    InputError,
    NoSpaceError,
    QueueFullError,
    StorageError,
    TooLargeError,
    UnsupportedFileError,
)
from gasflux.jobs.records import JobFailure
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import NewTask, Task
from gasflux.service.tasks.sql import CANCELLED, EXPIRED
from gasflux.service.tasks.stopping import StopSignal
from gasflux.service.tasks.store import TaskStore
from gasflux.service.uploads.inspector import Inspector
from gasflux.service.uploads.kind_and_size import UploadKind, check_upload

_LOG: Final = logging.getLogger(__name__)

Found = TypeVar("Found")

_SPACE_EVERY: Final = 8 * MIB
_RETRY_S: Final = 60
_QUICK_LOOK_BELOW: Final = 8 * MIB
QUICK_LOOK_S: Final = 2.0
"""Longest quick look at a large upload, and only where nobody else looks; its task looks at what takes longer."""

SMALL_BYTES: Final = 4 * MIB
"""Unpacked, a small upload: 40,000 rows of text. Its faults are told at the door however slow the machine is."""

SMALL_LOOK_S: Final = 60.0
"""Guard against a look that hangs; a look at a small upload takes a few hundredths of a second, waits included."""

_UNREADABLE: Final = "input.bin"
"""Name of a kept upload whose kind could not be told."""


class PartFile:
    """One file of a form on its way to disk: hashed as it comes, refused when the disk would run full."""

    def __init__(self, path: Path, check_space: Callable[[], None]) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._unchecked = 0
        self._check_space = check_space
        with _storing():
            self._stream: BinaryIO = path.open("xb+")

    @property
    def digest(self) -> str:
        """SHA-256 of what was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Append; NoSpaceError when there is no room for it."""
        self._unchecked += len(data)
        if self._unchecked >= _SPACE_EVERY:
            self._check_space()
            self._unchecked = 0
        with _storing():
            written = self._stream.write(data)
        self._hash.update(data)
        self.size += len(data)
        return written

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, what was written being on its way to disk."""
        with _storing():
            return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Read on from the present place."""
        return self._stream.read(size)

    def sync(self) -> None:
        """Have the content on the disk: a task that was accepted survives a power cut."""
        with _storing():
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Let the file go; it stays where it is."""
        with _storing():
            self._stream.close()


@contextmanager
def _storing() -> Iterator[None]:
    """Turn what the disk says into a refusal: it is full, or the folder is gone or cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError.later("disk_full_at_upload", _RETRY_S) from error
        _LOG.error("an upload cannot be stored: %s", error)
        raise _unstored(error.strerror or type(error).__name__) from error


def _unstored(reason: str) -> StorageError:
    """Return the refusal of an upload that the disk does not take."""
    return StorageError.later("upload_not_stored", _RETRY_S, reason=reason)


class Incoming:
    """The folder of an upload that is not a task yet; leaving it without `keep` removes it."""

    def __init__(self, task_id: str, folder: Path, check_space: Callable[[], None]) -> None:
        self.task_id = task_id
        self.folder = folder
        self._check_space = check_space
        self._parts: list[PartFile] = []
        self._is_kept = False

    def open_part(self) -> PartFile:
        """Return a new file for one part of the form."""
        part = PartFile(self.folder / f".part-{len(self._parts)}", self._check_space)
        self._parts.append(part)
        return part

    def close_parts(self) -> None:
        """Let every part go, so that it can be renamed or removed on Windows too."""
        for part in self._parts:
            part.close()

    def keep(self, part: PartFile, name: str, config: bytes | None) -> None:
        """Give the flight its name and the configuration its file, and remove the other parts.

        Parameters
        ----------
        part
            The flight among the parts of the form.
        name
            Name of its file in the task's folder.
        config
            Processing YAML; None for the defaults.
        """
        with _storing():
            part.path.replace(self.folder / name)
            if config is not None:
                (self.folder / "config.yaml").write_bytes(config)
            for other in self._parts:
                if other is not part:
                    other.path.unlink(missing_ok=True)

    def commit(self) -> None:
        """Leave the folder to the task, whose row is written."""
        self._is_kept = True

    @property
    def is_kept(self) -> bool:
        """Whether the folder belongs to a task."""
        return self._is_kept


@dataclass(frozen=True)
class Upload:
    """A form as it arrived, its fields checked."""

    file: PartFile
    original_name: str
    config: bytes | None = None
    name: str | None = None
    owner_key_id: str | None = None
    idempotency_key: str | None = None
    callback_url: str | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over flight and configuration."""
        config = b"" if self.config is None else hashlib.sha256(self.config).digest()
        return hashlib.sha256(self.file.digest.encode() + config).hexdigest()


@dataclass(frozen=True)
class Accepted:
    """The task of an upload."""

    task: Task
    is_replay: bool
    """Whether the task was made by an earlier request with the same idempotency key."""
    refused_for: JobFailure | None = None
    """Faults found at the door: the task keeps the upload but has failed."""


class Intake:
    """Takes uploads in.

    Parameters
    ----------
    settings, tasks, folders, inspector, stopping
        The service's parts.
    on_accepted
        Called for every new task that waits to be processed.
    """

    def __init__(
        self,
        settings: Settings,
        tasks: TaskStore,
        folders: TaskFolders,
        inspector: Inspector,
        stopping: StopSignal,
        on_accepted: Callable[[Task], None],
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._folders = folders
        self._inspector = inspector
        self._stopping = stopping
        self._on_accepted = on_accepted
        self._unwanted: set[str] = set()
        """Uploads that were not accepted and whose folder is still there."""
        # A look holds a thread that answers requests: however slow the files are, half of the threads stay free.
        self._places = threading.BoundedSemaphore(max(settings.performance.threads // 2, 1))

    def begin(self, expected_bytes: int) -> Incoming:
        """Make the folder of an upload.

        Parameters
        ----------
        expected_bytes
            Length of the request.

        Raises
        ------
        StoppingError, QueueFullError, NoSpaceError
            It cannot be taken now.
        """
        self._stopping.refuse_if_set()
        self._refuse_when_full()
        self.check_space(expected_bytes)
        task_id = str(uuid.uuid4())
        return Incoming(task_id, self._folders.create(task_id), self.check_space)

    def end(self, incoming: Incoming) -> None:
        """Close the files of an upload, and remove its folder unless a task has it."""
        with suppress(NoSpaceError, StorageError):  # the files go anyway
            incoming.close_parts()
        if not incoming.is_kept:
            self._unwanted.add(incoming.task_id)
        for task_id in tuple(self._unwanted):  # what could not be removed before, as when no file could be opened, too
            if problems := self._folders.remove(task_id):
                _LOG.warning("an upload that was not accepted could not be removed yet: %s", "; ".join(problems))
            else:
                self._unwanted.discard(task_id)

    def check_space(self, expected_bytes: int = 0) -> None:
        """Raise NoSpaceError when less than the configured space would stay free."""
        free = self._folders.free_bytes() - expected_bytes
        if free < self._settings.limits.min_free_bytes:
            kept = self._settings.limits.min_free_bytes // MIB
            raise NoSpaceError.later("too_little_space", _RETRY_S, left=max(free, 0) // MIB, kept=kept)

    def accept(self, incoming: Incoming, upload: Upload) -> Accepted:
        """Check an upload and make it a task.

        Files that are of another kind, too large or empty raise and are not kept. Faults of the data or of the
        configuration make a task that has failed already, so that nothing that was sent is lost.

        Raises
        ------
        UnsupportedFileError, TooLargeError, InputError
            The upload is not kept.
        StateConflictError
            The idempotency key was used for other content.
        QueueFullError, StorageError
            It cannot be taken now.
        """
        upload.file.sync()
        incoming.close_parts()
        new = self._new_task(incoming, upload)
        if not upload.file.path.exists():  # somebody removed the folder: that is no fault of the file
            raise _unstored(os.strerror(errno.ENOENT))
        suffix, faults = (None, []) if self._is_known(upload) else self._examine(upload)
        new = replace(new, input_file=_UNREADABLE if suffix is None else f"input{suffix}")
        incoming.keep(upload.file, new.input_file, upload.config)
        failure = _gathered(faults)
        task, is_new = self._tasks.add(new) if failure is None else self._tasks.add_failed(new, failure)
        if not is_new:
            return Accepted(task, is_replay=True, refused_for=_door_failure(task))
        incoming.commit()
        self._on_accepted(task)
        return Accepted(task, is_replay=False, refused_for=failure)

    def _refuse_when_full(self) -> None:
        """Refuse before the work of checking; `TaskStore.add` decides for good."""
        waiting = self._tasks.counts().pending
        if waiting >= self._settings.tasks.max_queue:
            raise QueueFullError.later("queue_full", 30, waiting=waiting)

    def _is_known(self, upload: Upload) -> bool:
        key = upload.idempotency_key
        return key is not None and self._tasks.find_idempotent(upload.owner_key_id, key) is not None

    def _new_task(self, incoming: Incoming, upload: Upload) -> NewTask:
        return NewTask(
            task_id=incoming.task_id,
            name=upload.name or upload.original_name,
            input_name=upload.original_name,
            input_file=_UNREADABLE,
            size_bytes=upload.file.size,
            has_config=upload.config is not None,
            owner_key_id=upload.owner_key_id,
            idempotency_key=upload.idempotency_key,
            fingerprint=upload.fingerprint,
            callback_url=upload.callback_url,
        )

    def _examine(self, upload: Upload) -> tuple[str | None, list[GasFluxError]]:
        """Return the ending of the file's kind and every fault that can be told quickly."""
        if upload.file.size == 0:
            raise InputError.of("upload_empty", name=upload.original_name)
        faults: list[GasFluxError] = []
        config = _collect(lambda: load_pipeline_config(upload.config), faults)
        kind = _collect(lambda: check_upload(upload.file.path, upload.original_name, self._settings.limits), faults)
        if config is not None and kind is not None:
            _collect(lambda: self._look(upload, kind, config), faults)
        return (None if kind is None else kind.suffix), faults

    def _look(self, upload: Upload, kind: UploadKind, config: PipelineConfig) -> None:
        """Look at the data: of a small upload in its turn, of a larger one where that is quick."""
        is_small = kind.unpacked_bytes <= SMALL_BYTES
        if not is_small and (upload.file.size >= _QUICK_LOOK_BELOW or self._inspector.busy):
            return
        if not self._places.acquire(blocking=False):
            return
        try:
            budget_s = SMALL_LOOK_S if is_small else QUICK_LOOK_S
            self._inspector.check(upload.file.path, upload.original_name, config, budget_s=budget_s)
        finally:
            self._places.release()


def _collect(look: Callable[[], Found], faults: list[GasFluxError]) -> Found | None:
    """Return what a look finds; a fault of content is collected, a file of another kind or size raises."""
    try:
        return look()
    except (UnsupportedFileError, TooLargeError):
        raise
    except (InputError, ConfigError) as error:
        faults.append(error)
        return None


def _gathered(errors: Sequence[GasFluxError]) -> JobFailure | None:
    """Return the faults of an upload as one failure."""
    if not errors:
        return None
    message = " ".join(str(error) for error in errors)
    return JobFailure(errors[0].kind, message, tuple(fault.as_dict() for error in errors for fault in error.faults))


def _door_failure(task: Task) -> JobFailure | None:
    """Return why an earlier upload was refused at the door; None when it was let in."""
    was_let_in = task.attempts > 0 or task.failure is None or task.failure.type in (CANCELLED.type, EXPIRED.type)
    return None if was_let_in else task.failure
