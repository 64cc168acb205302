"""Loads all proven models from the registry, and warms them up."""

from typing import NamedTuple

import numpy as np

from reference_app.answer.answering import Answerer
from reference_app.answer.digits import SIDE, DigitReader
from reference_app.answer.drift import Reference
from reference_app.answer.encoding import Encoder
from reference_app.answer.index import Index
from reference_app.models.errors import RefusedModelError
from reference_app.models.registry import Model, Registry


class Loaded(NamedTuple):
    """Everything the answer module serves."""

    answerer: Answerer
    digits: DigitReader
    judge: Model
    labels: tuple[str, ...]

    @property
    def reference(self) -> Reference:
        """What the training looked like."""
        return Reference.parse(self.judge.parsed("reference.json"))


def load_all(registry: Registry) -> Loaded:
    """The current version of each model; RefusedModelError when one is unproven or unfit."""
    encoder, knowledge, judge, digits = (
        registry.load(name) for name in ("encoder", "knowledge", "answerer", "digits")
    )
    index = Index.load(knowledge)
    made_with = knowledge.parsed("made_with.json")
    if made_with != encoder.label:
        raise RefusedModelError(f"{index.label} was made with {made_with}, not {encoder.label}")
    answerer = Answerer(Encoder(encoder), index, judge)
    labels = tuple(model.label for model in (encoder, knowledge, judge, digits))
    loaded = Loaded(answerer, DigitReader(digits), judge, labels)
    answerer.answer("warm-up")
    loaded.digits.read(np.zeros((SIDE, SIDE), np.float32))
    return loaded
