"""Which figures a flight has, and the stable names of their files: known without drawing one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gasflux.records import FlightResult

GAS_KINDS: Final = ("flight_map", "flight_3d", "background", "budget")
"""Figures of one gas over the whole flight; ``segments`` comes with the second segment."""

SURFACE_KINDS: Final = ("curtain", "profile", "variogram")
"""Figures of one gas on one surface."""


@dataclass(frozen=True)
class FigureKey:
    """What one figure shows."""

    kind: str
    gas: str | None = None
    segment: int | None = None
    """Index of the segment; None for the whole flight."""
    is_numbered: bool = False
    """Whether the flight has several segments, so that the file name tells which."""

    @property
    def file_name(self) -> str:
        """Name such as ``curtain_ch4_s1.png``, safe on every file system."""
        number = f"s{self.segment + 1}" if self.is_numbered and self.segment is not None else None
        parts = [part for part in (self.kind, self.gas, number) if part]
        return re.sub(r"[^a-z0-9_-]+", "_", "_".join(parts).lower()) + ".png"


def figure_keys(result: FlightResult) -> Iterator[FigureKey]:
    """Yield the key of every figure of a flight, gas by gas, then segment by segment."""
    several = len(result.segments) > 1
    for gas in result.gases:
        for kind in (*GAS_KINDS, *(["segments"] if several else [])):
            yield FigureKey(kind, gas)
    for index, item in enumerate(result.segments):
        if item.wind.measured_direction:
            yield FigureKey("wind_rose", None, index, several)
        yield FigureKey("wind_series", None, index, several)
        for gas in item.gases:
            for kind in SURFACE_KINDS:
                yield FigureKey(kind, gas, index, several)
