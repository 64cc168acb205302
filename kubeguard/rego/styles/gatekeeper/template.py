"""ConstraintTemplates: a kind of constraint, the Rego behind it, and its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kubeguard.model.cluster import NEWEST
from kubeguard.model.node import Node
from kubeguard.rego.engine import Module
from kubeguard.rego.styles.gatekeeper.embedded import module, refusal
from kubeguard.rego.styles.gatekeeper.parameters import schema_of
from kubeguard.sources.schema.crd import CustomKinds
from kubeguard.sources.schema.release import release
from kubeguard.sources.schema.shape import Json, Shape

TARGET = "admission.k8s.gatekeeper.sh"
VERSIONS = ("v1beta1", "v1alpha1")
"""In which every kind of constraint is served."""
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")


@dataclass(frozen=True, eq=False)
class Template:
    """One template: `source` and `libraries` are scalars of Rego of that version."""

    node: Node
    kind: str
    source: Node
    libraries: tuple[Node, ...]
    version: str

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules, that with the violations first."""
        first = module(self.source, self.version, first=True)
        return (first, *(module(each, self.version, first=False) for each in self.libraries))

    @property
    def nodes(self) -> dict[str, Node]:
        """The scalars by the names of their modules."""
        names = (each.name for each in self.modules)
        return dict(zip(names, (self.source, *self.libraries), strict=True))

    @cached_property
    def schema(self) -> Json:
        """The schema of a constraint's parameters; {} takes everything, None has none."""
        return schema_of(self.node)

    @cached_property
    def shape(self) -> Shape:
        """The schema of the whole constraint. Raises CompileError for one that is none."""
        versions = [{"name": v, "schema": {"openAPIV3Schema": self.schema}} for v in VERSIONS]
        names = {"kind": self.kind}
        spec = {"group": "constraints.gatekeeper.sh", "names": names, "versions": versions}
        crd = {"apiVersion": "apiextensions.k8s.io/v1", "spec": spec}
        kinds = CustomKinds([Node(crd, self.node.source)], release(NEWEST).definitions)
        shape = kinds.shape(f"constraints.gatekeeper.sh/{VERSIONS[0]}", self.kind)
        if shape is None:
            where = self.node["spec"]["crd"]["spec"]["validation"]["openAPIV3Schema"]
            raise refusal(where, f"the schema of the parameters of {self.kind} is none")
        return shape


def template(node: Node) -> Template:
    """The template in an object. Raises CompileError for what Gatekeeper would refuse, and for
    what is not supported here."""
    kind = node["spec"]["crd"]["spec"]["names"]["kind"]
    if not _KIND.fullmatch(kind.text):
        raise refusal(kind, "a template has to say which kind of constraint it makes")
    name = node["metadata"]["name"]
    if name.text.lower() != kind.text.lower():
        raise refusal(name, f"a template has to be called like its kind: {kind.text.lower()}")
    targets = node["spec"]["targets"]
    if len(targets.sequence) != 1:
        raise refusal(targets, f"a template has one target, and {kind.text} has not")
    target = targets[0]
    if target.get("target") != TARGET:
        raise refusal(target["target"], f"the target of {kind.text} is not {TARGET}")
    source, libraries, version = _code(target, kind.text)
    return Template(node, kind.text, source, tuple(_texts(libraries)), version)


def _code(target: Node, kind: str) -> tuple[Node, Node, str]:
    """The Rego, its libraries and its version: that of `rego` counts more than that of `code`."""
    if target["rego"].text.strip():
        return target["rego"], target["libs"], "v0"
    engines = [str(entry.get("engine")) for entry in target["code"]]
    for entry in target["code"]:
        if entry.get("engine") == "Rego":
            source = entry["source"]
            if not source["rego"].text.strip():
                raise refusal(source["rego"], f"{kind} has no Rego")
            return source["rego"], source["libs"], "v1" if source.get("version") == "v1" else "v0"
    if engines:
        said = f"{kind} is written for {' and '.join(engines)}, which is not supported: only Rego"
        raise refusal(target["code"], said, "unsupported_engine")
    raise refusal(target, f"{kind} has no Rego")


def _texts(libraries: Node) -> Iterator[Node]:
    if libraries.exists and not isinstance(libraries.value, list):
        raise refusal(libraries, "libs has to be a list of Rego")
    for each in libraries:
        if not each.text.strip():
            raise refusal(each, "a library without Rego")
        yield each
