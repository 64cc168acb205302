"""Which service account a pod runs as, and whether its token is mounted."""

from __future__ import annotations

from kubeguard.checks.kit import Node, Workload

FIELD = "automountServiceAccountToken"


def account_name(workload: Workload) -> str:
    """`serviceAccountName`, or its deprecated alias `serviceAccount`, or `default`."""
    for key in ("serviceAccountName", "serviceAccount"):
        name = workload.get(key)
        if isinstance(name, str) and name:
            return name
    return "default"


def account(workload: Workload) -> Node | None:
    """The ServiceAccount object in the run; one without a namespace lands where it is applied."""
    accounts = workload.cluster.service_accounts
    if not accounts:
        return None
    name = account_name(workload)
    return accounts.get((workload.manifest.namespace, name), accounts.get(("", name)))


def token_mounted(workload: Workload) -> bool:
    """The pod decides, else its service account, else the default, which is yes."""
    if workload.task:
        return False
    own = workload.get(FIELD)
    if isinstance(own, bool):
        return own
    found = account(workload)
    return found is None or found.get(FIELD) is not False
