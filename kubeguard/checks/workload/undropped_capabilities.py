"""Capabilities that nobody dropped are there for whoever breaks in."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Grade, Problem, Severity, check, put
from kubeguard.checks.workload._capabilities import canonical, dropped


@check(
    "KG3023",
    "Container keeps the default capabilities",
    on=Container,
    severity=Severity.MEDIUM,
    refs=("PSS restricted", "CIS-Kubernetes 5.2.9", "NSA-CISA pod security"),
    like=(
        "trivy:KSV-0003",
        "trivy:KSV-0106",
        "checkov:CKV_K8S_37",
        "polaris:insecureCapabilities",
        "kubescape:C-0201",
    ),
)
def undropped_capabilities(container: Container) -> Iterator[Problem]:
    names = dropped(container)
    if "ALL" in names or container.workload.windows:
        return
    where = container.node["securityContext"]["capabilities"]["drop"]
    lenient = any(isinstance(name, str) and canonical(name) == "ALL" for name in names)
    said = (
        "does not spell ALL as Pod Security wants it"
        if lenient
        else "does not drop ALL capabilities"
    )
    grade = Grade.SAFE if lenient else Grade.UNSAFE
    fix = put(where, ["ALL"], grade=grade, hint="set capabilities.drop: [ALL]")
    yield Problem(where, f"{container} {said}", fix)
