"""Settings: one table behind file, environment, shipped ini and documentation; every fault in one answer."""

from __future__ import annotations

import configparser
import logging
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.config_reader import SettingsError, find_ini, ini_text, load_settings, read_settings, variables_table
from gasflux.configuration.service_settings import PLACEHOLDER_KEYS, SettingRow, Settings, setting_rows

ROOT = Path(__file__).parents[2]
ROWS = tuple(setting_rows())
HANDOVER_INI = """\
[server]
host = 0.0.0.0
port = 5000
debug = false
base_url = http://localhost:5000
[paths]
uploads = ./web_api_data/uploads
outputs = ./web_api_data/outputs
[limits]
max_content_length = 104857600
[logging]
level = INFO
file = logs/gasflux_api.log
[performance]
threads = 8
connection_limit = 100
channel_timeout = 300
[cleanup]
task_cleanup_interval = 3600
max_task_age = 86400
successful_task_cleanup_age = 3600
failed_task_cleanup_age = 604800
[security]
admin_bootstrap_key = your_bootstrap_key_here
[database]
path = web_api_data/outputs/gasflux.db
"""
"""Section 3.3 of the hand-over document."""


def write_ini(folder: Path, text: str, name: str = "gasflux.ini") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, **variables: str) -> Settings:
    return load_settings(start=folder, environment=variables)


def refusal(folder: Path, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder, **variables)
    return str(caught.value)


def value_of(settings: Settings, row: SettingRow) -> Any:
    return getattr(getattr(settings, row.section), row.key)


def another_value(row: SettingRow) -> str:
    """An allowed value that is not the default."""
    if row.choices:
        return next(choice for choice in row.choices if choice != row.default)
    if row.kind == "yes/no":
        return "false" if row.default else "true"
    if row.kind in ("integer", "number"):
        return str(row.default + 1 if row.at_most is None or row.default < row.at_most else row.default - 1)
    shaped = {
        "base_url": "https://x.example",
        "trusted_proxy": "10.1.2.3",
        "dask_scheduler": "tls://scheduler.example:8786",
    }
    return shaped.get(row.key, "another")


def test_no_file_no_variable_gives_the_defaults(tmp_path: Path) -> None:
    write_ini(tmp_path, "")
    settings = load(tmp_path)
    for row in ROWS:
        expected = tmp_path / row.default if row.kind == "path" else row.default
        assert value_of(settings, row) == expected, row.key


def test_the_handover_documents_ini_loads_and_says_the_defaults(tmp_path: Path) -> None:
    write_ini(tmp_path, HANDOVER_INI)
    documented = asdict(load(tmp_path))
    write_ini(tmp_path, "")
    default = asdict(load(tmp_path))
    assert documented["security"].pop("admin_bootstrap_key") in PLACEHOLDER_KEYS
    assert default["security"].pop("admin_bootstrap_key") in PLACEHOLDER_KEYS
    assert documented == default


def test_the_shipped_ini_is_the_table_and_holds_what_the_document_shows() -> None:
    shipped = (ROOT / "gasflux.ini").read_text(encoding="utf-8")
    assert shipped == ini_text(), "tools/write_settings.py writes it anew"
    documented, ours = (configparser.ConfigParser(interpolation=None) for _ in range(2))
    documented.read_string(HANDOVER_INI)
    ours.read_string(shipped)
    for section in documented.sections():
        assert documented[section].items() <= ours[section].items()
    assert {(row.section, row.key) for row in ROWS} == {(name, key) for name in ours.sections() for key in ours[name]}


def test_the_documentation_holds_the_table() -> None:
    page = (ROOT / "docs" / "ENVIRONMENT_VARIABLES.md").read_text(encoding="utf-8")
    assert variables_table() in page, "tools/write_settings.py writes it anew"
    for row in ROWS:
        assert all(f"`{name}`" in page for name in row.variables)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section}.{row.key}")
def test_every_setting_is_set_by_file_and_by_each_of_its_variables(row: SettingRow, tmp_path: Path) -> None:
    write_ini(tmp_path, "")
    default, wanted = value_of(load(tmp_path), row), another_value(row)
    for name in row.variables:
        changed = value_of(load(tmp_path, **{name: wanted}), row)
        assert changed != default
        assert type(changed) is type(default)
    write_ini(tmp_path, f"[{row.section}]\n{row.key} = {wanted}\n")
    assert value_of(load(tmp_path), row) == changed
    other = str(row.default) if not isinstance(row.default, bool) else str(row.default).lower()
    if other:
        assert value_of(load(tmp_path, **{row.variables[0]: other}), row) == default, "the environment beats the file"


def test_the_documents_own_variables(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        GASFLUX_HOST="127.0.0.1",
        GASFLUX_PORT="8080",
        GASFLUX_LOG_LEVEL="debug",
        GASFLUX_THREADS="3",
        GASFLMAX_CONTENT_LENGTH="2048",
    )
    assert (settings.server.host, settings.server.port, settings.logging.level) == ("127.0.0.1", 8080, "DEBUG")
    assert (settings.performance.threads, settings.limits.max_content_length) == (3, 2048)


def test_spellings_that_contradict_each_other_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings = load(tmp_path, GASFLUX_PORT="1", GASFLUX_SERVER_PORT="2", GASFLUX_PROT="3")
    assert settings.server.port == 1
    assert [record.getMessage() for record in caplog.records] == [
        "GASFLUX_PROT is no setting and is ignored; did you mean GASFLUX_PORT?",
        "GASFLUX_PORT is used; GASFLUX_SERVER_PORT says otherwise and is ignored.",
    ]


def test_spellings_that_agree_are_no_news(tmp_path: Path) -> None:
    loaded = read_settings(start=tmp_path, environment={"GASFLUX_PORT": "1", "GASFLUX_SERVER_PORT": "1"})
    assert not loaded.notes


def test_every_fault_comes_at_once_one_line_each(tmp_path: Path) -> None:
    path = write_ini(
        tmp_path, "[server]\nport = 70000\nprot = 1\ndebug = maybe\n[servers]\nport=1\n[limits]\nthreads=4\n"
    )
    lines = refusal(tmp_path, GASFLUX_THREADS="0").splitlines()
    assert sorted(lines) == sorted(
        [
            f"{path}: [server] port = '70000' is not allowed; allowed: integer from 0 to 65535.",
            f"{path}: [server] prot is not a setting; did you mean port? allowed: host, port, debug, base_url.",
            f"{path}: [server] debug = 'maybe' is not allowed; allowed: true or false.",
            f"{path}: [servers] is not a section; did you mean [server]? allowed: [server], [paths], [limits], "
            "[logging], [performance], [cleanup], [security], [database], [tasks].",
            f"{path}: [limits] threads is not a setting; it belongs to [performance]; allowed: max_content_length, "
            "max_rows, max_unpacked_bytes, min_free_bytes.",
            "GASFLUX_THREADS = '0' is not allowed; allowed: integer from 1 to 512.",
        ]
    )


@pytest.mark.parametrize(
    ("section", "key", "bad"),
    [
        ("server", "port", "1_000"),
        ("server", "port", ""),
        ("server", "port", "9" * 5000),
        ("server", "host", "127.0.0.1 9"),
        ("server", "base_url", "localhost:5000"),
        ("logging", "level", "LOUD"),
        ("database", "busy_timeout", "nan"),
        ("database", "busy_timeout", "inf"),
        ("paths", "uploads", ""),
        ("security", "trusted_proxy", "*"),
        ("tasks", "dask_scheduler", "scheduler:8786"),
        ("tasks", "executor", "slurm"),
        ("security", "require_api_key", "yes"),
    ],
)
def test_values_that_are_not_allowed(section: str, key: str, bad: str, tmp_path: Path) -> None:
    path = write_ini(tmp_path, f"[{section}]\n{key} = {bad}\n")
    message = refusal(tmp_path)
    assert message.startswith(f"{path}: [{section}] {key} = {bad!r} is not allowed; allowed: ")
    assert "\n" not in message


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    write_ini(tmp_path, "[security]\nadmin_bootstrap_key = hunter2-hunter2\n")
    assert "hunter2" not in repr(load(tmp_path))


def test_percent_signs_quotes_and_hashes_are_ordinary(tmp_path: Path) -> None:
    write_ini(tmp_path, "[security]\nadmin_bootstrap_key = 50%(x)s %% # ; 'é密钥'\n")
    assert load(tmp_path).security.admin_bootstrap_key == "50%(x)s %% # ; 'é密钥'"


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    (tmp_path / "gasflux.ini").write_bytes(b"\xef\xbb\xbf[server]\r\nport = 81\r\n")
    assert load(tmp_path).server.port == 81


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[server]\nhost = 服务器\n".encode("gbk"), "is not UTF-8; save the file as UTF-8"),
        ("[server]\nport = 1\n".encode("utf-16"), "is not UTF-8; save the file as UTF-8"),
        (b"port = 1\n", "no section headers"),
        (b"[server]\nport = 1\nport = 2\n", "already exists"),
        (b"[server]\nport\n", "parsing errors"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "gasflux.ini"
    path.write_bytes(content)
    message = refusal(tmp_path)
    assert str(path) in message
    assert said in message
    assert "\n" not in message


@given(st.binary(max_size=200))
def test_any_bytes_load_or_are_refused_in_lines_that_name_the_file(tmp_path_factory: Any, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("ini")
    (folder / "gasflux.ini").write_bytes(b"[server]\n" + content)
    refused = ""
    try:
        load(folder)
    except SettingsError as error:
        refused = str(error)
    assert all(line.startswith(str(folder)) for line in refused.split("\n") if line)


def test_first_found_wins(tmp_path: Path) -> None:
    assert find_ini(tmp_path) == ROOT / "gasflux.ini"
    config = write_ini(tmp_path, "", "config.ini")
    assert find_ini(tmp_path) == config
    own = write_ini(tmp_path, "")
    assert find_ini(tmp_path) == own


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "数据 folder"
    folder.mkdir()
    path = write_ini(folder, "[paths]\nuploads = up\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environment={"GASFLUX_PATHS_OUTPUTS": "out"}, file=Path(os.path.relpath(path)))
    assert settings.paths.uploads == folder / "up"
    assert settings.paths.outputs == folder / "out"
    assert settings.logging.file == folder / "logs" / "gasflux_api.log"


def test_a_named_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.ini: cannot be read"):
        load_settings(file=tmp_path / "missing.ini", environment={})
