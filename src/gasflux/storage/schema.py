"""The tables of the service as numbered migrations: statement by statement, each number in one transaction.

A new file and a file that another program made with the document's own statements take the same way: the first
migration is the document's tables, the later ones add to them. A released migration is never changed.
"""

from __future__ import annotations

from typing import Final

DOCUMENT_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS tasks (
        task_id TEXT PRIMARY KEY,
        status TEXT NOT NULL,
        message TEXT,
        error TEXT,
        results TEXT,
        output_dir TEXT,
        created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
        updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
    )""",
    """CREATE TABLE IF NOT EXISTS api_keys (
        key_id TEXT PRIMARY KEY,
        key_hash TEXT NOT NULL,
        name TEXT,
        created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
        last_used_at TIMESTAMP,
        revoked INTEGER DEFAULT 0
    )""",
)

_TASK_COLUMNS: Final = (
    "name TEXT NOT NULL DEFAULT ''",
    "progress REAL NOT NULL DEFAULT 0",
    "stage TEXT",
    "input_name TEXT NOT NULL DEFAULT ''",
    "input_file TEXT NOT NULL DEFAULT ''",
    "size_bytes INTEGER NOT NULL DEFAULT 0",
    "has_config INTEGER NOT NULL DEFAULT 0",
    "attempts INTEGER NOT NULL DEFAULT 0",
    "uncounted INTEGER NOT NULL DEFAULT 0",  # attempts that do not count towards the limit: before a rerun, released
    "pinned INTEGER NOT NULL DEFAULT 0",
    "cancel_requested INTEGER NOT NULL DEFAULT 0",
    "deleting INTEGER NOT NULL DEFAULT 0",  # its files are going; nobody sees it any more
    "error_type TEXT",
    "error_details TEXT",
    "gases TEXT",
    "queue_order INTEGER NOT NULL DEFAULT 0",  # not the rowid, which VACUUM may change
    "queued_at TEXT",
    "started_at TEXT",
    "finished_at TEXT",
    "owner_key_id TEXT",
    "idempotency_key TEXT",
    "fingerprint TEXT NOT NULL DEFAULT ''",
    "callback_url TEXT",
    "callback_state TEXT",
)

_KEY_COLUMNS: Final = ("is_admin INTEGER NOT NULL DEFAULT 0", "expires_at TEXT", "replaced_by TEXT")

_TAKE_OVER: Final = (
    # The document's table does not say which file a task is about, so such a task cannot be taken up again.
    """UPDATE tasks SET status = 'failed', error_type = 'interrupted',
        error = 'The task was accepted by another version, which did not note its file; upload the file again.'
        WHERE status NOT IN ('completed', 'failed')""",
    """UPDATE tasks SET created_at = coalesce(datetime(created_at), datetime('now')),
        updated_at = coalesce(datetime(updated_at), datetime(created_at), datetime('now')),
        name = task_id, progress = CASE status WHEN 'completed' THEN 100 ELSE 0 END""",
    """UPDATE api_keys SET created_at = coalesce(datetime(created_at), datetime('now')),
        last_used_at = datetime(last_used_at), revoked = coalesce(revoked, 0), name = coalesce(name, '')""",
)

_COUNT_CHANGE: Final = "UPDATE facts SET value = value + 1 WHERE name = 'task_version'"

_SERVICE_TABLES: Final = (
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        act TEXT NOT NULL,
        target TEXT NOT NULL,
        address TEXT NOT NULL
    )""",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # known_since: folders older than that are beyond what this file can judge; empty in a fresh file and in a copy.
    "INSERT INTO facts (name, value) VALUES ('task_version', 0), ('checks', 0), ('known_since', NULL)",
    f"CREATE TRIGGER task_added AFTER INSERT ON tasks BEGIN {_COUNT_CHANGE}; END",
    f"CREATE TRIGGER task_changed AFTER UPDATE ON tasks BEGIN {_COUNT_CHANGE}; END",
    f"CREATE TRIGGER task_removed AFTER DELETE ON tasks BEGIN {_COUNT_CHANGE}; END",
)

_INDEXES: Final = (
    "CREATE INDEX tasks_by_queue ON tasks (status, queue_order)",
    "CREATE INDEX tasks_by_created ON tasks (created_at, queue_order)",
    "CREATE INDEX tasks_by_status_created ON tasks (status, created_at, queue_order)",
    "CREATE INDEX tasks_by_status_updated ON tasks (status, updated_at)",
    "CREATE INDEX tasks_by_order ON tasks (queue_order)",
    """CREATE UNIQUE INDEX tasks_by_idempotency ON tasks (coalesce(owner_key_id, ''), idempotency_key)
        WHERE idempotency_key IS NOT NULL""",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    DOCUMENT_TABLES,
    (
        *(f"ALTER TABLE tasks ADD COLUMN {column}" for column in _TASK_COLUMNS),
        *(f"ALTER TABLE api_keys ADD COLUMN {column}" for column in _KEY_COLUMNS),
        *_TAKE_OVER,
        *_SERVICE_TABLES,
        *_INDEXES,
    ),
    ("ALTER TABLE tasks ADD COLUMN callback_tries INTEGER NOT NULL DEFAULT 0",),
    ("ALTER TABLE tasks ADD COLUMN server_ends INTEGER NOT NULL DEFAULT 0",),
)
"""Statements that lead from version n to n + 1 of the file (`PRAGMA user_version`)."""
