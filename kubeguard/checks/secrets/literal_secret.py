"""A secret in a pod spec is read by everybody who may get pods."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Container,
    Credential,
    Node,
    Problem,
    Severity,
    advise,
    check,
    credentials,
    part,
)

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = (("lifecycle", "postStart"), ("lifecycle", "preStop"))
_COMMANDS = (
    ("command",),
    ("args",),
    *((probe, "exec", "command") for probe in _PROBES),
    *((*hook, "exec", "command") for hook in _HOOKS),
    ("script",),
    ("source",),
)
"""The last two are what a step of Tekton and a script of Argo Workflows run."""
_HEADERS = tuple((probe, "httpGet", "httpHeaders") for probe in _PROBES)
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
    for value, name, found in _in_variables(container):
        yield _problem(f"{container} has {found} in variable {name!r}", value, found)
    for path in _COMMANDS:
        if container.get(*path):
            command = container.node.at(*path)
            arguments = list(command) if command.sequence else [command]
            for number, name, found in credentials.in_arguments([a.text for a in arguments]):
                what = f"{container} has {found} in its {'.'.join(path)}"
                what = f"{what} as {name!r}" if name else what
                yield _problem(what, arguments[number], found)
    for path in _HEADERS:
        if container.get(*path):
            for header in container.node.at(*path):
                value = header["value"]
                held = credentials.literal(header["name"].text, value.text)
                if held:
                    yield _problem(f"{container} sends {held} with its {path[0]}", value, held)


def _in_variables(container: Container) -> Iterator[tuple[Node, str, Credential]]:
    variables = container.get("env")
    for index, variable in enumerate(variables if isinstance(variables, list) else ()):
        if not isinstance(variable, dict):
            continue
        name, value = variable.get("name"), variable.get("value")
        if isinstance(name, str) and isinstance(value, str):
            found = _in_value(name, value)
            if found:
                yield container.node["env"][index]["value"], name, found


def _in_value(name: str, value: str) -> Credential | None:
    """The secret that a variable is, or the first in the options or the configuration it holds."""
    found = credentials.literal(name, value)
    if found is None and ("=" in value or '"' in value):
        inside = [*credentials.in_text(name, value), *credentials.in_options(value)]
        return inside[0][1] if inside else None
    return found


def _problem(what: str, where: Node, found: Credential) -> Problem:
    hint = credentials.hint(where.text[found.start : found.end])
    return Problem(part(where, found.start, found.end), what + hint, advise(_FIX))
