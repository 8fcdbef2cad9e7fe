"""What became of the callbacks, kept with their tasks: what was not delivered is sent by the next server."""

from __future__ import annotations

from gasflux.db import Database
from gasflux.service.tasks.records import CallbackState, Task
from gasflux.service.tasks.sql import IS_FINAL, task_of
from gasflux.storage.clock import as_exact_text


class CallbackStore:
    """The state of every callback; the step that ends a task makes it pending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self) -> tuple[tuple[Task, int], ...]:
        """Return the finished tasks of whose end nobody was told yet, with how often that was tried."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM tasks WHERE callback_state = 'pending' AND {IS_FINAL} AND deleting = 0"
                " ORDER BY finished_at"
            ).fetchall()
            return tuple((task_of(row), row["callback_tries"]) for row in rows)

    def note(self, task: Task, state: CallbackState, tries: int) -> bool:
        """Note how far a callback is; False when this end of the task is over: it was removed, or runs again.

        Parameters
        ----------
        task
            As it was when its callback fell due.
        state
            What became of the callback.
        tries
            How often it was sent.
        """
        finished_at = task.finished_at and as_exact_text(task.finished_at)
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE tasks SET callback_state = ?, callback_tries = ? WHERE task_id = ? AND finished_at IS ?"
                " AND callback_state = 'pending' AND deleting = 0",
                (state, tries, task.task_id, finished_at),
            )
            return changed.rowcount == 1
