"""A ServiceAccount that keeps its token to itself makes every pod ask for it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Manifest, Problem, Profile, Severity, check, put
from kubeguard.checks.service_account._accounts import FIELD


@check(
    "KG4103",
    "ServiceAccount mounts its token into every pod",
    on=Manifest,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    kinds=("ServiceAccount",),
    refs=("CIS-Kubernetes 5.1.6",),
    like=("checkov:CKV_K8S_38", "kubescape:C-0034"),
)
def automounting_service_account(account: Manifest) -> Iterator[Problem]:
    if account.get(FIELD) is not False:
        flag = account.node[FIELD]
        yield Problem(
            flag,
            f"pods that run as {account.name!r} get its token unless they decline",
            put(flag, False, grade=Grade.UNSAFE),
        )
