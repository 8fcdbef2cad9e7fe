"""Text goes out packed to who takes it so: a page over a phone's line, a result with its curves."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

from flask import Flask, Response, request

LEAST_BYTES: Final = 1024
"""Less than that is one packet anyway."""

MOST_BYTES: Final = 8 * 1024 * 1024
"""More is not held in memory for it."""

_TEXT: Final = frozenset(
    {"application/json", "application/manifest+json", "image/svg+xml", "text/css", "text/html", "text/javascript"}
)
_LEVEL: Final = 6


def pack_answer(response: Response) -> Response:
    """Pack an answer that is text, whole, and wanted so.

    Result files stay as they are: their downloads are resumed in the middle, by the ETag of the very bytes. A packed
    answer has a weak ETag, for the same content comes as other bytes to who takes no gzip.
    """
    if response.mimetype not in _TEXT or request.method != "GET" or request.blueprint == "download":
        return response
    response.vary.add("Accept-Encoding")
    length = response.content_length or 0
    is_whole = response.status_code == 200 and "Range" not in request.headers
    if not (is_whole and LEAST_BYTES <= length <= MOST_BYTES and _takes_gzip()):
        return response
    response.direct_passthrough = False
    content = response.get_data()
    response.set_data(_packed_file(content) if request.blueprint == "web" else _packed(content))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    etag, _ = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)
    return response


def register_compression(app: Flask) -> None:
    """Pack the answers of the application."""
    app.after_request(pack_answer)


def _takes_gzip() -> bool:
    """Whether the client says that it takes gzip; saying nothing is no invitation."""
    return bool(request.accept_encodings) and request.accept_encodings["gzip"] > 0


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, _LEVEL, mtime=0)


_packed_file: Final = lru_cache(maxsize=64)(_packed)
"""Files of the page are asked for again and again."""
