"""The network that is served is the network that was trained."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from reference_app.answer.digits import parse_pixels
from reference_app.training.digits import SEED, split_digits


@pytest.fixture(scope="module")
def unseen():
    return split_digits(np.random.default_rng(SEED))[2]


def test_it_beats_the_linear_model_on_images_it_has_not_seen(built, loaded, unseen):
    read = [loaded.digits.read(image.astype(np.float32)).digit for image in unseen.pixels]
    metrics = built.registry.load("digits").manifest.metrics
    assert np.mean(np.array(read) == unseen.digits) == pytest.approx(metrics["accuracy"])
    assert metrics["accuracy"] > max(0.96, metrics["linear_accuracy"])


def test_splits_share_no_image():
    parts = split_digits(np.random.default_rng(SEED))
    assert sum(len(part.digits) for part in parts) == len(load_digits().target)


def test_probabilities_sum_to_one(loaded, unseen):
    reading = loaded.digits.read(unseen.pixels[0].astype(np.float32))
    assert reading.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert reading.first.shape == (8, 8, 8)
    assert reading.second.shape == (16, 8, 8)


def test_covering_salient_pixels_costs_more_than_covering_the_others(loaded, unseen):
    losses = []
    for image in unseen.pixels[:20].astype(np.float32):
        saliency, reading = loaded.digits.saliency(image), loaded.digits.read(image)
        order = np.argsort(saliency.ravel())
        kept = []
        for chosen in (order[:8], order[-8:]):
            covered = image.copy().ravel()
            covered[chosen] = 0
            probabilities = loaded.digits.read(covered.reshape(8, 8)).probabilities
            kept.append(probabilities[reading.digit])
        losses.append(kept[0] - kept[1])
    assert np.mean(losses) > 0.05


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        [[0] * 8] * 7,
        [[0] * 9] * 8,
        [[17] + [0] * 7] + [[0] * 8] * 7,
        [[-1] + [0] * 7] + [[0] * 8] * 7,
        [[float("nan")] + [0] * 7] + [[0] * 8] * 7,
        [[True] + [0] * 7] + [[0] * 8] * 7,
        [["1"] + [0] * 7] + [[0] * 8] * 7,
        {"0": 1},
    ],
)
def test_what_is_no_image_is_refused(raw):
    with pytest.raises(ValueError, match="pixel"):
        parse_pixels(raw)
