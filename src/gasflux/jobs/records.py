"""What a job is and what it hands back. Everything here is picklable and holds no handles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gasflux.errors import Fault

if TYPE_CHECKING:
    from gasflux.configuration.pipeline_config import PipelineConfig


@dataclass(frozen=True)
class Job:
    """One flight to process: what is read, where the results go, and what that may take."""

    input_path: Path
    output_dir: Path
    input_name: str | None = None
    """What to call the log in the results; None takes the name of the file."""
    config: Path | PipelineConfig | None = None
    """Processing settings, or the YAML file that holds them; None for the defaults."""
    figures: bool = True
    """Whether to draw."""
    page_view: bool = False
    """Whether to write the document of the service's page beside the results."""
    early_dir: Path | None = None
    """Folder for what is known before figures and report, see `gasflux.jobs.early`; None keeps it back till the end."""
    task_id: str = ""
    """The task of the service it belongs to, which names it in logs; empty when it belongs to none."""
    attempt: int = 1
    log_path: Path | None = None
    """Log lines of the job are appended here; None keeps none."""
    more_paths: tuple[Path, ...] = ()
    """Further files that hold the flight together with the first."""
    memory_limit_bytes: int | None = None
    max_rows: int | None = None
    max_unpacked_bytes: int | None = None
    """Bytes a workbook or .gz may unpack to; None takes the limit that reading has by itself."""


@dataclass(frozen=True)
class ResultFile:
    """A file of a completed job."""

    name: str
    """Path inside the folder of the results, with forward slashes."""
    size_bytes: int
    type: str
    """Media type."""


@dataclass(frozen=True)
class GasSummary:
    """The answer for one gas, as lists of tasks and reports show it."""

    gas: str
    flux_kg_h: float | None
    low_kg_h: float | None
    high_kg_h: float | None
    level: float
    grade: str
    detection_limit_kg_h: float | None = None
    """None also for a result from before it was kept here."""


@dataclass(frozen=True)
class JobResult:
    """What a job hands back when it succeeded; the results themselves lie in its folder."""

    results: tuple[ResultFile, ...]
    gases: tuple[GasSummary, ...]


@dataclass(frozen=True)
class JobFailure:
    """Why a job has no result, for people and for programs."""

    type: str
    """Machine name such as ``invalid_input``, ``timeout``, ``out_of_memory``, ``worker_died``, ``cancelled``."""
    message: str
    details: tuple[Mapping[str, Any], ...] = ()
    """One mapping per fault (`gasflux.errors.Fault.as_dict`)."""

    @classmethod
    def of(cls, kind: str, code: str, /, **figures: Any) -> JobFailure:
        """Return the failure of one fault.

        Parameters
        ----------
        kind
            Its machine name.
        code
            Of the fault, in the catalogue of `gasflux.wording`.
        figures
            What the sentence names, as in `gasflux.errors.Fault.of`.
        """
        fault = Fault.of(code, **figures)
        return cls(kind, fault.message, (fault.as_dict(),))
