"""Which checks there are: the built-in ones, and those of the policies that somebody names."""

from __future__ import annotations

from kubeguard import api
from kubeguard.cli.output import note
from kubeguard.model.finding import Check
from kubeguard.policy.configuration import Options
from kubeguard.policy.sources import PolicySource


def known(paths: tuple[str, ...]) -> tuple[Check, ...]:
    """All checks; a policy that cannot be loaded is told on standard error."""
    policy = api.with_policies(Options(policies=tuple(map(PolicySource, paths))))
    for trouble in policy.rules.troubles if policy.rules else ():
        note(f"{trouble.node.location}: {trouble.message}")
    return api.catalogue(policy)
