"""The effective configuration of the service, the defaults of the processing, and the checking of one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response

from gasflux.api.endpoint import Access, endpoint
from gasflux.api.models import AccessInfo, ConfigText, DefaultsInfo, EffectiveConfig, ServiceConfig
from gasflux.auth import Principal, principal_if_any
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import default_config_text, dump_effective_config, load_pipeline_config
from gasflux.configuration.service_settings import PLACEHOLDER_KEYS, SettingRow, Settings, setting_rows
from gasflux.shared import _format_response, current_service, with_etag
from gasflux.version import __version__

config_bp = Blueprint("config", __name__)

_ACCEPTED = [".xlsx", ".xls", ".csv", ".csv.gz"]


@config_bp.get("/config")
@endpoint(
    summary="The effective configuration of the service",
    description="Also says what the asking client may do, with or without the key it sends.",
    access=Access.OPEN,
    answer=ServiceConfig,
    tag="service",
)
def config() -> Response:
    """Answer every setting, without secrets, and without paths to anybody but administrators."""
    who = principal_if_any()
    data = ServiceConfig(
        version=__version__,
        settings=_shown_settings(current_service().settings, who.is_admin),
        accepted_files=_ACCEPTED,
        access=_access(who),
    )
    return _format_response(200, "The settings in force.", data)


@config_bp.get("/defaults")
@endpoint(
    summary="The defaults of the processing configuration",
    access=Access.OPEN,
    answer=DefaultsInfo,
    has_etag=True,
    tag="configuration",
)
def defaults() -> Response:
    """Answer the shipped YAML and the schema of its settings."""
    return with_etag(_format_response(200, "The defaults.", _defaults()))


@config_bp.post("/config/check")
@endpoint(
    summary="Check a processing configuration",
    description="Answers it with every default filled in, or 422 with every fault.",
    access=Access.KEY,
    body=ConfigText,
    answer=EffectiveConfig,
    tag="configuration",
)
def check(body: ConfigText) -> Response:
    """Answer the effective configuration."""
    effective = dump_effective_config(load_pipeline_config(body.config.encode()))
    return _format_response(200, "The configuration is good.", EffectiveConfig(effective=effective))


@cache
def _defaults() -> DefaultsInfo:
    """Return the defaults, which are the same for everybody and take long to describe."""
    return DefaultsInfo(yaml=default_config_text(), json_schema=PipelineConfig.model_json_schema())


def _access(who: Principal) -> AccessInfo:
    role = "admin" if who.is_admin else "user" if who.may_use else "none"
    return AccessInfo(key_required=not who.needs_no_key, role=role, actor=who.actor)


def _shown_settings(settings: Settings, is_admin: bool) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    for row in setting_rows():
        value = getattr(getattr(settings, row.section), row.key)
        shown.setdefault(row.section, {})[row.key] = _shown(row, value, is_admin)
    return shown


def _shown(row: SettingRow, value: Any, is_admin: bool) -> Any:
    """Return a setting as it may be seen: of a secret whether it is set, paths only by administrators."""
    if row.secret:
        return str(value).strip().lower() not in PLACEHOLDER_KEYS
    if isinstance(value, Path):
        return str(value) if is_admin or not value.is_absolute() else None
    return value
