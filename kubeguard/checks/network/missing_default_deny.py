"""A namespace without a default deny is open to every pod until somebody remembers to close it."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Bundle,
    Manifest,
    Node,
    Problem,
    Profile,
    Severity,
    Workload,
    advise,
    check,
)
from kubeguard.checks.network._policies import KINDS, isolates, judged, names, of_every_pod


@check(
    "KG5002",
    "Namespace without a default-deny NetworkPolicy",
    on=Bundle,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    refs=("CIS-Kubernetes 5.3.2", "NSA-CISA network separation"),
    like=("kubescape:C-0049", "kubescape:C-0054", "kubescape:C-0206"),
)
def missing_default_deny(bundle: Bundle) -> Iterator[Problem]:
    first: dict[str, Manifest] = {}
    closed: set[str] = set()
    for policy in bundle.of(*KINDS):
        first.setdefault(policy.namespace, policy)
        if _denies(policy):
            closed.add(policy.namespace)
    declared = {namespace.name: namespace for namespace in bundle.of("Namespace")}
    for namespace, workloads in judged(bundle):
        if namespace in closed or "" in closed or (closed and not namespace):
            continue
        here = f"namespace {namespace!r}" if namespace else "the namespace these objects land in"
        policies = "no policy" if namespace in first else "no NetworkPolicy in this scan"
        yield Problem(
            _place(declared.get(namespace) or first.get(namespace), workloads[0]),
            f"{policies} denies by default in {here}, of {names(workloads)}",
            advise("add a policy with `podSelector: {}` and policyTypes Ingress and Egress"),
        )


def _denies(policy: Manifest) -> bool:
    """Every pod is isolated, and no rule opens all of it again."""
    rules = policy.node["spec"]["ingress"]
    return isolates(policy, "Ingress") and of_every_pod(policy) and not any(map(_opens, rules))


def _opens(rule: Node) -> bool:
    """Whether a rule lets every pod of the cluster in, on every port."""
    if not isinstance(rule.value, dict) or rule.get("ports"):
        return False
    return not rule.get("from") or any(
        peer["ipBlock"]["cidr"].text.endswith("/0")
        or (peer.get("namespaceSelector") == {} and not peer.get("podSelector"))
        for peer in rule["from"]
    )


def _place(manifest: Manifest | None, workload: Workload) -> Node:
    """The name of the Namespace or of its first policy, else what puts the first workload here."""
    if manifest:
        return manifest.node["metadata"]["name"]
    metadata = workload.manifest.node["metadata"]
    return metadata["namespace" if workload.manifest.namespace else "name"]
