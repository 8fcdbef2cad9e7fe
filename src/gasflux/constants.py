"""Physical constants and unit factors, each with its unit and source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Temperature = TypeVar("Temperature", float, "NDArray[np.float64]")

GAS_CONSTANT_J_MOL_K: Final = 8.314462618
"""Molar gas constant, J/(mol K); CODATA 2018, exact."""

AVOGADRO: Final = 6.02214076e23
"""Molecules in a mole, exact (SI brochure, 2019)."""

ZERO_CELSIUS_K: Final = 273.15
"""0 degC in kelvin; exact by definition."""

VON_KARMAN: Final = 0.40
"""Von Karman constant, dimensionless; Hogstrom 1996, Boundary-Layer Meteorology 78:215."""

PA_PER_HPA: Final = 100.0
PA_PER_TORR: Final = 101_325.0 / 760.0
M_PER_FOOT: Final = 0.3048
SECONDS_PER_HOUR: Final = 3600.0
PPM: Final = 1e-6
"""Mole fraction of one part per million, mol/mol."""

METRES_PER_DEGREE: Final = 111_195.0
"""Of a great circle on a sphere of 6,371 km, the Earth's mean radius: where a sphere is near enough."""


def celsius_to_kelvin(temperature_c: Temperature) -> Temperature:
    """Return kelvin for degrees Celsius: the one place where the offset is added (works on arrays too)."""
    return temperature_c + ZERO_CELSIUS_K
