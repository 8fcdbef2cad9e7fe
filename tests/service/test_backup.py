"""A backup made in use is complete, tells damage, and comes back as it was."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner

from gasflux.cli.commands import cli
from gasflux.configuration.service_settings import DatabaseSettings, PathSettings, Settings
from gasflux.db import Database
from gasflux.errors import DataFolderBusyError
from gasflux.jobs.records import JobResult, ResultFile
from gasflux.results.folder import media_type
from gasflux.service.keys.store import KeyStore
from gasflux.service.safekeeping.backup import DATABASE, BackupError, all_tasks, check_backup, write_backup
from gasflux.service.safekeeping.data_lock import DataLock
from gasflux.service.safekeeping.restore import restore_backup, restore_settings
from gasflux.service.tasks.folders import TaskFolders
from gasflux.service.tasks.records import NewTask, Task, TaskStatus
from gasflux.service.tasks.store import TaskStore

LIMITS = {"max_queue": 1000, "max_attempts": 4}


def settings_in(folder: Path) -> Settings:
    """Return settings whose data lies in a folder."""
    return Settings(
        paths=PathSettings(folder / "uploads", folder / "outputs"),
        database=DatabaseSettings(folder / "outputs" / "gasflux.db"),
    )


def listed(folder: Path) -> tuple[ResultFile, ...]:
    """Return the files of a task's results."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return tuple(
        ResultFile(path.relative_to(folder).as_posix(), path.stat().st_size, media_type(path.name)) for path in files
    )


class Home:
    """The data of a service without the service."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_in(folder)
        self.folders = TaskFolders(self.settings.paths.uploads, self.settings.paths.outputs)
        self.folders.prepare()
        self.database = Database(self.settings.database.path)
        self.database.migrate()
        self.store = TaskStore(self.database, **LIMITS)

    def upload(self, content: bytes = b"timestamp,ch4\n") -> Task:
        """Accept a flight."""
        task_id = str(uuid.uuid4())
        (self.folders.create(task_id) / "input.csv").write_bytes(content)
        return self.store.add(NewTask(task_id, "flight", "flight.csv", "input.csv", len(content)))[0]

    def finish(self) -> Task:
        """Complete the next task with two results."""
        task = self.store.claim()
        assert task is not None
        folder = self.folders.output_dir(task.task_id)
        (folder / "figures").mkdir(parents=True)
        (folder / "report.html").write_text(f"report of {task.task_id}")
        (folder / "figures" / "curtain_ch4.png").write_bytes(os.urandom(3000))
        assert self.store.complete(task.task_id, task.attempts, JobResult(listed(folder), ()))
        return self.store.get(task.task_id)

    def files(self) -> dict[str, bytes]:
        """Return every file of every task."""
        roots = (self.settings.paths.uploads, self.settings.paths.outputs)
        return {
            f"{root.name}/{path.relative_to(root).as_posix()}": path.read_bytes()
            for root in roots
            for path in root.rglob("*")
            if path.is_file() and len(path.relative_to(root).parts) > 1
        }

    def close(self) -> None:
        """Let the database go."""
        self.database.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A service with a completed, a failed and a waiting task."""
    made = Home(tmp_path / "home")
    made.upload()
    made.finish()
    made.store.cancel(made.upload().task_id)
    made.upload()
    return made


def restored_home(archive: Path, folder: Path) -> Home:
    """Restore into an empty folder and open what is there."""
    restore_backup(archive, settings_in(folder))
    return Home(folder)


def test_everything_comes_back(home: Home, tmp_path: Path) -> None:
    key = KeyStore(home.database).issue("client")
    write_backup(home.settings, tmp_path / "all.tar.gz")
    other = restored_home(tmp_path / "all.tar.gz", tmp_path / "other")
    assert other.files() == home.files()
    assert set(all_tasks(other.store)) == set(all_tasks(home.store))
    assert KeyStore(other.database).verify(key.secret) is not None


def test_backup_is_private(home: Home, tmp_path: Path) -> None:
    write_backup(home.settings, tmp_path / "all.tar.gz")
    assert os.name != "posix" or (tmp_path / "all.tar.gz").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_command_brings_settings_and_data_back(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the backup say where the data goes; a settings file that is there is kept."""
    ini = tmp_path / "home" / "gasflux.ini"
    ini.write_text("[paths]\nuploads = uploads\noutputs = outputs\n[database]\npath = outputs/gasflux.db\n")
    monkeypatch.chdir(ini.parent)
    run = CliRunner().invoke(cli, ["backup", "../all.tar.gz"])
    assert run.exit_code == 0, run.output
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    run = CliRunner().invoke(cli, ["restore", "../all.tar.gz"])
    assert run.exit_code == 0, run.output
    assert (tmp_path / "new" / "gasflux.ini").read_text() == ini.read_text()
    assert Home(tmp_path / "new").files() == home.files()
    assert not restore_settings(tmp_path / "all.tar.gz", ini)
    run = CliRunner().invoke(cli, ["restore", "../all.tar.gz"])
    assert run.exit_code == 1
    assert "empty folders only" in str(run.exception)


def test_task_deleted_while_copying_is_left_out(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of the database is older than the copy of the files: a deletion in between is the hard case."""
    victim = home.upload()
    real = Database.copy_to

    def copy_then_delete(database: Database, path: Path) -> None:
        real(database, path)
        home.folders.remove(victim.task_id)
        home.store.delete(victim.task_id)

    monkeypatch.setattr(Database, "copy_to", copy_then_delete)
    manifest = write_backup(home.settings, tmp_path / "all.tar.gz")
    assert manifest.gone == (victim.task_id,)
    other = restored_home(tmp_path / "all.tar.gz", tmp_path / "other")
    assert victim.task_id not in other.store.known_ids()


def test_task_run_again_while_copying_waits_in_the_copy(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [done] = [task for task in all_tasks(home.store) if task.status is TaskStatus.COMPLETED]
    real = Database.copy_to

    def copy_then_run_again(database: Database, path: Path) -> None:
        real(database, path)
        home.store.rerun(done.task_id)
        home.folders.remove_results(done.task_id)

    monkeypatch.setattr(Database, "copy_to", copy_then_run_again)
    manifest = write_backup(home.settings, tmp_path / "all.tar.gz")
    assert manifest.redone == (done.task_id,)
    other = restored_home(tmp_path / "all.tar.gz", tmp_path / "other")
    assert other.store.get(done.task_id).status is TaskStatus.PENDING


def test_copies_made_in_use_hold_together(home: Home, tmp_path: Path) -> None:
    """Somebody uploads, completes and deletes all the time; every copy restores without a result missing."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            home.upload(os.urandom(20_000))
            task = home.finish()
            if task.task_id[0] in "0123":
                home.store.begin_delete(task.task_id)
                home.folders.remove(task.task_id)
                home.store.delete(task.task_id)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(3):
            write_backup(home.settings, tmp_path / f"{number}.tar.gz")
    finally:
        stop.set()
        worker.join()
    for number in range(3):
        other = restored_home(tmp_path / f"{number}.tar.gz", tmp_path / str(number))
        for task in all_tasks(other.store):
            assert other.folders.input_path(task.task_id, task.input_file).is_file()
            if task.status is TaskStatus.COMPLETED:
                restored = listed(other.folders.output_dir(task.task_id))
                assert {f.name: f.size_bytes for f in restored} == {f.name: f.size_bytes for f in task.results}
        other.close()


def test_existing_file_stays(home: Home, tmp_path: Path) -> None:
    (tmp_path / "all.tar.gz").write_text("something else")
    with pytest.raises(BackupError, match="exists"):
        write_backup(home.settings, tmp_path / "all.tar.gz")
    assert (tmp_path / "all.tar.gz").read_text() == "something else"
    write_backup(home.settings, tmp_path / "all.tar.gz", overwrite=True)
    assert check_backup(tmp_path / "all.tar.gz").tasks == 3


def test_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="no database"):
        write_backup(settings_in(tmp_path / "empty"), tmp_path / "all.tar.gz")


@pytest.mark.parametrize("keep", [0, 10, 500, -300, -8, -1])
def test_cut_off_backup_is_told(home: Home, tmp_path: Path, keep: int) -> None:
    write_backup(home.settings, tmp_path / "all.tar.gz")
    content = (tmp_path / "all.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[:keep])
    with pytest.raises(BackupError, match="not a complete GasFlux backup"):
        restore_backup(tmp_path / "cut.tar.gz", settings_in(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def rewritten(source: Path, target: Path, changed: dict[str, bytes]) -> Path:
    """Write a copy of an archive with members changed or added, its manifest as it was."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            stream = old.extractfile(member)
            assert stream is not None
            content = changed.pop(member.name, stream.read())
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
        for name, content in changed.items():
            extra = tarfile.TarInfo(name)
            extra.size = len(content)
            new.addfile(extra, io.BytesIO(content))
    return target


def test_changed_member_is_told(home: Home, tmp_path: Path) -> None:
    write_backup(home.settings, tmp_path / "all.tar.gz")
    changed = rewritten(tmp_path / "all.tar.gz", tmp_path / "changed.tar.gz", {DATABASE: b"no database"})
    with pytest.raises(BackupError, match=r"damaged: gasflux\.db"):
        check_backup(changed)


@pytest.mark.parametrize("way", ["../../../evil.txt", "../evil.txt", "..", "a/../../evil.txt", "a\n/../../../evil.txt"])
def test_archive_that_writes_elsewhere_is_refused(home: Home, tmp_path: Path, way: str) -> None:
    """Somebody who can forge a manifest still cannot leave the data folders."""
    write_backup(home.settings, tmp_path / "all.tar.gz")
    task_id = next(iter(home.store.known_ids()))
    name, content = f"uploads/{task_id}/{way}", b"evil"
    with tarfile.open(tmp_path / "all.tar.gz") as archive:
        stream = archive.extractfile("manifest.json")
        assert stream is not None
        manifest = json.load(stream)
    digest = hashlib.sha256(content).hexdigest()
    manifest["members"][name] = {"size": len(content), "sha256": digest}
    forged = {"manifest.json": json.dumps(manifest).encode(), name: content}
    with pytest.raises(BackupError, match="does not write"):
        restore_backup(
            rewritten(tmp_path / "all.tar.gz", tmp_path / "forged.tar.gz", forged), settings_in(tmp_path / "other")
        )
    assert not list(tmp_path.rglob("evil.txt"))


def test_goes_into_empty_folders_only(home: Home, tmp_path: Path) -> None:
    write_backup(home.settings, tmp_path / "all.tar.gz")
    before = home.files()
    with pytest.raises(BackupError, match="empty folders only"):
        restore_backup(tmp_path / "all.tar.gz", home.settings)
    assert home.files() == before


def test_folders_whose_content_was_moved_away_are_empty(home: Home, tmp_path: Path) -> None:
    """As the documentation does it: hidden files, which a checkout or a server keeps there, stay."""
    write_backup(home.settings, tmp_path / "all.tar.gz")
    before, roots = home.files(), (home.settings.paths.uploads, home.settings.paths.outputs)
    home.close()
    for root in roots:
        for entry in [entry for entry in root.iterdir() if not entry.name.startswith(".")]:
            entry.rename(tmp_path / f"{root.name}-{entry.name}")
        (root / ".gitkeep").touch()
    restore_backup(tmp_path / "all.tar.gz", home.settings)
    assert Home(tmp_path / "home").files() == before
    assert all((root / ".gitkeep").exists() for root in roots)


def test_running_server_keeps_its_folders(home: Home, tmp_path: Path) -> None:
    write_backup(home.settings, tmp_path / "all.tar.gz")
    target = settings_in(tmp_path / "other")
    with DataLock.of(target), pytest.raises(DataFolderBusyError):
        restore_backup(tmp_path / "all.tar.gz", target)
