"""Names and values taken apart into the words a person would read in them."""

import re
from collections.abc import Iterator

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def split(text: str) -> Iterator[str]:
    """The words in lower case: `dbPassword`, `DB_PASSWORD` and `db-password2` are the same two."""
    for found in _WORD.finditer(text):
        yield found[0].lower()


def words(text: str) -> frozenset[str]:
    """A set of words written as a text."""
    return frozenset(text.split())
