"""Text that came from outside, made fit for a log line or an answer."""

from __future__ import annotations

import unicodedata


def escape(text: str) -> str:
    """Return a text without control, format and surrogate characters; they show as their number in hexadecimal."""
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else _escaped(character) for character in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
