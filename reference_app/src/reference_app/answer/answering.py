"""From a question to an answer with its source, or to "I do not know"."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reference_app.answer.encoding import Encoded, Encoder, Vector
from reference_app.answer.index import Index
from reference_app.answer.linear import Logistic, Matrix
from reference_app.answer.passages import Passage
from reference_app.answer.words import words
from reference_app.models.registry import Model

CANDIDATES = 20  # how many passages the reranker sees
COSINES = 3  # so many of the pair features are cosines, and come first
PAIR_FEATURES = (
    "passage_cosine",
    "title_cosine",
    "window_cosine",
    "word_coverage",
    "token_match",
    "title_match",
)
JUDGE_FEATURES = (*PAIR_FEATURES, "lead_over_second", "lead_over_field", "known_words")


class Ranked(NamedTuple):
    """The candidates of a question, the best first."""

    question: Vector
    order: list[int]  # passages of the index
    features: Matrix  # (candidates, pair features), in this order
    scores: Matrix
    field: float  # the score of a passage that has nothing to do with a question
    known_words: float  # share of the meaning in words that some passage has

    @property
    def evidence(self) -> Matrix:
        """The judge's features (9,): how good the best is, and how far ahead of the others."""
        # A small knowledge base has fewer rivals; those that are missing are unrelated ones.
        rivals = np.full(CANDIDATES - 1, self.field)
        rivals[: len(self.scores) - 1] = self.scores[1:]
        leads = self.scores[0] - np.array([rivals[0], rivals.mean()])
        return np.array([*self.features[0], *leads, self.known_words])


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says, and how sure it is (0 to 1) that this is right."""

    text: str | None
    confidence: float
    source: Passage | None
    top_cosine: float

    @property
    def known(self) -> bool:
        """Whether there is an answer at all."""
        return self.text is not None


def find(question: str, encoded: Encoded, index: Index) -> Ranked:
    """The candidates of a question, ordered by cosine."""
    similarity = index.compare(encoded.vector)
    nearest = similarity.best
    order = np.argsort(-nearest, kind="stable")[:CANDIDATES]
    asked, rarity = words(question), index.rarity
    features = [
        (
            float(similarity.passage[number]),
            float(similarity.title[number]),
            float(similarity.window[number]),
            rarity.coverage(asked, index.words[number]),
            *index.match(number, encoded.tokens),
        )
        for number in order
    ]
    cosines = nearest[order].astype(float)
    known = rarity.known(asked)
    return Ranked(encoded.vector, order.tolist(), np.array(features), cosines, 0.0, known)


def rerank(ranked: Ranked, ranker: Logistic, field: float) -> Ranked:
    """The same candidates in the order of the trained ranker."""
    scores = ranker.score(ranked.features)
    order = np.argsort(-scores, kind="stable")
    return ranked._replace(
        order=[ranked.order[place] for place in order],
        features=ranked.features[order],
        scores=scores[order],
        field=field,
    )


class Answerer:
    """Encoder, index, ranker and judge at work together."""

    def __init__(self, encoder: Encoder, index: Index, model: Model) -> None:
        raw = model.parsed("model.json")
        self.label = model.label
        self.encoder, self.index = encoder, index
        self.ranker, self.judge = Logistic.parse(raw["ranker"]), Logistic.parse(raw["judge"])
        self.threshold, self.field = float(raw["threshold"]), float(raw["field"])

    def search(self, question: str) -> Ranked:
        """The candidates of a question, reranked."""
        found = find(question, self.encoder.encode(question), self.index)
        return rerank(found, self.ranker, self.field)

    def answer(self, question: str) -> Answer:
        """The nearest two sentences of the best passage, or none below the threshold."""
        return self.judged(self.search(question))

    def judged(self, ranked: Ranked) -> Answer:
        """The answer that these candidates give."""
        confidence = float(self.judge.probability(ranked.evidence))
        cosine = float(ranked.features[0][:COSINES].max())
        if confidence < self.threshold:
            return Answer(None, confidence, None, cosine)
        best = ranked.order[0]
        text = self.index.best_window(best, ranked.question)
        return Answer(text, confidence, self.index.passages[best], cosine)
