"""A clock of some processes set ahead while they run, and nobody else's: a library between them and the system."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class ShiftedClock:
    """The clock of the processes that are started with its `settings`.

    Parameters
    ----------
    folder
        Where the library and the shift lie.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        library, self._file = folder / "shifted_clock.so", folder / "shift"
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
        self._file.write_bytes(struct.pack("q", 0))
        self.settings = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self._file)}

    def shift(self, seconds: int) -> None:
        """Let the clock be so far ahead."""
        set_shift(self._file, seconds)


def set_shift(file: Path, seconds: int) -> None:
    """Let the clock of a file be so far ahead; all of it is written at once."""
    with file.open("r+b", buffering=0) as stream:
        stream.write(struct.pack("q", seconds))


def can_shift() -> bool:
    """Whether clocks can be shifted here."""
    return sys.platform == "linux" and shutil.which("cc") is not None
