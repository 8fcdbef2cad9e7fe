"""Every fault a user can cause is said in every language, with the same figures; no sentence is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from test_bad_files import BAD

import gasflux
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.errors import ConfigError, Fault, InputError
from gasflux.reading.flight_file import inspect_flight
from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.wording.catalogue import TEXTS
from gasflux.wording.columns import COLUMN_TEXTS
from gasflux.wording.files import FILE_TEXTS
from gasflux.wording.fusion import FUSION_TEXTS
from gasflux.wording.layouts import LAYOUT_TEXTS
from gasflux.wording.notes import NOTE_TEXTS
from gasflux.wording.phrases import Phrase
from gasflux.wording.refusals import REFUSAL_TEXTS
from gasflux.wording.settings import SETTING_TEXTS
from gasflux.wording.work import INSTALL_DASK, WORK_TEXTS

PACKAGE = Path(gasflux.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
FIGURES = re.compile(r"\d+(?:\.\d+)?")

SPOKEN = (
    *("reading", "service/uploads", "service/tasks/runner.py", "jobs", "api/faults.py"),
    *("configuration/bounded_yaml.py", "configuration/pipeline_yaml.py", "configuration/pipeline_config.py"),
    *("baselines", "background.py", "surface", "interpolation.py", "rate/surface_flux.py", "processing.py"),
    *("processing_pipelines.py", "flight/geometry.py", "flight/phase_model.py"),
)
"""What says something to a user of the page about his file, his settings or his task."""

ERRORS = ("InputError", "UnsupportedFileError", "TooManyRowsError", "GeometryError", "ProcessingError", "TooLargeError")


def sources() -> list[Path]:
    paths = [PACKAGE / name for name in SPOKEN]
    return [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def strings(path: Path) -> set[str]:
    """Every literal text of a module, the constant parts of its f-strings too."""
    return {
        node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_both_languages_name_the_same_figures(name: str) -> None:
    text = TEXTS[name]
    assert placeholders(text.en) == placeholders(text.zh)
    names_of_things = not re.sub(r"\{[^}]*\}|[\W\d_]", "", text.en)
    assert CHINESE.search(text.zh) or names_of_things or text.en == text.zh
    assert not CHINESE.search(text.en)


def test_no_name_is_taken_twice() -> None:
    parts = (FILE_TEXTS, COLUMN_TEXTS, SETTING_TEXTS, WORK_TEXTS, REFUSAL_TEXTS, NOTE_TEXTS, LAYOUT_TEXTS, FUSION_TEXTS)
    assert len(TEXTS) == sum(map(len, parts))


def test_no_text_is_left_over() -> None:
    """A name stands in the code, or its beginning does before a placeholder (``kind.{name}``) and its end by itself."""
    files = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "wording"]
    said = set().union(*map(strings, files))
    left = {name for name in TEXTS if name not in said and not ("." in name and name[: name.index(".") + 1] in said)}
    assert not left


def test_every_code_that_is_raised_has_a_sentence() -> None:
    made = [
        (call, call.func.attr)
        for path in PACKAGE.rglob("*.py")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("of", "later")
    ]
    given = [call.args[0] if way == "later" else call.args[-1] for call, way in made if call.args]
    codes = {code.value for code in given if isinstance(code, ast.Constant)}
    assert len(codes) > 80  # those that were there when this was written
    assert codes <= {name for name in TEXTS if "." not in name}


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nobody_writes_a_sentence_beside_the_catalogue(path: Path) -> None:
    """Faults come by code; an error is made of a message only where that was made of faults."""
    written = []
    for call in calls(path):
        name = ast.unparse(call.func)
        gathers = {"Fault": 99, "JobFailure": 3}.get(name, 2)
        if name in (*ERRORS, "Fault", "JobFailure") and 0 < len(call.args) < gathers:
            written.append(ast.unparse(call))
    assert not written


def faults_of(kind: str, folder: Path) -> tuple[Fault, ...]:
    BAD[kind].make(folder / "flight.xlsx")
    return inspect_flight(folder / "flight.xlsx", PipelineConfig()).faults


def assert_spoken(fault: Fault) -> None:
    """The Chinese sentence is Chinese and names column, row, value and every other figure that the English one does."""
    assert fault.code in TEXTS
    said = fault.zh["message"]
    assert CHINESE.search(said)
    value = fault.zh.get("value", fault.value)
    for part, translated in ((fault.column, fault.column), (fault.row, fault.row), (fault.value, value)):
        is_named = part is not None and re.search(rf"(?<!\w){re.escape(str(part))}(?!\w)", fault.message)
        assert not is_named or str(translated) in said, said
    assert sorted(FIGURES.findall(fault.message)) == sorted(FIGURES.findall(said))
    assert said.endswith(("。", "？")) or not fault.message.endswith((".", "?"))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_explained_in_chinese(kind: str, tmp_path: Path) -> None:
    faults = faults_of(kind, tmp_path)
    assert faults
    for fault in faults:
        assert_spoken(fault)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2",
        "gases:\n\tch4: 1",
        "gases: {ch4: 3",
        "no such: 1",
        "gasses: {}",
        "gases: {ch4: [5, 1]}",
        "ground: {method: cosine}",
        "out_of_range: drop\nout_of_range: error",
        "semivariogram_settings: {n_lags: 0, maxlag: far, tolerance: 91}",
        "filters: {time_windows: [[2023-04-19 08:00:00, 2023-04-19 07:00:00]]}",
        "filters: {exclude: [[2023-04-19T08:00:00Z, 2023-04-19T09:00:00]]}",
        "filters: {exclude: [soon]}",
        "wind: aircraft",
        "wind: {log_profile: maybe}",
        "columns: {ch4: 7}",
        "output_dir: !!python/object:os.system x",
        "? [a]\n: 1",
        "sheet: 2023-13-45",
        "- 1",
        b"\xff\xfe\xfa",
        "a: " + "[" * 30,
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "\n".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]" for a, b in zip("abcdef", "bcdefg", strict=True)),
    ],
)
def test_bad_settings_are_explained_in_chinese(text: str | bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        load_pipeline_config(text)
    assert caught.value.faults
    for fault in caught.value.faults:
        assert_spoken(fault)


def test_a_fault_travels_whole() -> None:
    fault = Fault.of("out_of_range", column="ch4", row=7, value="-1", allowed=Phrase("0 to 5", "0 至 5"), count=2,
                     others="", converted="", hint="", remedy=Phrase("correct it.", "请改正。"))  # fmt: skip
    document = fault.as_dict()
    assert document["code"] == "out_of_range"
    assert document["zh"] == {"message": "列“ch4”第 7 行：-1 超出 0 至 5 的范围；请改正。", "allowed": "0 至 5"}
    assert Fault(**document) == fault  # type: ignore[arg-type]


def test_an_error_of_one_fault_says_its_sentence() -> None:
    error = InputError.of("gz_damaged")
    assert str(error) == error.faults[0].message == TEXTS["gz_damaged"].en


def test_a_sentence_about_the_work_ends_in_chinese_with_a_full_stop() -> None:
    sentences = {code: text.zh for code, text in WORK_TEXTS.items() if "." not in code}
    assert not [code for code, text in sentences.items() if not text.endswith(("。", "{reason}", INSTALL_DASK))]


def test_values_in_chinese_sentences_stand_in_one_pair_of_quotation_marks() -> None:
    with pytest.raises(ConfigError) as caught:
        load_pipeline_config(b"ground: {method: hello}\n")
    (fault,) = caught.value.faults
    assert "值为“hello”；允许：以下之一：plume、wind-profile、" in fault.zh["message"]
    assert "'hello'" in fault.message


@pytest.mark.parametrize(
    ("header", "known"), [("windspeed (furlong)", "m/s"), ("风速(furlong)", "m/s"), ("wind speed [°C]", "km/h")]
)
def test_a_unit_nobody_knows_is_told_instead_of_a_missing_column(tmp_path: Path, header: str, known: str) -> None:
    path = tmp_path / "flight.csv"
    to_frame(simulate(Scenario(seed=2))).rename(columns={"windspeed": header}).to_csv(path, index=False)
    (fault,) = inspect_flight(path, PipelineConfig()).faults
    for text in (fault.message, fault.zh["message"]):
        assert re.search(r"furlong|°C", text)
        assert known in text


def test_a_converted_value_out_of_range_names_the_unit_of_the_file(tmp_path: Path) -> None:
    frame = to_frame(simulate(Scenario(seed=2)))
    kelvin = frame.pop("temperature") + 273.15
    kelvin.iloc[4] = 0.85
    path = tmp_path / "flight.csv"
    frame.assign(**{"temperature (K)": kelvin}).to_csv(path, index=False)
    (fault,) = inspect_flight(path, PipelineConfig()).faults
    assert "-272.3 (converted from K)" in fault.message
    assert "-272.3（由 K 换算）" in fault.zh["message"]


def test_notes_of_the_reader_are_said_in_both_languages(tmp_path: Path) -> None:
    frame = to_frame(simulate(Scenario(seed=2)))
    frame.insert(0, "wind speed", frame["windspeed"])
    frame["甲烷"] = frame.pop("ch4")
    path = tmp_path / "flight.csv"
    frame.assign(winddir=float("nan")).to_csv(path, index=False, encoding="gb18030")
    report = inspect_flight(path, PipelineConfig()).report
    assert report is not None
    assert len(report.notes) > 1
    for note in report.notes:
        assert CHINESE.search(note.zh)
        assert note.en != note.zh
        assert set(FIGURES.findall(note.en)) == set(FIGURES.findall(note.zh))
