"""Flight results made by hand, with the shapes and sizes of real ones, for the tests of figures, reports and files."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gasflux.records import (
    Background,
    ColumnReport,
    CombinedGas,
    Cylinder,
    Flag,
    FlightLog,
    FlightResult,
    FlightSummary,
    FloatArray,
    FluxInterval,
    GasResult,
    HeightProfile,
    IntArray,
    KrigedGrid,
    Phase,
    Plane,
    Quality,
    ReadReport,
    Segment,
    SegmentResult,
    Strategy,
    Track,
    VariogramFit,
    Wind,
)
from gasflux.wording.phrases import Phrase

SEED = 20230419
LEVELS_M = (6.0, 12.0, 18.0, 25.0, 33.0, 42.0, 52.0, 63.0)
LENGTH_M = 300.0
RADIUS_M = 60.0
PLANE_AZIMUTH_DEG = 118.0
WIND_FROM_DEG = 212.0
WIND_M_S = 4.2
GROUND_M = 0.0

RATES_KG_H: Mapping[str, float] = {"ch4": 4.87, "co2": 312.0, "n2o": 0.0312}
BASELINE_PPM: Mapping[str, float] = {"ch4": 2.05, "co2": 421.0, "n2o": 0.337}
NOISE_PPM: Mapping[str, float] = {"ch4": 0.006, "co2": 0.4, "n2o": 0.0012}
DENSITY_KG_M3: Mapping[str, float] = {"ch4": 0.66, "co2": 1.81, "n2o": 1.81}

FLAGS = (
    Flag(
        "weak_wind",
        "serious",
        1.3,
        1.5,
        Phrase("The mean wind was 1.3 m/s (limit 1.5 m/s).", "平均风速 1.3 m/s（下限 1.5 m/s）。"),
        Phrase("Repeat the flight in more wind.", "请在风速更大时重飞。"),
    ),
    Flag(
        "below_lowest_pass",
        "warning",
        0.24,
        0.2,
        Phrase(
            "24 % of the flux lies below the lowest pass (limit 20 %).", "24 % 的通量位于最低测线以下（上限 20 %）。"
        ),
        Phrase("Fly the lowest pass closer to the ground.", "最低测线应更靠近地面。"),
    ),
    Flag(
        "wind_direction_spread",
        "warning",
        33.0,
        30.0,
        Phrase("The wind direction varied by 33° (limit 30°).", "风向变化 33°（上限 30°）。"),
        Phrase("Fly when the wind is steadier, or repeat the curtain.", "请在风向更稳定时飞行，或重复飞行。"),
    ),
    Flag(
        "few_transects",
        "info",
        8.0,
        5.0,
        Phrase("8 transects were flown (at least 5 wanted).", "共飞行 8 条测线（至少 5 条）。"),
        Phrase("Nothing to do.", "无需处理。"),
    ),
)


@dataclass(frozen=True, eq=False)
class _Path:
    """One surface flown, before it becomes a `Segment`."""

    along_m: FloatArray
    height_m: FloatArray
    transect: IntArray
    phase: IntArray
    x_m: FloatArray
    y_m: FloatArray


def flight_result(
    *,
    strategy: Strategy = "curtain",
    segments: int = 1,
    gases: tuple[str, ...] = ("ch4",),
    language: str = "en",
    per_pass: int = 60,
    measured_direction: bool = True,
) -> FlightResult:
    """Return a flight with a Gaussian plume on every surface, take-off, ferry, turns and landing around them."""
    rng = np.random.default_rng(SEED)
    paths = [_surface_path(strategy, per_pass, rng) for _ in range(segments)]
    ends = (_climb(paths[0], Phase.TAKE_OFF), _climb(paths[-1], Phase.LANDING))
    pieces = [ends[0], *paths, ends[1]]
    starts = np.cumsum([0, *(piece.x_m.size for piece in pieces)])
    log = _log(pieces, gases, measured_direction, rng)
    background = {gas: _background(gas, log.gas_ppm[gas], log) for gas in gases}
    results = tuple(
        _segment_result(strategy, path, int(start), log, background, measured_direction, rng)
        for path, start in zip(paths, starts[1:], strict=False)
    )
    return FlightResult(
        log=log,
        track=_track(pieces),
        phase=np.concatenate([piece.phase for piece in pieces]),
        background=background,
        segments=results,
        summary=results[0].summary,
        gases={gas: _combined(gas, results) for gas in gases},
        started_at="2025-06-03T10:00:00Z",
        finished_at="2025-06-03T10:00:02Z",
        stages_s={"read": 0.1, "geometry": 0.1, "background": 0.3, "interpolation": 0.6},
        language="zh" if language == "zh" else "en",
    )


def _surface_path(strategy: Strategy, per_pass: int, rng: np.random.Generator) -> _Path:
    """Passes or revolutions in order of height, a few turn samples after each pass."""
    shape = (len(LEVELS_M), per_pass)
    level = np.broadcast_to(np.asarray(LEVELS_M)[:, None], shape)
    step: FloatArray = np.linspace(0.0, 1.0, per_pass)
    if strategy == "spiral":
        along = np.broadcast_to(step * 2.0 * np.pi * RADIUS_M, shape)
    else:
        along = np.where(np.arange(shape[0])[:, None] % 2 == 0, step, step[::-1]) * LENGTH_M
    height = level + rng.normal(0.0, 0.4, shape)
    transect = np.broadcast_to(np.arange(shape[0])[:, None], shape)
    phase = np.full(shape, int(Phase.TRANSECT), dtype=np.int64)
    if strategy == "curtain":
        phase[:, -3:] = int(Phase.TURN)
    x_m, y_m = _position(strategy, along + rng.normal(0.0, 0.3, shape), rng.normal(0.0, 0.7, shape))
    along, height, x_m, y_m = (np.asarray(part, dtype=np.float64).ravel() for part in (along, height, x_m, y_m))
    return _Path(along, height, transect.astype(np.int64).ravel(), phase.ravel(), x_m, y_m)


def _position(strategy: Strategy, along_m: FloatArray, offset_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """East and north of points on the surface."""
    if strategy == "spiral":
        angle = np.radians(WIND_FROM_DEG) + along_m / RADIUS_M
        return (RADIUS_M + offset_m) * np.sin(angle), (RADIUS_M + offset_m) * np.cos(angle)
    azimuth = np.radians(PLANE_AZIMUTH_DEG)
    middle = along_m - 0.5 * LENGTH_M
    return (
        middle * np.sin(azimuth) - offset_m * np.cos(azimuth),
        middle * np.cos(azimuth) + offset_m * np.sin(azimuth),
    )


def _climb(path: _Path, phase: Phase) -> _Path:
    """Take-off with a ferry to the first sample of `path`, or the way home from its last."""
    leaving = phase is Phase.TAKE_OFF
    end = 0 if leaving else -1
    step = np.linspace(0.0, 1.0, 40) if leaving else np.linspace(1.0, 0.0, 40)
    home = (-60.0, -170.0)
    vertical, level = np.minimum(step * 2.0, 1.0), np.maximum(step * 2.0 - 1.0, 0.0)
    kinds = np.where(level > 0.0, int(Phase.FERRY), int(phase)).astype(np.int64)
    return _Path(
        along_m=np.zeros(step.size),
        height_m=vertical * path.height_m[end],
        transect=np.zeros(step.size, dtype=np.int64),
        phase=kinds,
        x_m=home[0] + level * (path.x_m[end] - home[0]),
        y_m=home[1] + level * (path.y_m[end] - home[1]),
    )


def _track(pieces: list[_Path]) -> Track:
    """Path of the flight in the local frame."""
    x_m, y_m, z_m = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("x_m", "y_m", "height_m"))
    return Track(x_m=x_m, y_m=y_m, z_m=z_m, epsg=32613, origin_easting_m=650_000.0, origin_northing_m=3_600_000.0)


def _log(pieces: list[_Path], gases: tuple[str, ...], direction: bool, rng: np.random.Generator) -> FlightLog:
    """The log such a flight would have left."""
    track = _track(pieces)
    count = track.x_m.size
    along = np.concatenate([piece.along_m for piece in pieces])
    on_surface = np.isin(np.concatenate([piece.phase for piece in pieces]), (Phase.TRANSECT, Phase.TURN))
    gust = np.convolve(rng.normal(0.0, 1.0, count + 20), np.ones(21) / np.sqrt(21.0), "valid")
    return FlightLog(
        start_utc=np.datetime64("2025-06-03T08:15:00"),
        time_s=np.arange(count, dtype=np.float64),
        latitude_deg=32.5 + track.y_m / 111_000.0,
        longitude_deg=-103.4 + track.x_m / 93_700.0,
        height_m=track.z_m,
        height_reference="ato",
        wind_speed_m_s=np.maximum(WIND_M_S + 0.6 * gust, 0.2),
        wind_from_deg=np.mod(WIND_FROM_DEG + 9.0 * gust + rng.normal(0.0, 4.0, count), 360.0) if direction else None,
        temperature_c=np.full(count, 21.5),
        pressure_hpa=np.full(count, 1002.0),
        gas_ppm={gas: _mole_fraction(gas, along, track.z_m, on_surface, rng) for gas in gases},
        file_row=np.arange(count, dtype=np.int64) + 2,
        report=_read_report(count, gases),
    )


def _plume(along_m: FloatArray, height_m: FloatArray) -> FloatArray:
    """Reflected Gaussian of height 1."""
    across = np.exp(-0.5 * ((along_m - 165.0) / 32.0) ** 2)
    above, mirrored = (np.exp(-0.5 * ((height_m - z) / 14.0) ** 2) for z in (16.0, -16.0))
    return np.asarray(across * (above + mirrored))


def _peak_ppm(gas: str) -> float:
    """Enhancement in the middle of the plume that carries roughly the gas' rate."""
    width_m2 = 2.0 * np.pi * 32.0 * 14.0
    return RATES_KG_H.get(gas, 1.0) / (width_m2 * DENSITY_KG_M3.get(gas, 1.0) * WIND_M_S * 3600.0) * 1e6


def _mole_fraction(
    gas: str, along_m: FloatArray, height_m: FloatArray, on_surface: np.ndarray, rng: np.random.Generator
) -> FloatArray:
    """Drifting background, plume with turbulence, noise, and a gap in the instrument's record."""
    count = along_m.size
    noise = NOISE_PPM.get(gas, 0.01)
    base = BASELINE_PPM.get(gas, 0.0) + 8.0 * noise * np.linspace(0.0, 1.0, count)
    turbulence = rng.lognormal(-0.06, 0.35, count)
    measured = base + rng.normal(0.0, noise, count)
    measured += np.where(on_surface, _peak_ppm(gas) * turbulence * _plume(along_m, height_m), 0.0)
    measured[count // 3 : count // 3 + 3] = np.nan
    return measured


def _background(gas: str, measured_ppm: FloatArray, log: FlightLog) -> Background:
    """A straight baseline through the samples outside the plume."""
    time = log.time_s / log.time_s[-1]
    known = np.isfinite(measured_ppm)
    low = known & (measured_ppm < np.nanpercentile(measured_ppm, 60.0))
    slope, offset = np.polyfit(time[low], measured_ppm[low], 1)
    baseline = offset + slope * time
    return Background(
        algorithm="fastchrom",
        baseline_ppm=baseline,
        enhancement_ppm=measured_ppm - baseline,
        is_background=low,
        noise_ppm=NOISE_PPM.get(gas, 0.01),
        noise_correlation_samples=1.8,
        design=sparse.csr_array(np.column_stack([1.0 - time, time])),
        covariance=np.diag([1e-6, 1e-6]),
    )


def _segment_result(
    strategy: Strategy,
    path: _Path,
    start: int,
    log: FlightLog,
    background: Mapping[str, Background],
    measured_direction: bool,
    rng: np.random.Generator,
) -> SegmentResult:
    """One surface with its wind and its gases."""
    used = np.flatnonzero(path.phase == Phase.TRANSECT)
    rows = start + used
    normal_x, normal_y = _normals(strategy, path.along_m[used])
    segment = Segment(
        strategy=strategy,
        surface=_surface(strategy),
        rows=rows,
        transect=path.transect[used],
        along_m=path.along_m[used],
        height_m=path.height_m[used],
        offset_m=rng.normal(0.0, 0.7, used.size),
        normal_x=normal_x,
        normal_y=normal_y,
    )
    wind = _wind(segment, log, measured_direction)
    gases = {gas: _gas_result(gas, segment, wind, background[gas], rng) for gas in background}
    return SegmentResult(segment, wind, _summary(segment, wind, log), gases)


def _surface(strategy: Strategy) -> Plane | Cylinder:
    """The ideal surface of the path."""
    if strategy == "spiral":
        return Cylinder(0.0, 0.0, RADIUS_M, WIND_FROM_DEG, 0.7)
    x_m, y_m = _position("curtain", np.zeros(1), np.zeros(1))
    return Plane(float(x_m[0]), float(y_m[0]), PLANE_AZIMUTH_DEG, 0.7)


def _normals(strategy: Strategy, along_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Unit normals: downwind side of a curtain, outward of a circle."""
    if strategy == "spiral":
        angle = np.radians(WIND_FROM_DEG) + along_m / RADIUS_M
    else:
        angle = np.full(along_m.size, np.radians(PLANE_AZIMUTH_DEG - 90.0))
    return np.sin(angle), np.cos(angle)


def _wind(segment: Segment, log: FlightLog, measured: bool) -> Wind:
    """Components of the logged wind."""
    speed = log.wind_speed_m_s[segment.rows]
    if log.wind_from_deg is None:
        east, north = speed * segment.normal_x, speed * segment.normal_y
    else:
        towards = np.radians(log.wind_from_deg[segment.rows] + 180.0)
        east, north = speed * np.sin(towards), speed * np.cos(towards)
    normal = east * segment.normal_x + north * segment.normal_y
    spiral = segment.strategy == "spiral"
    vector = float(np.hypot(east.mean(), north.mean()))
    return Wind(
        east_m_s=east,
        north_m_s=north,
        normal_m_s=normal,
        mean_speed_m_s=float(speed.mean()),
        mean_vector_m_s=vector,
        mean_from_deg=float(np.degrees(np.arctan2(-east.mean(), -north.mean())) % 360.0),
        mean_normal_m_s=vector if spiral else float(normal.mean()),
        direction_std_deg=11.0,
        turbulence_intensity=0.14,
        angle_to_normal_deg=None if spiral else 4.0,
        normal_mean_std_m_s=0.16,
        measured_direction=measured,
    )


def _summary(segment: Segment, wind: Wind, log: FlightLog) -> FlightSummary:
    """Facts of the surface."""
    spiral = segment.strategy == "spiral"
    start = log.start_utc.astype("datetime64[s]")
    seconds = log.time_s[segment.rows[[0, -1]]].astype(np.int64)
    return FlightSummary(
        strategy=segment.strategy,
        start=str(start + np.timedelta64(int(seconds[0]), "s")),
        end=str(start + np.timedelta64(int(seconds[1]), "s")),
        duration_s=float(seconds[1] - seconds[0]),
        sample_hz=1.0,
        transects=segment.transects,
        plane_azimuth_deg=None if spiral else PLANE_AZIMUTH_DEG,
        radius_m=RADIUS_M if spiral else None,
        length_m=float(np.ptp(segment.along_m)),
        height_min_m=float(segment.height_m.min()),
        height_max_m=float(segment.height_m.max()),
        ground_height_m=GROUND_M,
        wind_mean_m_s=wind.mean_speed_m_s,
        wind_from_deg=wind.mean_from_deg if wind.measured_direction else None,
        wind_normal_mean_m_s=wind.mean_normal_m_s,
        wind_angle_to_plane_deg=None if spiral else 86.0,
        temperature_mean_c=21.5,
        pressure_mean_hpa=1002.0,
    )


def _gas_result(gas: str, segment: Segment, wind: Wind, background: Background, rng: np.random.Generator) -> GasResult:
    """A rate near the gas' nominal one, with everything that would have led to it."""
    rate = RATES_KG_H.get(gas, 1.0) * rng.normal(1.0, 0.06)
    density = np.full(segment.along_m.size, DENSITY_KG_M3.get(gas, 1.0))
    enhancement = background.enhancement_ppm[segment.rows]
    samples = enhancement * 1e-6 * density * wind.normal_m_s * 3600.0
    weight = np.nan_to_num(np.maximum(samples, 0.0))
    budget = _budget(rate)
    std = float(np.sqrt(sum(part**2 for part in budget.values())))
    return GasResult(
        gas=gas,
        flux_kg_h=rate,
        flux_std_kg_h=std,
        interval=FluxInterval(0.9, rate - 1.75 * std, rate + 1.75 * std),
        budget_kg_h=budget,
        degrees_of_freedom=14.2,
        repeatability_degrees_of_freedom=7.0,
        flux_below_lowest_sample_kg_h=0.14 * rate,
        flux_above_highest_sample_kg_h=0.02 * rate,
        flux_positive_kg_h=1.04 * rate,
        flux_negative_kg_h=-0.04 * rate,
        detection_limit_kg_h=0.05 * RATES_KG_H.get(gas, 1.0),
        background=background,
        density_kg_m3=density,
        flux_density_kg_m2_h=samples,
        flux_contribution_kg_h=weight / weight.sum() * rate,
        variogram=_variogram(float(np.nanvar(samples)), rng),
        grid=_grid(gas, segment),
        profile=_profile(rate),
        quality=Quality("B", FLAGS),
        ground_method="plume",
    )


def _budget(rate: float) -> dict[str, float]:
    """Components with the names and relative sizes of a usual flight."""
    shares = {
        "repeatability": 0.062,
        "wind_speed": 0.03,
        "wind_direction": 0.004,
        "gas_calibration": 0.01,
        "temperature_pressure": 0.003,
        "background": 0.021,
        "sensor_noise": 0.006,
        "interpolation": 0.019,
        "below_lowest_pass": 0.031,
        "above_highest_pass": 0.011,
    }
    return {name: share * abs(rate) for name, share in shares.items()}


def _variogram(variance: float, rng: np.random.Generator) -> VariogramFit:
    """An exponential variogram and points scattered about it."""
    lags, heights = np.linspace(6.0, 150.0, 20), np.linspace(6.0, 50.0, 8)
    horizontal = variance * (0.15 + 0.85 * (1.0 - np.exp(-3.0 * lags / 62.0)))
    vertical = variance * (0.15 + 0.85 * (1.0 - np.exp(-3.0 * heights / 27.0)))
    return VariogramFit(
        model="exponential",
        estimator="matheron",
        range_m=62.0,
        vertical_range_m=27.0,
        sill=0.85 * variance,
        nugget=0.15 * variance,
        lags_m=lags,
        experimental=horizontal * rng.normal(1.0, 0.08, lags.size),
        pairs=np.linspace(2400, 500, lags.size).astype(np.int64),
        vertical_lags_m=heights,
        vertical_experimental=vertical * rng.normal(1.0, 0.12, heights.size),
        vertical_pairs=np.linspace(1500, 160, heights.size).astype(np.int64),
        structure=0.85,
    )


def _grid(gas: str, segment: Segment) -> KrigedGrid:
    """The plume on the cells between lowest and highest pass, its error growing away from the passes."""
    length = 2.0 * np.pi * RADIUS_M if segment.strategy == "spiral" else LENGTH_M
    count_x, count_z = 60, 24
    dx_m, dz_m = length / count_x, (LEVELS_M[-1] - LEVELS_M[0]) / count_z
    x_m = (np.arange(count_x, dtype=np.float64) + 0.5) * dx_m
    z_m = LEVELS_M[0] + (np.arange(count_z, dtype=np.float64) + 0.5) * dz_m
    xx, zz = np.meshgrid(x_m, z_m)
    scale = _peak_ppm(gas) * 1e-6 * DENSITY_KG_M3.get(gas, 1.0) * WIND_M_S * 3600.0
    field = scale * (_plume(xx, zz) - 0.01)
    away = np.abs(z_m[:, None] - np.asarray(LEVELS_M)).min(axis=1)[:, None]
    std = scale * (0.04 + 0.02 * away) * np.ones_like(field)
    field[-1, -1] = np.nan
    std[-1, -1] = np.nan
    return KrigedGrid(x_m, z_m, dx_m, dz_m, field, std, failed_nodes=1, negative_nodes=int((field < 0.0).sum()))


def _profile(rate: float) -> HeightProfile:
    """Flux by height from the ground up, the lowest layers extrapolated."""
    edges = np.concatenate([np.linspace(0.0, LEVELS_M[0], 4), np.linspace(LEVELS_M[0], LEVELS_M[-1], 20)[1:]])
    height, thickness = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    flux = _plume(np.full(height.size, 165.0), height)
    return HeightProfile(height, thickness, flux / (flux @ thickness) * rate, height < LEVELS_M[0])


def _combined(gas: str, results: tuple[SegmentResult, ...]) -> CombinedGas:
    """The only segment's values, or the mean of several."""
    parts = [result.gases[gas] for result in results]
    rate = float(np.mean([part.flux_kg_h for part in parts]))
    std = parts[0].flux_std_kg_h / np.sqrt(len(parts))
    budget = {name: part / np.sqrt(len(parts)) for name, part in parts[0].budget_kg_h.items()}
    if len(parts) > 1:
        budget["between_curtains"] = 0.03 * abs(rate)
    return CombinedGas(
        gas=gas,
        flux_kg_h=rate,
        flux_std_kg_h=std,
        interval=FluxInterval(0.9, rate - 1.75 * std, rate + 1.75 * std),
        budget_kg_h=budget,
        degrees_of_freedom=14.2 * len(parts),
        flux_below_lowest_sample_kg_h=0.14 * rate,
        flux_above_highest_sample_kg_h=0.02 * rate,
        flux_positive_kg_h=1.04 * rate,
        flux_negative_kg_h=-0.04 * rate,
        detection_limit_kg_h=parts[0].detection_limit_kg_h,
        quality=parts[0].quality,
    )


def _read_report(count: int, gases: tuple[str, ...]) -> ReadReport:
    """What reading such a file would have found."""
    columns = [
        ColumnReport("latitude", "Latitude", "deg", "", 32.498, 32.502, 0),
        ColumnReport("pressure", "Pressure (kPa)", "kPa", "kPa -> hPa (x 10)", 1001.0, 1003.0, 0),
        *(ColumnReport(gas, f"{gas.upper()} (ppb)", "ppb", "ppb -> ppm (x 0.001)", 2.0, 3.1, 3) for gas in gases),
    ]
    return ReadReport(
        name="site_a_2025-06-03.xlsx",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        rows_read=count + 7,
        rows_used=count,
        rows_dropped={"duplicate time": 4, "no position": 3},
        columns=tuple(columns),
        ignored_columns=("Battery (%)",),
        notes=(
            Phrase("The header was found on row 3.", "表头在第 3 行。"),
            Phrase("No time zone is given.", "未给出时区。"),
        ),
    )


def own_children() -> list[multiprocessing.process.BaseProcess]:
    """Return the child processes of this test; a service that other tests of this run share keeps its own workers."""
    return [child for child in multiprocessing.active_children() if not child.name.startswith("service-")]
