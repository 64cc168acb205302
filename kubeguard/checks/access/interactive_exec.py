"""Whoever runs a command in a running container is inside, and no manifest tells."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check


@check(
    "KG4201",
    "Command is run in a running container",
    on=Manifest,
    severity=Severity.LOW,
    kinds=("PodExecOptions", "PodAttachOptions"),
    refs=("MITRE T1609", "NSA-CISA authentication and authorization"),
)
def interactive_exec(options: Manifest) -> Iterator[Problem]:
    named = options.get("container")
    where = f"container {named[:63]!r}" if isinstance(named, str) and named else "the container"
    verb = "attaches to" if options.kind == "PodAttachOptions" else "runs a command in"
    hint = "look at logs and metrics, or at a copy: kubectl debug --copy-to"
    yield Problem(options.node, f"somebody {verb} {where} of a running pod", advise(hint))
