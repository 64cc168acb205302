"""A configuration snippet is code inside the Ingress controller, which reads every Secret."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Severity, check, drop

_SNIPPET = re.compile(r"[a-z-]*-snippets?")
_INJECTABLE = (
    "auth-tls-match-cn",
    "auth-url",
    "mirror-host",
    "mirror-target",
    "permanent-redirect",
)


@check(
    "KG5012",
    "Ingress injects controller configuration",
    on=Manifest,
    kinds=("Ingress.networking.k8s.io", "Ingress.extensions"),
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=(
        "CVE-2021-25742",
        "CVE-2023-5043",
        "CVE-2023-5044",
        "CVE-2025-24514",
        "CWE-94",
        "MITRE T1552.007",
    ),
    like=(
        "checkov:CKV_K8S_152",
        "checkov:CKV_K8S_153",
        "checkov:CKV_K8S_154",
        "kubescape:C-0059",
        "trivy:KCV-0093",
    ),
)
def ingress_snippets(ingress: Manifest) -> Iterator[Problem]:
    for key, value in ingress.node["metadata"]["annotations"].items():
        name = key.rpartition("/")[2] if isinstance(key, str) else ""
        if _SNIPPET.fullmatch(name) and value.text.strip():
            message = f"{name} puts text of its own into the controller's configuration"
            yield Problem(value, message, drop(value))
        elif name in _INJECTABLE and any(sign in value.text.strip() for sign in "\r\n;"):
            message = f"the value of {name} breaks out of its directive"
            yield Problem(value, message, drop(value))
