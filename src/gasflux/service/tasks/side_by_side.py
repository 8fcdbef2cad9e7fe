"""Completed tasks side by side: their results read, the science asked for the estimate from all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gasflux.errors import ProcessingError, UnknownIdError
from gasflux.results.folder import RESULT
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import Task, TaskStatus
from gasflux.service.tasks.store import TaskStore

if TYPE_CHECKING:
    from gasflux.rate.flights import Comparison, FlightRate


def compare_tasks(task_ids: Sequence[str], tasks: TaskStore, folders: TaskFolders) -> dict[str, Any]:
    """Return the rates of several tasks gas by gas, with the estimate from all of them.

    Parameters
    ----------
    task_ids
        Which tasks; one given twice counts once.
    tasks, folders
        Where tasks and their results are.

    Returns
    -------
    dict
        ``gases``; as ``missing`` the ids of those that are gone or have no result, and as ``repeated`` of those that
        hold moments of another: neither counts. As ``simultaneous`` groups of ids, of flights at one place at the same
        time, and as ``elsewhere`` id -> metres of those flown at another place than the others: both count.

    Raises
    ------
    UnknownIdError
        When none of them has a result.
    ProcessingError
        When a result cannot be read.
    """
    # The service starts without numpy; who never compares never waits for it.
    from gasflux.rate.flights import compare_flights
    from gasflux.rate.same_flight import elsewhere, repeated, simultaneous

    found = {task_id: _result(task_id, tasks, folders) for task_id in dict.fromkeys(task_ids)}
    results = [result for result in found.values() if result]
    if not results:
        raise UnknownIdError(f"None of the {len(found)} tasks is there and completed; take ids from /reports.")
    again = repeated([rates for _, rates in results])
    counted = [result for number, result in enumerate(results) if number not in again]
    flights, ids = [rates for _, rates in counted], [task.task_id for task, _ in counted]
    gases = compare_flights(flights)
    measured = {gas: [task for task, rates in counted if gas in rates] for gas in gases}
    return {
        "gases": {gas: _answer(comparison, measured[gas]) for gas, comparison in gases.items()},
        "missing": [task_id for task_id, result in found.items() if not result],
        "repeated": [results[number][0].task_id for number in again],
        "simultaneous": [[ids[number] for number in group] for group in simultaneous(flights)],
        "elsewhere": {ids[number]: round(distance, 1) for number, distance in elsewhere(flights).items()},
    }


def _result(task_id: str, tasks: TaskStore, folders: TaskFolders) -> tuple[Task, dict[str, FlightRate]] | None:
    """Read the answers of one task; None when it is gone or not completed."""
    from gasflux.rate.flights import flight_rates

    try:
        task = tasks.get(task_id)
        if task.status is not TaskStatus.COMPLETED:
            return None
        with folders.result(task_id, RESULT) as path:
            return task, flight_rates(task.name, json.loads(path.read_bytes()))
    except UnknownIdError:  # removed before or meanwhile
        return None
    except ValueError as error:
        raise ProcessingError(
            f"The result of {task.name} ({task_id}) is damaged: {error}; run the task again, or leave it out."
        ) from None


def _answer(comparison: Comparison, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return one gas as the answer has it: each flight with its task."""
    from gasflux.results.output_vars import comparison_vars

    answer = comparison_vars(comparison)
    flights = zip(tasks, answer["flights"], strict=True)
    return answer | {"flights": [{"task_id": task.task_id, **flight} for task, flight in flights]}
