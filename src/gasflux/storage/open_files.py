"""Whether files that are open are still those that their paths name: what is written to a removed one is lost."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class OpenFiles:
    """Files as they were when they were opened: device and inode of each, None where there was none."""

    paths: tuple[Path, ...]
    identities: tuple[tuple[int, int] | None, ...]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Self:
        """Return what the paths name now."""
        return cls(tuple(paths), tuple(_identity(path) for path in paths))

    def lost(self) -> Path | None:
        """Return the first path that names another file now, or none; None while all name the open ones.

        Windows lets nobody remove a file that is open; there it is not asked.
        """
        if os.name == "nt":
            return None
        pairs = zip(self.paths, self.identities, strict=True)
        return next((path for path, former in pairs if former is not None and _identity(path) != former), None)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from every other; None when there is none, or none that can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
