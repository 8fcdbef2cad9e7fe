"""Several flights of a site side by side, and the one estimate from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gasflux.errors import ProcessingError
from gasflux.rate.error_budget import BETWEEN_FLIGHTS
from gasflux.rate.repeats import CombinedFlux, combine, flight_repeat
from gasflux.rate.trace import FlightTrace, read_trace
from gasflux.records import FluxInterval

_MOST_KG_H: Final = 1e12
"""Hundreds of times what all people emit of carbon dioxide: larger figures are none, and only overflow."""


@dataclass(frozen=True)
class FlightRate:
    """The answer of one flight for one gas."""

    name: str
    log: str
    """SHA-256 of the flight's log."""
    flux_kg_h: float
    flux_std_kg_h: float
    interval: FluxInterval
    budget_kg_h: Mapping[str, float]
    """Component -> one standard deviation."""
    detection_limit_kg_h: float
    grade: str
    trace: FlightTrace | None
    """What tells the same moments again; None in results of older versions."""


@dataclass(frozen=True)
class Comparison:
    """Flights of one source for one gas."""

    gas: str
    flights: tuple[FlightRate, ...]
    combined: CombinedFlux
    """Of one flight, its own rate; `weights` are in the order of `flights`."""
    detection_limit_kg_h: float
    """Of the mean."""


def flight_rates(name: str, document: Mapping[str, Any]) -> dict[str, FlightRate]:
    """Return the answers of a flight, gas by gas.

    Parameters
    ----------
    name
        What to call the flight.
    document
        Content of its ``output_vars.json``.

    Raises
    ------
    ProcessingError
        When the document is no result, or one whose figures are not known.
    """
    try:
        log = str(document["input"]["sha256"])
        trace = read_trace(document)
        return {gas: _rate(name, log, trace, values) for gas, values in document["gases"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProcessingError(
            f"{name}: this is no result of GasFlux, or one without figures (at {error}); take the output_vars.json of "
            "a processed flight, or process the flight again."
        ) from None


def compare_flights(flights: Sequence[Mapping[str, FlightRate]]) -> dict[str, Comparison]:
    """Compare flights gas by gas; a flight that did not measure a gas is left out there.

    The combined estimate takes the flights as repeats of one measurement of one source (`rate.repeats.combine`): those
    that differ by more than their own errors explain widen it. Its interval has the highest level of theirs.

    Parameters
    ----------
    flights
        Answers of `flight_rates`, none of them repeated (`rate.same_flight.repeated`).
    """
    gases = dict.fromkeys(gas for flight in flights for gas in flight)
    return {gas: _compared(gas, [flight[gas] for flight in flights if gas in flight]) for gas in gases}


def _compared(gas: str, rates: Sequence[FlightRate]) -> Comparison:
    """Compare the flights that measured a gas."""
    repeats = [flight_repeat(rate.flux_kg_h, rate.budget_kg_h, rate.interval) for rate in rates]
    combined = combine(repeats, max(rate.interval.level for rate in rates), BETWEEN_FLIGHTS)
    limits = np.multiply(combined.weights, [rate.detection_limit_kg_h for rate in rates])
    return Comparison(gas, tuple(rates), combined, float(np.linalg.norm(limits)))


def _rate(name: str, log: str, trace: FlightTrace | None, values: Mapping[str, Any]) -> FlightRate:
    """Read the answer for one gas; what no processing gives raises ValueError."""
    flux = _figure(values["flux_kg_h"])
    ends = values["flux_interval_kg_h"]
    interval = FluxInterval(_figure(ends["level"]), _figure(ends["low"]), _figure(ends["high"]))
    if not (0.0 < interval.level < 1.0 and interval.low_kg_h <= flux <= interval.high_kg_h):
        raise ValueError(f"{flux:g} kg/h is not in the interval {interval}")
    return FlightRate(
        name=name,
        log=log,
        flux_kg_h=flux,
        flux_std_kg_h=_error(values["flux_std_kg_h"]),
        interval=interval,
        budget_kg_h={part: _error(std) for part, std in values["uncertainty_kg_h"].items()},
        detection_limit_kg_h=_error(values["detection_limit_kg_h"]),
        grade=str(values["quality"]["grade"]),
        trace=trace,
    )


def _figure(value: Any) -> float:
    """Return a number of a document, no larger than any source on earth emits."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST_KG_H:
        raise ValueError(f"{value!r} in place of a number")
    return float(value)


def _error(value: Any) -> float:
    """Return a number of a document that is not negative."""
    if _figure(value) < 0.0:
        raise ValueError(f"{value!r} is negative")
    return float(value)
