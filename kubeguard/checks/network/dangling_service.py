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
    for service in bundle.of("Service"):
        selector = service.node["spec"]["selector"]
        if not selector.mapping or service.get("spec", "type") == "ExternalName":
            continue
        wanted = {"matchLabels": selector.mapping}
        if bundle.selected(service.namespace, wanted):
            continue
        # Pods of a namespace that the scan does not hold are nothing to compare with.
        elsewhere = any(pod.labels for pod in bundle.selected("", wanted))
        if elsewhere or service.namespace in bundle.workloads:
            yield Problem(
                selector,
                _message(service, elsewhere),
                advise("make the selector equal to labels of the pod template"),
            )


def _message(service: Manifest, elsewhere: bool) -> str:
    pairs = service.node["spec"]["selector"].mapping.items()
    labels = ", ".join(f"{key}={value}" for key, value in pairs)[:80]
    if elsewhere:
        return f"the pods with {labels} are not in namespace {service.namespace!r}"
    return f"no pod in this scan carries {labels}"
