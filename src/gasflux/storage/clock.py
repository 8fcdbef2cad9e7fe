"""Times as the tables hold them: UTC text, so that the document's SQL can compare them with `datetime('now')`."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present time, aware and in UTC."""
    return datetime.now(UTC)


def as_text(moment: datetime) -> str:
    """Return ``YYYY-MM-DD HH:MM:SS`` in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def as_exact_text(moment: datetime) -> str:
    """Return ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC, where a difference of two times is wanted."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def from_text(text: str) -> datetime:
    """Return the time that either form stands for."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def from_optional_text(text: str | None) -> datetime | None:
    """Return the time, or None where there is none."""
    return None if text is None else from_text(text)
