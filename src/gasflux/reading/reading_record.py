"""A table whose columns have been read: what later stages ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gasflux.configuration.pipeline_config import PipelineConfig, Range
from gasflux.errors import Fault
from gasflux.reading.columns import HEIGHT_NAMES, Choices
from gasflux.reading.headers import gas_name
from gasflux.reading.quantities import Quantity
from gasflux.reading.raw_table import RawTable
from gasflux.reading.times.time_columns import Times
from gasflux.records import AssumedAir, FloatArray
from gasflux.wording.phrases import Phrase

FELT_COMPONENTS: Final = ("aircraft_u", "aircraft_v")
FELT_POLAR: Final = ("apparent_speed", "apparent_direction")
AIRCRAFT_MOTION: Final = ("heading", "ground_speed")
AIRCRAFT_REQUIRED: Final = (*FELT_COMPONENTS, *AIRCRAFT_MOTION)
"""Columns of the wind in the aircraft's frame, as components or as speed and angle, and those that turn it."""

Quantities = Mapping[str, Quantity]


@dataclass(frozen=True, eq=False)
class Reading:
    """Every column that is used, as numbers of length n, with what was found wrong and worth saying on the way."""

    table: RawTable
    config: PipelineConfig
    choices: Choices
    times: Times
    quantities: Quantities
    faults: tuple[Fault, ...]
    notes: tuple[Phrase, ...]
    assumed_air: AssumedAir | None = None
    """What of the air no column gave."""
    air_notes: tuple[Phrase, ...] = ()
    """Those of the notes that say what of the air is assumed."""

    def values(self, name: str) -> FloatArray:
        """Values of a column, shape (n,)."""
        return self.quantities[name].values

    def has(self, *names: str) -> bool:
        """Tell whether all named columns are there."""
        return all(name in self.quantities for name in names)

    @property
    def height_name(self) -> str | None:
        """Name of the height column that is used."""
        return next((name for name in HEIGHT_NAMES if name in self.quantities), None)

    @property
    def time_header(self) -> str:
        """Headers of the time columns used."""
        return " + ".join(self.times.headers) or "timestamp"

    @property
    def gases(self) -> tuple[str, ...]:
        """Gases with enough values."""
        return tuple(gas for gas in self.choices.gases if gas in self.quantities)


def ranges_of_gases(config: PipelineConfig) -> dict[str, Range]:
    """Return the gases that the configuration lists, by formula, with their ranges."""
    return {formula: limits for name, limits in config.gases.items() if (formula := gas_name(name)) is not None}
