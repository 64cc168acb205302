"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from kubeguard import files

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes as in POSIX")


def test_a_new_file_and_an_old_one(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    for text in ("first\n", "", "é\nlines\r\n"):
        files.replace(file, [text])
        assert file.read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["a.txt"]


@posix
def test_a_new_file_has_the_mode_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.replace(tmp_path / "a", ["x"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@posix
def test_the_mode_of_an_old_file_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    file.chmod(0o751)
    files.replace(file, ["new"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o751


@posix
def test_what_a_link_names_is_replaced_and_not_the_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    files.replace(tmp_path / "link", ["new"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@posix
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    reader.start()
    files.replace(tmp_path / "pipe", ["text"])
    reader.join(10)
    assert heard == ["text"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_when_anything_fails_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        files.replace(file, ["new"])
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        files.replace(file, ["\ud800"])
    assert (file.read_text(), os.listdir(tmp_path)) == ("old", ["a"])


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No such file|cannot find"):
        files.replace(tmp_path / "no" / "a", ["x"])
