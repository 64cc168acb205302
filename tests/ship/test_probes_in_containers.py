"""`kubeguard deploy verify` asks real containers, by a real API server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sandbox
from control_plane import ControlPlane, Options, control_plane
from exec_kubelet import ExecKubelet
from fake_kubelet import FakeKubelet
from images import Build

from kubeguard.cluster import access
from kubeguard.cluster.objects import Objects
from kubeguard.deploy.probes import Probed, Question, Root, found
from kubeguard.deploy.probing import probe
from tests import container_engine

pytestmark = [pytest.mark.cluster, pytest.mark.container_engine]
if why := container_engine.missing("mmdebstrap"):
    pytest.skip(why, allow_module_level=True)

HARDENED = "--read-only", "--user=65532:65532", "--cap-drop=ALL", "--tmpfs=/tmp"
ALONE = ("--network=none",)
METADATA = (
    "import sandbox, time; sandbox.metadata_service('open'); print('there', flush=True); "
    "time.sleep(600)"
)


@pytest.fixture(scope="module")
def plane(assets: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(), assets) as running:
        yield running


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Options that mount one as the kubelet does."""
    folder = tmp_path_factory.mktemp("token")
    folder.chmod(0o755)
    (folder / "token").write_text(sandbox.TOKEN)
    return f"--volume={folder}:/var/run/secrets/kubernetes.io/serviceaccount:ro"


@pytest.fixture(scope="module")
def metadata(build: Build) -> Iterator[str]:
    """A network in which the metadata address answers, and nothing outside of it can tell."""
    name = f"probes-{uuid.uuid4().hex[:8]}"
    mount = f"--volume={sandbox.__file__}:/sandbox.py:ro"
    options = [f"--name={name}", *ALONE, "--cap-add=NET_ADMIN", mount, "--workdir=/"]
    build.engine.docker("run", "--detach", *options, build.python, "python3", "-c", METADATA)
    while "there" not in build.engine.docker("logs", name):
        pass
    yield f"--network=container:{name}"
    build.engine.docker("rm", "--force", name)


def probed(plane: ControlPlane, build: Build, image: str, options: Sequence[str]) -> Probed:
    """What a container says that runs this image with these options, in a Pod of the cluster."""
    name = f"probes-{uuid.uuid4().hex[:8]}"
    idle = ("python3", "-c", "import time; time.sleep(600)")
    build.engine.docker("run", "--detach", f"--name={name}", *options, image, *idle)
    environment = [f"{key}={value}" for key, value in build.engine.environment.items()]

    def run(pod: str, container: str, command: Sequence[str]) -> Sequence[str]:
        return ["env", "-i", *environment, "docker", "exec", name, *command]

    try:
        with (
            ExecKubelet(plane.authority.server("kubelet"), run) as kubelet,
            FakeKubelet(plane, [f"node-{name}"], port=kubelet.port),
        ):
            return _asked(plane, name)
    finally:
        build.engine.docker("rm", "--force", name)


def _asked(plane: ControlPlane, name: str) -> Probed:
    spec = {"nodeName": f"node-{name}", "containers": [{"name": "web", "image": "web:1"}]}
    pods = "/api/v1/namespaces/default/pods"
    assert plane.request("POST", pods, {"metadata": {"name": name}, "spec": spec})[0] == 201
    while plane.request("GET", f"{pods}/{name}")[1]["status"]["phase"] != "Running":
        pass
    cluster = Objects(access.client(str(plane.kubeconfig)))
    which = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}}
    pod = cluster.get(which)
    assert pod
    [asked] = probe({f"pod/{name}": pod}, cluster).asked
    assert isinstance(asked.answer, Probed), asked.answer
    return asked.answer


@pytest.mark.parametrize("base", ["python", "runtime"], ids=["shell", "no-shell"])
def test_a_hardened_container(plane: ControlPlane, build: Build, base: str) -> None:
    answer = probed(plane, build, getattr(build, base), (*HARDENED, *ALONE))
    assert answer.root is Root.READ_ONLY
    assert [*found(answer)] == []


def test_a_container_as_engines_make_them(
    plane: ControlPlane, build: Build, token: str, metadata: str
) -> None:
    answer = probed(plane, build, build.python, (token, metadata))
    assert answer.root is Root.WRITABLE
    assert "/etc" in answer.writes
    assert [question for question, _ in found(answer)] == [*Question]


@pytest.mark.parametrize("what", ["token", "metadata"])
def test_one_flaw_in_a_hardened_container(
    plane: ControlPlane, build: Build, what: str, request: pytest.FixtureRequest
) -> None:
    flaw: str = request.getfixturevalue(what)
    network = ALONE if what == "token" else ()
    answer = probed(plane, build, build.runtime, (*HARDENED, *network, flaw))
    [(question, _)] = found(answer)
    assert question is Question[what.upper()]


def test_an_ordinary_user_of_a_writable_root(plane: ControlPlane, build: Build) -> None:
    answer = probed(plane, build, build.python, ("--user=65532:65532", *ALONE))
    assert answer.root is Root.WRITABLE
    assert answer.writes == ("/var/tmp", "/tmp")
