"""Without a liveness probe a container that hangs stays hanging."""

from collections.abc import Iterator

from kubeguard.checks.hygiene._probes import unprobed
from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check


@check(
    "KG7101",
    "Container without a liveness probe",
    on=Workload,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=(
        "checkov:CKV_K8S_8",
        "kube-linter:no-liveness-probe",
        "polaris:livenessProbeMissing",
        "kube-score:pod-probes",
        "kubescape:C-0056",
    ),
)
def missing_liveness_probe(workload: Workload) -> Iterator[Problem]:
    yield from unprobed(workload, "livenessProbe", "probe what a restart would cure")
