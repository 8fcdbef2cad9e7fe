"""The air a flight flies through, by whatever physics: its wind and the plume of a unit emission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gasflux.records import FloatArray
from gasflux.simulation.plume import Gusts, meandering_plume, profile_wind_m_s, steady_plume, transport_speed_m_s
from gasflux.simulation.scenario import Scenario


class Air(Protocol):
    """Wind and plume as functions of ascending time and of place relative to the foot of the source."""

    def wind(
        self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the wind towards east and north, m/s, shape (n,) each.

        Parameters
        ----------
        time_s
            Ascending times since the start of the flight, shape (n,).
        x_m, y_m, z_m
            Where, east and north of the foot of the source and above the ground, shape (n,).
        """

    def concentration(self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray) -> FloatArray:
        """Return the concentration per unit emission, s/m3, shape (n,).

        Parameters
        ----------
        time_s
            Ascending times since the start of the flight, shape (n,).
        x_m, y_m, z_m
            Where, east and north of the foot of the source and above the ground, shape (n,).
        """


@dataclass(frozen=True, eq=False)
class PlumeAir:
    """A steady plume or one of puffs, in a wind that is one gust everywhere, scaled by the profile."""

    scenario: Scenario
    gusts: Gusts

    def wind(
        self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the wind towards east and north, m/s; see `gasflux.simulation.air.Air.wind`."""
        scale = profile_wind_m_s(self.scenario, z_m) / transport_speed_m_s(self.scenario)
        east, north = self.gusts.at(time_s)
        return scale * east, scale * north

    def concentration(self, time_s: FloatArray, x_m: FloatArray, y_m: FloatArray, z_m: FloatArray) -> FloatArray:
        """Return the concentration per unit emission, s/m3; see `gasflux.simulation.air.Air.concentration`."""
        if self.scenario.plume == "steady":
            return steady_plume(self.scenario, x_m, y_m, z_m)
        return meandering_plume(self.scenario, self.gusts, time_s, x_m, y_m, z_m)
