"""A release on a cluster: applied, waited for, judged as it is there, brought back, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kubeguard.cluster import rollout
from kubeguard.cluster.objects import Object, Objects, name, within
from kubeguard.deploy.change import Change
from kubeguard.deploy.order import in_order
from kubeguard.deploy.plan import plan
from kubeguard.deploy.probing import Probing, probe
from kubeguard.deploy.release import (
    LABEL,
    Release,
    Revision,
    Status,
    earlier,
    identity,
    references,
)
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.model.node import Node, Source

Tell = Callable[[str], None]

_DEFINED = 30.0
"""Seconds until a kind is served that was just defined."""


class Deployment:
    """One release, and the steps that it goes through. `tell` hears one line for each."""

    def __init__(self, release: Release, cluster: Objects, tell: Tell) -> None:
        self._release = release
        self._cluster = cluster
        self._tell = tell

    def plan(self, objects: Sequence[Object]) -> Iterator[Change]:
        """What `apply` would change. Raises KubeguardError."""
        before = tuple(references(self._revisions()))
        return plan(self._labelled(objects), before, self._cluster)

    def apply(self, objects: Sequence[Object], seconds: float, back_to: int | None = None) -> None:
        """Apply them, delete what earlier revisions had besides, and wait until all of it runs.

        What was interrupted is finished by the same call again. Raises KubeguardError.
        """
        wanted = self._labelled(objects)
        before = self._revisions()
        self._refuse_foreign(wanted, before)
        for each in wanted:
            if each["kind"] == "Namespace":  # the record of the release may be kept there
                self._apply(each)
        revision = self._release.begin(wanted, back_to)
        try:
            for each in wanted:
                if each["kind"] != "Namespace":
                    self._apply(each)
            self._prune(before, wanted)
            self._wait(wanted, seconds)
        except KubeguardError:
            self._release.end(revision, Status.FAILED)
            raise
        self._release.end(revision, Status.DEPLOYED)
        self._tell(f"revision {revision.number} of {self._release.name} is deployed")

    def rollback(self, to: int, seconds: float) -> None:
        """Apply an earlier revision again, as a new one: the last that was deployed if `to` is 0.

        Raises UsageError when there is none.
        """
        chosen = earlier(self._release.name, self._revisions(), to)
        self._tell(f"back to revision {chosen.number}")
        self.apply(chosen.objects, seconds, chosen.number)

    def delete(self, seconds: float) -> None:
        """Delete what the release made, and nothing else, the last first. Raises KubeguardError."""
        made = self._made()
        spaces = [each for each in made if each["kind"] == "Namespace"]
        for each in reversed(in_order(made)):
            if each not in spaces:
                self._delete(each)
        for each in spaces:
            self._delete(each)
        self._release.forget()  # not before: whoever is interrupted here has to find them again
        for each in spaces:
            if not self._cluster.wait(each, lambda found: found is None, seconds):
                raise KubeguardError(f"{name(each)} is still being deleted after {seconds:.0f} s")

    def made(self) -> list[str]:
        """What `delete` would delete, by name. Raises UsageError when there is no such release."""
        return [name(each) for each in reversed(in_order(self._made()))]

    def _made(self) -> list[Object]:
        return [each for each in references(self._existing()) if self._is_ours(each)]

    def live(self) -> dict[str, dict[str, Any]]:
        """What there is on the cluster of the newest revision, by name.

        Raises KubeguardError for what should be there and is not.
        """
        revisions = self._existing()
        found: dict[str, dict[str, Any]] = {}
        for each in revisions[-1].objects:
            there = self._cluster.get(each)
            if there is None:
                raise KubeguardError(f"{name(each)} is not there any more", "apply brings it back")
            found[name(each)] = there
        return found

    def probe(self, live: Mapping[str, Mapping[str, Any]]) -> Probing:
        """Ask the containers of what is there what they can do."""
        return probe(live, self._cluster)

    def _existing(self) -> tuple[Revision, ...]:
        revisions = self._revisions()
        if not revisions:
            where = f"in namespace {self._release.namespace}"
            raise UsageError(f"there is no release {self._release.name!r} {where}")
        return revisions

    def _revisions(self) -> tuple[Revision, ...]:
        return self._release.revisions()

    def _labelled(self, objects: Sequence[Object]) -> list[Object]:
        """In order, with the label by which they are known as this release's."""
        space, defined = self._release.namespace, _defined(objects)
        placed = (
            within(each, space) if _kind(each) in defined else self._cluster.placed(each, space)
            for each in in_order(objects)
        )
        return [_with_label(each, self._release.name) for each in placed]

    def _refuse_foreign(self, wanted: Sequence[Object], before: Sequence[Revision]) -> None:
        """What is there and was not made here is not taken over; a namespace is only used."""
        known = {identity(each) for each in references(before)}
        for each in wanted:
            if identity(each) in known or each["kind"] == "Namespace":
                continue
            if self._cluster.serves(each) and self._cluster.get(each) and not self._is_ours(each):
                hint = "delete it, or take it out of what is applied"
                raise KubeguardError(
                    f"{name(each)} is there already, and not of this release", hint
                )

    def _is_ours(self, which: Object) -> bool:
        if not self._cluster.serves(which):
            return False
        found = self._cluster.get(which)
        labels = found["metadata"].get("labels", {}) if found else {}
        return bool(labels.get(LABEL) == self._release.name)

    def _apply(self, wanted: Object) -> None:
        if (
            wanted["kind"] == "Namespace"
            and not self._is_ours(wanted)
            and self._cluster.get(wanted)
        ):
            wanted = _with_label(wanted, "")  # somebody else's: it is to stay when we go
        self._cluster.apply(wanted)
        self._tell(f"applied {name(wanted)}")
        if wanted["kind"] == "CustomResourceDefinition":
            self._cluster.wait(wanted, _is_established, _DEFINED)

    def _prune(self, before: Sequence[Revision], wanted: Sequence[Object]) -> None:
        kept = set(map(identity, wanted))
        gone = [each for each in references(before) if identity(each) not in kept]
        for each in reversed(in_order(gone)):
            if self._is_ours(each):
                self._delete(each)

    def _delete(self, which: Object) -> None:
        if self._cluster.delete(which):
            self._tell(f"deleted {name(which)}")

    def _wait(self, wanted: Sequence[Object], seconds: float) -> None:
        """Until everything that runs pods has all of them, in their newest form."""
        for each in wanted:
            if each["kind"] not in rollout.KINDS:
                continue
            self._tell(f"waiting for {name(each)}")
            over = self._cluster.wait(each, rollout.is_over, seconds)
            if not rollout.is_rolled_out(self._cluster.get(each)):
                how = "has failed" if over else f"is not ready after {seconds:.0f} s"
                why = rollout.trouble(each, self._cluster)
                hint = "`kubeguard deploy rollback` brings back what was deployed before"
                raise KubeguardError(f"{name(each)} {how}: {why}", hint)


def _defined(objects: Sequence[Object]) -> set[tuple[str, str]]:
    """Group and kind of what is in a namespace by a definition among the objects."""
    definitions = (each for each in objects if each["kind"] == "CustomResourceDefinition")
    specs = [Node(each, Source("definition"))["spec"] for each in definitions]
    namespaced = (spec for spec in specs if spec.get("scope") == "Namespaced")
    return {(str(spec.get("group")), str(spec.get("names", "kind"))) for spec in namespaced}


def _kind(which: Object) -> tuple[str, str]:
    return which["apiVersion"].rpartition("/")[0], which["kind"]


def _with_label(which: Object, release: str) -> dict[str, Any]:
    metadata = which["metadata"]
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key != LABEL}
    labels |= {LABEL: release} if release else {}
    return {**which, "metadata": {**metadata, "labels": labels}}


def _is_established(definition: Object | None) -> bool:
    conditions = (definition or {}).get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
