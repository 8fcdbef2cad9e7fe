"""What must hold exactly, whatever the flight: identities through the whole chain."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from gasflux.configuration.pipeline_config import GroundSettings, OrdinaryKrigingSettings, PipelineConfig
from gasflux.errors import ProcessingError
from gasflux.processing_pipelines import process_log
from gasflux.reading.flight_file import flight_from_frame
from gasflux.records import FlightResult
from gasflux.simulation import random_scenario, simulate, to_frame

CONSTANT_GROUND = PipelineConfig(ground=GroundSettings(method="constant"))
"""The layer below the lowest pass without a fit: then the flux is linear in the samples to the last digit."""

KINDS = ("meandering", "spiral_meandering")


@cache
def flight(kind: str) -> pd.DataFrame:
    return to_frame(simulate(random_scenario(kind, np.random.default_rng(11))))


def process(frame: pd.DataFrame, config: PipelineConfig | None = None) -> FlightResult:
    settings = config or PipelineConfig()
    return process_log(flight_from_frame(frame, settings), settings)


def rate(frame: pd.DataFrame, config: PipelineConfig | None = None) -> float:
    return process(frame, config).gases["ch4"].flux_kg_h


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_enhancement_is_twice_the_flux(kind: str) -> None:
    doubled = flight(kind).assign(ch4=2.0 * flight(kind)["ch4"])
    # baseline, kriging weights and profile fit scale: what is left is rounding in a least squares fit
    assert rate(doubled) == pytest.approx(2.0 * rate(flight(kind)), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_offset_of_the_instrument_does_not_matter(kind: str) -> None:
    shifted = flight(kind).assign(ch4=flight(kind)["ch4"] - 5.0)
    # rounding of a constant taken out by a least squares fit
    assert rate(shifted) == pytest.approx(rate(flight(kind)), rel=1e-6)


def test_height_of_the_site_does_not_matter() -> None:
    on_the_ground = flight("meandering").assign(height_ato=lambda frame: frame["height_ato"].clip(lower=0.0))
    # With its unit the air's pressure is taken as it is, however high the site is said to be.
    on_the_ground = on_the_ground.rename(columns={"pressure": "pressure (hPa)"})
    above_the_sea = on_the_ground.rename(columns={"height_ato": "altitude"}).assign(
        altitude=on_the_ground["height_ato"] + 2500.0
    )
    # rounding of the heights when 2,500 m are added
    assert rate(above_the_sea) == pytest.approx(rate(on_the_ground), rel=1e-6)
    flags = [{flag.code for flag in process(log).gases["ch4"].quality.flags} for log in (above_the_sea, on_the_ground)]
    assert flags[0] - flags[1] == {"ground_guessed"}


@pytest.mark.parametrize(("drop_m", "guessed"), [(0.5, False), (10.0, True)])
def test_flight_below_take_off_says_that_the_ground_is_a_guess(drop_m: float, guessed: bool) -> None:
    frame = flight("meandering")
    lowest = float(frame["height_ato"][frame["height_ato"] > 1.0].min())
    lowered = frame.assign(
        height_ato=frame["height_ato"].where(frame["height_ato"] < 1.0, frame["height_ato"] - lowest - drop_m)
    )
    flags = {flag.code for flag in process(lowered).gases["ch4"].quality.flags}
    # half a metre is the noise of a barometer, ten are a slope
    assert ("ground_guessed" in flags) is guessed


def test_ground_above_every_pass_is_refused() -> None:
    config = PipelineConfig(ground=GroundSettings(height=500.0))
    with pytest.raises(ProcessingError, match=r"ground at 500 m is above the highest pass"):
        process(flight("meandering"), config)


def test_ground_above_some_passes_is_told_with_their_number() -> None:
    frame = flight("meandering")
    raised = PipelineConfig.model_validate({"ground": {"height": 12.0}})
    result = process(frame, raised)
    (segment,) = result.segments
    (flag,) = (flag for flag in result.gases["ch4"].quality.flags if flag.code == "passes_below_ground")
    heights = [segment.segment.height_m[segment.segment.transect == i] for i in range(segment.segment.transects)]
    below = [height for height in heights if height.mean() < 12.0]
    assert flag.value == len(below) > 0
    assert f"{sum(map(len, below))} samples" in flag.message.en
    kept = raised.model_copy(update={"ordinary_kriging_settings": OrdinaryKrigingSettings(cut_ground=False)})
    for config in (kept, None):
        codes = {flag.code for flag in process(frame, config).gases["ch4"].quality.flags}
        assert "passes_below_ground" not in codes


def test_a_range_that_cuts_the_plume_is_a_warning() -> None:
    frame = flight("meandering")
    top = float(frame["ch4"].quantile(0.95))
    cut = PipelineConfig.model_validate({"gases": {"ch4": [0.0, top]}, "out_of_range": "drop"})
    (flag,) = (flag for flag in process(frame, cut).gases["ch4"].quality.flags if flag.code == "gas_range_cuts")
    assert flag.severity == "warning"
    # A quantile of 0.95 leaves a twentieth of the rows above, give or take one.
    assert flag.value == pytest.approx(0.05, abs=1.0 / len(frame))


def test_all_wind_reversed_is_the_same_rate() -> None:
    frame = flight("meandering")
    turned = frame.assign(winddir=(frame["winddir"] + 180.0) % 360.0)
    # the positive side follows the mean wind: rounding of an angle
    assert rate(turned) == pytest.approx(rate(frame), rel=1e-9)


def test_reversed_samples_subtract_exactly_what_they_had_added() -> None:
    frame = flight("meandering")
    before = process(frame, CONSTANT_GROUND)
    segment = before.segments[0]
    contribution = segment.gases["ch4"].flux_contribution_kg_h
    largest = np.argsort(contribution)[-12:]
    rows = segment.segment.rows[largest]
    winddir = frame["winddir"].to_numpy().copy()
    times = before.log.time_s[rows]
    seconds = (frame["timestamp"] - frame["timestamp"].iloc[0]).dt.total_seconds().to_numpy()
    mask = np.isin(np.round(seconds, 3), np.round(times, 3))
    assert mask.sum() == rows.size
    winddir[mask] = (winddir[mask] + 180.0) % 360.0
    after = rate(frame.assign(winddir=winddir), CONSTANT_GROUND)
    # the kriging weights do not depend on the sign of the wind: rounding of a sum
    assert after == pytest.approx(before.gases["ch4"].flux_kg_h - 2.0 * contribution[largest].sum(), rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_of_the_samples_add_up(kind: str) -> None:
    result = process(flight(kind))
    gas = result.segments[0].gases["ch4"]
    # sums of the same numbers in another order
    assert gas.flux_contribution_kg_h.sum() == pytest.approx(gas.flux_kg_h, rel=1e-9)
    profile = float(gas.profile.flux_kg_h_m @ gas.profile.thickness_m)
    # the part below the lowest pass is drawn by the midpoint rule over 24 layers
    assert profile == pytest.approx(gas.flux_kg_h, rel=0.01)
    assert gas.flux_positive_kg_h + gas.flux_negative_kg_h == pytest.approx(gas.flux_kg_h, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_the_rows_does_not_matter(kind: str) -> None:
    shuffled = flight(kind).sample(frac=1.0, random_state=3)
    assert rate(shuffled) == rate(flight(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("angle_deg", [37.0, 180.0, 301.0])
def test_flight_turned_and_moved_is_the_same_rate(kind: str, angle_deg: float) -> None:
    frame = flight(kind)
    here = frame["longitude"].median(), frame["latitude"].median()
    east, north = _local(*here).transform(frame["longitude"].to_numpy(), frame["latitude"].to_numpy())
    # clockwise, as compass angles are
    angle = np.radians(angle_deg)
    turned = east * np.cos(angle) + north * np.sin(angle), -east * np.sin(angle) + north * np.cos(angle)
    longitude, latitude = _local(8.3, 47.1).transform(*turned, direction="INVERSE")
    moved = frame.assign(longitude=longitude, latitude=latitude, winddir=(frame["winddir"] + angle_deg) % 360.0)
    # the two maps agree to 1e-5 over a few hundred metres; a sample on the edge of a bin may change it
    assert rate(moved) == pytest.approx(rate(frame), rel=2e-4)


def _local(longitude: float, latitude: float) -> Transformer:
    """A map that is true to length and direction round its centre."""
    flat = f"+proj=aeqd +lon_0={longitude} +lat_0={latitude} +datum=WGS84"
    return Transformer.from_crs("EPSG:4326", flat, always_xy=True)
