"""The flight as NetCDF: what was computed comes back from it, and others' tools understand it."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fresh_environment import FreshEnvironment
from netCDF4 import Dataset
from quick_flight import quick_log

from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.data_processor import Outcome, process_file
from gasflux.errors import ConfigError
from gasflux.records import Phase
from gasflux.results.netcdf import NETCDF
from gasflux.results.tables import sample_times
from gasflux.simulation import Scenario, simulate
from gasflux.simulation.files import write_simulated

CHECKERS = ("compliance-checker==6.1.0", "xarray==2026.9.0", "netCDF4==1.7.4")
"""Others' tools, in an environment of their own; pinned, so that a new rule of theirs is no surprise here."""

CONFIG = load_pipeline_config("netcdf: true\n")

READ_BACK = """
import json, sys, xarray
flight = xarray.open_dataset(sys.argv[1])
print(json.dumps({
    "first": str(flight.time.values[0]), "last": str(flight.time.values[-1]),
    "ch4": float(flight.ch4.mean()), "rate": float(flight.ch4_emission_rate),
    "missing": int(flight.normal_wind.isnull().sum()), "off": int(flight.surface.isnull().sum()),
}))
"""


def process(folder: Path, log: Path) -> Outcome:
    return process_file(log, CONFIG, folder / "out", figures=False, report=False)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("netcdf")
    return process(folder, quick_log(folder))


def test_every_number_comes_back(outcome: Outcome) -> None:
    result, (part,) = outcome.result, outcome.result.segments
    with Dataset(outcome.output_dir / NETCDF) as flight:
        flight.set_auto_mask(False)
        np.testing.assert_array_equal(flight["time"][:], result.log.time_s)
        np.testing.assert_array_equal(flight["latitude"][:], result.log.latitude_deg)
        np.testing.assert_array_equal(flight["ch4"][:], result.log.gas_ppm["ch4"])
        np.testing.assert_array_equal(flight["phase"][:], result.phase)
        on_surface = np.zeros(result.log.size, dtype=bool)
        on_surface[part.segment.rows] = True
        np.testing.assert_array_equal(flight["surface"][:] == 1, on_surface)
        np.testing.assert_array_equal(flight["transect"][:][part.segment.rows], part.segment.transect + 1)
        np.testing.assert_array_equal(np.isnan(flight["normal_wind"][:]), ~on_surface)
        grid = part.gases["ch4"].grid
        np.testing.assert_array_equal(flight["ch4_surface1_flux_density"][:].T, grid.flux_density_kg_m2_h)
        assert flight["ch4_emission_rate"][...] == result.gases["ch4"].flux_kg_h
        assert flight["ch4_emission_rate_high"][...] == result.gases["ch4"].interval.high_kg_h
        assert flight["phase"].flag_meanings.split()[Phase.TRANSECT] == "transect"


def test_it_says_what_it_is_and_of_which_log(outcome: Outcome) -> None:
    with Dataset(outcome.output_dir / NETCDF) as flight:
        assert flight.Conventions == "CF-1.11"
        assert flight.featureType == "trajectory"
        assert flight.input_sha256 == outcome.result.log.report.sha256
        assert "no time zone" in flight.comment
        assert flight["ch4"].standard_name == "mole_fraction_of_methane_in_air"
        coordinates = ("time", "latitude", "longitude", "height")
        assert not [name for name in coordinates if "_FillValue" in flight[name].ncattrs()]


def test_it_is_a_result_like_others(outcome: Outcome) -> None:
    assert NETCDF in outcome.files
    with zipfile.ZipFile(outcome.output_dir / "results.zip") as archive:
        assert NETCDF in archive.namelist()


def test_it_is_written_for_those_who_ask(tmp_path: Path) -> None:
    plain = process_file(quick_log(tmp_path), load_pipeline_config(None), tmp_path / "out", figures=False, report=False)
    assert NETCDF not in plain.files


def test_without_the_package_it_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "netCDF4", None)  # as where it is not installed
    with pytest.raises(ConfigError, match="pip install netCDF4"):
        process(tmp_path, tmp_path / "a log that nobody reads.csv")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_cf_checker_and_xarray_understand_it(outcome: Outcome, tmp_path: Path) -> None:
    files = [outcome.output_dir / NETCDF]
    spiral = Scenario(seed=5, path="spiral")
    write_simulated(simulate(spiral), tmp_path / "spiral.csv", "spiral")
    files.append(process(tmp_path, tmp_path / "spiral.csv").output_dir / NETCDF)
    environment = FreshEnvironment(tmp_path / "environment")
    environment.pip("install", *CHECKERS, folder=tmp_path)
    for file in files:
        said = environment.run("compliance-checker", "--test=cf:1.11", "--criteria=strict", file, folder=tmp_path)
        assert "All tests passed!" in said
    read = json.loads(environment.run("python", "-c", READ_BACK, files[0], folder=tmp_path))
    result = outcome.result
    times = sample_times(result)
    assert np.abs(np.array([read["first"], read["last"]], dtype="datetime64[ns]") - times[[0, -1]]).max() < (
        np.timedelta64(1, "us")  # a float of seconds holds a day to a tenth of a nanosecond, xarray rounds on its way
    )
    assert read["ch4"] == pytest.approx(float(np.mean(result.log.gas_ppm["ch4"])), rel=1e-12)  # another order of adding
    assert read["rate"] == result.gases["ch4"].flux_kg_h
    assert read["off"] == read["missing"] == result.log.size - result.segments[0].segment.rows.size
