"""Processing configuration: YAML, mapping or file in, a checked `PipelineConfig` out, all faults in one answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gasflux.configuration.bounded_yaml import (
    MAX_YAML_BYTES,
    SettingPath,
    YamlTree,
    place_name,
    read_yaml,
    setting_name,
)
from gasflux.configuration.pipeline_config import BaselineSettings, PipelineConfig
from gasflux.errors import MOST_FAULTS, ConfigError, Fault, faults_from, quoted, shortened
from gasflux.version import __version__
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase, same

ConfigSource = Path | str | bytes | Mapping[str, Any] | PipelineConfig | None

_YAML_SUFFIXES: Final = (".yaml", ".yml")
_SHOWN_VALUE: Final = 60
"""Characters of a wrong value that are quoted back."""


def default_config_text() -> str:
    """Return the shipped `gasflux_config.yaml`, the defaults with their explanation."""
    return Path(__file__).parents[1].joinpath("gasflux_config.yaml").read_text(encoding="utf-8")


def load_pipeline_config(source: ConfigSource = None) -> PipelineConfig:
    """Return the processing configuration that `source` describes; keys it does not give take the defaults.

    Parameters
    ----------
    source
        Path of a YAML file (a `Path`, or one line of text that ends in ``.yaml`` or ``.yml``), YAML text or bytes, a
        mapping, a configuration (returned as it is), or None for the defaults.

    Raises
    ------
    ConfigError
        With one `Fault` per wrong setting: its name, line, value and what is allowed there.
    """
    if isinstance(source, PipelineConfig):
        return source
    if isinstance(source, Mapping):
        return _validate(YamlTree(data=dict(source)), "configuration")
    subject, text = _text_of(source)
    try:
        tree = read_yaml(text)
    except ConfigError as error:
        raise ConfigError(f"{subject}: {error}", error.faults) from error
    return _validate(tree, subject)


class _RangesOnOneLine(yaml.SafeDumper):
    """Writes lists as ``[min, max]``, the way people write them."""


_RangesOnOneLine.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)


def dump_effective_config(config: PipelineConfig) -> str:
    """Return the configuration with every default written out, as YAML that `load_pipeline_config` reads again."""
    settings = config.model_dump(mode="json")
    body: str = yaml.dump(settings, Dumper=_RangesOnOneLine, sort_keys=False, allow_unicode=True, width=120)
    return f"# GasFlux {__version__}: the effective configuration of this result.\n{body}"


def _text_of(source: Path | str | bytes | None) -> tuple[str, str | bytes]:
    """Name for messages and content of a source."""
    if source is None:
        return "configuration", ""
    path = _as_path(source)
    if path is None:
        return "configuration", source if isinstance(source, str | bytes) else b""
    try:
        with path.open("rb") as stream:
            return path.name, stream.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        fault = Fault.of("config_unreadable", reason=error.strerror)
        raise ConfigError.from_faults(str(path), [fault]) from error


def _as_path(source: Path | str | bytes) -> Path | None:
    """Path that a source means, None when it is YAML itself."""
    if isinstance(source, Path):
        return source
    is_name = isinstance(source, str) and "\n" not in source and source.lower().endswith(_YAML_SUFFIXES)
    return Path(str(source)) if is_name else None


def _validate(tree: YamlTree, subject: str) -> PipelineConfig:
    """Check values against the model; every fault of reading and checking in one error."""
    data = {} if tree.data is None else tree.data
    if not isinstance(data, Mapping):
        raise ConfigError.from_faults(subject, [Fault.of("not_settings", value=_shown(data))])
    given = _without_empty_sections(data)
    _refuse_other_documents(given, subject)
    faults = tree.faults + _unknown_baseline_keys(given, tree)
    try:
        config = PipelineConfig.model_validate(given)
    except ValidationError as error:
        faults += _model_faults(error, given, tree)
    if faults:
        raise ConfigError.from_faults(subject, faults)
    return config


def _without_empty_sections(data: Mapping[str, Any]) -> dict[str, Any]:
    """Drop keys with nothing behind the colon: a section whose settings are all commented out."""
    optional = {name for name, field in PipelineConfig.model_fields.items() if field.default is None}
    return {name: value for name, value in data.items() if value is not None or name in optional}


def _refuse_other_documents(data: Mapping[str, Any], subject: str) -> None:
    """Refuse what has more unknown keys than anybody misspells before each is looked at."""
    unknown = data.keys() - PipelineConfig.model_fields.keys()
    if len(unknown) > MOST_FAULTS:
        first = next(key for key in data if key in unknown)
        fault = Fault.of("too_many_unknown", count=len(unknown), value=_shown(first))
        raise ConfigError.from_faults(subject, [fault])


def _model_faults(error: ValidationError, data: Mapping[str, Any], tree: YamlTree) -> list[Fault]:
    """Translate what pydantic found, one fault per setting (a union of types reports once per type)."""
    found: dict[SettingPath, list[ErrorDetails]] = {}
    for entry in error.errors(include_url=False):
        found.setdefault(_given_path(entry["loc"], data), []).append(entry)
    return faults_from(list(found.items()), lambda named: _model_fault(*named, tree))


def _model_fault(path: SettingPath, entries: Sequence[ErrorDetails], tree: YamlTree) -> Fault:
    """Return the fault of one setting."""
    last = entries[-1]
    if last["type"] == "extra_forbidden":
        return _unknown_key(path, tree)
    if last["type"] == "value_error":
        place, line = _place(path, tree)
        (problem,) = last["ctx"]["error"].args
        return Fault.of("impossible_setting", column=setting_name(path), row=line, place=place, problem=problem)
    choices = [_allowed(entry) for entry in entries if entry["type"] not in ("extra_forbidden", "value_error")]
    allowed = reduce(lambda one, other: phrase("allowed.or", one=one, other=other), choices)
    return _wrong_value(path, last["input"], allowed, tree)


def _given_path(location: tuple[int | str, ...], data: Any) -> SettingPath:
    """Drop the parts of a location that name pydantic's types instead of settings."""
    path: list[int | str] = []
    for part in location:
        is_item = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        if not (is_item or (isinstance(data, Mapping) and part in data)):
            break
        data = data[part]
        path.append(part)
    return tuple(path)


_LIMITS: Final = {
    "greater_than": ("more", "gt"),
    "greater_than_equal": ("or_more", "ge"),
    "less_than": ("less", "lt"),
    "less_than_equal": ("or_less", "le"),
}
"""Pydantic's name of a limit -> its name in the catalogue and in pydantic's context."""
_KINDS: Final = {
    "float": "float",
    "int": "int",
    "finite": "finite",
    "bool": "bool",
    "string": "text",
    "dict": "section",
    "model": "section",
    "tuple": "list",
    "datetime": "datetime",
}
_WINDOWS: Final = ("time_windows", "exclude")


def _allowed(entry: Mapping[str, Any]) -> Phrase:
    """Say what would have been accepted."""
    if entry["type"] == "literal_error":
        expected = str(entry["ctx"]["expected"])
        return phrase(
            "allowed.one_of",
            names=Phrase(expected, expected.replace(", ", "、").replace(" or ", "、").replace("'", "")),
        )
    if entry["type"] in _LIMITS:
        name, limit = _LIMITS[entry["type"]]
        return phrase(f"allowed.{name}", limit=entry["ctx"][limit])
    kind, location = entry["type"].split("_")[0], entry["loc"]
    if kind in ("missing", "too", "model", "tuple") and len(location) > 1:
        return phrase("allowed.window" if location[1] in _WINDOWS else "allowed.min_max")
    return phrase(f"allowed.{_KINDS[kind]}") if kind in _KINDS else same(entry["msg"])


def _shown(value: Any) -> Phrase:
    """Quote a wrong value, cut to a bounded length; text stands in the quotation marks of the language."""
    text = quoted(value, _SHOWN_VALUE)
    return Phrase(text, f"“{value[:_SHOWN_VALUE]}”" if isinstance(value, str) else f" {text}")


def _place(path: SettingPath, tree: YamlTree) -> tuple[Phrase, int | None]:
    """Name of a setting with its line, for a sentence, and the line."""
    line = tree.lines.get(path)
    return place_name(path, line), line


def _wrong_value(path: SettingPath, value: Any, allowed: Phrase, tree: YamlTree) -> Fault:
    place, line = _place(path, tree)
    column = setting_name(path)
    return Fault.of("wrong_setting", column=column, row=line, value=_shown(value), allowed=allowed, place=place)


def _unknown_key(path: SettingPath, tree: YamlTree, known: Iterable[str] = ()) -> Fault:
    """Fault of a key that does not exist, naming the nearest that does."""
    place, line = _place(path, tree)
    keys = sorted(known) or sorted(_keys_of(path[:-1]))
    near = difflib.get_close_matches(shortened(str(path[-1]), _SHOWN_VALUE), keys, n=1, cutoff=0.5)
    allowed = ", ".join(keys)
    hint = phrase("hint.did_you_mean", near=near[0]) if near else phrase("hint.known", names=allowed)
    return Fault.of("unknown_setting", column=setting_name(path), row=line, allowed=allowed, place=place, hint=hint)


def _keys_of(section: SettingPath) -> Iterable[str]:
    """Keys of the model that a section stands for."""
    model: type[BaseModel] = PipelineConfig
    for part in (part for part in section if isinstance(part, str)):
        model = _section_model(model.model_fields[part].annotation) or model
    return model.model_fields


def _section_model(annotation: Any) -> type[BaseModel] | None:
    """Model inside an annotation such as ``Strategies`` or ``tuple[TimeWindow, ...]``."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _unknown_baseline_keys(data: Mapping[str, Any], tree: YamlTree) -> list[Fault]:
    """Find misspelt keys of the one open section, where settings of any algorithm may stand under its name.

    A mapping is taken as the settings of an algorithm, unless its name is almost that of the chosen one.
    """
    name = "algorithmic_baseline_settings"
    section = data.get(name)
    if not isinstance(section, Mapping):
        return []
    chosen = str(section.get("algorithm", BaselineSettings().algorithm))
    known = {*BaselineSettings.model_fields, chosen}
    extra = {key: value for key, value in section.items() if key not in known}
    misspelt = [
        key
        for key, value in extra.items()
        if not isinstance(value, Mapping) or difflib.get_close_matches(key[:_SHOWN_VALUE], known, n=1, cutoff=0.8)
    ]
    return faults_from(misspelt, lambda key: _unknown_key((name, key), tree, known))
