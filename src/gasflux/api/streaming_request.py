"""The request class of the application: files of a form go straight into the folder they are meant for."""

from __future__ import annotations

from typing import IO, cast

from flask import Request, request

from gasflux.api.form_parts import BoundedFormParser
from gasflux.service.uploads.intake import Incoming


class StreamingRequest(Request):
    """A request whose files are written where `stream_into` says; before that into temporary files."""

    form_data_parser_class = BoundedFormParser
    max_form_parts = 50
    _incoming: Incoming | None = None

    @property
    def max_content_length(self) -> int | None:
        """Return how many bytes may be read: one more than the limit for a body that keeps it.

        Werkzeug takes a body of exactly that many bytes for one that goes on, and refuses it on reaching its end.
        """
        limit = super().max_content_length
        if limit is None or self.content_length is None or self.content_length > limit:
            return limit
        return limit + 1

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        Request.max_content_length.fset(self, value)  # type: ignore[attr-defined]

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Return where the parser writes the next file; Werkzeug offers this method for it."""
        if self._incoming is None:
            return super()._get_file_stream(total_content_length, content_type, filename, content_length)
        return cast("IO[bytes]", self._incoming.open_part())


def stream_into(incoming: Incoming) -> None:
    """Let the files of the present request's form go into the folder of an upload."""
    cast(StreamingRequest, request)._incoming = incoming
