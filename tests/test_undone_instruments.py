"""Wind carried from another height, and an analyser that is late and slow: undone, with their errors in the budget."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gasflux
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import ConfigError
from gasflux.instruments.delay import Delay, delay_between_passes
from gasflux.instruments.gas_response import Correction, at_the_inlet, slope_of, undone
from gasflux.instruments.late_sensor import response_of
from gasflux.instruments.wind_profile import profile_ratio, stability_correction, wind_at_the_aircraft
from gasflux.records import FloatArray
from gasflux.simulation import Scenario, simulate, to_frame, to_log
from gasflux.simulation.instruments import slowed

EXACT: dict[str, Any] = {
    "wind_noise_m_s": 0.0,
    "wind_speed_gain_std": 0.0,
    "wind_direction_offset_std_deg": 0.0,
    "gas_gain_std": 0.0,
}
"""Instruments without errors of their own."""


def frozen(values: FloatArray) -> FloatArray:
    """Return an array that nobody may write into."""
    values.setflags(write=False)
    return values


class TestWindProfile:
    @pytest.mark.parametrize("zeta", [-5.0, -0.5, -0.01, 0.0, 0.01, 0.5, 0.9])
    def test_correction_is_the_integral_of_the_shear_function(self, zeta: float) -> None:
        z = np.linspace(0.0, zeta, 200_001)[1:]
        phi = (1.0 - 16.0 * z) ** -0.25 if zeta < 0.0 else 1.0 + 5.0 * z
        # The integrand is smooth at 0 (-4 or -5); the first of 2e5 steps is left out of the sum.
        integral = np.trapezoid((1.0 - phi) / z, z) + (-4.0 if zeta < 0.0 else -5.0) * z[0] if zeta else 0.0
        assert stability_correction(np.array(zeta)) == pytest.approx(integral, abs=1e-4)

    def test_neutral_air_is_logarithmic(self) -> None:
        ratio = profile_ratio(np.array([2.0, 8.0, 12.0]), 2.0, 0.03, 0.0)
        np.testing.assert_allclose(ratio, np.log(np.array([2.0, 8.0, 12.0]) / 0.03) / np.log(2.0 / 0.03), rtol=1e-12)

    def test_there_and_back_is_nothing(self) -> None:
        for inverse in (-0.05, 0.0, 0.02):
            up = profile_ratio(np.array([10.0]), 2.0, 0.03, inverse)[0]
            down = profile_ratio(np.array([2.0]), 10.0, 0.03, inverse)[0]
            assert up * down == pytest.approx(1.0, rel=1e-12)

    def test_unstable_air_has_less_shear_and_stable_air_more(self) -> None:
        unstable, neutral, stable = (profile_ratio(np.array([10.0]), 2.0, 0.03, one)[0] for one in (-0.05, 0.0, 0.02))
        assert 1.0 < unstable < neutral < stable

    def test_mast_beside_the_flight_gives_the_flux_of_the_aircraft(self) -> None:
        frame = to_frame(simulate(Scenario(seed=3, plume="steady", mast_height_m=2.0, **EXACT)))
        own = to_frame(simulate(Scenario(seed=3, plume="steady", **EXACT)))
        carried = gasflux.process(frame, {"wind": {"source": "mast", "height": 2.0}})
        measured, believed = gasflux.process(own), gasflux.process(frame)
        # The simulated wind is the same profile; heights differ by the noise of the barometer (0.1 m of metres).
        flux = carried.gases["ch4"].flux_kg_h
        assert flux == pytest.approx(measured.gases["ch4"].flux_kg_h, rel=0.02)
        assert believed.gases["ch4"].flux_kg_h < 0.9 * flux
        assert 0.0 < carried.gases["ch4"].budget_kg_h["wind_profile"] < 0.2 * flux
        assert "wind_profile" not in measured.gases["ch4"].budget_kg_h

    def test_constant_wind_needs_no_columns(self) -> None:
        frame = to_frame(simulate(Scenario(seed=3, plume="steady", wind_from_deg=270.0, **EXACT)))
        typed = {"wind": {"source": "constant", "speed": 5.0, "direction": 270.0, "height": 10.0}}
        bare = frame.drop(columns=["windspeed", "winddir"])
        result = gasflux.process(bare, typed).gases["ch4"]
        assert result.flux_kg_h == pytest.approx(gasflux.process(frame).gases["ch4"].flux_kg_h, rel=0.02)
        # Columns that are there are left aside.
        assert gasflux.process(frame, typed).gases["ch4"].flux_kg_h == result.flux_kg_h

    @pytest.mark.parametrize("height", [None, 2.0])
    def test_wind_from_elsewhere_is_flagged_and_tells_no_gusts(self, height: float | None) -> None:
        typed = {"wind": {"source": "constant", "speed": 5.0, "direction": 90.0, "height": height}}
        frame = to_frame(simulate(Scenario(seed=3, plume="steady", wind_from_deg=90.0)))
        here, elsewhere = gasflux.process(frame), gasflux.process(frame, typed)
        assert "wind_elsewhere" in {flag.code for flag in elsewhere.gases["ch4"].quality.flags}
        assert "wind_elsewhere" not in {flag.code for flag in here.gases["ch4"].quality.flags}
        assert elsewhere.segments[0].wind.cross_gusts is None
        assert here.segments[0].wind.cross_gusts is not None

    def test_wind_of_the_aircraft_stays_as_it_is(self) -> None:
        log = to_log(simulate(Scenario(seed=3)))
        assert wind_at_the_aircraft(log, load_pipeline_config({})) is log

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"wind": {"source": "mast"}}, "height"),
            ({"wind": {"source": "constant"}}, "speed"),
            ({"stability": {"obukhov_length": 0.0}}, "Obukhov"),
            ({"sensor": {"response_s": -1.0}}, "response_s"),
        ],
    )
    def test_what_is_missing_is_told(self, settings: dict[str, Any], told: str) -> None:
        with pytest.raises(ConfigError, match=told):
            load_pipeline_config(settings)


class TestGasResponse:
    def test_slope_of_a_line_is_exact_at_any_times(self) -> None:
        time = np.cumsum(np.random.default_rng(1).uniform(0.2, 3.0, 50))
        # Running sums of 50 values lose some digits.
        np.testing.assert_allclose(slope_of(time, 4.0 - 2.5 * time, 5.0), -2.5, rtol=1e-9)

    def test_response_of_a_smooth_signal_is_undone(self) -> None:
        time = np.arange(0.0, 400.0, 1.0)
        inlet = np.exp(-0.5 * ((time - 200.0) / 20.0) ** 2)
        shown = np.interp(time - 3.0, time, slowed(inlet, 1.0, 6.0))
        for array in (time, shown):
            array.setflags(write=False)
        found, change = undone(time, shown, Correction(6.0, 3.0, 1.2, 0.3))
        # The slope of a line through 7 s of a bump of 20 s is 1-2 % too small; twice that at the flanks.
        assert np.abs(found - inlet)[:390].max() < 0.04
        assert np.abs(shown - inlet).max() > 0.2
        assert change.shape == (2, time.size)
        # 0.3 s off in time: that many steepest slopes of the signal, exp(-1/2) / 20 s each.
        assert np.abs(change[1]).max() == pytest.approx(0.3 * np.exp(-0.5) / 20.0, rel=0.1)

    def test_noise_grows_by_no_more_than_said(self) -> None:
        time, noise = np.arange(4000.0), np.random.default_rng(2).standard_normal(4000)
        found, _ = undone(time, noise, Correction(8.0, 0.0, 1.6, 0.2))
        # A line through 9 samples has a slope of variance 1 / 60: 8 of them make 1.03; with the sample itself 1.44.
        assert np.std(found) == pytest.approx(np.hypot(1.0, 8.0 / np.sqrt(60.0)), rel=0.05)

    def test_flux_of_a_slow_analyser_comes_back(self) -> None:
        slow: dict[str, Any] = {"gas_response_s": 8.0, "gas_lag_s": 3.0}
        ideal, late = (to_frame(simulate(Scenario(seed=4, plume="steady", **more))) for more in (EXACT, EXACT | slow))
        settings = {"sensor": {"response_s": 8.0, "lag_s": 3.0}}
        wanted = gasflux.process(ideal).gases["ch4"]
        mended = gasflux.process(late, settings).gases["ch4"]
        # What is left: kriging of a smoother field, noise of the deconvolution.
        assert mended.flux_kg_h == pytest.approx(wanted.flux_kg_h, rel=0.05)
        assert mended.budget_kg_h["sensor_response"] > 0.0
        assert "sensor_response" not in wanted.budget_kg_h

    def test_settings_of_a_gas_are_its_own(self) -> None:
        log = to_log(simulate(Scenario(seed=4, rate_kg_h={"ch4": 5.0, "co2": 300.0})))
        settings = {"sensor": {"gases": {"co2": {"response_s": 5.0}}}}
        changed = at_the_inlet(log, load_pipeline_config(settings))
        assert changed.gas_ppm["ch4"] is log.gas_ppm["ch4"]
        assert not np.array_equal(changed.gas_ppm["co2"], log.gas_ppm["co2"])
        assert at_the_inlet(log, load_pipeline_config({})) is log

    def test_gaps_stay_gaps(self) -> None:
        time, values = np.arange(100.0), np.sin(np.arange(100.0) / 9.0)
        values[40:60] = np.nan
        found, _ = undone(time, values, Correction(3.0, 0.0, 0.5, 0.2))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(values))


class TestDelay:
    @pytest.mark.parametrize("delay_s", [0.0, 4.0, 9.0])
    def test_passes_to_and_fro_tell_it(self, delay_s: float) -> None:
        steady = Scenario(
            seed=5,
            plume="steady",
            transects=12,
            curtain_length_m=220.0,
            gas_lag_s=delay_s / 2,
            gas_response_s=delay_s / 2,
        )
        # A response and lag that are given, be they none, are taken at their word.
        result = gasflux.process(to_frame(simulate(steady)), {"sensor": {"lag_s": 0.0}})
        assert not result.log.delay_undone_s
        segment = result.segments[0].segment
        enhancement = result.background["ch4"].enhancement_ppm[segment.rows]
        found = delay_between_passes(
            result.log.time_s[segment.rows], segment.along_m, segment.transect, enhancement, 0.01
        )
        assert found is not None
        # A threshold of a fifth cuts the tail of a slow response: up to a tenth of it, and half a sample.
        assert found.mean_s == pytest.approx(delay_s, abs=0.5 + 0.1 * delay_s)
        flags = {flag.code for flag in result.gases["ch4"].quality.flags}
        assert ("sensor_late" in flags) == (delay_s > 3.5)

    def test_its_error_is_what_it_errs_by(self) -> None:
        """A plume that wanders from pass to pass, each time anew: neighbouring pairs of passes share one of them."""
        rng, passes, samples = np.random.default_rng(4), 8, 60
        transect = np.repeat(np.arange(passes), samples)
        step = np.tile(np.arange(samples), passes)
        along = frozen(3.0 * np.where(transect % 2 == 0, step, samples - 1 - step))
        time = frozen(np.arange(passes * samples, dtype=float))

        def found(places: FloatArray) -> Delay:
            plume = np.exp(-0.5 * ((along - places[transect]) / 12.0) ** 2)
            delay = delay_between_passes(time, along, transect, frozen(plume), 1e-4)
            assert delay is not None
            return delay

        draws = [found(90.0 + 10.0 * rng.standard_normal(passes)) for _ in range(400)]
        errs = float(np.sqrt(np.mean([draw.mean_s**2 for draw in draws])))
        states = float(np.sqrt(np.mean([draw.std_s**2 for draw in draws])))
        # 400 draws tell a standard deviation to 4 %, and of seven pairs that correlate the scatter about their own mean
        # is a little small; taken for independent, it was 30 % off.
        assert states == pytest.approx(errs, rel=0.15)

    def test_delay_nobody_gave_is_undone(self) -> None:
        scenario = Scenario(seed=5, plume="steady", transects=12, gas_lag_s=2.0, gas_response_s=8.0, **EXACT)
        frame = to_frame(simulate(scenario))
        asked = gasflux.process(frame, {"sensor": {"lag_s": 2.0, "response_s": 8.0}}).gases["ch4"]
        left = gasflux.process(frame, {"sensor": {"lag_s": 0.0}}).gases["ch4"]
        result = gasflux.process(frame)
        found = result.gases["ch4"]
        # The response is told to 20 %, which is what its error in the budget says, and half a sample.
        assert result.log.delay_undone_s["ch4"] == pytest.approx(10.0, abs=0.2 * 8.0 + 0.5)
        assert abs(found.flux_kg_h - asked.flux_kg_h) < abs(left.flux_kg_h - asked.flux_kg_h)
        assert found.budget_kg_h["sensor_response"] > 0.0
        assert "sensor_late" in {flag.code for flag in found.quality.flags}

    def test_falls_of_a_slow_reading_tell_its_response(self) -> None:
        time = np.arange(600.0)
        air = np.where(time % 60 < 7, 1.0 + 0.5 * np.sin(time), 0.0)
        air.setflags(write=False)
        # Exponential falls in clean air, sampled exactly: the quantile is among them.
        assert response_of(time, slowed(air, 1.0, 6.0), 1e-3) == pytest.approx(6.0, rel=0.02)
        assert response_of(time, np.zeros(600), 1e-3) == 0.0

    def test_turning_the_flight_round_turns_nothing(self) -> None:
        rng = np.random.default_rng(1)
        time, transect = np.arange(400.0), np.repeat(np.arange(10), 40)
        along = np.where(transect % 2, 200.0 - 5.0 * (time % 40), 5.0 * (time % 40))
        gas = np.exp(-0.5 * ((along - 90.0 - rng.normal(0.0, 8.0, 10)[transect]) / 12.0) ** 2)
        there = delay_between_passes(time, along, transect, gas, 0.001)
        mirrored = delay_between_passes(time, 200.0 - along, transect, gas, 0.001)
        assert there is not None
        assert mirrored is not None
        # Mirroring changes no time; rounding of sums.
        assert mirrored.mean_s == pytest.approx(there.mean_s, rel=1e-9)
        assert delay_between_passes(time[:80], along[:80], transect[:80], gas[:80], 0.001) is None
