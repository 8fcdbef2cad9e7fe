"""What is a gas: the table, what instruments write around a name, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.gas import is_formula, molar_mass_g_mol
from gasflux.reading.headers import read_header
from gasflux.reading.vocabulary.gas_table import BY_NAME, GASES, SOURCES, lies_outside

AUTOMATIC = sorted(set(GASES) - {"h2o", "o2", "n2", "ar"})


@pytest.mark.parametrize("formula", GASES)
def test_every_row_of_the_table_is_sound(formula: str) -> None:
    gas = GASES[formula]
    assert is_formula(formula)
    assert molar_mass_g_mol(formula) > 1.0
    assert gas.source in SOURCES
    assert 0.0 < gas.lowest_ppm < gas.clean_air_ppm < gas.highest_ppm
    assert gas.english
    assert gas.chinese


def test_the_table_holds_what_field_instruments_measure() -> None:
    wanted = "ch4 co2 n2o c2h6 c3h8 c4h10 c5h12 c2h4 c2h2 co h2s so2 nh3 no no2 o3 h2 hcho c6h6 c7h8 c8h10 hf hcl hcn"
    assert set(wanted.split()) <= set(GASES)
    assert {BY_NAME[name] for name in ("hfc134a", "r134a", "tetrafluoroethane")} == {"c2h2f4"}


@pytest.mark.parametrize("formula", AUTOMATIC)
def test_clean_air_in_ppm_passes_and_in_ppb_does_not(formula: str) -> None:
    """A column without unit: numbers of ppb are above what a flight's median may be in ppm."""
    clean = GASES[formula].clean_air_ppm
    assert not lies_outside(formula, clean, 2.0 * clean)
    assert not lies_outside(formula, 10.0 * clean, 30.0 * clean)
    assert lies_outside(formula, 1000.0 * clean, 1500.0 * clean)


@given(st.sampled_from(AUTOMATIC), st.floats(-1e3, -1e-9))
def test_an_offset_below_zero_is_no_unit(formula: str, middle_ppm: float) -> None:
    assert not lies_outside(formula, middle_ppm, max(abs(middle_ppm), GASES[formula].lowest_ppm))


BEFORE = ["", "HR_", "uav ", "sensor 2 ", "Picarro_", "X"]
AFTER = ["", "_1", "_dry", "_avg", "_sync", " sensor 3", "_A", "_cal", " concentration", " 1 min avg"]
UNITS = ["{} (ppb)", "{} [ppb]", "{}_ppb", "{} ppb", "{}_ppbv", "{} [nmol mol-1]", "{} (nmol/mol)"]


@given(
    st.sampled_from(AUTOMATIC).flatmap(lambda gas: st.sampled_from([gas, gas.upper()])),
    st.sampled_from(BEFORE),
    st.sampled_from(AFTER),
    st.sampled_from(UNITS),
)
def test_what_stands_around_a_formula_leads_to_the_gas(name: str, before: str, after: str, form: str) -> None:
    header = read_header(form.format(f"{before}{name}{after}"))
    assert (header.name, header.unit.symbol if header.unit else None) == (name.lower(), "ppb")
    assert header.is_gas
    assert header.is_dry == ("dry" in after)


STATISTICS = [
    "se",
    "sd",
    "std",
    "stdev",
    "min",
    "max",
    "noise",
    "flag",
    "QC",
    "err",
    "unc",
    "var",
    "count",
    "status",
    "rsd",
    "median_error",
    "detection_limit",
]


@given(
    st.sampled_from(AUTOMATIC),
    st.sampled_from(STATISTICS),
    st.sampled_from(["{0}_{1}", "{0}_ppb_{1}", "{0} {1} (ppb)"]),
)
def test_a_statistic_is_no_gas(gas: str, statistic: str, form: str) -> None:
    header = read_header(form.format(gas.upper(), statistic))
    assert (header.name, header.about) == ("", gas)


NO_GASES = [
    *("SOC (%)", "SOC", "PPF_CH4_conc", "CH4_se", "R", "C2/C1", "SN", "pos2", "T0 (degC)", "Inlet Number", "C", "PN"),
    *("CH4_Temp", "CH4 cell pressure", "CH4 laser current power", "NO", "HF", "He", "SP", "HPS", "COP", "BIN3", "BOB"),
    *("CH4 flux (kg/h)", "ch4 enhancement (ppb)", "CH4_background", "CO2_setpoint", "H2O (ppm)", "O2 (%)", "NOx (ppb)"),
]


@pytest.mark.parametrize("text", NO_GASES)
def test_what_reads_as_a_formula_is_no_gas_for_it(text: str) -> None:
    assert read_header(text).name == ""


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        *(
            ("Carbon monoxide CO", "co"),
            ("甲烷CH4(ppm)", "ch4"),
            ("Nitrous oxide N2O [ppm]", "n2o"),
            ("甲烷濃度", "ch4"),
        ),
        *(("1号甲烷(ppm)", "ch4"), ("R-134a (ppb)", "c2h2f4"), ("NO (ppb)", "no"), ("n-butane (ppb)", "c4h10")),
        *(("CH2O (ppb)", "hcho"), ("OCS (ppt)", "cos"), ("12CH4_dry", "ch4"), ("12CO2", "co2"), ("[CH4]d_ppm", "ch4")),
        *(("二氧化碳浓度(ppm)", "co2"), ("氨氣 (ppb)", "nh3"), ("硫化氢 mg/m³", "h2s"), ("CH4_NPL_ppb", "ch4")),
        *(
            ("mole_fraction_of_methane (nmol mol-1)", "ch4"),
            ("CH₄ ppb", "ch4"),
            ("CH4 in ppb", "ch4"),
            ("NO2_2", "no2"),
        ),
    ],
)
def test_gas(text: str, formula: str) -> None:
    assert read_header(text).name == formula


@pytest.mark.parametrize(
    ("text", "formula", "why"),
    [
        *(("HP_13CH4", "ch4", "isotope"), ("[NN15O]_ppm", "n2o", "isotope"), ("CH3D", "ch4", "isotope")),
        *(("13CO2 (ppm)", "co2", "isotope"), ("VOCs ppm", "vocs", "mixture"), ("C5F12 (ppb)", "c5f12", "formula")),
        *(("CH4 (ppm-m)", "ch4", "path"), ("CH4 (ppm·m)", "ch4", "path"), ("甲烷(%LEL)", "ch4", "lel")),
        *(("CH4 (mg/m2)", "ch4", "column"), ("CH4 (mV)", "ch4", "signal"), ("GAS:Methane", "ch4", "path")),
    ],
)
def test_what_has_to_do_with_a_gas_is_told(text: str, formula: str, why: str) -> None:
    header = read_header(text)
    assert (header.name, header.about, header.unused) == ("", formula, why)


def test_any_formula_is_a_gas_where_it_is_listed() -> None:
    assert read_header("C5F12 (ppb)", frozenset({"c5f12"})).name == "c5f12"
    assert read_header("O2 (%)", frozenset({"o2"})).name == "o2"
