"""The values that flow between the stages: frozen dataclasses with units in their field names.

Arrays of one flight share the length ``n`` (samples of the log, in time order); arrays of one segment share ``m``
(its samples). Nobody writes into an array he did not make. Conventions: ``along_m`` runs along the curtain from its
start (for a spiral: along the unrolled circle), ``height_m`` is above take-off unless said otherwise, a flux is
positive in the direction the mean wind blows through the surface, a standard deviation is one sigma.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gasflux.wording.phrases import Phrase

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ProgressCallback = Callable[[str, float], None]
"""Called as ``progress(stage, percent)`` with 0 <= percent <= 100; may raise `CancelledError` to stop the work."""

Strategy = Literal["curtain", "spiral"]


class Phase(IntEnum):
    """What the aircraft is doing at a sample."""

    TAKE_OFF = 0
    FERRY = 1
    TURN = 2
    TRANSECT = 3
    LANDING = 4
    EXCLUDED = 5


@dataclass(frozen=True)
class ColumnReport:
    """How one column of the file was understood."""

    name: str
    """Canonical name, e.g. ``ch4``."""
    header: str
    """Header as it stands in the file."""
    unit: str
    """Unit found in the header (or assumed), e.g. ``ppb``."""
    conversion: str
    """What was done, e.g. ``ppb -> ppm (x 0.001)``; empty when nothing."""
    minimum: float | None
    maximum: float | None
    missing: int
    """Samples without a value."""


@dataclass(frozen=True)
class ReadReport:
    """What reading a file found and did."""

    name: str
    sha256: str
    rows_read: int
    rows_used: int
    rows_dropped: Mapping[str, int]
    """Reason -> count."""
    columns: tuple[ColumnReport, ...]
    ignored_columns: tuple[str, ...]
    notes: tuple[Phrase, ...]
    """Sentences a user should see: header row, merged duplicates, assumed units, time zone."""
    rows_above_gas_range: int = 0
    """Rows among the dropped whose gas was above its range, when most of those outside it were."""
    time_zone: Literal["UTC"] | None = None
    """Zone of the times, None where the file gives none and they stand as logged."""


@dataclass(frozen=True)
class AssumedAir:
    """Temperature or pressure that no column of the log gave."""

    names: tuple[str, ...]
    """``temperature``, ``pressure``: which."""
    temperature_error_k: float = 0.0
    """One standard deviation of an assumed temperature, K; 0 for one that was measured."""
    pressure_error_hpa: float = 0.0
    """The same of the pressure, hPa."""


OffsetSource = Literal["reference", "given", "pressure", "plume", "motion", "same_quantity", "assumed"]
"""What a clock's offset was found by: ``plume``, its place on opposite passes; ``motion``, wind against the aircraft's
velocity; ``same_quantity``, something two files measured; ``assumed``, nothing tells it."""


@dataclass(frozen=True)
class FusedFile:
    """One file of several that hold one flight, and how its clock was brought to that of the others."""

    name: str
    sha256: str
    role: str
    """What it gave: ``position``, ``gas``, ``wind``, ``air``, joined by ``+``; else ``cross-check``."""
    rows: int
    clock_offset_s: float
    """How far its clock is ahead of the reference's: what it logged at t happened at t - offset."""
    clock_offset_std_s: float | None
    """One standard deviation; None where nothing tells the offset."""
    how: OffsetSource
    drift_s_h: float
    """How fast the offset grows, s per hour; 0 where no growth is told from none."""
    start: str
    end: str
    """Of its records by its own clock, ISO 8601."""
    step_s: float
    """Median time between its records."""


@dataclass(frozen=True)
class Fusion:
    """How the files of one flight were put together."""

    files: tuple[FusedFile, ...]
    lag_s: float
    """Time from the inlet to the analyser that was taken for known or found."""
    response_s: float
    origin: Mapping[str, str]
    """Canonical column of the flight (``latitude``, ``windspeed``, a gas) -> name of the file it is from."""
    gas_clock_std_s: float
    """One standard deviation of the time the gas was moved by; 0 where gas and position share a clock."""
    wind_clock_std_s: float
    """The same of the wind."""


@dataclass(frozen=True, eq=False)
class FlightLog:
    """One flight, clean: time strictly increasing, canonical units, no missing position, wind or gas value needed."""

    start_utc: np.datetime64
    """Time of the first sample as logged (no zone is assumed when the file gives none)."""
    time_s: FloatArray
    """Seconds since the first sample, strictly increasing, shape (n,)."""
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    height_m: FloatArray
    """Height above take-off (or above ground, see `height_reference`)."""
    height_reference: Literal["ato", "agl", "altitude"]
    wind_speed_m_s: FloatArray
    wind_from_deg: FloatArray | None
    """Direction the wind comes from, 0 = north, clockwise; None when the file has none."""
    temperature_c: FloatArray
    pressure_hpa: FloatArray
    gas_ppm: Mapping[str, FloatArray]
    """Gas name -> mole fraction, shape (n,), NaN where the instrument gave none."""
    file_row: IntArray
    """Row of the file a sample comes from (the first of those merged into it), the top line being 1, shape (n,)."""
    report: ReadReport
    wind_error: FloatArray | None = None
    """Relative change of each sample's wind for one standard deviation of each unknown of the profile it was carried
    along, shape (k, n); None where the wind was measured at the aircraft."""
    gas_error_ppm: Mapping[str, FloatArray] = field(default_factory=dict)
    """Gas -> change of each sample for one standard deviation of each property of a sensor that was undone, (k, n)."""
    wind_elsewhere: bool = False
    """Whether the wind was measured on a mast or typed in, and not measured at the aircraft."""
    delay_undone_s: Mapping[str, float] = field(default_factory=dict)
    """Gas -> time it was logged late by, as passes to and fro told; not here where it was given or is not sure."""
    ground_height_m: FloatArray | None = None
    """Height of the ground in the same reference as `height_m`, where the file tells (``height_agl`` beside it)."""
    assumed_air: AssumedAir | None = None
    """What of the air was assumed; None where the log has columns of both temperature and pressure."""
    fusion: Fusion | None = None
    """How several files became this flight; None for a single one."""

    @property
    def size(self) -> int:
        """Number of samples n."""
        return int(self.time_s.size)

    @property
    def sample_hz(self) -> float:
        """Median sampling rate, Hz."""
        return float(1.0 / np.median(np.diff(self.time_s))) if self.size > 1 else float("nan")


@dataclass(frozen=True, eq=False)
class Track:
    """The path in a local Cartesian frame, shape (n,).

    UTM minus the median position, turned to true north and scaled to metres on the ground.
    """

    x_m: FloatArray
    """East."""
    y_m: FloatArray
    """North."""
    z_m: FloatArray
    """Height, as in the log."""
    epsg: int
    origin_easting_m: float
    origin_northing_m: float


@dataclass(frozen=True)
class Plane:
    """A vertical plane. Point ``origin + along * (sin az, cos az)``; along = 0 at the lowest end of the samples."""

    origin_x_m: float
    origin_y_m: float
    azimuth_deg: float
    """Direction of increasing `along`, clockwise from north, in [0, 180)."""
    rms_offset_m: float
    """Root mean square distance of the samples from the plane."""


@dataclass(frozen=True)
class Cylinder:
    """A vertical cylinder. ``along = radius * clockwise angle from the seam``; the seam lies upwind."""

    center_x_m: float
    center_y_m: float
    radius_m: float
    seam_azimuth_deg: float
    rms_offset_m: float


@dataclass(frozen=True)
class Loop:
    """A vertical wall all round a convex polygon. `along` runs clockwise from the first corner, which lies upwind."""

    corners_x_m: tuple[float, ...]
    corners_y_m: tuple[float, ...]
    """East and north of the corners, clockwise."""
    rms_offset_m: float

    @property
    def starts_m(self) -> tuple[float, ...]:
        """`along` of the corners, and of the first one again: the perimeter, one longer than the corners."""
        x, y = np.array(self.corners_x_m), np.array(self.corners_y_m)
        sides = np.hypot(np.roll(x, -1) - x, np.roll(y, -1) - y)
        return tuple(np.append(0.0, np.cumsum(sides)).tolist())

    @property
    def perimeter_m(self) -> float:
        """Length all round."""
        return self.starts_m[-1]

    @property
    def area_m2(self) -> float:
        """Area inside, seen from above."""
        x, y = np.array(self.corners_x_m), np.array(self.corners_y_m)
        return abs(0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))

    @property
    def radius_m(self) -> float:
        """Radius of the circle as long as the perimeter."""
        return self.perimeter_m / (2.0 * np.pi)


Surface = Plane | Cylinder | Loop


@dataclass(frozen=True, eq=False)
class Segment:
    """The samples of one curtain or spiral, on its surface. Arrays have shape (m,)."""

    strategy: Strategy
    surface: Surface
    rows: IntArray
    """Indices into the log."""
    transect: IntArray
    """Number of the pass (curtain) or revolution (spiral) of each sample, 0, 1, ... in flight order."""
    along_m: FloatArray
    height_m: FloatArray
    offset_m: FloatArray
    """Signed distance from the surface."""
    normal_x: FloatArray
    normal_y: FloatArray
    """Unit normal at each sample (curtain: the side the mean wind blows to; spiral: outward)."""

    @property
    def transects(self) -> int:
        """Number of passes."""
        return int(self.transect.max()) + 1 if self.transect.size else 0


@dataclass(frozen=True, eq=False)
class Background:
    """Baseline of one gas over the whole log.

    The baseline is linear in its coefficients, ``baseline = design @ coefficients``, so that the variance any
    weighted sum of the enhancement inherits from it is exact.
    """

    algorithm: str
    baseline_ppm: FloatArray
    enhancement_ppm: FloatArray
    """Measured minus baseline, shape (n,); NaN where the gas is missing."""
    is_background: BoolArray
    """Samples the baseline was fitted to."""
    noise_ppm: float
    """Standard deviation of one background sample about the baseline."""
    noise_correlation_samples: float
    """Integral correlation length of that noise in samples (1 for white noise)."""
    design: Any
    """Matrix of shape (n, k), of a kind that holds few zeros: ``design[rows]``, ``weights @ design``."""
    covariance: FloatArray
    """Covariance of the coefficients, ppm^2, shape (k, k)."""

    @property
    def mean_ppm(self) -> float:
        """Mean of the baseline, ppm."""
        return float(np.nanmean(self.baseline_ppm))

    def noise_std(self, rows: IntArray, weights: FloatArray) -> tuple[float, float]:
        """Return the 1-sigma errors noise causes in ``sum(weights * enhancement[rows])``, in two independent parts.

        Noise of a background sample enters twice, by itself and with the other sign through the baseline fitted to it;
        the second part is what is left of both. The first is the noise of all other samples.

        Parameters
        ----------
        rows
            Samples of the sum, shape (m,).
        weights
            Their weights, shape (m,).
        """
        own = self.noise_ppm**2 * self.noise_correlation_samples * weights**2
        fitted, design = self.is_background[rows], self.design[rows]
        whole = np.asarray(weights @ design)
        shared = np.asarray(np.where(fitted, weights, 0.0) @ design)
        left = float(own[fitted].sum() + whole @ self.covariance @ whole - 2.0 * whole @ self.covariance @ shared)
        return float(np.sqrt(own[~fitted].sum())), float(np.sqrt(max(left, 0.0)))


@dataclass(frozen=True, eq=False)
class Wind:
    """Wind of a segment. Arrays (m,)."""

    east_m_s: FloatArray
    """Component blowing towards east."""
    north_m_s: FloatArray
    normal_m_s: FloatArray
    """Signed component along the surface normal."""
    mean_speed_m_s: float
    """Mean of the scalar wind speed."""
    mean_vector_m_s: float
    """Length of the mean wind vector."""
    mean_from_deg: float
    """Direction of the mean vector, coming from."""
    mean_normal_m_s: float
    """Component of the mean vector along the plane's normal (spiral: length of the mean vector)."""
    direction_std_deg: float
    """Yamartino standard deviation of direction."""
    turbulence_intensity: float
    angle_to_normal_deg: float | None
    """Angle of the mean wind to the plane's normal, 0 = straight through; None for a spiral."""
    normal_mean_std_m_s: float
    """Standard error of the mean normal component, from its autocorrelation."""
    measured_direction: bool
    cross_gusts: float | None = None
    """Standard deviation across the mean over the mean speed; None where the wind was not measured at the aircraft."""
    log_profile: LogProfile | None = None


@dataclass(frozen=True)
class LogProfile:
    """Neutral wind profile u(z) = friction_velocity / 0.4 * ln(z / roughness_length)."""

    friction_velocity_m_s: float
    roughness_length_m: float
    fitted: bool
    """True when fitted to the flight, False when the roughness was assumed."""


@dataclass(frozen=True, eq=False)
class VariogramFit:
    """Directional experimental variogram and its anisotropic model."""

    model: str
    estimator: str
    range_m: float
    """Effective range along the curtain."""
    vertical_range_m: float
    sill: float
    """Partial sill (without nugget), (unit)^2."""
    nugget: float
    lags_m: FloatArray
    """Mean pair separation of each horizontal lag class."""
    experimental: FloatArray
    pairs: IntArray
    vertical_lags_m: FloatArray
    vertical_experimental: FloatArray
    vertical_pairs: IntArray
    structure: float
    """Share of sill in sill + nugget: 0 is pure nugget."""


@dataclass(frozen=True, eq=False)
class KrigedGrid:
    """Cell-centred regular grid over the sampled part of the surface. Fields have shape (nz, nx)."""

    x_m: FloatArray
    """Cell centres along the curtain, (nx,)."""
    z_m: FloatArray
    """Cell centres in height, (nz,)."""
    dx_m: float
    dz_m: float
    flux_density_kg_m2_h: FloatArray
    """NaN at nodes that could not be kriged."""
    std_kg_m2_h: FloatArray
    failed_nodes: int
    negative_nodes: int


@dataclass(frozen=True)
class FluxInterval:
    """Coverage interval of the flux."""

    level: float
    low_kg_h: float
    high_kg_h: float


Severity = Literal["info", "warning", "serious"]


@dataclass(frozen=True)
class Flag:
    """One finding about the quality of a result."""

    code: str
    severity: Severity
    value: float | None
    threshold: float | None
    message: Phrase
    """A sentence with value and threshold."""
    advice: Phrase


@dataclass(frozen=True)
class Quality:
    """Grade and flags, most important flag first."""

    grade: Literal["A", "B", "C", "D"]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, eq=False)
class HeightProfile:
    """Flux per metre of height: what each height contributes, kg/(h m)."""

    height_m: FloatArray
    """Bin centres from the ground up."""
    thickness_m: FloatArray
    flux_kg_h_m: FloatArray
    is_extrapolated: BoolArray
    """True below the lowest and above the highest pass."""


class Detection:
    """Whether a rate is told from zero, for classes that have a rate, an interval and a detection limit."""

    flux_kg_h: float
    interval: FluxInterval
    detection_limit_kg_h: float

    @property
    def detected(self) -> bool:
        """Whether the rate is beyond the detection limit and its interval beyond zero."""
        low, high = self.interval.low_kg_h, self.interval.high_kg_h
        return abs(self.flux_kg_h) >= self.detection_limit_kg_h and not low <= 0.0 <= high

    @property
    def flux_upper_bound_kg_h(self) -> float:
        """What the emission is below: the upper end of the interval, never less than the detection limit."""
        return max(self.interval.high_kg_h, self.detection_limit_kg_h)


@dataclass(frozen=True, eq=False)
class GasResult(Detection):
    """Everything about one gas in one segment."""

    gas: str
    flux_kg_h: float
    flux_std_kg_h: float
    interval: FluxInterval
    budget_kg_h: Mapping[str, float]
    """Component name -> one standard deviation."""
    degrees_of_freedom: float
    """Effective degrees of freedom of `flux_std_kg_h`."""
    repeatability_degrees_of_freedom: float
    flux_below_lowest_sample_kg_h: float
    flux_above_highest_sample_kg_h: float
    flux_positive_kg_h: float
    flux_negative_kg_h: float
    detection_limit_kg_h: float
    background: Background
    density_kg_m3: FloatArray
    """Density of the pure gas at each sample, (m,)."""
    flux_density_kg_m2_h: FloatArray
    """Signed flux density of each sample, (m,)."""
    flux_contribution_kg_h: FloatArray
    """Share of the flux each sample carries; sums to `flux_kg_h`, (m,)."""
    variogram: VariogramFit
    grid: KrigedGrid
    profile: HeightProfile
    quality: Quality
    ground_method: str


@dataclass(frozen=True)
class FlightSummary:
    """The `flight` block of the results; for several curtains, of the whole."""

    strategy: Strategy
    start: str
    end: str
    duration_s: float
    sample_hz: float
    transects: int
    plane_azimuth_deg: float | None
    radius_m: float | None
    length_m: float
    height_min_m: float
    height_max_m: float
    ground_height_m: float
    wind_mean_m_s: float
    wind_from_deg: float | None
    wind_normal_mean_m_s: float
    wind_angle_to_plane_deg: float | None
    """Angle between mean wind and the plane: 90 = straight through."""
    temperature_mean_c: float
    pressure_mean_hpa: float
    perimeter_m: float | None = None
    """Of a closed surface of straight sides; its `radius_m` is that of the circle of this length."""
    area_inside_m2: float | None = None
    """Area such a surface encloses, seen from above."""


@dataclass(frozen=True, eq=False)
class SegmentResult:
    """One curtain or spiral with its wind and its gases."""

    segment: Segment
    wind: Wind
    summary: FlightSummary
    gases: Mapping[str, GasResult]


@dataclass(frozen=True, eq=False)
class CombinedGas(Detection):
    """One gas over all segments of the flight (equal to the segment's own values when there is one)."""

    gas: str
    flux_kg_h: float
    flux_std_kg_h: float
    interval: FluxInterval
    budget_kg_h: Mapping[str, float]
    degrees_of_freedom: float
    flux_below_lowest_sample_kg_h: float
    flux_above_highest_sample_kg_h: float
    flux_positive_kg_h: float
    flux_negative_kg_h: float
    detection_limit_kg_h: float
    quality: Quality


@dataclass(frozen=True, eq=False)
class FlightResult:
    """What `gasflux.process` returns: the answer and everything it was computed from."""

    log: FlightLog
    track: Track
    phase: IntArray
    """`Phase` of each sample, (n,)."""
    background: Mapping[str, Background]
    segments: tuple[SegmentResult, ...]
    summary: FlightSummary
    gases: Mapping[str, CombinedGas]
    started_at: str
    finished_at: str
    stages_s: Mapping[str, float] = field(default_factory=dict)
    language: Literal["en", "zh"] = "en"
