"""The page's files: the same words in every language, nothing inline, nothing from elsewhere, libraries unchanged."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import gasflux
from gasflux.results.report.texts import REPORT_TEXTS
from tools import check_js

STATIC = Path(gasflux.__file__).parent / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
OWN = [STATIC / "index.html", *SCRIPTS, *sorted((STATIC / "css").glob("*.css"))]
LIMIT_BYTES = 24_000
"""A file holds one noun; beyond this it holds two."""


def words(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((STATIC / "strings" / f"{language}.json").read_text(encoding="utf-8"))
    return texts


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_languages_have_the_same_words() -> None:
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    assert not [key for key in english if placeholders(english[key]) != placeholders(chinese[key])]
    assert all(text.strip() for text in (*english.values(), *chinese.values()))


def test_every_word_that_is_asked_for_exists_and_none_is_left_over() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    known = set(words("en"))
    named = set(re.findall(r"""["'`]([\w.:-]+)["'`]""", text))
    asked = set(re.findall(r"""\bt\(\s*"([^"]+)\"""", text))
    assert not asked - known
    # Names put together from a beginning and what the server or a list says, as in t(`status.${task.status}`).
    beginnings = tuple(match + "." for match in re.findall(r"`([\w.]+)\.\$\{", text))
    assert not {key for key in known - named if not key.startswith(beginnings)}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"""(src|href|from|import|url)\s*[=(]?\s*["'(]*https?://""", text)
    assert not re.search(r"""\sstyle=|setAttribute\(\s*["']style|\son\w+=["']""", text)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_files_stay_small(path: Path) -> None:
    assert path.stat().st_size < LIMIT_BYTES


def test_scripts_keep_their_layout(capsys: pytest.CaptureFixture[str]) -> None:
    """As `make check` holds it; every script of the page is looked at, and none of what others wrote."""
    assert check_js.scripts() == SCRIPTS
    assert check_js.main([]) == 0, capsys.readouterr().out


def test_every_fault_of_layout_is_told_with_its_line() -> None:
    longest = "é" * check_js.LINE_LENGTH
    assert not list(check_js.faults(f"{longest}\n\n  ok;\n"))
    broken = {f"{longest}x\n": 1, "a;\nb; \n": 2, "\ta;\n": 1, "a;\r\n": 1, "a;": 1, "a;\n\n": 3}
    for text, line in broken.items():
        assert [number for number, _ in check_js.faults(text)] == [line], text


def test_libraries_are_as_published() -> None:
    table = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| ([\w./-]+) \| ([0-9a-f]{64}) \|", table)
    assert rows
    for name, checksum in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == checksum, name
    listed = {name for name, _ in rows}
    scripts = {path.relative_to(STATIC / "vendor").as_posix() for path in (STATIC / "vendor").rglob("*.js")}
    assert {name for name in scripts if not name.startswith("swagger-ui/")} <= listed


AXIS = re.compile(r" \((m|kg/h|m/s)\)$")
"""Units behind the name of an axis or column stand as in the figures of the report."""


def test_chinese_words_have_chinese_punctuation() -> None:
    # What stands between quotation marks is written as YAML wants it.
    chinese = {key: re.sub("“[^”]*”", "", AXIS.sub("", text)) for key, text in words("zh").items()}
    assert not [
        key for key, text in chinese.items() if re.search(r"[\u4e00-\u9fff] ?[,:;?(]|\) ?[\u4e00-\u9fff]", text)
    ]


def test_words_of_the_page_are_those_of_the_report() -> None:
    chinese = words("zh")
    pairs = {
        "flight.title": "flight",
        "flight.rate": "fact.rate",
        "budget.title": "budget",
        "result.flags": "main_flags",
        "rate.below_limit": "not_detected",
        "column.temperature": "quantity.temperature",
        "column.height_agl": "quantity.height_agl",
    }
    assert {page: chinese[page] for page in pairs} == {page: REPORT_TEXTS[report].zh for page, report in pairs.items()}
    assert not [key for key in chinese if key.startswith(("place.", "tasks.", "status.")) and "任务" in chinese[key]]
