"""What a simulated flight is made of: source, wind, plume, path and instruments, with their units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, get_args

from gasflux.errors import ConfigError, Fault
from gasflux.gas import is_formula

PathKind = Literal["curtain", "spiral", "walls", "box", "racetrack"]
Corners = Literal["rounded", "procedure"]
PlumeKind = Literal["steady", "meandering", "turbulent"]
LevelOrder = Literal["ascending", "descending", "shuffled"]
Stability = Literal["A", "B", "C", "D", "E", "F"]

TYPICAL_AIR_PPM: Final[Mapping[str, float]] = MappingProxyType(
    {"ch4": 2.0, "co2": 425.0, "n2o": 0.337, "c2h6": 0.002, "co": 0.1}
)
"""Background of clean air, ppm, for gases whose background is not given; WMO Greenhouse Gas Bulletin 20 (2024)."""

TYPICAL_NOISE_PPM: Final[Mapping[str, float]] = MappingProxyType(
    {"ch4": 0.01, "co2": 0.5, "n2o": 0.001, "c2h6": 0.002, "co": 0.005}
)
"""Noise of one sample at 1 Hz, ppm: the order of today's light mid-infrared instruments."""

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "path": get_args(PathKind),
        "plume": get_args(PlumeKind),
        "level_order": get_args(LevelOrder),
        "stability": get_args(Stability),
        "corners": get_args(Corners),
    }
)

_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "distance_m": (10.0, 50_000.0),
        "radius_m": (10.0, 2_000.0),
        "source_height_m": (0.0, 200.0),
        "wind_speed_m_s": (0.1, 40.0),
        "wind_from_deg": (-360.0, 360.0),
        "roughness_length_m": (1e-5, 1.0),
        "angle_to_normal_deg": (-75.0, 75.0),
        "curtain_length_m": (10.0, 100_000.0),
        "lowest_pass_m": (0.1, 2_000.0),
        "top_m": (1.0, 5_000.0),
        "transects": (1, 200),
        "curtain_offset_m": (-20_000.0, 20_000.0),
        "center_downwind_m": (-100_000.0, 100_000.0),
        "center_crosswind_m": (-100_000.0, 100_000.0),
        "curtains": (1, 20),
        "curtain_spacing_m": (1.0, 20_000.0),
        "ground_speed_m_s": (0.5, 150.0),
        "level_repeats": (1, 20),
        "box_depth_m": (10.0, 100_000.0),
        "turn_radius_m": (5.0, 10_000.0),
        "ferry_m": (0.0, 500_000.0),
        "ferry_bearing_deg": (-360.0, 360.0),
        "acceleration_m_s2": (0.1, 20.0),
        "sample_hz": (0.1, 20.0),
        "turbulence_intensity": (0.0, 1.0),
        "cross_wind_intensity": (0.0, 1.0),
        "gust_time_s": (1.0, 600.0),
        "meander_time_s": (5.0, 3_600.0),
        "meander_deg": (0.0, 90.0),
        "oscillation_period_s": (1.0, 1e6),
        "gas_response_s": (0.0, 120.0),
        "gas_lag_s": (0.0, 120.0),
        "clock_offset_s": (-120.0, 120.0),
        "wind_speed_gain": (0.1, 10.0),
        "gap_fraction": (0.0, 0.5),
        "pressure_hpa": (300.0, 1_100.0),
        "temperature_c": (-60.0, 60.0),
        "latitude_deg": (-84.0, 84.0),
        "longitude_deg": (-180.0, 180.0),
    }
)

_NOT_NEGATIVE: Final = (
    "wind_noise_m_s",
    "wind_direction_noise_deg",
    "wind_speed_gain_std",
    "wind_direction_offset_std_deg",
    "gas_gain_std",
    "gps_noise_m",
    "height_noise_m",
    "wobble_m",
    "seed",
)


def _nothing() -> Mapping[str, float]:
    """Return an empty read-only mapping."""
    return MappingProxyType({})


def _one_methane_source() -> Mapping[str, float]:
    """Return the default emission."""
    return MappingProxyType({"ch4": 5.0})


@dataclass(frozen=True)
class Scenario:
    """Everything a simulated flight depends on; the same scenario always gives the same flight.

    The source stands at `latitude_deg`, `longitude_deg` on flat ground level with the take-off point. A value out of
    its range raises `ConfigError` naming every fault.
    """

    rate_kg_h: Mapping[str, float] = field(default_factory=_one_methane_source)
    """Gas (chemical formula) -> true emission rate; the truth a flux is compared with."""
    source_height_m: float = 2.0
    latitude_deg: float = 52.0
    longitude_deg: float = 5.0

    path: PathKind = "curtain"
    distance_m: float = 80.0
    """From the source to the (first) curtain, along the mean wind."""
    curtain_length_m: float = 120.0
    curtain_offset_m: float = 0.0
    """Shift of the curtain's middle from where the mean plume crosses it, along the curtain."""
    angle_to_normal_deg: float = 0.0
    """Angle from the curtain's normal to the direction the mean wind blows to, clockwise."""
    curtains: int = 1
    """Parallel curtains in one log, each `curtain_spacing_m` further from the source."""
    curtain_spacing_m: float = 20.0
    radius_m: float = 60.0
    """Of the spiral."""
    center_downwind_m: float = 5.0
    center_crosswind_m: float = 5.0
    """Where the axis of the spiral, the middle of a box or race-track, stands as seen from the source (crosswind: to
    the left of the wind)."""
    box_depth_m: float = 8000.0
    """Side of a box along the curtain's normal, or distance of the two long legs of a race-track; `curtain_length_m` is
    the other one."""
    corners: Corners = "rounded"
    """How an aeroplane goes round the corners of a box: along a quarter of a circle inside, or with a loop outside."""
    turn_radius_m: float = 1500.0
    """Of an aeroplane's turns."""
    ferry_m: float = 40_000.0
    """From the airfield to an aeroplane's first leg."""
    ferry_bearing_deg: float = 200.0
    """Direction of the airfield from there, clockwise from the course of the first leg."""
    lowest_pass_m: float = 2.0
    top_m: float = 30.0
    transects: int = 10
    """Passes of each curtain, or revolutions of the spiral."""
    level_repeats: int = 1
    """How often every level is flown by an aeroplane."""
    level_order: LevelOrder = "ascending"
    ground_speed_m_s: float = 5.0
    acceleration_m_s2: float = 2.0
    wobble_m: float = 0.3
    """Standard deviation of the aircraft about its intended path, each axis (vertically half of it)."""

    plume: PlumeKind = "steady"
    stability: Stability = "C"
    """Pasquill class of the dispersion."""
    wind_speed_m_s: float = 5.0
    """Mean at 10 m above ground."""
    wind_from_deg: float = 270.0
    roughness_length_m: float = 0.03
    turbulence_intensity: float = 0.15
    """Standard deviation of the along-wind gusts over the mean speed; meandering plume only."""
    cross_wind_intensity: float = 0.11
    gust_time_s: float = 20.0
    """Integral time scale of the gusts."""
    meander_deg: float = 8.0
    """Standard deviation of the slow swinging of the wind direction; meandering plume only."""
    meander_time_s: float = 90.0
    obukhov_length_m: float | None = None
    """Obukhov length of the air, negative when unstable, None when neutral; turbulent plume only."""
    mixing_height_m: float | None = None
    """Height of a lid the plume is thrown back from; None for air without one."""

    background_ppm: Mapping[str, float] = field(default_factory=_nothing)
    """Gas -> background at the start; `TYPICAL_AIR_PPM` where not given."""
    drift_ppm_h: Mapping[str, float] = field(default_factory=_nothing)
    """Gas -> linear drift of the background per hour; 0 where not given."""
    oscillation_ppm: Mapping[str, float] = field(default_factory=_nothing)
    """Gas -> amplitude of a slow sine on the background; 0 where not given."""
    oscillation_period_s: float = 900.0
    gas_noise_ppm: Mapping[str, float] = field(default_factory=_nothing)
    """Gas -> white noise of a sample at 1 Hz; `TYPICAL_NOISE_PPM` where not given."""

    sample_hz: float = 1.0
    gas_response_s: float = 0.0
    """Time constant of the gas analyser's response, of first order."""
    gas_lag_s: float = 0.0
    """Delay of the gas between inlet and analyser."""
    clock_offset_s: float = 0.0
    """How far the gas analyser's clock is ahead of the aircraft's: what it logs at t was there at t - offset."""
    mast_height_m: float | None = None
    """Height of an anemometer on a mast at the take-off point whose wind is logged; None: it is on the aircraft."""
    wind_noise_m_s: float = 0.3
    """White noise of each wind component of a sample at 1 Hz."""
    wind_direction_noise_deg: float = 0.0
    wind_speed_gain: float = 1.0
    """Factor on the measured wind speed: an anemometer known to be wrong."""
    wind_speed_gain_std: float = 0.03
    """Spread of the anemometer's calibration: one factor per flight."""
    wind_direction_offset_std_deg: float = 3.0
    """Spread of the anemometer's alignment: one offset per flight."""
    gas_gain_std: float = 0.01
    """Spread of the gas calibration: one factor per flight and gas."""
    gps_noise_m: float = 0.2
    height_noise_m: float = 0.1
    temperature_c: float = 15.0
    """At the ground."""
    pressure_hpa: float = 1000.0
    """At the ground."""
    gap_fraction: float = 0.0
    """Share of the flight missing from the log, in random pieces of 3-15 s."""
    gaps_s: tuple[tuple[float, float], ...] = ()
    """Further gaps: (start, end) in seconds since the start."""
    start_utc: str = "2025-06-01T10:00:00"
    seed: int = 0

    def __post_init__(self) -> None:
        faults = [*_gas_faults(self), *_choice_faults(self), *_range_faults(self), *_geometry_faults(self)]
        faults += _optional_faults(self)
        if faults:
            raise ConfigError.from_faults("scenario", faults)

    @property
    def wind_to_rad(self) -> float:
        """Direction the mean wind blows to, radians clockwise from north."""
        return math.radians(self.wind_from_deg + 180.0)

    @property
    def normal_rad(self) -> float:
        """Direction of the curtains' normal, away from the source, radians clockwise from north."""
        return self.wind_to_rad - math.radians(self.angle_to_normal_deg)

    @property
    def axis_distance_m(self) -> float:
        """Distance along the mean wind at which the plume axis leaves through the (first) surface."""
        if self.path in ("curtain", "walls"):
            return self.distance_m
        if self.path != "spiral":
            return _way_out_m(self)
        return self.center_downwind_m + math.sqrt(self.radius_m**2 - self.center_crosswind_m**2)

    @property
    def is_by_aeroplane(self) -> bool:
        """Whether the flight is one of long legs, turns on circles and a ferry."""
        return self.path in ("walls", "box", "racetrack")

    @property
    def is_closed(self) -> bool:
        """Whether the flown surface goes all round."""
        return self.path in ("spiral", "box", "racetrack")

    @property
    def level_heights_m(self) -> tuple[float, ...]:
        """Heights of the passes of a curtain, lowest first."""
        step = (self.top_m - self.lowest_pass_m) / max(self.transects - 1, 1)
        return tuple(self.lowest_pass_m + step * level for level in range(self.transects))

    def background_of(self, gas: str) -> float:
        """Return the background of `gas` at the start, ppm."""
        return self.background_ppm.get(gas, TYPICAL_AIR_PPM.get(gas, 0.0))

    def noise_of(self, gas: str) -> float:
        """Return the noise of one 1 Hz sample of `gas`, ppm."""
        return self.gas_noise_ppm.get(gas, TYPICAL_NOISE_PPM.get(gas, 0.01))


def _way_out_m(scenario: Scenario) -> float:
    """Return how far from the source the mean wind leaves the rectangle of a box."""
    angle = math.radians(scenario.angle_to_normal_deg)
    along, across = math.cos(angle), math.sin(angle)
    down, left = scenario.center_downwind_m, scenario.center_crosswind_m
    # The rectangle's middle in its own frame: along its normal and to the right.
    middle = down * along + left * across, down * across - left * along
    half = 0.5 * scenario.box_depth_m, 0.5 * scenario.curtain_length_m
    ways = [
        (place + math.copysign(size, step)) / step
        for place, size, step in zip(middle, half, (along, across), strict=True)
        if abs(step) > 1e-9
    ]
    return max(min(ways), 10.0)


def _fault(name: str, value: object, allowed: str) -> Fault:
    """Return the fault of one setting."""
    return Fault(f"{name} is {value!r}; give {allowed}.", column=name, value=str(value), allowed=allowed)


def _gas_faults(scenario: Scenario) -> list[Fault]:
    """Return what is wrong with the emission rates and the other settings given by gas."""
    faults = [] if scenario.rate_kg_h else [_fault("rate_kg_h", {}, "at least one gas with its rate")]
    for gas, rate in scenario.rate_kg_h.items():
        if not is_formula(gas):
            faults.append(_fault("gas", gas, "its chemical formula, e.g. ch4"))
        if not 0.0 <= rate < math.inf:
            faults.append(_fault(f"rate_kg_h of {gas}", rate, "a finite rate of 0 kg/h or more"))
    by_gas = ("background_ppm", "drift_ppm_h", "oscillation_ppm", "gas_noise_ppm")
    values = [(f"{name} of {gas}", value) for name in by_gas for gas, value in getattr(scenario, name).items()]
    return faults + [_fault(name, value, "a finite number") for name, value in values if not math.isfinite(value)]


def _choice_faults(scenario: Scenario) -> list[Fault]:
    """Return the settings that are none of their allowed words."""
    chosen = ((name, getattr(scenario, name), words) for name, words in _CHOICES.items())
    return [_fault(name, value, "one of " + ", ".join(words)) for name, value, words in chosen if value not in words]


def _range_faults(scenario: Scenario) -> list[Fault]:
    """Return the numbers out of range."""
    ranges = dict(_RANGES) | dict.fromkeys(_NOT_NEGATIVE, (0.0, math.inf))
    limits = ((name, getattr(scenario, name), low, high) for name, (low, high) in ranges.items())
    return [
        _fault(name, value, f"{low:g} or more" if math.isinf(high) else f"a value from {low:g} to {high:g}")
        for name, value, low, high in limits
        if not (low <= value <= high and math.isfinite(value))
    ]


def _optional_faults(scenario: Scenario) -> list[Fault]:
    """Return what is wrong with settings that may be left out."""
    mast, length = scenario.mast_height_m, scenario.obukhov_length_m
    faults = []
    if mast is not None and not scenario.roughness_length_m < mast <= 200.0:
        faults.append(_fault("mast_height_m", mast, "a height above roughness_length_m, up to 200"))
    if length is not None and not 2.0 <= abs(length) < math.inf:
        faults.append(_fault("obukhov_length_m", length, "2 or more either way, or nothing for neutral air"))
    lid = scenario.mixing_height_m
    if lid is not None and not scenario.source_height_m + 20.0 <= lid <= 5_000.0:
        faults.append(_fault("mixing_height_m", lid, "20 m above the source to 5000, or nothing for air without a lid"))
    return faults


def _geometry_faults(scenario: Scenario) -> list[Fault]:
    """Return contradictions between settings."""
    faults = []
    if not scenario.top_m > scenario.lowest_pass_m:
        faults.append(_fault("top_m", scenario.top_m, f"more than lowest_pass_m ({scenario.lowest_pass_m:g})"))
    if scenario.lowest_pass_m <= scenario.roughness_length_m:
        faults.append(_fault("lowest_pass_m", scenario.lowest_pass_m, "a height above roughness_length_m"))
    is_near = math.hypot(scenario.center_downwind_m, scenario.center_crosswind_m) < 0.8 * scenario.radius_m
    if not scenario.is_by_aeroplane and not is_near:
        allowed = f"center_downwind_m and center_crosswind_m within 0.8 of radius_m ({scenario.radius_m:g})"
        faults.append(_fault("center_downwind_m", scenario.center_downwind_m, allowed))
    if scenario.is_by_aeroplane and scenario.plume == "turbulent":
        faults.append(_fault("plume", scenario.plume, f"steady or meandering for the path {scenario.path}"))
    return [*faults, *_time_faults(scenario)]


def _time_faults(scenario: Scenario) -> list[Fault]:
    """Return what is wrong with the start; a zone is refused because the log carries none."""
    try:
        zone = datetime.fromisoformat(scenario.start_utc).tzinfo
    except ValueError:
        zone = UTC
    return [_fault("start_utc", scenario.start_utc, "an ISO time without a zone")] if zone else []
