"""Rights given to the default account are given to every pod of the namespace that names none."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Severity, Workload, advise, check
from kubeguard.checks.service_account._accounts import account_name, token_mounted


@check(
    "KG4102",
    "Default service account is used",
    on=Workload,
    severity=Severity.LOW,
    refs=("CIS-Kubernetes 5.1.5",),
    like=("checkov:CKV_K8S_41", "kubescape:C-0189", "kube-linter:default-service-account"),
)
def default_service_account(workload: Workload) -> Iterator[Problem]:
    if account_name(workload) != "default" or not token_mounted(workload):
        return
    yield Problem(
        workload.node["serviceAccountName"],
        "the pod runs as the account it shares with every pod that names none",
        advise("create a ServiceAccount for this workload, or do not mount the token"),
    )
