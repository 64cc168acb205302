"""A release on one machine: started, waited for, looked at, brought back, deleted."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.deploy.change import Change
from kubeguard.deploy.compose import containers, program
from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.engine import Engine, Tell
from kubeguard.deploy.compose.plan import plan
from kubeguard.deploy.compose.program import Docker
from kubeguard.deploy.compose.project import Project
from kubeguard.deploy.compose.revisions import Accepted, Revision, Revisions
from kubeguard.deploy.release import Status, earlier
from kubeguard.errors import KubeguardError, UsageError

_BACK = "apply brings it back"


class ComposeDeployment:
    """One release, and the steps that it goes through. `tell` hears one line for each.

    Raises KubeguardError when docker, its plugin or the engine is not there.
    """

    def __init__(self, release: str, docker: Docker, tell: Tell) -> None:
        self._release = release
        self._tell = tell
        self._engine = Engine(release, docker, tell)
        self._revisions = Revisions.of(release, program.engine(docker))

    def plan(self, project: Project) -> Iterator[Change]:
        """What `apply` would change. Raises KubeguardError."""
        revisions = self._revisions.all()
        before = revisions[-1].model.get("services") if revisions else {}
        return plan(project, before or {}, self._engine)

    def apply(self, project: Project, accepted: Accepted, seconds: float) -> None:
        """Start what is wanted, remove what earlier revisions had besides, wait until all works.

        What was interrupted is finished by the same call again. Raises KubeguardError.
        """
        with self._revisions.held():
            folder = str(project.file.parent)
            self._refuse_foreign()
            self._start(self._revisions.begin(folder, project.model, accepted), seconds)

    def rollback(self, to: int, seconds: float) -> None:
        """Start an earlier revision again, as a new one: the last that was deployed if `to` is 0.

        Raises UsageError when there is none.
        """
        with self._revisions.held():
            old = earlier(self._release, self._revisions.all(), to)
            self._tell(f"back to revision {old.number}")
            self._refuse_foreign()
            again = self._revisions.begin(old.folder, old.model, old.accepted, old.number)
            self._start(again, seconds)

    def made(self, volumes: bool) -> list[str]:
        """What `delete` would delete, by name. Raises UsageError when there is no such release."""
        self.newest()
        return [f"{kind}/{name}" for kind, name in self._engine.made(volumes)]

    def delete(self, seconds: float, volumes: bool) -> None:
        """Delete what the release made, and nothing else; its data only when `volumes` says so."""
        with self._revisions.held():
            self._engine.stop(self.newest(), seconds)
            for kind, name in self._engine.made(volumes):
                self._engine.remove(kind, name, volumes)
            self._revisions.forget()

    def live(self) -> list[Container]:
        """The containers of the newest revision. Raises KubeguardError when one is missing."""
        there = self._engine.ours()
        for name, wanted in self.newest().model["services"].items():
            count = sum(each.service == name for each in there)
            if count < containers.replicas(wanted):
                gone = f"has only {count} containers" if count else "is not there any more"
                raise KubeguardError(f"service/{name} {gone}", _BACK)
        for each in there:
            if each.restarts and not each.detail["State"].get("Running"):
                raise KubeguardError(f"container {each.name} does not run any more", _BACK)
        return there

    def edited(self) -> Iterator[str]:
        """What somebody has changed since it was applied, a sentence each."""
        newest = self.newest()
        hashes = self._engine.hashes(newest.model, newest.folder)
        for each in self._engine.project():
            if not containers.is_ours(each, self._release):
                yield f"container {each.name} is of the project, and nobody applied it"
                continue
            for edit in containers.edits(each, newest.model, hashes):
                yield f"container {each.name} {edit}"

    def newest(self) -> Revision:
        """What was applied last. Raises UsageError when there is nothing."""
        revisions = self._revisions.all()
        if not revisions:
            raise UsageError(f"there is no release {self._release!r} on this engine")
        return revisions[-1]

    def _start(self, revision: Revision, seconds: float) -> None:
        try:
            self._engine.remove_edited(revision)
            self._engine.up(revision, seconds)
        except KubeguardError:
            self._revisions.end(revision, Status.FAILED)
            raise
        self._revisions.end(revision, Status.DEPLOYED)
        self._tell(f"revision {revision.number} of {self._release} is deployed")

    def _refuse_foreign(self) -> None:
        """A project that was not started here is not taken over."""
        for each in self._engine.project():
            if not containers.is_ours(each, self._release):
                hint = "remove it, or give the release another name"
                said = "is there already, and not of this release"
                raise KubeguardError(f"container {each.name} {said}", hint)
