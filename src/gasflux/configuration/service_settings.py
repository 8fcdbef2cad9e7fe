"""The one table of service settings; `gasflux.ini`, the environment variables and the documentation follow from it.

Every section of `gasflux.ini` is a frozen dataclass and every key a field, made by `setting`, which carries the
description, the allowed range and further spellings of the environment variable. `gasflux.config_reader` fills it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

PLACEHOLDER_KEYS: Final = frozenset(
    {"", "your_bootstrap_key_here", "your_secure_key_here", "your_secure_bootstrap_key"}
)
"""Bootstrap keys as printed in documents: they never open anything."""

MIB: Final = 1024 * 1024


def setting(
    default: Any,
    text: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    choices: Sequence[str] = (),
    secret: bool = False,
    also: Sequence[str] = (),
) -> Any:
    """Declare one setting.

    Parameters
    ----------
    default
        Its value when neither file nor environment give one; its type is the type of the setting.
    text
        What it does and in which unit, one sentence, for `gasflux.ini` and the documentation.
    at_least, at_most
        Allowed range of a number.
    choices
        Allowed words; none means any.
    secret
        Whether its value is never shown.
    also
        Environment variables that set it besides ``GASFLUX_<SECTION>_<KEY>``, in falling rank.
    """
    details = {
        "text": text,
        "at_least": at_least,
        "at_most": at_most,
        "choices": tuple(choices),
        "secret": secret,
        "also": tuple(also),
    }
    return field(default=default, repr=not secret, metadata=details)


@dataclass(frozen=True)
class ServerSettings:
    """Where the service listens."""

    host: str = setting(
        "0.0.0.0",
        "address to listen on; 127.0.0.1 for this machine only",
        also=("GASFLUX_HOST",),
    )
    port: int = setting(
        5000, "TCP port; 0 takes a free one and prints it", at_least=0, at_most=65535, also=("GASFLUX_PORT",)
    )
    debug: bool = setting(False, "development mode of run_api.py; never in production")
    base_url: str = setting("http://localhost:5000", "address under which users reach the service, for links")


@dataclass(frozen=True)
class PathSettings:
    """Folders of the data; relative ones start at the folder of gasflux.ini, or else at the current folder."""

    uploads: Path = setting(Path("./web_api_data/uploads"), "folder of the uploaded flights")
    outputs: Path = setting(Path("./web_api_data/outputs"), "folder of the results")


@dataclass(frozen=True)
class LimitSettings:
    """How much one request may bring."""

    max_content_length: int = setting(
        100 * MIB,
        "largest body of a request in bytes",
        at_least=1024,
        also=("GASFLUX_MAX_CONTENT_LENGTH", "GASFLMAX_CONTENT_LENGTH"),
    )
    max_rows: int = setting(2_000_000, "most rows of a flight log", at_least=10)
    max_unpacked_bytes: int = setting(2048 * MIB, "most bytes a workbook or .gz may unpack to", at_least=MIB)
    min_free_bytes: int = setting(256 * MIB, "free disk space below which uploads are refused", at_least=0)


@dataclass(frozen=True)
class LoggingSettings:
    """The log file."""

    level: str = setting(
        "INFO",
        "least important lines that are written",
        choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        also=("GASFLUX_LOG_LEVEL",),
    )
    file: Path = setting(Path("logs/gasflux_api.log"), "log file, rotated")
    max_bytes: int = setting(10 * MIB, "size at which the log file is rotated", at_least=1024)
    backups: int = setting(5, "rotated log files that are kept", at_least=0, at_most=1000)


@dataclass(frozen=True)
class PerformanceSettings:
    """What Waitress may use."""

    threads: int = setting(8, "threads answering requests", at_least=1, at_most=512, also=("GASFLUX_THREADS",))
    connection_limit: int = setting(100, "connections open at a time", at_least=1, at_most=100_000)
    channel_timeout: int = setting(300, "seconds after which an idle connection is closed", at_least=1)


@dataclass(frozen=True)
class CleanupSettings:
    """When results go; pinned tasks stay."""

    task_cleanup_interval: int = setting(3600, "seconds between two cleanings", at_least=1)
    max_task_age: int = setting(86400, "seconds after which a task that never finished is given up", at_least=1)
    successful_task_cleanup_age: int = setting(
        3600, "seconds that a completed task and its results are kept", at_least=1
    )
    failed_task_cleanup_age: int = setting(604800, "seconds that a failed task and its upload are kept", at_least=1)


@dataclass(frozen=True)
class SecuritySettings:
    """Who may do what."""

    admin_bootstrap_key: str = setting(
        "", "key of the first administrator, sent as X-Admin-Bootstrap-Key; empty or a placeholder: none", secret=True
    )
    require_api_key: str = setting(
        "auto",
        "whether a key is needed: auto lets this machine in without one until the first key exists",
        choices=("auto", "true", "false"),
    )
    protect_stats: bool = setting(False, "whether /stats and /metrics need a key")
    rate_limit: int = setting(600, "requests a minute per key, or per address without one", at_least=1)
    upload_rate_limit: int = setting(120, "uploads a minute per key, or per address without one", at_least=1)
    trusted_proxy: str = setting("", "address of the reverse proxy whose X-Forwarded-* headers are believed")
    allow_private_callbacks: bool = setting(False, "whether callback_url may point to private addresses")
    callback_secret: str = setting("", "key that signs callbacks (HMAC-SHA256); empty: callbacks are off", secret=True)
    rotation_overlap: int = setting(604800, "seconds that the old key lives on beside its successor", at_least=0)


@dataclass(frozen=True)
class DatabaseSettings:
    """The SQLite file."""

    path: Path = setting(Path("web_api_data/outputs/gasflux.db"), "SQLite file of tasks and keys")
    busy_timeout: float = setting(10.0, "seconds to wait for a locked database", at_least=0.0, at_most=600.0)


@dataclass(frozen=True)
class TaskSettings:
    """Processing."""

    workers: int = setting(
        0,
        "tasks in work at a time; 0 takes one per core of this machine, or per thread of the dask cluster",
        at_least=0,
        at_most=256,
    )
    timeout: int = setting(1800, "seconds a task may take", at_least=1)
    memory_limit: int = setting(4096 * MIB, "bytes of memory a task may take", at_least=256 * MIB)
    background: bool = setting(True, "whether workers give way to whatever else this machine does")
    max_queue: int = setting(1000, "tasks that may wait; more are answered 503", at_least=1)
    queue_share: int = setting(
        80,
        "percent of the queue that one key may fill while no other waits; the more wait, the less each; 100: no limit",
        at_least=1,
        at_most=100,
    )
    max_attempts: int = setting(4, "times a task is started before it is given up as killing its worker", at_least=1)
    drain_timeout: int = setting(20, "seconds that answers may take to finish when the server stops", at_least=0)
    executor: str = setting(
        "local", "who computes: processes of this machine or a dask cluster", choices=("local", "dask")
    )
    dask_scheduler: str = setting("", "address of the cluster's scheduler, such as tcp://host:8786 or tls://host:8786")
    shared_folder: bool = setting(False, "whether every dask worker sees the data folders under the same paths")


@dataclass(frozen=True)
class Settings:
    """Every setting of the service."""

    server: ServerSettings = field(default_factory=ServerSettings)
    paths: PathSettings = field(default_factory=PathSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    performance: PerformanceSettings = field(default_factory=PerformanceSettings)
    cleanup: CleanupSettings = field(default_factory=CleanupSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    tasks: TaskSettings = field(default_factory=TaskSettings)


SettingKind = Literal["text", "path", "integer", "number", "yes/no"]

_KINDS: Final[dict[type, SettingKind]] = {bool: "yes/no", int: "integer", float: "number", str: "text"}


@dataclass(frozen=True)
class SettingRow:
    """One row of the table: all there is to know of a setting."""

    section: str
    key: str
    kind: SettingKind
    default: Any
    text: str
    at_least: float | None
    at_most: float | None
    choices: tuple[str, ...]
    secret: bool
    variables: tuple[str, ...]
    """Environment variables that set it, the first that is set wins."""


def setting_rows() -> Iterator[SettingRow]:
    """Yield every setting in the order of `gasflux.ini`."""
    for section in fields(Settings):
        for entry in fields(section.default_factory):  # type: ignore[arg-type]
            yield _row(section.name, entry)


def _row(section: str, entry: Field[Any]) -> SettingRow:
    """Return the row of one field."""
    if entry.default is MISSING:
        raise TypeError(f"the setting {section}.{entry.name} has no default")
    details = dict(entry.metadata)
    kind: SettingKind = "path" if isinstance(entry.default, Path) else _KINDS[type(entry.default)]
    variables = (*details.pop("also"), f"GASFLUX_{section}_{entry.name}".upper())
    return SettingRow(section, entry.name, kind, entry.default, variables=variables, **details)
