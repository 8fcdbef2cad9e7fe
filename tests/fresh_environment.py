"""A virtual environment without the checkout, for tests of what users install."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LIMIT_S: Final = 900
"""An installation takes a minute from a cache; a slow line needs ten for the 300 MB."""


class FreshEnvironment:
    """An environment of its own, with a command to run in it."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True, symlinks=sys.platform != "win32")
        self.programs = folder / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def variables(self) -> dict[str, str]:
        """What a user has: this environment's programs first, and nothing of whoever runs the tests."""
        ours = ("GASFLUX_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = os.pathsep.join([str(self.programs), kept.get("PATH", "")])
        return kept | {"PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

    def run(self, program: str, *arguments: str | Path, folder: Path) -> str:
        """Run a program of the environment to its good end; return what it printed."""
        done = subprocess.run(
            [str(self.programs / program), *map(str, arguments)],
            cwd=folder,
            env=self.variables,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"{program} {arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def pip(self, *arguments: str | Path, folder: Path) -> str:
        """Run its pip."""
        return self.run("python", "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments, folder=folder)
