"""NET_RAW lets a container forge packets for its neighbours."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Container,
    Grade,
    Problem,
    Profile,
    Severity,
    check,
    drop,
    put,
)
from kubeguard.checks.workload._capabilities import added, canonical, dropped


@check(
    "KG3027",
    "Container can open raw sockets",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Kubernetes 5.2.8", "NSA-CISA pod security", "MITRE T1557"),
    like=(
        "trivy:KSV-0119",
        "checkov:CKV_K8S_28",
        "kube-linter:drop-net-raw-capability",
        "kubescape:C-0199",
    ),
)
def raw_sockets(container: Container) -> Iterator[Problem]:
    if container.workload.windows:
        return
    for name, entry in added(container):
        if canonical(name) in ("ALL", "NET_RAW"):
            fix = drop(entry, hint=f"remove {name} from capabilities.add")
            yield Problem(entry, f"{container} adds the capability {name!r}", fix)
            return
    given = {canonical(name) for name in dropped(container) if isinstance(name, str)}
    if given.isdisjoint(("ALL", "NET_RAW")):
        where = container.node["securityContext"]["capabilities"]["drop"]
        names = [*where.sequence, "NET_RAW"]
        fix = put(where, names, grade=Grade.UNSAFE, hint="add NET_RAW to capabilities.drop")
        yield Problem(where, f"{container} keeps the capability NET_RAW", fix)
