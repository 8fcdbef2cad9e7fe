from __future__ import annotations

import pickle
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_jobs import act, job_in

from gasflux.config_reader import read_settings
from gasflux.configuration.service_settings import TaskSettings
from gasflux.errors import ConfigError
from gasflux.jobs.bundle import bundle_of, lay_out, pack, unpack
from gasflux.jobs.dask_worker import run_bundle
from gasflux.jobs.executor import JobFailedError
from gasflux.jobs.local_executor import LocalExecutor
from gasflux.service.parts import make_executor
from gasflux.wording.work import INSTALL_DASK


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@given(contents=st.lists(st.binary(max_size=100), max_size=4), archived=st.booleans())
def test_what_is_packed_is_unpacked(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], archived: bool
) -> None:
    root = tmp_path_factory.mktemp("bundle")
    (root / "results" / "figures").mkdir(parents=True)
    for number, content in enumerate(contents):
        (root / "results" / "figures" / f"图 {number}.png").write_bytes(content)
    before = files_of(root / "results")
    if archived:
        with zipfile.ZipFile(root / "results" / "results.zip", "w") as archive:
            for name, content in before.items():
                archive.writestr(name, content)
        before = files_of(root / "results")
    packed = pack(root / "results")
    unpack(packed, root / "there")
    assert files_of(root / "there") == before
    if archived:  # nothing travels twice
        assert zipfile.ZipFile(BytesIO(packed)).namelist() == ["results.zip"]


@pytest.mark.parametrize("shared", [False, True])
def test_job_is_laid_out_elsewhere(tmp_path: Path, shared: bool) -> None:
    job = replace(job_in(tmp_path / "server", "good"), config=tmp_path / "config.yaml")
    job.input_path.write_text("time,ch4\n")
    (tmp_path / "config.yaml").write_text("{}")
    landing = tmp_path / "landing" if shared else None
    bundle = pickle.loads(pickle.dumps(bundle_of(job, act, 5.0, landing)))
    (tmp_path / "worker").mkdir()
    there = lay_out(bundle, tmp_path / "worker")
    assert isinstance(there.config, Path)
    assert (there.input_path.read_text(), there.config.read_text()) == ("time,ch4\n", "{}")
    assert (there.input_path == job.input_path) is shared
    assert there.output_dir == (tmp_path / ("landing" if shared else "worker") / "results")
    moved = replace(
        there, input_path=job.input_path, config=job.config, output_dir=job.output_dir, log_path=job.log_path
    )
    assert moved == job


def test_bundle_of_another_version_is_refused_before_it_is_opened() -> None:
    outcome = run_bundle(b"no pickle", "0.0.1", "topic").outcome
    assert isinstance(outcome, JobFailedError)
    assert outcome.failure.type == "wrong_version"
    assert "0.0.1" in outcome.failure.message


def test_settings_say_who_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_executor(TaskSettings(workers=1)), LocalExecutor)
    (tmp_path / "gasflux.ini").write_text("[tasks]\nexecutor = dask\n")
    settings = read_settings(start=tmp_path, environment={}).settings.tasks
    with pytest.raises(ConfigError, match="needs \\[tasks\\] dask_scheduler"):
        make_executor(settings)
    for background in (True, False):
        local = make_executor(TaskSettings(workers=1, background=background))
        assert isinstance(local, LocalExecutor)
        assert local._pool._is_background is background
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=re.escape(INSTALL_DASK)):
        make_executor(replace(settings, dask_scheduler="tcp://127.0.0.1:8786"))
