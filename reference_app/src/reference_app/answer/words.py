"""Which words a question and a passage share, and how much each word says."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from math import fsum, log

WORD = re.compile(r"[a-z0-9]+(?:[-_.:/][a-z0-9]+)*")
COMMON = frozenset(
    WORD.findall(
        "a an and are as at be by can could do does did for from has have how i if in into is "
        "it its me my no not of on or our should so than that the their them there these they "
        "this to up us was we what when where which who why will with would you your "
        "bad best better between danger dangerous difference explain good happen mean need risk "
        "risky safe safely use used way"
    )
)


def words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, each without its plural ending."""
    return frozenset(_stem(word) for word in WORD.findall(text.lower()) if word not in COMMON)


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class Rarity:
    """How much a word says: its inverse document frequency among the passages."""

    def __init__(self, frequencies: Mapping[str, int], documents: int) -> None:
        self._unknown = log(documents + 1)
        self._known = {
            word: log((documents + 1) / (count + 0.5)) for word, count in frequencies.items()
        }

    @classmethod
    def of(cls, documents: Iterable[frozenset[str]]) -> "Rarity":
        """Counted over the words of all passages."""
        everything = list(documents)
        counts = Counter(word for document in everything for word in document)
        return cls(counts, len(everything))

    def weight(self, chosen: Iterable[str]) -> float:
        """What these words say together."""
        # Exact, so that it is the same whatever order a set has today.
        return fsum(self._known.get(word, self._unknown) for word in chosen)

    def coverage(self, question: frozenset[str], document: frozenset[str]) -> float:
        """The share of the question's meaning (0 to 1) that the document's words cover."""
        total = self.weight(question)
        return self.weight(question & document) / total if total else 0.0

    def known(self, question: frozenset[str]) -> float:
        """The share of the question's meaning (0 to 1) in words that some passage has."""
        return self.coverage(question, frozenset(self._known))
