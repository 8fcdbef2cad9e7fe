"""A job and its results on their way between machines that need not share a disk, nor an operating system."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gasflux.jobs.executor import JobFailedError, JobFunction
from gasflux.jobs.records import Job, JobResult
from gasflux.results.folder import ARCHIVE, file_names

if TYPE_CHECKING:
    from gasflux.configuration.pipeline_config import PipelineConfig


@dataclass(frozen=True)
class JobBundle:
    """A job for another machine. Paths are texts: those of one system cannot be unpickled on another."""

    task_id: str
    attempt: int
    input_name: str | None
    input_file: str
    """Name of the log on disk, which tells its format."""
    figures: bool
    page_view: bool
    memory_limit_bytes: int | None
    max_rows: int | None
    max_unpacked_bytes: int | None
    timeout_s: float
    function: JobFunction
    """What to do: a function of a module that the worker has too."""
    content: bytes | str
    """The log itself, or where both machines see it."""
    config: bytes | None
    landing: str | None
    """Folder of the sender that takes the results, when both machines see it; None: they travel as bytes."""
    shows_early: bool = False
    """Whether somebody looks at the answers before the figures are drawn."""
    early: str | None = None
    """Folder of the sender for what is known early, when both machines see it; None: the answers alone travel."""


@dataclass(frozen=True)
class Delivery:
    """What became of a bundle."""

    outcome: JobResult | JobFailedError
    files: bytes | None = None
    """The result files, packed; None when they lie in the landing."""


def bundle_of(job: Job, function: JobFunction, timeout_s: float, shared_landing: Path | None = None) -> JobBundle:
    """Pack a job.

    Parameters
    ----------
    job
        What to do.
    function
        How.
    timeout_s
        Seconds it may take.
    shared_landing
        Folder for the results that the worker sees too: then only paths travel.

    Raises
    ------
    OSError
        When the log or the configuration cannot be read.
    """
    return JobBundle(
        task_id=job.task_id,
        attempt=job.attempt,
        input_name=job.input_name,
        input_file=job.input_path.name,
        figures=job.figures,
        page_view=job.page_view,
        memory_limit_bytes=job.memory_limit_bytes,
        max_rows=job.max_rows,
        max_unpacked_bytes=job.max_unpacked_bytes,
        timeout_s=timeout_s,
        function=function,
        content=str(job.input_path.absolute()) if shared_landing else job.input_path.read_bytes(),
        config=_yaml_of(job.config),
        landing=str(shared_landing.absolute()) if shared_landing else None,
        shows_early=job.early_dir is not None,
        early=str(job.early_dir.absolute()) if shared_landing and job.early_dir else None,
    )


def _yaml_of(config: Path | PipelineConfig | None) -> bytes | None:
    """Return a configuration as the content of a file."""
    if config is None or isinstance(config, Path):
        return None if config is None else config.read_bytes()
    from gasflux.configuration.pipeline_yaml import dump_effective_config

    return dump_effective_config(config).encode()


def lay_out(bundle: JobBundle, folder: Path) -> Job:
    """Return the job with the paths it has here: everything in a folder of this machine but what is shared."""
    config = folder / "config.yaml"
    if bundle.config is not None:
        config.write_bytes(bundle.config)
    if isinstance(bundle.content, bytes):
        path = folder / bundle.input_file
        path.write_bytes(bundle.content)
    else:
        path = Path(bundle.content)
    return Job(
        input_path=path,
        output_dir=(Path(bundle.landing) if bundle.landing else folder) / "results",
        input_name=bundle.input_name,
        config=None if bundle.config is None else config,
        figures=bundle.figures,
        page_view=bundle.page_view,
        early_dir=(Path(bundle.early) if bundle.early else folder / "early") if bundle.shows_early else None,
        task_id=bundle.task_id,
        attempt=bundle.attempt,
        log_path=folder / "task.log",
        memory_limit_bytes=bundle.memory_limit_bytes,
        max_rows=bundle.max_rows,
        max_unpacked_bytes=bundle.max_unpacked_bytes,
    )


def pack(folder: Path) -> bytes:
    """Pack the files of a folder; those that its own archive holds, packed by the job already, travel in it alone."""
    inner = set[str]()
    if (folder / ARCHIVE).exists():
        with zipfile.ZipFile(folder / ARCHIVE) as archive:
            inner = set(archive.namelist())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as packed_files:
        for name in file_names(folder):
            if name not in inner:
                packed_files.write(folder / name, name)
    return packed.getvalue()


def unpack(files: bytes, folder: Path) -> None:
    """Write into a folder what `pack` packed."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(files)) as packed_files:
        packed_files.extractall(folder)
    if (folder / ARCHIVE).exists():
        shutil.unpack_archive(folder / ARCHIVE, folder)
