"""Hold the layout of the page's JavaScript: lines of at most 120 characters, no trailing blanks, no tabs.

``python -m tools.check_js [FILE ...]``; without files, everything below the page's folder but what others wrote. It
needs nothing but Python, so that ``make check`` says the same on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "src" / "gasflux" / "static"
LINE_LENGTH: Final = 120
"""That of the Python code, `line-length` in pyproject.toml."""
_OTHERS: Final = "vendor"


def scripts(folder: Path = PAGE) -> list[Path]:
    """Return the JavaScript files below a folder, without what others wrote."""
    return [path for path in sorted(folder.rglob("*.js")) if _OTHERS not in path.relative_to(folder).parts]


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and fault of whatever breaks the layout; a line is counted in characters."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LINE_LENGTH:
            yield number, f"line of {len(line)} characters, at most {LINE_LENGTH}: break it"
        if line != line.rstrip():
            yield number, "blanks or a carriage return at the end: remove them"
        if "\t" in line:
            yield number, "tab: indent with two spaces"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield text.count("\n") + 1, "the file must end with one line break"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every fault with its place; the exit code is 1 when there is one."""
    chosen = [Path(name) for name in (sys.argv[1:] if arguments is None else arguments)] or scripts()
    found = [
        f"{path}:{number}: {fault}" for path in chosen for number, fault in faults(path.read_bytes().decode("utf-8"))
    ]
    print(*found, f"{len(chosen)} JavaScript files, {len(found)} faults of layout", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
