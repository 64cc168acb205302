"""A logistic regression as plain numbers: read from JSON, and small enough to explain."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights for standardised features."""

    features: tuple[str, ...]
    mean: Matrix
    scale: Matrix
    weights: Matrix
    bias: float

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> "Logistic":
        """From the fields of its JSON."""
        mean, scale, weights = (np.array(raw[name], float) for name in ("mean", "scale", "weights"))
        return cls(tuple(raw["features"]), mean, scale, weights, float(raw["bias"]))

    def contributions(self, values: Matrix) -> Matrix:
        """What each feature adds to the score, for values (..., features)."""
        standardised: Matrix = (values - self.mean) / self.scale
        return standardised * self.weights

    def score(self, values: Matrix) -> Matrix:
        """Log-odds (...,) for values (..., features)."""
        return np.asarray(self.contributions(values).sum(axis=-1) + self.bias)

    def probability(self, values: Matrix) -> Matrix:
        """Probabilities (...,) for values (..., features)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.score(values))))
