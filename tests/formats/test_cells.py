"""The caret is under the place, whatever the line is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeguard.formats._cells import fit, frame, width


@pytest.mark.parametrize(
    ("line", "columns", "shown", "mark"),
    [
        ("  key: value", (8, 13), "  key: value", "value"),
        ("名前: 値だ", (5, 7), "名前: 値だ", "値だ"),
        ("\tkey: value", (7, 12), "    key: value", "value"),
        ("a\tb: x", (6, 7), "a   b: x", "x"),
        ("e\u0301tat: on", (8, 10), "e\u0301tat: on", "on"),
        ("\x1b[2J: x", (7, 8), "\\x1b[2J: x", "x"),
        ("k: \u202ex", (4, 5), "k: \\u202ex", "\\u202e"),
        ("k: ##[x]", (6, 7), "k: \\x23#[x]", "["),
    ],
)
def test_the_mark_counts_cells(line: str, columns: tuple[int, int], shown: str, mark: str) -> None:
    text, before, marks = frame(line, *columns, 80)
    assert text == shown
    assert cut(text, before, marks) == mark


@pytest.mark.parametrize(
    ("columns", "before", "marks"),
    [((4, 4), 3, 1), ((4, 99), 3, 1), ((9, 12), 3, 1), ((1, 99), 0, 3)],
    ids=["empty", "past the end", "all past the end", "whole"],
)
def test_a_place_outside_of_the_line_is_marked_at_its_end(
    columns: tuple[int, int], before: int, marks: int
) -> None:
    assert frame("abc", *columns, 80) == ("abc", before, marks)


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "".join(f"{number}," for number in range(1000))
    start = line.index("500,") + 1
    text, before, marks = frame(line, start, start + 3, 40)
    assert text == "…,497,498,499,500,501,502,503,504,505,5…"
    assert cut(text, before, marks) == "500"


def test_a_place_longer_than_the_room_is_cut_too() -> None:
    text, before, marks = frame("k: " + "x" * 500, 4, 504, 40)
    assert (text, before, marks) == ("k: " + "x" * 35 + "…", 3, 35)


@given(
    st.text(st.characters(exclude_categories=()), max_size=300),
    st.integers(1, 310),
    st.integers(0, 310),
    st.integers(20, 120),
)
def test_no_frame_is_wider_than_its_room(line: str, start: int, length: int, room: int) -> None:
    text, before, marks = frame(line, start, start + length, room)
    assert sum(map(width, text)) <= room
    assert 0 <= before <= room
    assert 1 <= marks <= room
    assert text.isprintable() or not line.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("0123456789", "0123456789"),
        ("01234567890", "012345678…"),
        ("値" * 6, "値" * 4 + "…"),
    ],
)
def test_text_is_cut_with_an_ellipsis(text: str, shown: str) -> None:
    assert fit(text, 10) == shown


def cut(text: str, before: int, marks: int) -> str:
    """The characters under the marks."""
    column, found = 0, ""
    for char in text:
        if before <= column < before + marks:
            found += char
        column += width(char)
    return found
