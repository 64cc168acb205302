"""A forwarded port goes round every Service, Ingress and network policy."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check


@check(
    "KG4202",
    "Port of a running pod is forwarded",
    on=Manifest,
    severity=Severity.LOW,
    kinds=("PodPortForwardOptions",),
    refs=("MITRE T1609",),
)
def port_forward(options: Manifest) -> Iterator[Problem]:
    hint = "publish it through a Service that asks who is there"
    yield Problem(options.node, "somebody forwards ports of a running pod", advise(hint))
