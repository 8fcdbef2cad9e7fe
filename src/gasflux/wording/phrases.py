"""A text in every language GasFlux speaks."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["en", "zh"]


class Phrase(NamedTuple):
    """One text in every language GasFlux speaks; placeholders as in `str.format`."""

    en: str
    zh: str

    def __str__(self) -> str:
        """Return the English text: logs, messages and programs speak English."""
        return self.en

    def said(self, language: Language, **values: object) -> str:
        """Return the text in `language` with its placeholders filled."""
        text = self.zh if language == "zh" else self.en
        return text.format(**values) if values else text

    def filled(self, **values: object) -> Phrase:
        """Return the text with its placeholders filled; a value that is a phrase is said in the language around it."""
        english = {name: value.en if isinstance(value, Phrase) else value for name, value in values.items()}
        chinese = {name: value.zh if isinstance(value, Phrase) else value for name, value in values.items()}
        return Phrase(self.en.format(**english), self.zh.format(**chinese))


NOTHING = Phrase("", "")


def same(text: object) -> Phrase:
    """Return a text that is the same in every language: names, numbers, what the user wrote."""
    return Phrase(str(text), str(text))


def counted(count: int, noun: Literal["row", "more row", "number", "more fault"]) -> Phrase:
    """Return a count with its noun."""
    return Phrase(f"{count:,} {noun}{'' if count == 1 else 's'}", f"{count:,} {_MEASURES[noun]}")


_MEASURES = {"row": "行", "more row": "行", "number": "个数值", "more fault": "项问题"}
