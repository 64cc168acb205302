"""Measures the answerer on questions that neither training nor index has seen, beside TF-IDF."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import brier_score_loss, roc_auc_score

from reference_app.answer.answering import Answerer
from reference_app.training.measures import calibration_error, mean_reciprocal_rank, recall_at
from reference_app.training.questions import Question

Ranks = list[int | None]


class Evaluation(NamedTuple):
    """Figures of one way to answer."""

    recall_at_1: float
    recall_at_5: float
    mrr: float
    answerability_auc: float


class Decisions(NamedTuple):
    """How the confidence and the threshold did."""

    brier: float
    calibration_error: float
    answered: float
    right_when_answered: float
    unanswerable_answered: float


def evaluate(questions: Sequence[Question], answerer: Answerer) -> tuple[Evaluation, Decisions]:
    """The figures of the answerer."""
    ids = [passage.id for passage in answerer.index.passages]
    ranked = [answerer.search(question.text) for question in questions]
    confidence = np.array([answerer.judged(each).confidence for each in ranked])
    orders = [[ids[number] for number in each.order] for each in ranked]
    right = np.array([q.passage == order[0] for q, order in zip(questions, orders, strict=True)])
    answered = confidence >= answerer.threshold
    unknown = np.array([question.passage is None for question in questions])
    decisions = Decisions(
        float(brier_score_loss(right, confidence)),
        calibration_error(confidence, right),
        float(answered.mean()),
        float(right[answered].mean()),
        float(answered[unknown].mean()),
    )
    return _evaluation(questions, orders, confidence), decisions


def evaluate_words(questions: Sequence[Question], answerer: Answerer) -> Evaluation:
    """The figures of TF-IDF with cosines, the plain way."""
    passages = answerer.index.passages
    texts = [f"{passage.title} {passage.text}" for passage in passages]
    vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True)
    documents = vectors.fit_transform(texts)
    cosines = (vectors.transform([question.text for question in questions]) @ documents.T).toarray()
    orders = [[passages[n].id for n in np.argsort(-row, kind="stable")] for row in cosines]
    return _evaluation(questions, orders, cosines.max(axis=1))


def _evaluation(
    questions: Sequence[Question], orders: Sequence[Sequence[str]], confidence: np.ndarray
) -> Evaluation:
    ranks: Ranks = [
        order.index(question.passage) + 1 if question.passage in order else None
        for question, order in zip(questions, orders, strict=True)
        if question.passage is not None
    ]
    answerable = [question.passage is not None for question in questions]
    return Evaluation(
        recall_at(1, ranks),
        recall_at(5, ranks),
        mean_reciprocal_rank(ranks),
        float(roc_auc_score(answerable, confidence)),
    )
