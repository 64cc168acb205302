"""Which objects a constraint is about, as Gatekeeper decides it (pkg/mutation/match)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kubeguard.model.node import Node
from kubeguard.rego.styles.gatekeeper.embedded import refusal

_ANY = "*"


class Subject(NamedTuple):
    """What decides whether a constraint is about an object.

    `namespaced` is None for a kind that nobody here defines. `namespace` is '' for an object that
    names none, `namespace_labels` are those that are known of it, `surely` says that they are all.
    """

    group: str
    kind: str
    name: str = ""
    generate_name: str = ""
    labels: Mapping[str, object] = {}
    namespaced: bool | None = True
    namespace: str = ""
    namespace_labels: Mapping[str, object] = {}
    surely: bool = False
    generated: bool = False

    @property
    def is_namespace(self) -> bool:
        return self.kind == "Namespace" and not self.group


class Requirement(NamedTuple):
    """One demand of a label selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, object]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return self.key in labels
        return self.key not in labels


Selector = tuple[Requirement, ...]


def selector(node: Node) -> Selector:
    """The demands of a LabelSelector. Raises CompileError for values that its operator has not."""
    return tuple(_requirements(node))


def _requirements(node: Node) -> Iterator[Requirement]:
    for key, value in node["matchLabels"].items():
        yield Requirement(key, "In", (value.text,))
    for each in node["matchExpressions"]:
        key, operator, values = each["key"].text, each["operator"].text, each["values"]
        if (operator in ("In", "NotIn")) != bool(values.sequence):
            wanted = "at least one value" if operator in ("In", "NotIn") else "no values"
            raise refusal(values, f"{operator} of the label {key!r} takes {wanted}")
        yield Requirement(key, operator, tuple(value.text for value in values))


@dataclass(frozen=True, slots=True)
class Match:
    """`spec.match`; what is left out matches everything."""

    kinds: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Groups and kinds; an empty tuple stands for all of them."""
    scope: str = ""
    namespaces: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    labels: Selector = ()
    namespace_labels: Selector = field(default=())
    name: str = ""
    source: str = ""

    def is_about(self, group: str, kind: str) -> bool:
        """Whether objects of a kind can match at all."""
        return not self.kinds or any(
            (not kinds or _ANY in kinds or kind in kinds)
            and (not groups or _ANY in groups or group in groups)
            for groups, kinds in self.kinds
        )

    def names(self, group: str, kind: str) -> bool:
        """Whether it is about the kind by its name, and not by a wildcard."""
        return self.is_about(group, kind) and any(kind in kinds for _, kinds in self.kinds)

    def doubt(self, subject: Subject) -> str | None:
        """'' when the object matches, None when it does not; else why nobody can tell: what is
        not known of its namespace is no reason to stay silent."""
        if not (
            self.is_about(subject.group, subject.kind)
            and all(each.holds(subject.labels) for each in self.labels)
            and self._fits_name(subject)
            and self._fits_source(subject)
        ):
            return None
        doubts = (self._scope(subject), self._namespaces(subject), self._namespace_labels(subject))
        if None in doubts or self._is_excluded(subject):
            return None
        return "; ".join(filter(None, doubts))

    def _fits_name(self, subject: Subject) -> bool:
        if not self.name or _glob(self.name, subject.name):
            return True
        return self.name.endswith(_ANY) and _glob(self.name, subject.generate_name)

    def _fits_source(self, subject: Subject) -> bool:
        return self.source != ("Original" if subject.generated else "Generated")

    def _scope(self, subject: Subject) -> str | None:
        if self.scope not in ("Cluster", "Namespaced"):
            return ""
        if subject.namespaced is None:
            return f"whether {subject.kind} has a namespace is not known here"
        inside = subject.namespaced and not subject.is_namespace
        return "" if inside == (self.scope == "Namespaced") else None

    def _namespaces(self, subject: Subject) -> str | None:
        if not self.namespaces:
            return ""
        name = subject.name if subject.is_namespace else subject.namespace
        if name:
            return "" if any(_glob(each, name) for each in self.namespaces) else None
        if subject.namespaced is False:
            return ""
        return f"only in namespace {_listed(self.namespaces)}, and the object names none"

    def _is_excluded(self, subject: Subject) -> bool:
        name = subject.name if subject.is_namespace else subject.namespace
        return bool(name) and any(_glob(each, name) for each in self.excluded)

    def _namespace_labels(self, subject: Subject) -> str | None:
        if subject.is_namespace or not self.namespace_labels or subject.namespaced is False:
            own = {"kubernetes.io/metadata.name": subject.name, **subject.labels}
            asked = self.namespace_labels if subject.is_namespace else ()
            return "" if all(each.holds(own) for each in asked) else None
        known = subject.namespace_labels
        told = [r for r in self.namespace_labels if subject.surely or r.key in known]
        if not all(each.holds(known) for each in told):
            return None
        open_ = dict.fromkeys(r.key for r in self.namespace_labels if r not in told)
        if not open_:
            return ""
        which = f"namespace {subject.namespace!r}" if subject.namespace else "its namespace"
        return f"if the label {_listed(tuple(open_))} of {which} is as it demands"


def _glob(pattern: str, name: str) -> bool:
    """A star stands for anything at the front and at the end, and nowhere else."""
    front, back = pattern.startswith(_ANY), pattern.endswith(_ANY)
    if front and back:
        return pattern.removeprefix(_ANY).removesuffix(_ANY) in name
    if front:
        return name.endswith(pattern[1:])
    return name.startswith(pattern[:-1]) if back else name == pattern


def _listed(names: tuple[str, ...]) -> str:
    shown = " or ".join(map(repr, names[:3]))
    return f"{shown} or {len(names) - 3} others" if len(names) > 3 else shown


def match(node: Node) -> Match:
    """The match of a constraint that its schema has passed. Raises CompileError."""
    return Match(
        tuple((_texts(each["apiGroups"]), _texts(each["kinds"])) for each in node["kinds"]),
        node["scope"].text,
        _texts(node["namespaces"]),
        _texts(node["excludedNamespaces"]),
        selector(node["labelSelector"]),
        selector(node["namespaceSelector"]),
        node["name"].text,
        node["source"].text,
    )


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(item.text for item in node)
