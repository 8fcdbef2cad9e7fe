"""Install GasFlux into the environment of this Python, as it was tested.

``python -m tools.install [--runtime | --exe] [--uncompiled]`` from the project's folder. Where the lock file covers the
machine, every file is checked against its hash; elsewhere the same versions are installed unchecked, and a line says
so. Needs nothing but Python: it runs before anything else is there.
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
OLDEST_GLIBC: Final = (2, 28)
OLDEST_MACOS: Final = (14, 0)
_PARTS: Final = {
    "--runtime": (("requirements.lock", ""), "what running needs only, no tests and tools"),
    "--exe": (("requirements-exe.lock", "[exe]"), "what building the executables needs only"),
}
_COVERS: Final = re.compile(r"^# covers CPython (?P<pythons>[\d., ]+) on (?P<machines>.+)$", re.MULTILINE)


def main() -> int:
    """Install what runs GasFlux, builds its executables, or develops it; return pip's exit code."""
    parser = argparse.ArgumentParser(description="Install GasFlux into the environment of this Python.")
    parser.set_defaults(of=("requirements-dev.lock", "[dev,dask,exe]"))
    only = parser.add_mutually_exclusive_group()
    for name, (of, meaning) in _PARTS.items():
        only.add_argument(name, dest="of", action="store_const", const=of, help=meaning)
    later = "leave what nobody imports uncompiled: takes less time and room, for an environment of one's own"
    parser.add_argument("--uncompiled", action="store_const", const=("--no-compile",), default=(), help=later)
    chosen = parser.parse_args()
    lock_name, extras = chosen.of
    lock = ROOT / lock_name
    why_not = not_covered(lock.read_text(encoding="utf-8"))
    if why_not is None:
        own = ("--no-deps", "--no-build-isolation", "-e", str(ROOT))
        return _pip(*chosen.uncompiled, "--require-hashes", "-r", str(lock)) or _pip(*own)
    print(f"{lock_name} does not cover {why_not}: the same versions are installed, their hashes unchecked.", flush=True)
    return _pip(*chosen.uncompiled, "-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}{extras}")


def not_covered(lock: str) -> str | None:
    """Return what about this machine a lock file does not cover; None when it covers all.

    Parameters
    ----------
    lock
        Text of the lock file.
    """
    covers = _COVERS.search(lock)
    if covers is None:
        return "any machine"
    python, machine = f"{sys.version_info[0]}.{sys.version_info[1]}", f"{sys.platform} {platform.machine()}"
    if platform.python_implementation() != "CPython" or python not in covers["pythons"].split(", "):
        return f"{platform.python_implementation()} {python}"
    if machine not in covers["machines"].split(", "):
        return machine
    return _too_old()


def _too_old() -> str | None:
    """Return the system when it is older than the wheels need."""
    if sys.platform == "linux":
        name, version = platform.libc_ver()
        return (
            None if name == "glibc" and _numbers(version) >= OLDEST_GLIBC else f"the C library {name} {version}".strip()
        )
    if sys.platform == "darwin" and _numbers(platform.mac_ver()[0]) < OLDEST_MACOS:
        return f"macOS {platform.mac_ver()[0]}"
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _pip(*arguments: str) -> int:
    """Run pip; return its exit code."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
