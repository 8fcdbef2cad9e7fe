"""The body of an upload, read from disk while it is sent; it can be sent again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_BLOCK_BYTES: Final = 1 << 16


class UploadBody:
    """A multipart form of fields and files; its length is known beforehand and no file is held in memory.

    Parameters
    ----------
    fields
        Texts by name.
    files
        Paths by name.
    """

    def __init__(self, fields: Mapping[str, str], files: Mapping[str, Path]) -> None:
        self._boundary = uuid.uuid4().hex
        texts = [(self._head(name), value.encode()) for name, value in fields.items()]
        paths = [(self._head(name, path.name), path) for name, path in files.items()]
        self._parts: tuple[tuple[bytes, bytes | Path], ...] = (*texts, *paths)
        self._sizes = tuple(_size(content) for _, content in self._parts)

    @property
    def content_type(self) -> str:
        """What the header Content-Type must say."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        heads = sum(len(head) + size + len(b"\r\n") for (head, _), size in zip(self._parts, self._sizes, strict=True))
        return heads + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        for head, content in self._parts:
            yield head
            yield from _blocks(content)
            yield b"\r\n"
        yield self._end

    @property
    def _end(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _head(self, name: str, file_name: str | None = None) -> bytes:
        file = "" if file_name is None else f'; filename="{_quoted(file_name)}"'
        kind = "" if file_name is None else "Content-Type: application/octet-stream\r\n"
        return f'--{self._boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{kind}\r\n'.encode()


def _quoted(name: str) -> str:
    """Escape a file name as browsers do (WHATWG, multipart/form-data encoding algorithm)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _blocks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block
