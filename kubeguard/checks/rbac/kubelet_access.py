"""`nodes/proxy` is the kubelet's own API: a shell in every pod, past admission and audit."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check
from kubeguard.checks.rbac._powers import REACH_KUBELET
from kubeguard.checks.rbac._rules import CLUSTER_ROLE, grants


@check(
    "KG4014",
    "ClusterRole reaches the kubelet API",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=(CLUSTER_ROLE,),
    refs=("CIS-Kubernetes 5.1.10", "MITRE T1609"),
    like=("trivy:KSV-0047", "checkov:CKV2_K8S_2", "kubescape:C-0279"),
)
def kubelet_access(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, REACH_KUBELET):
        yield Problem(
            grant.resources[0],
            f"{grant.what} runs commands in every pod of a node, unseen by admission and audit",
            grant.less_resources(),
        )
