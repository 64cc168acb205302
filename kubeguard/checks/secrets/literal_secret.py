"""A secret in a pod spec is read by everybody who may get pods."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Severity, advise, check, credentials, part
from kubeguard.checks.secrets._arguments import on_command_line

_FIX = "put it into a Secret and refer to it: valueFrom.secretKeyRef, or a mounted file"


@check(
    "KG6001",
    "Container carries a literal secret",
    on=Container,
    severity=Severity.HIGH,
    refs=("CWE-798", "MITRE T1552", "NSA-CISA authentication and authorization"),
    like=("kubescape:C-0012", "polaris:sensitiveContainerEnvVar", "kube-linter:env-var-secret"),
)
def literal_secret(container: Container) -> Iterator[Problem]:
    variables = container.get("env")
    for index, variable in enumerate(variables if isinstance(variables, list) else ()):
        if not isinstance(variable, dict):
            continue
        name, value = variable.get("name"), variable.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        found = credentials.literal(name, value)
        if found:
            where = container.node["env"][index]["value"]
            what = f"{container} has a {found.kind} in variable {name!r}"
            yield Problem(
                where, f"{what}{credentials.hint(value[found.start : found.end])}", advise(_FIX)
            )
    for key in ("command", "args"):
        if container.get(key):
            for argument, name, found in on_command_line(container.node[key]):
                under = f" as {name!r}" if name else ""
                secret = argument.text[found.start : found.end]
                yield Problem(
                    part(argument, found.start, found.end),
                    f"{container} has a {found.kind} in its {key}{under}{credentials.hint(secret)}",
                    advise(_FIX),
                )
