"""Whoever calls a public function of several arguments is told what each of them is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import gasflux

PACKAGE = Path(gasflux.__file__).parent
FEW = 2
"""Up to so many arguments, a sentence can tell what they are."""

DOCUMENTED_BY_DECORATOR = (".command", ".group", ".get", ".post", ".put", ".delete")
"""Commands of click and addresses of Flask: their options and models describe the arguments, and users see those."""


class Function(NamedTuple):
    """A public function, or a public method of a public class."""

    name: str
    arguments: list[str]
    doc: str


def functions() -> Iterator[Function]:
    """Yield what the package offers and no decorator documents."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield from _functions(ast.parse(path.read_text(encoding="utf-8")).body, module, in_class=False)


def _functions(body: list[ast.stmt], owner: str, *, in_class: bool) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _functions(node.body, f"{owner}.{node.name}", in_class=True)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            decorators = [
                ast.unparse(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list
            ]
            if not any(name.endswith(DOCUMENTED_BY_DECORATOR) for name in decorators):
                bound = in_class and "staticmethod" not in decorators
                yield Function(f"{owner}.{node.name}", _arguments(node)[bound:], ast.get_docstring(node) or "")


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = node.args
    plain = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [item.arg for item in plain if item is not None]


def described(doc: str) -> list[str]:
    """Return the names that the section Parameters of a docstring describes; none when there is no such section."""
    section = re.search(r"(?m)^Parameters\n-{10}\n((?:(?!^\w[^\n]*\n-+\n).*\n?)*)", doc)
    heads = re.findall(r"(?m)^(\S.*)$", section[1]) if section else []
    return [name.strip().lstrip("*") for head in heads for name in head.partition(" :")[0].split(",")]


MANY = {function.name: function for function in functions() if len(function.arguments) > FEW}


def promise(function: Function) -> Function:
    """Return the method of a protocol whose promise a method keeps: "see `gasflux.jobs.executor.Executor.run`"."""
    named = re.search(r"\bsee `gasflux\.([\w.]+)`", function.doc)
    same = named is not None and named[1].rpartition(".")[2] == function.name.rpartition(".")[2]
    return MANY.get(named[1], function) if named is not None and same else function


def test_there_are_functions_to_look_at() -> None:
    """A mistake in `functions` would make the test below hold of nothing."""
    assert {"rate.surface_flux.flux_density_kg_m2_h", "client.gasflux_client.GasFluxClient.upload"} <= MANY.keys()


@pytest.mark.parametrize("name", MANY)
def test_every_argument_is_described(name: str) -> None:
    assert sorted(described(promise(MANY[name]).doc)) == sorted(MANY[name].arguments)
