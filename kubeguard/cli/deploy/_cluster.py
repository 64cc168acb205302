"""A release on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubeguard import api
from kubeguard.cli.connecting import cluster
from kubeguard.cli.deploy._targets import pass_or_refuse, show
from kubeguard.cli.output import note, say
from kubeguard.cli.scan import exit_code
from kubeguard.errors import UsageError
from kubeguard.formats._digest import plural
from kubeguard.policy.policy import Policy

if TYPE_CHECKING:
    from kubeguard.deploy.change import Change
    from kubeguard.deploy.deployment import Deployment


class ClusterTarget:
    """The steps, on the cluster that kubectl would use unless another one is named."""

    def __init__(
        self, release: str, namespace: str, kubeconfig: Path | None, context: str | None
    ) -> None:
        self._release = release
        self._namespace = namespace
        self._connection = kubeconfig, context

    @cached_property
    def _deployment(self) -> Deployment:
        there = cluster(*self._connection)
        from kubeguard.deploy.deployment import Deployment
        from kubeguard.deploy.release import Release

        return Deployment(Release(self._release, self._namespace, there), there, say)

    def plan(self, files: Sequence[str]) -> Iterator[Change]:
        wanted = _manifests(files)
        return self._deployment.plan(wanted)

    def apply(self, files: Sequence[str], policy: Policy, seconds: float) -> None:
        wanted = _manifests(files)
        pass_or_refuse(api.audit(*files, policy=policy), policy)
        self._deployment.apply(wanted, seconds)

    def verified(self, policy: Policy, probes: bool) -> int:
        live = self._deployment.live()
        report = api.audit_objects(live, policy)
        probed = ""
        if probes:
            from kubeguard.deploy.probing import problems

            probing = self._deployment.probe(live)
            found = problems(probing, report, api.checks_of(policy), policy)
            report = api.audit_objects(live, policy, found)
            probed = f", {plural(probing.answered, 'container')} probed"
            for each in probing.notes:
                note(each)
        show(report, policy)
        code = exit_code(report, policy)
        if not code:
            word = "passed" if any(finding.counts for finding in report.findings) else "clean"
            say(f"{plural(len(live), 'object')} on the cluster: {word}{probed}")
        return code

    def rollback(self, to: int, seconds: float) -> None:
        self._deployment.rollback(to, seconds)

    def made(self, volumes: bool) -> Sequence[str]:
        if volumes:
            hint = "claims that a release made are deleted with it"
            raise UsageError("--volumes means nothing with --target kubernetes", hint)
        return self._deployment.made()

    def delete(self, seconds: float, _: bool) -> None:
        self._deployment.delete(seconds)


def _manifests(files: Sequence[str]) -> list[dict[str, Any]]:
    """The objects in the files. Raises UsageError for none, and for what cannot be applied."""
    from kubeguard.deploy.intake import taken

    found = taken(api.objects(*files))
    if not found:
        hint = "a Compose file needs --target compose"
        raise UsageError("there are no objects in what is to be applied", hint)
    return found
