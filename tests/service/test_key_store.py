from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import opened

from gasflux.db import Database
from gasflux.errors import StateConflictError, UnknownIdError
from gasflux.service.keys.audit import AuditTrail
from gasflux.service.keys.records import AuditEntry
from gasflux.service.keys.store import KeyStore
from gasflux.storage.clock import utc_now


class Clock:
    """A clock that a test sets; whole seconds, as the table holds them."""

    def __init__(self) -> None:
        self.now = utc_now().replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    # 0.2 s, for the test with a locked file.
    with closing(opened(tmp_path_factory.mktemp("keys") / "gasflux.db", 0.2)) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(database: Database, clock: Clock) -> KeyStore:
    with database.write() as connection:
        connection.execute("DELETE FROM api_keys")
    return KeyStore(database, clock=clock)


def last_used(keys: KeyStore, key_id: str) -> datetime | None:
    return next(key for key in keys.list() if key.key_id == key_id).last_used_at


def test_a_key_opens_and_another_does_not(keys: KeyStore) -> None:
    issued = keys.issue("Lab", is_admin=True)
    key = keys.verify(issued.secret)
    assert key == issued.key
    assert key is not None
    assert (key.name, key.is_admin) == ("Lab", True)
    assert re.fullmatch(r"gf_[0-9a-f]{16}_[\w-]{43}", issued.secret)
    assert keys.verify(issued.secret[:-1] + ("A" if issued.secret[-1] != "A" else "B")) is None
    assert keys.verify(f"gf_{'0' * 16}_{issued.secret.split('_', 2)[2]}") is None


@given(st.text() | st.from_regex(r"gf_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", fullmatch=True))
def test_no_text_is_a_key_by_chance(database: Database, presented: str) -> None:
    assert KeyStore(database).verify(presented) is None


def test_a_broken_header_is_no_key(keys: KeyStore) -> None:
    assert keys.verify("gf_\udc80") is None
    assert keys.verify("x" * 1_000_000) is None


def test_the_key_stands_nowhere(keys: KeyStore, database: Database, tmp_path: Path) -> None:
    issued = keys.issue("Lab")
    keys.verify(issued.secret)
    secret = issued.secret.split("_", 2)[2]
    assert secret not in repr(issued)
    assert secret not in repr(keys.list())
    files = list(database.path.parent.iterdir())
    assert len(files) == 3
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_the_use_is_noted_at_most_every_five_minutes(keys: KeyStore, clock: Clock, database: Database) -> None:
    issued = keys.issue("Lab")
    assert last_used(keys, issued.key.key_id) is None
    first = clock.now
    keys.verify(issued.secret)
    clock.forward(minutes=4, seconds=59)
    keys.verify(issued.secret)
    KeyStore(database, clock=clock).verify(issued.secret)  # as after a restart
    assert last_used(keys, issued.key.key_id) == first
    clock.forward(seconds=1)
    keys.verify(issued.secret)
    assert last_used(keys, issued.key.key_id) == clock.now


def test_a_locked_database_does_not_shut_users_out(
    keys: KeyStore, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    issued = keys.issue("Lab")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with caplog.at_level(logging.WARNING):
            assert keys.verify(issued.secret) is not None
            assert keys.verify(issued.secret) is not None
        other.execute("ROLLBACK")
    assert caplog.text.count("could not be noted") == 1
    assert issued.secret not in caplog.text


def test_an_expired_key_opens_nothing(keys: KeyStore, clock: Clock) -> None:
    issued = keys.issue("Lab", expires_at=clock.now + timedelta(days=1))
    clock.forward(hours=23)
    assert keys.verify(issued.secret) is not None
    clock.forward(hours=1)
    assert keys.verify(issued.secret) is None


@pytest.mark.parametrize("by", ["id", "key"])
def test_revoking(keys: KeyStore, by: str) -> None:
    issued, other = keys.issue("Lab"), keys.issue("Field")
    handle = issued.key.key_id if by == "id" else issued.secret
    assert keys.revoke(handle).revoked
    assert keys.revoke(handle).revoked
    assert keys.verify(issued.secret) is None
    assert keys.verify(other.secret) is not None
    assert [key.revoked for key in keys.list()] == [False, True]
    keys.revoke(other.key.key_id)
    assert keys.verify(other.secret) is None


def test_revoking_what_is_no_key(keys: KeyStore) -> None:
    issued = keys.issue("Lab")
    forged = issued.secret[:-1] + ("A" if issued.secret[-1] != "A" else "B")
    for text in ("", "x", forged, issued.key.key_id[:-1]):
        with pytest.raises(UnknownIdError) as raised:
            keys.revoke(text)
        assert forged not in str(raised.value)
    assert keys.verify(issued.secret) is not None


def test_two_keys_live_side_by_side_while_one_follows_the_other(keys: KeyStore, clock: Clock) -> None:
    old = keys.issue("Lab", is_admin=True)
    new = keys.rotate(old.key.key_id, overlap_s=3600)
    assert (new.key.name, new.key.is_admin, new.key.expires_at) == ("Lab", True, None)
    clock.forward(seconds=3599)
    assert keys.verify(old.secret) is not None
    assert keys.verify(new.secret) is not None
    clock.forward(seconds=1)
    assert keys.verify(old.secret) is None
    assert keys.verify(new.secret) is not None


def test_rotation_neither_prolongs_the_old_key_nor_the_life_of_the_new(keys: KeyStore, clock: Clock) -> None:
    old = keys.issue("Lab", expires_at=clock.now + timedelta(days=10))
    clock.forward(days=9)
    new = keys.rotate(old.key.key_id, overlap_s=timedelta(days=7).total_seconds())
    assert new.key.expires_at == clock.now + timedelta(days=10)
    clock.forward(days=1)
    assert keys.verify(old.secret) is None


def test_a_key_has_one_successor(keys: KeyStore) -> None:
    old = keys.issue("Lab")

    def rotate(_: int) -> bool:
        try:
            keys.rotate(old.key.key_id, 60)
        except StateConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(rotate, range(8))) == 1
    assert len(keys.list()) == 2
    with pytest.raises(UnknownIdError):
        keys.rotate("0" * 16, 60)
    keys.revoke(old.key.key_id)
    with pytest.raises(StateConflictError):
        keys.rotate(old.key.key_id, 60)


def test_the_audit_trail_tells_the_last_acts_first(database: Database) -> None:
    trail = AuditTrail(database)
    now = utc_now().replace(microsecond=0)
    entries = [AuditEntry(now, "bootstrap", act, "k1", "127.0.0.1") for act in ("key created", "key revoked")]
    for entry in entries:
        trail.record(entry)
    assert trail.entries() == tuple(reversed(entries))
    assert trail.entries(limit=1) == (entries[1],)
