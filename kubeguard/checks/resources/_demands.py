"""What a container really asks for, once limit, pod and LimitRange have had their say."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Role, Workload, advise

_SOURCES = {"limits": ("limits",), "requests": ("requests", "limits")}
"""A missing request becomes the limit (API defaulting of core/v1 Pod)."""
_DEFAULTS = {"limits": "default", "requests": "defaultRequest"}
_POD_LEVEL = (1, 34)
"""The first release that reads `spec.resources` of a pod by default (KEP-2837)."""


def missing(container: Container, field: str, resource: str, hint: str) -> Iterator[Problem]:
    """The problem of a container for which nobody sets `requests` or `limits` of a resource."""
    resources = container.get("resources") or container.get("computeResources")  # of a Tekton step
    if isinstance(resources, dict):
        for source in _SOURCES[field]:
            values = resources.get(source)
            if isinstance(values, dict) and values.get(resource) is not None:
                return
    if container.role is Role.EPHEMERAL or inherited(container.workload, field, resource):
        return  # the API refuses resources of ephemeral containers
    message = f"{container} has no {resource} {field[:-1]}"
    ranges = container.cluster.ranges(container.workload.manifest.namespace)
    if ranges:
        message += f", and LimitRange {ranges[0]['metadata']['name'].text!r} sets none"
    yield Problem(container.node["resources"][field][resource], message, advise(hint))


def inherited(workload: Workload, field: str, resource: str) -> bool:
    """Whether the pod as a whole, or a LimitRange of the namespace, sets it."""
    cluster = workload.cluster
    if cluster.version >= _POD_LEVEL and any(
        workload.get("resources", source, resource) is not None for source in _SOURCES[field]
    ):
        return True
    namespace = workload.manifest.namespace
    return cluster.container_default(namespace, _DEFAULTS[field], resource) is not None
