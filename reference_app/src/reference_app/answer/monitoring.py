"""Prometheus metrics of the answer module; no question's text is in any of them."""

from collections import deque
from threading import Lock
from typing import NamedTuple

import numpy as np
from prometheus_client import Counter, Gauge, Histogram

from reference_app.answer.answering import Answer
from reference_app.answer.drift import Reference, embedding_drift, population_stability_index
from reference_app.answer.encoding import Vector

WINDOW = 500  # questions that drift is measured over
FEWEST = 50  # fewer say nothing about a distribution
STEPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)
TENTHS = tuple(step / 10 for step in range(1, 11))

ANSWERS = Counter("reference_app_answers", "Answers, by whether one was known.", ["known"])
DIGITS = Counter("reference_app_digits", "Images classified, by digit.", ["digit"])
FEEDBACK = Counter("reference_app_feedback", "Judgements of answers by readers.", ["helpful"])
REFUSED = Counter("reference_app_refused_requests", "Requests refused, by status.", ["status"])
SECONDS = Histogram(
    "reference_app_answer_seconds", "Time to compute, by path.", ["path"], buckets=STEPS
)
CONFIDENCE = Histogram(
    "reference_app_answer_confidence", "Confidence, that of refusals included.", buckets=TENTHS
)
LOADED = Gauge("reference_app_model_loaded", "1 for each model version loaded.", ["model"])
CONFIDENCE_PSI = Gauge("reference_app_confidence_psi", "Stability index of the confidence.")
COSINE_PSI = Gauge("reference_app_cosine_psi", "Stability index of the best cosine.")
EMBEDDING_DRIFT = Gauge("reference_app_embedding_drift", "How far the mean embedding moved.")
REFUSAL_RATE = Gauge("reference_app_refusal_rate", "Share of recent questions without answer.")


class Seen(NamedTuple):
    """What is remembered of a question: nothing that it says in words."""

    confidence: float
    cosine: float
    vector: Vector
    refused: bool


class Monitor:
    """Compares the last 500 questions with the training; every measure is NaN below 50."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._seen: deque[Seen] = deque(maxlen=WINDOW)
        self._lock = Lock()
        CONFIDENCE_PSI.set_function(self.confidence_psi)
        COSINE_PSI.set_function(self.cosine_psi)
        EMBEDDING_DRIFT.set_function(self.embedding_drift)
        REFUSAL_RATE.set_function(self.refusal_rate)

    def answered(self, answer: Answer, vector: Vector) -> None:
        """Count one answer, known or not."""
        ANSWERS.labels(str(answer.known).lower()).inc()
        CONFIDENCE.observe(answer.confidence)
        with self._lock:
            self._seen.append(Seen(answer.confidence, answer.top_cosine, vector, not answer.known))

    def confidence_psi(self) -> float:
        """Stability index of the confidence."""
        seen = self._recent()
        values = (each.confidence for each in seen)
        return population_stability_index(self._reference.confidence, values) if seen else np.nan

    def cosine_psi(self) -> float:
        """Stability index of the best cosine."""
        seen = self._recent()
        values = (each.cosine for each in seen)
        return population_stability_index(self._reference.cosine, values) if seen else np.nan

    def embedding_drift(self) -> float:
        """Way of the mean embedding, in mean distances of the training."""
        seen = self._recent()
        if not seen:
            return np.nan
        return embedding_drift(self._reference, np.stack([each.vector for each in seen]))

    def refusal_rate(self) -> float:
        """Share of recent questions that got no answer."""
        seen = self._recent()
        return float(np.mean([each.refused for each in seen])) if seen else np.nan

    def _recent(self) -> list[Seen]:
        with self._lock:
            return list(self._seen) if len(self._seen) >= FEWEST else []
