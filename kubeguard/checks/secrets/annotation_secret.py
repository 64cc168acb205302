"""Annotations are copied into logs, events and dashboards that no Secret would ever reach."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Node, Problem, Severity, advise, check, credentials

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@check(
    "KG6003",
    "Annotation holds a secret",
    on=Manifest,
    severity=Severity.HIGH,
    refs=("CWE-312", "MITRE T1552"),
)
def annotation_secret(manifest: Manifest) -> Iterator[Problem]:
    own = manifest.node["metadata"]
    yield from _problems(own)
    for workload in manifest.workloads:
        if workload.metadata.path != own.path:
            yield from _problems(workload.metadata)


def _problems(metadata: Node) -> Iterator[Problem]:
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return
    for key, value in annotations.items():
        if not isinstance(value, str) or key == _LAST_APPLIED:
            continue
        for found in credentials.find(value)[:1]:
            yield Problem(
                metadata["annotations"][key],
                f"{key!r} holds {found}{credentials.hint(value[found.start : found.end])}",
                advise("move it into a Secret, and name that Secret in the annotation"),
            )
