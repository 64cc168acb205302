"""Measures of rankings and of probabilities."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BINS = 10


def recall_at(count: int, ranks: Sequence[int | None]) -> float:
    """The share of questions whose passage is among the first `count`; a rank of None is a miss."""
    return float(np.mean([rank is not None and rank <= count for rank in ranks]))


def mean_reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """1 when every passage comes first, 0 when none is found."""
    return float(np.mean([1.0 / rank if rank else 0.0 for rank in ranks]))


def calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean gap between confidence and truth, in ten equal bins."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [
        abs(probabilities[bins == number].mean() - right[bins == number].mean())
        * np.mean(bins == number)
        for number in np.unique(bins)
    ]
    return float(np.sum(gaps))
