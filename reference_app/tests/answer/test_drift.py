"""Drift is nothing when nothing changed, and grows when something does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.answer.drift import (
    Distribution,
    Reference,
    embedding_drift,
    population_stability_index,
)

numbers = st.lists(st.floats(0, 1), min_size=1, max_size=200)


@given(numbers)
def test_a_distribution_is_stable_against_itself(values):
    assert population_stability_index(Distribution.of(values), values) == pytest.approx(0, abs=1e-9)


@given(numbers, numbers)
def test_the_index_is_never_negative_nor_infinite(before, after):
    index = population_stability_index(Distribution.of(before), after)
    assert -1e-12 <= index < 100


def test_the_usual_limits_tell_a_small_shift_from_a_large_one():
    random = np.random.default_rng(0)
    before = Distribution.of(random.normal(0, 1, 2000))
    assert population_stability_index(before, random.normal(0, 1, 500)) < 0.1
    assert population_stability_index(before, random.normal(1, 1, 500)) > 0.25


def test_embeddings_elsewhere_have_drifted():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 384)).astype(np.float32)
    reference = Reference.of([0.5], [0.5], vectors)
    assert embedding_drift(reference, vectors) == pytest.approx(0, abs=1e-6)
    assert embedding_drift(reference, vectors + 1) == pytest.approx(1, rel=0.1)


def test_a_reference_survives_json():
    vectors = np.eye(3, dtype=np.float32)
    reference = Reference.of([0.1, 0.9], [0.2, 0.3], vectors)
    again = Reference.parse(reference.raw())
    assert again.spread == reference.spread
    assert again.confidence.edges.tolist() == reference.confidence.edges.tolist()
    assert again.centre.tolist() == reference.centre.tolist()
