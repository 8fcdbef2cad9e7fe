"""Formulas, molar masses and densities against published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.errors import InputError
from gasflux.gas import (
    ATOMIC_WEIGHTS,
    density_kg_m3,
    formula_elements,
    is_formula,
    molar_mass_g_mol,
    ppm_from_mass_concentration,
)

KNOWN_MASSES = {
    "ch4": 16.043,
    "CO2": 44.009,
    "n2o": 44.013,
    "c2h6": 30.070,
    "NH3": 17.031,
    "so2": 64.058,
    "h2s": 34.076,
    "co": 28.010,
    "no2": 46.005,
    "sf6": 146.05,
    "HCl": 36.458,
    "chcl3": 119.37,
    "sih4": 32.117,
    "ocs": 60.07,
    "(CH3)2S": 62.13,
    "c10h16": 136.238,
}
"""Molar masses in g/mol as data sheets print them."""


@pytest.mark.parametrize(("formula", "mass"), KNOWN_MASSES.items())
def test_molar_mass(formula: str, mass: float) -> None:
    # data sheets round to five digits and use atomic weights of different years
    assert molar_mass_g_mol(formula) == pytest.approx(mass, rel=1e-4)


@pytest.mark.parametrize("formula", KNOWN_MASSES)
def test_case_does_not_matter(formula: str) -> None:
    assert molar_mass_g_mol(formula.lower()) == molar_mass_g_mol(formula.upper())


@given(st.dictionaries(st.sampled_from(["C", "H", "O", "F"]), st.integers(2, 30), min_size=1))
def test_mass_is_the_sum_of_the_atoms(atoms: dict[str, int]) -> None:
    formula = "".join(f"{symbol}{count}" for symbol, count in atoms.items())
    expected = sum(ATOMIC_WEIGHTS[symbol] * count for symbol, count in atoms.items())
    # rounding of a sum of at most four terms
    assert molar_mass_g_mol(formula) == pytest.approx(expected, rel=1e-14)
    assert formula_elements(formula) == set(atoms)


@pytest.mark.parametrize(
    "text", ["VOCs", "R", "T", "C2/C1", "", "ch4x", "c01", "h1", "(CH4", "CH4)", "()", "4", "m", "CH 4"]
)
def test_what_is_no_formula(text: str) -> None:
    assert not is_formula(text)
    with pytest.raises(InputError, match="not the chemical formula"):
        molar_mass_g_mol(text)


def test_a_long_text_is_refused_at_once() -> None:
    assert not is_formula("si" * 5000 + "x")


@pytest.mark.parametrize(
    ("formula", "density"),
    [("ch4", 0.648), ("co2", 1.775), ("n2o", 1.775), ("c2h6", 1.222), ("nh3", 0.694), ("so2", 2.618), ("h2", 0.0813)],
)
def test_published_densities(formula: str, density: float) -> None:
    """Borgnakke and Sonntag, Fundamentals of Thermodynamics, table A.5: 25 degC, 100 kPa."""
    # real gases are denser than ideal ones there: sulfur dioxide by 1.4 %, ammonia and ethane by about 1 %
    assert float(density_kg_m3(formula, 25.0, 1000.0)) == pytest.approx(density, rel=0.015)


def test_methane_at_15_degrees() -> None:
    # 16.043 g/mol x 101,325 Pa / (8.314 J/(mol K) x 288.15 K), three digits as printed; 0.348 with 273.15 added twice
    assert float(density_kg_m3("ch4", 15.0, 1013.25)) == pytest.approx(0.678, abs=5e-4)


def test_molar_volume() -> None:
    """One mole at 0 degC and 1013.25 hPa fills 22.413 969 54 L (CODATA 2018)."""
    litres = molar_mass_g_mol("n2") / float(density_kg_m3("n2", 0.0, 1013.25))
    # the gas constant is given to ten digits
    assert litres == pytest.approx(22.413_969_54, rel=1e-9)


def test_density_works_on_arrays_and_leaves_them() -> None:
    temperature, pressure = np.array([0.0, 15.0, 30.0]), np.array([1000.0, 900.0, 800.0])
    temperature.setflags(write=False)
    pressure.setflags(write=False)
    expected = [float(density_kg_m3("co2", t, p)) for t, p in zip(temperature, pressure, strict=True)]
    np.testing.assert_array_equal(density_kg_m3("co2", temperature, pressure), expected)


@given(st.floats(-40.0, 50.0), st.floats(500.0, 1050.0), st.floats(0.1, 1e6))
def test_mass_concentration_is_ppm_times_density(temperature: float, pressure: float, micrograms: float) -> None:
    ppm = ppm_from_mass_concentration("so2", micrograms, temperature, pressure)
    kg_m3 = ppm * 1e-6 * density_kg_m3("so2", temperature, pressure)
    # four multiplications of doubles
    np.testing.assert_allclose(kg_m3, micrograms * 1e-9, rtol=1e-14)


@pytest.mark.parametrize(("formula", "factor"), [("o3", 1.9957), ("no2", 1.9125), ("so2", 2.6609), ("co", 1.1642)])
def test_published_conversion_of_mass_concentration(formula: str, factor: float) -> None:
    """Micrograms per cubic metre of one ppb at 20 degC and 1013 hPa, as British air quality reports use them."""
    ppm = float(ppm_from_mass_concentration(formula, factor, 20.0, 1013.0))
    # the published factors take 273/293 for the ratio of temperatures, 0.03 % off
    assert ppm == pytest.approx(1e-3, rel=1e-3)
