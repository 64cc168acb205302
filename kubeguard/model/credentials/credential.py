"""A secret in a text: what kind, and from where to where; never the secret itself."""

from __future__ import annotations

from typing import NamedTuple

_KEPT = 4
_LONG_ENOUGH = 20
_MASK = "****"
_SPOKEN_WITH_A_VOWEL = ("A", "a", "O", "xAI", "npm", "NVIDIA")
_TELLS_NOTHING = ("http", "----")


class Credential(NamedTuple):
    """`kind` is how a message calls it (`GitHub token`); offsets in characters, end exclusive."""

    kind: str
    start: int
    end: int

    def __str__(self) -> str:
        """With its article, for a message: `an AWS access key id`."""
        article = "an" if self.kind.startswith(_SPOKEN_WITH_A_VOWEL) else "a"
        return f"{article} {self.kind}"

    def moved(self, by: int) -> Credential:
        """The same in a text that has `by` more characters before it."""
        return Credential(self.kind, self.start + by, self.end + by)


def shown(value: str) -> str:
    """The most that may be told of a secret: four characters of a long one, none of a short one."""
    kept = value[:_KEPT] if len(value) >= _LONG_ENOUGH and value[:_KEPT].isprintable() else ""
    return kept + _MASK


def hint(secret: str) -> str:
    """` (ghp_****)` for the end of a message about a long secret, '' for a short one."""
    told = shown(secret)
    return "" if told == _MASK or told.startswith(_TELLS_NOTHING) else f" ({told})"
