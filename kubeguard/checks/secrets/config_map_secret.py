"""A ConfigMap is read, logged and copied by everybody and everything."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Credential,
    Manifest,
    Problem,
    Severity,
    advise,
    check,
    credentials,
    part,
)


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
        for name, credential in _found(key, text):
            under = f" as {name!r}" if name else ""
            hint = credentials.hint(text[credential.start : credential.end])
            yield Problem(
                part(value, credential.start, credential.end),
                f"{key!r} holds {credential}{under}{hint}",
                advise("move it into a Secret, and mount that beside the ConfigMap"),
            )


def _found(key: str, text: str) -> list[tuple[str, Credential]]:
    """The secrets in a file, with their names, or the one that a single line is as a whole."""
    inside = list(credentials.in_text(key, text))
    if inside or "\n" in text.strip():
        return inside
    whole = credentials.literal(key, text)
    return [("", whole)] if whole else []
