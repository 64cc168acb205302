"""A host port opens the container on every address of its node."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check, drop


@check(
    "KG3010",
    "Container binds a port of the node",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.12", "NSA-CISA pod security"),
    like=("trivy:KSV-0024", "checkov:CKV_K8S_26", "polaris:hostPortSet", "kubescape:C-0044"),
)
def host_port(container: Container) -> Iterator[Problem]:
    if container.workload.get("hostNetwork") is True:
        return  # the API server gives every port of such a pod its hostPort
    ports = container.get("ports")
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        if isinstance(port, dict) and port.get("hostPort"):
            where = container.node["ports"][index]["hostPort"]
            message = f"{container} binds port {port['hostPort']!r} of its node"
            yield Problem(where, message, drop(where, hint="remove hostPort"))
