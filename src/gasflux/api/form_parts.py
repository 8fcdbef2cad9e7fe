"""Multipart forms: as Werkzeug reads them, but the head of a part and the text of the form have a limit.

Werkzeug reads heads letter by letter and takes them as long as a whole form may be: a few MiB of heads hold a thread up
for seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Final

from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

MOST_HEAD_BYTES: Final = 4 * 1024
"""Of the head of one part: name, file name and type of content."""

_CHUNK_BYTES: Final = 64 * 1024


class _Decoder(MultipartDecoder):
    """Refuses parts with long heads."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        if len(data) > MOST_HEAD_BYTES:
            raise RequestEntityTooLarge
        return super()._parse_headers(data)


class _Form:
    """The fields and files of a form, filled event by event."""

    def __init__(self, open_file: Callable[..., IO[bytes]], most_text: int, length: int | None) -> None:
        self.fields: MultiDict[str, str] = MultiDict()
        self.files: MultiDict[str, FileStorage] = MultiDict()
        self._open_file = open_file
        self._room = most_text
        self._length = length
        self._part: Field | File | None = None
        self._text = bytearray()
        self._file: IO[bytes] | None = None

    def take(self, event: Event) -> None:
        """Take the beginning of a part, or some of its content."""
        if isinstance(event, Field | File):
            self._begin(event)
        elif isinstance(event, Data) and self._part is not None:
            self._write(event.data)
            if not event.more_data:
                self._end(self._part)

    def _begin(self, part: Field | File) -> None:
        self._part = part
        self._text.clear()
        self._file = None
        if isinstance(part, File):
            kind = part.headers.get("content-type")
            self._file = self._open_file(total_content_length=self._length, filename=part.filename, content_type=kind)

    def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
            return
        self._room -= len(data)
        if self._room < 0:
            raise RequestEntityTooLarge
        self._text += data

    def _end(self, part: Field | File) -> None:
        if self._file is None:
            self.fields.add(part.name, self._text.decode("utf-8", "replace"))
            return
        self._file.seek(0)
        name = part.filename if isinstance(part, File) else None
        self.files.add(part.name, FileStorage(self._file, name, part.name, headers=part.headers))


class BoundedFormParser(FormDataParser):
    """Reads forms of bounded heads and text."""

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("Missing boundary")
        most_text = self.max_form_memory_size or 0
        decoder = _Decoder(boundary, most_text + _CHUNK_BYTES, max_parts=self.max_form_parts)
        form = _Form(self.stream_factory, most_text, content_length)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(stream.read(_CHUNK_BYTES) or None)
            else:
                form.take(event)
        return stream, form.fields, form.files
