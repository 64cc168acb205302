"""What a hidden character becomes, and that none is forgotten."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.formats._printable import printable

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("größe 大 é 🚀 \u3000", "größe 大 é 🚀 \u3000"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\rd\0", "a\\nb\\tc\\rd\\x00"),
        ("\x9b31m", "\\x9b31m"),
        ("admin\u202efdp", "admin\\u202efdp"),
        ("pass\u200bword", "pass\\u200bword"),
        ("\udcff.yaml", "\\udcff.yaml"),
        ("\u3164", "\\u3164"),
        ("\U000e0041", "\\U000e0041"),
        ("\ufffe", "\\ufffe"),
        ("##[group]x", "\\x23#[group]x"),
        ("x ##vso[task.setvariable]", "x \\x23#vso[task.setvariable]"),
        ("## heading, #1, ##", "## heading, #1, ##"),
    ],
)
def test_hidden_characters_are_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_every_control_and_format_character_is_hidden() -> None:
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in hidden and printable(char) == char
    ]
    assert shown == []


@given(ANY)
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)
    printable(text).encode()
