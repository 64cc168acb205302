"""What an engine has of a release, and how docker changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kubeguard.deploy.compose import containers
from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.program import Docker, said
from kubeguard.deploy.compose.revisions import Revision
from kubeguard.deploy.compose.waiting import wait
from kubeguard.deploy.release import LABEL
from kubeguard.errors import KubeguardError

Tell = Callable[[str], None]


class Engine:
    """The containers, networks and volumes of one project. Every step raises KubeguardError."""

    def __init__(self, release: str, docker: Docker, tell: Tell) -> None:
        self._release = release
        self._docker = docker
        self._tell = tell

    def project(self) -> list[Container]:
        """Every container with the project's name that is to last, whoever made it."""
        found = containers.of_project(self._docker, self._release)
        return [each for each in found if not each.passing]

    def ours(self) -> list[Container]:
        """Those of them that the release made."""
        return [each for each in self.project() if containers.is_ours(each, self._release)]

    def made(self, volumes: bool) -> list[tuple[str, str]]:
        """Kind and name of everything that the release made; volumes only when asked for."""
        every = containers.of_project(self._docker, self._release)
        ours = [each for each in every if containers.is_ours(each, self._release)]
        kinds = ("network", "volume") if volumes else ("network",)
        return [
            *(("container", each.name) for each in ours),
            *((kind, name) for kind in kinds for name in self.named(kind)),
        ]

    def named(self, kind: str) -> list[str]:
        """The networks or volumes that the release made."""
        label = f"label={LABEL}={self._release}"
        listed = self._docker.ask(kind, "ls", "--filter", label, "--format", "{{.Name}}")
        return sorted(listed.split())

    def hashes(self, model: Mapping[str, Any], folder: str) -> dict[str, str]:
        """Of each service, as Compose writes it on what it makes."""
        told = self._docker.ask(*self._command(folder), "config", "--hash=*", text=_text(model))
        return {name: value for name, _, value in (x.partition(" ") for x in told.splitlines())}

    def up(self, revision: Revision, seconds: float) -> None:
        """Bring the revision to run, and remove what is not of it; wait until all of it works."""
        self._compose(revision, seconds, "up", "--detach", "--no-build", "--remove-orphans")
        wait(self.ours, seconds, self._docker)

    def stop(self, revision: Revision, seconds: float) -> None:
        """Give every container the time to end that its service says."""
        self._compose(revision, seconds, "stop")

    def remove(self, kind: str, name: str, volumes: bool = False) -> None:
        """Delete one thing; of a container also its nameless volumes, when asked for."""
        flags = ("--force", *["--volumes"] * volumes) if kind == "container" else ()
        self._docker.ask(kind, "rm", *flags, name)
        self._tell(f"deleted {kind}/{name}")

    def remove_edited(self, revision: Revision) -> None:
        """Compose would leave alone what was changed in a container that runs."""
        hashes = self.hashes(revision.model, revision.folder)
        for each in self.ours():
            same = each.hash == hashes.get(each.service)
            if same and any(containers.edits(each, revision.model, hashes)):
                self._tell(f"container {each.name} was changed, and is made anew")
                self._docker.ask("stop", each.id)
                self.remove("container", each.name)

    def _compose(self, revision: Revision, seconds: float, *step: str) -> None:
        command = (*self._command(revision.folder), *step)
        ended = self._docker.run(command, _text(revision.model).encode(), seconds, self._hear)
        if ended.code:
            late = [each for each in self.ours() if each.detail["State"].get("Status") != "created"]
            wait(lambda: late, 0, self._docker)  # which of them it is
            raise KubeguardError(said(ended.complaint))

    def _command(self, folder: str) -> tuple[str, ...]:
        """The file comes by standard input; what it names lies in the folder."""
        of = ("--project-name", self._release, "--project-directory", str(Path(folder)))
        return ("compose", "--progress=plain", *of, "--file=-")

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


def _text(model: Mapping[str, Any]) -> str:
    """Compose reads JSON as well as YAML."""
    return json.dumps(model)
