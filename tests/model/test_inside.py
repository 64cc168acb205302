"""A place inside a scalar is exact, or it is the place of the whole scalar."""

import pytest

from kubeguard.model.inside import part
from kubeguard.sources.text import read


def place(text: str, word: str) -> tuple[int, int, int] | None:
    """Line, column and end column that `part` gives for a word in the value of `key`."""
    (node,) = read("x.yaml", f"apiVersion: v1\nkind: X\n{text}".encode()).objects
    start = node["key"].text.index(word)
    span = part(node["key"], start, start + len(word)).location.span
    return (span.line, span.column, span.end_column) if span else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key: a secret b\n", (3, 8, 14)),
        ('key: "a secret b"\n', (3, 9, 15)),
        ("key: 'secret'\n", (3, 7, 13)),
        ("key: |\n  one\n\n    a secret\n", (6, 7, 13)),
        ("key: |-  # why\n  secret\n", (4, 3, 9)),
    ],
)
def test_a_scalar_written_as_it_reads_is_placed_exactly(
    text: str, expected: tuple[int, int, int]
) -> None:
    assert place(text, "secret") == expected


@pytest.mark.parametrize(
    "text", ["key: >\n  one\n  secret\n", 'key: "\\x41 secret"\n', 'key: "one\n  secret"\n']
)
def test_a_scalar_written_otherwise_is_placed_as_a_whole(text: str) -> None:
    found = place(text, "secret")

    assert found
    assert found[0] == 3
