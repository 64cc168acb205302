"""Every capability beyond the default set is a piece of root."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check, drop
from kubeguard.checks.workload._capabilities import BASELINE, added, rules_the_node


@check(
    "KG3005",
    "Container adds a capability beyond the default set",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.9", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0022",
        "checkov:CKV_K8S_25",
        "polaris:dangerousCapabilities",
        "polaris:insecureCapabilities",
        "kubescape:C-0046",
    ),
)
def non_default_capabilities(container: Container) -> Iterator[Problem]:
    for name, entry in added(container):
        if name not in BASELINE and not rules_the_node(name):
            fix = drop(entry, hint=f"remove {name[:40]} from capabilities.add")
            yield Problem(entry, f"{container} adds the capability {name[:40]!r}", fix)
