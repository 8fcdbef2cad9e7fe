"""The processing configuration: one pydantic model per section of the YAML; every key is optional and explained."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from gasflux.wording.lookup import phrase


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not low < high:
        raise ValueError(phrase("problem.empty_range", low=low, high=high))
    return value


Range = Annotated[tuple[float, float], AfterValidator(_ordered)]


class Section(BaseModel):
    """A section of the YAML: unknown keys are errors, values are not coerced silently, instances are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


class Strategies(Section):
    """Which method does each step. A name that does not exist lists those that do."""

    background: Literal["algorithm"] = "algorithm"
    spatial: Literal["auto", "curtain", "spiral"] = "auto"
    interpolation: Literal["kriging"] = "kriging"
    sensor: Literal["insitu"] = "insitu"


class BaselineSettings(BaseModel):
    """Background. Windows count samples of the series averaged to 1 s (a 1 Hz log as it is).

    Keyword settings of an algorithm stand under its name, e.g. ``dietrich: {num_std: 4}``.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    algorithm: str = "fastchrom"
    smooth_half_window: int = Field(default=50, ge=0, le=100_000)
    num_std: float = Field(default=2.0, gt=0.0, le=100.0)

    @property
    def algorithm_settings(self) -> dict[str, Any]:
        """Keyword settings given under the chosen algorithm's name."""
        extra = self.model_extra or {}
        return dict(extra.get(self.algorithm) or {})


class SemivariogramSettings(Section):
    """Experimental variogram and its model, with scikit-gstat's names and meanings."""

    model: Literal["spherical", "exponential", "gaussian", "cubic", "stable", "matern"] = "exponential"
    estimator: Literal["matheron", "cressie", "dowd", "genton", "minmax", "entropy"] = "matheron"
    n_lags: int = Field(default=20, ge=3, le=200)
    bin_func: Literal["even", "uniform"] = "even"
    fit_method: Literal["trf", "lm", "ml", "manual"] = "trf"
    maxlag: float | Literal["median", "mean"] | None = None
    tolerance: float = Field(default=22.5, gt=0.0, le=90.0)
    azimuth: float = Field(default=0.0, ge=-180.0, le=180.0)
    bandwidth: float | None = Field(default=None, gt=0.0)


class OrdinaryKrigingSettings(Section):
    """Kriging and its grid."""

    min_points: int = Field(default=3, ge=1, le=10_000)
    max_points: int | None = Field(default=None, ge=2, le=5_000)
    """Neighbours per node; None uses all samples at once (global kriging)."""
    grid_resolution: float | None = Field(default=None, gt=0.0)
    """Wanted cell size in metres along the curtain and in height; None derives it from the flight."""
    min_nodes: int = Field(default=10, ge=2, le=500)
    """Cells in the shorter direction at least."""
    y_min: float | None = None
    """Lowest height of the grid in metres; None is the lowest pass."""
    cut_ground: bool = True
    """Leave out cells below the ground."""


class TimeWindow(Section):
    """A span of time, both ends included."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _ordered(self) -> TimeWindow:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError(phrase("problem.zones"))
        if self.end <= self.start:
            raise ValueError(phrase("problem.window_order", start=self.start, end=self.end))
        return self


def _as_window(value: Any) -> Any:
    return {"start": value[0], "end": value[1]} if isinstance(value, list | tuple) and len(value) == 2 else value


class Filters(Section):
    """Which samples count."""

    phase: Literal["rules", "ml", "none"] = "rules"
    """Flight phases by rule (default), by the trained classifier, or every sample taken as transect."""
    time_windows: tuple[TimeWindow, ...] = ()
    """Use only these spans, each ``[start, end]``; one segment per span."""
    exclude: tuple[TimeWindow, ...] = ()
    """Leave these spans out."""

    @field_validator("time_windows", "exclude", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return tuple(_as_window(item) for item in value) if isinstance(value, list | tuple) else value


class GroundSettings(Section):
    """The layer between the ground and the lowest pass, which nobody flew."""

    method: Literal["plume", "wind-profile", "constant", "linear", "none"] = "plume"
    """plume: average over reflected Gaussian profiles that fit the passes; wind-profile: constant concentration under a
    logarithmic wind; constant: flux density of the lowest pass; linear: falling to zero at the ground; none: zero."""
    height: float | None = None
    """Height of the ground in the reference of the log's heights, m; None: from the file, else 0."""
    roughness_length: float = Field(default=0.03, gt=0.0, le=5.0)
    """Aerodynamic roughness length, m; 0.03 is short grass."""


class WindSettings(Section):
    """Where the wind comes from."""

    source: Literal["columns", "aircraft", "mast", "constant"] = "columns"
    """columns: windspeed and winddir at the aircraft; aircraft: u, v in its frame with heading and ground speed; mast:
    windspeed and winddir of a mast of `height`; constant: `speed` and `direction`, at `height` where it is given."""
    height: float | None = Field(default=None, gt=0.0, le=500.0)
    """Height above ground of the wind of a mast, or of a constant one, m."""
    speed: float | None = Field(default=None, ge=0.0, le=60.0)
    """Constant wind speed, m/s."""
    direction: float | None = Field(default=None, ge=0.0, le=360.0)
    """Direction a constant wind comes from, degrees; None: straight through the surface."""
    direction_convention: Literal["from", "to", "math"] = "from"
    log_profile: bool = False
    """Fit a logarithmic profile to the wind and use it below the lowest pass."""

    @model_validator(mode="after")
    def _complete(self) -> WindSettings:
        if self.source == "mast" and self.height is None:
            raise ValueError(phrase("problem.mast_height"))
        if self.source == "constant" and self.speed is None:
            raise ValueError(phrase("problem.constant_speed"))
        return self


class StabilitySettings(Section):
    """Stability of the air near the ground."""

    obukhov_length: float | None = None
    """Obukhov length, m: negative by day in sunshine, positive in a clear night; None: unknown, taken as neutral."""

    @field_validator("obukhov_length")
    @classmethod
    def _far_from_zero(cls, value: float | None) -> float | None:
        if value is not None and abs(value) < 1.0:
            raise ValueError(phrase("problem.obukhov_length"))
        return value


class SensorResponse(Section):
    """How late and how slow a gas analyser is."""

    response_s: float = Field(default=0.0, ge=0.0, le=120.0)
    """Time constant: after so long a step is shown to 63 %."""
    lag_s: float = Field(default=0.0, ge=-120.0, le=120.0)
    """Time the gas takes from the inlet to the analyser; negative when its clock is behind."""

    @property
    def is_given(self) -> bool:
        """Tell whether somebody wrote one of them down, be it zero."""
        return bool({"response_s", "lag_s"} & self.model_fields_set)


class SensorSettings(SensorResponse):
    """Response and lag of all gases, and of single ones under ``gases``."""

    gases: dict[str, SensorResponse] = Field(default_factory=dict)
    """Gas -> its own response and lag."""

    def of(self, gas: str) -> SensorResponse:
        """Return the settings of a gas."""
        return self.gases.get(gas, self)


class FusionSettings(Section):
    """Several files of one flight: what is known of their clocks beforehand."""

    clock_offsets: dict[str, float | Literal["auto"]] = Field(default_factory=dict)
    """File -> seconds by which its clock is ahead of the reference's, or ``auto`` to have it found."""
    lag_s: float | None = Field(default=None, ge=-120.0, le=120.0)
    """Time from inlet to analyser, s, undone with the clocks; null: found where something else tells the clock."""
    reference: str | None = None
    """File whose clock counts; null: the one with the positions."""

    @property
    def known_offsets_s(self) -> dict[str, float]:
        """Offsets that are not to be found."""
        return {name: value for name, value in self.clock_offsets.items() if not isinstance(value, str)}


class AirSettings(Section):
    """Air where the log has no column of it; null: the standard atmosphere at the log's altitude."""

    temperature: float | None = Field(default=None, ge=-90.0, le=60.0)
    """Air temperature during the flight, degC."""
    pressure: float | None = Field(default=None, ge=50.0, le=1100.0)
    """Air pressure at the flight's heights, hPa."""


class UncertaintySettings(Section):
    """The error budget. Instrument terms are one standard deviation, as a calibration certificate gives them."""

    level: float = Field(default=0.9, gt=0.0, lt=1.0)
    wind_speed_gain: float = Field(default=0.03, ge=0.0, le=1.0)
    """Relative calibration error of the anemometer on the aircraft."""
    wind_direction_deg: float = Field(default=3.0, ge=0.0, le=45.0)
    """Alignment error of the wind direction."""
    gas_gain: float = Field(default=0.01, ge=0.0, le=1.0)
    """Relative calibration error of the gas analyser."""
    temperature_k: float = Field(default=1.0, ge=0.0, le=30.0)
    pressure_hpa: float = Field(default=1.0, ge=0.0, le=100.0)


class PipelineConfig(Section):
    """Everything that decides how a flight becomes a rate."""

    output_dir: str = "./output"
    sheet: str | int | None = None
    """Sheet name or number (from 0) of a workbook; None is the first."""
    language: Literal["en", "zh"] = "en"
    netcdf: bool = False
    """Whether ``flight.nc`` is written too; needs the extra ``netcdf``."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Canonical name -> header in the file, where the automatic recognition is not wanted, or ``ignore``: no column."""
    units: dict[str, str] = Field(default_factory=dict)
    """Canonical name -> unit, where the header does not tell."""
    start: date | datetime | None = None
    """When the log began, for logs whose times lack the date (a day) or count from the start (day and time)."""
    required_cols: dict[str, Range] = Field(
        default_factory=lambda: {
            "latitude": (-90.0, 90.0),
            "longitude": (-180.0, 180.0),
            "height_ato": (-500.0, 6000.0),
            "windspeed": (0.0, 60.0),
            "temperature": (-60.0, 60.0),
            "pressure": (400.0, 1100.0),
        }
    )
    gases: dict[str, Range] = Field(default_factory=dict)
    """Gas -> allowed range in ppm. Empty: every gas column found, any value."""
    out_of_range: Literal["error", "drop"] = "error"
    strategies: Strategies = Strategies()
    algorithmic_baseline_settings: BaselineSettings = BaselineSettings()
    semivariogram_settings: SemivariogramSettings = SemivariogramSettings()
    ordinary_kriging_settings: OrdinaryKrigingSettings = OrdinaryKrigingSettings()
    filters: Filters = Filters()
    ground: GroundSettings = GroundSettings()
    wind: WindSettings = WindSettings()
    stability: StabilitySettings = StabilitySettings()
    sensor: SensorSettings = SensorSettings()
    fusion: FusionSettings = FusionSettings()
    air: AirSettings = AirSettings()
    uncertainty: UncertaintySettings = UncertaintySettings()
