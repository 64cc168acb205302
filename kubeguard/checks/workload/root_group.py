"""Much of what root may read, the group root may read too."""

from collections.abc import Iterator

from kubeguard.checks.kit import Node, Problem, Severity, Workload, advise, check
from kubeguard.checks.workload._ids import is_root
from kubeguard.checks.workload._user_namespaces import shielded

_HINT = "name a group of the application's own"


@check(
    "KG3026",
    "Container belongs to the root group",
    on=Workload,
    severity=Severity.LOW,
    refs=("NSA-CISA pod security",),
    like=("trivy:KSV-0116", "kube-linter:run-as-non-root"),
)
def root_group(workload: Workload) -> Iterator[Problem]:
    if workload.windows or shielded(workload):
        return
    if isinstance(workload.get("securityContext"), dict):
        yield from _pod(workload.node["securityContext"])
    for container in workload.containers:
        if is_root(container.own.get("runAsGroup")):
            where = container.node["securityContext"]["runAsGroup"]
            yield Problem(where, f"{container} runs with GID 0", advise(_HINT))


def _pod(context: Node) -> Iterator[Problem]:
    for key in ("runAsGroup", "fsGroup"):
        if is_root(context.get(key)):
            yield Problem(context[key], f"the pod sets {key} to 0", advise(_HINT))
    for entry in context["supplementalGroups"]:
        if is_root(entry.value):
            yield Problem(entry, "the pod joins the supplementary group 0", advise(_HINT))
