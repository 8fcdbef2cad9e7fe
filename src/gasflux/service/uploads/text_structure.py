"""A look through a text log in blocks: its rows counted, its lines short, its bytes text; nothing is kept of it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from gasflux.errors import InputError, TooLargeError
from gasflux.reading.signatures import HEAD_BYTES, refuse_foreign, unsupported
from gasflux.wording.lookup import phrase

BLOCK_BYTES: Final = 1 << 16
MAX_LINE_BYTES: Final = 100_000
"""The longest row of a log met in practice has some 4,000."""

_CONTROL_BYTES: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))


def count_rows(blocks: Iterator[bytes], max_rows: int) -> int:
    """Return the number of rows of a text below its header.

    Parameters
    ----------
    blocks
        Its content in blocks of `BLOCK_BYTES` or less, none of them empty.
    max_rows
        Rows that are allowed.

    Raises
    ------
    UnsupportedFileError
        The bytes are no text, or text of another kind such as HTML.
    InputError
        It is empty, holds NUL bytes, or has an endless line.
    TooLargeError
        It has more rows.
    """
    head = next(blocks, b"")
    while len(head) < HEAD_BYTES and (more := next(blocks, b"")):
        head += more
    refuse_foreign(head)
    encoding = _wide_encoding(head)
    scan = _Scan(max_rows)
    _refuse_binary(head, encoding)
    for block in _utf8(head, blocks, encoding):
        scan.add(block)
    return scan.finish()


def _wide_encoding(head: bytes) -> str | None:
    """Return which UTF-16 a text is in; None for the encodings in which a line feed is one byte."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    head = head[:HEAD_BYTES]
    if head.count(0) <= len(head) // 4:
        return None
    return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"


def _refuse_binary(head: bytes, encoding: str | None) -> None:
    """Raise when the beginning of a file is no text."""
    text = head[:HEAD_BYTES]
    if encoding:
        text = text.decode(encoding, errors="replace").encode("utf-8", errors="replace")
    if len(text.translate(None, _CONTROL_BYTES)) < 0.98 * len(text):
        raise unsupported("binary", "export")


def _utf8(head: bytes, blocks: Iterator[bytes], encoding: str | None) -> Iterator[bytes]:
    """Yield the text in blocks, those of UTF-16 as UTF-8."""
    if encoding is None:
        yield head
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    yield decoder.decode(head).encode("utf-8", errors="replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", errors="replace")


class _Scan:
    """Counts over the blocks of a text."""

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows
        self._line_feeds = self._returns = 0
        self._open_bytes = 0
        self._has_content = False

    def add(self, block: bytes) -> None:
        """Count a block."""
        if (position := block.find(b"\x00")) >= 0:
            self._refuse_nul(block[:position])
        self._has_content = self._has_content or bool(block.strip())
        self._line_feeds += block.count(b"\n")
        self._returns += block.count(b"\r")
        self._measure_lines(block)
        if self._rows > self._max_rows:
            allowed = phrase("allowed.rows", limit=self._max_rows)
            raise TooLargeError.of("above_row_limit", allowed=allowed, limit=self._max_rows)

    def finish(self) -> int:
        """Return the rows below the header."""
        if not self._has_content:
            raise InputError.of("file_empty", allowed=phrase("allowed.header_and_rows"))
        return self._rows

    @property
    def _rows(self) -> int:
        """Line ends (CR LF is one) but the header's, and what follows the last one."""
        return max(self._line_feeds, self._returns) - 1 + bool(self._open_bytes)

    def _measure_lines(self, block: bytes) -> None:
        """Find a line that is too long; all but the lines over the ends of a block are shorter than it."""
        ends = b"\n" if b"\n" in block else b"\r"
        first = block.find(ends)
        self._open_bytes += len(block) if first < 0 else first
        if self._open_bytes > MAX_LINE_BYTES:
            self._refuse_line()
        if first >= 0:
            self._open_bytes = len(block) - block.rfind(ends) - 1

    def _refuse_line(self) -> None:
        row = max(self._line_feeds, self._returns) + 1
        allowed = phrase("allowed.row_bytes", limit=MAX_LINE_BYTES)
        raise InputError.of("line_too_long", row=row, allowed=allowed, limit=MAX_LINE_BYTES)

    def _refuse_nul(self, before: bytes) -> None:
        row = max(self._line_feeds + before.count(b"\n"), self._returns + before.count(b"\r")) + 1
        raise InputError.of("holds_nul", row=row, value=phrase("value.nul"), allowed=phrase("allowed.text"))
