"""Write the lock files: every pinned version with the SHA-256 of its wheels on the platforms GasFlux is installed on.

``python -m tools.lock`` (``make lock``) takes the versions from constraints.txt and asks pip, with the index it is set
up for, what it would install on each platform: nothing but metadata is downloaded. requirements.lock holds what GasFlux
needs to run, requirements-exe.lock what building the executables needs besides, requirements-dev.lock everything.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[1]
CONSTRAINTS: Final = ROOT / "constraints.txt"
RUNTIME: Final = ROOT / "requirements.lock"
EXECUTABLE: Final = ROOT / "requirements-exe.lock"
DEVELOPMENT: Final = ROOT / "requirements-dev.lock"
PYTHONS: Final = ("3.11", "3.12", "3.13")
_SYSTEM_NAMES: Final = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}


@dataclass(frozen=True)
class Platform:
    """One kind of machine; its wheels have one of the tags, and a system at least as new as they say."""

    system: str
    machine: str
    tags: tuple[str, ...]


def _manylinux(machine: str) -> tuple[str, ...]:
    """Tags of wheels that run with glibc 2.28 (2018) and newer."""
    versions = ("2_28", "2_27", "2_26", "2_24", "2_17", "2014", "2_12", "2_5")
    return tuple(f"manylinux{'' if version == '2014' else '_'}{version}_{machine}" for version in versions)


PLATFORMS: Final = (
    Platform("linux", "x86_64", _manylinux("x86_64")),
    Platform("linux", "aarch64", _manylinux("aarch64")),
    Platform("darwin", "arm64", ("macosx_14_0_arm64",)),
    Platform("win32", "AMD64", ("win_amd64",)),
)


@dataclass(frozen=True)
class Wheel:
    """What pip would install for one pin."""

    name: str
    version: str
    sha256: str
    file: str
    requires: tuple[str, ...]
    is_yanked: bool

    @property
    def is_for_all(self) -> bool:
        """Whether the same file serves every platform and Python."""
        return re.search(r"-py3-none-any\.whl$|-py2\.py3-none-any\.whl$", self.file) is not None


@dataclass(frozen=True)
class Target:
    """One platform with one Python."""

    platform: Platform
    python: str

    def environment(self) -> dict[str, str]:
        """Return the environment that markers of requirements are judged in."""
        system = self.platform.system
        return {name: str(value) for name, value in default_environment().items()} | {
            "sys_platform": system,
            "platform_system": _SYSTEM_NAMES[system],
            "os_name": "nt" if system == "win32" else "posix",
            "platform_machine": self.platform.machine,
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


TARGETS: Final = tuple(Target(platform, python) for platform in PLATFORMS for python in PYTHONS)


class LockError(Exception):
    """The pins cannot be locked; every reason is in it."""


def main() -> int:
    """Write the lock files."""
    try:
        locks = lock_texts()
    except LockError as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in locks.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.name}: {len(re.findall(r'(?m)^[a-z].*==', text))} packages, {text.count('sha256:')} hashes")
    return 0


def lock_texts() -> dict[Path, str]:
    """Return the text of each lock file.

    Raises
    ------
    LockError
        When a package that some platform needs has no pin, no wheel there or was yanked.
    """
    pins = pinned()
    wheels = _wheels(pins)
    runtime, everything = roots()
    executable = [*runtime, *extras()["exe"]]
    return {
        RUNTIME: _text(runtime, pins, wheels, "what GasFlux needs to run"),
        EXECUTABLE: _text(executable, pins, wheels, "what building the executables needs"),
        DEVELOPMENT: _text([*runtime, *everything], pins, wheels, "what developing, testing and building need"),
    }


def pinned(constraints: Path = CONSTRAINTS) -> dict[str, str]:
    """Return canonical name -> version of every pin."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    found = (line.split("#")[0].strip().split("==") for line in lines if "==" in line.split("#")[0])
    return {canonicalize_name(name): version for name, version in found}


def roots() -> tuple[list[str], list[str]]:
    """Return the requirements of the package with what builds it, and those of its extras."""
    own = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [*filter(None, own), *_project()["build-system"]["requires"]], [
        one for extra in extras().values() for one in extra
    ]


def extras() -> dict[str, list[str]]:
    """Return the requirements of each extra of the package."""
    found: dict[str, list[str]] = _project()["project"].get("optional-dependencies", {})
    return found


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _wheels(pins: Mapping[str, str]) -> dict[Target, dict[str, Wheel]]:
    """Ask pip for the wheel of every pin on every target; those that serve all are asked for once."""
    first = TARGETS[0]
    general = pip_report([f"{name}=={version}" for name, version in pins.items()], first)
    shared = {name: wheel for name, wheel in general.items() if wheel.is_for_all}
    special = [f"{name}=={version}" for name, version in pins.items() if name not in shared]
    found = {first: general}
    for target in TARGETS[1:]:
        print(f"{target.platform.system} {target.platform.machine}, CPython {target.python}", file=sys.stderr)
        found[target] = shared | pip_report(special, target)
    return found


def pip_report(pins: Sequence[str], target: Target | None = None) -> dict[str, Wheel]:
    """Return what pip would install for pins, on a target or here; pip names those that have no wheel.

    Raises
    ------
    LockError
        When pip finds no wheel for one of them.
    """
    options = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:", "--quiet", "--report", "-"]
    if target is not None:
        options += ["--implementation=cp", f"--python-version={target.python}", "--target=unused"]
        options += [f"--platform={tag}" for tag in target.platform.tags]
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, *pins],
            cwd=scratch,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if run.returncode:
        raise LockError(f"pip finds no wheels for {target or 'this machine'}:\n{run.stderr}")
    wheels = (_wheel(entry, run.stderr) for entry in json.loads(run.stdout)["install"])
    return {wheel.name: wheel for wheel in wheels}


def _wheel(entry: Mapping[str, Any], warnings: str) -> Wheel:
    """Read an entry of pip's report; a pip older than 23.3 tells only in a warning that a version was yanked."""
    metadata, download = entry["metadata"], entry["download_info"]
    return Wheel(
        canonicalize_name(metadata["name"]),
        metadata["version"],
        download["archive_info"]["hashes"]["sha256"],
        download["url"].rpartition("/")[2],
        tuple(metadata.get("requires_dist", ())),
        bool(entry.get("is_yanked")) or f"yanked version: {metadata['name']!r}" in warnings,
    )


def _text(
    requirements: Iterable[str], pins: Mapping[str, str], wheels: Mapping[Target, dict[str, Wheel]], of: str
) -> str:
    """Return a lock file of requirements and all that they need."""
    needed = {target: closure(requirements, wheels[target], target.environment()) for target in TARGETS}
    faults = {
        f"{name}, which {target.platform.system} with CPython {target.python} needs, has no pin in constraints.txt."
        for target, names in needed.items()
        for name in names - pins.keys()
    } | {
        f"{wheel.name} {wheel.version} was yanked."
        for found in wheels.values()
        for wheel in found.values()
        if wheel.is_yanked
    }
    if faults:
        raise LockError("\n".join(sorted(faults)))
    names = sorted(set().union(*needed.values()))
    return _header(of) + "".join(_entry(name, pins[name], wheels, needed) for name in names)


def closure(requirements: Iterable[str], wheels: Mapping[str, Wheel], environment: Mapping[str, str]) -> set[str]:
    """Return the names of all packages that requirements need in an environment, themselves included."""
    waiting = [Requirement(text) for text in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            key = (canonicalize_name(requirement.name), extra)
            if _applies(requirement, environment) and key not in seen:
                seen.add(key)
                waiting += _needs(wheels.get(key[0]), extra, environment)
    return {name for name, _ in seen}


def _applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})


def _needs(wheel: Wheel | None, extra: str, environment: Mapping[str, str]) -> Iterator[Requirement]:
    """Yield what a package needs with one of its extras."""
    for text in wheel.requires if wheel else ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra}):
            requirement.marker = None
            yield requirement


def _header(of: str) -> str:
    machines = ", ".join(f"{platform.system} {platform.machine}" for platform in PLATFORMS)
    return (
        f"# Versions and hashes of {of}; `make lock` writes this file from constraints.txt.\n"
        f"# covers CPython {', '.join(PYTHONS)} on {machines}\n"
    )


def _entry(
    name: str, version: str, wheels: Mapping[Target, dict[str, Wheel]], needed: Mapping[Target, set[str]]
) -> str:
    """Return the lines of one package: where it is needed, and the hashes of its wheels there."""
    systems = {target.platform.system for target in TARGETS if name in needed[target]}
    marker = " or ".join(f'sys_platform == "{system}"' for system in sorted(systems))
    where = f" ; {marker}" if len(systems) < len(_SYSTEM_NAMES) else ""
    places = [target for target in TARGETS if target.platform.system in systems]
    hashes = sorted({wheels[target][name].sha256 for target in places})
    return f"{name}=={version}{where}" + "".join(f" \\\n    --hash=sha256:{digest}" for digest in hashes) + "\n"


if __name__ == "__main__":
    sys.exit(main())
