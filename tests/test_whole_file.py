"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gasflux.storage.whole_file import write_whole


def test_writes_and_replaces_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "new" / "航线.csv"
    for content in (b"first", b"second"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("blocked", ["file/below", "folder"])
def test_what_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"file|folder") as caught:
        write_whole(tmp_path / blocked, b"content")
    assert caught.value.filename in (str(tmp_path / "file"), str(tmp_path / "folder"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "kept"
