"""An Ingress that answers for any host takes requests that were meant for others."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, advise, check


@check(
    "KG5011",
    "Ingress that answers for any host",
    on=Manifest,
    kinds=("Ingress.networking.k8s.io", "Ingress.extensions"),
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
)
def wildcard_ingress_host(ingress: Manifest) -> Iterator[Problem]:
    fix = advise("name the hosts this Ingress is meant for")
    for rule in ingress.node["spec"]["rules"]:
        host = rule["host"]
        if not host.value and isinstance(rule.value, dict):
            yield Problem(host, "a rule without a host matches the requests of every host", fix)
        elif host.text.startswith("*"):
            yield Problem(host, f"{host.text[:60]!r} matches hosts nobody has listed", fix)
    if not ingress.node["spec"]["rules"].sequence:
        for key in ("defaultBackend", "backend"):
            backend = ingress.node["spec"][key]
            if backend.exists:
                yield Problem(backend, "a default backend alone answers for every host", fix)
