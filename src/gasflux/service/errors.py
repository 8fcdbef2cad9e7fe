"""What the service refuses, as errors that know nothing of HTTP; `gasflux.shared` gives each its status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from gasflux.errors import Fault, GasFluxError


class ServiceError(GasFluxError):
    """Base of the service's refusals."""

    kind = "service_error"


class NotFoundError(ServiceError):
    """There is no such task, key or file."""

    kind = "not_found"


class ConflictError(ServiceError):
    """The task is not in a state in which this can be done."""

    kind = "conflict"


class UnauthorizedError(ServiceError):
    """No key, or one that does not exist, is revoked or has expired."""

    kind = "unauthorized"


class ForbiddenError(ServiceError):
    """The key is good but may not do this."""

    kind = "forbidden"


class TooLargeError(ServiceError):
    """More bytes or rows than allowed."""

    kind = "too_large"


class RetryLaterError(ServiceError):
    """The service cannot do it now; the same request may succeed later."""

    kind = "unavailable"

    def __init__(self, message: str, retry_after_s: int, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, faults)
        self.retry_after_s = retry_after_s

    @classmethod
    def later(cls, code: str, retry_after_s: int, /, **figures: Any) -> Self:
        """Return the refusal of one sentence of the catalogue, `figures` as in `gasflux.errors.Fault.of`."""
        fault = Fault.of(code, **figures)
        return cls(fault.message, retry_after_s, [fault])


class QueueFullError(RetryLaterError):
    """As many tasks wait as may."""

    kind = "queue_full"


class RateLimitedError(RetryLaterError):
    """Too many requests in a minute."""

    kind = "rate_limited"


class NoSpaceError(RetryLaterError):
    """Too little free disk space."""

    kind = "no_space"


class StorageError(RetryLaterError):
    """The database or the data folder cannot be used now: locked, full, read-only or gone."""

    kind = "storage_unavailable"


class StoppingError(RetryLaterError):
    """The server is about to stop."""

    kind = "stopping"


class DataFolderBusyError(ServiceError):
    """Another server owns the data folder."""

    kind = "data_folder_busy"
