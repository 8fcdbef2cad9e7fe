"""What it means when a job does not come to its end: one failure each, in the words of the catalogue."""

from __future__ import annotations

import errno
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gasflux.errors import GasFluxError
from gasflux.jobs.executor import JobFailedError
from gasflux.jobs.records import Job, JobFailure
from gasflux.wording.lookup import phrase

_log = logging.getLogger(__name__)

CRASH_ATTEMPTS: Final = 2
"""A job that crashes its process (abort, segmentation fault, exit) does so again: one more try, against bad luck."""

FROM_OUTSIDE_ATTEMPTS: Final = 1_000
"""What happens to processes and machines from outside says little of a job: whoever hands it over has a limit."""

_SIGKILL: Final = -9
_MIB: Final = 1 << 20


@contextmanager
def faults_as_data() -> Iterator[None]:
    """Turn errors that a user can mend, and trouble with the disk, into failures that travel between processes."""
    try:
        yield
    except GasFluxError as error:
        raise JobFailedError(failure_of(error)) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise JobFailedError(JobFailure.of("no_space", "disk_full")) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO):
            failure = JobFailure.of("storage_unavailable", "data_folder_unusable", reason=error.strerror)
            raise JobFailedError(failure) from error
        raise


def failure_of(error: GasFluxError) -> JobFailure:
    """Return an error as data."""
    return JobFailure(error.kind, str(error), tuple(fault.as_dict() for fault in error.faults))


def failure_behind(error: Exception, job: Job) -> JobFailedError:
    """Say what an error means that no job raises on purpose."""
    if isinstance(error, MemoryError):
        return out_of_memory(job.memory_limit_bytes)
    _log.error("unexpected error of a job", exc_info=error, extra={"task": job.task_id})
    name = type(error).__name__
    return JobFailedError(JobFailure.of("internal_error", "unexpected", error=name, task=job.task_id))


def is_from_outside(code: int) -> bool:
    """Whether the end of a process, as `multiprocessing` tells it, says nothing of what it was doing."""
    return code in (-signal.SIGTERM, _SIGKILL)


def died_with(code: int) -> JobFailedError:
    """Tell a process killed from outside, which may go well the next time, from one that its own work ended."""
    is_killed = is_from_outside(code)
    cause = phrase("cause.signal", signal=-code) if code < 0 else phrase("cause.exit", exit_code=code)
    if is_killed:
        return JobFailedError(JobFailure.of("worker_lost", "worker_killed", cause=cause), FROM_OUTSIDE_ATTEMPTS, code)
    return JobFailedError(JobFailure.of("worker_died", "worker_died", cause=cause), CRASH_ATTEMPTS, code)


def never_began(limit_s: float) -> JobFailedError:
    """Return the failure of a job whose process never got ready for it."""
    return JobFailedError(JobFailure.of("worker_lost", "worker_not_started", limit=limit_s), FROM_OUTSIDE_ATTEMPTS)


def timed_out(timeout_s: float) -> JobFailedError:
    """Return the failure of a job that took too long."""
    return JobFailedError(JobFailure.of("timeout", "timeout", limit=timeout_s))


def out_of_memory(limit_bytes: int | None) -> JobFailedError:
    """Return the failure of a job that wanted more memory than it may take, or than there is."""
    if limit_bytes is None:
        return JobFailedError(JobFailure.of("out_of_memory", "no_memory"))
    return JobFailedError(JobFailure.of("out_of_memory", "out_of_memory", limit=limit_bytes / _MIB))
