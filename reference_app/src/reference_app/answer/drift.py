"""Tells whether the questions of today are still those the model was trained on."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference_app.answer.encoding import Vector

BINS = 10
LEAST_SHARE = 1e-4  # an empty bin counts as this much, or its logarithm would be infinite

Shares = NDArray[np.float64]


class Distribution(NamedTuple):
    """A measure as the training knew it: inner edges of ten bins, and the share in each."""

    edges: Shares
    shares: Shares

    @classmethod
    def of(cls, values: Iterable[float]) -> "Distribution":
        """Bins that hold equally many of these values, where ties allow."""
        array = np.fromiter(values, float)
        edges = np.quantile(array, np.linspace(0, 1, BINS + 1)[1:-1])
        return cls(edges, shares(array, edges))


class Reference(NamedTuple):
    """What the training looked like: confidence, best cosine, and the mean of the embeddings."""

    confidence: Distribution
    cosine: Distribution
    centre: Vector
    spread: float  # mean distance of a training question from the centre

    @classmethod
    def of(
        cls, confidence: Iterable[float], cosine: Iterable[float], vectors: Vector
    ) -> "Reference":
        """Measured on the training's questions; vectors (questions, 384)."""
        centre = vectors.mean(axis=0)
        spread = float(np.linalg.norm(vectors - centre, axis=1).mean())
        return cls(Distribution.of(confidence), Distribution.of(cosine), centre, spread)

    def raw(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "confidence": [part.tolist() for part in self.confidence],
            "cosine": [part.tolist() for part in self.cosine],
            "centre": self.centre.tolist(),
            "spread": self.spread,
        }

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> "Reference":
        """From its JSON."""
        confidence, cosine = (
            Distribution(*(np.array(part, float) for part in raw[name]))
            for name in ("confidence", "cosine")
        )
        return cls(confidence, cosine, np.array(raw["centre"], np.float32), float(raw["spread"]))


def shares(values: Shares, edges: Shares) -> Shares:
    """The share of the values in each bin between these inner edges."""
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return np.asarray(counts / len(values))


def population_stability_index(expected: Distribution, values: Iterable[float]) -> float:
    """0 for the same distribution; above 0.1 look at it, above 0.25 it is another one."""
    observed = np.maximum(shares(np.fromiter(values, float), expected.edges), LEAST_SHARE)
    before = np.maximum(expected.shares, LEAST_SHARE)
    return float(np.sum((observed - before) * np.log(observed / before)))


def embedding_drift(reference: Reference, vectors: Vector) -> float:
    """How far the mean of the vectors (count, 384) moved, in mean distances of the training."""
    return float(np.linalg.norm(vectors.mean(axis=0) - reference.centre) / reference.spread)
