"""Unless the kubelet is told to refuse root, the image decides."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Container,
    Grade,
    ImageFacts,
    Node,
    Problem,
    Severity,
    Workload,
    advise,
    check,
    put,
)
from kubeguard.checks.workload._ids import is_root
from kubeguard.checks.workload._user_namespaces import shielded


@check(
    "KG3020",
    "Container is not held to a non-root user",
    on=Workload,
    severity=Severity.MEDIUM,
    refs=("PSS restricted", "CIS-Kubernetes 5.2.7", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0012",
        "checkov:CKV_K8S_23",
        "kube-linter:run-as-non-root",
        "polaris:runAsRootAllowed",
        "kubescape:C-0013",
    ),
)
def unenforced_non_root(workload: Workload) -> Iterator[Problem]:
    if shielded(workload):
        return
    pod = workload.get("securityContext", "runAsNonRoot")
    if pod is False:
        where = workload.node["securityContext"]["runAsNonRoot"]
        fix = put(where, True, grade=Grade.UNSAFE)
        yield Problem(where, "the pod lets its containers run as root", fix)
    for container in workload.containers:
        own = container.own.get("runAsNonRoot")
        if own is False or (own is not True and pod is not True and pod is not False):
            yield _problem(container)


def _problem(container: Container) -> Problem:
    where = container.node["securityContext"]["runAsNonRoot"]
    user = container.setting("runAsUser")
    if is_root(user):
        fix = advise("give the container a user other than 0, then set runAsNonRoot: true")
        return Problem(where, f"{container} is not kept from running as UID 0", fix)
    if type(user) is int and user > 0:
        message = f"{container} runs as UID {user}, but nothing refuses root if that changes"
        return Problem(where, message, put(where, True))
    image = container.facts
    if image is None or user is not None:
        return Problem(where, f"{container} may run as root", put(where, True, grade=Grade.UNSAFE))
    return _known(container, image, where)


def _known(container: Container, image: ImageFacts, where: Node) -> Problem:
    """The image is known, and decides."""
    if image.uid == 0:
        message = f"{container} runs as root, which is its image's user"
        return Problem(where, message, put(where, True, grade=Grade.UNSAFE))
    who = f"UID {image.uid}" if image.uid else repr(image.user[:40])
    message = f"{container} runs as {who} by its image, but nothing refuses root if that changes"
    if image.user.partition(":")[0].isdecimal():
        return Problem(where, message, put(where, True))
    hint = "give the image's user by number, or set runAsUser; then set runAsNonRoot: true"
    return Problem(where, message, advise(hint))
