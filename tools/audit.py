"""Check pinned versions and stated lower bounds against known weaknesses; list the licences of what is installed.

``python -m tools.audit`` (``make audit``) compares constraints.txt, requirements.txt and pyproject.toml with the table
`SAFE_FROM`, offline; with ``--index`` it also asks pip's index whether a pinned version was yanked since.
``--licences`` (``make licences``) prints a table instead.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.lock import DEVELOPMENT, RUNTIME, LockError, extras, pinned, pip_report, roots

SAFE_FROM: Final[Mapping[str, tuple[str, str]]] = {
    "certifi": ("2024.7.4", "CVE-2024-39689: roots of an authority that is no longer trusted"),
    "cryptography": ("46.0.6", "CVE-2026-26007, CVE-2026-34073: keys of binary curves; constraints of names"),
    "distributed": ("2026.1.1", "CVE-2026-23528: a dashboard behind a proxy runs code of a link"),
    "filelock": ("3.20.3", "CVE-2025-68146, CVE-2026-22701: lock files through symbolic links"),
    "flask": ("3.1.3", "CVE-2026-27205: answers with a session cached for others"),
    "fonttools": ("4.60.2", "CVE-2025-66034: a font description writes any file"),
    "idna": ("3.7", "CVE-2024-3651: quadratic time on long names"),
    "jinja2": ("3.1.6", "CVE-2025-27516: a template leaves its sandbox"),
    "joblib": ("1.2.0", "CVE-2022-21797: runs code from an argument"),
    "openpyxl": ("2.4.2", "CVE-2017-5992: external entities of XML"),
    "paramiko": ("3.4.0", "CVE-2023-48795: the begin of a session is cut off (Terrapin)"),
    "pillow": ("12.1.1", "CVE-2026-25990: writes out of bounds on a crafted picture"),
    "pydantic": ("2.4.0", "CVE-2024-3772: slow regular expression"),
    "pygments": ("2.15.1", "CVE-2022-40896: slow regular expression"),
    "pyinstaller": ("6.0.0", "CVE-2025-59042: an executable runs code of another user's folder"),
    "pyyaml": ("5.4", "CVE-2020-14343: YAML that runs code"),
    "requests": ("2.33.0", "CVE-2024-47081, CVE-2026-25645: credentials sent to another host; a file in the way"),
    "scikit-learn": ("1.5.0", "CVE-2024-5206: training words kept in a model"),
    "setuptools": ("78.1.1", "CVE-2025-47273: a download writes outside its folder"),
    "tornado": ("6.5.7", "CVE-2025-47287, CVE-2025-67725, CVE-2026-49853: forms and headers hold the process up"),
    "tqdm": ("4.66.3", "CVE-2024-34062: runs code from an argument"),
    "urllib3": ("2.6.3", "CVE-2026-21441, CVE-2025-66471: a compressed answer fills the memory"),
    "waitress": ("3.0.1", "CVE-2024-49768, CVE-2024-49769: pipelined requests; a closed socket holds the processor"),
    "werkzeug": ("3.1.6", "CVE-2025-66221, CVE-2026-21860, CVE-2026-27199: safe_join and Windows device names"),
}
"""Package -> first version without a weakness that matters here, and which. Extend it when an advisory comes out."""

COPYLEFT: Final = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
"""Licences that would bind whoever passes GasFlux on. The LGPL and exceptions for the compiler's own library do not."""

OF_USERS: Final = ("dask", "netcdf", "slurm", "ssh")
"""Extras that a service runs with; the others are for those who develop and build."""

_PIN: Final = re.compile(r"(?m)^([A-Za-z0-9._-]+)==")


def main() -> int:
    """Print what is wrong, or the table of licences; exit 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Check the pinned versions.")
    parser.add_argument("--index", action="store_true", help="also ask the index which versions were yanked")
    parser.add_argument("--licences", action="store_true", help="list the licences of what is installed instead")
    options = parser.parse_args()
    faults = list(_print_licences() if options.licences else _audit(with_index=options.index))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _audit(*, with_index: bool) -> Iterator[str]:
    pins = pinned()
    yield from weaknesses(pins)
    yield from _bounds()
    if with_index:
        try:
            yield from yanked(locked(DEVELOPMENT) & pins.keys(), pins)
        except LockError as error:
            yield str(error)
    known = len(SAFE_FROM.keys() & pins.keys())
    asked = "asked" if with_index else "not asked"
    print(f"{len(pins)} pinned versions; {known} compared with the first safe one; yanked versions {asked}.")


def weaknesses(pins: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for every pin older than the first safe version.

    Parameters
    ----------
    pins
        Canonical name -> version.
    """
    for name, (safe, why) in SAFE_FROM.items():
        if name in pins and Version(pins[name]) < Version(safe):
            yield f"{name} {pins[name]} is older than {safe}: {why}."


def admitted(requirements: Iterable[str]) -> Iterator[str]:
    """Yield a line for every requirement that a version older than the first safe one would meet.

    Parameters
    ----------
    requirements
        As requirements.txt and pyproject.toml state them.
    """
    for requirement in map(Requirement, requirements):
        safe, why = SAFE_FROM.get(canonicalize_name(requirement.name), ("0", ""))
        lowest = [Version(bound.version) for bound in requirement.specifier if bound.operator in (">=", "==", "~=")]
        if max(lowest, default=Version("0")) < Version(safe):
            yield f"{requirement} admits versions older than {safe}: {why}."


def unbounded(needed: Iterable[str], requirements: Iterable[str]) -> Iterator[str]:
    """Yield a line for every package that something needs, that had a weakness, and of which nobody states a bound.

    Parameters
    ----------
    needed
        Canonical names of what is installed.
    requirements
        As requirements.txt and pyproject.toml state them.
    """
    stated = {canonicalize_name(Requirement(text).name) for text in requirements}
    for name in sorted((set(needed) & SAFE_FROM.keys()) - stated):
        safe, why = SAFE_FROM[name]
        yield f"{name} needs a lower bound of its own, {name}>={safe}: {why}."


def _bounds() -> Iterator[str]:
    """Yield what the stated requirements admit and must not."""
    runtime, of_extras = roots()
    yield from admitted([*runtime, *of_extras])
    yield from unbounded(locked(RUNTIME), runtime)
    for extra in OF_USERS:
        own = extras()[extra]
        yield from unbounded(needed_here(own), [*runtime, *own])


def yanked(names: set[str], pins: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for every pin that its maintainers took back; needs the index.

    Raises
    ------
    LockError
        When the index does not have one of them for this machine.
    """
    for wheel in pip_report([f"{name}=={pins[name]}" for name in sorted(names)]).values():
        if wheel.is_yanked:
            yield f"{wheel.name} {wheel.version} was yanked by its maintainers."


def locked(lock: Path) -> set[str]:
    """Return the names in a lock file."""
    return set(_PIN.findall(lock.read_text(encoding="utf-8")))


def licence_of(package: Distribution) -> str:
    """Return the licence a package states, as short as it states it."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = [text for text in metadata.get_all("Classifier") or () if text.startswith("License ::")]
    named = [text.rpartition(" :: ")[2] for text in classifiers if not text.endswith("OSI Approved")]
    stated = metadata["License"].strip().splitlines() if "License" in metadata else []
    return "; ".join(named) or next(iter(stated), "unknown")


def licences(names: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of those of some packages that are installed here."""
    for name in sorted(names):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another system only
        yield name, package.version, licence_of(package)


def needed_here(requirements: Iterable[str]) -> set[str]:
    """Return the names of all packages that requirements bring on this machine, as those installed state it."""
    waiting = [Requirement(text) for text in requirements]
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in seen or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        with suppress(PackageNotFoundError):
            waiting += map(Requirement, distribution(name).requires or ())
    return seen


def is_binding(licence: str) -> bool:
    """Whether a licence would bind whoever passes GasFlux on."""
    return (
        COPYLEFT.search(re.sub(r"GPL-3\.0-(only|or-later)-?\s?WITH.GCC-exception-3\.1", "", licence, flags=re.I))
        is not None
    )


def uses() -> dict[str, str]:
    """Return the use of every package that a service runs with: ``runs``, or ``extra`` with one of `OF_USERS`."""
    chosen = (text for name in OF_USERS for text in extras()[name])
    return dict.fromkeys(needed_here(chosen), "extra") | dict.fromkeys(locked(RUNTIME), "runs")


def _print_licences() -> Iterator[str]:
    """Print the table; yield a line for every package of a running service under a binding licence."""
    used = uses()
    for name, version, licence in licences(locked(DEVELOPMENT)):
        print(f"{name:<28} {version:<16} {used.get(name, 'tools'):<6} {licence}")
        if name in used and is_binding(licence):
            yield f"{name} is under {licence}, which GasFlux under BSD-3-Clause cannot carry."


if __name__ == "__main__":
    sys.exit(main())
