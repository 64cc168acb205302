"""Waiting until the containers of a project run, and what is said of those that do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum

from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.program import Docker
from kubeguard.errors import KubeguardError
from kubeguard.formats._printable import printable
from kubeguard.model.credentials import mask

_STEP = 0.5
"""Seconds between looks."""
_RESTARTS = 5
"""After so many nobody believes in the next one."""
_SENTENCE = 300
"""Characters that are shown of what a container said."""


class Health(Enum):
    """How a container is."""

    WELL = "well"
    """It runs and, if somebody checks that, works; or it has done what it was for."""
    STARTING = "starting"
    FAILED = "failed"


def health(container: Container) -> Health:
    """By its state, its own check and what it is for."""
    state = container.detail["State"]
    status = state.get("Status")
    checked = (state.get("Health") or {}).get("Status", "none")
    if status == "running":
        if checked == "unhealthy":
            return Health.FAILED
        return Health.WELL if checked in ("none", "healthy") else Health.STARTING
    if status == "exited" and not container.restarts:
        return Health.FAILED if state.get("ExitCode") else Health.WELL
    if status in ("dead", "paused") or container.detail.get("RestartCount", 0) >= _RESTARTS:
        return Health.FAILED
    return Health.STARTING


def wait(look: Callable[[], Sequence[Container]], seconds: float, docker: Docker) -> None:
    """Until all are well. Raises KubeguardError when one has failed, or is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        late = [each for each in look() if health(each) is not Health.WELL]
        over = time.monotonic() >= deadline
        worst = [each for each in late if over or health(each) is Health.FAILED]
        if worst:
            raise KubeguardError(trouble(worst[0], docker), _HINT)
        if not late:
            return
        time.sleep(_STEP)


_HINT = "`kubeguard deploy rollback --target compose` brings back what was deployed before"


def trouble(container: Container, docker: Docker) -> str:
    """What is wrong with a container, with the last that it said."""
    state = container.detail["State"]
    status, code = state.get("Status"), state.get("ExitCode")
    how = f"has ended with {code}" if status == "exited" else f"is {status}"
    checks = (state.get("Health") or {}).get("Log") or ()
    if status == "running" and checks:
        said, how = checks[-1].get("Output", ""), "runs and is not healthy"
    else:
        ended = docker.run(("logs", "--tail=1", container.id))
        said = ended.complaint or ended.output.decode(errors="replace")
    return f"container {container.name} {how}: {_shown(said) or 'it says nothing'}"


def _shown(said: str) -> str:
    return printable(mask(" ".join(said.split())))[:_SENTENCE]
