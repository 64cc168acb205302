"""The stack of Compose, put up by `kubeguard deploy`, loses nothing when a part of it is killed."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest
from compose_stack import RELEASE, Client, Images, Load, Stack, prepared
from images import Build, Built

from tests import container_engine

pytestmark = pytest.mark.container_engine
if why := container_engine.missing("mmdebstrap"):
    pytest.skip(why, allow_module_level=True)


@pytest.fixture(scope="module")
def stack(
    build: Build,
    service_image: Built,
    servers: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The reference stack, up."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8443))
        except OSError:
            pytest.skip("somebody listens on port 8443 of this machine")
    folder = tmp_path_factory.mktemp("compose")
    images = Images(service_image.name, *servers)
    made = prepared(folder, build.engine, images, (build.keys / "trusted.pem").read_bytes())
    try:
        yield made
    finally:
        made.deploy("delete", RELEASE, "--yes", "--volumes")


def test_applied_with_its_image(stack: Stack, service_image: Built) -> None:
    """Nothing is changed in the file: its images are variables, its secrets lie beside it."""
    archive = str(service_image.archive)
    file = str(stack.folder / "compose.yaml")
    result = stack.deploy("apply", RELEASE, "-f", file, "-f", archive, "--wait", "240")
    assert result.exit_code == 0, result.output
    assert "revision 1" in result.output
    assert f"6 containers of {RELEASE}: clean, 5 probed" in result.output
    plan = stack.deploy("plan", RELEASE, "-f", file)
    assert plan.exit_code == 0, plan.output


def test_nothing_is_lost_when_parts_are_killed(stack: Stack) -> None:
    load = Load(stack)
    with load.running(clients=4):
        load.wait_for(20)
        for service in ("database", "answer", "user", "postgresql", "redis"):
            before = stack.state(service)
            stack.kill(service)
            _back(stack, service, before["StartedAt"])
            load.wait_for(20)
    assert not load.failures
    assert len(load.acknowledged) >= 120
    lost = [place for place in load.acknowledged if not _kept(stack, load, place)]
    assert lost == []
    assert _counted(stack) == len(load.acknowledged)  # none of them twice


def test_it_is_clean_after_that(stack: Stack) -> None:
    result = stack.deploy("verify", RELEASE)
    assert result.exit_code == 0, result.output


def test_nothing_remains(stack: Stack) -> None:
    result = stack.deploy("delete", RELEASE, "--yes", "--volumes")
    assert result.exit_code == 0, result.output
    for kind in ("container", "network", "volume"):
        label = f"--filter=label=com.docker.compose.project={RELEASE}"
        assert stack.engine.docker(kind, "ls", "--quiet", label) == ""


def _back(stack: Stack, service: str, started: str, seconds: float = 60) -> None:
    """Until the restart policy has brought it back, and it is healthy."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = stack.state(service)
        healthy = state.get("Health", {}).get("Status") == "healthy"
        if state["StartedAt"] != started and state["Running"] and healthy:
            return
        time.sleep(0.2)
    raise AssertionError(f"{service} is not back after {seconds:.0f} s")


def _kept(stack: Stack, load: Load, place: str) -> bool:
    key, question = load.acknowledged[place]
    client = Client(stack, key)
    try:
        reply = client.send("GET", place)
    finally:
        client.close()
    return reply.status == 200 and json.loads(reply.body)["question"] == question


def _counted(stack: Stack) -> int:
    """What the database itself has."""
    client = Client(stack, stack.keys[0])
    reply = client.send("GET", "/v1/statistics?days=2")
    client.close()
    assert reply.status == 200, reply
    return sum(day["asked"] for day in json.loads(reply.body)["days"])
