"""What the webhook makes of findings: `webhook:` in kubeguard.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import NamedTuple

from kubeguard.model.bundle import selects
from kubeguard.model.severity import Profile


class Mode(Enum):
    """What a finding means to whoever asks the cluster for something."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


_STRENGTH = {Mode.AUDIT: 0, Mode.WARN: 1, Mode.DENY: 2}


def milder(one: Mode, other: Mode) -> Mode:
    """The one of two modes that stops fewer people."""
    return min(one, other, key=_STRENGTH.__getitem__)


class Where(NamedTuple):
    """Namespaces by name (`team-*`) or by their labels; both have to fit where both are given."""

    names: tuple[str, ...] = ()
    selector: Mapping[str, object] | None = None

    def holds(self, namespace: str, labels: Mapping[str, object]) -> bool:
        if self.names and not _any(namespace, self.names):
            return False
        return self.selector is None or selects(self.selector, labels)


class ModeRule(NamedTuple):
    """Another mode for some checks (ids; empty: all), in some namespaces."""

    mode: Mode
    checks: frozenset[str] = frozenset()
    where: Where = Where()


class ProfileRule(NamedTuple):
    """Another profile in some namespaces."""

    profile: Profile
    where: Where = Where()


class Exempt(NamedTuple):
    """Who is not judged, and where nobody is: patterns; accounts are `namespace/name`."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()

    def reason(self, user: str, groups: tuple[str, ...], namespace: str) -> str:
        """Why a request is exempt; '' when it is not."""
        if namespace and _any(namespace, self.namespaces):
            return f"namespace {namespace}"
        if _any(user, self.users):
            return f"user {user}"
        account = user.removeprefix("system:serviceaccount:").replace(":", "/", 1)
        if user.startswith("system:serviceaccount:") and _any(account, self.service_accounts):
            return f"service account {account}"
        group = next((group for group in groups if _any(group, self.groups)), "")
        return f"group {group}" if group else ""


def _any(text: str, patterns: tuple[str, ...]) -> bool:
    return bool(patterns) and any(fnmatchcase(text, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Admission:
    """How requests are answered; findings below `fail_on` only warn, unless `modes` names them.

    `on_fault` is for what could not be judged, `unchanged` for findings that an UPDATE leaves as
    they were, `annotations` whether an object may suppress findings in itself. Of `modes` and
    `profiles` the first that fits counts.
    """

    mode: Mode = Mode.DENY
    on_fault: Mode = Mode.DENY
    unchanged: Mode = Mode.WARN
    annotations: bool = False
    modes: tuple[ModeRule, ...] = ()
    profiles: tuple[ProfileRule, ...] = ()
    exempt: Exempt = field(default_factory=Exempt)

    def profile(self, namespace: str, labels: Mapping[str, object], default: Profile) -> Profile:
        """The profile in a namespace with these labels."""
        fitting = (r.profile for r in self.profiles if r.where.holds(namespace, labels))
        return next(fitting, default)

    def mode_of(
        self, check: str, counts: bool, namespace: str, labels: Mapping[str, object]
    ) -> Mode:
        """The mode of a check in a namespace with these labels.

        `counts`: its severity is one to fail on; else it warns at most, unless a rule names it.
        """
        mode = self.mode
        for rule in self.modes:
            if (not rule.checks or check in rule.checks) and rule.where.holds(namespace, labels):
                if rule.checks:
                    return rule.mode
                mode = rule.mode
                break
        return mode if counts else milder(mode, Mode.WARN)

    @property
    def labels(self) -> frozenset[str]:
        """The labels of namespaces that decide something here."""
        wheres = (*(rule.where for rule in self.modes), *(rule.where for rule in self.profiles))
        return frozenset(key for where in wheres for key in _keys(where.selector or {}))


def _keys(selector: Mapping[str, object]) -> set[str]:
    exact, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    keys = set(exact) if isinstance(exact, dict) else set()
    listed = expressions if isinstance(expressions, list) else []
    return keys | {str(each.get("key")) for each in listed if isinstance(each, dict)}
