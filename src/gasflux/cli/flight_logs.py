"""Which flight logs a path stands for, where the results of each go, and what is said of one that fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from gasflux.errors import GasFluxError, InputError
from gasflux.jobs.records import Job

LOG_SUFFIXES: Final = (".csv.gz", ".xlsx", ".xls", ".csv")


def _raised(error: InputError) -> None:
    raise error


def find_logs(path: Path, on_unreadable: Callable[[InputError], None] = _raised) -> list[Path]:
    """Return the file itself, or the flight logs below a folder in alphabetical order.

    Result folders of earlier runs and the lock files of spreadsheet programs are passed over.

    Parameters
    ----------
    path
        File or folder.
    on_unreadable
        Called for every folder that cannot be read; by default it raises.

    Raises
    ------
    InputError
        When there is nothing at that path, or no log in the folder.
    """
    if not path.is_dir():
        if path.is_file():
            return [path]
        if path.exists():
            raise InputError(f"{path}: this is a device or a pipe, which may never end; save it to a file.")
        raise InputError(f"{path}: there is no such file or folder; check the path.")
    logs = [entry for entry in sorted(_files_below(path, on_unreadable)) if _is_log(entry)]
    if not logs:
        raise InputError(f"{path}: there is no {', '.join(LOG_SUFFIXES)} file in this folder.")
    return logs


def _files_below(folder: Path, on_unreadable: Callable[[InputError], None]) -> Iterator[Path]:
    """Yield every file that is not in a hidden folder."""

    def tell(error: OSError) -> None:
        message = f"{error.filename}: the folder cannot be read ({error.strerror}); check its permissions."
        on_unreadable(InputError(message))

    for parent, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names)


def _is_log(entry: Path) -> bool:
    if not entry.name.lower().endswith(LOG_SUFFIXES) or entry.name.startswith(("~$", ".")) or not entry.is_file():
        return False
    return not (entry.parent / "output_vars.json").exists()


def plan_jobs(paths: Iterable[Path], output_root: Path) -> list[Job]:
    """Give each log a folder of its own: the name of the file, numbered where two files share a name.

    Names are compared without case, since some file systems do not tell `A` from `a`.
    """
    jobs: list[Job] = []
    taken: set[str] = set()
    for path in dict.fromkeys(paths):
        stem = input_stem(path)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        jobs.append(Job(path, output_root / name))
    return jobs


def plan_one_flight(paths: Sequence[Path], output_root: Path, missing: Sequence[tuple[Path, str]]) -> list[Job]:
    """Return the one job of files that hold a flight together, none where a file is missing.

    Parameters
    ----------
    paths
        The files; the folder of the results is called after the first.
    output_root
        Where it goes.
    missing
        Paths that stand for no file, with the reason: a flight without one of its files is another flight.
    """
    if not paths or missing:
        return []
    return [Job(paths[0], output_root / input_stem(paths[0]), more_paths=tuple(paths[1:]))]


def input_stem(path: Path) -> str:
    """Return the name of a log without its suffix (``flight`` for ``flight.csv.gz``)."""
    suffix = next((suffix for suffix in LOG_SUFFIXES if path.name.lower().endswith(suffix)), path.suffix)
    return path.name.removesuffix(path.name[len(path.name) - len(suffix) :]) or path.name


def describe(error: BaseException) -> str:
    """Return one line for an error: its own sentence when it is one of ours, else a pointer to ``--debug``."""
    if isinstance(error, GasFluxError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{error.filename}: {reason}" if error.filename else reason
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {text} (a fault of GasFlux; `gasflux --debug ...` shows where)"
