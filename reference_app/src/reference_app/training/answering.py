"""Trains the ranker and the judge, and chooses the threshold below which the service refuses."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scipy.special import expit
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
    Candidates,
    Labels,
    calibrated,
    fit,
    fit_ranking,
    importance,
    platt,
    surrogate,
)

SEED = 7
FOLDS = 10
WRONG_COSTS = 1.5  # a wrong answer harms more than a right one helps
NEARLY = 0.98  # of the largest use
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


class Trained(NamedTuple):
    """What one set of questions teaches."""

    ranker: Logistic
    field: float
    judge: Logistic


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
    trained, samples = learn(asked, index)
    scores, held_out = cross_validated(asked, index, random)
    scale = platt(scores, held_out.right)
    judge = calibrated(trained.judge, scale)
    probabilities = expit(scale.slope * scores + scale.shift)
    threshold = best_threshold(probabilities, held_out.right)
    metrics = _metrics(probabilities, threshold, held_out)
    model = {
        "ranker": _raw(trained.ranker),
        "field": trained.field,
        "judge": _raw(judge),
        "threshold": threshold,
    }
    files = {
        "model.json": _json(model),
        "explanation.json": _json(_explanation(judge, threshold, samples, random)),
        "reference.json": _json(_reference(judge, samples, asked).raw()),
        "card.md": answerer_card(metrics, SEED, threshold).encode(),
    }
    return registry.add("answerer", files, metrics, key)


def learn(asked: Sequence[Asked], index: Index) -> tuple[Trained, Samples]:
    """Ranker and judge of these questions, and the samples the judge saw."""
    ranker = fit_ranking(PAIR_FEATURES, _lists(asked, index))
    field = typical_rival(ranker, asked)
    samples = judged(asked, ranker, field, index)
    judge = fit(JUDGE_FEATURES, samples.evidence, samples.right)
    return Trained(ranker, field, judge), samples


def cross_validated(
    asked: Sequence[Asked], index: Index, random: np.random.Generator
) -> tuple[Matrix, Samples]:
    """Scores of every question by a judge that did not learn from it, and their truth."""
    scores, parts = [], []
    for fold in np.array_split(random.permutation(len(asked)), FOLDS):
        held = set(fold.tolist())
        trained, _ = learn([each for n, each in enumerate(asked) if n not in held], index)
        part = judged([asked[n] for n in fold], trained.ranker, trained.field, index)
        scores.append(trained.judge.score(part.evidence))
        parts.append(part)
    return np.concatenate(scores), Samples(*map(np.concatenate, zip(*parts, strict=True)))


def typical_rival(ranker: Logistic, asked: Sequence[Asked]) -> float:
    """The median score of the last candidates, which have nothing to do with their questions."""
    return float(np.median([ranker.score(each.ranked.features)[-1] for each in asked]))


def best_threshold(probabilities: Matrix, right: Labels) -> float:
    """The threshold with the largest use: right answers less what the wrong ones cost.

    Of those that are nearly as good it is the lowest, which refuses the fewest questions.
    """
    worth = np.where(right, 1.0, -WRONG_COSTS)
    uses = np.array([worth[probabilities >= threshold].sum() for threshold in THRESHOLDS])
    return round(float(THRESHOLDS[np.flatnonzero(uses >= NEARLY * uses.max())[0]]), 2)


def judged(asked: Sequence[Asked], ranker: Logistic, field: float, index: Index) -> Samples:
    """Reranked questions as samples for the judge."""
    ranked = [rerank(each.ranked, ranker, field) for each in asked]
    firsts = [index.passages[each.order[0]].id for each in ranked]
    return Samples(
        np.stack([each.evidence for each in ranked]),
        np.array([one.question.passage == first for one, first in zip(asked, firsts, strict=True)]),
        np.array([one.question.passage is not None for one in asked]),
    )


def _lists(asked: Sequence[Asked], index: Index) -> list[Candidates]:
    """The candidates of each question whose passage is among them."""
    found = []
    for question, ranked in asked:
        ids = [index.passages[number].id for number in ranked.order]
        if question.passage in ids:
            found.append(Candidates(ranked.features, ids.index(question.passage)))
    return found


def _metrics(probabilities: Matrix, threshold: float, samples: Samples) -> dict[str, float]:
    answered = probabilities >= threshold
    return {
        "threshold": threshold,
        "answerability_auc": float(roc_auc_score(samples.answerable, probabilities)),
        "brier": float(brier_score_loss(samples.right, probabilities)),
        "calibration_error": calibration_error(probabilities, samples.right),
        "answered": float(answered.mean()),
        "right_when_answered": float(samples.right[answered].mean()) if answered.any() else 0.0,
    }


def _explanation(
    judge: Logistic, threshold: float, samples: Samples, random: np.random.Generator
) -> dict[str, object]:
    order = random.permutation(len(samples.right))
    seen, unseen = np.split(samples.evidence[order], [len(order) * 3 // 4])
    imitation = surrogate(judge, threshold, seen, unseen)
    return {
        "importance": importance(judge, samples.evidence, samples.right, random),
        "rules": imitation.rules,
        "fidelity": imitation.fidelity,
    }


def _reference(judge: Logistic, samples: Samples, asked: Sequence[Asked]) -> Reference:
    cosines = samples.evidence[:, :COSINES].max(axis=1)
    vectors = np.stack([each.ranked.question for each in asked])
    return Reference.of(judge.probability(samples.evidence), cosines, vectors)


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
