from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import ordinary_user

from gasflux.errors import StorageError, UnknownIdError
from gasflux.results.folder import media_type
from gasflux.service.tasks.folders import TaskFolders, is_task_id
from gasflux.storage.clock import utc_now

NO_LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


RESULTS = ("report.html", "grid_ch4.csv", "figures/plume.png", "config.yaml")


@pytest.fixture
def folders(tmp_path: Path) -> TaskFolders:
    made = TaskFolders(tmp_path / "data" / "uploads", tmp_path / "data" / "outputs")
    made.prepare()
    return made


@pytest.fixture
def task_id(folders: TaskFolders) -> str:
    """A task with an upload and results."""
    made = str(uuid.uuid4())
    (folders.create(made) / "input.csv").write_text("log")
    (folders.output_dir(made) / "figures").mkdir(parents=True)
    for name in RESULTS:
        (folders.output_dir(made) / name).write_text(name)
    return made


@NO_LINKS
def test_files_that_vanish_meanwhile_are_not_there(
    folders: TaskFolders, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody removes them between the listing and the look at each, or between the look and the opening."""
    real = os.walk

    def walk_then_remove(top: Path, onerror: object = None) -> Iterator[tuple[str, list[str], list[str]]]:
        for parent, below, names in real(top):
            Path(parent, "grid_ch4.csv").unlink(missing_ok=True)
            yield parent, below, names

    with monkeypatch.context() as patched:
        patched.setattr("gasflux.service.tasks.folders.os.walk", walk_then_remove)
        with pytest.raises(UnknownIdError, match="no result file"):
            folders.result_path(task_id, "grid_ch4.csv")
    with pytest.raises(UnknownIdError, match="no result file"), folders.result(task_id, "gone"):
        pass
    with pytest.raises(UnknownIdError, match="no result file"), folders.result(task_id, "report.html") as path:
        path.replace(path.with_suffix(".moved")).with_suffix(".html").read_bytes()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that is none of the service's business."""
    path = tmp_path / "outside" / "secret.txt"
    path.parent.mkdir()
    path.write_text("secret")
    return path


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"

BAD_IDS = (
    "",
    ".",
    "..",
    "../outside",
    "a" * 36,
    ID.upper(),
    ID.replace("-", ""),
    ID.replace("0", "\uff10"),
    f"{ID}\n",
    f"{ID}/..",
    f"{ID}\x00",
    "con",
    "/etc",
)


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_is_no_id_makes_no_path(folders: TaskFolders, bad: str) -> None:
    calls = (
        folders.upload_dir,
        folders.output_dir,
        folders.config_path,
        folders.log_path,
        folders.create,
        folders.remove,
        folders.remove_results,
    )
    for call in calls:
        with pytest.raises(UnknownIdError):
            call(bad)


@given(st.text())
def test_no_other_text_is_an_id(text: str) -> None:
    assert not is_task_id(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.json", "application/json"),
        ("a.GEOJSON", "application/geo+json"),
        ("a.kml", "application/vnd.google-earth.kml+xml"),
        ("results.zip", "application/zip"),
        ("html", "application/octet-stream"),
        ("a.html.exe", "application/octet-stream"),
    ],
)
def test_types(name: str, expected: str) -> None:
    assert media_type(name) == expected


def test_a_result_is_found_by_its_listed_name_only(folders: TaskFolders, task_id: str, outside: Path) -> None:
    for listed in RESULTS:
        assert folders.result_path(task_id, listed).read_text() == listed
        with pytest.raises(UnknownIdError):
            folders.result_path(str(uuid.uuid4()), listed)
    bad = (
        "",
        ".",
        "figures",
        "figures/../report.html",
        "../../outside/secret.txt",
        str(outside),
        "Report.html",
        "a\x00",
    )
    for name in bad:
        with pytest.raises(UnknownIdError):
            folders.result_path(task_id, name)


@NO_LINKS
def test_links_are_no_results(folders: TaskFolders, task_id: str, outside: Path) -> None:
    (folders.output_dir(task_id) / "link.txt").symlink_to(outside)
    (folders.output_dir(task_id) / "folder").symlink_to(outside.parent)
    for name in ("link.txt", "folder/secret.txt"):
        with pytest.raises(UnknownIdError):
            folders.result_path(task_id, name)


@NO_LINKS
def test_removing_takes_the_links_and_not_what_they_show(folders: TaskFolders, task_id: str, outside: Path) -> None:
    (folders.output_dir(task_id) / "link.txt").symlink_to(outside)
    (folders.upload_dir(task_id) / "folder").symlink_to(outside.parent)
    assert folders.remove(task_id) == ()
    assert not folders.upload_dir(task_id).exists()
    assert not folders.output_dir(task_id).exists()
    folders.output_dir(task_id).symlink_to(outside.parent)
    with pytest.raises(UnknownIdError):
        folders.result_path(task_id, outside.name)
    assert folders.remove(task_id) == ()
    assert not folders.output_dir(task_id).is_symlink()
    assert outside.read_text() == "secret"


def test_removing_takes_what_a_killed_worker_was_writing_and_nothing_of_others(
    folders: TaskFolders, task_id: str
) -> None:
    other = str(uuid.uuid4())
    for owner in (task_id, other):
        (folders.outputs / f".{owner}.12-ab.part").mkdir()
        (folders.outputs / f".{owner}.12-ab.part" / "report.html").touch()
    assert folders.remove(task_id) == ()
    assert [path.name for path in folders.outputs.iterdir()] == [f".{other}.12-ab.part"]
    assert folders.remove(task_id) == ()


def test_what_cannot_be_removed_is_told_and_goes_later() -> None:
    with ordinary_user() as root:
        folders = TaskFolders(root / "uploads", root / "outputs")
        folders.prepare()
        task_id = str(uuid.uuid4())
        held = folders.create(task_id) / "held"
        held.mkdir()
        (held / "input.csv").touch()
        (folders.upload_dir(task_id) / "task.log").touch()
        held.chmod(0o500)
        left = folders.remove(task_id)
        assert len(left) == 1
        assert str(held / "input.csv") in left[0]
        assert [path.name for path in folders.upload_dir(task_id).iterdir()] == ["held"]
        held.chmod(0o700)
        assert folders.remove(task_id) == ()
        assert not folders.upload_dir(task_id).exists()


def test_task_folders_are_told_from_strangers(folders: TaskFolders, task_id: str) -> None:
    (folders.uploads / "notes.txt").touch()
    (folders.outputs / "my folder").mkdir()
    (folders.outputs / str(uuid.uuid4())).touch()
    assert folders.task_ids().keys() == {task_id}
    assert len(folders.strangers()) == 3


def test_the_last_change_in_a_folder_counts(folders: TaskFolders, task_id: str) -> None:
    old = (utc_now() - timedelta(days=9)).timestamp()
    for folder in (folders.upload_dir(task_id), folders.output_dir(task_id)):
        for path in (folder, *folder.rglob("*")):
            os.utime(path, (old, old))
    assert utc_now() - folders.task_ids()[task_id] > timedelta(days=8)
    os.utime(folders.output_dir(task_id) / "figures" / "plume.png")
    assert utc_now() - folders.task_ids()[task_id] < timedelta(days=1)


def test_an_id_is_given_once(folders: TaskFolders, task_id: str) -> None:
    with pytest.raises(StorageError, match="exists"):
        folders.create(task_id)


def test_free_space_and_missing_folders(folders: TaskFolders, tmp_path: Path) -> None:
    assert folders.free_bytes() > 0
    gone = TaskFolders(tmp_path / "nowhere", tmp_path / "nowhere")
    for call in (gone.free_bytes, gone.task_ids, gone.strangers):
        with pytest.raises(StorageError, match="nowhere"):
            call()


def test_a_read_only_folder_is_told_at_once_and_used_again_later() -> None:
    with ordinary_user() as root:
        folders = TaskFolders(root / "uploads", root / "outputs")
        folders.prepare()
        folders.outputs.chmod(0o500)
        with pytest.raises(StorageError, match=r"outputs.*Permission denied"):
            folders.prepare()
        folders.outputs.chmod(0o700)
        folders.prepare()
        assert list(folders.outputs.iterdir()) == []


def test_folder_that_goes_while_it_is_looked_at_counts_as_young(
    folders: TaskFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = str(uuid.uuid4())
    folders.create(task_id)
    before = utc_now()
    monkeypatch.setattr(Path, "lstat", lambda path: (_ for _ in ()).throw(FileNotFoundError(str(path))))
    assert folders.task_ids()[task_id] >= before
    assert folders.strangers() == ()
