"""The measures by which models are compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.training.measures import calibration_error, mean_reciprocal_rank, recall_at


def test_ranks_by_hand():
    ranks = [1, 2, None, 10]
    assert recall_at(1, ranks) == 0.25
    assert recall_at(5, ranks) == 0.5
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 + 0.5 + 0 + 0.1) / 4)


def test_honest_confidence_has_no_calibration_error():
    confidence = np.array([0.25] * 4 + [1.0] * 2)
    right = np.array([True, False, False, False, True, True])
    assert calibration_error(confidence, right) == pytest.approx(0)


def test_boasting_is_an_error_as_large_as_the_boast():
    assert calibration_error(np.array([0.9] * 10), np.zeros(10, bool)) == pytest.approx(0.9)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_a_calibration_error_is_a_share(samples):
    confidence, right = (np.array(column) for column in zip(*samples, strict=True))
    assert 0 <= calibration_error(confidence, right) <= 1
