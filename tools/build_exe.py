"""Build the executables into ``dist/``: ``GasFluxAPI`` (the server), ``gasflux`` (the command line), what they share.

``python -m tools.build_exe [--dist FOLDER]``; build_exe.sh and build_exe.bat set up an environment and call it. Only
what it built itself is replaced there: settings, data and logs beside the executables stay as they are.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SUFFIX: Final = ".exe" if sys.platform == "win32" else ""
SHARED: Final = "_internal"
PROGRAMS: Final = (f"GasFluxAPI{SUFFIX}", f"gasflux{SUFFIX}")
DOCUMENTS: Final = ("README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE", "docs")


def main() -> int:
    """Build, and put the result into place."""
    parser = argparse.ArgumentParser(description="Build the executables with PyInstaller.")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="folder of the result (dist)")
    dist: Path = parser.parse_args().dist
    built = build(ROOT / "build" / "exe")
    place(built, dist)
    print(f"built: {dist / PROGRAMS[0]}")
    return 0


def build(work: Path) -> Path:
    """Run PyInstaller in a scratch folder; return the folder it made."""
    from PyInstaller.__main__ import run

    spec = ROOT / "packaging" / "GasFluxAPI.spec"
    run(["--noconfirm", "--log-level=WARN", f"--workpath={work}", f"--distpath={work / 'dist'}", str(spec)])
    return work / "dist" / "GasFluxAPI"


def place(built: Path, dist: Path) -> None:
    """Replace programs, libraries and documents in `dist`; the settings are written only where none are."""
    dist.mkdir(parents=True, exist_ok=True)
    for name in (*PROGRAMS, SHARED):
        _replace(built / name, dist / name)
    for name in DOCUMENTS:
        _replace(ROOT / name, dist / name)
    if not (dist / "gasflux.ini").exists():
        shutil.copy2(ROOT / "gasflux.ini", dist / "gasflux.ini")


def _replace(source: Path, target: Path) -> None:
    """Put a file or folder where an earlier one may be."""
    if target.is_dir():
        shutil.rmtree(target)
    elif target.exists():
        target.unlink()
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main())
