"""A manifest can hold anything anywhere: no check on objects and pods may fall over it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.engine import audit
from kubeguard.model.finding import Outcome
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.registry import load_checks

CHECKS = load_checks()
WORDS = st.sampled_from(
    [
        *(
            "name",
            "type",
            "host",
            "path",
            "add",
            "drop",
            "image",
            "reference",
            "httpGet",
            "sysctls",
        ),
        *("securityContext", "capabilities", "seccompProfile", "appArmorProfile", "procMount"),
        *("runAsUser", "runAsNonRoot", "seLinuxOptions", "windowsOptions", "hostProcess"),
        *("volumes", "hostPath", "volumeMounts", "ports", "hostPort", "livenessProbe", "lifecycle"),
        *("env", "valueFrom", "resources", "limits", "requests", "emptyDir", "privileged"),
        *("serviceAccountName", "automountServiceAccountToken", "hostNetwork", "hostUsers", "os"),
        *("initContainers", "ephemeralContainers", "labels", "annotations", "matchLabels"),
        *("selector", "template", "spec", "metadata", "rules", "verbs", "resources", "roleRef"),
        *("subjects", "ingress", "egress", "tls", "data", "stringData", "replicas", "policyTypes"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-1, 1) | st.floats() | st.text(max_size=3) | WORDS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
CONTAINER = st.dictionaries(WORDS, ANYTHING, max_size=4).map(lambda c: {"name": "c", **c})
SPEC = st.dictionaries(WORDS, ANYTHING, max_size=4)
KINDS = st.sampled_from(
    [
        *(("v1", kind) for kind in ("Pod", "Service", "Secret", "ConfigMap", "ServiceAccount")),
        *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")),
        *(
            ("rbac.authorization.k8s.io/v1", kind)
            for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
        ),
        ("batch/v1", "CronJob"),
        ("networking.k8s.io/v1", "Ingress"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("policy/v1", "PodDisruptionBudget"),
        ("v1", "LimitRange"),
        ("example.com/v1", "Anything"),
    ]
)


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    version, kind = draw(KINDS)
    spec = {**draw(SPEC), "containers": draw(st.lists(CONTAINER | ANYTHING, max_size=2))}
    body = draw(
        st.sampled_from([{"spec": spec}, {"spec": {**spec, "template": {"spec": spec}}}])
        | st.dictionaries(WORDS, ANYTHING, max_size=4)
    )
    return {"apiVersion": version, "kind": kind, "metadata": draw(ANYTHING), **body}


@settings(max_examples=300, deadline=None)
@given(st.lists(objects(), min_size=1, max_size=3))
def test_no_check_raises(values: list[dict[str, Any]]) -> None:
    nodes = tuple(Node(value, Source("any.yaml")) for value in values)
    reading = Reading("any.yaml", Outcome.JUDGED, "manifest", objects=nodes)

    assert audit([reading], CHECKS).faults == ()
