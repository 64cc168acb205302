"""Images that a real engine built, saved and pushed: the same findings and facts wherever read."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kubeguard import audit
from kubeguard.model.facts import ImageFacts
from kubeguard.model.image import FileKind, Image
from kubeguard.model.severity import Profile
from kubeguard.policy.policy import Policy
from kubeguard.sources.images.transports import Look
from kubeguard.sources.targets import find, load
from tests.container_engine import Engine
from tests.sources.images import engine

pytestmark = [pytest.mark.container_engine, pytest.mark.xdist_group("container_engine")]
if why := engine.missing():
    pytest.skip(why, allow_module_level=True)
docker = pytest.importorskip("docker")

DOCKERFILE = """\
FROM kubeguard-test/base:1 AS build
RUN echo built > /out && chmod 0777 /out
FROM kubeguard-test/base:1
ENV API_KEY=3fae09c2d1b84c7e9a51
COPY --from=build /out /app/out
COPY id_rsa /root/.ssh/id_rsa
RUN useradd -u 10001 app && cp /bin/sleep /app/run && chmod 4755 /app/run && ln -s run /app/start
RUN rm -r /root/.ssh /usr/share/doc && mkdir /usr/share/doc && ln /app/run /app/again
EXPOSE 22 8080/tcp
VOLUME ["/data"]
WORKDIR /app
USER app
ENTRYPOINT ["./start"]
CMD ["60"]
"""
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
TRANSPORTS = ("docker-archive", "oci-archive", "oci", "docker-daemon", "docker")


@pytest.fixture(scope="module")
def client(container_engine: Engine) -> Iterator[Any]:
    found = docker.DockerClient(base_url=container_engine.address, timeout=300)
    yield found
    found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def hub(folder: Path) -> Iterator[str]:
    with engine.registry(folder) as address:
        yield address


@pytest.fixture(scope="module")
def name(client: Any, folder: Path, hub: str) -> str:
    """The image, built; its name leads to the registry."""
    try:
        packed = engine.base_image(folder)
    except subprocess.SubprocessError as error:
        pytest.skip(f"no base image, there is no mirror to be reached: {error}")
    with open(packed, "rb") as file:
        client.api.import_image_from_data(
            file, repository="kubeguard-test/base", tag="1", changes=engine.change()
        )
    context = folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "id_rsa").write_text(KEY)
    client.images.build(path=str(context), tag=f"{hub}/shop/web:1.2", network_mode="none")
    return f"{hub}/shop/web:1.2"


@pytest.fixture(scope="module")
def targets(
    client: Any, container_engine: Engine, folder: Path, name: str
) -> Iterator[Mapping[str, str]]:
    """The same image over every transport."""
    saved, trust = folder / "saved.tar", folder / "trust"
    with open(saved, "wb") as file:
        file.writelines(client.images.get(name).save(named=True))
    login = base64.b64encode(f"{engine.USER}:{engine.PASSWORD}".encode()).decode()
    auths = {"auths": {name.partition("/")[0]: {"auth": login}}}
    (folder / "config.json").write_text(json.dumps(auths))
    trust.mkdir()
    (trust / "ca.crt").write_bytes((folder / "ca.crt").read_bytes())
    archive = f"docker-archive:{saved}"
    skopeo("copy", archive, f"oci-archive:{folder}/oci.tar:{name}")
    skopeo("copy", archive, f"oci:{folder}/layout:{name}")
    to = ["--dest-cert-dir", str(trust), "--dest-authfile", str(folder / "config.json")]
    skopeo("copy", *to, archive, f"docker://{name}")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", container_engine.address)
        environment.setenv("DOCKER_CONFIG", str(folder))
        environment.setenv("SSL_CERT_FILE", str(folder / "ca.crt"))
        yield {
            "docker-archive": archive,
            "oci-archive": f"oci-archive:{folder}/oci.tar",
            "oci": f"oci:{folder}/layout",
            "docker-daemon": f"docker-daemon:{name}",
            "docker": f"docker://{name}",
        }


def skopeo(*arguments: str) -> bytes:
    return subprocess.run(["skopeo", *arguments], check=True, capture_output=True).stdout


def image(target: str) -> Image:
    (entry,) = find([target])
    reading = load(entry)
    assert reading.reason.startswith("image for") or reading.images, reading.reason
    (found,) = reading.images
    return found


@pytest.fixture(scope="module")
def saved(targets: Mapping[str, str]) -> Image:
    return image(targets["docker-archive"])


def findings(target: str) -> set[tuple[str, str, str]]:
    report = audit(target, policy=Policy(profile=Profile.PEDANTIC))
    assert report.complete
    return {(each.check.id, str(each.location.path), each.message) for each in report.findings}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_findings_are_the_same(targets: Mapping[str, str], transport: str) -> None:
    found = findings(targets[transport])

    assert found == findings(targets["docker-archive"])
    assert {"KG2003", "KG2004", "KG2007", "KG2008", "KG2009", "KG2010"} <= {
        check for check, *_ in found
    }
    assert any("/root/.ssh/id_rsa" in message for _, _, message in found)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_facts_are_the_same(targets: Mapping[str, str], saved: Image, transport: str) -> None:
    found = ImageFacts.of(image(targets[transport]))
    same = found._replace(digests=(), digest=saved.digest)  # skopeo writes its own for OCI

    assert same == ImageFacts.of(saved)
    assert (found.digest == saved.digest) is not transport.startswith("oci")
    assert (found.uid, found.volumes, found.entrypoint) == (10001, ("/data",), "./start")


def test_a_registry_is_believed_only_with_its_certificate(
    targets: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    (account,) = audit(targets["docker"]).accounts
    assert account.reason.endswith("its certificate is not trusted")


def test_a_registry_wants_its_password(
    targets: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (account,) = audit(targets["docker"]).accounts
    assert account.reason.endswith("asks for a password, and there is none for it")


def test_what_docker_inspect_says(client: Any, name: str, saved: Image) -> None:
    said = client.images.get(name).attrs

    assert saved.digest == said["Id"]
    assert [layer.digest for layer in saved.layers] == said["RootFS"]["Layers"]
    assert saved.platform == f"{said['Os']}/{said['Architecture']}"
    for key in ("User", "Env", "Entrypoint", "Cmd", "ExposedPorts", "Volumes", "WorkingDir"):
        assert saved.config.get(key) == said["Config"][key]


def test_what_skopeo_inspect_says(targets: Mapping[str, str], saved: Image, folder: Path) -> None:
    trust = ["--cert-dir", f"{folder}/trust", "--authfile", f"{folder}/config.json"]
    said = json.loads(skopeo("inspect", *trust, targets["docker"]))
    config = json.loads(skopeo("inspect", "--config", *trust, targets["docker"]))

    pulled = image(targets["docker"])
    assert list(pulled.manifests) == [said["Digest"]]
    for key, value in config["config"].items():
        assert saved.config.get(key) == value
    assert [layer.digest for layer in saved.layers] == config["rootfs"]["diff_ids"]


_FIND = "find / -xdev -printf '%p\\t%y\\t%m\\t%U\\t%G\\t%s\\t%l\\n'"
_OF_THE_ENGINE = (
    "/dev",
    "/proc",
    "/sys",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/etc/mtab",
)
_KINDS = {"f": FileKind.FILE, "d": FileKind.FOLDER, "l": FileKind.LINK}


def test_what_find_prints_in_a_container(client: Any, name: str, saved: Image) -> None:
    printed = client.containers.run(
        name, ["-c", _FIND], entrypoint="/bin/sh", user="0", network_mode="none", remove=True
    )
    seen = {}
    for line in printed.decode().splitlines():
        path, kind, mode, uid, gid, size, target = line.split("\t")
        if not path.startswith((*_OF_THE_ENGINE, "/.dockerenv", "/data")) and path != "/":
            size = size if kind == "f" else "0"
            seen[path] = (_KINDS[kind], int(mode, 8), int(uid), int(gid), int(size), target)
    ours = {
        path: (file.kind, file.mode, file.uid, file.gid, file.size, file.target)
        for path, file in saved.files.items()
        if not path.startswith(_OF_THE_ENGINE) and path != "/"
    }

    links = {path for path, file in ours.items() if file[0] is FileKind.LINK}
    assert ours.keys() == seen.keys()
    assert {p: f for p, f in ours.items() if p not in links} == {
        p: f for p, f in seen.items() if p not in links
    }
    assert {p: ours[p][5] for p in links} == {p: seen[p][5] for p in links}


def test_the_lines_of_the_dockerfile(targets: Mapping[str, str], folder: Path) -> None:
    report = audit(targets["docker-archive"], dockerfile=f"{folder}/context/Dockerfile")

    found = {(f.check.id, f.location.span.line) for f in report.findings if f.location.span}
    assert {("KG2008", 6), ("KG2009", 3), ("KG2010", 5), ("KG2004", 9)} <= found
    assert ("KG2009", 8) in found  # whose hard link put the program into its layer once more


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext: {runAsNonRoot: true}
  containers:
    - {name: named, image: "%s"}
    - {name: pinned, image: "%s", command: [nginx]}
"""


@pytest.mark.parametrize("look", [Look.DAEMON, Look.REGISTRY])
def test_manifests_find_their_images(
    targets: Mapping[str, str], client: Any, name: str, tmp_path: Path, look: Look
) -> None:
    client.images.pull(name, auth_config={"username": engine.USER, "password": engine.PASSWORD})
    digest = image(targets["docker"]).manifests[0]
    pod = tmp_path / "pod.yaml"
    pod.write_text(POD % (name, f"{name.rpartition(':')[0]}@{digest}"))

    report = audit(pod, look=look)

    assert report.complete
    found = {
        (f.check.id, f.message.split("'")[1]) for f in report.findings if f.check.family == "join"
    }
    assert {("KG2502", "named"), ("KG2502", "pinned")} <= found
    assert any("'nginx', no program in its image" in f.message for f in report.findings)
