"""What the door makes of files: good ones pass with their kind, every hostile one is refused or left to a worker."""

from __future__ import annotations

import gzip
import tracemalloc
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_files import CASES, EVIL_NAMES, Hostile, csv_rows, sample, workbook, xls
from hypothesis import given
from hypothesis import strategies as st

from gasflux.configuration.service_settings import LimitSettings
from gasflux.errors import InputError, TooLargeError, UnsupportedFileError
from gasflux.service.uploads.kind_and_size import UploadKind, check_upload, shown_name
from gasflux.service.uploads.text_structure import BLOCK_BYTES, MAX_LINE_BYTES, count_rows

LIMITS = LimitSettings()
STATUS = {TooLargeError: 413, UnsupportedFileError: 415, InputError: 422}
MEMORY_BYTES = 24 << 20
"""What a check may take above the file: a block and its copies, and the directory of the largest archive allowed."""


def checked(path: Path, name: str) -> tuple[int, str, int]:
    """Status, message and number of faults of a file."""
    try:
        check_upload(path, name, LIMITS)
    except (InputError, TooLargeError) as error:
        is_told_whole = all(fault.message in str(error) for fault in error.faults)
        return STATUS[type(error)], str(error), len(error.faults) if is_told_whole else 0
    return 202, "", 0


def written(folder: Path, data: bytes) -> Path:
    path = folder / "input"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (csv_rows(60), UploadKind(".csv", len(csv_rows(60)), 60)),
        (csv_rows(60).rstrip(), UploadKind(".csv", len(csv_rows(60)) - 1, 60)),
        (csv_rows(60).replace(b"\n", b"\r\n"), UploadKind(".csv", len(csv_rows(60)) + 61, 60)),
        (csv_rows(60).replace(b"\n", b"\r"), UploadKind(".csv", len(csv_rows(60)), 60)),
        (csv_rows(9).decode().encode("utf-16"), UploadKind(".csv", 2 * len(csv_rows(9)) + 2, 9)),
        (csv_rows(9).decode().encode("utf-16-le"), UploadKind(".csv", 2 * len(csv_rows(9)), 9)),
        ("时间,甲烷\n1,2\n".encode("gb18030"), UploadKind(".csv", 14, 1)),
        (gzip.compress(csv_rows(60)), UploadKind(".csv.gz", len(csv_rows(60)), 60)),
        (xls(), UploadKind(".xls", len(xls()))),
    ],
)
def test_good_files_pass_with_their_kind(data: bytes, kind: UploadKind, tmp_path: Path) -> None:
    assert check_upload(written(tmp_path, data), "flight.bin", LIMITS) == kind


def test_sample_is_a_workbook_whatever_its_name(tmp_path: Path) -> None:
    for name in EVIL_NAMES:
        assert check_upload(written(tmp_path, sample()), name, LIMITS).suffix == ".xlsx"


@pytest.mark.parametrize("case", [case for case in CASES if not case.config], ids=lambda case: case.name)
def test_hostile_files_are_refused_in_little_memory(case: Hostile, tmp_path: Path) -> None:
    path = written(tmp_path, case.make())
    tracemalloc.start()
    status, message, faults = checked(path, case.file_name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY_BYTES
    assert status in case.statuses
    if status != 202:
        assert faults == 1
        assert any(part in message for part in case.says.split("|"))
        assert message.startswith(case.file_name)


@pytest.mark.parametrize(("rows", "passes"), [(59, True), (60, True), (61, False)])
def test_rows_are_counted_to_the_limit(rows: int, passes: bool, tmp_path: Path) -> None:
    limits = replace(LIMITS, max_rows=60)
    for data in (csv_rows(rows), gzip.compress(csv_rows(rows))):
        if passes:
            assert check_upload(written(tmp_path, data), "a.csv", limits).rows == rows
        else:
            with pytest.raises(TooLargeError, match="more than 60 rows"):
                check_upload(written(tmp_path, data), "a.csv", limits)


def test_unpacked_bytes_are_counted_to_the_limit(tmp_path: Path) -> None:
    size = len(csv_rows(60))
    for limit, passes in ((size, True), (size - 1, False)):
        limits = replace(LIMITS, max_unpacked_bytes=limit)
        try:
            check_upload(written(tmp_path, gzip.compress(csv_rows(60))), "a.gz", limits)
            assert passes
        except TooLargeError:
            assert not passes


def test_ordinary_words_in_cells_are_no_declarations(tmp_path: Path) -> None:
    data = workbook(
        '<worksheet><sheetData><row r="1"><c r="A1"><v>DOCTYPE ENTITY</v></c></row></sheetData></worksheet>'
    )
    assert check_upload(written(tmp_path, data), "a.xlsx", LIMITS).suffix == ".xlsx"


def test_a_declaration_across_two_blocks_is_found(tmp_path: Path) -> None:
    for shift in range(12):
        data = workbook(" " * (BLOCK_BYTES - shift) + "<!ENTITY a 'b'>")
        with pytest.raises(InputError, match="entities"):
            check_upload(written(tmp_path, data), "a.xlsx", LIMITS)


@given(st.lists(st.integers(0, 50), max_size=60), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, BLOCK_BYTES))
def test_rows_do_not_depend_on_the_blocks(lengths: list[int], end: str, size: int) -> None:
    text = ("header" + end + "".join("x" * length + end for length in lengths)).encode()
    blocks = (text[start : start + size] for start in range(0, len(text), size))
    assert count_rows(blocks, 1000) == len(lengths)


@pytest.mark.parametrize("excess", [0, 1])
def test_lines_are_measured_over_the_ends_of_blocks(excess: int) -> None:
    text = b"h\n" + b"x" * (MAX_LINE_BYTES + excess) + b"\ny\n"
    blocks = (text[start : start + BLOCK_BYTES] for start in range(0, len(text), BLOCK_BYTES))
    if excess:
        with pytest.raises(InputError, match="longer than 100,000 bytes"):
            count_rows(blocks, 1000)
    else:
        assert count_rows(blocks, 1000) == 2


@given(st.binary(max_size=5000))
def test_whatever_arrives_gets_a_kind_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = written(tmp_path_factory.mktemp("upload", numbered=True), data)
    status, message, faults = checked(path, "a")
    assert (status, faults) == (202, 0) or (message.endswith(".") and faults == 1)


@given(st.integers(0, 69_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_gets_a_kind_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: int, noise: bytes
) -> None:
    data = sample()
    path = written(tmp_path_factory.mktemp("upload", numbered=True), data[:place] + noise + data[place + len(noise) :])
    status, message, faults = checked(path, "a")
    assert (status, faults) == (202, 0) or (message.endswith(".") and faults == 1)


@given(st.text(max_size=400))
def test_shown_names_are_short_and_without_control_characters(name: str) -> None:
    shown = shown_name(name)
    assert not any(unicodedata.category(character).startswith("C") for character in shown)
    assert len(shown) <= 80
    assert "/" not in shown
