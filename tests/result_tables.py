"""The tables of a result as frames, to be summed up and compared."""

from __future__ import annotations

import pandas as pd

from gasflux.records import FlightResult
from gasflux.results.tables import grid_columns, processed_columns


def processed_frame(result: FlightResult) -> pd.DataFrame:
    """Return what `processed.csv` holds."""
    return pd.DataFrame(processed_columns(result)).astype({"segment": "Int64", "transect": "Int64"})


def grid_frame(result: FlightResult, gas: str) -> pd.DataFrame:
    """Return what `grid_<gas>.csv` holds."""
    return pd.DataFrame(grid_columns(result, gas))
