"""SYS_ADMIN opens so many doors of the kernel that it is the new root."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check, drop
from kubeguard.checks.workload._capabilities import added, rules_the_node


@check(
    "KG3006",
    "Container adds SYS_ADMIN or every capability",
    on=Container,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.9", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0005",
        "trivy:KSV-0022",
        "checkov:CKV_K8S_39",
        "checkov:CKV_K8S_25",
        "polaris:dangerousCapabilities",
        "kubescape:C-0046",
    ),
)
def sys_admin_capability(container: Container) -> Iterator[Problem]:
    for name, entry in added(container):
        if rules_the_node(name):
            fix = drop(entry, hint=f"remove {name} from capabilities.add")
            yield Problem(entry, f"{container} adds the capability {name!r}", fix)
