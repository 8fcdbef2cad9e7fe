"""The command line: what it prints where, exit codes, one line for every error."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from patience import HANG_S, wait_until
from test_pipeline_yaml import HANDOVER_YAML

from gasflux.cli import commands as cli
from gasflux.cli import run_flights
from gasflux.configuration.pipeline_config import PipelineConfig
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.flight import phase_model
from gasflux.flight.phase_model import load_model, model_path
from gasflux.simulation.kinds import ALL_KINDS
from gasflux.version import __version__

SAMPLE = Path(cli.__file__).parents[1] / "data" / "sample_flight.xlsx"
SHARED = Path(__file__).parents[2] / "shared" / "data"


class Run:
    """What a command answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def json_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def gasflux(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Run:
        with pytest.raises(SystemExit) as caught:
            cli.run_command_line([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        code = caught.value.code
        return Run(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


def test_kinds_are_those_of_the_simulation() -> None:
    assert cli._KINDS == ALL_KINDS


def test_version(gasflux: Any) -> None:
    assert __version__ in gasflux("--version").out


WRONG_USAGE = [
    ("",),
    ("nonsense",),
    ("--nonsense",),
    ("process",),
    ("process", "--nonsense"),
    ("process", "there.csv", "--conifg", "x.yaml"),
    ("process", "there.csv", "--config", "gone.yaml"),
    ("process", "there.csv", "--config", "folder"),
    ("process", "there.csv", "--output", "there.csv"),
    ("process", "there.csv", "--jobs", "0"),
    ("process", "there.csv", "--dask", "nonsense"),
    ("inspect",),
    ("inspect", "gone.csv"),
    ("inspect", "folder"),
    ("inspect", "there.csv", "--config", "gone.yaml"),
    ("combine",),
    ("combine", "gone"),
    ("generate-config", "there.csv"),
    ("simulate", "--out", "x.csv"),
    ("simulate", "--rate", "much", "--out", "x.csv"),
    ("simulate", "--rate", "-1", "--out", "x.csv"),
    ("simulate", "--rate", "1", "--out", "x.txt"),
    ("simulate", "--rate", "1", "--out", "folder"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--hz", "500"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--kind", "odd"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--physics", "odd"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--mast", "-2"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--obukhov-length", "0"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--seed", "-1"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--gas", "stuff"),
    ("simulate", "--rate", "1", "--out", "x.csv", "--gas", "ch4=lots"),
    ("train-phases", "--flights", "1"),
    ("train-phases", "--out", "folder"),
    ("serve", "extra"),
    ("serve", "--config", "gone.ini"),
    ("serve", "--port", "99999"),
    ("serve", "--host", "a b"),
    ("create-key",),
    ("create-key", "--name", " "),
    ("create-key", "--name", "a\nb"),
    ("create-key", "--name", "x" * 201),
    ("create-key", "--name", "x", "--expires-days", "0"),
    ("create-key", "--name", "x", "--config", "gone.ini"),
    ("backup",),
    ("backup", "folder"),
    ("backup", "x.tar.gz", "--config", "gone.ini"),
    ("restore",),
    ("restore", "gone.tar.gz"),
    ("restore", "there.csv", "--config", "gone.ini"),
]
"""What was typed is wrong: nothing is begun."""

FAILED = [
    ("process", "gone.csv"),
    ("process", "empty"),
    ("process", "there.csv"),
    ("process", "there.csv", "--config", "wrong.yaml"),
    ("inspect", "there.csv", "--config", "wrong.yaml"),
    ("combine", "empty"),
    ("combine", "there.csv"),
    ("combine", "list.json"),
    ("combine", "other.json"),
    ("generate-config", "folder"),
    ("generate-config", "there.csv/below"),
    ("simulate", "--rate", "1", "--out", "there.csv/x.csv"),
    ("serve", "--config", "wrong.ini"),
    ("create-key", "--name", "x", "--config", "wrong.ini"),
    ("backup", "x.tar.gz", "--config", "wrong.ini"),
    ("backup", "x.tar.gz", "--config", "good.ini"),
    ("restore", "there.csv", "--config", "good.ini"),
]
"""What was typed is right, but a file or the system is not."""


@pytest.fixture
def folder_of_odd_things(tmp_path: Path) -> None:
    for name in ("folder", "empty"):
        (tmp_path / name).mkdir()
    texts = {
        "there.csv": "a,b\n1,2\n",
        "wrong.yaml": "gasses: {}\n",
        "wrong.ini": "no section\n",
        "good.ini": "[server]\n",
        "list.json": "[1, 2]",
        "other.json": '{"gases": {"ch4": {}}}',
        "folder/gasflux_config.yaml": "",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")


def test_nothing_asked_for_is_the_help(gasflux: Any) -> None:
    run = gasflux()
    assert run.code == 2
    assert "Commands:" in run.err
    assert "error:" not in run.err


@pytest.mark.usefixtures("folder_of_odd_things")
@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_is_two(gasflux: Any, arguments: tuple[str, ...]) -> None:
    run = gasflux(*arguments)
    assert run.code == 2
    assert run.out == ""
    usage, hint, blank, error = run.err.splitlines()
    assert usage.startswith("Usage: gasflux")
    assert hint.startswith("Try 'gasflux")
    assert blank == ""
    assert error.startswith("error: ")


@pytest.mark.usefixtures("folder_of_odd_things")
@pytest.mark.parametrize("arguments", FAILED, ids=" ".join)
def test_failure_is_one_and_one_line(gasflux: Any, arguments: tuple[str, ...]) -> None:
    run = gasflux(*arguments)
    assert run.code == 1
    assert run.out == ""
    (line,) = run.err.splitlines()
    assert line.startswith("failed: " if arguments[0] == "process" and "--config" not in arguments else "error: ")


def test_every_command_is_used_wrongly_and_fails_here() -> None:
    commands = set(cli.cli.list_commands(click.Context(cli.cli)))
    assert {arguments[0] for arguments in WRONG_USAGE} >= commands
    assert {arguments[0] for arguments in FAILED} >= commands - {"train-phases"}


NO_RIGHTS = (
    ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if sys.platform == "linux" and os.geteuid() == 0 else ()
)
"""Takes from root what lets it pass over the rights of files."""


@pytest.mark.skipif(sys.platform == "win32", reason="has other rights")
def test_what_may_not_be_read_or_written_is_named(tmp_path: Path) -> None:
    if NO_RIGHTS and not shutil.which(NO_RIGHTS[0]):
        pytest.skip("root reads everything, and there is no setpriv")
    locked, log = tmp_path / "locked", tmp_path / "secret.csv"
    log.write_text("a,b\n1,2\n", encoding="utf-8")
    locked.mkdir()
    (locked / "below").mkdir(mode=0)
    (locked / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    locked.chmod(0o500)
    log.chmod(0)

    def failures(*arguments: object) -> list[str]:
        command = [*NO_RIGHTS, sys.executable, "-m", "gasflux", *map(str, arguments)]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=HANG_S)
        assert (run.returncode, run.stdout) == (1, "")
        return run.stderr.splitlines()

    assert failures("process", log) == [
        "failed: secret.csv: The file cannot be read (Permission denied); check its path and permissions."
    ]
    below, bad = failures("process", "locked")
    assert below == "failed: locked/below: the folder cannot be read (Permission denied); check its permissions."
    assert bad.startswith("failed: bad.csv: ")
    assert failures("process", SAMPLE, "--no-figures", "--output", "locked") == [
        f"failed: {SAMPLE.name}: the results cannot be written to locked/sample_flight: Permission denied."
    ]
    assert failures("generate-config", "locked") == ["error: locked/gasflux_config.yaml: Permission denied"]
    assert failures("simulate", "--rate", 1, "--out", "locked/x.csv") == ["error: locked/x.csv: Permission denied"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_full_or_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gasflux", "inspect", str(SAMPLE)]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False, timeout=HANG_S
        )
    assert (run.returncode, run.stderr) == (1, "error: No space left on device\n")
    shell = f"{shlex.join(command)} | true"
    run = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, encoding="utf-8", check=False, timeout=HANG_S)
    assert run.stderr == ""
    shell = f"{shlex.join([*command[:3], 'process', str(SAMPLE), '--no-figures'])} >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell], cwd=tmp_path, check=False, timeout=HANG_S).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="has other signals")
def test_ctrl_c_leaves_no_unfinished_results(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.xlsx").write_bytes(SAMPLE.read_bytes())
    command = [sys.executable, "-m", "gasflux", "process", "a.xlsx", "b.xlsx", "--jobs", "2"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8") as process:
        # A folder in the making is there for the second or more that its figures take; it is looked for every 20 ms.
        wait_until(lambda: list(tmp_path.glob("output/.*.part")), "the first flight")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=HANG_S)
    assert (process.returncode, errors.strip()) == (130, "stopped.")
    assert not list(tmp_path.glob("output/.*"))


def test_table_report_and_folder_of_the_sample(gasflux: Any, tmp_path: Path) -> None:
    run = gasflux("process", SAMPLE, "--no-figures")
    assert run.code == 0
    assert run.err == ""
    header, _, *rows, report = run.out.splitlines()
    assert header.split() == ["file", "gas", "flux", "kg/h", "interval", "grade"]
    assert [row.split()[:2] for row in rows] == [["sample_flight.xlsx", "ch4"], ["sample_flight.xlsx", "co2"]]
    assert all(row.split()[-1] in "ABCD" for row in rows)
    assert Path(report.removeprefix("report: ")) == Path("output/sample_flight/report.html")
    assert (tmp_path / "output/sample_flight/report.html").stat().st_size > 0


def test_handover_yaml_runs_on_the_sample_as_it_is(gasflux: Any, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(HANDOVER_YAML, encoding="utf-8")
    run = gasflux("process", SAMPLE, "--config", "config.yaml", "--no-figures", "--json")
    assert run.code == 0
    (document,) = run.json_lines()
    truth = json.loads(SAMPLE.with_name("sample_flight.xlsx.truth.json").read_text(encoding="utf-8"))["rate_kg_h"]
    assert document["gases"].keys() == truth.keys()
    for gas, rate in truth.items():
        # One flight through a meandering plume: published single-flight scatter is some 40 %, ours under 10 %.
        assert document["gases"][gas]["flux_kg_h"] == pytest.approx(rate, rel=0.3)


def test_failures_are_one_line_each_and_the_others_go_on(gasflux: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    run = gasflux("process", "bad.csv", "gone.xlsx", SAMPLE, "--no-figures")
    assert run.code == 1
    assert "sample_flight.xlsx" in run.out
    lines = [line for line in run.err.splitlines() if line.startswith("failed: ")]
    progress = [line for line in run.err.splitlines() if line not in lines]
    assert progress == ["1 of 2: bad.csv failed", "2 of 2: sample_flight.xlsx done"]
    assert len(lines) == 2
    assert any("bad.csv" in line for line in lines)
    assert any("gone.xlsx" in line for line in lines)


def test_json_gives_one_line_per_file(gasflux: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    run = gasflux("process", "bad.csv", "gone.xlsx", SAMPLE, "--no-figures", "--json")
    assert run.code == 1
    assert run.err == ""
    documents = run.json_lines()
    assert len(documents) == 3
    assert sorted(document["input"] for document in documents if "error" in document) == ["bad.csv", "gone.xlsx"]
    assert [document["schema"] for document in documents if "schema" in document] == ["gasflux.output_vars/1"]


def test_results_of_another_flight_are_not_replaced_silently(gasflux: Any, tmp_path: Path) -> None:
    for folder, seed in (("north", 1), ("south", 2)):
        gasflux("simulate", "--rate", "2", "--out", f"{folder}/f.csv", "--seed", seed, "--kind", "steady")
    assert gasflux("process", "north/f.csv", "--no-figures").err == ""
    assert gasflux("process", "north/f.csv", "--no-figures").err == ""
    run = gasflux("process", "south/f.csv", "--no-figures", "--json")
    (note,) = run.err.splitlines()
    assert len(run.json_lines()) == 1
    first, second = (
        hashlib.sha256((tmp_path / name / "f.csv").read_bytes()).hexdigest() for name in ("north", "south")
    )
    assert note.startswith("note: ")
    assert all(text in note for text in (first[:12], second[:12], str(Path("south/f.csv")), str(Path("output/f"))))
    (tmp_path / "output/f/output_vars.json").write_text("[]", encoding="utf-8")
    assert gasflux("process", "north/f.csv", "--no-figures").err == ""


def test_folder_with_two_logs_of_one_name(gasflux: Any, tmp_path: Path) -> None:
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "f.xlsx").write_bytes(SAMPLE.read_bytes())
    run = gasflux("process", "north", "south", "--no-figures", "--output", "out", "--json", "--jobs", "2")
    assert run.code == 0
    assert len(run.json_lines()) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["f", "f-2"]


def test_a_wrong_configuration_is_one_line(gasflux: Any, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("gasses: {}\n", encoding="utf-8")
    run = gasflux("process", SAMPLE, "--config", "c.yaml")
    assert run.code == 1
    assert run.err.splitlines() == ["error: c.yaml: gasses (line 1) is not a known setting; did you mean 'gases'?"]


def test_yaml_that_cannot_be_read_is_one_line_that_names_it(gasflux: Any, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("gases: {ch4: [1, 2\n", encoding="utf-8")
    for command in ("process", "inspect"):
        run = gasflux(command, SAMPLE, "--config", "c.yaml")
        assert run.code == 1
        (line,) = run.err.splitlines()
        assert line.startswith("error: c.yaml: YAML: line 2")


def test_the_example_of_a_configuration_is_one(gasflux: Any) -> None:
    text = gasflux("generate-config", "--help").out
    example = [line for line in text.splitlines() if line.startswith("    ")]
    config = load_pipeline_config("\n".join(line.strip() for line in example) + "\n")
    assert (config.language, config.ground.height, len(config.filters.exclude)) == ("zh", -1.5, 1)


def test_generated_configuration_is_the_defaults_and_is_not_replaced(gasflux: Any, tmp_path: Path) -> None:
    assert gasflux("generate-config", "settings").code == 0
    path = tmp_path / "settings" / "gasflux_config.yaml"
    assert load_pipeline_config(path) == PipelineConfig()
    path.write_text("language: zh\n", encoding="utf-8")
    refused = gasflux("generate-config", "settings")
    assert refused.code == 1
    assert "--force" in refused.err
    assert path.read_text(encoding="utf-8") == "language: zh\n"
    assert gasflux("generate-config", "settings", "--force").code == 0
    assert load_pipeline_config(path) == PipelineConfig()


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz", "f.xlsx"])
def test_simulate_writes_log_and_truth(gasflux: Any, tmp_path: Path, name: str) -> None:
    options = ("--rate", "2", "--gas", "ch4", "--gas", "co2=90", "--seed", "4", "--kind", "steady")
    assert gasflux("simulate", "--out", f"new/{name}", *options).code == 0
    truth = json.loads((tmp_path / "new" / f"{name}.truth.json").read_text(encoding="utf-8"))
    assert truth["rate_kg_h"] == {"ch4": 2.0, "co2": 90.0}
    path = tmp_path / "new" / name
    frame = pd.read_excel(path, engine="calamine") if name.endswith("xlsx") else pd.read_csv(path)
    assert {"timestamp", "latitude", "longitude", "height_ato", "windspeed", "winddir", "ch4", "co2"} <= set(frame)


def test_the_same_seed_gives_the_same_flight(gasflux: Any, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        gasflux("simulate", "--rate", "2", "--out", name, "--seed", "9")
    gasflux("simulate", "--rate", "2", "--out", "c.csv", "--seed", "10")
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b != c


def test_simulate_takes_physics_and_instruments(gasflux: Any) -> None:
    options = ("--rate", "2", "--physics", "steady", "--response", "4", "--mast", "3", "--wind-gain", "0.9")
    assert gasflux("simulate", "--out", "slow.csv", *options).code == 0
    truth = json.loads(Path("slow.csv.truth.json").read_text())
    scenario = truth["scenario"]
    assert (truth["kind"], scenario["plume"]) == ("steady", "steady")
    assert (scenario["gas_response_s"], scenario["mast_height_m"], scenario["wind_speed_gain"]) == (4.0, 3.0, 0.9)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--rate", "-1", "--out", "f.csv"), "--rate or --gas: rate_kg_h of ch4 is -1.0; give a finite rate"),
        (("--rate", "1", "--out", "f.txt"), "--out: 'f.txt': a simulated flight is written as .xlsx, .csv or .csv.gz"),
        (("--rate", "1", "--out", "f.csv", "--hz", "500"), "--hz: sample_hz is 500.0; give a value from 0.1 to 20"),
        (("--rate", "1", "--out", "f.csv", "--gas", "stuff"), "--gas: gas is 'stuff'; give its chemical formula"),
    ],
)
def test_simulate_names_the_option_that_is_wrong(gasflux: Any, arguments: tuple[str, ...], expected: str) -> None:
    assert f"error: {expected}" in gasflux("simulate", *arguments).err


def test_inspect_shows_columns_units_and_ranges(gasflux: Any) -> None:
    run = gasflux("inspect", SAMPLE)
    assert run.code == 0
    assert "no faults" in run.out
    for text in ("ch4", "ppm", "windspeed", "m/s", "minimum", "maximum"):
        assert text in run.out


def test_inspect_finds_no_fault_only_where_process_finds_a_surface(gasflux: Any, tmp_path: Path) -> None:
    pd.read_excel(SAMPLE, engine="calamine").head(40).to_csv(tmp_path / "f.csv", index=False)
    inspected, processed = gasflux("inspect", "f.csv"), gasflux("process", "f.csv")
    assert (inspected.code, processed.code) == (1, 1)
    faults = [line.removeprefix("fault: ") for line in inspected.out.splitlines() if line.startswith("fault: ")]
    assert len(faults) == 1
    assert faults[0] in processed.err
    assert "no faults" not in inspected.out


def test_inspect_names_every_fault(gasflux: Any, tmp_path: Path) -> None:
    frame = pd.read_excel(SAMPLE, engine="calamine")
    frame.loc[3, "latitude"] = 123.0
    frame.drop(columns="windspeed").to_csv(tmp_path / "f.csv", index=False)
    run = gasflux("inspect", "f.csv")
    assert run.code == 1
    faults = [line for line in run.out.splitlines() if line.startswith("fault: ")]
    assert any("windspeed" in fault for fault in faults)
    assert any("123" in fault for fault in faults)
    (document,) = gasflux("inspect", "f.csv", "--json").json_lines()
    assert len(document["faults"]) == len(faults)


def test_train_phases_leaves_the_shipped_model_alone(gasflux: Any, tmp_path: Path) -> None:
    shipped = model_path().read_bytes()
    run = gasflux("train-phases", "--flights", "4")
    assert run.code == 0
    assert "% of the samples" in run.out
    assert "--install` puts it to use" in run.out
    assert load_model(tmp_path / "phase_model.npz").features == load_model().features
    assert model_path().read_bytes() == shipped


def test_train_phases_installs_when_asked(gasflux: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "package.npz"
    monkeypatch.setattr(phase_model, "model_path", lambda: place)  # not the one of the package under test
    run = gasflux("train-phases", "--flights", "4", "--out", "model.npz", "--install")
    assert run.code == 0
    assert f"{place}: `filters: {{phase: ml}}` uses it from now on" in run.out
    assert place.read_bytes() == (tmp_path / "model.npz").read_bytes()


def test_an_unexpected_error_is_one_line_unless_debugging(gasflux: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(cli, "load_pipeline_config", broken)
    run = gasflux("process", SAMPLE)
    assert run.code == 1
    assert run.err.splitlines() == [
        "error: unexpected ZeroDivisionError: boom (a fault of GasFlux; `gasflux --debug ...` shows where)"
    ]
    with pytest.raises(ZeroDivisionError):
        cli.run_command_line(["--debug", "process", str(SAMPLE)])


def test_ctrl_c_is_quiet(gasflux: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_flights, "run_jobs", interrupted)
    run = gasflux("process", SAMPLE)
    assert run.code == 130
    assert run.err.strip() == "stopped."


def test_a_console_without_utf8_gets_utf8(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    (tmp_path / "航线.csv").write_text("甲烷\n1\n", encoding="utf-8")
    command = [sys.executable, "-m", "gasflux", "inspect", "航线.csv"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert run.returncode == 1
    assert "fault: " in run.stdout.decode("utf-8")
    assert "Traceback" not in run.stderr.decode("utf-8")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real flights are not on this machine")
def test_real_curtains_agree(gasflux: Any) -> None:
    names = [f"nmt_20230419_curtain{number}.xlsx" for number in (1, 2, 3)]
    run = gasflux("process", *(SHARED / name for name in names), "--no-figures", "--json")
    assert run.code == 0
    gases = [document["gases"]["ch4"] for document in run.json_lines()]
    mean = sum(gas["flux_kg_h"] for gas in gases) / 3
    flown = sum(gas["flux_kg_h"] - gas["flux_above_highest_sample_kg_h"] for gas in gases) / 3
    # A crude estimate published with them gives 0.26-0.31 kg/h each: a plain sum, nothing above the highest pass in
    # it and no word on what a mean of three to five passes of a moving plume falls short by (10 to 20 % here). Such
    # passes scatter by some 25 %, the mean of three curtains by 14 %.
    assert 0.24 < flown < 0.45
    for gas in gases:
        assert gas["flux_interval_kg_h"]["low"] < mean < gas["flux_interval_kg_h"]["high"]
        assert gas["flux_kg_h"] == pytest.approx(mean, rel=0.35)
