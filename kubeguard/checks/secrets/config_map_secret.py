"""A ConfigMap is read, logged and copied by everybody and everything."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check, credentials, part
from kubeguard.checks.secrets._files import in_text


@check(
    "KG6002",
    "ConfigMap holds a secret",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=("ConfigMap",),
    refs=("CWE-312", "MITRE T1552", "NSA-CISA authentication and authorization"),
    like=(
        "trivy:KSV-0109",
        "trivy:KSV-01010",
        "kubescape:C-0012",
        "polaris:sensitiveConfigmapContent",
    ),
)
def config_map_secret(config: Manifest) -> Iterator[Problem]:
    for key, value in config.node["data"].items():
        text = value.text
        if not text:
            continue
        whole = credentials.literal(key, text) if "\n" not in text.strip() else None
        found = [("", whole)] if whole else in_text(key, text)
        for name, credential in found:
            under = f" as {name!r}" if name else ""
            hint = credentials.hint(text[credential.start : credential.end])
            yield Problem(
                part(value, credential.start, credential.end),
                f"{key!r} holds {credential}{under}{hint}",
                advise("move it into a Secret, and mount that beside the ConfigMap"),
            )
