"""The log: one rotated UTF-8 file whose lines say when, how grave, where, and of which request or task.

A line reads ``2026-01-02 03:04:05,678 INFO gasflux.x [task:<task_id>] message``. What a client sends can neither end a
line nor begin one: control characters are escaped, lines that continue (tracebacks) are marked. Keys are blotted out.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from gasflux.configuration.service_settings import Settings, setting_rows
from gasflux.errors import shortened
from gasflux.wording.plain import escape

CONTINUED: Final = "    | "
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s [%(context)s] %(message)s"
_KEY: Final = re.compile(r"\bgf_([A-Za-z0-9]+)_[A-Za-z0-9_-]{8,}")
_LONGEST: Final = 8_000
"""Characters of a message: what arrives is told in part, so that no single one fills the file."""

_SHORTEST_SECRET: Final = 8
"""Shorter secrets are not searched for: they might be part of any word."""


@contextmanager
def configured_logging(settings: Settings) -> Iterator[None]:
    """Write the log of the whole process as the settings say, until the block ends.

    The file gets every line from the level up, the console warnings and worse. When the file cannot be written the
    console gets all, after one sentence on why.
    """
    root, package = logging.getLogger(), logging.getLogger("gasflux")
    handlers = _handlers(settings)
    before = (root.level, package.level)
    for handler in handlers:
        handler.setFormatter(SafeFormatter(_secrets(settings)))
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    package.setLevel(settings.logging.level)
    # Waitress warns of every request that has to wait for a thread; /metrics tells that better.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(before[0])
        package.setLevel(before[1])
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def _handlers(settings: Settings) -> list[logging.Handler]:
    """Return the handlers of file and console; there is no console in a windowed executable."""
    handlers: list[logging.Handler] = []
    problem = None
    try:
        handlers.append(_open_file(settings))
    except OSError as error:
        problem = (
            f"The log file {settings.logging.file} cannot be written: {error.strerror or error}; logging goes here."
        )
    if sys.stderr is not None:
        console = logging.StreamHandler(sys.stderr)
        console.setLevel(logging.WARNING if handlers else logging.NOTSET)
        # `extra={"console": False}`: the line was shown to the user in another form already.
        console.addFilter(lambda record: getattr(record, "console", True))
        handlers.append(console)
        if problem:
            _say(sys.stderr, problem)
    return handlers


def _open_file(settings: Settings) -> logging.Handler:
    options = settings.logging
    options.file.parent.mkdir(parents=True, exist_ok=True)
    return RotatedFile(options.file, options.max_bytes, options.backups)


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return the values that must not be seen in the log."""
    values = (getattr(getattr(settings, row.section), row.key) for row in setting_rows() if row.secret)
    return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)


def _say(stream: TextIO, line: str) -> None:
    """Write a line to a console that may be closed."""
    try:
        stream.write(f"{line}\n")
        stream.flush()
    except (OSError, ValueError):  # the console is gone, and with it the one who could read of it
        return


class RotatedFile(logging.handlers.RotatingFileHandler):
    """A log file that outlives a full disk and a reader who keeps it open; either is told once on the console."""

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8")
        self._failing = self._failed_now = False

    def doRollover(self) -> None:  # noqa: N802 the name is the library's
        """Begin a new file; when somebody holds the old one open (Windows), go on writing into it."""
        try:
            super().doRollover()
        except OSError as error:
            self._tell(error)
            if self.stream is None:
                self.stream = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._failed_now = False
        super().emit(record)
        self._failing = self._failed_now

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 the name is the library's
        """Tell the first of a row of failures."""
        self._failed_now = True
        error = sys.exc_info()[1]
        if error is not None and not self._failing:
            self._tell(error)

    def close(self) -> None:
        """Close the file; what the disk has no room for is lost."""
        try:
            super().close()
        except OSError as error:
            if not self._failing:
                self._tell(error)

    def _tell(self, error: BaseException) -> None:
        if sys.stderr is not None:
            _say(sys.stderr, f"The log file {self.baseFilename} cannot be written as it should: {error}")


class SafeFormatter(logging.Formatter):
    """Lines that nobody can forge and that hold no keys.

    Parameters
    ----------
    secrets
        Values that are blotted out wherever they stand.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__(_FORMAT)
        self._secrets = secrets

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 the name is the library's
        """Return the line of a record, on one line."""
        record.context = _marks(record)
        record.message = escape(shortened(record.message, _LONGEST))
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record and the marked lines of its traceback."""
        first, *rest = super().format(record).split("\n")
        return self._without_keys("\n".join([first, *(CONTINUED + escape(line) for line in rest)]))

    def _without_keys(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _KEY.sub(r"gf_\1_***", text)


def _marks(record: logging.LogRecord) -> str:
    """Return which request and task a record belongs to, by ``extra={"task": task_id}`` of its line."""
    marks = {name: getattr(record, name, None) for name in ("request", "task")}
    return escape(" ".join(f"{name}:{value}" for name, value in marks.items() if isinstance(value, str))) or "-"
