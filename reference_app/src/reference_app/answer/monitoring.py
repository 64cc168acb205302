"""Prometheus metrics of the answer module; no question's text is in any of them."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reference_app.answer.answering import Answer
from reference_app.answer.drift import Reference, embedding_drift, population_stability_index
from reference_app.answer.encoding import Vector

WINDOW = 500  # questions that drift is measured over
FEWEST = 50  # fewer say nothing about a distribution
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)


class Seen(NamedTuple):
    """What is remembered of a question: nothing that it says."""

    confidence: float
    cosine: float
    vector: Vector
    refused: bool


class Monitor:
    """Counts answers, and compares the last 500 questions with the training."""

    def __init__(self, reference: Reference) -> None:
        self.metrics = CollectorRegistry()
        self._reference = reference
        self._seen: deque[Seen] = deque(maxlen=WINDOW)
        self._lock = Lock()
        self.answers = self._counter("answers", "Answers, by whether one was known.", "known")
        self.digits = self._counter("digits", "Images classified, by digit.", "digit")
        self.refused = self._counter("refused_requests", "Requests refused, by status.", "status")
        self.feedback = self._counter("feedback", "Judgements of answers by readers.", "helpful")
        self.seconds = Histogram(
            "reference_app_answer_seconds",
            "Time to compute, by what was asked.",
            ["path"],
            registry=self.metrics,
            buckets=SECONDS,
        )
        self.confidence = Histogram(
            "reference_app_answer_confidence",
            "Confidence of answers, refusals included.",
            registry=self.metrics,
            buckets=[step / 10 for step in range(1, 11)],
        )
        self.loaded = self._gauge("model_loaded", "1 for the version loaded.", "model")
        self._computed("confidence_psi", "Stability index of confidence.", self.confidence_psi)
        self._computed("cosine_psi", "Stability index of the best cosine.", self.cosine_psi)
        self._computed("embedding_drift", "Way of the mean embedding.", self.embedding_drift)
        self._computed("refusal_rate", "Share of questions without answer.", self.refusal_rate)

    def answered(self, answer: Answer, vector: Vector) -> None:
        """Count one answer, known or not."""
        self.answers.labels(str(answer.known).lower()).inc()
        self.confidence.observe(answer.confidence)
        with self._lock:
            self._seen.append(Seen(answer.confidence, answer.top_cosine, vector, not answer.known))

    def confidence_psi(self) -> float:
        """Stability index of the confidence; NaN while too few questions were asked."""
        seen = self._recent()
        values = (each.confidence for each in seen)
        return population_stability_index(self._reference.confidence, values) if seen else np.nan

    def cosine_psi(self) -> float:
        """Stability index of the best cosine; NaN while too few questions were asked."""
        seen = self._recent()
        values = (each.cosine for each in seen)
        return population_stability_index(self._reference.cosine, values) if seen else np.nan

    def embedding_drift(self) -> float:
        """Drift of the embeddings; NaN while too few questions were asked."""
        seen = self._recent()
        if not seen:
            return np.nan
        return embedding_drift(self._reference, np.stack([each.vector for each in seen]))

    def refusal_rate(self) -> float:
        """Share of recent questions without answer; NaN while too few were asked."""
        seen = self._recent()
        return float(np.mean([each.refused for each in seen])) if seen else np.nan

    def _recent(self) -> list[Seen]:
        with self._lock:
            return list(self._seen) if len(self._seen) >= FEWEST else []

    def _counter(self, name: str, help: str, label: str) -> Counter:
        return Counter(f"reference_app_{name}", help, [label], registry=self.metrics)

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:
        return Gauge(f"reference_app_{name}", help, labels, registry=self.metrics)

    def _computed(self, name: str, help: str, measure: Callable[[], float]) -> None:
        self._gauge(name, help).set_function(measure)
