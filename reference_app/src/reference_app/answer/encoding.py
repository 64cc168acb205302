"""Turns a sentence into a unit vector, by the signed encoder and its own tokenizer."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from reference_app.answer.words import COMMON
from reference_app.models.registry import Model

Vector: TypeAlias = NDArray[np.float32]

MOST_TOKENS = 256  # what the encoder was trained to read; the rest of a text is cut


def open_session(graph: bytes) -> onnxruntime.InferenceSession:
    """An ONNX graph ready to run on one core, so that requests share the cores among themselves."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings name tensors, never the reader's problem
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def means_something(token: str) -> bool:
    """Whether a token tells what a text is about: no mark, no punctuation, no common word."""
    return token.removeprefix("##").isalnum() and token not in COMMON


class Encoded(NamedTuple):
    """A text as a unit vector (384,), and its telling tokens as unit vectors (tokens, 384)."""

    vector: Vector
    tokens: Vector


class Encoder:
    """The sentence encoder; `encode` may be called from several threads at once."""

    def __init__(self, model: Model) -> None:
        self.label = model.label
        self._session = open_session(model.file("model.onnx"))
        self._tokenizer = Tokenizer.from_buffer(model.file("tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS)

    def encode(self, text: str) -> Encoded:
        """The vectors of one text."""
        found = self._tokenizer.encode(text)
        ids = np.array([found.ids], np.int64)
        mask = np.ones_like(ids)
        vector, tokens = self._session.run(["embedding", "tokens"], {"ids": ids, "mask": mask})
        return Encoded(vector[0], tokens[0][[means_something(word) for word in found.tokens]])

    def encode_all(self, texts: Iterable[str]) -> list[Encoded]:
        """Many texts, one at a time: padding would change quantised results."""
        return [self.encode(text) for text in texts]
