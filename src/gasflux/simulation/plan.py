"""Where the passes of a simulated flight are meant to lie: ends of curtains, corners of boxes, order of levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gasflux.records import FloatArray
from gasflux.simulation.scenario import Scenario


def curtain_ends(scenario: Scenario, curtain: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return both ends (east, north) of a curtain from the source, the left one as seen from there first."""
    distance = scenario.distance_m + curtain * scenario.curtain_spacing_m
    middle_x, middle_y = distance * np.sin(scenario.wind_to_rad), distance * np.cos(scenario.wind_to_rad)
    right_x, right_y = np.cos(scenario.normal_rad), -np.sin(scenario.normal_rad)
    left, right = (scenario.curtain_offset_m + side * scenario.curtain_length_m / 2 for side in (-1, 1))
    return (
        (float(middle_x + left * right_x), float(middle_y + left * right_y)),
        (float(middle_x + right * right_x), float(middle_y + right * right_y)),
    )


def flown_levels(scenario: Scenario, rng: np.random.Generator) -> Sequence[float]:
    """Return the heights of the passes in the order flown."""
    levels = scenario.level_heights_m * (scenario.level_repeats if scenario.is_by_aeroplane else 1)
    if scenario.level_order == "shuffled":
        return [levels[index] for index in rng.permutation(len(levels))]
    return levels if scenario.level_order == "ascending" else levels[::-1]


def box_corners(scenario: Scenario) -> FloatArray:
    """Return the corners of a box or of the rectangle about a race-track, counter-clockwise, shape (4, 2).

    The first side is the one the mean wind leaves through.
    """
    normal = np.array([np.sin(scenario.normal_rad), np.cos(scenario.normal_rad)])
    right = np.array([np.cos(scenario.normal_rad), -np.sin(scenario.normal_rad)])
    sine, cosine = np.sin(scenario.wind_to_rad), np.cos(scenario.wind_to_rad)
    centre = scenario.center_downwind_m * np.array([sine, cosine])
    centre = centre + scenario.center_crosswind_m * np.array([-cosine, sine])
    half, depth = 0.5 * scenario.curtain_length_m * right, 0.5 * scenario.box_depth_m * normal
    return np.array([centre + depth + half, centre + depth - half, centre - depth - half, centre - depth + half])
