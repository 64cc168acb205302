"""Pods in a user namespace, for which Kubernetes 1.35 relaxed the Pod Security Standards."""

from kubeguard.checks.kit import Workload


def shielded(workload: Workload) -> bool:
    """`hostUsers: false` on a release whose nodes all know it (KEP-127, Pod Security 1.35)."""
    return workload.user_namespace and workload.cluster.version >= (1, 35)
