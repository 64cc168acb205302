"""Why the answer is this one: as numbers, and as figures."""

from typing import Any

import numpy as np

from reference_app.answer.answering import JUDGE_FEATURES, Answerer
from reference_app.answer.digits import DigitReader, Pixels
from reference_app.answer.figures import bars, grids, lines
from reference_app.models.registry import Model

MOST_WORDS = 40  # a longer question is explained as if it ended here: each word costs a run

Json = dict[str, Any]


def explain_question(question: str, answerer: Answerer) -> Json:
    """What every word and every feature adds to the confidence in the answer."""
    ranked = answerer.search(question)
    answer = answerer.judged(ranked)
    added = answerer.judge.contributions(ranked.evidence)
    shares = list(zip(JUDGE_FEATURES, added.tolist(), strict=True))
    features = [
        {"name": name, "value": value, "contribution": share}
        for (name, share), value in zip(shares, ranked.evidence.tolist(), strict=True)
    ]
    words = _words(question, ranked.order[0], answerer)
    return {
        "model": answerer.label,
        "known": answer.known,
        "confidence": answer.confidence,
        "threshold": answerer.threshold,
        "words": [{"word": word, "contribution": share} for word, share in words],
        "features": features,
        "figures": {
            "words": bars("What each word adds to the similarity", words),
            "features": bars("What each feature adds to the confidence (log-odds)", shares),
        },
    }


def _words(question: str, passage: int, answerer: Answerer) -> list[tuple[str, float]]:
    """How much cosine with the passage found is lost when one word is left out."""
    words = question.split()[:MOST_WORDS]

    def cosine(text: str) -> float:
        return float(answerer.index.compare(answerer.encoder.encode(text).vector).best[passage])

    whole = cosine(" ".join(words))
    return [
        (word, whole - cosine(" ".join(words[:place] + words[place + 1 :])))
        for place, word in enumerate(words)
    ]


def explain_model(model: Model) -> Json:
    """What the judge attends to as a whole: measured and imitated by rules during training."""
    explanation = model.parsed("explanation.json")
    ordered = sorted(explanation["importance"].items(), key=lambda pair: -pair[1])
    return {
        "model": model.label,
        "importance": explanation["importance"],
        "rules": explanation["rules"],
        "fidelity": explanation["fidelity"],
        "figures": {
            "importance": bars("AUC lost when a feature is shuffled", ordered),
            "rules": lines(
                f"Rules of a tree that decides the same in {explanation['fidelity']:.0%} of cases",
                explanation["rules"],
            ),
        },
    }


def explain_digit(pixels: Pixels, reader: DigitReader) -> Json:
    """Which pixels the digit hangs on, and what the layers saw."""
    reading, saliency = reader.read(pixels), reader.saliency(pixels)
    layers = {"first": reading.first, "second": reading.second}
    pictures = [("image", pixels), ("saliency", saliency)]
    figures = {"saliency": grids(f"What the digit {reading.digit} hangs on", pictures)}
    for name, maps in layers.items():
        numbered = [(str(number), each) for number, each in enumerate(maps, 1)]
        figures[name] = grids(f"Maps of the {name} layer", numbered)
    return {
        "model": reader.label,
        "digit": reading.digit,
        "probabilities": reading.probabilities.tolist(),
        "saliency": saliency.tolist(),
        "layers": {name: np.round(maps, 4).tolist() for name, maps in layers.items()},
        "figures": figures,
    }
