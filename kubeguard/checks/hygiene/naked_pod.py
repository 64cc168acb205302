"""A pod that no controller owns is gone when its node is."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, advise, check

_STATIC = ("kubernetes.io/config.mirror", "kubernetes.io/config.source")
_HOOK = "helm.sh/hook"


@check(
    "KG7105",
    "Pod without a controller",
    on=Manifest,
    kinds=("Pod",),
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=("polaris:nakedPod", "kubescape:C-0073"),
)
def naked_pod(pod: Manifest) -> Iterator[Problem]:
    if pod.name and not pod.get("metadata", "ownerReferences") and not _kept(pod):
        yield Problem(
            pod.node["kind"],
            f"nothing brings pod {pod.name!r} back when it dies or its node does",
            advise("make it the template of a Deployment, or of a Job if it is meant to end"),
        )


def _kept(pod: Manifest) -> bool:
    """Static pods are the kubelet's, the control plane's among them; hooks are Helm's."""
    if any(key in pod.annotations for key in (*_STATIC, _HOOK)):
        return True
    return pod.namespace == "kube-system" and pod.labels.get("tier") == "control-plane"
