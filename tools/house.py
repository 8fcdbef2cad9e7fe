"""Count what makes a tree hard to read: modules at the root, full folders, names that exist twice, long chains.

``python -m tools.house [--names] [--chain]`` from the project's folder; `tests/test_architecture.py` holds the limits.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1] / "src" / "gasflux"


def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name within it; a folder by its own name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_names(path: Path, *, at_module_level: bool = False) -> Iterator[tuple[str, int]]:
    """Yield every absolute module name a file imports, with its line.

    Parameters
    ----------
    path
        The file.
    at_module_level
        Leave out what stands inside functions, and what only type checkers read.
    """
    for node in _statements(_tree(path)) if at_module_level else ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise SystemExit(f"{path.name}:{node.lineno}: imports are absolute here")
            yield str(node.module), node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _statements(tree: ast.Module | ast.If | ast.Try) -> Iterator[ast.stmt]:
    """Statements that run at import."""
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements(node)


def imports(*, at_module_level: bool = False) -> dict[str, set[str]]:
    """Return for every module the modules of the package it imports."""
    known = modules()
    return {
        name: {
            inner
            for imported, _ in imported_names(path, at_module_level=at_module_level)
            if (inner := imported.removeprefix("gasflux.")) != imported and inner in known and inner != name
        }
        for name, path in known.items()
    }


def longest_chain(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the longest way through imports, from the top down; it must have no circle."""

    @cache
    def below(name: str) -> list[str]:
        return [name, *_longest(below(other) for other in sorted(graph[name]))]

    return _longest(below(name) for name in sorted(graph))


def _longest(chains: Iterable[list[str]]) -> list[str]:
    return max(chains, key=len, default=[])


def public_names() -> dict[str, list[str]]:
    """Return for every public class, function and constant the modules that define it."""
    owners: dict[str, list[str]] = defaultdict(list)
    for module, path in modules().items():
        for node in _tree(path).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                owners[node.name].append(module)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        owners[target.id].append(module)
    return {name: places for name, places in owners.items() if not name.startswith("_")}


def twice() -> dict[str, list[str]]:
    """Return the public names that more than one module defines."""
    return {name: places for name, places in sorted(public_names().items()) if len(places) > 1}


def root_modules() -> list[str]:
    """Return the modules that stand in no folder, `__init__` included."""
    return sorted(path.stem for path in PACKAGE.glob("*.py"))


def folders() -> dict[str, int]:
    """Return the number of Python files of every folder below the root."""
    counts: dict[str, int] = defaultdict(int)
    for path in PACKAGE.rglob("*.py"):
        counts[path.parent.relative_to(PACKAGE).as_posix()] += 1
    counts.pop(".")
    return dict(counts)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Count what makes the tree hard to read.")
    parser.add_argument("--names", action="store_true", help="list the public names that exist twice")
    parser.add_argument("--chain", action="store_true", help="list the longest chain of imports")
    chosen = parser.parse_args()
    counts = folders()
    fullest = max(counts, key=lambda name: counts[name])
    chain, doubled = longest_chain(imports(at_module_level=True)), twice()
    print(f"modules at the root      {len(root_modules())}")
    print(f"fullest folder           {counts[fullest]} files in {fullest}")
    print(f"public names twice       {len(doubled)}")
    print(f"longest chain of imports {len(chain)}")
    if chosen.names:
        print(*(f"{name}: {', '.join(places)}" for name, places in doubled.items()), sep="\n")
    if chosen.chain:
        print(" -> ".join(chain))
    return 0


if __name__ == "__main__":
    sys.exit(main())
