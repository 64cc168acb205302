"""Without TLS everybody on the way reads and changes what an Ingress serves."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Node, Problem, Profile, Severity, advise, check

_CERTIFICATES = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "haproxy.org/ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/certmap",
    "networking.gke.io/managed-certificates",
    "oci-native-ingress.oraclecloud.com/certificate-ocid",
)
_SWITCHES = (
    "haproxy-ingress.github.io/ssl-passthrough",
    "haproxy.org/ssl-passthrough",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "traefik.ingress.kubernetes.io/router.tls",
)
_BORROWED = (
    ("nginx.ingress.kubernetes.io/canary", "true"),
    ("nginx.org/mergeable-ingress-type", "minion"),
)
"""Ingresses that only add to another one, which has the certificate."""


@check(
    "KG5010",
    "Ingress without TLS",
    on=Manifest,
    kinds=("Ingress.networking.k8s.io", "Ingress.extensions"),
    severity=Severity.MEDIUM,
    profile=Profile.RESTRICTED,
    refs=("NSA-CISA network separation", "CWE-319", "MITRE T1557"),
    like=("polaris:tlsSettingsMissing", "kubescape:C-0263"),
)
def ingress_without_tls(ingress: Manifest) -> Iterator[Problem]:
    spec = ingress.node["spec"]
    entries = [entry for entry in spec["tls"] if isinstance(entry.value, dict)]
    rules = list(spec["rules"])
    if not (rules or _default(spec)) or _elsewhere(ingress):
        return
    if not entries:
        yield _plain(spec["tls"], _hosts(rules))
        return
    if not all(entry["hosts"].sequence for entry in entries):
        return  # an entry without hosts covers all of them
    covered = {_host(host) for entry in entries for host in entry["hosts"]}
    for rule in rules:
        host = _host(rule["host"])
        if host and host not in covered and f"*.{host.partition('.')[2]}" not in covered:
            yield _plain(rule["host"], repr(host[:60]))


def _plain(where: Node, what: str) -> Problem:
    return Problem(
        where,
        f"{what} is served over plain HTTP",
        advise("add a tls entry with the host and the Secret of its certificate"),
    )


def _default(spec: Node) -> bool:
    return spec["defaultBackend"].exists or spec["backend"].exists


def _host(node: Node) -> str:
    return node.text.lower().rstrip(".")


def _hosts(rules: list[Node]) -> str:
    hosts = list(dict.fromkeys(_host(rule["host"]) for rule in rules))
    if not hosts or "" in hosts:
        return "every host"
    return repr(hosts[0][:60]) + (f" and {len(hosts) - 1} more" if len(hosts) > 1 else "")


def _elsewhere(ingress: Manifest) -> bool:
    """Whether the certificate is the business of an annotation or of another Ingress."""
    said = {key: str(value).strip().lower() for key, value in ingress.annotations.items()}
    if any(said.get(key) for key in _CERTIFICATES):
        return True
    if any(said.get(key) == "true" for key in _SWITCHES):
        return True
    if any(said.get(key) == value for key, value in _BORROWED):
        return True
    if "https" in said.get("alb.ingress.kubernetes.io/listen-ports", ""):
        return True
    # Only the controller of Google Cloud knows this one: no plain listener is made at all.
    by_class = said.get("kubernetes.io/ingress.class", "")
    google = not ingress.get("spec", "ingressClassName") and by_class in ("", "gce", "gce-internal")
    return google and said.get("kubernetes.io/ingress.allow-http") == "false"
