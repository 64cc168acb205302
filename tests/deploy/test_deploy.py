"""`kubeguard deploy` on a real control plane, whose nodes are fake."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from control_plane import ControlPlane, Options, control_plane
from fake_kubelet import FakeKubelet, failed, running, succeeded, unready, waiting

from tests.building import docker_archive

pytestmark = pytest.mark.cluster
MANIFESTS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {greeting: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  progressDeadlineSeconds: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          image: registry.example.com/web:1.0
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          resources:
            requests: {cpu: 10m, memory: 16Mi}
            limits: {memory: 16Mi}
          livenessProbe: {httpGet: {path: /, port: 8080}}
          readinessProbe: {httpGet: {path: /, port: 8080}}
"""
SHOP = "/api/v1/namespaces/shop"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"


@pytest.fixture(scope="module")
def plane(assets_with_controllers: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(controllers=True), assets_with_controllers) as found:
        yield found


@pytest.fixture(scope="module")
def nodes(plane: ControlPlane) -> Iterator[FakeKubelet]:
    with FakeKubelet(plane, nodes=2) as found:
        yield found


class Release:
    """The release `web`, whose manifests are a file that a test changes."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane = plane
        self.kubeconfig = plane.kubeconfig
        self.file = folder / "web.yaml"
        self.file.write_text(MANIFESTS)

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def command(self, *arguments: str) -> list[str]:
        options = ["web", "-n", "shop", "--kubeconfig", str(self.kubeconfig)]
        return [sys.executable, "-m", "kubeguard", "deploy", *arguments, *options]

    def run(self, *arguments: str, input: str = "") -> tuple[int, str]:
        done = subprocess.run(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            input=input,
            cwd=self.file.parent,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return done.returncode, done.stdout

    def apply(self, *more: str) -> tuple[int, str]:
        return self.run("apply", "-f", str(self.file), "--wait", "30", *more)

    def plan(self) -> tuple[int, str]:
        return self.run("plan", "-f", str(self.file))

    def get(self, path: str) -> Any:
        status, found = self.plane.request("GET", path)
        return found if status == 200 else None


@pytest.fixture
def release(plane: ControlPlane, nodes: FakeKubelet, tmp_path: Path) -> Iterator[Release]:
    found = Release(plane, tmp_path)
    yield found
    found.run("delete", "--yes")
    plane.request("DELETE", SHOP)
    while found.get(SHOP):
        time.sleep(0.1)


def test_from_plan_to_delete(release: Release) -> None:
    status, told = release.plan()
    assert status == 1
    assert told.splitlines() == [
        "create  namespace/shop",
        "create  networkpolicy.networking/default-deny in shop",
        "        its namespace is made in this release",
        "create  serviceaccount/web in shop",
        "        its namespace is made in this release",
        "create  configmap/web in shop",
        "        its namespace is made in this release",
        "create  deployment.apps/web in shop",
        "        its namespace is made in this release",
        "5 to create",
    ]
    assert release.get(SHOP) is None

    status, told = release.apply()
    assert status == 0, told
    deployed, note, clean = told.splitlines()[-3:]
    assert deployed == "revision 1 of web is deployed"
    why = "no preferred addresses found; known addresses: []"
    assert note.startswith("not probed: container 'web' of pod 'web-")
    assert note.endswith(f"': {why}")
    assert clean == "5 objects on the cluster: clean, 0 containers probed"
    assert release.get(WEB)["status"]["availableReplicas"] == 2
    assert release.plan() == (0, "5 to keep\n")

    release.change("hello", "good morning")
    status, told = release.plan()
    assert status == 1
    assert told.splitlines() == [
        "change  configmap/web in shop",
        "        ...",
        "             kubeguard.dev/release: web",
        "         data:",
        "        -  greeting: hello",
        "        +  greeting: good morning",
        "1 to change, 4 to keep",
    ]

    status, told = release.run("delete", input="n\n")
    assert status == 130
    assert release.get(WEB)
    status, told = release.run("delete", "--yes")
    assert (status, release.get(SHOP)) == (0, None), told
    assert told.splitlines()[0] == "deleted deployment.apps/web in shop"
    status, told = release.run("delete", "--yes")
    assert status == 2
    assert "there is no release 'web' in namespace shop" in told


def test_a_planted_flaw_is_not_applied(release: Release) -> None:
    release.change("runAsNonRoot: true", "runAsNonRoot: false")
    status, told = release.apply()
    assert status == 3
    assert "KG3020" in told
    assert "kubeguard: kubeguard does not let this pass\n" in told
    assert release.get(SHOP) is None


CLEAN_IMAGE = {
    "names": ["registry.example.com/web:1.0"],
    "config": {"User": "65532:65532", "Entrypoint": ["/web"]},
    "layers": [{"files": {"/web": {"mode": "0755", "text": "a program"}}}],
}
FLAWED_IMAGES = {
    "KG2001": {"config": {"User": "0", "Entrypoint": ["/web"]}},
    "KG2008": {
        "layers": [{"files": {"/root/.ssh/id_rsa": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"}}]
    },
    "KG2015": {"layers": [{"files": {"/usr/bin/sudo": {"mode": "4755", "text": "a program"}}}]},
}


@pytest.mark.parametrize("flaw", FLAWED_IMAGES)
def test_a_flaw_planted_in_the_image_is_not_applied(release: Release, flaw: str) -> None:
    """The manifests are the same, and clean: what is judged with them decides."""
    image = release.file.with_name("image.tar")
    image.write_bytes(docker_archive(CLEAN_IMAGE | FLAWED_IMAGES[flaw]))
    status, told = release.apply("-f", str(image))
    assert status == 3
    assert flaw in told
    assert "kubeguard: kubeguard does not let this pass\n" in told
    assert release.get(SHOP) is None

    image.write_bytes(docker_archive(CLEAN_IMAGE))
    status, told = release.apply("-f", str(image))
    assert status == 0, told
    assert release.get(WEB)["status"]["availableReplicas"] == 2


def test_what_is_no_longer_wanted_goes(release: Release) -> None:
    assert release.apply()[0] == 0
    documents = [*yaml.safe_load_all(release.file.read_text())]
    documents = [each for each in documents if each["kind"] != "ConfigMap"]
    release.file.write_text(yaml.safe_dump_all(documents))
    assert "delete  configmap/web in shop" in release.plan()[1]
    status, told = release.apply()
    assert status == 0, told
    assert release.get(f"{SHOP}/configmaps/web") is None
    status, told = release.run("rollback", "--wait", "30")
    assert status == 0, told
    assert release.get(f"{SHOP}/configmaps/web")["data"] == {"greeting": "hello"}
    assert "revision 3 of web is deployed" in told


def test_a_failed_roll_out_is_told_and_can_be_taken_back(
    release: Release, nodes: FakeKubelet
) -> None:
    assert release.apply()[0] == 0
    release.change("web:1.0", "web:2.0")
    nodes.fate = waiting("ImagePullBackOff", "no such image")
    try:
        status, told = release.apply()
    finally:
        nodes.fate = running
    assert status == 3
    assert "deployment.apps/web in shop has failed: " in told
    assert "web: ImagePullBackOff no such image" in told
    assert "`kubeguard deploy rollback`" in told
    status, told = release.run("rollback", "--wait", "30")
    assert status == 0, told
    [container] = release.get(WEB)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/web:1.0"


@pytest.mark.parametrize(
    ("fate", "why"),
    [
        (unready, "web is not ready\n"),
        (
            waiting("CreateContainerConfigError", 'secret "key" not found'),
            'web: CreateContainerConfigError secret "key" not found\n',
        ),
    ],
    ids=["unready", "misconfigured"],
)
def test_what_does_not_become_ready_in_time(
    release: Release, nodes: FakeKubelet, fate: Any, why: str
) -> None:
    release.change("progressDeadlineSeconds: 3", "progressDeadlineSeconds: 600")
    nodes.fate = fate
    try:
        status, told = release.run("apply", "-f", str(release.file), "--wait", "2")
    finally:
        nodes.fate = running
    assert status == 3
    assert f"deployment.apps/web in shop is not ready after 2 s: {why}" in told
    status, told = release.run("rollback")
    assert (status, "no such revision" in told) == (2, True), "nothing was ever deployed"
    assert "hint: there are: 1\n" in told


def workloads() -> tuple[list[Any], list[Any]]:
    """Everything but the Deployment, and all other kinds that run its pods."""
    documents = [*yaml.safe_load_all(MANIFESTS)]
    template = documents.pop()["spec"]["template"]
    labels = template["metadata"]["labels"]
    kinds: dict[str, dict[str, Any]] = {
        "apps/v1 StatefulSet": {"replicas": 2, "selector": {"matchLabels": labels}},
        "apps/v1 DaemonSet": {"selector": {"matchLabels": labels}},
        "batch/v1 Job": {"backoffLimit": 0},
    }
    found = []
    for number, (kind, spec) in enumerate(kinds.items()):
        own = {"app": f"{labels['app']}-{number}"}
        pod = {**template["spec"]}
        if "selector" in spec:
            spec["selector"] = {"matchLabels": own}
        else:
            pod["restartPolicy"] = "Never"
        spec["template"] = {"metadata": {"labels": own}, "spec": pod}
        version, name = kind.split()
        metadata = {"name": name.lower(), "namespace": "shop"}
        found.append({"apiVersion": version, "kind": name, "metadata": metadata, "spec": spec})
    return documents, found


def test_every_kind_that_runs_pods_is_waited_for(release: Release, nodes: FakeKubelet) -> None:
    documents, found = workloads()
    release.file.write_text(yaml.safe_dump_all([*documents, *found]))
    nodes.fate = lambda pod: (
        succeeded(pod) if "job-name" in pod["metadata"]["labels"] else running(pod)
    )
    try:
        status, told = release.apply()
    finally:
        nodes.fate = running
    assert status == 0, told
    assert [line for line in told.splitlines() if line.startswith("waiting for")] == [
        "waiting for statefulset.apps/statefulset in shop",
        "waiting for daemonset.apps/daemonset in shop",
        "waiting for job.batch/job in shop",
    ]
    assert "not probed: job.batch/job in shop: no pod of it runs" in told
    base = "/apis/apps/v1/namespaces/shop"
    assert release.get(f"{base}/statefulsets/statefulset")["status"]["availableReplicas"] == 2
    assert release.get(f"{base}/daemonsets/daemonset")["status"]["numberAvailable"] == 2


@pytest.mark.parametrize("which", [0, 1], ids=["StatefulSet", "DaemonSet"])
def test_other_kinds_that_do_not_become_ready(
    release: Release, nodes: FakeKubelet, which: int
) -> None:
    documents, found = workloads()
    release.file.write_text(yaml.safe_dump_all([*documents, found[which]]))
    nodes.fate = unready
    try:
        status, told = release.run("apply", "-f", str(release.file), "--wait", "2")
    finally:
        nodes.fate = running
    assert status == 3, told
    assert " in shop is not ready after 2 s: web is not ready\n" in told


def test_a_job_that_fails(release: Release, nodes: FakeKubelet) -> None:
    documents = [*yaml.safe_load_all(MANIFESTS)]
    pod = documents[-1]["spec"]["template"]["spec"] | {"restartPolicy": "Never"}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "move", "namespace": "shop"},
    }
    job["spec"] = {"backoffLimit": 0, "template": {"spec": pod}}
    release.file.write_text(yaml.safe_dump_all([*documents[:-1], job]))
    nodes.fate = failed
    try:
        status, told = release.apply()
    finally:
        nodes.fate = running
    assert status == 3, told
    assert (
        "kubeguard: job.batch/move in shop has failed: Job has reached the specified back" in told
    )


@pytest.mark.parametrize("lines", [1, 2, 4, 6])
def test_what_was_interrupted_is_finished(release: Release, lines: int) -> None:
    kill_after(lines, release, "apply", "-f", str(release.file), "--wait", "30")
    status, told = release.apply()
    assert status == 0, told
    assert release.plan()[0] == 0
    status, told = release.run("delete", "--yes")
    assert (status, release.get(SHOP)) == (0, None), told


def kill_after(lines: int, release: Release, *arguments: str) -> None:
    """Start a command, and end it the hard way when it has told so many lines."""
    command = release.command(*arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=release.file.parent) as process:
        assert process.stdout
        for _ in range(lines):
            process.stdout.readline()
        process.kill()


def test_what_is_killed_at_any_moment_is_finished(release: Release) -> None:
    started = time.monotonic()
    assert release.apply()[0] == 0
    whole = time.monotonic() - started
    moments = random.Random(8)
    for number in range(5):
        release.change("greeting: hello", f"greeting: hello, number{number}: '{number}'")
        command = release.command("apply", "-f", str(release.file), "--wait", "30")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            time.sleep(whole * moments.uniform(0.3, 1))
            one.kill()
    status, told = release.apply()
    assert status == 0, told
    assert release.plan() == (0, "5 to keep\n")
    assert len(release.get(f"{SHOP}/configmaps/web")["data"]) == 6
    status, told = release.run("delete", "--yes")
    assert (status, release.get(SHOP)) == (0, None), told


def test_an_interrupted_command_says_so(release: Release) -> None:
    command = release.command("apply", "-f", str(release.file), "--wait", "30")
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert release.apply()[0] == 0


@pytest.mark.parametrize("lines", [1, 3])
def test_an_interrupted_way_back_is_taken_again(release: Release, lines: int) -> None:
    assert release.apply()[0] == 0
    release.change("hello", "good morning")
    assert release.apply()[0] == 0
    kill_after(lines, release, "rollback", "--wait", "30")
    status, told = release.run("rollback", "--wait", "30")
    assert status == 0, told
    assert "back to revision 1\n" in told
    assert release.get(f"{SHOP}/configmaps/web")["data"] == {"greeting": "hello"}
    status, told = release.run("rollback", "--to", "2", "--wait", "30")
    assert status == 0, told
    assert release.get(f"{SHOP}/configmaps/web")["data"] == {"greeting": "good morning"}
    status, told = release.run("rollback", "--to", "99")
    assert status == 2
    assert "web: no such revision" in told


@pytest.mark.parametrize("lines", [1, 4, 5])
def test_an_interrupted_deletion_is_finished(release: Release, lines: int) -> None:
    assert release.apply()[0] == 0
    kill_after(lines, release, "delete", "--yes")
    status, told = release.run("delete", "--yes")
    assert status in (0, 2), told  # 2: the namespace is on its way, and all knowledge with it
    while release.get(SHOP):
        time.sleep(0.1)
    assert release.run("delete", "--yes")[0] == 2


def test_a_kind_and_its_objects_in_one_release(release: Release) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "shelves.shop.example.com"},
        "spec": {
            "group": "shop.example.com",
            "names": {"kind": "Shelf", "plural": "shelves"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    shelf = {"apiVersion": "shop.example.com/v1", "kind": "Shelf", "metadata": {"name": "top"}}
    documents = yaml.safe_dump_all([shelf, definition])
    release.file.write_text(f"{MANIFESTS}---\n{documents}")
    status, told = release.plan()
    assert status == 1, told
    assert "its kind is defined in this release" in told
    status, told = release.apply()
    assert status == 0, told
    assert release.get("/apis/shop.example.com/v1/namespaces/shop/shelves/top")
    status, told = release.run("delete", "--yes")
    assert status == 0, told
    assert release.get("/apis/shop.example.com/v1/namespaces/shop/shelves/top") is None


def test_what_somebody_changed_is_found(release: Release) -> None:
    assert release.apply()[0] == 0
    patch = {"spec": {"template": {"spec": {"hostNetwork": True}}}}
    kind = "application/strategic-merge-patch+json"
    assert release.plane.request("PATCH", WEB, patch, kind)[0] == 200
    status, told = release.run("verify")
    assert status == 1
    assert "KG3001" in told
    assert "deployment.apps/web in shop" in told
    release.plane.request("DELETE", f"{SHOP}/configmaps/web")
    status, told = release.run("verify")
    assert status == 3
    assert "configmap/web in shop is not there any more" in told


def test_what_is_not_ours_stays(release: Release) -> None:
    plane = release.plane
    plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    other = {"metadata": {"name": "web"}, "data": {"whose": "theirs"}}
    plane.request("POST", f"{SHOP}/configmaps", other)
    status, told = release.apply()
    assert status == 3
    assert "configmap/web in shop is there already, and not of this release" in told
    assert release.get(WEB) is None
    plane.request("DELETE", f"{SHOP}/configmaps/web")
    assert release.apply()[0] == 0
    status, told = release.run("delete", "--yes")
    assert status == 0, told
    assert release.get(SHOP)["status"]["phase"] == "Active"


def test_the_clusters_refusal_is_passed_on(release: Release) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    spec = "spec: {clusterIP: 192.0.2.1, selector: {app: web}, ports: [{port: 80}]}\n"
    release.file.write_text(f"{MANIFESTS}---\n{service}{spec}")
    status, told = release.apply()
    assert status == 3
    assert "kubeguard: service/web in shop: " in told
    assert "192.0.2.1" in told


def test_mistakes_are_one_sentence(release: Release, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing\n")
    status, told = release.run("apply", "-f", str(empty))
    assert status == 2
    assert "there are no objects in what is to be applied" in told
    status, told = release.run("rollback")
    assert status == 2
    status, told = release.run("verify")
    assert status == 2
