"""What was put on a cluster: each revision in a Secret, so that it can be brought back."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from kubeguard.cluster.objects import Object, Objects
from kubeguard.errors import KubeguardError, UsageError

LABEL = "kubeguard.dev/release"
"""On every object of a release: its name."""
_REVISION = "kubeguard.dev/revision"
_STATUS = "kubeguard.dev/status"
_BACK_TO = "kubeguard.dev/back-to"
_TYPE = "kubeguard.dev/release"
_KEPT = 10
"""Revisions; older ones are forgotten, when something newer is in force."""
_BYTES = 1_000_000
"""A Secret holds 1 MiB."""


class Status(StrEnum):
    """How far a revision came."""

    PENDING = "pending"
    DEPLOYED = "deployed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Revision:
    """What was, or was to be, on the cluster; `back_to` is the revision that it brings back."""

    number: int
    status: Status
    objects: tuple[Object, ...]
    back_to: int | None = None


class Release:
    """The revisions of one name in one namespace, the newest last."""

    def __init__(self, name: str, namespace: str, cluster: Objects) -> None:
        self.name = name
        self.namespace = namespace
        self._cluster = cluster

    def revisions(self) -> tuple[Revision, ...]:
        """All that are kept. Raises KubeguardError."""
        like = _secret(self.namespace)
        found = self._cluster.listed(like, {LABEL: self.name, "owner": "kubeguard-deploy"})
        return tuple(sorted(map(_revision, found), key=lambda revision: revision.number))

    def begin(self, objects: Sequence[Object], back_to: int | None = None) -> Revision:
        """A new revision, written down before anything of it is applied. Raises KubeguardError."""
        before = self.revisions()
        number = before[-1].number + 1 if before else 1
        revision = Revision(number, Status.PENDING, tuple(objects), back_to)
        self._write(revision)
        return revision

    def end(self, revision: Revision, status: Status) -> None:
        """Write down how it went, and forget what is old."""
        self._write(replace(revision, status=status))
        if status is Status.DEPLOYED:
            for old in self.revisions()[:-_KEPT]:
                self._cluster.delete(self._named(old.number))

    def forget(self) -> None:
        """Delete all revisions."""
        for revision in self.revisions():
            self._cluster.delete(self._named(revision.number))

    def _write(self, revision: Revision) -> None:
        packed = gzip.compress(json.dumps(revision.objects).encode(), mtime=0)
        data = base64.b64encode(packed).decode()
        if len(data) > _BYTES:
            raise KubeguardError(f"{self.name}: {len(data):,} bytes are too many to remember")
        labels = {_STATUS: revision.status.value}
        if revision.back_to:
            labels[_BACK_TO] = str(revision.back_to)
        self._cluster.apply(
            self._named(revision.number, labels) | {"type": _TYPE, "data": {"release": data}}
        )

    def _named(self, number: int, more: Mapping[str, str] = {}) -> dict[str, Any]:
        labels = {LABEL: self.name, "owner": "kubeguard-deploy", _REVISION: str(number), **more}
        name = f"kubeguard.{self.name}.v{number}"
        return _secret(self.namespace, name=name, labels=labels)


class Settled(Protocol):
    """A revision of any target."""

    @property
    def number(self) -> int: ...

    @property
    def status(self) -> Status: ...

    @property
    def back_to(self) -> int | None: ...


_Revision = TypeVar("_Revision", bound=Settled)


def earlier(release: str, revisions: Sequence[_Revision], to: int) -> _Revision:
    """The revision of this number; the last that was deployed before if it is 0.

    Raises UsageError when there is none.
    """
    named = next((each for each in revisions if each.number == to), None)
    found = named if to else _before_the_last(revisions)
    if found is None:
        there = ", ".join(str(each.number) for each in revisions) or "none"
        raise UsageError(f"{release}: no such revision", f"there are: {there}")
    return found


def _before_the_last(revisions: Sequence[_Revision]) -> _Revision | None:
    """What was deployed before; a way back that was interrupted or has failed is taken again."""
    settled = [*revisions]
    while settled and settled[-1].back_to and settled[-1].status is not Status.DEPLOYED:
        settled.pop()
    deployed = [each for each in settled[:-1] if each.status is Status.DEPLOYED]
    return deployed[-1] if deployed else None


def references(revisions: Sequence[Revision]) -> Iterator[Object]:
    """Every object that may have been applied, once, in the order of the newest revision."""
    seen: set[tuple[str, ...]] = set()
    for revision in reversed(revisions):
        for each in revision.objects:
            if (which := identity(each)) not in seen:
                seen.add(which)
                yield each


def identity(which: Object) -> tuple[str, ...]:
    """What tells objects apart; a version of an API is not part of it."""
    metadata = which["metadata"]
    group = which["apiVersion"].rpartition("/")[0]
    return group, which["kind"], metadata.get("namespace", ""), metadata["name"]


def _secret(namespace: str, **metadata: object) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, **metadata},
    }


def _revision(secret: Mapping[str, Any]) -> Revision:
    labels = secret["metadata"]["labels"]
    packed = base64.b64decode(secret["data"]["release"])
    objects = json.loads(gzip.decompress(packed))
    back_to = int(labels[_BACK_TO]) if _BACK_TO in labels else None
    return Revision(int(labels[_REVISION]), Status(labels[_STATUS]), tuple(objects), back_to)
