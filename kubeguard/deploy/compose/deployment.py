"""A release on one machine: started, waited for, looked at, brought back, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kubeguard.deploy.change import Change, Kind, difference, fingerprint
from kubeguard.deploy.compose import containers, program
from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.program import Docker
from kubeguard.deploy.compose.project import Project
from kubeguard.deploy.compose.revisions import Accepted, Revision, Revisions
from kubeguard.deploy.compose.waiting import wait
from kubeguard.deploy.release import LABEL, Status
from kubeguard.errors import KubeguardError, UsageError

Tell = Callable[[str], None]
_PARTS = {"network": "networks", "volume": "volumes"}


class ComposeDeployment:
    """One release, and the steps that it goes through. `tell` hears one line for each.

    Raises KubeguardError when docker, its plugin or the engine is not there.
    """

    def __init__(self, release: str, docker: Docker, tell: Tell) -> None:
        self._release = release
        self._docker = docker
        self._tell = tell
        self._revisions = Revisions.of(release, program.engine(docker))

    def plan(self, project: Project) -> Iterator[Change]:
        """What `apply` would change. Raises KubeguardError."""
        revisions = self._revisions.all()
        before = revisions[-1].model if revisions else {}
        text = project.file.read_text(encoding="utf-8", errors="replace")
        yield from self._parts(project.model)
        hashes = self._hashes(project.model, project.file.parent)
        ours = self._ours()
        for name, wanted in sorted(project.model["services"].items()):
            there = [each for each in ours if each.service == name]
            edits = [*containers.differences(name, there, project.model, hashes)]
            if not there or not edits:
                yield Change(Kind.KEEP if there else Kind.CREATE, f"service/{name}")
                continue
            old = (before.get("services") or {}).get(name, {})
            lines = tuple(difference(_told(old, text), _told(wanted, text)))
            yield Change(Kind.CHANGE, f"service/{name}", lines or tuple(edits))
        for name in sorted({each.service for each in ours} - project.model["services"].keys()):
            yield Change(Kind.DELETE, f"service/{name}")

    def _parts(self, model: Mapping[str, Any]) -> Iterator[Change]:
        for kind, key in _PARTS.items():
            there = self._made(kind)
            for each in (model.get(key) or {}).values():
                if not each.get("external"):
                    what = Kind.KEEP if each["name"] in there else Kind.CREATE
                    yield Change(what, f"{kind}/{each['name']}")

    def apply(self, project: Project, accepted: Accepted, seconds: float) -> None:
        """Start what is wanted, remove what earlier revisions had besides, wait until all works.

        What was interrupted is finished by the same call again. Raises KubeguardError.
        """
        with self._revisions.held():
            self._apply(str(project.file.parent), project.model, accepted, seconds)

    def _apply(
        self, folder: str, model: Mapping[str, Any], accepted: Accepted, seconds: float
    ) -> None:
        self._refuse_foreign()
        revision = self._revisions.begin(folder, model, accepted)
        try:
            self._remove_edited(revision)
            self._up(revision, seconds)
            wait(self._lasting, seconds, self._docker)
        except KubeguardError:
            self._revisions.end(revision, Status.FAILED)
            raise
        self._revisions.end(revision, Status.DEPLOYED)
        self._tell(f"revision {revision.number} of {self._release} is deployed")

    def rollback(self, to: int, seconds: float) -> None:
        """Start an earlier revision again, as a new one: the last that was deployed if `to` is 0.

        Raises UsageError when there is none.
        """
        with self._revisions.held():
            revisions = self._revisions.all()
            earlier = [r for r in revisions[:-1] if r.status is Status.DEPLOYED]
            chosen = [r for r in revisions if r.number == to] if to else earlier[-1:]
            if not chosen:
                there = ", ".join(str(r.number) for r in revisions) or "none"
                raise UsageError(f"{self._release}: no such revision", f"there are: {there}")
            self._tell(f"back to revision {chosen[0].number}")
            old = chosen[0]
            self._apply(old.folder, old.model, old.accepted, seconds)

    def made(self, volumes: bool) -> list[str]:
        """What `delete` would delete, by name. Raises UsageError when there is no such release."""
        self._newest()
        names = [f"container/{each.name}" for each in self._ours(passing=True)]
        kinds = ("network", "volume") if volumes else ("network",)
        return names + [f"{kind}/{name}" for kind in kinds for name in self._made(kind)]

    def delete(self, seconds: float, volumes: bool) -> None:
        """Delete what the release made, and nothing else; its data only when `volumes` says so."""
        with self._revisions.held():
            newest = self._newest()
            self._compose(newest, seconds, "stop")
            for each in self._ours(passing=True):
                self._docker.ask("rm", "--force", each.id)
                self._tell(f"deleted container/{each.name}")
            for kind in ("network", "volume") if volumes else ("network",):
                for name in self._made(kind):
                    self._docker.ask(kind, "rm", name)
                    self._tell(f"deleted {kind}/{name}")
            self._revisions.forget()

    def live(self) -> tuple[Container, ...]:
        """The containers of the newest revision. Raises KubeguardError when one is missing."""
        there = self._lasting()
        known = {each.service for each in there}
        for name in self._newest().model["services"]:
            if name not in known:
                raise KubeguardError(
                    f"service/{name} is not there any more", "apply brings it back"
                )
        for each in there:
            if each.restarts and not each.detail["State"].get("Running"):
                hint = "apply brings it back"
                raise KubeguardError(f"container {each.name} does not run any more", hint)
        return there

    def edited(self) -> Iterator[str]:
        """What somebody has changed since it was applied, a sentence each."""
        newest = self._newest()
        hashes = self._hashes(newest.model, Path(newest.folder))
        for each in self._everybody():
            if not containers.is_ours(each, self._release):
                yield f"container {each.name} is of the project, and nobody applied it"
                continue
            for edit in containers.edits(each, newest.model, hashes):
                yield f"container {each.name} {edit}"

    @property
    def accepted(self) -> Accepted:
        """What somebody had decided to live with when the newest revision was applied."""
        return self._newest().accepted

    @property
    def model(self) -> Mapping[str, Any]:
        """The project as the newest revision has it."""
        return self._newest().model

    def _newest(self) -> Revision:
        revisions = self._revisions.all()
        if not revisions:
            raise UsageError(f"there is no release {self._release!r} on this engine")
        return revisions[-1]

    def _everybody(self) -> list[Container]:
        found = containers.of_project(self._docker, self._release)
        return [each for each in found if not each.passing]

    def _ours(self, passing: bool = False) -> list[Container]:
        found = containers.of_project(self._docker, self._release)
        ours = [each for each in found if containers.is_ours(each, self._release)]
        return [each for each in ours if passing or not each.passing]

    def _lasting(self) -> tuple[Container, ...]:
        return tuple(self._ours())

    def _made(self, kind: str) -> list[str]:
        label = f"label={LABEL}={self._release}"
        listed = self._docker.ask(kind, "ls", "--filter", label, "--format", "{{.Name}}")
        return sorted(listed.split())

    def _refuse_foreign(self) -> None:
        """A project that was not started here is not taken over."""
        for each in self._everybody():
            if not containers.is_ours(each, self._release):
                hint = "remove it, or give the release another name"
                said = "is there already, and not of this release"
                raise KubeguardError(f"container {each.name} {said}", hint)

    def _remove_edited(self, revision: Revision) -> None:
        """Compose would leave alone what was changed in a container that runs."""
        hashes = self._hashes(revision.model, Path(revision.folder))
        for each in self._ours():
            same = each.hash == hashes.get(each.service)
            if same and any(containers.edits(each, revision.model, hashes)):
                self._docker.run(("stop", each.id))
                self._docker.ask("rm", "--force", each.id)
                self._tell(f"removed container/{each.name}, which somebody had changed")

    def _hashes(self, model: Mapping[str, Any], folder: Path) -> dict[str, str]:
        """Of each service, as Compose writes it on what it makes."""
        text = program.document(model)
        command = (*self._command(folder, "-"), "config", "--hash=*")
        lines = self._docker.ask(*command, text=text).splitlines()
        return {name: value for name, _, value in (line.partition(" ") for line in lines)}

    def _up(self, revision: Revision, seconds: float) -> None:
        self._compose(revision, seconds, "up", "--detach", "--remove-orphans")

    def _compose(self, revision: Revision, seconds: float, *step: str) -> None:
        command = (*self._command(Path(revision.folder), "-"), *step)
        text = program.document(revision.model).encode()
        ended = self._docker.run(command, text, seconds, self._hear)
        if ended.code:
            wait(self._lasting, 0, self._docker)  # which of them it is
            raise KubeguardError(program.said(ended.complaint))

    def _command(self, folder: Path, file: str) -> tuple[str, ...]:
        of = ("--project-name", self._release, "--project-directory", str(folder))
        return ("compose", "--progress=plain", *of, "--file", file)

    def _hear(self, line: str) -> None:
        """Tell what is done of what Compose reports: `Container web-1  Started`."""
        words = line.split()
        if len(words) == 3 and words[2] in _DONE:
            self._tell(f"{_DONE[words[2]]} {words[0].lower()}/{words[1].strip(chr(34))}")


_DONE = {
    "Created": "created",
    "Recreated": "made anew",
    "Started": "started",
    "Healthy": "healthy",
    "Exited": "done",
    "Stopped": "stopped",
    "Removed": "removed",
}


def _told(service: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Without our label; values of variables that are not in the file are only told apart."""
    shown = {key: value for key, value in service.items() if value is not None}
    labels = dict(shown.pop("labels", None) or {})
    labels.pop(LABEL, None)
    environment = shown.get("environment") or {}
    if environment:
        shown["environment"] = {
            name: value if value is None or str(value) in text else fingerprint(value)
            for name, value in environment.items()
        }
    return {**shown, **({"labels": labels} if labels else {})}
