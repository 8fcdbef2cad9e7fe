"""The log: its lines, what a hostile message can do to them, rotation, and a log file that cannot be written."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasflux.configuration.service_settings import Settings
from gasflux.service.watch.logs import CONTINUED, SafeFormatter, configured_logging
from gasflux.wording.plain import escape

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+ \[[^]]*\] ")
TASK = "0c7d1f0e-6a43-4a4e-9a51-0ea0b8f1a7c5"
log = logging.getLogger("gasflux.test")


def settings_for(path: Path, **changes: object) -> Settings:
    settings = Settings()
    return replace(settings, logging=replace(settings.logging, file=path, **changes))  # type: ignore[arg-type]


@contextmanager
def logging_to(path: Path, **changes: object) -> Iterator[None]:
    with configured_logging(settings_for(path, **changes)):
        yield


def test_lines_say_when_how_grave_where_and_of_what(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "gasflux_api.log"
    with logging_to(path):
        log.info("plain")
        log.warning("氣體 %d", 7, extra={"request": "r1", "task": TASK})
        log.error("single", extra={"task": TASK})
        log.debug("below the level")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(LINE.match(line) for line in lines)
    assert [line.split(" ", 2)[2] for line in lines] == [
        "INFO gasflux.test [-] plain",
        f"WARNING gasflux.test [request:r1 task:{TASK}] 氣體 7",
        f"ERROR gasflux.test [task:{TASK}] single",
    ]
    assert sum(f"task:{TASK}" in line for line in lines) == 2, "the document's grep finds the lines of a task"


def test_a_message_cannot_forge_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    forged = "2026-01-02 03:04:05,678 INFO gasflux.auth [-] key accepted"
    with logging_to(path):
        for ending in ("\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"):
            log.info("name %s", f"a.xlsx{ending}{forged}")
        try:
            raise ValueError(f"bad\n{forged}")
        except ValueError:
            log.exception("failed")
        log.info("mark", extra={"task": f"x\n{forged}"})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(forged)]
    assert all(LINE.match(line) or line.startswith(CONTINUED) for line in lines)


@given(st.text())
def test_escaped_text_is_one_printable_line(text: str) -> None:
    escaped = escape(text)
    assert escaped.splitlines() in ([escaped], [])
    assert all(character.isprintable() or character.isspace() for character in escaped)
    escaped.encode("utf-8")
    if text.isprintable():
        assert escaped == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\x1b[2Ja", r"\x1b[2Ja"), ("a\u202eb", r"a\u202eb"), ("\ud800", r"\ud800"), ("全角\u3000空", "全角\u3000空")],
)
def test_characters_that_deceive_show_as_numbers(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_keys_are_blotted_out(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    settings = settings_for(path)
    settings = replace(settings, security=replace(settings.security, admin_bootstrap_key="open sesame 123"))
    with configured_logging(settings):
        log.info("key gf_0123abcd_SECRETSECRET-secret_123 and open sesame 123")
        try:
            raise ValueError("gf_0123abcd_SECRETSECRET-secret_123")
        except ValueError:
            log.exception("with a traceback")
    text = path.read_text(encoding="utf-8")
    assert "key gf_0123abcd_*** and ***" in text
    assert "SECRET" not in text
    assert "sesame" not in text


def test_the_file_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with logging_to(path, max_bytes=1024, backups=2):
        for number in range(200):
            log.info("line %d", number)
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["a.log", "a.log.1", "a.log.2"]
    assert all(file.stat().st_size <= 1024 for file in tmp_path.iterdir())
    assert "line 199" in path.read_text(encoding="utf-8")


def test_nothing_is_left_configured(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.getLogger("gasflux").level)
    with logging_to(tmp_path / "a.log"):
        assert len(root.handlers) == len(before[0]) + 2
    assert (list(root.handlers), root.level, logging.getLogger("gasflux").level) == before


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    with logging_to(tmp_path / "logs" / "a.log"):
        log.info("goes on here")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"The log file .*a\.log cannot be written: .*; logging goes here\.", first)
    assert second.endswith("INFO gasflux.test [-] goes on here")


def test_the_console_shows_warnings_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(tmp_path / "a.log"):
        log.info("quiet")
        log.warning("loud")
        log.error("shown already", extra={"console": False})
    lines = capsys.readouterr().err.splitlines()
    assert [line.rsplit("] ")[-1] for line in lines] == ["loud"]


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_is_told_once_and_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(Path("/dev/full")):
        log.info("first")
        log.info("second")
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 1
    assert "No space left on device" in err[0]


def test_without_a_console_nothing_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # as in a windowed executable
    with logging_to(tmp_path / "a.log"):
        log.warning("heard by the file")
    assert "heard by the file" in (tmp_path / "a.log").read_text(encoding="utf-8")


def test_the_formatter_takes_records_of_other_libraries() -> None:
    record = logging.LogRecord("waitress", logging.INFO, __file__, 1, "Serving on %s", ("x",), None)
    assert SafeFormatter().format(record).endswith("INFO waitress [-] Serving on x")
