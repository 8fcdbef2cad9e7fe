"""The requests that endpoints take and the data they answer with; `/openapi.json` shows these models."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from gasflux.api.task_names import NAME_PATTERN, plain_name
from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES

MAX_NAME: Final = 200
MAX_COMPARED: Final = 100


class Model(BaseModel):
    """Base: nothing unknown goes in or out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(Model):
    """Base of what a client sends as JSON: a value is of its type or refused, ``"true"`` is no truth value."""

    model_config = ConfigDict(strict=True)


def _integral(value: object) -> object:
    """Take 5.0 for 5, which JSON does not tell apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _decimal(value: object) -> object:
    """Refuse what Python reads as a whole number and the description does not: spaces, signs, points, underscores."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ValueError("a whole number in plain digits is needed")
    return value


def _plain_bool(value: object) -> object:
    """Refuse the other words that Python takes for true or false."""
    if isinstance(value, str) and value not in _TRUTHS:
        raise ValueError(f"one of {', '.join(_TRUTHS)} is needed")
    return value


def _calendar(value: object) -> object:
    """Refuse numbers, which would be taken as seconds since 1970."""
    if isinstance(value, str) and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a date or time such as 2026-04-13T09:30:00 is needed")
    return value


_TRUTHS: Final = ("true", "false", "1", "0")
Days = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_integral)]
QueryInteger = Annotated[int, BeforeValidator(_decimal)]
QueryBool = Annotated[
    bool, BeforeValidator(_plain_bool), WithJsonSchema({"type": "string", "enum": list(_TRUTHS), "default": "false"})
]


Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, json_schema_extra={"pattern": NAME_PATTERN}),
    AfterValidator(plain_name),
]
Yaml = Annotated[str, Field(max_length=MAX_YAML_BYTES, json_schema_extra={"format": "yaml"})]
Moment = Annotated[str, Field(description="UTC, `YYYY-MM-DD HH:MM:SS`", examples=["2026-04-13 09:30:00"])]
Status = Literal["pending", "processing", "completed", "failed"]


def _utc(moment: datetime) -> datetime:
    """Take a time without zone as UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it lies outside the years 1 to 9999") from None


QueryTime = Annotated[datetime, BeforeValidator(_calendar), AfterValidator(_utc)]


FAULTS: Final = (
    "one entry per fault: message, column, row, value, allowed, count, code (stable name of the kind of fault) and zh"
    " (message, value and allowed in Chinese)"
)


class ErrorInfo(Model):
    """What programs read of a refusal."""

    type: str = Field(description="machine name, e.g. `invalid_input`")
    details: list[dict[str, Any]] = Field(description=FAULTS)
    request_id: str = Field(description="also in the header X-Request-ID and in the server's log")


class Refusal(Model):
    """Every answer that is not a success."""

    code: int
    message: str = Field(description="one sentence: what is wrong and what to do")
    data: dict[str, Any] | None
    error: ErrorInfo


# --- tasks ------------------------------------------------------------------------------------------------------------


class ResultFileInfo(Model):
    """A file of a completed task."""

    name: str
    download_url: str = Field(description="path on this server")
    size: int = Field(description="bytes")
    type: str = Field(description="media type")


class Interval(Model):
    """Where the true rate lies with the probability `level`."""

    level: float
    low: float | None
    high: float | None


class GasInfo(Model):
    """The emission rate of one gas; names as in output_vars.json."""

    flux_kg_h: float | None
    flux_interval_kg_h: Interval
    detection_limit_kg_h: float | None = Field(
        description="smallest rate the flight could tell from zero; null when unknown, as in results of older versions"
    )
    grade: str = Field(description="A (best) to D")


class _TaskFields(Model):
    """What every answer about a task has."""

    task_id: str
    name: str
    status: Status
    message: str
    progress: float = Field(ge=0, le=100, description="percent of the whole job")
    stage: str | None = Field(
        description="what is done now; `computed`: `gases` are known and figures are being drawn; null unless in work"
    )
    queue_position: int | None = Field(description="1 is next; null unless pending")
    error: str | None = Field(description="why it failed, one sentence")
    error_type: str | None = Field(description="machine name of the reason; `cancelled` when somebody stopped it")
    results: list[ResultFileInfo]
    gases: dict[str, GasInfo] = Field(description="as soon as they are computed, before figures and report")
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    duration_s: float | None = Field(description="time of work, waiting not counted")
    time_left_s: float | None = Field(description="estimate; null when unknown")
    delete_at: Moment | None = Field(description="when it is removed with its files; null while unfinished or pinned")
    pinned: bool
    attempts: int
    input_name: str
    size_bytes: int
    has_config: bool = Field(description="whether it has a configuration of its own")
    callback_state: Literal["pending", "delivered", "failed"] | None = Field(
        description="of the callback to its `callback_url`; null while unfinished and without such an address"
    )


class TaskEntry(_TaskFields):
    """A task: one uploaded flight and what became of it."""

    error_details: list[dict[str, Any]] = Field(description=FAULTS)


class TaskLine(_TaskFields):
    """A task in a list: the beginning of its sentences, and no `error_details`, which its own address has."""

    error_zh: str | None = Field(description="`error` in Chinese, where all of it can be said so")


class AcceptedUpload(Model):
    """An upload that waits for its processing."""

    task_id: str
    status: Status
    name: str
    status_url: str
    queue_position: int | None


def _without_null(schema: dict[str, Any]) -> None:
    """Describe entries that may be left out: none of them is ever null, one is given, and a config goes with a run."""
    for entry in schema["properties"].values():
        given = [choice for choice in entry.pop("anyOf", []) if choice != {"type": "null"}]
        entry.pop("default", None)
        entry.update(*given)
    schema["anyOf"] = [
        {"required": ["status"], "properties": {"status": {"const": "pending"}}},
        {"minProperties": 1, "properties": {"config": False}},
    ]


class TaskChange(Body):
    """What to change of a task; at least one entry."""

    model_config = ConfigDict(json_schema_extra=_without_null)

    name: Name | None = None
    pinned: bool | None = Field(default=None, description="a pinned task is never removed by the cleaning")
    status: Literal["pending", "failed"] | None = Field(
        default=None, description="`pending` runs a finished task again, `failed` cancels an unfinished one"
    )
    config: Yaml | None = Field(
        default=None, description="with status `pending`: processing YAML of the new run; empty for the defaults"
    )


class Pagination(Model):
    """Which part of a list this is."""

    page: int
    per_page: int
    total: int
    pages: int


class PageQuery(Model):
    """Which part of a list is wanted."""

    page: QueryInteger = Field(default=1, ge=1, le=1_000_000)
    per_page: QueryInteger = Field(default=20, ge=1, le=500)


class TaskListQuery(PageQuery):
    """Which tasks are wanted, and in which order."""

    status: Status | None = None
    q: str = Field(default="", max_length=MAX_NAME, description="part of name, file name or id")
    sort: Literal["created_at", "updated_at", "name", "status", "size"] = "created_at"
    order: Literal["asc", "desc"] = "desc"


class TaskList(Model):
    """Some of the tasks."""

    tasks: list[TaskLine]
    pagination: Pagination


class Tasks(Model):
    """Tasks without pages."""

    tasks: list[TaskLine]


class TaskStatistics(Model):
    """Tasks by status, with times in seconds."""

    pending: int
    processing: int
    completed: int
    failed: int
    total: int
    median_duration_s: float | None
    median_wait_s: float | None
    max_queue: int
    workers: int


class LogQuery(Model):
    """How much of a log is wanted."""

    tail: QueryInteger = Field(default=200, ge=1, le=10_000, description="last lines")


class LogLines(Model):
    """The end of a log."""

    lines: list[str]


# --- reports ----------------------------------------------------------------------------------------------------------


class ReportQuery(PageQuery):
    """Which reports are wanted."""

    q: str = Field(default="", max_length=MAX_NAME, description="part of name, file name or id")
    gas: str | None = Field(default=None, max_length=20, description="chemical formula, e.g. ch4")
    since: QueryTime | None = Field(default=None, description="made at or after, ISO 8601; without a zone UTC")
    until: QueryTime | None = Field(default=None, description="made before, ISO 8601; without a zone UTC")


class ReportInfo(Model):
    """One completed task."""

    task_id: str
    name: str
    created_at: Moment
    gases: dict[str, GasInfo]
    grade: str | None = Field(description="the worst of its gases")
    report_url: str


class ReportList(Model):
    """Some of the reports."""

    reports: list[ReportInfo]
    pagination: Pagination


class ComparisonQuery(Model):
    """Which tasks are compared."""

    ids: str = Field(
        min_length=1,
        max_length=MAX_COMPARED * 37,
        pattern=r"^[0-9a-f-]{36}(,[0-9a-f-]{36})*$",
        description=f"ids of completed tasks, at most {MAX_COMPARED}, with commas between",
    )


class ComparedFlight(GasInfo):
    """One flight for one gas."""

    task_id: str
    name: str
    flux_std_kg_h: float
    weight: float = Field(ge=0, le=1, description="its share in the combined estimate")


class CombinedRate(Model):
    """The estimate from all flights, taken as repeats of one measurement of one source."""

    flux_kg_h: float
    flux_std_kg_h: float
    flux_interval_kg_h: Interval
    detection_limit_kg_h: float
    uncertainty_kg_h: dict[str, float]
    between_flights_std_kg_h: float = Field(
        ge=0, description="one standard deviation by which the flights differ beyond their own errors"
    )


class ComparedGas(Model):
    """Flights side by side for one gas."""

    flights: list[ComparedFlight]
    combined: CombinedRate = Field(description="of one flight, its own rate")


class ComparisonInfo(Model):
    """Flights side by side, gas by gas; a flight that did not measure a gas is left out there."""

    gases: dict[str, ComparedGas]
    missing: list[str] = Field(description="ids of tasks that are gone or not completed: they count nowhere")
    repeated: list[str] = Field(
        description="ids of tasks whose log is that of another task here, a part of it or another export of it: "
        "the longest of them counts"
    )
    simultaneous: list[list[str]] = Field(
        description="groups of ids of flights at one place at the same time, with other aircraft or instruments: they "
        "count, but they saw the same gusts"
    )
    elsewhere: dict[str, float] = Field(
        description="id -> distance in metres of flights at another place than the others: they count, but may be of "
        "another source"
    )


class DownloadQuery(Model):
    """How a file is wanted."""

    download: QueryBool = Field(default=False, description="save it instead of showing it")


# --- service ----------------------------------------------------------------------------------------------------------


class Check(Model):
    """One thing that was tried."""

    status: Literal["ok", "degraded", "failed"]
    message: str


class HealthChecks(Model):
    """Everything that was tried."""

    database: Check
    disk: Check
    workers: Check
    queue: Check


class Health(Model):
    """Whether the service can do its work."""

    status: Literal["healthy", "degraded", "unhealthy"]
    checks: HealthChecks
    version: str
    uptime_s: float


class RequestStatistics(Model):
    """Answered requests."""

    total: int
    by_method: dict[str, int]
    by_endpoint: dict[str, int]
    by_status: dict[str, int]


class TaskCountsInfo(Model):
    """Tasks created, completed and failed since `since`; processing and pending now."""

    created: int
    completed: int
    failed: int
    processing: int
    pending: int


class Performance(Model):
    """How fast answers are: mean of all, percentiles of the last 1,000."""

    avg_ms: float
    p50_ms: float
    p95_ms: float
    error_rate: float = Field(description="share of answers with a status of 500 or above")


class Memory(Model):
    """Bytes of memory, and percent in use."""

    total: int
    available: int
    percent: float
    process: int = Field(description="bytes the server process holds")


class Disk(Model):
    """Bytes of the disk with the results, and percent in use."""

    total: int
    free: int
    percent: float


class Cpu(Model):
    """Processor cores and their use in percent since the last question."""

    cores: int
    percent: float


class SystemInfo(Model):
    """The machine."""

    memory: Memory
    disk: Disk
    cpu: Cpu


class Statistics(Model):
    """What the service did since `since`."""

    requests: RequestStatistics
    tasks: TaskCountsInfo
    performance: Performance
    system: SystemInfo
    since: Moment


class AccessInfo(Model):
    """What the asking client may do."""

    key_required: bool = Field(description="whether this client needs a key")
    role: Literal["admin", "user", "none"]
    actor: str | None = Field(description="key id, `local`, `bootstrap`, or null")


class ServiceConfig(Model):
    """The effective configuration."""

    version: str
    settings: dict[str, dict[str, Any]] = Field(
        description="sections of gasflux.ini; a secret shows only whether it is set, absolute paths only to admins"
    )
    accepted_files: list[str]
    access: AccessInfo


class DefaultsInfo(Model):
    """The processing defaults."""

    yaml: str = Field(description="the shipped gasflux_config.yaml with its explanations")
    json_schema: dict[str, Any] = Field(description="JSON schema of the processing configuration")


class ConfigText(Body):
    """A processing configuration."""

    config: Yaml


class EffectiveConfig(Model):
    """A configuration that is good."""

    effective: str = Field(description="YAML with every key")


class Preview(BaseModel):
    """What a file holds, as `gasflux inspect` sees it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class TaskView(BaseModel):
    """A result, ready for drawing."""

    model_config = ConfigDict(extra="allow", frozen=True)


# --- keys -------------------------------------------------------------------------------------------------------------


class KeyInfo(Model):
    """A key, without the key."""

    key_id: str
    name: str
    admin: bool
    created_at: Moment
    last_used_at: Moment | None
    expires_at: Moment | None
    revoked: bool


class KeyList(Model):
    """Every key."""

    api_keys: list[KeyInfo]


class NewKey(Body):
    """The key to make."""

    name: Name
    admin: bool | None = Field(
        default=None,
        description="left out: an administrator's if it is the first key and no bootstrap key is sent, else not",
    )
    expires_in_days: Days | None = None


class IssuedKeyInfo(KeyInfo):
    """A key that was just made."""

    api_key: str = Field(description="the key itself, shown only now")


class AuditQuery(Model):
    """How much of the trail is wanted."""

    limit: QueryInteger = Field(default=200, ge=1, le=1000)


class AuditInfo(Model):
    """One act of an administrator."""

    at: Moment
    actor: str
    act: str
    target: str
    address: str


class AuditList(Model):
    """The last acts, newest first."""

    entries: list[AuditInfo]
