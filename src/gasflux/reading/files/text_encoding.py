"""Bytes of a text log -> UTF-8, by what the bytes are: UTF-8, UTF-16, the encodings of China, of Windows and others."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gasflux.errors import InputError, UnsupportedFileError
from gasflux.reading.headers import read_header
from gasflux.reading.signatures import ACCEPTED
from gasflux.wording.lookup import phrase

_LATIN_SIGNS: Final = frozenset("°µ²³·±éèüöäßñçàêâôîûÄÖÜÉ".encode("cp1252"))
_CONTROL_BYTES: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_HEADER_LETTERS: Final = frozenset(
    "时间日期年月秒分本地北京当采样点测量记录戳监纬经度南东西高海拔相对起飞离绝风速向瞬平均水温湿气压力大环境空"
    "甲烷乙丙二氧化碳一亚氮硫臭氨浓含量航迹角机头朝向飞行仪器序列号项目名称由生成测试状态编备注"
    "時間錄監緯經東風溫壓環氣濃機頭飛儀號項測試狀態編備註從產"
)
"""Letters of the words that head logs, simplified and traditional: what tells one Chinese encoding from another."""

_SCANNED_BYTES: Final = 1 << 16
_OTHERS: Final = ("cp932", "euc_jp", "cp949", "cp1251", "cp1250", "koi8_r", "cp866")
_HEADER_BYTES: Final = 1 << 13
_HEADER_LINES: Final = 40
_ENOUGH_HEADERS: Final = 4
"""A line with so many known headers was read in the right encoding."""


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """Return a text file as UTF-8 with line feeds, and the encoding it came in.

    UTF-8, UTF-16 (with or without mark), GB18030 and Big5 are told apart by their bytes; what is none of them is taken
    as Windows Latin, whose degree and micro signs Western instruments write. Where another encoding gives headers that
    are known and this one does not, that one is taken: those of Japan, Korea, Russia and Poland.

    Raises
    ------
    UnsupportedFileError
        When the bytes are no text.
    """
    encoding = _encoding(data)
    if encoding == "utf-8":
        text = data.removeprefix(b"\xef\xbb\xbf")
    else:
        # A recorder that lost power leaves half a letter at the end: worth a replacement sign, not a refusal.
        text = data.decode(encoding, errors="replace").removeprefix("\ufeff").encode()
    _refuse_binary(text)
    return (text if b"\n" in text else text.replace(b"\r", b"\n")), encoding


def _encoding(data: bytes) -> str:
    """Tell the encoding of a text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:4096]
    if head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    if data.isascii() or _decodes(data, "utf-8"):
        return "utf-8"
    likely = _legacy_encoding(data)
    known = _known_headers(data, likely)
    others = {other: _known_headers(data, other) for other in _OTHERS} if known < _ENOUGH_HEADERS else {}
    best = max(others, key=lambda other: others[other], default=likely)
    return best if others.get(best, 0) > known else likely


def _known_headers(data: bytes, encoding: str) -> int:
    """Count the headers that are known in the line that holds most of them, read in `encoding`."""
    head = data[:_HEADER_BYTES]
    # A letter may be cut in two at the end; in a wrong encoding many are broken.
    text = head.decode(encoding, errors="ignore")
    lines = (re.split(r"[,;\t|]", line) for line in text.splitlines()[:_HEADER_LINES] if not line.isascii())
    return max((sum(bool(read_header(cell.strip()).name) for cell in cells) for cells in lines), default=0)


def _decodes(data: bytes, encoding: str) -> bool:
    """Tell whether all of `data` is valid in `encoding`."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _legacy_encoding(data: bytes) -> str:
    """Tell Chinese from Western eight-bit texts, and one Chinese encoding from the other."""
    high = {byte for byte in data if byte > 127} if len(data) < 1 << 20 else set(data) - set(range(128))
    # The degree sign before an ASCII letter is also a valid rare Chinese letter; the common set (GB 2312) has no such.
    is_simplified = _decodes(data, "gb2312") or (not high <= _LATIN_SIGNS and _decodes(data, "gb18030"))
    if _decodes(data, "big5") and _header_share(data, "big5") > max(0.2, _header_share(data, "gb18030")):
        return "big5"
    return "gb18030" if is_simplified else "cp1252"


def _header_share(data: bytes, encoding: str) -> float:
    """Share of the Chinese letters of a text that are letters of headers, read in `encoding`."""
    text = data[:_SCANNED_BYTES].decode(encoding, errors="replace")
    letters = [sign for sign in text if not sign.isascii() and unicodedata.category(sign) == "Lo"]
    return sum(letter in _HEADER_LETTERS for letter in letters) / len(letters) if letters else 0.0


def _refuse_binary(text: bytes) -> None:
    """Raise when the bytes are no text."""
    position = text.find(b"\x00")
    if position >= 0:
        row = text.count(b"\n", 0, position) + 1
        raise InputError.of("holds_nul", row=row, value=phrase("value.nul"), allowed=phrase("allowed.text"))
    head = text[:4096]
    if len(head.translate(None, _CONTROL_BYTES)) < 0.98 * len(head):
        raise UnsupportedFileError.of("neither_text_nor_workbook", allowed=ACCEPTED)
