"""API keys: random, kept as a hash, compared in constant time.

A key reads ``gf_<key_id>_<secret>``: the id finds the row, the secret has 256 random bits. Of such a key SHA-256 is
enough: slow hashes protect passwords, which can be guessed; 256 random bits cannot, and every request would pay for it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from gasflux.db import Connection, Database, Row
from gasflux.errors import StateConflictError, StorageError, UnknownIdError
from gasflux.service.keys.records import ApiKey, IssuedKey
from gasflux.storage.clock import as_text, from_optional_text, from_text, utc_now

_KEY: Final = re.compile(r"gf_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_SECRET_BYTES: Final = 32
_NOTE_USE_EVERY: Final = timedelta(minutes=5)
_KNOWN_FOR: Final = timedelta(seconds=1)
_NO_HASH: Final = "0" * 64
"""Compared with when there is no such key, so that the time tells nothing."""

_log = logging.getLogger(__name__)


class KeyStore:
    """The table of API keys.

    Parameters
    ----------
    database
        A migrated database.
    clock
        Present time, aware.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[str, datetime] = {}
        self._known: set[str] = set()
        self._known_at = datetime.min.replace(tzinfo=UTC)

    def issue(self, name: str, *, is_admin: bool = False, expires_at: datetime | None = None) -> IssuedKey:
        """Make a key; the answer is the only place where it ever stands.

        Parameters
        ----------
        name
            Whose key it is.
        is_admin
            Whether it may make and revoke keys.
        expires_at
            When it stops being good; None for never.
        """
        with self._database.write() as connection:
            return self._insert(connection, name, is_admin, expires_at)

    def verify(self, presented: str) -> ApiKey | None:
        """Return the key that was presented and note its use; None when it is unknown, revoked or expired."""
        row = self._row(_id_in(presented))
        expected = _NO_HASH if row is None else row["key_hash"]
        matches = hmac.compare_digest(_hash(presented), expected)
        if row is None or not matches or not self._is_usable(row):
            return None
        self._note_use(row["key_id"])
        return _key_of(row)

    def rotate(self, key_id: str, overlap_s: float) -> IssuedKey:
        """Make the successor of a key; the old one stays good for `overlap_s` seconds beside it.

        Raises
        ------
        UnknownIdError
            There is no such key.
        StateConflictError
            It is revoked, has expired, or has a successor already.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = _existing(connection, key_id)
            self._refuse_rotation(row)
            successor = self._insert(connection, row["name"], bool(row["is_admin"]), self._lifetime_anew(row))
            ends = as_text(now + timedelta(seconds=overlap_s))
            connection.execute(
                "UPDATE api_keys SET replaced_by = ?, expires_at = min(coalesce(expires_at, ?), ?) WHERE key_id = ?",
                (successor.key.key_id, ends, ends, key_id),
            )
            return successor

    def revoke(self, key_id_or_key: str) -> ApiKey:
        """End a key, given its id or the whole key; UnknownIdError when there is none. Twice is no error."""
        key_id = _id_in(key_id_or_key) or key_id_or_key
        with self._database.write() as connection:
            row = _existing(connection, key_id)
            if key_id != key_id_or_key and not hmac.compare_digest(_hash(key_id_or_key), row["key_hash"]):
                raise UnknownIdError("There is no such key; give the id that the list of keys shows.")
            connection.execute("UPDATE api_keys SET revoked = 1 WHERE key_id = ?", (key_id,))
            self._database.settle()
            return _key_of(_existing(connection, key_id))

    def list(self) -> tuple[ApiKey, ...]:
        """Return all keys, revoked and expired ones too, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM api_keys ORDER BY created_at DESC, rowid DESC").fetchall()
        return tuple(_key_of(row) for row in rows)

    def is_empty(self) -> bool:
        """Return whether no key was ever made."""
        with self._database.read() as connection:
            return connection.execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is None

    def knows(self, key_id: str) -> bool:
        """Return whether a key of this id was ever made, without a look into the database for each that was not.

        The ids are read at most once in `_KNOWN_FOR`: who sends one made-up key after the other costs no more.
        """
        now = self._clock()
        if key_id not in self._known and abs(now - self._known_at) > _KNOWN_FOR:
            self._known_at = now
            with self._database.read() as connection:
                self._known = {row[0] for row in connection.execute("SELECT key_id FROM api_keys")}
        return key_id in self._known

    def _insert(self, connection: Connection, name: str, is_admin: bool, expires_at: datetime | None) -> IssuedKey:
        """Add a row with a fresh id and secret."""
        self._database.settle()
        key_id = secrets.token_hex(8)
        secret = f"gf_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        ends = None if expires_at is None else as_text(expires_at)
        connection.execute(
            "INSERT INTO api_keys (key_id, key_hash, name, created_at, revoked, is_admin, expires_at)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (key_id, _hash(secret), name, as_text(self._clock()), int(is_admin), ends),
        )
        self._known.add(key_id)
        return IssuedKey(_key_of(_existing(connection, key_id)), secret)

    def _row(self, key_id: str | None) -> Row | None:
        """Return the row of an id."""
        with self._database.read() as connection:
            row: Row | None = connection.execute("SELECT * FROM api_keys WHERE key_id = ?", (key_id,)).fetchone()
            return row

    def _is_usable(self, row: Row) -> bool:
        """Return whether a key is neither revoked nor expired."""
        ends = from_optional_text(row["expires_at"])
        return not row["revoked"] and (ends is None or self._clock() < ends)

    def _note_use(self, key_id: str) -> None:
        """Write the time of use, at most every five minutes.

        A full or locked disk does not shut users out: they may have come to delete something.
        """
        now = self._clock()
        if key_id in self._noted and now - self._noted[key_id] < _NOTE_USE_EVERY:
            return
        self._noted[key_id] = now
        try:
            with self._database.write() as connection:
                connection.execute(
                    "UPDATE api_keys SET last_used_at = ? WHERE key_id = ? AND coalesce(last_used_at, '') <= ?",
                    (as_text(now), key_id, as_text(now - _NOTE_USE_EVERY)),
                )
        except StorageError as error:
            _log.warning("the use of key %s could not be noted: %s", key_id, error)

    def _refuse_rotation(self, row: Row) -> None:
        """Raise StateConflictError for a key that cannot have a successor."""
        if row["replaced_by"]:
            raise StateConflictError(f"The key {row['key_id']} was replaced by {row['replaced_by']}: rotate that one.")
        if not self._is_usable(row):
            raise StateConflictError(f"The key {row['key_id']} is revoked or has expired: make a new one.")

    def _lifetime_anew(self, row: Row) -> datetime | None:
        """Return the end of a successor: as long from now as its predecessor had from its making."""
        ends = from_optional_text(row["expires_at"])
        return None if ends is None else self._clock() + (ends - from_text(row["created_at"]))


def _hash(key: str) -> str:
    """Return what is kept of a key; any text has a hash, lone surrogates of a broken header too."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _id_in(key: str) -> str | None:
    """Return the id in a whole key, None when the text is none."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def _existing(connection: Connection, key_id: str) -> Row:
    """Return the row of a key; UnknownIdError when there is none."""
    row: Row | None = connection.execute("SELECT * FROM api_keys WHERE key_id = ?", (key_id,)).fetchone()
    if row is None:
        raise UnknownIdError("There is no such key; give the id that the list of keys shows.")
    return row


def _key_of(row: Row) -> ApiKey:
    """Return a row as an administrator may see it."""
    return ApiKey(
        key_id=row["key_id"],
        name=row["name"] or "",
        is_admin=bool(row["is_admin"]),
        created_at=from_text(row["created_at"]),
        last_used_at=from_optional_text(row["last_used_at"]),
        expires_at=from_optional_text(row["expires_at"]),
        revoked=bool(row["revoked"]),
    )
