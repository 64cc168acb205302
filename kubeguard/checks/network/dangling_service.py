"""A Service whose selector fits no pod sends its clients nowhere, until somebody's pod fits it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Bundle, Manifest, Problem, Profile, Severity, advise, check


@check(
    "KG5004",
    "Service that selects no pod",
    on=Bundle,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=("kube-linter:dangling-service", "kube-score:service-targets-pod", "kubescape:C-0293"),
)
def dangling_service(bundle: Bundle) -> Iterator[Problem]:
    if not bundle.workloads:
        return
    for service in bundle.of("Service"):
        selector = service.node["spec"]["selector"]
        if not selector.mapping or service.get("spec", "type") == "ExternalName":
            continue
        if not bundle.selected(service.namespace, {"matchLabels": selector.mapping}):
            yield Problem(
                selector,
                f"no pod in this scan carries {_labels(service)}",
                advise("make the selector equal to labels of the pod template"),
            )


def _labels(service: Manifest) -> str:
    pairs = [f"{key}={value}" for key, value in service.node["spec"]["selector"].mapping.items()]
    where = f" in namespace {service.namespace!r}" if service.namespace else ""
    return ", ".join(pairs)[:80] + where
