"""The folders of the tasks: which paths there are, what is in them, how they go. Nothing outside is touched."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gasflux.errors import StorageError, UnknownIdError

_TASK_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RETRY_AFTER_S: Final = 30
_INCOMING: Final = ".incoming"


@contextmanager
def private_files() -> Iterator[None]:
    """Let what this process and its workers write be for the eyes of their account only: uploads may be confidential.

    What exists keeps its permissions. Windows has access lists instead, which a new file takes from its folder.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def is_task_id(text: str) -> bool:
    """Return whether a text is an id as the service makes them: a UUID in lower case with dashes."""
    return _TASK_ID.fullmatch(text) is not None


class TaskFolders:
    """The folders ``uploads/<task_id>`` and ``outputs/<task_id>``.

    Every method that takes an id raises UnknownIdError for a text that is none, before any path is made of it.

    Parameters
    ----------
    uploads, outputs
        The two data folders; `prepare` makes them.
    """

    def __init__(self, uploads: Path, outputs: Path) -> None:
        self.uploads = uploads
        self.outputs = outputs

    def prepare(self) -> None:
        """Make the data folders and write to them once; StorageError when that fails."""
        for root in (self.uploads, self.outputs):
            probe = root / f".probe-{os.getpid()}"
            try:
                root.mkdir(parents=True, exist_ok=True)
                probe.touch()
                probe.unlink()
            except OSError as error:
                raise _unusable(root, error) from error

    @property
    def incoming(self) -> Path:
        """Folder inside uploads for bodies of requests on their way."""
        return self.uploads / _INCOMING

    def make_incoming(self) -> None:
        """Make that folder anew when somebody removed it; StorageError when that cannot be done."""
        try:
            self.incoming.mkdir(exist_ok=True)  # not its parents: a disk that is no longer mounted must not be replaced
        except OSError as error:
            raise _unusable(self.incoming, error) from error

    def upload_dir(self, task_id: str) -> Path:
        """Return the folder of what a client sent."""
        return self.uploads / _checked(task_id)

    def output_dir(self, task_id: str) -> Path:
        """Return the folder of the results."""
        return self.outputs / _checked(task_id)

    def early_dir(self, task_id: str, attempt: int) -> Path:
        """Return the folder of what an attempt knows before its results are whole; it goes with unfinished results."""
        return self.outputs / f".{_checked(task_id)}.early-{attempt}.part"

    def input_path(self, task_id: str, input_file: str) -> Path:
        """Return the path of the flight log."""
        return self.upload_dir(task_id) / input_file

    def config_path(self, task_id: str) -> Path:
        """Return the path of the client's configuration."""
        return self.upload_dir(task_id) / "config.yaml"

    def log_path(self, task_id: str) -> Path:
        """Return the path of the task's log."""
        return self.upload_dir(task_id) / "task.log"

    def create(self, task_id: str) -> Path:
        """Make the folder for an upload; StorageError when that cannot be done."""
        folder = self.upload_dir(task_id)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise _unusable(folder, error) from error
        return folder

    def result_path(self, task_id: str, name: str) -> Path:
        """Return the path of one result; UnknownIdError when it is not a plain file inside the task's folder."""
        folder = self.output_dir(task_id)
        for path in _plain_files(folder):  # only what is there can be asked for: no path is ever made of a name
            if path.relative_to(folder).as_posix() == name:
                return path
        raise _no_result(task_id)

    @contextmanager
    def result(self, task_id: str, name: str) -> Iterator[Path]:
        """Give the path of one result to who opens it: UnknownIdError as `result_path`, also when it goes meanwhile."""
        try:
            yield self.result_path(task_id, name)
        except FileNotFoundError:
            raise _no_result(task_id) from None

    def remove(self, task_id: str) -> tuple[str, ...]:
        """Remove both folders of a task with all that is in them.

        Returns
        -------
        tuple of str
            What could not be removed and why; a later call may succeed (Windows keeps files that somebody reads).
        """
        return (*_remove(self.upload_dir(task_id)), *self.remove_results(task_id))

    def remove_results(self, task_id: str) -> tuple[str, ...]:
        """Remove the results of a task, and those a killed worker was writing; return as `remove` does."""
        folder = self.output_dir(task_id)
        try:
            unfinished = tuple(self.outputs.glob(f".{task_id}.*.part"))
        except OSError as error:
            return (f"{self.outputs}: {error.strerror or error}",)
        return tuple(problem for path in (folder, *unfinished) for problem in _remove(path))

    def remove_early(self, task_id: str) -> tuple[str, ...]:
        """Remove what was shown before the results were whole; return as `remove` does."""
        shown = self.outputs.glob(f".{_checked(task_id)}.early-*.part")
        return tuple(problem for path in shown for problem in _remove(path))

    def task_ids(self) -> dict[str, datetime]:
        """Return the id of every task folder, with the time of the last change in it."""
        found: dict[str, datetime] = {}
        for entry in self._entries():
            if not _is_task_folder(entry):
                continue
            try:
                changed = _last_change(Path(entry.path))
            except OSError:  # somebody works in it or removes it at this moment, or it cannot be told: it is not old
                changed = datetime.now(UTC)
            found[entry.name] = max(changed, found.get(entry.name, changed))
        return found

    def strangers(self) -> tuple[str, ...]:
        """Return what else lies in the data folders."""
        return tuple(entry.path for entry in self._entries() if not _is_task_folder(entry))

    def free_bytes(self) -> int:
        """Return the free space of the fuller of the two data folders; StorageError when it cannot be told."""
        try:
            return min(shutil.disk_usage(root).free for root in (self.uploads, self.outputs))
        except OSError as error:
            raise _unusable(self.uploads, error) from error

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield what lies directly in the data folders; StorageError when they cannot be read."""
        for root in (self.uploads, self.outputs):
            try:
                with os.scandir(root) as entries:
                    yield from sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                raise _unusable(root, error) from error


def _checked(task_id: str) -> str:
    """Return the id; UnknownIdError when it is none."""
    if not is_task_id(task_id):
        raise UnknownIdError("There is no such task: its id is not one that this service makes.")
    return task_id


def _no_result(task_id: str) -> UnknownIdError:
    """Return the error for a file that is no result of a task."""
    return UnknownIdError(f"The task {task_id} has no result file of that name.")


def _unusable(path: Path, error: OSError) -> StorageError:
    """Return the error for a folder that cannot be used now."""
    return StorageError(
        f"The folder {path} cannot be used ({error.strerror or error}); check that it exists, has free space and may be"
        " written by the user of the service.",
        _RETRY_AFTER_S,
    )


def _is_task_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a real folder with the name of a task."""
    return is_task_id(entry.name) and entry.is_dir(follow_symlinks=False) and not _is_junction(Path(entry.path))


def _is_junction(path: Path) -> bool:
    """Return whether a path is a link of Windows that does not call itself a symbolic link."""
    try:
        attributes: int = getattr(path.lstat(), "st_file_attributes", 0)
    except FileNotFoundError:  # removed at this moment
        return False
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _is_real_folder(path: Path) -> bool:
    """Return whether a path is a folder and no link to one."""
    return not path.is_symlink() and path.is_dir() and not _is_junction(path)


def _plain_files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below, links left out; nothing when there is no such folder."""
    if not _is_real_folder(folder):
        return
    for parent, folders, files in os.walk(folder, onerror=raise_unless_gone):
        folders[:] = sorted(name for name in folders if _is_real_folder(Path(parent, name)))
        for path in (Path(parent, name) for name in sorted(files)):
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:  # removed at this moment
                continue
            if stat.S_ISREG(mode):
                yield path


def raise_unless_gone(error: OSError) -> None:
    """Raise what `os.walk` would take for an empty folder: one that is there but cannot be read now is not empty."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _last_change(folder: Path) -> datetime:
    """Return the latest time of change of a folder, its folders and its files."""
    times = [folder.lstat().st_mtime]
    for parent, folders, files in os.walk(folder, onerror=raise_unless_gone):
        times.extend(Path(parent, name).lstat().st_mtime for name in (*folders, *files))
    return datetime.fromtimestamp(max(times), UTC)


def _remove(path: Path) -> tuple[str, ...]:
    """Remove a file, a link (not what it points to) or a folder with its content; return what stays and why."""
    left: list[str] = []
    try:
        if _is_real_folder(path):
            for entry in sorted(path.iterdir()):
                left.extend(_remove(entry))
            if not left:
                path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # somebody else removes the same task and was faster
    except OSError as error:
        left.append(f"{path}: {error.strerror or error}")
    return tuple(left)
