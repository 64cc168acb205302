"""Judges one request after the other; knows nothing of servers, and touches no network."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from threading import Lock
from typing import NamedTuple

from kubeguard import engine
from kubeguard.model.bundle import Bundle
from kubeguard.model.facts import Images
from kubeguard.model.finding import Check, Finding, Outcome, Report
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.severity import Profile
from kubeguard.model.trouble import Trouble
from kubeguard.model.verdict import Verdict
from kubeguard.model.views import View
from kubeguard.policy.admission import Mode, milder
from kubeguard.policy.policy import Policy
from kubeguard.policy.selection import select
from kubeguard.policy.suppressions import Suppressions
from kubeguard.sources import admission as source
from kubeguard.webhook.review import BadReviewError, Operation, Request, judged, value

Labels = Callable[[str], Mapping[str, object]]
"""The labels of a namespace, none of one that nobody has heard of."""


class Decision(NamedTuple):
    """A finding and what it means here; `unchanged` when the update leaves it as it was."""

    finding: Finding
    mode: Mode
    unchanged: bool = False


class Judgement(NamedTuple):
    """What became of a request: why it was not judged, or what was found and could not be."""

    exempt: str = ""
    refusal: str = ""
    decisions: tuple[Decision, ...] = ()
    faults: tuple[str, ...] = ()


class Judge:
    """A policy in force. May be asked by several threads at once."""

    def __init__(self, policy: Policy, checks: Sequence[Check], labels: Labels) -> None:
        """`checks` is the whole catalogue, with those of policies in Rego."""
        self.policy = policy
        self.catalogue = tuple(checks)
        self.labels = labels
        self._courts = {profile: self._court(profile) for profile in Profile}
        self._remembered = _Memory()
        self._rego = Lock()

    def judge(self, request: Request) -> Judgement:
        """What is to be said of a request. Raises BadReviewError."""
        user, admission = request.user_info, self.policy.admission
        groups = tuple(user.groups or ())
        if reason := admission.exempt.reason(user.username, groups, request.namespace):
            return Judgement(exempt=reason)
        if request.operation is Operation.DELETE:
            return Judgement()
        read = value if self.policy.rules else judged  # a policy may ask for anything
        new, old = _object(read(request.object)), _object(read(request.old_object))
        if new is None:
            return Judgement()
        if refusal := self._steering(request, new, old):
            return Judgement(refusal=refusal)
        labels = self.labels(request.namespace)
        profile = admission.profile(request.namespace, labels, self.policy.profile)
        return self._weighed(request, labels, self._report(new, profile), new, old, profile)

    def _weighed(
        self,
        request: Request,
        labels: Mapping[str, object],
        report: Report,
        new: dict[str, object],
        old: dict[str, object] | None,
        profile: Profile,
    ) -> Judgement:
        findings = [each for each in report.findings if each.location.source == source.NAME]
        if not findings:
            self._remember(request, new, ())
            return Judgement(faults=tuple(_faults(report)))
        before: Counter[str] = Counter()
        if old is not None and request.operation is Operation.UPDATE:
            before.update(each.fingerprint for each in self._report(old, profile).findings)
        told = self._told_of_owner(request, new)
        decisions = []
        for finding in findings:
            unchanged = _said(finding) in told or before[finding.fingerprint] > 0
            before[finding.fingerprint] -= 1
            mode = self._mode(finding, request.namespace, labels, unchanged)
            decisions.append(Decision(finding, mode, unchanged))
        self._remember(request, new, map(_said, findings))
        return Judgement(decisions=tuple(decisions), faults=tuple(_faults(report)))

    def _remember(
        self, request: Request, judged: Mapping[str, object], said: Iterable[_Said]
    ) -> None:
        if not request.dry_run:
            self._remembered.keep(judged, said)

    def _mode(
        self, finding: Finding, namespace: str, labels: Mapping[str, object], unchanged: bool
    ) -> Mode:
        if not finding.counts:
            return Mode.AUDIT
        fail_on, admission = self.policy.fail_on, self.policy.admission
        counts = fail_on is not None and finding.severity >= fail_on
        mode = admission.mode_of(finding.check.id, counts, namespace, labels)
        return milder(mode, admission.unchanged) if unchanged else mode

    def _steering(
        self, request: Request, new: Mapping[str, object], old: Mapping[str, object] | None
    ) -> str:
        """Why nobody but the exempt may change how a namespace is judged; '' when none tries."""
        if request.kind.kind != "Namespace" or request.kind.group:
            return ""
        own, previous = _labels(new), _labels(old or {})
        for label in sorted(self.policy.admission.labels):
            if own.get(label) != previous.get(label):
                return (
                    f"label {label!r} decides how kubeguard judges the namespace, and only those "
                    "may set it whom webhook.exempt names"
                )
        return ""

    def _told_of_owner(self, request: Request, new: Mapping[str, object]) -> frozenset[_Said]:
        """What was found in the object that a built-in controller makes this one of."""
        user = request.user_info.username
        if request.operation is not Operation.CREATE or not _is_controller(user):
            return frozenset()
        return self._remembered.of(_owner(new))

    def _report(self, found: dict[str, object], profile: Profile) -> Report:
        court = self._courts[profile]
        reading = source.read(found)
        return engine.audit([reading], court.checks, court.settings(self._suppressions()))

    def _court(self, profile: Profile) -> _Court:
        policy = replace(self.policy, profile=profile)
        chosen = select(self.catalogue, policy)
        asked = tuple(check for check in chosen if _is_asked(check))
        rules = policy.rules
        if not rules or not rules.checks:
            return _Court(asked, policy.kubernetes_version, policy.images)
        of_rules = {check.id for check in rules.checks}
        theirs = tuple(check for check in chosen if check.id in of_rules)
        built_in = tuple(check for check in asked if check.id not in of_rules)
        ask = partial(self._ask_rules, theirs)
        return _Court(built_in, policy.kubernetes_version, policy.images, ask)

    def _ask_rules(self, chosen: Sequence[Check], views: Sequence[View]) -> Verdict:
        assert self.policy.rules
        with self._rego:  # one engine answers one question at a time
            return self.policy.rules.judge(chosen, views)

    def _suppressions(self) -> engine.Suppressions | None:
        if not self.policy.admission.annotations and not self.policy.suppressions:
            return None
        ran = [check.id for check in self.catalogue]
        kind = Suppressions if self.policy.admission.annotations else _Configured
        return kind(self.policy, self.catalogue, ran, date.today())


class _Court(NamedTuple):
    """The checks of one profile, the images known, and how policies in Rego are asked."""

    checks: tuple[Check, ...]
    version: tuple[int, int]
    images: Images
    rules: Callable[[Sequence[View]], Verdict] | None = None

    def settings(self, suppressions: engine.Suppressions | None) -> engine.Settings:
        return engine.Settings(
            self.version,
            policies=self.rules,
            suppressions=suppressions,
            whole=False,
            images=self.images,
        )


class _Configured(Suppressions):
    """Those of kubeguard.yaml only: an object has no say in how it is judged."""

    def apply(
        self, reading: Reading, findings: Iterable[Finding]
    ) -> tuple[list[Finding], list[Trouble]]:
        return self.exempt(reading, findings), []


_Said = tuple[str, str]
"""A finding as it reads in every object of one pod template."""


class _Memory:
    """What was found in the objects that were judged last, by their uid."""

    _MOST = 20_000

    def __init__(self) -> None:
        self._found: OrderedDict[str, frozenset[_Said]] = OrderedDict()

    def keep(self, judged: Mapping[str, object], said: Iterable[_Said]) -> None:
        uid, found = Node(judged, source.SOURCE)["metadata"]["uid"].text, frozenset(said)
        self._found.pop(uid, None)
        if uid and found:
            self._found[uid] = found
            while len(self._found) > self._MOST:
                self._found.popitem(last=False)

    def of(self, uid: str) -> frozenset[_Said]:
        return self._found.get(uid, frozenset())


def _is_asked(check: Check) -> bool:
    """Other objects of a run do not exist here, and the API server knows its schemas."""
    return check.on is not Bundle and check.family != "schema"


def _object(found: object) -> dict[str, object] | None:
    if found is None or isinstance(found, dict):
        return found
    raise BadReviewError("the object of the request is no mapping")


def _labels(found: Mapping[str, object]) -> Mapping[str, object]:
    return Node(found, source.SOURCE)["metadata"]["labels"].mapping


def _owner(found: Mapping[str, object]) -> str:
    """The uid of the controller that an object belongs to."""
    for reference in Node(found, source.SOURCE)["metadata"]["ownerReferences"]:
        if reference.get("controller") is True:
            return reference["uid"].text
    return ""


def _is_controller(user: str) -> bool:
    """Whether a request comes from the controllers of Kubernetes itself."""
    account = user.removeprefix("system:serviceaccount:kube-system:")
    return user == "system:kube-controller-manager" or (
        account != user and account.endswith("-controller")
    )


def _said(finding: Finding) -> _Said:
    return finding.check.id, finding.message


def _faults(report: Report) -> Iterator[str]:
    """Why a request was not judged as it should be."""
    for fault in report.faults:
        yield f"{fault.check} crashed"
    for account in report.accounts:
        if account.outcome is Outcome.FAILED:
            yield account.reason
