"""`kubeguard deploy --target compose`, as far as it needs no engine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from kubeguard import api
from kubeguard.cluster.authority import LEAF_LIFE
from kubeguard.deploy.compose import containers, project
from kubeguard.deploy.compose.certificates import KEPT, renew
from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.reference import RENDERED
from kubeguard.deploy.compose.revisions import Revisions
from kubeguard.deploy.compose.waiting import Health, health
from kubeguard.deploy.release import Status
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.policy.configuration import Options

ROOT = Path(__file__).parents[2]
FILE = ROOT / "manifests" / "compose" / "compose.yaml"
DIGEST = "@sha256:" + 64 * "a"
IMAGES = [f"--set={name}=registry.example.com/{name}{DIGEST}" for name in ("image", "redis_image")]
IMAGES += [f"--set=postgresql_image=registry.example.com/postgresql{DIGEST}"]
SOCKET = "/run/docker.sock"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Result(NamedTuple):
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def run(*words: str, **environment: str) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "kubeguard", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def deploy(command: str, *arguments: str | Path, **environment: str) -> Result:
    return run("deploy", command, *map(str, arguments), "--target", "compose", **environment)


# What is rendered


def test_packaged_file_is_the_one_of_the_manifests() -> None:
    assert RENDERED.read_text() == FILE.read_text(), "run `make manifests`"


def test_rendered_without_values_it_is_the_file() -> None:
    result = deploy("render")
    assert result.exit_code == 0
    assert result.stdout == FILE.read_text()
    assert "images are still to be chosen: image (or APP_IMAGE)" in result.stderr


def test_rendered_with_values_it_is_clean(tmp_path: Path) -> None:
    values = ["--set=project=shop", "--set=address=10.0.0.7", "--set=port=443", *IMAGES]
    result = deploy("render", *values, "-o", tmp_path)
    assert result.exit_code == 0, result.output
    found = yaml.safe_load((tmp_path / "compose.yaml").read_text())
    assert found["name"] == "shop"
    assert found["services"]["user"]["ports"] == ["10.0.0.7:443:8443"]
    images = {service["image"] for service in found["services"].values()}
    assert len(images) == 3
    assert all(image.endswith(DIGEST) for image in images)
    scanned = run("scan", "--profile=pedantic", str(tmp_path))
    assert scanned.exit_code == 0, scanned.output
    assert "No findings" in scanned.output


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("port=70000", "port is 70000, and has to be 65535 at most"),
        ("port=x", "port is 'x', not a whole number"),
        ("address=here", "address is 'here', not an address such as 127.0.0.1"),
        ("image=a b", "image is 'a b', not an image such as"),
        ("project=A", "project is 'A', not a name that a project can have"),
        ("overlay=production", "unknown key 'overlay'"),
    ],
)
def test_values_that_are_refused(setting: str, message: str) -> None:
    result = deploy("render", "--set", setting)
    assert result.exit_code == 2
    assert message in result.output


# Options


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "web", "--namespace", "x"), "--namespace means nothing with --target compose"),
        (("verify", "web", "--context", "x"), "--context means nothing with --target compose"),
        (("verify", "Web_1"), "'Web_1' is no name of a release"),
        (("certificates", "user"), "--filename is missing"),
        (("certificates", "user", "-n", "x"), "--namespace means nothing"),
        (("apply", "web", "-f", "nowhere.yaml"), "nowhere.yaml: no such file"),
    ],
)
def test_options_that_make_no_sense(arguments: tuple[str, ...], message: str) -> None:
    result = deploy(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_options_of_compose_are_refused_for_a_cluster() -> None:
    result = run("deploy", "certificates", "user", "-n", "x", "-f", str(FILE))
    assert result.exit_code == 2
    assert "--filename means nothing with --target kubernetes" in result.output


def test_compose_file_for_a_cluster() -> None:
    result = run("deploy", "apply", "web", "-f", str(FILE))
    assert result.exit_code == 2
    assert "--target compose" in result.output


def test_objects_for_compose(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    result = deploy("apply", "web", "-f", tmp_path)
    assert result.exit_code == 2
    assert "there is no Compose file in what is to be applied" in result.output


def test_two_compose_files_are_refused(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text("services: {web: {image: web}}\n")
    result = deploy("plan", "web", "-f", tmp_path)
    assert result.exit_code == 2
    assert "2 Compose files are too many" in result.output


# The engine's program


def test_gate_is_before_docker(tmp_path: Path) -> None:
    """What does not pass is never shown to docker."""
    (tmp_path / "compose.yaml").write_text("services: {web: {image: web, privileged: true}}\n")
    result = deploy("apply", "web", "-f", tmp_path, PATH=str(tmp_path))
    assert result.exit_code == 3
    assert "container 'web' is privileged" in result.output
    assert "kubeguard does not let this pass" in result.output


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("", "docker cannot be started: No such file or directory"),
        ("#!/bin/sh\nexit 1\n", "docker has no Compose plugin"),
        (
            '#!/bin/sh\n[ "$1" = compose ] || { echo no engine here >&2; exit 1; }\n',
            "no engine here",
        ),
    ],
)
def test_missing_docker(script: str, message: str, tmp_path: Path) -> None:
    if script:
        (tmp_path / "docker").write_text(script)
        (tmp_path / "docker").chmod(0o755)
    result = deploy("verify", "web", PATH=str(tmp_path), XDG_STATE_HOME=str(tmp_path))
    assert result.exit_code == 3
    assert message in result.output


# Variables


def test_variables_come_from_the_environment_and_then_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["# comment", "A=1", "export B='two # 2'", 'C="three"', "D=four # 4", "", "E"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("A", "mine")
    found = project.variables(tmp_path)
    assert {name: found[name] for name in "ABCDE"} == {
        "A": "mine",
        "B": "two # 2",
        "C": "three",
        "D": "four",
        "E": "",
    }


def test_gate_knows_the_variables(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: web:1, pid: '${PID}'}}\n")
    names = {
        variables.get("PID"): {f.check.name for f in api.audit(file, variables=variables).findings}
        for variables in ({"PID": "host"}, {"PID": ""})
    }
    assert "host_pid" in names["host"]
    assert not {"host_pid", "unjudged_compose_file"} & names[""]


def test_required_variable_without_value_is_told(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: '${IMAGE:?which one}'}}\n")
    messages = {f.message for f in api.audit(file, variables={}).findings}
    assert "IMAGE has no value: which one" in messages


# Revisions


def test_revisions_are_private_and_in_order(tmp_path: Path) -> None:
    kept = Revisions(tmp_path / "web")
    with kept.held():
        first = kept.begin("/srv", {"services": {"web": {}}}, frozenset({("KG3001", "web")}))
        kept.end(first, Status.DEPLOYED)
        for _ in range(11):
            kept.end(kept.begin("/srv", {}, frozenset()), Status.DEPLOYED)
    found = kept.all()
    assert [each.number for each in found] == list(range(3, 13))
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "web").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "web").stat().st_mode) == 0o700
    kept.forget()
    assert kept.all() == ()


def test_one_at_a_time(tmp_path: Path) -> None:
    one, two = Revisions(tmp_path / "web"), Revisions(tmp_path / "web")
    with (
        one.held(),
        pytest.raises(KubeguardError, match="somebody else is changing web"),
        two.held(),
    ):
        pass


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"revision": 1, "status": "odd"}'])
def test_damaged_revision_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "v1.json").write_text(text)
    with pytest.raises(KubeguardError, match=r"v1\.json: this revision cannot be read"):
        Revisions(tmp_path).all()


# Certificates


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The reference file, its services run by whoever runs the tests."""
    me = os.geteuid()
    text = FILE.read_text().replace('"65532:65532"', f'"{me}"').replace('"999:999"', f'"{me}"')
    (tmp_path / "compose.yaml").write_text(text)
    return tmp_path / "compose.yaml"


def test_certificates_are_files_that_the_project_mounts(stack: Path) -> None:
    services = ("user", "answer", "database", "postgresql", "redis")
    result = deploy("certificates", *services, "-f", stack)
    assert result.exit_code == 0, result.output
    assert "user.crt: until " in result.output
    folder = stack.parent / "secrets"
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {
        KEPT: 0o600,
        "authority.crt": 0o644,
        **{f"{name}.crt": 0o644 for name in services},
        **{f"{name}.key": 0o600 for name in services},
    }
    again = deploy("certificates", *services, "-f", stack)
    assert "restarted" in result.output
    assert "restarted" not in again.output


def test_certificates_are_renewed_in_time(stack: Path) -> None:
    first = renew(["user"], stack, lambda: NOW)
    key = (stack.parent / "secrets" / "user.key").read_text()
    same = renew(["user"], stack, lambda: NOW + LEAF_LIFE / 2)
    assert (same.changed, same.expires) == (False, first.expires)
    late = renew(["user"], stack, lambda: NOW + LEAF_LIFE - timedelta(days=1))
    assert late.changed
    assert late.expires["user"] > first.expires["user"]
    assert (stack.parent / "secrets" / "user.key").read_text() != key


def test_interrupted_certificates_are_finished(stack: Path) -> None:
    """All files follow the one with the authorities."""
    renew(["user", "answer"], stack, lambda: NOW)
    secrets = stack.parent / "secrets"
    texts = {name: (secrets / name).read_text() for name in ("user.key", "authority.crt")}
    (secrets / "user.key").unlink()
    (secrets / "authority.crt").write_text("half of it")
    assert renew(["user", "answer"], stack, lambda: NOW).changed
    assert {name: (secrets / name).read_text() for name in texts} == texts


def test_damaged_authorities_are_made_anew(stack: Path) -> None:
    renew(["user"], stack, lambda: NOW)
    (stack.parent / "secrets" / KEPT).write_text('{"user.since": 7')
    assert renew(["user"], stack, lambda: NOW).changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {web: {}}", "there is no service 'user'"),
        ("services: {user: {}}", "no secret user.crt with a file"),
        ("services: [", "compose.yaml:1:11"),
        ("a: 1", "no Compose file"),
        ("", "no Compose file"),
    ],
)
def test_compose_file_without_certificates(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        renew(["user"], file, lambda: NOW)
    assert list(tmp_path.iterdir()) == [file]


def test_keys_of_others_need_root(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.write_text(stack.read_text().replace(f'"{os.geteuid()}"', '"65532"'))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(KubeguardError, match=r"user\.key has to belong to the user 65532"):
        renew(["user"], stack, lambda: NOW)
    assert not (stack.parent / "secrets").exists()


# What runs


def container(**changes: Any) -> Container:
    """A hardened one, as `docker inspect` tells it."""
    config = {
        "Image": "web:1",
        "User": "65532:65532",
        "Env": ["A=b$c"],
        "Healthcheck": {"Test": ["CMD", "/web", "check"]},
        "Labels": {
            "com.docker.compose.service": "web",
            "com.docker.compose.config-hash": "abc",
            "com.docker.compose.project.working_dir": "/srv/shop",
        },
    }
    host = {
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true"],
        "Memory": 67108864,
        "NanoCpus": 500000000,
        "PidsLimit": 20,
        "RestartPolicy": {"Name": "unless-stopped"},
        "NetworkMode": "shop_default",
        "IpcMode": "private",
        "MaskedPaths": ["/proc/kcore"],
        "Tmpfs": {"/tmp": "size=1m"},
    }
    mounts = [
        {"Type": "bind", "Source": "/srv/shop/c", "Destination": "/c", "RW": False},
        {"Type": "bind", "Source": "/etc/secret", "Destination": "/run/secrets/s", "RW": False},
    ]
    detail = {
        "Id": "1",
        "Name": "/shop-web-1",
        "Config": config | changes.pop("config", {}),
        "HostConfig": host | changes.pop("host", {}),
        "Mounts": changes.pop("mounts", mounts),
        "NetworkSettings": {"Networks": changes.pop("networks", {"shop_default": {}})},
        "State": changes.pop("state", {"Status": "running", "Running": True}),
    }
    return Container(detail)


MODEL: dict[str, Any] = {
    "services": {
        "web": {
            "mem_limit": "67108864",
            "cpus": 0.5,
            "pids_limit": 20,
            "restart": "unless-stopped",
            "networks": {"default": None},
        }
    },
    "networks": {"default": {"name": "shop_default"}},
    "secrets": {"s": {"file": "/etc/secret"}},
}


def found(running: Container) -> set[str]:
    service = containers.service(running, MODEL)
    policy = api.load_policy(None, Options(profile="restricted"))
    report = api.audit_projects({"shop-web-1": {"services": {"web": service}}}, policy)
    assert not report.faults
    return {finding.check.name for finding in report.findings}


def test_hardened_container_is_clean() -> None:
    assert found(container()) == set()


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"host": {"Privileged": True}}, {"privileged"}),
        ({"host": {"CapAdd": ["SYS_ADMIN"]}}, {"sys_admin_capability"}),
        ({"host": {"CapDrop": None}}, {"undropped_capabilities"}),
        ({"host": {"ReadonlyRootfs": False}}, {"writable_root_filesystem"}),
        ({"host": {"SecurityOpt": None}}, {"privilege_escalation"}),
        ({"host": {"MaskedPaths": []}}, {"unmasked_proc"}),
        ({"host": {"Memory": 0}}, {"missing_memory_limit"}),
        ({"host": {"NetworkMode": "host"}}, {"host_network"}),
        ({"host": {"PidMode": "host", "IpcMode": "host"}}, {"host_pid", "host_ipc"}),
        ({"host": {"Tmpfs": {"/tmp": ""}}}, set()),
        ({"host": {"Devices": [{"PathOnHost": "/dev/mem"}]}}, {"sensitive_host_path"}),
        ({"host": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8"}]}}}, {"host_port"}),
        ({"host": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1"}]}}}, set()),
        ({"host": {"Sysctls": {"kernel.msgmax": "1"}}}, {"unsafe_sysctls"}),
        ({"config": {"User": ""}}, {"unenforced_non_root"}),
        ({"config": {"User": "0"}}, {"root_user"}),
        (
            {"mounts": [{"Type": "bind", "Source": SOCKET, "Destination": "/s", "RW": True}]},
            {"runtime_socket"},
        ),
    ],
)  # fmt: skip
def test_what_runs_is_judged_like_the_file(changes: dict[str, Any], checks: set[str]) -> None:
    assert found(container(**changes)) == checks


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"host": {"Memory": 1}}, ["has mem_limit 1, and 67108864 was applied"]),
        ({"host": {"NanoCpus": 2_000_000_000}}, ["has cpus 2.0, and 0.5 was applied"]),
        ({"host": {"PidsLimit": None}}, ["has pids_limit 0, and 20 was applied"]),
        (
            {"host": {"RestartPolicy": {"Name": "no"}}},
            ["has restart no, and unless-stopped was applied"],
        ),
        (
            {"networks": {"bridge": {}, "shop_default": {}}},
            ["has networks bridge, shop_default, and shop_default was applied"],
        ),
        (
            {"config": {"Labels": {"com.docker.compose.service": "web"}}},
            ["was not made from what was applied"],
        ),
        ({"config": {"Labels": {}}}, ["is of no service of the project"]),
    ],
)
def test_what_was_changed_by_hand(changes: dict[str, Any], said: list[str]) -> None:
    assert [*containers.edits(container(**changes), MODEL, {"web": "abc"})] == said


@pytest.mark.parametrize(
    ("state", "host", "expected"),
    [
        ({"Status": "running"}, {}, Health.WELL),
        ({"Status": "running", "Health": {"Status": "healthy"}}, {}, Health.WELL),
        ({"Status": "running", "Health": {"Status": "starting"}}, {}, Health.STARTING),
        ({"Status": "running", "Health": {"Status": "unhealthy"}}, {}, Health.FAILED),
        ({"Status": "created"}, {}, Health.STARTING),
        ({"Status": "dead"}, {}, Health.FAILED),
        ({"Status": "exited", "ExitCode": 0}, {}, Health.STARTING),
        ({"Status": "exited", "ExitCode": 0}, {"RestartPolicy": {"Name": "no"}}, Health.WELL),
        ({"Status": "exited", "ExitCode": 1}, {"RestartPolicy": {"Name": "no"}}, Health.FAILED),
    ],
)
def test_health(state: dict[str, Any], host: dict[str, Any], expected: Health) -> None:
    assert health(container(state=state, host=host)) is expected


def test_inspected_values_are_no_variables() -> None:
    service = containers.service(container(config={"Image": "web:${TAG:?}"}), MODEL)
    report = api.audit_projects({"web": {"services": {"web": json.loads(json.dumps(service))}}})
    assert not [f for f in report.findings if f.check.name == "unjudged_compose_file"]
