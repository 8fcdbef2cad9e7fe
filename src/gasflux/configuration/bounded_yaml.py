"""YAML from strangers: plain data only, bounded in size, depth and number of values, every fault with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gasflux.errors import ConfigError, Fault
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase, same

MAX_YAML_BYTES: Final = 1_000_000
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


def place_name(path: SettingPath, line: int | None) -> Phrase:
    """Return the name of a setting, with its line where that is known, for a sentence."""
    name = setting_name(path) or phrase("place.top")
    return phrase("place.line", name=name, line=line) if line else same(name) if isinstance(name, str) else name


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
        raise _syntax(error) from error
    return _Builder().build(node)


def _refusal(code: str, **figures: Any) -> ConfigError:
    fault = Fault.of(code, **figures)
    return ConfigError(f"YAML: {fault.message}", [fault])


def _decode(text: str | bytes) -> str:
    """Text of bounded size without a byte order mark."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_YAML_BYTES:
        raise _refusal("yaml_too_large", size=len(raw), limit=MAX_YAML_BYTES)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("yaml_not_utf8", position=error.start) from error


def _check_structure(document: str) -> None:
    """Refuse depth and tags before anything recursive sees the document."""
    depth = 0
    for event in yaml.parse(document, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _refusal("yaml_too_deep", where=_line(event), limit=MAX_DEPTH)
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _PLAIN_TAGS and tag != "!":
            raise _refusal("yaml_tag", where=_line(event), value=tag)


def _line(event: yaml.Event) -> Phrase:
    return phrase("where.line", line=event.start_mark.line + 1) if event.start_mark else phrase("where.document")


def _syntax(error: yaml.YAMLError) -> ConfigError:
    """One sentence from PyYAML's several lines."""
    from gasflux.wording.settings import YAML_PROBLEMS

    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    where = phrase("where.mark", line=mark.line + 1, character=mark.column + 1) if mark else NOTHING
    said = Phrase(problem, YAML_PROBLEMS.get(problem, problem))
    return _refusal("yaml_syntax", row=mark.line + 1 if mark else None, where=where, problem=said)


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
            raise _refusal("yaml_too_many_values", limit=MAX_VALUES, depth=MAX_DEPTH)
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
                self._fault("yaml_key", path, line)
                continue
            # The key as written: YAML would read the gas `no` as the truth value false.
            key = str(key_node.value)
            if key in values:
                first = self._tree.lines[*path, key]
                self._fault("yaml_key_twice", (*path, key), line, first=first)
                continue
            values[key] = self._value(value_node, (*path, key))
            self._tree.lines[*path, key] = line
        return values

    def _scalar(self, node: yaml.Node, path: SettingPath) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._fault("yaml_no_value", path, node.start_mark.line + 1, text=str(node.value)[:40])
            return None

    def _fault(self, code: str, path: SettingPath, line: int, **figures: Any) -> None:
        place = place_name(path, line)
        fault = Fault.of(code, column=setting_name(path) or None, row=line, place=place, **figures)
        self._tree.faults.append(fault)
