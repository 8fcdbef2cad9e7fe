"""The page's modules as one script: a first visit asks for a dozen files, not for fifty.

The modules stay as they are written and can be fetched one by one; nothing is built. Each becomes a function that
runs once and returns what it exports, in an order in which everything is there before it is used. Libraries of others
are not touched: the script imports them as they are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SCRIPT: Final = "js/page.js"
"""Where the script is found, beside the modules: what they find relative to themselves it finds too."""

STYLE: Final = "css/page.css"

STYLES: Final = (
    "vendor/uplot/uPlot.min.css",
    "css/base.css",
    "css/layout.css",
    "css/components.css",
    "css/views.css",
)  # later ones overrule earlier ones

_ENTRY: Final = "js/main.js"
_OTHERS: Final = "vendor/"
_IMPORT: Final = re.compile(r'^import\s+([^"\']*?)\s+from\s+"([^"]+)";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:export|import)\b.*|\bimport\(.*", re.MULTILINE)


def joined_script(static: Path) -> str:
    """Return the modules of the page that its first one needs, as one module.

    Parameters
    ----------
    static
        Folder of the page's files.

    Raises
    ------
    ValueError
        A module is written in a way that cannot be joined: in a circle, or with another form of import or export.
    """
    modules: dict[str, str] = {}
    _collect(static, _ENTRY, modules, ())
    own = {name: number for number, name in enumerate(name for name in modules if not name.startswith(_OTHERS))}
    others = [_library(text, name) for name, text in modules.items() if name.startswith(_OTHERS)]
    parts = [_as_function(name, modules[name], own) for name in own if name != _ENTRY]
    return "\n".join([*others, *parts, _body(_ENTRY, modules[_ENTRY], own)])


def joined_style(static: Path) -> str:
    """Return the page's styles, and those of its libraries, in one."""
    return "\n".join((static / name).read_text(encoding="utf-8") for name in STYLES)


def _collect(static: Path, name: str, modules: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module after all that it imports; of a library, only in which ways it is imported."""
    if name in above:
        raise ValueError(f"{name} imports itself by way of {' and '.join(above)}")
    if name in modules:
        return
    text = (static / name).read_text(encoding="utf-8")
    for wanted, needed in _imports(name, text):
        if needed.startswith(_OTHERS):
            if modules.setdefault(needed, wanted) != wanted:
                raise ValueError(f"{needed} is imported in two ways, {modules[needed]} and {wanted}")
        else:
            _collect(static, needed, modules, (*above, name))
    modules[name] = text


def _imports(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what a module imports, and from which file of the page."""
    for match in _IMPORT.finditer(text):
        yield match[1], posixpath.normpath(posixpath.join(posixpath.dirname(name), match[2]))


def _library(wanted: str, name: str) -> str:
    """Return the import of a library as it stands at the head of the script."""
    return f'import {wanted} from "{posixpath.relpath(name, posixpath.dirname(SCRIPT))}";'


def _as_function(name: str, text: str, own: dict[str, int]) -> str:
    """Return a module as a function that ran."""
    exported = ", ".join(match[1] for match in _EXPORT.finditer(text))
    return f"// {name}\nconst module{own[name]} = (() => {{\n{_body(name, text, own)}return {{ {exported} }};\n}})();"


def _body(name: str, text: str, own: dict[str, int]) -> str:
    """Return a module with its imports taken from the functions above it."""

    def taken(match: re.Match[str]) -> str:
        needed = posixpath.normpath(posixpath.join(posixpath.dirname(name), match[2]))
        if needed.startswith(_OTHERS):
            return ""
        if not match[1].startswith("{"):
            raise ValueError(f"{name} imports {match[1]}: name what is imported, in braces")
        return f"const {match[1].replace(' as ', ': ')} = module{own[needed]};"

    body = _EXPORT.sub("", _IMPORT.sub(taken, text))
    if left := _LEFT.search(body):
        raise ValueError(f"{name} has a form of import or export that cannot be joined: {left[0]}")
    return body
