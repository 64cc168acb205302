"""A controller whose selector does not fit its own pods is refused, or never finds them."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Grade,
    Manifest,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    check,
    put,
    selects,
)


@check(
    "KG7104",
    "Selector does not match the pod template",
    on=Manifest,
    kinds=(
        "DaemonSet.apps",
        "DaemonSet.extensions",
        "Deployment.apps",
        "Deployment.extensions",
        "DeploymentConfig.apps.openshift.io",
        "ReplicaSet.apps",
        "ReplicaSet.extensions",
        "ReplicationController",
        "Rollout.argoproj.io",
        "StatefulSet.apps",
    ),
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=(
        "kube-linter:mismatching-selector",
        "kube-score:deployment-pod-selector-labels-match-template-metadata-labels",
        "kube-score:statefulset-pod-selector-labels-match-template-metadata-labels",
        "kubescape:C-0296",
    ),
)
def mismatched_selector(manifest: Manifest) -> Iterator[Problem]:
    selector = manifest.node.at("spec", "selector")
    template = manifest.node.at("spec", "template")
    if not selector.mapping or not isinstance(template.value, dict):
        return
    labels = template.at("metadata", "labels")
    plain = manifest.kind in ("DeploymentConfig", "ReplicationController")
    for key, wanted in (selector if plain else selector["matchLabels"]).items():
        if key not in labels.mapping or labels.mapping[key] != wanted.value:
            yield _unequal(key, wanted, labels[key])
    if not plain:
        for expression in selector["matchExpressions"]:
            if not selects({"matchExpressions": [expression.value]}, labels.mapping):
                message = f"the pod template does not satisfy {_shown(expression)}"
                yield Problem(expression, message, advise("give the pod template a fitting label"))


def _unequal(key: str, wanted: Node, label: Node) -> Problem:
    has = f"has {key}={label.value!s:.40}" if label.exists else f"has no label {key!r}"
    message = f"selects {key}={wanted.value!s:.40}, but the pod template {has}"
    grade = Grade.UNSAFE if label.exists else Grade.SAFE
    return Problem(wanted, message, put(label, wanted.value, grade=grade))


def _shown(expression: Node) -> str:
    return f"{expression.get('key')!s:.60} {expression.get('operator')!s:.20}"
