"""An attacker who cannot write cannot leave tools behind."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Grade, Problem, Severity, check, put


@check(
    "KG3030",
    "Container can write to its own root file system",
    on=Container,
    severity=Severity.MEDIUM,
    refs=("NSA-CISA pod security", "CIS-Docker 5.13"),
    like=(
        "trivy:KSV-0014",
        "checkov:CKV_K8S_22",
        "kube-linter:no-read-only-root-fs",
        "polaris:notReadOnlyRootFilesystem",
        "kube-score:container-security-context-readonlyrootfilesystem",
        "kubescape:C-0017",
    ),
)
def writable_root_filesystem(container: Container) -> Iterator[Problem]:
    if container.own.get("readOnlyRootFilesystem") is not True and not container.workload.windows:
        where = container.node["securityContext"]["readOnlyRootFilesystem"]
        fix = put(where, True, grade=Grade.UNSAFE)
        yield Problem(where, f"{container} can write to its root file system", fix)
