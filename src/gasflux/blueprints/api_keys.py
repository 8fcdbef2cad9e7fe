"""Keys, and what administrators did."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g

from gasflux.api.endpoint import Access, endpoint
from gasflux.api.log_tail import last_lines
from gasflux.api.models import (
    AuditInfo,
    AuditList,
    AuditQuery,
    IssuedKeyInfo,
    KeyInfo,
    KeyList,
    LogLines,
    LogQuery,
    NewKey,
)
from gasflux.api.presenting import key_info
from gasflux.auth import BOOTSTRAP, audited, principal
from gasflux.service.keys.records import IssuedKey
from gasflux.shared import _format_response, current_service
from gasflux.storage.clock import as_text, utc_now

api_keys_bp = Blueprint("api_keys", __name__)


@api_keys_bp.get("/api_keys")
@endpoint(summary="Every key, without the keys themselves", access=Access.ADMIN, answer=KeyList, tag="keys")
def list_keys() -> Response:
    """Answer the keys, newest first."""
    keys = [key_info(key) for key in current_service().keys.list()]
    return _format_response(200, f"{len(keys)} keys.", KeyList(api_keys=keys))


@api_keys_bp.post("/api_keys")
@endpoint(
    summary="Make a key",
    description="The answer is the only place where the key ever stands.",
    access=Access.ADMIN,
    body=NewKey,
    answer=IssuedKeyInfo,
    statuses=(201,),
    tag="keys",
)
@audited("create key")
def create_key(body: NewKey) -> Response:
    """Make a key; the first one is an administrator's unless asked otherwise, else nobody could make a second.

    Whoever has the bootstrap key can: with it no key has more rights than were asked for.
    """
    keys = current_service().keys
    is_admin = principal() is not BOOTSTRAP and keys.is_empty() if body.admin is None else body.admin
    expires_at = utc_now() + timedelta(days=body.expires_in_days) if body.expires_in_days else None
    issued = keys.issue(body.name, is_admin=is_admin, expires_at=expires_at)
    return _shown_once(issued, "The key was made; it is shown only now.")


@api_keys_bp.post("/api_keys/<key_id>/rotate")
@endpoint(
    summary="Make the successor of a key",
    description="The old key stays good for `[security] rotation_overlap` seconds beside it.",
    access=Access.ADMIN,
    answer=IssuedKeyInfo,
    statuses=(201,),
    errors=(404, 409),
    tag="keys",
)
@audited("rotate key")
def rotate_key(key_id: str) -> Response:
    """Make a successor."""
    service = current_service()
    issued = service.keys.rotate(key_id, service.settings.security.rotation_overlap)
    return _shown_once(issued, f"The key was made; {key_id} stays good for a while beside it.")


@api_keys_bp.delete("/api_keys/<key_id>")
@endpoint(
    summary="Revoke a key",
    description="Takes the id or the whole key; the id is better, as addresses are written into logs.",
    access=Access.ADMIN,
    answer=KeyInfo,
    errors=(404,),
    tag="keys",
)
@audited("revoke key")
def revoke_key(key_id: str) -> Response:
    """End a key at once."""
    key = current_service().keys.revoke(key_id)
    g.audit_target = key.key_id
    return _format_response(200, f"The key {key.name!r} is revoked.", key_info(key))


@api_keys_bp.get("/audit")
@endpoint(
    summary="What administrators did, newest first", access=Access.ADMIN, query=AuditQuery, answer=AuditList, tag="keys"
)
def audit(query: AuditQuery) -> Response:
    """Answer the end of the audit trail."""
    entries = [
        AuditInfo(at=as_text(entry.at), actor=entry.actor, act=entry.act, target=entry.target, address=entry.address)
        for entry in current_service().audit.entries(query.limit)
    ]
    return _format_response(200, f"The last {len(entries)} acts.", AuditList(entries=entries))


@api_keys_bp.get("/logs")
@endpoint(summary="The end of the server's log", access=Access.ADMIN, query=LogQuery, answer=LogLines, tag="service")
def logs(query: LogQuery) -> Response:
    """Answer the last lines of the log."""
    lines = last_lines(current_service().settings.logging.file, query.tail)
    return _format_response(200, f"The last {len(lines)} lines.", LogLines(lines=lines))


def _shown_once(issued: IssuedKey, message: str) -> Response:
    g.audit_target = issued.key.key_id
    data = IssuedKeyInfo(**key_info(issued.key).model_dump(), api_key=issued.secret)
    return _format_response(201, message, data)
