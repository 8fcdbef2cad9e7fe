"""The project's Markdown pages as tests look at them: headings, links, tables and the commands in their code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_BLOCK: Final = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_NOT_OURS: Final = {".venv", ".git", "node_modules", "output", "build", "dist", ".pytest_cache"}


@dataclass(frozen=True)
class Block:
    """A code block."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its lines, those that go on after a backslash joined; comments at the end of a line are left out."""
        joined = self.text.replace("\\\n", " ").splitlines()
        lines = (re.sub(r"\s+#\s.*$", "", line).strip() for line in joined)
        return [line for line in lines if line and not line.startswith("#")]


@dataclass(frozen=True)
class Page:
    """A Markdown file of the project."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the project."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """It without its code blocks."""
        return _BLOCK.sub("", self.text)

    def blocks(self, *languages: str) -> list[Block]:
        """Return the code blocks in some languages."""
        found = (Block(match["language"], match["text"]) for match in _BLOCK.finditer(self.text))
        return [block for block in found if block.language in languages]

    def headings(self) -> list[tuple[int, str]]:
        """Return level and text of every heading."""
        return [(len(marks), text) for marks, text in re.findall(r"(?m)^(#+) (.+)$", self.prose)]

    def anchors(self) -> set[str]:
        """Return the names that links may point at, made from the headings as GitHub makes them."""
        plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).lower() for _, text in self.headings())
        return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in plain}

    def links(self) -> list[str]:
        """Return the target of every link and picture, in order."""
        return _LINK.findall(re.sub(r"`[^`]*`", "", self.prose))

    def tables(self) -> list[list[list[str]]]:
        """Return the cells of every table, row by row."""
        found = re.findall(r"(?m)(?:^\|.*\|\n)+", self.prose)
        return [[[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()] for rows in found]


def pages() -> Iterator[Page]:
    """Yield every Markdown file of the project."""
    for path in sorted(ROOT.rglob("*.md")):
        if not _NOT_OURS & set(path.relative_to(ROOT).parts[:-1]):
            yield Page(path)
