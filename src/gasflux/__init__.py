"""GasFlux: from the log of a flight to an emission rate in kg/h with an interval and a grade."""

from gasflux.version import __version__

__all__ = ["__version__"]
