"""Trains the ranker and the judge, and chooses the threshold below which the service refuses."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sklearn.metrics import brier_score_loss, roc_auc_score

from reference_app.answer.answering import (
    COSINES,
    JUDGE_FEATURES,
    PAIR_FEATURES,
    Ranked,
    find,
    rerank,
)
from reference_app.answer.drift import Reference
from reference_app.answer.encoding import Encoder
from reference_app.answer.index import Index
from reference_app.answer.linear import Logistic, Matrix
from reference_app.models.registry import Model, Registry
from reference_app.training.cards import answerer_card
from reference_app.training.measures import calibration_error
from reference_app.training.questions import Question
from reference_app.training.regression import (
    Labels,
    calibrated,
    fit,
    importance,
    surrogate,
)

SEED = 7
WRONG_COSTS = (
    2.0  # a wrong answer harms twice as much as a right one helps; a refusal costs nothing
)
THRESHOLDS = np.linspace(0.05, 0.95, 91)


class Asked(NamedTuple):
    """A question with the candidates found for it."""

    question: Question
    ranked: Ranked


class Samples(NamedTuple):
    """What the judge learns from: evidence, and whether passage and question are right."""

    evidence: Matrix
    right: Labels
    answerable: Labels


def ask_all(questions: Sequence[Question], encoder: Encoder, index: Index) -> list[Asked]:
    """The candidates of every question, by cosine."""
    return [
        Asked(question, find(question.text, encoder.encode(question.text), index))
        for question in questions
    ]


def train_answerer(
    questions: Sequence[Question],
    encoder: Encoder,
    index: Index,
    registry: Registry,
    key: Ed25519PrivateKey,
) -> Model:
    """Train, calibrate, measure and register; the split depends on the seed alone."""
    random = np.random.default_rng(SEED)
    asked = ask_all(questions, encoder, index)
    order = random.permutation(len(asked))
    cut = len(asked) * 3 // 4
    learning, holding = ([asked[n] for n in part] for part in (order[:cut], order[cut:]))
    ranker = fit(PAIR_FEATURES, *_pairs(learning, index))
    seen, unseen = judged(learning, ranker, index), judged(holding, ranker, index)
    judge = calibrated(
        fit(JUDGE_FEATURES, seen.evidence, seen.right), unseen.evidence, unseen.right
    )
    threshold = best_threshold(judge.probability(unseen.evidence), unseen.right)
    metrics = _metrics(judge, threshold, unseen)
    rules = surrogate(judge, threshold, seen.evidence, unseen.evidence)
    explanation = {
        "importance": importance(judge, unseen.evidence, unseen.right, random),
        "rules": rules.rules,
        "fidelity": rules.fidelity,
    }
    vectors = np.stack([each.ranked.question for each in asked])
    everything = np.concatenate([seen.evidence, unseen.evidence])
    reference = Reference.of(
        judge.probability(everything), everything[:, :COSINES].max(axis=1), vectors
    )
    files = {
        "model.json": _json({"ranker": _raw(ranker), "judge": _raw(judge), "threshold": threshold}),
        "explanation.json": _json(explanation),
        "reference.json": _json(reference.raw()),
        "card.md": answerer_card(metrics, SEED, threshold).encode(),
    }
    return registry.add("answerer", files, metrics, key)


def judged(asked: Sequence[Asked], ranker: Logistic, index: Index) -> Samples:
    """Reranked questions as samples for the judge."""
    ranked = [rerank(each.ranked, ranker) for each in asked]
    firsts = [index.passages[each.order[0]].id for each in ranked]
    return Samples(
        np.stack([each.evidence for each in ranked]),
        np.array([one.question.passage == first for one, first in zip(asked, firsts, strict=True)]),
        np.array([one.question.passage is not None for one in asked]),
    )


def best_threshold(probabilities: Matrix, right: Labels) -> float:
    """The threshold with the largest use: right answers less what the wrong ones cost."""
    worth = np.where(right, 1.0, -WRONG_COSTS)
    uses = [float(worth[probabilities >= threshold].sum()) for threshold in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(uses))])


def _pairs(asked: Sequence[Asked], index: Index) -> tuple[Matrix, Labels]:
    """Features of all candidates of answerable questions, and whether each is the right one."""
    known = [each for each in asked if each.question.passage is not None]
    values = np.concatenate([each.ranked.features for each in known])
    labels = [
        index.passages[number].id == each.question.passage
        for each in known
        for number in each.ranked.order
    ]
    return values, np.array(labels)


def _metrics(judge: Logistic, threshold: float, samples: Samples) -> dict[str, float]:
    probabilities = judge.probability(samples.evidence)
    answered = probabilities >= threshold
    return {
        "threshold": threshold,
        "answerability_auc": float(roc_auc_score(samples.answerable, probabilities)),
        "brier": float(brier_score_loss(samples.right, probabilities)),
        "calibration_error": calibration_error(probabilities, samples.right),
        "answered": float(answered.mean()),
        "right_when_answered": float(samples.right[answered].mean()) if answered.any() else 0.0,
    }


def _raw(model: Logistic) -> dict[str, object]:
    return {
        "features": model.features,
        "mean": model.mean.tolist(),
        "scale": model.scale.tolist(),
        "weights": model.weights.tolist(),
        "bias": model.bias,
    }


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1).encode()
