"""A pod that no policy selects accepts connections from every pod of the cluster."""

from collections.abc import Iterator

from kubeguard.checks.kit import Bundle, Problem, Profile, Severity, advise, check
from kubeguard.checks.network._policies import KINDS, isolated, judged


@check(
    "KG5001",
    "Pods that no NetworkPolicy selects",
    on=Bundle,
    severity=Severity.MEDIUM,
    profile=Profile.RESTRICTED,
    refs=("CIS-Kubernetes 5.3.2", "NSA-CISA network separation"),
    like=(
        "checkov:CKV2_K8S_6",
        "kube-linter:non-isolated-pod",
        "polaris:missingNetworkPolicy",
        "kube-score:pod-networkpolicy",
        "kubescape:C-0260",
        "kubescape:C-0030",
    ),
)
def missing_network_policy(bundle: Bundle) -> Iterator[Problem]:
    governed = {policy.namespace for policy in bundle.of(*KINDS)}
    if not governed:
        return
    safe = isolated(bundle, "Ingress")
    for namespace, workloads in judged(bundle):
        for workload in workloads if namespace in governed else ():
            if workload not in safe:
                owner = workload.manifest
                yield Problem(
                    workload.metadata["labels"],
                    f"no NetworkPolicy limits who may connect to {owner.kind} {owner.name!r}",
                    advise("add a policy whose podSelector matches the pod labels"),
                )
