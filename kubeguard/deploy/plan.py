"""What applying would change, by the cluster's own answer to a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubeguard.cluster.objects import Object, Objects, RefusedError, UnknownKindError, name
from kubeguard.deploy.change import Change, Kind, difference, fingerprint
from kubeguard.deploy.release import identity
from kubeguard.model.node import Node, Source

_NOT_FOUND = 404


def plan(wanted: Sequence[Object], before: Sequence[Object], cluster: Objects) -> Iterator[Change]:
    """Every object in the order of its turn; last what is not wanted any more.

    `before` is what earlier revisions had. Raises KubeguardError when the cluster does not answer.
    """
    made = {each["metadata"]["name"] for each in wanted if each["kind"] == "Namespace"}
    served = {_kind_of(each) for each in wanted if each["kind"] == "CustomResourceDefinition"}
    for each in wanted:
        yield _change(each, cluster, made, served)
    kept = set(map(identity, wanted))
    for each in before:
        if identity(each) not in kept and cluster.serves(each) and cluster.get(each):
            yield Change(Kind.DELETE, name(each))


def _change(wanted: Object, cluster: Objects, made: set[str], served: set[object]) -> Change:
    try:
        live = cluster.get(wanted)
        then = cluster.apply(wanted, dry_run=True)
    except UnknownKindError as error:
        if wanted["kind"] in served:
            return Change(Kind.CREATE, name(wanted), ("its kind is defined in this release",))
        return Change(Kind.REFUSE, name(wanted), (error.message,))
    except RefusedError as error:
        if error.status == _NOT_FOUND and wanted["metadata"].get("namespace") in made:
            return Change(Kind.CREATE, name(wanted), ("its namespace is made in this release",))
        return Change(Kind.REFUSE, name(wanted), (error.message,))
    if live is None:
        return Change(Kind.CREATE, name(wanted))
    lines = tuple(difference(_told(live), _told(then)))
    return Change(Kind.CHANGE if lines else Kind.KEEP, name(wanted), lines)


_OURS_TO_SAY = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")


def _told(found: Object) -> dict[str, Any]:
    """Without what the cluster keeps about it; what is secret is only told apart."""
    metadata = {k: v for k, v in found["metadata"].items() if k not in _OURS_TO_SAY}
    rest = {k: v for k, v in found.items() if k not in ("metadata", "status")}
    if found["kind"] == "Secret":
        for field in ("data", "stringData"):
            if field in rest:
                rest[field] = {key: fingerprint(value) for key, value in _items(rest[field])}
    head = {key: rest.pop(key) for key in ("apiVersion", "kind")}
    return {**head, "metadata": metadata, **rest}


def _items(found: object) -> Sequence[tuple[str, object]]:
    return tuple(found.items()) if isinstance(found, Mapping) else ()


def _kind_of(definition: Object) -> object:
    return Node(definition, Source("definition")).get("spec", "names", "kind")
