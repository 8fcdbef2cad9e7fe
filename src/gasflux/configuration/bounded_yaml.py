"""YAML from strangers: plain data only, bounded in size, depth and number of values, every fault with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gasflux.errors import MOST_FAULTS, ONE_MORE, ConfigError, Fault, shortened
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase, same

MAX_YAML_BYTES: Final = 250_000
"""Thirty times the shipped configuration with all its explanations."""

MAX_DEPTH: Final = 20
MAX_VALUES: Final = 2_000
"""Values of a document with every alias written out: a bomb of nested aliases stops here."""

MAX_TEXT: Final = 32_000
"""Characters of all keys and values with every alias written out; explanations do not count."""

MAX_EVENTS: Final = 3 * MAX_VALUES
"""Keys, values, lists and aliases as they are written, counted while the document is parsed."""

_BY_HAND_CHARACTERS: Final = 12_000
_BY_HAND_EVENTS: Final = 1_000
"""Somewhat more than the shipped configuration has, explanations and all."""

_LONGEST_KEY: Final = 60
"""Characters of a key that are quoted back."""

SettingPath = tuple[str | int, ...]

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C reads a hundred times as much in the same time; a build of PyYAML may lack it."""

_NUMBERS: Final = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_LONGEST_NUMBER: Final = 100
"""Characters: YAML's numbers to the base of 60 take time as the square of their length."""

_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "timestamp", "seq", "map", "merge")
)


@dataclass
class YamlTree:
    """A document as plain Python values, with the line of every value."""

    data: Any = None
    lines: dict[SettingPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def note(self, make: Callable[[], Fault]) -> None:
        """Add a fault, which is made only where there is room for it: the error counts the others."""
        self.faults.append(make() if len(self.faults) < MOST_FAULTS else ONE_MORE)


def setting_name(path: SettingPath) -> str:
    """Return the dotted name of a setting, e.g. ``gases.ch4[0]``."""
    name = ""
    for part in path:
        shown = part if isinstance(part, int) else shortened(part, _LONGEST_KEY)
        name += f"[{shown}]" if isinstance(part, int) else f".{shown}" if name else str(shown)
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
        node = yaml.compose(document, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _syntax(_told_well(document, error)) from error
    return _Builder().build(node)


def _told_well(document: str, error: yaml.YAMLError) -> yaml.YAMLError:
    """Return what the parser in Python says of a document that is at fault: it names the place better.

    It is asked about what a person may have written by hand only, as it needs the time of a hundred requests for more.
    """
    if len(document) > _BY_HAND_CHARACTERS:
        return error
    try:
        for number, _ in enumerate(yaml.parse(document, Loader=yaml.SafeLoader)):
            if number > _BY_HAND_EVENTS:
                break
    except yaml.YAMLError as said:
        return said
    return error


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
    """Refuse depth, tags and great numbers before anything that keeps or follows them sees the document."""
    depth = 0
    for number, event in enumerate(yaml.parse(document, Loader=_LOADER)):
        if number > MAX_EVENTS:
            raise _refusal("yaml_too_many_values", limit=MAX_VALUES, depth=MAX_DEPTH)
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
        self._values = self._text = 0

    def build(self, node: yaml.Node | None) -> YamlTree:
        if node is not None:
            self._tree.data = self._value(node, ())
        return self._tree

    def _value(self, node: yaml.Node, path: SettingPath) -> Any:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise _refusal("yaml_too_many_values", limit=MAX_VALUES, depth=MAX_DEPTH)
        self._count_text(node)
        self._tree.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _count_text(self, node: yaml.Node) -> None:
        """Count the characters of keys and values, an alias as often as it is used."""
        if isinstance(node, yaml.ScalarNode):
            self._text += len(node.value)
            if self._text > MAX_TEXT:
                raise _refusal("yaml_too_much_text", limit=MAX_TEXT)

    def _mapping(self, node: yaml.MappingNode, path: SettingPath) -> Mapping[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault("yaml_key", path, line)
                continue
            # The key as written: YAML would read the gas `no` as the truth value false.
            key = str(key_node.value)
            self._count_text(key_node)
            if key in values:
                first = self._tree.lines[*path, key]
                self._fault("yaml_key_twice", (*path, key), line, first=first)
                continue
            values[key] = self._value(value_node, (*path, key))
            self._tree.lines[*path, key] = line
        return values

    def _scalar(self, node: yaml.Node, path: SettingPath) -> Any:
        try:
            if node.tag in _NUMBERS and len(str(node.value)) > _LONGEST_NUMBER:
                raise ValueError("no number that anybody writes")
            return self._scalars.construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._fault("yaml_no_value", path, node.start_mark.line + 1, text=str(node.value)[:40])
            return None

    def _fault(self, code: str, path: SettingPath, line: int, **figures: Any) -> None:
        self._tree.note(
            lambda: Fault.of(code, column=setting_name(path) or None, row=line, place=place_name(path, line), **figures)
        )
