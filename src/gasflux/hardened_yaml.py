"""YAML from strangers: plain data only, bounded in size, depth and number of values, every fault with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gasflux.errors import ConfigError, Fault

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 10_000
"""Values of a document with every alias written out: a bomb of nested aliases stops here."""

SettingPath = tuple[str | int, ...]

_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "timestamp", "seq", "map", "merge")
)


@dataclass
class YamlTree:
    """A document as plain Python values, with the line of every value."""

    data: Any = None
    lines: dict[SettingPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def setting_name(path: SettingPath) -> str:
    """Return the dotted name of a setting, e.g. ``gases.ch4[0]``."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def read_yaml(text: str | bytes) -> YamlTree:
    """Read one YAML document.

    Parameters
    ----------
    text
        The document; bytes are taken as UTF-8, with or without a byte order mark.

    Returns
    -------
    YamlTree
        Values, lines and the faults found on the way (duplicate keys, values that cannot be read).

    Raises
    ------
    ConfigError
        When there is no document to speak of: not text, too large, too deep, not YAML, tags that make objects.
    """
    document = _decode(text)
    try:
        _check_structure(document)
        node = yaml.compose(document, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _refusal(_describe(error)) from error
    return _Builder().build(node)


def _refusal(message: str) -> ConfigError:
    return ConfigError(f"YAML: {message}", [Fault(message)])


def _decode(text: str | bytes) -> str:
    """Text of bounded size without a byte order mark."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise _refusal(f"the document has {len(raw):,} bytes; a configuration may have {MAX_BYTES:,}.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(f"byte {error.start} is not UTF-8 text; save the file with the encoding UTF-8.") from error


def _check_structure(document: str) -> None:
    """Refuse depth and tags before anything recursive sees the document."""
    depth = 0
    for event in yaml.parse(document, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _refusal(f"{_line(event)} is nested more than {MAX_DEPTH} levels deep; settings need four.")
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _PLAIN_TAGS and tag != "!":
            raise _refusal(
                f"{_line(event)} has the tag {tag!r}; a configuration holds plain values only, remove the tag."
            )


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "the document"


def _describe(error: yaml.YAMLError) -> str:
    """One sentence from PyYAML's several lines."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}{problem}; check indentation, colons and quotes there."


class _Builder:
    """Turns the node graph into plain values, aliases written out and counted."""

    def __init__(self) -> None:
        self._tree = YamlTree()
        self._scalars = yaml.constructor.SafeConstructor()
        self._values = 0

    def build(self, node: yaml.Node | None) -> YamlTree:
        if node is not None:
            self._tree.data = self._value(node, ())
        return self._tree

    def _value(self, node: yaml.Node, path: SettingPath) -> Any:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise _refusal(f"more than {MAX_VALUES:,} values or {MAX_DEPTH} levels with aliases written out.")
        self._tree.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: SettingPath) -> Mapping[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(path, line, "a key must be a name, not a list or mapping.")
                continue
            # The key as written: YAML would read the gas `no` as the truth value false.
            key = str(key_node.value)
            if key in values:
                first = self._tree.lines[*path, key]
                self._fault((*path, key), line, f"given twice, first on line {first}; keep one of them.")
                continue
            values[key] = self._value(value_node, (*path, key))
            self._tree.lines[*path, key] = line
        return values

    def _scalar(self, node: yaml.Node, path: SettingPath) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._fault(
                path, node.start_mark.line + 1, f"{str(node.value)[:40]!r} is not a value; quote it if it is text."
            )
            return None

    def _fault(self, path: SettingPath, line: int, sentence: str) -> None:
        name = setting_name(path)
        self._tree.faults.append(
            Fault(f"{name or 'top level'} (line {line}): {sentence}", column=name or None, row=line)
        )
