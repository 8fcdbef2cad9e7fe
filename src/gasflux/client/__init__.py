"""A GasFlux server from Python: upload a flight, wait for it, fetch its results.

>>> from gasflux.client import GasFluxClient
>>> with GasFluxClient("http://localhost:5000") as client:  # doctest: +SKIP
...     result = client.process("flight.xlsx", folder="results", progress=lambda task: print(task.stage))
...     print(result.gases["ch4"].flux_kg_h, result.grade)

A key is best given by the variable ``GASFLUX_API_KEY`` of the environment, not in the program.
"""

from __future__ import annotations

from gasflux.client.errors import (
    BusyError,
    ClientError,
    ConflictError,
    DownloadError,
    InvalidUploadError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    TaskFailedError,
    UnreachableError,
    WaitTimeoutError,
)
from gasflux.client.gasflux_client import GasFluxClient
from gasflux.client.typed_answers import GasRate, RemoteFile, Report, Result, TaskInfo

__all__ = [
    "BusyError",
    "ClientError",
    "ConflictError",
    "DownloadError",
    "GasFluxClient",
    "GasRate",
    "InvalidUploadError",
    "NotAllowedError",
    "NotFoundError",
    "RefusedError",
    "RemoteFile",
    "Report",
    "Result",
    "TaskFailedError",
    "TaskInfo",
    "UnreachableError",
    "WaitTimeoutError",
]
