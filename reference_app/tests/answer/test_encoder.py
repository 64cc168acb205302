"""The encoder computes what another implementation computed."""

import numpy as np
import pytest

from reference_app.models.errors import RefusedModelError
from reference_app.models.signing import read_private_key
from reference_app.training import build
from reference_app.training.build import UnprovenEncoderError, build_encoder, weights_folder


def test_int8_is_near_the_reference_and_float32_is_the_reference(built):
    metrics = built.registry.load("encoder").manifest.metrics
    assert metrics["float32_least_cosine"] > 0.999999
    assert 0.98 < metrics["least_cosine"] < 0.9999


def test_an_encoder_that_computes_something_else_is_not_registered(built, monkeypatch):
    monkeypatch.setattr(build, "read_weights", spoilt_weights)
    key = read_private_key(built.signing)
    with pytest.raises(UnprovenEncoderError, match="float32"):
        build_encoder(weights_folder(), built.registry, key, exact=False)
    assert built.registry.versions("encoder") == [1]


def spoilt_weights(folder):
    """The published weights, one matrix of which is another."""
    from reference_app.training.encoder import read_weights

    weights, shape = read_weights(folder)
    name = "encoder.layer.3.output.dense.weight"
    return {**weights, name: weights[name] * 1.1}, shape


def test_vectors_have_length_one_and_each_token_has_one(loaded):
    encoded = loaded.answerer.encoder.encode("how do I deny all traffic?")
    assert np.linalg.norm(encoded.vector) == pytest.approx(1, abs=1e-5)
    assert encoded.tokens.shape == (3, 384)
    assert np.linalg.norm(encoded.tokens, axis=1) == pytest.approx(1, abs=1e-5)


def test_what_is_beyond_256_tokens_is_cut(loaded):
    encoder = loaded.answerer.encoder
    long = encoder.encode("pod " * 1000)
    assert long.tokens.shape == (254, 384)


def test_a_model_without_its_tokenizer_is_refused(built):
    model = built.registry.load("digits")
    with pytest.raises(RefusedModelError, match=r"digits/1 has no tokenizer\.json"):
        model.file("tokenizer.json")
