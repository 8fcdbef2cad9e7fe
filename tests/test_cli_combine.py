"""`gasflux combine`: flights of one source taken together."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from builders import flight_result

from gasflux.cli import commands as cli
from gasflux.results.output_vars import output_vars, to_json


@pytest.fixture
def flights(tmp_path: Path) -> list[Path]:
    """Results of three flights: one gas, two gases, three curtains; two logs have one name."""
    results = {
        "a": flight_result(),
        "b": flight_result(gases=("ch4", "co2"), per_pass=50),
        "c": flight_result(segments=3),
    }
    folders = []
    for name, result in results.items():
        folder = tmp_path / name
        folder.mkdir()
        document = output_vars(result)
        document["input"] |= {"name": "first.csv" if name == "a" else "again.csv", "sha256": name}
        (folder / "output_vars.json").write_text(to_json(document), encoding="utf-8")
        folders.append(folder)
    return folders


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        cli.run_command_line(["combine", *map(str, arguments)])
    assert not caught.value.code
    return capsys.readouterr().out


def test_table_has_every_flight_and_all_together(flights: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, _, *rows = run(capsys, *flights).splitlines()
    named = [row.split()[:2] for row in rows]
    again = [str(folder) for folder in flights[1:]]
    assert named == [["first.csv", "ch4"], *[[name, "ch4"] for name in again], ["all", "ch4"], [again[0], "co2"]]


def test_json_has_the_combined_estimate(flights: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    gases: dict[str, Any] = json.loads(run(capsys, "--json", *flights))["gases"]
    rates = [flight["flux_kg_h"] for flight in gases["ch4"]["flights"]]
    assert min(rates) <= gases["ch4"]["combined"]["flux_kg_h"] <= max(rates)
    alone = gases["co2"]
    assert alone["combined"]["flux_kg_h"] == alone["flights"][0]["flux_kg_h"]


def test_file_and_folder_are_one_result(flights: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, flights[0]) == run(capsys, flights[0] / "output_vars.json")
    assert run(capsys, flights[0]) == run(capsys, flights[0], flights[0])


def test_a_flight_given_twice_counts_once(flights: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    copy = flights[0].with_name("copy")
    copytree(flights[0], copy)
    alone = json.loads(run(capsys, "--json", flights[0]))
    with pytest.raises(SystemExit):
        cli.run_command_line(["combine", "--json", str(flights[0]), str(copy)])
    told = capsys.readouterr()
    assert f"note: {copy} holds moments of {flights[0]}" in told.err
    assert json.loads(told.out)["gases"]["ch4"]["combined"] == alone["gases"]["ch4"]["combined"]


def test_flights_that_disagree_are_told(flights: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert "differ by more" not in run(capsys, *flights)
    result = flights[0] / "output_vars.json"
    document = json.loads(result.read_text(encoding="utf-8"))
    interval = {"level": 0.9, "low": 499.0, "high": 501.0}
    document["gases"]["ch4"] |= {"flux_kg_h": 500.0, "flux_interval_kg_h": interval}
    result.write_text(json.dumps(document), encoding="utf-8")
    assert "ch4: the flights differ by more than their own errors explain" in run(capsys, *flights)


def test_json_nested_without_end_is_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text('{"a":' * 100_000, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        cli.run_command_line(["combine", str(deep)])
    assert caught.value.code == 1
    assert "deep.json: cannot be read" in capsys.readouterr().err
