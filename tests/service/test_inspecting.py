from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from patience import HANG_S, wait_until

import gasflux
from gasflux.configuration.pipeline_yaml import load_pipeline_config
from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import ConfigError, GasFluxError, InputError
from gasflux.jobs.child import Child
from gasflux.processing_pipelines import process_log
from gasflux.reading.flight_file import read_flight
from gasflux.service.uploads.inspector import Inspector
from gasflux.simulation import Scenario, simulate, to_frame
from gasflux.simulation.files import write_simulated

SAMPLE = Path(gasflux.__file__).parent / "data" / "sample_flight.xlsx"
MEMORY = 1 << 30


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    inspector = Inspector(MEMORY, LimitSettings(max_rows=50_000))
    inspector.start()
    yield inspector
    inspector.stop()


def child_of(inspector: Inspector) -> Child:
    """Return the child that looks, ready for it."""
    child = inspector._pool.take(HANG_S)
    assert child is not None
    assert child.readies(HANG_S)
    inspector._pool.give_back(child)
    return child


@pytest.fixture
def flight(tmp_path: Path) -> Path:
    path = tmp_path / "input.csv"
    write_simulated(simulate(Scenario(seed=3, sample_hz=10.0)), path, "flight")
    return path


def test_sample_is_described(inspector: Inspector) -> None:
    found = inspector.inspect(SAMPLE, None, budget_s=HANG_S)
    assert found is not None
    assert found["faults"] == []
    assert found["gases"] == ["ch4", "co2"]
    assert found["rows_used"] > 100
    assert {"latitude", "windspeed", "ch4"} <= {column["name"] for column in found["columns"]}
    json.dumps(found, allow_nan=False)


def test_preview_is_thin_and_keeps_the_peak(inspector: Inspector, flight: Path) -> None:
    found = inspector.inspect(flight, None, budget_s=HANG_S)
    assert found is not None
    preview = found["preview"]
    series, track = preview["gases"]["ch4"], preview["track"]
    assert found["rows_used"] > 2000
    assert len(series["ppm"]) == len(series["time_s"]) <= 2000
    assert len(track["latitude_deg"]) == len(track["height_m"]) <= 2000
    peak = float(np.nanmax(to_frame(simulate(Scenario(seed=3, sample_hz=10.0)))["ch4"]))
    assert max(series["ppm"]) == pytest.approx(peak, rel=1e-3)  # four digits of the range are kept


def test_faults_are_an_answer(inspector: Inspector, tmp_path: Path) -> None:
    path = tmp_path / "input.csv"
    path.write_text("timestamp,latitude,longitude\n" + "2023-04-19 07:16:30,52.1,5.2\n" * 20)
    found = inspector.inspect(path, None, budget_s=HANG_S)
    assert found is not None
    assert found["faults"]
    assert found["preview"] is None
    with pytest.raises(InputError, match=r"^my flight\.csv:") as caught:
        inspector.check(path, "my flight.csv", None, budget_s=HANG_S)
    assert len(caught.value.faults) == len(found["faults"])


def straight() -> str:
    """A log that reads well and holds neither a curtain nor a spiral."""
    head = "timestamp,latitude,longitude,height_ato,windspeed,winddir,temperature,pressure,ch4\n"
    rows = (f"2025-06-01 10:00:{i:02d},52.0,{5.0 + 1e-4 * i:.4f},20,4.{i:02d},180,15,1000,2.{i:02d}" for i in range(60))
    return head + "\n".join(rows) + "\n"


def without_gas_on_the_curtain() -> str:
    """A flight whose analyser ran on the way there only."""
    frame = to_frame(simulate(Scenario(seed=3)))
    frame.loc[20:, "ch4"] = np.nan
    return str(frame.to_csv(index=False))


def ground_above_the_flight() -> str:
    return str(to_frame(simulate(Scenario(seed=3))).to_csv(index=False))


@pytest.mark.parametrize(
    ("content", "config"),
    [(straight, None), (without_gas_on_the_curtain, None), (ground_above_the_flight, {"ground": {"height": 500.0}})],
)
def test_what_processing_refuses_has_its_fault_at_the_first_look(
    content: Callable[[], str], config: dict[str, object] | None, inspector: Inspector, tmp_path: Path
) -> None:
    path = tmp_path / "input.csv"
    path.write_text(content())
    found = inspector.inspect(path, config, budget_s=HANG_S)
    assert found is not None
    settings = load_pipeline_config(config)
    with pytest.raises(GasFluxError) as caught:
        process_log(read_flight(path, settings), settings)
    assert [fault["code"] for fault in found["faults"]] == [fault.code for fault in caught.value.faults]
    assert found["preview"] is not None


def test_good_flight_passes_the_check(inspector: Inspector) -> None:
    inspector.check(SAMPLE, "a.xlsx", None, budget_s=HANG_S)


def test_fault_of_the_configuration_keeps_its_faults(inspector: Inspector, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("strategies: {spatial: cone}\n")
    with pytest.raises(ConfigError) as caught:
        inspector.inspect(SAMPLE, config, budget_s=HANG_S)
    assert caught.value.faults[0].column == "strategies.spatial"


def test_too_many_rows_are_a_fault(inspector: Inspector, tmp_path: Path) -> None:
    path = tmp_path / "input.csv"
    path.write_text("timestamp,latitude\n" + "2023-04-19 07:16:30,52.1\n" * 50_001)
    found = inspector.inspect(path, None, budget_s=HANG_S)
    assert found is not None
    assert "50,001 rows" in found["faults"][0]["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what one request takes")
def test_file_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    """A gigabyte of text under a limit of 64 MiB; the file has a hole and takes no space on the disk."""
    path = tmp_path / "input.csv"
    with path.open("wb") as stream:
        stream.write(b"timestamp,latitude\n")
        stream.truncate(1 << 30)
    inspector = Inspector(64 << 20, LimitSettings(max_rows=1000))
    inspector.start()
    try:
        with pytest.raises(InputError, match="memory"):
            inspector.inspect(path, None, budget_s=HANG_S)
        assert inspector.inspect(SAMPLE, None, budget_s=HANG_S) is not None
    finally:
        inspector.stop()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes of this kind and no SIGKILL")
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_is_the_file_s_fault_and_a_kill_is_not(inspector: Inspector, tmp_path: Path, number: int) -> None:
    """The child is ended while it waits at a pipe that nobody writes to."""
    path = tmp_path / "input.xls"
    os.mkfifo(path)
    child = child_of(inspector).pid
    with ThreadPoolExecutor() as threads:
        look = threads.submit(inspector.inspect, path, None, name="a.xls", budget_s=HANG_S)
        # The look has begun when somebody reads the pipe; as long as this end is open it goes on.
        with os.fdopen(wait_until(lambda: opened_by_reader(path)), "wb"):
            os.kill(child, number)
            if number == signal.SIGKILL:
                assert look.result() is None  # not looked at
            else:
                with pytest.raises(InputError, match=r"a\.xls: The file ends the process"):
                    look.result()
    assert inspector.inspect(SAMPLE, None, budget_s=HANG_S) is not None


def opened_by_reader(path: Path) -> int | None:
    """Open the end of a pipe for writing; None as long as nobody reads."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_look_beyond_its_budget_is_skipped(inspector: Inspector, flight: Path) -> None:
    assert inspector.inspect(SAMPLE, None, budget_s=HANG_S) is not None
    assert inspector.inspect(flight, None, budget_s=0.001) is None
    assert inspector.inspect(SAMPLE, None, budget_s=HANG_S) is not None


def test_one_look_at_a_time(inspector: Inspector) -> None:
    assert not inspector.busy
    child = inspector._pool.take(HANG_S)
    assert child is not None
    assert inspector.busy
    assert inspector.inspect(SAMPLE, None, budget_s=0.0) is None
    inspector._pool.give_back(child)
    with ThreadPoolExecutor(4) as threads:
        looks = list(threads.map(lambda _: inspector.inspect(SAMPLE, None, budget_s=HANG_S), range(4)))
    assert all(look is not None for look in looks)


def test_stopped_inspector_skips() -> None:
    inspector = Inspector(MEMORY, LimitSettings(max_rows=1000))
    inspector.stop()
    assert inspector.inspect(SAMPLE, None, budget_s=0.5) is None
