"""A mounted token is the first thing an intruder in a pod uses."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Severity, Workload, check, put
from kubeguard.checks.service_account._accounts import FIELD, account, account_name, token_mounted


@check(
    "KG4101",
    "Service account token is mounted",
    on=Workload,
    severity=Severity.LOW,
    refs=("CIS-Kubernetes 5.1.6", "NSA-CISA authentication and authorization", "MITRE T1528"),
    like=(
        "trivy:KSV-0036",
        "checkov:CKV_K8S_38",
        "kubescape:C-0034",
        "polaris:automountServiceAccountToken",
    ),
)
def automounted_token(workload: Workload) -> Iterator[Problem]:
    if workload.get(FIELD) is False or not token_mounted(workload):
        return
    flag = workload.node[FIELD]
    yield Problem(
        flag,
        f"the token of service account {account_name(workload)!r} is mounted{_why(workload)}",
        put(flag, False, grade=Grade.UNSAFE),
    )


def _why(workload: Workload) -> str:
    """What the ServiceAccount object in the same run says about it."""
    found = account(workload)
    said = found.get(FIELD) if found is not None else None
    if workload.get(FIELD) is True:
        return " although the ServiceAccount turns it off" if said is False else ""
    if said is True:
        return ", as its ServiceAccount asks"
    return "; its ServiceAccount does not turn it off either" if found is not None else ""
