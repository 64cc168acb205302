"""A long report is made in pieces, so that none of its writers ever holds the whole."""

import pytest
from handmade import CONTEXT, NOTHING, many

from kubeguard.errors import UsageError
from kubeguard.formats import FORMATS, pieces, render


@pytest.mark.parametrize("name", ["text", "json", "sarif", "gitlab"])
def test_no_piece_is_a_large_part_of_a_large_report(name):
    whole = render(name, many(5000), CONTEXT)
    made = [*pieces(name, many(5000), CONTEXT)]
    assert "".join(made) == whole
    assert max(map(len, made)) < len(whole) / 10


@pytest.mark.parametrize("name", FORMATS)
def test_the_pieces_are_the_report(name):
    assert "".join(pieces(name, NOTHING, CONTEXT)) == render(name, NOTHING, CONTEXT)


def test_an_unknown_format_is_told_before_the_first_piece():
    with pytest.raises(UsageError):
        pieces("toml", NOTHING)
