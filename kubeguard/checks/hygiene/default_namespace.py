"""In the default namespace everything shares one set of permissions, quotas and policies."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, advise, check

_KINDS = ("DaemonSet.apps", "Deployment.apps", "StatefulSet.apps")


@check(
    "KG7106",
    "Workload in the default namespace",
    on=Manifest,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    refs=("CIS-Kubernetes 5.6.4",),
    like=(
        "trivy:KSV-0110",
        "checkov:CKV_K8S_21",
        "kube-linter:use-namespace",
        "kubescape:C-0061",
        "kubescape:C-0212",
    ),
)
def default_namespace(manifest: Manifest) -> Iterator[Problem]:
    if manifest.namespace != "default":
        return
    if manifest.workloads or manifest.group_kind in _KINDS:
        yield Problem(
            manifest.node["metadata"]["namespace"],
            f"{manifest.kind} {manifest.name!r} is put into the namespace 'default'",
            advise("give the application a namespace of its own"),
        )
