"""Processing YAML: the hand-over document's example, the shipped defaults, every fault at once, hostile input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.configuration.bounded_yaml import MAX_YAML_BYTES
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import default_config_text, dump_effective_config, load_pipeline_config
from gasflux.errors import ConfigError
from gasflux.version import __version__

HANDOVER_YAML = """\
output_dir: ./output
required_cols:
  latitude: [-90, 90]
  longitude: [-180, 180]
  height_ato: [0, 200]
  windspeed: [0, 20]
  temperature: [-50, 60]
  pressure: [900, 1100]
gases:
  ch4: [1.5, 10.0]
  co2: [300, 500]
strategies:
  background: "algorithm"
  spatial: "curtain"
  interpolation: "kriging"
  sensor: "insitu"
algorithmic_baseline_settings:
  # 背景校正算法参数
  smooth_half_window: 50
  num_std: 2
"""


def refused(source: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_pipeline_config(source)
    assert "\n" not in str(caught.value)
    return caught.value


def test_handover_example_loads_as_it_is() -> None:
    config = load_pipeline_config(HANDOVER_YAML)
    assert config.gases == {"ch4": (1.5, 10.0), "co2": (300.0, 500.0)}
    assert config.required_cols["height_ato"] == (0.0, 200.0)
    assert config.strategies.spatial == "curtain"
    assert config.algorithmic_baseline_settings.smooth_half_window == 50
    assert config.algorithmic_baseline_settings.num_std == 2.0


def test_shipped_file_holds_the_defaults_and_every_key() -> None:
    import yaml

    assert load_pipeline_config(default_config_text()) == PipelineConfig()
    given, model = yaml.safe_load(default_config_text()), PipelineConfig().model_dump()
    assert list(given) == list(model)
    for section, settings in model.items():
        if isinstance(settings, dict):
            assert list(given[section]) == list(settings), section


def test_every_setting_of_the_shipped_file_is_explained() -> None:
    """A comment stands on the line of a setting or right above it, above its section or above the file's top."""
    explained = False
    for line in default_config_text().splitlines():
        if line.strip().startswith("#"):
            explained = True
        elif line and not line.startswith(" "):
            assert explained, line
            explained = line.rstrip().endswith(":")


@pytest.mark.parametrize(
    "source", [None, "", "# nothing\n", {}, b"", b"\xef\xbb\xbf", PipelineConfig(), "strategies:\n"]
)
def test_nothing_given_is_the_defaults(source: Any) -> None:
    assert load_pipeline_config(source) == PipelineConfig()


def test_file_mapping_and_text_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("gases: {ch4: [1, 9]}\n", encoding="utf-8")
    expected = load_pipeline_config({"gases": {"ch4": [1, 9]}})
    assert load_pipeline_config(path) == load_pipeline_config(str(path)) == expected
    assert load_pipeline_config(path.read_text(encoding="utf-8")) == expected


def test_effective_configuration_names_the_version_and_loads_again() -> None:
    config = load_pipeline_config(
        "gases: {ch4: [1, 9]}\nlanguage: zh\nsheet: 航线\n"
        "filters: {time_windows: [[2026-04-13T09:30:00, 2026-04-13T09:42:00]]}\n"
        "algorithmic_baseline_settings: {algorithm: dietrich, dietrich: {poly_order: 3}}\n"
    )
    text = dump_effective_config(config)
    assert __version__ in text.splitlines()[0]
    assert load_pipeline_config(text) == config
    assert config.algorithmic_baseline_settings.algorithm_settings == {"poly_order": 3}


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), level=st.floats(0.01, 0.99))
def test_any_configuration_survives_the_round_trip(low: float, width: float, level: float) -> None:
    config = load_pipeline_config({"gases": {"no": [low, low + width]}, "uncertainty": {"level": level}})
    assert load_pipeline_config(dump_effective_config(config)) == config


def test_nitric_oxide_is_a_gas_and_not_a_truth_value() -> None:
    assert load_pipeline_config("gases:\n  no: [0, 1]\n").gases == {"no": (0.0, 1.0)}


def test_all_faults_come_at_once_with_their_lines() -> None:
    error = refused(
        "ouput_dir: x\n"
        "strategies:\n"
        "  spatial: curtian\n"
        "semivariogram_settings:\n"
        "  n_lags: 2.5\n"
        "  maxlag: far\n"
        "gases:\n"
        "  ch4: [1]\n"
        "  co2: [500, 300]\n"
    )
    assert {(fault.column, fault.row) for fault in error.faults} == {
        ("ouput_dir", 1),
        ("strategies.spatial", 3),
        ("semivariogram_settings.n_lags", 5),
        ("semivariogram_settings.maxlag", 6),
        ("gases.ch4", 8),
        ("gases.co2", 9),
    }
    assert "did you mean 'output_dir'?" in str(error)


def test_wrong_strategy_lists_those_that_exist() -> None:
    fault = refused("strategies: {spatial: curtian}").faults[0]
    assert fault.value == "'curtian'"
    assert all(name in str(fault.allowed) for name in ("auto", "curtain", "spiral"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("strategies: {backgroun: algorithm}", "'background'"),
        ("algorithmic_baseline_settings: {smooth_halfwindow: 3}", "'smooth_half_window'"),
        ("algorithmic_baseline_settings: {fastchrm: {half_window: 3}}", "'fastchrom'"),
        ("filters: {exclude: [{start: 2026-01-01, ende: 2026-01-02}]}", "'end'"),
        ("qqqq: 1", "known here: air, algorithmic_baseline_settings"),
    ],
)
def test_unknown_key_names_the_nearest(text: str, expected: str) -> None:
    assert expected in str(refused(text))


def test_settings_of_other_algorithms_may_stand_by() -> None:
    """Files of the same layout keep settings for several algorithms side by side."""
    config = load_pipeline_config("algorithmic_baseline_settings: {dietrich: {poly_order: 3}, golotvin: {sections: 9}}")
    assert config.algorithmic_baseline_settings.algorithm_settings == {}


@pytest.mark.parametrize(
    ("text", "setting", "allowed"),
    [
        ("uncertainty: {level: 1.0}", "uncertainty.level", "less than 1"),
        ("uncertainty: {level: .nan}", "uncertainty.level", "finite"),
        ("ordinary_kriging_settings: {cut_ground: maybe}", "ordinary_kriging_settings.cut_ground", "true or false"),
        ("ordinary_kriging_settings: {min_points: 0}", "ordinary_kriging_settings.min_points", "1 or more"),
        ("gases: 3", "gases", "section"),
        ("gases: {ch4: 5}", "gases.ch4", "[min, max]"),
        ("strategies: [curtain]", "strategies", "section"),
        ("filters: {time_windows: [[2026-01-01]]}", "filters.time_windows[0]", "[start, end]"),
        ("sheet: [1]", "sheet", "text or a whole number"),
    ],
)
def test_wrong_value_says_where_and_what_is_allowed(text: str, setting: str, allowed: str) -> None:
    fault = refused(text).faults[0]
    assert fault.column == setting
    assert allowed in str(fault.allowed)


def test_window_that_ends_before_it_starts() -> None:
    error = refused("filters: {time_windows: [[2026-04-13T10:00:00, 2026-04-13T09:00:00]]}")
    assert "not after start" in str(error)


def test_duplicate_key_names_both_lines() -> None:
    error = refused("gases:\n  ch4: [1, 2]\n  ch4: [1, 3]\n")
    assert error.faults[0].row == 3
    assert "line 2" in str(error)


ALIAS_BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ALIAS_BOMB, "aliases"),
        ("gases: &g {ch4: *g}", "aliases"),
        ("[" * 100_000, "nested"),
        ("- " * 100_000, "nested"),
        ("{" * 300, "nested"),
        ("output_dir: !!python/object/apply:os.getcwd []", "tag"),
        ("output_dir: !secret x", "tag"),
        ("output_dir: !!binary aGVsbG8=", "tag"),
        ("#" * (MAX_YAML_BYTES + 1), "bytes"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("gases: [unclosed", "line 1"),
        ("a: b: c", "line 1"),
        ("a: 1\n---\nb: 2\n", "document"),
        ("sheet: 2026-13-45", "not a value"),
        ("sheet: " + "9" * 5000, "not a value"),
        ("? [a, b]\n: 1\n", "key must be a name"),
        ("output_dir: *nowhere", "alias"),
        ("output_dir: \x07", "not allowed"),
        ("just words", "expected settings"),
        ("- 1\n- 2\n", "expected settings"),
        ("no_such_file.yaml", "cannot be read"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, str) else None,
)
def test_hostile_or_broken_documents_get_one_sentence(text: str | bytes, expected: str) -> None:
    assert expected in str(refused(text))


def test_anchors_within_reason_are_fine() -> None:
    config = load_pipeline_config("gases: {ch4: &wide [0, 1000], co2: *wide}")
    assert config.gases["ch4"] == config.gases["co2"] == (0.0, 1000.0)
