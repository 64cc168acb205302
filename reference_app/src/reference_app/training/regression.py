"""Fits logistic regressions, and tells what their features are worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from reference_app.answer.linear import Logistic, Matrix

Labels = NDArray[np.bool_]


class Candidates(NamedTuple):
    """The candidates of one question: features (candidates, features), and which one is right."""

    values: Matrix
    right: int


ALMOST_FREE = 1e6  # inverse regularisation where one weight is fitted to many samples
REPEATS = 20  # shuffles of each feature


def fit(features: tuple[str, ...], values: Matrix, labels: Labels) -> Logistic:
    """A regression of labels (samples,) on values (samples, features).

    Every feature speaks for the label or not at all: features that resemble one another would
    otherwise get weights of opposite signs, and a better match could lower the score.
    """
    scaler = StandardScaler().fit(values)
    standardised = scaler.transform(values)
    signs = np.where(labels, 1.0, -1.0)

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        weights, bias = parameters[:-1], parameters[-1]
        margins = signs * (standardised @ weights + bias)
        slopes = -signs * expit(-margins)
        gradient = np.append(standardised.T @ slopes + weights, slopes.sum())
        return float(np.logaddexp(0, -margins).sum() + weights @ weights / 2), gradient

    bounds = [(0, None)] * len(features) + [(None, None)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    return Logistic(features, scaler.mean_, scaler.scale_, found.x[:-1], float(found.x[-1]))


def fit_ranking(features: tuple[str, ...], lists: Sequence[Candidates]) -> Logistic:
    """Weights that put the right candidate of each list first (softmax over the list).

    No weight is below zero, for the same reason.
    """
    scaler = StandardScaler().fit(np.concatenate([values for values, _ in lists]))
    most = max(len(values) for values, _ in lists)
    padded = np.zeros((len(lists), most, len(features)))
    absent = np.full((len(lists), most), -np.inf)
    for number, (values, _) in enumerate(lists):
        padded[number, : len(values)] = scaler.transform(values)
        absent[number, : len(values)] = 0.0
    rights = padded[np.arange(len(lists)), [right for _, right in lists]]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = padded @ weights + absent
        total = logsumexp(scores, axis=1).sum() - (rights @ weights).sum()
        expected = np.einsum("lc,lcf->f", softmax(scores, axis=1), padded)
        gradient = expected - rights.sum(axis=0) + weights
        return float(total + weights @ weights / 2), gradient

    start, bounds = np.zeros(len(features)), [(0, None)] * len(features)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return Logistic(features, scaler.mean_, scaler.scale_, found.x, 0.0)


class Scale(NamedTuple):
    """Turns scores into honest log-odds."""

    slope: float
    shift: float


def platt(scores: Matrix, labels: Labels) -> Scale:
    """The scale that fits scores (samples,) of samples the model has not learned from (Platt)."""
    model = LogisticRegression(C=ALMOST_FREE, max_iter=1000).fit(scores[:, None], labels)
    return Scale(float(model.coef_[0][0]), float(model.intercept_[0]))


def calibrated(model: Logistic, scale: Scale) -> Logistic:
    """The same order of scores, on an honest scale."""
    weights, bias = model.weights * scale.slope, model.bias * scale.slope + scale.shift
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
