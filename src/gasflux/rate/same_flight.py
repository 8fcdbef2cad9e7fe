"""Which of several results hold the same moments, were measured at the same time, or at another place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np

from gasflux.rate.flights import FlightRate
from gasflux.rate.trace import MOMENT_S, FlightTrace, distance_m, is_simultaneous, shares_moments

_SAME_SITE_M: Final = 1000.0
"""A plume is flown within some hundred metres of its source; flights whose places overlap may be further apart."""

Rates = Mapping[str, FlightRate]
"""The answers of one flight, gas by gas."""


def repeated(flights: Sequence[Rates]) -> dict[int, int]:
    """Return which flights hold moments of another, and of which: as repeats they would make the interval too narrow.

    The same log, a part of it or another export of it; of flights that share moments the longest counts, of equally
    long ones the first given. Results of older versions have no trace: those are told by their log alone.

    Parameters
    ----------
    flights
        Answers of `rate.flights.flight_rates`.
    """
    traces = [_trace(flight) for flight in flights]
    lengths = [(trace.end - trace.start) // np.timedelta64(MOMENT_S, "s") if trace else 0 for trace in traces]
    kept: list[int] = []
    found: dict[int, int] = {}
    for number in sorted(range(len(flights)), key=lambda number: -int(lengths[number])):
        twin = next((other for other in kept if _is_same(flights[number], flights[other])), None)
        if twin is None:
            kept.append(number)
        else:
            found[number] = twin
    return dict(sorted(found.items()))


def _is_same(one: Rates, other: Rates) -> bool:
    """Tell whether two flights are of one log, or share moments."""
    logs = [next((rate.log for rate in flight.values()), None) for flight in (one, other)]
    if None not in logs and logs[0] == logs[1]:
        return True
    here, there = _trace(one), _trace(other)
    return here is not None and there is not None and _is_one_site(here, there) and shares_moments(here, there)


def simultaneous(flights: Sequence[Rates]) -> tuple[tuple[int, ...], ...]:
    """Return groups of flights that measured at one place at the same time, with other aircraft or instruments.

    They are measurements of their own, but of the same gusts: together they say less than flights one after the other.

    Parameters
    ----------
    flights
        Answers of `rate.flights.flight_rates`, none of them `repeated`.
    """
    groups: list[list[tuple[int, FlightTrace]]] = []
    for number, flight in enumerate(flights):
        trace = _trace(flight)
        if trace is None:
            continue
        joined = [group for group in groups if any(_is_beside(trace, other) for _, other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*chain.from_iterable(joined), (number, trace)])
    return tuple(sorted(tuple(sorted(number for number, _ in group)) for group in groups if len(group) > 1))


def _is_beside(one: FlightTrace, other: FlightTrace) -> bool:
    """Tell whether two flights were at one place at the same time."""
    return is_simultaneous(one, other) and _is_one_site(one, other)


def elsewhere(flights: Sequence[Rates]) -> dict[int, float]:
    """Return which flights were flown at another place, and how far from the others, in metres.

    The place is that of most flights, or of the first where as many were flown at each.

    Parameters
    ----------
    flights
        Answers of `rate.flights.flight_rates`.
    """
    traces = {number: trace for number, flight in enumerate(flights) if (trace := _trace(flight)) is not None}
    if not traces:
        return {}
    site = max(traces.values(), key=lambda one: sum(_is_one_site(one, other) for other in traces.values()))
    return {number: distance_m(site, one) for number, one in traces.items() if not _is_one_site(site, one)}


def _is_one_site(one: FlightTrace, other: FlightTrace) -> bool:
    """Tell whether two flights may have been round one source."""
    return distance_m(one, other) <= max(_SAME_SITE_M, one.extent_m + other.extent_m)


def _trace(flight: Rates) -> FlightTrace | None:
    """Trace of a flight, the same in all its answers."""
    return next((rate.trace for rate in flight.values()), None)
