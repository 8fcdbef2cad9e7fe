"""A job and its results on their way between machines that need not share a disk, nor an operating system."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gasflux.results.folder import ARCHIVE, file_names
from gasflux.service.executor import JobFailedError
from gasflux.service.tasks.records import Job, JobResult


@dataclass(frozen=True)
class Parcel:
    """A job for another machine. Paths are texts: those of one system cannot be unpickled on another."""

    task_id: str
    attempt: int
    input_name: str
    input_file: str
    """Name of the log on disk, which tells its format."""
    memory_limit_bytes: int
    max_rows: int
    max_unpacked_bytes: int
    timeout_s: float
    function: Callable[[Job], JobResult]
    """What to do: a function of a module that the worker has too."""
    content: bytes | str
    """The log itself, or where both machines see it."""
    config: bytes | None
    landing: str | None
    """Folder of the sender that takes the results, when both machines see it; None: they travel as bytes."""


@dataclass(frozen=True)
class Delivery:
    """What became of a parcel."""

    outcome: JobResult | JobFailedError
    files: bytes | None = None
    """The result files, packed; None when they lie in the landing."""


def parcel_of(
    job: Job, function: Callable[[Job], JobResult], timeout_s: float, shared_landing: Path | None = None
) -> Parcel:
    """Pack a job; with a landing that the worker sees too, only paths travel."""
    return Parcel(
        task_id=job.task_id,
        attempt=job.attempt,
        input_name=job.input_name,
        input_file=job.input_path.name,
        memory_limit_bytes=job.memory_limit_bytes,
        max_rows=job.max_rows,
        max_unpacked_bytes=job.max_unpacked_bytes,
        timeout_s=timeout_s,
        function=function,
        content=str(job.input_path.absolute()) if shared_landing else job.input_path.read_bytes(),
        config=job.config_path.read_bytes() if job.config_path else None,
        landing=str(shared_landing.absolute()) if shared_landing else None,
    )


def lay_out(parcel: Parcel, folder: Path) -> Job:
    """Return the job with the paths it has here: everything in a folder of this machine but what is shared."""
    config = folder / "config.yaml"
    if parcel.config is not None:
        config.write_bytes(parcel.config)
    if isinstance(parcel.content, bytes):
        path = folder / parcel.input_file
        path.write_bytes(parcel.content)
    else:
        path = Path(parcel.content)
    return Job(
        task_id=parcel.task_id,
        attempt=parcel.attempt,
        input_path=path,
        input_name=parcel.input_name,
        config_path=None if parcel.config is None else config,
        output_dir=(Path(parcel.landing) if parcel.landing else folder) / "results",
        log_path=folder / "task.log",
        memory_limit_bytes=parcel.memory_limit_bytes,
        max_rows=parcel.max_rows,
        max_unpacked_bytes=parcel.max_unpacked_bytes,
    )


def pack(folder: Path) -> bytes:
    """Pack the files of a folder; those that its own archive holds, packed by the job already, travel in it alone."""
    inner = set[str]()
    if (folder / ARCHIVE).exists():
        with zipfile.ZipFile(folder / ARCHIVE) as archive:
            inner = set(archive.namelist())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as parcel:
        for name in file_names(folder):
            if name not in inner:
                parcel.write(folder / name, name)
    return packed.getvalue()


def unpack(files: bytes, folder: Path) -> None:
    """Write into a folder what `pack` packed."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(files)) as parcel:
        parcel.extractall(folder)
    if (folder / ARCHIVE).exists():
        shutil.unpack_archive(folder / ARCHIVE, folder)
