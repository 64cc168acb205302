"""The knowledge base as vectors: what `reference_app index` makes and the answerer searches."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load, save

from reference_app.answer.encoding import Encoder, Vector
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
        return np.maximum.reduce(self)


class Index:
    """Passages with their vectors; the search is exact."""

    def __init__(self, passages: list[Passage], vectors: Mapping[str, Vector], label: str) -> None:
        self.label = label
        self.passages = passages
        self.windows = [passage.windows for passage in passages]
        counts = [len(windows) for windows in self.windows]
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self._vectors = vectors
        self._refuse_other_sizes()
        self.words = [words(f"{passage.title} {passage.text}") for passage in passages]
        self.title_words = [words(passage.title) for passage in passages]
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

    def best_window(self, passage: int, question: Vector) -> str:
        """The two sentences of a passage that are nearest to the question."""
        start, end = self.starts[passage], self.starts[passage + 1]
        nearest = int(np.argmax(self._vectors["windows"][start:end] @ question))
        return self.windows[passage][nearest]

    def _refuse_other_sizes(self) -> None:
        count = len(self.passages)
        expected = {"passages": count, "titles": count, "windows": int(self.starts[-1])}
        if not count or {name: len(array) for name, array in self._vectors.items()} != expected:
            raise RefusedModelError(f"{self.label}: the vectors are not those of the passages")


def build_index(passages: list[Passage], encoder: Encoder) -> dict[str, bytes]:
    """The files of an index; ValueError when there is nothing to index."""
    if not passages:
        raise ValueError("no passage: the folder has no Markdown with text below a heading")
    vectors = {
        "titles": encoder.encode_all(passage.title for passage in passages),
        "passages": encoder.encode_all(f"{each.title} {each.text}" for each in passages),
        "windows": encoder.encode_all(window for each in passages for window in each.windows),
    }
    content = json.dumps(passages, ensure_ascii=False, indent=1).encode()
    return {"passages.json": content, "vectors.safetensors": save(vectors)}
