"""Every encoding that YAML 1.2 knows; what is no text says where it stops being one."""

from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.errors import SourceError
from kubeguard.sources.budget import Budget
from kubeguard.sources.decode import decode, is_binary

TEXT = "a: é\r\nb: \U0001f600\n"
ENCODINGS = [
    ("utf-8", b""),
    ("utf-8", codecs.BOM_UTF8),
    ("utf-16-le", b""),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", b""),
    ("utf-16-be", codecs.BOM_UTF16_BE),
    ("utf-32-le", b""),
    ("utf-32-le", codecs.BOM_UTF32_LE),
    ("utf-32-be", b""),
    ("utf-32-be", codecs.BOM_UTF32_BE),
]


@pytest.mark.parametrize(("encoding", "mark"), ENCODINGS)
def test_every_encoding_with_and_without_its_mark(encoding: str, mark: bytes) -> None:
    assert decode(mark + TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("data", [b"", b"a", b"\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_next_to_nothing(data: bytes) -> None:
    assert decode(data) == data.decode("ascii", "ignore")


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"a: b\nc: \xff\n", "not UTF-8 text: byte 0xff at offset 8", (2, 4)),
        ("a: é\nc: ".encode() + b"\xe9\n", "not UTF-8 text: byte 0xe9 at offset 9", (2, 4)),
        ("é: é\r".encode() + b"x\xc3", "not UTF-8 text: byte 0xc3 at offset 8", (2, 2)),
        (b"\xed\xa0\x80", "not UTF-8 text: byte 0xed at offset 0", (1, 1)),
        (
            "\ufeffa: \u0a0a\nb: ".encode("utf-16-le") + b"\x00\xd8x\x00",
            "not UTF-16 text: byte 0x00 at offset 18",
            (2, 4),
        ),
        (
            "\ufeffa\nbc".encode("utf-32-be") + b"\xff\xff\xff\xff",
            "not UTF-32 text: byte 0xff at offset 20",
            (2, 3),
        ),
        (b"a: b\r\nc: d\0", "binary data: a NUL character", (2, 5)),
        (b"\x7fELF\x02\0\0\0", "binary data: a NUL character", (1, 6)),
        ("a\nb\0".encode("utf-16-le"), "binary data: a NUL character", (2, 2)),
    ],
)
def test_what_is_no_text_says_where(data: bytes, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert caught.value.message == message
    assert (caught.value.line, caught.value.column) == place


def test_too_much() -> None:
    with pytest.raises(SourceError, match="more than 5 bytes, which is all"):
        decode(b"123456", Budget(bytes=5))
    assert decode(b"12345", Budget(bytes=5)) == "12345"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"plain", False),
        (b"\x7fELF\0", True),
        (b"", False),
        ("wide".encode("utf-16-le"), False),
        ("wide".encode("utf-32"), False),
    ],
)
def test_binary_is_known_by_its_beginning(head: bytes, expected: bool) -> None:
    assert is_binary(head) is expected


@given(st.binary(max_size=64))
def test_any_bytes_are_text_or_an_error_with_a_place_inside(data: bytes) -> None:
    with contextlib.suppress(SourceError):
        decode(data)
        return
    with pytest.raises(SourceError) as caught:
        decode(data)
    assert 1 <= caught.value.line <= data.count(b"\n") + data.count(b"\r") + 1
    assert 1 <= caught.value.column <= len(data) + 1


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff")))
def test_any_text_comes_back_from_any_marked_encoding(text: str) -> None:
    for encoding, mark in ENCODINGS:
        if mark:
            assert decode(mark + text.encode(encoding)) == text
