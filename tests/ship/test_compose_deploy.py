"""`kubeguard deploy --target compose` with a real engine, step by step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import container_engine
from tests.container_engine import Engine

pytestmark = pytest.mark.container_engine
if why := container_engine.missing("mmdebstrap"):
    pytest.skip(why, allow_module_level=True)

SHOP = """\
services:
  cache:
    image: {image}
    user: "999:999"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    command: [redis-server, --save, ""]
    environment: {{GREETING: "${{GREETING:-hello}}", TOKEN: "${{SHOP_TOKEN:-}}"}}
    secrets: [note]
    volumes: ["data:/data"]
    networks: [inside]
    mem_limit: 64m
    cpus: 0.5
    pids_limit: 50
    restart: unless-stopped
    healthcheck: {{test: [CMD, redis-cli, ping], interval: 1s, start_period: {patience}s}}
networks:
  inside: {{internal: true}}
volumes:
  data: {{}}
secrets:
  note: {{file: note}}
"""


class Told(NamedTuple):
    """What a command ended with and said."""

    code: int
    text: str


class Release:
    """A small project under a name of its own."""

    def __init__(self, name: str, folder: Path, engine: Engine, image: str) -> None:
        self.name = name
        self.file = folder / "compose.yaml"
        self.engine = engine
        self.image = image
        self.environment = {**engine.environment, "XDG_STATE_HOME": str(folder / "state")}
        (folder / "note").write_text("for nobody")
        self.write()

    def write(self, patience: int = 5, **changes: str) -> None:
        """The Compose file, with texts replaced."""
        text = SHOP.format(image=self.image, patience=patience)
        for old, new in changes.items():
            text = text.replace(f"{old}:", new, 1)
        self.file.write_text(text)

    def command(self, step: str, *more: str) -> list[str]:
        words = ["deploy", step, self.name, "--target", "compose", *more]
        files = ["-f", str(self.file)] if step in ("plan", "apply") else []
        return [sys.executable, "-m", "kubeguard", *words, *files]

    def __call__(self, step: str, *more: str, **environment: str) -> Told:
        done = subprocess.run(
            self.command(step, *more),
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Told(done.returncode, done.stdout + done.stderr)

    def interrupted(self, step: str, at: str, number: signal.Signals) -> None:
        """Send a signal to the command when it says a line that begins so."""
        with subprocess.Popen(
            self.command(step),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            for line in process.stdout:
                if line.startswith(at):
                    break
            process.send_signal(number)
            rest = process.stdout.read()
        assert process.returncode in (130, -number), rest
        assert "Traceback" not in rest

    def made(self, kind: str) -> list[str]:
        label = f"--filter=label=com.docker.compose.project={self.name}"
        everything = ("--all",) if kind == "container" else ()
        return self.engine.docker(kind, "ls", *everything, "--quiet", label).split()

    @property
    def container(self) -> str:
        return f"{self.name}-cache-1"


@pytest.fixture
def release(
    container_engine: Engine,
    servers: tuple[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Release]:
    """One that is removed afterwards, whatever became of it."""
    name = f"kubeguard-test-{abs(hash(request.node.name)) % 10_000:04}"
    found = Release(name, tmp_path, container_engine, servers[1])
    try:
        yield found
    finally:
        for kind in ("container", "network", "volume"):
            for each in found.made(kind):
                force = {"container": ("--force", "--volumes"), "volume": ("--force",)}.get(
                    kind, ()
                )
                container_engine.tried(kind, "rm", *force, each)


def test_from_nothing_to_nothing(release: Release) -> None:
    planned = release("plan")
    assert planned.code == 1
    for each in (f"network/{release.name}_inside", f"volume/{release.name}_data", "service/cache"):
        assert f"create  {each}\n" in planned.text
    applied = release("apply")
    assert applied.code == 0, applied.text
    assert f"revision 1 of {release.name} is deployed" in applied.text
    assert f"1 container of {release.name}: clean, 1 probed" in applied.text
    assert release("plan") == (0, "3 to keep\n")
    assert release("verify").code == 0
    kept = release("delete", "--yes")
    assert kept.code == 0, kept.text
    assert [len(release.made(kind)) for kind in ("container", "network", "volume")] == [0, 0, 1]
    assert "there is no release" in release("verify").text


def test_data_goes_only_when_asked(release: Release) -> None:
    assert release("apply").code == 0
    asked = subprocess.run(
        release.command("delete"),
        env=release.environment,
        input="n\n",
        capture_output=True,
        text=True,
    )
    assert asked.returncode == 130
    assert f"  container/{release.container}\n" in asked.stdout
    assert len(release.made("container")) == 1
    assert release("delete", "--yes", "--volumes").code == 0
    assert release.made("volume") == []


def test_change_is_planned_and_applied(release: Release) -> None:
    assert release("apply").code == 0
    changed = {"GREETING": "good morning", "SHOP_TOKEN": "hunter2-of-ours"}
    planned = release("plan", **changed)
    assert planned.code == 1
    assert "change  service/cache\n" in planned.text
    assert "hunter2" not in planned.text
    assert "(secret, " in planned.text
    assert release("apply", **changed).code == 0
    assert release("rollback").code == 0
    assert release("plan") == (0, "3 to keep\n")


def test_what_does_not_pass_is_not_applied(release: Release) -> None:
    release.write(cap_drop="privileged: true\n    cap_drop:")
    told = release("apply")
    assert told.code == 3
    assert "container 'cache' is privileged" in told.text
    assert release.made("container") == []


def test_flaw_that_only_docker_sees(release: Release) -> None:
    """The file `.env` is read by docker alone when it is written oddly."""
    release.write(cap_drop="ipc: ${IPC:-private}\n    cap_drop:")
    (release.file.parent / ".env").write_text("IPC: host\n")
    told = release("apply")
    assert told.code == 3
    assert "the pod joins the node's IPC namespace" in told.text
    assert "compose.yaml as docker reads it" in told.text
    assert release.made("container") == []


def test_change_by_hand_is_found_and_undone(release: Release) -> None:
    assert release("apply").code == 0
    engine = release.engine
    engine.docker("update", "--memory=128m", "--memory-swap=-1", release.container)
    told = release("verify")
    assert told.code == 1
    assert "has mem_limit 134217728, and 67108864 was applied" in told.text
    assert "it has mem_limit 134217728" in release("plan").text
    assert release("apply").code == 0
    assert release("verify").code == 0
    engine.docker("rm", "--force", release.container)
    gone = release("verify")
    assert (gone.code, "service/cache is not there any more" in gone.text) == (3, True)


def test_suppression_holds_for_what_runs(release: Release) -> None:
    reason = "  # kubeguard: ignore[writable_root_filesystem] -- a test"
    release.write(read_only=f"read_only: false{reason}\n    x-was:")
    told = release("apply", "--no-probes")
    assert told.code == 0, told.text
    assert release("verify", "--no-probes").code == 0


def test_failure_names_the_container_and_what_it_said(release: Release) -> None:
    assert release("apply").code == 0
    release.write(command="command: [redis-server, --odd, directive]\n    x-was:")
    told = release("apply", "--wait", "60")
    assert told.code == 3
    assert f"container {release.container} " in told.text
    assert "`kubeguard deploy rollback" in told.text
    back = release("rollback")
    assert back.code == 0, back.text
    assert "back to revision 1" in back.text
    assert release("rollback", "--to", "7").code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_and_finished_by_the_same_command(
    release: Release, number: signal.Signals
) -> None:
    release.interrupted("apply", "created", number)
    told = release("apply")
    assert told.code == 0, told.text
    assert f"revision 2 of {release.name} is deployed" in told.text
    assert release("delete", "--yes", "--volumes").code == 0
    assert not any(release.made(kind) for kind in ("container", "network", "volume"))


def test_interrupted_way_back_is_taken_again(release: Release) -> None:
    assert release("apply").code == 0
    assert release("apply", GREETING="good morning").code == 0
    release.interrupted("rollback", "back to revision 1", signal.SIGKILL)
    told = release("rollback")
    assert told.code == 0, told.text
    assert "back to revision 1" in told.text
    assert release("plan") == (0, "3 to keep\n")


def test_project_of_somebody_else_is_not_taken_over(release: Release) -> None:
    label = f"--label=com.docker.compose.project={release.name}"
    release.engine.docker("run", "--detach", label, "--network=none", release.image)
    told = release("apply")
    assert told.code == 3
    assert "is there already, and not of this release" in told.text
    assert len(release.made("container")) == 1


def test_container_that_somebody_added_is_told(release: Release) -> None:
    assert release("apply").code == 0
    label = f"--label=com.docker.compose.project={release.name}"
    release.engine.docker("run", "--detach", label, "--network=none", release.image)
    told = release("verify")
    assert told.code == 1
    assert "is of the project, and nobody applied it" in told.text


def test_removed_service_goes(release: Release) -> None:
    text = release.file.read_text()
    cache = text[text.index("  cache:") : text.index("networks:\n  inside")]
    release.file.write_text(text.replace(cache, cache + cache.replace("  cache:", "  other:")))
    assert release("apply").code == 0
    assert len(release.made("container")) == 2
    release.write()
    assert "delete  service/other" in release("plan").text
    assert release("apply").code == 0
    assert len(release.made("container")) == 1


def test_revisions_are_private(release: Release) -> None:
    assert release("apply", SHOP_TOKEN="hunter2-of-ours").code == 0
    (file,) = (release.file.parent / "state").rglob("v1.json")
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["status"] == "deployed"
    assert os.stat(file.parent).st_mode & 0o077 == 0


def test_what_docker_refuses_is_one_sentence(release: Release) -> None:
    release.write(cap_drop="odd_key: true\n    cap_drop:")
    told = release("apply")
    assert told.code == 3
    assert "odd_key" in told.text
