"""The knowledge base as vectors: what `reference_app index` makes and the answerer searches."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from reference_app.answer.encoding import Encoded, Encoder, Vector
from reference_app.answer.passages import Passage
from reference_app.answer.words import Rarity, words
from reference_app.models.errors import RefusedModelError
from reference_app.models.registry import Model


class Similarity(NamedTuple):
    """Cosines of a question with every passage (count,), its title, and its best window."""

    passage: Vector
    title: Vector
    window: Vector

    @property
    def best(self) -> Vector:
        """The largest of the three, by which candidates are found."""
        return np.maximum(np.maximum(self.passage, self.title), self.window)


class TokenMatch(NamedTuple):
    """How well the tokens of one text are found in another (Khattab and Zaharia, 2020)."""

    in_passage: float  # mean over the question's tokens
    of_title: float  # mean over the title's tokens


class Index:
    """Passages with their vectors; the search is exact."""

    def __init__(self, passages: list[Passage], vectors: Mapping[str, Vector], label: str) -> None:
        self.label = label
        self.passages = passages
        self.windows = [passage.windows for passage in passages]
        self.starts = _ends([len(windows) for windows in self.windows])
        self._vectors = vectors
        self._refuse_other_sizes()
        self._tokens = _parts(vectors["tokens"], vectors["token_counts"])
        self._title_tokens = _parts(vectors["title_tokens"], vectors["title_token_counts"])
        self.words = [words(f"{passage.title} {passage.text}") for passage in passages]
        self.rarity = Rarity.of(self.words)

    @classmethod
    def load(cls, model: Model) -> "Index":
        """The index of a proven version."""
        passages = [Passage(*fields) for fields in model.parsed("passages.json")]
        return cls(passages, load(model.file("vectors.safetensors")), model.label)

    def compare(self, question: Vector) -> Similarity:
        """Cosines of a question's unit vector (384,) with everything."""
        window = np.maximum.reduceat(self._vectors["windows"] @ question, self.starts[:-1])
        return Similarity(
            self._vectors["passages"] @ question, self._vectors["titles"] @ question, window
        )

    def match(self, passage: int, question: Vector) -> TokenMatch:
        """How the question's tokens (tokens, 384) match those of a passage."""
        found = (self._tokens[passage] @ question.T).max(axis=0, initial=-1.0)
        titled = (self._title_tokens[passage] @ question.T).max(axis=1, initial=-1.0)
        return TokenMatch(_mean(found), _mean(titled))

    def best_window(self, passage: int, question: Vector) -> str:
        """The two sentences of a passage that are nearest to the question."""
        start, end = self.starts[passage], self.starts[passage + 1]
        nearest = int(np.argmax(self._vectors["windows"][start:end] @ question))
        return self.windows[passage][nearest]

    def _refuse_other_sizes(self) -> None:
        count = len(self.passages)
        expected = {
            "passages": count,
            "titles": count,
            "windows": int(self.starts[-1]),
            "token_counts": count,
            "title_token_counts": count,
            "tokens": int(self._vectors["token_counts"].sum()),
            "title_tokens": int(self._vectors["title_token_counts"].sum()),
        }
        if not count or {name: len(array) for name, array in self._vectors.items()} != expected:
            raise RefusedModelError(f"{self.label}: the vectors are not those of the passages")


def build_index(passages: list[Passage], encoder: Encoder) -> dict[str, bytes]:
    """The files of an index; ValueError when there is nothing to index."""
    if not passages:
        raise ValueError("no passage: the folder has no Markdown with text below a heading")
    titles = encoder.encode_all(passage.title for passage in passages)
    texts = encoder.encode_all(f"{each.title} {each.text}" for each in passages)
    windows = encoder.encode_all(window for each in passages for window in each.windows)
    vectors: dict[str, NDArray[Any]] = {
        "titles": _stacked(titles),
        "passages": _stacked(texts),
        "windows": _stacked(windows),
        "tokens": _all_tokens(texts),
        "token_counts": _counts(texts),
        "title_tokens": _all_tokens(titles),
        "title_token_counts": _counts(titles),
    }
    content = json.dumps(passages, ensure_ascii=False, indent=1).encode()
    return {"passages.json": content, "vectors.safetensors": save(vectors)}


def _stacked(texts: list[Encoded]) -> Vector:
    return np.stack([each.vector for each in texts])


def _all_tokens(texts: list[Encoded]) -> NDArray[np.float16]:
    """In half precision: they are by far the most numbers, and only compared with each other."""
    return np.concatenate([each.tokens for each in texts]).astype(np.float16)


def _counts(texts: list[Encoded]) -> NDArray[np.int32]:
    return np.array([len(each.tokens) for each in texts], np.int32)


def _ends(counts: Sequence[int]) -> NDArray[np.int64]:
    """Where each part starts, and at last where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


def _parts(tokens: Vector, counts: Vector) -> list[Vector]:
    ends = _ends(counts.tolist())
    return [tokens[start:end].astype(np.float32) for start, end in pairwise(ends)]


def _mean(values: Vector) -> float:
    """The mean, and 0 for a text without tokens."""
    return float(values.mean()) if len(values) else 0.0
