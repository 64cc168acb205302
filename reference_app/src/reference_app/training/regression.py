"""Fits logistic regressions, and tells what their features are worth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from reference_app.answer.linear import Logistic, Matrix

Labels = NDArray[np.bool_]

ALMOST_FREE = 1e6  # inverse regularisation where one weight is fitted to many samples
REPEATS = 20  # shuffles of each feature


def fit(features: tuple[str, ...], values: Matrix, labels: Labels) -> Logistic:
    """A regression of labels (samples,) on values (samples, features)."""
    scaler = StandardScaler().fit(values)
    model = LogisticRegression(max_iter=1000).fit(scaler.transform(values), labels)
    bias = float(model.intercept_[0])
    return Logistic(features, scaler.mean_, scaler.scale_, model.coef_[0], bias)


def calibrated(model: Logistic, values: Matrix, labels: Labels) -> Logistic:
    """The same order of scores, its probabilities fitted to samples not yet seen (Platt)."""
    scores = model.score(values)[:, None]
    platt = LogisticRegression(C=ALMOST_FREE, max_iter=1000).fit(scores, labels)
    slope, shift = float(platt.coef_[0][0]), float(platt.intercept_[0])
    weights, bias = model.weights * slope, model.bias * slope + shift
    return Logistic(model.features, model.mean, model.scale, weights, bias)


def importance(
    model: Logistic, values: Matrix, labels: Labels, random: np.random.Generator
) -> dict[str, float]:
    """How much ROC AUC is lost, on average, when one feature is shuffled among the samples."""
    best = roc_auc_score(labels, model.score(values))
    losses = {}
    for column, feature in enumerate(model.features):
        shuffled = np.repeat(values[None], REPEATS, axis=0)
        for sample in shuffled:
            random.shuffle(sample[:, column])
        worse = [roc_auc_score(labels, model.score(sample)) for sample in shuffled]
        losses[feature] = float(best - np.mean(worse))
    return losses


class Surrogate(NamedTuple):
    """A model told as rules, and the share of decisions (0 to 1) in which they agree."""

    rules: list[str]
    fidelity: float


def surrogate(
    model: Logistic, threshold: float, seen: Matrix, unseen: Matrix, depth: int = 3
) -> Surrogate:
    """Rules that imitate the model's decisions on `seen`, compared with it on `unseen`."""
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=5, random_state=0)
    tree.fit(seen, model.probability(seen) >= threshold)
    agreement = tree.predict(unseen) == (model.probability(unseen) >= threshold)
    return Surrogate(_rules(tree, model.features), float(np.mean(agreement)))


def _rules(tree: DecisionTreeClassifier, features: tuple[str, ...]) -> list[str]:
    inner, rules = tree.tree_, list[str]()

    def walk(node: int, conditions: tuple[str, ...]) -> None:
        if inner.children_left[node] < 0:
            decision = "answer" if tree.classes_[inner.value[node].argmax()] else "do not know"
            rules.append(f"{' and '.join(conditions) or 'always'}: {decision}")
            return
        name, limit = features[inner.feature[node]], inner.threshold[node]
        walk(inner.children_left[node], (*conditions, f"{name} <= {limit:.3f}"))
        walk(inner.children_right[node], (*conditions, f"{name} > {limit:.3f}"))

    walk(0, ())
    return rules
