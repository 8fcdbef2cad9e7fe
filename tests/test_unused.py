"""Nothing in the package is there for its tests alone: what no program calls is not there."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PROGRAMS = [path for folder in ("src", "tools", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
PROGRAMS += sorted(ROOT.glob("*.py"))

CALLED_FROM_OUTSIDE = {
    "gasflux.cli.main": "the command `gasflux`, see pyproject.toml",
    "gasflux.client.gasflux_client.GasFluxClient.upload_and_process": "the hand-over document's client",
    "gasflux.errors.CancelledError": "a caller's `progress` raises it to stop the work",
    "gasflux.shared.log_performance": "the contract, section 2",
}
"""What no program here calls, with who does. What a library calls in its own classes is told by the class."""

REGISTERING = (".command", ".group", ".get", ".post", ".put", ".delete", "validator", "representer")
"""Ends of the decorators that hand a function to a library which calls it: addresses, commands, validators."""


class Definition(NamedTuple):
    """A function, method or class of the package."""

    module: str
    owner: str
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    @property
    def full_name(self) -> str:
        return ".".join(filter(None, (self.module, self.owner, self.name)))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def definitions() -> Iterator[Definition]:
    """Yield what is defined in modules and classes; what stands inside a function, ruff looks after."""
    for path in PROGRAMS:
        if path.is_relative_to(SOURCE):
            yield from _definitions(tree(path).body, module_of(path), "")


def _definitions(body: list[ast.stmt], module: str, owner: str) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Definition(module, owner, node.name, node)
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, module, f"{owner}.{node.name}" if owner else node.name)


def is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    names = [ast.unparse(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list]
    return any(name.endswith(REGISTERING) for name in names)


class Uses:
    """What the programs name: attributes of anything, and names of modules, by the module they are defined in."""

    def __init__(self) -> None:
        self.attributes: Counter[str] = Counter()
        self.names: Counter[tuple[str, str]] = Counter()
        for path in PROGRAMS:
            self._read(path)
        for path in (SOURCE / "gasflux" / "templates").iterdir():
            self.attributes.update(path.read_text(encoding="utf-8").replace("(", " ").replace(".", " ").split())

    def _read(self, path: Path) -> None:
        own = module_of(path) if path.is_relative_to(SOURCE) else path.stem
        imported, modules = _imports(tree(path))
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute):
                self.attributes[node.attr] += 1
                if isinstance(node.value, ast.Name) and node.value.id in modules:
                    self.names[modules[node.value.id], node.attr] += 1
            elif isinstance(node, ast.Name):
                self.names[imported.get(node.id, (own, node.id))] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._read_text(node.value, own, imported)

    def _read_text(self, text: str, own: str, imported: dict[str, tuple[str, str]]) -> None:
        """Names in texts: those a package offers (`__all__`), ``getattr``, types in quotes."""
        if text.replace(".", "").isidentifier():
            self.attributes[text.rpartition(".")[2]] += 1
            self.names[imported.get(text, (own, text))] += 1

    def of(self, item: Definition) -> int:
        if not item.owner:
            return self.names[item.module, item.name] - _inside(item)
        return self.attributes[item.name] + self.names[item.module, item.name] - _inside(item)


def _imports(file: ast.Module) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return what each imported name stands for, and which names may stand for modules."""
    names: dict[str, tuple[str, str]] = {}
    modules: dict[str, str] = {}
    for node in ast.walk(file):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = (str(node.module), alias.name)
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names, modules


def _inside(item: Definition) -> int:
    """How often a definition names itself: a function that only it calls is called by nobody."""
    return sum(
        (isinstance(node, ast.Name) and node.id == item.name)
        or (isinstance(node, ast.Attribute) and node.attr == item.name)
        for node in ast.walk(item.node)
    )


@cache
def uses() -> Uses:
    return Uses()


def is_override(item: Definition) -> bool:
    """Tell whether a library calls a method, because the class is one of its own kind."""
    if not item.owner:
        return False
    found: Any = reduce(getattr, item.owner.split("."), import_module(item.module))
    foreign = [base for base in found.__mro__ if not base.__module__.startswith("gasflux")]
    return any(item.name in vars(base) for base in foreign)


@cache
def unused() -> frozenset[str]:
    """Return what is defined in the package and named by no program."""
    suspects = (item for item in definitions() if uses().of(item) <= 0)
    return frozenset(
        item.full_name
        for item in suspects
        if not (item.name.startswith("__") or is_registered(item.node) or is_override(item))
    )


def test_nothing_is_there_for_its_tests_alone() -> None:
    left = unused() - CALLED_FROM_OUTSIDE.keys()
    assert not left, f"no program calls {sorted(left)}: remove it, and test what calls it"


@pytest.mark.parametrize("name", sorted(CALLED_FROM_OUTSIDE))
def test_every_exception_is_still_needed(name: str) -> None:
    assert name in unused()
