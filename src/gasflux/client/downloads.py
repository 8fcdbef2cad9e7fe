"""Results from a server into a folder: whole, resumed when the connection breaks, and never outside the folder."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

import requests

from gasflux.client.connection import ServerConnection
from gasflux.client.errors import DownloadError
from gasflux.client.typed_answers import RemoteFile

_BLOCK_BYTES: Final = 1 << 16
_MAX_BREAKS: Final = 5
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]|[. ]$')
"""What a part of a name may not have on some system."""

_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def download_file(connection: ServerConnection, file: RemoteFile, folder: Path) -> Path:
    """Fetch one result.

    Parameters
    ----------
    connection
        Way to the server.
    file
        What to fetch.
    folder
        Where its name begins; folders in the name are made.

    Returns
    -------
    Path
        The file, complete: until then it is called ``.part``.

    Raises
    ------
    DownloadError
        It does not arrive whole, or its name is not one of a file below the folder.
    """
    target = folder / safe_name(file.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    etag: str | None = None
    for _ in range(_MAX_BREAKS):
        etag, is_whole = _continue(connection, file, part, etag)
        if is_whole:
            part.replace(target)
            return target
    got = part.stat().st_size
    raise DownloadError(f"{file.name}: {got:,} of {file.size_bytes:,} bytes arrived; try again.")


def safe_name(name: str) -> PurePosixPath:
    """Return the name of a result as a path that stays below its folder on every system.

    Raises
    ------
    DownloadError
        When it does not.
    """
    parts = name.split("/")
    if any(not part or _UNSAFE.search(part) or _DEVICES.fullmatch(part) for part in parts):
        raise DownloadError(f"The server calls a result {name!r}, which is no safe name of a file; it is not stored.")
    return PurePosixPath(*parts)


def _continue(connection: ServerConnection, file: RemoteFile, part: Path, etag: str | None) -> tuple[str | None, bool]:
    """Fetch what is missing; return the file's version and whether all of it is there."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have and etag:
        # If-Range: should the file have changed meanwhile, the server sends all of the new one.
        headers |= {"Range": f"bytes={have}-", "If-Range": etag}
    with connection.send("GET", file.download_url, headers=headers, stream=True) as answer:
        try:
            with part.open("ab" if answer.status_code == requests.codes.partial_content else "wb") as stream:
                for block in answer.iter_content(_BLOCK_BYTES):
                    stream.write(block)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return answer.headers.get("ETag"), False
    # Of another size than stated it is another file than the list's: nothing of it is kept for going on.
    is_whole = part.stat().st_size == file.size_bytes
    return None, is_whole
