"""Gases: chemical formula -> molar mass -> density of the pure gas at the temperature and pressure of each sample."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import accumulate
from typing import Final

import numpy as np

from gasflux.constants import GAS_CONSTANT_J_MOL_K, PA_PER_HPA, celsius_to_kelvin
from gasflux.errors import InputError
from gasflux.records import FloatArray

ATOMIC_WEIGHTS: Final[dict[str, float]] = {
    "H": 1.008,
    "He": 4.0026,
    "B": 10.81,
    "C": 12.011,
    "N": 14.007,
    "O": 15.999,
    "F": 18.998,
    "Ne": 20.180,
    "Si": 28.085,
    "P": 30.974,
    "S": 32.06,
    "Cl": 35.45,
    "Ar": 39.95,
    "Ge": 72.630,
    "As": 74.922,
    "Se": 78.971,
    "Br": 79.904,
    "Kr": 83.798,
    "I": 126.90,
    "Xe": 131.29,
    "Hg": 200.59,
    "Rn": 222.0,
}
"""Standard atomic weights of the elements that form gases, g/mol; IUPAC abridged table (Prohaska et al. 2022, Pure
Appl. Chem. 94:573). Metals are left out on purpose: without them ``co`` can only be C and O, ``no`` only N and O."""

_BY_LOWER: Final = {symbol.lower(): symbol for symbol in ATOMIC_WEIGHTS}
_COUNT: Final = re.compile(r"\d*")
_FORMULA: Final = re.compile(r"[A-Za-z(][A-Za-z0-9()]{0,23}")
# The length is bounded because reading tries every split of a text such as "sisisi...".


def _symbols(text: str) -> list[str]:
    """Element symbols `text` may begin with, the likelier reading first."""
    one, two = text[:1], text[:2]
    candidates = [one, two]
    # Cased formulas say what they mean; in "sih4" silicon is meant, and elsewhere C+O, N+O, ... beat two letters.
    if len(two) == 2 and ((two[0].isupper() and two[1].islower()) or two.lower() == "si"):
        candidates.reverse()
    return [_BY_LOWER[candidate.lower()] for candidate in candidates if candidate.lower() in _BY_LOWER]


def _take_count(text: str) -> tuple[int, str] | None:
    """Leading number of atoms (1 when there is none) and what follows; None for 0, 1 written out, or leading zeros."""
    match = _COUNT.match(text)
    digits = match.group() if match else ""
    if digits.startswith("0") or digits == "1" or len(digits) > 3:
        return None
    return int(digits or 1), text[len(digits) :]


def _merge(head: Counter[str], count: int, tail: Counter[str]) -> Counter[str]:
    """Atoms of `count` times `head` followed by `tail`."""
    return Counter({symbol: count * number for symbol, number in head.items()}) + tail


def _parse_group(text: str) -> Counter[str] | None:
    """Atoms of a formula that begins with a bracketed group."""
    depths = accumulate((letter == "(") - (letter == ")") for letter in text)
    end = next((index for index, depth in enumerate(depths) if depth == 0), 0)
    inner = _parse(text[1:end]) if end > 1 else None
    counted = _take_count(text[end + 1 :])
    tail = _parse(counted[1]) if counted else None
    return None if inner is None or counted is None or tail is None else _merge(inner, counted[0], tail)


def _parse(text: str) -> Counter[str] | None:
    """Atoms of a formula, empty for an empty text, None when it cannot be read."""
    if not text:
        return Counter()
    if text[0] == "(":
        return _parse_group(text)
    for symbol in _symbols(text):
        counted = _take_count(text[len(symbol) :])
        tail = _parse(counted[1]) if counted else None
        if counted is not None and tail is not None:
            return _merge(Counter({symbol: 1}), counted[0], tail)
    return None


@lru_cache(maxsize=1024)
def _atoms(formula: str) -> tuple[tuple[str, int], ...]:
    """Atoms of `formula`, () when it is none (a tuple, so that the cache cannot be changed from outside)."""
    atoms = _parse(formula) if _FORMULA.fullmatch(formula) else None
    return tuple(atoms.items()) if atoms else ()


def is_formula(name: str) -> bool:
    """Tell whether `name` reads as the chemical formula of a gas, in any case (``ch4``, ``N2O``, ``(CH3)2S``)."""
    return bool(_atoms(name.strip()))


def formula_elements(formula: str) -> frozenset[str]:
    """Return the symbols of the elements in `formula`, empty when it is no formula."""
    return frozenset(symbol for symbol, _ in _atoms(formula.strip()))


def molar_mass_g_mol(formula: str) -> float:
    """Return the molar mass of a gas.

    Parameters
    ----------
    formula
        Chemical formula in any case; groups in round brackets are allowed.

    Returns
    -------
    float
        Sum of the standard atomic weights, g/mol.

    Raises
    ------
    InputError
        When `formula` cannot be read.

    Examples
    --------
    >>> round(molar_mass_g_mol("CH4"), 3)
    16.043
    >>> molar_mass_g_mol("c2h6") == molar_mass_g_mol("C2H6")
    True
    """
    atoms = _atoms(formula.strip())
    if not atoms:
        raise InputError(
            f"{formula!r} is not the chemical formula of a gas; name the column by its formula, e.g. ch4, co2, n2o."
        )
    return sum(ATOMIC_WEIGHTS[symbol] * count for symbol, count in atoms)


def density_kg_m3(formula: str, temperature_c: float | FloatArray, pressure_hpa: float | FloatArray) -> FloatArray:
    """Return the density of the pure gas, by the ideal gas law.

    rho = p M / (R T), so that mole fraction times this density is the gas's partial density in air.

    Parameters
    ----------
    formula
        Chemical formula, e.g. ``ch4``.
    temperature_c
        Air temperature, degrees Celsius, scalar or shape (n,).
    pressure_hpa
        Air pressure, hPa, scalar or shape (n,).

    Returns
    -------
    ndarray
        kg/m3, in the shape the arguments broadcast to.

    Raises
    ------
    InputError
        When `formula` cannot be read.

    Examples
    --------
    >>> round(float(density_kg_m3("ch4", 15.0, 1013.25)), 3)
    0.678
    """
    molar_mass_kg = molar_mass_g_mol(formula) / 1000.0
    pressure_pa = np.asarray(pressure_hpa, dtype=np.float64) * PA_PER_HPA
    kelvin: FloatArray = celsius_to_kelvin(np.asarray(temperature_c, dtype=np.float64))
    return np.asarray(pressure_pa * molar_mass_kg / (GAS_CONSTANT_J_MOL_K * kelvin))


def ppm_from_mass_concentration(
    formula: str,
    micrograms_m3: float | FloatArray,
    temperature_c: float | FloatArray,
    pressure_hpa: float | FloatArray,
) -> FloatArray:
    """Return the mole fraction of a gas given as mass per volume of air at ambient conditions.

    A microgram per cubic metre over the density of the pure gas in kg/m3 is 1e-9 mol/mol, hence 1e-3 ppm.

    Parameters
    ----------
    formula
        Chemical formula.
    micrograms_m3
        Mass concentration, ug/m3, scalar or shape (n,).
    temperature_c, pressure_hpa
        Conditions the concentration refers to: those of the air at the sample.

    Returns
    -------
    ndarray
        ppm, in the shape the arguments broadcast to.
    """
    density = density_kg_m3(formula, temperature_c, pressure_hpa)
    return np.asarray(np.asarray(micrograms_m3, dtype=np.float64) * 1e-3 / density)
