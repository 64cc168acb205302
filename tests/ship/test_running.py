"""The three modules as containers with the restrictions of their Deployments, and what they do."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import urllib3
from images import Build, Built
from pods import Pods
from stacks import NAMESPACE, Object, kustomized, objects

from kubeguard.cluster.objects import Objects
from kubeguard.deploy.certificates import renew
from tests import container_engine

pytestmark = pytest.mark.container_engine
if why := container_engine.missing("mmdebstrap", "kubectl"):
    pytest.skip(why, allow_module_level=True)

MODULES = ("database", "answer", "user")
REPOSITORY = "registry.invalid/reference-app"
QUESTION = "Why should I not mount the docker socket?"


class Kept:
    """As much of a cluster as certificates need: it keeps what is applied."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}

    def get(self, which: Mapping[str, Any]) -> Object | None:
        return self.objects.get(which["metadata"]["name"])

    def apply(self, wanted: Object) -> None:
        self.objects[wanted["metadata"]["name"]] = wanted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("volumes")


@pytest.fixture(scope="module")
def key(build: Build, service_image: Built, folder: Path) -> str:
    """What an asker signs in with; its hash is in the file `api-keys`."""
    folder.chmod(0o777)
    command = ["api-key", "ann", "asker", "--file=/made/api-keys"]
    mount = f"--volume={folder}:/made"
    return build.engine.docker("run", "--rm", "--network=none", mount, service_image.name, *command)


@pytest.fixture(scope="module")
def modules(
    build: Build, service_image: Built, training_image: Built, folder: Path, key: str
) -> Iterator[Pods]:
    """The single node as its overlay has it, with Secrets as its kustomization.yaml wants them."""
    engine, network = build.engine, f"kubeguard-{uuid4().hex[:8]}"
    made = engine.docker("run", "--rm", "--network=none", service_image.name, "sealing-key", "one")
    certificates = Kept()
    renew(MODULES, NAMESPACE, cast(Objects, certificates))
    secrets = [
        *certificates.objects.values(),
        secret("api-keys", (folder / "api-keys").read_bytes()),
        secret("sealing-keys", f"{made}\n".encode()),
        secret("signing-key", (build.keys / "signing.pem").read_bytes(), "signing.pem"),
    ]
    wanted = objects(kustomized("single-node"))
    for each in wanted:
        if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "trusted-key":
            each["data"]["trusted.pem"] = (build.keys / "trusted.pem").read_text()
    images = {REPOSITORY: service_image.name, f"{REPOSITORY}-training": training_image.name}
    pods = Pods(engine, images, network, [*wanted, *secrets], folder)
    engine.docker("network", "create", "--internal", network)
    try:
        for name in MODULES:
            pods.start(name)
        yield pods
    finally:
        for name in MODULES:
            engine.tried("rm", "--force", pods.called(name))
        engine.docker("network", "rm", network)


def secret(name: str, content: bytes, key: str = "") -> Object:
    data = {key or name: base64.b64encode(content).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}


class Client:
    """Somebody who asks, at a module, with the certificate of a module or with none."""

    def __init__(self, modules: Pods, module: str, key: str = "", shown: str = "") -> None:
        mounted = modules.folder / f"Secret-{shown or module}-tls"
        context = ssl.create_default_context(cafile=mounted / "ca.crt")
        if shown:
            context.load_cert_chain(mounted / "tls.crt", mounted / "tls.key")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        address = modules.address(module)
        self._pool = urllib3.HTTPSConnectionPool(
            address, 8443, ssl_context=context, server_hostname=module, assert_hostname=module
        )

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        reply = self._pool.request(
            method,
            path,
            json=body,
            headers=self._headers | {"Idempotency-Key": uuid4().hex} | headers,
            retries=False,
            timeout=60,
        )
        return reply.status, reply.json() if reply.data else None


@pytest.fixture
def client(modules: Pods, key: str) -> Client:
    return Client(modules, "user", key)


def test_from_a_question_to_its_erasure(modules: Pods, client: Client) -> None:
    status, asked = client.ask("POST", "/v1/questions", {"question": QUESTION})
    assert (status, asked["question"], asked["answer"]["known"]) == (201, QUESTION, True)
    assert "root on its node" in asked["answer"]["answer"]
    assert asked["answer"]["source"]["file"] == "pods.md"

    again = f"/v1/questions/{asked['id']}"
    assert client.ask("GET", again) == (200, asked)
    assert client.ask("POST", f"{again}/feedback", {"helpful": True}) == (204, None)
    listed = [asked | {"helpful": True}]
    assert client.ask("POST", "/v1/searches", {"text": "docker socket"}) == (200, listed)
    kept = b"".join(file.read_bytes() for file in (modules.folder / "claim-data").iterdir())
    assert b"SQLite format 3" in kept
    assert b"socket" not in kept  # sealed

    status, erased = client.ask("POST", "/v1/erasures", {"owner": "ann"})
    assert (status, erased["erased"] > 0) == (200, True)
    assert client.ask("GET", again)[0] == 404
    assert client.ask("POST", "/v1/searches", {"text": "docker socket"}) == (200, [])


def test_what_it_does_not_know(client: Client) -> None:
    question = {"question": "What is the capital of France?"}
    status, asked = client.ask("POST", "/v1/questions", question)
    assert (status, asked["answer"]["known"], asked["answer"]["answer"]) == (201, False, None)


def test_a_replayed_question_is_refused(client: Client) -> None:
    headers = {"Idempotency-Key": "a" * 32}
    body = {"question": "What is an SBOM?"}
    assert client.ask("POST", "/v1/questions", body, **headers)[0] == 201
    assert client.ask("POST", "/v1/questions", body, **headers)[0] == 409


def test_nobody_asks_without_a_key(modules: Pods) -> None:
    assert Client(modules, "user").ask("POST", "/v1/questions", {"question": QUESTION})[0] == 401


@pytest.mark.parametrize("module", ["answer", "database"])
@pytest.mark.parametrize("shown", ["", "answer", "database"])
def test_only_the_user_module_may_call(modules: Pods, module: str, shown: str) -> None:
    with pytest.raises(urllib3.exceptions.HTTPError):
        Client(modules, module, shown=shown).ask("GET", "/v1/statistics")
    assert Client(modules, module, shown="user").ask("GET", "/nothing")[0] == 404


CONFINED = """
import json, os, pathlib
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
def writes(folder):
    try:
        pathlib.Path(folder, "tried").write_text("")
    except OSError:
        return False
    os.unlink(f"{folder}/tried")
    return True
folders = ("/", "/etc", "/opt/reference_app", "/models", "/tmp", "/var/lib/reference-app")
print(json.dumps({
    "ids": [os.getuid(), os.getgid()],
    "capabilities": [status[each].strip() for each in ("CapEff", "CapPrm", "CapBnd")],
    "confined": [status[each].strip() for each in ("NoNewPrivs", "Seccomp")],
    "writable": [each for each in folders if writes(each)],
}))
"""
WRITABLE = {
    "user": ["/tmp"],
    "answer": ["/tmp"],
    "database": ["/tmp", "/var/lib/reference-app"],
}


LISTING = "from reference_app.__main__ import main; main(['models'])"


@pytest.mark.parametrize("module", MODULES)
def test_confined(modules: Pods, module: str) -> None:
    assert json.loads(modules.python(module, CONFINED)) == {
        "ids": [65532, 65532],
        "capabilities": ["0" * 16] * 3,
        "confined": ["1", "2"],
        "writable": WRITABLE[module],
    }
    tried = modules.engine.tried("exec", modules.called(module), "/bin/sh")
    assert tried.returncode
    assert "no such file or directory" in tried.stdout + tried.stderr


@pytest.mark.parametrize("module", MODULES)
def test_its_own_health_check_passes(modules: Pods, module: str) -> None:
    form = "--format={{json .Config.Healthcheck.Test}}"
    said = modules.engine.docker("container", "inspect", form, modules.called(module))
    checked = modules.engine.tried("exec", modules.called(module), *json.loads(said)[1:])
    assert checked.returncode == 0, checked.stderr


def test_jobs_run_to_their_end(modules: Pods) -> None:
    """As confined as the modules: one seals anew, the other trains, signs and makes current."""
    assert "exchanges are sealed anew" in modules.run("resealing")
    modules.run("retraining")
    listed = modules.python("answer", LISTING)
    assert "answerer/2    proven     current" in listed.splitlines()
    assert "refused" not in listed
