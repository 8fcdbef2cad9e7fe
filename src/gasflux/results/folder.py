"""A folder of results: made beside its place, and put there whole or not at all."""

from __future__ import annotations

import glob
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

ARCHIVE: Final = "results.zip"
RESULT: Final = "output_vars.json"
REPORT: Final = "report.html"
VIEW: Final = "view.json"
"""The page's own document, beside the results but none of them."""


def file_names(folder: Path) -> tuple[str, ...]:
    """Files below a folder, with forward slashes."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def flight_of(output_dir: Path) -> tuple[str, str] | None:
    """Return name and SHA-256 of the flight whose results are in a folder, None when there are none to be read."""
    try:
        flight = json.loads((output_dir / RESULT).read_text(encoding="utf-8"))["input"]
        return str(flight["name"]), str(flight["sha256"])
    except (OSError, ValueError, KeyError, TypeError):  # nothing there, or nothing that GasFlux wrote
        return None


@contextmanager
def staging(output_dir: Path) -> Iterator[Path]:
    """Make a folder beside the wanted one for files in the making; whatever happens, it is gone afterwards."""
    output_dir.parent.mkdir(parents=True, exist_ok=True)
    folder = output_dir.with_name(f".{output_dir.name}.{os.getpid()}-{secrets.token_hex(6)}.part")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def discard_unfinished(output_dir: Path, pid: int) -> None:
    """Remove what a process that was killed at its job left beside `output_dir`.

    Parameters
    ----------
    output_dir
        Folder the results were meant for.
    pid
        The dead process.
    """
    with suppress(OSError):  # as when no more files can be opened: then it goes with the other results
        for folder in output_dir.parent.glob(f".{glob.escape(output_dir.name)}.{pid}-*.part"):
            shutil.rmtree(folder, ignore_errors=True)


def install_files(folder: Path, output_dir: Path, names: tuple[str, ...]) -> None:
    """Put finished files in their place: the folder at once when it is new, else file by file, the result last.

    Parameters
    ----------
    folder
        Where the files are now, see `staging`.
    output_dir
        Where they belong; what an earlier run wrote there goes, anything else stays.
    names
        Of the files, relative to `folder`, with forward slashes.
    """
    if not output_dir.exists():
        folder.replace(output_dir)
        return
    earlier = _earlier_files(output_dir)
    for name in sorted(names, key=lambda name: name == RESULT):
        target = output_dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / name).replace(target)
    for name in earlier - set(names):
        (output_dir / name).unlink(missing_ok=True)
    figures = output_dir / "figures"
    if figures.is_dir() and not any(figures.iterdir()):
        figures.rmdir()


def _earlier_files(output_dir: Path) -> set[str]:
    """Files an earlier run wrote here, by the list in its archive: nothing else in the folder is ours to delete."""
    archive = output_dir / ARCHIVE
    if not zipfile.is_zipfile(archive):
        return set()
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    root = output_dir.resolve()
    return {name for name in names if (root / name).resolve().is_relative_to(root) and (root / name).is_file()}


MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".nc": "application/netcdf",
    ".png": "image/png",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}
"""Type of a result by the ending of its name; not asked of the system, whose tables differ."""


_UNKNOWN_TYPE: Final = "application/octet-stream"


def media_type(name: str) -> str:
    """Return the media type of a result file."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), _UNKNOWN_TYPE)
