"""A release as a Compose project on one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from kubeguard import api
from kubeguard.cli.deploy._targets import pass_or_refuse, show
from kubeguard.cli.output import note, say
from kubeguard.cli.scan import exit_code
from kubeguard.deploy.change import Change
from kubeguard.deploy.compose import containers, probing, project
from kubeguard.deploy.compose.deployment import ComposeDeployment
from kubeguard.deploy.compose.program import Docker
from kubeguard.deploy.compose.revisions import Accepted
from kubeguard.formats._digest import plural
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Finding, Report, Spelling, Suppression
from kubeguard.policy.policy import Policy

_EDITED = 1
"""The exit code when somebody has changed what runs, as for findings."""
_DECIDED = Suppression("suppressed when it was applied", Spelling.CONFIGURATION)


class ComposeTarget:
    """The steps, with the engine that docker speaks to."""

    def __init__(self, release: str) -> None:
        self._release = release
        self._docker = Docker()

    @cached_property
    def _deployment(self) -> ComposeDeployment:
        return ComposeDeployment(self._release, self._docker, say)

    def plan(self, files: Sequence[str]) -> Iterator[Change]:
        file = project.file(files)
        deployment = self._deployment
        return deployment.plan(project.resolved(file, self._release, self._docker))

    def apply(self, files: Sequence[str], policy: Policy, seconds: float) -> None:
        file = project.file(files)
        variables = project.variables(file.parent)
        report = api.audit(*files, policy=policy, variables=variables)
        pass_or_refuse(report, policy)
        deployment = self._deployment
        wanted = project.resolved(file, self._release, self._docker)
        name = f"{file.name} as docker reads it"
        told = _without(
            api.audit_projects({name: wanted.judged}, policy), set(map(_key, report.findings))
        )
        pass_or_refuse(told, policy)
        accepted = frozenset(_key(f) for f in report.findings if f.suppression)
        deployment.apply(wanted, accepted, seconds)

    def verified(self, policy: Policy, probes: bool) -> int:
        live = self._deployment.live()
        model, accepted = self._deployment.model, self._deployment.accepted
        projects = {
            each.name: {"services": {each.service: containers.service(each, model)}}
            for each in live
        }
        report = api.audit_projects(projects, policy)
        told = f"{plural(len(live), 'container')} of {self._release}: clean"
        if probes:
            answers = probing.probe(live, self._docker)
            found = probing.problems(answers, report, api.checks_of(policy), policy)
            report = api.audit_projects(projects, policy, found)
            told += f", {answers.answered} probed"
            for each in answers.notes:
                note(each)
        report = _suppressed(report, accepted)
        show(report, policy)
        edited = [*self._deployment.edited()]
        for edit in edited:
            note(printable(edit))
        code = exit_code(report, policy) or _EDITED * bool(edited)
        if not code:
            say(told)
        return code

    def rollback(self, to: int, seconds: float) -> None:
        self._deployment.rollback(to, seconds)

    def made(self, volumes: bool) -> Sequence[str]:
        return self._deployment.made(volumes)

    def delete(self, seconds: float, volumes: bool) -> None:
        self._deployment.delete(seconds, volumes)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check.id, finding.subject.name


def _without(report: Report, known: set[tuple[str, str]]) -> Report:
    """What nobody has been told yet."""
    return replace(report, findings=tuple(f for f in report.findings if _key(f) not in known))


def _suppressed(report: Report, accepted: Accepted) -> Report:
    """With what somebody had decided to live with marked so."""
    findings = (
        replace(f, suppression=_DECIDED) if _key(f) in accepted else f for f in report.findings
    )
    return replace(report, findings=tuple(findings))
