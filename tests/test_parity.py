"""One fact in a Dockerfile, in the image made of it, in a manifest: the checks say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubeguard.engine import audit
from kubeguard.model.reading import Reading
from kubeguard.registry import load_checks
from kubeguard.sources.images.reading import read as read_image
from kubeguard.sources.images.transports import Target, Transport
from kubeguard.sources.text import read
from tests.building import Description, docker_archive

CHECKS = {check.id: check for check in load_checks()}
USER = ("KG1001", "KG2001"), ("KG1002", "KG2002"), ("KG1003", "KG2003")
SSH = (("KG1027", "KG2004"),)
SECRET = (("KG1006", "KG2007"),)
SHELL = (("KG1035", "KG2014"),)
FILE = (("KG1008", "KG2008"),)
Pairs = tuple[tuple[str, str], ...]


def user(name: str) -> tuple[Pairs, str, Description]:
    return USER, f"USER {name}", {"config": {"User": name, "Cmd": ["/app"]}}


def port(text: str) -> tuple[Pairs, str, Description]:
    exposed = text if "/" in text else f"{text}/tcp"
    return SSH, f"EXPOSE {text}", {"config": {"ExposedPorts": {exposed: {}}}}


def variable(key: str, value: str) -> tuple[Pairs, str, Description]:
    return SECRET, f"ENV {key}={json.dumps(value)}", {"config": {"Env": [f"{key}={value}"]}}


def label(key: str, value: str) -> tuple[Pairs, str, Description]:
    return SECRET, f"LABEL {key}={json.dumps(value)}", {"config": {"Labels": {key: value}}}


def step(line: str) -> tuple[Pairs, str, Description]:
    by = f"RUN /bin/sh -c {line} # buildkit"
    return SECRET, f"RUN {line}", {"layers": [{"by": by, "files": {"/x": ""}}]}


def script(line: str) -> tuple[Pairs, str, Description]:
    return SHELL, f"CMD {line}", {"config": {"Cmd": ["/bin/sh", "-c", line]}}


def array(*words: str) -> tuple[Pairs, str, Description]:
    return SHELL, f"CMD {json.dumps(words)}", {"config": {"Cmd": list(words)}}


def copied(name: str, text: str) -> tuple[Pairs, str, Description]:
    return FILE, f"COPY {name} /app/", {"layers": [{"files": {f"/app/{name}": text}}]}


FACTS = [
    *(user(name) for name in ("root", "ROOT", "0", "00", "+0", "0:1000", "root:app")),
    *(user(name) for name in ("1000", "app", "app:0", "65532:65532", "ContainerUser")),
    *(port(text) for text in ("22", "22/tcp", "22/TCP", "22/udp", "2222", "20-25", "23-25/tcp")),
    variable("API_KEY", "3fae09c2d1b84c7e9a51"),
    variable("DB_PASSWORD", "changeme"),
    variable("DB_PASSWORD", ""),
    variable("DB_PASSWORD_FILE", "/run/secrets/db"),
    variable("GPG_KEY", "7169605F62C751356D054A26A821E680E5FA6305"),
    variable("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=Tr0ubadour"),
    label("token", "3fae09c2d1b84c7e9a51"),
    label("org.opencontainers.image.revision", "3fae09c2d1b84c7e9a513fae09c2d1b84c7e9a51"),
    step("git clone https://build:Tr0ubadour@git.example.com/app.git"),
    step("git clone https://git.example.com/app.git"),
    step("./setup.sh --db-password Tr0ubadour"),
    step("PGPASSWORD=Tr0ubadour psql -h db"),
    step("TOKEN=$(cat /run/secrets/token) make"),
    *(script(line) for line in ("node server.js", "exec app", "a && exec b", "a | b", "a; b")),
    array("node", "server.js"),
    copied(".env", "DB_PASSWORD=Tr0ubadour"),
    copied(".env.example", "DB_PASSWORD=Tr0ubadour"),
    copied("id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
    copied("id_rsa.pub", "ssh-rsa AAAA"),
    copied("app.py", "print(1)"),
]


ROOT, SECRET_SETTING = ("KG1001", "KG2001", "KG3021"), ("KG1006", "KG2007", "KG6001")
PORT, HEALTH = ("KG1046", "KG2005", "KG3040"), ("KG1047", "KG2006", "KG7101")
LATEST = "KG1009", "KG2020", "KG3101"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "registry.example/web%s"%s}
"""
PROBE = ", livenessProbe: {tcpSocket: {port: 8080}}"
EVERYWHERE: list[tuple[tuple[str, str, str], str, Description, str]] = [
    (ROOT, "USER 0", {"config": {"User": "0"}}, ", securityContext: {runAsUser: 0}"),
    (ROOT, "USER 65532", {"config": {"User": "65532"}}, ", securityContext: {runAsUser: 65532}"),
    (
        SECRET_SETTING,
        "ENV DB_PASSWORD=Tr0ubadour",
        {"config": {"Env": ["DB_PASSWORD=Tr0ubadour"]}},
        ", env: [{name: DB_PASSWORD, value: Tr0ubadour}]",
    ),
    (
        PORT,
        "EXPOSE 80",
        {"config": {"ExposedPorts": {"80/tcp": {}}}},
        ", ports: [{containerPort: 80}]",
    ),
    (
        PORT,
        "EXPOSE 8080",
        {"config": {"ExposedPorts": {"8080/tcp": {}}}},
        ", ports: [{containerPort: 8080}]",
    ),
    (HEALTH, 'CMD ["/app"]', {"config": {"Cmd": ["/app"]}}, ""),
    (
        HEALTH,
        'CMD ["/app"]\nHEALTHCHECK CMD ["/app", "-c"]',
        {"config": {"Cmd": ["/app"], "Healthcheck": {"Test": ["CMD", "/app", "-c"]}}},
        PROBE,
    ),
]


@pytest.mark.parametrize(("checks", "line", "description", "setting"), EVERYWHERE)
def test_one_fact_in_dockerfile_image_and_manifest(
    tmp_path: Path,
    checks: tuple[str, str, str],
    line: str,
    description: Description,
    setting: str,
) -> None:
    assert len(_said(tmp_path, checks, line, description, (":1.2", setting))) == 1


@pytest.mark.parametrize("tag", ["latest", "1.2"])
def test_the_latest_tag_everywhere(tmp_path: Path, tag: str) -> None:
    built: Description = {"names": [f"registry.example/web:{tag}"]}
    line = f"FROM registry.example/base:{tag}"

    assert _said(tmp_path, LATEST, line, built, (f":{tag}", "")) == {tag == "latest"}


def _said(
    folder: Path,
    checks: tuple[str, str, str],
    line: str,
    description: Description,
    manifest: tuple[str, str],
) -> set[bool]:
    """The verdicts of Dockerfile, image and manifest."""
    saved = folder / "saved.tar"
    saved.write_bytes(docker_archive(description))
    readings = (
        read("Dockerfile", f"FROM debian:13-slim\n{line}\n".encode()),
        read_image("saved.tar", Target(Transport.DOCKER_ARCHIVE, str(saved))),
        read("web.yaml", (MANIFEST % manifest).encode()),
    )
    return {verdict(check, reading) for check, reading in zip(checks, readings, strict=True)}


def verdict(id: str, reading: Reading) -> bool:
    report = audit([reading], [CHECKS[id]])
    assert not report.faults
    return bool(report.findings)


@pytest.mark.parametrize(
    ("pairs", "line", "description"), FACTS, ids=[line for _, line, _ in FACTS]
)
def test_verdicts_agree(tmp_path: Path, pairs: Pairs, line: str, description: Description) -> None:
    dockerfile = read("Dockerfile", f"FROM debian:13-slim\n{line}\n".encode())
    saved = tmp_path / "saved.tar"
    saved.write_bytes(docker_archive(description))
    image = read_image("saved.tar", Target(Transport.DOCKER_ARCHIVE, str(saved)))

    for meant, built in pairs:
        assert verdict(meant, dockerfile) is verdict(built, image), (meant, built)
