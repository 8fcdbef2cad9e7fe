"""The audit trail: what administrators did, kept when keys and tasks are long gone."""

from __future__ import annotations

from gasflux.db import Database
from gasflux.service.keys.records import AuditEntry
from gasflux.storage.clock import as_text, from_text


class AuditTrail:
    """The table of administrators' acts; entries are only ever added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: AuditEntry) -> None:
        """Add an act."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO audit (at, actor, act, target, address) VALUES (?, ?, ?, ?, ?)",
                (as_text(entry.at), entry.actor, entry.act, entry.target, entry.address),
            )

    def entries(self, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Return the last acts, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT at, actor, act, target, address FROM audit ORDER BY id DESC LIMIT ?", (limit,)
            ).fetchall()
        return tuple(AuditEntry(from_text(row["at"]), *row[1:]) for row in rows)
