"""What is installed with GasFlux: pinned, locked by hash, without known weaknesses or binding licences."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from fresh_environment import FreshEnvironment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import audit, install, lock

LOCKS = (lock.RUNTIME, lock.EXECUTABLE, lock.DEVELOPMENT)


def entries(path: Path) -> dict[str, str]:
    """Return name -> the rest of every entry of a lock file."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.partition("==")[0]: line.partition("==")[2] for line in lines}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_entry_has_the_pinned_version_and_hashes(path: Path) -> None:
    pins = lock.pinned()
    assert entries(path)
    for name, rest in entries(path).items():
        assert rest.split()[0] == pins[name], f"{name}: run make lock"
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}(?= |$)", rest), name


def test_locks_hold_every_pin_and_every_direct_dependency() -> None:
    """A pin that nothing needs any more, or a dependency without pin, would otherwise go unnoticed."""
    assert set(entries(lock.DEVELOPMENT)) == set(lock.pinned()), "run make lock"
    assert set(entries(lock.RUNTIME)) < set(entries(lock.EXECUTABLE)) < set(entries(lock.DEVELOPMENT))
    runtime, extras = lock.roots()
    assert {canonicalize_name(Requirement(text).name) for text in runtime} <= set(entries(lock.RUNTIME))
    assert {canonicalize_name(Requirement(text).name) for text in extras} <= set(entries(lock.DEVELOPMENT))
    assert {canonicalize_name(Requirement(text).name) for text in lock.extras()["exe"]} <= set(entries(lock.EXECUTABLE))


def test_all_locks_know_the_same_files() -> None:
    known = {name: set(rest.split("--hash=")[1:]) for name, rest in entries(lock.DEVELOPMENT).items()}
    for path in LOCKS:
        for name, rest in entries(path).items():
            assert {text.strip() for text in rest.split("--hash=")[1:]} <= {text.strip() for text in known[name]}, name


def test_pins_fit_the_stated_ranges() -> None:
    runtime, extras = lock.roots()
    pins = lock.pinned()
    for requirement in map(Requirement, [*runtime, *extras]):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), str(requirement)


def test_lock_files_name_no_index() -> None:
    for path in (*LOCKS, lock.CONSTRAINTS):
        assert not re.search(r"https?://|file:", path.read_text(encoding="utf-8")), path.name


def test_closure_follows_extras_and_markers() -> None:
    wheels = {
        "a": lock.Wheel("a", "1", "", "", ("b[x]>=1", 'c; sys_platform == "win32"'), False),
        "b": lock.Wheel("b", "1", "", "", ('d; extra == "x"', 'e; extra == "y"', 'f; python_version < "3.12"'), False),
    }
    linux, windows = lock.Target(lock.PLATFORMS[0], "3.11"), lock.Target(lock.PLATFORMS[-1], "3.13")
    assert lock.closure(["a"], wheels, linux.environment()) == {"a", "b", "d", "f"}
    assert lock.closure(["a"], wheels, windows.environment()) == {"a", "b", "c", "d"}


def test_this_machine_is_told_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    text = lock.RUNTIME.read_text(encoding="utf-8")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert install.not_covered(text) == f"{sys.platform} riscv64"
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    assert install.not_covered(text) is None
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.17"))
    assert install.not_covered(text) == "the C library glibc 2.17"
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert install.not_covered(text) == "CPython 3.14"
    assert install.not_covered("") == "any machine"


def test_no_pin_has_a_known_weakness() -> None:
    assert list(audit.weaknesses(lock.pinned())) == []
    old = {"werkzeug": "3.0.0", "requests": "2.31.0", "numpy": "1.0"}
    assert [line.split()[0] for line in audit.weaknesses(old)] == ["requests", "werkzeug"]


def test_no_lower_bound_admits_a_known_weakness() -> None:
    """Whoever installs without the lock files gets no version with an advisory either."""
    assert list(audit._bounds()) == []


@pytest.mark.parametrize(
    ("requirement", "is_told"),
    [
        ("waitress>=3.0,<4", True),
        ("waitress<4", True),
        ("waitress", True),
        ("waitress==3.0.0", True),
        ("waitress~=3.0", True),
        ("waitress>=3.0.1,<4", False),
        ("waitress==3.0.2", False),
        ("Werkzeug>=3.1", True),
        ("numpy>=1", False),
    ],
)
def test_a_bound_below_an_advisory_is_told(requirement: str, is_told: bool) -> None:
    lines = list(audit.admitted([requirement]))
    assert bool(lines) == is_told
    assert all("CVE-" in line for line in lines)


def test_what_others_bring_needs_a_bound_where_it_had_a_weakness() -> None:
    needed = {"werkzeug", "flask", "blinker"}
    (line,) = audit.unbounded(needed, ["flask>=3.1.3"])
    assert "werkzeug>=3.1.6" in line
    assert not list(audit.unbounded(needed, ["flask>=3.1.3", "Werkzeug>=3.1.6"]))


def test_audit_is_a_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tools.audit"], cwd=lock.ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_dependencies_of_the_service_bind_nobody() -> None:
    found = list(audit.licences(audit.locked(lock.RUNTIME)))
    assert len(found) >= len(lock.roots()[0])
    assert [row for row in found if audit.is_binding(row[2]) or row[2] == "unknown"] == []


@pytest.mark.parametrize("extra", lock.extras())
def test_what_an_extra_brings_has_a_known_licence(extra: str) -> None:
    listed = {name: licence for name, _, licence in audit.licences(audit.locked(lock.DEVELOPMENT))}
    brought = audit.needed_here(lock.extras()[extra])
    assert brought <= audit.locked(lock.DEVELOPMENT), "run make lock"
    assert "unknown" not in {listed[name] for name in brought & listed.keys()}
    if extra in audit.OF_USERS:
        assert brought <= listed.keys(), "the tests run with it"
        assert {name for name in brought if audit.is_binding(listed[name])} == set()


def test_dask_brings_what_it_is_known_to() -> None:
    """Else the closure might be empty and the test above could not fail."""
    assert {"distributed", "dask", "tornado", "cloudpickle", "msgpack"} <= audit.needed_here(lock.extras()["dask"])
    assert audit.uses()["paramiko"] == audit.uses()["tornado"] == "extra"
    assert audit.uses()["numpy"] == "runs"


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "GNU General Public License v3 (GPLv3)", "GPL-2.0-or-later"])
def test_binding_licences_are_told(licence: str) -> None:
    assert audit.is_binding(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "GNU Library or Lesser General Public License (LGPL)",
        "LGPL-3.0",
        "MIT AND GPL-3.0-or-later WITH GCC-exception-3.1",
    ],
)
def test_others_are_not(licence: str) -> None:
    assert not audit.is_binding(licence)


@pytest.mark.slow
@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_installs_with_hashes(path: Path, tmp_path: Path) -> None:
    if install.not_covered(path.read_text(encoding="utf-8")):
        pytest.skip("the lock does not cover this machine")
    environment = FreshEnvironment(tmp_path / "venv")
    environment.pip("install", "--require-hashes", "--only-binary=:all:", "-r", path, folder=tmp_path)
    environment.pip("check", folder=tmp_path)


@pytest.mark.skipif(install.not_covered(lock.DEVELOPMENT.read_text(encoding="utf-8")) is not None, reason="not covered")
def test_tests_run_with_what_the_lock_says() -> None:
    """Else the versions that are tested are not those that are installed; tools of other extras may be missing."""
    pins = lock.pinned()
    runtime = [name for name, rest in entries(lock.RUNTIME).items() if ";" not in rest.split("--hash")[0]]
    differing = {name: version(name) for name in runtime if name != "setuptools" and version(name) != pins[name]}
    assert differing == {}
