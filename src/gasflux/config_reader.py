"""The service's settings from `gasflux.ini` and the environment, held against `configuration.service_settings`.

The first found of ``./gasflux.ini``, ``./config.ini`` and ``<project root>/gasflux.ini`` is read; a variable of the
environment beats the file, a key that is given nowhere takes its default. All faults are told at once, one line each.
"""

from __future__ import annotations

import configparser
import difflib
import ipaddress
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from gasflux.configuration.service_settings import SettingRow, Settings, setting_rows
from gasflux.errors import ConfigError, Fault

INI_NAMES: Final = ("gasflux.ini", "config.ini")
PREFIX: Final = "GASFLUX_"
OTHER_VARIABLES: Final = frozenset({"GASFLUX_PEER_PYTHON", "GASFLUX_URL", "GASFLUX_API_KEY"})
"""Variables with the prefix that are no settings of the service: those of the benchmark and of the client."""

_YES_NO: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


class SettingsError(ConfigError):
    """The settings cannot be used; the message has one line per fault."""

    kind = "invalid_settings"

    @classmethod
    def from_faults(cls, subject: str, faults: Iterable[Fault]) -> SettingsError:
        """Gather `faults`, one line each; `subject` is named by every line already."""
        gathered = tuple(faults)
        return cls("\n".join(fault.message for fault in gathered) or subject, gathered)


@dataclass(frozen=True)
class LoadedSettings:
    """Settings, and where they came from."""

    settings: Settings
    source: Path | None
    """The file that was read; None when there is none."""
    notes: tuple[str, ...]
    """What the log should tell: unknown variables of the environment, and variables that contradict each other."""


@dataclass(frozen=True)
class _Given:
    """A value as somebody wrote it, and where."""

    text: str
    origin: str


def load_settings(
    *, start: Path | None = None, environment: Mapping[str, str] | None = None, file: Path | None = None
) -> Settings:
    """Return the settings as `read_settings` does, its notes written to the log.

    Parameters
    ----------
    start, environment, file
        As of `read_settings`.
    """
    loaded = read_settings(start=start, environment=environment, file=file)
    for note in loaded.notes:
        logging.getLogger(__name__).warning("%s", note)
    return loaded.settings


def read_settings(
    *, start: Path | None = None, environment: Mapping[str, str] | None = None, file: Path | None = None
) -> LoadedSettings:
    """Read the settings of the service.

    Parameters
    ----------
    start
        Folder that counts as the current one; by default that of the process, or of the executable when frozen.
    environment
        Variables; by default those of the process.
    file
        Read this file and look for no other.

    Raises
    ------
    SettingsError
        The file cannot be read, or it or the environment hold values that are not allowed: one line per fault.
    """
    here = start or _program_folder() or Path.cwd()
    variables = os.environ if environment is None else environment
    source = file or find_ini(here)
    rows = tuple(setting_rows())
    faults: list[Fault] = []
    given = {} if source is None else _from_file(source, rows, faults)
    notes = list(_unknown_variables(variables, rows))
    given |= _from_environment(variables, rows, notes)
    base = here if source is None else source.absolute().parent
    values = {row: _parsed(row, given[row], faults) for row in rows if row in given}
    if faults:
        raise SettingsError.from_faults("settings", faults)
    return LoadedSettings(_assemble(rows, values, base), source, tuple(notes))


def find_ini(here: Path) -> Path | None:
    """Return the first `gasflux.ini` of the hand-over document's order, or None."""
    candidates = [here / name for name in INI_NAMES]
    if root := _project_root():
        candidates.append(root / INI_NAMES[0])
    return next((path for path in candidates if path.is_file()), None)


def _program_folder() -> Path | None:
    """Folder of the frozen executable: data live beside it; None when Python runs from source."""
    return Path(sys.executable).parent if getattr(sys, "frozen", False) else None


def _project_root() -> Path | None:
    """Folder of the checkout, or of the executable; None for an installed package."""
    root = Path(__file__).parents[2]
    return root if (root / "server_waitress.py").is_file() else _program_folder()


def _from_file(source: Path, rows: tuple[SettingRow, ...], faults: list[Fault]) -> dict[SettingRow, _Given]:
    """Return what the file gives; unknown names become faults."""
    parser = _parse_ini(source)
    known = {(row.section, row.key): row for row in rows}
    given = {}
    for section in parser.sections():
        if section not in {row.section for row in rows}:
            faults.append(_unknown_section(source, section, rows))
            continue
        for key, text in parser.items(section):
            if row := known.get((section, key)):
                given[row] = _Given(text, f"{source}: [{section}] {key}")
            else:
                faults.append(_unknown_key(source, section, key, rows))
    return given


def _parse_ini(source: Path) -> configparser.ConfigParser:
    """Return the parsed file: UTF-8 with or without a byte order mark, ``%`` is an ordinary character."""
    parser = configparser.ConfigParser(interpolation=None, default_section="\0none")
    try:
        parser.read_string(source.read_text(encoding="utf-8-sig"), source=str(source))
    except UnicodeDecodeError as error:
        message = f"{source}: byte {error.start} is not UTF-8; save the file as UTF-8."
        raise SettingsError(message, [Fault(message)]) from None
    except OSError as error:
        message = f"{source}: cannot be read: {error.strerror or error}."
        raise SettingsError(message, [Fault(message)]) from None
    except configparser.Error as error:
        message = f"{source}: {' '.join(str(error).split())}"
        raise SettingsError(message, [Fault(message)]) from None
    return parser


def _unknown_section(source: Path, section: str, rows: tuple[SettingRow, ...]) -> Fault:
    known = list(dict.fromkeys(row.section for row in rows))
    allowed = ", ".join(f"[{name}]" for name in known)
    hint = _nearest(section, known, "[{}]")
    return Fault(f"{source}: [{section}] is not a section;{hint} allowed: {allowed}.", column=section)


def _unknown_key(source: Path, section: str, key: str, rows: tuple[SettingRow, ...]) -> Fault:
    keys = [row.key for row in rows if row.section == section]
    elsewhere = next((row.section for row in rows if row.key == key), None)
    hint = f" it belongs to [{elsewhere}];" if elsewhere else _nearest(key, keys, "{}")
    return Fault(f"{source}: [{section}] {key} is not a setting;{hint} allowed: {', '.join(keys)}.", column=key)


def _nearest(name: str, known: Iterable[str], form: str) -> str:
    """Return ` did you mean ...?` for the known name nearest to one, or nothing."""
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f" did you mean {form.format(near[0])}?" if near else ""


def _from_environment(
    variables: Mapping[str, str], rows: tuple[SettingRow, ...], notes: list[str]
) -> dict[SettingRow, _Given]:
    """Return what the environment gives: of several spellings of one setting the first that is set."""
    given = {}
    for row in rows:
        found = [name for name in row.variables if name in variables]
        if not found:
            continue
        given[row] = _Given(variables[found[0]], found[0])
        contradicting = [name for name in found[1:] if variables[name] != variables[found[0]]]
        if contradicting:
            notes.append(f"{found[0]} is used; {', '.join(contradicting)} says otherwise and is ignored.")
    return given


def _unknown_variables(variables: Mapping[str, str], rows: tuple[SettingRow, ...]) -> Iterator[str]:
    """Yield a note for every variable that looks like a setting and is none."""
    known = [name for row in rows for name in row.variables]
    for name in sorted(variables):
        if name.startswith(PREFIX) and name not in known and name not in OTHER_VARIABLES:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            yield f"{name} is no setting and is ignored" + (f"; did you mean {near[0]}?" if near else ".")


def _parsed(row: SettingRow, given: _Given, faults: list[Fault]) -> Any:
    """Return the value of a setting; when it is not allowed note the fault and return the default."""
    try:
        value = _PARSERS[row.kind](given.text.strip(), row)
        _check(row, value)
    except ValueError:
        shown = "the value (not shown)" if row.secret else repr(given.text)
        message = f"{given.origin} = {shown} is not allowed; allowed: {allowed_values(row)}."
        faults.append(Fault(message, column=row.key, value=shown, allowed=allowed_values(row)))
        return row.default
    return value


def _text(text: str, row: SettingRow) -> str:
    """Return a text; a word out of a choice in the spelling of the table."""
    if not row.choices:
        return text
    return {choice.lower(): choice for choice in row.choices}.get(text.lower(), text)


def _path(text: str, row: SettingRow) -> Path:
    if not text or "\0" in text:
        raise ValueError
    return Path(text).expanduser()


def _integer(text: str, row: SettingRow) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _number(text: str, row: SettingRow) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _yes_no(text: str, row: SettingRow) -> bool:
    try:
        return _YES_NO[text.lower()]
    except KeyError:
        raise ValueError from None


_PARSERS: Final[Mapping[str, Callable[[str, SettingRow], Any]]] = {
    "text": _text,
    "path": _path,
    "integer": _integer,
    "number": _number,
    "yes/no": _yes_no,
}


def _is_url(value: str) -> bool:
    return re.fullmatch(r"https?://[^\s/]+\S*", value) is not None


def _is_address_or_empty(value: str) -> bool:
    try:
        return not value or bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def is_scheduler(value: str) -> bool:
    """Whether a text is an address of a dask scheduler, as in `tcp://host:8786`."""
    return re.fullmatch(r"(tcp|tls|ws|wss)://[A-Za-z0-9_.\-\[\]:%]+:[0-9]{1,5}", value) is not None


def is_host(value: str) -> bool:
    """Whether a text can be an IP address or the name of a host."""
    return re.fullmatch(r"[A-Za-z0-9_.:%-]+", value) is not None


_SHAPES: Final[Mapping[tuple[str, str], tuple[Callable[[str], bool], str]]] = {
    ("server", "host"): (is_host, "an IP address or a host name, without a port"),
    ("server", "base_url"): (_is_url, "a URL that begins with http:// or https://"),
    ("tasks", "dask_scheduler"): (
        lambda value: not value or is_scheduler(value),
        "an address such as tcp://host:8786, or nothing",
    ),
    ("security", "trusted_proxy"): (_is_address_or_empty, "an IP address, or nothing"),
}
"""What some texts must look like beyond being a text, with the words for it."""


def _check(row: SettingRow, value: Any) -> None:
    """Raise ValueError for a value outside its range, choice or shape."""
    shape = _SHAPES.get((row.section, row.key))
    if (
        (row.choices and value not in row.choices)
        or (row.at_least is not None and value < row.at_least)
        or (row.at_most is not None and value > row.at_most)
        or (shape is not None and not shape[0](value))
    ):
        raise ValueError


def allowed_values(row: SettingRow) -> str:
    """Return in words what a setting may be, as in `integer from 0 to 65535`."""
    if shape := _SHAPES.get((row.section, row.key)):
        return shape[1]
    if row.choices:
        return ", ".join(row.choices)
    if row.kind == "yes/no":
        return "true or false"
    low = "" if row.at_least is None else f" from {row.at_least}"
    high = "" if row.at_most is None else f" to {row.at_most}"
    return f"{row.kind}{low}{high}" + (" up" if low and not high else "")


def _assemble(rows: tuple[SettingRow, ...], values: Mapping[SettingRow, Any], base: Path) -> Settings:
    """Return the settings: values over defaults, relative paths made absolute from `base`."""
    settings = Settings()
    for section in fields(Settings):
        own = {row.key: values.get(row, row.default) for row in rows if row.section == section.name}
        absolute = {key: base / value if isinstance(value, Path) else value for key, value in own.items()}
        settings = replace(settings, **{section.name: replace(getattr(settings, section.name), **absolute)})
    return settings


_SHOWN: Final = {
    ("paths", "uploads"): "./web_api_data/uploads",
    ("paths", "outputs"): "./web_api_data/outputs",
    ("security", "admin_bootstrap_key"): "your_bootstrap_key_here",
}
"""Defaults as the hand-over document spells them; the last is a placeholder that opens nothing."""


def _shown(row: SettingRow) -> str:
    """Return the default of a setting as a file spells it."""
    if shown := _SHOWN.get((row.section, row.key)):
        return shown
    if row.kind == "yes/no":
        return str(row.default).lower()
    return row.default.as_posix() if isinstance(row.default, Path) else str(row.default)


def ini_text() -> str:
    """Return the shipped `gasflux.ini`: every setting with its default and meaning."""
    lines = [
        "# Settings of the GasFlux service. Every value shown is the default: a line may go.",
        "# A variable of the environment beats its line here, see docs/ENVIRONMENT_VARIABLES.md.",
        "# Relative paths start at the folder of this file. Comments stand on lines of their own. Encoding: UTF-8.",
    ]
    for section in fields(Settings):
        purpose = str(section.default_factory.__doc__)
        lines += ["", f"# {purpose}", f"[{section.name}]"]
        for row in (row for row in setting_rows() if row.section == section.name):
            lines += [f"# {row.text} ({allowed_values(row)})", f"{row.key} = {_shown(row)}".rstrip()]
    return "\n".join(lines) + "\n"


def variables_table() -> str:
    """Return the table of docs/ENVIRONMENT_VARIABLES.md: every variable with its setting, default and meaning."""
    lines = ["| variable | setting | default | allowed | meaning |", "|---|---|---|---|---|"]
    for row in setting_rows():
        names = "<br>".join(f"`{name}`" for name in row.variables)
        default = f"`{_shown(row)}`" if _shown(row) else "(empty)"
        lines.append(f"| {names} | `[{row.section}] {row.key}` | {default} | {allowed_values(row)} | {row.text} |")
    return "\n".join(lines) + "\n"
