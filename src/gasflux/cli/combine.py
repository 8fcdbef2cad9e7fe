"""The command that takes several flights of a source together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gasflux.cli.tables import COMPARISON_HEADER, comparison_rows, format_table
from gasflux.errors import InputError
from gasflux.rate.flights import FlightRate, compare_flights, flight_rates
from gasflux.rate.same_flight import elsewhere, repeated, simultaneous
from gasflux.results.folder import RESULT
from gasflux.results.output_vars import comparison_vars
from gasflux.results.report.numbers import significant


@click.command("combine")
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="RESULT...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def combine_command(results: tuple[Path, ...], as_json: bool) -> None:
    """Take flights of one source together: their rates side by side, and the estimate from all of them.

    RESULT is a folder that `gasflux process` wrote, or the output_vars.json in it. The flights count as repeats of one
    measurement of one source; those that differ by more than their own errors explain widen the interval.
    """
    documents = {path: _document(path) for path in dict.fromkeys(results)}
    flights = {path: flight_rates(name, documents[path]) for path, name in _names(documents).items()}
    paths = list(flights)
    again = {paths[number]: paths[other] for number, other in repeated(list(flights.values())).items()}
    for path, other in again.items():
        click.echo(
            f"note: {path} holds moments of {other}: the same log, a part of it or another export of it; it is left "
            "out, a moment counts once.",
            err=True,
        )
    counted = {path: rates for path, rates in flights.items() if path not in again}
    _tell_time_and_place(counted)
    compared = compare_flights(list(counted.values()))
    _show({gas: comparison_vars(comparison) for gas, comparison in compared.items()}, as_json)


def _tell_time_and_place(flights: Mapping[Path, Mapping[str, FlightRate]]) -> None:
    """Tell of flights that count, though they do not say as much as others or may be of another source."""
    paths, rates = list(flights), list(flights.values())
    for group in simultaneous(rates):
        click.echo(
            f"note: {', '.join(str(paths[number]) for number in group)} were flown at the same time at one place; they "
            "count, but they saw the same gusts: together they say less than flights one after the other.",
            err=True,
        )
    for number, distance in elsewhere(rates).items():
        click.echo(
            f"note: {paths[number]} was flown {distance / 1000.0:.1f} km from the others; it counts, which is right "
            "only if all are of one source.",
            err=True,
        )


def _show(gases: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    """Print the comparison, and where flights differ by more than each of them may be off."""
    if as_json:
        click.echo(json.dumps({"gases": gases}, ensure_ascii=False, allow_nan=False))
        return
    click.echo(
        format_table(COMPARISON_HEADER, [row for gas, values in gases.items() for row in comparison_rows(gas, values)])
    )
    for gas, values in gases.items():
        between = values["combined"]["between_flights_std_kg_h"]
        if between > max(flight["flux_std_kg_h"] for flight in values["flights"]):
            click.echo(
                f"{gas}: the flights differ by more than their own errors explain (± {significant(between, 2)} kg/h "
                "between them): the source or the wind may have changed, or they are not of one source."
            )


def _document(path: Path) -> Mapping[str, Any]:
    """Read the result of a flight."""
    file = path / RESULT if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # JSON nested without end
        reason = getattr(error, "strerror", None) or "it is not JSON"
        raise InputError(
            f"{file}: cannot be read ({reason}); name a folder that `gasflux process` wrote, or its {RESULT}."
        ) from None
    if not isinstance(document, dict):
        raise InputError(f"{file}: is not the {RESULT} of a flight.")
    return document


def _names(documents: Mapping[Path, Mapping[str, Any]]) -> dict[Path, str]:
    """Call each flight by its log; where two logs have one name, by the paths of their results."""
    logs = {path: _log_name(document) or str(path) for path, document in documents.items()}
    count = Counter(logs.values())
    return {path: name if count[name] == 1 else str(path) for path, name in logs.items()}


def _log_name(document: Mapping[str, Any]) -> str | None:
    """Return the name of the log of a result, if it says."""
    log = document.get("input")
    return str(log["name"]) if isinstance(log, dict) and "name" in log else None
