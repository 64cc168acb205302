"""Which directions a NetworkPolicy isolates, and for which pods."""

from collections.abc import Iterator

from kubeguard.checks.kit import Bundle, Manifest, Workload

KINDS = ("NetworkPolicy.networking.k8s.io", "NetworkPolicy.extensions")
_OTHER_NAMESPACED = (
    "CiliumNetworkPolicy.cilium.io",
    "NetworkPolicy.projectcalico.org",
    "NetworkPolicy.crd.projectcalico.org",
    "NetworkPolicy.crd.antrea.io",
)
_OTHER_CLUSTER_WIDE = (
    "CiliumClusterwideNetworkPolicy.cilium.io",
    "GlobalNetworkPolicy.projectcalico.org",
    "GlobalNetworkPolicy.crd.projectcalico.org",
    "ClusterNetworkPolicy.crd.antrea.io",
    "AdminNetworkPolicy.policy.networking.k8s.io",
    "BaselineAdminNetworkPolicy.policy.networking.k8s.io",
    "ClusterNetworkPolicy.policy.networking.k8s.io",
)


def isolates(policy: Manifest, direction: str) -> bool:
    """Whether a policy closes `Ingress` or `Egress` but for its rules.

    Without policyTypes a policy is about Ingress, and about Egress when it has egress rules
    (networking/v1 NetworkPolicySpec.policyTypes).
    """
    types = policy.get("spec", "policyTypes")
    if isinstance(types, list) and types:
        return direction in types
    return direction == "Ingress" or bool(policy.get("spec", "egress"))


def of_every_pod(policy: Manifest) -> bool:
    """Whether the podSelector is empty, which means every pod of the namespace."""
    selector = policy.node["spec"]["podSelector"].mapping
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def targets(bundle: Bundle, policy: Manifest) -> tuple[Workload, ...]:
    """The workloads of the run that a policy picks."""
    return bundle.selected(policy.namespace, policy.node["spec"]["podSelector"].mapping)


def isolated(bundle: Bundle, direction: str) -> set[Workload]:
    """The workloads that at least one policy isolates in a direction."""
    selections = {
        id(pods): pods
        for policy in bundle.of(*KINDS)
        if isolates(policy, direction)
        for pods in (targets(bundle, policy),)
    }
    return {pod for pods in selections.values() for pod in pods}


def judged(bundle: Bundle) -> Iterator[tuple[str, tuple[Workload, ...]]]:
    """Namespaces and their workloads, where only policies that are understood here can apply.

    Pods on the node's network are left out: no NetworkPolicy reaches them.
    """
    foreign = {policy.namespace for policy in bundle.of(*_OTHER_NAMESPACED)}
    if "" in foreign or next(bundle.of(*_OTHER_CLUSTER_WIDE), None):
        return
    for namespace, workloads in bundle.workloads.items():
        reachable = tuple(w for w in workloads if w.get("hostNetwork") is not True)
        if reachable and namespace not in foreign and (namespace or not foreign):
            yield namespace, reachable


def names(workloads: tuple[Workload, ...] | list[Workload]) -> str:
    """`Deployment 'a'`, or `Deployment 'a' and 3 more`."""
    first, *others = dict.fromkeys(workload.manifest for workload in workloads)
    more = f" and {len(others)} more" if others else ""
    return f"{first.kind} {first.name!r}{more}"
