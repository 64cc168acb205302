"""The rules of a role, read as the API server's authorizer reads them (pkg/apis/rbac/v1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kubeguard.checks.kit import Fix, Manifest, Node, drop
from kubeguard.checks.rbac._shipped import shipped

RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLE = f"ClusterRole.{RBAC}"
ROLE = f"Role.{RBAC}"
ROLES = (CLUSTER_ROLE, ROLE)
_ALL = "*"
_CLUSTER_WIDE = frozenset({"users", "groups", "nodes/proxy", "clusterrolebindings"})
"""Resources outside any namespace, on which a Role grants nothing."""


class Power(NamedTuple):
    """Verbs on resources of one API group that amount to more than they say.

    A `special` power lies in its verb (`impersonate`), an ordinary one in its resource (`secrets`).
    """

    group: str
    resources: frozenset[str]
    verbs: frozenset[str]
    special: bool = False


class Grant(NamedTuple):
    """The entries of one rule that give a power away; there is at least one of each."""

    rule: Node
    resources: tuple[Node, ...]
    verbs: tuple[Node, ...]

    @property
    def named(self) -> list[object]:
        """The only objects the rule is about; empty when it is about all."""
        return self.rule["resourceNames"].sequence

    @property
    def what(self) -> str:
        """`get, list on 'secrets'`, for a message."""
        verbs = [verb.text for verb in self.verbs]
        return f"{'every verb' if _ALL in verbs else ', '.join(verbs)} on {quoted(self.resources)}"

    def less_resources(self) -> Fix:
        """Take the resources out of the rule, or all of the rule when nothing else is in it."""
        return _less(self.rule, "resources", self.resources)

    def less_verbs(self) -> Fix:
        """Take the verbs out of the rule, or all of the rule when nothing else is in it."""
        return _less(self.rule, "verbs", self.verbs)


def _each(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The entries of one list once each, in their order."""
    by_path = {node.path: node for node in nodes}
    return tuple(by_path[path] for path in sorted(by_path, key=lambda path: path[-1]))


def _less(rule: Node, key: str, gone: tuple[Node, ...]) -> Fix:
    if len(gone) == len(rule[key].sequence):
        return drop(rule, hint="remove the rule")
    edits = tuple(edit for node in gone for edit in drop(node).edits)
    return Fix(f"remove {quoted(gone)} from {key}", drop(rule).grade, edits)


def rules(role: Manifest) -> Iterator[Node]:
    """The rules of a role somebody wrote; those that ship with Kubernetes are left alone."""
    if not shipped(role):
        yield from (rule for rule in role.node["rules"] if rule.mapping)


def grants(role: Manifest, *powers: Power) -> Iterator[Grant]:
    """What each rule of a role gives away of these powers, in the order of the rules."""
    local = role.kind == "Role"
    for rule in rules(role):
        found = [granted for power in powers if (granted := grant(rule, power))]
        resources = _each(node for granted in found for node in granted.resources)
        verbs = _each(node for granted in found for node in granted.verbs)
        if found and not (local and all(r.text in _CLUSTER_WIDE for r in resources)):
            yield Grant(rule, resources, verbs)


def grant(rule: Node, power: Power) -> Grant | None:
    """What one rule gives away of one power.

    Where `*` stands for every resource there is, that is said once, by the checks for wildcards.
    """
    verbs = [v for v in rule["verbs"] if v.text == _ALL or v.text in power.verbs]
    if not verbs or not (_ALL in (groups := _groups(rule)) or power.group in groups):
        return None
    resources = [r for r in rule["resources"] if _covers(r.value, power.resources)]
    if everything(rule):
        if power.special:
            verbs = [v for v in verbs if v.value != _ALL]
        else:
            resources = [r for r in resources if r.value != _ALL]
    return Grant(rule, tuple(resources), tuple(verbs)) if resources and verbs else None


def everything(rule: Node) -> bool:
    """Whether the rule is about every resource of the core group, if not of all groups."""
    return _ALL in rule["resources"].sequence and not {"", _ALL}.isdisjoint(_groups(rule))


def wildcards(rule: Node, key: str) -> list[Node]:
    """Each `*` among the verbs or resources of a rule, unless it is about named objects only."""
    if rule["resourceNames"].sequence:
        return []
    return [entry for entry in rule[key] if entry.value == _ALL]


def scope(role: Manifest) -> str:
    """How far the role reaches, for a message."""
    return "in its namespace" if role.kind == "Role" else "in every namespace"


def quoted(nodes: Iterable[Node]) -> str:
    return ", ".join(repr(node.text) for node in nodes)


def _groups(rule: Node) -> set[str]:
    """A rule without groups is refused by the API server; its author meant the core group."""
    return {group.text for group in rule["apiGroups"]} or {""}


def _covers(entry: object, resources: frozenset[str]) -> bool:
    """`*` is everything, `*/exec` that subresource of everything; `pods/*` means nothing."""
    if not isinstance(entry, str):
        return False
    if entry == _ALL or entry in resources:
        return True
    return entry.startswith("*/") and any(r.endswith(entry[1:]) for r in resources)
