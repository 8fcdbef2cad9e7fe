"""Simulated flights of known emission: the truth that every number GasFlux reports is measured against.

Path, wind and plume are functions of continuous time; the log samples them. White noise of a sensor is given for 1 Hz
samples and grows with the square root of the rate, as it does for an instrument that averages over each sample.
"""

from __future__ import annotations

from gasflux.simulation.aircraft_kinds import AIRCRAFT_KINDS
from gasflux.simulation.kinds import ALL_KINDS, KINDS, random_scenario
from gasflux.simulation.scenario import Scenario
from gasflux.simulation.simulated_flight import PlumeTruth, SimulatedFlight, simulate, to_frame, to_log
from gasflux.simulation.turbulent_kinds import TURBULENT_KINDS

__all__ = [
    "AIRCRAFT_KINDS",
    "ALL_KINDS",
    "KINDS",
    "TURBULENT_KINDS",
    "PlumeTruth",
    "Scenario",
    "SimulatedFlight",
    "random_scenario",
    "simulate",
    "to_frame",
    "to_log",
]
