"""Make the bundled sample: a simulated flight of known emission that the hand-over document's own YAML accepts.

Its heights must not be negative, so the height is logged without noise, as from a radar altimeter.
"""

from __future__ import annotations

from pathlib import Path

from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated

SAMPLE = Path(__file__).parents[1] / "src" / "gasflux" / "data" / "sample_flight.xlsx"
SCENARIO = Scenario(
    rate_kg_h={"ch4": 5.0, "co2": 250.0},
    plume="meandering",
    latitude_deg=51.97,
    longitude_deg=4.93,
    distance_m=100.0,
    curtain_length_m=160.0,
    angle_to_normal_deg=10.0,
    wind_from_deg=235.0,
    transects=12,
    lowest_pass_m=3.0,
    top_m=35.0,
    height_noise_m=0.0,
    start_utc="2026-04-13T09:30:00",
    seed=13,
)


def main() -> None:
    """Write the log and the truth beside it."""
    write_simulated(simulate(SCENARIO), SAMPLE, "sample")


if __name__ == "__main__":
    main()
