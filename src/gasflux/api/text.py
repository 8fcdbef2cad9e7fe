"""Text from strangers."""

from __future__ import annotations

import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def plain_name(text: str) -> str:
    """Return a name without spaces round it.

    Raises
    ------
    ValueError
        It is empty or holds characters that cannot be seen, such as line ends.
    """
    name = text.strip()
    if not name:
        raise ValueError("a name needs at least one visible character")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        raise ValueError("a name may hold no control or invisible characters, such as line ends")
    return name
