"""Who decided to live with what, for how long, and whether that still means anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from kubeguard.model.finding import Check, Finding, Spelling, Suppression
from kubeguard.model.fix import advise
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.policy.annotations import in_annotations
from kubeguard.policy.comments import in_comments
from kubeguard.policy.exemptions import bind
from kubeguard.policy.mention import mentions_us
from kubeguard.policy.names import Names
from kubeguard.policy.policy import Policy
from kubeguard.policy.waiver import Waiver


@dataclass(frozen=True, slots=True)
class _Case:
    """A suppression in force: the ids it may suppress, and those it did.

    It covers what lies at or below its `anchors` (document and path), and what `covers` accepts
    in its `document` (None: in any).
    """

    ids: tuple[str, ...]
    suppression: Suppression
    anchors: tuple[tuple[int, Path], ...] = ()
    covers: Callable[[Finding], bool] | None = None
    document: int | None = None
    used: set[str] = field(default_factory=set)


class Suppressions:
    """The suppressions of one run, in all three spellings.

    `checks` is the whole catalogue, `ran` the ids of the checks of this run: only they can find
    a suppression unused. An expiry date is the last day that a suppression holds.
    """

    def __init__(
        self, policy: Policy, checks: Sequence[Check], ran: Collection[str], today: date
    ) -> None:
        self.policy = policy
        self.names = Names(checks)
        self.ran = frozenset(ran)
        self.today = today
        self._scan = frozenset(check.id for check in checks if check.family == "scan")
        self.used: dict[int, set[str]] = {}
        """Per exemption that had something in this run that it is about: the ids it suppressed."""

    def apply(
        self, reading: Reading, findings: Iterable[Finding]
    ) -> tuple[list[Finding], list[Trouble]]:
        """All findings of one input, the suppressed ones marked, and what is wrong with comments
        and annotations in it."""
        troubles: list[Trouble] = []
        cases: list[tuple[Waiver, _Case]] = []
        if mentions_us(reading):
            for item in (*in_annotations(reading, self.names), *in_comments(reading, self.names)):
                if isinstance(item, Trouble):
                    troubles.append(item)
                else:
                    troubles += self._refuse(item.checks, item.suppression, item.place)
                    cases.append((item, self._case(item)))
        marked = _mark(findings, [case for _, case in cases])
        for waiver, case in cases:
            troubles += self._unused(case.ids, case.used, waiver.place)
        return self.exempt(reading, marked), troubles

    def _case(self, waiver: Waiver) -> _Case:
        scope = waiver.scope
        return _Case(
            self._in_force(waiver.checks, waiver.suppression),
            waiver.suppression,
            tuple((scope.document, path) for path in scope.paths),
            scope.encloses if scope.extent else None,
            scope.document,
        )

    def exempt(self, reading: Reading, findings: Iterable[Finding]) -> list[Finding]:
        """The findings of one input, marked where kubeguard.yaml suppresses them.

        Part of `apply`; on its own for findings about suppressions, which nothing else covers.
        """
        entries = self.policy.suppressions
        if not entries:
            return list(findings)
        cases = []
        for bound in bind(entries, self.policy.root, reading):
            entry = bound.exemption
            used = self.used.setdefault(bound.number, set())
            ids = self._in_force(entry.checks, entry.suppression)
            cases.append(_Case(ids, entry.suppression, covers=bound.covers, used=used))
        return _mark(findings, cases)

    def merge(self, used: Mapping[int, set[str]]) -> None:
        """Take over what another process of the same run has used."""
        for number, ids in used.items():
            self.used.setdefault(number, set()).update(ids)

    def leftovers(self, whole: bool) -> list[Trouble]:
        """What is wrong with the suppressions of kubeguard.yaml; to be asked after all inputs.

        `whole`: the run judged everything the file speaks for, so that an entry about an object
        that nobody met is unused too.
        """
        troubles: list[Trouble] = []
        for number, entry in enumerate(self.policy.suppressions):
            troubles += self._refuse(entry.checks, entry.suppression, entry.node)
            if whole or number in self.used:
                ids = self._in_force(entry.checks, entry.suppression)
                troubles += self._unused(ids, self.used.get(number, set()), entry.node)
        return troubles

    def _in_force(self, ids: tuple[str, ...], suppression: Suppression) -> tuple[str, ...]:
        if self._expired(suppression):
            return ()
        return tuple(each for each in ids if not self._refusal(each, suppression.spelling))

    def _expired(self, suppression: Suppression) -> bool:
        return suppression.expires is not None and suppression.expires < self.today

    def _refusal(self, id: str, spelling: Spelling) -> str:
        """Why a check may not be suppressed in this spelling; '' when it may."""
        check = self.names.checks[id]
        if not check.waivable or id in self.policy.non_waivable:
            return "may not be suppressed"
        if id in self._scan and spelling is not Spelling.CONFIGURATION:
            return "is about the scan itself and can be suppressed in kubeguard.yaml only"
        return ""

    def _refuse(
        self, ids: tuple[str, ...], suppression: Suppression, place: Node
    ) -> Iterable[Trouble]:
        if self._expired(suppression):
            message = (
                f"the suppression of {self._called(ids)} ended on {suppression.expires}: "
                f"{suppression.reason[:60]!r}"
            )
            hint = advise("repair what it covered, or decide again and give a later date")
            yield Trouble(place, TroubleKind.EXPIRED_SUPPRESSION, message, hint)
            return
        for each in ids:
            if why := self._refusal(each, suppression.spelling):
                hint = advise("remove the suppression and repair what it covers")
                message = f"{self.names.called(each)} {why}"
                yield Trouble(place, TroubleKind.REFUSED_SUPPRESSION, message, hint)

    def _unused(self, ids: tuple[str, ...], used: set[str], place: Node) -> Iterable[Trouble]:
        unused = tuple(each for each in ids if each in self.ran - used)
        if unused:
            verb = "reports" if len(unused) == 1 else "report"
            message = f"{self._called(unused)} {verb} nothing here that this suppresses"
            kind = TroubleKind.UNUSED_SUPPRESSION
            yield Trouble(place, kind, message, advise("remove what is no longer needed"))

    def _called(self, ids: tuple[str, ...]) -> str:
        return ", ".join(map(self.names.called, ids))


def _mark(findings: Iterable[Finding], cases: Sequence[_Case]) -> list[Finding]:
    """The innermost case that covers a finding is its suppression; all that do are used."""
    if not cases:
        return list(findings)
    anchored: dict[tuple[str, int, Path], list[_Case]] = {}
    others: dict[tuple[str, int | None], list[_Case]] = {}
    for case in cases:
        for check in case.ids:
            for document, path in case.anchors:
                anchored.setdefault((check, document, path), []).append(case)
            if case.covers:
                others.setdefault((check, case.document), []).append(case)
    marked = []
    for finding in findings:
        check, document, path = finding.check.id, finding.location.document, finding.location.path
        covering: list[_Case] = []
        for length in range(len(path), -1, -1):
            covering += anchored.get((check, document, path[:length]), ())
        for key in ((check, document), (check, None)):
            covering += (c for c in others.get(key, ()) if c.covers and c.covers(finding))
        for case in covering:
            case.used.add(check)
        if covering and finding.suppression is None:
            finding = replace(finding, suppression=covering[0].suppression)
        marked.append(finding)
    return marked
