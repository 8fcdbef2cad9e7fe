"""Completed tasks side by side: their results read, the science asked for the estimate from all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gasflux.result_folder import RESULT
from gasflux.service.errors import ConflictError
from gasflux.service.folders import TaskFolders
from gasflux.service.records import Task, TaskStatus
from gasflux.service.task_store import TaskStore

if TYPE_CHECKING:
    from gasflux.comparison import Comparison, FlightRate
    from gasflux.records import FluxInterval


def compare_tasks(task_ids: Sequence[str], tasks: TaskStore, folders: TaskFolders) -> dict[str, Any]:
    """Return the rates of several tasks gas by gas, with the estimate from all of them.

    Parameters
    ----------
    task_ids
        Which tasks; one given twice counts once.
    tasks, folders
        Where tasks and their results are.

    Raises
    ------
    NotFoundError
        When there is no such task, or its result is gone.
    ConflictError
        When one is not completed.
    ProcessingError
        When a result cannot be read.
    """
    # The service starts without numpy; who never compares never waits for it.
    from gasflux.comparison import compare_flights

    chosen = [_completed(tasks.get(task_id)) for task_id in dict.fromkeys(task_ids)]
    flights = [_rates(task, folders) for task in chosen]
    by_gas = {
        gas: [task for task, flight in zip(chosen, flights, strict=True) if gas in flight] for gas in _all(flights)
    }
    return {gas: _answer(comparison, by_gas[gas]) for gas, comparison in compare_flights(flights).items()}


def _completed(task: Task) -> Task:
    """Return the task if it has a result."""
    if task.status is not TaskStatus.COMPLETED:
        raise ConflictError(
            f"The task {task.task_id} ({task.name}) is {task.status.value}; only completed tasks can be compared."
        )
    return task


def _rates(task: Task, folders: TaskFolders) -> dict[str, FlightRate]:
    """Read the answers of one task."""
    from gasflux.comparison import flight_rates

    text = folders.result_path(task.task_id, RESULT).read_text(encoding="utf-8")
    return flight_rates(task.name, json.loads(text))


def _all(flights: Sequence[Mapping[str, FlightRate]]) -> dict[str, None]:
    """Every gas, in the order in which the flights name them."""
    return dict.fromkeys(gas for flight in flights for gas in flight)


def _answer(comparison: Comparison, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return one gas as the answer has it, with the digits of output_vars.json."""
    from gasflux.exports import number

    combined = comparison.combined
    rows = zip(tasks, comparison.flights, combined.weights, strict=True)
    return {
        "flights": [_flight(task, rate, weight) for task, rate, weight in rows],
        "combined": {
            "flux_kg_h": number(combined.flux_kg_h),
            "flux_std_kg_h": number(combined.flux_std_kg_h),
            "flux_interval_kg_h": _interval(combined.interval),
            "detection_limit_kg_h": number(comparison.detection_limit_kg_h),
            "uncertainty_kg_h": {name: number(std) for name, std in combined.budget_kg_h.items()},
            "between_flights_std_kg_h": number(combined.between_std_kg_h),
        },
    }


def _flight(task: Task, rate: FlightRate, weight: float) -> dict[str, Any]:
    """Return one flight with its share in the mean."""
    return {
        "task_id": task.task_id,
        "name": task.name,
        "flux_kg_h": rate.flux_kg_h,
        "flux_std_kg_h": rate.flux_std_kg_h,
        "flux_interval_kg_h": _interval(rate.interval),
        "detection_limit_kg_h": rate.detection_limit_kg_h,
        "grade": rate.grade,
        "weight": weight,
    }


def _interval(interval: FluxInterval) -> dict[str, float | None]:
    """Return an interval under the names of output_vars.json."""
    from gasflux.exports import number

    return {"level": interval.level, "low": number(interval.low_kg_h), "high": number(interval.high_kg_h)}
