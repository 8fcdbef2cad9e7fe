"""A file written whole or not at all: on a full disk nothing stays half-way, and nothing that was there is lost."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, its folder too when there is none; one that is there already is replaced at once.

    Parameters
    ----------
    path
        Where it goes.
    content
        All of it.

    Raises
    ------
    OSError
        It cannot be written; its ``filename`` is `path` or the folder that is in the way.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if error.filename in (None, str(part)):  # nobody asked for that one
            error.filename = str(path)
        raise
