"""Text from strangers."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""Control characters and those that cannot be seen or turn the direction of a line."""

NAME_PATTERN: Final = rf"^[^{_UNSEEN}]*[^{_UNSEEN}\s][^{_UNSEEN}]*$"
"""At least one character to see and none of the others; as Python, ECMA and pydantic understand it."""


def plain_name(text: str) -> str:
    """Return a name without spaces round it.

    Raises
    ------
    ValueError
        It is empty or holds characters that cannot be seen, such as line ends.
    """
    if not re.fullmatch(NAME_PATTERN, text):
        raise ValueError("it needs a visible character and takes no control or invisible ones, such as line ends")
    return text.strip()
