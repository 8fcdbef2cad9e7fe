"""The types of keys and of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ApiKey:
    """A key as an administrator sees it: never the key nor its hash."""

    key_id: str
    """Public part: the key reads ``gf_<key_id>_<secret>``."""
    name: str
    is_admin: bool
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True)
class IssuedKey:
    """A key that was just made; `secret` is shown once and kept nowhere."""

    key: ApiKey
    secret: str = field(repr=False)
    """The whole key as the client sends it."""


@dataclass(frozen=True)
class AuditEntry:
    """One act of an administrator."""

    at: datetime
    actor: str
    """Id of the key, ``bootstrap``, ``local`` or ``command line``."""
    act: str
    target: str
    address: str
