"""A capability taken back is one that the container's break-in takes too."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Severity, check, drop
from kubeguard.checks.workload._capabilities import BASELINE, added


@check(
    "KG3024",
    "Container takes back a default capability",
    on=Container,
    severity=Severity.LOW,
    refs=("PSS restricted", "CIS-Kubernetes 5.2.9", "NSA-CISA pod security"),
    like=("trivy:KSV-0106", "checkov:CKV_K8S_25", "checkov:CKV_K8S_37"),
)
def regained_capabilities(container: Container) -> Iterator[Problem]:
    for name, entry in added(container):
        if name in BASELINE and name != "NET_BIND_SERVICE" and not container.workload.windows:
            fix = drop(entry, hint=f"remove {name} from capabilities.add")
            yield Problem(entry, f"{container} adds the capability {name!r}", fix)
