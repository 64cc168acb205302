"""Without a readiness probe a container gets requests before it can answer them."""

from collections.abc import Iterator

from kubeguard.checks.hygiene._probes import unprobed
from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check

_PROVIDED = ("serving.knative.dev", "serving.kserve.io")
"""API groups whose controllers give every pod a readiness probe."""


@check(
    "KG7102",
    "Container without a readiness probe",
    on=Workload,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=(
        "checkov:CKV_K8S_9",
        "kube-linter:no-readiness-probe",
        "polaris:readinessProbeMissing",
        "kube-score:pod-probes",
        "kubescape:C-0018",
    ),
)
def missing_readiness_probe(workload: Workload) -> Iterator[Problem]:
    if workload.manifest.group not in _PROVIDED:
        yield from unprobed(workload, "readinessProbe", "probe whether it can serve a request now")
