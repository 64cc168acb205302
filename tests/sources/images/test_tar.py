"""The tar reader agrees with Python's own on everything both understand."""

from __future__ import annotations

import io
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.errors import SourceError
from kubeguard.sources.images.budget import IMAGE_BUDGET
from kubeguard.sources.images.streams import Cursor, FileCursor
from kubeguard.sources.images.tar import Member, TarType, members

NAMES = st.text(st.characters(blacklist_characters="\0", codec="utf-8"), min_size=1, max_size=300)
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
TYPES = {
    tarfile.REGTYPE: TarType.FILE,
    tarfile.AREGTYPE: TarType.FILE,
    tarfile.CONTTYPE: TarType.FILE,
    tarfile.DIRTYPE: TarType.FOLDER,
    tarfile.SYMTYPE: TarType.SYMBOLIC,
    tarfile.LNKTYPE: TarType.HARD,
    tarfile.FIFOTYPE: TarType.OTHER,
    tarfile.CHRTYPE: TarType.OTHER,
}


@st.composite
def infos(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(NAMES).strip("/") or "x")
    info.type = draw(st.sampled_from(sorted(TYPES)))
    info.mode = draw(st.integers(0, 0o7777))
    info.uid, info.gid = draw(st.integers(0, 2**32)), draw(st.integers(0, 0o7777777))
    info.linkname = draw(NAMES) if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    content = draw(st.binary(max_size=2000)) if TYPES[info.type] is TarType.FILE else b""
    info.size = len(content)
    return info, content


class Dribble:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.stream = io.BytesIO(data)
        self.step = step

    def read(self, size: int) -> bytes:
        return self.stream.read(min(size, self.step))


def listed(data: bytes, step: int = 1 << 20) -> list[tuple[Member, bytes]]:
    stream = Cursor(Dribble(data, step))
    return [(m, stream.take(m.stored)) for m in members(stream, IMAGE_BUDGET)]


@given(st.lists(infos(), max_size=5), st.sampled_from(FORMATS), st.integers(1, 3000))
def test_agrees_with_tarfile(
    entries: list[tuple[tarfile.TarInfo, bytes]], form: int, step: int
) -> None:
    stream = io.BytesIO()
    written = []
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for info, content in entries:
            try:
                tar.addfile(info, io.BytesIO(content))
            except ValueError:
                continue  # ustar cannot say it
            written.append((info, content))

    found = listed(stream.getvalue(), step)

    assert [(m.name, m.mode, m.uid, m.gid, m.target) for m, _ in found] == [
        (i.name + "/" * (i.type == tarfile.DIRTYPE), i.mode, i.uid, i.gid, i.linkname)
        for i, _ in written
    ]
    assert [m.type for m, _ in found] == [TYPES[i.type] for i, _ in written]
    assert [content for _, content in found] == [content for _, content in written]


@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes) -> None:
    with suppress(SourceError):
        listed(data)


@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("ä" * 120)
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    damaged = bytearray(stream.getvalue())
    at = data.draw(st.integers(0, 512 * 5))
    damaged[at] = data.draw(st.integers(0, 255))
    with suppress(SourceError):
        listed(bytes(damaged))


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_sparse_files_of_gnu_tar(tmp_path: Path, form: str) -> None:
    with (tmp_path / "holes").open("wb") as file:
        for number in range(40):
            file.seek(number * 1_000_000)
            file.write(b"x" * 5000)
    (tmp_path / "after").write_text("next")
    command = ["tar", "-cSf", "-", f"--format={form}", "holes", "after"]
    data = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout

    found = listed(data)

    assert [(m.name, m.size) for m, _ in found] == [("holes", 39_005_000), ("after", 4)]
    assert found[0][0].stored < 1_000_000
    assert found[1][1] == b"next"


def test_in_a_file_nothing_is_read_that_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "big.tar"
    with tarfile.open(path, "w") as tar:
        for number in range(3):
            info = tarfile.TarInfo(f"big{number}")
            info.size = 5_000_000
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    with path.open("rb") as file:
        names = [m.name for m in members(FileCursor(file, path.stat().st_size), IMAGE_BUDGET)]

    assert names == ["big0", "big1", "big2"]
    cut = path.read_bytes()[:6_000_000]
    path.write_bytes(cut)
    with path.open("rb") as file, pytest.raises(SourceError, match="ends inside 'big1'"):
        list(members(FileCursor(file, len(cut)), IMAGE_BUDGET))
