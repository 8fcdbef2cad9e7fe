"""GasFlux: from the log of a flight to an emission rate in kg/h with an interval and a grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gasflux.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from gasflux.configuration.pipeline_yaml import ConfigSource
    from gasflux.records import FlightResult

__all__ = ["FlightResult", "__version__", "process"]


def process(source: Path | str | pd.DataFrame | Sequence[Path | str], config: ConfigSource = None) -> FlightResult:
    """Turn a flight log into emission rates.

    Parameters
    ----------
    source
        Path of a log (.xlsx, .xls, .csv, .csv.gz), the paths of several that hold one flight together, or a frame with
        the columns of one.
    config
        Path of a processing YAML, its text, a mapping of settings, or None for the defaults.

    Returns
    -------
    FlightResult
        ``result.gases["ch4"].flux_kg_h`` and everything it was computed from.

    Raises
    ------
    gasflux.errors.GasFluxError
        What is wrong with the log or the configuration, every fault at once.
    """
    from gasflux.data_processor import process_flight

    return process_flight(source, config)


def __getattr__(name: str) -> Any:
    """Import the result type when it is asked for: `import gasflux` alone loads nothing heavy."""
    if name == "FlightResult":
        from gasflux.records import FlightResult

        return FlightResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
