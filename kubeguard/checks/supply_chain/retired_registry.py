"""A registry that nobody looks after any more serves old images until it serves none."""

from collections.abc import Iterator

from kubeguard.checks.kit import Fix, Node, Problem, Severity, Workload, advise, check, put
from kubeguard.checks.supply_chain._references import references

_RETIRED = (
    "k8s.gcr.io",
    "gcr.io/google-containers",
    "gcr.io/google_containers",
    "gcr.io/kubernetes-helm",
    "docker.pkg.github.com",
    "registry.centos.org",
)


@check(
    "KG3103",
    "Image comes from a retired registry",
    on=Workload,
    severity=Severity.MEDIUM,
    refs=("NSA-CISA supply chain",),
    like=("kubescape:C-0253",),
)
def retired_registry(
    workload: Workload, *, registries: tuple[str, ...] = _RETIRED
) -> Iterator[Problem]:
    for image, who, node, key in references(workload):
        name = f"{image.registry}/{image.repository}/"
        for registry in registries if name.startswith(registries) else ():
            if name.startswith(f"{registry}/"):
                message = f"the image of {who} comes from {registry}, which is retired"
                yield Problem(node[key], message, _fix(node[key]))


def _fix(where: Node) -> Fix:
    """The Kubernetes project moved every image of k8s.gcr.io to registry.k8s.io."""
    registry, _, name = where.text.partition("/")
    if registry == "k8s.gcr.io":
        return put(where, f"registry.k8s.io/{name}")
    return advise("find the image's new home, or build it")
