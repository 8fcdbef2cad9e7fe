"""The flight as a trajectory with its kriged surfaces: ``flight.nc``, NetCDF-4 with the CF conventions 1.11.

Source: Eaton et al. 2023, NetCDF Climate and Forecast (CF) Metadata Conventions 1.11, section 9 and appendix H.4.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gasflux.errors import ConfigError
from gasflux.records import FlightResult, GasResult, Phase
from gasflux.results.tables import pass_numbers, sample_winds, segment_numbers
from gasflux.version import __version__

if TYPE_CHECKING:
    from netCDF4 import Dataset

NETCDF: Final = "flight.nc"

_NO_NUMBER: Final = -1
"""Number of the surface or the pass of a sample that lies on none."""

_MOLECULES: Final = {
    "ch4": "methane", "co2": "carbon_dioxide", "co": "carbon_monoxide", "c2h6": "ethane", "c3h8": "propane",
    "n2o": "nitrous_oxide", "nh3": "ammonia", "no": "nitrogen_monoxide", "no2": "nitrogen_dioxide", "o3": "ozone",
    "so2": "sulfur_dioxide", "h2o": "water_vapor", "c2h2": "ethyne", "c2h4": "ethene", "c6h6": "benzene",
    "c7h8": "toluene", "ch2o": "formaldehyde", "h2": "molecular_hydrogen",
}  # fmt: skip
"""Gases that the CF standard name table (version 85) has as ``mole_fraction_of_..._in_air``."""

_NO_LEAP: Final = {"units_metadata": "leap_seconds: none"}
"""Loggers and computers count no leap seconds."""

_HEIGHTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ato": {"long_name": "height above the take-off point"},
    "agl": {"long_name": "height above ground", "standard_name": "height"},
    "altitude": {"long_name": "altitude", "standard_name": "altitude"},
}


@dataclass(frozen=True, eq=False)
class _Variable:
    """One variable of the file."""

    name: str
    dimensions: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    fill: float | int | None = None
    """What stands where a value is missing; None where none is, as a coordinate must have it."""


def write_netcdf(result: FlightResult, path: Path) -> None:
    """Write a flight as NetCDF; needs what `require_netcdf` looks for.

    Parameters
    ----------
    result
        The flight.
    path
        Where the file goes; one that is there is replaced.
    """
    from netCDF4 import Dataset  # an extra, loaded for those alone who ask for this file

    variables = [*_trajectory(result), *_surfaces(result), *_rates(result)]
    with Dataset(path, "w", format="NETCDF4") as dataset:
        dataset.setncatts(_global_attributes(result))
        for variable in variables:
            _write(dataset, variable)


def require_netcdf() -> None:
    """Make sure that `write_netcdf` will find its library, before anything is computed for it.

    Raises
    ------
    ConfigError
        When netCDF4, an extra, is not installed.
    """
    if importlib.util.find_spec("netCDF4") is None:
        raise ConfigError.of("netcdf_missing", file=NETCDF)


def _write(dataset: Dataset, variable: _Variable) -> None:
    """Write a variable, and its dimensions when it is the first to have them."""
    for name, size in zip(variable.dimensions, variable.values.shape, strict=True):
        if name not in dataset.dimensions:
            dataset.createDimension(name, size)
    is_text = variable.values.dtype.kind == "U"
    kind: Any = str if is_text else variable.values.dtype
    fill: Any = False if variable.fill is None and not is_text else variable.fill
    compression: Any = "zlib" if variable.dimensions else None
    written = dataset.createVariable(
        variable.name, kind, variable.dimensions, fill_value=fill, compression=compression, complevel=4
    )
    written.setncatts(variable.attributes)
    written[...] = _filled(variable)


def _filled(variable: _Variable) -> NDArray[Any]:
    """Return the values with the file's own sign for those that are missing."""
    values = variable.values
    if variable.fill is None or values.dtype.kind != "f":
        return values
    return np.where(np.isfinite(values), values, variable.fill)


def _global_attributes(result: FlightResult) -> dict[str, str]:
    """Say what the file is, of which log, and by what."""
    report = result.log.report
    return {
        "Conventions": "CF-1.11",
        "featureType": "trajectory",
        "title": f"Emission rates from the flight {report.name}",
        "source": f"airborne in-situ measurement, processed by GasFlux {__version__}",
        "history": f"{result.finished_at} GasFlux {__version__} from {report.name}, SHA-256 {report.sha256}",
        "references": "GasFlux docs/METHODS.md",
        "comment": _time_comment(result),
        "input_sha256": report.sha256,
    }


def _time_comment(result: FlightResult) -> str:
    if result.log.report.time_zone == "UTC":
        return "Times are UTC."
    return "The log names no time zone: times are those of its own clock, though NetCDF tools will show them as UTC."


def _trajectory(result: FlightResult) -> Iterator[_Variable]:
    """Give the samples, along the time."""
    log, name = result.log, result.log.report.name
    yield _Variable("trajectory", (), np.array(name), {"cf_role": "trajectory_id", "long_name": "name of the log"})
    start = str(log.start_utc.astype("datetime64[ms]")).replace("T", " ")
    since = {
        "standard_name": "time",
        "units": f"seconds since {start}",
        "calendar": "standard",
        "axis": "T",
        **_NO_LEAP,
    }
    yield _Variable("time", ("time",), log.time_s, {**since, "long_name": "time of the sample"})
    for place, letter, values in (("latitude", "Y", log.latitude_deg), ("longitude", "X", log.longitude_deg)):
        units = "degrees_north" if letter == "Y" else "degrees_east"
        about = {"standard_name": place, "long_name": place, "units": units, "axis": letter}
        yield _Variable(place, ("time",), values, about)
    height = {**_HEIGHTS[log.height_reference], "units": "m", "positive": "up", "axis": "Z"}
    yield _Variable("height", ("time",), log.height_m, height)
    yield from _measured(result)
    yield from _numbers(result)


def _sample(name: str, values: NDArray[Any], long_name: str, **about: Any) -> _Variable:
    """Return a variable of the samples, with the places where they were taken."""
    fill = float("nan") if values.dtype.kind == "f" else None
    return _Variable(name, ("time",), values, {"long_name": long_name, **about, **_PLACED}, fill)


_PLACED: Final = {"coordinates": "time latitude longitude height trajectory"}


def _measured(result: FlightResult) -> Iterator[_Variable]:
    """Give wind, air and gases."""
    log = result.log
    east, north, normal = sample_winds(result)
    speed = "wind speed"
    yield _sample("wind_speed", log.wind_speed_m_s, speed, units="m s-1", standard_name="wind_speed")
    if log.wind_from_deg is not None:
        about = {"units": "degree", "standard_name": "wind_from_direction"}
        yield _sample("wind_from_direction", log.wind_from_deg, "direction the wind comes from", **about)
    yield _sample("eastward_wind", east, "wind towards east", units="m s-1", standard_name="eastward_wind")
    yield _sample("northward_wind", north, "wind towards north", units="m s-1", standard_name="northward_wind")
    yield _sample("normal_wind", normal, "wind through the surface, along its normal", units="m s-1")
    temperature = {"units": "degree_Celsius", "units_metadata": "temperature: on_scale"}
    yield _sample(
        "air_temperature", log.temperature_c, "air temperature", standard_name="air_temperature", **temperature
    )
    yield _sample("air_pressure", log.pressure_hpa, "air pressure", units="hPa", standard_name="air_pressure")
    for gas, values in log.gas_ppm.items():
        background = result.background[gas]
        molecule = _MOLECULES.get(gas)
        named = {"standard_name": f"mole_fraction_of_{molecule}_in_air"} if molecule else {}
        yield _sample(gas, values, f"mole fraction of {gas}", units="1e-6", **named)
        yield _sample(f"{gas}_background", background.baseline_ppm, f"background of {gas}", units="1e-6")
        is_background = background.is_background.astype(np.int8)
        told = _flags(("plume_or_unknown", "background"))
        yield _sample(f"{gas}_is_background", is_background, f"whether the background of {gas} rests on it", **told)


def _flags(meanings: tuple[str, ...]) -> dict[str, Any]:
    """Return what the numbers 0, 1, ... of a variable mean."""
    return {"flag_values": np.arange(len(meanings), dtype=np.int8), "flag_meanings": " ".join(meanings)}


def _numbers(result: FlightResult) -> Iterator[_Variable]:
    """Give what each sample belongs to."""
    phase = np.asarray(result.phase, dtype=np.int8)
    yield _sample("phase", phase, "what the aircraft does", **_flags(tuple(kind.name.lower() for kind in Phase)))
    for name, values, meaning in (
        ("surface", segment_numbers(result), "number of the surface, from 1"),
        ("transect", pass_numbers(result), "number of the pass on the surface, from 1"),
    ):
        counted = np.where(np.isfinite(values), values, _NO_NUMBER).astype(np.int32)
        yield _Variable(name, ("time",), counted, {"long_name": meaning, "units": "1", **_PLACED}, _NO_NUMBER)


def _surfaces(result: FlightResult) -> Iterator[_Variable]:
    """Give the kriged flux density of each gas on each surface."""
    for number, part in enumerate(result.segments, start=1):
        for gas, values in part.gases.items():
            yield from _surface(f"{gas}_surface{number}", gas, values)


def _surface(prefix: str, gas: str, values: GasResult) -> Iterator[_Variable]:
    """Give one surface of one gas: distance along it by height, as CF orders what is neither time nor place."""
    grid = values.grid
    along, height = f"{prefix}_along", f"{prefix}_height"
    yield _Variable(along, (along,), grid.x_m, {"long_name": "distance along the surface", "units": "m"})
    upward = {"long_name": "height, as of the samples", "units": "m", "positive": "up"}
    yield _Variable(height, (height,), grid.z_m, upward)
    about: dict[str, Any] = {"units": "kg m-2 h-1", "ancillary_variables": f"{prefix}_flux_density_std"}
    for name, field_values, meaning in (
        ("flux_density", grid.flux_density_kg_m2_h.T, f"flux density of {gas} through the surface"),
        ("flux_density_std", grid.std_kg_m2_h.T, f"kriging standard deviation of the flux density of {gas}"),
    ):
        told = about if name == "flux_density" else {"units": "kg m-2 h-1"}
        dimensions = (along, height)
        yield _Variable(f"{prefix}_{name}", dimensions, field_values, {"long_name": meaning, **told}, float("nan"))


def _rates(result: FlightResult) -> Iterator[_Variable]:
    """Give the answer for each gas: rate, standard deviation and the ends of its interval."""
    for gas, values in result.gases.items():
        name, interval = f"{gas}_emission_rate", values.interval
        parts = {"std": values.flux_std_kg_h, "low": interval.low_kg_h, "high": interval.high_kg_h}
        others = " ".join(f"{name}_{part}" for part in parts)
        about = {"units": "kg h-1", "long_name": f"emission rate of {gas}", "ancillary_variables": others}
        yield _Variable(name, (), np.array(values.flux_kg_h), {**about, "quality_grade": values.quality.grade})
        meanings = {
            "std": "standard deviation",
            "low": f"lower end of the {100 * interval.level:g} % interval",
            "high": f"upper end of the {100 * interval.level:g} % interval",
        }
        for part, value in parts.items():
            told = {"units": "kg h-1", "long_name": f"{meanings[part]} of the emission rate of {gas}"}
            yield _Variable(f"{name}_{part}", (), np.array(value), told)
