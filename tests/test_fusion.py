"""Several files, one flight: clocks, roles and resampling, on simulated instruments whose clocks are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import gasflux
from gasflux.cli.commands import _LAYOUTS, cli
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import ConfigError, InputError
from gasflux.fusion.clocks import zones_s
from gasflux.fusion.fuse import MAX_FILES, FusionRequest, fuse
from gasflux.fusion.instrument_log import ClockOffset, InstrumentLog
from gasflux.fusion.plume_passes import Flown, passes_of, plume_offset
from gasflux.fusion.resampling import is_covered, resampled, resampled_direction
from gasflux.fusion.shared_series import Series, offset_between
from gasflux.reading.one_flight import inspect_one_flight, read_one_flight
from gasflux.records import FloatArray
from gasflux.simulation import Scenario, simulate
from gasflux.simulation.several_files import LAYOUTS, InstrumentClocks, instrument_records, write_instruments

SCENARIO = Scenario(seed=5, plume="meandering", gas_lag_s=5.0, gas_response_s=2.0)
KNOWN = {"fusion": {"lag_s": 5.0}, "sensor": {"response_s": 2.0}}
"""What the operator of that analyser knows."""


def frozen(values: FloatArray) -> FloatArray:
    """Return an array that nobody may write into."""
    values.setflags(write=False)
    return values


def log_of(name: str, start_s: float, size: int, step_s: float = 1.0, **values: FloatArray) -> InstrumentLog:
    """Return a log of one instrument that begins at a time of day on 2025-06-01."""
    start = int(np.datetime64("2025-06-01", "us").astype(np.int64)) + round(start_s * 1e6)
    time_us = start + np.round(np.arange(size) * step_s * 1e6).astype(np.int64)
    gases = tuple(gas for gas in ("ch4", "n2o") if gas in values)
    return InstrumentLog(name, name, time_us, np.arange(size), {k: frozen(v) for k, v in values.items()}, gases)


def flight_of(size: int = 600, start_s: float = 36_000.0) -> InstrumentLog:
    """Return positions that go to and fro, five metres a second."""
    along = 100.0 - np.abs(np.arange(size) * 5.0 % 400.0 - 200.0)
    degrees = along / 111_195.0
    height = 2.0 + 3.0 * np.floor(np.arange(size) / 40.0)
    return log_of(
        "drone", start_s, size, latitude=52.0 + degrees, longitude=np.full(size, 5.0), height_ato=height * 1.0
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, ...]]:
    """Return who writes the instruments' files of a flight."""

    def write(layout: str, gas_s: float = 0.0, wind_s: float = 0.0, scenario: Scenario = SCENARIO) -> tuple[Path, ...]:
        records = instrument_records(scenario, InstrumentClocks(gas_s, wind_s))
        return write_instruments(records, tmp_path_factory.mktemp(layout), layout, "meandering")

    return write


class TestResampling:
    def test_a_dense_series_is_averaged_and_not_picked(self) -> None:
        time_s = frozen(np.arange(0.0, 100.0, 0.1))
        alternating = frozen(np.where(np.arange(time_s.size) % 2, 1.0, -1.0))
        mean = resampled(time_s, alternating, np.arange(2.0, 90.0), 1.0)
        # Ten or eleven samples of +-1 in a second: their mean is 0, or a single one left over, 1/11.
        assert np.all(np.abs(mean) < 0.1)

    def test_a_straight_line_stays_one(self) -> None:
        time_s = frozen(np.arange(0.0, 50.0, 0.25))
        at = np.arange(3.0, 40.0, 0.7)
        for window in (0.0, 2.0):
            # The mean of a line over an even window is its middle; a sample at an edge shifts that by half a step.
            np.testing.assert_allclose(resampled(time_s, frozen(3.0 * time_s), at, window), 3.0 * at, atol=3.0 * 0.125)

    def test_a_gap_stays_a_gap(self) -> None:
        time_s = np.concatenate([np.arange(0.0, 20.0), np.arange(40.0, 60.0)])
        at = np.arange(0.0, 59.5, 0.5)
        there = np.isfinite(resampled(time_s, time_s, at, 1.0))
        np.testing.assert_array_equal(there, (at <= 19.0) | (at >= 40.0))
        np.testing.assert_array_equal(there, is_covered(time_s, at))

    def test_a_direction_goes_through_north(self) -> None:
        time_s = np.arange(0.0, 10.0)
        degrees = np.where(time_s % 2, 350.0, 10.0)
        assert resampled_direction(time_s, degrees, np.array([4.5]), 0.0)[0] % 360.0 == pytest.approx(0.0, abs=1e-9)


class TestSharedSeries:
    @pytest.mark.parametrize("offset_s", [0.0, -7.3, 183.4])
    def test_pressure_and_height_tell_the_clock(self, offset_s: float) -> None:
        rng = np.random.default_rng(3)
        flight = simulate(Scenario(seed=3))
        time_s = np.arange(0.0, flight.time_s[-1])
        height = np.interp(time_s, flight.time_s, flight.z_m)
        pressure = np.log(1000.0) - height / 8400.0 + 5e-5 * rng.standard_normal(time_s.size)
        known = Series(frozen(flight.time_s), frozen(flight.height_m[None, :]))
        found = offset_between(known, Series(time_s + offset_s, pressure[None, :]), np.array([0.0]), 600.0)
        assert found is not None
        # Four standard errors: one chance in 16,000.
        assert abs(found.offset_s - offset_s) < 4.0 * found.std_s < 1.0

    def test_what_has_nothing_to_do_with_each_other_tells_nothing(self) -> None:
        rng = np.random.default_rng(11)
        time_s = np.arange(0.0, 900.0)
        walks = (np.cumsum(rng.standard_normal((1, 900)), axis=1) for _ in range(2))
        one, other = (Series(time_s, walk) for walk in walks)
        assert offset_between(one, other, np.array([0.0]), 300.0) is None

    def test_a_clock_that_drifts_is_told(self) -> None:
        rng = np.random.default_rng(5)
        time_s = np.arange(0.0, 3600.0)
        signal = np.convolve(rng.standard_normal(3700), np.ones(20) / 20.0, mode="same")[:3600]
        drift_s_h = 6.0
        seen_s = time_s + 12.0 + drift_s_h * time_s / 3600.0
        noisy = signal + 0.02 * rng.standard_normal(3600)
        known, seen = Series(time_s, signal[None, :]), Series(seen_s, noisy[None, :])
        found = offset_between(known, seen, np.array([0.0]), 60.0)
        assert found is not None
        # The drift moves the ends by 3 s: a tenth of that is far above the noise of a signal of 20 s.
        assert found.drift_s_h == pytest.approx(drift_s_h, abs=0.6)
        clock = ClockOffset(found.offset_s, found.std_s, "same_quantity", found.drift_s_h, found.middle_s)
        np.testing.assert_allclose(clock.corrected(seen_s), time_s, atol=0.5)


class TestPlume:
    def test_opposite_passes_tell_how_late_the_gas_is(self) -> None:
        records = instrument_records(replace(SCENARIO, plume="steady"), InstrumentClocks(25.0))
        flight = records.flight
        path = Flown(flight.time_s, flight.x_m, flight.y_m, flight.height_m)
        found = plume_offset(path, frozen(records.gas_time_s), frozen(records.gas_ppm["ch4"]), 2.0, 120.0)
        assert found is not None
        # A steady plume does not wander: what is left is noise and the grid of a second.
        assert found.offset_s == pytest.approx(30.0, abs=0.5)

    def test_air_without_a_plume_tells_nothing(self) -> None:
        flight = simulate(Scenario(seed=2))
        path = Flown(flight.time_s, flight.x_m, flight.y_m, flight.height_m)
        noise = 2.0 + 0.01 * np.random.default_rng(1).standard_normal(flight.time_s.size)
        assert plume_offset(path, flight.time_s, noise, 0.0, 120.0) is None

    def test_passes_are_counted(self) -> None:
        log = flight_of()
        y = (log.values["latitude"] - 52.0) * 111_195.0
        time_s = log.time_s(int(log.time_us[0]))
        # 600 s at 40 s a pass; one more where the path begins in the middle of one.
        assert int(passes_of(Flown(time_s, np.zeros(600), y, np.zeros(600))).max()) + 1 in (15, 16)


class TestZones:
    @pytest.mark.parametrize("hours", [8.0, -5.0, 5.5, 0.0])
    def test_whole_hours_are_found_from_the_spans(self, hours: float) -> None:
        other = log_of("gas", 36_000.0 + 3600.0 * hours - 40.0, 700)
        assert zones_s(flight_of(), other)[0] == 3600.0 * hours

    def test_other_days_do_not_overlap(self) -> None:
        assert zones_s(flight_of(), log_of("gas", 36_000.0 + 3 * 86_400.0, 700)).size == 0


class TestFuse:
    @pytest.mark.parametrize("offset_s", [5_000.0, -5_000.0, 1e300])
    def test_a_given_clock_that_parts_the_files_is_a_fault_of_the_setting(self, offset_s: float) -> None:
        gas = log_of("gas", 36_000.0, 600, ch4=2.0 + 0.001 * np.arange(600.0))
        with pytest.raises(InputError) as caught:
            fuse([flight_of(), gas], FusionRequest(clock_offsets_s={gas.name: offset_s}))
        (fault,) = caught.value.faults
        assert (fault.code, fault.column) == ("fusion_offset_apart", "fusion.clock_offsets")

    def test_a_second_file_of_a_quantity_is_a_check_only(self) -> None:
        size = 600
        wind = {"windspeed": np.full(size, 4.0), "winddir": np.full(size, 200.0)}
        ch4 = 2.0 + np.random.default_rng(1).standard_normal(size) * 0.01
        flight = flight_of(size)
        own = replace(flight, values={**flight.values, "windspeed": np.full(size, 9.0), "winddir": np.full(size, 0.0)})
        sonic, gas = log_of("sonic", 36_000.0, 6000, 0.1, **{k: np.repeat(v, 10) for k, v in wind.items()}), None
        gas = log_of("gas", 36_000.0, size, ch4=ch4)
        fused = fuse([own, sonic, gas], FusionRequest())
        assert fused.fusion.origin["windspeed"] == "sonic"
        np.testing.assert_allclose(fused.values["windspeed"], 4.0)
        assert any("not from drone" in note.en and "自" in note.zh for note in fused.notes)

    @pytest.mark.parametrize(
        ("code", "logs"),
        [
            ("fusion_twice", lambda f, g: [f, g, replace(g, name="again")]),
            ("fusion_no_position", lambda f, g: [g, replace(g, name="b", sha256="b")]),
            ("fusion_no_gas", lambda f, g: [f, log_of("w", 36_000.0, 600, windspeed=np.ones(600))]),
            ("fusion_no_overlap", lambda f, g: [f, replace(g, time_us=g.time_us + 5 * 86_400_000_000)]),
            ("fusion_too_many", lambda f, g: [f, *(replace(g, name=str(i), sha256=str(i)) for i in range(MAX_FILES))]),
            (
                "fusion_two_flights",
                lambda f, g: [
                    f,
                    replace(f, name="b", sha256="b", values={**f.values, "latitude": f.values["latitude"] + 1.0}),
                    g,
                ],
            ),
        ],
    )
    def test_what_is_no_flight_is_refused_in_one_sentence(
        self, code: str, logs: Callable[[InstrumentLog, InstrumentLog], list[InstrumentLog]]
    ) -> None:
        gas = log_of("gas", 36_000.0, 600, ch4=2.0 + 0.001 * np.arange(600.0))
        with pytest.raises(InputError) as raised:
            fuse(logs(flight_of(), gas), FusionRequest())
        assert [fault.code for fault in raised.value.faults] == [code]

    def test_a_setting_for_a_file_that_is_not_there_is_refused(self) -> None:
        gas = log_of("gas", 36_000.0, 600, ch4=2.0 + 0.001 * np.arange(600.0))
        with pytest.raises(InputError, match=r"gsa.*drone, gas"):
            fuse([flight_of(), gas], FusionRequest(clock_offsets_s={"gsa": 3.0}))

    def test_day_and_month_in_the_other_order_are_turned(self) -> None:
        gas = log_of("gas", 36_000.0, 600, ch4=2.0 + 0.001 * np.arange(600.0))
        swapped = gas.with_days_and_months_swapped()
        assert swapped is not None
        fused = fuse([flight_of(), swapped], FusionRequest())
        assert fused.time_us.size > 500
        assert any("day and month" in note.en for note in fused.notes)


class TestOneFlight:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_every_layout_reads_as_one_flight(self, layout: str, written: Callable[..., tuple[Path, ...]]) -> None:
        found = inspect_one_flight(written(layout), load_pipeline_config(KNOWN))
        assert found.together.faults == ()
        assert found.fusion is not None
        roles = [file.role.split("+") for file in found.fusion.files]
        assert "gas" in roles[0]
        assert "wind" in roles[1]
        assert "position" in roles[2]
        assert found.fusion.files[2].how == "reference"

    def test_clock_lag_and_response_are_undone(self, written: Callable[..., tuple[Path, ...]]) -> None:
        right = gasflux.process(written("plain", scenario=replace(SCENARIO, gas_lag_s=0.0, gas_response_s=0.0)))
        wrong = gasflux.process(list(written("plain", gas_s=25.0)), KNOWN)
        assert wrong.log.fusion is not None
        gas = wrong.log.fusion.files[0]
        assert gas.how == "pressure"
        # Four standard errors.
        assert abs(gas.clock_offset_s - 25.0) < 4.0 * (gas.clock_offset_std_s or 0.0)
        flux = right.gases["ch4"].flux_kg_h
        # What the issue asks of 95 flights of 100.
        assert wrong.gases["ch4"].flux_kg_h == pytest.approx(flux, rel=0.06)
        assert wrong.gases["ch4"].budget_kg_h["clock_offset"] > 0.0

    def test_hours_of_a_zone_are_taken_out(self, written: Callable[..., tuple[Path, ...]]) -> None:
        log = read_one_flight(written("plain", gas_s=8 * 3600.0 + 25.0), load_pipeline_config(KNOWN))
        assert log.fusion is not None
        assert log.fusion.files[0].clock_offset_s == pytest.approx(8 * 3600.0 + 25.0, abs=1.0)

    def test_offset_that_is_given_is_believed(self, written: Callable[..., tuple[Path, ...]]) -> None:
        settings: dict[str, Any] = {**KNOWN, "fusion": {"lag_s": 5.0, "clock_offsets": {"li7810.data": 25.0}}}
        log = read_one_flight(written("licor", gas_s=25.0), load_pipeline_config(settings))
        assert log.fusion is not None
        assert (log.fusion.files[0].how, log.fusion.files[0].clock_offset_s) == ("given", 25.0)

    def test_lag_that_nobody_knows_is_found_where_the_pressure_tells_the_clock(
        self, written: Callable[..., tuple[Path, ...]]
    ) -> None:
        scenario = replace(SCENARIO, plume="steady", gas_lag_s=8.0)
        log = read_one_flight(written("plain", gas_s=25.0, scenario=scenario), load_pipeline_config(None))
        assert log.fusion is not None
        assert log.fusion.files[0].clock_offset_s == pytest.approx(25.0, abs=0.5)
        sure = load_pipeline_config({"sensor": {"lag_s": 0.0}})
        taken = read_one_flight(written("plain", gas_s=25.0, scenario=scenario), sure)
        assert taken.fusion is not None
        assert taken.fusion.lag_s == 0.0
        # Lag and response add for the plume's centre, less the tail that is cut off at a tenth of the peak.
        assert log.fusion.lag_s == pytest.approx(10.0, abs=0.8)

    def test_a_gas_whose_clock_nothing_tells_is_flagged(self, written: Callable[..., tuple[Path, ...]]) -> None:
        spiral = replace(SCENARIO, path="spiral", transects=8)
        # One way round the plume is always met from the same side, and this analyser logs no pressure.
        untold = gasflux.process(written("licor", scenario=spiral), KNOWN)
        told = gasflux.process(written("plain", scenario=spiral), KNOWN)
        flags = [{flag.code for flag in one.gases["ch4"].quality.flags} for one in (untold, told)]
        assert ["clock_untold" in codes for codes in flags] == [True, False]
        assert any("nothing it shares" in note.en for note in untold.log.report.notes)

    def test_a_header_that_spells_date_and_time_out_is_one(
        self, written: Callable[..., tuple[Path, ...]], tmp_path: Path
    ) -> None:
        """The wind log of a public release experiment (randulphmorales/romeomemo) has it."""
        gas, wind, drone = written("plain")
        spelt = tmp_path / "mast.csv"
        spelt.write_text(wind.read_text().replace("timestamp", "year_month_day_hour_minute_second", 1))
        found = inspect_one_flight([gas, spelt, drone], load_pipeline_config(None))
        assert found.together.faults == ()

    def test_a_fault_names_its_file(self, written: Callable[..., tuple[Path, ...]], tmp_path: Path) -> None:
        broken = tmp_path / "broken.csv"
        broken.write_text("timestamp,ch4\n2025-06-01T10:00:00,abc\n2025-06-01T10:00:01,abd\n" * 20)
        with pytest.raises(InputError, match=r"broken\.csv:"):
            read_one_flight([broken, *written("plain")[1:]], load_pipeline_config(None))


class TestCommandLine:
    def test_simulate_inspect_and_process(self, tmp_path: Path) -> None:
        runner, folder = CliRunner(), tmp_path / "flight"
        made = ["simulate", "--rate", "8", "--seed", "5", "--instruments", str(folder), "--gas-offset", "25"]
        assert runner.invoke(cli, [*made, "--lag", "5", "--response", "2"]).exit_code == 0
        truth = json.loads((folder / "truth.json").read_text())
        assert truth["clock_offset_s"] == {"gas.csv": 25.0, "wind.csv": 0.0, "drone.csv": 0.0}
        files = [str(folder / name) for name in ("gas.csv", "wind.csv", "drone.csv")]
        shown = runner.invoke(cli, ["inspect", "--one-flight", *files, "--json"])
        assert json.loads(shown.stdout)["fusion"]["files"][0]["role"] == "gas"
        output = ["--output", str(tmp_path / "out")]
        done = runner.invoke(cli, ["process", "--one-flight", *files, "--no-figures", *output])
        assert done.exit_code == 0, done.output
        document = json.loads((tmp_path / "out" / "gas" / "output_vars.json").read_text())
        assert [file["name"] for file in document["fusion"]["files"]] == ["gas.csv", "wind.csv", "drone.csv"]
        header = (tmp_path / "out" / "gas" / "processed.csv").read_text().splitlines()[0].split(",")
        assert {"position_from", "wind_from", "ch4_from"} <= set(header)

    def test_several_files_to_inspect_are_of_one_flight(self, tmp_path: Path) -> None:
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("timestamp,ch4\n")
        result = CliRunner().invoke(cli, ["inspect", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
        assert result.exit_code == 2
        assert "--one-flight" in result.output

    def test_layouts_are_those_of_the_simulation(self) -> None:
        assert tuple(LAYOUTS) == _LAYOUTS

    def test_a_layout_that_there_is_not_lists_those_that_there_are(self, tmp_path: Path) -> None:
        records = instrument_records(replace(SCENARIO, transects=4), InstrumentClocks())
        with pytest.raises(ConfigError, match="plain, licor"):
            write_instruments(records, tmp_path, "gill", "meandering")
